//! Tests of commands for running jobs.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{World, job_id};

/// Starts a job that asks for approval of a command, and returns the ids of the job and of the approval.
async fn asking(world: &World, command: &str) -> (String, String) {
    let message = format!("@model escalate {command}\n@model say done");
    let sandbox = ["--approval-policy", "on-request", "--sandbox", "read-only"];
    let arguments = [&["start", "--message", &message, "--stop-on-approval"][..], &sandbox].concat();
    let ran = world.run(&arguments).await;
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.stderr.contains("waits for approval"), "{ran:?}");
    let reply = ran.json();
    (job_id(&reply), reply["job"]["waitingOn"][0]["approvalId"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel() {
    let (world, _serve) = World::serving().await;
    let started = world.run(&["start", "--message", "@model hold for-ever"]).await.json();
    world.model.wait_until_held("for-ever").await;
    for _ in 0..2 {
        let canceled = world.run(&["cancel", &job_id(&started)]).await;
        assert_eq!(canceled.code, 0, "{canceled:?}");
    }
    let waited = world.run(&["wait", &job_id(&started)]).await;
    assert_eq!(waited.code, 1, "{waited:?}");
    assert_eq!(waited.json()["job"]["failure"]["code"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn steer() {
    let (world, _serve) = World::serving().await;
    let started = world.run(&["start", "--message", "@model hold gate\n@model run true"]).await.json();
    world.model.wait_until_held("gate").await;
    let steered = world.run_with_input(&["steer", &job_id(&started), "--message", "-"], "rather this").await;
    assert_eq!(steered.code, 0, "{steered:?}");
    world.model.release("gate");
    let waited = world.run(&["wait", &job_id(&started)]).await;
    assert_eq!(waited.code, 0, "{waited:?}");
    assert!(world.model.requests().last().unwrap().body().to_string().contains("rather this"));
    let late = world.run(&["steer", &job_id(&started), "--message", "too late"]).await;
    assert_eq!(late.code, 4, "{late:?}");
    assert!(late.stderr.contains("job_ended (409)"), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn approve() {
    let (world, _serve) = World::serving().await;
    let made = world.directory("elsewhere").join("made");
    let (job, approval) = asking(&world, &format!("touch {}", made.display())).await;
    let listed = world.run(&["approvals", "--job", &job]).await.json();
    assert_eq!(listed["approvals"][0]["approvalId"], approval.as_str(), "{listed}");
    let approved = world.run(&["approve", &approval, "--note", "by the test"]).await;
    assert_eq!(approved.json()["approval"]["status"], "approved", "{approved:?}");
    assert_eq!(world.run(&["wait", &job]).await.code, 0);
    assert!(made.exists());
    assert_eq!(world.run(&["approvals"]).await.json()["approvals"], Value::Array(vec![]));
    let again = world.run(&["deny", &approval]).await;
    assert_eq!(again.code, 4, "{again:?}");
    assert!(again.stderr.contains("approval_resolved (409)"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deny() {
    let (world, _serve) = World::serving().await;
    let made = world.directory("elsewhere").join("made");
    let (job, approval) = asking(&world, &format!("touch {}", made.display())).await;
    let denied = world.run(&["deny", &approval]).await;
    assert_eq!(denied.json()["approval"]["status"], "denied", "{denied:?}");
    assert_eq!(world.run(&["wait", &job]).await.code, 0);
    assert!(!made.exists());
    let all = world.run(&["approvals", "--all"]).await.json();
    assert_eq!(all["approvals"][0]["status"], "denied", "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_job_end_with_it() {
    let (world, _serve) = World::serving().await;
    let started = world.run(&["start", "--message", "@model hold gate\n@model say done"]).await.json();
    world.model.wait_until_held("gate").await;
    let mut following = world.client(&["events", "--job", &job_id(&started)]).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut types = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        let event: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(event["jobId"], started["job"]["jobId"], "{event}");
        types.push(event["type"].as_str().unwrap().to_owned());
        world.model.release("gate");
    }
    assert_eq!(following.wait().await.unwrap().code(), Some(0));
    assert_eq!(types.first().map(String::as_str), Some("job.created"), "{types:?}");
    assert_eq!(types.last().map(String::as_str), Some("job.completed"), "{types:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_continue_after_the_bridge_restarts() {
    let world = World::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let flags = ["--port", port.as_str()];
    let serve = world.serve("project", &flags).await;
    let mut following = world.client(&["events", "--after", "0", "--type", "job.completed"]).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut ids = Vec::new();
    let mut serve = Some(serve);
    for text in ["before", "after"] {
        assert_eq!(world.run(&["start", "--message", text, "--wait"]).await.code, 0);
        let event: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(event["type"], "job.completed");
        ids.push(event["eventId"].as_i64().unwrap());
        if let Some(serve) = serve.take() {
            serve.kill().await;
        }
        serve = Some(world.serve("project", &flags).await);
    }
    assert!(ids[0] < ids[1], "each once, in order: {ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_sent_once() {
    let (world, _serve) = World::serving().await;
    let arguments = ["start", "--message", "only once", "--idempotency-key", "key-1"];
    let (first, second) = (world.run(&arguments).await.json(), world.run(&arguments).await.json());
    assert_eq!(job_id(&first), job_id(&second));
    assert_eq!(world.run(&["jobs"]).await.json()["jobs"].as_array().unwrap().len(), 1);
    let other = world.run(&["start", "--message", "something else", "--idempotency-key", "key-1"]).await;
    assert_eq!(other.code, 4, "{other:?}");
    assert!(other.stderr.contains("idempotency_key_reused (422)"), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_of_the_history() {
    let (world, _serve) = World::serving().await;
    let started = world.run(&["start", "--message", "hello", "--wait", "--title", "A greeting"]).await.json();
    let id = started["job"]["conversationId"].as_str().unwrap();
    let listed = world.run(&["conversations"]).await.json();
    let ids: Vec<_> =
        listed["conversations"].as_array().unwrap().iter().map(|one| one["conversationId"].clone()).collect();
    assert_eq!(ids, [id], "{listed}");
    let one = world.run(&["conversations", id]).await.json();
    assert_eq!(one["conversation"]["turns"].as_array().unwrap().len(), 1, "{one}");
}
