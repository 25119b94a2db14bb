use proptest::prelude::*;

use super::*;
use crate::approval::ApprovalKind;
use crate::job::{Failure, JobResult, NewJob, Operation, Transport, WaitingOn};

fn lane(verification: bool) -> Lane {
    let moment = Timestamp::from_millis(0);
    Lane {
        lane_id: "lane".into(),
        project_id: None,
        repo_root: None,
        branch: None,
        worktree_path: None,
        thread_id: None,
        title: None,
        status: LaneStatus::Idle,
        active_turn_id: None,
        active_job_id: None,
        readiness_mode: ReadinessMode::Lenient,
        preferred_surface: PreferredSurface::Any,
        surface: Surface::Unknown,
        session_isolation: SessionIsolation::Process,
        model: None,
        sandbox: SandboxMode::WorkspaceWrite,
        approval_policy: None,
        acceptance_criteria: vec![],
        verification_commands: if verification { vec!["true".into()] } else { vec![] },
        verification: vec![],
        problem: None,
        synthetic: false,
        workflow: None,
        created_at: moment,
        updated_at: moment,
    }
}

fn job(id: &str) -> Job {
    let new = NewJob {
        job_id: id.into(),
        lane_id: Some("lane".into()),
        operation: Operation::ResumeConversation,
        message: "x".into(),
        cwd: None,
        conversation_id: Some("thread".into()),
        transport: Transport::AppServer,
        turn_timeout_ms: None,
        open_requested: false,
        output_last_message_path: None,
        warnings: vec![],
    };
    Job::new(new, Timestamp::from_millis(0))
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Begin(u8),
    Start,
    Wait(bool),
    Complete,
    Fail(FailureCode),
    Other,
    Verify(bool),
    Lose,
    SimulateApproval,
    SimulateAnswer,
    SimulateEnd,
    LoseSimulation,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        (0u8..3).prop_map(Action::Begin),
        Just(Action::Start),
        any::<bool>().prop_map(Action::Wait),
        Just(Action::Complete),
        Just(Action::Fail(FailureCode::TurnFailed)),
        Just(Action::Fail(FailureCode::Cancelled)),
        Just(Action::Other),
        any::<bool>().prop_map(Action::Verify),
        Just(Action::Lose),
        Just(Action::SimulateApproval),
        Just(Action::SimulateAnswer),
        Just(Action::SimulateEnd),
        Just(Action::LoseSimulation),
    ];
    proptest::collection::vec(action, 1..40)
}

proptest! {
    #[test]
    fn a_lane_follows_one_job_at_a_time_and_every_turn_ends_once(verification: bool, actions in actions()) {
        let now = Timestamp::from_millis(1);
        let mut lane = lane(verification);
        let mut current: Option<Job> = None;
        let (mut started, mut ended) = (0, 0);
        for action in actions {
            let before = lane.clone();
            let step = match action {
                Action::Begin(number) => {
                    let next = job(&format!("job-{started}-{number}"));
                    let step = lane.begin(&next.job_id, now);
                    if step.is_ok() {
                        started += 1;
                        current = Some(next);
                    }
                    step
                }
                Action::Other => lane.follow(&job("another"), now),
                Action::Verify(passed) => {
                    let result = VerificationResult {
                        command: "true".into(),
                        passed,
                        exit_code: None,
                        output: String::new(),
                        duration_ms: 0,
                    };
                    lane.verified(vec![result], now)
                }
                Action::Lose => lane.lose_job("gone", now),
                Action::SimulateApproval => lane.simulate_approval(now),
                Action::SimulateAnswer => lane.simulate_answer(now),
                Action::SimulateEnd => lane.simulate_end(Some("simulated"), now),
                Action::LoseSimulation => lane.lose_simulation("cleared", now),
                Action::Start | Action::Wait(_) | Action::Complete | Action::Fail(_) => {
                    let Some(job) = &mut current else { continue };
                    // A transition that the job does not allow has no effect.
                    match action {
                        Action::Start => drop(job.start(Some(&"turn".into()), now)),
                        Action::Wait(true) if job.status == JobStatus::Running => {
                            let kind = ApprovalKind::Command;
                            let approval_id = "a".into();
                            job.waiting_on = vec![WaitingOn { approval_id, kind, summary: "?".into() }];
                        }
                        Action::Wait(_) => job.waiting_on.clear(),
                        Action::Complete => drop(job.complete(JobResult::default(), now)),
                        Action::Fail(code) => drop(job.fail(Failure::new(code, "no"), now)),
                        _ => {}
                    }
                    lane.follow(job, now)
                }
            };
            match step {
                Err(_) => prop_assert_eq!(&lane, &before, "a refused transition changes nothing"),
                Ok(events) => {
                    let is_end = |event: &&LaneEvent| {
                        event.event_type == "lane.turn.completed" && event.payload.get("rehearsal").is_none()
                    };
                    ended += events.iter().filter(is_end).count();
                    if before.status.is_active() && !lane.status.is_active() {
                        let ends = ["lane.completed", "lane.failed", "lane.blocked", "lane.interrupted"];
                        let recorded = events.iter().filter(|event| ends.contains(&event.event_type)).count();
                        prop_assert_eq!(recorded, 1, "{:?}", events);
                    }
                }
            }
            prop_assert!(lane.active_job_id.is_none() || lane.status.is_active());
            let simulated = [LaneStatus::NeedsApproval, LaneStatus::Running];
            prop_assert!(!lane.is_simulated() || simulated.contains(&lane.status), "{:?}", lane);
            prop_assert!(!lane.is_simulated() || lane.active_turn_id.is_none());
            prop_assert!(lane.active_turn_id.is_none() || lane.status.is_active());
            prop_assert!(lane.status != LaneStatus::Verifying || verification);
        }
        prop_assert!(ended <= started);
    }
}

#[test]
fn a_turn_with_verification_is_done_when_it_passes_and_blocked_when_it_does_not() {
    let now = Timestamp::from_millis(1);
    for (passed, status, last) in
        [(true, LaneStatus::Done, "lane.completed"), (false, LaneStatus::Blocked, "lane.blocked")]
    {
        let mut lane = lane(true);
        let mut job = job("j");
        lane.begin(&"j".into(), now).unwrap();
        job.start(Some(&"turn".into()), now).unwrap();
        lane.follow(&job, now).unwrap();
        assert_eq!(lane.active_turn_id.as_deref(), Some("turn"));
        job.complete(JobResult::default(), now).unwrap();
        lane.follow(&job, now).unwrap();
        assert_eq!(lane.status, LaneStatus::Verifying);
        let result = VerificationResult {
            command: "cargo test".into(),
            passed,
            exit_code: Some(1),
            output: "out".into(),
            duration_ms: 1,
        };
        let events = lane.verified(vec![result], now).unwrap();
        assert_eq!((lane.status, events.last().unwrap().event_type), (status, last));
    }
}
