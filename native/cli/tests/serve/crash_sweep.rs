//! Crashes at each step of a lane: from its start over a prompt and an approval to its verified end.
//!
//! There are two kinds of sweeps. In the first, the database refuses every write from the Nth on, and then
//! the process is killed. In the second, the process (or the app-server) dies at the Nth line that the
//! app-server writes. Afterwards a new bridge must find a consistent state, finish the work, and have
//! delivered every event to the webhook.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};
use testkit::{HttpClient, WebhookReceiver, codex_binary};
use tokio::time::{Instant, sleep};

use crate::world::{Serve, World};

/// Set to `1` to sweep each step, as the nightly run does. Otherwise a run sweeps only some steps, others
/// each day.
const EVERY_STEP_VARIABLE: &str = "CODEX_BRIDGE_CRASH_SWEEP_ALL";
/// The distance between failing writes. The strides are primes, so that no rhythm of the flow hides between
/// the steps.
const WRITES_STRIDE: usize = 13;
/// The distance between failing lines.
const LINES_STRIDE: usize = 7;
/// The number of worlds that crash concurrently. Each mostly waits.
const CONCURRENT_WORLDS: usize = 3;
/// The maximum time for a world to settle after its crash. It is far above the slowest good case.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60);
/// The time after which a step of the flow counts as failed on a broken database. Such a database reports the
/// failure to requests at once, but leaves a lane in progress unchanged.
const BROKEN_TIMEOUT: Duration = Duration::from_secs(5);
const LANE: &str = "swept";
const KICKOFF: &str = "@model say begun";
const PROMPT: &str = "@model run touch made";

/// A failure and its time.
#[derive(Debug, Clone, Copy)]
enum Crash {
    /// The database accepts this many row changes. Then the process is killed.
    Write(usize),
    /// The bridge is killed when its app-server writes this line.
    Line(usize),
    /// The app-server ends after this line.
    AppServerLine(usize),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crash_at_any_write_leaves_a_consistent_state() {
    sweep(Crash::Write, WRITES_STRIDE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crash_at_any_line_of_the_app_server_leaves_a_consistent_state() {
    sweep(Crash::Line, LINES_STRIDE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_app_server_that_ends_at_any_line_leaves_a_consistent_state() {
    sweep(Crash::AppServerLine, LINES_STRIDE).await;
}

/// Crashes at one step after another, until the flow finishes without a crash.
async fn sweep(crash_at: fn(usize) -> Crash, stride: usize) {
    let every_step = std::env::var(EVERY_STEP_VARIABLE).is_ok_and(|value| value == "1");
    let today =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let stride = if every_step { 1 } else { stride };
    let mut step = 1 + usize::try_from(today).unwrap() % stride;
    let mut worlds = tokio::task::JoinSet::new();
    let (mut crashed, mut finished) = (0, false);
    while !finished || !worlds.is_empty() {
        while !finished && worlds.len() < CONCURRENT_WORLDS {
            worlds.spawn(crash_and_recover(crash_at(step)));
            step += stride;
        }
        if let Some(world) = worlds.join_next().await {
            if world.unwrap() { crashed += 1 } else { finished = true }
        }
    }
    eprintln!("{crashed} crashes, {stride} steps apart");
    assert!(crashed > 3, "the flow has more than {crashed} steps");
}

/// Runs the flow into the crash and checks the state afterwards. Returns whether the flow crashed.
async fn crash_and_recover(crash: Crash) -> bool {
    let world = World::new().await;
    let receiver = WebhookReceiver::start().await;
    let mut serve = world.serve().await;
    let created =
        serve.client.post("/webhooks", &json!({"url": receiver.url(), "events": ["*"]})).await.unwrap();
    assert_eq!(created.status, 200, "{}", created.body);
    match crash {
        Crash::Write(step) => break_database(&world.data(), step),
        Crash::Line(step) => {
            serve.kill().await;
            let codex = dying_codex(&world, step, "os.kill(os.getppid(), signal.SIGKILL)");
            serve = world.serve_with(&codex, "info").await;
        }
        Crash::AppServerLine(step) => {
            serve.kill().await;
            let codex = dying_codex(&world, step, "pass");
            serve = world.serve_with(&codex, "info").await;
        }
    }
    let flow = run(&serve.client, &world, BROKEN_TIMEOUT).await;
    serve.kill().await;
    repair_database(&world.data());

    let serve = world.serve().await;
    settle(&serve, crash).await;
    let before = ends(&world.data());
    // The same request continues with what is left, and everything works.
    if let Err(problem) = run(&serve.client, &world, SETTLE_TIMEOUT).await {
        let log = std::fs::read_to_string(world.log_file()).unwrap();
        panic!("{crash:?}: the flow does not work after the crash: {problem}\n{log}");
    }
    settle(&serve, crash).await;
    check(&world.data(), crash, &before);
    all_delivered(&world.data(), &receiver, crash).await;
    serve.kill().await;
    flow.is_err()
}

/// Runs the flow: start, prompt, approval, verification, end. Returns a description of the step that failed.
async fn run(client: &HttpClient, world: &World, timeout: Duration) -> Result<(), String> {
    let body = json!({
        "laneId": LANE, "repoRoot": repository(world), "worktree": true, "kickoffPrompt": KICKOFF,
        "sandbox": "danger-full-access",
        "approvalPolicy": "untrusted", "verificationCommands": ["true"],
    });
    accepted(client, "/codex/workflows/start-visible", &body).await?;
    until(client, timeout, &["done", "interrupted", "failed"]).await?;
    accepted(client, &format!("/lanes/{LANE}/prompt"), &json!({"input": PROMPT})).await?;
    until(client, timeout, &["needs_approval"]).await?;
    let approvals = get(client, "/approvals?status=pending").await?;
    let approval_id = approvals["approvals"][0]["approvalId"].as_str().ok_or("no approval")?;
    accepted(client, &format!("/lanes/{LANE}/approvals/{approval_id}/approve"), &json!({})).await?;
    until(client, timeout, &["done"]).await
}

/// Returns the path of a git repository, which is created on the first call.
fn repository(world: &World) -> PathBuf {
    let directory = world.directory.path().join("repository");
    if !directory.exists() {
        let git = |arguments: &[&str]| {
            let git = std::process::Command::new("git")
                .arg("-C")
                .arg(world.directory.path())
                .args(arguments)
                .status();
            assert!(git.unwrap().success(), "{arguments:?}");
        };
        git(&["init", "-q", "repository"]);
        let author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let first = ["commit", "-q", "--allow-empty", "-m", "first"];
        git(&[&["-C", "repository"], &author[..], &first[..]].concat());
    }
    directory
}

async fn accepted(client: &HttpClient, path: &str, body: &Value) -> Result<(), String> {
    let reply = client.post(path, body).await.map_err(|error| format!("{path}: {error:?}"))?;
    if reply.status == 200 { Ok(()) } else { Err(format!("{path}: {}", reply.body)) }
}

async fn get(client: &HttpClient, path: &str) -> Result<Value, String> {
    let reply = client.get(path).await.map_err(|error| format!("{path}: {error:?}"))?;
    if reply.status == 200 { Ok(reply.body) } else { Err(format!("{path}: {}", reply.body)) }
}

/// Waits until the lane has one of the `wanted` statuses.
async fn until(client: &HttpClient, timeout: Duration, wanted: &[&str]) -> Result<(), String> {
    let deadline = Instant::now() + timeout;
    loop {
        let lane = get(client, &format!("/lanes/{LANE}")).await?["lane"].clone();
        let status = lane["status"].as_str().unwrap_or_default();
        if wanted.contains(&status) {
            return Ok(());
        }
        // A broken database leaves the lane as it was.
        if ["failed", "interrupted", "blocked"].contains(&status) || Instant::now() > deadline {
            return Err(format!("not {wanted:?}: {lane}"));
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until nothing is in progress.
async fn settle(serve: &Serve, crash: Crash) {
    let deadline = Instant::now() + SETTLE_TIMEOUT;
    loop {
        let lane = serve.client.get(&format!("/lanes/{LANE}")).await.unwrap();
        let jobs = serve.client.get("/health").await.unwrap().body["status"]["jobs"].clone();
        let is_open = ["starting", "running", "needs_approval", "verifying"]
            .contains(&lane.body["lane"]["status"].as_str().unwrap_or_default());
        let is_open = is_open || !lane.body["lane"]["workflow"].is_null();
        if !is_open && jobs["running"] == 0 && jobs["starting"] == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "{crash:?}: never settled: {} {jobs}", lane.body);
        sleep(Duration::from_millis(20)).await;
    }
}

/// Returns the status of each job that has ended.
fn ends(data: &Path) -> BTreeMap<String, String> {
    let database = Connection::open(data.join("codex-bridge.sqlite")).unwrap();
    let mut jobs =
        database.prepare("SELECT job_id, status FROM jobs WHERE status IN ('completed', 'failed')").unwrap();
    let rows = jobs.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Checks that nothing is lost, duplicated or false.
fn check(data: &Path, crash: Crash, before: &BTreeMap<String, String>) {
    let database = Connection::open(data.join("codex-bridge.sqlite")).unwrap();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let none = |what: &str, sql: &str| {
        assert_eq!(count(&format!("SELECT count(*) FROM {sql}")), 0, "{crash:?}: {what}");
    };
    none("a job is open", "jobs WHERE status NOT IN ('completed', 'failed')");
    none("an approval is open", "approvals WHERE status = 'pending'");
    none("a job has no lane", "jobs WHERE json_extract(job, '$.laneId') IS NULL");
    let ended = "SELECT job_id FROM events WHERE type IN ('job.completed', 'job.failed')";
    none(
        "a job does not have exactly one end",
        &format!("jobs WHERE (SELECT count(*) FROM ({ended}) e WHERE e.job_id = jobs.job_id) <> 1"),
    );
    let turns = "SELECT 1 FROM events WHERE type = 'lane.turn.completed' AND events.job_id = jobs.job_id";
    none(
        "the lane was notified of a turn's end twice",
        &format!("jobs WHERE (SELECT count(*) FROM ({turns})) > 1"),
    );
    none(
        "an approval was not resolved exactly once",
        "approvals WHERE (SELECT count(*) FROM events WHERE type = 'approval.resolved' \
         AND json_extract(payload, '$.approvalId') = approval_id) <> 1",
    );
    let kickoffs =
        format!("SELECT count(*) FROM jobs WHERE json_extract(job, '$.message') LIKE '{KICKOFF}%'");
    assert_eq!(count(&kickoffs), 1, "{crash:?}: the kickoff prompt must be sent once");
    for (job_id, status) in ends(data) {
        if let Some(before) = before.get(&job_id) {
            assert_eq!(*before, status, "{crash:?}: the status of an ended job changed");
        }
    }
}

/// Waits until the webhook has received every event of the log, and checks that it received no others.
async fn all_delivered(data: &Path, receiver: &WebhookReceiver, crash: Crash) {
    let logged: BTreeSet<String> = {
        let database = Connection::open(data.join("codex-bridge.sqlite")).unwrap();
        let mut events = database.prepare("SELECT CAST(event_id AS TEXT) FROM events").unwrap();
        events.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let deadline = Instant::now() + SETTLE_TIMEOUT;
    loop {
        let received = receiver.received();
        let delivered: BTreeSet<String> = received
            .iter()
            .filter_map(|received| Some(received.json()["eventId"].as_str()?.to_owned()))
            .collect();
        assert!(delivered.is_subset(&logged), "{crash:?}: an event was delivered that is not in the log");
        if delivered == logged {
            return;
        }
        let missing: Vec<_> = logged.difference(&delivered).collect();
        assert!(Instant::now() < deadline, "{crash:?}: never delivered: {missing:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Makes the database refuse every change after `step` row changes.
fn break_database(data: &Path, step: usize) {
    let database = Connection::open(data.join("codex-bridge.sqlite")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let mut script = format!("CREATE TABLE crash (changes_left INTEGER); INSERT INTO crash VALUES ({step});");
    for table in tables(&database) {
        for change in ["INSERT", "UPDATE", "DELETE"] {
            // A refusal rolls back the statement including the countdown, so the database refuses forever.
            script.push_str(&format!(
                "CREATE TRIGGER crash_{table}_{change} BEFORE {change} ON {table} BEGIN
                   UPDATE crash SET changes_left = changes_left - 1;
                   SELECT RAISE(ABORT, 'the disk is gone') FROM crash WHERE changes_left < 0;
                 END;"
            ));
        }
    }
    database.execute_batch(&script).unwrap();
}

fn repair_database(data: &Path) {
    let database = Connection::open(data.join("codex-bridge.sqlite")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let triggers: Vec<String> = {
        let mut names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").unwrap();
        names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for trigger in triggers.iter().filter(|name| name.starts_with("crash_")) {
        database.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    database.execute_batch("DROP TABLE IF EXISTS crash").unwrap();
}

fn tables(database: &Connection) -> Vec<String> {
    let mut names = database
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             AND name <> 'crash'",
        )
        .unwrap();
    names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Creates a Codex whose app-server runs `what` and ends after it has written `lines` lines.
fn dying_codex(world: &World, lines: usize, what: &str) -> PathBuf {
    let script = format!(
        r#"#!/usr/bin/env python3
import os, signal, subprocess, sys

real = {real:?}
if "app-server" in sys.argv:
    codex = subprocess.Popen([real, *sys.argv[1:]], stdout=subprocess.PIPE)
    for number, line in enumerate(codex.stdout, 1):
        os.write(1, line)
        if number == {lines}:
            {what}
            codex.kill()
            sys.exit(1)
    sys.exit(codex.wait())
os.execv(real, [real, *sys.argv[1:]])
"#,
        real = codex_binary(),
    );
    let path = world.directory.path().join("codex");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    path
}
