//! `/codex/threads…`: which there are, and what is done to a thread itself.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::message::{ApprovalPolicyName, ConfigOverrides, MessageBody, SandboxName};
use bridge::threads::NewThread;
use codex::protocol::{ForkPoint, RollBack, ThreadListQuery, ThreadOptions};
use model::ids::{ThreadId, TurnId};
use model::limits;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::view::{Relations, ThreadView};
use super::{names, to_the_end};
use crate::App;
use crate::extract::{JsonBody, PathParameter, QueryOf, page_limit};
use crate::request_error::RequestError;
use crate::routes::checked;
use crate::routes::conversations::actions::NoBody;

/// Query of `GET /codex/threads`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListThreadsQuery {
    /// At most so many, 1 to 200. Default: 50.
    limit: Option<u32>,
    /// Only those of these kinds, for example `vscode,cli,exec,appServer,subAgent`. Default: those that people began.
    source_kinds: Option<String>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// Only those whose title has this in it.
    search: Option<String>,
    /// Only those that were put away (`true`), or only the others (`false`, the default).
    archived: Option<bool>,
    /// Only those of this working folder.
    cwd: Option<String>,
    /// Only the sub-agents of this thread; with `sourceKinds=subAgent`.
    parent_thread_id: Option<ThreadId>,
}

/// Body of `POST /codex/threads/start`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartThreadBody {
    /// Model id.
    model: Option<String>,
    /// Provider id, as in `model_providers` of `config.toml`.
    model_provider: Option<String>,
    /// Absolute working folder. Default: as for new conversations.
    #[schema(value_type = Option<String>)]
    cwd: Option<PathBuf>,
    /// What it is called. Default: `New thread`.
    title: Option<String>,
    /// When Codex asks for approval.
    approval_policy: Option<ApprovalPolicyName>,
    /// What commands may touch. Codex does not keep it until the first turn; give it with that.
    sandbox: Option<SandboxName>,
    /// Service tier id.
    service_tier: Option<String>,
    /// Replaces Codex's own system instructions.
    base_instructions: Option<String>,
    /// Added as the developer's instructions.
    developer_instructions: Option<String>,
    /// Overrides of Codex's `config.toml`. Codex does not keep them until the first turn; give them with that.
    config: Option<ConfigOverrides>,
}

/// Body of `POST /codex/threads/{threadId}/fork`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForkThreadBody {
    /// The copy ends with this turn. Default: the last one.
    last_turn_id: Option<TurnId>,
    /// The same as `lastTurnId`.
    after_turn_id: Option<TurnId>,
    /// The copy ends before this turn.
    before_turn_id: Option<TurnId>,
    /// Title of the copy.
    title: Option<String>,
    /// Model id.
    model: Option<String>,
    /// Provider id.
    model_provider: Option<String>,
    /// Absolute working folder. Default: that of the original.
    #[schema(value_type = Option<String>)]
    cwd: Option<PathBuf>,
    /// When Codex asks for approval.
    approval_policy: Option<ApprovalPolicyName>,
    /// What commands may touch.
    sandbox: Option<SandboxName>,
    /// Replaces Codex's own system instructions.
    base_instructions: Option<String>,
    /// Added as the developer's instructions.
    developer_instructions: Option<String>,
    /// Overrides of Codex's `config.toml`.
    config: Option<ConfigOverrides>,
}

/// Body of `POST /codex/threads/{threadId}/rollback`. Give one of `numTurns`, `turns` and `turnId`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RollBackThreadBody {
    /// Take back so many turns from the end.
    num_turns: Option<usize>,
    /// The same as `numTurns`.
    turns: Option<usize>,
    /// Take back this turn and all that follow it.
    turn_id: Option<TurnId>,
}

/// Reply of `GET /codex/threads`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadsView {
    /// Always `true`.
    ok: bool,
    /// Newest first.
    threads: Vec<ThreadView>,
    /// Asks for the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Reply of the routes that show one thread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OneThreadView {
    /// Always `true`.
    ok: bool,
    thread: ThreadView,
    /// What was done differently from what was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Reply of `GET /codex/threads/loaded`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadedThreadsView {
    /// Always `true`.
    ok: bool,
    /// The threads that the bridge has loaded, which it does while their turns run.
    thread_ids: Vec<ThreadId>,
    /// By app-server.
    app_servers: Vec<LoadedView>,
}

/// What one app-server of the bridge has loaded.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoadedView {
    pid: u32,
    thread_ids: Vec<ThreadId>,
}

/// Reply of the routes that change a thread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangedThreadView {
    /// Always `true`.
    ok: bool,
    thread_id: ThreadId,
}

/// Lists Codex's threads, newest first. A thread without any message is not listed, but shown by its id.
#[utoipa::path(get, path = "/codex/threads", tag = "codex", params(ListThreadsQuery), responses(
    (status = OK, description = "Threads", body = ThreadsView),
))]
pub(crate) async fn list_threads(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListThreadsQuery>,
) -> Result<Json<ThreadsView>, RequestError> {
    let query = ThreadListQuery {
        limit: Some(page_limit(query.limit, 50, limits::THREADS_PAGE_MAX)?),
        search_term: query.search.filter(|search| !search.is_empty()),
        cursor: query.cursor,
        archived: query.archived.unwrap_or(false),
        cwd: query.cwd.map(Into::into),
        source_kinds: names(query.source_kinds.as_deref()),
        parent_thread_id: query.parent_thread_id,
        by_change: false,
    };
    let page = app.threads.list(&query).await?;
    let of_page = page.conversations.iter().map(|conversation| &conversation.thread);
    let mut relations = Relations::of_page(&app, of_page).await?;
    let view = |conversation| ThreadView::of(&app, conversation, &mut relations);
    let threads = page.conversations.into_iter().map(view).collect();
    Ok(Json(ThreadsView { ok: true, threads, next_cursor: page.next_cursor }))
}

/// One thread.
#[utoipa::path(get, path = "/codex/threads/{threadId}", tag = "codex", params(("threadId" = String, Path)), responses(
    (status = OK, description = "The thread", body = OneThreadView),
))]
pub(crate) async fn get_thread(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
) -> Result<Json<OneThreadView>, RequestError> {
    show(&app, &thread_id, Vec::new()).await
}

async fn show(
    app: &App,
    thread_id: &ThreadId,
    warnings: Vec<String>,
) -> Result<Json<OneThreadView>, RequestError> {
    let conversation = app.threads.get(thread_id).await?;
    let mut relations = Relations::of_one(app, thread_id).await?;
    let thread = ThreadView::of(app, conversation, &mut relations);
    Ok(Json(OneThreadView { ok: true, thread, warnings }))
}

/// The threads that the bridge has loaded.
#[utoipa::path(get, path = "/codex/threads/loaded", tag = "codex", responses(
    (status = OK, description = "The threads", body = LoadedThreadsView),
))]
pub(crate) async fn list_loaded_threads(
    State(app): State<Arc<App>>,
) -> Result<Json<LoadedThreadsView>, RequestError> {
    let loaded = app.threads.loaded().await?;
    let thread_ids = loaded.iter().flat_map(|server| server.thread_ids.clone()).collect();
    let view = |server: bridge::threads::LoadedThreads| LoadedView {
        pid: server.pid,
        thread_ids: server.thread_ids,
    };
    Ok(Json(LoadedThreadsView { ok: true, thread_ids, app_servers: loaded.into_iter().map(view).collect() }))
}

/// Makes a thread that has a title and no turn yet. It is stored, and nobody holds it.
#[utoipa::path(post, path = "/codex/threads/start", tag = "codex", request_body = StartThreadBody, responses(
    (status = OK, description = "The thread", body = OneThreadView),
))]
pub(crate) async fn start_thread(
    State(app): State<Arc<App>>,
    body: JsonBody<StartThreadBody>,
) -> Result<Json<OneThreadView>, RequestError> {
    let StartThreadBody {
        model,
        model_provider,
        cwd,
        title,
        approval_policy,
        sandbox,
        service_tier,
        base_instructions,
        developer_instructions,
        config,
    } = body.known()?;
    let title = checked_title(title.as_deref())?.unwrap_or_else(|| "New thread".to_owned());
    let asked = MessageBody {
        cwd: cwd.or_else(|| Some(app.defaults.cwd.clone())),
        model,
        approval_policy,
        sandbox,
        service_tier,
        base_instructions,
        developer_instructions,
        config,
        ..MessageBody::default()
    };
    let (options, mut warnings) = options(&app, asked, model_provider).await?;
    let threads = app.threads.clone();
    let new = NewThread { options, title };
    let (thread_id, forgotten) = to_the_end(&app, async move { threads.start(new).await }).await?;
    warnings.extend(forgotten);
    show(&app, &ThreadId::from(thread_id.as_str()), warnings).await
}

/// Makes a copy of a thread, which goes its own way. Possible at any time, whoever owns the original.
#[utoipa::path(post, path = "/codex/threads/{threadId}/fork", tag = "codex", params(("threadId" = String, Path)),
    request_body = ForkThreadBody, responses(
    (status = OK, description = "The copy", body = OneThreadView),
))]
pub(crate) async fn fork_thread(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<ForkThreadBody>,
) -> Result<Json<OneThreadView>, RequestError> {
    let ForkThreadBody {
        last_turn_id,
        after_turn_id,
        before_turn_id,
        title,
        model,
        model_provider,
        cwd,
        approval_policy,
        sandbox,
        base_instructions,
        developer_instructions,
        config,
    } = body.known()?;
    let point = match (last_turn_id.or(after_turn_id), before_turn_id) {
        (None, None) => ForkPoint::Whole,
        (Some(turn_id), None) => ForkPoint::After(turn_id),
        (None, Some(turn_id)) => ForkPoint::Before(turn_id),
        (Some(_), Some(_)) => {
            return Err(RequestError::invalid("beforeTurnId", "give lastTurnId or beforeTurnId, not both"));
        }
    };
    let title = checked_title(title.as_deref())?;
    let asked = MessageBody {
        cwd,
        model,
        approval_policy,
        sandbox,
        base_instructions,
        developer_instructions,
        config,
        ..MessageBody::default()
    };
    let (options, warnings) = options(&app, asked, model_provider).await?;
    let threads = app.threads.clone();
    let fork = async move { threads.fork(&thread_id, &options, &point, title.as_deref()).await };
    let copy_id = to_the_end(&app, fork).await?;
    show(&app, &ThreadId::from(copy_id.as_str()), warnings).await
}

/// Puts a thread away: lists no longer have it.
#[utoipa::path(post, path = "/codex/threads/{threadId}/archive", tag = "codex", params(("threadId" = String, Path)),
    request_body = NoBody, responses(
    (status = OK, description = "Done", body = ChangedThreadView),
))]
pub(crate) async fn archive_thread(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedThreadView>, RequestError> {
    body.known()?;
    app.threads.archive(&thread_id).await?;
    Ok(changed(thread_id))
}

/// Takes a thread back out.
#[utoipa::path(post, path = "/codex/threads/{threadId}/unarchive", tag = "codex", params(("threadId" = String, Path)),
    request_body = NoBody, responses(
    (status = OK, description = "Done", body = ChangedThreadView),
))]
pub(crate) async fn unarchive_thread(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedThreadView>, RequestError> {
    body.known()?;
    app.threads.unarchive(&thread_id).await?;
    Ok(changed(thread_id))
}

/// Takes turns back from the end of a thread. Files stay as they are.
#[utoipa::path(post, path = "/codex/threads/{threadId}/rollback", tag = "codex", params(("threadId" = String, Path)),
    request_body = RollBackThreadBody, responses(
    (status = OK, description = "Done", body = ChangedThreadView),
))]
pub(crate) async fn roll_back_thread(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<RollBackThreadBody>,
) -> Result<Json<ChangedThreadView>, RequestError> {
    let what = match body.known()? {
        RollBackThreadBody { num_turns: Some(turns @ 1..), turns: None, turn_id: None }
        | RollBackThreadBody { num_turns: None, turns: Some(turns @ 1..), turn_id: None } => {
            RollBack::Turns(turns)
        }
        RollBackThreadBody { num_turns: None, turns: None, turn_id: Some(turn_id) } => {
            RollBack::From(turn_id)
        }
        _ => return Err(RequestError::invalid("numTurns", "give numTurns (at least 1) or turnId")),
    };
    app.threads.roll_back(&thread_id, what).await?;
    Ok(changed(thread_id))
}

/// Replaces what the model sees of the history by a summary; replies when that is done.
#[utoipa::path(post, path = "/codex/threads/{threadId}/compact", tag = "codex", params(("threadId" = String, Path)),
    request_body = NoBody, responses(
    (status = OK, description = "Done", body = ChangedThreadView),
))]
pub(crate) async fn compact_thread(
    app: State<Arc<App>>,
    thread_id: PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedThreadView>, RequestError> {
    start_compaction(app, thread_id, body).await
}

/// The same as `compact`, under Codex's own name.
#[utoipa::path(post, path = "/codex/threads/{threadId}/compact/start", tag = "codex",
    params(("threadId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "Done", body = ChangedThreadView),
))]
pub(crate) async fn start_compaction(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedThreadView>, RequestError> {
    body.known()?;
    app.threads.compact(&thread_id).await?;
    Ok(changed(thread_id))
}

/// Checked as the options of a message are. Looks at files.
async fn options(
    app: &App,
    asked: MessageBody,
    model_provider: Option<String>,
) -> Result<(ThreadOptions, Vec<String>), RequestError> {
    if model_provider.as_ref().is_some_and(|provider| provider.trim().is_empty()) {
        return Err(RequestError::invalid("modelProvider", "must not be blank"));
    }
    let defaults = app.defaults.clone();
    // Only its options are used.
    let asked = MessageBody { message: Some("-".to_owned()), ensure_open: Some(false), ..asked };
    let checked =
        checked(move || asked.into_continuation((Uuid::new_v4().to_string()).into(), &defaults)).await?;
    Ok((ThreadOptions { model_provider, ..checked.options }, checked.warnings))
}

fn checked_title(title: Option<&str>) -> Result<Option<String>, RequestError> {
    match title.map(str::trim) {
        Some("") => Err(RequestError::invalid("title", "must not be blank")),
        title => Ok(title.map(str::to_owned)),
    }
}

fn changed(thread_id: ThreadId) -> Json<ChangedThreadView> {
    Json(ChangedThreadView { ok: true, thread_id })
}
