//! What can be asked in a terminal, and the questions of the protocol that are behind it.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

/// Something that is asked. Exit status: 0 answered, 1 nothing is found, 2 the question or the folder is wrong.
#[derive(Debug, Subcommand)]
pub(super) enum Question {
    /// Find the places that a question is about, and show the symbol that fits best with its callers and callees.
    Ask {
        /// The question, in words.
        #[arg(required = true)]
        question: Vec<String>,

        #[command(flatten)]
        filter: Filter,
    },
    /// Find places by words, a question, a symbol, a path, or a piece of code.
    Search {
        /// What to find.
        #[arg(required = true)]
        query: Vec<String>,

        #[command(flatten)]
        filter: Filter,
    },
    /// Show what a symbol is and where it is defined.
    Symbol {
        #[command(flatten)]
        symbol: NamedSymbol,

        /// Show its source.
        #[arg(long)]
        body: bool,
    },
    /// Show every place where a symbol is used.
    Refs {
        #[command(flatten)]
        symbol: NamedSymbol,
    },
    /// Show who calls a symbol and what it calls.
    Calls {
        #[command(flatten)]
        symbol: NamedSymbol,
    },
    /// Show what a file imports and which files import it.
    Deps {
        /// The file, absolute or from a folder that is asked about.
        file: String,
    },
    /// Show what is in the folders: languages, commands, entry points, parts and how they depend on one another.
    Summary,
}

/// Which places are of interest.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// How many places.
    #[arg(long, short = 'n', value_name = "PLACES", default_value_t = 10)]
    top: u32,

    /// Only files that match this glob, from a folder that is asked about. Can be given several times; `!` leaves out.
    #[arg(long = "glob", short, value_name = "GLOB")]
    globs: Vec<String>,

    /// Only files in this language. Can be given several times.
    #[arg(long = "language", short, value_name = "LANGUAGE")]
    languages: Vec<String>,

    /// Only symbols of this kind, such as function or class. Can be given several times.
    #[arg(long = "kind", short, value_name = "KIND")]
    kinds: Vec<String>,

    /// Leave tests out.
    #[arg(long)]
    no_tests: bool,

    /// How many lines of each place are shown.
    #[arg(long, value_name = "LINES", default_value_t = 8)]
    pub(super) lines: usize,
}

/// Which symbol is meant.
#[derive(Debug, Args)]
pub(super) struct NamedSymbol {
    /// Its name, also a qualified one: Parser.parse, parser::Parser::parse.
    name: String,

    /// The file that defines it, where several have the name.
    #[arg(long, value_name = "FILE")]
    file: Option<String>,

    /// A line of its definition, where several have the name.
    #[arg(long, value_name = "LINE")]
    line: Option<u32>,
}

/// How answers are shown.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// Print the answer as JSON, as the protocol has it.
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// Whether there are colours and links: auto (on a terminal, unless NO_COLOR is set), always or never.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(super) color: When,

    /// How long the answer may be, in tokens of a language model; it says what was left out.
    #[arg(long, value_name = "TOKENS", default_value_t = 20_000, global = true)]
    pub(super) max_tokens: u32,
}

/// When something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

impl Question {
    /// The request kind that answers it, and its parameters.
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
