//! The routes: a file for each first segment of a path.

pub(super) mod conversations;
pub(super) mod health;
pub(super) mod jobs;

use std::any::Any;
use std::future::ready;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::guard::guard;
use super::openapi::Description;
use super::{App, SERVER_NAME, openapi_json};
use crate::error::Error;
use crate::limits;

/// All routes with their descriptions.
pub(super) fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::get_health))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job))
        .routes(routes!(conversations::create_conversation))
        .routes(routes!(conversations::list_open_conversations))
        .routes(routes!(conversations::get_current_conversation))
        .routes(routes!(conversations::send_to_current_conversation))
        .routes(routes!(conversations::send_to_conversation))
}

/// The whole of a bridge's HTTP, behind its guard.
pub(super) fn router(app: Arc<App>) -> axum::Router {
    let (router, _) = described().split_for_parts();
    let description = Bytes::from(openapi_json());
    let cors = {
        let app = Arc::clone(&app);
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, _| {
                origin.to_str().is_ok_and(|origin| app.guard.allows_origin(origin))
            }))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                HeaderName::from_static("x-codex-bridge-token"),
            ])
    };
    // From the outside in.
    let layers = ServiceBuilder::new()
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(name_the_server))
        .layer(from_fn_with_state(Arc::clone(&app), guard))
        .layer(cors)
        .layer(RequestBodyTimeoutLayer::new(limits::BODY_TIMEOUT))
        .layer(RequestDecompressionLayer::new());
    router
        .route(
            "/openapi.json",
            get(move || ready(([(header::CONTENT_TYPE, "application/json")], description.clone()))),
        )
        .fallback(async || Error::RouteNotFound)
        .with_state(app)
        .layer(layers)
}

async fn name_the_server(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static(SERVER_NAME));
    response
}

/// A defect in one route must not take the others down.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Error::Internal("a route panicked; the line before this one says where".to_owned()).into_response()
}
