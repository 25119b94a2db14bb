//! `/codex/threads…`: Codex's threads and the operations on a thread.

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
use super::{run_to_completion, split_list};
use crate::App;
use crate::extract::{JsonBody, PathParameter, QueryOf, page_limit};
use crate::request_error::RequestError;
use crate::routes::conversations::actions::NoBody;
use crate::routes::validate_blocking;

/// Query of `GET /codex/threads`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListThreadsQuery {
    /// The maximum number of threads, 1 to 200. Default: 50.
    limit: Option<u32>,
    /// Only threads of these kinds, for example `vscode,cli,exec,appServer,subAgent`. Default: the kinds that
    /// people start.
    source_kinds: Option<String>,
    /// The `nextCursor` of the previous page.
    cursor: Option<String>,
    /// Only threads whose title contains this string.
    search: Option<String>,
    /// Only archived threads (`true`), or only threads that are not archived (`false`, the default).
    archived: Option<bool>,
    /// Only threads with this working directory.
    cwd: Option<String>,
    /// Only sub-agents of this thread. Requires `sourceKinds=subAgent`.
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
    /// The absolute path of the working directory. Default: as for new conversations.
    #[schema(value_type = Option<String>)]
    cwd: Option<PathBuf>,
    /// The title of the thread. Default: `New thread`.
    title: Option<String>,
    /// When Codex asks for approval.
    approval_policy: Option<ApprovalPolicyName>,
    /// What commands may access. Codex does not store it before the first turn, so send it with that turn.
    sandbox: Option<SandboxName>,
    /// Service tier id.
    service_tier: Option<String>,
    /// Replaces Codex's own system instructions.
    base_instructions: Option<String>,
    /// Additional developer instructions.
    developer_instructions: Option<String>,
    /// Overrides of Codex's `config.toml`. Codex does not store them before the first turn, so send them with
    /// that turn.
    config: Option<ConfigOverrides>,
}

/// Body of `POST /codex/threads/{threadId}/fork`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForkThreadBody {
    /// The last turn of the copy. Default: the last turn of the original.
    last_turn_id: Option<TurnId>,
    /// An alias of `lastTurnId`.
    after_turn_id: Option<TurnId>,
    /// The turn before which the copy ends.
    before_turn_id: Option<TurnId>,
    /// The title of the copy.
    title: Option<String>,
    /// Model id.
    model: Option<String>,
    /// Provider id.
    model_provider: Option<String>,
    /// The absolute path of the working directory. Default: that of the original.
    #[schema(value_type = Option<String>)]
    cwd: Option<PathBuf>,
    /// When Codex asks for approval.
    approval_policy: Option<ApprovalPolicyName>,
    /// What commands may access.
    sandbox: Option<SandboxName>,
    /// Replaces Codex's own system instructions.
    base_instructions: Option<String>,
    /// Additional developer instructions.
    developer_instructions: Option<String>,
    /// Overrides of Codex's `config.toml`.
    config: Option<ConfigOverrides>,
}

/// Body of `POST /codex/threads/{threadId}/rollback`. Give one of `numTurns`, `turns` and `turnId`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RollBackThreadBody {
    /// The number of turns to remove from the end.
    num_turns: Option<usize>,
    /// An alias of `numTurns`.
    turns: Option<usize>,
    /// The first turn to remove; all later turns are removed, too.
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
    /// The cursor of the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Reply of the routes that return one thread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OneThreadView {
    /// Always `true`.
    ok: bool,
    thread: ThreadView,
    /// How the bridge deviated from the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Reply of `GET /codex/threads/loaded`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadedThreadsView {
    /// Always `true`.
    ok: bool,
    /// The threads that the bridge has loaded. It keeps a thread loaded while a turn runs.
    thread_ids: Vec<ThreadId>,
    /// The loaded threads, by app-server.
    app_servers: Vec<LoadedView>,
}

/// The threads that an app-server of the bridge has loaded.
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

/// Lists Codex's threads, newest first. Threads without a message are not listed; get them by id.
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
        source_kinds: split_list(query.source_kinds.as_deref()),
        parent_thread_id: query.parent_thread_id,
        by_change: false,
    };
    let page = app.threads.list(&query).await?;
    let of_page = page.conversations.iter().map(|conversation| &conversation.thread);
    let mut relations = Relations::of_page(&app, of_page).await?;
    let view = |conversation| ThreadView::of(conversation, &mut relations);
    let threads = page.conversations.into_iter().map(view).collect();
    Ok(Json(ThreadsView { ok: true, threads, next_cursor: page.next_cursor }))
}

/// Returns a thread.
#[utoipa::path(get, path = "/codex/threads/{threadId}", tag = "codex",
    params(("threadId" = String, Path)), responses(
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
    let thread = ThreadView::of(conversation, &mut relations);
    Ok(Json(OneThreadView { ok: true, thread, warnings }))
}

/// Lists the threads that the bridge has loaded.
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

/// Creates a thread with a title and without turns. It is stored, and no process owns it.
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
    let title = validate_title(title.as_deref())?.unwrap_or_else(|| "New thread".to_owned());
    let body = MessageBody {
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
    let (options, mut warnings) = options(&app, body, model_provider).await?;
    let threads = app.threads.clone();
    let new = NewThread { options, title };
    let (thread_id, start_warnings) =
        run_to_completion(&app, async move { threads.start(new).await }).await?;
    warnings.extend(start_warnings);
    show(&app, &thread_id, warnings).await
}

/// Creates an independent copy of a thread. This works at any time, whoever owns the original.
#[utoipa::path(post, path = "/codex/threads/{threadId}/fork", tag = "codex",
    params(("threadId" = String, Path)), request_body = ForkThreadBody, responses(
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
    let title = validate_title(title.as_deref())?;
    let body = MessageBody {
        cwd,
        model,
        approval_policy,
        sandbox,
        base_instructions,
        developer_instructions,
        config,
        ..MessageBody::default()
    };
    let (options, warnings) = options(&app, body, model_provider).await?;
    let threads = app.threads.clone();
    let fork = async move { threads.fork(&thread_id, &options, &point, title.as_deref()).await };
    let copy_id = run_to_completion(&app, fork).await?;
    show(&app, &copy_id, warnings).await
}

/// Archives a thread. Lists no longer contain it unless they ask for archived threads.
#[utoipa::path(post, path = "/codex/threads/{threadId}/archive", tag = "codex",
    params(("threadId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "The thread is archived", body = ChangedThreadView),
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

/// Unarchives a thread.
#[utoipa::path(post, path = "/codex/threads/{threadId}/unarchive", tag = "codex",
    params(("threadId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "The thread is unarchived", body = ChangedThreadView),
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

/// Removes turns from the end of a thread. Files are not changed.
#[utoipa::path(post, path = "/codex/threads/{threadId}/rollback", tag = "codex",
    params(("threadId" = String, Path)), request_body = RollBackThreadBody, responses(
    (status = OK, description = "The turns are removed", body = ChangedThreadView),
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

/// Replaces the model's view of the history with a summary. Replies when that is done.
#[utoipa::path(post, path = "/codex/threads/{threadId}/compact", tag = "codex",
    params(("threadId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "The thread is compacted", body = ChangedThreadView),
))]
pub(crate) async fn compact_thread(
    app: State<Arc<App>>,
    thread_id: PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedThreadView>, RequestError> {
    start_compaction(app, thread_id, body).await
}

/// Compacts a thread, as `compact` does, under the name of Codex's method.
#[utoipa::path(post, path = "/codex/threads/{threadId}/compact/start", tag = "codex",
    params(("threadId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "The thread is compacted", body = ChangedThreadView),
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

/// Validates thread options in the same way as those of a message. Reads the file system.
async fn options(
    app: &App,
    body: MessageBody,
    model_provider: Option<String>,
) -> Result<(ThreadOptions, Vec<String>), RequestError> {
    if model_provider.as_ref().is_some_and(|provider| provider.trim().is_empty()) {
        return Err(RequestError::invalid("modelProvider", "must not be blank"));
    }
    let defaults = app.defaults.clone();
    // The message is a placeholder: only the options are used.
    let body = MessageBody { message: Some("-".to_owned()), ensure_open: Some(false), ..body };
    let checked =
        validate_blocking(move || body.into_continuation(Uuid::new_v4().to_string().into(), &defaults))
            .await?;
    Ok((ThreadOptions { model_provider, ..checked.options }, checked.warnings))
}

fn validate_title(title: Option<&str>) -> Result<Option<String>, RequestError> {
    match title.map(str::trim) {
        Some("") => Err(RequestError::invalid("title", "must not be blank")),
        title => Ok(title.map(str::to_owned)),
    }
}

fn changed(thread_id: ThreadId) -> Json<ChangedThreadView> {
    Json(ChangedThreadView { ok: true, thread_id })
}
