//! The HTTP client of webhooks. It sends a POST and follows its redirects, within limits.
//!
//! Two HTTP clients share the TLS configuration. One may reach this machine, and the other, which follows
//! redirects of endpoints elsewhere, may not. Proxy settings of the environment are ignored, because
//! addresses cannot be checked behind a proxy.

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

/// Posts to endpoints. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// May reach this machine.
    with_loopback: Http,
    /// May not reach this machine.
    without_loopback: Http,
    attempt_timeout: Duration,
}

type Http = legacy::Client<HttpsConnector<CheckedConnector>, Full<Bytes>>;

/// The outcome of a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// The HTTP status, if there was a reply.
    pub(super) status: Option<u16>,
    /// Why the attempt failed, if it did.
    pub(super) error: Option<String>,
    /// What the outcome means for the endpoint.
    pub(super) response: EndpointResponse,
}

impl Client {
    /// Returns a client that trusts the root certificates of this machine. Reads files.
    pub(super) fn new(config: &WebhookConfig) -> Self {
        let roots = tls::native_roots();
        if roots.is_empty() {
            tracing::warn!("found no trusted root certificates; https webhooks cannot be reached");
        }
        Self::with_roots(config, roots)
    }

    /// Returns a client that trusts these root certificates.
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
            with_loopback: client(true),
            without_loopback: client(false),
            attempt_timeout: config.limits.attempt_timeout,
        }
    }

    /// Sends a POST and returns its outcome.
    pub(super) async fn post(&self, url: &str, headers: &HeaderMap, body: Bytes) -> Reply {
        let post = tokio::time::timeout(self.attempt_timeout, self.follow(url, headers, body));
        match post.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => Reply {
                status: None,
                error: Some(error),
                response: EndpointResponse::Refused { retry_after: None },
            },
            Err(_) => Reply {
                status: None,
                error: Some(format!("no reply within {:?}", self.attempt_timeout)),
                response: EndpointResponse::Refused { retry_after: None },
            },
        }
    }

    async fn follow(&self, url: &str, headers: &HeaderMap, body: Bytes) -> Result<Reply, String> {
        let mut url = parse_url(url)?;
        let mut client = &self.with_loopback;
        for _ in 0..=limits::WEBHOOK_REDIRECTS_MAX {
            let mut request = Request::post(url.as_str())
                .body(Full::new(body.clone()))
                .map_err(|error| error.to_string())?;
            *request.headers_mut() = headers.clone();
            let response = client.request(request).await.map_err(|error| describe(&error))?;
            let Some(location) = location(&response) else { return Ok(read_reply(response).await) };
            let next =
                url.join(&location).map_err(|error| format!("redirected to an invalid URL: {error}"))?;
            let next =
                parse_url(next.as_str()).map_err(|error| format!("redirected to a URL that {error}"))?;
            if url.scheme() == "https" && next.scheme() != "https" {
                return Err("redirected from https to http; this redirect is not followed".to_owned());
            }
            let peer = response.extensions().get::<HttpInfo>().map(|info| info.remote_addr().ip());
            if !peer.is_some_and(is_loopback) {
                client = &self.without_loopback;
            }
            drain(response.into_body()).await;
            url = next;
        }
        Err(format!("redirected more than {} times", limits::WEBHOOK_REDIRECTS_MAX))
    }
}

/// Parses the URL of an endpoint.
///
/// # Errors
/// A description of the problem with the URL, as the end of a sentence.
pub(crate) fn parse_url(url: &str) -> Result<Url, String> {
    if url.len() > limits::WEBHOOK_URL_LENGTH_MAX {
        return Err(format!("is longer than {} characters", limits::WEBHOOK_URL_LENGTH_MAX));
    }
    let mut url = Url::parse(url)
        .map_err(|error| format!("is not a URL ({error}); use, for example, https://example.com/hook"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("begins with `{}:`; only https: and http: are supported", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("contains a user name or password; use the secret to authenticate requests".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("has no host".to_owned());
    }
    url.set_fragment(None);
    Ok(url)
}

/// Returns the target of a redirect that keeps the method. A 303 asks for a GET, which delivers nothing.
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

async fn read_reply(reply: Response<Incoming>) -> Reply {
    let status = reply.status();
    let retry_after = reply.headers().get(header::RETRY_AFTER).and_then(retry_after);
    drain(reply.into_body()).await;
    let response = match status {
        status if status.is_success() => EndpointResponse::Accepted,
        StatusCode::GONE => EndpointResponse::Gone,
        _ => EndpointResponse::Refused { retry_after },
    };
    let error = (response != EndpointResponse::Accepted).then(|| format!("HTTP {status}"));
    Reply { status: Some(status.as_u16()), error, response }
}

/// Reads the rest of a body for a limited time, so that the connection can be reused.
async fn drain(body: Incoming) {
    let read = Limited::new(body, limits::WEBHOOK_REPLY_BYTES_MAX).collect();
    if !matches!(tokio::time::timeout(limits::WEBHOOK_REPLY_TIMEOUT, read).await, Ok(Ok(_))) {
        tracing::trace!("did not read all of an endpoint's reply");
    }
}

/// Parses a `Retry-After` header: seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let value = value.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(std::time::SystemTime::now()).unwrap_or_default())
}

/// Describes an error by its causes, because the outermost error has no details.
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
    fn invalid_urls_are_refused() {
        for (url, message) in [
            ("", "not a URL"),
            ("example.com/hook", "not a URL"),
            ("ftp://example.com/", "only https"),
            ("file:///etc/passwd", "only https"),
            ("https://", "not a URL"),
            ("https://user:pass@example.com/", "password"),
            ("https://user@example.com/", "user name"),
            (&format!("https://example.com/{}", "x".repeat(3000)), "longer"),
        ] {
            let error = parse_url(url).unwrap_err();
            assert!(error.contains(message), "{url}: {error}");
        }
        // Parsed as browsers do: an address has a single canonical form, which is the form that is checked.
        assert_eq!(parse_url("http://0x7f.1:80/a#b").unwrap().as_str(), "http://127.0.0.1/a");
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
        for (url, message) in [
            ("http://169.254.169.254/latest/meta-data", "never allowed"),
            ("http://[fe80::1]/", "never allowed"),
            ("http://[::ffff:169.254.169.254]/", "never allowed"),
            ("https://10.1.2.3/", "allowPrivateNetworks"),
        ] {
            let reply = client.post(url, &HeaderMap::new(), Bytes::new()).await;
            assert!(reply.error.as_deref().unwrap_or_default().contains(message), "{url}: {reply:?}");
        }
    }

    /// Starts an https server for `localhost` that replies 200 to all requests. Returns its URL and its
    /// certificate.
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
                    // A client that closes the connection also causes an error.
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
        assert_eq!((reply.status, reply.response), (Some(200), EndpointResponse::Accepted), "{reply:?}");
        for (client, url) in [
            (Client::with_roots(&config, RootCertStore::empty()), url.clone()),
            (trusting, url.replace("localhost", "127.0.0.1")),
        ] {
            let reply = client.post(&url, &HeaderMap::new(), Bytes::new()).await;
            assert!(reply.error.as_deref().unwrap_or_default().contains("certificate"), "{url}: {reply:?}");
        }
    }
}
