//! The rules for the dashboard in a browser: what needs no authentication, and the cookie that replaces the
//! token.
//!
//! A cookie is sent to every port of a host, and a page on another port of this machine belongs to the same
//! *site*, so `SameSite=Strict` does not block its requests. Therefore the name of the cookie contains the
//! port, and the cookie counts only for requests of our own pages.

use std::time::Duration;

use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};

use super::{FETCH_SITE_HEADER, Guard};
use crate::sign_in::SessionEnd;

const DASHBOARD: &str = "/dashboard";
/// The path at which a browser exchanges the code of a sign-in link for its cookie.
const SESSION: &str = "/dashboard/session";
/// The path at which links are created, which is not a file of the dashboard.
const LINKS: &str = "/dashboard/links";

/// Reports whether a request is for a file of the dashboard. The files contain no secrets.
pub(super) fn is_dashboard_file(method: &Method, path: &str) -> bool {
    let is_below = path.strip_prefix(DASHBOARD).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    is_below && (*method == Method::GET || *method == Method::HEAD) && path != SESSION && path != LINKS
}

/// Reports whether a request signs a browser in. Its code authenticates it.
pub(super) fn is_sign_in(method: &Method, path: &str) -> bool {
    *method == Method::POST && path == SESSION
}

/// Reports whether a person navigates to the page, which is allowed from anywhere: from a link in an email,
/// or from VS Code in a browser.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_some_and(|destination| destination == "document")
}

impl Guard {
    /// Returns the end of the sign-in session of a request, if it comes from our own page in a signed-in
    /// browser.
    pub(super) fn session_end(&self, method: &Method, headers: &HeaderMap) -> Option<SessionEnd> {
        let sign_in = self.sign_in.as_ref().filter(|_| self.is_of_our_page(method, headers))?;
        sign_in.session_end(self.session_cookie(headers)?)
    }

    /// Returns the secret in the cookie of a request.
    pub(crate) fn session_cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let name = self.cookie_name();
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
    }

    /// Returns a cookie with this secret for the browser of a request. It lasts for `life` and is sent to
    /// URLs below `path`.
    pub(crate) fn session_cookie_for(
        &self,
        headers: &HeaderMap,
        secret: &str,
        path: &str,
        life: Duration,
    ) -> String {
        let (name, seconds) = (self.cookie_name(), life.as_secs());
        let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
        // The bridge does not serve TLS, so an https origin means that another server forwards requests.
        let secure = if origin.is_some_and(|origin| origin.starts_with(b"https:")) { "; Secure" } else { "" };
        format!("{name}={secret}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }

    fn cookie_name(&self) -> String {
        format!("codex_bridge_{}", self.address.port())
    }

    /// Reports whether a request comes from our own page, as its browser declares. A request without a
    /// declaration may only read, because it comes from an old browser, or from a person who entered the URL.
    fn is_of_our_page(&self, method: &Method, headers: &HeaderMap) -> bool {
        let fetch_site = headers.get(FETCH_SITE_HEADER).map(HeaderValue::as_bytes);
        match headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
            Some(origin) => self.is_our_origin(origin) || is_host(origin, headers),
            None if fetch_site == Some(b"same-origin") => true,
            None => {
                matches!(fetch_site, None | Some(b"none"))
                    && (method == Method::GET || method == Method::HEAD)
            }
        }
    }
}

/// Reports whether an origin is that of the `Host` header. Beyond loopback and behind another server, the
/// bridge has other names, and the list of allowed origins, which was checked before, contains them.
fn is_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host)
}
