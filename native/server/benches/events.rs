//! Measures what it costs to show events:
//!
//! - the time from an app-server writing a line to a client having read the event, compared to reading the
//!   line itself;
//! - a thousand clients at two hundred recorded events per second, each of which must get every event once
//!   and in order;
//! - the memory of the bridge at rest, with these clients, and under this load.
//!
//! Run with `npm run bench`. The bridge is a separate process, and so is the app-server, which adds a
//! timestamp to each line. Both are this program, whose role is set by an environment variable. The clients
//! share the machine with them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step ends the benchmark")]

#[path = "events/app_server.rs"]
mod app_server;
#[path = "events/clients.rs"]
mod clients;
#[path = "figures/percentiles.rs"]
mod percentiles;

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use codex::locate::LocateOptions;
use serde_json::json;
use server::Bridge;
use server::config::Config;
use testkit::HttpClient;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use clients::{Received, listen};
use percentiles::Percentiles;

/// The environment variable that sets the role of this program.
const ROLE: &str = "CODEX_BRIDGE_BENCH_ROLE";
/// The environment variable with the directory of the bridge.
const DIRECTORY: &str = "CODEX_BRIDGE_BENCH_DIRECTORY";

const CLIENTS: usize = 1000;
/// The number of events of a run, and their rate per second.
const LIVE: (usize, u32) = (1500, 500);
const RECORDED: (usize, u32) = (800, 200);
const CROWD: (usize, u32) = (1200, 200);

fn main() {
    let role = std::env::var(ROLE).unwrap_or_default();
    if role == "app-server" {
        return app_server::run();
    }
    rlimit::increase_nofile_limit(4 * CLIENTS as u64).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match role.as_str() {
            "bridge" => serve().await,
            _ => measure().await,
        }
    });
}

/// Runs the bridge until its standard input ends.
async fn serve() {
    let directory = std::path::PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    let executable = std::env::current_exe().unwrap();
    let config = Config {
        locate: LocateOptions { explicit: Some(executable), ..LocateOptions::default() },
        environment: vec![(ROLE.to_owned(), "app-server".to_owned())],
        ..Config::new(directory.join("data"), directory.join("discovery"), directory.clone())
    };
    let bridge = Bridge::start(config, None).await.unwrap();
    println!("{}", bridge.url());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    bridge.stop().await;
}

async fn measure() {
    let directory = tempfile::tempdir().unwrap();
    let (mut process, url) = start_bridge(directory.path()).await;
    let client = HttpClient::new(&url);
    let authority = url.trim_start_matches("http://").to_owned();
    // Starts the app-server.
    run_turn(&client, "live", (1, 1000)).await;

    let baseline = Percentiles::of(read_directly(LIVE).await);
    let mut rows = vec![("the line itself", baseline)];
    for (name, kind, run) in [("live event", "live", LIVE), ("recorded event", "recorded", RECORDED)] {
        let listener = listen(&authority, "/events", run.0).await;
        run_turn(&client, kind, run).await;
        rows.push((name, Percentiles::of(listener.await.unwrap().delays)));
    }
    println!("\nfrom the app-server's line to the reader ({} live, {} recorded)", LIVE.0, RECORDED.0);
    println!("                          p50 ms   p99 ms    ratio");
    let line = rows[0].1.p50;
    for (name, Percentiles { p50, p99 }) in &rows {
        println!("{name:22}  {p50:8.3} {p99:8.3} {:8.2}", p50 / line);
    }
    crowd(&client, &authority, process.id().unwrap()).await;
    drop(process.stdin.take());
    process.wait().await.unwrap();
}

async fn crowd(client: &HttpClient, authority: &str, pid: u32) {
    let at_rest = Usage::of(pid);
    let mut listeners = Vec::new();
    for _ in 0..CLIENTS {
        listeners.push(listen(authority, "/events?type=item.completed", CROWD.0).await);
    }
    let connected = Usage::of(pid);
    run_turn(client, "recorded", CROWD).await;
    let loaded = Usage::of(pid);
    let mut received = Vec::new();
    for listener in listeners {
        received.push(listener.await.unwrap());
    }
    let frames: usize = received.iter().map(|received| received.ids.len()).sum();
    for Received { ids, .. } in &received {
        assert_eq!(ids.len(), CROWD.0, "every event arrives");
        assert!(ids.windows(2).all(|two| two[0] < two[1]), "in order, without duplicates");
        assert_eq!(*ids, received[0].ids, "every client gets the same events");
    }
    let Percentiles { p50, p99 } =
        Percentiles::of(received.into_iter().flat_map(|received| received.delays).collect());
    println!("\n{CLIENTS} clients, {} recorded events per second, {} in total", CROWD.1, CROWD.0);
    println!("arrived                 {frames:8} of {}, each in order and once", CLIENTS * CROWD.0);
    println!("line to reader, ms      {p50:8.2} p50 {p99:8.2} p99");
    if let (Some(at_rest), Some(connected), Some(loaded)) = (at_rest, connected, loaded) {
        println!("memory at rest          {:8.1} MB", at_rest.megabytes);
        println!(
            "… with the clients      {:8.1} MB   ratio {:.2}",
            connected.megabytes,
            connected.megabytes / at_rest.megabytes
        );
        println!(
            "… peak under load       {:8.1} MB   ratio {:.2}",
            loaded.megabytes_max,
            loaded.megabytes_max / at_rest.megabytes
        );
    }
}

async fn start_bridge(directory: &std::path::Path) -> (Child, String) {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .env(ROLE, "bridge")
        .env(DIRECTORY, directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = lines.next_line().await.unwrap().unwrap();
    (process, url)
}

/// Runs a turn that sends `count` events.
async fn run_turn(client: &HttpClient, kind: &str, (count, rate): (usize, u32)) {
    let body = json!({"message": format!("{kind} {count} {rate}")});
    let reply = client.post("/conversations", &body).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
    let path = format!("/jobs/{}?waitMs=50000", reply.body["job"]["jobId"].as_str().unwrap());
    assert_eq!(client.get(&path).await.unwrap().body["job"]["status"], "completed");
}

/// Reads the lines from the pipe of an app-server.
async fn read_directly((count, rate): (usize, u32)) -> Vec<Duration> {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .env(ROLE, "app-server")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let message = format!("live {count} {rate}");
    let turn = json!({"id": 1, "method": "turn/start", "params": {"input": [{"text": message}]}});
    process.stdin.as_mut().unwrap().write_all(format!("{turn}\n").as_bytes()).await.unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut delays = Vec::new();
    while delays.len() < count {
        let line = lines.next_line().await.unwrap().unwrap();
        delays.extend(clients::delay_of(&line));
    }
    delays
}

/// The memory usage of a process. Only Linux reports it.
struct Usage {
    megabytes: f64,
    megabytes_max: f64,
}

impl Usage {
    fn of(pid: u32) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let megabytes = |name: &str| -> Option<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
        };
        Some(Self { megabytes: megabytes("VmRSS:")?, megabytes_max: megabytes("VmHWM:")? })
    }
}
