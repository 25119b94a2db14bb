//! Extractors. They return the parts of a request, or an error that names the invalid field.

use std::fmt::Display;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use model::ids::JobId;
use model::limits;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::App;
use crate::request_error::RequestError;

/// The body of a request, a JSON object, as a `T`. An empty body counts as `{}`.
pub(super) struct JsonBody<T> {
    pub(super) body: T,
    /// The names of fields that `T` does not have. Most are misspelled.
    pub(super) unknown: Vec<String>,
}

impl<T> JsonBody<T> {
    /// Returns the body if it has no unknown fields.
    pub(super) fn known(self) -> Result<T, RequestError> {
        match self.unknown.into_iter().next() {
            None => Ok(self.body),
            Some(field) => Err(RequestError::invalid(field, "unknown field")),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = RequestError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, RequestError> {
        let is_json = is_json(request.headers());
        let encoding = request.headers().get(header::CONTENT_ENCODING).cloned();
        let bytes = read(request.into_body(), app.limits.body_timeout).await?;
        let bytes = match encoding.as_ref().map(HeaderValue::as_bytes) {
            None | Some(b"identity") => bytes,
            Some(b"gzip") => gunzip(&bytes)?,
            Some(_) => return Err(RequestError::UnsupportedEncoding),
        };
        let value = if bytes.is_empty() {
            Value::Object(Map::new())
        } else if is_json {
            serde_json::from_slice(&bytes).map_err(|error| {
                RequestError::BadBody(format!("The request body is not valid JSON: {error}."))
            })?
        } else {
            return Err(RequestError::UnsupportedMediaType);
        };
        if !value.is_object() {
            return Err(RequestError::BadBody("The request body must be a JSON object.".to_owned()));
        }
        let mut unknown = Vec::new();
        // The path of a field in an `Option` contains `?`.
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string().replace(".?", ""));
        let body = serde_path_to_error::deserialize(serde_ignored::Deserializer::new(value, &mut note))
            .map_err(|error| invalid(error.path().to_string(), error.inner()))?;
        Ok(Self { body, unknown })
    }
}

/// Reads a whole body, within the limits of size and time.
pub(super) async fn read(body: Body, timeout: Duration) -> Result<Bytes, RequestError> {
    let read = Limited::new(body, limits::BODY_BYTES_MAX).collect();
    let read = tokio::time::timeout(timeout, read).await.map_err(|_| RequestError::BodyTimeout)?.map_err(
        |error| {
            if error.is::<LengthLimitError>() {
                RequestError::BodyTooLarge(limits::BODY_BYTES_MAX)
            } else {
                RequestError::BadBody(format!("The request body cannot be read: {error}."))
            }
        },
    )?;
    Ok(read.to_bytes())
}

/// Decompresses a body. The size limit applies to the result, because a small body can decompress to a large
/// one.
///
/// This is not tower-http's `RequestDecompressionLayer`, because [`idempotency`](crate::idempotency) hashes
/// bodies as they were sent. Besides, the layer would add the crates of async-compression and replace the
/// error for invalid gzip.
fn gunzip(bytes: &[u8]) -> Result<Bytes, RequestError> {
    let mut decompressed = Vec::new();
    let bytes_max = limits::BODY_BYTES_MAX as u64 + 1;
    MultiGzDecoder::new(bytes)
        .take(bytes_max)
        .read_to_end(&mut decompressed)
        .map_err(|error| RequestError::BadBody(format!("The request body is not valid gzip: {error}.")))?;
    if decompressed.len() > limits::BODY_BYTES_MAX {
        return Err(RequestError::BodyTooLarge(limits::BODY_BYTES_MAX));
    }
    Ok(decompressed.into())
}

/// Reports whether the content type is `application/json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// The query of a request as a `T`.
pub(super) struct QueryOf<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            // The message of the rejection names the field and the expected value.
            Err(rejection) => Err(RequestError::invalid("query", rejection.body_text())),
        }
    }
}

/// One path parameter.
pub(super) struct PathParameter<T>(pub(super) T);

impl<S: Send + Sync, T: From<String>> FromRequestParts<S> for PathParameter<T> {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RequestError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value.into())),
            Err(rejection) => Err(RequestError::invalid("path", rejection.body_text())),
        }
    }
}

/// Two path parameters.
pub(super) struct PathParameters<A, B>(pub(super) A, pub(super) B);

impl<S: Send + Sync, A: From<String>, B: From<String>> FromRequestParts<S> for PathParameters<A, B> {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RequestError> {
        match Path::<(String, String)>::from_request_parts(parts, state).await {
            Ok(Path((first, second))) => Ok(Self(first.into(), second.into())),
            Err(rejection) => Err(RequestError::invalid("path", rejection.body_text())),
        }
    }
}

/// The id of the job that a request creates. It is chosen before the request is carried out, so that the job
/// can be found even if the bridge process exits in between.
#[derive(Debug, Clone)]
pub(super) struct NewJobId(pub(super) JobId);

impl<S: Sync> FromRequestParts<S> for NewJobId {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestError> {
        let chosen = parts.extensions.get::<Self>().cloned();
        Ok(chosen.unwrap_or_else(|| Self(Uuid::new_v4().to_string().into())))
    }
}

/// Returns the number of entries of a page: `limit` or the default.
///
/// # Errors
/// [`Error::Invalid`](bridge::error::Error::Invalid) if `limit` is 0 or above `max`.
pub(super) fn page_limit(limit: Option<u32>, default: u32, max: u32) -> Result<u32, RequestError> {
    let limit = limit.unwrap_or(default);
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    Err(RequestError::invalid("limit", format!("must be between 1 and {max}")))
}

fn invalid(path: String, problem: &impl Display) -> RequestError {
    // The path "." means the whole body.
    let field = if path == "." { "body".to_owned() } else { path };
    RequestError::invalid(field, problem.to_string())
}
