//! Receivers that fail, are slow, request a later retry, keep failing, are gone, or redirect.

use std::time::Duration;

use model::clock::Timestamp;
use serde_json::json;
use testkit::{ReceiverAnswer, WebhookReceiver};

use super::*;
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn failed_deliveries_are_retried_with_growing_waits() {
    let test = start(with_short_waits).await;
    let receiver = WebhookReceiver::start().await;
    receiver.next_answers([
        ReceiverAnswer::Status(500),
        ReceiverAnswer::Close,
        ReceiverAnswer::Hang,
        ReceiverAnswer::Status(302),
    ]);
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["*"]})).await;
    record(&open_store(&test), "lane.completed", None, 1).await;
    let delivery = wait_for_delivery(&test.client, &id, "delivered").await;
    let attempts = delivery["attempts"].as_array().unwrap();
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(500), None, None, Some(302), Some(200)], "{delivery:#}");
    let errors: Vec<_> = attempts.iter().map(|attempt| attempt["error"].as_str().unwrap_or("none")).collect();
    assert_eq!(errors[0], "HTTP 500 Internal Server Error");
    assert!(errors[1].contains("connection"), "{errors:?}");
    assert_eq!((errors[2], errors[4]), ("no reply within 3s", "none"));
    assert_eq!(delivery["attemptCount"], 5);
    assert!(delivery["nextAttemptAt"].is_null() && delivery["endedAt"].is_string());
    let at = |number: usize| -> i64 {
        Timestamp::try_from(attempts[number]["at"].as_str().unwrap().to_owned()).unwrap().as_millis()
            + if number == 2 { 3000 } else { 0 }
    };
    for (attempt, at_least) in [(1, 10), (2, 20), (4, 80)] {
        assert!(at(attempt) - at(attempt - 1) >= at_least, "{attempts:#?}");
    }
    let received = receiver.received();
    assert!(received.iter().all(|again| again.header("webhook-id") == received[0].header("webhook-id")));
    assert!(received.iter().all(|again| again.body == received[0].body), "the same bytes each time");
    assert!(webhook(&test.client, &id).await["lastError"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_respected() {
    let test = start(with_short_waits).await;
    let receiver = WebhookReceiver::start().await;
    receiver.next_answers([ReceiverAnswer::With(429, vec![("retry-after", "1".into())])]);
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["*"]})).await;
    let store = open_store(&test);
    record(&store, "lane.completed", None, 1).await;
    receiver.wait_for(1).await;
    let requested_at = std::time::Instant::now();
    eventually("the failed attempt is recorded", || async {
        webhook(&test.client, &id).await["lastError"].as_str().map(drop)
    })
    .await;
    // The wait also applies to later events.
    record(&store, "lane.completed", None, 2).await;
    receiver.wait_for(2).await;
    assert!(requested_at.elapsed() >= Duration::from_millis(900), "{:?}", requested_at.elapsed());
    receiver.wait_for(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_receiver_does_not_delay_others() {
    let test = start(|config| {
        with_short_waits(config);
        config.webhooks.limits.attempt_timeout = Duration::from_secs(60);
    })
    .await;
    let (slow, fast) = (WebhookReceiver::start().await, WebhookReceiver::start().await);
    slow.answers(ReceiverAnswer::Hang);
    create(&test.client, &json!({"url": slow.url(), "events": ["*"]})).await;
    create(&test.client, &json!({"url": fast.url(), "events": ["*"]})).await;
    let store = open_store(&test);
    for number in 0..200 {
        record(&store, "lane.completed", None, number).await;
    }
    fast.wait_for(200).await;
    assert_eq!(slow.received().len(), 4, "at most four deliveries are in flight");
    let started_at = std::time::Instant::now();
    test.bridge.stop().await;
    assert!(started_at.elapsed() < Duration::from_secs(4), "hanging deliveries do not delay the stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_paused_if_its_receiver_keeps_failing() {
    let test = start(with_few_retries).await;
    let receiver = WebhookReceiver::start().await;
    receiver.answers(ReceiverAnswer::Status(503));
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let path = format!("/webhooks/{id}");
    let other = WebhookReceiver::start().await;
    create(&test.client, &json!({"url": other.url(), "events": ["webhook.*"]})).await;
    let store = open_store(&test);
    record(&store, "lane.completed", None, 1).await;
    let failed = wait_for_delivery(&test.client, &id, "failed").await;
    assert!(failed["error"].as_str().unwrap().contains("503"), "{failed}");
    let paused = webhook(&test.client, &id).await;
    assert_eq!(
        (&paused["enabled"], &paused["pausedReason"]),
        (&json!(true), &json!("keeps_failing")),
        "{paused}"
    );
    assert!(paused["pausedAt"].is_string() && paused["lastError"].as_str().unwrap().contains("503"));
    let notification = other.wait_for(1).await[0].json();
    assert_eq!(
        (&notification["eventType"], &notification["payload"]["subscriptionId"]),
        (&json!("webhook.paused"), &json!(id))
    );
    for path in [
        format!("{path}/test"),
        format!("{path}/deliveries/{}/redeliver", failed["deliveryId"].as_str().unwrap()),
    ] {
        let refused = test.post(&path, json!({})).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("webhook_inactive")));
        assert_eq!(refused.body["details"]["state"], "paused");
    }

    // Events that are recorded during the pause wait until the webhook is enabled again.
    let attempts = receiver.received().len();
    receiver.answers(ReceiverAnswer::Status(200));
    record(&store, "lane.completed", None, 2).await;
    eventually("the delivery is pending", || async {
        deliveries(&test.client, &id).await.into_iter().find(|delivery| delivery["status"] == "pending")
    })
    .await;
    let resumed = test.client.patch(&path, &json!({"enabled": true})).await.unwrap().body["webhook"].clone();
    assert!(resumed["pausedAt"].is_null() && resumed["pausedReason"].is_null());
    assert_eq!(number(&receiver.wait_for(attempts + 1).await[attempts]), 2);

    // A failed delivery can be sent again.
    let again = format!("{path}/deliveries/{}/redeliver", failed["deliveryId"].as_str().unwrap());
    let reply = test.post(&again, json!({})).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.body["delivery"]["status"]),
        (200, &json!("pending")),
        "{}",
        reply.body
    );
    let received = receiver.wait_for(attempts + 2).await;
    assert_eq!(number(&received[attempts + 1]), 1);
    assert_eq!(received[attempts + 1].header("webhook-id"), failed["deliveryId"].as_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_disabled_if_its_receiver_is_gone() {
    let test = start(with_short_waits).await;
    let receiver = WebhookReceiver::start().await;
    receiver.answers(ReceiverAnswer::Status(410));
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = open_store(&test);
    record(&store, "lane.completed", None, 1).await;
    wait_for_delivery(&test.client, &id, "failed").await;
    let disabled = webhook(&test.client, &id).await;
    assert_eq!((&disabled["enabled"], &disabled["pausedReason"]), (&json!(false), &json!("gone")));
    record(&store, "lane.completed", None, 2).await;
    let refused = test.post(&format!("/webhooks/{id}/test"), json!({})).await;
    assert_eq!(refused.body["details"]["state"], "disabled");
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_limited_and_checked() {
    let test = start(with_short_waits).await;
    let (from, to) = (WebhookReceiver::start().await, WebhookReceiver::start().await);
    let store = open_store(&test);
    let id = create(&test.client, &json!({"url": from.url(), "events": ["*"], "secret": "s"})).await;
    let redirect = |status, to: String| ReceiverAnswer::With(status, vec![("location", to)]);
    for (at, status) in [301, 302, 307, 308].into_iter().enumerate() {
        from.next_answers([redirect(status, to.url())]);
        record(&store, "lane.completed", None, at).await;
        let received = to.wait_for(at + 1).await;
        assert_eq!(number(&received[at]), at, "{status}");
        assert_signed(&received[at], b"s");
    }
    let refused: Vec<(String, &str)> = vec![
        ("http://169.254.169.254/latest/meta-data/".into(), "never allowed"),
        ("http://[fe80::1]/".into(), "never allowed"),
        ("http://10.0.0.1/".into(), "allowPrivateNetworks"),
        ("ftp://127.0.0.1/".into(), "only https"),
        ("http://me:pw@127.0.0.1/".into(), "password"),
    ];
    for (at, (location, expected)) in refused.into_iter().enumerate() {
        from.next_answers([redirect(307, location.clone())]);
        record(&store, "lane.failed", None, at).await;
        let attempt = eventually("the delivery succeeds after a failed attempt", || async {
            // Once the receiver has this event, the newest delivery is the one of this event.
            from.received().last().filter(|last| number(last) == at)?;
            let newest = deliveries(&test.client, &id).await.into_iter().next()?;
            (newest["eventType"] == "lane.failed"
                && newest["status"] == "delivered"
                && newest["attemptCount"].as_u64() >= Some(2))
            .then(|| newest["attempts"][0].clone())
        })
        .await;
        assert!(attempt["error"].as_str().unwrap().contains(expected), "{location}: {attempt}");
    }
    from.answers(redirect(307, from.url()));
    record(&store, "lane.blocked", None, 0).await;
    let error = eventually("the redirect chain is reported as an error", || async {
        webhook(&test.client, &id).await["lastError"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(error, "redirected more than 3 times");
}
