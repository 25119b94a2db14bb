//! The methods and fields of the app-server that the bridge interprets, read leniently.
//!
//! Field names are Codex's own. Source: `codex app-server generate-ts --experimental` of 0.169.0, folder `v2`, the type
//! named at each item. What is not listed here is passed on untouched or ignored.

use std::path::PathBuf;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::connection::{CallError, Connection, ThreadWatch};

/// When Codex asks before it acts (`AskForApproval`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalPolicy {
    /// Ask for everything that is not known to be safe.
    Untrusted,
    /// The model asks when it wants more than the sandbox allows.
    OnRequest,
    /// Never ask.
    Never,
}

/// What commands may touch (`SandboxMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxMode {
    /// Read files only.
    ReadOnly,
    /// Also write below the working folder.
    WorkspaceWrite,
    /// No sandbox.
    DangerFullAccess,
}

/// What a thread is started or resumed with (`ThreadStartParams`, `ThreadResumeParams`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadOptions {
    /// Absolute working folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<PathBuf>,
    /// When Codex asks before it acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_policy: Option<ApprovalPolicy>,
    /// What commands may touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<SandboxMode>,
    /// Model id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Service tier id, for example `fast`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Replaces Codex's own system instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_instructions: Option<String>,
    /// Added as the developer's instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub developer_instructions: Option<String>,
    /// Style of the answers; ignored by newer models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personality: Option<String>,
    /// Overrides of `config.toml`, by dotted key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Map<String, Value>>,
}

/// One piece of a message (`UserInput`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum UserInput {
    /// Text.
    Text {
        /// The text itself.
        text: String,
    },
    /// A picture by `https:` or `data:` address.
    Image {
        /// The address.
        url: String,
    },
    /// A picture by absolute path.
    LocalImage {
        /// The path.
        path: PathBuf,
    },
}

/// A conversation as Codex knows it (`Thread`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// UUIDv7.
    pub id: String,
    /// Working folder.
    pub cwd: Option<PathBuf>,
    /// Where it came from, for example `vscode` or `exec`.
    #[serde(default)]
    pub source: Value,
    /// Only present where turns were asked for.
    #[serde(default)]
    pub turns: Vec<Turn>,
}

impl Thread {
    /// Its working folder, for showing.
    #[must_use]
    pub fn folder(&self) -> Option<String> {
        self.cwd.as_ref().map(|cwd| cwd.display().to_string())
    }

    /// The turn with this id, or the one which the message with this client id belongs to.
    #[must_use]
    pub fn turn(&self, turn_id: Option<&str>, client_message_id: &str) -> Option<&Turn> {
        self.turns
            .iter()
            .find(|turn| Some(turn.id.as_str()) == turn_id || turn.has_message(client_message_id))
    }
}

/// One exchange (`Turn`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// UUIDv7.
    pub id: String,
    /// Where it stands.
    pub status: TurnStatus,
    /// Set on failed turns.
    pub error: Option<TurnError>,
    /// Messages, commands, file changes, … as Codex sent them.
    #[serde(default)]
    pub items: Vec<Value>,
    /// Unix time in seconds.
    pub completed_at: Option<i64>,
    /// Milliseconds from start to end.
    pub duration_ms: Option<u64>,
}

impl Turn {
    fn has_message(&self, client_message_id: &str) -> bool {
        self.items.iter().any(|item| item.get("clientId").and_then(Value::as_str) == Some(client_message_id))
    }

    /// Whether its end is a fact. A process that does not own the thread sees a running turn as interrupted, but
    /// without a time of completion; so does everybody a turn whose process died.
    #[must_use]
    pub fn end_is_certain(&self) -> bool {
        match self.status {
            TurnStatus::Completed | TurnStatus::Failed => true,
            TurnStatus::Interrupted => self.completed_at.is_some(),
            TurnStatus::InProgress | TurnStatus::Unknown => false,
        }
    }
}

/// Where a turn stands (`TurnStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TurnStatus {
    /// Ended well.
    Completed,
    /// Ended by its user or by the end of its process. A process that does not own the thread sees a running turn so, too.
    Interrupted,
    /// Ended by an error.
    Failed,
    /// Running.
    InProgress,
    /// One that this program does not know yet.
    #[serde(other)]
    Unknown,
}

/// Why a turn failed (`TurnError`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TurnError {
    /// For a person.
    pub message: String,
}

/// `thread/start`, which loads a rollout folder and MCP servers, and `thread/resume`, which reads a whole history.
const THREAD_LIMIT: Duration = Duration::from_secs(60);
/// Calls that only touch memory or one file.
const CALL_LIMIT: Duration = Duration::from_secs(30);

impl Connection {
    /// `thread/start`: a new thread, loaded and watched.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_start(&self, options: &ThreadOptions) -> Result<(Thread, ThreadWatch), CallError> {
        let method = "thread/start";
        let params = to_value(method, options)?;
        let (result, watch) = self.call_watching(method, params, THREAD_LIMIT).await?;
        Ok((read::<ThreadResult>(method, result)?.thread, watch))
    }

    /// `thread/resume`: loads a thread for writing, and watches it.
    ///
    /// # Errors
    /// [`CallError`]; see [`crate::rpc::Refusal`] for what its refusals mean.
    pub async fn thread_resume(
        &self,
        thread_id: &str,
        options: &ThreadOptions,
    ) -> Result<(Thread, ThreadWatch), CallError> {
        let method = "thread/resume";
        let mut params = to_value(method, options)?;
        params["threadId"] = json!(thread_id);
        params["excludeTurns"] = json!(true);
        let (result, watch) = self.call_watching(method, params, THREAD_LIMIT).await?;
        Ok((read::<ThreadResult>(method, result)?.thread, watch))
    }

    /// `thread/read`: a thread as it is stored, whoever owns it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_read(&self, thread_id: &str, with_turns: bool) -> Result<Thread, CallError> {
        let method = "thread/read";
        let params = json!({"threadId": thread_id, "includeTurns": with_turns});
        Ok(read::<ThreadResult>(method, self.call(method, params, CALL_LIMIT).await?)?.thread)
    }

    /// `thread/unsubscribe`: gives the thread's writer back as soon as no turn runs on it (the app-server was started with
    /// `thread_unload_delay_secs=0`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_unsubscribe(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/unsubscribe", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    /// `thread/queue/add`: puts a message into the queue of whichever process owns the thread.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::rpc::Refusal::MethodUnknown`] from binaries before about 0.147.
    pub async fn thread_queue_add(
        &self,
        thread_id: &str,
        client_message_id: &str,
        input: &[UserInput],
    ) -> Result<(), CallError> {
        let params = json!({"threadId": thread_id, "clientUserMessageId": client_message_id, "input": input});
        self.call("thread/queue/add", params, CALL_LIMIT).await.map(drop)
    }

    /// `thread/queue/list`: the client ids of the messages that wait in a thread's queue; any process may ask.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::rpc::Refusal::MethodUnknown`] from binaries before about 0.147.
    pub async fn thread_queue(&self, thread_id: &str) -> Result<Vec<String>, CallError> {
        let queue = self.queued_submissions(thread_id).await?;
        Ok(queue.into_iter().map(|submission| submission.client_user_message_id).collect())
    }

    async fn queued_submissions(&self, thread_id: &str) -> Result<Vec<QueuedSubmission>, CallError> {
        let method = "thread/queue/list";
        let result = self.call(method, json!({"threadId": thread_id}), CALL_LIMIT).await?;
        Ok(read::<QueueResult>(method, result)?.data)
    }

    /// `thread/queue/start`: begins the queued message whose client id is `client_message_id` at once. A queue pauses when a
    /// turn was interrupted, also by the death of its process. Returns whether the message was there.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_queue_start(
        &self,
        thread_id: &str,
        client_message_id: &str,
    ) -> Result<bool, CallError> {
        let queue = self.queued_submissions(thread_id).await?;
        let Some(submission) =
            queue.iter().find(|submission| submission.client_user_message_id == client_message_id)
        else {
            return Ok(false);
        };
        let params = json!({"threadId": thread_id, "queuedSubmissionId": submission.id});
        self.call("thread/queue/start", params, CALL_LIMIT).await.map(|_| true)
    }

    /// `thread/inject_items`: adds a message of the developer to a thread that is loaded here.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_inject_developer_message(
        &self,
        thread_id: &str,
        text: &str,
    ) -> Result<(), CallError> {
        let content = [json!({"type": "input_text", "text": text})];
        let item = json!({"type": "message", "role": "developer", "content": content});
        let params = json!({"threadId": thread_id, "items": [item]});
        self.call("thread/inject_items", params, CALL_LIMIT).await.map(drop)
    }

    /// `turn/start` on a thread that is loaded here and has no active turn. `client_message_id` comes back as the `clientId`
    /// of the turn's user message, by which the turn can be found again; `output_schema` is a JSON Schema for the final
    /// answer. Everything else a turn could change is a matter of [`ThreadOptions`], whose names mean the same in every
    /// binary.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn turn_start(
        &self,
        thread_id: &str,
        client_message_id: &str,
        input: &[UserInput],
        output_schema: Option<&Value>,
    ) -> Result<Turn, CallError> {
        let method = "turn/start";
        let mut params =
            json!({"threadId": thread_id, "clientUserMessageId": client_message_id, "input": input});
        if let Some(schema) = output_schema {
            params["outputSchema"] = schema.clone();
        }
        Ok(read::<TurnResult>(method, self.call(method, params, CALL_LIMIT).await?)?.turn)
    }

    /// `turn/interrupt`: asks a running turn to end; its `turn/completed` follows.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn turn_interrupt(&self, thread_id: &str, turn_id: &str) -> Result<(), CallError> {
        let params = json!({"threadId": thread_id, "turnId": turn_id});
        self.call("turn/interrupt", params, CALL_LIMIT).await.map(drop)
    }
}

#[derive(Deserialize)]
struct ThreadResult {
    thread: Thread,
}

#[derive(Deserialize)]
struct TurnResult {
    turn: Turn,
}

#[derive(Deserialize)]
struct QueueResult {
    data: Vec<QueuedSubmission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueuedSubmission {
    id: String,
    client_user_message_id: String,
}

fn to_value(method: &str, params: &impl Serialize) -> Result<Value, CallError> {
    serde_json::to_value(params).map_err(|error| unexpected(method, &error))
}

pub(crate) fn read<T: DeserializeOwned>(method: &str, result: Value) -> Result<T, CallError> {
    serde_json::from_value(result).map_err(|error| unexpected(method, &error))
}

fn unexpected(method: &str, error: &serde_json::Error) -> CallError {
    CallError::Unexpected { method: method.to_owned(), reason: error.to_string() }
}
