//! When a failed delivery is attempted again.

use std::time::Duration;

/// The schedule of further attempts after a failure.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// The wait after the first failed attempt. It doubles with each further failure.
    pub wait_min: Duration,
    /// The maximum wait between two attempts.
    pub wait_max: Duration,
    /// The age after which a delivery is given up, if it has had `attempts_min` attempts.
    pub age_max: Duration,
    /// The minimum number of attempts before a delivery is given up, so that a machine that slept for a day
    /// does not lose all deliveries to the first failure.
    pub attempts_min: u32,
    /// The maximum of `Retry-After` that is respected.
    pub retry_after_max: Duration,
    /// The number of consecutive failures after which the receiver as a whole gets a rest between attempts.
    pub failures_before_rest: u32,
    /// The maximum duration of this rest.
    pub rest_max: Duration,
}

impl Default for RetryPolicy {
    /// Waits 5 s, 10 s, 20 s, … up to an hour, for a day: about thirty attempts.
    fn default() -> Self {
        Self {
            wait_min: Duration::from_secs(5),
            wait_max: Duration::from_secs(60 * 60),
            age_max: Duration::from_secs(24 * 60 * 60),
            attempts_min: 8,
            retry_after_max: Duration::from_secs(60 * 60),
            failures_before_rest: 5,
            rest_max: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Returns the wait after the `attempt`th consecutive failure. `random` (0 to 1) spreads it over its
    /// upper half, so that attempts that failed together are not repeated together.
    #[must_use]
    pub fn backoff(&self, attempt: u32, random: f64) -> Duration {
        let doubled =
            2u32.checked_pow(attempt.saturating_sub(1)).and_then(|factor| self.wait_min.checked_mul(factor));
        let wait = doubled.unwrap_or(self.wait_max).min(self.wait_max);
        wait.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}
