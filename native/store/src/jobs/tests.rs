use model::job::{Failure, FailureCode, NewJob, Operation, Transport};
use serde_json::Value;

use super::*;

fn job(number: i64, outcome: Option<FailureCode>) -> Job {
    let new = NewJob {
        job_id: format!("job-{number}").into(),
        lane_id: (number % 2 == 0).then(|| "lane".into()),
        operation: Operation::CreateConversation,
        message: "hello".into(),
        cwd: None,
        conversation_id: Some("conversation".into()),
        transport: Transport::AppServer,
        turn_timeout_ms: None,
        open_requested: false,
        output_last_message_path: None,
        warnings: vec![],
    };
    let now = Timestamp::from_millis(number);
    let mut job = Job::new(new, now);
    if let Some(code) = outcome {
        job.fail(Failure::new(code, "no"), now).unwrap();
    }
    job
}

async fn insert(store: &Store, job: &Job) {
    let instance = InstanceId::from("instance");
    store.insert_job(&instance, job, "{}".to_owned()).await.unwrap();
    store.update_job(&instance, job, None).await.unwrap();
}

fn everything(limit: u32) -> JobQuery {
    JobQuery {
        status: None,
        outcome: None,
        conversation_id: None,
        lane_id: None,
        search: None,
        before: None,
        limit,
    }
}

async fn ids(store: &Store, query: JobQuery) -> Vec<String> {
    let page = store.jobs(query).await.unwrap();
    page.jobs.into_iter().map(|job| job.job_id.to_string()).collect()
}

#[tokio::test]
async fn jobs_are_filtered_by_outcome_and_lane() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    for (number, code) in [(1, None), (2, Some(FailureCode::Cancelled)), (3, Some(FailureCode::TurnFailed))] {
        insert(&store, &job(number, code)).await;
    }
    assert_eq!(ids(&store, everything(10)).await, ["job-3", "job-2", "job-1"]);
    let cancelled = JobQuery { outcome: Some(Outcome::Cancelled), ..everything(10) };
    assert_eq!(ids(&store, cancelled).await, ["job-2"]);
    let failed = JobQuery { status: Some(JobStatus::Failed), ..everything(10) };
    assert_eq!(ids(&store, failed).await, ["job-3", "job-2"]);
    let of_lane = JobQuery {
        lane_id: Some("lane".into()),
        conversation_id: Some("conversation".into()),
        status: Some(JobStatus::Failed),
        ..everything(10)
    };
    assert_eq!(ids(&store, of_lane).await, ["job-2"]);
    let counts = store.job_counts().await.unwrap();
    assert_eq!((counts.starting, counts.failed, counts.cancelled), (1, 2, 1));
}

#[tokio::test]
async fn every_filter_uses_an_index_that_gives_the_order() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    for filter in [
        "TRUE",
        "status = 'failed'",
        "outcome = 'cancelled'",
        "conversation_id = 'c'",
        "lane_id = 'l'",
        "lane_id = 'l' AND +status = 'failed'",
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT job FROM jobs WHERE {filter} ORDER BY created_at DESC, rowid DESC"
        );
        let plan = store
            .read(move |connection| {
                let mut statement = connection.prepare(&sql)?;
                let rows = statement.query_map([], |row| row.get::<_, String>(3))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?.join("; "))
            })
            .await
            .unwrap();
        assert!(plan.contains("USING INDEX jobs_by_") && !plan.contains("TEMP B-TREE"), "{filter}: {plan}");
    }
}

#[tokio::test]
async fn a_job_of_an_older_version_gets_the_new_fields() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("codex-bridge.sqlite");
    let store = Store::open(directory.path()).unwrap();
    insert(&store, &job(2, Some(FailureCode::TurnTimeout))).await;
    store.close().await;
    // The job as version 0.2 left it, before this migration.
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "UPDATE jobs SET job = json_remove(job, '$.outcome', '$.turns', '$.progress');
             DROP INDEX jobs_by_outcome; DROP INDEX jobs_by_conversation; DROP INDEX jobs_by_lane;
             ALTER TABLE jobs DROP COLUMN lane_id; ALTER TABLE jobs DROP COLUMN outcome;
             ALTER TABLE jobs DROP COLUMN format; PRAGMA user_version = 7;",
        )
        .unwrap();
    drop(connection);
    let store = Store::open(directory.path()).unwrap();
    let query = JobQuery { outcome: Some(Outcome::TimedOut), lane_id: Some("lane".into()), ..everything(1) };
    let page = store.jobs(query).await.unwrap();
    let job = serde_json::to_value(&page.jobs).unwrap()[0].take();
    assert_eq!((&job["outcome"], &job["turns"]), (&json!("timed_out"), &json!([])));
}

/// Returns the names of all members, each with its path.
fn members(value: &Value, path: &str, found: &mut Vec<String>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        found.push(format!("{path}{name}"));
        members(member, &format!("{path}{name}."), found);
    }
}

#[test]
fn the_format_of_a_job_changes_only_with_its_number() {
    let mut job = job(2, None);
    job.progress = serde_json::from_value(json!({ "tokenUsage": {}, "command": { "command": "" } })).ok();
    job.result = serde_json::from_value(json!({ "tokenUsage": {} })).ok();
    job.failure = Some(Failure::new(FailureCode::TurnFailed, "no"));
    let mut found = Vec::new();
    members(&serde_json::to_value(&job).unwrap(), "", &mut found);
    found.sort();
    let found = format!("{JOB_FORMAT}\n{}\n", found.join("\n"));
    let known = include_str!("../job_format.txt");
    assert_eq!(found, known, "increase JOB_FORMAT, and write its members to job_format.txt");
}
