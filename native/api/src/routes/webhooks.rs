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

/// A webhook. Its secret is never returned.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Webhook)]
pub(super) struct WebhookView {
    /// The id, `wh_…`.
    id: String,
    /// The URL of the receiver.
    url: String,
    /// The types of the events to send; `*` matches any characters.
    events: Vec<EventPattern>,
    /// Whether new events are sent. While the webhook is paused, its deliveries wait.
    enabled: bool,
    /// Restricts the events by lane, thread and session. An empty list does not restrict; all three lists
    /// must match.
    scope: Scope,
    /// The dimensions that the scope restricts; `global` if it restricts none.
    scope_kinds: Vec<ScopeKind>,
    /// Whether deliveries are signed.
    has_secret: bool,
    created_at: Timestamp,
    /// When the settings of the webhook were last changed.
    updated_at: Timestamp,
    /// When the receiver last accepted a delivery.
    last_delivery_at: Option<Timestamp>,
    /// The error of the last attempt; `null` if it succeeded.
    last_error: Option<String>,
    /// When the webhook was paused. Nothing is sent until a PATCH with `enabled: true` resumes it.
    paused_at: Option<Timestamp>,
    /// Why the webhook is paused: all deliveries failed for a day (`keeps_failing`), or the receiver replied
    /// 410 (`gone`), which also disables the webhook.
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

/// Reply of the routes of one webhook.
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

/// Restricts the events of a webhook by lane, thread and session. An event must match every dimension that is
/// given.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScopeBody {
    /// Only events of this lane.
    lane_id: Option<LaneId>,
    /// Only events of these lanes.
    lane_ids: Option<Vec<LaneId>>,
    /// Only events of this thread, which is the conversation.
    thread_id: Option<ThreadId>,
    /// Only events of these threads.
    thread_ids: Option<Vec<ThreadId>>,
    /// Only events of this lane session.
    session_id: Option<LaneId>,
    /// Only events of these lane sessions.
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

/// Body of `POST /webhooks`, which requires `url` and `events`, and of `PATCH /webhooks/{id}`, which changes
/// only the fields that are given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookBody {
    /// The URL of the receiver: https or http, without a user name. Its address is checked at every
    /// connection. This machine and public addresses are allowed, private networks only with the setting
    /// `codexBridge.webhooks.allowPrivateNetworks`, link-local addresses never.
    #[schema(example = "https://example.com/hook")]
    url: Option<String>,
    /// The types of the events to send; `*` matches any characters.
    #[schema(example = json!(["lane.completed", "job.*"]))]
    events: Option<Vec<String>>,
    /// Whether new events are sent. Default for a new webhook: `true`. `true` also resumes a paused webhook.
    enabled: Option<bool>,
    /// The secret that signs deliveries, as in Standard Webhooks: `whsec_` and the base64 of the key, or any
    /// string, whose bytes are then the key. `null` removes it. It is never returned.
    #[serde(default, deserialize_with = "some_or_null")]
    #[schema(value_type = Option<String>)]
    secret: Option<Option<String>>,
    /// Replaces the whole scope; `null` selects all events.
    #[serde(default, deserialize_with = "some_or_null")]
    #[schema(value_type = Option<ScopeBody>)]
    scope: Option<Option<ScopeBody>>,
}

/// Distinguishes `null` from a missing field.
fn some_or_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
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
    /// The id of the deleted webhook.
    id: WebhookId,
}

/// Reply of `POST /webhooks/{webhookId}/test`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookTestView {
    /// Always `true`.
    ok: bool,
    /// The `eventId` of the event `webhook.test`. To follow it, call `GET
    /// /webhooks/{webhookId}/deliveries?eventId=`.
    event_id: i64,
    /// The `eventKey` in the body that the receiver gets.
    event_key: String,
}

/// Query of `GET /webhooks/{webhookId}/deliveries`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct ListDeliveriesQuery {
    /// Only deliveries with this status.
    status: Option<DeliveryStatus>,
    /// Only the delivery of this event.
    event_id: Option<i64>,
    /// Only deliveries older than this one: the last `deliveryId` of the previous page.
    before: Option<DeliveryId>,
    /// The maximum number of deliveries, 1 to 500. Default: 100.
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
    /// Whether there are older deliveries. Get them with `before`.
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

/// Creates a webhook. Every matching event that is recorded from now on is sent to it at least once.
///
/// An event is sent as a POST with a JSON body: `id`, `ts`, `source`, `eventKey` (the same each time an event
/// is sent), `eventId`, `subscriptionId`, `eventType`, `laneId`, `threadId`, `sessionId`, `scope`, `payload`,
/// and `event` as in `GET /events`. A 2xx status within 30 s means that it was received. After any other
/// result, the delivery is retried for a day: after 5 s, 10 s, 20 s, … up to an hour. The status 410 disables
/// the webhook.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", request_body = WebhookBody, responses(
    (status = OK, description = "The webhook", body = WebhookReplyView),
))]
pub(super) async fn create_webhook(
    State(app): State<Arc<App>>,
    NewJobId(id): NewJobId,
    body: JsonBody<WebhookBody>,
) -> Result<Json<WebhookReplyView>, RequestError> {
    // The id is bound to the idempotency key, so that a repeated request finds the webhook that it created.
    let id = format!("wh_{}", id.replace('-', ""));
    Ok(WebhookReplyView::of(app.webhooks.create(id.into(), body.known()?.into()).await?))
}

/// Body of `POST /webhooks/preview`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewBody {
    /// The types of the events; `*` matches any characters.
    #[schema(example = json!(["lane.completed", "job.*"]))]
    events: Vec<String>,
    /// Restricts the events by lane, thread and session. Default: all events.
    scope: Option<ScopeBody>,
}

/// Reply of `POST /webhooks/preview`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewView {
    /// Always `true`.
    ok: bool,
    /// The number of recorded events that were examined, newest first.
    looked_at: usize,
    /// The number of examined events that would have been sent.
    matched: usize,
    /// The newest of the matching events, newest first.
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

/// Lists the recent events that a webhook would have received. Changes nothing.
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

/// Returns a webhook.
#[utoipa::path(get, path = "/webhooks/{webhookId}", tag = "webhooks",
    params(("webhookId" = String, Path)), responses(
    (status = OK, description = "The webhook", body = WebhookReplyView),
))]
pub(super) async fn get_webhook(
    State(app): State<Arc<App>>,
    PathParameter(id): PathParameter<WebhookId>,
) -> Result<Json<WebhookReplyView>, RequestError> {
    Ok(WebhookReplyView::of(app.webhooks.get(&id).await?))
}

/// Updates a webhook. Only the fields that are given are changed.
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

/// Deletes a webhook and its pending deliveries.
#[utoipa::path(delete, path = "/webhooks/{webhookId}", tag = "webhooks",
    params(("webhookId" = String, Path)), responses(
    (status = OK, description = "The webhook is deleted", body = WebhookDeletedView),
))]
pub(super) async fn delete_webhook(
    State(app): State<Arc<App>>,
    PathParameter(id): PathParameter<WebhookId>,
) -> Result<Json<WebhookDeletedView>, RequestError> {
    app.webhooks.delete(&id).await?;
    Ok(Json(WebhookDeletedView { ok: true, id }))
}

/// Sends an event `webhook.test` to this webhook only, with the usual retries.
#[utoipa::path(post, path = "/webhooks/{webhookId}/test", tag = "webhooks",
    params(("webhookId" = String, Path)), responses(
    (status = OK, description = "The event is recorded and will be sent", body = WebhookTestView),
))]
pub(super) async fn test_webhook(
    State(app): State<Arc<App>>,
    PathParameter(id): PathParameter<WebhookId>,
) -> Result<Json<WebhookTestView>, RequestError> {
    let event_id = app.webhooks.test(&id).await?;
    Ok(Json(WebhookTestView { ok: true, event_id, event_key: format!("{id}:{event_id}") }))
}

/// Lists the deliveries of a webhook with all their attempts, newest event first.
#[utoipa::path(get, path = "/webhooks/{webhookId}/deliveries", tag = "webhooks",
    params(("webhookId" = String, Path), ListDeliveriesQuery), responses(
    (status = OK, description = "The deliveries; finished ones are kept for a week", body = DeliveriesView),
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

/// Sends a delivery again, whatever its status, with retries for another day.
#[utoipa::path(post, path = "/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", tag = "webhooks",
    params(("webhookId" = String, Path), ("deliveryId" = String, Path)), responses(
    (status = OK, description = "The delivery, which is due at once", body = DeliveryView),
))]
pub(super) async fn redeliver_webhook_delivery(
    State(app): State<Arc<App>>,
    PathParameters(webhook_id, delivery_id): PathParameters<WebhookId, DeliveryId>,
) -> Result<Json<DeliveryView>, RequestError> {
    let delivery = app.webhooks.redeliver(&webhook_id, &delivery_id).await?;
    Ok(Json(DeliveryView { ok: true, delivery }))
}
