//! Listening from within the program: recorded events as values, for as long as somebody wants them.

use serde_json::Value;
use store::StoreError;

use super::{Events, Filter, Start, Subscription};

/// A listener that is never too far behind: what it missed, it reads from the log.
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
    /// [`StoreError`].
    pub async fn listen(&self, filter: Filter) -> Result<Listener, StoreError> {
        let subscription = self.subscribe(filter.clone(), Start::Now).await?;
        Ok(Listener { events: self.clone(), filter, subscription })
    }
}

impl Listener {
    /// The next events, as the `data` of `GET /events`. May be dropped and called again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next(&mut self) -> Result<Vec<Value>, StoreError> {
        loop {
            if let Some(piece) = self.subscription.next().await? {
                return Ok(recorded(&piece));
            }
            let start = Start::After(self.subscription.last());
            self.subscription = self.events.subscribe(self.filter.clone(), start).await?;
        }
    }
}

/// The `data` of the recorded events in a piece of a stream. Frames about the stream itself have no id.
fn recorded(piece: &[u8]) -> Vec<Value> {
    let data = |frame: &str| {
        let (_, data) = frame.strip_prefix("id: ")?.split_once("\ndata: ")?;
        serde_json::from_str(data).ok()
    };
    String::from_utf8_lossy(piece).split("\n\n").filter_map(data).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_recorded_events_are_told() {
        let piece = "id: 7\nevent: job.created\ndata: {\"jobId\":\"a\"}\n\nevent: stream.gap\ndata: {}\n\n\
                     id: 8\nevent: job.started\ndata: {\"jobId\":\"b\"}\n\n";
        let told = recorded(piece.as_bytes());
        assert_eq!(told.iter().map(|event| &event["jobId"]).collect::<Vec<_>>(), ["a", "b"]);
    }
}
