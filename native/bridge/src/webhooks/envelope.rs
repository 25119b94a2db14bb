//! The envelope of an event: the body of a request to an endpoint, and the payload of a message on NATS.

use bytes::Bytes;
use model::clock::Timestamp;
use model::delivery::Delivery;
use model::event::Event;
use model::ids::{LaneId, ThreadId, WebhookId};
use model::webhook::{Scope, Subject, Webhook};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::events::EventView;

/// The type of the event that tests a webhook. It is delivered to this webhook only.
pub(super) const TEST_EVENT: &str = "webhook.test";

/// The `source` of the oai-app-proxy, whose endpoints work unchanged with this envelope.
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

/// Returns the subject of an event. All filters by lane and session get their ids here.
pub(super) fn subject_of(event: &Event) -> Subject<'_> {
    Subject {
        event_type: &event.event_type,
        lane_id: event.lane_id.as_ref(),
        thread_id: event.conversation_id.as_ref(),
        // A session has the id of its lane.
        session_id: event.lane_id.as_ref(),
    }
}

/// Reports whether an event is to be delivered to a webhook.
pub(super) fn matches(webhook: &Webhook, event: &Event) -> bool {
    if event.event_type == TEST_EVENT {
        let payload: serde_json::Value = serde_json::from_str(&event.payload).unwrap_or_default();
        return webhook.enabled && payload["subscriptionId"] == webhook.id.as_str();
    }
    webhook.matches(&subject_of(event))
}

/// Renders the body of a request. It is the same for each attempt, unless the webhook's scope changes in
/// between.
pub(super) fn render(webhook: &Webhook, delivery: &Delivery, event: &Event) -> Bytes {
    let attributes = Attributes {
        id: &delivery.delivery_id,
        ts: delivery.created_at,
        event_key: &delivery.event_key,
        subscription_id: Some(&delivery.subscription_id),
        scope: &webhook.scope,
    };
    attributes.render(delivery.event_id, event)
}

/// The fields of an envelope that are not those of its event.
pub struct Attributes<'a> {
    /// The id of the delivery or message.
    pub id: &'a str,
    /// When the delivery was created.
    pub ts: Timestamp,
    /// The key of the event, which stays the same if the event is sent again.
    pub event_key: &'a str,
    /// The webhook, if the event is sent to one.
    pub subscription_id: Option<&'a WebhookId>,
    /// The scope of the webhook.
    pub scope: &'a Scope,
}

impl Attributes<'_> {
    /// Renders the envelope of an event.
    pub fn render(&self, event_id: i64, event: &Event) -> Bytes {
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
            // This program wrote the payload as JSON, so it is never `None`.
            payload: serde_json::from_str(&event.payload).ok(),
            event: EventView::of(Some(event_id), event),
        };
        serde_json::to_vec(&envelope).unwrap_or_default().into()
    }
}
