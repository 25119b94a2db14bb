//! Time and memory measurement, shared by the benchmarks.

use std::time::{Duration, Instant};

/// Runs `work` and returns its result and its duration.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let result = work();
    (result, started.elapsed())
}

/// Formats a duration for people.
pub(crate) fn formatted(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.2} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}

/// Returns the memory of this process in MB, or 0 if the system does not report it (only Linux does): the
/// current memory for `VmRSS:`, the peak for `VmHWM:`.
pub(crate) fn megabytes(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) * 1024
        / 1_000_000
}
