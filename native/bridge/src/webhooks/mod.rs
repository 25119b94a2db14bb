//! Webhooks: recorded events are delivered to HTTP endpoints, at least once.
//!
//! - The [`deliverer`] creates a delivery for each event and each webhook that matches it, in one transaction
//!   with its cursor in the log. It runs an [`endpoint_worker`] for each webhook, which sends the deliveries
//!   until each has arrived or has been given up after a day.
//! - [`Webhooks`] has the operations of callers. They only change the database, and the deliverer reads it.
//!
//! One process of a data directory delivers: the one that holds the lock `webhooks.lock`, which the operating
//! system releases however the process ends. Its unfinished deliveries are still pending, and the next
//! process sends them again. So an endpoint may receive an event twice, with the same `webhook-id` and
//! `eventKey`, but never misses one. Events are sent in order, but a retry comes after the events that follow
//! it.

mod address;
mod client;
mod config;
mod connect;
mod deliverer;
mod endpoint_worker;
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

/// The webhooks of a data directory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhooks {
    store: Store,
    config: Arc<WebhookConfig>,
    lock_file: PathBuf,
    /// Notified when a caller has changed the database.
    changed: Arc<Notify>,
}

/// The fields of a webhook that a caller sets. `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct WebhookPatch {
    /// The URL that events are sent to.
    pub url: Option<String>,
    /// The patterns of event types.
    pub events: Option<Vec<String>>,
    /// Whether events are sent.
    pub enabled: Option<bool>,
    /// The secret that signs requests. `Some(None)` removes it.
    pub secret: Option<Option<String>>,
    /// The lanes, threads and sessions whose events are sent.
    pub scope: Option<Scope>,
}

/// The recent events that a webhook with given patterns and scope would have received.
#[derive(Debug)]
pub struct Preview {
    /// The number of recent events that were examined.
    pub examined: usize,
    /// The number of these that match.
    pub matched: usize,
    /// The newest matching events, newest first.
    pub events: Vec<StoredEvent>,
}

/// A validated [`WebhookPatch`].
#[derive(Debug)]
struct ValidatedPatch {
    url: Option<String>,
    events: Option<Vec<EventPattern>>,
    enabled: Option<bool>,
    secret: Option<Option<Secret>>,
    scope: Option<Scope>,
}

impl Webhooks {
    /// Returns the webhooks of `store`. Nothing is sent until [`Webhooks::run`] is polled.
    #[must_use]
    pub fn new(store: Store, config: WebhookConfig, data_directory: &Path) -> Self {
        Self {
            store,
            config: Arc::new(config),
            lock_file: data_directory.join("webhooks.lock"),
            changed: Arc::default(),
        }
    }

    /// Delivers events until `stopping`, as soon as no other process of the data directory does.
    pub async fn run(self, stopping: CancellationToken) {
        loop {
            match take_lock(&self.lock_file) {
                Ok(Some(lock)) => {
                    Deliverer::new(self.store, self.config, self.changed).run(stopping).await;
                    drop(lock);
                    return;
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "cannot take the webhook lock"),
            }
            tokio::select! {
                () = tokio::time::sleep(limits::WEBHOOK_LEADER_INTERVAL) => {}
                () = stopping.cancelled() => return,
            }
        }
    }

    /// Creates a webhook with this id. Returns an existing webhook of the same id unchanged, because its
    /// request was repeated.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a field is invalid, and [`Error::TooManyWebhooks`] at the limit.
    pub async fn create(&self, id: WebhookId, patch: WebhookPatch) -> Result<Webhook, Error> {
        let ValidatedPatch { url, events, enabled, secret, scope } = patch.validated()?;
        let now = Timestamp::now();
        let webhook = Webhook {
            id,
            url: url.ok_or_else(|| Error::invalid("url", "is required: the URL that events are sent to"))?,
            events: events.ok_or_else(|| {
                Error::invalid("events", "is required: patterns of event types, for example [\"*\"]")
            })?,
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

    /// Returns the recent events that a webhook with these patterns and this scope would have received.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a field is invalid.
    pub async fn preview(&self, events: &[String], scope: Scope) -> Result<Preview, Error> {
        let (patterns, scope) = (validate_events(events)?, validate_scope(scope)?);
        let newest = self.store.log_bounds().await?.newest;
        let mut after = newest.saturating_sub(limits::PREVIEW_EVENTS_MAX.into()).max(0);
        let (mut examined, mut matching) = (0, Vec::new());
        loop {
            let page = self.store.events_after(after, EventSubject::default()).await?;
            examined += page.events.len();
            if let Some(last) = page.events.last() {
                after = last.event_id;
            }
            let matches =
                |stored: &StoredEvent| selects(&patterns, &scope, &envelope::subject_of(&stored.event));
            matching.extend(page.events.into_iter().filter(matches));
            if !page.more || after >= newest {
                break;
            }
        }
        let matched = matching.len();
        let events = matching.into_iter().rev().take(limits::PREVIEW_SHOWN_MAX).collect();
        Ok(Preview { examined, matched, events })
    }

    /// Returns all webhooks, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`] if the database fails.
    pub async fn list(&self) -> Result<Vec<Webhook>, Error> {
        Ok(self.store.webhooks().await?)
    }

    /// Returns one webhook.
    ///
    /// # Errors
    /// [`Error::WebhookNotFound`] if it does not exist.
    pub async fn get(&self, id: &WebhookId) -> Result<Webhook, Error> {
        self.store.webhook(id).await?.ok_or(Error::WebhookNotFound)
    }

    /// Changes a webhook. `enabled: true` also ends its pause, and its pending deliveries become due at once.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a field is invalid, and [`Error::WebhookNotFound`] if the webhook does not
    /// exist.
    pub async fn update(&self, id: &WebhookId, patch: WebhookPatch) -> Result<Webhook, Error> {
        let ValidatedPatch { url, events, enabled, secret, scope } = patch.validated()?;
        let change = move |webhook: &mut Webhook| {
            let (was_enabled, was_active) = (webhook.enabled, webhook.is_active());
            webhook.updated_at = Timestamp::now();
            let has_moved = url.as_ref().is_some_and(|url| *url != webhook.url);
            webhook.url = url.unwrap_or_else(|| webhook.url.clone());
            webhook.events = events.unwrap_or_else(|| webhook.events.clone());
            webhook.scope = scope.unwrap_or_else(|| webhook.scope.clone());
            if let Some(secret) = secret {
                webhook.secret = secret;
            }
            if has_moved {
                // The new endpoint may be healthy.
                webhook.health = Default::default();
            }
            match enabled {
                Some(true) => webhook.enable(),
                Some(false) => webhook.disable(),
                None => {}
            }
            WebhookChange {
                from_now_on: webhook.enabled && !was_enabled,
                due_now: webhook.is_active() && (has_moved || !was_active || enabled == Some(true)),
            }
        };
        let webhook = self.store.change_webhook(id, change).await?.ok_or(Error::WebhookNotFound)?;
        self.changed.notify_one();
        Ok(webhook)
    }

    /// Deletes a webhook with its deliveries.
    ///
    /// # Errors
    /// [`Error::WebhookNotFound`] if it does not exist.
    pub async fn delete(&self, id: &WebhookId) -> Result<(), Error> {
        if !self.store.delete_webhook(id).await? {
            return Err(Error::WebhookNotFound);
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Records an event `webhook.test`, which is delivered like any other event, but to this webhook only.
    /// Returns the event's id.
    ///
    /// # Errors
    /// [`Error::WebhookNotFound`] if the webhook does not exist, and [`Error::WebhookInactive`] if it is
    /// paused or disabled.
    pub async fn test(&self, id: &WebhookId) -> Result<i64, Error> {
        let webhook = self.active(id).await?;
        let payload = json!({"subscriptionId": webhook.id, "message": "A test of this webhook."});
        let event = Event::new(Timestamp::now(), envelope::TEST_EVENT, &payload);
        Ok(self.store.record_numbered_event(event).await?)
    }

    /// Returns deliveries of a webhook, newest event first.
    ///
    /// # Errors
    /// [`Error::WebhookNotFound`] if the webhook does not exist, and [`Error::DeliveryNotFound`] if the
    /// delivery `query.before` does not.
    pub async fn deliveries(&self, query: DeliveryQuery) -> Result<DeliveryPage, Error> {
        self.get(&query.webhook_id).await?;
        if let Some(before) = &query.before {
            self.delivery(&query.webhook_id, before).await?;
        }
        Ok(self.store.deliveries(query).await?)
    }

    /// Makes a delivery pending again, whatever its outcome was.
    ///
    /// # Errors
    /// [`Error::WebhookNotFound`] and [`Error::DeliveryNotFound`] if one of them does not exist,
    /// [`Error::WebhookInactive`] if the webhook is paused or disabled, and [`Error::EventForgotten`] if the
    /// event is no longer in the log.
    pub async fn redeliver(&self, id: &WebhookId, delivery_id: &DeliveryId) -> Result<Delivery, Error> {
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
        let changed = self.store.change_delivery(id, delivery_id, ChangedBy::Caller, again).await?;
        self.changed.notify_one();
        changed.map(|(_, delivery)| delivery).ok_or_else(|| Error::DeliveryNotFound(id.to_string()))
    }

    /// Returns a webhook that is neither paused nor disabled.
    async fn active(&self, id: &WebhookId) -> Result<Webhook, Error> {
        let webhook = self.get(id).await?;
        match (webhook.enabled, webhook.is_active()) {
            (_, true) => Ok(webhook),
            (true, _) => Err(Error::WebhookInactive { state: "paused" }),
            (false, _) => Err(Error::WebhookInactive { state: "disabled" }),
        }
    }

    async fn delivery(&self, id: &WebhookId, delivery_id: &DeliveryId) -> Result<Delivery, Error> {
        let delivery = self.store.delivery(id, delivery_id).await?;
        delivery.ok_or_else(|| Error::DeliveryNotFound(id.to_string()))
    }
}

impl WebhookPatch {
    fn validated(self) -> Result<ValidatedPatch, Error> {
        let Self { url, events, enabled, secret, scope } = self;
        Ok(ValidatedPatch {
            url: url.map(|url| validate_url(&url)).transpose()?,
            events: events.map(|events| validate_events(&events)).transpose()?,
            enabled,
            secret: secret.map(|secret| secret.map(validate_secret).transpose()).transpose()?,
            scope: scope.map(validate_scope).transpose()?,
        })
    }
}

/// Validates the URL, but not the addresses of its host: these are checked for each connection.
fn validate_url(url: &str) -> Result<String, Error> {
    client::parse_url(url).map(String::from).map_err(|problem| Error::invalid("url", problem))
}

fn validate_events(events: &[String]) -> Result<Vec<EventPattern>, Error> {
    if !(1..=limits::WEBHOOK_PATTERNS_MAX).contains(&events.len()) {
        let problem =
            format!("must have 1 to {} patterns; [\"*\"] matches all events", limits::WEBHOOK_PATTERNS_MAX);
        return Err(Error::invalid("events", problem));
    }
    let parse = |(index, pattern): (usize, &String)| {
        EventPattern::parse(pattern).map_err(|problem| Error::invalid(format!("events[{index}]"), problem))
    };
    events.iter().enumerate().map(parse).collect()
}

fn validate_secret(secret: String) -> Result<Secret, Error> {
    if secret.trim().is_empty() || secret.len() > limits::WEBHOOK_SECRET_LENGTH_MAX {
        let problem = format!(
            "must have 1 to {} characters, or be null for no secret",
            limits::WEBHOOK_SECRET_LENGTH_MAX
        );
        return Err(Error::invalid("secret", problem));
    }
    let secret = Secret(secret);
    signature::key(&secret).map_err(|problem| Error::invalid("secret", problem))?;
    Ok(secret)
}

fn validate_scope(scope: Scope) -> Result<Scope, Error> {
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
        let is_invalid = |id: &&&str| {
            id.trim().is_empty() || id.len() > limits::SCOPE_ID_LENGTH_MAX || id.chars().any(char::is_control)
        };
        if let Some(id) = ids.iter().find(is_invalid) {
            let problem =
                format!("`{}` is not a valid id", id.chars().take(40).collect::<String>().escape_debug());
            return Err(Error::invalid(format!("scope.{field}"), problem));
        }
    }
    Ok(scope)
}
