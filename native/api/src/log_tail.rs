//! The last lines of the log, which the dashboard shows. There is one tail per process, as there is one log.

use std::collections::VecDeque;
use std::fmt::{Debug, Write};

use model::clock::Timestamp;
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use utoipa::ToSchema;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// The number of the line. Numbers increase by one per line of this process.
    pub number: u64,
    /// When the line was written.
    pub at: Timestamp,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// The module that wrote the line.
    pub target: String,
    /// The message, followed by its fields as `name=value`.
    pub message: String,
}

static LINES: Mutex<Lines> = Mutex::new(Lines { next_number: 1, recent: VecDeque::new() });

struct Lines {
    next_number: u64,
    recent: VecDeque<LogLine>,
}

/// The layer that stores the last lines. Add it to the subscriber that writes the log, behind its filter.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogTail;

impl<S: Subscriber> Layer<S> for LogTail {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut visitor = MessageVisitor::default();
        event.record(&mut visitor);
        let metadata = event.metadata();
        let mut message = visitor.message + &visitor.fields;
        if message.len() > limits::LOG_LINE_BYTES_MAX {
            let end = (0..=limits::LOG_LINE_BYTES_MAX).rev().find(|&end| message.is_char_boundary(end));
            message.truncate(end.unwrap_or_default());
            message.push('…');
        }
        store(metadata.level().as_str().to_ascii_lowercase(), metadata.target().to_owned(), message);
    }
}

fn store(level: String, target: String, message: String) {
    let mut lines = lines();
    let number = lines.next_number;
    lines.next_number += 1;
    if lines.recent.len() == limits::LOG_LINES_KEPT {
        lines.recent.pop_front();
    }
    lines.recent.push_back(LogLine { number, at: Timestamp::now(), level, target, message });
}

/// Returns the newest `limit` lines after line `after`, oldest first.
#[must_use]
pub fn tail(after: u64, limit: usize) -> Vec<LogLine> {
    let lines = lines();
    let newer = lines.recent.iter().rev().take_while(|line| line.number > after).take(limit);
    let mut newer: Vec<_> = newer.cloned().collect();
    newer.reverse();
    newer
}

fn lines() -> MutexGuard<'static, Lines> {
    LINES.lock()
}

/// Collects the message and the fields of an event.
#[derive(Default)]
struct MessageVisitor {
    message: String,
    fields: String,
}

impl Visit for MessageVisitor {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn the_last_lines_are_stored_with_their_fields() {
        let subscriber = tracing_subscriber::registry().with(LogTail);
        tracing::subscriber::with_default(subscriber, || {
            for job in 0..limits::LOG_LINES_KEPT + 5 {
                tracing::info!(job, path = "a b", "it works");
            }
            tracing::warn!("{}", "é".repeat(limits::LOG_LINE_BYTES_MAX));
        });
        let lines = tail(0, usize::MAX);
        assert_eq!(lines.len(), limits::LOG_LINES_KEPT);
        let (long, short) = (&lines[lines.len() - 1], &lines[lines.len() - 2]);
        assert_eq!(short.message, format!("it works job={} path=a b", limits::LOG_LINES_KEPT + 4));
        assert_eq!((short.level.as_str(), long.level.as_str()), ("info", "warn"));
        assert!(long.message.ends_with("é…"));
        assert_eq!(tail(short.number, usize::MAX), std::slice::from_ref(long));
        assert_eq!(tail(0, 1), std::slice::from_ref(long));
    }
}
