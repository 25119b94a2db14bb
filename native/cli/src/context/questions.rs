//! The questions of the terminal, and the protocol requests that answer them.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

/// A question. The exit status is 0 if it was answered, 1 if nothing was found, and 2 if the question or the
/// directory is invalid.
#[derive(Debug, Subcommand)]
pub(super) enum Question {
    /// Find the code that a question is about, and show the best match with its callers and callees.
    Ask {
        /// The question, in words.
        #[arg(required = true)]
        question: Vec<String>,

        #[command(flatten)]
        filter: Filter,
    },
    /// Find code by words, a question, a symbol, a path, or a piece of code.
    Search {
        /// Search query.
        #[arg(required = true)]
        query: Vec<String>,

        #[command(flatten)]
        filter: Filter,
    },
    /// Show what a symbol is and where it is defined.
    Symbol {
        #[command(flatten)]
        symbol: NamedSymbol,

        /// Also show its source.
        #[arg(long)]
        body: bool,
    },
    /// Show every use of a symbol.
    Refs {
        #[command(flatten)]
        symbol: NamedSymbol,
    },
    /// Show the callers of a symbol and what it calls.
    Calls {
        #[command(flatten)]
        symbol: NamedSymbol,
    },
    /// Show what a file imports and which files import it.
    Deps {
        /// Path of the file, absolute or relative to an indexed directory.
        file: String,
    },
    /// Summarize the directories: languages, commands, entry points, modules and their dependencies.
    Summary,
}

/// Filters of the results.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Maximum number of results.
    #[arg(long, short = 'n', value_name = "RESULTS", default_value_t = 10)]
    top: u32,

    /// Only files that match this glob, relative to an indexed directory. A leading `!` excludes files. Can
    /// be repeated.
    #[arg(long = "glob", short, value_name = "GLOB")]
    globs: Vec<String>,

    /// Only files in this language. Can be repeated.
    #[arg(long = "language", short, value_name = "LANGUAGE")]
    languages: Vec<String>,

    /// Only symbols of this kind, such as function or class. Can be repeated.
    #[arg(long = "kind", short, value_name = "KIND")]
    kinds: Vec<String>,

    /// Exclude tests.
    #[arg(long)]
    no_tests: bool,

    /// Maximum number of lines to show per result.
    #[arg(long, value_name = "LINES", default_value_t = 8)]
    pub(super) lines: usize,
}

/// A symbol, by name and location.
#[derive(Debug, Args)]
pub(super) struct NamedSymbol {
    /// Name of the symbol, possibly qualified: Parser.parse, parser::Parser::parse.
    name: String,

    /// File that defines the symbol, if several symbols have this name.
    #[arg(long, value_name = "FILE")]
    file: Option<String>,

    /// Line in the definition of the symbol, if several symbols have this name.
    #[arg(long, value_name = "LINE")]
    line: Option<u32>,
}

/// Options of the output.
#[derive(Debug, Args)]
pub(super) struct OutputOptions {
    /// Print the answer of the protocol as JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// When to use colors and links: auto (on a terminal, unless NO_COLOR is set), always or never.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(super) color: When,

    /// Maximum length of the answer, in tokens of a language model. The answer says what it leaves out.
    #[arg(long, value_name = "TOKENS", default_value_t = 20_000, global = true)]
    pub(super) max_tokens: u32,
}

/// When to use colors and links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

impl Question {
    /// Returns the request kind that answers the question, and its parameters.
    pub(super) fn request(&self, max_tokens: u32) -> (&'static str, Value) {
        let (kind, mut parameters) = match self {
            Self::Ask { question, filter } => ("semantic_search", filter.parameters(question)),
            Self::Search { query, filter } => ("semantic_search", filter.parameters(query)),
            Self::Symbol { symbol, body } => {
                let mut parameters = symbol.parameters();
                parameters.insert("include_body".to_owned(), json!(body));
                parameters.insert("include_dependencies".to_owned(), json!(false));
                parameters.insert("include_call_graph".to_owned(), json!(false));
                ("explain_symbol", parameters)
            }
            Self::Refs { symbol } => {
                let mut parameters = symbol.parameters();
                parameters.insert("max_results".to_owned(), json!(5_000));
                ("find_references", parameters)
            }
            Self::Calls { symbol } => {
                let mut parameters = symbol.parameters();
                parameters.insert("include_dependencies".to_owned(), json!(false));
                ("explain_symbol", parameters)
            }
            Self::Deps { file } => {
                ("get_dependencies", Map::from_iter([("file_path".to_owned(), json!(file))]))
            }
            Self::Summary => ("summarize_repo", Map::new()),
        };
        parameters.insert("max_tokens".to_owned(), json!(max_tokens));
        (kind, Value::Object(parameters))
    }
}

impl Filter {
    fn parameters(&self, query: &[String]) -> Map<String, Value> {
        let mut parameters = Map::new();
        parameters.insert("query".to_owned(), json!(query.join(" ")));
        parameters.insert("top_k".to_owned(), json!(self.top));
        parameters.insert("path".to_owned(), json!(self.globs));
        parameters.insert("languages".to_owned(), json!(self.languages));
        parameters.insert("kinds".to_owned(), json!(self.kinds));
        parameters.insert("exclude_tests".to_owned(), json!(self.no_tests));
        parameters
    }
}

impl NamedSymbol {
    fn parameters(&self) -> Map<String, Value> {
        let mut parameters = Map::new();
        parameters.insert("symbol_name".to_owned(), json!(self.name));
        if let Some(file) = &self.file {
            parameters.insert("file_path".to_owned(), json!(file));
        }
        if let Some(line) = self.line {
            parameters.insert("line".to_owned(), json!(line));
        }
        parameters
    }
}
