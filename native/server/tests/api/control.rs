//! Cancellation, steering, and the queue.

use serde_json::{Value, json};

use crate::support::{TestBridge, hand_over_message};

fn job_path(reply: &Value, rest: &str) -> String {
    format!("/jobs/{}{rest}", reply["job"]["jobId"].as_str().unwrap())
}

fn messages_path(reply: &Value) -> String {
    format!("/conversations/{}/messages", reply["conversationId"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_can_be_cancelled() {
    let test = TestBridge::start().await;
    let reply = test.create("@model hold for-ever").await;
    test.model.wait_until_held("for-ever").await;
    for _ in 0..2 {
        let cancelled = test.post(&job_path(&reply, "/cancel"), json!({})).await;
        assert_eq!(cancelled.status, 200, "{}", cancelled.body);
        let job = &cancelled.body["job"];
        assert_eq!(
            (&job["status"], &job["failure"]["code"]),
            (&json!("failed"), &json!("cancelled")),
            "{job}"
        );
    }
    let next = test.post(&messages_path(&reply), json!({"message": "and now?"})).await.body;
    assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: and now?");
    let late = test.post(&job_path(&next, "/cancel"), json!({})).await;
    assert_eq!((late.status.as_u16(), &late.body["code"]), (409, &json!("job_ended")));
    assert_eq!(test.post("/jobs/nope/cancel", json!({})).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_interrupted_at_its_time_limit() {
    let test = TestBridge::start().await;
    let body = json!({"message": "@model hold for-ever", "turnTimeoutMs": 300});
    let reply = test.post("/conversations", body).await.body;
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["failure"]["code"], "turn_timeout", "{job}");
    assert_eq!(job["turnTimeoutMs"], 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_messages_can_be_listed_edited_and_removed() {
    let test = TestBridge::start().await;
    let first = test.create("@model hold gate\n@model say first").await;
    test.model.wait_until_held("gate").await;
    let mut waiting = Vec::new();
    for number in 0..3 {
        let body = json!({"message": format!("number {number}")});
        waiting.push(test.post(&messages_path(&first), body).await.body);
    }
    let queue = format!("/conversations/{}/queue", first["conversationId"].as_str().unwrap());
    let ids = |jobs: &Value| -> Vec<Value> {
        jobs.as_array().unwrap().iter().map(|job| job["jobId"].clone()).collect()
    };
    let of = |reply: &Value| reply["job"]["jobId"].clone();
    let listed = test.get(&queue).await.body;
    assert_eq!(ids(&listed["jobs"]), waiting.iter().map(of).collect::<Vec<_>>());

    let second = format!("{queue}/{}", waiting[1]["job"]["jobId"].as_str().unwrap());
    let removed = test.client.delete(&second).await.unwrap();
    assert_eq!(removed.body["job"]["failure"]["code"], "cancelled", "{}", removed.body);
    let third = format!("{queue}/{}", waiting[2]["job"]["jobId"].as_str().unwrap());
    let blank = test.client.patch(&third, &json!({"message": " "})).await.unwrap();
    assert_eq!((blank.status.as_u16(), &blank.body["details"]["field"]), (400, &json!("message")));
    let edited = test.client.patch(&third, &json!({"message": "other words"})).await.unwrap();
    assert_eq!(edited.body["job"]["message"], "other words", "{}", edited.body);

    test.model.release("gate");
    assert_eq!(test.wait_for_job(&waiting[0]).await["result"]["text"], "You said: number 0");
    assert_eq!(test.wait_for_job(&waiting[2]).await["result"]["text"], "You said: other words");
    let late = test.client.patch(&third, &json!({"message": "too late"})).await.unwrap();
    assert_eq!((late.status.as_u16(), &late.body["code"]), (409, &json!("job_ended")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_turn_can_be_steered() {
    let test = TestBridge::start().await;
    let reply = test.create("@model hold gate\n@model run echo hi\n@model say done").await;
    test.model.wait_until_held("gate").await;
    let steered = test.post(&job_path(&reply, "/steer"), json!({"message": "be careful"})).await;
    assert_eq!(steered.status, 200, "{}", steered.body);
    assert_eq!(steered.body["turnId"], reply["turn"]["turnId"]);

    let body = json!({"message": "and quick", "delivery": "steer"});
    let joined = test.post(&messages_path(&reply), body).await.body;
    assert_eq!(joined["delivery"], "steered", "{joined}");
    assert_eq!(joined["turn"]["turnId"], reply["turn"]["turnId"]);
    test.model.release("gate");
    let (job, also) = (test.wait_for_job(&reply).await, test.wait_for_job(&joined).await);
    assert_eq!((&job["status"], &also["status"]), (&json!("completed"), &json!("completed")));
    assert_eq!(job["result"]["text"], also["result"]["text"]);
    let heard = test.model.requests().iter().any(|request| {
        let body = request.body().to_string();
        body.contains("be careful") && body.contains("and quick")
    });
    assert!(heard, "the model heard both");

    let late = test.post(&job_path(&reply, "/steer"), json!({"message": "too late"})).await;
    assert_eq!((late.status.as_u16(), &late.body["code"]), (409, &json!("job_ended")));
    let idle = test.post(&messages_path(&reply), json!({"message": "hi", "delivery": "steer"})).await;
    assert_eq!((idle.status.as_u16(), &idle.body["code"]), (409, &json!("no_active_turn")));
    for body in [json!({}), json!({"message": ""}), json!({"message": "x", "mesage": "y"})] {
        assert_eq!(test.post(&job_path(&reply, "/steer"), body.clone()).await.status, 400, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_the_queue_of_another_process_can_be_edited_and_cancelled() {
    let test = TestBridge::start().await;
    let (handed, other, thread_id) = hand_over_message(&test, json!({"message": "NEVER SENT"})).await;
    let edit = format!("/conversations/{thread_id}/queue/{}", handed["job"]["jobId"].as_str().unwrap());
    let edited = test.client.patch(&edit, &json!({"message": "NEVER SENT EITHER"})).await.unwrap();
    assert_eq!(edited.status, 200, "{}", edited.body);
    let queue = other.connection.thread_queue_list(&thread_id).await.unwrap();
    assert!(queue[0].input.to_string().contains("NEVER SENT EITHER"), "{queue:?}");
    let cancelled = test.post(&job_path(&handed, "/cancel"), json!({})).await.body;
    assert_eq!(cancelled["job"]["failure"]["code"], "cancelled", "{cancelled}");
    test.model.release("theirs");
    assert!(other.connection.thread_queue(&thread_id).await.unwrap().is_empty());
    other.stop().await;
}
