//! Webhooks: deliveries to receivers, even if receivers or the bridge fail. This file has common helpers.

mod durable;
mod receivers;
mod subscriptions;

use std::time::Duration;

use bridge::webhooks::WebhookConfig;
use model::clock::Timestamp;
use model::event::Event;
use model::ids::ThreadId;
use model::limits::WebhookLimits;
use model::retry::RetryPolicy;
use serde_json::{Value, json};
use server::config::Config;
use sha2::{Digest, Sha256};
use store::Store;
use testkit::{HttpClient, ReceivedWebhook};

use crate::support::{TestBridge, eventually};

/// Configures webhooks with waits of milliseconds instead of seconds to days.
pub(super) fn with_short_waits(config: &mut Config) {
    config.webhooks = WebhookConfig {
        allow_private_networks: false,
        limits: WebhookLimits {
            in_flight_max: 4,
            connect_timeout: Duration::from_secs(3),
            attempt_timeout: Duration::from_secs(3),
            retry: RetryPolicy {
                wait_min: Duration::from_millis(20),
                wait_max: Duration::from_millis(200),
                rest_max: Duration::from_millis(50),
                ..RetryPolicy::default()
            },
        },
    };
}

/// Configures webhooks that give up after 200 ms, but not before the second attempt.
pub(super) fn with_few_retries(config: &mut Config) {
    with_short_waits(config);
    config.webhooks.limits.retry.age_max = Duration::from_millis(200);
    config.webhooks.limits.retry.attempts_min = 2;
}

pub(super) async fn start(change: impl FnOnce(&mut Config)) -> TestBridge {
    TestBridge::start_with(None, change).await
}

pub(super) async fn create(client: &HttpClient, body: &Value) -> String {
    let reply = client.post("/webhooks", body).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["webhook"]["id"].as_str().unwrap().to_owned()
}

pub(super) async fn deliveries(client: &HttpClient, id: &str) -> Vec<Value> {
    let reply = client.get(&format!("/webhooks/{id}/deliveries?limit=500")).await.unwrap();
    reply.body["deliveries"].as_array().unwrap().clone()
}

pub(super) async fn webhook(client: &HttpClient, id: &str) -> Value {
    client.get(&format!("/webhooks/{id}")).await.unwrap().body["webhook"].clone()
}

/// Waits until a delivery has this status and returns it.
pub(super) async fn wait_for_delivery(client: &HttpClient, id: &str, status: &str) -> Value {
    eventually(&format!("a delivery is {status}"), || async {
        deliveries(client, id).await.into_iter().find(|delivery| delivery["status"] == status)
    })
    .await
}

/// Records an event, as another bridge with the same data directory would. To the bridge under test, the
/// store belongs to another process.
pub(super) async fn record(store: &Store, event_type: &str, conversation: Option<&str>, number: usize) {
    let event = Event::new(Timestamp::now(), event_type, &json!({"number": number}))
        .about_conversation(conversation.map(ThreadId::from));
    store.record_event(event).await.unwrap().committed().await.unwrap();
}

pub(super) fn open_store(test: &TestBridge) -> Store {
    Store::open(&test.directories.data()).unwrap()
}

pub(super) fn number(received: &ReceivedWebhook) -> usize {
    usize::try_from(received.json()["payload"]["number"].as_u64().unwrap()).unwrap()
}

/// Computes HMAC-SHA256 from its definition (RFC 2104).
pub(super) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let padded =
        |pad: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or_default() ^ pad).collect() };
    let inner = Sha256::digest([&padded(0x36)[..], message].concat());
    Sha256::digest([&padded(0x5c)[..], &inner[..]].concat()).to_vec()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63] as char;
            text.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

pub(super) fn assert_signed(received: &ReceivedWebhook, key: &[u8]) {
    let (id, timestamp) = (received.header("webhook-id"), received.header("webhook-timestamp"));
    let message = [format!("{id}.{timestamp}.").as_bytes(), &received.body[..]].concat();
    assert_eq!(received.header("webhook-signature"), format!("v1,{}", base64(&hmac(key, &message))));
    let age = Timestamp::now().as_millis() / 1000 - timestamp.parse::<i64>().unwrap();
    assert!((-1..60).contains(&age), "{timestamp}");
}
