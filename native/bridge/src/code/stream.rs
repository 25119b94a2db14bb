//! Numbered events about answers: invocations, their ends, and progress of building the index. A listener
//! that is too slow misses some and can tell by the numbers. It delays no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use context::{Event, Progress};
use model::limits;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast;

/// An event about an answer or the index.
#[derive(Debug, Clone)]
pub struct ToolEvent {
    /// The number of the event. Numbers increase by one.
    pub number: u64,
    /// `tool_invocation`, `tool_completion` or `index_progress`.
    pub kind: &'static str,
    /// The details of the event.
    pub metadata: Value,
}

/// Publishes events to any number of listeners. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ToolEvents {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sender: broadcast::Sender<ToolEvent>,
    next_number: AtomicU64,
    progress_published_at: Mutex<Option<Instant>>,
}

impl Default for ToolEvents {
    fn default() -> Self {
        let inner = Inner {
            sender: broadcast::Sender::new(limits::CODE_EVENTS_KEPT),
            next_number: AtomicU64::new(1),
            progress_published_at: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }
}

impl ToolEvents {
    /// Returns a receiver of the events from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<ToolEvent> {
        self.inner.sender.subscribe()
    }

    /// Publishes an event of the index.
    pub(super) fn publish(&self, event: &Event<'_>) {
        match event {
            Event::Started { invocation, tool } => {
                self.send("tool_invocation", json!({"invocation": invocation, "tool_name": tool}));
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
                self.send("tool_completion", metadata);
            }
            Event::Progress(progress) if self.is_progress_due(progress) => {
                let Progress { files, total } = progress;
                self.send("index_progress", json!({"files": files, "total": total}));
            }
            Event::Progress(_) | Event::Built => {}
        }
    }

    /// Reports whether to publish progress. The index reports it more often than a person can read it.
    fn is_progress_due(&self, progress: &Progress) -> bool {
        let mut published_at = self.inner.progress_published_at.lock();
        let is_due = progress.files == progress.total
            || published_at.is_none_or(|at| at.elapsed() >= limits::CODE_PROGRESS_INTERVAL);
        if is_due {
            *published_at = Some(Instant::now());
        }
        is_due
    }

    fn send(&self, kind: &'static str, metadata: Value) {
        let number = self.inner.next_number.fetch_add(1, Ordering::Relaxed);
        // Sending fails if there are no listeners.
        let _ = self.inner.sender.send(ToolEvent { number, kind, metadata });
    }
}
