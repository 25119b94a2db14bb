//! What a receiver gets: the seed's envelope around an event. Events on NATS have the same one.

use bytes::Bytes;
use model::clock::Timestamp;
use model::delivery::Delivery;
use model::event::Event;
use model::ids::{LaneId, ThreadId, WebhookId};
use model::webhook::{Scope, Subject, Webhook};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::events::EventView;

/// The type of the event that a test of a webhook makes, for this webhook only.
pub(super) const TEST_EVENT: &str = "webhook.test";

/// As in the seed, so that its receivers work unchanged.
const SOURCE: &str = "oai-app-proxy";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    id: &'a str,
    ts: Timestamp,
    source: &'static str,
    event_key: &'a str,
    event_id: String,
    subscription_id: Option<&'a WebhookId>,
    event_type: &'a str,
    lane_id: Option<&'a LaneId>,
    thread_id: Option<&'a ThreadId>,
    session_id: Option<&'a LaneId>,
    scope: &'a Scope,
    payload: Option<&'a RawValue>,
    event: EventView<'a>,
}

/// What an event is about. The one place that knows where its lane and session are.
pub(super) fn subject_of(event: &Event) -> Subject<'_> {
    Subject {
        event_type: &event.event_type,
        lane_id: event.lane_id.as_ref(),
        thread_id: event.conversation_id.as_ref(),
        // A session has the id of its lane.
        session_id: event.lane_id.as_ref(),
    }
}

/// Whether a webhook wants an event.
pub(super) fn is_wanted(webhook: &Webhook, event: &Event) -> bool {
    if event.event_type == TEST_EVENT {
        let payload: serde_json::Value = serde_json::from_str(&event.payload).unwrap_or_default();
        return webhook.enabled && payload["subscriptionId"] == webhook.id.as_str();
    }
    webhook.matches(&subject_of(event))
}

/// The body. The same for every attempt, unless the webhook's scope was changed in between.
pub(super) fn render(webhook: &Webhook, delivery: &Delivery, event: &Event) -> Bytes {
    let marks = Marks {
        id: &delivery.delivery_id,
        ts: delivery.created_at,
        event_key: &delivery.event_key,
        subscription_id: Some(&delivery.subscription_id),
        scope: &webhook.scope,
    };
    marks.around(delivery.event_id, event)
}

/// What an envelope says beside its event.
pub struct Marks<'a> {
    /// Of this delivery.
    pub id: &'a str,
    /// When it was made.
    pub ts: Timestamp,
    /// The same however often the event is sent.
    pub event_key: &'a str,
    /// The webhook, where there is one.
    pub subscription_id: Option<&'a WebhookId>,
    /// What that one wants.
    pub scope: &'a Scope,
}

impl Marks<'_> {
    /// The envelope of an event.
    pub fn around(&self, event_id: i64, event: &Event) -> Bytes {
        let subject = subject_of(event);
        let envelope = Envelope {
            id: self.id,
            ts: self.ts,
            source: SOURCE,
            event_key: self.event_key,
            event_id: event_id.to_string(),
            subscription_id: self.subscription_id,
            event_type: &event.event_type,
            lane_id: subject.lane_id,
            thread_id: subject.thread_id,
            session_id: subject.session_id,
            scope: self.scope,
            // Written by this program as JSON, so this is never `None`.
            payload: serde_json::from_str(&event.payload).ok(),
            event: EventView::of(Some(event_id), event),
        };
        serde_json::to_vec(&envelope).unwrap_or_default().into()
    }
}
