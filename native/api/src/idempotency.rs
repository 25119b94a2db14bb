//! `Idempotency-Key`: a request that is sent again with the same key happens once, also across a restart.
//!
//! ```text
//!             no such key            reply
//! request ─► claim ──────► run ──► keep ──► reply
//!             │ replied: the kept reply again
//!             │ under way here, or in a living bridge: wait for its reply
//!             │ under way in a bridge that is gone: its job tells ──► reply made from the job
//!             └ ……and left no job, or one whose message was never sent ──► run
//! ```
//!
//! The claim is durable before anything happens, and names the job that the request will make. A request runs as a task of
//! its own, so that a client that hangs up finds the reply when it asks again. Routes that make no job are carried out
//! again when their bridge died in the middle of them, so each must be harmless to repeat then.

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
/// The header of a reply that was given before.
pub(super) const IDEMPOTENCY_REPLAYED: &str = "idempotency-replayed";

/// What the layer works with.
#[derive(Debug, Clone)]
pub(super) struct Idempotency {
    app: Arc<App>,
    gates: Arc<Gates>,
}

/// How a request goes on.
enum Standing {
    /// It is to be carried out, making this job.
    Run(JobId),
    /// It was carried out.
    Replied(KeptReply),
}

/// The layer of the routes that create or send.
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
    let standing = async {
        let gate = this.gates.pass(&keyed.key).await;
        this.standing(&keyed).await.map(|standing| (gate, standing))
    };
    let standing = tokio::time::timeout(limits::IDEMPOTENCY_WAIT_MAX, standing).await;
    let (gate, standing) = standing.map_err(|_| RequestError::IdempotentRequestUnderWay)??;
    let job_id = match standing {
        Standing::Replied(reply) => return Ok(replayed(reply)),
        Standing::Run(job_id) => job_id,
    };
    parts.extensions.insert(NewJobId(job_id.clone()));
    let request = Request::from_parts(parts, Body::from(body));
    let app = Arc::clone(&this.app);
    let run = this.app.tasks.spawn(async move {
        let response = keep(&app, &keyed.key, &job_id, next.run(request).await).await;
        drop(gate);
        response
    });
    run.await.map_err(|error| RequestError::internal(format!("a request with a key ended early: {error}")))?
}

impl Idempotency {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app, gates: Arc::default() }
    }

    /// Finds out how the request goes on. The caller holds its key's gate: in this process nobody else carries it out.
    async fn standing(&self, keyed: &KeyedRequest) -> Result<Standing, RequestError> {
        let App { store, jobs, instance_id, peers, stopping, .. } = &*self.app;
        let new_job_id = JobId::from(Uuid::new_v4().to_string());
        loop {
            let (owner, job_id) = match store.claim_key(keyed, instance_id, &new_job_id).await? {
                Claim::New => return Ok(Standing::Run(new_job_id)),
                Claim::OtherRequest => return Err(RequestError::IdempotencyKeyReused),
                Claim::Replied(reply) => return Ok(Standing::Replied(reply)),
                Claim::UnderWay { instance_id, job_id } => (instance_id, job_id),
            };
            if owner == *instance_id || !peers.is_alive(&owner) {
                let run_as = match jobs.get(&job_id).await {
                    Err(Error::JobNotFound) => Some(job_id),
                    Err(error) => return Err(error.into()),
                    Ok(job) if job.status.is_end() && job.was_never_sent() => {
                        Some(Into::into(new_job_id.clone()))
                    }
                    Ok(job) => {
                        if let Some(view) = SentView::of_job(job) {
                            let (reply, _) = read_reply(Json(view).into_response()).await?;
                            store.keep_reply(&keyed.key, reply.clone()).await?;
                            return Ok(Standing::Replied(reply));
                        }
                        None
                    }
                };
                if let Some(run_as) = run_as {
                    if store.take_over_key(&keyed.key, &owner, instance_id, &run_as).await? {
                        return Ok(Standing::Run(run_as));
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
            format!("must be one value of 1 to {} visible ASCII characters", limits::IDEMPOTENCY_KEY_MAX),
        )),
    }
}

/// Keeps a reply before it is sent; but not one that says "later" of a message that Codex never got, since the next request with
/// the key shall send it.
async fn keep(app: &App, key: &str, job_id: &JobId, response: Response) -> Result<Response, RequestError> {
    let (reply, parts) = read_reply(response).await?;
    let kept = async {
        let says_later =
            [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT]
                .contains(&parts.status);
        if says_later
            && app.jobs.find(job_id).await?.is_some_and(|job| job.status.is_end() && job.was_never_sent())
        {
            return app.store.forget_key(key).await;
        }
        app.store.keep_reply(key, reply.clone()).await
    };
    if let Err(error) = kept.await {
        // Asked again, the job tells.
        tracing::error!(%error, "cannot keep the reply to a request with a key");
    }
    Ok(Response::from_parts(parts, Body::from(reply.body)))
}

async fn read_reply(response: Response) -> Result<(KeptReply, http::response::Parts), RequestError> {
    let (parts, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| RequestError::internal(format!("cannot read a reply: {error}")))?;
    let reply = KeptReply { status: parts.status.as_u16(), body: body.to_bytes().to_vec() };
    Ok((reply, parts))
}

fn replayed(reply: KeptReply) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), HeaderValue::from_static("application/json")),
        (IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true")),
    ];
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, headers, reply.body).into_response()
}

/// Adds the header to the description of every route of the layer.
pub(super) fn describe(api: &mut OpenApi) {
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "1 to 255 visible ASCII characters, chosen anew for each request. Sent again with the same key, method, path and \
             body, the request happens once, also across a restart of the bridge, and its reply is repeated with the header \
             Idempotency-Replayed: true. With another body: 422 idempotency_key_reused. Kept for a day.",
        ))
        .schema(Some(RefOr::T(ObjectBuilder::new().schema_type(Type::String).build().into())))
        .build();
    let operations = api.paths.paths.values_mut().filter_map(|path| path.post.as_mut());
    for operation in operations {
        operation.parameters.get_or_insert_default().push(RefOr::T(key.clone()));
    }
}

/// One request at a time for each key. Entries that nobody holds are dropped when the next one comes.
#[derive(Debug, Default)]
struct Gates {
    held: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl Gates {
    async fn pass(&self, key: &str) -> OwnedMutexGuard<()> {
        let gate = {
            let mut held = self.held.lock();
            held.retain(|_, gate| gate.strong_count() > 0);
            held.get(key).and_then(Weak::upgrade).unwrap_or_else(|| {
                let gate = Arc::default();
                held.insert(key.to_owned(), Arc::downgrade(&gate));
                gate
            })
        };
        gate.lock_owned().await
    }
}
