//! The tables of request kinds and tools.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::Arguments;
use super::arguments::{DefaultValue, Parameter, ParameterType};
use crate::answers::{self, Answer, Request};
use crate::limits;

/// An operation: a request kind, a tool, or both.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The name of the request kind and of the tool.
    pub(crate) name: &'static str,
    /// A one-sentence description.
    pub(crate) description: &'static str,
    /// The parameters.
    pub(crate) parameters: &'static [Parameter],
    /// The function that computes the answer.
    pub(crate) answer: fn(&Request<'_>, &Arguments<'_>) -> Answer,
}

impl Operation {
    /// Returns the description of the tool as `/tools/list` shows it.
    fn schema(&self) -> Value {
        let parameters: Map<String, Value> =
            self.parameters.iter().map(|parameter| (parameter.name.to_owned(), parameter.schema())).collect();
        json!({ "name": self.name, "description": self.description, "parameters": parameters })
    }
}

/// The tools as `/tools/list` shows them. The list is built once, since every agent requests it first.
pub(crate) static TOOL_SCHEMAS: LazyLock<Vec<Value>> =
    LazyLock::new(|| TOOLS.iter().map(Operation::schema).collect());

const fn required(name: &'static str, kind: ParameterType, description: &'static str) -> Parameter {
    Parameter { name, kind, default_value: DefaultValue::Required, description }
}

const fn optional(name: &'static str, kind: ParameterType, description: &'static str) -> Parameter {
    Parameter { name, kind, default_value: DefaultValue::Absent, description }
}

const fn flag(name: &'static str, default_value: bool, description: &'static str) -> Parameter {
    Parameter {
        name,
        kind: ParameterType::Boolean,
        default_value: DefaultValue::Boolean(default_value),
        description,
    }
}

const fn count(name: &'static str, default_value: i64, most: i64, description: &'static str) -> Parameter {
    Parameter {
        name,
        kind: ParameterType::Integer(1, most),
        default_value: DefaultValue::Integer(default_value),
        description,
    }
}

const fn share(name: &'static str, default_value: f64, description: &'static str) -> Parameter {
    Parameter {
        name,
        kind: ParameterType::Number(0.0, 1.0),
        default_value: DefaultValue::Number(default_value),
        description,
    }
}

const MAX_TOKENS: Parameter = Parameter {
    name: "max_tokens",
    kind: ParameterType::Integer(limits::ANSWER_TOKENS_MIN, limits::ANSWER_TOKENS_MAX),
    default_value: DefaultValue::Integer(limits::ANSWER_TOKENS),
    description: "The maximum length of the answer in estimated tokens; `left_out` counts what was omitted.",
};
const SYMBOL_NAME: Parameter = required(
    "symbol_name",
    ParameterType::NonBlankString,
    "A name or a qualified name: `parse`, `Parser.parse`, `parser::Parser::parse`.",
);
const IN_FILE: Parameter = optional(
    "file_path",
    ParameterType::NonBlankString,
    "Selects among symbols with the same name: a file that defines or uses the symbol.",
);
const AT_LINE: Parameter = optional(
    "line",
    ParameterType::Integer(1, u32::MAX as i64),
    "Selects among symbols with the same name: a line of its definition, or a line that uses it.",
);
const FILE_PATH: Parameter = required(
    "file_path",
    ParameterType::NonBlankString,
    "A file path, absolute or relative to a root of the workspace.",
);
const INCLUDE_BODY: Parameter = flag("include_body", false, "Include the source of symbols.");
const QUERY: Parameter = required(
    "query",
    ParameterType::NonBlankString,
    "What to search for: a question, words, a symbol, a path, or code.",
);
const REPO_SUMMARY: Parameter = flag("include_repo_summary", false, "Include a summary of the workspace.");
const PATHS: Parameter = optional(
    "path",
    ParameterType::StringList,
    "Globs that files must match, relative to a root: `src/**/*.rs`.",
);
const LANGUAGES: Parameter =
    optional("languages", ParameterType::StringList, "Languages that files must be written in.");
const SYMBOL_KINDS: Parameter =
    optional("kinds", ParameterType::StringList, "Symbol kinds that results must have: `function`, `class`.");
const EXCLUDE_TESTS: Parameter = flag("exclude_tests", false, "Exclude tests.");
const CALL_GRAPH: Parameter = flag("include_call_graph", true, "Include callers and callees.");
const DEPENDENCIES: Parameter =
    flag("include_dependencies", true, "Include the imports of the defining files.");
const TOP_K_MAX: i64 = limits::RESULTS_MAX as i64;

const GET_CONTEXT: &str =
    "Returns everything needed to work on a symbol: definition, callers, callees, types, tests, imports.";
const SEARCH: &str = "Searches the workspace by meaning and words.";
const EXPLAIN_SYMBOL: Operation = Operation {
    name: "explain_symbol",
    description: "Explains a symbol: what it is, where it is defined, and what it is related to.",
    parameters: &[SYMBOL_NAME, IN_FILE, AT_LINE, CALL_GRAPH, DEPENDENCIES, INCLUDE_BODY, MAX_TOKENS],
    answer: answers::explain_symbol,
};
const EXPLAIN_FILE: Operation = Operation {
    name: "explain_file",
    description: "Explains a file: what it defines and imports, and which files depend on it.",
    parameters: &[FILE_PATH, INCLUDE_BODY, MAX_TOKENS],
    answer: answers::explain_file,
};
const DEPENDENCIES_OF: Operation = Operation {
    name: "get_dependencies",
    description: "Returns the imports of a file, the files they resolve to, and the files that import it.",
    parameters: &[FILE_PATH, MAX_TOKENS],
    answer: answers::get_dependencies,
};
const CALL_GRAPH_OF: Operation = Operation {
    name: "get_call_graph",
    description: "Returns the callers and callees of a symbol, each call with its location and a confidence.",
    parameters: &[SYMBOL_NAME, IN_FILE, AT_LINE, MAX_TOKENS],
    answer: answers::get_call_graph,
};
const SUMMARY: Operation = Operation {
    name: "summarize_repo",
    description: "Summarizes the workspace: languages, commands, entry points, modules, and central symbols.",
    parameters: &[MAX_TOKENS],
    answer: answers::summarize_repo,
};
const REFERENCES: Operation = Operation {
    name: "find_references",
    description: "Returns all references to a symbol, with line, column and enclosing symbol.",
    parameters: &[
        SYMBOL_NAME,
        IN_FILE,
        AT_LINE,
        count("max_results", 200, 5_000, "The maximum number of references."),
        MAX_TOKENS,
    ],
    answer: answers::find_references,
};

const VALIDATE: Operation = Operation {
    name: "validate_code",
    description: "Checks whether a piece of code parses, and reports dangerous calls in it.",
    parameters: &[
        required("code", ParameterType::AnyString, "The code to check."),
        optional("language", ParameterType::NonBlankString, "The language of the code; guessed if omitted."),
        optional(
            "file_path",
            ParameterType::NonBlankString,
            "The file the code belongs to, which determines the language.",
        ),
        MAX_TOKENS,
    ],
    answer: answers::validate_code,
};
const OF_FILE: Parameter =
    optional("file_path", ParameterType::NonBlankString, "A single file; the whole workspace if omitted.");

/// The request kinds for questions about code.
pub(crate) const KINDS: &[Operation] = &[
    Operation {
        name: "semantic_search",
        description: SEARCH,
        parameters: &[
            QUERY,
            count("top_k", 5, TOP_K_MAX, "The maximum number of results."),
            share("threshold", 0.2, "The minimum score of a result relative to the best one, from 0 to 1."),
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
        description: GET_CONTEXT,
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
            count("top_k", 10, TOP_K_MAX, "The maximum number of results."),
            share("threshold", 0.3, "The minimum score of a result relative to the best one, from 0 to 1."),
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
        description: GET_CONTEXT,
        parameters: &[SYMBOL_NAME, IN_FILE, AT_LINE, INCLUDE_BODY, MAX_TOKENS],
        answer: answers::get_context_or_fail,
    },
    Operation {
        name: "get_quality_score",
        description: "Returns a quality score and its metrics: complexity, length, nesting, duplicates, dead \
                      code.",
        parameters: &[OF_FILE, MAX_TOKENS],
        answer: answers::get_quality_score,
    },
    Operation {
        name: "find_duplicates",
        description: "Finds similar functions.",
        parameters: &[share("threshold", 0.75, "The minimum similarity, from 0 to 1."), OF_FILE, MAX_TOKENS],
        answer: answers::find_duplicates,
    },
    Operation {
        name: "grep_files",
        description: "Finds lines that match a regular expression.",
        parameters: &[
            required(
                "pattern",
                ParameterType::NonBlankString,
                "A regular expression in the syntax of Rust's regex crate.",
            ),
            optional(
                "file_glob",
                ParameterType::StringList,
                "Globs that files must match: `*.rs`, `src/**`, `!tests/`.",
            ),
            count("max_results", 50, 5_000, "The maximum number of lines."),
            flag("ignore_case", false, "Ignore case."),
            flag("literal", false, "Treat the pattern as literal text."),
            MAX_TOKENS,
        ],
        answer: answers::grep_files,
    },
    VALIDATE,
];

/// The request kinds about the protocol itself.
pub(crate) const META_KINDS: &[&str] = &["list_capabilities", "list_tools", "invoke_tool"];

/// The parameters of `invoke_tool`.
pub(crate) const INVOKE_TOOL: &[Parameter] = &[
    required("tool_name", ParameterType::NonBlankString, "The name of the tool."),
    optional("arguments", ParameterType::Object, "The arguments of the tool."),
];
