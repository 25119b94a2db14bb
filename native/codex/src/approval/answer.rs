//! Converts a decision into a valid answer.

use serde_json::{Map, Value, json};

use super::{Decision, Form, form, question};
use crate::decline::decline;
use crate::rpc::{RpcError, ServerRequest};

/// Why a decision is not a valid answer. The message is for the person who made it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerProblem {
    /// The request is not one that a person decides.
    #[error("{0} does not need a decision")]
    NothingToDecide(String),
    /// The request does not offer the decision.
    #[error("{decision} is not a possible decision here; use one of: {}", joined(offered))]
    NotOffered {
        /// The decision.
        decision: Decision,
        /// The offered decisions.
        offered: Vec<Decision>,
    },
    /// The answer has the wrong type.
    #[error("the answer must be {0}")]
    WrongForm(&'static str),
    /// The answer to a question or a required field is missing.
    #[error("the answer to {0:?} is missing")]
    Missing(String),
    /// An answer is neither a string nor a list of strings.
    #[error("the answer to {0:?} must be a string or a list of strings")]
    NotString(String),
    /// There is no question with this id.
    #[error("there is no question {0:?}")]
    UnknownQuestion(String),
}

fn joined(decisions: &[Decision]) -> String {
    decisions.iter().map(Decision::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns the answer for this decision, in the format of [`crate::connection::Connection::answer`].
/// `content` is used with [`Decision::Answer`]:
///
/// - For questions: `{questionId: "text" or ["text", …]}`, with an answer to each question.
/// - For a form: the object that its schema describes. Only required fields are checked here; Codex and the
///   MCP server check the rest.
/// - For a tool call: a string, or `{success?, contentItems: [{type: "inputText", text} …]}`.
///
/// # Errors
/// [`AnswerProblem`] when the decision or its content is not valid for this request. The request is still
/// open then.
pub fn answer(
    request: &ServerRequest,
    decision: Decision,
    content: Option<&Value>,
) -> Result<Result<Value, RpcError>, AnswerProblem> {
    let (Some(form), Some(asked)) = (form(request), question(request)) else {
        return Err(AnswerProblem::NothingToDecide(request.method.clone()));
    };
    if !asked.decisions.contains(&decision) {
        return Err(AnswerProblem::NotOffered { decision, offered: asked.decisions });
    }
    if decision == Decision::Deny {
        return Ok(decline(request));
    }
    let params = &request.params;
    let answer = match form {
        Form::Command => match decision {
            Decision::ApproveForSession => json!({"decision": "acceptForSession"}),
            Decision::ApproveAlways => json!({"decision": rule(params)}),
            Decision::Cancel => json!({"decision": "cancel"}),
            _ => json!({"decision": "accept"}),
        },
        Form::FileChange => match decision {
            Decision::ApproveForSession => json!({"decision": "acceptForSession"}),
            Decision::Cancel => json!({"decision": "cancel"}),
            _ => json!({"decision": "accept"}),
        },
        Form::OldCommand | Form::OldPatch => match decision {
            Decision::ApproveForSession => json!({"decision": "approved_for_session"}),
            Decision::Cancel => json!({"decision": "abort"}),
            _ => json!({"decision": "approved"}),
        },
        Form::Permissions => {
            let scope = if decision == Decision::ApproveForSession { "session" } else { "turn" };
            json!({"permissions": granted(&params["permissions"]), "scope": scope})
        }
        Form::UserInput => json!({"answers": answers(&params["questions"], content)?}),
        Form::Elicitation => elicited(params, decision, content)?,
        Form::ToolCall => tool_result(content)?,
    };
    Ok(Ok(answer))
}

/// Returns Codex's own decision for [`Decision::ApproveAlways`], which writes a rule that allows similar
/// requests. Codex lists this decision. Binaries that list no decisions propose the rule separately.
pub(super) fn rule(params: &Value) -> Option<Value> {
    match params["availableDecisions"].as_array() {
        Some(listed) => listed
            .iter()
            .find(|decision| {
                let allows = decision.pointer("/applyNetworkPolicyAmendment/network_policy_amendment/action");
                decision.get("acceptWithExecpolicyAmendment").is_some()
                    || allows.is_some_and(|action| action == "allow")
            })
            .cloned(),
        None => params
            .get("proposedExecpolicyAmendment")
            .filter(|amendment| amendment.is_array())
            .map(|amendment| json!({"acceptWithExecpolicyAmendment": {"execpolicy_amendment": amendment}})),
    }
}

/// Returns exactly the requested permissions. Permissions that were not requested are null in the request and
/// must be omitted from the answer.
fn granted(requested: &Value) -> Value {
    let mut granted = requested.as_object().cloned().unwrap_or_default();
    granted.retain(|_, permission| !permission.is_null());
    Value::Object(granted)
}

fn answers(questions: &Value, content: Option<&Value>) -> Result<Value, AnswerProblem> {
    let Some(Value::Object(content)) = content else {
        return Err(AnswerProblem::WrongForm("an object with an answer to each question"));
    };
    let ids: Vec<&str> =
        questions.as_array().into_iter().flatten().filter_map(|question| question["id"].as_str()).collect();
    if let Some(unknown) = content.keys().find(|id| !ids.contains(&id.as_str())) {
        return Err(AnswerProblem::UnknownQuestion(unknown.clone()));
    }
    let mut answers = Map::new();
    for id in ids {
        let strings = match content.get(id) {
            None | Some(Value::Null) => return Err(AnswerProblem::Missing(id.to_owned())),
            Some(text @ Value::String(_)) => json!([text]),
            Some(Value::Array(strings)) if strings.iter().all(Value::is_string) => json!(strings),
            Some(_) => return Err(AnswerProblem::NotString(id.to_owned())),
        };
        answers.insert(id.to_owned(), json!({"answers": strings}));
    }
    Ok(Value::Object(answers))
}

fn elicited(params: &Value, decision: Decision, content: Option<&Value>) -> Result<Value, AnswerProblem> {
    Ok(match decision {
        Decision::Cancel => json!({"action": "cancel", "content": null}),
        Decision::Answer => {
            let Some(Value::Object(fields)) = content else {
                return Err(AnswerProblem::WrongForm("an object with the fields of the form"));
            };
            let required = params["requestedSchema"]["required"].as_array().into_iter().flatten();
            if let Some(missing) = required.filter_map(Value::as_str).find(|name| !fields.contains_key(*name))
            {
                return Err(AnswerProblem::Missing(missing.to_owned()));
            }
            json!({"action": "accept", "content": fields})
        }
        // The answer to a visited URL has no content. The answer to a form without fields has empty content.
        _ if params["mode"] == "url" => json!({"action": "accept", "content": null}),
        Decision::ApproveForSession => {
            json!({"action": "accept", "content": {}, "_meta": {"persist": "session"}})
        }
        Decision::ApproveAlways => {
            json!({"action": "accept", "content": {}, "_meta": {"persist": "always"}})
        }
        _ => json!({"action": "accept", "content": {}}),
    })
}

fn tool_result(content: Option<&Value>) -> Result<Value, AnswerProblem> {
    match content {
        Some(Value::String(text)) => {
            Ok(json!({"success": true, "contentItems": [{"type": "inputText", "text": text}]}))
        }
        Some(Value::Object(result)) if result.get("contentItems").is_some_and(Value::is_array) => {
            let success = result.get("success").and_then(Value::as_bool).unwrap_or(true);
            Ok(json!({"success": success, "contentItems": result["contentItems"]}))
        }
        _ => Err(AnswerProblem::WrongForm("a string or an object with contentItems")),
    }
}
