//! Webhooks: events on their way to receivers elsewhere, at least once.
//!
//! - [`deliverer`]: gives every recorded event its deliveries, one for each webhook that wants it, in one transaction with
//!   the place in the log; and sends them, until each has arrived or a day is over.
//! - [`Webhooks`]: what callers do with webhooks. It only changes the database; whoever delivers sees it there.
//!
//! One process of a data folder delivers: the one that holds the lock `webhooks.lock`, which the operating system releases however
//! it ends. What it had under way is pending still, and the next one sends it again. So a receiver may get an event twice, with the
//! same `webhook-id` and `eventKey`, and never misses one. Events are sent in their order, but retries come later than their
//! successors.

mod address;
mod client;
mod config;
mod connect;
mod deliverer;
pub mod envelope;
mod signature;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::clock::Timestamp;
use model::delivery::Delivery;
use model::event::{Event, EventSubject, StoredEvent};
use model::event_pattern::EventPattern;
use model::ids::{DeliveryId, WebhookId};
use model::limits;
use model::secret::Secret;
use model::webhook::{Scope, Webhook, selects};
use serde_json::json;
use store::{ChangedBy, DeliveryPage, DeliveryQuery, Inserted, Store, WebhookChange};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::instance::take_lock;
pub use config::WebhookConfig;
use deliverer::Deliverer;

/// All webhooks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhooks {
    store: Store,
    config: Arc<WebhookConfig>,
    lock_file: PathBuf,
    /// A caller changed something.
    changed: Arc<Notify>,
}

/// What a caller sets; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct WebhookPatch {
    /// Where events are sent.
    pub url: Option<String>,
    /// Which types.
    pub events: Option<Vec<String>>,
    /// Whether at all.
    pub enabled: Option<bool>,
    /// What they are signed with; `Some(None)` for nothing.
    pub secret: Option<Option<String>>,
    /// Which ones.
    pub scope: Option<Scope>,
}

/// What a webhook of some events and scope would have been sent lately.
#[derive(Debug)]
pub struct Preview {
    /// How many of the newest events were looked at.
    pub looked_at: usize,
    /// How many of these it would have been sent.
    pub matched: usize,
    /// The newest of them, newest first.
    pub events: Vec<StoredEvent>,
}

/// The same, checked.
#[derive(Debug)]
struct Checked {
    url: Option<String>,
    events: Option<Vec<EventPattern>>,
    enabled: Option<bool>,
    secret: Option<Option<Secret>>,
    scope: Option<Scope>,
}

impl Webhooks {
    /// The webhooks of `store`. Nothing is sent until [`Webhooks::run`] runs.
    #[must_use]
    pub fn new(store: Store, config: WebhookConfig, data_directory: &Path) -> Self {
        Self {
            store,
            config: Arc::new(config),
            lock_file: data_directory.join("webhooks.lock"),
            changed: Arc::default(),
        }
    }

    /// Delivers, while no other process of the data folder does; until `stopping`.
    pub async fn run(self, stopping: CancellationToken) {
        loop {
            match take_lock(&self.lock_file) {
                Ok(Some(lock)) => {
                    Deliverer::new(self.store, self.config, self.changed).run(stopping).await;
                    drop(lock);
                    return;
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "cannot take the lock of webhooks"),
            }
            tokio::select! {
                () = tokio::time::sleep(limits::WEBHOOK_LEADER_INTERVAL) => {}
                () = stopping.cancelled() => return,
            }
        }
    }

    /// Adds a webhook under this id. One of the same id stays as it is: the request was sent again.
    ///
    /// # Errors
    /// [`Error`]: a wrong field, or too many.
    pub async fn create(&self, id: &str, patch: WebhookPatch) -> Result<Webhook, Error> {
        let Checked { url, events, enabled, secret, scope } = patch.checked()?;
        let now = Timestamp::now();
        let webhook = Webhook {
            id: id.to_owned().into(),
            url: url.ok_or_else(|| Error::invalid("url", "is required: where events are sent"))?,
            events: events
                .ok_or_else(|| Error::invalid("events", "is required: event types, for example [\"*\"]"))?,
            enabled: enabled.unwrap_or(true),
            scope: scope.unwrap_or_default(),
            created_at: now,
            updated_at: now,
            last_delivery_at: None,
            last_error: None,
            paused_at: None,
            paused_reason: None,
            health: Default::default(),
            secret: secret.flatten(),
        };
        match self.store.insert_webhook(&webhook).await? {
            Inserted::Done(webhook) => {
                self.changed.notify_one();
                Ok(*webhook)
            }
            Inserted::Full => Err(Error::TooManyWebhooks { limit: limits::WEBHOOKS_MAX }),
        }
    }

    /// What a webhook of these events and this scope would have been sent of the newest events.
    ///
    /// # Errors
    /// [`Error`]: a wrong field.
    pub async fn preview(&self, events: &[String], scope: Scope) -> Result<Preview, Error> {
        let (patterns, scope) = (check_events(events)?, check_scope(scope)?);
        let newest = self.store.log_bounds().await?.newest;
        let mut after = newest.saturating_sub(limits::PREVIEW_EVENTS_MAX.into()).max(0);
        let (mut looked_at, mut matching) = (0, Vec::new());
        loop {
            let page = self.store.events_after(after, EventSubject::default()).await?;
            looked_at += page.events.len();
            if let Some(last) = page.events.last() {
                after = last.event_id;
            }
            let wanted =
                |stored: &StoredEvent| selects(&patterns, &scope, &envelope::subject_of(&stored.event));
            matching.extend(page.events.into_iter().filter(wanted));
            if !page.more || after >= newest {
                break;
            }
        }
        let matched = matching.len();
        let events = matching.into_iter().rev().take(limits::PREVIEW_SHOWN_MAX).collect();
        Ok(Preview { looked_at, matched, events })
    }

    /// All of them, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn list(&self) -> Result<Vec<Webhook>, Error> {
        Ok(self.store.webhooks().await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::WebhookNotFound`].
    pub async fn get(&self, id: &str) -> Result<Webhook, Error> {
        self.store.webhook(&WebhookId::from(id)).await?.ok_or(Error::WebhookNotFound)
    }

    /// Changes one. `enabled: true` also ends its pause, and what waits for it is tried at once.
    ///
    /// # Errors
    /// [`Error`]: a wrong field, or no such webhook.
    pub async fn update(&self, id: &str, patch: WebhookPatch) -> Result<Webhook, Error> {
        let Checked { url, events, enabled, secret, scope } = patch.checked()?;
        let change = move |webhook: &mut Webhook| {
            let (was_enabled, was_active) = (webhook.enabled, webhook.is_active());
            webhook.updated_at = Timestamp::now();
            let moved = url.as_ref().is_some_and(|url| *url != webhook.url);
            webhook.url = url.unwrap_or_else(|| webhook.url.clone());
            webhook.events = events.unwrap_or_else(|| webhook.events.clone());
            webhook.scope = scope.unwrap_or_else(|| webhook.scope.clone());
            if let Some(secret) = secret {
                webhook.secret = secret;
            }
            if moved {
                // Another receiver, perhaps a healthy one.
                webhook.health = Default::default();
            }
            if let Some(enabled) = enabled {
                webhook.enable(enabled);
            }
            WebhookChange {
                from_now_on: webhook.enabled && !was_enabled,
                due_now: webhook.is_active() && (moved || !was_active || enabled == Some(true)),
            }
        };
        let webhook =
            self.store.change_webhook(&WebhookId::from(id), change).await?.ok_or(Error::WebhookNotFound)?;
        self.changed.notify_one();
        Ok(webhook)
    }

    /// Removes one, with what is on its way to it.
    ///
    /// # Errors
    /// [`Error::WebhookNotFound`].
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        if !self.store.delete_webhook(&WebhookId::from(id)).await? {
            return Err(Error::WebhookNotFound);
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Sends an event `webhook.test` the way that all events go, to this webhook only. Returns the event's id.
    ///
    /// # Errors
    /// [`Error`]: no such webhook, or nothing is sent to it.
    pub async fn test(&self, id: &str) -> Result<i64, Error> {
        let webhook = self.active(id).await?;
        let payload = json!({"subscriptionId": webhook.id, "message": "A test of this webhook."});
        let event = Event::new(Timestamp::now(), envelope::TEST_EVENT, &payload);
        Ok(self.store.record_numbered_event(event).await?)
    }

    /// Deliveries of a webhook, newest event first.
    ///
    /// # Errors
    /// [`Error`]: no such webhook, or no such delivery to go on from.
    pub async fn deliveries(&self, query: DeliveryQuery) -> Result<DeliveryPage, Error> {
        self.get(&query.webhook_id).await?;
        if let Some(before) = &query.before {
            self.delivery(&query.webhook_id, before).await?;
        }
        Ok(self.store.deliveries(query).await?)
    }

    /// Sends a delivery again, whatever became of it.
    ///
    /// # Errors
    /// [`Error`]: no such webhook or delivery, or nothing is sent to it, or its event is forgotten.
    pub async fn redeliver(&self, id: &str, delivery_id: &DeliveryId) -> Result<Delivery, Error> {
        self.active(id).await?;
        let delivery = self.delivery(id, delivery_id).await?;
        if !self.store.has_event(delivery.event_id).await? {
            return Err(Error::EventForgotten);
        }
        let retry = self.config.limits.retry.clone();
        let again = move |_: &mut Webhook, delivery: &mut Delivery| {
            delivery.again(Timestamp::now(), &retry);
            None
        };
        let changed =
            self.store.change_delivery(&WebhookId::from(id), delivery_id, ChangedBy::Caller, again).await?;
        self.changed.notify_one();
        changed.map(|(_, delivery)| delivery).ok_or_else(|| Error::DeliveryNotFound(id.to_owned()))
    }

    async fn active(&self, id: &str) -> Result<Webhook, Error> {
        let webhook = self.get(id).await?;
        match (webhook.enabled, webhook.is_active()) {
            (_, true) => Ok(webhook),
            (true, _) => Err(Error::WebhookInactive { state: "paused" }),
            (false, _) => Err(Error::WebhookInactive { state: "disabled" }),
        }
    }

    async fn delivery(&self, id: &str, delivery_id: &DeliveryId) -> Result<Delivery, Error> {
        let delivery = self.store.delivery(&WebhookId::from(id), delivery_id).await?;
        delivery.ok_or_else(|| Error::DeliveryNotFound(id.to_owned()))
    }
}

impl WebhookPatch {
    fn checked(self) -> Result<Checked, Error> {
        let Self { url, events, enabled, secret, scope } = self;
        Ok(Checked {
            url: url.map(|url| check_url(&url)).transpose()?,
            events: events.map(|events| check_events(&events)).transpose()?,
            enabled,
            secret: secret.map(|secret| secret.map(check_secret).transpose()).transpose()?,
            scope: scope.map(check_scope).transpose()?,
        })
    }
}

/// The address itself is checked when it is connected to.
fn check_url(url: &str) -> Result<String, Error> {
    client::checked_url(url).map(String::from).map_err(|problem| Error::invalid("url", problem))
}

fn check_events(events: &[String]) -> Result<Vec<EventPattern>, Error> {
    if !(1..=limits::WEBHOOK_PATTERNS_MAX).contains(&events.len()) {
        let problem =
            format!("must have 1 to {} event types; [\"*\"] means all", limits::WEBHOOK_PATTERNS_MAX);
        return Err(Error::invalid("events", problem));
    }
    let parse = |(at, text): (usize, &String)| {
        EventPattern::parse(text).map_err(|problem| Error::invalid(format!("events[{at}]"), problem))
    };
    events.iter().enumerate().map(parse).collect()
}

fn check_secret(secret: String) -> Result<Secret, Error> {
    if secret.trim().is_empty() || secret.len() > limits::WEBHOOK_SECRET_LENGTH_MAX {
        let problem =
            format!("must have 1 to {} characters, or be null for none", limits::WEBHOOK_SECRET_LENGTH_MAX);
        return Err(Error::invalid("secret", problem));
    }
    let secret = Secret(secret);
    signature::key(&secret).map_err(|problem| Error::invalid("secret", problem))?;
    Ok(secret)
}

fn check_scope(scope: Scope) -> Result<Scope, Error> {
    fn strings<Id: AsRef<str>>(ids: &[Id]) -> Vec<&str> {
        ids.iter().map(AsRef::as_ref).collect()
    }
    let dimensions = [
        ("laneIds", strings(&scope.lane_ids)),
        ("threadIds", strings(&scope.thread_ids)),
        ("sessionIds", strings(&scope.session_ids)),
    ];
    for (field, ids) in dimensions {
        if ids.len() > limits::WEBHOOK_SCOPE_IDS_MAX {
            let problem = format!("has more than {} ids", limits::WEBHOOK_SCOPE_IDS_MAX);
            return Err(Error::invalid(format!("scope.{field}"), problem));
        }
        let is_wrong = |id: &&&str| {
            id.trim().is_empty() || id.len() > limits::SCOPE_ID_LENGTH_MAX || id.chars().any(char::is_control)
        };
        if let Some(wrong) = ids.iter().find(is_wrong) {
            let problem = format!("`{}` is no id", wrong.chars().take(40).collect::<String>().escape_debug());
            return Err(Error::invalid(format!("scope.{field}"), problem));
        }
    }
    Ok(scope)
}
