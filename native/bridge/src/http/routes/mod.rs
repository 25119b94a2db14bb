//! The routes: a file for each first segment of a path.

pub(super) mod approvals;
pub(super) mod conversations;
pub(super) mod events;
pub(super) mod health;
pub(super) mod jobs;
pub(super) mod webhooks;

use std::any::Any;
use std::future::ready;
use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderName, Method, header};
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
use crate::error::Error;

/// All routes with their descriptions.
pub(super) fn described() -> OpenApiRouter<Arc<App>> {
    let mut sending = sending();
    idempotency::describe(sending.get_openapi_mut());
    others().merge(sending)
}

/// The routes that only tell, and those that may be repeated as they are.
fn others() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::get_health))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job))
        .routes(routes!(jobs::stream_job_events))
        .routes(routes!(jobs::cancel_job))
        .routes(routes!(jobs::list_job_approvals))
        .routes(routes!(approvals::list_approvals))
        .routes(routes!(approvals::get_approval, approvals::resolve_approval))
        .routes(routes!(events::stream_events))
        .routes(routes!(webhooks::list_webhooks))
        .routes(routes!(webhooks::get_webhook, webhooks::update_webhook, webhooks::delete_webhook))
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
        .routes(routes!(conversations::queue::get_queue))
        .routes(routes!(
            conversations::queue::edit_queued_message,
            conversations::queue::remove_queued_message
        ))
}

/// The routes that create or send. With an `Idempotency-Key` each request happens once.
fn sending() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(conversations::create_conversation))
        .routes(routes!(conversations::send_to_current_conversation))
        .routes(routes!(conversations::send_to_conversation))
        .routes(routes!(conversations::actions::fork_conversation))
        .routes(routes!(jobs::steer_job))
        .routes(routes!(webhooks::create_webhook))
}

/// The whole of a bridge's HTTP behind its guard.
pub(super) fn router(app: Arc<App>) -> axum::Router {
    let once = from_fn_with_state(Idempotency::new(Arc::clone(&app)), once);
    let (router, _) = others().merge(sending().route_layer(once)).split_for_parts();
    let description = Bytes::from(openapi_json());
    let origins = app.guard.allowed_origins();
    let cors = (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok())))
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                HeaderName::from_static(LAST_EVENT_ID),
                HeaderName::from_static(IDEMPOTENCY_KEY),
                HeaderName::from_static("x-codex-bridge-token"),
            ])
            .expose_headers([HeaderName::from_static(IDEMPOTENCY_REPLAYED)])
    });
    let describe = move || ready(([(header::CONTENT_TYPE, "application/json")], description.clone()));
    router
        .route("/openapi.json", get(describe))
        .fallback(async || Error::RouteNotFound)
        .with_state(app)
        .layer(option_layer(cors))
        .layer(CatchPanicLayer::custom(panicked))
}

/// A defect in one route must not take the others down.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Error::Internal("a route panicked; the line before this one says where".to_owned()).into_response()
}

/// Runs a check that looks at files, on a disk that may be slow.
pub(super) async fn checked<T: Send + 'static>(
    check: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(check).await {
        Ok(checked) => checked,
        Err(error) => Err(Error::Internal(format!("checking a message failed: {error}"))),
    }
}
