//! Measures the memory and the startup time of lane sessions after one turn on each lane, with a process per
//! lane and with a shared process.
//!
//! Run with `npm run bench`. Memory is the proportional set size (PSS): the private memory of the app-servers
//! plus their share of shared memory. Only Linux reports it.

#![allow(clippy::unwrap_used, reason = "a failed step ends the benchmark")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use codex::locate::LocateOptions;
use model::limits::SessionLimits;
use serde_json::{Value, json};
use server::Bridge;
use server::config::Config;
use testkit::{CodexHome, HttpClient, ScriptedModel, codex_binary};

const LANES: [usize; 3] = [1, 10, 50];
/// The number of lanes that are started at a time.
const AT_ONCE: usize = 4;

#[tokio::main]
async fn main() {
    println!("\nlanes with a loaded thread, after one turn each");
    println!("sessions      lanes  processes      MB MB per lane ms per lane");
    let mut one_shared = None;
    for isolation in ["shared", "process"] {
        for lanes in LANES {
            let Measured { processes, megabytes, elapsed } = measure(isolation, lanes).await;
            #[allow(clippy::cast_precision_loss, reason = "small numbers")]
            let each = lanes as f64;
            one_shared.get_or_insert(megabytes);
            println!(
                "{isolation:10} {lanes:8} {processes:10} {megabytes:7.0} {:11.1} {:11.0}   ratio {:.1}",
                megabytes / each,
                elapsed.as_secs_f64() * 1000.0 / each,
                megabytes / one_shared.unwrap_or(megabytes)
            );
        }
    }
}

struct Measured {
    processes: usize,
    megabytes: f64,
    elapsed: Duration,
}

async fn measure(isolation: &str, lanes: usize) -> Measured {
    let model = ScriptedModel::start().await;
    let home = CodexHome::for_model(&model.url());
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let config = Config {
        locate: LocateOptions { explicit: Some(codex_binary()), ..LocateOptions::default() },
        environment: vec![("CODEX_HOME".to_owned(), home.path().display().to_string())],
        lane_sessions: SessionLimits { processes_max: lanes, idle: Duration::from_secs(3600) },
        ..Config::new(at("data"), at("discovery"), directory.path().to_owned())
    };
    let bridge = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(bridge.url());
    let started_at = Instant::now();
    let mut started = tokio::task::JoinSet::new();
    for number in 0..lanes {
        if started.len() == AT_ONCE {
            started.join_next().await.unwrap().unwrap();
        }
        let (client, isolation) = (client.clone(), isolation.to_owned());
        started.spawn(async move {
            let lane_id = format!("lane-{number}");
            let body = json!({"laneId": lane_id, "sessionIsolation": isolation, "kickoffPrompt": "hello"});
            let reply = client.post("/codex/workflows/start-visible", &body).await.unwrap();
            let job_id = reply.body["job"]["jobId"].as_str().unwrap().to_owned();
            let job = client.get(&format!("/jobs/{job_id}?waitMs=55000")).await.unwrap();
            assert_eq!(job.body["job"]["status"], "completed", "{}", job.body);
        });
    }
    started.join_all().await;
    let elapsed = started_at.elapsed();
    let sessions = client.get("/lanes/sessions").await.unwrap().body["sessions"].clone();
    let pids: BTreeSet<u64> =
        sessions.as_array().unwrap().iter().filter_map(|session: &Value| session["pid"].as_u64()).collect();
    let megabytes = pids.iter().map(|pid| proportional_megabytes(*pid)).sum();
    bridge.stop().await;
    Measured { processes: pids.len(), megabytes, elapsed }
}

fn proportional_megabytes(pid: u64) -> f64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or(0.0) / 1024.0
}
