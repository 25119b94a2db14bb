//! Events for the extension, while it wants them.

use bridge::events::Listener;
use napi::Status;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use serde_json::Value;
use tokio::task::AbortHandle;

use crate::host::Callback;

/// Something happened to a job, an approval or a lane. What became of it, the API tells.
#[napi(object)]
pub struct BridgeEvent {
    /// For example `job.completed` or `approval.requested`.
    pub r#type: String,
    /// The job.
    pub job_id: Option<String>,
    /// The approval.
    pub approval_id: Option<String>,
}

impl From<&Value> for BridgeEvent {
    fn from(event: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            r#type: text(&event["type"]).unwrap_or_default(),
            job_id: text(&event["jobId"]),
            approval_id: text(&event["payload"]["approvalId"]),
        }
    }
}

/// A callback that is told what happens, until it is stopped or the bridge stops.
#[napi]
pub struct Listening {
    task: AbortHandle,
}

#[napi]
impl Listening {
    pub(crate) fn new(task: AbortHandle) -> Self {
        Self { task }
    }

    /// Tells no more. Idempotent.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.task.abort();
    }
}

/// Tells everything that `listener` hears.
pub(crate) async fn tell(mut listener: Listener, on_event: Callback<BridgeEvent, ()>) {
    loop {
        let events = match listener.next().await {
            Ok(events) => events,
            Err(error) => {
                tracing::error!(%error, "events are no longer told");
                return;
            }
        };
        for event in &events {
            let status = on_event.call(event.into(), ThreadsafeFunctionCallMode::NonBlocking);
            if status != Status::Ok {
                tracing::debug!(%status, "the extension host no longer listens");
            }
        }
    }
}
