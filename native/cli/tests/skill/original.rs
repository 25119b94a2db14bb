//! Clients written for the original program work unchanged.

use crate::support::{Ran, World, python, ran};

/// A minimal client of the original program: urllib, `GET /health`, `POST /conversations`, polling the job
/// every two seconds, then one more message.
const CLIENT: &str = r#"
import json, sys, time, urllib.request

def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode("utf-8")
    request = urllib.request.Request(sys.argv[1] + path, data=data, method=method)
    request.add_header("Accept", "application/json")
    if data is not None:
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read().decode("utf-8"))

def finish(reply, operation):
    assert reply["ok"] is True and reply["sent"] is True, reply
    assert reply["turn"]["transport"] == "app-server" and reply["turn"]["status"] == "started", reply
    assert reply["turn"]["jobId"] == reply["job"]["jobId"], reply
    assert reply["jobUrl"] == "/jobs/" + reply["job"]["jobId"], reply
    while True:
        job = call("GET", reply["jobUrl"])["job"]
        assert job["operation"] == operation, job
        assert job["status"] in ("starting", "running", "completed", "failed"), job
        if job["status"] in ("completed", "failed"):
            break
        time.sleep(2)
    for field in ("createdAt", "updatedAt", "startedAt", "completedAt", "lastEventAt", "cwd", "message"):
        assert isinstance(job[field], str), (field, job)
    for field in ("openRequested", "opened", "openError", "lastStderr", "exitCode", "signal", "error", "pid"):
        assert field in job, (field, job)
    assert job["conversationId"] == reply["conversationId"], job
    assert job["eventCount"] > 0 and job["lastEvent"]["type"] == job["lastEventType"] == "turn/completed", job
    return job

health = call("GET", "/health")
assert health["ok"] is True and health["status"]["running"] is True, health
assert health["status"]["url"] == sys.argv[1] and health["status"]["jobs"]["total"] == 0, health
assert health["openConversations"] == [], health

created = call("POST", "/conversations", {"message": "first", "approvalPolicy": "never", "sandbox": "danger-full-access"})
assert finish(created, "create_conversation")["status"] == "completed"
path = "/conversations/" + created["conversationId"] + "/messages"
continued = call("POST", path, {"message": "second", "ensureOpen": True})
assert continued["requestedConversationId"] == created["conversationId"], continued
assert continued["upgradedFromConversationId"] is None, continued
assert finish(continued, "resume_conversation")["status"] == "completed"
failed = call("POST", path, {"message": "@model fail 500"})
assert finish(failed, "resume_conversation")["error"]
assert [job["message"] for job in call("GET", "/jobs")["jobs"]] == ["@model fail 500", "second", "first"]
assert call("GET", "/conversations/open")["conversations"] == []
assert call("GET", "/conversations/current")["conversation"] is None
"#;

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "on other platforms the bridge requires a token, which the original does not have"
)]
async fn clients_of_the_original_work_unchanged() {
    let (world, serve) = World::serving().await;
    let mut command = python();
    command.args(["-c", CLIENT, &serve.url]).current_dir(world.directory("project"));
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let Ran { code, stderr, .. } = ran(command).await;
    assert_eq!(code, 0, "{stderr}");
}

/// Runs command lines of the original's own client.
#[tokio::test(flavor = "multi_thread")]
async fn command_lines_of_the_original_work() {
    let (world, serve) = World::serving().await;
    let directory = world.directory("project");
    let project = directory.to_str().unwrap();
    let started = world
        .run(&[
            "--url",
            &serve.url,
            "--token",
            "",
            "start",
            "--message",
            "hello",
            "--cwd",
            project,
            "--approval-policy",
            "never",
            "--sandbox",
            "danger-full-access",
            "--send-timeout-ms",
            "60000",
            "--open-timeout-ms",
            "5000",
        ])
        .await;
    assert_eq!(started.code, 0, "{started:?}");
    let reply = started.json();
    let waited = world
        .run(&["--url", &serve.url, "wait", reply["job"]["jobId"].as_str().unwrap(), "--interval", "2"])
        .await;
    assert_eq!(waited.code, 0, "{waited:?}");
    let conversation = reply["conversationId"].as_str().unwrap();
    let resumed = world
        .run(&["resume", conversation, "--message", "go on", "--no-ensure-open", "--dangerous-auto"])
        .await;
    assert_eq!(resumed.json()["job"]["openRequested"], false, "{resumed:?}");
}
