//! Threads: what they are started with, what Codex tells of them, and how they are loaded and let go.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use super::{CALL_LIMIT, THREAD_LIMIT, Turn, read, to_value};
use crate::connection::{CallError, Connection, ThreadWatch};
use crate::rpc::Refusal;

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
    /// Provider id, as in `model_providers` of `config.toml`, for example `ollama`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_provider: Option<String>,
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

impl ThreadOptions {
    /// These, and where they do not say, `defaults`.
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

/// A conversation as Codex knows it (`Thread`).
///
/// Only the id is certain: what is missing, or not of the form that it has today, reads as absent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// UUIDv7.
    pub id: String,
    /// What a person called it.
    #[serde(default, deserialize_with = "lenient")]
    pub name: Option<String>,
    /// Usually the first message of its user.
    #[serde(default, deserialize_with = "lenient")]
    pub preview: Option<String>,
    /// Working folder.
    #[serde(default, deserialize_with = "lenient")]
    pub cwd: Option<PathBuf>,
    /// Where it came from, as Codex sent it; [`Self::source_name`] is its short form.
    #[serde(default)]
    pub source: Value,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<i64>,
    /// Unix time in seconds.
    #[serde(default, deserialize_with = "lenient")]
    pub updated_at: Option<i64>,
    /// Model id. 0.155.1 tells it, 0.140 does not.
    #[serde(default, deserialize_with = "lenient")]
    pub model: Option<String>,
    /// Provider id, for example `openai`.
    #[serde(default, deserialize_with = "lenient")]
    pub model_provider: Option<String>,
    /// The thread that it was forked from. Lists leave it out.
    #[serde(default, deserialize_with = "lenient")]
    pub forked_from_id: Option<String>,
    /// The thread whose agent started it; set on sub-agents.
    #[serde(default, deserialize_with = "lenient")]
    pub parent_thread_id: Option<String>,
    /// The client that began it, in its own words: `codex_cli_rs`, `codex_vscode`, `Codex Desktop`, … Older binaries do not
    /// tell.
    #[serde(default, deserialize_with = "lenient")]
    pub originator: Option<String>,
    /// What a sub-agent is called.
    #[serde(default, deserialize_with = "lenient")]
    pub agent_nickname: Option<String>,
    /// What a sub-agent is for.
    #[serde(default, deserialize_with = "lenient")]
    pub agent_role: Option<String>,
    /// What it does in the process that was asked, which knows nothing of what others have loaded.
    #[serde(default)]
    pub status: ThreadStatus,
    /// The file that it is stored in.
    #[serde(default, deserialize_with = "lenient")]
    pub path: Option<PathBuf>,
    /// The version of Codex that began it.
    #[serde(default, deserialize_with = "lenient")]
    pub cli_version: Option<String>,
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
        self.turns.iter().find(|turn| turn.is(turn_id, client_message_id))
    }

    /// Where it came from in a word, in the spelling of `ThreadSourceKind`: `vscode`, `cli`, `exec`, `appServer`,
    /// `subAgent`; the name that a client gave itself; `unknown` where Codex did not say.
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
            // What `thread/start` of an app-server without a known client is stored as.
            "mcp" | "app_server" | "appServer" => "appServer".to_owned(),
            name => name.to_owned(),
        }
    }

    /// Where it came from, as one of the kinds that lists are narrowed to (`ThreadSourceKind`).
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

    /// What kind of sub-agent it is (`SubAgentSource`): `review`, `compact`, `thread_spawn`, …; `None` of other threads.
    #[must_use]
    pub fn sub_agent_kind(&self) -> Option<&str> {
        match self.sub_agent_source()? {
            Value::String(kind) => Some(kind),
            Value::Object(kind) => kind.keys().next().map(String::as_str),
            _ => None,
        }
    }

    /// The thread whose agent started it.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        // Older binaries tell it only within the source.
        let spawned = || self.sub_agent_source()?.pointer("/thread_spawn/parent_thread_id")?.as_str();
        self.parent_thread_id.as_deref().or_else(spawned)
    }

    fn sub_agent_source(&self) -> Option<&Value> {
        ["subAgent", "subagent", "sub_agent"].into_iter().find_map(|name| self.source.get(name))
    }
}

/// What a thread does in the process that was asked (`ThreadStatus`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThreadStatus {
    /// Not loaded there; another process may run a turn on it.
    NotLoaded,
    /// Loaded, and nothing runs.
    Idle,
    /// A turn runs.
    Active,
    /// Its last turn broke it.
    SystemError,
    /// Codex did not say, or something that this program does not know yet.
    #[default]
    Unknown,
}

impl<'de> Deserialize<'de> for ThreadStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `{"type": "idle"}`; a bare word in some older binaries.
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

/// A field that is of another form than it has today must not make a whole list unreadable.
fn lenient<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

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

    /// `thread/settings/update`: what the turns that follow run with, on a thread that is loaded here. Codex keeps it beyond
    /// the load once the thread has a rollout ([`Self::thread_set_name`] writes one); what a thread was started with is
    /// otherwise gone when it is unloaded before its first turn (0.169.0). A sandbox is never kept.
    ///
    /// # Errors
    /// [`CallError`].
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

    /// `thread/loaded/list`: the threads that are loaded in this app-server.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_loaded_list(&self) -> Result<Vec<String>, CallError> {
        let method = "thread/loaded/list";
        Ok(read::<LoadedResult>(method, self.call(method, json!({}), CALL_LIMIT).await?)?.data)
    }

    /// `thread/unsubscribe`: gives the thread's writer back as soon as no turn runs on it (the app-server was started with
    /// `thread_unload_delay_secs=0`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_unsubscribe(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/unsubscribe", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
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
        match self.call("thread/inject_items", params, CALL_LIMIT).await {
            // Such a binary shows the model the instructions that the thread is loaded with.
            Err(error) if error.refusal() == Some(Refusal::MethodUnknown) => Ok(()),
            injected => injected.map(drop),
        }
    }
}

#[derive(Deserialize)]
struct LoadedResult {
    data: Vec<String>,
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
