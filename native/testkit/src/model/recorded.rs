//! The requests that the model received.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;
use tokio::sync::watch;

/// The maximum number of requests that are kept. A request has tens of kilobytes, and a benchmark makes tens
/// of thousands.
const RECORDED_MAX: usize = 1000;

/// A request that the model received.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    body: Value,
    user_text: String,
}

impl RecordedRequest {
    pub(super) fn new(body: Value, user_text: String) -> Self {
        Self { body, user_text }
    }

    /// Returns the whole request as Codex sent it.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// Returns the user's last message.
    #[must_use]
    pub fn user_text(&self) -> &str {
        &self.user_text
    }

    /// Returns the id of the thread that made the request.
    #[must_use]
    pub fn thread_id(&self) -> Option<&str> {
        self.body["client_metadata"]["thread_id"].as_str().or_else(|| self.body["prompt_cache_key"].as_str())
    }
}

#[derive(Debug, Default)]
struct Requests {
    total: usize,
    last: VecDeque<Arc<RecordedRequest>>,
}

#[derive(Debug, Default)]
pub(super) struct Recorded {
    requests: watch::Sender<Requests>,
}

impl Recorded {
    pub(super) fn add(&self, request: RecordedRequest) {
        self.requests.send_modify(|requests| {
            requests.total += 1;
            requests.last.push_back(Arc::new(request));
            if requests.last.len() > RECORDED_MAX {
                requests.last.pop_front();
            }
        });
    }

    pub(super) fn all(&self) -> Vec<Arc<RecordedRequest>> {
        self.requests.borrow().last.iter().cloned().collect()
    }

    pub(super) async fn wait_for(&self, count: usize) -> Vec<Arc<RecordedRequest>> {
        let mut requests = self.requests.subscribe();
        let enough = requests.wait_for(|requests| requests.total >= count);
        let in_time = tokio::time::timeout(crate::WAIT_MAX, enough).await.is_ok();
        let total = self.requests.borrow().total;
        assert!(in_time, "the model received {total} requests, not {count}, within {:?}", crate::WAIT_MAX);
        self.all()
    }
}
