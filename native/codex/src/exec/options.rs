//! Discovers which options a binary accepts, and builds the command line of a turn.
//!
//! Options come and go, and move between `codex`, `codex exec` and `codex exec resume`. So each option is
//! placed where the help of this binary lists it. An option that no help lists is an error before anything
//! runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ThreadId;
use crate::launch;
use crate::protocol::{ApprovalPolicy, SandboxMode};

/// The commands whose options a turn can use, outermost first.
const COMMANDS: [&[&str]; 3] = [&[], &["exec"], &["exec", "resume"]];
/// Part of the help of a binary that has `codex exec resume`.
const RESUME_USAGE: &str = "exec resume [OPTIONS]";
/// The maximum indentation of an option in clap's help. Descriptions are indented further.
const OPTION_INDENT_MAX: usize = 8;

/// When output is colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// When the output is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A turn for `codex exec`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExecRequest {
    /// The thread to resume. `None` starts a new one.
    pub thread_id: Option<ThreadId>,
    /// The model id.
    pub model: Option<String>,
    /// The sandbox for commands.
    pub sandbox: Option<SandboxMode>,
    /// The approval policy. Accepted where the binary lists it, although `exec` never requests approvals.
    pub approval_policy: Option<ApprovalPolicy>,
    /// Overrides of `config.toml` by dotted key. Null values are omitted, because TOML has none.
    pub config: Map<String, Value>,
    /// The absolute paths of images.
    pub images: Vec<PathBuf>,
    /// The name of a configuration profile.
    pub profile: Option<String>,
    /// When to color the output other than events.
    pub color: Option<Color>,
    /// Whether to use a local model.
    pub oss: bool,
    /// The program that serves the local model, for example `ollama`.
    pub local_provider: Option<String>,
    /// Whether the model may search the web.
    pub search: bool,
    /// The absolute paths of additional directories that commands may write to.
    pub add_dirs: Vec<PathBuf>,
    /// The features to enable.
    pub enable_features: Vec<String>,
    /// The features to disable.
    pub disable_features: Vec<String>,
    /// Whether to pass `--full-auto`, the older shorthand for a sandbox with approvals on request.
    pub full_auto: bool,
    /// The absolute path of a file with a JSON Schema for the final answer.
    pub output_schema: Option<PathBuf>,
}

/// Why a request cannot become a command line of this binary. The message is for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionProblem {
    /// The binary cannot resume threads.
    #[error("this Codex has no `codex exec resume`")]
    NoResume,
    /// The help does not list the option for this command.
    #[error("this Codex has no option {option} for `codex {command}`")]
    Unknown {
        /// The option, for example `--full-auto`.
        option: String,
        /// The command: `exec` or `exec resume`.
        command: &'static str,
    },
    /// The help does not list the value for this option.
    #[error("this Codex accepts {} for {option}, not {value}", possible.join(", "))]
    Value {
        /// The option, for example `--ask-for-approval`.
        option: String,
        /// The requested value.
        value: String,
        /// The values that the help lists.
        possible: Vec<String>,
    },
}

/// The options of `codex`, `codex exec` and `codex exec resume`, each with its possible values. No values
/// mean that any value is allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecOptions {
    levels: [BTreeMap<String, Vec<String>>; 3],
}

impl ExecOptions {
    /// Reads the help of the binary and its two commands.
    ///
    /// # Errors
    /// A sentence for a person, when the binary cannot be run or has no `exec --json`.
    pub async fn discover(executable: &Path) -> Result<Self, String> {
        let [codex, exec, resume] = COMMANDS.map(|command| help(executable, command));
        let (codex, exec, resume) = tokio::try_join!(codex, exec, resume)?;
        // A binary without this command treats the word as a prompt and shows the help of `exec`.
        let resume = if resume.contains(RESUME_USAGE) { resume } else { String::new() };
        let options = Self { levels: [codex, exec, resume].map(|help| options_in(&help)) };
        if options.levels[1].contains_key("--json") {
            Ok(options)
        } else {
            Err(format!("{} has no `exec --json`", executable.display()))
        }
    }

    /// Returns whether a request for a new thread can use this option, for example `--full-auto`.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.levels[..2].iter().any(|level| level.contains_key(option))
    }

    /// Returns the command line of a request, without the executable. The prompt is read from standard input.
    ///
    /// # Errors
    /// [`OptionProblem`] when the binary lacks an option or value that the request needs.
    pub fn arguments(&self, request: &ExecRequest) -> Result<Vec<String>, OptionProblem> {
        if request.thread_id.is_some() && self.levels[2].is_empty() {
            return Err(OptionProblem::NoResume);
        }
        let mut line =
            Line { options: self, resumes: request.thread_id.is_some(), levels: Default::default() };
        line.flag("--json")?;
        // The bridge has checked the directory. In a directory that is not trusted yet, nobody could confirm
        // here.
        line.flag("--skip-git-repo-check")?;
        line.value("--model", request.model.as_deref())?;
        line.value("--sandbox", request.sandbox.map(|sandbox| wire_name(&sandbox)).as_deref())?;
        line.value(
            "--ask-for-approval",
            request.approval_policy.map(|policy| wire_name(&policy)).as_deref(),
        )?;
        line.value("--profile", request.profile.as_deref())?;
        line.value("--color", request.color.map(|color| wire_name(&color)).as_deref())?;
        line.value("--local-provider", request.local_provider.as_deref())?;
        line.value("--output-schema", request.output_schema.as_deref().map(path).as_deref())?;
        for (option, is_set) in
            [("--oss", request.oss), ("--search", request.search), ("--full-auto", request.full_auto)]
        {
            if is_set {
                line.flag(option)?;
            }
        }
        for (key, value) in &request.config {
            if let Some(value) = toml(value) {
                line.value("--config", Some(&format!("{key}={value}")))?;
            }
        }
        let lists = [
            ("--image", request.images.iter().map(|image| path(image)).collect()),
            ("--add-dir", request.add_dirs.iter().map(|directory| path(directory)).collect()),
            ("--enable", request.enable_features.clone()),
            ("--disable", request.disable_features.clone()),
        ];
        for (option, values) in lists {
            for value in values {
                line.value(option, Some(&value))?;
            }
        }
        Ok(line.finish(request.thread_id.as_deref()))
    }
}

/// A command line under construction: the arguments after `codex`, `exec` and `resume`.
struct Line<'a> {
    options: &'a ExecOptions,
    resumes: bool,
    levels: [Vec<String>; 3],
}

impl Line<'_> {
    fn flag(&mut self, option: &str) -> Result<(), OptionProblem> {
        self.level(option).map(|level| self.levels[level].push(option.to_owned()))
    }

    fn value(&mut self, option: &str, value: Option<&str>) -> Result<(), OptionProblem> {
        let Some(value) = value else { return Ok(()) };
        let level = self.level(option)?;
        let possible = &self.options.levels[level][option];
        if !possible.is_empty() && !possible.iter().any(|known| known == value) {
            let (option, value) = (option.to_owned(), value.to_owned());
            return Err(OptionProblem::Value { option, value, possible: possible.clone() });
        }
        // Option and value form one argument. Otherwise, some options would take the following arguments as
        // more values, or a value that starts with a dash as an option.
        self.levels[level].push(format!("{option}={value}"));
        Ok(())
    }

    /// Returns the index of the innermost command that lists the option.
    fn level(&self, option: &str) -> Result<usize, OptionProblem> {
        let innermost = if self.resumes { 2 } else { 1 };
        (0..=innermost).rev().find(|level| self.options.levels[*level].contains_key(option)).ok_or_else(
            || {
                let command = if self.resumes { "exec resume" } else { "exec" };
                OptionProblem::Unknown { option: option.to_owned(), command }
            },
        )
    }

    fn finish(self, thread_id: Option<&str>) -> Vec<String> {
        let [codex, exec, resume] = self.levels;
        let mut line = codex;
        line.push("exec".to_owned());
        line.extend(exec);
        if let Some(thread_id) = thread_id {
            line.push("resume".to_owned());
            line.extend(resume);
            line.push("--".to_owned());
            line.push(thread_id.to_owned());
        } else {
            line.push("--".to_owned());
        }
        // The dash makes Codex read the prompt from standard input.
        line.push("-".to_owned());
        line
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Returns the name of an enum value, which Codex's command line and protocol share.
fn wire_name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Converts a JSON value to an inline TOML value. `None` for null, which TOML lacks. JSON strings and numbers
/// are valid TOML.
fn toml(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(values) => {
            Some(format!("[{}]", values.iter().filter_map(toml).collect::<Vec<_>>().join(", ")))
        }
        Value::Object(members) => {
            let members = members.iter().filter_map(|(key, value)| {
                Some(format!("{} = {}", Value::String(key.clone()), toml(value)?))
            });
            Some(format!("{{{}}}", members.collect::<Vec<_>>().join(", ")))
        }
        value => Some(value.to_string()),
    }
}

async fn help(executable: &Path, command: &[&str]) -> Result<String, String> {
    let arguments = [command, &["--help"]].concat();
    let output = launch::query(executable, &arguments).await?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{} {} ended with {}", executable.display(), arguments.join(" "), output.status))
    }
}

/// Parses a help text into long options and their possible values: `[possible values: a, b]`, or a list of `-
/// a: what it does` under `Possible values:`.
fn options_in(help: &str) -> BTreeMap<String, Vec<String>> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    for line in help.lines() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let mut words = text.split([' ', '=', '[', '<', ',']).filter(|word| !word.is_empty());
        let long = words.find(|word| !(word.starts_with('-') && word.len() == 2));
        match long.filter(|word| word.starts_with("--") && (1..=OPTION_INDENT_MAX).contains(&indent)) {
            Some(option) => blocks.push((option.to_owned(), String::new())),
            None => {
                if let Some((_, description)) = blocks.last_mut() {
                    description.push_str(text);
                    description.push('\n');
                }
            }
        }
    }
    blocks.into_iter().map(|(option, description)| (option, possible_values(&description))).collect()
}

fn possible_values(description: &str) -> Vec<String> {
    if let Some((_, list)) = description.split_once("[possible values:") {
        let list = list.split(']').next().unwrap_or_default();
        return list.split(',').map(|value| value.trim().to_owned()).collect();
    }
    let Some((_, list)) = description.split_once("Possible values:") else { return Vec::new() };
    let values = list.lines().filter_map(|line| line.strip_prefix("- "));
    values.map(|value| value.split(':').next().unwrap_or(value).trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HELP: &str = "\
Usage: codex [OPTIONS] --not-this
Options:
  -c, --config <key=value>
          Use a dotted path, as in `--not-this`

          --nor-this
      --oss
          Use it
  -i, --image <FILE>...
          Pictures
  -s, --sandbox <MODE>
          [possible values: read-only, workspace-write,
          danger-full-access]
  -a, --ask-for-approval <APPROVAL_POLICY>
          When

          Possible values:
          - on-request: The model decides
          - never:      Never ask
            at all
";

    #[test]
    fn options_and_their_values_are_parsed_from_a_help_text() {
        let expected: [(&str, &[&str]); 5] = [
            ("--ask-for-approval", &["on-request", "never"]),
            ("--config", &[]),
            ("--image", &[]),
            ("--oss", &[]),
            ("--sandbox", &["read-only", "workspace-write", "danger-full-access"]),
        ];
        let read = options_in(HELP);
        let read: Vec<(&str, Vec<&str>)> = read
            .iter()
            .map(|(option, values)| (option.as_str(), values.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(read, expected.map(|(option, values)| (option, values.to_vec())));
    }

    #[test]
    fn a_binary_without_resume_is_reported() {
        let exec = options_in("  --json\n  --skip-git-repo-check\n");
        let options = ExecOptions { levels: [BTreeMap::new(), exec, BTreeMap::new()] };
        let begins = ExecRequest::default();
        let resumes = ExecRequest { thread_id: Some("t".into()), ..ExecRequest::default() };
        let line = ["exec", "--json", "--skip-git-repo-check", "--", "-"].map(str::to_owned).to_vec();
        assert_eq!(options.arguments(&begins), Ok(line));
        assert_eq!(options.arguments(&resumes), Err(OptionProblem::NoResume));
    }

    #[test]
    fn a_json_value_is_converted_to_toml() {
        let cases = [
            (json!("a \"b\""), Some(r#""a \"b\"""#)),
            (json!([1, true, null]), Some("[1, true]")),
            (json!({"a.b": {"c": 1.5}, "d": null}), Some(r#"{"a.b" = {"c" = 1.5}}"#)),
            (json!(null), None),
        ];
        for (value, expected) in cases {
            assert_eq!(toml(&value).as_deref(), expected, "{value}");
        }
    }
}
