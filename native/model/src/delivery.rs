//! A delivery: one event on its way to one webhook.
//!
//! ```text
//!           2xx
//! Pending ─────► Delivered
//!    │ ▲ └─────► Failed      (a day of attempts in vain, the receiver said 410, or the event is forgotten)
//!    └─┘ anything else: again later
//! ```
//!
//! Both ends go back to `Pending` when somebody asks for it again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::webhook::{PausedReason, Webhook};
use crate::clock::Timestamp;
use crate::ids::{DeliveryId, WebhookId};

/// How failed attempts are made again.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// Wait after the first failed attempt; doubled for each that follows.
    pub wait_min: Duration,
    /// Longest wait between two attempts.
    pub wait_max: Duration,
    /// A delivery is given up when it is older than this …
    pub age_max: Duration,
    /// … and was tried so often: a machine that slept for a day shall not lose everything to the first hiccup.
    pub attempts_min: u32,
    /// A `Retry-After` counts up to this.
    pub retry_after_max: Duration,
    /// After so many failures in a row the receiver as a whole gets rest between attempts …
    pub failures_before_rest: u32,
    /// … of this at most.
    pub rest_max: Duration,
}

impl Default for RetryPolicy {
    /// 5 s, 10 s, 20 s, … up to an hour, for a day: some thirty attempts.
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
    /// The wait after the `attempt`th failure in a row. `random` (0 to 1) spreads it over its upper half, so that what failed
    /// together does not come back together.
    #[must_use]
    pub fn backoff(&self, attempt: u32, random: f64) -> Duration {
        let doubled =
            2u32.checked_pow(attempt.saturating_sub(1)).and_then(|factor| self.wait_min.checked_mul(factor));
        let wait = doubled.unwrap_or(self.wait_max).min(self.wait_max);
        wait.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// It will be tried, again or for the first time.
    Pending,
    /// It arrived.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryStatus {
    /// The name on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The HTTP status of the receiver's reply, if there was one.
    pub status: Option<u16>,
    /// Why it failed; `null` where it did not.
    pub error: Option<String>,
}

/// What an attempt says about its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointResponse {
    /// A 2xx.
    Accepted,
    /// Anything else, or nothing; with the time that the receiver asked for.
    Refused {
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// A 410.
    Gone,
}

/// One event on its way to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
// A job has a delivery, too, and names of schemas know no modules.
#[schema(as = WebhookDelivery)]
pub struct Delivery {
    /// `dlv_…`; also the `webhook-id` of every attempt.
    pub delivery_id: DeliveryId,
    /// The webhook.
    pub subscription_id: WebhookId,
    /// The event.
    pub event_id: i64,
    /// `subscriptionId:eventId`.
    pub event_key: String,
    /// The event's type.
    pub event_type: String,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is tried.
    pub give_up_at: Timestamp,
    /// When it is tried next; `null` when it is not.
    pub next_attempt_at: Option<Timestamp>,
    /// When it arrived or was given up.
    pub ended_at: Option<Timestamp>,
    /// All attempts there were.
    pub attempt_count: u32,
    /// The last of them, oldest first.
    pub attempts: Vec<Attempt>,
    /// Why it was given up.
    pub error: Option<String>,
    /// Failed attempts since it was made, or asked for again.
    pub failures: u32,
}

/// Attempts that are kept of one delivery: more than a day has.
pub const ATTEMPTS_KEPT_MAX: usize = 50;

impl Delivery {
    /// A new one, to be tried at once.
    #[must_use]
    pub fn new(
        delivery_id: DeliveryId,
        subscription_id: &WebhookId,
        (event_id, event_type): (i64, &str),
        now: Timestamp,
        policy: &RetryPolicy,
    ) -> Self {
        Self {
            delivery_id,
            subscription_id: subscription_id.to_owned(),
            event_id,
            event_key: format!("{subscription_id}:{event_id}"),
            event_type: event_type.to_owned(),
            status: DeliveryStatus::Pending,
            created_at: now,
            give_up_at: now.after(policy.age_max),
            next_attempt_at: Some(now),
            ended_at: None,
            attempt_count: 0,
            attempts: Vec::new(),
            error: None,
            failures: 0,
        }
    }

    /// Somebody asks for it again, whatever became of it.
    pub fn again(&mut self, now: Timestamp, policy: &RetryPolicy) {
        self.status = DeliveryStatus::Pending;
        self.give_up_at = now.after(policy.age_max);
        self.next_attempt_at = Some(now);
        self.ended_at = None;
        self.error = None;
        self.failures = 0;
    }

    /// It is given up.
    pub fn give_up(&mut self, now: Timestamp, error: String) {
        self.status = DeliveryStatus::Failed;
        self.next_attempt_at = None;
        self.ended_at = Some(now);
        self.error = Some(error);
    }
}

/// What an attempt changes in its delivery and its webhook. `random` is between 0 and 1. Returns why the webhook was paused,
/// if this paused it.
pub fn settle(
    webhook: &mut Webhook,
    delivery: &mut Delivery,
    attempt: Attempt,
    answer: EndpointResponse,
    now: Timestamp,
    random: f64,
    policy: &RetryPolicy,
) -> Option<PausedReason> {
    let (at, error) = (attempt.at, attempt.error.clone().unwrap_or_default());
    delivery.attempt_count = delivery.attempt_count.saturating_add(1);
    if delivery.attempts.len() >= ATTEMPTS_KEPT_MAX {
        delivery.attempts.remove(0);
    }
    delivery.attempts.push(attempt);
    let retry_after = match answer {
        EndpointResponse::Accepted => {
            webhook.delivered(now);
            // One that was asked for again meanwhile is due: its time is what that set.
            delivery.status = DeliveryStatus::Delivered;
            delivery.next_attempt_at = None;
            delivery.ended_at = Some(now);
            delivery.error = None;
            return None;
        }
        EndpointResponse::Gone => {
            webhook.failed((at, now), &error, None, random, policy);
            delivery.give_up(now, error);
            if !webhook.enabled {
                return None;
            }
            webhook.pause(now, PausedReason::Gone);
            return Some(PausedReason::Gone);
        }
        EndpointResponse::Refused { retry_after } => retry_after,
    };
    webhook.failed((at, now), &error, retry_after, random, policy);
    delivery.failures = delivery.failures.saturating_add(1);
    if now >= delivery.give_up_at && delivery.failures >= policy.attempts_min {
        delivery.give_up(now, format!("given up after {} attempts: {error}", delivery.failures));
        // Failures in a row: has anything arrived since the first of this delivery's?
        let first =
            delivery.attempts.len().saturating_sub(usize::try_from(delivery.failures).unwrap_or(usize::MAX));
        let first = delivery.attempts.get(first).map(|attempt| attempt.at);
        let nothing_arrived = webhook.health.failing_since <= first;
        if webhook.is_active() && nothing_arrived {
            webhook.pause(now, PausedReason::KeepsFailing);
            return Some(PausedReason::KeepsFailing);
        }
        return None;
    }
    let asked = retry_after.unwrap_or_default().min(policy.retry_after_max);
    let wait = policy.backoff(delivery.failures, random).max(asked);
    delivery.next_attempt_at = Some(now.after(wait));
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::webhook::tests::subscription;
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy::default()
    }

    fn delivery() -> Delivery {
        Delivery::new(
            "dlv_1".into(),
            &"wh_1".into(),
            (7, "job.completed"),
            Timestamp::from_millis(0),
            &policy(),
        )
    }

    fn attempt(at: Timestamp, error: Option<&str>) -> Attempt {
        Attempt { at, duration_ms: 1, status: None, error: error.map(str::to_owned) }
    }

    #[test]
    fn a_receiver_that_never_answers_is_tried_for_a_day_and_then_paused() {
        let (mut webhook, mut delivery) = (subscription(), delivery());
        let mut waits = Vec::new();
        let mut paused = None;
        while let Some(now) = delivery.next_attempt_at {
            assert_eq!(paused, None);
            let refused = EndpointResponse::Refused { retry_after: None };
            paused = settle(
                &mut webhook,
                &mut delivery,
                attempt(now, Some("HTTP 500")),
                refused,
                now,
                1.0,
                &policy(),
            );
            waits.extend(delivery.next_attempt_at.map(|next| now.until(next).as_secs()));
        }
        assert_eq!(waits[..5], [5, 10, 20, 40, 80]);
        assert_eq!(*waits.last().unwrap(), 3600);
        assert!((24..36).contains(&delivery.attempt_count), "{}", delivery.attempt_count);
        assert_eq!((delivery.status, paused), (DeliveryStatus::Failed, Some(PausedReason::KeepsFailing)));
        assert!(delivery.error.as_deref().unwrap().contains("HTTP 500"));
        assert!(webhook.enabled && !webhook.is_active());
        assert_eq!(webhook.last_error.as_deref(), Some("HTTP 500"));
        webhook.enable(true);
        delivery.again(Timestamp::from_millis(5), &policy());
        assert_eq!((webhook.is_active(), delivery.status), (true, DeliveryStatus::Pending));
        assert_eq!(webhook.attempts_allowed(Timestamp::from_millis(5), 4), 4);
    }

    #[test]
    fn one_delivery_that_is_never_taken_does_not_pause_a_receiver_that_takes_others() {
        let (mut webhook, mut poison) = (subscription(), delivery());
        while let Some(now) = poison.next_attempt_at {
            let mut other = delivery();
            settle(
                &mut webhook,
                &mut other,
                attempt(now, None),
                EndpointResponse::Accepted,
                now,
                0.0,
                &policy(),
            );
            let refused = EndpointResponse::Refused { retry_after: None };
            settle(&mut webhook, &mut poison, attempt(now, Some("HTTP 400")), refused, now, 0.0, &policy());
        }
        assert_eq!(poison.status, DeliveryStatus::Failed);
        assert!(webhook.is_active());
    }

    #[test]
    fn a_machine_that_slept_for_a_day_still_tries() {
        let (mut webhook, mut delivery) = (subscription(), delivery());
        let late = delivery.give_up_at.after(Duration::from_secs(1));
        let refused = EndpointResponse::Refused { retry_after: None };
        settle(&mut webhook, &mut delivery, attempt(late, Some("no network")), refused, late, 0.5, &policy());
        assert_eq!(delivery.status, DeliveryStatus::Pending);
    }

    #[test]
    fn gone_disables() {
        let (mut webhook, mut delivery) = (subscription(), delivery());
        let now = Timestamp::from_millis(9);
        let paused = settle(
            &mut webhook,
            &mut delivery,
            attempt(now, Some("HTTP 410")),
            EndpointResponse::Gone,
            now,
            0.5,
            &policy(),
        );
        assert_eq!((paused, webhook.enabled), (Some(PausedReason::Gone), false));
        assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Failed, None));
    }

    proptest! {
        #[test]
        fn the_wait_is_within_its_bounds(attempt in 0u32..100, random in 0.0f64..1.0) {
            let policy = policy();
            let wait = policy.backoff(attempt, random);
            prop_assert!(wait >= policy.wait_min / 2 && wait <= policy.wait_max);
            prop_assert!(policy.backoff(attempt + 1, random) >= wait, "it never shrinks");
        }

        #[test]
        fn retry_after_is_honoured_within_bounds(seconds in 0u64..1_000_000, random in 0.0f64..1.0) {
            let (mut webhook, mut delivery) = (subscription(), delivery());
            let now = Timestamp::from_millis(1_000);
            let asked = Duration::from_secs(seconds);
            let refused = EndpointResponse::Refused { retry_after: Some(asked) };
            settle(&mut webhook, &mut delivery, attempt(now, Some("HTTP 429")), refused, now, random, &policy());
            let wait = now.until(delivery.next_attempt_at.unwrap());
            prop_assert!(wait >= asked.min(policy().retry_after_max));
            prop_assert!(wait <= policy().retry_after_max.max(policy().wait_min));
            let others = webhook.attempts_allowed(now, 4);
            prop_assert_eq!(others == 0, seconds > 0, "its other deliveries wait, too");
        }

        /// Whatever is answered: a delivery that ended has no next attempt, one that did not has, and counts hold.
        #[test]
        fn it_never_hangs(answers in prop::collection::vec((0u8..3, 0u64..200_000, 0.0f64..1.0), 1..80)) {
            let (mut webhook, mut delivery) = (subscription(), delivery());
            let mut now = Timestamp::from_millis(0);
            for (count, (kind, seconds, random)) in answers.iter().enumerate() {
                now = now.after(Duration::from_secs(*seconds));
                if delivery.status != DeliveryStatus::Pending {
                    delivery.again(now, &policy());
                    webhook.enable(true);
                }
                let (answer, error) = match kind {
                    0 => (EndpointResponse::Accepted, None),
                    1 => (EndpointResponse::Refused { retry_after: None }, Some("HTTP 500")),
                    _ => (EndpointResponse::Gone, Some("HTTP 410")),
                };
                settle(&mut webhook, &mut delivery, attempt(now, error), answer, now, *random, &policy());
                prop_assert_eq!(delivery.status == DeliveryStatus::Pending, delivery.next_attempt_at.is_some());
                prop_assert_eq!(delivery.status == DeliveryStatus::Pending, delivery.ended_at.is_none());
                prop_assert_eq!(delivery.attempt_count as usize, count + 1);
                prop_assert!(delivery.attempts.len() <= ATTEMPTS_KEPT_MAX);
                prop_assert!(delivery.next_attempt_at.is_none_or(|next| next > now));
            }
        }
    }
}
