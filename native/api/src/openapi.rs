//! The description of the API, made from the same types that serve it.

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, SecurityRequirement};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Codex Bridge",
        description = "Local HTTP API which starts, continues and watches Codex work.",
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "http://127.0.0.1:8765", description = "The default address")),
    tags(
        (name = "bridge", description = "The bridge itself"),
        (name = "conversations", description = "Codex conversations, and the editor's tabs that show them"),
        (name = "codex", description = "Codex's own threads and methods, and the Codex processes of this machine"),
        (name = "approvals", description = "What Codex asks before it goes on, and the answers"),
        (name = "events", description = "What happens, as it happens"),
        (name = "lanes", description = "Units of work with a conversation of their own, their sessions and approvals"),
        (name = "watch", description = "The look at all lanes"),
        (name = "debug", description = "Turns that are made up, to test what listens to lanes"),
        (name = "webhooks", description = "Events, sent to receivers elsewhere"),
        (name = "context", description = "Answers about the code of the workspace"),
        (name = "dashboard", description = "The dashboard in a browser"),
        (name = "jobs", description = "Dispatched messages, from acceptance to end"),
    ),
)]
pub(super) struct Description;

/// The OpenAPI document, as `GET /openapi.json` serves it and as openapi.json holds it.
#[must_use]
pub fn openapi_json() -> String {
    let mut api = super::routes::described().into_openapi();
    let components = api.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "Setting codexBridge.authToken. Not needed from the same user of this machine while it is not set (on Linux).",
    ));
    let header =
        ApiKeyValue::with_description("X-Codex-Bridge-Token", "The same token in a header of its own.");
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
