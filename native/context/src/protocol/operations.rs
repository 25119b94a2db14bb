//! The tables of request kinds and of tools.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::Arguments;
use super::arguments::{Parameter, ParameterType, Preset};
use crate::answers::{self, Answer, Asking};
use crate::limits;

/// Something that can be asked.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its name, as a request kind and as a tool.
    pub(crate) name: &'static str,
    /// What it does, in a sentence.
    pub(crate) description: &'static str,
    /// What it takes.
    pub(crate) parameters: &'static [Parameter],
    /// The function that answers.
    pub(crate) answer: fn(&Asking<'_>, &Arguments<'_>) -> Answer,
}

impl Operation {
    /// Its description as `/tools/list` shows it.
    fn schema(&self) -> Value {
        let parameters: Map<String, Value> =
            self.parameters.iter().map(|parameter| (parameter.name.to_owned(), parameter.schema())).collect();
        json!({ "name": self.name, "description": self.description, "parameters": parameters })
    }
}

/// The tools as `/tools/list` shows them: made once, since every agent asks for them before anything else.
pub(crate) static TOOL_SCHEMAS: LazyLock<Vec<Value>> =
    LazyLock::new(|| TOOLS.iter().map(Operation::schema).collect());

const fn required(name: &'static str, kind: ParameterType, description: &'static str) -> Parameter {
    Parameter { name, kind, preset: Preset::Required, description }
}

const fn optional(name: &'static str, kind: ParameterType, description: &'static str) -> Parameter {
    Parameter { name, kind, preset: Preset::Absent, description }
}

const fn flag(name: &'static str, preset: bool, description: &'static str) -> Parameter {
    Parameter { name, kind: ParameterType::Boolean, preset: Preset::Boolean(preset), description }
}

const fn count(name: &'static str, preset: i64, most: i64, description: &'static str) -> Parameter {
    Parameter { name, kind: ParameterType::Integer(1, most), preset: Preset::Integer(preset), description }
}

const fn share(name: &'static str, preset: f64, description: &'static str) -> Parameter {
    Parameter { name, kind: ParameterType::Number(0.0, 1.0), preset: Preset::Number(preset), description }
}

const MAX_TOKENS: Parameter = Parameter {
    name: "max_tokens",
    kind: ParameterType::Integer(limits::ANSWER_TOKENS_MIN, limits::ANSWER_TOKENS_MAX),
    preset: Preset::Integer(limits::ANSWER_TOKENS),
    description: "How long the answer may be, in estimated tokens; it says what was left out.",
};
const SYMBOL_NAME: Parameter = required(
    "symbol_name",
    ParameterType::Text,
    "A name, or a qualified one: `parse`, `Parser.parse`, `parser::Parser::parse`.",
);
const IN_FILE: Parameter = optional(
    "file_path",
    ParameterType::Text,
    "Chooses among symbols of one name: the file that defines it, or one that uses it.",
);
const AT_LINE: Parameter = optional(
    "line",
    ParameterType::Integer(1, u32::MAX as i64),
    "Chooses among symbols of one name: a line of its definition, or one that uses it.",
);
const FILE_PATH: Parameter =
    required("file_path", ParameterType::Text, "A file, absolute or from a root of the workspace.");
const INCLUDE_BODY: Parameter = flag("include_body", false, "Whether the source of symbols is included.");
const QUERY: Parameter =
    required("query", ParameterType::Text, "What to find: a question, words, a symbol, a path, or code.");
const REPO_SUMMARY: Parameter =
    flag("include_repo_summary", false, "Whether a summary of the workspace is included.");
const PATHS: Parameter =
    optional("path", ParameterType::TextList, "Globs that files must match, from a root: `src/**/*.rs`.");
const LANGUAGES: Parameter =
    optional("languages", ParameterType::TextList, "Languages that files must be in.");
const SYMBOL_KINDS: Parameter = optional(
    "kinds",
    ParameterType::TextList,
    "Kinds of symbols that results must be about: `function`, `class`.",
);
const EXCLUDE_TESTS: Parameter = flag("exclude_tests", false, "Whether tests are left out.");
const CALL_GRAPH: Parameter = flag("include_call_graph", true, "Whether callers and callees are included.");
const DEPENDENCIES: Parameter =
    flag("include_dependencies", true, "Whether the imports of the defining files are included.");
const TOP_K_MAX: i64 = limits::RESULTS_MAX as i64;

const SEARCH: &str = "Finds the places of the workspace that are about something.";
const EXPLAIN_SYMBOL: Operation = Operation {
    name: "explain_symbol",
    description: "Says what a symbol is, where it is defined, and what it is related to.",
    parameters: &[SYMBOL_NAME, IN_FILE, AT_LINE, CALL_GRAPH, DEPENDENCIES, INCLUDE_BODY, MAX_TOKENS],
    answer: answers::explain_symbol,
};
const EXPLAIN_FILE: Operation = Operation {
    name: "explain_file",
    description: "Says what a file defines and imports, and which files depend on it.",
    parameters: &[FILE_PATH, INCLUDE_BODY, MAX_TOKENS],
    answer: answers::explain_file,
};
const DEPENDENCIES_OF: Operation = Operation {
    name: "get_dependencies",
    description: "Gives the imports of a file with the files they lead to, and the files that import it.",
    parameters: &[FILE_PATH, MAX_TOKENS],
    answer: answers::get_dependencies,
};
const CALL_GRAPH_OF: Operation = Operation {
    name: "get_call_graph",
    description: "Gives who calls a symbol and what it calls, with each call's place and a confidence.",
    parameters: &[SYMBOL_NAME, IN_FILE, AT_LINE, MAX_TOKENS],
    answer: answers::get_call_graph,
};
const SUMMARY: Operation = Operation {
    name: "summarize_repo",
    description: "Says what a newcomer wants to know of the workspace.",
    parameters: &[MAX_TOKENS],
    answer: answers::summarize_repo,
};
const REFERENCES: Operation = Operation {
    name: "find_references",
    description: "Gives every place where a symbol is used, with line, column and the symbol around it.",
    parameters: &[
        SYMBOL_NAME,
        IN_FILE,
        AT_LINE,
        count("max_results", 200, 5_000, "How many references there may be."),
        MAX_TOKENS,
    ],
    answer: answers::find_references,
};

const VALIDATE: Operation = Operation {
    name: "validate_code",
    description: "Says whether a piece of code parses, and which calls in it are dangerous.",
    parameters: &[
        required("code", ParameterType::AnyText, "The code."),
        optional("language", ParameterType::Text, "Its language; guessed where it is not given."),
        optional("file_path", ParameterType::Text, "The file it is for, which tells the language."),
        MAX_TOKENS,
    ],
    answer: answers::validate_code,
};
const OF_FILE: Parameter =
    optional("file_path", ParameterType::Text, "One file; the whole workspace where it is not given.");

/// The request kinds that questions about code have.
pub(crate) const KINDS: &[Operation] = &[
    Operation {
        name: "semantic_search",
        description: SEARCH,
        parameters: &[
            QUERY,
            count("top_k", 5, TOP_K_MAX, "How many places."),
            share("threshold", 0.2, "How well a place must fit, from 0 to 1, compared with the best one."),
            REPO_SUMMARY,
            PATHS,
            LANGUAGES,
            SYMBOL_KINDS,
            EXCLUDE_TESTS,
            MAX_TOKENS,
        ],
        answer: answers::semantic_search,
    },
    EXPLAIN_SYMBOL,
    EXPLAIN_FILE,
    Operation {
        name: "get_context",
        description: "Gives all that is needed to work on a symbol: definition, callers, callees, types, tests, imports.",
        parameters: &[SYMBOL_NAME, IN_FILE, AT_LINE, INCLUDE_BODY, MAX_TOKENS],
        answer: answers::get_context,
    },
    DEPENDENCIES_OF,
    CALL_GRAPH_OF,
    SUMMARY,
    REFERENCES,
    VALIDATE,
];

/// The tools.
pub(crate) const TOOLS: &[Operation] = &[
    Operation {
        name: "semantic_search",
        description: SEARCH,
        parameters: &[
            QUERY,
            count("top_k", 10, TOP_K_MAX, "How many places."),
            share("threshold", 0.3, "How well a place must fit, from 0 to 1, compared with the best one."),
            REPO_SUMMARY,
            PATHS,
            LANGUAGES,
            SYMBOL_KINDS,
            EXCLUDE_TESTS,
            MAX_TOKENS,
        ],
        answer: answers::semantic_search,
    },
    EXPLAIN_SYMBOL,
    EXPLAIN_FILE,
    SUMMARY,
    REFERENCES,
    DEPENDENCIES_OF,
    CALL_GRAPH_OF,
    Operation {
        name: "get_context",
        description: "Gives all that is needed to work on a symbol: definition, callers, callees, types, tests, imports.",
        parameters: &[SYMBOL_NAME, IN_FILE, AT_LINE, INCLUDE_BODY, MAX_TOKENS],
        answer: answers::get_context_or_fail,
    },
    Operation {
        name: "get_quality_score",
        description: "Gives a score of the code's quality with the numbers behind it: complexity, length, nesting, copies, unused code.",
        parameters: &[OF_FILE, MAX_TOKENS],
        answer: answers::get_quality_score,
    },
    Operation {
        name: "find_duplicates",
        description: "Finds functions that are alike.",
        parameters: &[share("threshold", 0.75, "How alike, from 0 to 1."), OF_FILE, MAX_TOKENS],
        answer: answers::find_duplicates,
    },
    Operation {
        name: "grep_files",
        description: "Finds the lines that match a regular expression.",
        parameters: &[
            required("pattern", ParameterType::Text, "A regular expression, in the syntax of Rust's regex."),
            optional(
                "file_glob",
                ParameterType::TextList,
                "Globs that files must match: `*.rs`, `src/**`, `!tests/`.",
            ),
            count("max_results", 50, 5_000, "How many lines there may be."),
            flag("ignore_case", false, "Whether capitals do not matter."),
            flag("literal", false, "Whether the pattern is a plain text."),
            MAX_TOKENS,
        ],
        answer: answers::grep_files,
    },
    VALIDATE,
];

/// The request kinds that are about the protocol itself.
pub(crate) const META_KINDS: &[&str] = &["list_capabilities", "list_tools", "invoke_tool"];

/// What `invoke_tool` takes.
pub(crate) const INVOKE_TOOL: &[Parameter] = &[
    required("tool_name", ParameterType::Text, "The tool's name."),
    optional("arguments", ParameterType::Object, "The tool's arguments."),
];
