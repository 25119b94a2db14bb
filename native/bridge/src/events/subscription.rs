//! One listener: first the log, then the ring.
//!
//! It listens to the ring before it reads the log, so nothing falls in between; what is in both is told by its id. A listener
//! that falls behind while it still reads the log has missed nothing that the log does not have, and reads on. One that falls
//! behind later is told so, and its stream ends: it comes back with the last id it had.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use model::ids::JobId;
use model::limits;
use serde_json::json;
use store::StoreError;
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};

use super::frame::{Frame, notice};
use super::{Events, Filter};

/// Where a listener begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With what happens from now on.
    Now,
    /// After this event; 0 for the whole log.
    After(i64),
}

/// One listener.
#[derive(Debug)]
pub struct Subscription {
    events: Events,
    filter: Filter,
    frames: broadcast::Receiver<Arc<Frame>>,
    /// The newest recorded event that was looked at.
    last: i64,
    stage: Stage,
    /// Told before everything else.
    gap: Option<String>,
    /// The job with whose last event the stream ends.
    until_end_of: Option<String>,
    /// That job's last event is in the log.
    has_ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Reads the log.
    Replay,
    /// Has read the log, and nothing of the ring.
    Replayed,
    /// Fell out of the ring before it had anything of it.
    Behind,
    /// Follows the ring.
    Live,
    Ended,
}

impl Subscription {
    pub(super) async fn new(events: Events, filter: Filter, start: Start) -> Result<Self, StoreError> {
        let (frames, newest) = events.feed.listen().await?;
        let (last, stage, gap) = match start {
            Start::Now => (newest, Stage::Live, None),
            Start::After(after) => {
                let bounds = events.log_bounds().await?;
                // A job's events are forgotten with the job, so whoever asks for one's misses none.
                let gap = (after < bounds.forgotten_up_to && filter.subject.job_id.is_none())
                    .then(|| notice("stream.gap", &json!({"oldestEventId": bounds.oldest})));
                (after, Stage::Replay, gap)
            }
        };
        Ok(Self { events, filter, frames, last, stage, gap, until_end_of: None, has_ended: false })
    }

    /// Ends the stream with this job's last event. `has_ended` says that it was recorded before the listener began.
    #[must_use]
    pub fn until_end_of(mut self, job_id: JobId, has_ended: bool) -> Self {
        self.until_end_of = Some(job_id.into());
        self.has_ended = has_ended;
        self
    }

    /// The newest recorded event that it has come past.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.last
    }

    /// The next piece of the stream, as many events as are there; `None` at its end. May be dropped and called again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        loop {
            let piece = match self.stage {
                Stage::Ended => return Ok(None),
                Stage::Behind => {
                    self.frames = self.events.feed.listen().await?.0;
                    self.stage = Stage::Replay;
                    continue;
                }
                Stage::Replay => self.replay().await?,
                Stage::Replayed | Stage::Live => self.follow().await,
            };
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }

    async fn replay(&mut self) -> Result<Bytes, StoreError> {
        let page = self.events.store.events_after(self.last, self.filter.subject.clone()).await?;
        let mut piece = Piece::default();
        piece.add(self.gap.take().unwrap_or_default().into());
        self.stage = match page.more {
            true => Stage::Replay,
            false if self.has_ended => Stage::Ended,
            false => Stage::Replayed,
        };
        for stored in page.events {
            self.take(&Frame::recorded(stored), &mut piece);
        }
        Ok(piece.into_bytes())
    }

    async fn follow(&mut self) -> Bytes {
        let mut piece = Piece::default();
        let mut next = self.frames.recv().await.map_err(|error| match error {
            RecvError::Lagged(_) => TryRecvError::Lagged(0),
            RecvError::Closed => TryRecvError::Closed,
        });
        loop {
            match next {
                Ok(frame) => self.take(&frame, &mut piece),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => self.stage = Stage::Ended,
                Err(TryRecvError::Lagged(_)) if self.stage == Stage::Replayed => self.stage = Stage::Behind,
                Err(TryRecvError::Lagged(_)) => {
                    piece.add(notice("stream.too_far_behind", &json!({"lastEventId": self.last})).into());
                    self.stage = Stage::Ended;
                }
            }
            if !matches!(self.stage, Stage::Replayed | Stage::Live)
                || piece.bytes > limits::EVENTS_PAGE_BYTES_MAX
            {
                break;
            }
            self.stage = Stage::Live;
            next = self.frames.try_recv();
        }
        piece.into_bytes()
    }

    fn take(&mut self, frame: &Frame, piece: &mut Piece) {
        if let Some(event_id) = frame.event_id {
            if event_id <= self.last {
                return;
            }
            self.last = event_id;
        }
        if self.filter.matches(&frame.event_type, &frame.subject) {
            piece.add(frame.text.clone());
        }
        if self.until_end_of.as_deref().is_some_and(|job_id| frame.ends(&JobId::from(job_id))) {
            self.stage = Stage::Ended;
        }
    }
}

/// Frames that go out together. A single one, which is the usual case, is not copied.
#[derive(Debug, Default)]
struct Piece {
    frames: Vec<Bytes>,
    bytes: usize,
}

impl Piece {
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

    /// Events of a throwaway store, with the feed running.
    fn events(folder: &tempfile::TempDir) -> Events {
        let events = Events::new(Store::open(folder.path()).unwrap());
        tokio::spawn(events.clone().run());
        events
    }

    async fn next(subscription: &mut Subscription) -> Option<String> {
        subscription.next().await.unwrap().map(|piece| String::from_utf8(piece.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_listener_that_is_too_far_behind_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let events = events(&folder);
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
        // It missed nothing that is recorded, and goes on.
        let (piece, ()) = tokio::join!(next(&mut replaying), async {
            events.record(event(1)).await.unwrap().committed().await.unwrap();
        });
        assert!(piece.unwrap().starts_with("id: 2\n"));
    }

    #[tokio::test]
    async fn nobody_listening_costs_no_rendering() {
        let folder = tempfile::tempdir().unwrap();
        let events = events(&folder);
        events.live(|| unreachable!("rendered for nobody"));
        let listener = events.subscribe(Filter::default(), Start::Now).await.unwrap();
        drop(listener);
        events.live(|| unreachable!("rendered for nobody"));
        // The next listener hears again, though the feed had forgotten its place.
        let mut listener = events.subscribe(Filter::default(), Start::Now).await.unwrap();
        events.record(event(1)).await.unwrap();
        assert!(next(&mut listener).await.unwrap().starts_with("id: 1\n"));
    }

    #[tokio::test]
    async fn a_finished_item_is_recorded_and_a_huge_one_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let events = events(&folder);
        let output = "x".repeat(2 * limits::EVENT_BYTES_MAX);
        let params = json!({"turnId": "t", "item": {"id": "i", "aggregatedOutput": output}});
        let notification = Notification { method: "item/completed".into(), params };
        let subject = || EventSubject { job_id: Some("j".into()), ..EventSubject::default() };
        events.of_codex(subject, &notification).await;
        let mut listener = events.subscribe(Filter::default(), Start::After(0)).await.unwrap();
        let piece = next(&mut listener).await.unwrap();
        assert!(piece.len() < limits::EVENT_BYTES_MAX + 1000);
        for part in ["id: 1\n", "event: item.completed\n", r#""turnId":"t""#, r#""truncated":true"#] {
            assert!(piece.contains(part), "{part}");
        }
    }
}
