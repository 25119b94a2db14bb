use proptest::prelude::*;

use super::*;

fn job() -> Job {
    let new = NewJob {
        job_id: "j".into(),
        lane_id: None,
        operation: Operation::CreateConversation,
        message: "hello".into(),
        cwd: None,
        conversation_id: None,
        transport: Transport::AppServer,
        turn_timeout_ms: None,
        open_requested: false,
        output_last_message_path: None,
        warnings: vec![],
    };
    Job::new(new, Timestamp::from_millis(0))
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Bind,
    Queue,
    Edit,
    Fork,
    Join,
    Start,
    Complete,
    Fail,
}

fn apply(job: &mut Job, step: Step, now: i64) -> Result<JobEvent, Refusal> {
    let now = Timestamp::from_millis(now);
    match step {
        Step::Bind => job.bind(&"c".into(), None, Some(1), now),
        Step::Queue => job.queue(Delivery::Queued, now),
        Step::Edit => job.edit("new text", now),
        Step::Fork => job.fork(&"copy".into(), Fork::Upgrade, now),
        Step::Join => job.join(&"t".into(), Some(1), now),
        Step::Start => job.start(Some(&"t".into()), now),
        Step::Complete => job.complete(JobResult::default(), now),
        Step::Fail => job.fail(Failure::new(FailureCode::TurnFailed, "no"), now),
    }
}

proptest! {
    #[test]
    fn a_job_ends_exactly_once_and_keeps_its_end(steps in proptest::collection::vec(
        prop_oneof![
            Just(Step::Bind), Just(Step::Queue), Just(Step::Edit), Just(Step::Fork), Just(Step::Join),
            Just(Step::Start), Just(Step::Complete), Just(Step::Fail)
        ],
        1..20,
    )) {
        let mut job = job();
        let mut ends = 0;
        for (now, step) in steps.into_iter().enumerate() {
            let before = job.clone();
            match apply(&mut job, step, now as i64) {
                Ok(JobEvent::Completed | JobEvent::Failed) => ends += 1,
                Ok(_) => prop_assert!(!job.status.is_end()),
                Err(_) => prop_assert_eq!(&job, &before, "a refused transition changes nothing"),
            }
            prop_assert_eq!(job.status.is_end(), ends == 1);
            prop_assert_eq!(job.completed_at.is_some(), job.status.is_end());
            prop_assert_eq!(job.result.is_some(), job.status == JobStatus::Completed);
            prop_assert_eq!(job.outcome.is_some(), job.status.is_end());
            prop_assert_eq!(job.failure.is_some(), job.status == JobStatus::Failed);
            prop_assert_eq!(job.error.is_some(), job.failure.is_some());
        }
        prop_assert!(ends <= 1);
    }
}

#[test]
fn the_json_has_every_field_of_the_original() {
    let wire = serde_json::to_value(job()).unwrap();
    for field in [
        "jobId",
        "status",
        "operation",
        "createdAt",
        "updatedAt",
        "startedAt",
        "completedAt",
        "pid",
        "cwd",
        "message",
        "conversationId",
        "openRequested",
        "opened",
        "openError",
        "eventCount",
        "lastEventAt",
        "lastEventType",
        "lastEvent",
        "lastStderr",
        "exitCode",
        "signal",
        "error",
    ] {
        assert!(wire.get(field).is_some(), "{field}");
    }
    assert_eq!(wire["status"], "starting");
    assert_eq!(wire["operation"], "create_conversation");
}

#[test]
fn a_job_that_fails_keeps_what_its_turn_produced() {
    let now = Timestamp::from_millis(0);
    for (code, outcome) in [
        (FailureCode::Cancelled, Outcome::Cancelled),
        (FailureCode::TurnTimeout, Outcome::TimedOut),
        (FailureCode::InterruptedByRestart, Outcome::Interrupted),
        (FailureCode::TurnFailed, Outcome::Failed),
    ] {
        let mut job = job();
        job.progress = Some(Progress { text: "half an ans".into(), ..Progress::default() });
        job.fail(Failure::new(code, "no"), now).unwrap();
        let result = job.result.unwrap();
        assert_eq!((result.text.as_str(), result.partial), ("half an ans", true));
        assert_eq!((job.progress, job.outcome), (None, Some(outcome)));
    }
}
