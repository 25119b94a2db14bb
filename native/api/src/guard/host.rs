//! To which address a request was sent: ours, or that of a server which passes requests on, as VS Code does in a browser.
//!
//! The latter must be an allowed origin. The pages there may call anyway, and no page can be pointed at us by that name unless its
//! origin has our own port. But the connection is not the caller's any more, so its user proves nothing.

use http::HeaderMap;
use http::header::HOST;
use http::uri::Authority;

use super::Guard;
use crate::request_error::RequestError;

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the caller itself.
    Direct,
    /// Through another server.
    PassedOn,
}

impl Guard {
    /// Whether a request was sent to an address of ours.
    ///
    /// # Errors
    /// [`RequestError::Forbidden`].
    pub(super) fn check_host(&self, headers: &HeaderMap) -> Result<Way, RequestError> {
        // On other addresses than loopback any name may lead here; the token is what counts there.
        if !self.address.ip().is_loopback() {
            return Ok(Way::Direct);
        }
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok()).unwrap_or_default();
        if hosts.next().is_none() {
            if self.is_our_authority(host) {
                return Ok(Way::Direct);
            }
            if self.is_allowed_authority(host) {
                return Ok(Way::PassedOn);
            }
        }
        let port = self.address.port();
        Err(RequestError::Forbidden {
            code: "forbidden_host",
            reason: format!(
                "The Host header must be a loopback name or address with port {port}, for example 127.0.0.1:{port}; or the \
                 address of a server that passes requests on to it, when codexBridge.allowedOrigins lists that."
            ),
        })
    }

    fn is_our_authority(&self, text: &str) -> bool {
        let Ok(authority) = text.parse::<Authority>() else { return false };
        // User information ("user@host") has no place in a Host header.
        if text.contains('@') || authority.port_u16().unwrap_or(80) != self.address.port() {
            return false;
        }
        let host = authority.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn is_allowed_authority(&self, host: &str) -> bool {
        let mut origins = self.allowed_origins.iter().filter_map(|origin| origin.split_once("://"));
        origins.any(|(_, authority)| authority.eq_ignore_ascii_case(host))
    }
}
