//! What an app-server asks of a person, and the valid answer to each decision.
//!
//! [`question`] reads a [`ServerRequest`]; what it returns `None` for is nothing that a person decides, and is refused at
//! once with [`crate::decline::decline`]. [`answer()`] turns a decision into what is sent with
//! [`crate::connection::Connection::answer`].
//!
//! Source: `codex app-server generate-ts --experimental` of 0.169.0, the `…Params` and `…Response` type of each request,
//! and what 0.169.0 does.

mod answer;
mod question;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use answer::{AnswerProblem, answer};
pub use question::question;

use crate::rpc::{Notification, ServerRequest};

/// What kind of thing is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// May this command run?
    Command,
    /// May these files be changed?
    FileChange,
    /// May the turn do more than its sandbox allows?
    Permissions,
    /// The model's own questions, each with an id.
    Question,
    /// An MCP server asks: may its tool run, or please fill in a form.
    Elicitation,
    /// A tool that the client is to run.
    ToolCall,
}

/// What a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes, this once.
    Approve,
    /// Yes, and to the same thing for as long as the thread stays loaded.
    ApproveForSession,
    /// Yes, and to the like for good: Codex writes a rule.
    ApproveAlways,
    /// No; the turn goes on without it.
    Deny,
    /// No, and the turn ends.
    Cancel,
    /// Here is what was asked for.
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

/// A request that a person decides, in one form for all kinds.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What kind of thing is asked.
    pub kind: QuestionKind,
    /// The conversation that waits for the answer; a sub-agent's is not the one that is watched.
    pub thread_id: String,
    /// Its turn; an MCP server may ask outside of one.
    pub turn_id: Option<String>,
    /// The item of the turn that it is about: a file change's item holds the changes. Several questions can be about one.
    pub item_id: Option<String>,
    /// One line for a person, at most [`SUMMARY_CHARACTERS_MAX`] characters.
    pub summary: String,
    /// The command line.
    pub command: Option<String>,
    /// Where the command would run.
    pub cwd: Option<PathBuf>,
    /// Why, in the model's words; of an MCP server its own words, where the summary has not all of them.
    pub reason: Option<String>,
    /// The changes by path, where the request itself names them (`applyPatchApproval`); otherwise they are in the item.
    pub changes: Option<Value>,
    /// What would be permitted: `{network, fileSystem}`.
    pub permissions: Option<Value>,
    /// The questions: `[{id, header, question, isOther, isSecret, options?: [{label, description}]}]`.
    pub questions: Option<Value>,
    /// The tool that is called or asks: `{name, namespace?, arguments?}`, or `{server, name?, arguments?}` of an MCP server.
    pub tool: Option<Value>,
    /// JSON Schema of the object that an answer to a form must be.
    pub schema: Option<Value>,
    /// An address that an MCP server wants visited.
    pub url: Option<String>,
    /// What can be decided. "No" is always among them.
    pub decisions: Vec<Decision>,
}

/// The longest summary: a line of a list.
pub const SUMMARY_CHARACTERS_MAX: usize = 200;

/// The id of the request that this notification says needs no answer any more (`serverRequest/resolved`): because it has
/// got one, or because its turn ended; in the latter case it comes after `turn/completed`.
#[must_use]
pub fn resolved(notification: &Notification) -> Option<&Value> {
    (notification.method == "serverRequest/resolved").then(|| notification.params.get("requestId")).flatten()
}

/// The methods of [`ServerRequest`] that a person decides.
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
