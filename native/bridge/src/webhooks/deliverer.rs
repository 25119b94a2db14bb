//! Creates deliveries for recorded events and runs an [`EndpointWorker`] for each webhook, so that a slow
//! endpoint delays no other. The deliverer and the workers take no input but the database, so nothing is lost
//! if a notification is.
//!
//! ```text
//! commit, change, poll ─► Deliverer ── fan out: events ─► deliveries (one transaction with the cursor)
//!                             │ starts, wakes, aborts
//!                             ▼
//!                         EndpointWorker ── due deliveries ─► attempts (a few at a time) ─► record
//! ```

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use model::clock::Timestamp;
use model::delivery::Delivery;
use model::ids::WebhookId;
use model::limits;
use store::{Outbox, OutboxWebhook, Store, StoreError};
use tokio::sync::{Notify, OnceCell};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::WebhookConfig;
use super::client::Client;
use super::endpoint_worker::{EndpointWorker, Wake};
use super::envelope;

/// Fans events out to deliveries and keeps a worker running for each webhook. Only one process of a data
/// directory runs a deliverer.
pub(super) struct Deliverer {
    store: Store,
    config: Arc<WebhookConfig>,
    changed: Arc<Notify>,
    client: Arc<OnceCell<Client>>,
    workers: HashMap<WebhookId, RunningWorker>,
    /// When overdue deliveries were last given up.
    expired_at: Option<Instant>,
}

/// A running [`EndpointWorker`].
struct RunningWorker {
    /// The revision of the webhook that the worker was last notified of.
    revision: i64,
    wake: Arc<Wake>,
    task: JoinHandle<()>,
}

impl Deliverer {
    pub(super) fn new(store: Store, config: Arc<WebhookConfig>, changed: Arc<Notify>) -> Self {
        Self { store, config, changed, client: Arc::default(), workers: HashMap::new(), expired_at: None }
    }

    /// Runs until `stopping`, and then gives attempts in flight a moment to end.
    pub(super) async fn run(mut self, stopping: CancellationToken) {
        let committed = self.store.committed();
        while !stopping.is_cancelled() {
            if let Err(error) = self.reconcile(&stopping).await {
                tracing::error!(%error, "cannot read events to deliver");
                // Commits do not shorten this wait, because the database has just failed.
                tokio::select! {
                    () = tokio::time::sleep(limits::WEBHOOK_STORE_RETRY) => {}
                    () = stopping.cancelled() => {}
                }
                continue;
            }
            let wait = if self.workers.is_empty() {
                limits::WEBHOOK_LEADER_INTERVAL
            } else {
                limits::EVENTS_INTERVAL
            };
            tokio::select! {
                () = committed.notified(), if !self.workers.is_empty() => {}
                () = self.changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
                () = stopping.cancelled() => {}
            }
        }
        let tasks = self.workers.drain().map(|(_, worker)| worker.task);
        let ended = futures_util::future::join_all(tasks);
        if tokio::time::timeout(limits::DRAIN_TIMEOUT, ended).await.is_err() {
            tracing::debug!("stopped with attempts in flight; the next process that delivers repeats them");
        }
    }

    /// Creates the deliveries of new events, and makes the running workers match the webhooks.
    async fn reconcile(&mut self, stopping: &CancellationToken) -> Result<(), StoreError> {
        loop {
            let outbox = self.store.outbox().await?;
            let with_deliveries = self.fan_out(&outbox).await?;
            self.reconcile_workers(&outbox.webhooks, &with_deliveries, stopping).await;
            if !outbox.more {
                return self.expire(&outbox.webhooks).await;
            }
        }
    }

    /// Creates the deliveries of a page of events. Returns the webhooks that have new deliveries.
    async fn fan_out(&self, outbox: &Outbox) -> Result<HashSet<WebhookId>, StoreError> {
        let Some(last) = outbox.events.last() else { return Ok(HashSet::new()) };
        let now = Timestamp::now();
        let mut deliveries = Vec::new();
        for stored in &outbox.events {
            for OutboxWebhook { webhook, after_event_id, .. } in &outbox.webhooks {
                if stored.event_id > *after_event_id && envelope::matches(webhook, &stored.event) {
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
        let with_deliveries = deliveries.iter().map(|delivery| delivery.subscription_id.clone()).collect();
        self.store.fan_out(outbox.cursor, last.event_id, deliveries).await?;
        Ok(with_deliveries)
    }

    /// Starts a worker for each new webhook, ends those of deleted webhooks, and wakes the others as needed.
    async fn reconcile_workers(
        &mut self,
        webhooks: &[OutboxWebhook],
        with_deliveries: &HashSet<WebhookId>,
        stopping: &CancellationToken,
    ) {
        self.workers.retain(|id, worker| {
            let exists = webhooks.iter().any(|row| row.webhook.id == *id);
            let stays = exists && !worker.task.is_finished();
            if !stays {
                // Attempts in flight to a deleted webhook are dropped.
                worker.task.abort();
            }
            stays
        });
        for OutboxWebhook { webhook, revision, .. } in webhooks {
            let Some(running) = self.workers.get_mut(&webhook.id) else {
                let wake = Arc::new(Wake::default());
                let worker = EndpointWorker {
                    webhook_id: webhook.id.clone(),
                    store: self.store.clone(),
                    client: self.client().await,
                    config: Arc::clone(&self.config),
                    wake: Arc::clone(&wake),
                    stopping: stopping.clone(),
                };
                let task = tokio::spawn(worker.run());
                self.workers.insert(webhook.id.clone(), RunningWorker { revision: *revision, wake, task });
                continue;
            };
            if running.revision != *revision {
                running.revision = *revision;
                running.wake.for_changes();
            } else if with_deliveries.contains(&webhook.id) {
                running.wake.for_deliveries();
            }
        }
    }

    /// Returns the HTTP client. It is created for the first webhook, because that reads the certificates of
    /// the machine.
    async fn client(&self) -> Client {
        let create = async || {
            let config = Arc::clone(&self.config);
            let client = tokio::task::spawn_blocking(move || Client::new(&config)).await;
            client.unwrap_or_else(|_| Client::with_roots(&self.config, rustls::RootCertStore::empty()))
        };
        self.client.get_or_init(create).await.clone()
    }

    /// Gives up the overdue deliveries of paused and disabled webhooks, at most once per interval.
    async fn expire(&mut self, webhooks: &[OutboxWebhook]) -> Result<(), StoreError> {
        let interval = limits::RECONCILE_INTERVAL.min(self.config.limits.retry.age_max);
        if self.expired_at.is_some_and(|at| at.elapsed() < interval) {
            return Ok(());
        }
        self.expired_at = Some(Instant::now());
        for webhook in webhooks.iter().map(|row| &row.webhook).filter(|webhook| !webhook.is_active()) {
            let error = "given up: the webhook was paused or disabled until the deadline of the delivery";
            let expired = self.store.expire_deliveries(&webhook.id, Timestamp::now(), error).await?;
            if expired > 0 {
                tracing::warn!(
                    webhook = %webhook.id,
                    expired,
                    "gave up overdue deliveries of a paused or disabled webhook"
                );
            }
        }
        Ok(())
    }
}
