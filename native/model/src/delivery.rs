//! A delivery: one event on its way to one webhook.
//!
//! ```text
//!           2xx
//! Pending ─────► Delivered
//!    │ ▲ └─────► Failed      (a day of failed attempts, a reply 410, or the event was deleted)
//!    └─┘ any other result: retried later
//! ```
//!
//! A client can send an ended delivery again, which makes it `Pending`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::webhook::{PausedReason, Webhook};
use crate::clock::Timestamp;
use crate::ids::{DeliveryId, WebhookId};
use crate::retry::RetryPolicy;

/// The status of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// The delivery waits for its first or next attempt.
    Pending,
    /// The receiver has accepted the event.
    Delivered,
    /// The delivery was given up.
    Failed,
}

impl DeliveryStatus {
    /// Returns the name on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// An attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The time at which the attempt began.
    pub at: Timestamp,
    /// The duration in milliseconds.
    pub duration_ms: u64,
    /// The HTTP status of the receiver's response, if there was one.
    pub status: Option<u16>,
    /// The reason for the failure; `null` if the attempt succeeded.
    pub error: Option<String>,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointResponse {
    /// The response was 2xx.
    Accepted,
    /// There was another response or none.
    Refused {
        /// The time of `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The response was 410.
    Gone,
}

/// One event on its way to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
// The names of schemas have no modules, and a job also has a delivery.
#[schema(as = WebhookDelivery)]
pub struct Delivery {
    /// The id, `dlv_…`, which is also the `webhook-id` of every attempt.
    pub delivery_id: DeliveryId,
    /// The webhook.
    pub subscription_id: WebhookId,
    /// The id of the event.
    pub event_id: i64,
    /// `subscriptionId:eventId`.
    pub event_key: String,
    /// The type of the event.
    pub event_type: String,
    /// The status.
    pub status: DeliveryStatus,
    /// The time at which it was created.
    pub created_at: Timestamp,
    /// The time after which it is given up.
    pub give_up_at: Timestamp,
    /// The time of the next attempt; `null` if there is none.
    pub next_attempt_at: Option<Timestamp>,
    /// The time at which it was accepted or given up.
    pub ended_at: Option<Timestamp>,
    /// The total number of attempts.
    pub attempt_count: u32,
    /// The most recent attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// The reason why it was given up.
    pub error: Option<String>,
    /// The number of failed attempts since it was created or last sent again.
    pub failures: u32,
}

/// The maximum number of attempts that are kept per delivery, which is more than a day has.
pub const ATTEMPTS_KEPT_MAX: usize = 50;

impl Delivery {
    /// Creates a delivery that is due immediately.
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

    /// Makes the delivery due again, whatever its status is.
    pub fn again(&mut self, now: Timestamp, policy: &RetryPolicy) {
        self.status = DeliveryStatus::Pending;
        self.give_up_at = now.after(policy.age_max);
        self.next_attempt_at = Some(now);
        self.ended_at = None;
        self.error = None;
        self.failures = 0;
    }

    /// Gives the delivery up.
    pub fn give_up(&mut self, now: Timestamp, error: String) {
        self.status = DeliveryStatus::Failed;
        self.next_attempt_at = None;
        self.ended_at = Some(now);
        self.error = Some(error);
    }
}

/// Records an attempt in its delivery and its webhook. `random` is between 0 and 1. Returns the reason if
/// this attempt paused the webhook.
pub fn record_attempt(
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
        // Pause the webhook if no delivery has succeeded since the first failure of this one.
        let first =
            delivery.attempts.len().saturating_sub(usize::try_from(delivery.failures).unwrap_or(usize::MAX));
        let first = delivery.attempts.get(first).map(|attempt| attempt.at);
        let none_succeeded = webhook.health.failing_since <= first;
        if webhook.is_active() && none_succeeded {
            webhook.pause(now, PausedReason::KeepsFailing);
            return Some(PausedReason::KeepsFailing);
        }
        return None;
    }
    let requested = retry_after.unwrap_or_default().min(policy.retry_after_max);
    let wait = policy.backoff(delivery.failures, random).max(requested);
    delivery.next_attempt_at = Some(now.after(wait));
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::webhook::tests::webhook;
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
    fn deliveries_to_a_failing_receiver_are_retried_for_a_day_and_then_paused() {
        let (mut webhook, mut delivery) = (webhook(), delivery());
        let mut waits = Vec::new();
        let mut paused = None;
        while let Some(now) = delivery.next_attempt_at {
            assert_eq!(paused, None);
            let refused = EndpointResponse::Refused { retry_after: None };
            paused = record_attempt(
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
        webhook.enable();
        delivery.again(Timestamp::from_millis(5), &policy());
        assert_eq!((webhook.is_active(), delivery.status), (true, DeliveryStatus::Pending));
        assert_eq!(webhook.attempts_allowed(Timestamp::from_millis(5), 4), 4);
    }

    #[test]
    fn a_delivery_that_is_always_refused_does_not_pause_a_webhook_that_accepts_others() {
        let (mut webhook, mut poison) = (webhook(), delivery());
        while let Some(now) = poison.next_attempt_at {
            let mut other = delivery();
            record_attempt(
                &mut webhook,
                &mut other,
                attempt(now, None),
                EndpointResponse::Accepted,
                now,
                0.0,
                &policy(),
            );
            let refused = EndpointResponse::Refused { retry_after: None };
            record_attempt(
                &mut webhook,
                &mut poison,
                attempt(now, Some("HTTP 400")),
                refused,
                now,
                0.0,
                &policy(),
            );
        }
        assert_eq!(poison.status, DeliveryStatus::Failed);
        assert!(webhook.is_active());
    }

    #[test]
    fn a_delivery_is_retried_after_a_day_of_sleep() {
        let (mut webhook, mut delivery) = (webhook(), delivery());
        let late = delivery.give_up_at.after(Duration::from_secs(1));
        let refused = EndpointResponse::Refused { retry_after: None };
        record_attempt(
            &mut webhook,
            &mut delivery,
            attempt(late, Some("no network")),
            refused,
            late,
            0.5,
            &policy(),
        );
        assert_eq!(delivery.status, DeliveryStatus::Pending);
    }

    #[test]
    fn a_410_disables_the_webhook() {
        let (mut webhook, mut delivery) = (webhook(), delivery());
        let now = Timestamp::from_millis(9);
        let paused = record_attempt(
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
        fn the_backoff_is_within_its_limits(attempt in 0u32..100, random in 0.0f64..1.0) {
            let policy = policy();
            let wait = policy.backoff(attempt, random);
            prop_assert!(wait >= policy.wait_min / 2 && wait <= policy.wait_max);
            prop_assert!(policy.backoff(attempt + 1, random) >= wait, "the backoff never decreases");
        }

        #[test]
        fn retry_after_is_respected_within_limits(seconds in 0u64..1_000_000, random in 0.0f64..1.0) {
            let (mut webhook, mut delivery) = (webhook(), delivery());
            let now = Timestamp::from_millis(1_000);
            let requested = Duration::from_secs(seconds);
            let refused = EndpointResponse::Refused { retry_after: Some(requested) };
            let attempt = attempt(now, Some("HTTP 429"));
            record_attempt(&mut webhook, &mut delivery, attempt, refused, now, random, &policy());
            let wait = now.until(delivery.next_attempt_at.unwrap());
            prop_assert!(wait >= requested.min(policy().retry_after_max));
            prop_assert!(wait <= policy().retry_after_max.max(policy().wait_min));
            let others = webhook.attempts_allowed(now, 4);
            prop_assert_eq!(others == 0, seconds > 0, "other deliveries of the webhook wait, too");
        }

        /// For all responses: only a pending delivery has a next attempt, and the counts are correct.
        #[test]
        fn a_pending_delivery_always_has_a_next_attempt(
            answers in prop::collection::vec((0u8..3, 0u64..200_000, 0.0f64..1.0), 1..80),
        ) {
            let (mut webhook, mut delivery) = (webhook(), delivery());
            let mut now = Timestamp::from_millis(0);
            for (count, (kind, seconds, random)) in answers.iter().enumerate() {
                now = now.after(Duration::from_secs(*seconds));
                if delivery.status != DeliveryStatus::Pending {
                    delivery.again(now, &policy());
                    webhook.enable();
                }
                let (answer, error) = match kind {
                    0 => (EndpointResponse::Accepted, None),
                    1 => (EndpointResponse::Refused { retry_after: None }, Some("HTTP 500")),
                    _ => (EndpointResponse::Gone, Some("HTTP 410")),
                };
                let attempt = attempt(now, error);
                record_attempt(&mut webhook, &mut delivery, attempt, answer, now, *random, &policy());
                let is_pending = delivery.status == DeliveryStatus::Pending;
                prop_assert_eq!(is_pending, delivery.next_attempt_at.is_some());
                prop_assert_eq!(is_pending, delivery.ended_at.is_none());
                prop_assert_eq!(delivery.attempt_count as usize, count + 1);
                prop_assert!(delivery.attempts.len() <= ATTEMPTS_KEPT_MAX);
                prop_assert!(delivery.next_attempt_at.is_none_or(|next| next > now));
            }
        }
    }
}
