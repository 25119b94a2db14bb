//! A message as a caller sends it, and as it is dispatched once everything about it was checked.

mod check;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use codex::protocol::{ApprovalPolicy, SandboxMode, ThreadOptions, UserInput};
use model::ids::{JobId, LaneId, TurnId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use self::check::{
    check_config, check_folder, check_folders, check_images, check_output_file, not_blank, read_schema,
    timeout,
};
use crate::error::Error;

/// Body of `POST /conversations` and `POST /conversations/…/messages`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageBody {
    /// What Codex shall do. On `POST /conversations` a missing or empty one opens a blank draft in the editor instead.
    #[schema(example = "Inspect this repo and fix the failing tests")]
    pub message: Option<String>,
    /// Absolute working folder. Default: the first workspace folder, or the folder of `codex-bridge serve`; a
    /// conversation that is continued keeps its own.
    #[schema(value_type = Option<String>)]
    pub cwd: Option<PathBuf>,
    /// When Codex asks for approval. Default: Codex's own configuration.
    pub approval_policy: Option<ApprovalPolicyName>,
    /// What commands may touch. Default: Codex's own configuration.
    pub sandbox: Option<SandboxName>,
    /// The same as `approvalPolicy: never` with `sandbox: danger-full-access`.
    pub dangerously_bypass_approvals_and_sandbox: Option<bool>,
    /// Model id.
    pub model: Option<String>,
    /// Service tier id.
    pub service_tier: Option<String>,
    /// Replaces Codex's own system instructions.
    pub base_instructions: Option<String>,
    /// Added as the developer's instructions.
    pub developer_instructions: Option<String>,
    /// Style of the answers; newer models ignore it.
    pub personality: Option<PersonalityName>,
    /// Overrides of Codex's `config.toml`, by dotted key; or as `key=value` lines whose values are TOML.
    pub config: Option<ConfigOverrides>,
    /// Pictures: paths of files (relative ones below `cwd`), or `https:` and `data:` addresses.
    #[serde(default)]
    pub images: Vec<String>,
    /// How the message shall reach the conversation.
    #[serde(default)]
    pub delivery: DeliveryMode,
    /// Title of a new conversation. Default: the beginning of its first message.
    pub title: Option<String>,
    /// Milliseconds until the turn must have begun. Default: setting `requestTimeoutMs`.
    pub send_timeout_ms: Option<u64>,
    /// The same as `sendTimeoutMs`.
    pub timeout_ms: Option<u64>,
    /// Milliseconds that the turn may take; it is interrupted then. Default: no limit.
    pub turn_timeout_ms: Option<u64>,
    /// Milliseconds until an approval that nobody answers is denied. Default: setting `approvalTimeoutMs`.
    pub approval_timeout_ms: Option<u64>,
    /// Milliseconds until the editor must show the conversation. Default: setting `tabTimeoutMs`.
    pub open_timeout_ms: Option<u64>,
    /// File with a JSON Schema for the final answer.
    #[schema(value_type = Option<String>)]
    pub output_schema_path: Option<PathBuf>,
    /// File that the final answer is written to.
    #[schema(value_type = Option<String>)]
    pub output_last_message_path: Option<PathBuf>,
    /// Whether the editor shall show the conversation. Default: yes, where there is an editor.
    pub ensure_open: Option<bool>,
    /// Whether a conversation of `codex exec`, which the history does not show, goes on as a copy that it shows.
    /// Default: yes.
    pub upgrade_legacy_exec_conversations: Option<bool>,
    /// Lets the model search the web.
    pub search: Option<bool>,
    /// The same as `sandbox: workspace-write` with `approvalPolicy: on-request`, where these are not given.
    pub full_auto: Option<bool>,
    /// Folders that commands may write to beside the working folder.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub add_dirs: Vec<PathBuf>,
    /// Features of Codex to switch on.
    #[serde(default)]
    pub enable_features: Vec<String>,
    /// Features of Codex to switch off.
    #[serde(default)]
    pub disable_features: Vec<String>,
    /// Use a model on this machine. Runs through `codex exec`.
    pub oss: Option<bool>,
    /// Which local provider: `ollama` or `lmstudio`. Runs through `codex exec`.
    pub local_provider: Option<String>,
    /// Profile of Codex's configuration. Runs through `codex exec`.
    pub profile: Option<String>,
    /// `always`, `never` or `auto`. Runs through `codex exec`.
    pub color: Option<String>,
}

/// How a message shall reach its conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMode {
    /// Start when the conversation is free; wait behind a running turn of the bridge; hand over when another process owns it.
    #[default]
    Auto,
    /// Start now; refuse while a turn of the bridge runs or another process owns the conversation.
    Start,
    /// Join the running turn of the bridge; refuse when there is none.
    Steer,
    /// Start when the conversation is free; wait behind a running turn of the bridge; refuse when another process owns it.
    Queue,
    /// Put it into the queue of the process that owns the conversation; as `auto` when none does.
    Handover,
    /// Let the Codex panel of VS Code run it; the bridge runs it when the panel does not within `openTimeoutMs`.
    Panel,
    /// Start in a copy of the conversation.
    Fork,
    /// Start now; refuse when anything at all runs or waits on the conversation.
    Reject,
}

/// Overrides of Codex's `config.toml`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be an object, or an array of `key=value` strings")]
pub enum ConfigOverrides {
    /// By dotted key.
    ByKey(BTreeMap<String, Value>),
    /// `key=value`, the value as TOML.
    Lines(Vec<String>),
}

/// Options that only `codex exec` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CliOptions {
    /// Use a model on this machine.
    pub oss: bool,
    /// Which local provider.
    pub local_provider: Option<String>,
    /// Profile of Codex's configuration.
    pub profile: Option<String>,
    /// Colours of its output.
    pub color: Option<String>,
}

/// Approval policies that the API takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalPolicyName {
    /// Ask for everything that is not known to be safe.
    Untrusted,
    /// Retired by Codex; runs as `on-request`, with a warning.
    OnFailure,
    /// The model asks when it wants more than the sandbox allows.
    OnRequest,
    /// Never ask.
    Never,
}

/// Sandboxes that the API takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxName {
    /// Read files only.
    ReadOnly,
    /// Also write below the working folder.
    WorkspaceWrite,
    /// No sandbox.
    DangerFullAccess,
}

impl ApprovalPolicyName {
    /// As Codex takes it.
    #[must_use]
    pub fn policy(self) -> ApprovalPolicy {
        match self {
            Self::Untrusted => ApprovalPolicy::Untrusted,
            // Retired by Codex.
            Self::OnFailure | Self::OnRequest => ApprovalPolicy::OnRequest,
            Self::Never => ApprovalPolicy::Never,
        }
    }
}

impl SandboxName {
    /// As Codex takes it.
    #[must_use]
    pub fn mode(self) -> SandboxMode {
        match self {
            Self::ReadOnly => SandboxMode::ReadOnly,
            Self::WorkspaceWrite => SandboxMode::WorkspaceWrite,
            Self::DangerFullAccess => SandboxMode::DangerFullAccess,
        }
    }
}

/// Personalities that the API takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "Codex gives these names no further meaning")]
pub enum PersonalityName {
    None,
    Friendly,
    Pragmatic,
}

/// What a message needs that it does not say itself.
#[derive(Debug, Clone)]
pub struct MessageDefaults {
    /// Working folder of new conversations.
    pub cwd: PathBuf,
    /// Until the turn must have begun.
    pub send_timeout: Duration,
    /// Until the editor must show the conversation.
    pub open_timeout: Duration,
    /// Until an approval that nobody answers is denied.
    pub approval_timeout: Duration,
    /// Whether there is an editor.
    pub has_editor: bool,
}

/// A checked message, ready to be dispatched. Kept in the database while it waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// The id of the job that it becomes: a UUID.
    pub job_id: JobId,
    /// The lane whose turn it becomes.
    pub lane_id: Option<LaneId>,
    /// The text.
    pub text: String,
    /// Text and pictures, as Codex takes them.
    pub input: Vec<UserInput>,
    /// How it shall reach its conversation.
    pub delivery: DeliveryMode,
    /// Only where this is the conversation's newest turn when its own begins.
    #[serde(default)]
    pub expected_turn_id: Option<TurnId>,
    /// What it asks of its conversation.
    pub options: ThreadOptions,
    /// What it asks of `codex exec`; `None` when the app-server can run it.
    pub cli: Option<CliOptions>,
    /// Title of a new conversation.
    pub title: String,
    /// Whether a conversation of `codex exec` goes on as a copy that the history shows.
    pub upgrade: bool,
    /// JSON Schema of the final answer.
    pub output_schema: Option<Value>,
    /// Where the final answer is written to.
    pub output_last_message_path: Option<PathBuf>,
    /// Until the turn must have begun.
    pub send_timeout: Duration,
    /// That the turn may take.
    pub turn_timeout: Option<Duration>,
    /// Until an approval that nobody answers is denied.
    pub approval_timeout: Duration,
    /// The editor shall show the conversation, within this time.
    pub open: Option<Duration>,
    /// What is done differently from what was asked.
    pub warnings: Vec<String>,
}

/// What `POST /conversations` asks for.
#[derive(Debug, Clone)]
pub enum NewConversation {
    /// A blank draft in the editor.
    Draft,
    /// A conversation with a first message.
    Message(Box<Message>),
}

impl MessageBody {
    /// Checks the body of `POST /conversations`. Reads files, so it may wait for a disk.
    ///
    /// # Errors
    /// [`Error::Invalid`], naming the field.
    pub fn into_new_conversation(
        self,
        job_id: JobId,
        defaults: &MessageDefaults,
    ) -> Result<NewConversation, Error> {
        if self.message.as_deref().unwrap_or_default().is_empty() {
            return Ok(NewConversation::Draft);
        }
        if matches!(self.delivery, DeliveryMode::Steer | DeliveryMode::Handover | DeliveryMode::Fork) {
            let problem = "a new conversation takes auto, start, queue, reject or panel";
            return Err(Error::invalid("delivery", problem));
        }
        let cwd = defaults.cwd.clone();
        self.into_message(job_id, defaults, Some(cwd))
            .map(|message| NewConversation::Message(Box::new(message)))
    }

    /// Checks the body of `POST /conversations/…/messages`. Reads files, so it may wait for a disk.
    ///
    /// # Errors
    /// [`Error::Invalid`], naming the field.
    pub fn into_continuation(self, job_id: JobId, defaults: &MessageDefaults) -> Result<Message, Error> {
        self.into_message(job_id, defaults, None)
    }

    fn into_message(
        mut self,
        job_id: JobId,
        defaults: &MessageDefaults,
        default_cwd: Option<PathBuf>,
    ) -> Result<Message, Error> {
        let text = match &self.message {
            Some(text) if !text.trim().is_empty() => text.clone(),
            Some(_) => return Err(Error::invalid("message", "must not be blank")),
            None => return Err(Error::invalid("message", "is missing; say what Codex shall do")),
        };
        let mut warnings = Vec::new();
        let cli = self.cli_options()?;
        let cwd = self.cwd.take().or(default_cwd).map(check_folder).transpose()?;
        let base = cwd.as_deref().unwrap_or(&defaults.cwd);

        let (approval_policy, sandbox) = self.permissions(&mut warnings);
        let config = self.overrides(base)?;
        let mut input = vec![UserInput::Text { text: text.clone() }];
        input.extend(check_images(&self.images, base)?);
        if self.delivery == DeliveryMode::Panel && !defaults.has_editor {
            let problem = "panel needs VS Code, and this bridge runs without; use auto";
            return Err(Error::invalid("delivery", problem));
        }
        let shown = self.delivery == DeliveryMode::Panel || self.ensure_open.unwrap_or(true);
        let open = if shown && defaults.has_editor {
            Some(timeout("openTimeoutMs", self.open_timeout_ms, defaults.open_timeout)?)
        } else {
            if self.ensure_open == Some(true) {
                warnings
                    .push("ensureOpen: this bridge runs without VS Code, so nothing is opened".to_owned());
            }
            None
        };
        let send_timeout_ms = self.send_timeout_ms.or(self.timeout_ms);
        let turn_timeout = self
            .turn_timeout_ms
            .map(|limit| timeout("turnTimeoutMs", Some(limit), Duration::MAX))
            .transpose()?;
        Ok(Message {
            title: self.title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| title_of(&text)),
            job_id,
            lane_id: None,
            text,
            input,
            delivery: self.delivery,
            expected_turn_id: None,
            cli,
            upgrade: self.upgrade_legacy_exec_conversations.unwrap_or(true),
            output_schema: self.output_schema_path.map(|path| read_schema(&base.join(path))).transpose()?,
            output_last_message_path: self
                .output_last_message_path
                .map(|path| check_output_file(base.join(path)))
                .transpose()?,
            send_timeout: timeout("sendTimeoutMs", send_timeout_ms, defaults.send_timeout)?,
            turn_timeout,
            approval_timeout: timeout(
                "approvalTimeoutMs",
                self.approval_timeout_ms,
                defaults.approval_timeout,
            )?,
            open,
            warnings,
            options: ThreadOptions {
                cwd,
                approval_policy,
                sandbox,
                model: not_blank("model", self.model)?,
                service_tier: not_blank("serviceTier", self.service_tier)?,
                base_instructions: self.base_instructions,
                developer_instructions: self.developer_instructions,
                personality: self.personality.map(|name| {
                    match name {
                        PersonalityName::None => "none",
                        PersonalityName::Friendly => "friendly",
                        PersonalityName::Pragmatic => "pragmatic",
                    }
                    .to_owned()
                }),
                config,
                ..ThreadOptions::default()
            },
        })
    }
}

impl MessageBody {
    /// What Codex may do, and when it asks.
    fn permissions(&self, warnings: &mut Vec<String>) -> (Option<ApprovalPolicy>, Option<SandboxMode>) {
        if self.dangerously_bypass_approvals_and_sandbox == Some(true) {
            return (Some(ApprovalPolicy::Never), Some(SandboxMode::DangerFullAccess));
        }
        let full_auto = self.full_auto == Some(true);
        if self.approval_policy == Some(ApprovalPolicyName::OnFailure) {
            let retired = "approvalPolicy: on-failure was retired by Codex and runs as on-request";
            warnings.push(retired.to_owned());
        }
        let approval_policy = self.approval_policy.map(ApprovalPolicyName::policy);
        let sandbox = self.sandbox.map(SandboxName::mode);
        (
            approval_policy.or_else(|| full_auto.then_some(ApprovalPolicy::OnRequest)),
            sandbox.or_else(|| full_auto.then_some(SandboxMode::WorkspaceWrite)),
        )
    }

    /// What has no field of its own in the app-server's protocol, as overrides of its configuration.
    fn overrides(&mut self, base: &Path) -> Result<Option<Map<String, Value>>, Error> {
        let mut config = self.config.take().map(check_config).transpose()?.unwrap_or_default();
        if self.search == Some(true) {
            config.insert("web_search".to_owned(), json!("live"));
        }
        if !self.add_dirs.is_empty() {
            let roots = check_folders("addDirs", &self.add_dirs, base)?;
            config.insert("sandbox_workspace_write.writable_roots".to_owned(), json!(roots));
        }
        for (names, wanted) in [(&self.enable_features, true), (&self.disable_features, false)] {
            config.extend(names.iter().map(|name| (format!("features.{name}"), json!(wanted))));
        }
        Ok((!config.is_empty()).then_some(config))
    }

    /// The app-server has no equivalent of these.
    fn cli_options(&self) -> Result<Option<CliOptions>, Error> {
        if let Some(color) = &self.color
            && !["always", "never", "auto"].contains(&color.as_str())
        {
            return Err(Error::invalid("color", "must be always, never or auto"));
        }
        let options = CliOptions {
            oss: self.oss.unwrap_or(false),
            local_provider: not_blank("localProvider", self.local_provider.clone())?,
            profile: not_blank("profile", self.profile.clone())?,
            color: self.color.clone(),
        };
        if options == CliOptions::default() {
            return Ok(None);
        }
        match self.delivery {
            DeliveryMode::Auto | DeliveryMode::Start | DeliveryMode::Queue | DeliveryMode::Reject => {
                Ok(Some(options))
            }
            _ => {
                let problem = "oss, localProvider, profile and color run through `codex exec`, which can only start turns; \
                     use auto, start, queue or reject";
                Err(Error::invalid("delivery", problem))
            }
        }
    }
}

impl Message {
    /// Replaces its words; pictures stay.
    pub(super) fn set_text(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        for piece in &mut self.input {
            if let UserInput::Text { text: words } = piece {
                text.clone_into(words);
            }
        }
    }
}

/// Checks words and pictures that join a running turn. Looks at files.
///
/// # Errors
/// [`Error::Invalid`], naming the field.
pub fn steering_input(
    text: String,
    images: &[String],
    defaults: &MessageDefaults,
) -> Result<Vec<UserInput>, Error> {
    if text.trim().is_empty() {
        return Err(Error::invalid("message", "must not be blank"));
    }
    let mut input = vec![UserInput::Text { text }];
    input.extend(check_images(images, &defaults.cwd)?);
    Ok(input)
}

/// Characters of a title that is made from a message.
const TITLE_CHARS_MAX: usize = 80;

/// The first line of the message, as the history shows it.
fn title_of(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= TITLE_CHARS_MAX {
        return line.to_owned();
    }
    let cut: String = line.chars().take(TITLE_CHARS_MAX - 1).collect();
    format!("{}…", cut.trim_end())
}
