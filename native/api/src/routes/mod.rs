//! The routes, with one file for each first path segment.

pub(super) mod approvals;
pub(super) mod codex;
pub(super) mod context;
pub(super) mod conversations;
pub(super) mod dashboard;
pub(super) mod debug;
pub(super) mod events;
pub(super) mod health;
pub(super) mod jobs;
pub(super) mod lanes;
pub(super) mod reviews;
pub(super) mod system;
pub(super) mod watch;
pub(super) mod webhooks;
pub(super) mod workflows;

use std::any::Any;
use std::future::ready;
use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bridge::code::Code;
use bytes::Bytes;
use http::{HeaderName, Method, header};
use tokio_util::sync::CancellationToken;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::idempotency::{self, IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, Idempotency, once};
use super::openapi::Description;
use super::sse::LAST_EVENT_ID;
use super::{App, openapi_json};
use crate::request_error::RequestError;

/// Returns all routes with their OpenAPI descriptions.
pub(super) fn openapi_router() -> OpenApiRouter<Arc<App>> {
    let mut idempotent = idempotent_routes();
    idempotency::describe(idempotent.get_openapi_mut());
    plain_routes().merge(context::openapi_router()).merge(idempotent)
}

/// Returns the routes that only read, and those that are safe to repeat.
fn plain_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::get_health))
        .routes(routes!(system::get_system))
        .routes(routes!(system::get_log))
        .routes(routes!(dashboard::create_dashboard_link))
        .routes(routes!(
            dashboard::get_dashboard_session,
            dashboard::sign_in_to_dashboard,
            dashboard::sign_out_of_dashboard
        ))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job_statistics))
        .routes(routes!(jobs::get_job))
        .routes(routes!(jobs::stream_job_events))
        .routes(routes!(jobs::cancel_job))
        .routes(routes!(jobs::list_job_approvals))
        .routes(routes!(approvals::list_approvals))
        .routes(routes!(approvals::get_approval, approvals::resolve_approval))
        .routes(routes!(events::stream_events))
        .routes(routes!(events::stream_events_at_stream))
        .routes(routes!(lanes::get_lane, lanes::delete_lane))
        .routes(routes!(lanes::sync_lane))
        .routes(routes!(lanes::interrupt_lane))
        .routes(routes!(lanes::stream_lane_events))
        .routes(routes!(lanes::clean_up_lanes))
        .routes(routes!(lanes::worktrees::list_left_worktrees))
        .routes(routes!(lanes::worktrees::remove_left_worktree))
        .routes(routes!(lanes::sessions::list_lane_sessions))
        .routes(routes!(lanes::sessions::get_lane_session))
        .routes(routes!(lanes::sessions::start_lane_session))
        .routes(routes!(lanes::sessions::stop_lane_session))
        .routes(routes!(lanes::approvals::list_lane_approvals))
        .routes(routes!(lanes::approvals::approve_for_lane))
        .routes(routes!(lanes::approvals::deny_for_lane))
        .routes(routes!(watch::get_watch_status))
        .routes(routes!(watch::start_watch))
        .routes(routes!(watch::stop_watch))
        .routes(routes!(watch::tick_watch))
        .routes(routes!(debug::make_up_approval))
        .routes(routes!(debug::make_up_end))
        .routes(routes!(debug::reconcile_stale))
        .routes(routes!(codex::threads::list_threads))
        .routes(routes!(codex::threads::list_loaded_threads))
        .routes(routes!(codex::threads::get_thread))
        .routes(routes!(codex::threads::archive_thread))
        .routes(routes!(codex::threads::unarchive_thread))
        .routes(routes!(codex::threads::roll_back_thread))
        .routes(routes!(codex::threads::compact_thread))
        .routes(routes!(codex::threads::start_compaction))
        .routes(routes!(codex::turns::interrupt_turn))
        .routes(routes!(codex::activity::list_active_threads))
        .routes(routes!(codex::activity::list_running))
        .routes(routes!(codex::lists::list_apps))
        .routes(routes!(codex::lists::list_skills))
        .routes(routes!(codex::lists::list_models))
        .routes(routes!(codex::rpc::call_codex))
        .routes(routes!(webhooks::list_webhooks))
        .routes(routes!(webhooks::get_webhook, webhooks::update_webhook, webhooks::delete_webhook))
        .routes(routes!(webhooks::preview_webhook))
        .routes(routes!(webhooks::test_webhook))
        .routes(routes!(webhooks::list_webhook_deliveries))
        .routes(routes!(webhooks::redeliver_webhook_delivery))
        .routes(routes!(conversations::history::list_conversations))
        .routes(routes!(conversations::list_open_conversations))
        .routes(routes!(conversations::get_current_conversation))
        .routes(routes!(conversations::history::get_conversation))
        .routes(routes!(conversations::actions::open_conversation))
        .routes(routes!(conversations::actions::archive_conversation))
        .routes(routes!(conversations::actions::unarchive_conversation))
        .routes(routes!(conversations::actions::rename_conversation))
        .routes(routes!(conversations::actions::compact_conversation))
        .routes(routes!(conversations::actions::roll_back_conversation))
        .routes(routes!(conversations::actions::release_conversation))
        .routes(routes!(conversations::actions::interrupt_conversation))
        .routes(routes!(
            conversations::goal::get_goal,
            conversations::goal::set_goal,
            conversations::goal::clear_goal
        ))
        .routes(routes!(conversations::queue::get_queue))
        .routes(routes!(
            conversations::queue::edit_queued_message,
            conversations::queue::remove_queued_message
        ))
}

/// Returns the routes that create or send something. An `Idempotency-Key` makes a repeated request run only
/// once.
fn idempotent_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(conversations::create_conversation))
        .routes(routes!(conversations::send_to_current_conversation))
        .routes(routes!(conversations::send_to_conversation))
        .routes(routes!(conversations::actions::fork_conversation))
        .routes(routes!(jobs::steer_job))
        .routes(routes!(reviews::start_review))
        .routes(routes!(lanes::list_lanes, lanes::create_lane))
        .routes(routes!(lanes::attach_lane))
        .routes(routes!(lanes::prompt_lane))
        .routes(routes!(lanes::steer_lane))
        .routes(routes!(workflows::start_visible))
        .routes(routes!(codex::threads::start_thread))
        .routes(routes!(codex::threads::fork_thread))
        .routes(routes!(codex::turns::start_turn))
        .routes(routes!(codex::turns::steer_turn))
        .routes(routes!(webhooks::create_webhook))
}

/// Returns the complete router of a bridge. The guard is in front of it.
pub fn router(app: Arc<App>) -> axum::Router {
    let once = from_fn_with_state(Idempotency::new(Arc::clone(&app)), once);
    let (router, _) = plain_routes()
        .merge(context::openapi_router())
        .merge(idempotent_routes().route_layer(once))
        .split_for_parts();
    let document = Bytes::from(openapi_json());
    let cors = cors(app.guard.allowed_origins());
    let serve_document = move || ready(([(header::CONTENT_TYPE, "application/json")], document.clone()));
    router
        .route("/openapi.json", get(serve_document.clone()))
        .route("/openapi/json", get(serve_document))
        .route("/openapi", get(async || Redirect::temporary("openapi.json")))
        .route("/dashboard", get(dashboard::show_dashboard))
        .route("/dashboard/", get(dashboard::show_dashboard))
        .route("/dashboard/{*path}", get(dashboard::show_dashboard_file))
        .fallback(async || RequestError::RouteNotFound)
        .with_state(app)
        .layer(option_layer(cors))
        .layer(CatchPanicLayer::custom(reply_to_panic))
}

/// Returns the router that serves only the code context, to which the given web origins have access. Its
/// streams end when `stopping` is cancelled.
pub fn code_router(code: Code, allowed_origins: &[String], stopping: CancellationToken) -> axum::Router {
    context::standalone(code, stopping)
        .layer(option_layer(cors(allowed_origins)))
        .layer(CatchPanicLayer::custom(reply_to_panic))
}

/// Returns the CORS layer for the given web origins, or `None` if there are none.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok())))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                HeaderName::from_static(LAST_EVENT_ID),
                HeaderName::from_static(IDEMPOTENCY_KEY),
                HeaderName::from_static("x-codex-bridge-token"),
            ])
            .expose_headers([HeaderName::from_static(IDEMPOTENCY_REPLAYED)])
    })
}

/// Turns a panic in a handler into a reply, so that a defect in one route does not affect the others.
fn reply_to_panic(_: Box<dyn Any + Send>) -> Response {
    RequestError::internal("a handler panicked; the previous log line has the location".to_owned())
        .into_response()
}

/// Runs a check that reads the file system on a blocking thread, because a disk may be slow.
pub(super) async fn validate_blocking<T: Send + 'static, E: Into<RequestError> + Send + 'static>(
    check: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, RequestError> {
    match tokio::task::spawn_blocking(check).await {
        Ok(result) => result.map_err(Into::into),
        Err(error) => Err(RequestError::internal(format!("a check did not complete: {error}"))),
    }
}
