//! `/codex/app/list`, `/codex/skills/list` and `/codex/model/list`: lists of Codex, in the form in which
//! Codex returns them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use model::ids::ThreadId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::split_list;
use crate::App;
use crate::extract::QueryOf;
use crate::request_error::RequestError;

/// Query of `GET /codex/app/list`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAppsQuery {
    /// The `nextCursor` of the previous page.
    cursor: Option<String>,
    /// The maximum number of apps.
    limit: Option<u32>,
    /// Uses the configuration of this thread.
    thread_id: Option<ThreadId>,
    /// Whether to fetch the apps again from their sources.
    force_refetch: Option<bool>,
}

/// Query of `GET /codex/skills/list`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSkillsQuery {
    /// Only skills of these directories, separated by commas. Default: the working directory of the bridge.
    cwds: Option<String>,
    /// Whether to read the skills again from disk.
    force_reload: Option<bool>,
}

/// Query of `GET /codex/model/list`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListModelsQuery {
    /// The `nextCursor` of the previous page.
    cursor: Option<String>,
    /// The maximum number of models.
    limit: Option<u32>,
    /// Only models of this provider.
    model_provider: Option<String>,
    /// Whether to include models that are hidden by default.
    include_hidden: Option<bool>,
}

/// A list that Codex returned.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodexListView {
    /// Always `true`.
    ok: bool,
    /// The result of the Codex method: usually `data`, and `nextCursor` if there are several pages.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    answer: Map<String, Value>,
}

/// Lists the apps (connectors) that Codex can use.
#[utoipa::path(get, path = "/codex/app/list", tag = "codex", params(ListAppsQuery), responses(
    (status = OK, description = "The result of Codex's `app/list`", body = CodexListView),
))]
pub(crate) async fn list_apps(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListAppsQuery>,
) -> Result<Json<CodexListView>, RequestError> {
    let params = object([
        ("cursor", query.cursor.map(Value::from)),
        ("limit", query.limit.map(Value::from)),
        ("threadId", query.thread_id.map(|id| Value::from(String::from(id)))),
        ("forceRefetch", query.force_refetch.map(Value::from)),
    ]);
    list(&app, "app/list", params).await
}

/// Lists the skills that Codex finds.
#[utoipa::path(get, path = "/codex/skills/list", tag = "codex", params(ListSkillsQuery), responses(
    (status = OK, description = "The result of Codex's `skills/list`", body = CodexListView),
))]
pub(crate) async fn list_skills(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListSkillsQuery>,
) -> Result<Json<CodexListView>, RequestError> {
    let mut cwds = split_list(query.cwds.as_deref());
    if cwds.is_empty() {
        cwds.push(app.defaults.cwd.display().to_string());
    }
    let params = object([("cwds", Some(json!(cwds))), ("forceReload", query.force_reload.map(Value::from))]);
    list(&app, "skills/list", params).await
}

/// Lists the models that Codex offers.
#[utoipa::path(get, path = "/codex/model/list", tag = "codex", params(ListModelsQuery), responses(
    (status = OK, description = "The result of Codex's `model/list`", body = CodexListView),
))]
pub(crate) async fn list_models(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListModelsQuery>,
) -> Result<Json<CodexListView>, RequestError> {
    let params = object([
        ("cursor", query.cursor.map(Value::from)),
        ("limit", query.limit.map(Value::from)),
        ("modelProvider", query.model_provider.map(Value::from)),
        ("includeHidden", query.include_hidden.map(Value::from)),
    ]);
    list(&app, "model/list", params).await
}

fn object<const N: usize>(params: [(&str, Option<Value>); N]) -> Value {
    let given = params.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect())
}

async fn list(app: &App, method: &str, params: Value) -> Result<Json<CodexListView>, RequestError> {
    let answer = app.threads.call_list(method, params).await?;
    Ok(Json(CodexListView { ok: true, answer }))
}
