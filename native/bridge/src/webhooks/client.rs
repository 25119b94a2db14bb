//! The HTTP client of webhooks: one POST with its redirects, within its bounds.
//!
//! Two clients share the TLS settings: one that may reach this machine, and one that may not, for redirects of receivers elsewhere.
//! A proxy of the environment is not used: through it, nobody could check addresses.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpInfo;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use model::delivery::EndpointResponse;
use model::limits;
use rustls::RootCertStore;
use url::Url;

use super::WebhookConfig;
use super::address::{Allowed, is_loopback};
use super::connect::{CheckedConnector, ConnectError};
use crate::tls;

/// Posts to receivers. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Client {
    anywhere: Http,
    elsewhere: Http,
    attempt_timeout: Duration,
}

type Http = legacy::Client<HttpsConnector<CheckedConnector>, Full<Bytes>>;

/// What became of a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// The HTTP status, if there was a reply.
    pub(super) status: Option<u16>,
    /// Why it failed.
    pub(super) error: Option<String>,
    pub(super) answer: EndpointResponse,
}

impl Client {
    /// With the certificates that this machine trusts. Reads files.
    pub(super) fn new(config: &WebhookConfig) -> Self {
        let roots = tls::native_roots();
        if roots.is_empty() {
            tracing::warn!("this machine trusts no certificates, so no https webhook can be reached");
        }
        Self::with_roots(config, roots)
    }

    pub(super) fn with_roots(config: &WebhookConfig, roots: RootCertStore) -> Self {
        let tls = tls::client_config(roots);
        let client = |loopback| {
            let allowed = Allowed { loopback, private: config.allow_private_networks };
            let connector = CheckedConnector { allowed, timeout: config.limits.connect_timeout };
            let connector = hyper_rustls::HttpsConnectorBuilder::new()
                .with_tls_config(tls.clone())
                .https_or_http()
                .enable_http1()
                .wrap_connector(connector);
            legacy::Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(limits::WEBHOOK_IDLE_TIMEOUT)
                .pool_max_idle_per_host(config.limits.in_flight_max)
                .build(connector)
        };
        Self {
            anywhere: client(true),
            elsewhere: client(false),
            attempt_timeout: config.limits.attempt_timeout,
        }
    }

    /// Posts, and says what became of it.
    pub(super) async fn post(&self, url: &str, headers: &HeaderMap, body: Bytes) -> Reply {
        let post = tokio::time::timeout(self.attempt_timeout, self.follow(url, headers, body));
        match post.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => Reply {
                status: None,
                error: Some(error),
                answer: EndpointResponse::Refused { retry_after: None },
            },
            Err(_) => Reply {
                status: None,
                error: Some(format!("no reply within {:?}", self.attempt_timeout)),
                answer: EndpointResponse::Refused { retry_after: None },
            },
        }
    }

    async fn follow(&self, url: &str, headers: &HeaderMap, body: Bytes) -> Result<Reply, String> {
        let mut url = checked_url(url)?;
        let mut client = &self.anywhere;
        for _ in 0..=limits::WEBHOOK_REDIRECTS_MAX {
            let mut request = Request::post(url.as_str())
                .body(Full::new(body.clone()))
                .map_err(|error| error.to_string())?;
            *request.headers_mut() = headers.clone();
            let response = client.request(request).await.map_err(|error| describe(&error))?;
            let Some(location) = location(&response) else { return Ok(read_reply(response).await) };
            let next = url.join(&location).map_err(|error| format!("redirected to a wrong URL: {error}"))?;
            let next =
                checked_url(next.as_str()).map_err(|error| format!("redirected to a URL that {error}"))?;
            if url.scheme() == "https" && next.scheme() != "https" {
                return Err("redirected from https to http, which is not followed".to_owned());
            }
            let peer = response.extensions().get::<HttpInfo>().map(|info| info.remote_addr().ip());
            if !peer.is_some_and(is_loopback) {
                client = &self.elsewhere;
            }
            drain(response.into_body()).await;
            url = next;
        }
        Err(format!("redirected more than {} times", limits::WEBHOOK_REDIRECTS_MAX))
    }
}

/// A URL that can be posted to.
pub(crate) fn checked_url(text: &str) -> Result<Url, String> {
    if text.len() > limits::WEBHOOK_URL_LENGTH_MAX {
        return Err(format!("is longer than {} characters", limits::WEBHOOK_URL_LENGTH_MAX));
    }
    let mut url = Url::parse(text)
        .map_err(|error| format!("is no URL ({error}); write for example https://example.com/hook"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("begins with `{}:`; only https: and http: can be sent to", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password; use the secret to prove who sends".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("has no host".to_owned());
    }
    url.set_fragment(None);
    Ok(url)
}

/// Where a redirect that keeps the method leads. A 303 asks for a GET, which delivers nothing.
fn location(response: &Response<Incoming>) -> Option<String> {
    let keeps_method = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.headers().get(header::LOCATION).filter(|_| keeps_method)?;
    location.to_str().ok().map(str::to_owned)
}

async fn read_reply(response: Response<Incoming>) -> Reply {
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(retry_after);
    drain(response.into_body()).await;
    let answer = match status {
        status if status.is_success() => EndpointResponse::Accepted,
        StatusCode::GONE => EndpointResponse::Gone,
        _ => EndpointResponse::Refused { retry_after },
    };
    let error = (answer != EndpointResponse::Accepted).then(|| format!("HTTP {status}"));
    Reply { status: Some(status.as_u16()), error, answer }
}

/// Reads the rest, so that the connection can be used again; not for long.
async fn drain(body: Incoming) {
    let read = Limited::new(body, limits::WEBHOOK_REPLY_BYTES_MAX).collect();
    if !matches!(tokio::time::timeout(limits::WEBHOOK_REPLY_TIMEOUT, read).await, Ok(Ok(_))) {
        tracing::trace!("a receiver's reply was not read to its end");
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(std::time::SystemTime::now()).unwrap_or_default())
}

/// The causes of an error, the outermost of which says nothing.
fn describe(error: &legacy::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(connect) = error.downcast_ref::<ConnectError>() {
            causes = vec![connect.to_string()];
            break;
        }
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.dedup();
    let causes = if causes.is_empty() { error.to_string() } else { causes.join(": ") };
    if error.is_connect() {
        format!("cannot connect: {causes}")
    } else {
        format!("the connection failed: {causes}")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn urls_are_checked() {
        for (wrong, says) in [
            ("", "no URL"),
            ("example.com/hook", "no URL"),
            ("ftp://example.com/", "only https"),
            ("file:///etc/passwd", "only https"),
            ("https://", "no URL"),
            ("https://user:pass@example.com/", "password"),
            ("https://user@example.com/", "user name"),
            (&format!("https://example.com/{}", "x".repeat(3000)), "longer"),
        ] {
            let error = checked_url(wrong).unwrap_err();
            assert!(error.contains(says), "{wrong}: {error}");
        }
        // As browsers read it: there is one way to write an address for the check to look at.
        assert_eq!(checked_url("http://0x7f.1:80/a#b").unwrap().as_str(), "http://127.0.0.1/a");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after(&HeaderValue::from_static("120")), Some(Duration::from_secs(120)));
        assert_eq!(retry_after(&HeaderValue::from_static("soon")), None);
        assert_eq!(retry_after(&HeaderValue::from_static("-1")), None);
        let past = HeaderValue::from_static("Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(retry_after(&past), Some(Duration::ZERO));
        let future = std::time::SystemTime::now() + Duration::from_secs(100);
        let future = HeaderValue::from_str(&httpdate::fmt_http_date(future)).unwrap();
        assert!((90..=100).contains(&retry_after(&future).unwrap().as_secs()));
    }

    #[tokio::test]
    async fn metadata_addresses_are_refused_before_anything_is_sent() {
        let client = Client::with_roots(&WebhookConfig::default(), RootCertStore::empty());
        for (url, says) in [
            ("http://169.254.169.254/latest/meta-data", "never allowed"),
            ("http://[fe80::1]/", "never allowed"),
            ("http://[::ffff:169.254.169.254]/", "never allowed"),
            ("https://10.1.2.3/", "allowPrivateNetworks"),
        ] {
            let reply = client.post(url, &HeaderMap::new(), Bytes::new()).await;
            assert!(reply.error.as_deref().unwrap_or_default().contains(says), "{url}: {reply:?}");
        }
    }

    /// An https server for `localhost` that answers 200 to everything, and its certificate.
    async fn https_server() -> (String, rustls::pki_types::CertificateDer<'static>) {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = certified.cert.der().clone();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = hyper::service::service_fn(async |_| {
                        Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::new())))
                    });
                    let stream = hyper_util::rt::TokioIo::new(stream);
                    // A client that hangs up ends it with an error, too.
                    hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await.ok();
                });
            }
        });
        (format!("https://localhost:{port}/"), certificate)
    }

    #[tokio::test]
    async fn certificates_are_verified() {
        let (url, certificate) = https_server().await;
        let config = WebhookConfig::default();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let trusting = Client::with_roots(&config, roots);
        let reply = trusting.post(&url, &HeaderMap::new(), Bytes::new()).await;
        assert_eq!((reply.status, reply.answer), (Some(200), EndpointResponse::Accepted), "{reply:?}");
        for (client, url) in [
            (Client::with_roots(&config, RootCertStore::empty()), url.clone()),
            (trusting, url.replace("localhost", "127.0.0.1")),
        ] {
            let reply = client.post(&url, &HeaderMap::new(), Bytes::new()).await;
            assert!(reply.error.as_deref().unwrap_or_default().contains("certificate"), "{url}: {reply:?}");
        }
    }
}
