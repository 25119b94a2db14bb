//! Listeners within the program. They get recorded events as JSON values.

use serde_json::Value;
use store::StoreError;

use super::{Events, Filter, Start, Subscription};

/// A listener that misses no recorded event: if it falls behind, it resumes from the log.
#[derive(Debug)]
pub struct Listener {
    events: Events,
    filter: Filter,
    subscription: Subscription,
}

impl Events {
    /// Listens to the recorded events that `filter` selects, from now on.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    pub async fn listen(&self, filter: Filter) -> Result<Listener, StoreError> {
        let subscription = self.subscribe(filter.clone(), Start::Now).await?;
        Ok(Listener { events: self.clone(), filter, subscription })
    }
}

impl Listener {
    /// Waits for the next events and returns them as the `data` of `GET /events`. Cancel safe.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    pub async fn next(&mut self) -> Result<Vec<Value>, StoreError> {
        loop {
            if let Some(chunk) = self.subscription.next().await? {
                return Ok(recorded(&chunk));
            }
            let start = Start::After(self.subscription.last_event_id());
            self.subscription = self.events.subscribe(self.filter.clone(), start).await?;
        }
    }
}

/// Returns the `data` of the recorded events in a chunk of a stream. Frames about the stream itself have no
/// id.
fn recorded(chunk: &[u8]) -> Vec<Value> {
    let data = |frame: &str| {
        let (_, data) = frame.strip_prefix("id: ")?.split_once("\ndata: ")?;
        serde_json::from_str(data).ok()
    };
    String::from_utf8_lossy(chunk).split("\n\n").filter_map(data).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_recorded_events_are_returned() {
        let chunk = "id: 7\nevent: job.created\ndata: {\"jobId\":\"a\"}\n\nevent: stream.gap\ndata: {}\n\n\
                     id: 8\nevent: job.started\ndata: {\"jobId\":\"b\"}\n\n";
        let events = recorded(chunk.as_bytes());
        assert_eq!(events.iter().map(|event| &event["jobId"]).collect::<Vec<_>>(), ["a", "b"]);
    }
}
