//! `/codex/app/list`, `/codex/skills/list`, `/codex/model/list`: Codex's own lists, as Codex answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use model::ids::ThreadId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::names;
use crate::App;
use crate::extract::QueryOf;
use crate::request_error::RequestError;

/// Query of `GET /codex/app/list`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAppsQuery {
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// At most so many.
    limit: Option<u32>,
    /// As this thread's configuration has them.
    thread_id: Option<ThreadId>,
    /// Ask the sources anew.
    force_refetch: Option<bool>,
}

/// Query of `GET /codex/skills/list`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSkillsQuery {
    /// The skills of these folders, separated by commas. Default: those of the bridge's working folder.
    cwds: Option<String>,
    /// Look at the disk anew.
    force_reload: Option<bool>,
}

/// Query of `GET /codex/model/list`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListModelsQuery {
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// At most so many.
    limit: Option<u32>,
    /// Those of this provider.
    model_provider: Option<String>,
    /// Also those that are not offered by default.
    include_hidden: Option<bool>,
}

/// One of Codex's lists.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodexListView {
    /// Always `true`.
    ok: bool,
    /// What Codex answered: usually `data`, and `nextCursor` where there are pages.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    answer: Map<String, Value>,
}

/// The apps (connectors) that Codex can use.
#[utoipa::path(get, path = "/codex/app/list", tag = "codex", params(ListAppsQuery), responses(
    (status = OK, description = "As Codex answers `app/list`", body = CodexListView),
))]
pub(crate) async fn list_apps(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListAppsQuery>,
) -> Result<Json<CodexListView>, RequestError> {
    let params = given([
        ("cursor", query.cursor.map(Value::from)),
        ("limit", query.limit.map(Value::from)),
        ("threadId", query.thread_id.map(|id| Value::from(String::from(id)))),
        ("forceRefetch", query.force_refetch.map(Value::from)),
    ]);
    list(&app, "app/list", params).await
}

/// The skills that Codex finds.
#[utoipa::path(get, path = "/codex/skills/list", tag = "codex", params(ListSkillsQuery), responses(
    (status = OK, description = "As Codex answers `skills/list`", body = CodexListView),
))]
pub(crate) async fn list_skills(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListSkillsQuery>,
) -> Result<Json<CodexListView>, RequestError> {
    let mut cwds = names(query.cwds.as_deref());
    if cwds.is_empty() {
        cwds.push(app.defaults.cwd.display().to_string());
    }
    let params = given([("cwds", Some(json!(cwds))), ("forceReload", query.force_reload.map(Value::from))]);
    list(&app, "skills/list", params).await
}

/// The models that Codex offers.
#[utoipa::path(get, path = "/codex/model/list", tag = "codex", params(ListModelsQuery), responses(
    (status = OK, description = "As Codex answers `model/list`", body = CodexListView),
))]
pub(crate) async fn list_models(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListModelsQuery>,
) -> Result<Json<CodexListView>, RequestError> {
    let params = given([
        ("cursor", query.cursor.map(Value::from)),
        ("limit", query.limit.map(Value::from)),
        ("modelProvider", query.model_provider.map(Value::from)),
        ("includeHidden", query.include_hidden.map(Value::from)),
    ]);
    list(&app, "model/list", params).await
}

fn given<const N: usize>(params: [(&str, Option<Value>); N]) -> Value {
    let given = params.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect())
}

async fn list(app: &App, method: &str, params: Value) -> Result<Json<CodexListView>, RequestError> {
    let answer = app.threads.call_list(method, params).await?;
    Ok(Json(CodexListView { ok: true, answer }))
}
