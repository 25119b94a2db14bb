//! Streams of events: what happened, and what happens, without gap or duplicate.

use std::time::Duration;

use serde_json::{Value, json};
use server::Bridge;
use testkit::{HttpClient, ServerSentEvent};
use tokio::io::AsyncWriteExt;

use crate::support::{TestBridge, forgetful_bridge};

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
async fn a_job_is_told_from_its_beginning_to_its_end() {
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
    assert!(ids(&events).windows(2).all(|two| two[0] < two[1]), "in order, and none twice");
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

    // Whoever comes back at any point gets exactly the rest.
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
async fn replay_goes_over_into_live_without_gap_or_duplicate() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.ended_of(&first).await;
    let turn = test.create("@model stream 300\n@model say many words").await;
    // While the turn streams, listeners come at any moment.
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
    test.ended_of(&turn).await;
    for stream in streams {
        let ids = stream.await.unwrap();
        assert_eq!(ids, (1..=*ids.last().unwrap()).collect::<Vec<_>>(), "every id from the first on, once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_only_what_it_asked_for() {
    let test = TestBridge::start().await;
    let before = test.create("before").await;
    test.ended_of(&before).await;
    let mut all = test.client.events("/events").await.unwrap();
    let mut starts = test.client.events("/events?type=job.started,*.nothing").await.unwrap();
    let conversation = before["conversationId"].as_str().unwrap();
    let mut one = test.client.events(&format!("/events?conversationId={conversation}")).await.unwrap();
    let other = test.create("other").await;
    test.ended_of(&other).await;
    let path = format!("/conversations/{conversation}/messages");
    let more = test.post(&path, json!({"message": "more"})).await.body;
    test.ended_of(&more).await;

    let heard = all.until("job.completed").await;
    assert_eq!(heard[0].event, "job.created", "only what happens from now on");
    assert_eq!(heard[0].data["jobId"], other["job"]["jobId"]);
    assert_eq!(starts.next().await.unwrap().data["jobId"], other["job"]["jobId"]);
    assert_eq!(starts.next().await.unwrap().data["jobId"], more["job"]["jobId"]);
    let heard = one.until("job.completed").await;
    assert!(heard.iter().all(|event| event.data["jobId"] == more["job"]["jobId"]), "{heard:#?}");
    let job_id = other["job"]["jobId"].as_str().unwrap();
    let stream = format!("/events?after=0&type=job.*&jobId={job_id}");
    let heard = test.client.events(&stream).await.unwrap().until("job.completed").await;
    assert_eq!(types(&heard), ["job.created", "job.bound", "job.started", "job.completed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_streamed_is_refused() {
    let test = TestBridge::start().await;
    let reply = test.create("hello").await;
    test.ended_of(&reply).await;
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
    assert_eq!(beyond.status, 400, "the header goes before the address");
    assert_eq!(test.client.events_after("/events?after=900", newest).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_is_said() {
    let (_folders, again, client) = forgetful_bridge(1).await;
    let heard = client.events("/events?after=1").await.unwrap().until("job.completed").await;
    assert_eq!(heard[0].event, "stream.gap");
    assert_eq!(heard[0].data["oldestEventId"].as_i64(), heard[1].id);
    assert_eq!(heard[1].event, "job.created");
    let heard =
        client.events_after("/events", heard[1].id.unwrap()).await.unwrap().until("job.completed").await;
    assert_ne!(heard[0].event, "stream.gap", "nothing is missing after what is kept");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bridges_of_one_data_folder_tell_each_others_events() {
    let test = TestBridge::start().await;
    let second = Bridge::start(test.folders.config(), None).await.unwrap();
    let other = HttpClient::new(second.url());
    let mut heard_there = other.events("/events?type=job.*,item.completed").await.unwrap();
    let mut heard_here = test.client.events("/events?type=job.*,item.completed").await.unwrap();
    let here = test.create("here").await;
    test.ended_of(&here).await;
    let there = other.post("/conversations", &json!({"message": "there"})).await.unwrap().body;
    let stream = test.client.events(&job_events(&there)).await.unwrap();
    assert_eq!(stream.to_the_end().await.last().unwrap().event, "job.completed", "a job of the other one");
    let mut both = Vec::new();
    for stream in [&mut heard_here, &mut heard_there] {
        let mut events = stream.until("job.completed").await;
        events.extend(stream.until("job.completed").await);
        both.push(ids(&events));
    }
    assert_eq!(both[0], both[1]);
    assert!(both[0].windows(2).all(|two| two[0] + 1 == two[1]), "{both:?}");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_do_not_hold_up_the_stop() {
    let test = TestBridge::start().await;
    let reply = test.create("@model hold for-ever").await;
    test.model.wait_until_held("for-ever").await;
    let mut streams = vec![test.client.events(&job_events(&reply)).await.unwrap()];
    for _ in 0..50 {
        streams.push(test.client.events("/events").await.unwrap());
    }
    let begun = std::time::Instant::now();
    test.bridge.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    for stream in streams {
        stream.to_the_end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stopped_reading_is_let_go() {
    let test = TestBridge::start_with(None, |config| {
        config.http.connections_max = 1;
        config.http.write_timeout = Duration::from_millis(200);
    })
    .await;
    let reply = test.create(&format!("@model say {}", "x".repeat(200_000))).await;
    test.ended_of(&reply).await;
    // Far more than the buffers between the two hold.
    let address = test.bridge.url().trim_start_matches("http://");
    let mut stuck = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: {address}\r\n\r\n", job_events(&reply));
    stuck.write_all(request.repeat(300).as_bytes()).await.unwrap();
    // The one connection that is allowed is free again.
    let health = tokio::time::timeout(testkit::WAIT_MAX, test.client.get("/health")).await.unwrap();
    assert_eq!(health.unwrap().status, 200);
    drop(stuck);
}
