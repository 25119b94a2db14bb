//! Tests every kind of question with its decisions and their answers, as a table and against the binary's own
//! schema.

use std::collections::HashMap;

use codex::approval::Decision::{Answer, Approve, ApproveAlways, ApproveForSession, Cancel, Deny};
use codex::approval::{AnswerProblem, Decision, Question, QuestionKind, answer, question};
use codex::rpc::ServerRequest;
use serde_json::{Value, json};

use crate::support::Schemas;

fn request_with(method: &str, params: Value) -> ServerRequest {
    let mut request = ServerRequest {
        id: json!(1),
        method: method.to_owned(),
        params: json!({"threadId": "t", "turnId": "u", "itemId": "i"}),
    };
    let Value::Object(more) = params else { panic!("not an object: {params}") };
    for (name, value) in more {
        request.params[name] = value;
    }
    request
}

const COMMAND: &str = "item/commandExecution/requestApproval";
const FILES: &str = "item/fileChange/requestApproval";
const PERMISSIONS: &str = "item/permissions/requestApproval";
const QUESTIONS: &str = "item/tool/requestUserInput";
const ELICITATION: &str = "mcpServer/elicitation/request";
const TOOL: &str = "item/tool/call";

/// A request, its kind and summary, and each offered decision with its content and the resulting answer.
type Case = (ServerRequest, QuestionKind, &'static str, Vec<(Decision, Value, Value)>);

fn decided(decisions: &[(Decision, &str)]) -> Vec<(Decision, Value, Value)> {
    decisions.iter().map(|(decision, sent)| (*decision, Value::Null, json!({"decision": sent}))).collect()
}

fn cases() -> Vec<Case> {
    let rule = json!({"acceptWithExecpolicyAmendment": {"execpolicy_amendment": ["touch"]}});
    let allow = json!({"applyNetworkPolicyAmendment": {"network_policy_amendment": {"host": "h.test",
        "action": "allow"}}});
    let requested = json!({"network": {"enabled": true}, "fileSystem": null});
    let granted = json!({"network": {"enabled": true}});
    let form = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
    let empty_form = json!({"type": "object", "properties": {}});
    let accepted = |content: Value| json!({"action": "accept", "content": content});
    let accepted_for =
        |persist: &str| json!({"action": "accept", "content": {}, "_meta": {"persist": persist}});
    let declined = json!({"action": "decline", "content": null});
    let cancelled = json!({"action": "cancel", "content": null});
    let content_items = |text: &str| json!([{"type": "inputText", "text": text}]);
    let no_tool = json!({
        "success": false, "contentItems": content_items("This tool is not available through Codex Bridge."),
    });
    vec![
        (
            request_with(
                COMMAND,
                json!({
                    "command": "/bin/bash -c 'touch a'", "cwd": "/w", "reason": "Why not?",
                    "commandActions": [{"type": "unknown", "command": "touch a"}],
                    "availableDecisions": ["accept", rule, "cancel"],
                }),
            ),
            QuestionKind::Command,
            "Run: touch a",
            [
                decided(&[(Approve, "accept"), (ApproveForSession, "acceptForSession")]),
                vec![(ApproveAlways, Value::Null, json!({"decision": rule}))],
                decided(&[(Deny, "decline"), (Cancel, "cancel")]),
            ]
            .concat(),
        ),
        (
            request_with(
                COMMAND,
                json!({
                    "command": "curl h.test", "networkApprovalContext": {"host": "h.test",
                    "protocol": "https"},
                    "availableDecisions": ["accept", "acceptForSession", allow, "cancel"],
                }),
            ),
            QuestionKind::Command,
            "Reach h.test",
            [
                decided(&[(Approve, "accept"), (ApproveForSession, "acceptForSession")]),
                vec![(ApproveAlways, Value::Null, json!({"decision": allow}))],
                decided(&[(Deny, "decline"), (Cancel, "cancel")]),
            ]
            .concat(),
        ),
        (
            request_with(
                COMMAND,
                json!({
                    "command": "ls", "additionalPermissions": {}, "availableDecisions": ["accept"],
                }),
            ),
            QuestionKind::Command,
            "Run: ls",
            decided(&[(Approve, "accept"), (Deny, "decline")]),
        ),
        (
            request_with(
                COMMAND,
                json!({
                    "kind": "writeStdin", "command": "python3\n -i", "availableDecisions": ["accept", "cancel"],
                }),
            ),
            QuestionKind::Command,
            "Type into: python3 -i",
            decided(&[(Approve, "accept"), (Deny, "decline"), (Cancel, "cancel")]),
        ),
        // The request of older binaries.
        (
            request_with(COMMAND, json!({"command": "touch a", "proposedExecpolicyAmendment": ["touch"]})),
            QuestionKind::Command,
            "Run: touch a",
            [
                decided(&[(Approve, "accept"), (ApproveForSession, "acceptForSession")]),
                vec![(ApproveAlways, Value::Null, json!({"decision": rule}))],
                decided(&[(Deny, "decline"), (Cancel, "cancel")]),
            ]
            .concat(),
        ),
        (
            request_with(FILES, json!({"reason": "It is outside."})),
            QuestionKind::FileChange,
            "Change files: It is outside.",
            decided(&[
                (Approve, "accept"),
                (ApproveForSession, "acceptForSession"),
                (Deny, "decline"),
                (Cancel, "cancel"),
            ]),
        ),
        (
            request_with(
                PERMISSIONS,
                json!({"permissions": requested, "cwd": "/w", "reason": "to look it up"}),
            ),
            QuestionKind::Permissions,
            "Permit the network: to look it up",
            vec![
                (Approve, Value::Null, json!({"permissions": granted, "scope": "turn"})),
                (ApproveForSession, Value::Null, json!({"permissions": granted, "scope": "session"})),
                (Deny, Value::Null, json!({"permissions": {}, "scope": "turn"})),
            ],
        ),
        (
            request_with(
                QUESTIONS,
                json!({"questions": [
                    {"id": "a", "header": "A", "question": "Which?"}, {"id": "b", "header": "B",
                    "question": "How many?"},
                ]}),
            ),
            QuestionKind::Question,
            "Which? (and 1 more)",
            vec![
                (
                    Answer,
                    json!({"a": "red", "b": ["1", "2"]}),
                    json!({"answers": {"a": {"answers": ["red"]}, "b": {"answers": ["1", "2"]}}}),
                ),
                (Deny, Value::Null, json!({"answers": {}})),
            ],
        ),
        (
            request_with(
                ELICITATION,
                json!({
                    "serverName": "asker", "mode": "form", "_meta": null, "message": "Your name?",
                    "requestedSchema": form,
                }),
            ),
            QuestionKind::Elicitation,
            "asker: Your name?",
            vec![
                (Answer, json!({"name": "Ada"}), accepted(json!({"name": "Ada"}))),
                (Deny, Value::Null, declined.clone()),
                (Cancel, Value::Null, cancelled.clone()),
            ],
        ),
        (
            request_with(
                ELICITATION,
                json!({
                    "serverName": "asker", "mode": "form", "message": "May it run?",
                    "requestedSchema": empty_form,
                    "_meta": {"persist": ["session", "always"], "tool_name": "greet",
                    "tool_params": {"loud": true}},
                }),
            ),
            QuestionKind::Elicitation,
            "asker: May it run?",
            vec![
                (Approve, Value::Null, accepted(json!({}))),
                (ApproveForSession, Value::Null, accepted_for("session")),
                (ApproveAlways, Value::Null, accepted_for("always")),
                (Deny, Value::Null, declined.clone()),
                (Cancel, Value::Null, cancelled.clone()),
            ],
        ),
        (
            request_with(
                ELICITATION,
                json!({
                    "serverName": "asker", "mode": "url", "message": "Log in", "url": "https://log.in",
                    "elicitationId": "e",
                }),
            ),
            QuestionKind::Elicitation,
            "asker: Log in",
            vec![
                (Approve, Value::Null, accepted(Value::Null)),
                (Deny, Value::Null, declined.clone()),
                (Cancel, Value::Null, cancelled.clone()),
            ],
        ),
        (
            request_with(
                ELICITATION,
                json!({
                    "serverName": "asker", "mode": "openai/userVerification", "title": "Who are you?",
                    "challenge": "c",
                }),
            ),
            QuestionKind::Elicitation,
            "asker: Who are you?",
            vec![(Deny, Value::Null, declined), (Cancel, Value::Null, cancelled)],
        ),
        (
            request_with(
                TOOL,
                json!({"callId": "i", "namespace": null, "tool": "lookup", "arguments": {"id": 7}}),
            ),
            QuestionKind::ToolCall,
            "Call the tool lookup",
            vec![
                (Answer, json!("seven"), json!({"success": true, "contentItems": content_items("seven")})),
                (
                    Answer,
                    json!({"success": false, "contentItems": content_items("no seven")}),
                    json!({"success": false, "contentItems": content_items("no seven")}),
                ),
                (Deny, Value::Null, no_tool),
            ],
        ),
        (
            request_with(
                "execCommandApproval",
                json!({
                    "conversationId": "t", "callId": "i", "command": ["touch", "a"], "cwd": "/w",
                }),
            ),
            QuestionKind::Command,
            "Run: touch a",
            decided(&[
                (Approve, "approved"),
                (ApproveForSession, "approved_for_session"),
                (Deny, "abort"),
                (Cancel, "abort"),
            ]),
        ),
        (
            request_with(
                "applyPatchApproval",
                json!({
                    "conversationId": "t", "callId": "i", "fileChanges": {"/w/a": {"type": "add",
                    "content": ""}},
                }),
            ),
            QuestionKind::FileChange,
            "Change /w/a",
            decided(&[
                (Approve, "approved"),
                (ApproveForSession, "approved_for_session"),
                (Deny, "abort"),
                (Cancel, "abort"),
            ]),
        ),
    ]
}

#[test]
fn every_question_offers_its_decisions_and_each_decision_has_an_answer() {
    let schemas = Schemas::of_the_binary();
    let all = [Approve, ApproveForSession, ApproveAlways, Deny, Cancel, Answer];
    for (request, kind, summary, decisions) in cases() {
        let asked = question(&request).unwrap();
        let case = format!("{} {summary}", request.method);
        assert_eq!((asked.kind, asked.summary.as_str()), (kind, summary));
        assert_eq!((asked.thread_id.as_str(), asked.item_id.as_deref()), ("t", Some("i")), "{case}");
        let mut offered: Vec<Decision> = decisions.iter().map(|(decision, ..)| *decision).collect();
        offered.dedup();
        assert_eq!(asked.decisions, offered, "{case}");
        for (decision, content, sent) in decisions {
            let content = (!content.is_null()).then_some(&content);
            assert_eq!(answer(&request, decision, content), Ok(Ok(sent.clone())), "{case} {decision}");
            let problems = schemas.problems(&request.method, &sent);
            assert!(problems.is_empty(), "{case}: {sent}: {problems:?}");
        }
        for decision in all.into_iter().filter(|decision| !offered.contains(decision)) {
            let problem = answer(&request, decision, None).unwrap_err();
            assert_eq!(problem, AnswerProblem::NotOffered { decision, offered: offered.clone() }, "{case}");
        }
    }
}

#[test]
fn a_question_contains_what_is_needed_for_a_decision() {
    let by_summary: HashMap<_, Question> =
        cases().into_iter().map(|(request, _, summary, _)| (summary, question(&request).unwrap())).collect();
    let command = question(&cases()[0].0).unwrap();
    assert_eq!(command.command.as_deref(), Some("/bin/bash -c 'touch a'"));
    assert_eq!((command.cwd, command.reason.as_deref()), (Some("/w".into()), Some("Why not?")));
    let long = "Read this first.\n".repeat(20);
    let request = request_with(ELICITATION, json!({"serverName": "asker", "mode": "form", "message": long}));
    assert_eq!(question(&request).unwrap().reason, Some(long), "the summary contains only the beginning");
    assert_eq!(by_summary["asker: Log in"].reason, None, "the summary contains the whole message");
    assert_eq!((command.turn_id.as_deref(), command.item_id.as_deref()), (Some("u"), Some("i")));
    assert_eq!(
        by_summary["Permit the network: to look it up"].permissions.as_ref().unwrap()["network"]["enabled"],
        true
    );
    assert_eq!(by_summary["Which? (and 1 more)"].questions.as_ref().unwrap()[1]["id"], "b");
    assert_eq!(by_summary["asker: Your name?"].schema.as_ref().unwrap()["required"], json!(["name"]));
    let tool = json!({"server": "asker", "name": "greet", "arguments": {"loud": true}});
    assert_eq!(by_summary["asker: May it run?"].tool, Some(tool));
    assert_eq!(by_summary["asker: Log in"].url.as_deref(), Some("https://log.in"));
    let tool = json!({"name": "lookup", "arguments": {"id": 7}});
    assert_eq!(by_summary["Call the tool lookup"].tool, Some(tool));
    assert_eq!(by_summary["Change /w/a"].changes.as_ref().unwrap()["/w/a"]["type"], "add");

    let long = question(&request_with(COMMAND, json!({"command": "x".repeat(1000)}))).unwrap();
    assert_eq!((long.summary.chars().count(), long.command.unwrap().len()), (200, 1000));
}

#[test]
fn an_invalid_answer_is_explained() {
    let questions = request_with(QUESTIONS, json!({"questions": [{"id": "a"}, {"id": "b"}]}));
    let form = request_with(
        ELICITATION,
        json!({
            "mode": "form", "requestedSchema": {"properties": {"name": {}}, "required": ["name"]},
        }),
    );
    let tool = request_with(TOOL, json!({"tool": "lookup"}));
    let command =
        request_with(COMMAND, json!({"additionalPermissions": {}, "availableDecisions": ["accept"]}));
    let cases = [
        (&questions, Answer, json!({"a": "x"}), "the answer to \"b\" is missing"),
        (
            &questions,
            Answer,
            json!({"a": 1, "b": "x"}),
            "the answer to \"a\" must be a string or a list of strings",
        ),
        (&questions, Answer, json!({"a": "x", "b": "y", "c": "z"}), "there is no question \"c\""),
        (&questions, Answer, json!("x"), "the answer must be an object with an answer to each question"),
        (&form, Answer, json!({}), "the answer to \"name\" is missing"),
        (&form, Answer, json!([]), "the answer must be an object with the fields of the form"),
        (&tool, Answer, json!({"text": "x"}), "the answer must be a string or an object with contentItems"),
        (&command, Cancel, Value::Null, "cancel is not a possible decision here; use one of: approve, deny"),
    ];
    for (request, decision, content, expected) in cases {
        let problem = answer(request, decision, Some(&content)).unwrap_err();
        assert_eq!(problem.to_string(), expected);
    }
}

#[test]
fn requests_that_no_person_decides_are_not_questions() {
    for method in [
        "account/chatgptAuthTokens/refresh",
        "attestation/generate",
        "currentTime/read",
        "some/newer/request",
    ] {
        let request = request_with(method, json!({}));
        assert_eq!(question(&request), None);
        assert_eq!(answer(&request, Approve, None), Err(AnswerProblem::NothingToDecide(method.to_owned())));
    }
    let without_thread = ServerRequest { id: json!(1), method: COMMAND.to_owned(), params: json!({}) };
    assert_eq!(question(&without_thread), None);
}
