//! Sends what is due. One [`Receiver`] task for each webhook, so that a slow one delays nobody else; a reconciler starts and ends
//! them. None takes any input: they look at the database, so nothing that anybody forgot to tell is ever missed.
//!
//! ```text
//! commit, change, tick ─► Deliverer ── fan out: events ─► deliveries (one transaction with the cursor)
//!                             │ starts, wakes, ends
//!                             ▼
//!                         Receiver (one a webhook) ── due deliveries ─► attempts (a few at a time) ─► settle
//! ```

use std::collections::{HashMap, HashSet, VecDeque};
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
use store::{ChangedBy, Outbox, OutboxWebhook, Store, StoreError};
use tokio::sync::{Notify, OnceCell};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::WebhookConfig;
use super::client::{Client, Reply};
use super::{envelope, signature};
use crate::error::Error;

/// Fans events out and keeps a receiver running for each webhook. There is one at a time for a data folder.
pub(super) struct Deliverer {
    store: Store,
    config: Arc<WebhookConfig>,
    changed: Arc<Notify>,
    client: Arc<OnceCell<Client>>,
    receivers: HashMap<WebhookId, Running>,
    expired_at: Option<Instant>,
}

/// A receiver's task, as the deliverer sees it.
struct Running {
    revision: i64,
    wake: Arc<Wake>,
    task: JoinHandle<()>,
}

/// Wakes a receiver.
#[derive(Default)]
struct Wake {
    notify: Notify,
    /// What it read ahead may be out of date.
    stale: AtomicBool,
}

impl Deliverer {
    pub(super) fn new(store: Store, config: Arc<WebhookConfig>, changed: Arc<Notify>) -> Self {
        Self { store, config, changed, client: Arc::default(), receivers: HashMap::new(), expired_at: None }
    }

    /// Works until `stopping`, and lets what is under way end for a moment.
    pub(super) async fn run(mut self, stopping: CancellationToken) {
        let committed = self.store.committed();
        while !stopping.is_cancelled() {
            if let Err(error) = self.reconcile(&stopping).await {
                tracing::error!(%error, "cannot look for events to deliver");
                // What was committed is no reason to try again earlier: the database was asked, and does not work.
                tokio::select! {
                    () = tokio::time::sleep(limits::WEBHOOK_STORE_RETRY) => {}
                    () = stopping.cancelled() => {}
                }
                continue;
            }
            let wait = if self.receivers.is_empty() {
                limits::WEBHOOK_LEADER_INTERVAL
            } else {
                limits::EVENTS_INTERVAL
            };
            tokio::select! {
                () = committed.notified(), if !self.receivers.is_empty() => {}
                () = self.changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
                () = stopping.cancelled() => {}
            }
        }
        let running = self.receivers.drain().map(|(_, running)| running.task);
        let ended = futures_util::future::join_all(running);
        if tokio::time::timeout(limits::DRAIN_TIMEOUT, ended).await.is_err() {
            tracing::debug!("attempts are under way; they are made again by the next process that delivers");
        }
    }

    /// Gives every event its deliveries, and every webhook its receiver.
    async fn reconcile(&mut self, stopping: &CancellationToken) -> Result<(), StoreError> {
        loop {
            let outbox = self.store.outbox().await?;
            let woken = self.fan_out(&outbox).await?;
            self.keep_receivers(&outbox.webhooks, &woken, stopping).await;
            if !outbox.more {
                return self.expire(&outbox.webhooks).await;
            }
        }
    }

    /// Makes the deliveries of a page of events. Returns the webhooks that got some.
    async fn fan_out(&self, outbox: &Outbox) -> Result<HashSet<WebhookId>, StoreError> {
        let Some(last) = outbox.events.last() else { return Ok(HashSet::new()) };
        let now = Timestamp::now();
        let mut deliveries = Vec::new();
        for stored in &outbox.events {
            for OutboxWebhook { webhook, after_event_id, .. } in &outbox.webhooks {
                if stored.event_id > *after_event_id && envelope::is_wanted(webhook, &stored.event) {
                    let id = format!("dlv_{}", Uuid::now_v7().simple());
                    let event = (stored.event_id, stored.event.event_type.as_str());
                    deliveries.push(Delivery::new(
                        id.into(),
                        &webhook.id,
                        event,
                        now,
                        &self.config.limits.retry,
                    ));
                }
            }
        }
        let woken = deliveries.iter().map(|delivery| delivery.subscription_id.clone()).collect();
        self.store.fan_out(outbox.cursor, last.event_id, deliveries).await?;
        Ok(woken)
    }

    async fn keep_receivers(
        &mut self,
        webhooks: &[OutboxWebhook],
        woken: &HashSet<WebhookId>,
        stopping: &CancellationToken,
    ) {
        self.receivers.retain(|id, running| {
            let stays = webhooks.iter().any(|of| of.webhook.id == *id) && !running.task.is_finished();
            if !stays {
                // What is under way to a webhook that was deleted is not wanted any more.
                running.task.abort();
            }
            stays
        });
        for OutboxWebhook { webhook, revision, .. } in webhooks {
            let Some(running) = self.receivers.get_mut(&webhook.id) else {
                let wake = Arc::new(Wake::default());
                let receiver = Receiver {
                    webhook_id: webhook.id.clone(),
                    store: self.store.clone(),
                    client: self.client().await,
                    config: Arc::clone(&self.config),
                    wake: Arc::clone(&wake),
                    stopping: stopping.clone(),
                };
                let task = tokio::spawn(receiver.run());
                self.receivers.insert(webhook.id.clone(), Running { revision: *revision, wake, task });
                continue;
            };
            if running.revision != *revision {
                running.revision = *revision;
                running.wake.stale.store(true, Ordering::Release);
                running.wake.notify.notify_one();
            } else if woken.contains(&webhook.id) {
                running.wake.notify.notify_one();
            }
        }
    }

    /// Made with the first webhook: it reads files.
    async fn client(&self) -> Client {
        let make = async || {
            let config = Arc::clone(&self.config);
            let made = tokio::task::spawn_blocking(move || Client::new(&config)).await;
            made.unwrap_or_else(|_| Client::with_roots(&self.config, rustls::RootCertStore::empty()))
        };
        self.client.get_or_init(make).await.clone()
    }

    /// Gives up, now and then, what waited too long for webhooks that nothing is sent to.
    async fn expire(&mut self, webhooks: &[OutboxWebhook]) -> Result<(), StoreError> {
        let interval = limits::RECONCILE_INTERVAL.min(self.config.limits.retry.age_max);
        if self.expired_at.is_some_and(|at| at.elapsed() < interval) {
            return Ok(());
        }
        self.expired_at = Some(Instant::now());
        for webhook in webhooks.iter().map(|of| &of.webhook).filter(|webhook| !webhook.is_active()) {
            let error = "given up: nothing was sent to the webhook until its time was over";
            let expired = self.store.expire_deliveries(&webhook.id, Timestamp::now(), error).await?;
            if expired > 0 {
                tracing::warn!(
                    webhook = %webhook.id,
                    expired,
                    "gave up deliveries of a webhook that is paused or disabled"
                );
            }
        }
        Ok(())
    }
}

/// Sends to one webhook, for as long as it is there.
struct Receiver {
    webhook_id: WebhookId,
    store: Store,
    client: Client,
    config: Arc<WebhookConfig>,
    wake: Arc<Wake>,
    stopping: CancellationToken,
}

/// What became of an attempt: the webhook as it is then, unless it is gone.
type Settled = (DeliveryId, Result<Option<Webhook>, StoreError>);

impl Receiver {
    async fn run(self) {
        if let Err(error) = self.deliver().await {
            // The deliverer starts it again.
            tracing::error!(%error, webhook = %self.webhook_id, "cannot use the outbox");
            tokio::time::sleep(limits::WEBHOOK_STORE_RETRY).await;
        }
    }

    async fn deliver(&self) -> Result<(), StoreError> {
        let in_flight_max = self.config.limits.in_flight_max;
        let mut under_way: FuturesUnordered<BoxFuture<'_, Settled>> = FuturesUnordered::new();
        let mut ids: HashSet<DeliveryId> = HashSet::new();
        let mut queue: VecDeque<(Delivery, Option<Event>)> = VecDeque::new();
        let mut next_due = None;
        let Some(mut webhook) = self.store.webhook(&self.webhook_id).await? else { return Ok(()) };
        loop {
            if self.wake.stale.swap(false, Ordering::AcqRel) {
                queue.clear();
            }
            if queue.is_empty() && !self.stopping.is_cancelled() {
                let limit = limits::WEBHOOK_BATCH_MAX + ids.len();
                let due = self.store.due_deliveries(&self.webhook_id, Timestamp::now(), limit).await?;
                let Some(found) = due.webhook else { return Ok(()) };
                (webhook, next_due) = (found, due.next_due);
                queue.extend(
                    due.deliveries.into_iter().filter(|(found, _)| !ids.contains(&found.delivery_id)),
                );
            }
            let now = Timestamp::now();
            let allowed = webhook.attempts_allowed(now, in_flight_max);
            while under_way.len() < allowed
                && !self.stopping.is_cancelled()
                && let Some((delivery, event)) = queue.pop_front()
            {
                ids.insert(delivery.delivery_id.clone());
                under_way.push(Box::pin(self.attempt(webhook.clone(), delivery, event)));
            }
            if self.stopping.is_cancelled() && under_way.is_empty() {
                return Ok(());
            }
            let look_at = match webhook.health.retry_at {
                _ if !webhook.is_active() => None,
                Some(retry_at) if retry_at > now => Some(retry_at),
                _ if queue.is_empty() => next_due,
                // All that may be under way is.
                _ => None,
            };
            tokio::select! {
                Some((delivery_id, settled)) = under_way.next() => {
                    ids.remove(&delivery_id);
                    match settled? {
                        Some(settled) => webhook = settled,
                        // It is gone, as the next look will show.
                        None => queue.clear(),
                    }
                }
                () = self.wake.notify.notified() => {}
                () = sleep_until(now, look_at) => {}
                () = self.stopping.cancelled(), if !self.stopping.is_cancelled() => queue.clear(),
            }
        }
    }

    /// One attempt, and its record.
    async fn attempt(&self, webhook: Webhook, delivery: Delivery, event: Option<Event>) -> Settled {
        let id = delivery.delivery_id.clone();
        let settled = match event {
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
        (id, settled)
    }

    async fn send(
        &self,
        webhook: Webhook,
        delivery: Delivery,
        event: &Event,
    ) -> Result<Option<Webhook>, StoreError> {
        let (at, begun) = (Timestamp::now(), Instant::now());
        let body = envelope::render(&webhook, &delivery, event);
        let headers = headers(&webhook, &delivery, at, &body);
        let Reply { status, error, answer } = self.client.post(&webhook.url, &headers, body).await;
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(
            webhook = %webhook.id,
            delivery = %delivery.delivery_id,
            status,
            error,
            duration_ms,
            "made an attempt"
        );
        let attempt = Attempt { at, duration_ms, status, error };
        let retry = self.config.limits.retry.clone();
        self.change(&delivery.delivery_id, move |webhook, delivery| {
            let now = Timestamp::now();
            let paused = record_attempt(webhook, delivery, attempt, answer, now, random(), &retry)?;
            Some(paused_event(webhook, paused, now))
        })
        .await
    }

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
        // A millisecond more: moments are whole ones.
        Some(moment) => tokio::time::sleep(now.until(moment) + Duration::from_millis(1)).await,
        None => std::future::pending().await,
    }
}

/// The headers of Standard Webhooks. Without a secret there is no signature.
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

fn paused_event(webhook: &Webhook, reason: PausedReason, at: Timestamp) -> Event {
    tracing::warn!(
        webhook = %webhook.id,
        ?reason,
        error = webhook.last_error,
        "nothing more is sent to a webhook until it is enabled again"
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

/// Between 0 and 1.
fn random() -> f64 {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    // The upper half of a version 4 UUID's first 32 bits are random.
    f64::from(u32::try_from(high >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
