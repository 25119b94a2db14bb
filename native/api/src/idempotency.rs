//! `Idempotency-Key`: a request that is repeated with the same key takes effect once, even across a restart.
//!
//! ```text
//!             new key                reply
//! request ─► claim ──────► run ──► save ──► reply
//!             │ has a reply: repeat it
//!             │ in progress in this process, or in another running bridge: wait for its reply
//!             │ in progress in a bridge that exited, and its job was sent ──► reply created from the job
//!             └ in progress in a bridge that exited, otherwise ──► run
//! ```
//!
//! The claim is durable before the request takes effect, and contains the id of the job that the request
//! creates. A request runs as a task of its own, so that a client that disconnects gets the reply when it
//! repeats the request. If a bridge exits during a request that creates no job, the request is run again, so
//! each such route must be safe to repeat.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bridge::error::Error;
use http::{HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use model::ids::JobId;
use model::limits;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use store::{Claim, KeptReply, KeyedRequest};
use tokio::sync::OwnedMutexGuard;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, RefOr, Required};
use uuid::Uuid;

use crate::App;
use crate::extract::{self, NewJobId};
use crate::request_error::RequestError;
use crate::sent_view::SentView;

/// The header of the request.
pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header of a repeated reply.
pub(super) const IDEMPOTENCY_REPLAYED: &str = "idempotency-replayed";

/// The state of the layer.
#[derive(Debug, Clone)]
pub(super) struct Idempotency {
    app: Arc<App>,
    locks: Arc<KeyLocks>,
}

/// How to handle a request with a key.
enum Handling {
    /// Run the request, which creates the job with this id.
    Run(JobId),
    /// Repeat this reply.
    Repeat(KeptReply),
}

/// Runs a request once per key. This is the layer of the routes that create or send.
pub(super) async fn once(
    State(this): State<Idempotency>,
    request: Request,
    next: Next,
) -> Result<Response, RequestError> {
    let Some(key) = key_of(&request)? else { return Ok(next.run(request).await) };
    let (mut parts, body) = request.into_parts();
    let body = extract::read(body, this.app.limits.body_timeout).await?;
    let keyed = KeyedRequest {
        key,
        request: format!("{} {}", parts.method, parts.uri),
        body_hash: Sha256::digest(&body).to_vec(),
    };
    let handling = async {
        let lock = this.locks.lock(&keyed.key).await;
        this.handling(&keyed).await.map(|handling| (lock, handling))
    };
    let handling = tokio::time::timeout(limits::IDEMPOTENCY_WAIT_MAX, handling).await;
    let (lock, handling) = handling.map_err(|_| RequestError::IdempotentRequestUnderWay)??;
    let job_id = match handling {
        Handling::Repeat(reply) => return Ok(repeated(reply)),
        Handling::Run(job_id) => job_id,
    };
    parts.extensions.insert(NewJobId(job_id.clone()));
    let request = Request::from_parts(parts, Body::from(body));
    let app = Arc::clone(&this.app);
    let run = this.app.tasks.spawn(async move {
        let response = save_reply(&app, &keyed.key, &job_id, next.run(request).await).await;
        drop(lock);
        response
    });
    run.await.map_err(|error| {
        RequestError::internal(format!("a request with an Idempotency-Key was interrupted: {error}"))
    })?
}

impl Idempotency {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app, locks: Arc::default() }
    }

    /// Decides how to handle a request. The caller holds the lock of its key, so no other task of this
    /// process runs it.
    async fn handling(&self, keyed: &KeyedRequest) -> Result<Handling, RequestError> {
        let App { store, jobs, instance_id, peers, stopping, .. } = &*self.app;
        let new_job_id = JobId::from(Uuid::new_v4().to_string());
        loop {
            let (owner, job_id) = match store.claim_key(keyed, instance_id, &new_job_id).await? {
                Claim::New => return Ok(Handling::Run(new_job_id)),
                Claim::OtherRequest => return Err(RequestError::IdempotencyKeyReused),
                Claim::Replied(reply) => return Ok(Handling::Repeat(reply)),
                Claim::UnderWay { instance_id, job_id } => (instance_id, job_id),
            };
            if owner == *instance_id || !peers.is_alive(&owner) {
                let run_as = match jobs.get(&job_id).await {
                    Err(Error::JobNotFound) => Some(job_id),
                    Err(error) => return Err(error.into()),
                    Ok(job) if job.status.is_end() && job.was_never_sent() => Some(new_job_id.clone()),
                    Ok(job) => {
                        if let Some(view) = SentView::of_job(job) {
                            let (reply, _) = read_reply(Json(view).into_response()).await?;
                            store.keep_reply(&keyed.key, reply.clone()).await?;
                            return Ok(Handling::Repeat(reply));
                        }
                        None
                    }
                };
                if let Some(run_as) = run_as {
                    if store.take_over_key(&keyed.key, &owner, instance_id, &run_as).await? {
                        return Ok(Handling::Run(run_as));
                    }
                    continue;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(limits::FOREIGN_JOB_INTERVAL) => {}
                () = stopping.cancelled() => return Err(Error::Stopping.into()),
            }
        }
    }
}

/// Returns the key of a request, if it has one.
fn key_of(request: &Request) -> Result<Option<String>, RequestError> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next().filter(|_| request.method() == Method::POST) else { return Ok(None) };
    let is_valid = (1..=limits::IDEMPOTENCY_KEY_MAX).contains(&value.len())
        && value.as_bytes().iter().all(u8::is_ascii_graphic)
        && values.next().is_none();
    match value.to_str() {
        Ok(key) if is_valid => Ok(Some(key.to_owned())),
        _ => Err(RequestError::invalid(
            "Idempotency-Key",
            format!(
                "must be a single value of 1 to {} visible ASCII characters",
                limits::IDEMPOTENCY_KEY_MAX
            ),
        )),
    }
}

/// Saves a reply before it is sent. A reply that asks to retry is not saved if Codex never got the message,
/// so that the next request with the key sends it.
async fn save_reply(
    app: &App,
    key: &str,
    job_id: &JobId,
    response: Response,
) -> Result<Response, RequestError> {
    let (reply, parts) = read_reply(response).await?;
    let save = async {
        let asks_to_retry =
            [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT]
                .contains(&parts.status);
        if asks_to_retry
            && app.jobs.find(job_id).await?.is_some_and(|job| job.status.is_end() && job.was_never_sent())
        {
            return app.store.forget_key(key).await;
        }
        app.store.keep_reply(key, reply.clone()).await
    };
    if let Err(error) = save.await {
        // A repeated request gets its reply from the job.
        tracing::error!(%error, "cannot save the reply to a request with an Idempotency-Key");
    }
    Ok(Response::from_parts(parts, Body::from(reply.body)))
}

/// Reads the body of a response.
async fn read_reply(response: Response) -> Result<(KeptReply, http::response::Parts), RequestError> {
    let (parts, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| RequestError::internal(format!("cannot read a reply: {error}")))?;
    let reply = KeptReply { status: parts.status.as_u16(), body: body.to_bytes().to_vec() };
    Ok((reply, parts))
}

/// Returns a saved reply as a response.
fn repeated(reply: KeptReply) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), HeaderValue::from_static("application/json")),
        (IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true")),
    ];
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, headers, reply.body).into_response()
}

/// Adds the header to the descriptions of all routes of the layer.
pub(super) fn describe(api: &mut OpenApi) {
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "1 to 255 visible ASCII characters, unique for each request. A request that is repeated with \
             the same key, method, path and body takes effect once, even across a restart of the bridge. \
             Its reply is repeated with the header Idempotency-Replayed: true. With another body: 422 \
             idempotency_key_reused. Keys are stored for a day.",
        ))
        .schema(Some(RefOr::T(ObjectBuilder::new().schema_type(Type::String).build().into())))
        .build();
    let operations = api.paths.paths.values_mut().filter_map(|path| path.post.as_mut());
    for operation in operations {
        operation.parameters.get_or_insert_default().push(RefOr::T(key.clone()));
    }
}

/// A lock for each key, so that one request at a time has it. Unused entries are dropped when the next key is
/// locked.
#[derive(Debug, Default)]
struct KeyLocks {
    entries: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl KeyLocks {
    async fn lock(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut entries = self.entries.lock();
            entries.retain(|_, lock| lock.strong_count() > 0);
            entries.get(key).and_then(Weak::upgrade).unwrap_or_else(|| {
                let lock = Arc::default();
                entries.insert(key.to_owned(), Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}
