//! A webhook: where events are sent, which ones, and how its receiver has been lately.
//!
//! ```text
//!            nothing arrived for a whole delivery's life
//! enabled ─────────────────────────────────────────────► paused (enabled, its deliveries wait)
//!    │  ▲                                                   │
//!    │  └──────────────── PATCH enabled: true ──────────────┤
//!    │                                                      │
//!    └── PATCH enabled: false, or the receiver says 410 ──► disabled (no new deliveries)
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::delivery::RetryPolicy;
use super::event_pattern::EventPattern;
use crate::clock::Timestamp;
use crate::ids::{LaneId, ThreadId, WebhookId};
use crate::secret::Secret;

/// A webhook. Its JSON is what is stored, and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The id: `wh_…`.
    pub id: WebhookId,
    /// Where its events are sent.
    pub url: String,
    /// Which types it wants; one of them must match.
    pub events: Vec<EventPattern>,
    /// Whether its owner wants events at all.
    pub enabled: bool,
    /// Which events it wants beyond their type.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its owner changed it last.
    pub updated_at: Timestamp,
    /// When a delivery last arrived.
    pub last_delivery_at: Option<Timestamp>,
    /// Why the last attempt failed; `None` once one succeeded.
    pub last_error: Option<String>,
    /// Since when nothing is sent although it is wanted.
    pub paused_at: Option<Timestamp>,
    /// Why nothing is sent.
    pub paused_reason: Option<PausedReason>,
    /// How the receiver has been lately.
    pub health: ReceiverHealth,
    /// What deliveries are signed with; kept beside the JSON.
    #[serde(skip)]
    pub secret: Option<Secret>,
}

/// Why nothing is sent to a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PausedReason {
    /// A delivery was given up, and nothing else had arrived since it was made.
    KeepsFailing,
    /// The receiver said 410: it does not want any more.
    Gone,
}

/// How a receiver has been lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverHealth {
    /// Attempts that failed since the last one that succeeded.
    pub failures: u32,
    /// When the first of these was.
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before.
    pub retry_at: Option<Timestamp>,
}

/// Which lanes, threads and sessions are of interest. A dimension that names nothing lets everything pass; what is named must match
/// in every dimension.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Events of these lanes.
    pub lane_ids: Vec<LaneId>,
    /// Events of these threads, which are the conversations.
    pub thread_ids: Vec<ThreadId>,
    /// Events of these sessions.
    pub session_ids: Vec<LaneId>,
}

/// What a scope narrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// Nothing: every event of the wanted types.
    Global,
    /// Lanes are named.
    Lane,
    /// Threads are named.
    Thread,
    /// Sessions are named.
    Session,
}

/// What an event is about, as far as webhooks look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// `lane.completed`
    pub event_type: &'a str,
    /// The lane.
    pub lane_id: Option<&'a LaneId>,
    /// The thread, which is the conversation.
    pub thread_id: Option<&'a ThreadId>,
    /// The lane's session.
    pub session_id: Option<&'a LaneId>,
}

impl Scope {
    /// Whether an event about this is of interest.
    #[must_use]
    pub fn includes(&self, subject: &Subject<'_>) -> bool {
        fn includes<Id: PartialEq>(wanted: &[Id], found: Option<&Id>) -> bool {
            wanted.is_empty() || found.is_some_and(|found| wanted.contains(found))
        }
        includes(&self.lane_ids, subject.lane_id)
            && includes(&self.thread_ids, subject.thread_id)
            && includes(&self.session_ids, subject.session_id)
    }

    /// What it narrows.
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

/// One dimension of a scope as clients write it, `laneId` and `laneIds`, in one list without duplicates.
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

/// Whether these types and this scope select an event.
#[must_use]
pub fn selects(events: &[EventPattern], scope: &Scope, subject: &Subject<'_>) -> bool {
    events.iter().any(|pattern| pattern.matches(subject.event_type)) && scope.includes(subject)
}

impl Webhook {
    /// Whether it wants an event.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.enabled && selects(&self.events, &self.scope, subject)
    }

    /// Whether anything is sent to it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.enabled && self.paused_at.is_none()
    }

    /// Attempts that may be under way at `now`, of `max` while all is well. A receiver that failed last is tried by one
    /// delivery at a time.
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

    /// Its owner turns it on, also out of a pause, or off.
    pub fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
        self.paused_at = None;
        self.paused_reason = None;
        self.health = ReceiverHealth::default();
    }

    /// A delivery arrived.
    pub(super) fn delivered(&mut self, now: Timestamp) {
        self.last_delivery_at = Some(now);
        self.last_error = None;
        self.health = ReceiverHealth::default();
    }

    /// An attempt, which began at the first moment and ended at the second, failed. A receiver that keeps failing gets rest, and so does one that asks for it.
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
        let asked = retry_after.map(|time| time.min(policy.retry_after_max));
        health.retry_at = rest.max(asked).map(|time| now.after(time));
    }

    /// Nothing is sent any more, until its owner says so.
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

    pub(crate) fn subscription() -> Webhook {
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

    fn maybe_id() -> impl Strategy<Value = Option<String>> {
        prop::option::of("[abc]".prop_map(String::from))
    }

    proptest! {
        /// Against the rules of the guide, said in another way.
        #[test]
        fn it_matches_as_the_guide_says(
            (lane_ids, thread_ids, session_ids) in (ids(), ids(), ids()),
            (lane, thread, session) in (maybe_id(), maybe_id(), maybe_id()),
            enabled: bool,
            patterns in prop::collection::vec(prop::sample::select(vec!["*", "lane.*", "lane.completed", "job.*"]), 1..3),
            event_type in prop::sample::select(vec!["lane.completed", "lane.failed", "job.completed"]),
        ) {
            let webhook = Webhook {
                enabled,
                events: patterns.iter().map(|pattern| EventPattern::parse(pattern).unwrap()).collect(),
                scope: Scope { lane_ids: lane_ids.clone().into_iter().map(Into::into).collect(), thread_ids: thread_ids.clone().into_iter().map(Into::into).collect(), session_ids: session_ids.clone().into_iter().map(Into::into).collect() },
                ..subscription()
            };
            let (lane_id, session_id) = (lane.as_deref().map(LaneId::from), session.as_deref().map(LaneId::from));
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
            for (wanted, found) in [(lane_ids, &lane), (thread_ids, &thread), (session_ids, &session)] {
                if !wanted.is_empty() && !found.as_ref().is_some_and(|found| wanted.contains(found)) {
                    in_scope = false;
                }
            }
            prop_assert_eq!(webhook.matches(&subject), enabled && of_type && in_scope);
        }

        #[test]
        fn single_forms_join_the_lists(single in maybe_id(), many in ids()) {
            let ids = joined(single.clone(), many.clone());
            prop_assert!(single.iter().chain(&many).all(|id| ids.contains(id)));
            prop_assert!(ids.iter().all(|id| single.as_ref() == Some(id) || many.contains(id)));
            prop_assert!(ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)));
        }
    }

    #[test]
    fn the_secret_shows_itself_nowhere() {
        let webhook = subscription();
        assert!(!format!("{webhook:?}").contains("never shown"));
        assert!(!serde_json::to_string(&webhook).unwrap().contains("never shown"));
    }

    #[test]
    fn kinds_name_what_is_narrowed() {
        assert_eq!(Scope::default().kinds(), [ScopeKind::Global]);
        let scope = Scope { lane_ids: vec!["a".into()], session_ids: vec!["a".into()], ..Scope::default() };
        assert_eq!(scope.kinds(), [ScopeKind::Lane, ScopeKind::Session]);
    }
}
