//! Which options a binary takes, and the command line of a turn.
//!
//! Options come and go, and move between `codex`, `codex exec` and `codex exec resume`. So each is put where this binary's
//! own help lists it, and what no help lists is an error before anything runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::launch;
use crate::protocol::{ApprovalPolicy, SandboxMode};

/// The commands whose options a turn can use, from the outside in.
const COMMANDS: [&[&str]; 3] = [&[], &["exec"], &["exec", "resume"]];
const RESUME_USAGE: &str = "exec resume [OPTIONS]";
/// Options stand at the left of clap's help, their descriptions further in.
const OPTION_INDENT_MAX: usize = 8;

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// When a person reads it.
    Auto,
    /// In any case.
    Always,
    /// Not.
    Never,
}

/// What `codex exec` is to do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExecRequest {
    /// The conversation to go on with; `None` begins one.
    pub thread_id: Option<String>,
    /// Model id.
    pub model: Option<String>,
    /// What commands may touch.
    pub sandbox: Option<SandboxMode>,
    /// Accepted where the binary lists it; nobody can be asked all the same.
    pub approval_policy: Option<ApprovalPolicy>,
    /// Overrides of `config.toml`, by dotted key. A null is left out: TOML has none.
    pub config: Map<String, Value>,
    /// Pictures by absolute path.
    pub images: Vec<PathBuf>,
    /// Name of a configuration profile.
    pub profile: Option<String>,
    /// Colours in what it prints beside its events.
    pub color: Option<Color>,
    /// Use a local model.
    pub oss: bool,
    /// Which program serves the local model, for example `ollama`.
    pub local_provider: Option<String>,
    /// Let the model search the web.
    pub search: bool,
    /// More folders that commands may write to, absolute.
    pub add_dirs: Vec<PathBuf>,
    /// Features to switch on.
    pub enable_features: Vec<String>,
    /// Features to switch off.
    pub disable_features: Vec<String>,
    /// The older short form for a sandbox that asks on demand.
    pub full_auto: bool,
    /// File with a JSON Schema for the final answer, absolute.
    pub output_schema: Option<PathBuf>,
}

/// Why a request cannot be a command line of this binary, for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionProblem {
    /// It only begins conversations.
    #[error("this Codex has no `codex exec resume`")]
    NoResume,
    /// The help lists no such option for this use.
    #[error("this Codex has no option {option} for `codex {command}`")]
    Unknown {
        /// For example `--full-auto`.
        option: String,
        /// `exec` or `exec resume`.
        command: &'static str,
    },
    /// The help lists other values.
    #[error("this Codex takes {} for {option}, not {value}", possible.join(", "))]
    Value {
        /// For example `--ask-for-approval`.
        option: String,
        /// What was asked for.
        value: String,
        /// What its help lists.
        possible: Vec<String>,
    },
}

/// The options of `codex`, `codex exec` and `codex exec resume`, each with the values that it is limited to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecOptions {
    levels: [BTreeMap<String, Vec<String>>; 3],
}

impl ExecOptions {
    /// Reads the help of the binary and its two commands.
    ///
    /// # Errors
    /// A sentence that says why it could not be run, for a person.
    pub async fn discover(executable: &Path) -> Result<Self, String> {
        let [codex, exec, resume] = COMMANDS.map(|command| help(executable, command));
        let (codex, exec, resume) = tokio::try_join!(codex, exec, resume)?;
        // A binary without this command takes the word for a prompt, and shows the help of `exec`.
        let resume = if resume.contains(RESUME_USAGE) { resume } else { String::new() };
        let options = Self { levels: [codex, exec, resume].map(|help| options_in(&help)) };
        if options.levels[1].contains_key("--json") {
            Ok(options)
        } else {
            Err(format!("{} has no `exec --json`", executable.display()))
        }
    }

    /// Whether a request can use this option, for example `--full-auto`, in a new conversation.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.levels[..2].iter().any(|level| level.contains_key(option))
    }

    /// The command line of a request, without the executable. The prompt is read from standard input.
    ///
    /// # Errors
    /// [`OptionProblem`].
    pub fn arguments(&self, request: &ExecRequest) -> Result<Vec<String>, OptionProblem> {
        if request.thread_id.is_some() && self.levels[2].is_empty() {
            return Err(OptionProblem::NoResume);
        }
        let mut line =
            Line { options: self, resumes: request.thread_id.is_some(), levels: Default::default() };
        line.flag("--json")?;
        // The bridge has checked the folder; where nothing is trusted yet, nobody could say yes here.
        line.flag("--skip-git-repo-check")?;
        line.one("--model", request.model.as_deref())?;
        line.one("--sandbox", request.sandbox.map(|sandbox| wire_name(&sandbox)).as_deref())?;
        line.one("--ask-for-approval", request.approval_policy.map(|policy| wire_name(&policy)).as_deref())?;
        line.one("--profile", request.profile.as_deref())?;
        line.one("--color", request.color.map(|color| wire_name(&color)).as_deref())?;
        line.one("--local-provider", request.local_provider.as_deref())?;
        line.one("--output-schema", request.output_schema.as_deref().map(path).as_deref())?;
        for (option, wanted) in
            [("--oss", request.oss), ("--search", request.search), ("--full-auto", request.full_auto)]
        {
            if wanted {
                line.flag(option)?;
            }
        }
        for (key, value) in &request.config {
            if let Some(value) = toml(value) {
                line.one("--config", Some(&format!("{key}={value}")))?;
            }
        }
        let lists = [
            ("--image", request.images.iter().map(|image| path(image)).collect()),
            ("--add-dir", request.add_dirs.iter().map(|folder| path(folder)).collect()),
            ("--enable", request.enable_features.clone()),
            ("--disable", request.disable_features.clone()),
        ];
        for (option, values) in lists {
            for value in values {
                line.one(option, Some(&value))?;
            }
        }
        Ok(line.finish(request.thread_id.as_deref()))
    }
}

/// A command line that is being put together: the arguments behind `codex`, `exec` and `resume`.
struct Line<'a> {
    options: &'a ExecOptions,
    resumes: bool,
    levels: [Vec<String>; 3],
}

impl Line<'_> {
    fn flag(&mut self, option: &str) -> Result<(), OptionProblem> {
        self.level(option).map(|level| self.levels[level].push(option.to_owned()))
    }

    fn one(&mut self, option: &str, value: Option<&str>) -> Result<(), OptionProblem> {
        let Some(value) = value else { return Ok(()) };
        let level = self.level(option)?;
        let possible = &self.options.levels[level][option];
        if !possible.is_empty() && !possible.iter().any(|one| one == value) {
            let (option, value) = (option.to_owned(), value.to_owned());
            return Err(OptionProblem::Value { option, value, possible: possible.clone() });
        }
        // In one argument: some options would otherwise take what follows as more values, or a dash as an option.
        self.levels[level].push(format!("{option}={value}"));
        Ok(())
    }

    /// The innermost command that lists the option.
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
        // Standard input.
        line.push("-".to_owned());
        line
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// The word for a value of one of our enumerations, which Codex's command line shares with its protocol.
fn wire_name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A JSON value as an inline value of TOML, which has no null. JSON's strings and numbers are TOML's, too.
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

/// Reads the long options out of a help text, and the values that some are limited to: `[possible values: a, b]`, or a
/// list of `- a: what it does` under `Possible values:`.
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
    fn options_and_their_values_are_read_from_a_help_text() {
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
    fn a_binary_that_cannot_resume_says_so() {
        let exec = options_in("  --json\n  --skip-git-repo-check\n");
        let options = ExecOptions { levels: [BTreeMap::new(), exec, BTreeMap::new()] };
        let begins = ExecRequest::default();
        let resumes = ExecRequest { thread_id: Some("t".into()), ..ExecRequest::default() };
        let line = ["exec", "--json", "--skip-git-repo-check", "--", "-"].map(str::to_owned).to_vec();
        assert_eq!(options.arguments(&begins), Ok(line));
        assert_eq!(options.arguments(&resumes), Err(OptionProblem::NoResume));
    }

    #[test]
    fn a_json_value_becomes_one_of_toml() {
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
