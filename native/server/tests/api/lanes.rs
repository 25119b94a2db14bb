//! Flows of lanes with the real Codex binary.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use server::Bridge;
use testkit::HttpClient;

use crate::support::{TestBridge, another_owner, eventually};

pub(crate) async fn post(test: &TestBridge, path: &str, body: Value) -> Value {
    let reply = test.post(path, body).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.body
}

/// Waits until the lane has this status and returns it.
pub(crate) async fn wait_for_lane(test: &TestBridge, lane_id: &str, status: &str) -> Value {
    eventually(&format!("lane {lane_id} is {status}"), || async {
        let lane = test.get(&format!("/lanes/{lane_id}")).await.body["lane"].clone();
        (lane["status"] == status).then_some(lane)
    })
    .await
}

/// Returns the types of the lane's events up to the event `last`, without `lane.updated`.
pub(crate) async fn event_types(test: &TestBridge, lane_id: &str, last: &str) -> Vec<String> {
    let mut events = test.client.events(&format!("/lanes/{lane_id}/events?after=0")).await.unwrap();
    let mut types = Vec::new();
    while let Some(event) = events.next().await {
        let is_last = event.event == last;
        if event.event != "lane.updated" && event.event.starts_with("lane.") {
            types.push(event.event);
        }
        if is_last {
            break;
        }
    }
    types
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_can_be_started_prompted_steered_interrupted_and_stopped() {
    let test = TestBridge::start().await;
    let started = post(
        &test,
        "/codex/workflows/start-visible",
        json!({
            "laneId": "lane-new", "title": "Bridge managed lane", "repoRoot": test.directories.workspace(),
            "kickoffPrompt": "Review the branch", "preferredSurface": "any", "requirePreferredSurface": false,
            "readinessMode": "lenient", "acceptanceCriteria": ["tests pass"],
        }),
    )
    .await;
    assert_eq!(started["session"]["running"], true, "{started}");
    assert!(started["threadId"].is_string() && started["turnId"].is_string(), "{started}");
    assert_eq!(started["job"]["laneId"], "lane-new");
    let lane = wait_for_lane(&test, "lane-new", "done").await;
    assert_eq!(
        (&lane["title"], &lane["activeTurnId"]),
        (&json!("Bridge managed lane"), &Value::Null),
        "{lane}"
    );
    let received =
        test.model.requests().iter().any(|request| request.body().to_string().contains("tests pass"));
    assert!(received, "the model received the acceptance criteria");
    let types = event_types(&test, "lane-new", "lane.completed").await;
    let expected = [
        "lane.created",
        "lane.session.started",
        "lane.turn.started.notification",
        "lane.item.completed.notification",
        "lane.turn.completed.notification",
        "lane.turn.completed",
        "lane.completed",
    ];
    let mut actual = types.iter();
    for event_type in expected {
        assert!(
            actual.any(|actual| actual == event_type),
            "{event_type} is missing or out of order in {types:?}"
        );
    }

    // A repeated request for the same lane starts nothing.
    let body = json!({"laneId": "lane-new", "kickoffPrompt": "Review the branch"});
    let again = post(&test, "/codex/workflows/start-visible", body).await;
    assert_eq!((&again["existed"], &again["job"]), (&json!(true), &Value::Null), "{again}");

    let prompted = post(&test, "/lanes/lane-new/prompt", json!({"input": "@model hold gate"})).await;
    assert_eq!(prompted["job"]["laneId"], "lane-new", "{prompted}");
    test.model.wait_until_held("gate").await;
    let busy = test.post("/lanes/lane-new/prompt", json!({"input": "x"})).await;
    assert_eq!((busy.status.as_u16(), &busy.body["code"]), (409, &json!("lane_conflict")), "{}", busy.body);
    wait_for_lane(&test, "lane-new", "running").await;
    let steered = post(&test, "/lanes/lane-new/steer", json!({"input": "narrow it down"})).await;
    assert_eq!(steered["turnId"], prompted["turnId"], "{steered}");
    let status = test.get("/lanes/lane-new/session/status").await.body;
    assert_eq!(
        (&status["running"], &status["activeTurnId"]),
        (&json!(true), &prompted["turnId"]),
        "{status}"
    );
    let interrupted = post(&test, "/lanes/lane-new/interrupt", json!({})).await;
    assert_eq!(interrupted["lane"]["status"], "interrupted", "{interrupted}");

    let sessions = test.get("/lanes/sessions").await.body["sessions"].clone();
    assert_eq!(sessions[0]["laneId"], "lane-new", "{sessions}");
    let pid = sessions[0]["pid"].as_u64().unwrap();
    let stopped = post(&test, "/lanes/lane-new/session/stop", json!({})).await;
    assert_eq!(stopped["running"], false, "{stopped}");
    #[cfg(target_os = "linux")]
    assert!(!crate::support::is_running(pid), "the process of the session has exited");
    let _ = pid;
    // The thread is released, so that another process can own it.
    let thread_id = lane["threadId"].as_str().unwrap();
    another_owner(&test.directories, thread_id).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_isolation_modes_keep_the_thread_loaded_between_turns() {
    let test = TestBridge::start().await;
    for isolation in ["process", "shared"] {
        let body = json!({"laneId": isolation, "sessionIsolation": isolation, "kickoffPrompt": "hello"});
        let started = post(&test, "/codex/workflows/start-visible", body).await;
        wait_for_lane(&test, isolation, "done").await;
        let thread_id = started["threadId"].as_str().unwrap();
        let owner = test.get(&format!("/conversations/{thread_id}?turns=false")).await.body;
        assert_eq!(owner["conversation"]["owner"]["kind"], "bridge", "{isolation}: {owner}");
        let next = post(&test, &format!("/lanes/{isolation}/prompt"), json!({"input": "again"})).await;
        assert_eq!(next["job"]["delivery"], "started", "{next}");
        assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: again");
        let shared = test.get("/health").await.body["codex"]["pid"] == next["job"]["pid"];
        assert_eq!(shared, isolation == "shared", "{next}");

        // The lane appears among Codex's own threads and processes, although no turn runs.
        let thread = test.get(&format!("/codex/threads/{thread_id}")).await.body["thread"].clone();
        assert_eq!(thread["laneId"], isolation, "{thread}");
        let pid = &next["job"]["pid"];
        let loaded = test.get("/codex/threads/loaded").await.body;
        let servers = loaded["appServers"].as_array().unwrap();
        let here = servers.iter().find(|server| server["pid"] == *pid).unwrap_or_else(|| panic!("{loaded}"));
        assert!(here["threadIds"].as_array().unwrap().contains(&json!(thread_id)), "{loaded}");
        #[cfg(target_os = "linux")]
        {
            let running = test.get("/codex/running").await.body;
            let process =
                running["processes"].as_array().unwrap().iter().find(|process| process["pid"] == *pid);
            assert_eq!(process.unwrap()["own"], true, "{running}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_decides_between_done_and_blocked() {
    let test = TestBridge::start().await;
    for (lane_id, command, status) in
        [("good", "echo fine", "done"), ("bad", "echo broken >&2; exit 3", "blocked")]
    {
        let body = json!({
            "laneId": lane_id, "repoRoot": test.directories.workspace(), "kickoffPrompt": "hello",
            "sandbox": "danger-full-access", "verificationCommands": ["true", command, "true"],
        });
        post(&test, "/codex/workflows/start-visible", body).await;
        let lane = wait_for_lane(&test, lane_id, status).await;
        let results = lane["verification"].as_array().unwrap();
        assert_eq!(results.len(), if status == "done" { 3 } else { 2 }, "{lane}");
        if status == "blocked" {
            assert_eq!(
                (&results[1]["exitCode"], &results[1]["output"]),
                (&json!(3), &json!("broken\n")),
                "{lane}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_waits_for_an_approval() {
    let test = TestBridge::start().await;
    let body = json!({
        "laneId": "careful", "repoRoot": test.directories.workspace(), "sandbox": "read-only",
        "approvalPolicy": "on-request", "kickoffPrompt": "@model escalate touch made",
    });
    post(&test, "/codex/workflows/start-visible", body).await;
    wait_for_lane(&test, "careful", "needs_approval").await;
    let approvals = test.get("/lanes/careful/approvals").await.body["approvals"].clone();
    let approval_id = approvals[0]["approvalId"].as_str().unwrap();
    assert_eq!((&approvals[0]["laneId"], &approvals[0]["source"]), (&json!("careful"), &json!("app-server")));
    assert_eq!(test.get("/lanes/careful/session/status").await.body["pendingRequests"], 1);
    let wrong = test.post(&format!("/lanes/careful/approvals/{}/approve", "nope"), json!({})).await;
    assert_eq!((wrong.status.as_u16(), &wrong.body["code"]), (404, &json!("approval_not_found")));
    post(&test, &format!("/lanes/careful/approvals/{approval_id}/approve"), json!({})).await;
    wait_for_lane(&test, "careful", "done").await;
    assert!(test.directories.workspace().join("made").exists());
    let types = event_types(&test, "careful", "lane.completed").await;
    for expected in ["lane.approval.requested", "lane.approval.resolved"] {
        assert!(types.iter().any(|actual| actual == expected), "{expected} is missing in {types:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_on_a_thread_owned_elsewhere_is_deferred_or_refused() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let thread_id = first["conversationId"].as_str().unwrap();
    let other = another_owner(&test.directories, thread_id).await;
    let body = json!({"laneId": "strict", "threadId": thread_id, "readinessMode": "strict"});
    post(&test, "/lanes/attach", body).await;
    let refused = test.post("/lanes/strict/session/start", json!({})).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("thread_not_ready")),
        "{}",
        refused.body
    );
    assert_eq!(test.get("/lanes/strict/session/status").await.body["running"], false);

    let body = json!({
        "laneId": "lenient", "threadId": thread_id, "readinessMode": "lenient", "kickoffPrompt": "NOT YET",
    });
    let started = post(&test, "/codex/workflows/start-visible", body).await;
    assert_eq!(started["kickoffSkipped"], true, "{started}");
    assert_eq!(started["session"]["readinessDeferred"], true);
    assert!(started["session"]["readinessReason"].is_string());
    let types = event_types(&test, "lenient", "lane.turn.skipped.readiness_deferred").await;
    assert_eq!(types.last().unwrap(), "lane.turn.skipped.readiness_deferred");
    other.stop().await;
    let next = post(&test, "/lanes/lenient/prompt", json!({"input": "now"})).await;
    assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: now");
    assert_eq!(test.get("/lanes/lenient/session/status").await.body["readinessDeferred"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn worktrees_of_deleted_lanes_can_be_found_and_removed() {
    let test = TestBridge::start().await;
    let workspace = test.directories.workspace();
    git(&workspace, &["init", "-q", "-b", "main", "repository"]);
    let repository = workspace.join("repository");
    std::fs::write(repository.join(".gitignore"), ".env\n").unwrap();
    git(&repository, &["add", "."]);
    git(&repository, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first"]);
    assert_eq!(test.get("/lanes/worktrees").await.body["worktrees"], json!([]));
    let mut directories = Vec::new();
    for (lane_id, file) in [("changed", "work.txt"), ("ignored", ".env"), ("used", "work.txt")] {
        let body = json!({"laneId": lane_id, "repoRoot": repository, "worktree": true});
        let lane = post(&test, "/lanes", body).await["lane"].clone();
        let directory = Path::new(lane["worktreePath"].as_str().unwrap()).to_owned();
        std::fs::write(directory.join(file), "text").unwrap();
        directories.push(directory);
    }
    for lane_id in ["changed", "ignored"] {
        test.delete(&format!("/lanes/{lane_id}")).await;
    }
    let found = test.get("/lanes/worktrees").await.body["worktrees"].clone();
    let expected = |lane_id: &str, directory: &Path, changed: &[&str], ignored: &[&str]| {
        json!({
            "laneId": lane_id, "directory": directory, "repoRoot": repository,
            "branch": format!("lane/{lane_id}"), "changedFiles": changed, "ignoredFiles": ignored,
        })
    };
    let expected = json!([
        expected("changed", &directories[0], &["work.txt"], &[]),
        expected("ignored", &directories[1], &[], &[".env"]),
    ]);
    assert_eq!(found, expected);
    let checks = test.get("/system").await.body["checks"].clone();
    let check = checks.as_array().unwrap().iter().find(|check| check["name"] == "Worktrees").unwrap();
    assert!(check["finding"].as_str().unwrap().contains("left 2 behind"), "{check}");

    for lane_id in ["changed", "ignored"] {
        let kept = test.delete(&format!("/lanes/worktrees/{lane_id}")).await;
        assert_eq!((kept.status.as_u16(), &kept.body["code"]), (409, &json!("git_failed")), "{}", kept.body);
    }
    assert!(directories.iter().all(|directory| directory.exists()));
    std::fs::remove_file(directories[0].join("work.txt")).unwrap();
    for path in ["/lanes/worktrees/changed", "/lanes/worktrees/ignored?force=true"] {
        let removed = test.delete(path).await;
        assert_eq!(removed.status, 200, "{path}: {}", removed.body);
    }
    assert_eq!(directories.iter().filter(|directory| directory.exists()).count(), 1);
    for (lane_id, status, code) in [
        ("used", 409, "lane_conflict"),
        ("changed", 404, "worktree_not_found"),
        ("..", 404, "worktree_not_found"),
    ] {
        let refused =
            test.delete(&format!("/lanes/worktrees/{}?force=true", lane_id.replace('.', "%2E"))).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (status, &json!(code)), "{lane_id}");
    }

    // The repository of a worktree may be gone. Its files are kept unless that is forced.
    test.delete("/lanes/used").await;
    std::fs::remove_dir_all(&repository).unwrap();
    assert_eq!(test.get("/lanes/worktrees").await.body["worktrees"][0]["repoRoot"], Value::Null);
    assert_eq!(test.delete("/lanes/worktrees/used").await.status, 409);
    assert!(directories[2].exists());
    assert_eq!(test.delete("/lanes/worktrees/used?force=true").await.status, 200);
    assert!(!directories[2].exists());
}

/// Another process has started the thread, but nobody has said anything in it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_lane_on_a_thread_without_a_message_is_deferred_until_it_has_one() {
    let test = TestBridge::start().await;
    let other = crate::support::other_app_server(&test.directories).await;
    let (thread, _watch) = other.connection.thread_start(&Default::default()).await.unwrap();
    let body = json!({"laneId": "strict", "threadId": thread.id, "readinessMode": "strict"});
    post(&test, "/lanes/attach", body).await;
    let refused = test.post("/lanes/strict/session/start", json!({})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("thread_not_ready")));
    assert!(refused.body.to_string().contains("no message"), "{}", refused.body);

    post(&test, "/lanes/attach", json!({"laneId": "attached", "threadId": thread.id})).await;
    let session = post(&test, "/lanes/attached/session/start", json!({})).await;
    let body = json!({"laneId": "started", "threadId": thread.id, "kickoffPrompt": "NOT YET"});
    let started = post(&test, "/codex/workflows/start-visible", body).await;
    assert_eq!(started["kickoffSkipped"], true, "{started}");
    for session in [&session, &started["session"]] {
        assert_eq!(session["readinessDeferred"], true, "{session}");
        let pid = format!("process {}", other.pid);
        assert!(session["readinessReason"].as_str().unwrap().contains(&pid), "{session}");
    }

    other.connection.thread_set_name(&thread.id, "Now it is stored").await.unwrap();
    other.stop().await;
    let next = post(&test, "/lanes/started/prompt", json!({"input": "now"})).await;
    assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: now");
    let lane = test.get("/lanes/started").await.body["lane"].clone();
    assert_eq!(lane["title"], "Now it is stored", "{lane}");
    assert_eq!(lane["repoRoot"], json!(test.directories.workspace()), "{lane}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_lane_session_is_reported_and_the_next_turn_works() {
    let test = TestBridge::start().await;
    let body = json!({"laneId": "mortal", "kickoffPrompt": "@model hold for-ever"});
    let started = post(&test, "/codex/workflows/start-visible", body).await;
    test.model.wait_until_held("for-ever").await;
    let pid = started["session"]["pid"].as_u64().unwrap();
    Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    let lane = wait_for_lane(&test, "mortal", "failed").await;
    assert!(lane["problem"].is_string(), "{lane}");
    let types = event_types(&test, "mortal", "lane.session.died").await;
    assert_eq!(types.last().unwrap(), "lane.session.died");
    let next = post(&test, "/lanes/mortal/prompt", json!({"input": "still there?"})).await;
    assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: still there?");
    assert_ne!(next["job"]["pid"], json!(pid));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_is_created_and_removed_unless_it_has_changes() {
    let test = TestBridge::start().await;
    let repository = test.directories.workspace().join("repository");
    git(&test.directories.workspace(), &["init", "-q", "-b", "main", "repository"]);
    git(
        &repository,
        &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"],
    );
    let hook = repository.join(".git/hooks/post-checkout");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\ntouch \"$GIT_DIR/hook-ran\"; touch hook-ran\n").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for (lane_id, dirty) in [("clean", false), ("dirty", true)] {
        let body = json!({"laneId": lane_id, "repoRoot": repository, "worktree": true});
        let lane = post(&test, "/lanes", body).await["lane"].clone();
        assert_eq!(lane["branch"], format!("lane/{lane_id}"), "{lane}");
        let directory = Path::new(lane["worktreePath"].as_str().unwrap()).to_owned();
        assert!(directory.join(".git").exists());
        assert!(!directory.join("hook-ran").exists(), "no hook of the repository runs");
        if dirty {
            std::fs::write(directory.join("work.txt"), "work").unwrap();
        }
        let deleted = test.client.delete(&format!("/lanes/{lane_id}")).await.unwrap().body;
        assert_eq!(deleted["left"].as_array().unwrap().len(), usize::from(dirty), "{deleted}");
        assert_eq!(directory.exists(), dirty);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_with_ignored_files_is_kept_unless_that_is_forced() {
    let test = TestBridge::start().await;
    let workspace = test.directories.workspace();
    git(&workspace, &["init", "-q", "-b", "main", "with secrets"]);
    let repository = workspace.join("with secrets");
    std::fs::write(repository.join(".gitignore"), ".env\n").unwrap();
    git(&repository, &["add", "."]);
    git(&repository, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first"]);
    for (query, stays) in [("", true), ("?force=false", true), ("?force=true", false)] {
        let body = json!({"laneId": "ignored", "repoRoot": repository, "worktree": true});
        let lane = post(&test, "/lanes", body).await["lane"].clone();
        let secret = Path::new(lane["worktreePath"].as_str().unwrap()).join(".env");
        std::fs::write(&secret, "SECRET=1").unwrap();
        let deleted = test.delete(&format!("/lanes/ignored{query}")).await.body;
        assert_eq!(secret.exists(), stays, "{query}: {deleted}");
        let left = deleted["left"].to_string();
        assert_eq!(left.contains("files that git ignores: .env"), stays, "{query}: {left}");
        assert_eq!(left.contains("git worktree remove --force"), stays, "{query}: {left}");
    }
    // A worktree whose directory somebody deleted is forgotten.
    let body = json!({"laneId": "gone", "repoRoot": repository, "worktree": true});
    let lane = post(&test, "/lanes", body).await["lane"].clone();
    std::fs::remove_dir_all(lane["worktreePath"].as_str().unwrap()).unwrap();
    assert_eq!(test.delete("/lanes/gone").await.body["left"], json!([]));
    assert!(!repository.join(".git/worktrees/gone").exists());

    let refused = test.delete("/lanes/ignored?force=maybe").await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body["error"].as_str().unwrap().contains("force"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_without_a_directory_works_in_the_directory_of_the_bridge() {
    let test = TestBridge::start().await;
    let expected = json!(format!("exit 0: {}", test.directories.workspace().display()));
    post(&test, "/lanes", json!({"laneId": "plain"})).await;
    let prompted = post(&test, "/lanes/plain/prompt", json!({"input": "@model run pwd"})).await;
    assert_eq!(test.wait_for_job(&prompted).await["result"]["text"], expected);
    let body = json!({"laneId": "seen", "kickoffPrompt": "@model run pwd", "readinessMode": "lenient"});
    let started = post(&test, "/codex/workflows/start-visible", body).await;
    assert_eq!(test.wait_for_job(&started).await["result"]["text"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_sessions_run_than_allowed_however_many_are_started_at_once() {
    let test = TestBridge::start_with(None, |config| config.lane_sessions.processes_max = 2).await;
    let paths: Vec<String> = (0..8).map(|number| format!("/lanes/lane-{number}")).collect();
    for path in &paths {
        post(&test, "/lanes", json!({"laneId": path.trim_start_matches("/lanes/")})).await;
    }
    let start =
        async |path: &String| test.client.post(&format!("{path}/session/start"), &json!({})).await.unwrap();
    let replies = join_all(paths.iter().map(&start));
    let mut running = 0;
    for reply in replies.await {
        match reply.status.as_u16() {
            200 => running += 1,
            status => {
                let refusal = (status, reply.body["code"].as_str().unwrap());
                assert_eq!(refusal, (429, "too_many_sessions"), "{}", reply.body);
            }
        }
    }
    let sessions = test.get("/lanes/sessions").await.body["sessions"].as_array().unwrap().len();
    assert!(sessions <= 2 && running >= 2, "{sessions} run, {running} were started");

    for path in &paths {
        post(&test, &format!("{path}/session/stop"), json!({})).await;
    }
    let replies = join_all([&paths[7]; 4].into_iter().map(&start)).await;
    for reply in &replies {
        assert_eq!((reply.status.as_u16(), &reply.body["running"]), (200, &json!(true)));
        assert_eq!(reply.body["pid"], replies[0].body["pid"], "one app-server");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_lane_are_a_list_unless_a_stream_is_requested() {
    let test = TestBridge::start().await;
    post(&test, "/lanes", json!({"laneId": "listed"})).await;
    for accept in [None, Some("*/*"), Some("application/json")] {
        let headers: Vec<(&str, &str)> = accept.map(|accept| ("accept", accept)).into_iter().collect();
        let reply =
            test.client.send(Method::GET, "/lanes/listed/events", &headers, Bytes::new()).await.unwrap();
        assert_eq!(reply.body["events"][0]["type"], "lane.created", "{accept:?}: {}", reply.body);
    }
    assert_eq!(event_types(&test, "listed", "lane.created").await, ["lane.created"]);
}

fn git(directory: &Path, arguments: &[&str]) {
    assert!(
        Command::new("git").arg("-C").arg(directory).args(arguments).status().unwrap().success(),
        "{arguments:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lanes_can_be_listed_synchronized_and_cleaned_up() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let body = json!({"laneId": "attached", "threadId": first["conversationId"], "projectId": "p"});
    let lane = post(&test, "/lanes/attach", body).await["lane"].clone();
    assert_eq!(
        (&lane["surface"], &lane["repoRoot"]),
        (&json!("vscode"), &json!(test.directories.workspace())),
        "{lane}"
    );
    let rename = format!("/conversations/{}/rename", first["conversationId"].as_str().unwrap());
    post(&test, &rename, json!({"title": "New title"})).await;
    let synced = post(&test, "/lanes/attached/sync-from-codex", json!({})).await;
    assert_eq!(synced["lane"]["title"], "New title", "{synced}");
    post(&test, "/lanes", json!({"laneId": "synthetic-lane", "synthetic": true})).await;
    assert_eq!(test.get("/lanes?projectId=p").await.body["lanes"].as_array().unwrap().len(), 1);
    let exists = test.post("/lanes", json!({"laneId": "synthetic-lane"})).await;
    assert_eq!((exists.status.as_u16(), &exists.body["code"]), (409, &json!("lane_exists")));

    let body = json!({"statuses": ["idle"], "olderThanHours": 0, "syntheticOnly": true, "dryRun": true});
    let dry = post(&test, "/lanes/cleanup", body.clone()).await;
    assert_eq!((&dry["matched"], &dry["deleted"]), (&json!(["synthetic-lane"]), &json!([])), "{dry}");
    let mut body = body;
    body["dryRun"] = json!(false);
    assert_eq!(post(&test, "/lanes/cleanup", body).await["deleted"], json!(["synthetic-lane"]));
    assert_eq!(test.get("/lanes/synthetic-lane").await.body["code"], "lane_not_found");
    assert_eq!(test.client.delete("/lanes/attached").await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_bridge_marks_a_running_lane_as_interrupted() {
    let mut test = TestBridge::start().await;
    let body = json!({"laneId": "left", "kickoffPrompt": "@model hold for-ever"});
    post(&test, "/codex/workflows/start-visible", body).await;
    test.model.wait_until_held("for-ever").await;
    test.bridge.stop().await;
    test.bridge = Bridge::start(test.directories.config(), None).await.unwrap();
    test.client = HttpClient::new(test.bridge.url());
    let lane = wait_for_lane(&test, "left", "interrupted").await;
    assert_eq!(lane["activeJobId"], Value::Null, "{lane}");
    let tick = post(&test, "/watch/tick", json!({})).await;
    assert_eq!((&tick["tick"]["lookedAt"], &tick["tick"]["resumed"]), (&json!(1), &json!([])), "{tick}");
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_lane_fields_are_named_in_the_error() {
    let test = TestBridge::start().await;
    for (body, field) in [
        (json!({"laneId": "a b"}), "laneId"),
        (json!({"laneId": "sessions"}), "laneId"),
        (json!({"repoRoot": "relative"}), "repoRoot"),
        (json!({"worktree": true}), "repoRoot"),
        (json!({"branch": "x"}), "branch"),
        (json!({"readinessMode": "eager"}), "readinessMode"),
        (json!({"preferredSurface": "paper"}), "preferredSurface"),
        (json!({"requirePreferredSurface": true}), "requirePreferredSurface"),
        (json!({"verificationCommands": [" "]}), "verificationCommands[0]"),
        (json!({"lane": "x"}), "lane"),
    ] {
        let refused = test.post("/lanes", body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
        assert_eq!(refused.body["details"]["field"], field, "{body}: {}", refused.body);
    }
    assert_eq!(test.post("/lanes/attach", json!({})).await.body["details"]["field"], "threadId");
    let unknown = json!({"threadId": "01a1fd83-d5a8-7d81-b8b0-48a1bd2f8294"});
    let unknown = test.post("/lanes/attach", unknown).await;
    assert_eq!((unknown.status.as_u16(), &unknown.body["code"]), (404, &json!("thread_not_found")));
    for path in ["/lanes/nope/prompt", "/lanes/nope/steer"] {
        let missing = test.post(path, json!({"input": "x"})).await;
        assert_eq!(
            (missing.status.as_u16(), &missing.body["code"]),
            (404, &json!("lane_not_found")),
            "{path}"
        );
    }
    assert_eq!(
        test.post("/lanes/cleanup", json!({"olderThanHours": -1})).await.body["details"]["field"],
        "olderThanHours"
    );
    assert_eq!(
        test.post("/watch/start", json!({"intervalSec": 0})).await.body["details"]["field"],
        "intervalSec"
    );
}
