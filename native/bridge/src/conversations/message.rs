//! A message as a caller sends it, and as it is dispatched once everything about it was checked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use codex::protocol::{ApprovalPolicy, SandboxMode, ThreadOptions, UserInput};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::error::Error;
use crate::limits;

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
    /// Overrides of Codex's `config.toml`, by dotted key.
    #[schema(value_type = Option<Object>)]
    pub config: Option<Map<String, Value>>,
    /// Pictures: paths of files (relative ones below `cwd`), or `https:` and `data:` addresses.
    #[serde(default)]
    pub images: Vec<String>,
    /// Milliseconds until the turn must have begun. Default: setting `requestTimeoutMs`.
    pub send_timeout_ms: Option<u64>,
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
}

/// Approval policies that the API takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxName {
    /// Read files only.
    ReadOnly,
    /// Also write below the working folder.
    WorkspaceWrite,
    /// No sandbox.
    DangerFullAccess,
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
    /// Whether there is an editor.
    pub has_editor: bool,
}

/// A checked message, ready to be dispatched.
#[derive(Debug, Clone)]
pub struct Message {
    /// The id of the job that it becomes: a UUID.
    pub job_id: String,
    /// The text.
    pub text: String,
    /// Text and pictures, as Codex takes them.
    pub input: Vec<UserInput>,
    /// What it asks of its conversation.
    pub options: ThreadOptions,
    /// JSON Schema of the final answer.
    pub output_schema: Option<Value>,
    /// Where the final answer is written to.
    pub output_last_message_path: Option<PathBuf>,
    /// Until the turn must have begun.
    pub send_timeout: Duration,
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
        job_id: String,
        defaults: &MessageDefaults,
    ) -> Result<NewConversation, Error> {
        if self.message.as_deref().unwrap_or_default().is_empty() {
            return Ok(NewConversation::Draft);
        }
        let cwd = defaults.cwd.clone();
        self.into_message(job_id, defaults, Some(cwd))
            .map(|message| NewConversation::Message(Box::new(message)))
    }

    /// Checks the body of `POST /conversations/…/messages`. Reads files, so it may wait for a disk.
    ///
    /// # Errors
    /// [`Error::Invalid`], naming the field.
    pub fn into_continuation(self, job_id: String, defaults: &MessageDefaults) -> Result<Message, Error> {
        self.into_message(job_id, defaults, None)
    }

    fn into_message(
        self,
        job_id: String,
        defaults: &MessageDefaults,
        default_cwd: Option<PathBuf>,
    ) -> Result<Message, Error> {
        let text = match self.message {
            Some(text) if !text.trim().is_empty() => text,
            Some(_) => return Err(Error::invalid("message", "must not be blank")),
            None => return Err(Error::invalid("message", "is missing; say what Codex shall do")),
        };
        let mut warnings = Vec::new();
        let cwd = self.cwd.or(default_cwd).map(check_folder).transpose()?;
        let base = cwd.as_ref().unwrap_or(&defaults.cwd);

        let mut approval_policy = self.approval_policy.map(|name| match name {
            ApprovalPolicyName::Untrusted => ApprovalPolicy::Untrusted,
            ApprovalPolicyName::OnRequest => ApprovalPolicy::OnRequest,
            ApprovalPolicyName::Never => ApprovalPolicy::Never,
            ApprovalPolicyName::OnFailure => {
                warnings.push(
                    "approvalPolicy: on-failure was retired by Codex and runs as on-request".to_owned(),
                );
                ApprovalPolicy::OnRequest
            }
        });
        let mut sandbox = self.sandbox.map(|name| match name {
            SandboxName::ReadOnly => SandboxMode::ReadOnly,
            SandboxName::WorkspaceWrite => SandboxMode::WorkspaceWrite,
            SandboxName::DangerFullAccess => SandboxMode::DangerFullAccess,
        });
        if self.dangerously_bypass_approvals_and_sandbox == Some(true) {
            approval_policy = Some(ApprovalPolicy::Never);
            sandbox = Some(SandboxMode::DangerFullAccess);
        }

        let mut input = vec![UserInput::Text { text: text.clone() }];
        input.extend(check_images(&self.images, base)?);
        let open = if self.ensure_open.unwrap_or(true) && defaults.has_editor {
            Some(timeout("openTimeoutMs", self.open_timeout_ms, defaults.open_timeout)?)
        } else {
            if self.ensure_open == Some(true) {
                warnings
                    .push("ensureOpen: this bridge runs without VS Code, so nothing is opened".to_owned());
            }
            None
        };
        Ok(Message {
            job_id,
            text,
            input,
            output_schema: self.output_schema_path.map(|path| read_schema(&base.join(path))).transpose()?,
            output_last_message_path: self
                .output_last_message_path
                .map(|path| check_output_file(base.join(path)))
                .transpose()?,
            send_timeout: timeout("sendTimeoutMs", self.send_timeout_ms, defaults.send_timeout)?,
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
                config: self.config,
            },
        })
    }
}

fn not_blank(field: &str, value: Option<String>) -> Result<Option<String>, Error> {
    match value {
        Some(value) if value.trim().is_empty() => Err(Error::invalid(field, "must not be blank")),
        value => Ok(value),
    }
}

fn timeout(field: &str, millis: Option<u64>, default: Duration) -> Result<Duration, Error> {
    match millis {
        None => Ok(default),
        Some(millis @ 1..=limits::TIMEOUT_MS_MAX) => Ok(Duration::from_millis(millis)),
        Some(_) => Err(Error::invalid(
            field,
            format!("must be between 1 and {} (milliseconds)", limits::TIMEOUT_MS_MAX),
        )),
    }
}

fn check_folder(path: PathBuf) -> Result<PathBuf, Error> {
    if !path.is_absolute() {
        return Err(Error::invalid("cwd", format!("{} is not an absolute path", path.display())));
    }
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(path),
        Ok(_) => Err(Error::invalid("cwd", format!("{} is not a folder", path.display()))),
        Err(error) => Err(Error::invalid(
            "cwd",
            format!("Codex working directory does not exist: {} ({error})", path.display()),
        )),
    }
}

fn check_images(images: &[String], base: &Path) -> Result<Vec<UserInput>, Error> {
    if images.len() > limits::IMAGES_MAX {
        return Err(Error::invalid("images", format!("has more than {} entries", limits::IMAGES_MAX)));
    }
    images.iter().enumerate().map(|(index, image)| check_image(index, image, base)).collect()
}

fn check_image(index: usize, image: &str, base: &Path) -> Result<UserInput, Error> {
    let field = format!("images[{index}]");
    if image.starts_with("data:image/") || image.starts_with("https://") || image.starts_with("http://") {
        return Ok(UserInput::Image { url: image.to_owned() });
    }
    if image.trim().is_empty() {
        return Err(Error::invalid(field, "must be a path, or an https: or data:image/ address"));
    }
    let path = base.join(image);
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(UserInput::LocalImage { path }),
        Ok(_) => Err(Error::invalid(field, format!("{} is not a file", path.display()))),
        Err(error) => Err(Error::invalid(field, format!("{} cannot be read ({error})", path.display()))),
    }
}

fn read_schema(path: &Path) -> Result<Value, Error> {
    let invalid =
        |problem: String| Error::invalid("outputSchemaPath", format!("{} {problem}", path.display()));
    let metadata = path.metadata().map_err(|error| invalid(format!("cannot be read ({error})")))?;
    if !metadata.is_file() {
        return Err(invalid("is not a file".to_owned()));
    }
    if metadata.len() > limits::OUTPUT_SCHEMA_BYTES_MAX {
        return Err(invalid(format!("is larger than {} bytes", limits::OUTPUT_SCHEMA_BYTES_MAX)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| invalid(format!("cannot be read ({error})")))?;
    match serde_json::from_str(&text) {
        Ok(schema @ Value::Object(_)) => Ok(schema),
        Ok(_) => Err(invalid("is not a JSON Schema: it must hold a JSON object".to_owned())),
        Err(error) => Err(invalid(format!("is not valid JSON ({error})"))),
    }
}

fn check_output_file(path: PathBuf) -> Result<PathBuf, Error> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    if !folder.is_dir() {
        return Err(Error::invalid("outputLastMessagePath", format!("{} is not a folder", folder.display())));
    }
    // A pipe or a device might keep its writer waiting for ever.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let problem = format!("{} is a folder, a pipe or a device, not a file", path.display());
        return Err(Error::invalid("outputLastMessagePath", problem));
    }
    Ok(path)
}
