//! The OpenAPI description, generated from the types and handlers that serve the API.

use utoipa::openapi::path::PathItem;
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, Ref, RefOr, SecurityRequirement};
use utoipa::{OpenApi, ToSchema};

use crate::reply::ErrorView;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Codex Bridge",
        description = "Local HTTP API that starts, continues and watches Codex work.",
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "http://127.0.0.1:8765", description = "The default address")),
    tags(
        (name = "bridge", description = "The bridge itself"),
        (name = "conversations", description = "Codex conversations, and the editor's tabs that show them"),
        (name = "codex", description = "Threads and methods of Codex, and its processes on this machine"),
        (name = "approvals", description = "Codex's requests for a decision, and the decisions"),
        (name = "events", description = "Events, as they happen"),
        (name = "lanes", description = "Units of work with their own conversations, sessions and approvals"),
        (name = "watch", description = "The lane reconciler"),
        (name = "debug", description = "Simulated turns and approvals, to test listeners to lanes"),
        (name = "webhooks", description = "Events, sent to endpoints elsewhere"),
        (name = "context", description = "Answers about the code of the workspace"),
        (name = "dashboard", description = "The dashboard in a browser"),
        (name = "jobs", description = "Dispatched messages, from acceptance to end"),
    ),
    components(schemas(ErrorView)),
)]
pub(super) struct Description;

/// Returns the OpenAPI document, as `GET /openapi.json` serves it and as openapi.json contains it.
#[must_use]
pub fn openapi_json() -> String {
    let mut api = super::routes::openapi_router().into_openapi();
    for path in api.paths.paths.values_mut() {
        describe_error_reply(path);
    }
    let components = api.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "The setting codexBridge.authToken. While it is not set, requests of the same user on this machine \
         need no token (on Linux).",
    ));
    let header =
        ApiKeyValue::with_description("X-Codex-Bridge-Token", "The same token in a separate header.");
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    components.add_security_scheme("tokenHeader", SecurityScheme::ApiKey(ApiKey::Header(header)));
    let no_scopes: [&str; 0] = [];
    api.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new("bearer", no_scopes),
        SecurityRequirement::new("tokenHeader", no_scopes),
    ]);
    let mut text = api.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Adds the error reply, which is the same everywhere, to each operation of a path.
fn describe_error_reply(path: &mut PathItem) {
    let schema = Ref::from_schema_name(ErrorView::name());
    let mut reply = Response::new("The request was refused or failed");
    reply.content.insert("application/json".to_owned(), RefOr::T(Content::new(Some(schema))));
    let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch];
    for operation in operations.into_iter().flatten() {
        operation.responses.responses.insert("default".to_owned(), RefOr::T(reply.clone()));
    }
}
