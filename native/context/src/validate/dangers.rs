//! The table of dangerous calls.

/// The severity of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// The code does not run.
    Error,
    /// Whoever controls the argument controls the program.
    High,
    /// The call is dangerous with some arguments.
    Medium,
    /// The call deserves a review.
    Low,
}

impl Severity {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// A dangerous call.
#[derive(Debug)]
pub(super) struct Danger {
    pub(super) languages: &'static [&'static str],
    /// The receiver; `None` means that there must be none, `*` that any one matches.
    pub(super) receiver: Option<&'static str>,
    pub(super) name: &'static str,
    /// A text that the arguments must contain.
    pub(super) argument: Option<&'static str>,
    /// True if the name is assigned to rather than called.
    pub(super) is_assigned: bool,
    pub(super) severity: Severity,
    pub(super) description: &'static str,
}

const SCRIPT: &[&str] = &["javascript", "typescript", "tsx"];
const PYTHON: &[&str] = &["python"];
const C: &[&str] = &["c", "cpp"];
const PHP: &[&str] = &["php"];
const RUBY: &[&str] = &["ruby"];

const RUNS_CODE: &str = "runs a string as code";
const RUNS_COMMAND: &str = "runs a command in a shell: interpolated text can inject another command";
const LOADS_OBJECTS: &str = "deserializes objects, which can run arbitrary code";
const OVERFLOWS: &str = "writes without a bounds check";

const fn call(
    languages: &'static [&'static str],
    receiver: Option<&'static str>,
    name: &'static str,
    severity: Severity,
    description: &'static str,
) -> Danger {
    Danger { languages, receiver, name, argument: None, is_assigned: false, severity, description }
}

const fn with_argument(argument: &'static str, mut danger: Danger) -> Danger {
    danger.argument = Some(argument);
    danger
}

const fn assigned(mut danger: Danger) -> Danger {
    danger.is_assigned = true;
    danger
}

use Severity::{High, Low, Medium};

pub(super) const DANGERS: &[Danger] = &[
    call(PYTHON, None, "eval", High, RUNS_CODE),
    call(PYTHON, None, "exec", High, RUNS_CODE),
    call(PYTHON, None, "compile", Low, RUNS_CODE),
    call(PYTHON, None, "__import__", Medium, "loads a module by a name that is determined at run time"),
    call(PYTHON, Some("os"), "system", High, RUNS_COMMAND),
    call(PYTHON, Some("os"), "popen", High, RUNS_COMMAND),
    with_argument("shell=True", call(PYTHON, Some("subprocess"), "run", High, RUNS_COMMAND)),
    with_argument("shell=True", call(PYTHON, Some("subprocess"), "call", High, RUNS_COMMAND)),
    with_argument("shell=True", call(PYTHON, Some("subprocess"), "check_call", High, RUNS_COMMAND)),
    with_argument("shell=True", call(PYTHON, Some("subprocess"), "check_output", High, RUNS_COMMAND)),
    with_argument("shell=True", call(PYTHON, Some("subprocess"), "Popen", High, RUNS_COMMAND)),
    call(PYTHON, Some("pickle"), "load", High, LOADS_OBJECTS),
    call(PYTHON, Some("pickle"), "loads", High, LOADS_OBJECTS),
    call(PYTHON, Some("marshal"), "loads", High, LOADS_OBJECTS),
    call(PYTHON, Some("yaml"), "unsafe_load", High, LOADS_OBJECTS),
    call(
        PYTHON,
        Some("tempfile"),
        "mktemp",
        Medium,
        "another program can take the file name before it is used",
    ),
    call(PYTHON, Some("shutil"), "rmtree", Low, "removes a directory with all its contents"),
    call(SCRIPT, None, "eval", High, RUNS_CODE),
    call(SCRIPT, None, "Function", High, RUNS_CODE),
    call(SCRIPT, Some("child_process"), "exec", High, RUNS_COMMAND),
    call(SCRIPT, Some("child_process"), "execSync", High, RUNS_COMMAND),
    call(SCRIPT, None, "execSync", High, RUNS_COMMAND),
    call(SCRIPT, Some("document"), "write", Medium, "writes a string into the page as markup"),
    assigned(call(SCRIPT, Some("*"), "innerHTML", Medium, "inserts a string into the page as markup")),
    assigned(call(SCRIPT, Some("*"), "outerHTML", Medium, "inserts a string into the page as markup")),
    call(SCRIPT, Some("*"), "insertAdjacentHTML", Medium, "inserts a string into the page as markup"),
    call(C, None, "gets", High, OVERFLOWS),
    call(C, None, "strcpy", Medium, OVERFLOWS),
    call(C, None, "strcat", Medium, OVERFLOWS),
    call(C, None, "sprintf", Medium, OVERFLOWS),
    call(C, None, "vsprintf", Medium, OVERFLOWS),
    call(C, None, "system", High, RUNS_COMMAND),
    call(C, None, "popen", High, RUNS_COMMAND),
    call(C, None, "tmpnam", Medium, "another program can take the file name before it is used"),
    call(PHP, None, "eval", High, RUNS_CODE),
    call(PHP, None, "exec", High, RUNS_COMMAND),
    call(PHP, None, "system", High, RUNS_COMMAND),
    call(PHP, None, "shell_exec", High, RUNS_COMMAND),
    call(PHP, None, "passthru", High, RUNS_COMMAND),
    call(PHP, None, "unserialize", High, LOADS_OBJECTS),
    call(PHP, None, "extract", Medium, "creates variables from its argument"),
    call(RUBY, None, "eval", High, RUNS_CODE),
    call(RUBY, Some("*"), "instance_eval", Medium, RUNS_CODE),
    call(RUBY, Some("*"), "class_eval", Medium, RUNS_CODE),
    call(RUBY, None, "system", High, RUNS_COMMAND),
    call(RUBY, Some("Marshal"), "load", High, LOADS_OBJECTS),
    call(RUBY, Some("YAML"), "load", Medium, LOADS_OBJECTS),
    call(&["bash"], None, "eval", High, RUNS_CODE),
    call(&["java", "kotlin", "scala"], Some("*"), "exec", Medium, "runs a command"),
    call(&["java", "kotlin", "scala"], Some("*"), "readObject", Medium, LOADS_OBJECTS),
    call(&["csharp"], Some("Process"), "Start", Medium, "runs a command"),
    call(&["csharp"], Some("*"), "Deserialize", Low, LOADS_OBJECTS),
    call(&["go"], Some("exec"), "Command", Low, "runs a command"),
    call(&["rust"], Some("mem"), "transmute", High, "reinterprets bytes as another type without checks"),
    call(&["lua"], None, "loadstring", High, RUNS_CODE),
    call(&["lua"], None, "load", Medium, RUNS_CODE),
    call(&["lua"], Some("os"), "execute", High, RUNS_COMMAND),
    call(&["elixir"], Some("Code"), "eval_string", High, RUNS_CODE),
    call(&["haskell"], None, "unsafePerformIO", Medium, "hides a side effect in a pure value"),
];
