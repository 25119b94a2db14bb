//! Flows of a running turn: steering, interrupting, approvals.

use serde_json::{Value, json};

use crate::World;
use crate::support::eventually;
use crate::turns::{messages_path, send_and_wait};

pub(crate) async fn steer(world: World) {
    let reply = world.test.create("@model hold gate\n@model run echo hi\n@model say done").await;
    world.test.model.wait_until_held("gate").await;
    let steered = world.test.post(&job_path(&reply, "/steer"), json!({"message": "be careful"})).await;
    assert_eq!(steered.status, 200, "{}", steered.body);
    assert_eq!(steered.body["turnId"], reply["turn"]["turnId"], "{}", steered.body);
    world.test.model.release("gate");
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "completed", "{job}");
    let received =
        world.test.model.requests().iter().any(|request| request.body().to_string().contains("be careful"));
    assert!(received, "the model received the message");
}

pub(crate) async fn interrupt(world: World) {
    let reply = world.test.create("@model hold for-ever").await;
    world.test.model.wait_until_held("for-ever").await;
    let cancelled = world.test.post(&job_path(&reply, "/cancel"), json!({})).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(cancelled.body["job"]["failure"]["code"], "cancelled", "{}", cancelled.body);
    let job = send_and_wait(&world, &messages_path(&reply), json!({"message": "and now?"})).await;
    assert_eq!(job["result"]["text"], "You said: and now?", "{job}");
}

pub(crate) async fn time_limit(world: World) {
    let body = json!({"message": "@model hold for-ever", "turnTimeoutMs": 500});
    let reply = world.test.post("/conversations", body).await.body;
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!(job["failure"]["code"], "turn_timeout", "{job}");
}

pub(crate) async fn approve(world: World) {
    let (reply, approval) = start_with_approval(&world).await;
    assert_eq!(approval["kind"], "command", "{approval}");
    assert!(approval["command"].as_str().is_some_and(|command| command.contains("touch made")), "{approval}");
    let decided = decide(&world, &approval, "approve").await;
    assert_eq!(decided["approval"]["status"], "approved", "{decided}");
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!((&job["status"], &job["waitingOn"]), (&json!("completed"), &json!([])), "{job}");
    assert!(world.test.directories.workspace().join("made").exists());
}

pub(crate) async fn deny(world: World) {
    for (decision, status, job_status) in [("deny", "denied", "completed"), ("cancel", "cancelled", "failed")]
    {
        let (reply, approval) = start_with_approval(&world).await;
        let decided = decide(&world, &approval, decision).await;
        assert_eq!(decided["approval"]["status"], status, "{decided}");
        let job = world.test.wait_for_job(&reply).await;
        assert_eq!(job["status"], job_status, "{decision}: {job}");
        assert!(!world.test.directories.workspace().join("made").exists());
    }
}

/// Starts a turn that requests approval to run a command outside of the sandbox. Returns the reply and the
/// approval.
async fn start_with_approval(world: &World) -> (Value, Value) {
    let message = "@model escalate touch made";
    let body = json!({"message": message, "approvalPolicy": "on-request", "sandbox": "read-only"});
    let reply = world.test.post("/conversations", body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let path = job_path(&reply.body, "/approvals");
    let approval = eventually("Codex requests an approval", || async {
        let approvals = world.test.get(&path).await.body["approvals"].clone();
        approvals.as_array().unwrap().iter().find(|one| one["status"] == "pending").cloned()
    });
    let approval = approval.await;
    (reply.body, approval)
}

async fn decide(world: &World, approval: &Value, decision: &str) -> Value {
    let path = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    world.test.post(&path, json!({"decision": decision})).await.body
}

fn job_path(reply: &Value, rest: &str) -> String {
    format!("/jobs/{}{rest}", reply["job"]["jobId"].as_str().unwrap())
}
