//! A webhook: the URL of a receiver, the events that are sent to it, and the recent health of the receiver.
//!
//! ```text
//!            no delivery succeeded during the whole life of one
//! enabled ─────────────────────────────────────────────► paused (enabled, deliveries wait)
//!    │  ▲                                                   │
//!    │  └──────────────── PATCH enabled: true ──────────────┤
//!    │                                                      │
//!    └── PATCH enabled: false, or the receiver replies 410 ─► disabled (no new deliveries)
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event_pattern::EventPattern;
use crate::clock::Timestamp;
use crate::ids::{LaneId, ThreadId, WebhookId};
use crate::retry::RetryPolicy;
use crate::secret::Secret;

/// A webhook. Its JSON is stored in the database, and does not contain the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The id: `wh_…`.
    pub id: WebhookId,
    /// The URL of the receiver.
    pub url: String,
    /// The patterns of event types, of which at least one must match.
    pub events: Vec<EventPattern>,
    /// Whether the owner has enabled the webhook.
    pub enabled: bool,
    /// The objects to which the events are limited.
    pub scope: Scope,
    /// The time at which it was created.
    pub created_at: Timestamp,
    /// The time at which its owner last changed it.
    pub updated_at: Timestamp,
    /// The time of the last successful delivery.
    pub last_delivery_at: Option<Timestamp>,
    /// The error of the last attempt; `None` if it succeeded.
    pub last_error: Option<String>,
    /// The time at which deliveries were paused.
    pub paused_at: Option<Timestamp>,
    /// The reason why deliveries are paused.
    pub paused_reason: Option<PausedReason>,
    /// The recent health of the receiver.
    pub health: ReceiverHealth,
    /// The key that signs deliveries, which is stored separately from the JSON.
    #[serde(skip)]
    pub secret: Option<Secret>,
}

/// The reason why the deliveries of a webhook are paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PausedReason {
    /// A delivery was given up, and no other delivery had succeeded since its first attempt.
    KeepsFailing,
    /// The receiver replied 410, which asks for no more events.
    Gone,
}

/// The recent health of a receiver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverHealth {
    /// The number of failed attempts since the last successful one.
    pub failures: u32,
    /// The time of the first of these attempts.
    pub failing_since: Option<Timestamp>,
    /// The time before which nothing is sent.
    pub retry_at: Option<Timestamp>,
}

/// The lanes, threads and sessions to which the events of a webhook are limited. An empty dimension matches
/// everything. An event must match in every dimension.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// The lanes.
    pub lane_ids: Vec<LaneId>,
    /// The threads, which are the conversations of the API.
    pub thread_ids: Vec<ThreadId>,
    /// The lane sessions.
    pub session_ids: Vec<LaneId>,
}

/// A dimension in which a scope limits events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// None: the scope matches every event.
    Global,
    /// Lanes.
    Lane,
    /// Threads.
    Thread,
    /// Lane sessions.
    Session,
}

/// The fields of an event that webhooks match against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The type, for example `lane.completed`.
    pub event_type: &'a str,
    /// The lane.
    pub lane_id: Option<&'a LaneId>,
    /// The thread, which is the conversation of the API.
    pub thread_id: Option<&'a ThreadId>,
    /// The lane session.
    pub session_id: Option<&'a LaneId>,
}

impl Scope {
    /// Reports whether the scope includes an event.
    #[must_use]
    pub fn includes(&self, subject: &Subject<'_>) -> bool {
        fn includes<Id: PartialEq>(ids: &[Id], id: Option<&Id>) -> bool {
            ids.is_empty() || id.is_some_and(|id| ids.contains(id))
        }
        includes(&self.lane_ids, subject.lane_id)
            && includes(&self.thread_ids, subject.thread_id)
            && includes(&self.session_ids, subject.session_id)
    }

    /// Returns the dimensions in which the scope limits events.
    #[must_use]
    pub fn kinds(&self) -> Vec<ScopeKind> {
        let dimensions = [
            (self.lane_ids.is_empty(), ScopeKind::Lane),
            (self.thread_ids.is_empty(), ScopeKind::Thread),
            (self.session_ids.is_empty(), ScopeKind::Session),
        ];
        let mut kinds: Vec<_> =
            dimensions.into_iter().filter(|(is_empty, _)| !is_empty).map(|(_, kind)| kind).collect();
        if kinds.is_empty() {
            kinds.push(ScopeKind::Global);
        }
        kinds
    }
}

/// Joins the two fields in which clients give one dimension of a scope, for example `laneId` and `laneIds`,
/// into one list without duplicates.
#[must_use]
pub fn joined<Id: PartialEq>(single: Option<Id>, many: Vec<Id>) -> Vec<Id> {
    let mut ids: Vec<Id> = Vec::new();
    for id in single.into_iter().chain(many) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Reports whether an event matches the patterns and the scope.
#[must_use]
pub fn selects(events: &[EventPattern], scope: &Scope, subject: &Subject<'_>) -> bool {
    events.iter().any(|pattern| pattern.matches(subject.event_type)) && scope.includes(subject)
}

impl Webhook {
    /// Reports whether an event is to be delivered to the webhook.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.enabled && selects(&self.events, &self.scope, subject)
    }

    /// Reports whether the webhook is enabled and not paused.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.enabled && self.paused_at.is_none()
    }

    /// Returns the number of concurrent attempts that are allowed at `now`: `max` for a healthy receiver.
    /// After a failed attempt, the receiver gets one delivery at a time.
    #[must_use]
    pub fn attempts_allowed(&self, now: Timestamp, max: usize) -> usize {
        if !self.is_active() || self.health.retry_at.is_some_and(|retry_at| retry_at > now) {
            0
        } else if self.health.failures > 0 {
            max.min(1)
        } else {
            max
        }
    }

    /// Enables the webhook, which also ends a pause.
    pub fn enable(&mut self) {
        self.enabled = true;
        self.end_pause();
    }

    /// Disables the webhook. A pause ends, because only an enabled webhook can be paused.
    pub fn disable(&mut self) {
        self.enabled = false;
        self.end_pause();
    }

    fn end_pause(&mut self) {
        self.paused_at = None;
        self.paused_reason = None;
        self.health = ReceiverHealth::default();
    }

    /// Records a successful delivery.
    pub(super) fn delivered(&mut self, now: Timestamp) {
        self.last_delivery_at = Some(now);
        self.last_error = None;
        self.health = ReceiverHealth::default();
    }

    /// Records a failed attempt, which began at the first time and ended at the second. A receiver that keeps
    /// failing gets a rest, and so does one that asks for it with `Retry-After`.
    pub(super) fn failed(
        &mut self,
        (at, now): (Timestamp, Timestamp),
        error: &str,
        retry_after: Option<Duration>,
        random: f64,
        policy: &RetryPolicy,
    ) {
        self.last_error = Some(error.to_owned());
        let health = &mut self.health;
        health.failures = health.failures.saturating_add(1);
        health.failing_since.get_or_insert(at);
        let rest = health
            .failures
            .checked_sub(policy.failures_before_rest)
            .map(|beyond| policy.backoff(beyond.saturating_add(1), random).min(policy.rest_max));
        let requested = retry_after.map(|time| time.min(policy.retry_after_max));
        health.retry_at = rest.max(requested).map(|time| now.after(time));
    }

    /// Pauses deliveries until the owner enables the webhook again.
    pub(super) fn pause(&mut self, now: Timestamp, reason: PausedReason) {
        self.paused_at = Some(now);
        self.paused_reason = Some(reason);
        if reason == PausedReason::Gone {
            self.enabled = false;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn webhook() -> Webhook {
        Webhook {
            id: "wh_1".into(),
            url: "http://127.0.0.1:1/".into(),
            events: vec![EventPattern::parse("*").unwrap()],
            enabled: true,
            scope: Scope::default(),
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
            last_delivery_at: None,
            last_error: None,
            paused_at: None,
            paused_reason: None,
            health: ReceiverHealth::default(),
            secret: Some(Secret("never shown".into())),
        }
    }

    fn ids() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[ab]", 0..3)
    }

    fn typed<'a, Id: From<&'a str>>(ids: &'a [String]) -> Vec<Id> {
        ids.iter().map(|id| Id::from(id)).collect()
    }

    fn maybe_id() -> impl Strategy<Value = Option<String>> {
        prop::option::of("[abc]".prop_map(String::from))
    }

    proptest! {
        /// Compares the result with a second implementation of the documented rules.
        #[test]
        fn a_webhook_matches_events_as_documented(
            (lane_ids, thread_ids, session_ids) in (ids(), ids(), ids()),
            (lane, thread, session) in (maybe_id(), maybe_id(), maybe_id()),
            enabled: bool,
            patterns in prop::collection::vec(
                prop::sample::select(vec!["*", "lane.*", "lane.completed", "job.*"]),
                1..3,
            ),
            event_type in prop::sample::select(vec!["lane.completed", "lane.failed", "job.completed"]),
        ) {
            let webhook = Webhook {
                enabled,
                events: patterns.iter().map(|pattern| EventPattern::parse(pattern).unwrap()).collect(),
                scope: Scope {
                    lane_ids: typed(&lane_ids),
                    thread_ids: typed(&thread_ids),
                    session_ids: typed(&session_ids),
                },
                ..webhook()
            };
            let lane_id = lane.as_deref().map(LaneId::from);
            let session_id = session.as_deref().map(LaneId::from);
            let thread_id = thread.as_deref().map(ThreadId::from);
            let subject = Subject {
                event_type,
                lane_id: lane_id.as_ref(),
                thread_id: thread_id.as_ref(),
                session_id: session_id.as_ref(),
            };
            let of_type = patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => event_type.starts_with(prefix),
                None => *pattern == event_type,
            });
            let mut in_scope = true;
            for (ids, id) in [(lane_ids, &lane), (thread_ids, &thread), (session_ids, &session)] {
                if !ids.is_empty() && !id.as_ref().is_some_and(|id| ids.contains(id)) {
                    in_scope = false;
                }
            }
            prop_assert_eq!(webhook.matches(&subject), enabled && of_type && in_scope);
        }

        #[test]
        fn single_ids_join_the_lists(single in maybe_id(), many in ids()) {
            let ids = joined(single.clone(), many.clone());
            prop_assert!(single.iter().chain(&many).all(|id| ids.contains(id)));
            prop_assert!(ids.iter().all(|id| single.as_ref() == Some(id) || many.contains(id)));
            prop_assert!(ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)));
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let webhook = webhook();
        assert!(!format!("{webhook:?}").contains("never shown"));
        assert!(!serde_json::to_string(&webhook).unwrap().contains("never shown"));
    }

    #[test]
    fn kinds_are_the_limited_dimensions() {
        assert_eq!(Scope::default().kinds(), [ScopeKind::Global]);
        let scope = Scope { lane_ids: vec!["a".into()], session_ids: vec!["a".into()], ..Scope::default() };
        assert_eq!(scope.kinds(), [ScopeKind::Lane, ScopeKind::Session]);
    }
}
