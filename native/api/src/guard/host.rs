//! The check of the `Host` header. A request is sent to the bridge itself, or to a server that forwards
//! requests, such as VS Code in a browser.
//!
//! Such a server must be an allowed origin. Its pages may call the bridge anyway, and DNS rebinding cannot
//! use its name unless its origin has our own port. But the connection is that of the server, so its user
//! does not identify the caller.

use http::HeaderMap;
use http::header::HOST;
use http::uri::Authority;

use super::Guard;
use crate::request_error::RequestError;

/// The route of a request to the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// The caller is connected to the bridge.
    Direct,
    /// Another server forwards the request.
    Proxy,
}

impl Guard {
    /// Checks the host to which a request was sent.
    ///
    /// # Errors
    /// [`RequestError::Forbidden`] if the host is neither the bridge nor an allowed origin.
    pub(super) fn check_host(&self, headers: &HeaderMap) -> Result<Via, RequestError> {
        // An address other than loopback may have any name. The token protects it.
        if !self.address.ip().is_loopback() {
            return Ok(Via::Direct);
        }
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok()).unwrap_or_default();
        if hosts.next().is_none() {
            if self.is_our_authority(host) {
                return Ok(Via::Direct);
            }
            if self.is_allowed_authority(host) {
                return Ok(Via::Proxy);
            }
        }
        let port = self.address.port();
        Err(RequestError::Forbidden {
            code: "forbidden_host",
            reason: format!(
                "The Host header must be a loopback name or address with port {port}, for example \
                 127.0.0.1:{port}. To use a server that forwards requests, add its origin to \
                 codexBridge.allowedOrigins."
            ),
        })
    }

    fn is_our_authority(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        // A Host header must not contain user information ("user@host").
        if host.contains('@') || authority.port_u16().unwrap_or(80) != self.address.port() {
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
