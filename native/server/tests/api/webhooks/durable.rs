//! No event is lost, whichever process fails.

use std::collections::HashMap;
use std::time::Duration;

use model::clock::Timestamp;
use model::event::Event;
use serde_json::json;
use server::Bridge;
use testkit::{HttpClient, ReceiverAnswer, WebhookReceiver};

use super::*;
use crate::support::eventually;

/// Returns how often the receiver has received each event number.
fn count_received(receiver: &WebhookReceiver) -> HashMap<usize, usize> {
    let mut counts = HashMap::new();
    for received in receiver.received() {
        *counts.entry(number(&received)).or_default() += 1;
    }
    counts
}

/// Waits until `count` different events have arrived. The limit is longer than for a single condition.
async fn wait_until_arrived(receiver: &WebhookReceiver, count: usize) {
    let started_at = std::time::Instant::now();
    while count_received(receiver).len() < count {
        assert!(
            started_at.elapsed() < 6 * testkit::WAIT_MAX,
            "{} of {count} arrived",
            count_received(receiver).len()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn wait_until_delivered(client: &HttpClient, id: &str) {
    eventually("no delivery is pending", || async {
        let pending = client.get(&format!("/webhooks/{id}/deliveries?status=pending&limit=1")).await.ok()?;
        let none = pending.body["deliveries"].as_array()?.is_empty();
        none.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_when_the_receiver_fails_during_delivery() {
    const COUNT: usize = 10_000;
    let test = start(with_short_waits).await;
    let receiver = WebhookReceiver::start().await;
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = open_store(&test);
    let recorder = tokio::spawn(async move {
        let mut last = None;
        for number in 0..COUNT {
            let event =
                Event::new(Timestamp::now(), "lane.item.completed.notification", &json!({"number": number}));
            last = Some(store.record_event(event).await.unwrap());
        }
        last.unwrap().committed().await.unwrap();
    });
    for at in [500, 3000] {
        wait_until_arrived(&receiver, at).await;
        receiver.die().await;
        let failing = || async { webhook(&test.client, &id).await["lastError"].as_str().map(drop) };
        eventually("the failed delivery is reported", failing).await;
        receiver.come_back().await;
    }
    recorder.await.unwrap();
    wait_until_arrived(&receiver, COUNT).await;
    wait_until_delivered(&test.client, &id).await;
    let counts = count_received(&receiver);
    assert!((0..COUNT).all(|number| counts.contains_key(&number)));
    // Only deliveries that were in flight when the receiver failed may be repeated.
    let repeated: usize = counts.values().map(|times| times - 1).sum();
    assert!(repeated <= 2 * 4, "{repeated} deliveries were repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_when_the_bridge_restarts_during_delivery() {
    const COUNT: usize = 500;
    let test = start(with_short_waits).await;
    let receiver = WebhookReceiver::start().await;
    receiver.answers(ReceiverAnswer::Slowly(Duration::from_millis(5)));
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = open_store(&test);
    for number in 0..COUNT / 2 {
        record(&store, "lane.completed", None, number).await;
    }
    receiver.wait_for(20).await;
    test.bridge.stop().await;
    let so_far = receiver.received().len();
    assert!(so_far < COUNT / 2, "the bridge stopped before the last delivery");
    // These events are recorded while no bridge delivers.
    for number in COUNT / 2..COUNT {
        record(&store, "lane.completed", None, number).await;
    }
    let mut config = test.directories.config();
    with_short_waits(&mut config);
    let again = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(again.url());
    receiver.wait_for(COUNT).await;
    wait_until_delivered(&client, &id).await;
    let counts = count_received(&receiver);
    assert!((0..COUNT).all(|number| counts.contains_key(&number)));
    assert!(receiver.received().len() <= COUNT + 4, "only deliveries in flight may be repeated");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bridges_with_one_data_directory_deliver_each_event_once() {
    let test = start(with_short_waits).await;
    let mut config = test.directories.config();
    with_short_waits(&mut config);
    let second = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(second.url());
    let receiver = WebhookReceiver::start().await;
    // The webhook is created on the bridge that does not deliver.
    let id = create(&client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = open_store(&test);
    for number in 0..100 {
        record(&store, "lane.completed", None, number).await;
    }
    receiver.wait_for(100).await;
    wait_until_delivered(&test.client, &id).await;
    assert_eq!(receiver.received().len(), 100);
    test.bridge.stop().await;
    record(&store, "lane.completed", None, 100).await;
    assert_eq!(number(&receiver.wait_for(101).await[100]), 100);
    second.stop().await;
}
