//! What happens while answers are made: invocations, the building of the index, and their ends, numbered, for any number of listeners. One
//! that listens too slowly misses some and sees it by the numbers; it delays nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use context::{Event, Progress};
use model::limits;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct ToolEvent {
    /// Each has one more than the one before.
    pub number: u64,
    /// `tool_invocation`, `tool_completion` or `index_progress`.
    pub kind: &'static str,
    /// Its facts.
    pub metadata: Value,
}

/// What happens, for whoever listens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ToolEvents {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sender: broadcast::Sender<ToolEvent>,
    numbers: AtomicU64,
    progress_told_at: Mutex<Option<Instant>>,
}

impl Default for ToolEvents {
    fn default() -> Self {
        let inner = Inner {
            sender: broadcast::Sender::new(limits::CODE_EVENTS_KEPT),
            numbers: AtomicU64::new(1),
            progress_told_at: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }
}

impl ToolEvents {
    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<ToolEvent> {
        self.inner.sender.subscribe()
    }

    /// What the index tells.
    pub(super) fn heard(&self, event: &Event<'_>) {
        match event {
            Event::Started { invocation, tool } => {
                self.tell("tool_invocation", json!({"invocation": invocation, "tool_name": tool}));
            }
            Event::Ended { invocation, tool, refusal, milliseconds } => {
                let metadata = json!({
                    "invocation": invocation,
                    "tool_name": tool,
                    "success": refusal.is_none(),
                    "error_code": refusal.map(|refusal| refusal.code.as_str()),
                    "error_message": refusal.map(|refusal| &refusal.message),
                    "execution_time_ms": milliseconds,
                });
                self.tell("tool_completion", metadata);
            }
            Event::Progress(Progress { files, total }) if self.is_time_for_progress(files == total) => {
                self.tell("index_progress", json!({"files": files, "total": total}));
            }
            Event::Progress(_) | Event::Built => {}
        }
    }

    /// The index tells of its progress more often than anybody can look.
    fn is_time_for_progress(&self, is_last: bool) -> bool {
        let mut told_at = self.inner.progress_told_at.lock();
        let is_time = told_at.is_none_or(|told_at| told_at.elapsed() >= limits::CODE_PROGRESS_INTERVAL);
        if is_time || is_last {
            *told_at = Some(Instant::now());
        }
        is_time || is_last
    }

    fn tell(&self, kind: &'static str, metadata: Value) {
        let number = self.inner.numbers.fetch_add(1, Ordering::Relaxed);
        // Nobody may be listening.
        let _ = self.inner.sender.send(ToolEvent { number, kind, metadata });
    }
}
