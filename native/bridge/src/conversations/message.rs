//! Messages: the body that a caller sends, and the validated message that is dispatched.

mod check;
pub mod review;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use codex::protocol::{ApprovalPolicy, ReviewTarget, SandboxMode, ThreadOptions, TurnOptions, UserInput};
use model::ids::{JobId, LaneId, TurnId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use self::check::{
    check_config, check_directories, check_directory, check_images, check_output_file, not_blank,
    output_schema, timeout,
};
pub use self::check::{check_parts, check_text};
use crate::error::Error;

/// Body of `POST /conversations` and `POST /conversations/…/messages`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageBody {
    /// What Codex should do. On `POST /conversations`, a missing or empty message opens a blank draft in the
    /// editor.
    #[schema(example = "Inspect this repo and fix the failing tests")]
    pub message: Option<String>,
    /// Absolute path of the working directory. Default: the first workspace folder, or the directory of
    /// `codex-bridge serve`. An existing conversation keeps its own directory.
    #[schema(value_type = Option<String>)]
    pub cwd: Option<PathBuf>,
    /// When Codex asks for approval. Default: Codex's own configuration.
    pub approval_policy: Option<ApprovalPolicyName>,
    /// What commands may access. Default: Codex's own configuration.
    pub sandbox: Option<SandboxName>,
    /// Short for `approvalPolicy: never` with `sandbox: danger-full-access`.
    pub dangerously_bypass_approvals_and_sandbox: Option<bool>,
    /// Model id.
    pub model: Option<String>,
    /// Service tier id.
    pub service_tier: Option<String>,
    /// Replaces Codex's own system instructions.
    pub base_instructions: Option<String>,
    /// Developer instructions for the conversation.
    pub developer_instructions: Option<String>,
    /// Style of the answers. Newer models ignore it.
    pub personality: Option<PersonalityName>,
    /// Overrides of Codex's `config.toml`: an object by dotted key, or an array of `key=value` lines with
    /// TOML values.
    pub config: Option<ConfigOverrides>,
    /// Images: file paths, relative to `cwd` or absolute, or `data:image/` URLs. The formats are PNG, JPEG,
    /// GIF and WebP.
    #[serde(default)]
    pub images: Vec<String>,
    /// How to deliver the message if the conversation is busy.
    #[serde(default)]
    pub delivery: DeliveryMode,
    /// Title of a new conversation. Default: the beginning of its first message.
    pub title: Option<String>,
    /// Milliseconds within which the turn must start. Default: setting `requestTimeoutMs`.
    pub send_timeout_ms: Option<u64>,
    /// Alias of `sendTimeoutMs`.
    pub timeout_ms: Option<u64>,
    /// Milliseconds that the turn may take before it is interrupted. Default: no limit.
    pub turn_timeout_ms: Option<u64>,
    /// The handling of a goal that the turn sets, which Codex would pursue in further turns. `continue` (the
    /// default): the job runs until the goal is complete, blocked, paused or out of budget. `pause`: the goal
    /// is paused, so that the job ends with its first turn.
    #[serde(default)]
    pub goal: GoalHandling,
    /// Milliseconds until an approval without a decision is denied. Default: setting `approvalTimeoutMs`.
    pub approval_timeout_ms: Option<u64>,
    /// Milliseconds within which the editor must show the conversation. Default: setting `tabTimeoutMs`.
    pub open_timeout_ms: Option<u64>,
    /// JSON Schema for the final answer. `result.json` is the answer if it matches.
    #[schema(value_type = Option<Object>)]
    pub output_schema: Option<Value>,
    /// File with a JSON Schema for the final answer, instead of `outputSchema`.
    #[schema(value_type = Option<String>)]
    pub output_schema_path: Option<PathBuf>,
    /// How much the model reasons from this turn on, for example `low`, `medium` or `high`. `GET
    /// /codex/model/list` has the values of each model.
    pub effort: Option<String>,
    /// How the model summarizes its reasoning from this turn on.
    pub summary: Option<SummaryName>,
    /// File that the final answer is written to.
    #[schema(value_type = Option<String>)]
    pub output_last_message_path: Option<PathBuf>,
    /// Whether the editor shows the conversation. Default: true if there is an editor.
    pub ensure_open: Option<bool>,
    /// Whether a message to a conversation of `codex exec` continues in a copy. The history shows the copy,
    /// but not the original. Default: true.
    pub upgrade_legacy_exec_conversations: Option<bool>,
    /// Lets the model search the web.
    pub search: Option<bool>,
    /// Sets `sandbox: workspace-write` and `approvalPolicy: on-request` unless the message sets these fields
    /// itself.
    pub full_auto: Option<bool>,
    /// Directories that commands may write to in addition to the working directory.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub add_dirs: Vec<PathBuf>,
    /// Features of Codex to turn on.
    #[serde(default)]
    pub enable_features: Vec<String>,
    /// Features of Codex to turn off.
    #[serde(default)]
    pub disable_features: Vec<String>,
    /// Uses a model on this machine. Runs through `codex exec`.
    pub oss: Option<bool>,
    /// Local provider: `ollama` or `lmstudio`. Runs through `codex exec`.
    pub local_provider: Option<String>,
    /// Profile of Codex's configuration. Runs through `codex exec`.
    pub profile: Option<String>,
    /// Colors of the output: `always`, `never` or `auto`. Runs through `codex exec`.
    pub color: Option<String>,
}

/// How to deliver a message if its conversation is busy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMode {
    /// Starts a turn if the conversation is free, waits behind a running turn of the bridge, and hands the
    /// message over if another process owns the conversation.
    #[default]
    Auto,
    /// Starts a turn at once. Fails while a turn of the bridge runs or another process owns the conversation.
    Start,
    /// Joins the running turn of the bridge. Fails if there is none.
    Steer,
    /// Starts a turn if the conversation is free, and waits behind a running turn of the bridge. Fails if
    /// another process owns the conversation.
    Queue,
    /// Adds the message to the queue of the process that owns the conversation. Like `auto` if there is no
    /// owner.
    Handover,
    /// Lets the Codex panel of VS Code run the message. If the panel does not start it within
    /// `openTimeoutMs`, the bridge runs it.
    Panel,
    /// Starts a turn in a copy of the conversation.
    Fork,
    /// Starts a turn at once. Fails if anything runs or waits on the conversation, even a turn of another
    /// process.
    Reject,
}

/// The handling of a goal that the turn of a message sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GoalHandling {
    /// The job runs until the goal is no longer active.
    #[default]
    Continue,
    /// The goal is paused, so that the job ends with its first turn.
    Pause,
}

/// Overrides of Codex's `config.toml`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be an object, or an array of `key=value` strings")]
pub enum ConfigOverrides {
    /// Values by dotted key.
    ByKey(BTreeMap<String, Value>),
    /// Lines of the form `key=value`, with TOML values.
    Lines(Vec<String>),
}

/// Options that only `codex exec` supports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CliOptions {
    /// Whether to use a model on this machine.
    pub oss: bool,
    /// The local provider.
    pub local_provider: Option<String>,
    /// The profile of Codex's configuration.
    pub profile: Option<String>,
    /// When the output has colors.
    pub color: Option<String>,
}

/// The approval policies of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalPolicyName {
    /// Asks for every command that is not known to be safe.
    Untrusted,
    /// Retired by Codex. Runs as `on-request`, with a warning.
    OnFailure,
    /// The model asks when it wants more than the sandbox allows.
    OnRequest,
    /// Never asks.
    Never,
}

/// The sandboxes of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxName {
    /// Commands may only read files.
    ReadOnly,
    /// Commands may also write in the working directory.
    WorkspaceWrite,
    /// No sandbox.
    DangerFullAccess,
}

impl ApprovalPolicyName {
    /// Returns the policy in Codex's protocol.
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
    /// Returns the sandbox mode in Codex's protocol.
    #[must_use]
    pub fn mode(self) -> SandboxMode {
        match self {
            Self::ReadOnly => SandboxMode::ReadOnly,
            Self::WorkspaceWrite => SandboxMode::WorkspaceWrite,
            Self::DangerFullAccess => SandboxMode::DangerFullAccess,
        }
    }
}

/// The summaries of the reasoning in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SummaryName {
    /// As the model prefers.
    Auto,
    /// Short.
    Concise,
    /// Long.
    Detailed,
    /// No summary.
    None,
}

impl SummaryName {
    /// Returns the name in Codex's protocol.
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Concise => "concise",
            Self::Detailed => "detailed",
            Self::None => "none",
        }
    }
}

/// The personalities of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "Codex gives these names no further meaning")]
pub enum PersonalityName {
    None,
    Friendly,
    Pragmatic,
}

/// The defaults for fields that a message does not have.
#[derive(Debug, Clone)]
pub struct MessageDefaults {
    /// The working directory of new conversations.
    pub cwd: PathBuf,
    /// The time limit for the turn to start.
    pub send_timeout: Duration,
    /// The time limit for the editor to show the conversation.
    pub open_timeout: Duration,
    /// The time until an approval without a decision is denied.
    pub approval_timeout: Duration,
    /// Whether there is an editor.
    pub has_editor: bool,
}

/// A validated message. The database stores it while it waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// The id of the message's job: a UUID.
    pub job_id: JobId,
    /// The lane that the turn belongs to.
    pub lane_id: Option<LaneId>,
    /// The text.
    pub text: String,
    /// The text and the images in Codex's protocol.
    pub input: Vec<UserInput>,
    /// The target of the review, if the turn is one. The text only describes the target then.
    #[serde(default)]
    pub review: Option<ReviewTarget>,
    /// How to deliver the message if the conversation is busy.
    pub delivery: DeliveryMode,
    /// The turn that must be the conversation's newest when this message's turn starts.
    #[serde(default)]
    pub expected_turn_id: Option<TurnId>,
    /// The options of the conversation.
    pub options: ThreadOptions,
    /// The options of `codex exec`. `None` if the app-server can run the message.
    pub cli: Option<CliOptions>,
    /// The title of a new conversation.
    pub title: String,
    /// Whether a message to a conversation of `codex exec` continues in a copy that the history shows.
    pub upgrade: bool,
    /// The options of the turn.
    #[serde(flatten)]
    pub turn: TurnOptions,
    /// The file that the final answer is written to.
    pub output_last_message_path: Option<PathBuf>,
    /// The time limit for the turn to start.
    pub send_timeout: Duration,
    /// The time limit of the turn.
    pub turn_timeout: Option<Duration>,
    /// The handling of a goal that the turn sets.
    #[serde(default)]
    pub goal: GoalHandling,
    /// The time until an approval without a decision is denied.
    pub approval_timeout: Duration,
    /// The time limit for the editor to show the conversation. `None` if it need not show it.
    pub open: Option<Duration>,
    /// Deviations from what the caller requested.
    pub warnings: Vec<String>,
}

/// A validated request of `POST /conversations`.
#[derive(Debug, Clone)]
pub enum NewConversation {
    /// A blank draft in the editor.
    Draft,
    /// A conversation with a first message.
    Message(Box<Message>),
}

impl MessageBody {
    /// Validates the body of `POST /conversations`. Reads files, so it may wait for a disk.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the name of the first invalid field.
    pub fn into_new_conversation(
        self,
        job_id: JobId,
        defaults: &MessageDefaults,
    ) -> Result<NewConversation, Error> {
        if self.message.as_deref().unwrap_or_default().is_empty() {
            return Ok(NewConversation::Draft);
        }
        if matches!(self.delivery, DeliveryMode::Steer | DeliveryMode::Handover | DeliveryMode::Fork) {
            let problem = "must be auto, start, queue, reject or panel for a new conversation";
            return Err(Error::invalid("delivery", problem));
        }
        let cwd = defaults.cwd.clone();
        self.into_message(job_id, defaults, Some(cwd))
            .map(|message| NewConversation::Message(Box::new(message)))
    }

    /// Validates the body of `POST /conversations/…/messages`. Reads files, so it may wait for a disk.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the name of the first invalid field.
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
            Some(text) => text.clone(),
            None => return Err(Error::invalid("message", "is missing; say what Codex should do")),
        };
        check_text("message", &text)?;
        let mut warnings = Vec::new();
        let cli = self.cli_options()?;
        let cwd = self.cwd.take().or(default_cwd).map(check_directory).transpose()?;
        let base = cwd.as_deref().unwrap_or(&defaults.cwd);

        let (approval_policy, sandbox) = self.permissions(&mut warnings);
        let config = self.overrides(base)?;
        let mut input = vec![UserInput::Text { text: text.clone() }];
        input.extend(check_images(&self.images, base)?);
        if self.delivery == DeliveryMode::Panel && !defaults.has_editor {
            let problem = "panel needs VS Code, but this bridge runs without it; use auto";
            return Err(Error::invalid("delivery", problem));
        }
        let is_shown = self.delivery == DeliveryMode::Panel || self.ensure_open.unwrap_or(true);
        let open = if is_shown && defaults.has_editor {
            Some(timeout("openTimeoutMs", self.open_timeout_ms, defaults.open_timeout)?)
        } else {
            if self.ensure_open == Some(true) {
                warnings
                    .push("ensureOpen: this bridge runs without VS Code, so no tab was opened".to_owned());
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
            review: None,
            delivery: self.delivery,
            expected_turn_id: None,
            cli,
            upgrade: self.upgrade_legacy_exec_conversations.unwrap_or(true),
            turn: TurnOptions {
                output_schema: output_schema(self.output_schema, self.output_schema_path, base)?,
                effort: not_blank("effort", self.effort)?,
                summary: self.summary.map(|summary| summary.name().to_owned()),
            },
            output_last_message_path: self
                .output_last_message_path
                .map(|path| check_output_file(base.join(path)))
                .transpose()?,
            send_timeout: timeout("sendTimeoutMs", send_timeout_ms, defaults.send_timeout)?,
            turn_timeout,
            goal: self.goal,
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
    /// Returns the approval policy and the sandbox, where the message sets them.
    fn permissions(&self, warnings: &mut Vec<String>) -> (Option<ApprovalPolicy>, Option<SandboxMode>) {
        if self.dangerously_bypass_approvals_and_sandbox == Some(true) {
            return (Some(ApprovalPolicy::Never), Some(SandboxMode::DangerFullAccess));
        }
        let full_auto = self.full_auto == Some(true);
        if self.approval_policy == Some(ApprovalPolicyName::OnFailure) {
            let retired = "approvalPolicy: Codex retired on-failure, so the message runs as on-request";
            warnings.push(retired.to_owned());
        }
        let approval_policy = self.approval_policy.map(ApprovalPolicyName::policy);
        let sandbox = self.sandbox.map(SandboxName::mode);
        (
            approval_policy.or_else(|| full_auto.then_some(ApprovalPolicy::OnRequest)),
            sandbox.or_else(|| full_auto.then_some(SandboxMode::WorkspaceWrite)),
        )
    }

    /// Returns the overrides of Codex's configuration. They include the options that have no field of their
    /// own in the app-server's protocol.
    fn overrides(&mut self, base: &Path) -> Result<Option<Map<String, Value>>, Error> {
        let mut config = self.config.take().map(check_config).transpose()?.unwrap_or_default();
        if self.search == Some(true) {
            config.insert("web_search".to_owned(), json!("live"));
        }
        if !self.add_dirs.is_empty() {
            let roots = check_directories("addDirs", &self.add_dirs, base)?;
            config.insert("sandbox_workspace_write.writable_roots".to_owned(), json!(roots));
        }
        for (names, is_enabled) in [(&self.enable_features, true), (&self.disable_features, false)] {
            config.extend(names.iter().map(|name| (format!("features.{name}"), json!(is_enabled))));
        }
        Ok((!config.is_empty()).then_some(config))
    }

    /// Returns the options that only `codex exec` supports, if the message has any.
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
                let problem = "must be auto, start, queue or reject with oss, localProvider, profile or \
                               color, because `codex exec` can only start turns";
                Err(Error::invalid("delivery", problem))
            }
        }
    }
}

impl Message {
    /// Reports whether the message has options of its own, which a turn that is already running or that
    /// another process runs does not take.
    pub(super) fn has_options(&self) -> bool {
        self.options != ThreadOptions::default() || self.turn != TurnOptions::default()
    }

    /// Replaces the text of the message. Images stay.
    pub(super) fn set_text(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        for piece in &mut self.input {
            if let UserInput::Text { text: old } = piece {
                text.clone_into(old);
            }
        }
    }
}

/// Validates the text and the images that steer a running turn. Reads files, so it may wait for a disk.
///
/// # Errors
/// [`Error::Invalid`] with the name of the first invalid field.
pub fn steering_input(
    text: String,
    images: &[String],
    defaults: &MessageDefaults,
) -> Result<Vec<UserInput>, Error> {
    check_text("message", &text)?;
    let mut input = vec![UserInput::Text { text }];
    input.extend(check_images(images, &defaults.cwd)?);
    Ok(input)
}

/// The maximum number of characters in a title that is made from a message.
const TITLE_CHARS_MAX: usize = 80;

/// Returns a title for the history: the first line of the message, shortened if needed.
fn title_of(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= TITLE_CHARS_MAX {
        return line.to_owned();
    }
    let cut: String = line.chars().take(TITLE_CHARS_MAX - 1).collect();
    format!("{}…", cut.trim_end())
}
