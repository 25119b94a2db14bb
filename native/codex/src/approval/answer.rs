//! The valid answer to each decision.

use serde_json::{Map, Value, json};

use super::{Decision, Form, form, question};
use crate::decline::decline;
use crate::rpc::{RpcError, ServerRequest};

/// Why a decision is no answer, for the person who made it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerProblem {
    /// This is nothing that a person decides.
    #[error("{0} is nothing to decide")]
    NothingToDecide(String),
    /// This request does not offer the decision.
    #[error("{decision} cannot be decided here; it can be {}", joined(offered))]
    NotOffered {
        /// What was decided.
        decision: Decision,
        /// What can be.
        offered: Vec<Decision>,
    },
    /// An answer needs an object.
    #[error("the answer must be {0}")]
    WrongForm(&'static str),
    /// A question or a required field has no answer.
    #[error("the answer to {0:?} is missing")]
    Missing(String),
    /// An answer is neither a text nor a list of texts.
    #[error("the answer to {0:?} must be a text or a list of texts")]
    NotText(String),
    /// There is no question with this id.
    #[error("there is no question {0:?}")]
    UnknownQuestion(String),
}

fn joined(decisions: &[Decision]) -> String {
    decisions.iter().map(Decision::to_string).collect::<Vec<_>>().join(", ")
}

/// What to send for this decision, in the form that [`crate::connection::Connection::answer`] takes. `content` goes with
/// [`Decision::Answer`]:
///
/// - to questions: `{questionId: "text" or ["text", …]}`, all of them;
/// - to a form: the object that its schema describes; Codex and the MCP server check the rest of it;
/// - to a tool call: a text, or `{success?, contentItems: [{type: "inputText", text} …]}`.
///
/// # Errors
/// [`AnswerProblem`]; the request is still open then.
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

/// The decision by which Codex writes a rule that allows the like from now on. Codex lists it; binaries that list no
/// decisions propose the rule on its own.
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

/// Exactly what was requested. What was not requested is null there, and must be left out here.
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
        let texts = match content.get(id) {
            None | Some(Value::Null) => return Err(AnswerProblem::Missing(id.to_owned())),
            Some(text @ Value::String(_)) => json!([text]),
            Some(Value::Array(texts)) if texts.iter().all(Value::is_string) => json!(texts),
            Some(_) => return Err(AnswerProblem::NotText(id.to_owned())),
        };
        answers.insert(id.to_owned(), json!({"answers": texts}));
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
        // A visited address has no content, a form without fields an empty one.
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
        _ => Err(AnswerProblem::WrongForm("a text, or an object with contentItems")),
    }
}
