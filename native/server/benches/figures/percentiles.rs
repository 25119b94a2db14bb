//! Percentiles of durations.

use std::time::Duration;

/// Percentiles in milliseconds.
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Percentiles {
    pub(crate) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| durations[(durations.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
        Self { p50: at(50), p99: at(99) }
    }
}
