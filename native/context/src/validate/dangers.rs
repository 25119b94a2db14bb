//! Which calls are dangerous.

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// It does not run.
    Error,
    /// Whoever controls the argument controls the program.
    High,
    /// It is dangerous with some arguments.
    Medium,
    /// It deserves a look.
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

/// A call that is dangerous.
#[derive(Debug)]
pub(super) struct Danger {
    pub(super) languages: &'static [&'static str],
    /// What stands in front; `None` means nothing, `*` anything.
    pub(super) receiver: Option<&'static str>,
    pub(super) name: &'static str,
    /// What must stand among the arguments.
    pub(super) argument: Option<&'static str>,
    /// It is assigned to rather than called.
    pub(super) is_assigned: bool,
    pub(super) severity: Severity,
    pub(super) description: &'static str,
}

const SCRIPT: &[&str] = &["javascript", "typescript", "tsx"];
const PYTHON: &[&str] = &["python"];
const C: &[&str] = &["c", "cpp"];
const PHP: &[&str] = &["php"];
const RUBY: &[&str] = &["ruby"];

const RUNS_CODE: &str = "runs a text as code";
const RUNS_COMMAND: &str = "runs a command in a shell: what is put into it can be another command";
const LOADS_OBJECTS: &str = "makes objects of bytes, and runs code that they choose";
const OVERFLOWS: &str = "writes without a bound";

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
    call(PYTHON, None, "__import__", Medium, "loads a module by a name that is made at run time"),
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
    call(PYTHON, Some("tempfile"), "mktemp", Medium, "another program can take the name before it is used"),
    call(PYTHON, Some("shutil"), "rmtree", Low, "removes a directory with all that is in it"),
    call(SCRIPT, None, "eval", High, RUNS_CODE),
    call(SCRIPT, None, "Function", High, RUNS_CODE),
    call(SCRIPT, Some("child_process"), "exec", High, RUNS_COMMAND),
    call(SCRIPT, Some("child_process"), "execSync", High, RUNS_COMMAND),
    call(SCRIPT, None, "execSync", High, RUNS_COMMAND),
    call(SCRIPT, Some("document"), "write", Medium, "writes a text into the page as markup"),
    assigned(call(SCRIPT, Some("*"), "innerHTML", Medium, "puts a text into the page as markup")),
    assigned(call(SCRIPT, Some("*"), "outerHTML", Medium, "puts a text into the page as markup")),
    call(SCRIPT, Some("*"), "insertAdjacentHTML", Medium, "puts a text into the page as markup"),
    call(C, None, "gets", High, OVERFLOWS),
    call(C, None, "strcpy", Medium, OVERFLOWS),
    call(C, None, "strcat", Medium, OVERFLOWS),
    call(C, None, "sprintf", Medium, OVERFLOWS),
    call(C, None, "vsprintf", Medium, OVERFLOWS),
    call(C, None, "system", High, RUNS_COMMAND),
    call(C, None, "popen", High, RUNS_COMMAND),
    call(C, None, "tmpnam", Medium, "another program can take the name before it is used"),
    call(PHP, None, "eval", High, RUNS_CODE),
    call(PHP, None, "exec", High, RUNS_COMMAND),
    call(PHP, None, "system", High, RUNS_COMMAND),
    call(PHP, None, "shell_exec", High, RUNS_COMMAND),
    call(PHP, None, "passthru", High, RUNS_COMMAND),
    call(PHP, None, "unserialize", High, LOADS_OBJECTS),
    call(PHP, None, "extract", Medium, "makes variables of what it is given"),
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
    call(&["rust"], Some("mem"), "transmute", High, "takes bytes for another type, unchecked"),
    call(&["lua"], None, "loadstring", High, RUNS_CODE),
    call(&["lua"], None, "load", Medium, RUNS_CODE),
    call(&["lua"], Some("os"), "execute", High, RUNS_COMMAND),
    call(&["elixir"], Some("Code"), "eval_string", High, RUNS_CODE),
    call(&["haskell"], None, "unsafePerformIO", Medium, "hides an effect in a value"),
];
