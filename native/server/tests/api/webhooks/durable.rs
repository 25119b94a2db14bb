//! Nothing is lost, whatever dies.

use std::collections::HashMap;
use std::time::Duration;

use model::clock::Timestamp;
use model::event::Event;
use serde_json::json;
use server::Bridge;
use testkit::{HttpClient, ReceiverAnswer, WebhookReceiver};

use super::*;
use crate::support::eventually;

/// Every one of `0..count`, and how often.
fn tally(receiver: &WebhookReceiver) -> HashMap<usize, usize> {
    let mut tally = HashMap::new();
    for received in receiver.received() {
        *tally.entry(number(&received)).or_default() += 1;
    }
    tally
}

/// So many take longer than one thing may.
async fn until_arrived(receiver: &WebhookReceiver, count: usize) {
    let begun = std::time::Instant::now();
    while tally(receiver).len() < count {
        assert!(begun.elapsed() < 6 * testkit::WAIT_MAX, "{} of {count} arrived", tally(receiver).len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn all_delivered(client: &HttpClient, id: &str) {
    eventually("nothing is pending", || async {
        let pending = client.get(&format!("/webhooks/{id}/deliveries?status=pending&limit=1")).await.ok()?;
        let none = pending.body["deliveries"].as_array()?.is_empty();
        none.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_events_none_is_lost_when_the_receiver_dies_in_the_middle() {
    const COUNT: usize = 10_000;
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = store_of(&test);
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
        until_arrived(&receiver, at).await;
        receiver.die().await;
        let failing = || async { webhook(&test.client, &id).await["lastError"].as_str().map(drop) };
        eventually("it is missed", failing).await;
        receiver.come_back().await;
    }
    recorder.await.unwrap();
    until_arrived(&receiver, COUNT).await;
    all_delivered(&test.client, &id).await;
    let tally = tally(&receiver);
    assert!((0..COUNT).all(|number| tally.contains_key(&number)));
    // Only what was under way when it died may come twice.
    let twice: usize = tally.values().map(|times| times - 1).sum();
    assert!(twice <= 2 * 4, "{twice} came again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_loses_nothing() {
    const COUNT: usize = 500;
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    receiver.answers(ReceiverAnswer::Slowly(Duration::from_millis(5)));
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = store_of(&test);
    for number in 0..COUNT / 2 {
        record(&store, "lane.completed", None, number).await;
    }
    receiver.wait_for(20).await;
    test.bridge.stop().await;
    let so_far = receiver.received().len();
    assert!(so_far < COUNT / 2, "it stopped in the middle");
    // Also what happens while nobody delivers.
    for number in COUNT / 2..COUNT {
        record(&store, "lane.completed", None, number).await;
    }
    let mut config = test.folders.config();
    quick(&mut config);
    let again = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(again.url());
    receiver.wait_for(COUNT).await;
    all_delivered(&client, &id).await;
    let tally = tally(&receiver);
    assert!((0..COUNT).all(|number| tally.contains_key(&number)));
    assert!(receiver.received().len() <= COUNT + 4, "what was under way may come again, and nothing else");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bridges_of_a_folder_send_each_event_once_and_one_takes_over() {
    let test = start(quick).await;
    let mut config = test.folders.config();
    quick(&mut config);
    let second = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(second.url());
    let receiver = WebhookReceiver::start().await;
    // Made at the one that does not deliver.
    let id = create(&client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = store_of(&test);
    for number in 0..100 {
        record(&store, "lane.completed", None, number).await;
    }
    receiver.wait_for(100).await;
    all_delivered(&test.client, &id).await;
    assert_eq!(receiver.received().len(), 100);
    test.bridge.stop().await;
    record(&store, "lane.completed", None, 100).await;
    assert_eq!(number(&receiver.wait_for(101).await[100]), 100);
    second.stop().await;
}
