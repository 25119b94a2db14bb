//! Requests of the dashboard in a browser: what anybody may fetch, and the cookie that stands for the token.
//!
//! A cookie goes to every port of a machine, and a page on another port of this machine is of the same *site*: `SameSite=Strict`
//! does not keep its requests away. So the cookie's name holds the port, and it counts only for requests of our own pages.

use std::time::Duration;

use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};

use super::{FETCH_SITE_HEADER, Guard};
use crate::sign_in::SessionEnd;

const DASHBOARD: &str = "/dashboard";
/// Where a browser trades the code of a sign-in link for its cookie.
const SESSION: &str = "/dashboard/session";
/// Where links are made: no file of the dashboard.
const LINKS: &str = "/dashboard/links";

/// Whether the dashboard's own files are asked for. They are the same for everybody.
pub(super) fn is_dashboard_file(method: &Method, path: &str) -> bool {
    let below = path.strip_prefix(DASHBOARD).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below && (*method == Method::GET || *method == Method::HEAD) && path != SESSION && path != LINKS
}

/// Whether a browser wants to sign in. The code that it brings says whether it may.
pub(super) fn is_sign_in(method: &Method, path: &str) -> bool {
    *method == Method::POST && path == SESSION
}

/// Whether a person goes to the page, from wherever: by a link in a mail, or in a VS Code that runs in a browser.
pub(super) fn is_visit(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_some_and(|destination| destination == "document")
}

impl Guard {
    /// When the session ends of a request that comes from our own page in a browser that is signed in.
    pub(super) fn session_end(&self, method: &Method, headers: &HeaderMap) -> Option<SessionEnd> {
        let sign_in = self.sign_in.as_ref().filter(|_| self.is_of_our_page(method, headers))?;
        sign_in.session_end(self.session_cookie(headers)?)
    }

    /// The secret in the request's cookie.
    pub(crate) fn session_cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let name = self.cookie_name();
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
    }

    /// The cookie that the browser of this request shall keep for so long, for what is below this path.
    pub(crate) fn session_cookie_for(
        &self,
        headers: &HeaderMap,
        secret: &str,
        path: &str,
        life: Duration,
    ) -> String {
        let (name, seconds) = (self.cookie_name(), life.as_secs());
        let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
        // We serve no TLS ourselves; a server before us does.
        let secure = if origin.is_some_and(|origin| origin.starts_with(b"https:")) { "; Secure" } else { "" };
        format!("{name}={secret}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }

    fn cookie_name(&self) -> String {
        format!("codex_bridge_{}", self.address.port())
    }

    /// What a browser says of the page that sends. One that says nothing may only read: it is an old one, or a person who typed
    /// the address.
    fn is_of_our_page(&self, method: &Method, headers: &HeaderMap) -> bool {
        let fetch_site = headers.get(FETCH_SITE_HEADER).map(HeaderValue::as_bytes);
        match headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
            Some(origin) => self.is_our_origin(origin) || is_the_host(origin, headers),
            None if fetch_site == Some(b"same-origin") => true,
            None => {
                matches!(fetch_site, None | Some(b"none"))
                    && (method == Method::GET || method == Method::HEAD)
            }
        }
    }
}

/// Beyond loopback, and behind another server, we have the names that people use for us, of which the list of allowed origins, checked
/// before, knows.
fn is_the_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host)
}
