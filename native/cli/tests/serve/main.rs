//! Tests `codex-bridge serve` as a process: started, killed at any moment, restarted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic fails the test")]
#![cfg(unix)]

mod crash_sweep;
mod nats;
mod world;

use std::path::Path;
use std::time::Duration;

use model::clock::Timestamp;
use model::event::Event;
use serde_json::{Value, json};
use store::Store;
use testkit::{ReceiverAnswer, WebhookReceiver, codex_binary};
use tokio::process::Command;

use world::World;

#[cfg(target_os = "linux")]
async fn until_gone(pid: u64) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while is_running(pid) {
        assert!(tokio::time::Instant::now() < deadline, "process {pid} is still running");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[cfg(target_os = "linux")]
fn is_running(pid: u64) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_in_progress_when_the_bridge_is_killed_is_reported_as_interrupted() {
    let world = World::new().await;
    let serve = world.serve().await;
    let done = serve.create("before the kill").await;
    serve.ended(done["job"]["jobId"].as_str().unwrap()).await;
    let reply = serve.create("@model hold for-ever").await;
    world.model.wait_until_held("for-ever").await;
    serve.kill().await;
    #[cfg(target_os = "linux")]
    until_gone(reply["turn"]["pid"].as_u64().unwrap()).await;

    let serve = world.serve().await;
    let job = serve.ended(reply["job"]["jobId"].as_str().unwrap()).await;
    assert_eq!(job["status"], "failed", "{job}");
    assert_eq!(job["failure"]["code"], "interrupted_by_restart");
    let before = serve.ended(done["job"]["jobId"].as_str().unwrap()).await;
    assert_eq!(before["result"]["text"], "You said: before the kill");
    // The conversation goes on.
    let path = format!("/conversations/{}/messages", reply["conversationId"].as_str().unwrap());
    let next = serve.client.post(&path, &json!({"message": "and now?"})).await.unwrap();
    assert_eq!(next.status, 200, "{}", next.body);
    let job = serve.ended(next.body["job"]["jobId"].as_str().unwrap()).await;
    assert_eq!(job["result"]["text"], "You said: and now?");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_bridge_had_shown_of_a_turn_is_kept() {
    let world = World::new().await;
    let serve = world.serve().await;
    let other = world.serve().await;
    let reply = serve.create("@model begin half an answer\n@model hold for-ever").await;
    world.model.wait_until_held("for-ever").await;
    let job_id = reply["job"]["jobId"].as_str().unwrap();
    // The other process sees only what is stored.
    let deadline = tokio::time::Instant::now() + testkit::WAIT_MAX;
    loop {
        let job = other.client.get(&format!("/jobs/{job_id}")).await.unwrap().body["job"].clone();
        if job["progress"]["text"] == "half an answer" {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{job}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    serve.kill().await;
    let job = other.ended(job_id).await;
    assert_eq!((&job["status"], &job["outcome"]), (&json!("failed"), &json!("interrupted")), "{job}");
    let result = &job["result"];
    assert_eq!((&result["text"], &result["partial"]), (&json!("half an answer"), &json!(true)), "{job}");
    other.kill().await;
}

/// Git hooks, and commands that git runs, have variables such as `GIT_DIR`.
#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_belongs_to_its_repository_whatever_git_variables_are_set() {
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    for name in ["ours", "other"] {
        let repository = directory.path().join(name);
        let git = |arguments: &[&str]| {
            let mut git = std::process::Command::new("git");
            assert!(git.arg("-C").arg(&repository).args(arguments).status().unwrap().success());
        };
        std::fs::create_dir(&repository).unwrap();
        git(&["init", "-q", "-b", "main"]);
        git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", name]);
    }
    let other = directory.path().join("other");
    let serve = world
        .serve_changed(&codex_binary(), |command| {
            command.env("GIT_DIR", other.join(".git")).env("GIT_WORK_TREE", &other)
        })
        .await;
    let body = json!({"laneId": "a", "repoRoot": directory.path().join("ours"), "worktree": true});
    let lane = serve.client.post("/lanes", &body).await.unwrap().body["lane"].clone();
    let link =
        std::fs::read_to_string(Path::new(lane["worktreePath"].as_str().unwrap()).join(".git")).unwrap();
    assert!(link.contains("/ours/.git/worktrees/"), "{link}");
    assert!(!other.join(".git/worktrees").exists());
    serve.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_messages_are_sent_in_order_after_a_restart() {
    let world = World::new().await;
    let serve = world.serve().await;
    let first = serve.create("@model hold for-ever").await;
    world.model.wait_until_held("for-ever").await;
    let path = format!("/conversations/{}/messages", first["conversationId"].as_str().unwrap());
    let mut waiting = Vec::new();
    for number in 0..4 {
        let reply = serve.client.post(&path, &json!({"message": format!("number {number}")})).await.unwrap();
        assert_eq!(reply.body["delivery"], "queued", "{}", reply.body);
        waiting.push(reply.body["job"]["jobId"].as_str().unwrap().to_owned());
    }
    let queue = format!("/conversations/{}/queue", first["conversationId"].as_str().unwrap());
    let edited = format!("{queue}/{}", waiting[1]);
    let edited = serve.client.patch(&edited, &json!({"message": "number 1, edited"})).await.unwrap();
    assert_eq!(edited.status, 200, "{}", edited.body);
    let removed = serve.client.delete(&format!("{queue}/{}", waiting[2])).await.unwrap();
    assert_eq!(removed.status, 200, "{}", removed.body);
    serve.kill().await;

    let serve = world.serve().await;
    // This message is sent at once and must not overtake the queued ones.
    let late = serve.client.post(&path, &json!({"message": "late"})).await.unwrap().body;
    let cut = serve.ended(first["job"]["jobId"].as_str().unwrap()).await;
    assert_eq!(cut["failure"]["code"], "interrupted_by_restart", "{cut}");
    let mut turns = Vec::new();
    let late_id = late["job"]["jobId"].as_str().unwrap();
    for (job_id, text) in [
        (waiting[0].as_str(), "number 0"),
        (waiting[1].as_str(), "number 1, edited"),
        (waiting[3].as_str(), "number 3"),
        (late_id, "late"),
    ] {
        let job = serve.ended(job_id).await;
        assert_eq!(job["result"]["text"], format!("You said: {text}"), "{job}");
        turns.push(job["turnId"].as_str().unwrap().to_owned());
    }
    assert!(turns.is_sorted(), "turn ids are UUIDv7, so they sort by their start: {turns:?}");
    assert_eq!(serve.ended(&waiting[2]).await["failure"]["code"], "cancelled");
    serve.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_has_exactly_one_end_when_the_bridge_is_killed_at_any_moment() {
    let world = World::new().await;
    let mut known: Vec<(String, Option<Value>)> = Vec::new();
    // The delays range from before the job exists to after its end, which comes after some 300 ms with a cold
    // start.
    for delay_ms in [0, 20, 60, 120, 180, 220, 260, 300, 340, 400] {
        let serve = world.serve().await;
        let client = serve.client.clone();
        let body = json!({"message": format!("killed after {delay_ms} ms")});
        let sent = tokio::spawn(async move { client.post("/conversations", &body).await.ok() });
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        let listed = serve.client.get("/jobs").await.unwrap().body["jobs"].as_array().unwrap().clone();
        serve.kill().await;
        if let Some(reply) = sent.await.unwrap() {
            known.push((reply.body["job"]["jobId"].as_str().unwrap().to_owned(), None));
        }
        for job in listed {
            let ended =
                (job["status"] == "completed" || job["status"] == "failed").then(|| job["status"].clone());
            known.push((job["jobId"].as_str().unwrap().to_owned(), ended));
        }
    }
    let serve = world.serve().await;
    assert!(!known.is_empty());
    for (job_id, reported) in known {
        let job = serve.ended(&job_id).await;
        if let Some(reported) = reported {
            assert_eq!(job["status"], reported, "an end that was reported must not change: {job}");
        }
        match job["status"].as_str().unwrap() {
            "completed" => {
                let expected = format!("You said: {}", job["message"].as_str().unwrap());
                assert_eq!(job["result"]["text"], expected, "{job}");
            }
            _ => assert_eq!(job["failure"]["code"], "interrupted_by_restart", "{job}"),
        }
    }
    let (jobs, ends) = count_jobs_and_ends(&world.data());
    assert_eq!(jobs, ends, "every job has exactly one end in the log");
    let health = serve.client.get("/health").await.unwrap().body;
    assert_eq!(health["status"]["jobs"]["starting"], 0);
    assert_eq!(health["status"]["jobs"]["running"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_key_runs_at_most_one_turn_whenever_the_bridge_is_killed() {
    let world = World::new().await;
    // The delays range from before the key is claimed to after the reply.
    for delay_ms in [0, 2, 5, 20, 60, 120, 180, 220, 260, 300, 340, 400] {
        let serve = world.serve().await;
        let (client, key) = (serve.client.clone(), format!("key-{delay_ms}"));
        let body = json!({"message": format!("once, killed after {delay_ms} ms")});
        let (sent_key, sent_body) = (key.clone(), body.clone());
        let sent =
            tokio::spawn(async move { client.post_once("/conversations", &sent_key, &sent_body).await.ok() });
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        serve.kill().await;
        let before = sent.await.unwrap();

        let serve = world.serve().await;
        let reply = serve.client.post_once("/conversations", &key, &body).await.unwrap();
        assert_eq!(reply.status, 200, "{delay_ms} ms: {}", reply.body);
        let job_id = &reply.body["job"]["jobId"];
        if let Some(before) = before {
            assert_eq!(before.body["job"]["jobId"], *job_id, "a reply that was sent must not change");
            assert_eq!(before.body["conversationId"], reply.body["conversationId"]);
        }
        let job = serve.ended(job_id.as_str().unwrap()).await;
        let again = serve.client.post_once("/conversations", &key, &body).await.unwrap();
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(again.body, reply.body);
        let asked = world.model.requests();
        let message = body["message"].as_str().unwrap();
        let turns = asked.iter().filter(|request| request.body().to_string().contains(message)).count();
        match job["status"].as_str().unwrap() {
            "completed" => assert_eq!(turns, 1, "{delay_ms} ms: {job}"),
            _ => assert!(
                turns <= 1 && job["failure"]["code"] == "interrupted_by_restart",
                "{delay_ms} ms: {job}"
            ),
        }
        serve.kill().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_turn_that_was_not_recorded_is_recovered() {
    let world = World::new().await;
    let serve = world.serve().await;
    let reply = serve.create("the answer is safe").await;
    let job_id = reply["job"]["jobId"].as_str().unwrap().to_owned();
    serve.ended(&job_id).await;
    serve.kill().await;
    // This simulates a bridge that died just before it recorded the end.
    forget_the_end(&world.data(), &job_id).await;
    let serve = world.serve().await;
    let job = serve.ended(&job_id).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(job["result"]["text"], "You said: the answer is safe");
}

fn count_jobs_and_ends(data: &Path) -> (i64, i64) {
    let database = rusqlite::Connection::open(data.join("codex-bridge.sqlite")).unwrap();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let ends = "FROM events WHERE type IN ('job.completed', 'job.failed')";
    assert_eq!(
        count(&format!("SELECT count(*) {ends}")),
        count(&format!("SELECT count(DISTINCT job_id) {ends}"))
    );
    (count("SELECT count(*) FROM jobs"), count(&format!("SELECT count(*) {ends}")))
}

async fn forget_the_end(data: &Path, job_id: &str) {
    let database = rusqlite::Connection::open(data.join("codex-bridge.sqlite")).unwrap();
    let changed = database
        .execute(
            "UPDATE jobs SET status = 'running', job = json_set(job, '$.status', 'running', '$.result', \
             NULL, '$.completedAt', NULL) WHERE job_id = ?1",
            [job_id],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn commands_that_a_turn_runs_do_not_outlive_the_bridge() {
    for end in ["kill", "terminate"] {
        let world = World::new().await;
        let serve = world.serve().await;
        let marker = world.directory.path().join("pid");
        let message = format!("@model run echo $$ > {} && exec sleep 1000", marker.display());
        let reply = serve.create(&message).await;
        let deadline = tokio::time::Instant::now() + testkit::WAIT_MAX;
        let pid: u64 = loop {
            let text = std::fs::read_to_string(&marker).unwrap_or_default();
            if let Ok(pid) = text.trim().parse() {
                break pid;
            }
            assert!(tokio::time::Instant::now() < deadline, "the command did not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert!(is_running(pid));
        let mut serve = serve;
        if end == "kill" {
            serve.process.kill().await.unwrap();
        } else {
            let id = serve.process.id().unwrap().to_string();
            assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
            assert!(serve.process.wait().await.unwrap().success(), "SIGTERM ends the process with success");
        }
        until_gone(reply["turn"]["pid"].as_u64().unwrap()).await;
        until_gone(pid).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_command_prints_a_link_that_signs_a_browser_in() {
    let world = World::new().await;
    let dashboard = async || {
        let command = tokio::process::Command::new(env!("CARGO_BIN_EXE_codex-bridge"))
            .arg("dashboard")
            .current_dir(world.directory.path())
            .env("CODEX_BRIDGE_DISCOVERY_DIR", world.directory.path().join("discovery"))
            .output();
        let output = command.await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let (succeeded, _, stderr) = dashboard().await;
    assert!(
        !succeeded && stderr.contains("no bridge is running") && stderr.contains("codex-bridge serve"),
        "{stderr}"
    );

    let serve = world.serve().await;
    let (succeeded, link, stderr) = dashboard().await;
    assert!(succeeded, "{stderr}");
    let (page, code) = link.trim().split_once('#').unwrap();
    assert!(page.starts_with("http://127.0.0.1:") && page.ends_with("/dashboard/sign-in"), "{link}");
    let signed_in = serve.client.post("/dashboard/session", &json!({"code": code})).await.unwrap();
    assert_eq!((signed_in.status.as_u16(), &signed_in.body["signedIn"]), (200, &json!(true)));
}

#[tokio::test]
async fn invalid_flags_are_explained() {
    for (arguments, expected) in [
        (&["serve", "--host", "0.0.0.0"][..], "token"),
        (&["serve", "--host", "example.com"], "IP address"),
        (&["serve", "--cwd", "/no/such/dir"], "/no/such/dir"),
        (&["serve", "--port", "99999"], "99999"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_codex-bridge"))
            .args(arguments)
            .arg("--data-dir")
            .arg(directory.path())
            .env("CODEX_BRIDGE_DISCOVERY_DIR", directory.path())
            .output()
            .await
            .unwrap();
        assert!(!output.status.success());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_during_deliveries_loses_no_event_and_the_log_never_contains_the_secret() {
    const COUNT: usize = 400;
    let world = World::new().await;
    let receiver = WebhookReceiver::start().await;
    receiver.answers(ReceiverAnswer::Slowly(Duration::from_millis(5)));
    let serve = world.serve_and_log("trace").await;
    let body = json!({"url": receiver.url(), "events": ["lane.*"], "secret": "never to be logged"});
    let created = serve.client.post("/webhooks", &body).await.unwrap();
    assert_eq!(created.status, 200, "{}", created.body);
    let store = Store::open(&world.data()).unwrap();
    for number in 0..COUNT {
        let event = Event::new(Timestamp::now(), "lane.completed", &json!({"number": number}));
        store.record_event(event).await.unwrap().committed().await.unwrap();
    }
    let mut serve = serve;
    for at in [40, 120, 200] {
        receiver.wait_for(at).await;
        serve.kill().await;
        serve = world.serve_and_log("trace").await;
    }
    let path = format!(
        "/webhooks/{}/deliveries?status=pending&limit=1",
        created.body["webhook"]["id"].as_str().unwrap()
    );
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    let arrived = || -> std::collections::HashSet<u64> {
        receiver
            .received()
            .iter()
            .filter_map(|received| received.json()["payload"]["number"].as_u64())
            .collect()
    };
    while arrived().len() < COUNT || serve.client.get(&path).await.unwrap().body["deliveries"] != json!([]) {
        assert!(tokio::time::Instant::now() < deadline, "{} of {COUNT} arrived", arrived().len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let again = receiver.received().len() - COUNT;
    assert!(again <= 3 * 4, "only deliveries in progress may be repeated, not {again}");
    serve.kill().await;
    let log = std::fs::read_to_string(world.log_file()).unwrap();
    assert!(log.contains("the bridge is running") && !log.contains("never to be logged"));
}
