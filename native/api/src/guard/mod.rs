//! The guard decides which requests may pass. Each request is checked before it is routed and before its body
//! is read.
//!
//! Loopback alone does not protect the bridge: web pages in the user's browser and other users of the machine
//! can reach it too. Therefore:
//!
//! 1. **Host** must be a loopback name or address with our port, or that of an allowed origin whose server
//!    forwards requests to the bridge ([`host`]). A page whose name was pointed at 127.0.0.1 (DNS rebinding)
//!    sends its own name here.
//! 2. **Origin**, if a browser sends one, must be ours or an allowed one. Without it, `Sec-Fetch-Site` must
//!    not name another site.
//! 3. A **token** is required if one is set. Otherwise the **user** of the connection must be the user of the
//!    bridge, as reported by the operating system. If it cannot report the user, a generated token is
//!    required, which is in a file of the user. For requests of our own page, the cookie of a signed-in
//!    browser ([`browser`]) replaces the token.

mod browser;
mod host;
mod peer;

use std::net::SocketAddr;

use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};
use subtle::ConstantTimeEq;

use crate::request_error::RequestError;
use crate::sign_in::{SessionEnd, SignIn};
use host::Via;
pub(super) use peer::user_of;
pub use peer::{PeerUser, can_identify_users};

const TOKEN_HEADER: &str = "x-codex-bridge-token";
const FETCH_SITE_HEADER: &str = "sec-fetch-site";

/// The guard of one bridge.
pub struct Guard {
    address: SocketAddr,
    token: Option<Token>,
    allowed_origins: Vec<String>,
    /// The sign-in sessions of browsers. `None` for a server without a dashboard.
    sign_in: Option<SignIn>,
}

struct Token {
    secret: String,
    source: TokenSource,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenSource {
    /// The user has set the token.
    Configured,
    /// The bridge has generated the token, because the users of connections cannot be identified.
    Generated,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret must not be printed.
        formatter
            .debug_struct("Guard")
            .field("address", &self.address)
            .field("has_token", &self.token.is_some())
            .field("allowed_origins", &self.allowed_origins)
            .finish()
    }
}

impl Guard {
    /// Returns the guard of a bridge on `address`.
    #[must_use]
    pub fn new(
        address: SocketAddr,
        configured_token: Option<String>,
        generated_token: Option<String>,
        allowed_origins: &[String],
    ) -> Self {
        let configured = configured_token.map(|secret| Token { secret, source: TokenSource::Configured });
        let generated = generated_token.map(|secret| Token { secret, source: TokenSource::Generated });
        let token = configured.or(generated);
        let allowed_origins =
            allowed_origins.iter().map(|origin| origin.trim_end_matches('/').to_owned()).collect();
        Self { address, token, allowed_origins, sign_in: None }
    }

    /// Returns the guard with signed-in browsers allowed to pass.
    #[must_use]
    pub fn with_sign_in(self, sign_in: SignIn) -> Self {
        Self { sign_in: Some(sign_in), ..self }
    }

    /// Reports whether a token is set.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Checks a request. If it passes because its browser is signed in, returns the end of the sign-in
    /// session, which also ends the response.
    ///
    /// # Errors
    /// [`RequestError::Forbidden`] if its host, origin or user may not call, and
    /// [`RequestError::Unauthorized`] if its token is missing or wrong.
    pub(super) fn check(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        peer: PeerUser,
    ) -> Result<Option<SessionEnd>, RequestError> {
        let via = self.check_host(headers)?;
        let is_file = self.sign_in.is_some() && browser::is_dashboard_file(method, path);
        if !(is_file && browser::is_navigation(headers)) {
            self.check_origin(headers)?;
        }
        // A preflight request never has credentials, and answering it has no effect.
        if *method == Method::OPTIONS && headers.contains_key(ORIGIN) {
            return Ok(None);
        }
        if via == Via::Direct && self.token.is_none() {
            return self.check_identity(headers, peer).map(|()| None);
        }
        if is_file || (self.sign_in.is_some() && browser::is_sign_in(method, path)) {
            return Ok(None);
        }
        // If a token is present it must be right, even with a valid cookie.
        let session_end = token_of(headers).is_none().then(|| self.session_end(method, headers)).flatten();
        match (session_end, via) {
            (Some(end), _) => Ok(Some(end)),
            (None, Via::Direct) => self.check_identity(headers, peer).map(|()| None),
            // The connection is that of the other server, so its user does not count.
            (None, Via::Proxy) if self.token.is_none() => Err(RequestError::Unauthorized),
            (None, Via::Proxy) => self.check_identity(headers, PeerUser::Unknown).map(|()| None),
        }
    }

    /// Checks a request that did not come over HTTP. It must have the token, if one is set. The caller is
    /// responsible for the security of its transport.
    ///
    /// # Errors
    /// [`RequestError::Unauthorized`] if the token is missing or wrong.
    pub fn check_forwarded(&self, headers: &HeaderMap) -> Result<(), RequestError> {
        self.check_identity(headers, PeerUser::Same)
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), RequestError> {
        let mut origins = headers.get_all(ORIGIN).iter();
        if let Some(origin) = origins.next() {
            let origin = origin.to_str().unwrap_or_default();
            if origins.next().is_none() && (self.is_our_origin(origin) || self.allows_origin(origin)) {
                return Ok(());
            }
            return Err(RequestError::Forbidden {
                code: "forbidden_origin",
                reason: "Web pages of this origin may not call the bridge. To allow them, add the origin to \
                         codexBridge.allowedOrigins (flag --allow-origin)."
                    .to_owned(),
            });
        }
        match headers.get(FETCH_SITE_HEADER).map(HeaderValue::as_bytes) {
            None | Some(b"same-origin" | b"none") => Ok(()),
            Some(_) => Err(RequestError::Forbidden {
                code: "forbidden_origin",
                reason: "Web pages of other sites may not call the bridge.".to_owned(),
            }),
        }
    }

    fn is_our_origin(&self, origin: &str) -> bool {
        // The address must match exactly, because another user may serve pages at another loopback address
        // with our port.
        let port = self.address.port();
        origin == format!("http://{}", self.address) || origin == format!("http://localhost:{port}")
    }

    /// Returns the origins whose web pages may call the bridge.
    pub fn allowed_origins(&self) -> &[String] {
        &self.allowed_origins
    }

    fn allows_origin(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }

    fn check_identity(&self, headers: &HeaderMap, peer: PeerUser) -> Result<(), RequestError> {
        match (&self.token, peer) {
            (Some(token), _) => match token_of(headers) {
                Some(sent) if bool::from(sent.as_bytes().ct_eq(token.secret.as_bytes())) => Ok(()),
                None if token.source == TokenSource::Generated && peer == PeerUser::Same => Ok(()),
                _ => Err(RequestError::Unauthorized),
            },
            (None, PeerUser::Same) => Ok(()),
            (None, PeerUser::Other | PeerUser::Unknown) => Err(RequestError::Forbidden {
                code: "forbidden_user",
                reason: "Only the user who runs the bridge may call it without a token. To allow other \
                         users, set codexBridge.authToken."
                    .to_owned(),
            }),
        }
    }
}

/// Returns the token of a request, from `Authorization: Bearer` (RFC 6750; the scheme is case-insensitive,
/// RFC 9110 section 11.1) or from our own header. A header that is not ASCII counts as missing.
fn token_of(headers: &HeaderMap) -> Option<&str> {
    if let Some(token) = headers.get(TOKEN_HEADER) {
        return token.to_str().ok();
    }
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(token: Option<&str>) -> Guard {
        let address = "127.0.0.1:8765".parse().unwrap();
        Guard::new(address, token.map(str::to_owned), None, &["http://localhost:3000/".into()])
    }

    fn check(guard: &Guard, headers: &[(&'static str, &str)], peer: PeerUser) -> Result<(), u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        guard
            .check(&Method::GET, "/health", &map, peer)
            .map(|session_end| assert!(session_end.is_none()))
            .map_err(|error| error.status_and_code().0.as_u16())
    }

    #[test]
    fn the_host_must_be_loopback_with_our_port() {
        let good = ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765", "127.8.9.1:8765"];
        let bad = [
            "",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:80",
            "evil.example:8765",
            "evil.example",
            "0.0.0.0:8765",
            "user@127.0.0.1:8765",
            "localhost.evil.example:8765",
            "127.0.0.1:8765:8765",
            "[::2]:8765",
        ];
        for host in good {
            assert_eq!(check(&guard(None), &[("host", host)], PeerUser::Same), Ok(()), "{host}");
        }
        for host in bad {
            assert_eq!(check(&guard(None), &[("host", host)], PeerUser::Same), Err(403), "{host}");
        }
        assert_eq!(check(&guard(None), &[], PeerUser::Same), Err(403), "without a Host header");
        let twice = [("host", "127.0.0.1:8765"), ("host", "evil.example")];
        assert_eq!(check(&guard(None), &twice, PeerUser::Same), Err(403), "with two Host headers");
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let cases: [(&[(&str, &str)], bool); 12] = [
            (&[("origin", "http://127.0.0.1:8765")], true),
            (&[("origin", "http://localhost:8765")], true),
            (&[("origin", "http://localhost:3000")], true),
            (&[("origin", "http://localhost:3000"), ("sec-fetch-site", "cross-site")], true),
            (&[("origin", "http://127.0.0.2:8765")], false),
            (&[("origin", "https://127.0.0.1:8765")], false),
            (&[("origin", "http://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
        ];
        for (headers, allowed) in cases {
            let mut all = vec![("host", "127.0.0.1:8765")];
            all.extend_from_slice(headers);
            assert_eq!(check(&guard(None), &all, PeerUser::Same).is_ok(), allowed, "{headers:?}");
        }
    }

    #[test]
    fn with_a_token_only_the_token_counts() {
        let guard = guard(Some("secret"));
        let cases: [(&[(&str, &str)], _); 8] = [
            (&[("authorization", "Bearer secret")], Ok(())),
            (&[("authorization", "bEaReR secret")], Ok(())),
            (&[("x-codex-bridge-token", "secret")], Ok(())),
            (&[], Err(401)),
            (&[("authorization", "Bearer wrong!")], Err(401)),
            (&[("authorization", "Basic secret")], Err(401)),
            (&[("authorization", "secret")], Err(401)),
            (&[("x-codex-bridge-token", "secret ")], Err(401)),
        ];
        for (headers, expected) in cases {
            let mut all = vec![("host", "127.0.0.1:8765")];
            all.extend_from_slice(headers);
            assert_eq!(check(&guard, &all, PeerUser::Other), expected, "{headers:?}");
        }
    }

    #[test]
    fn without_a_token_the_user_counts() {
        let host = [("host", "127.0.0.1:8765")];
        assert_eq!(check(&guard(None), &host, PeerUser::Same), Ok(()));
        assert_eq!(check(&guard(None), &host, PeerUser::Other), Err(403));
        assert_eq!(check(&guard(None), &host, PeerUser::Unknown), Err(403));
    }

    #[test]
    fn the_generated_token_is_required_if_the_user_is_unknown() {
        let address = "127.0.0.1:8765".parse().unwrap();
        let guard = Guard::new(address, None, Some("generated".into()), &[]);
        let host = ("host", "127.0.0.1:8765");
        assert_eq!(check(&guard, &[host], PeerUser::Unknown), Err(401));
        assert_eq!(check(&guard, &[host, ("authorization", "Bearer generated")], PeerUser::Unknown), Ok(()));
    }

    #[test]
    fn a_forwarded_request_needs_the_token_if_one_is_set() {
        let with = |name: &'static str, value| {
            HeaderMap::from_iter([(http::HeaderName::from_static(name), HeaderValue::from_static(value))])
        };
        let none = HeaderMap::new();
        assert!(guard(None).check_forwarded(&none).is_ok());
        assert!(guard(Some("secret")).check_forwarded(&none).is_err());
        assert!(guard(Some("secret")).check_forwarded(&with("x-codex-bridge-token", "wrong")).is_err());
        assert!(guard(Some("secret")).check_forwarded(&with("authorization", "Bearer secret")).is_ok());
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert!(!format!("{:?}", guard(Some("hush-hush"))).contains("hush-hush"));
    }
}
