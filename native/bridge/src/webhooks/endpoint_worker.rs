//! Sends the deliveries of one webhook, a few at a time, and records the outcome of each attempt.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use model::clock::Timestamp;
use model::delivery::{Attempt, Delivery, record_attempt};
use model::event::Event;
use model::ids::{DeliveryId, WebhookId};
use model::limits;
use model::webhook::{PausedReason, Webhook};
use serde_json::json;
use store::{ChangedBy, Store, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::WebhookConfig;
use super::client::{Client, Reply};
use super::{envelope, signature};
use crate::error::Error;

/// Wakes an [`EndpointWorker`].
#[derive(Default)]
pub(super) struct Wake {
    notify: Notify,
    /// Whether the deliveries that the worker has read may be out of date.
    is_stale: AtomicBool,
}

impl Wake {
    /// Wakes the worker because deliveries were created.
    pub(super) fn for_deliveries(&self) {
        self.notify.notify_one();
    }

    /// Wakes the worker because its webhook has changed.
    pub(super) fn for_changes(&self) {
        self.is_stale.store(true, Ordering::Release);
        self.notify.notify_one();
    }
}

/// The task that sends to one webhook, until the webhook is deleted.
pub(super) struct EndpointWorker {
    pub(super) webhook_id: WebhookId,
    pub(super) store: Store,
    pub(super) client: Client,
    pub(super) config: Arc<WebhookConfig>,
    pub(super) wake: Arc<Wake>,
    pub(super) stopping: CancellationToken,
}

/// The result of recording an attempt: the webhook after it, or `None` if the webhook was deleted.
type Recorded = (DeliveryId, Result<Option<Webhook>, StoreError>);

impl EndpointWorker {
    /// Sends until the webhook is deleted, the bridge stops, or the database fails.
    pub(super) async fn run(self) {
        if let Err(error) = self.deliver().await {
            // The deliverer will start another worker.
            tracing::error!(%error, webhook = %self.webhook_id, "cannot use the webhook outbox");
            tokio::time::sleep(limits::WEBHOOK_STORE_RETRY).await;
        }
    }

    async fn deliver(&self) -> Result<(), StoreError> {
        let in_flight_max = self.config.limits.in_flight_max;
        let mut in_flight: FuturesUnordered<BoxFuture<'_, Recorded>> = FuturesUnordered::new();
        let mut in_flight_ids: HashSet<DeliveryId> = HashSet::new();
        let mut queue: VecDeque<(Delivery, Option<Event>)> = VecDeque::new();
        let mut next_due = None;
        let Some(mut webhook) = self.store.webhook(&self.webhook_id).await? else { return Ok(()) };
        loop {
            if self.wake.is_stale.swap(false, Ordering::AcqRel) {
                queue.clear();
            }
            if queue.is_empty() && !self.stopping.is_cancelled() {
                let limit = limits::WEBHOOK_BATCH_MAX + in_flight_ids.len();
                let due = self.store.due_deliveries(&self.webhook_id, Timestamp::now(), limit).await?;
                let Some(current) = due.webhook else { return Ok(()) };
                (webhook, next_due) = (current, due.next_due);
                queue.extend(
                    due.deliveries
                        .into_iter()
                        .filter(|(delivery, _)| !in_flight_ids.contains(&delivery.delivery_id)),
                );
            }
            let now = Timestamp::now();
            let allowed = webhook.attempts_allowed(now, in_flight_max);
            while in_flight.len() < allowed
                && !self.stopping.is_cancelled()
                && let Some((delivery, event)) = queue.pop_front()
            {
                in_flight_ids.insert(delivery.delivery_id.clone());
                in_flight.push(Box::pin(self.attempt(webhook.clone(), delivery, event)));
            }
            if self.stopping.is_cancelled() && in_flight.is_empty() {
                return Ok(());
            }
            let wake_at = match webhook.health.retry_at {
                _ if !webhook.is_active() => None,
                Some(retry_at) if retry_at > now => Some(retry_at),
                _ if queue.is_empty() => next_due,
                // As many attempts as allowed are in flight. The end of one continues the loop.
                _ => None,
            };
            tokio::select! {
                Some((delivery_id, recorded)) = in_flight.next() => {
                    in_flight_ids.remove(&delivery_id);
                    match recorded? {
                        Some(updated) => webhook = updated,
                        // The webhook was deleted: reading the outbox again ends this worker.
                        None => queue.clear(),
                    }
                }
                () = self.wake.notify.notified() => {}
                () = sleep_until(now, wake_at) => {}
                () = self.stopping.cancelled(), if !self.stopping.is_cancelled() => queue.clear(),
            }
        }
    }

    /// Makes one attempt and records it.
    async fn attempt(&self, webhook: Webhook, delivery: Delivery, event: Option<Event>) -> Recorded {
        let id = delivery.delivery_id.clone();
        let recorded = match event {
            Some(event) => self.send(webhook, delivery, &event).await,
            None => {
                let error = Error::EventForgotten.to_string();
                self.change(&id, move |_, delivery| {
                    delivery.give_up(Timestamp::now(), error);
                    None
                })
                .await
            }
        };
        (id, recorded)
    }

    async fn send(
        &self,
        webhook: Webhook,
        delivery: Delivery,
        event: &Event,
    ) -> Result<Option<Webhook>, StoreError> {
        let (at, started_at) = (Timestamp::now(), Instant::now());
        let body = envelope::render(&webhook, &delivery, event);
        let headers = headers(&webhook, &delivery, at, &body);
        let Reply { status, error, response } = self.client.post(&webhook.url, &headers, body).await;
        let duration_ms = u64::try_from(started_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(
            webhook = %webhook.id,
            delivery = %delivery.delivery_id,
            status,
            error,
            duration_ms,
            "attempted a delivery"
        );
        let attempt = Attempt { at, duration_ms, status, error };
        let retry = self.config.limits.retry.clone();
        self.change(&delivery.delivery_id, move |webhook, delivery| {
            let now = Timestamp::now();
            let paused = record_attempt(webhook, delivery, attempt, response, now, random(), &retry)?;
            Some(paused_event(webhook, paused, now))
        })
        .await
    }

    /// Changes a delivery and its webhook in one transaction. Returns the webhook, if it still exists.
    async fn change(
        &self,
        delivery_id: &DeliveryId,
        change: impl FnOnce(&mut Webhook, &mut Delivery) -> Option<Event> + Send + 'static,
    ) -> Result<Option<Webhook>, StoreError> {
        let changed =
            self.store.change_delivery(&self.webhook_id, delivery_id, ChangedBy::Deliverer, change).await?;
        Ok(changed.map(|(webhook, _)| webhook))
    }
}

async fn sleep_until(now: Timestamp, moment: Option<Timestamp>) {
    match moment {
        // Timestamps are whole milliseconds, so one more makes sure that the moment has passed.
        Some(moment) => tokio::time::sleep(now.until(moment) + Duration::from_millis(1)).await,
        None => std::future::pending().await,
    }
}

/// Returns the headers of the Standard Webhooks specification. Without a secret there is no signature.
fn headers(webhook: &Webhook, delivery: &Delivery, at: Timestamp, body: &[u8]) -> HeaderMap {
    let timestamp = at.as_millis() / 1000;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        header::USER_AGENT,
        HeaderValue::from_static(concat!("codex-bridge/", env!("CARGO_PKG_VERSION"))),
    );
    let mut insert = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    insert("webhook-id", &delivery.delivery_id);
    insert("webhook-timestamp", &timestamp.to_string());
    if let Some(key) = webhook.secret.as_ref().and_then(|secret| signature::key(secret).ok()) {
        insert("webhook-signature", &signature::sign(&key, &delivery.delivery_id, timestamp, body));
    }
    headers
}

/// Returns the event that reports that a webhook is paused or disabled.
fn paused_event(webhook: &Webhook, reason: PausedReason, at: Timestamp) -> Event {
    tracing::warn!(
        webhook = %webhook.id,
        ?reason,
        error = webhook.last_error,
        "paused a webhook; nothing is sent to it until it is enabled again"
    );
    let event_type = match reason {
        PausedReason::KeepsFailing => "webhook.paused",
        PausedReason::Gone => "webhook.disabled",
    };
    Event::new(
        at,
        event_type,
        &json!({"subscriptionId": webhook.id, "reason": reason, "lastError": webhook.last_error}),
    )
}

/// Returns a random number between 0 and 1.
fn random() -> f64 {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    // The upper half of a version 4 UUID's first 32 bits are random.
    f64::from(u32::try_from(high >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
