//! Measures a page of 100 jobs out of 100,000, with each filter, over HTTP.
//!
//! Run with `cargo bench -p server --bench jobs`. The ratio is that of a page to `GET /health`, which reads
//! nothing of the list.

#![allow(clippy::unwrap_used, reason = "a failed step ends the benchmark")]

#[path = "figures/percentiles.rs"]
mod percentiles;

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use codex::locate::LocateOptions;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use model::clock::Timestamp;
use model::ids::InstanceId;
use model::job::{Failure, FailureCode, Job, JobResult, NewJob, Operation, Transport};
use percentiles::Percentiles;
use server::Bridge;
use server::config::Config;
use store::Store;
use testkit::codex_binary;
use tokio::net::TcpStream;

const JOBS: i64 = 100_000;
/// The number of conversations and of lanes, among which the jobs are distributed.
const CONVERSATIONS: i64 = 1000;
const REQUESTS: usize = 300;

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    fill(&data).await;
    let config = Config {
        locate: LocateOptions { explicit: Some(codex_binary()), ..LocateOptions::default() },
        history_jobs_max: u32::MAX,
        ..Config::new(data, directory.path().join("discovery"), directory.path().to_owned())
    };
    let bridge = Bridge::start(config, None).await.unwrap();
    let address = bridge.url().trim_start_matches("http://").to_owned();
    let stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    println!("\na page of 100 of {JOBS} jobs, {REQUESTS} requests each");
    println!("query                                       p50 ms   p99 ms    ratio");
    let mut baseline = None;
    for path in [
        "/health",
        "/jobs?limit=100",
        "/jobs?limit=100&status=completed",
        "/jobs?limit=100&outcome=cancelled",
        "/jobs?limit=100&conversationId=conversation-7",
        "/jobs?limit=100&laneId=lane-7",
        "/jobs?limit=100&before=job-50000",
    ] {
        let Percentiles { p50, p99 } = measure(&mut sender, &address, path).await;
        let baseline = *baseline.get_or_insert(p50);
        println!("{path:42} {p50:8.2} {p99:8.2} {:8.1}", p50 / baseline);
    }
    bridge.stop().await;
}

/// Measures the time from the request to the last byte of the reply, which is not parsed.
async fn measure(sender: &mut SendRequest<Empty<Bytes>>, address: &str, path: &str) -> Percentiles {
    let mut durations: Vec<Duration> = Vec::new();
    for _ in 0..REQUESTS {
        let request = Request::builder().uri(path).header(header::HOST, address).body(Empty::new()).unwrap();
        sender.ready().await.unwrap();
        let started_at = Instant::now();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.into_body().collect().await.unwrap();
        durations.push(started_at.elapsed());
    }
    Percentiles::of(durations)
}

/// Stores the jobs, of which one in ten was cancelled.
async fn fill(data: &Path) {
    let store = Store::open(data).unwrap();
    let instance = InstanceId::from("an-earlier-process");
    let now = Timestamp::now().as_millis();
    let mut writes = tokio::task::JoinSet::new();
    for number in 0..JOBS {
        let job = job(number, Timestamp::from_millis(now - JOBS + number));
        let (store, instance) = (store.clone(), instance.clone());
        writes.spawn(async move {
            store.insert_job(&instance, &job, "{}".to_owned()).await.unwrap();
            store.update_job(&instance, &job, None).await.unwrap();
        });
        if writes.len() == 512 {
            writes.join_next().await.unwrap().unwrap();
        }
    }
    writes.join_all().await;
    store.close().await;
}

fn job(number: i64, now: Timestamp) -> Job {
    let new = NewJob {
        job_id: format!("job-{number}").into(),
        lane_id: (number % 2 == 0).then(|| format!("lane-{}", number % CONVERSATIONS).into()),
        operation: Operation::ResumeConversation,
        message: format!("Inspect this repository and fix the failing test number {number}"),
        cwd: Some("/home/somebody/projects/repository".to_owned()),
        conversation_id: Some(format!("conversation-{}", number % CONVERSATIONS).into()),
        transport: Transport::AppServer,
        turn_timeout_ms: None,
        open_requested: false,
        output_last_message_path: None,
        warnings: vec![],
    };
    let mut job = Job::new(new, now);
    job.start(Some(&format!("turn-{number}").into()), now).unwrap();
    if number % 10 == 0 {
        job.fail(Failure::new(FailureCode::Cancelled, "The job was cancelled."), now).unwrap();
    } else {
        let text = "The test failed because the sum was wrong by one. It passes now. ".repeat(8);
        job.complete(JobResult { text, ..JobResult::default() }, now).unwrap();
    }
    job
}
