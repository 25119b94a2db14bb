//! `/webhooks…`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::webhooks::{Preview, WebhookPatch};
use model::clock::Timestamp;
use model::delivery::{Delivery, DeliveryStatus};
use model::event::{Event, StoredEvent};
use model::event_pattern::EventPattern;
use model::ids::{DeliveryId, JobId, LaneId, ThreadId, WebhookId};
use model::limits;
use model::webhook::{PausedReason, Scope, ScopeKind, Webhook, joined};
use serde::{Deserialize, Deserializer, Serialize};
use store::{DeliveryPage, DeliveryQuery};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::extract::{JsonBody, NewJobId, PathParameter, PathParameters, QueryOf, page_limit};
use crate::request_error::RequestError;

/// A webhook. Its secret is never shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Webhook)]
pub(super) struct WebhookView {
    /// `wh_…`
    id: String,
    /// Where its events are sent.
    url: String,
    /// Which types it wants; `*` stands for anything.
    events: Vec<EventPattern>,
    /// Whether its owner wants events. While it is paused, they wait.
    enabled: bool,
    /// Which events it wants beyond their type. An empty list lets everything pass; all three must match.
    scope: Scope,
    /// What the scope narrows; `global` for nothing.
    scope_kinds: Vec<ScopeKind>,
    /// Whether deliveries are signed.
    has_secret: bool,
    created_at: Timestamp,
    /// When its owner changed it last.
    updated_at: Timestamp,
    /// When a delivery last arrived.
    last_delivery_at: Option<Timestamp>,
    /// Why the last attempt failed; `null` once one succeeded.
    last_error: Option<String>,
    /// Since when nothing is sent although it is wanted; PATCH `enabled: true` goes on.
    paused_at: Option<Timestamp>,
    /// Why: nothing arrived for a day (`keeps_failing`), or the receiver replied 410 (`gone`), which also disables.
    paused_reason: Option<PausedReason>,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        Self {
            scope_kinds: webhook.scope.kinds(),
            has_secret: webhook.secret.is_some(),
            id: webhook.id.into(),
            url: webhook.url,
            events: webhook.events,
            enabled: webhook.enabled,
            scope: webhook.scope,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
            last_delivery_at: webhook.last_delivery_at,
            last_error: webhook.last_error,
            paused_at: webhook.paused_at,
            paused_reason: webhook.paused_reason,
        }
    }
}

/// Reply of `GET /webhooks`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhooksView {
    /// Always `true`.
    ok: bool,
    /// Oldest first.
    webhooks: Vec<WebhookView>,
}

/// A reply with one webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookReplyView {
    /// Always `true`.
    ok: bool,
    webhook: WebhookView,
}

impl WebhookReplyView {
    fn of(webhook: Webhook) -> Json<Self> {
        Json(Self { ok: true, webhook: webhook.into() })
    }
}

/// Which events a webhook wants beyond their type. What is named must match, in every dimension.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScopeBody {
    /// Events of this lane.
    lane_id: Option<LaneId>,
    /// Events of one of these lanes.
    lane_ids: Option<Vec<LaneId>>,
    /// Events of this thread, which is the conversation.
    thread_id: Option<ThreadId>,
    /// Events of one of these threads.
    thread_ids: Option<Vec<ThreadId>>,
    /// Events of this session.
    session_id: Option<LaneId>,
    /// Events of one of these sessions.
    session_ids: Option<Vec<LaneId>>,
}

impl From<ScopeBody> for Scope {
    fn from(body: ScopeBody) -> Self {
        Self {
            lane_ids: joined(body.lane_id, body.lane_ids.unwrap_or_default()),
            thread_ids: joined(body.thread_id, body.thread_ids.unwrap_or_default()),
            session_ids: joined(body.session_id, body.session_ids.unwrap_or_default()),
        }
    }
}

/// Body of `POST /webhooks` (`url` and `events` are required) and of `PATCH /webhooks/{id}` (what is left out stays).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookBody {
    /// Where events are sent: https or http, without a user name. The address is checked whenever it is connected to: this machine
    /// and public addresses are allowed, private networks by the setting `codexBridge.webhooks.allowPrivateNetworks`, link-local ones never.
    #[schema(example = "https://example.com/hook")]
    url: Option<String>,
    /// Event types, `*` standing for anything.
    #[schema(example = json!(["lane.completed", "job.*"]))]
    events: Option<Vec<String>>,
    /// Default of a new one: `true`. `true` also ends a pause.
    enabled: Option<bool>,
    /// What deliveries are signed with, after Standard Webhooks: `whsec_` and the key as base64, or any text, whose bytes are the
    /// key then. `null` for none. Never shown again.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    secret: Option<Option<String>>,
    /// Replaces the scope as a whole; `null` for all events.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ScopeBody>)]
    scope: Option<Option<ScopeBody>>,
}

/// Tells `null` from what is left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl From<WebhookBody> for WebhookPatch {
    fn from(body: WebhookBody) -> Self {
        let WebhookBody { url, events, enabled, secret, scope } = body;
        let scope = scope.map(|scope| scope.unwrap_or_default().into());
        Self { url, events, enabled, secret, scope }
    }
}

/// Reply of `DELETE /webhooks/{webhookId}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookDeletedView {
    /// Always `true`.
    ok: bool,
    /// The webhook that was.
    id: WebhookId,
}

/// Reply of `POST /webhooks/{webhookId}/test`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookTestView {
    /// Always `true`.
    ok: bool,
    /// The event `webhook.test`; `GET /webhooks/{webhookId}/deliveries?eventId=` tells what becomes of it.
    event_id: i64,
    /// The `eventKey` in what the receiver gets.
    event_key: String,
}

/// Query of `GET /webhooks/{webhookId}/deliveries`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct ListDeliveriesQuery {
    /// Only those that stand so.
    status: Option<DeliveryStatus>,
    /// Only that of this event.
    event_id: Option<i64>,
    /// Only those older than this one: the last `deliveryId` of the page before.
    before: Option<DeliveryId>,
    /// At most so many, 1 to 500. Default: 100.
    limit: Option<u32>,
}

/// Reply of `GET /webhooks/{webhookId}/deliveries`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveriesView {
    /// Always `true`.
    ok: bool,
    /// Newest event first.
    deliveries: Vec<Delivery>,
    /// Whether there are older ones; ask for them with `before`.
    more: bool,
}

/// Reply of `POST /webhooks/{webhookId}/deliveries/{deliveryId}/redeliver`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryView {
    /// Always `true`.
    ok: bool,
    delivery: Delivery,
}

/// Lists webhooks, oldest first.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", responses(
    (status = OK, description = "Webhooks", body = WebhooksView),
))]
pub(super) async fn list_webhooks(State(app): State<Arc<App>>) -> Result<Json<WebhooksView>, RequestError> {
    let webhooks = app.webhooks.list().await?;
    Ok(Json(WebhooksView { ok: true, webhooks: webhooks.into_iter().map(Into::into).collect() }))
}

/// Adds a webhook: every recorded event from now on that it wants is sent to it, at least once.
///
/// An event is sent as a POST with JSON: `id`, `ts`, `source`, `eventKey` (the same whenever an event comes again), `eventId`,
/// `subscriptionId`, `eventType`, `laneId`, `threadId`, `sessionId`, `scope`, `payload`, and `event` as `GET /events` shows it. Any 2xx within 30 s
/// means that it arrived. Everything else is tried again for a day: after 5 s, 10 s, 20 s, … up to an hour. 410 disables the webhook.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", request_body = WebhookBody, responses(
    (status = OK, description = "The webhook", body = WebhookReplyView),
))]
pub(super) async fn create_webhook(
    State(app): State<Arc<App>>,
    NewJobId(id): NewJobId,
    body: JsonBody<WebhookBody>,
) -> Result<Json<WebhookReplyView>, RequestError> {
    // The id that the request's key is bound to: sent again, it finds what it made.
    let id = format!("wh_{}", id.replace('-', ""));
    Ok(WebhookReplyView::of(app.webhooks.create(id.into(), body.known()?.into()).await?))
}

/// Body of `POST /webhooks/preview`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewBody {
    /// Event types, `*` standing for anything.
    #[schema(example = json!(["lane.completed", "job.*"]))]
    events: Vec<String>,
    /// Which of them; all where it is left out.
    scope: Option<ScopeBody>,
}

/// Reply of `POST /webhooks/preview`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewView {
    /// Always `true`.
    ok: bool,
    /// How many of the newest recorded events were looked at.
    looked_at: usize,
    /// How many of these would have been sent.
    matched: usize,
    /// The newest of them, newest first.
    events: Vec<PreviewedEvent>,
}

/// An event that would have been sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewedEvent {
    event_id: i64,
    at: Timestamp,
    r#type: String,
    job_id: Option<JobId>,
    conversation_id: Option<ThreadId>,
    lane_id: Option<LaneId>,
}

impl From<StoredEvent> for PreviewedEvent {
    fn from(StoredEvent { event_id, event }: StoredEvent) -> Self {
        let Event { at, event_type, job_id, conversation_id, lane_id, .. } = event;
        Self { event_id, at, r#type: event_type, job_id, conversation_id, lane_id }
    }
}

/// Tells which of the newest recorded events a webhook of these events and this scope would have been sent. Changes nothing.
#[utoipa::path(post, path = "/webhooks/preview", tag = "webhooks", request_body = PreviewBody, responses(
    (status = OK, description = "The events", body = PreviewView),
))]
pub(super) async fn preview_webhook(
    State(app): State<Arc<App>>,
    body: JsonBody<PreviewBody>,
) -> Result<Json<PreviewView>, RequestError> {
    let PreviewBody { events, scope } = body.known()?;
    let Preview { examined, matched, events } =
        app.webhooks.preview(&events, scope.unwrap_or_default().into()).await?;
    Ok(Json(PreviewView {
        ok: true,
        looked_at: examined,
        matched,
        events: events.into_iter().map(Into::into).collect(),
    }))
}

/// One webhook.
#[utoipa::path(get, path = "/webhooks/{webhookId}", tag = "webhooks", params(("webhookId" = String, Path)), responses(
    (status = OK, description = "The webhook", body = WebhookReplyView),
))]
pub(super) async fn get_webhook(
    State(app): State<Arc<App>>,
    PathParameter(id): PathParameter<WebhookId>,
) -> Result<Json<WebhookReplyView>, RequestError> {
    Ok(WebhookReplyView::of(app.webhooks.get(&id).await?))
}

/// Changes a webhook. What is left out stays.
#[utoipa::path(patch, path = "/webhooks/{webhookId}", tag = "webhooks", params(("webhookId" = String, Path)),
    request_body = WebhookBody, responses(
    (status = OK, description = "The webhook", body = WebhookReplyView),
))]
pub(super) async fn update_webhook(
    State(app): State<Arc<App>>,
    PathParameter(id): PathParameter<WebhookId>,
    body: JsonBody<WebhookBody>,
) -> Result<Json<WebhookReplyView>, RequestError> {
    Ok(WebhookReplyView::of(app.webhooks.update(&id, body.known()?.into()).await?))
}

/// Removes a webhook, with what is on its way to it.
#[utoipa::path(delete, path = "/webhooks/{webhookId}", tag = "webhooks", params(("webhookId" = String, Path)), responses(
    (status = OK, description = "It is gone", body = WebhookDeletedView),
))]
pub(super) async fn delete_webhook(
    State(app): State<Arc<App>>,
    PathParameter(id): PathParameter<WebhookId>,
) -> Result<Json<WebhookDeletedView>, RequestError> {
    app.webhooks.delete(&id).await?;
    Ok(Json(WebhookDeletedView { ok: true, id }))
}

/// Sends an event `webhook.test` the way that all events go, to this webhook only.
#[utoipa::path(post, path = "/webhooks/{webhookId}/test", tag = "webhooks", params(("webhookId" = String, Path)), responses(
    (status = OK, description = "The event is on its way", body = WebhookTestView),
))]
pub(super) async fn test_webhook(
    State(app): State<Arc<App>>,
    PathParameter(id): PathParameter<WebhookId>,
) -> Result<Json<WebhookTestView>, RequestError> {
    let event_id = app.webhooks.test(&id).await?;
    Ok(Json(WebhookTestView { ok: true, event_id, event_key: format!("{id}:{event_id}") }))
}

/// Lists what was sent to a webhook and what waits, with all attempts, newest event first.
#[utoipa::path(get, path = "/webhooks/{webhookId}/deliveries", tag = "webhooks",
    params(("webhookId" = String, Path), ListDeliveriesQuery), responses(
    (status = OK, description = "Deliveries; ended ones are kept for a week", body = DeliveriesView),
))]
pub(super) async fn list_webhook_deliveries(
    State(app): State<Arc<App>>,
    PathParameter(webhook_id): PathParameter<WebhookId>,
    QueryOf(query): QueryOf<ListDeliveriesQuery>,
) -> Result<Json<DeliveriesView>, RequestError> {
    let limit = page_limit(query.limit, 100, limits::DELIVERIES_PAGE_MAX)?;
    let ListDeliveriesQuery { status, event_id, before, .. } = query;
    let query = DeliveryQuery { webhook_id, status, event_id, before, limit };
    let DeliveryPage { deliveries, more } = app.webhooks.deliveries(query).await?;
    Ok(Json(DeliveriesView { ok: true, deliveries, more }))
}

/// Sends a delivery again, whatever became of it, for another day.
#[utoipa::path(post, path = "/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", tag = "webhooks",
    params(("webhookId" = String, Path), ("deliveryId" = String, Path)), responses(
    (status = OK, description = "The delivery, which is due now", body = DeliveryView),
))]
pub(super) async fn redeliver_webhook_delivery(
    State(app): State<Arc<App>>,
    PathParameters(webhook_id, delivery_id): PathParameters<WebhookId, DeliveryId>,
) -> Result<Json<DeliveryView>, RequestError> {
    let delivery = app.webhooks.redeliver(&webhook_id, &delivery_id).await?;
    Ok(Json(DeliveryView { ok: true, delivery }))
}
