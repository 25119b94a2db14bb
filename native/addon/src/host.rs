//! Controls VS Code through callbacks into the extension.
//!
//! The callbacks are weak, so that they do not keep the extension host alive. They are always awaited with a
//! time limit, because an extension host that is busy or shutting down may never answer.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bridge::editor::{self, Editor, EditorError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::approval::{Answer, Approval, Decision, ResolvedBy};
use model::ids::ThreadId;
use napi::Status;
use napi::bindgen_prelude::Promise;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::callback::{Callback, ask};
use crate::code::{CodeCallbacks, IndexProgress, OpenCode};

/// The time limit of callbacks that only read state or run one command.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The time limit of callbacks that ask a person. It exceeds the time limit of every approval.
const PERSON_TIMEOUT: Duration = Duration::from_secs(25 * 60 * 60);

/// An open conversation tab.
#[napi(object)]
pub struct ConversationTab {
    /// The id of the conversation that the tab shows.
    pub conversation_id: String,
    /// The label of the tab.
    pub title: String,
    /// Whether it is the active tab of its group.
    pub is_active: bool,
    /// The column of its group, from 1.
    pub view_column: u32,
    /// The index of its group, from 0.
    pub group_index: u32,
    /// The index within its group, from 0.
    pub tab_index: u32,
    /// The URI: `openai-codex://route/local/<conversationId>`.
    pub uri: String,
}

/// A request to show a conversation's tab.
#[napi(object)]
pub struct RevealRequest {
    /// The id of the conversation.
    pub conversation_id: String,
    /// The time limit for the tab to open, in milliseconds.
    pub timeout_ms: u32,
}

/// A question from Codex for the person at the window.
#[napi(object)]
pub struct ApprovalRequest {
    /// The id of the approval, a UUID.
    pub approval_id: String,
    /// The kind: `command`, `file_change`, `permissions`, `question`, `elicitation` or `tool_call`.
    pub kind: String,
    /// The summary, in one line.
    pub summary: String,
    /// The command that would run.
    pub command: Option<String>,
    /// The directory in which the command would run.
    pub cwd: Option<String>,
    /// The reason that Codex gives.
    pub reason: Option<String>,
    /// The files that would change.
    pub files: Vec<String>,
    /// The tool that is called or asks, as JSON.
    pub tool: Option<String>,
    /// A URL that the person should visit.
    pub url: Option<String>,
    /// The questions of the model.
    pub questions: Vec<Question>,
    /// The id of the conversation, if there is one.
    pub conversation_id: Option<String>,
    /// The possible decisions, for example `approve` and `deny`.
    pub decisions: Vec<String>,
}

/// A question from the model.
#[napi(object)]
pub struct Question {
    /// The id, which the answer repeats.
    pub id: String,
    /// A heading of a word or two.
    pub header: String,
    /// The question.
    pub question: String,
    /// Whether answers other than those in `options` are allowed.
    pub is_other: bool,
    /// Whether the answer must not be shown.
    pub is_secret: bool,
    /// The answers to choose from. Empty when any text is allowed.
    pub options: Vec<QuestionOption>,
}

/// An answer to choose from.
#[napi(object)]
pub struct QuestionOption {
    /// The answer.
    pub label: String,
    /// The meaning of the answer.
    pub description: String,
}

/// The answer of the person.
#[napi(object)]
pub struct ApprovalAnswer {
    /// The decision, which is one of the request's `decisions`.
    pub decision: String,
    /// With the decision `answer`, the answers by question id.
    pub answers: Option<HashMap<String, String>>,
}

/// The resolution of an approval that the person was asked about.
#[napi(object)]
pub struct ApprovalResolved {
    /// The id of the approval, a UUID.
    pub approval_id: String,
    /// The status: `approved`, `denied`, `cancelled`, `answered` or `expired`.
    pub status: String,
    /// The source of the resolution: `api`, `editor`, `deadline`, `codex` or `bridge`.
    pub resolved_by: String,
    /// The summary, in one line.
    pub summary: String,
}

/// A line for the output channel.
#[napi(object)]
pub struct LogLine {
    /// The level: `error`, `warn`, `info`, `debug` or `trace`.
    #[napi(ts_type = "'error' | 'warn' | 'info' | 'debug' | 'trace'")]
    pub level: String,
    /// The message.
    pub message: String,
}

/// The callbacks that the extension provides to the bridge.
#[napi(object, object_to_js = false)]
pub struct HostCallbacks {
    /// Returns all open conversation tabs.
    #[napi(ts_type = "() => Promise<Array<ConversationTab>>")]
    pub open_conversations: Callback<(), Promise<Vec<ConversationTab>>>,
    /// Returns the focused conversation tab.
    #[napi(ts_type = "() => Promise<ConversationTab | null>")]
    pub current_conversation: Callback<(), Promise<Option<ConversationTab>>>,
    /// Opens or focuses the tab and resolves when it is open. Rejects with a message that a person can act
    /// on.
    #[napi(ts_type = "(request: RevealRequest) => Promise<ConversationTab>")]
    pub reveal_conversation: Callback<RevealRequest, Promise<ConversationTab>>,
    /// Opens a blank draft.
    #[napi(ts_type = "() => Promise<void>")]
    pub open_draft: Callback<(), Promise<()>>,
    /// Asks the person. Resolves with the answer, or with `null` when there will be none.
    #[napi(ts_type = "(request: ApprovalRequest) => Promise<ApprovalAnswer | null>")]
    pub ask_approval: Callback<ApprovalRequest, Promise<Option<ApprovalAnswer>>>,
    /// Reports that an approval which the person was asked about was resolved elsewhere, even if the person
    /// has just answered.
    #[napi(ts_type = "(approval: ApprovalResolved) => Promise<void>")]
    pub approval_resolved: Callback<ApprovalResolved, Promise<()>>,
    /// Writes a line to the output channel.
    #[napi(ts_type = "(line: LogLine) => void")]
    pub log: Callback<LogLine, ()>,
    /// Reports the number of unfinished jobs whenever it changes.
    #[napi(ts_type = "(running: number) => void")]
    pub running_jobs_changed: Callback<u32, ()>,
    /// Reports the progress of building the code index, and `null` once it has ended.
    #[napi(ts_type = "(progress: IndexProgress | null) => void")]
    pub index_progress_changed: Callback<Option<IndexProgress>, ()>,
    /// The callbacks that answer questions about the open code.
    pub code: CodeCallbacks,
}

/// The callbacks that receive reports and return nothing.
pub(crate) struct Listeners {
    pub(crate) log: Callback<LogLine, ()>,
    pub(crate) running_jobs_changed: Callback<u32, ()>,
    pub(crate) index_progress_changed: Callback<Option<IndexProgress>, ()>,
}

/// VS Code, as an editor of the core.
pub(crate) struct VsCode {
    open_conversations: Callback<(), Promise<Vec<ConversationTab>>>,
    current_conversation: Callback<(), Promise<Option<ConversationTab>>>,
    reveal_conversation: Callback<RevealRequest, Promise<ConversationTab>>,
    open_draft: Callback<(), Promise<()>>,
    ask_approval: Callback<ApprovalRequest, Promise<Option<ApprovalAnswer>>>,
    approval_resolved: Callback<ApprovalResolved, Promise<()>>,
    code: Arc<CodeCallbacks>,
}

impl HostCallbacks {
    /// Splits the callbacks into the editor and the listeners.
    pub(crate) fn split(self) -> (VsCode, Listeners) {
        let Self {
            open_conversations,
            current_conversation,
            reveal_conversation,
            open_draft,
            ask_approval,
            approval_resolved,
            log,
            running_jobs_changed,
            index_progress_changed,
            code,
        } = self;
        let editor = VsCode {
            open_conversations,
            current_conversation,
            reveal_conversation,
            open_draft,
            ask_approval,
            approval_resolved,
            code: Arc::new(code),
        };
        (editor, Listeners { log, running_jobs_changed, index_progress_changed })
    }
}

impl fmt::Debug for VsCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VsCode")
    }
}

impl Editor for VsCode {
    fn open_conversations(&self) -> BoxFuture<'_, Result<Vec<editor::ConversationTab>, EditorError>> {
        async {
            let tabs = ask(&self.open_conversations, (), CALL_TIMEOUT).await?;
            Ok(tabs.into_iter().map(Into::into).collect())
        }
        .boxed()
    }

    fn current_conversation(&self) -> BoxFuture<'_, Result<Option<editor::ConversationTab>, EditorError>> {
        async { Ok(ask(&self.current_conversation, (), CALL_TIMEOUT).await?.map(Into::into)) }.boxed()
    }

    fn reveal_conversation<'a>(
        &'a self,
        conversation_id: &'a ThreadId,
        limit: Duration,
    ) -> BoxFuture<'a, Result<editor::ConversationTab, EditorError>> {
        let request = RevealRequest {
            conversation_id: conversation_id.to_owned().into(),
            timeout_ms: u32::try_from(limit.as_millis()).unwrap_or(u32::MAX),
        };
        async move { Ok(ask(&self.reveal_conversation, request, limit + CALL_TIMEOUT).await?.into()) }.boxed()
    }

    fn open_draft(&self) -> BoxFuture<'_, Result<(), EditorError>> {
        ask(&self.open_draft, (), CALL_TIMEOUT).boxed()
    }

    fn ask_approval<'a>(
        &'a self,
        approval: &'a Approval,
    ) -> BoxFuture<'a, Result<Option<Answer>, EditorError>> {
        async {
            let answer = ask(&self.ask_approval, approval.into(), PERSON_TIMEOUT).await?;
            let Some(ApprovalAnswer { decision: name, answers }) = answer else { return Ok(None) };
            let offered = approval.decisions.iter().find(|decision| decision.name() == name);
            let decision =
                *offered.ok_or_else(|| EditorError(format!("the decision {name} was not offered")))?;
            let answers = answers.into_iter().flatten().map(|(id, text)| (id, Value::from(text)));
            let content = (decision == Decision::Answer).then(|| answers.collect());
            Ok(Some(Answer { decision, content, note: None }))
        }
        .boxed()
    }

    fn code(&self) -> Option<Arc<dyn context::Editor>> {
        Some(Arc::new(OpenCode::new(Arc::clone(&self.code), Handle::current())))
    }

    fn approval_resolved<'a>(&'a self, approval: &'a Approval) -> BoxFuture<'a, Result<(), EditorError>> {
        let resolved = ApprovalResolved {
            approval_id: approval.approval_id.clone().into(),
            status: approval.status.name().to_owned(),
            resolved_by: approval.resolved_by.map_or("bridge", ResolvedBy::name).to_owned(),
            summary: approval.summary.clone(),
        };
        ask(&self.approval_resolved, resolved, CALL_TIMEOUT).boxed()
    }
}

/// Reports the number of unfinished jobs to the extension whenever it changes.
pub(crate) async fn report_running_jobs(mut running: watch::Receiver<usize>, changed: Callback<u32, ()>) {
    loop {
        let number = u32::try_from(*running.borrow_and_update()).unwrap_or(u32::MAX);
        let status = changed.call(number, ThreadsafeFunctionCallMode::NonBlocking);
        if status != Status::Ok {
            tracing::debug!(%status, "the extension host no longer accepts callbacks");
        }
        if running.changed().await.is_err() {
            return;
        }
    }
}

impl From<&Approval> for ApprovalRequest {
    fn from(approval: &Approval) -> Self {
        let questions = approval.questions.as_ref().and_then(Value::as_array);
        Self {
            approval_id: approval.approval_id.clone().into(),
            kind: approval.kind.name().to_owned(),
            summary: approval.summary.clone(),
            command: approval.command.clone(),
            cwd: approval.cwd.clone(),
            reason: approval.reason.clone(),
            files: approval.changes.as_ref().map(files).unwrap_or_default(),
            tool: approval.tool.as_ref().map(Value::to_string),
            url: approval.url.clone(),
            questions: questions.into_iter().flatten().map(Question::from).collect(),
            conversation_id: approval.conversation_id.clone().map(Into::into),
            decisions: approval.decisions.iter().map(|decision| decision.name().to_owned()).collect(),
        }
    }
}

/// Returns the paths of file changes: a list of `{path, …}`, or an object by path from older binaries.
fn files(changes: &Value) -> Vec<String> {
    match changes {
        Value::Object(by_path) => by_path.keys().cloned().collect(),
        changes => changes.as_array().into_iter().flatten().map(|change| string(&change["path"])).collect(),
    }
}

impl From<&Value> for Question {
    fn from(question: &Value) -> Self {
        let options = question["options"].as_array().into_iter().flatten();
        let option = |option: &Value| QuestionOption {
            label: string(&option["label"]),
            description: string(&option["description"]),
        };
        Self {
            id: string(&question["id"]),
            header: string(&question["header"]),
            question: string(&question["question"]),
            is_other: question["isOther"] == true,
            is_secret: question["isSecret"] == true,
            options: options.map(option).collect(),
        }
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl From<ConversationTab> for editor::ConversationTab {
    fn from(tab: ConversationTab) -> Self {
        let ConversationTab { conversation_id, title, is_active, view_column, group_index, tab_index, uri } =
            tab;
        Self {
            conversation_id: conversation_id.into(),
            title,
            is_active,
            view_column,
            group_index,
            tab_index,
            uri,
        }
    }
}
