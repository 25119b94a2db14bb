//! Reading requests: what a client sent, or a refusal that names the field.

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

/// A JSON object as a `T`. An empty body counts as `{}`.
pub(super) struct JsonBody<T> {
    pub(super) body: T,
    /// Names of fields that nothing reads, which usually are misspelt.
    pub(super) unknown: Vec<String>,
}

impl<T> JsonBody<T> {
    /// The body, if something reads every field of it.
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
            Some(b"gzip") => unzip(&bytes)?,
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
        // What may be null is written as `?` in a path.
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string().replace(".?", ""));
        let body = serde_path_to_error::deserialize(serde_ignored::Deserializer::new(value, &mut note))
            .map_err(|error| invalid(error.path().to_string(), error.inner()))?;
        Ok(Self { body, unknown })
    }
}

/// The whole body, within its bounds of size and time.
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

/// The bound counts after decompression: a small body can be a large one.
fn unzip(bytes: &[u8]) -> Result<Bytes, RequestError> {
    let mut unzipped = Vec::new();
    let bound = limits::BODY_BYTES_MAX as u64 + 1;
    MultiGzDecoder::new(bytes)
        .take(bound)
        .read_to_end(&mut unzipped)
        .map_err(|error| RequestError::BadBody(format!("The request body is not valid gzip: {error}.")))?;
    if unzipped.len() > limits::BODY_BYTES_MAX {
        return Err(RequestError::BodyTooLarge(limits::BODY_BYTES_MAX));
    }
    Ok(unzipped.into())
}

/// `application/json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// The query string as a `T`.
pub(super) struct QueryOf<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            // Its text names the field and what was expected.
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

/// The id of the job that a request creates. It is chosen before the request is carried out, so that the job can be found
/// even if the bridge process exits in between.
#[derive(Debug, Clone)]
pub(super) struct NewJobId(pub(super) JobId);

impl<S: Sync> FromRequestParts<S> for NewJobId {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestError> {
        let chosen = parts.extensions.get::<Self>().cloned();
        Ok(chosen.unwrap_or_else(|| Self(Uuid::new_v4().to_string().into())))
    }
}

/// How many entries a page may have, at most `max`.
pub(super) fn page_limit(limit: Option<u32>, default: u32, max: u32) -> Result<u32, RequestError> {
    let limit = limit.unwrap_or(default);
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    Err(RequestError::invalid("limit", format!("must be between 1 and {max}")))
}

fn invalid(path: String, problem: &impl Display) -> RequestError {
    // The path of a problem with the whole is ".".
    let field = if path == "." { "body".to_owned() } else { path };
    RequestError::invalid(field, problem.to_string())
}
