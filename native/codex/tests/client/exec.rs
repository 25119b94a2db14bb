//! Tests `codex exec` of the real binary.

use codex::exec::{Color, ExecEvent, ExecOptions, ExecRequest, ExecRun, OptionProblem};
use codex::protocol::{ApprovalPolicy, SandboxMode, TurnStatus};
use codex::rpc::Refusal;
use codex::turn::{TurnEnd, TurnRecord};
use serde_json::json;
use testkit::codex_binary;

use crate::support::{Place, in_time, text, turn_end};

async fn options() -> ExecOptions {
    in_time("the help texts", ExecOptions::discover(&codex_binary())).await.unwrap()
}

async fn run(place: &Place, request: &ExecRequest, prompt: &str) -> ExecRun {
    ExecRun::start(&place.launch(), &options().await.arguments(request).unwrap(), prompt).unwrap()
}

/// Reads the output to its end. Returns the thread id, how the turn ended, and its record.
async fn outcome(run: &mut ExecRun) -> (Option<String>, Option<TurnEnd>, TurnRecord) {
    let (mut thread, mut end, mut record) = (None, None, TurnRecord::default());
    while let Some(event) = in_time("an event, or the end of them", run.next()).await {
        end = record.observe_exec(&event, true).or(end);
        if let ExecEvent::ThreadStarted { thread_id } = event {
            thread = Some(thread_id);
        }
    }
    (thread.map(Into::into), end, record)
}

#[tokio::test]
async fn a_thread_is_started_and_resumed() {
    let place = Place::new().await;
    let mut first = run(&place, &ExecRequest::default(), "hello\nthere").await;
    let (thread, end, record) = outcome(&mut first).await;
    assert_eq!((end, record.answer.as_deref()), (Some(TurnEnd::Completed), Some("You said: hello\nthere")));
    assert!(record.usage.is_some_and(|usage| usage.total_tokens > usage.output_tokens));
    assert_eq!(in_time("the exit", first.exited()).await.code, Some(0));

    // The prompt is far longer than a command line may be and starts like an option.
    let long = format!("--{}", "x".repeat(300_000));
    let request = ExecRequest { thread_id: thread.clone().map(Into::into), ..ExecRequest::default() };
    let mut second = run(&place, &request, &long).await;
    let (same, end, record) = outcome(&mut second).await;
    assert_eq!((same, end), (thread, Some(TurnEnd::Completed)), "{}", second.stderr_tail());
    assert_eq!(record.answer, Some(format!("You said: {long}")));
}

#[tokio::test]
async fn options_are_placed_where_the_binary_accepts_them_and_take_effect() {
    let place = Place::new().await;
    let picture = place.directory().join("a picture.png");
    std::fs::write(&picture, b"no picture").unwrap();
    let schema = place.directory().join("schema.json");
    let shape = json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
    std::fs::write(&schema, shape.to_string()).unwrap();
    std::fs::write(place.codex_home().join("plain.config.toml"), "").unwrap();
    let mut request = ExecRequest {
        model: Some("scripted".into()),
        sandbox: Some(SandboxMode::WorkspaceWrite),
        approval_policy: Some(ApprovalPolicy::Never),
        config: json!({"model_reasoning_summary": "none", "shell_environment_policy": {"set": {"A": "b"}}})
            .as_object()
            .unwrap()
            .clone(),
        images: vec![picture],
        profile: Some("plain".into()),
        color: Some(Color::Never),
        search: true,
        add_dirs: vec![place.directory()],
        enable_features: vec!["default_mode_request_user_input".into()],
        disable_features: vec!["personality".into()],
        output_schema: Some(schema),
        ..ExecRequest::default()
    };
    let mut runs = Vec::new();
    for file in ["first.txt", "second.txt"] {
        let script = format!("@model run echo [$A]\n@model patch {file}\n@model say {{}}");
        let mut run = run(&place, &request, &script).await;
        let (thread, end, record) = outcome(&mut run).await;
        assert_eq!(end, Some(TurnEnd::Completed), "{}", run.stderr_tail());
        assert!(place.directory().join(file).exists(), "{file}: {record:?} {}", run.stderr_tail());
        let requests = place.model.requests();
        let body = requests.last().unwrap().body();
        assert_eq!(body["text"]["format"]["schema"], shape, "{file}");
        assert!(body["input"].to_string().contains("[b]"), "{file}: the command has the variable");
        request.thread_id = thread.clone().map(Into::into);
        runs.push(thread);
    }
    assert!(runs[0].is_some() && runs[0] == runs[1]);
}

#[tokio::test]
async fn an_option_that_the_binary_lacks_is_named() {
    let options = options().await;
    assert!(options.has("--sandbox") && options.has("--search") && !options.has("--full-auto"));
    let cases = [
        (
            ExecRequest { full_auto: true, ..ExecRequest::default() },
            "this Codex has no option --full-auto for `codex exec`",
        ),
        (
            ExecRequest { full_auto: true, thread_id: Some("t".into()), ..ExecRequest::default() },
            "this Codex has no option --full-auto for `codex exec resume`",
        ),
        (
            ExecRequest { approval_policy: Some(ApprovalPolicy::Untrusted), ..ExecRequest::default() },
            "this Codex accepts on-request, never for --ask-for-approval, not untrusted",
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(
            options.arguments(&request).map_err(|problem: OptionProblem| problem.to_string()),
            Err(expected.into())
        );
    }
}

#[tokio::test]
async fn a_failure_has_a_reason() {
    let place = Place::new().await;
    let mut failing = run(&place, &ExecRequest::default(), "@model fail 400").await;
    let (_, end, _) = outcome(&mut failing).await;
    let Some(TurnEnd::Failed(error)) = end else { panic!("{end:?}") };
    assert!(error.message.contains("the script asked for this failure"), "{error:?}");
    assert_eq!((in_time("the exit", failing.exited()).await.code, failing.refusal()), (Some(1), None));

    let unknown = "019aa000-0000-7000-8000-000000000000".to_owned();
    let mut lost =
        run(&place, &ExecRequest { thread_id: Some(unknown.into()), ..Default::default() }, "hello").await;
    assert_eq!(outcome(&mut lost).await, (None, None, TurnRecord::default()));
    assert_eq!(in_time("the exit", lost.exited()).await.code, Some(1));
    assert_eq!(lost.refusal(), Some(Refusal::ThreadUnknown), "{}", lost.stderr_tail());
}

#[tokio::test]
async fn a_thread_of_another_process_is_refused() {
    let place = Place::new().await;
    let server = place.start().await;
    let (thread, mut watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
    let turn = server.connection.turn_start(&thread.id, "m", &text("first"), None).await.unwrap();
    turn_end(&mut watch, &turn.id).await;
    let mut run =
        run(&place, &ExecRequest { thread_id: Some(thread.id), ..Default::default() }, "second").await;
    assert_eq!(outcome(&mut run).await.1, None);
    in_time("the exit", run.exited()).await;
    assert_eq!(run.refusal(), Some(Refusal::OwnedElsewhere), "{}", run.stderr_tail());
}

#[cfg(unix)]
#[tokio::test]
async fn a_stopped_turn_leaves_no_process_and_is_stored_as_interrupted() {
    use crate::support::{eventually, is_running, pid_in};

    let place = Place::new().await;
    let request = ExecRequest { sandbox: Some(SandboxMode::DangerFullAccess), ..ExecRequest::default() };
    let mut run = run(&place, &request, "@model run echo $$ > pid; exec sleep 600").await;
    let ExecEvent::ThreadStarted { thread_id } = in_time("its first event", run.next()).await.unwrap() else {
        panic!("the first event does not name the thread")
    };
    let command = pid_in(&place.directory().join("pid")).await;
    in_time("the stop", run.stop()).await;
    let codex = run.pid;
    eventually("the end of both processes", || !is_running(codex) && !is_running(command)).await;
    let server = place.start().await;
    let stored = server.connection.thread_read(&thread_id, true).await.unwrap();
    assert_eq!(stored.source_name(), "exec");
    let ends: Vec<_> = stored.turns.iter().map(|turn| (turn.status, turn.end_is_certain())).collect();
    assert_eq!(ends, [(TurnStatus::Interrupted, true)]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_is_not_codex_is_rejected() {
    let error = ExecOptions::discover(std::path::Path::new("/bin/sh")).await.unwrap_err();
    assert!(error.contains("/bin/sh"), "{error}");
    let error = ExecOptions::discover(std::path::Path::new("/nowhere/codex")).await.unwrap_err();
    assert!(error.contains("cannot be run"), "{error}");
}
