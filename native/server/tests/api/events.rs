//! Streams of events: replayed and live events, without gaps and duplicates.

use std::time::Duration;

use serde_json::{Value, json};
use server::Bridge;
use testkit::{HttpClient, ServerSentEvent};
use tokio::io::AsyncWriteExt;

use crate::support::{TestBridge, bridge_with_pruned_history};

fn ids(events: &[ServerSentEvent]) -> Vec<i64> {
    events.iter().filter_map(|event| event.id).collect()
}

fn types(events: &[ServerSentEvent]) -> Vec<&str> {
    events.iter().map(|event| event.event.as_str()).collect()
}

fn job_events(reply: &Value) -> String {
    format!("/jobs/{}/events", reply["job"]["jobId"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_stream_contains_all_events_of_the_job() {
    let test = TestBridge::start().await;
    let reply =
        test.create("@model hold gate\n@model stream 20\n@model say twenty pieces of text in a row").await;
    let stream = test.client.events(&job_events(&reply)).await.unwrap();
    assert_eq!(stream.status, 200);
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.headers["cache-control"], "no-store");
    test.model.wait_until_held("gate").await;
    test.model.release("gate");
    let events = stream.to_the_end().await;
    let recorded: Vec<_> = events.iter().filter(|event| event.id.is_some()).cloned().collect();
    assert_eq!(types(&recorded)[..3], ["job.created", "job.bound", "job.started"], "{recorded:#?}");
    assert_eq!(recorded.last().unwrap().event, "job.completed");
    assert!(types(&recorded).contains(&"item.completed"));
    assert!(ids(&events).windows(2).all(|two| two[0] < two[1]), "the ids are in order, without duplicates");
    let text: String = events
        .iter()
        .filter(|event| event.event == "item.agentMessage.delta")
        .map(|event| event.data["payload"]["delta"].as_str().unwrap())
        .collect();
    assert_eq!(text, "twenty pieces of text in a row");
    for event in &events {
        assert_eq!(event.data["type"], event.event);
        assert_eq!(event.data["jobId"], reply["job"]["jobId"], "{event:?}");
        assert_eq!(event.data["eventId"].as_i64(), event.id);
        if event.event == "item.completed" {
            assert_eq!(event.data["conversationId"], reply["conversationId"]);
            assert_eq!(event.data["turnId"], reply["turn"]["turnId"]);
            assert!(event.data["payload"]["item"]["id"].is_string());
        }
    }

    // A client that reconnects after any event receives exactly the remaining events.
    let all = ids(&events);
    for (seen, last) in all.iter().enumerate() {
        let rest = test.client.events_after(&job_events(&reply), *last).await.unwrap();
        let status = rest.status;
        assert_eq!(ids(&rest.to_the_end().await), all[seen + 1..]);
        assert_eq!(status, if seen + 1 < all.len() { 200 } else { 204 });
    }
    let after =
        test.client.events(&format!("{}?after={}&type=job.*", job_events(&reply), all[1])).await.unwrap();
    assert_eq!(types(&after.to_the_end().await), ["job.started", "job.completed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_continues_with_live_events_without_gap_or_duplicate() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.wait_for_job(&first).await;
    let turn = test.create("@model stream 300\n@model say many words").await;
    // Clients connect at various moments while the turn streams.
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = test.client.events("/events?after=0").await.unwrap();
        streams.push(tokio::spawn(async move {
            let mut events = stream.until("job.completed").await;
            events.extend(stream.until("job.completed").await);
            ids(&events)
        }));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    test.wait_for_job(&turn).await;
    for stream in streams {
        let ids = stream.await.unwrap();
        assert_eq!(ids, (1..=*ids.last().unwrap()).collect::<Vec<_>>(), "every id once, from the first on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_contains_only_the_requested_events() {
    let test = TestBridge::start().await;
    let before = test.create("before").await;
    test.wait_for_job(&before).await;
    let mut all = test.client.events("/events").await.unwrap();
    let mut starts = test.client.events("/events?type=job.started,*.nothing").await.unwrap();
    let conversation = before["conversationId"].as_str().unwrap();
    let mut one = test.client.events(&format!("/events?conversationId={conversation}")).await.unwrap();
    let other = test.create("other").await;
    test.wait_for_job(&other).await;
    let path = format!("/conversations/{conversation}/messages");
    let more = test.post(&path, json!({"message": "more"})).await.body;
    test.wait_for_job(&more).await;

    let events = all.until("job.completed").await;
    assert_eq!(events[0].event, "job.created", "only events from now on");
    assert_eq!(events[0].data["jobId"], other["job"]["jobId"]);
    assert_eq!(starts.next().await.unwrap().data["jobId"], other["job"]["jobId"]);
    assert_eq!(starts.next().await.unwrap().data["jobId"], more["job"]["jobId"]);
    let events = one.until("job.completed").await;
    assert!(events.iter().all(|event| event.data["jobId"] == more["job"]["jobId"]), "{events:#?}");
    let job_id = other["job"]["jobId"].as_str().unwrap();
    let stream = format!("/events?after=0&type=job.*&jobId={job_id}");
    let events = test.client.events(&stream).await.unwrap().until("job.completed").await;
    assert_eq!(types(&events), ["job.created", "job.bound", "job.started", "job.completed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_stream_requests_are_refused() {
    let test = TestBridge::start().await;
    let reply = test.create("hello").await;
    test.wait_for_job(&reply).await;
    let stream = test.client.events(&job_events(&reply)).await.unwrap();
    let newest = *ids(&stream.to_the_end().await).last().unwrap();
    for (path, field) in [
        (format!("/events?after={}", newest + 1), "after"),
        ("/events?after=-1".to_owned(), "after"),
        ("/events?type=".to_owned(), "type"),
        ("/events?type=job+done".to_owned(), "type"),
        ("/events?after=soon".to_owned(), "query"),
    ] {
        let refused = test.get(&path).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["details"]["field"]),
            (400, &json!(field)),
            "{path}"
        );
        if path.ends_with(&(newest + 1).to_string()) {
            assert!(
                refused.body["error"].as_str().unwrap().contains(&newest.to_string()),
                "{}",
                refused.body
            );
        }
    }
    assert_eq!(test.get("/jobs/nope/events").await.body["code"], "job_not_found");
    let beyond = test.client.events_after("/events?after=0", newest + 1).await.unwrap();
    assert_eq!(beyond.status, 400, "the header has precedence over the query");
    assert_eq!(test.client.events_after("/events?after=900", newest).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn pruned_events_are_reported_as_a_gap() {
    let (_directories, again, client) = bridge_with_pruned_history(1).await;
    let events = client.events("/events?after=1").await.unwrap().until("job.completed").await;
    assert_eq!(events[0].event, "stream.gap");
    assert_eq!(events[0].data["oldestEventId"].as_i64(), events[1].id);
    assert_eq!(events[1].event, "job.created");
    let events =
        client.events_after("/events", events[1].id.unwrap()).await.unwrap().until("job.completed").await;
    assert_ne!(events[0].event, "stream.gap", "no event is missing after one that was kept");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bridges_with_one_data_directory_stream_each_others_events() {
    let test = TestBridge::start().await;
    let second = Bridge::start(test.directories.config(), None).await.unwrap();
    let other = HttpClient::new(second.url());
    let mut events_there = other.events("/events?type=job.*,item.completed").await.unwrap();
    let mut events_here = test.client.events("/events?type=job.*,item.completed").await.unwrap();
    let here = test.create("here").await;
    test.wait_for_job(&here).await;
    let there = other.post("/conversations", &json!({"message": "there"})).await.unwrap().body;
    let stream = test.client.events(&job_events(&there)).await.unwrap();
    assert_eq!(stream.to_the_end().await.last().unwrap().event, "job.completed", "a job of the other bridge");
    let mut both = Vec::new();
    for stream in [&mut events_here, &mut events_there] {
        let mut events = stream.until("job.completed").await;
        events.extend(stream.until("job.completed").await);
        both.push(ids(&events));
    }
    assert_eq!(both[0], both[1]);
    assert!(both[0].windows(2).all(|two| two[0] + 1 == two[1]), "{both:?}");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_do_not_delay_shutdown() {
    let test = TestBridge::start().await;
    let reply = test.create("@model hold for-ever").await;
    test.model.wait_until_held("for-ever").await;
    let mut streams = vec![test.client.events(&job_events(&reply)).await.unwrap()];
    for _ in 0..50 {
        streams.push(test.client.events("/events").await.unwrap());
    }
    let started_at = std::time::Instant::now();
    test.bridge.stop().await;
    assert!(started_at.elapsed() < Duration::from_secs(3), "{:?}", started_at.elapsed());
    for stream in streams {
        stream.to_the_end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_is_disconnected() {
    let test = TestBridge::start_with(None, |config| {
        config.http.connections_max = 1;
        config.http.write_timeout = Duration::from_millis(200);
    })
    .await;
    let reply = test.create(&format!("@model say {}", "x".repeat(200_000))).await;
    test.wait_for_job(&reply).await;
    // The replies are far larger than the buffers between client and server.
    let address = test.bridge.url().trim_start_matches("http://");
    let mut stuck = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: {address}\r\n\r\n", job_events(&reply));
    stuck.write_all(request.repeat(300).as_bytes()).await.unwrap();
    // The only allowed connection is available again.
    let health = tokio::time::timeout(testkit::WAIT_MAX, test.client.get("/health")).await.unwrap();
    assert_eq!(health.unwrap().status, 200);
    drop(stuck);
}
