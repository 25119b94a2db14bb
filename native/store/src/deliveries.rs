//! Tables `webhook_deliveries` and `webhook_cursor`: the deliveries of events to webhooks, and the outbox of
//! events that have no deliveries yet.

use model::clock::Timestamp;
use model::delivery::{Delivery, DeliveryStatus};
use model::event::{Event, StoredEvent};
use model::ids::{DeliveryId, WebhookId};
use model::limits;
use model::webhook::Webhook;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::events::{COLUMNS, COLUMNS_COUNT, append, of_row as event_of_row};
use super::webhooks::{announce, find as find_webhook, of_row as webhook_of_row, save as save_webhook};
use super::{Store, StoreError};

/// The events that have no deliveries yet, and all webhooks. Both are read in one snapshot, so that a webhook
/// that is missing here was created after these events.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    /// Events up to this one have their deliveries.
    pub cursor: i64,
    /// The events after the cursor, as many as fit into a page.
    pub events: Vec<StoredEvent>,
    /// Whether there may be more events.
    pub more: bool,
    /// All webhooks.
    pub webhooks: Vec<OutboxWebhook>,
}

/// A webhook with the values that delivery needs.
#[derive(Debug, Clone)]
pub struct OutboxWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// The webhook gets only events after this one.
    pub after_event_id: i64,
    /// The revision, which increases with every change that the endpoint worker must notice.
    pub revision: i64,
}

/// The party that changes a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedBy {
    /// The endpoint worker.
    Deliverer,
    /// A client. The endpoint worker must read the webhook again.
    Caller,
}

/// The deliveries that are due for a webhook.
#[derive(Debug, Clone)]
pub struct Due {
    /// The webhook; `None` if it was deleted.
    pub webhook: Option<Webhook>,
    /// The deliveries that are due, earliest first, each with its event if that still exists.
    pub deliveries: Vec<(Delivery, Option<Event>)>,
    /// The time at which the next delivery after these is due.
    pub next_due: Option<Timestamp>,
}

/// A query for deliveries.
#[derive(Debug, Clone, Default)]
pub struct DeliveryQuery {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// Only deliveries with this status.
    pub status: Option<DeliveryStatus>,
    /// Only the delivery of this event.
    pub event_id: Option<i64>,
    /// Only deliveries of events before that of this delivery.
    pub before: Option<DeliveryId>,
    /// The maximum number of deliveries.
    pub limit: u32,
}

/// A page of deliveries, newest event first.
#[derive(Debug, Clone)]
pub struct DeliveryPage {
    /// The deliveries of this page.
    pub deliveries: Vec<Delivery>,
    /// Whether older deliveries match, too.
    pub more: bool,
}

impl Store {
    /// Returns the events that have no deliveries yet, and the webhooks. Reads no events if there is no
    /// webhook.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn outbox(&self) -> Result<Outbox, StoreError> {
        self.read(|connection| {
            // One transaction reads one snapshot.
            let connection = connection.unchecked_transaction()?;
            let mut outbox = Outbox::default();
            let mut statement = connection.prepare_cached(
                "SELECT webhook, secret, after_event_id, revision FROM webhooks ORDER BY rowid",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                outbox.webhooks.push(OutboxWebhook {
                    webhook: webhook_of_row(row)?,
                    after_event_id: row.get(2)?,
                    revision: row.get(3)?,
                });
            }
            if outbox.webhooks.is_empty() {
                return Ok(outbox);
            }
            outbox.cursor =
                connection.query_row("SELECT event_id FROM webhook_cursor", [], |row| row.get(0))?;
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM events e WHERE event_id > ?1 ORDER BY event_id LIMIT ?2"
            ))?;
            let mut rows = statement.query(params![outbox.cursor, number(limits::EVENTS_PAGE_MAX)])?;
            let mut bytes = 0;
            while let Some(row) = rows.next()? {
                let stored = event_of_row(row)?;
                bytes += stored.event.payload.len();
                outbox.events.push(stored);
                outbox.more =
                    bytes > limits::EVENTS_PAGE_BYTES_MAX || outbox.events.len() >= limits::EVENTS_PAGE_MAX;
                if outbox.more {
                    break;
                }
            }
            Ok(outbox)
        })
        .await
    }

    /// Adds the deliveries of the events from `from` (exclusive) to `to`, and moves the cursor to `to`. Does
    /// nothing if the cursor is not at `from`, because another process has added these deliveries.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn fan_out(&self, from: i64, to: i64, deliveries: Vec<Delivery>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let moved = connection
                .prepare_cached("UPDATE webhook_cursor SET event_id = ?2 WHERE event_id = ?1")?
                .execute([from, to])?;
            if moved == 0 {
                return Ok(());
            }
            // The webhook may have been deleted meanwhile.
            let mut insert = connection.prepare_cached(
                "INSERT OR IGNORE INTO webhook_deliveries
                 (delivery_id, webhook_id, event_id, status, next_attempt_at, give_up_at, ended_at, delivery)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
                 WHERE EXISTS (SELECT 1 FROM webhooks WHERE webhook_id = ?2)",
            )?;
            for delivery in &deliveries {
                insert.execute(params![
                    delivery.delivery_id.as_str(),
                    delivery.subscription_id.as_str(),
                    delivery.event_id,
                    delivery.status.name(),
                    delivery.next_attempt_at.map(Timestamp::as_millis),
                    delivery.give_up_at.as_millis(),
                    delivery.ended_at.map(Timestamp::as_millis),
                    serde_json::to_string(delivery)?,
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// Returns the deliveries of a webhook that are due at `now`, at most `limit`.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn due_deliveries(
        &self,
        webhook_id: &WebhookId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Due, StoreError> {
        let webhook_id = webhook_id.clone();
        self.read(move |connection| {
            let connection = connection.unchecked_transaction()?;
            let mut due = Due {
                webhook: find_webhook(&connection, &webhook_id)?,
                deliveries: Vec::new(),
                next_due: None,
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, d.delivery
                 FROM webhook_deliveries d LEFT JOIN events e ON e.event_id = d.event_id
                 WHERE d.webhook_id = ?1 AND d.status = 'pending' AND d.next_attempt_at <= ?2
                 ORDER BY d.next_attempt_at, d.event_id LIMIT ?3"
            ))?;
            let mut rows = statement.query(params![webhook_id.as_str(), now.as_millis(), number(limit)])?;
            let mut bytes = 0;
            while let Some(row) = rows.next()? {
                let delivery = serde_json::from_str(
                    row.get_ref(COLUMNS_COUNT)?.as_str().map_err(rusqlite::Error::from)?,
                )?;
                let has_event = row.get::<_, Option<i64>>(0)?.is_some();
                let event = if has_event { Some(event_of_row(row)?.event) } else { None };
                bytes += event.as_ref().map_or(0, |event| event.payload.len());
                due.deliveries.push((delivery, event));
                // The rest is read when these are in flight.
                if bytes > limits::WEBHOOK_BATCH_BYTES_MAX {
                    break;
                }
            }
            due.next_due = connection
                .prepare_cached(
                    "SELECT next_attempt_at FROM webhook_deliveries
                     WHERE webhook_id = ?1 AND status = 'pending' AND next_attempt_at > ?2
                     ORDER BY next_attempt_at LIMIT 1",
                )?
                .query_row(params![webhook_id.as_str(), now.as_millis()], |row| row.get(0))
                .optional()?
                .map(Timestamp::from_millis);
            Ok(due)
        })
        .await
    }

    /// Changes a delivery together with its webhook, and records the event that `change` returns. Returns the
    /// changed webhook and delivery, or `None` if either does not exist.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn change_delivery(
        &self,
        webhook_id: &WebhookId,
        delivery_id: &DeliveryId,
        by: ChangedBy,
        change: impl FnOnce(&mut Webhook, &mut Delivery) -> Option<Event> + Send + 'static,
    ) -> Result<Option<(Webhook, Delivery)>, StoreError> {
        let (webhook_id, delivery_id) = (webhook_id.clone(), delivery_id.clone());
        self.write(move |connection| {
            let Some(mut webhook) = find_webhook(connection, &webhook_id)? else { return Ok(None) };
            let Some(mut delivery) = find(connection, &webhook_id, &delivery_id)? else { return Ok(None) };
            let before = webhook.clone();
            let event = change(&mut webhook, &mut delivery);
            connection
                .prepare_cached(
                    "UPDATE webhook_deliveries
                     SET status = ?2, next_attempt_at = ?3, give_up_at = ?4, ended_at = ?5, delivery = ?6
                     WHERE delivery_id = ?1",
                )?
                .execute(params![
                    delivery.delivery_id.as_str(),
                    delivery.status.name(),
                    delivery.next_attempt_at.map(Timestamp::as_millis),
                    delivery.give_up_at.as_millis(),
                    delivery.ended_at.map(Timestamp::as_millis),
                    serde_json::to_string(&delivery)?,
                ])?;
            if webhook != before {
                save_webhook(connection, &webhook)?;
            }
            if let Some(event) = event {
                append(connection, &event)?;
            }
            if by == ChangedBy::Caller {
                announce(connection, &webhook_id)?;
            }
            Ok(Some((webhook, delivery)))
        })
        .await
    }

    /// Records an event, and returns its id.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn record_numbered_event(&self, event: Event) -> Result<i64, StoreError> {
        self.write(move |connection| {
            append(connection, &event)?;
            Ok(connection.last_insert_rowid())
        })
        .await
    }

    /// Reports whether an event is still in the log.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn has_event(&self, event_id: i64) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")?;
            Ok(statement.exists([event_id])?)
        })
        .await
    }

    /// Returns a delivery of a webhook.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn delivery(
        &self,
        webhook_id: &WebhookId,
        delivery_id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        let (webhook_id, delivery_id) = (webhook_id.clone(), delivery_id.clone());
        self.read(move |connection| find(connection, &webhook_id, &delivery_id)).await
    }

    /// Returns the deliveries of a webhook that match a query, newest event first.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn deliveries(&self, query: DeliveryQuery) -> Result<DeliveryPage, StoreError> {
        self.read(move |connection| {
            let mut sql = "SELECT delivery FROM webhook_deliveries WHERE webhook_id = ?".to_owned();
            let mut values: Vec<SqlValue> = vec![String::from(query.webhook_id).into()];
            let conditions: [(&str, Option<SqlValue>); 3] = [
                (" AND status = ?", query.status.map(|status| status.name().to_owned().into())),
                (" AND event_id = ?", query.event_id.map(Into::into)),
                (
                    " AND event_id < (SELECT event_id FROM webhook_deliveries WHERE delivery_id = ?)",
                    query.before.map(|id| String::from(id).into()),
                ),
            ];
            for (condition, value) in conditions {
                if let Some(value) = value {
                    sql.push_str(condition);
                    values.push(value);
                }
            }
            // One more row than requested shows whether there are more.
            sql.push_str(" ORDER BY event_id DESC LIMIT ?");
            values.push((i64::from(query.limit) + 1).into());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut deliveries = Vec::new();
            while let Some(row) = rows.next()? {
                deliveries
                    .push(serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
            }
            let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
            let more = deliveries.len() > limit;
            deliveries.truncate(limit);
            Ok(DeliveryPage { deliveries, more })
        })
        .await
    }

    /// Gives up the pending deliveries of a paused webhook that have expired at `now`. Returns their number.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn expire_deliveries(
        &self,
        webhook_id: &WebhookId,
        now: Timestamp,
        error: &str,
    ) -> Result<usize, StoreError> {
        let (webhook_id, error) = (webhook_id.to_string(), error.to_owned());
        self.write(move |connection| {
            Ok(connection.execute(
                "UPDATE webhook_deliveries SET status = 'failed', next_attempt_at = NULL, ended_at = ?2,
                 delivery = json_set(
                    delivery, '$.status', 'failed', '$.nextAttemptAt', NULL, '$.endedAt', ?3, '$.error', ?4
                 )
                 WHERE webhook_id = ?1 AND status = 'pending' AND give_up_at <= ?2",
                params![webhook_id, now.as_millis(), String::from(now), error],
            )?)
        })
        .await
    }

    /// Deletes deliveries that ended before `ended_before`, and ended deliveries that are not among the
    /// newest `keep` deliveries of their webhook. Returns their number.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn prune_deliveries(&self, ended_before: Timestamp, keep: usize) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let old = connection.execute(
                "DELETE FROM webhook_deliveries WHERE ended_at IS NOT NULL AND ended_at < ?1",
                [ended_before.as_millis()],
            )?;
            let mut statement = connection.prepare(
                "SELECT webhook_id,
                     (SELECT event_id FROM webhook_deliveries d WHERE d.webhook_id = webhooks.webhook_id
                      ORDER BY event_id DESC LIMIT 1 OFFSET ?1) AS newest
                 FROM webhooks WHERE newest IS NOT NULL",
            )?;
            let full = statement.query_map([number(keep)], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let full = full.collect::<Result<Vec<(String, i64)>, _>>()?;
            let mut deleted = old;
            for (webhook_id, newest) in full {
                deleted += connection.execute(
                    "DELETE FROM webhook_deliveries
                     WHERE webhook_id = ?1 AND event_id <= ?2 AND ended_at IS NOT NULL",
                    params![webhook_id, newest],
                )?;
            }
            Ok(deleted)
        })
        .await
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn find(
    connection: &Connection,
    webhook_id: &WebhookId,
    delivery_id: &DeliveryId,
) -> Result<Option<Delivery>, StoreError> {
    let json: Option<String> = connection
        .prepare_cached("SELECT delivery FROM webhook_deliveries WHERE delivery_id = ?1 AND webhook_id = ?2")?
        .query_row([delivery_id.as_str(), webhook_id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

#[cfg(test)]
mod tests {
    use model::event_pattern::EventPattern;
    use model::retry::RetryPolicy;
    use model::webhook::{ReceiverHealth, Scope};

    use super::*;

    fn webhook() -> Webhook {
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
            secret: None,
        }
    }

    fn event() -> Event {
        Event::new(Timestamp::from_millis(0), "lane.completed", &"{}")
    }

    #[tokio::test]
    async fn events_of_pending_deliveries_are_kept_and_ended_deliveries_are_pruned() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.record_numbered_event(event()).await.unwrap();
        store.insert_webhook(&webhook()).await.unwrap();
        let first = store.record_numbered_event(event()).await.unwrap();
        store.record_numbered_event(event()).await.unwrap();
        let outbox = store.outbox().await.unwrap();
        assert_eq!(outbox.events.len(), 2, "events before the first webhook are not delivered");
        let policy = RetryPolicy::default();
        let now = Timestamp::from_millis(1000);
        let delivery = Delivery::new("dlv_1".into(), &"wh_1".into(), (first, "lane.completed"), now, &policy);
        store.fan_out(outbox.cursor, first, vec![delivery.clone()]).await.unwrap();
        // A second process with the same outbox adds nothing.
        let same = Delivery { delivery_id: "dlv_2".into(), ..delivery };
        store.fan_out(outbox.cursor, first, vec![same]).await.unwrap();
        let query = DeliveryQuery { webhook_id: "wh_1".into(), limit: 10, ..DeliveryQuery::default() };
        assert_eq!(store.deliveries(query.clone()).await.unwrap().deliveries.len(), 1);

        let late = Timestamp::from_millis(10_000);
        store.prune_by_age(late, late).await.unwrap();
        let due = store.due_deliveries(&"wh_1".into(), now, 10).await.unwrap();
        assert!(due.deliveries[0].1.is_some(), "the event of a pending delivery is kept");
        let give_up = |_: &mut Webhook, delivery: &mut Delivery| {
            delivery.give_up(Timestamp::from_millis(2000), "no".into());
            None
        };
        store.change_delivery(&"wh_1".into(), &"dlv_1".into(), ChangedBy::Deliverer, give_up).await.unwrap();
        store.prune_by_age(late, late).await.unwrap();
        assert!(!store.has_event(first).await.unwrap());
        assert_eq!(store.prune_deliveries(Timestamp::from_millis(0), 10).await.unwrap(), 0);
        assert_eq!(store.prune_deliveries(late, 10).await.unwrap(), 1);
        assert!(store.deliveries(query).await.unwrap().deliveries.is_empty());
    }
}
