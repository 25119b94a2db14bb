//! Tests questions of the real binary and the effect of each decision.

use codex::app_server::AppServer;
use codex::approval::Decision::{Answer, Approve, ApproveAlways, ApproveForSession, Cancel, Deny};
use codex::approval::{Decision, Question, QuestionKind, answer, question, resolved};
use codex::connection::{ThreadEvent, ThreadWatch};
use codex::protocol::{ApprovalPolicy, SandboxMode, ThreadOptions};
use codex::rpc::Notification;
use codex::turn::{TurnEnd, TurnRecord};
use serde_json::{Value, json};

use crate::support::{LIMIT, Place, eventually, next, notification_of, request, text, turn_end};

/// Sends a message, answers every question with `decide`, and returns the questions and how the turn ended.
async fn play(
    server: &AppServer,
    thread_id: &str,
    watch: &mut ThreadWatch,
    script: &str,
    decide: impl Fn(&Question) -> (Decision, Value),
) -> (Vec<Question>, TurnEnd, TurnRecord) {
    let turn = server.connection.turn_start(thread_id, "m", &text(script), None).await.unwrap();
    let (mut questions, mut record) = (Vec::new(), TurnRecord::default());
    loop {
        match next(watch).await.expect("the turn ends before its watch does") {
            ThreadEvent::Request(request) => {
                let asked = question(&request).unwrap();
                let (decision, content) = decide(&asked);
                server
                    .connection
                    .answer(&request.id, &answer(&request, decision, Some(&content)).unwrap())
                    .await;
                questions.push(asked);
            }
            ThreadEvent::Notification(notification) => {
                if let Some(end) = record.observe(&turn.id, &notification) {
                    return (questions, end, record);
                }
            }
        }
    }
}

fn always(decision: Decision) -> impl Fn(&Question) -> (Decision, Value) {
    move |_| (decision, Value::Null)
}

#[tokio::test]
async fn decisions_on_commands_have_their_effect() {
    let place = Place::new().await;
    let server = place.start().await;
    let options = place.options(ApprovalPolicy::OnRequest, SandboxMode::ReadOnly);
    let made = place.directory().join("made.txt");
    let script = "@model escalate touch made.txt";
    // Each case runs the same command in two turns: the decision, the number of questions, whether the
    // command runs, and how the turns end.
    let cases = [
        (Approve, 2, true, TurnEnd::Completed),
        (ApproveForSession, 1, true, TurnEnd::Completed),
        (Deny, 2, false, TurnEnd::Completed),
        (Cancel, 2, false, TurnEnd::Interrupted),
        // This case is the last one, because its rule applies to all threads.
        (ApproveAlways, 1, true, TurnEnd::Completed),
    ];
    for (decision, expected, runs, ends) in cases {
        let (thread, mut watch) = server.connection.thread_start(&options).await.unwrap();
        let mut count = 0;
        for _ in 0..2 {
            let (questions, end, record) =
                play(&server, &thread.id, &mut watch, script, always(decision)).await;
            assert_eq!(end, ends, "{decision} {record:?}");
            assert_eq!(std::fs::remove_file(&made).is_ok(), runs, "{decision} {record:?}");
            for question in &questions {
                assert_eq!(question.kind, QuestionKind::Command);
                assert_eq!(question.summary, "Run: touch made.txt");
                assert!(question.decisions.contains(&decision), "{question:?}");
            }
            count += questions.len();
        }
        assert_eq!(count, expected, "{decision}");
    }
}

#[tokio::test]
async fn decisions_on_file_changes_have_their_effect() {
    let place = Place::new().await;
    let server = place.start().await;
    let options = place.options(ApprovalPolicy::OnRequest, SandboxMode::ReadOnly);
    let made = place.directory().join("made.txt");
    let cases = [
        (Approve, 2, true, TurnEnd::Completed),
        (ApproveForSession, 1, true, TurnEnd::Completed),
        (Deny, 2, false, TurnEnd::Completed),
        (Cancel, 2, false, TurnEnd::Interrupted),
    ];
    for (decision, expected, runs, ends) in cases {
        let (thread, mut watch) = server.connection.thread_start(&options).await.unwrap();
        let mut count = 0;
        for _ in 0..2 {
            let (questions, end, record) =
                play(&server, &thread.id, &mut watch, "@model patch made.txt", always(decision)).await;
            assert_eq!(end, ends, "{decision} {record:?}");
            assert_eq!(std::fs::remove_file(&made).is_ok(), runs, "{decision} {record:?}");
            count += questions.iter().filter(|asked| asked.kind == QuestionKind::FileChange).count();
        }
        assert_eq!(count, expected, "{decision}");
    }
}

#[tokio::test]
async fn questions_from_the_model_are_answered() {
    let place = Place::new().await;
    let server = place.start().await;
    let config = json!({"features.default_mode_request_user_input": true});
    let options = ThreadOptions { config: config.as_object().cloned(), ..place.unrestricted() };
    let (thread, mut watch) = server.connection.thread_start(&options).await.unwrap();
    let choices = json!([{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}]);
    let arguments = json!({"questions": [
        {"id": "colour", "header": "Colour", "question": "Which colour?", "options": choices},
        {"id": "size", "header": "Size", "question": "Which size?", "options": choices},
    ]});
    let script = format!("@model call request_user_input {arguments}");
    for (decision, content, expected) in [
        (Answer, json!({"colour": "Red", "size": ["Blue", "and wide"]}), r#""answers":["Red"]"#),
        (Deny, Value::Null, r#"{"answers":{}}"#),
    ] {
        let decide = |_: &Question| (decision, content.clone());
        let (questions, end, record) = play(&server, &thread.id, &mut watch, &script, decide).await;
        assert_eq!(
            (questions[0].kind, questions[0].summary.as_str()),
            (QuestionKind::Question, "Which colour? (and 1 more)")
        );
        assert_eq!(end, TurnEnd::Completed);
        assert!(record.answer.as_ref().is_some_and(|answer| answer.contains(expected)), "{record:?}");
    }
}

#[tokio::test]
async fn permissions_are_granted_as_requested_or_not_at_all() {
    let place = Place::new().await;
    let server = place.start().await;
    let config = json!({"features.request_permissions_tool": true});
    let options = ThreadOptions {
        config: config.as_object().cloned(),
        ..place.options(ApprovalPolicy::OnRequest, SandboxMode::ReadOnly)
    };
    let (thread, mut watch) = server.connection.thread_start(&options).await.unwrap();
    let permissions =
        json!({"network": {"enabled": true}, "file_system": {"write": [place.directory().join("out")]}});
    let script = format!(
        "@model call request_permissions {}",
        json!({"reason": "to look", "permissions": permissions})
    );
    for (decision, expected) in [
        (Approve, [r#""enabled":true"#, r#""scope":"turn""#]),
        (Deny, [r#""permissions":{"network":null,"file_system":null}"#, r#""scope":"turn""#]),
        (ApproveForSession, ["/out", r#""scope":"session""#]),
    ] {
        let (questions, end, record) = play(&server, &thread.id, &mut watch, &script, always(decision)).await;
        assert_eq!(questions[0].kind, QuestionKind::Permissions);
        assert!(
            questions[0].summary.starts_with("Permit the network, to write /"),
            "{}",
            questions[0].summary
        );
        assert_eq!(end, TurnEnd::Completed);
        let answer = record.answer.unwrap();
        assert!(expected.iter().all(|part| answer.contains(part)), "{decision}: {answer}");
    }
}

#[tokio::test]
async fn a_call_of_a_client_tool_is_answered() {
    let place = Place::new().await;
    let server = place.start().await;
    let tool = json!({"type": "function", "name": "lookup", "description": "Looks up",
        "inputSchema": {"type": "object"}});
    let params = json!({"cwd": place.directory(), "dynamicTools": [tool]});
    let (started, mut watch) = server.connection.call_watching("thread/start", params, LIMIT).await.unwrap();
    let thread_id = started["thread"]["id"].as_str().unwrap();
    for (decision, content, expected) in [
        (Answer, json!("seven"), "seven"),
        (Deny, Value::Null, "This tool is not available through Codex Bridge."),
    ] {
        let decide = |_: &Question| (decision, content.clone());
        let script = r#"@model call lookup {"id": 7}"#;
        let (questions, end, record) = play(&server, thread_id, &mut watch, script, decide).await;
        assert_eq!(questions[0].tool, Some(json!({"name": "lookup", "arguments": {"id": 7}})));
        assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some(expected)));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_mcp_server_requests_approval_of_its_tool_and_a_form() {
    let place = Place::new().await;
    let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client/asking-mcp-server.sh");
    place.add_config(&format!("[mcp_servers.asker]\ncommand = {:?}", program.to_str().unwrap()));
    let server = place.start().await;
    let options = place.options(ApprovalPolicy::OnRequest, SandboxMode::ReadOnly);
    let (thread, mut watch) = server.connection.thread_start(&options).await.unwrap();
    let decide = |asked: &Question| match asked.schema.as_ref().unwrap()["required"].is_null() {
        true => (ApproveForSession, Value::Null),
        false => (Answer, json!({"name": "Ada"})),
    };
    let expected = [
        vec!["asker: Allow the asker MCP server to run tool \"greet\"?", "asker: What is your name?"],
        vec!["asker: What is your name?"],
    ];
    for expected in expected {
        let (questions, end, record) =
            play(&server, &thread.id, &mut watch, "@model call mcp__asker/greet {}", decide).await;
        let summaries: Vec<_> = questions.iter().map(|asked| asked.summary.as_str()).collect();
        assert_eq!((end, summaries), (TurnEnd::Completed, expected), "{record:?}");
        assert!(record.answer.as_ref().is_some_and(|answer| answer.contains("Ada")), "{record:?}");
    }
}

#[tokio::test]
async fn the_question_of_a_sub_agent_reaches_the_watcher_of_its_parent() {
    let place = Place::new().await;
    let server = place.start().await;
    let options = place.options(ApprovalPolicy::OnRequest, SandboxMode::ReadOnly);
    let (thread, mut watch) = server.connection.thread_start(&options).await.unwrap();
    let spawn = json!({"message": "@model hold gate\n@model escalate touch made.txt"});
    let script = text(&format!("@model call multi_agent_v1/spawn_agent {spawn}"));
    let turn = server.connection.turn_start(&thread.id, "m", &script, None).await.unwrap();
    assert_eq!(turn_end(&mut watch, &turn.id).await.0, TurnEnd::Completed);
    place.model.release("gate");
    let asked = request(&mut watch).await;
    let sub_agent = question(&asked).unwrap().thread_id;
    assert_ne!(sub_agent, thread.id);
    server.connection.answer(&asked.id, &answer(&asked, Approve, None).unwrap()).await;
    eventually("the sub-agent's file", || place.directory().join("made.txt").exists()).await;
}

#[tokio::test]
async fn an_unanswered_question_is_resolved_when_its_turn_ends() {
    let place = Place::new().await;
    let server = place.start().await;
    let options = place.options(ApprovalPolicy::OnRequest, SandboxMode::ReadOnly);
    let (thread, mut watch) = server.connection.thread_start(&options).await.unwrap();
    let script = text("@model escalate touch made.txt");
    let turn = server.connection.turn_start(&thread.id, "m", &script, None).await.unwrap();
    let asked = request(&mut watch).await;
    server.connection.turn_interrupt(&thread.id, &turn.id).await.unwrap();
    // 0.169.0 sends the notification after the end of the turn.
    assert_eq!(turn_end(&mut watch, &turn.id).await.0, TurnEnd::Interrupted);
    let notification = notification_of(&mut watch, "serverRequest/resolved").await;
    assert_eq!(resolved(&notification), Some(&asked.id));
    let other = Notification { method: "turn/started".to_owned(), params: json!({"requestId": 1}) };
    assert_eq!(resolved(&other), None);
}
