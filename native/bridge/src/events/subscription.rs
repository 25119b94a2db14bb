//! A subscription reads the log first and then follows the ring.
//!
//! It joins the ring before it reads the log, so no event falls in between. Ids tell which events of the ring
//! it has already read from the log. A subscription that falls behind while it still reads the log has lost
//! nothing, because the log contains every recorded event, and reads on. If it falls behind later, it gets a
//! notice and its stream ends. The client reconnects with the last id that it received.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use model::ids::JobId;
use model::limits;
use serde_json::json;
use store::StoreError;
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};

use super::frame::{Frame, notice};
use super::{Events, Filter};

/// Where a subscription starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the events from now on.
    Now,
    /// After the event with this id. 0 means the whole log.
    After(i64),
}

/// A subscription to the events of a filter.
#[derive(Debug)]
pub struct Subscription {
    events: Events,
    filter: Filter,
    frames: broadcast::Receiver<Arc<Frame>>,
    /// The id of the newest recorded event that was processed.
    last_event_id: i64,
    stage: Stage,
    /// The notice of missing events, which comes before all events.
    gap_notice: Option<String>,
    /// The job whose last event ends the stream.
    until_end_of: Option<JobId>,
    /// The state of that job when the subscription started.
    job_end: JobEnd,
}

/// The state of the last event of a job when a subscription starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    /// The log contains the event.
    Recorded,
    /// The event may still come.
    Ahead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Reading the log.
    Replay,
    /// Done with the log, but nothing was read from the ring.
    Replayed,
    /// Fell out of the ring before reading anything from it.
    Behind,
    /// Following the ring.
    Live,
    /// At the end of the stream.
    Ended,
}

impl Subscription {
    pub(super) async fn new(events: Events, filter: Filter, start: Start) -> Result<Self, StoreError> {
        let (frames, newest) = events.feed.subscribe().await?;
        let (last_event_id, stage, gap_notice) = match start {
            Start::Now => (newest, Stage::Live, None),
            Start::After(after) => {
                let bounds = events.log_bounds().await?;
                // The events of a job are deleted with the job, so a subscription to one job misses none.
                let gap_notice = (after < bounds.forgotten_up_to && filter.subject.job_id.is_none())
                    .then(|| notice("stream.gap", &json!({"oldestEventId": bounds.oldest})));
                (after, Stage::Replay, gap_notice)
            }
        };
        Ok(Self {
            events,
            filter,
            frames,
            last_event_id,
            stage,
            gap_notice,
            until_end_of: None,
            job_end: JobEnd::Ahead,
        })
    }

    /// Ends the stream with the last event of a job.
    #[must_use]
    pub fn until_end_of(mut self, job_id: JobId, job_end: JobEnd) -> Self {
        self.until_end_of = Some(job_id);
        self.job_end = job_end;
        self
    }

    /// Returns the id of the newest recorded event that was processed.
    #[must_use]
    pub fn last_event_id(&self) -> i64 {
        self.last_event_id
    }

    /// Waits for the next chunk of the stream, which has all events that are available. Returns `None` at the
    /// end of the stream. Cancel safe.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        loop {
            let chunk = match self.stage {
                Stage::Ended => return Ok(None),
                Stage::Behind => {
                    self.frames = self.events.feed.subscribe().await?.0;
                    self.stage = Stage::Replay;
                    continue;
                }
                Stage::Replay => self.replay().await?,
                Stage::Replayed | Stage::Live => self.follow().await,
            };
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }

    async fn replay(&mut self) -> Result<Bytes, StoreError> {
        let page = self.events.store.events_after(self.last_event_id, self.filter.subject.clone()).await?;
        let mut chunk = Chunk::default();
        chunk.add(self.gap_notice.take().unwrap_or_default().into());
        self.stage = match page.more {
            true => Stage::Replay,
            false if self.job_end == JobEnd::Recorded => Stage::Ended,
            false => Stage::Replayed,
        };
        for stored in page.events {
            self.take(&Frame::recorded(stored), &mut chunk);
        }
        Ok(chunk.into_bytes())
    }

    async fn follow(&mut self) -> Bytes {
        let mut chunk = Chunk::default();
        let mut next = self.frames.recv().await.map_err(|error| match error {
            RecvError::Lagged(_) => TryRecvError::Lagged(0),
            RecvError::Closed => TryRecvError::Closed,
        });
        loop {
            match next {
                Ok(frame) => self.take(&frame, &mut chunk),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => self.stage = Stage::Ended,
                Err(TryRecvError::Lagged(_)) if self.stage == Stage::Replayed => self.stage = Stage::Behind,
                Err(TryRecvError::Lagged(_)) => {
                    chunk.add(
                        notice("stream.too_far_behind", &json!({"lastEventId": self.last_event_id})).into(),
                    );
                    self.stage = Stage::Ended;
                }
            }
            if !matches!(self.stage, Stage::Replayed | Stage::Live)
                || chunk.bytes > limits::EVENTS_PAGE_BYTES_MAX
            {
                break;
            }
            self.stage = Stage::Live;
            next = self.frames.try_recv();
        }
        chunk.into_bytes()
    }

    fn take(&mut self, frame: &Frame, chunk: &mut Chunk) {
        if let Some(event_id) = frame.event_id {
            if event_id <= self.last_event_id {
                return;
            }
            self.last_event_id = event_id;
        }
        if self.filter.matches(&frame.event_type, &frame.subject) {
            chunk.add(frame.bytes.clone());
        }
        if self.until_end_of.as_ref().is_some_and(|job_id| frame.ends(job_id)) {
            self.stage = Stage::Ended;
        }
    }
}

/// Frames that are sent together. A single frame, which is the usual case, is not copied.
#[derive(Debug, Default)]
struct Chunk {
    frames: Vec<Bytes>,
    bytes: usize,
}

impl Chunk {
    fn add(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        if !frame.is_empty() {
            self.frames.push(frame);
        }
    }

    fn into_bytes(mut self) -> Bytes {
        match self.frames.len() {
            0 => Bytes::new(),
            1 => self.frames.remove(0),
            _ => {
                let mut all = BytesMut::with_capacity(self.bytes);
                self.frames.iter().for_each(|frame| all.extend_from_slice(frame));
                all.freeze()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use codex::rpc::Notification;
    use model::clock::Timestamp;
    use model::event::{Event, EventSubject};
    use store::Store;

    use super::*;

    fn event(number: usize) -> Event {
        Event::new(Timestamp::now(), "test.happened", &number)
    }

    /// Returns the events of a temporary store, with a running feed.
    fn events(directory: &tempfile::TempDir) -> Events {
        let events = Events::new(Store::open(directory.path()).unwrap());
        tokio::spawn(events.clone().run());
        events
    }

    async fn next(subscription: &mut Subscription) -> Option<String> {
        subscription.next().await.unwrap().map(|chunk| String::from_utf8(chunk.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_subscription_that_is_too_far_behind_gets_a_notice() {
        let directory = tempfile::tempdir().unwrap();
        let events = events(&directory);
        events.record(event(0)).await.unwrap().committed().await.unwrap();
        let mut live = events.subscribe(Filter::default(), Start::Now).await.unwrap();
        let mut replaying = events.subscribe(Filter::default(), Start::After(0)).await.unwrap();
        for number in 0..=limits::EVENTS_BEHIND_MAX {
            events.live(|| event(number));
        }
        let notice = next(&mut live).await.unwrap();
        assert_eq!(notice, "event: stream.too_far_behind\ndata: {\"lastEventId\":1}\n\n");
        assert_eq!(next(&mut live).await, None);

        assert!(next(&mut replaying).await.unwrap().starts_with("id: 1\n"));
        // It has missed no recorded event, and continues.
        let (chunk, ()) = tokio::join!(next(&mut replaying), async {
            events.record(event(1)).await.unwrap().committed().await.unwrap();
        });
        assert!(chunk.unwrap().starts_with("id: 2\n"));
    }

    #[tokio::test]
    async fn events_are_not_rendered_without_subscriptions() {
        let directory = tempfile::tempdir().unwrap();
        let events = events(&directory);
        events.live(|| unreachable!("rendered without a subscription"));
        let subscription = events.subscribe(Filter::default(), Start::Now).await.unwrap();
        drop(subscription);
        events.live(|| unreachable!("rendered without a subscription"));
        // The next subscription gets events, although the feed had reset its position.
        let mut subscription = events.subscribe(Filter::default(), Start::Now).await.unwrap();
        events.record(event(1)).await.unwrap();
        assert!(next(&mut subscription).await.unwrap().starts_with("id: 1\n"));
    }

    #[tokio::test]
    async fn a_finished_item_is_recorded_and_cut_if_it_is_huge() {
        let directory = tempfile::tempdir().unwrap();
        let events = events(&directory);
        let output = "x".repeat(2 * limits::EVENT_BYTES_MAX);
        let params = json!({"turnId": "t", "item": {"id": "i", "aggregatedOutput": output}});
        let notification = Notification { method: "item/completed".into(), params };
        let subject = || EventSubject { job_id: Some("j".into()), ..EventSubject::default() };
        events.handle_codex(subject, &notification).await;
        let mut subscription = events.subscribe(Filter::default(), Start::After(0)).await.unwrap();
        let chunk = next(&mut subscription).await.unwrap();
        assert!(chunk.len() < limits::EVENT_BYTES_MAX + 1000);
        for part in ["id: 1\n", "event: item.completed\n", r#""turnId":"t""#, r#""truncated":true"#] {
            assert!(chunk.contains(part), "{part}");
        }
    }
}
