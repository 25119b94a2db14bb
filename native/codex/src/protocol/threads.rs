//! Threads: their options, their state in Codex, and how they are started, loaded and unloaded.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use super::{CALL_LIMIT, THREAD_LIMIT, Turn, read, to_value};
use crate::ThreadId;
use crate::connection::{CallError, Connection, ThreadWatch};
use crate::rpc::Refusal;

/// When Codex requests approval before it acts (`AskForApproval`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalPolicy {
    /// For everything that is not known to be safe.
    Untrusted,
    /// When the model needs more than the sandbox allows.
    OnRequest,
    /// Never.
    Never,
}

/// The sandbox for commands (`SandboxMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxMode {
    /// Commands may only read files.
    ReadOnly,
    /// Commands may also write below the working directory.
    WorkspaceWrite,
    /// No sandbox.
    DangerFullAccess,
}

/// The options for starting or resuming a thread (`ThreadStartParams`, `ThreadResumeParams`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadOptions {
    /// The absolute working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<PathBuf>,
    /// When Codex requests approval before it acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_policy: Option<ApprovalPolicy>,
    /// The sandbox for commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<SandboxMode>,
    /// The model id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The provider id, as in `model_providers` of `config.toml`, for example `ollama`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_provider: Option<String>,
    /// The service tier id, for example `fast`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// The system instructions that replace Codex's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_instructions: Option<String>,
    /// The instructions to add as a developer message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub developer_instructions: Option<String>,
    /// The style of the answers. Newer models ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personality: Option<String>,
    /// Overrides of `config.toml` by dotted key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Map<String, Value>>,
}

impl ThreadOptions {
    /// Returns these options, with missing ones taken from `defaults`.
    #[must_use]
    pub fn or(&self, defaults: Self) -> Self {
        let own = self.clone();
        Self {
            cwd: own.cwd.or(defaults.cwd),
            approval_policy: own.approval_policy.or(defaults.approval_policy),
            sandbox: own.sandbox.or(defaults.sandbox),
            model: own.model.or(defaults.model),
            model_provider: own.model_provider.or(defaults.model_provider),
            service_tier: own.service_tier.or(defaults.service_tier),
            base_instructions: own.base_instructions.or(defaults.base_instructions),
            developer_instructions: own.developer_instructions.or(defaults.developer_instructions),
            personality: own.personality.or(defaults.personality),
            config: own.config.or(defaults.config),
        }
    }
}

/// A thread as Codex reports it (`Thread`).
///
/// Only the id is required. A field that is missing, or whose format has changed, is read as absent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The thread id.
    pub id: ThreadId,
    /// The name that a person gave the thread.
    #[serde(default, deserialize_with = "lenient")]
    pub name: Option<String>,
    /// A preview, usually the user's first message.
    #[serde(default, deserialize_with = "lenient")]
    pub preview: Option<String>,
    /// The working directory.
    #[serde(default, deserialize_with = "lenient")]
    pub cwd: Option<PathBuf>,
    /// The client that started the thread, as Codex sent it. [`Self::source_name`] is the short form.
    #[serde(default)]
    pub source: Value,
    /// The time of creation, in seconds since the Unix epoch.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<i64>,
    /// The time of the last change, in seconds since the Unix epoch.
    #[serde(default, deserialize_with = "lenient")]
    pub updated_at: Option<i64>,
    /// The model id. 0.155.1 reports it, 0.140 does not.
    #[serde(default, deserialize_with = "lenient")]
    pub model: Option<String>,
    /// The provider id, for example `openai`.
    #[serde(default, deserialize_with = "lenient")]
    pub model_provider: Option<String>,
    /// The thread that this one was forked from. Lists omit it.
    #[serde(default, deserialize_with = "lenient")]
    pub forked_from_id: Option<ThreadId>,
    /// The thread whose agent started this one. Set on sub-agents.
    #[serde(default, deserialize_with = "lenient")]
    pub parent_thread_id: Option<ThreadId>,
    /// The name that the client which started the thread gave itself: `codex_cli_rs`, `codex_vscode`, `Codex
    /// Desktop`, … Older binaries do not report it.
    #[serde(default, deserialize_with = "lenient")]
    pub originator: Option<String>,
    /// The nickname of a sub-agent.
    #[serde(default, deserialize_with = "lenient")]
    pub agent_nickname: Option<String>,
    /// The role of a sub-agent.
    #[serde(default, deserialize_with = "lenient")]
    pub agent_role: Option<String>,
    /// The status in the process that was asked, which does not know what other processes have loaded.
    #[serde(default)]
    pub status: ThreadStatus,
    /// The file that stores the thread.
    #[serde(default, deserialize_with = "lenient")]
    pub path: Option<PathBuf>,
    /// The version of Codex that started the thread.
    #[serde(default, deserialize_with = "lenient")]
    pub cli_version: Option<String>,
    /// The turns. Empty unless they were requested.
    #[serde(default)]
    pub turns: Vec<Turn>,
}

impl Thread {
    /// Returns the working directory for display.
    #[must_use]
    pub fn folder(&self) -> Option<String> {
        self.cwd.as_ref().map(|cwd| cwd.display().to_string())
    }

    /// Returns the turn with this id, or the turn that contains the message with this client id.
    #[must_use]
    pub fn turn(&self, turn_id: Option<&str>, client_message_id: &str) -> Option<&Turn> {
        self.turns.iter().find(|turn| turn.is(turn_id, client_message_id))
    }

    /// Returns the short form of the source, with the names of `ThreadSourceKind`: `vscode`, `cli`, `exec`,
    /// `appServer` or `subAgent`. For a custom client, returns the name that it gave itself; `unknown` if
    /// Codex does not report a source.
    #[must_use]
    pub fn source_name(&self) -> String {
        let name = match &self.source {
            Value::String(name) => name.as_str(),
            // `{"custom": "name"}`, `{"subagent": …}`, `{"internal": …}` (`SessionSource`).
            Value::Object(source) => match source.iter().next() {
                Some((kind, Value::String(name))) if kind == "custom" => name.as_str(),
                Some((kind, _)) => kind.as_str(),
                None => "unknown",
            },
            _ => "unknown",
        };
        match name {
            "subagent" | "subAgent" | "sub_agent" => "subAgent".to_owned(),
            // Codex stores this for a thread that an app-server started without a known client.
            "mcp" | "app_server" | "appServer" => "appServer".to_owned(),
            name => name.to_owned(),
        }
    }

    /// Returns the source as one of the kinds by which lists can be filtered (`ThreadSourceKind`).
    #[must_use]
    pub fn source_kind(&self) -> &'static str {
        match self.source_name().as_str() {
            "cli" => "cli",
            "vscode" => "vscode",
            "exec" => "exec",
            "appServer" => "appServer",
            "subAgent" => match self.sub_agent_kind() {
                Some("review") => "subAgentReview",
                Some("compact") => "subAgentCompact",
                Some("thread_spawn") => "subAgentThreadSpawn",
                Some(_) => "subAgentOther",
                None => "subAgent",
            },
            _ => "unknown",
        }
    }

    /// Returns the kind of sub-agent (`SubAgentSource`): `review`, `compact`, `thread_spawn`, … `None` for
    /// other threads.
    #[must_use]
    pub fn sub_agent_kind(&self) -> Option<&str> {
        match self.sub_agent_source()? {
            Value::String(kind) => Some(kind),
            Value::Object(kind) => kind.keys().next().map(String::as_str),
            _ => None,
        }
    }

    /// Returns the thread whose agent started this one.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        // Older binaries report it only within the source.
        let spawned = || self.sub_agent_source()?.pointer("/thread_spawn/parent_thread_id")?.as_str();
        self.parent_thread_id.as_deref().or_else(spawned)
    }

    fn sub_agent_source(&self) -> Option<&Value> {
        ["subAgent", "subagent", "sub_agent"].into_iter().find_map(|name| self.source.get(name))
    }
}

/// The status of a thread in the process that was asked (`ThreadStatus`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThreadStatus {
    /// The thread is not loaded in that process. Another process may run a turn on it.
    NotLoaded,
    /// The thread is loaded, and no turn runs.
    Idle,
    /// A turn runs.
    Active,
    /// The last turn left the thread in an error state.
    SystemError,
    /// Codex reported no status, or one that this program does not know yet.
    #[default]
    Unknown,
}

impl<'de> Deserialize<'de> for ThreadStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `{"type": "idle"}`, or a plain string in some older binaries.
        let status = Value::deserialize(deserializer)?;
        Ok(match status.get("type").unwrap_or(&status).as_str() {
            Some("notLoaded") => Self::NotLoaded,
            Some("idle") => Self::Idle,
            Some("active") => Self::Active,
            Some("systemError") => Self::SystemError,
            _ => Self::Unknown,
        })
    }
}

/// Reads a field that cannot be deserialized as `None`. A changed format must not make a whole list
/// unreadable.
fn lenient<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

impl Connection {
    /// `thread/start`: starts a new thread, which is loaded in this process, and watches it.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_start(&self, options: &ThreadOptions) -> Result<(Thread, ThreadWatch), CallError> {
        let method = "thread/start";
        let params = to_value(method, options)?;
        let (result, watch) = self.call_watching(method, params, THREAD_LIMIT).await?;
        Ok((read::<ThreadResult>(method, result)?.thread, watch))
    }

    /// `thread/resume`: loads a thread for writing in this process and watches it.
    ///
    /// # Errors
    /// [`CallError`] when the call fails. [`crate::rpc::Refusal`] explains the refusals.
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

    /// `thread/read`: reads a stored thread, whoever owns it.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_read(&self, thread_id: &str, with_turns: bool) -> Result<Thread, CallError> {
        let method = "thread/read";
        let params = json!({"threadId": thread_id, "includeTurns": with_turns});
        Ok(read::<ThreadResult>(method, self.call(method, params, CALL_LIMIT).await?)?.thread)
    }

    /// `thread/settings/update`: changes the options of the following turns, on a thread that is loaded in
    /// this process. Codex keeps them after unloading once the thread has a rollout, which
    /// [`Self::thread_set_name`] writes. Without one, the options that a thread was started with are lost
    /// when it is unloaded before its first turn (0.169.0). A sandbox is never kept.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_update_settings(
        &self,
        thread_id: &str,
        options: &ThreadOptions,
    ) -> Result<(), CallError> {
        let mut params = json!({"threadId": thread_id});
        let optional = [
            ("model", options.model.as_ref().map(|model| json!(model))),
            ("approvalPolicy", options.approval_policy.map(|policy| json!(policy))),
            ("serviceTier", options.service_tier.as_ref().map(|tier| json!(tier))),
            ("personality", options.personality.as_ref().map(|personality| json!(personality))),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                params[name] = value;
            }
        }
        self.call("thread/settings/update", params, CALL_LIMIT).await.map(drop)
    }

    /// `thread/loaded/list`: returns the threads that are loaded in this app-server.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_loaded_list(&self) -> Result<Vec<ThreadId>, CallError> {
        let method = "thread/loaded/list";
        Ok(read::<LoadedResult>(method, self.call(method, json!({}), CALL_LIMIT).await?)?.data)
    }

    /// `thread/unsubscribe`: releases the thread's writer lock as soon as no turn runs on it, because the
    /// app-server was started with `thread_unload_delay_secs=0`.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_unsubscribe(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/unsubscribe", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    /// `thread/inject_items`: adds a developer message to a thread that is loaded in this process. Does
    /// nothing where the binary lacks this method.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_inject_developer_message(
        &self,
        thread_id: &str,
        text: &str,
    ) -> Result<(), CallError> {
        let content = [json!({"type": "input_text", "text": text})];
        let item = json!({"type": "message", "role": "developer", "content": content});
        let params = json!({"threadId": thread_id, "items": [item]});
        match self.call("thread/inject_items", params, CALL_LIMIT).await {
            // Such a binary shows the model the instructions with which the thread was loaded.
            Err(error) if error.refusal() == Some(Refusal::MethodUnknown) => Ok(()),
            injected => injected.map(drop),
        }
    }
}

#[derive(Deserialize)]
struct LoadedResult {
    data: Vec<ThreadId>,
}

#[derive(Deserialize)]
pub(super) struct ThreadResult {
    pub(super) thread: Thread,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_a_kind_and_a_sub_agent_a_parent() {
        let spawned = json!({"subAgent": {"thread_spawn": {"parent_thread_id": "p", "depth": 1}}});
        let cases = [
            (json!("cli"), "cli", None),
            (json!("vscode"), "vscode", None),
            (json!("exec"), "exec", None),
            (json!("mcp"), "appServer", None),
            (json!("appServer"), "appServer", None),
            (json!({"custom": "mine"}), "unknown", None),
            (json!(null), "unknown", None),
            (json!({"subAgent": "review"}), "subAgentReview", None),
            (json!({"subagent": "compact"}), "subAgentCompact", None),
            (json!({"subAgent": {"other": "x"}}), "subAgentOther", None),
            (spawned, "subAgentThreadSpawn", Some("p")),
        ];
        for (source, kind, parent) in cases {
            let thread: Thread = serde_json::from_value(json!({"id": "t", "source": source})).unwrap();
            assert_eq!((thread.source_kind(), thread.parent()), (kind, parent), "{source}");
        }
    }
}
