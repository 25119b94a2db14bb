//! `/dashboard…`: the files of the dashboard, and the sign-in of browsers.

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
    /// Opens the dashboard in a browser and signs the browser in. Valid once.
    #[schema(example = "http://127.0.0.1:8765/dashboard/sign-in#5f0c…")]
    url: String,
    /// When the link expires.
    expires_at: Timestamp,
}

/// Body of `POST /dashboard/session`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignInBody {
    /// The part of the sign-in link after the `#`.
    code: String,
    /// The path of the bridge as this browser sees it, ending with `/`. The session cookie is valid below it.
    /// Set it if a reverse proxy serves the bridge below a path. Default: `/`.
    #[schema(example = "/proxy/8765/")]
    path: Option<String>,
}

/// Query of `DELETE /dashboard/session`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct SignOutQuery {
    /// The `path` with which the browser signed in. Default: `/`.
    path: Option<String>,
}

/// Returns the path of the session cookie. It becomes part of a header, so nothing but a path is allowed.
fn cookie_path(path: Option<String>) -> Result<String, RequestError> {
    let path = path.unwrap_or_else(|| "/".to_owned());
    let is_path = path.starts_with('/') && path.ends_with('/') && path.len() <= limits::COOKIE_PATH_MAX;
    // RFC 3986, section 3.3, without the semicolon.
    let is_plain =
        path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,=:@".contains(&byte));
    if is_path && is_plain {
        Ok(path)
    } else {
        Err(RequestError::invalid("path", "must be a URL path that starts and ends with /"))
    }
}

/// Reply of the routes of a sign-in session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BrowserSessionView {
    /// Always `true`.
    ok: bool,
    /// Whether this browser is signed in. If no token is set, programs of your own user need not sign in.
    signed_in: bool,
    /// Whether programs must send a token.
    token_required: bool,
    /// When the sign-in session expires.
    expires_at: Option<Timestamp>,
}

impl BrowserSessionView {
    fn of(app: &App, expires_at: Option<Timestamp>) -> Json<Self> {
        let token_required = app.guard.has_token();
        Json(Self { ok: true, signed_in: expires_at.is_some(), token_required, expires_at })
    }
}

/// Creates a link that opens the dashboard and signs the browser in. It is valid once, for a few minutes.
#[utoipa::path(post, path = "/dashboard/links", tag = "dashboard", responses(
    (status = OK, description = "The link", body = DashboardLinkView),
))]
pub(super) async fn create_dashboard_link(State(app): State<Arc<App>>) -> Json<DashboardLinkView> {
    let code = app.sign_in.create_code();
    // Browsers never send the part after the #, so the code gets into no log, referrer or link preview.
    let url = format!("{}/dashboard/sign-in#{}", app.url, code.secret);
    Json(DashboardLinkView { ok: true, url, expires_at: code.expires_at })
}

/// Returns the sign-in session of this browser.
#[utoipa::path(get, path = "/dashboard/session", tag = "dashboard", responses(
    (status = OK, description = "The sign-in session of this browser", body = BrowserSessionView),
))]
pub(super) async fn get_dashboard_session(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Json<BrowserSessionView> {
    let secret = app.guard.session_cookie(&headers);
    BrowserSessionView::of(&app, secret.and_then(|secret| app.sign_in.expires_at(secret)))
}

/// Signs a browser in with the code of a sign-in link. The reply sets a cookie that scripts cannot read.
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
            reason: "This link was already used or has expired. Get a new one with the command \
                     `codex-bridge dashboard`, or in VS Code with Codex Bridge: Open Dashboard."
                .to_owned(),
        });
    };
    let lifetime = Timestamp::now().until(session.expires_at);
    let cookie = app.guard.session_cookie_for(&headers, &session.secret, &path, lifetime);
    Ok(([(SET_COOKIE, cookie)], BrowserSessionView::of(&app, Some(session.expires_at))).into_response())
}

/// Signs this browser out and ends its event streams.
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

/// Serves the page of the dashboard.
pub(super) async fn show_dashboard(uri: Uri, headers: HeaderMap) -> Response {
    dashboard_files::reply("", &uri, &headers)
}

/// Serves a file of the dashboard, or its page for the path of a view.
pub(super) async fn show_dashboard_file(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    dashboard_files::reply(&path, &uri, &headers)
}
