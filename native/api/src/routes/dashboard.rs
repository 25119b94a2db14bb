//! `/dashboard…`: the dashboard's files, and signing browsers in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, Uri};
use model::clock::Timestamp;
use model::limits;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::dashboard_files;
use crate::extract::{JsonBody, QueryOf};
use crate::request_error::RequestError;

/// Reply of `POST /dashboard/links`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DashboardLinkView {
    /// Always `true`.
    ok: bool,
    /// Opens the dashboard in a browser and signs it in, once.
    #[schema(example = "http://127.0.0.1:8765/dashboard/sign-in#5f0c…")]
    url: String,
    /// Until then.
    expires_at: Timestamp,
}

/// Body of `POST /dashboard/session`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignInBody {
    /// What stands after the `#` of a sign-in link.
    code: String,
    /// The path that the bridge has in this browser, ending with `/`. Default: `/`. It is another one where a server passes requests
    /// on from a path of its own; the cookie is for what is below it.
    #[schema(example = "/proxy/8765/")]
    path: Option<String>,
}

/// Query of `DELETE /dashboard/session`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct SignOutQuery {
    /// The path that the browser was signed in with. Default: `/`.
    path: Option<String>,
}

/// The path for a cookie. It stands in a header, so it must be one, and nothing else.
fn cookie_path(path: Option<String>) -> Result<String, RequestError> {
    let path = path.unwrap_or_else(|| "/".to_owned());
    let is_path = path.starts_with('/') && path.ends_with('/') && path.len() <= limits::COOKIE_PATH_MAX;
    // RFC 3986, section 3.3, without the semicolon.
    let is_plain =
        path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,=:@".contains(&byte));
    if is_path && is_plain {
        Ok(path)
    } else {
        Err(RequestError::invalid("path", "must be the path of an address, beginning and ending with /"))
    }
}

/// Reply of the routes of a browser's session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BrowserSessionView {
    /// Always `true`.
    ok: bool,
    /// Whether this browser is signed in. Without a token, the programs of your own user need not be.
    signed_in: bool,
    /// Whether programs must send a token.
    token_required: bool,
    /// Until when it is.
    expires_at: Option<Timestamp>,
}

impl BrowserSessionView {
    fn of(app: &App, expires_at: Option<Timestamp>) -> Json<Self> {
        let token_required = app.guard.has_token();
        Json(Self { ok: true, signed_in: expires_at.is_some(), token_required, expires_at })
    }
}

/// Makes a link that opens the dashboard and signs the browser in, once, within a few minutes.
#[utoipa::path(post, path = "/dashboard/links", tag = "dashboard", responses(
    (status = OK, description = "The link", body = DashboardLinkView),
))]
pub(super) async fn create_dashboard_link(State(app): State<Arc<App>>) -> Json<DashboardLinkView> {
    let code = app.sign_in.create_code();
    // Browsers send nothing of what follows the #: no log, no referrer and no link preview has the code.
    let url = format!("{}/dashboard/sign-in#{}", app.url, code.secret);
    Json(DashboardLinkView { ok: true, url, expires_at: code.expires_at })
}

/// Tells whether this browser is signed in.
#[utoipa::path(get, path = "/dashboard/session", tag = "dashboard", responses(
    (status = OK, description = "The session of the request's cookie", body = BrowserSessionView),
))]
pub(super) async fn get_dashboard_session(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Json<BrowserSessionView> {
    let secret = app.guard.session_cookie(&headers);
    BrowserSessionView::of(&app, secret.and_then(|secret| app.sign_in.expires_at(secret)))
}

/// Signs a browser in with the code of a link: the reply sets a cookie that scripts cannot read.
#[utoipa::path(post, path = "/dashboard/session", tag = "dashboard", request_body = SignInBody, responses(
    (status = OK, description = "Signed in", body = BrowserSessionView),
))]
pub(super) async fn sign_in_to_dashboard(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: JsonBody<SignInBody>,
) -> Result<Response, RequestError> {
    let SignInBody { code, path } = body.known()?;
    let path = cookie_path(path)?;
    let Some(session) = app.sign_in.redeem(&code).await? else {
        return Err(RequestError::Forbidden {
            code: "sign_in_link_invalid",
            reason: "This link was used already or has expired. Get a new one with the command `codex-bridge dashboard`, or in \
                     VS Code with Codex Bridge: Open Dashboard."
                .to_owned(),
        });
    };
    let life = Timestamp::now().until(session.expires_at);
    let cookie = app.guard.session_cookie_for(&headers, &session.secret, &path, life);
    Ok(([(SET_COOKIE, cookie)], BrowserSessionView::of(&app, Some(session.expires_at))).into_response())
}

/// Signs this browser out. Streams that it listens to end.
#[utoipa::path(delete, path = "/dashboard/session", tag = "dashboard", params(SignOutQuery), responses(
    (status = OK, description = "Signed out", body = BrowserSessionView),
))]
pub(super) async fn sign_out_of_dashboard(
    State(app): State<Arc<App>>,
    QueryOf(SignOutQuery { path }): QueryOf<SignOutQuery>,
    headers: HeaderMap,
) -> Result<Response, RequestError> {
    let path = cookie_path(path)?;
    if let Some(secret) = app.guard.session_cookie(&headers) {
        app.sign_in.end(secret).await?;
    }
    let cookie = app.guard.session_cookie_for(&headers, "", &path, std::time::Duration::ZERO);
    Ok(([(SET_COOKIE, cookie)], BrowserSessionView::of(&app, None)).into_response())
}

/// The page itself.
pub(super) async fn show_dashboard(uri: Uri, headers: HeaderMap) -> Response {
    dashboard_files::reply("", &uri, &headers)
}

/// A part of the page, or the page for one of its views.
pub(super) async fn show_dashboard_file(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    dashboard_files::reply(&path, &uri, &headers)
}
