//! Forwards events to the extension while it is listening.

use bridge::events::Listener;
use napi::Status;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use serde_json::Value;
use tokio::task::AbortHandle;

use crate::callback::Callback;

/// An event of a job, an approval or a lane. The API returns the resulting state.
#[napi(object)]
pub struct BridgeEvent {
    /// The type, for example `job.completed` or `approval.requested`.
    pub r#type: String,
    /// The id of the job.
    pub job_id: Option<String>,
    /// The id of the approval.
    pub approval_id: Option<String>,
}

impl From<&Value> for BridgeEvent {
    fn from(event: &Value) -> Self {
        let string = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            r#type: string(&event["type"]).unwrap_or_default(),
            job_id: string(&event["jobId"]),
            approval_id: string(&event["payload"]["approvalId"]),
        }
    }
}

/// A callback that receives events until it is stopped or the bridge stops.
#[napi]
pub struct EventSubscription {
    task: AbortHandle,
}

#[napi]
impl EventSubscription {
    pub(crate) fn new(task: AbortHandle) -> Self {
        Self { task }
    }

    /// Stops the callback. Idempotent.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.task.abort();
    }
}

/// Forwards all events of `listener` to the callback.
pub(crate) async fn forward(mut listener: Listener, on_event: Callback<BridgeEvent, ()>) {
    loop {
        let events = match listener.next().await {
            Ok(events) => events,
            Err(error) => {
                tracing::error!(%error, "stopped forwarding events to the extension");
                return;
            }
        };
        for event in &events {
            let status = on_event.call(event.into(), ThreadsafeFunctionCallMode::NonBlocking);
            if status != Status::Ok {
                tracing::debug!(%status, "the extension host no longer accepts callbacks");
            }
        }
    }
}
