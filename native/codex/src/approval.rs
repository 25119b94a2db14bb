//! The requests of an app-server that a person decides, and the valid answer for each decision.
//!
//! [`question`] reads a [`ServerRequest`]. It returns `None` for requests that no person decides, which are
//! declined at once with [`crate::decline::decline`]. [`answer()`] converts a decision into the answer that
//! is sent with [`crate::connection::Connection::answer`].
//!
//! Source: `codex app-server generate-ts --experimental` of 0.169.0, the `…Params` and `…Response` type of
//! each request, and the behavior of 0.169.0.

mod answer;
mod question;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use answer::{AnswerProblem, answer};
pub use question::question;

use crate::rpc::{Notification, ServerRequest};
use crate::{ThreadId, TurnId};

/// The kind of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Whether a command may run.
    Command,
    /// Whether files may be changed.
    FileChange,
    /// Whether the turn may do more than its sandbox allows.
    Permissions,
    /// Questions from the model, each with an id.
    Question,
    /// A question from an MCP server: whether its tool may run, or a form to fill in.
    Elicitation,
    /// A tool call that the client should perform.
    ToolCall,
}

/// A decision of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Allows the request once.
    Approve,
    /// Allows this request, and the same request for as long as the thread stays loaded.
    ApproveForSession,
    /// Allows this request and similar ones permanently: Codex writes a rule.
    ApproveAlways,
    /// Denies the request. The turn continues without it.
    Deny,
    /// Denies the request and ends the turn.
    Cancel,
    /// Provides the requested answer.
    Answer,
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Approve => "approve",
            Self::ApproveForSession => "approve_for_session",
            Self::ApproveAlways => "approve_always",
            Self::Deny => "deny",
            Self::Cancel => "cancel",
            Self::Answer => "answer",
        })
    }
}

/// A request that a person decides, in one format for all kinds.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The kind of question.
    pub kind: QuestionKind,
    /// The thread that waits for the answer. A sub-agent's thread is not the watched one.
    pub thread_id: ThreadId,
    /// The turn. An MCP server may ask outside of a turn.
    pub turn_id: Option<TurnId>,
    /// The item of the turn that the question concerns. The item of a file change holds the changes. Several
    /// questions can concern the same item.
    pub item_id: Option<String>,
    /// A one-line summary for a person, at most [`SUMMARY_CHARACTERS_MAX`] characters long.
    pub summary: String,
    /// The command line.
    pub command: Option<String>,
    /// The directory in which the command would run.
    pub cwd: Option<PathBuf>,
    /// The reason in the model's words. For an MCP server, its message if the summary does not contain all of
    /// it.
    pub reason: Option<String>,
    /// The changes by path, if the request itself contains them (`applyPatchApproval`). Otherwise they are in
    /// the item.
    pub changes: Option<Value>,
    /// The requested permissions: `{network, fileSystem}`.
    pub permissions: Option<Value>,
    /// The questions: `[{id, header, question, isOther, isSecret, options?: [{label, description}]}]`.
    pub questions: Option<Value>,
    /// The tool that is called or asks: `{name, namespace?, arguments?}`, or `{server, name?, arguments?}`
    /// for an MCP server.
    pub tool: Option<Value>,
    /// The JSON Schema of the object that answers a form.
    pub schema: Option<Value>,
    /// A URL that an MCP server wants the person to visit.
    pub url: Option<String>,
    /// The possible decisions. They always include [`Decision::Deny`].
    pub decisions: Vec<Decision>,
}

/// The maximum length of a summary, which is shown as a line of a list.
pub const SUMMARY_CHARACTERS_MAX: usize = 200;

/// Returns the id of the request that, according to this notification (`serverRequest/resolved`), no longer
/// needs an answer. The request was answered, or its turn ended. In the latter case the notification comes
/// after `turn/completed`.
#[must_use]
pub fn resolved(notification: &Notification) -> Option<&Value> {
    (notification.method == "serverRequest/resolved").then(|| notification.params.get("requestId")).flatten()
}

/// The methods of [`ServerRequest`] that a person decides. The `Old` ones are the methods before `item/…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Command,
    FileChange,
    Permissions,
    UserInput,
    Elicitation,
    ToolCall,
    OldCommand,
    OldPatch,
}

fn form(request: &ServerRequest) -> Option<Form> {
    Some(match request.method.as_str() {
        "item/commandExecution/requestApproval" => Form::Command,
        "item/fileChange/requestApproval" => Form::FileChange,
        "item/permissions/requestApproval" => Form::Permissions,
        "item/tool/requestUserInput" => Form::UserInput,
        "mcpServer/elicitation/request" => Form::Elicitation,
        "item/tool/call" => Form::ToolCall,
        "execCommandApproval" => Form::OldCommand,
        "applyPatchApproval" => Form::OldPatch,
        _ => return None,
    })
}
