//! Reads a request leniently: a missing field is absent in the question.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::answer::rule;
use super::{Decision, Form, Question, QuestionKind, SUMMARY_CHARACTERS_MAX, form};
use crate::TurnId;
use crate::rpc::ServerRequest;

/// Returns the question that a person decides. `None` for requests that no person decides, or that name no
/// thread.
#[must_use]
pub fn question(request: &ServerRequest) -> Option<Question> {
    let params = &request.params;
    let form = form(request)?;
    let text = |name: &str| params[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let given = |name: &str| params.get(name).filter(|value| !value.is_null()).cloned();
    let command = match &params["command"] {
        Value::Array(words) => Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        command => command.as_str().map(str::to_owned),
    };
    let summary = one_line(&summary(form, params, command.as_deref()));
    let question = Question {
        kind: match form {
            Form::Command | Form::OldCommand => QuestionKind::Command,
            Form::FileChange | Form::OldPatch => QuestionKind::FileChange,
            Form::Permissions => QuestionKind::Permissions,
            Form::UserInput => QuestionKind::Question,
            Form::Elicitation => QuestionKind::Elicitation,
            Form::ToolCall => QuestionKind::ToolCall,
        },
        thread_id: text("threadId").or_else(|| text("conversationId"))?.into(),
        turn_id: text("turnId").map(TurnId::from),
        item_id: text("itemId").or_else(|| text("callId")),
        reason: text("reason").or_else(|| full_message(form, params, &summary)),
        summary,
        command,
        cwd: text("cwd").map(PathBuf::from),
        changes: given("fileChanges"),
        permissions: given("permissions"),
        questions: given("questions"),
        tool: tool(form, params),
        schema: given("requestedSchema"),
        url: text("url"),
        decisions: decisions(form, params),
    };
    Some(question)
}

fn summary(form: Form, params: &Value, command: Option<&str>) -> String {
    let text = |name: &str| params[name].as_str().unwrap_or_default();
    match form {
        Form::Command | Form::OldCommand => {
            if let Some(host) = params.pointer("/networkApprovalContext/host").and_then(Value::as_str) {
                return format!("Reach {host}");
            }
            // The command without the shell that runs it.
            let action = match params["commandActions"].as_array().map(Vec::as_slice) {
                Some([action]) => action["command"].as_str(),
                _ => None,
            };
            let command = action.or(command).unwrap_or("a command");
            match text("kind") {
                "writeStdin" => format!("Type into: {command}"),
                _ => format!("Run: {command}"),
            }
        }
        Form::FileChange | Form::OldPatch => {
            let paths: Vec<&str> = params["fileChanges"]
                .as_object()
                .into_iter()
                .flat_map(Map::keys)
                .map(String::as_str)
                .collect();
            match (paths.is_empty(), text("reason")) {
                (false, _) => format!("Change {}", paths.join(", ")),
                (true, "") => "Change files".to_owned(),
                (true, reason) => format!("Change files: {reason}"),
            }
        }
        Form::Permissions => {
            let requested = requested(&params["permissions"]).join(", ");
            let requested = if requested.is_empty() { "more permissions" } else { &requested };
            match text("reason") {
                "" => format!("Permit {requested}"),
                reason => format!("Permit {requested}: {reason}"),
            }
        }
        Form::UserInput => {
            let questions = params["questions"].as_array().map_or(&[][..], Vec::as_slice);
            let first = questions.first().and_then(|first| first["question"].as_str());
            match (first.unwrap_or("A question"), questions.len()) {
                (first, 0 | 1) => first.to_owned(),
                (first, count) => format!("{first} (and {} more)", count - 1),
            }
        }
        Form::Elicitation => {
            let message = ["message", "title"].map(text).into_iter().find(|text| !text.is_empty());
            format!("{}: {}", text("serverName"), message.unwrap_or("a question"))
        }
        Form::ToolCall => format!("Call the tool {}", text("tool")),
    }
}

/// Returns the message of an MCP server if the summary does not contain all of it.
fn full_message(form: Form, params: &Value, summary: &str) -> Option<String> {
    let message = params["message"].as_str().filter(|_| form == Form::Elicitation)?;
    (!summary.ends_with(message)).then(|| message.to_owned())
}

/// Describes the permissions that a permission profile requests.
fn requested(permissions: &Value) -> Vec<String> {
    let mut requested = Vec::new();
    if permissions.pointer("/network/enabled").and_then(Value::as_bool) == Some(true) {
        requested.push("the network".to_owned());
    }
    for access in ["read", "write"] {
        let paths = permissions["fileSystem"][access].as_array().into_iter().flatten();
        requested.extend(paths.filter_map(Value::as_str).map(|path| format!("to {access} {path}")));
    }
    requested
}

fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= SUMMARY_CHARACTERS_MAX {
        return words;
    }
    words.chars().take(SUMMARY_CHARACTERS_MAX - 1).chain(['…']).collect()
}

fn tool(form: Form, params: &Value) -> Option<Value> {
    let mut tool = match form {
        Form::ToolCall => json!({
            "name": params["tool"], "namespace": params["namespace"], "arguments": params["arguments"],
        }),
        Form::Elicitation => json!({
            "server": params["serverName"],
            "name": params["_meta"]["tool_name"],
            "arguments": params["_meta"]["tool_params"],
        }),
        _ => return None,
    };
    if let Some(members) = tool.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    Some(tool)
}

fn decisions(form: Form, params: &Value) -> Vec<Decision> {
    use Decision::{Answer, Approve, ApproveAlways, ApproveForSession, Cancel, Deny};
    match form {
        Form::Command => command_decisions(params),
        Form::FileChange | Form::OldCommand | Form::OldPatch => {
            vec![Approve, ApproveForSession, Deny, Cancel]
        }
        Form::Permissions => vec![Approve, ApproveForSession, Deny],
        Form::UserInput | Form::ToolCall => vec![Answer, Deny],
        Form::Elicitation => match params["mode"].as_str() {
            Some("url") => vec![Approve, Deny, Cancel],
            // Only a program from OpenAI can verify its user.
            Some("openai/userVerification") => vec![Deny, Cancel],
            _ if has_fields(params) => vec![Answer, Deny, Cancel],
            _ => {
                // A form without fields is a yes-or-no question. Codex asks it before it runs a tool of an
                // MCP server, and lists how long an approval may last.
                let mut decisions = vec![Approve];
                for (word, decision) in [("session", ApproveForSession), ("always", ApproveAlways)] {
                    let persist = params["_meta"]["persist"].as_array();
                    if persist.is_some_and(|words| words.iter().any(|listed| listed == word)) {
                        decisions.push(decision);
                    }
                }
                decisions.extend([Deny, Cancel]);
                decisions
            }
        },
    }
}

fn has_fields(params: &Value) -> bool {
    let schema = &params["requestedSchema"];
    schema["properties"].as_object().map_or(!schema.is_null(), |fields| !fields.is_empty())
}

fn command_decisions(params: &Value) -> Vec<Decision> {
    let listed = params["availableDecisions"].as_array();
    let lists = |word: &str| listed.is_none_or(|listed| listed.iter().any(|decision| decision == word));
    let mut decisions = Vec::new();
    if lists("accept") {
        decisions.push(Decision::Approve);
    }
    // 0.169.0 does not list this decision for a plain command, but accepts it. Other requests with this
    // method (a host, wider permissions, input to a terminal) must list it.
    let plain = ["networkApprovalContext", "additionalPermissions"].iter().all(|name| params[name].is_null())
        && params["kind"].as_str().is_none_or(|kind| kind == "command");
    if plain || lists("acceptForSession") {
        decisions.push(Decision::ApproveForSession);
    }
    if rule(params).is_some() {
        decisions.push(Decision::ApproveAlways);
    }
    // 0.169.0 never lists this decision, but always accepts it.
    decisions.push(Decision::Deny);
    if lists("cancel") {
        decisions.push(Decision::Cancel);
    }
    decisions
}
