//! Compiled queries and the meaning of their captures.
//!
//! | capture | meaning |
//! |---|---|
//! | `@definition.<kind>` | a whole definition; `kind` is a word of [`SymbolKind`] |
//! | `@name` | the name of the definition, in the same match |
//! | `@body`, `@parameters` | parts of the definition, if the grammar has no fields with these names |
//! | `@owner` | the type that the definition belongs to, if the type does not enclose it |
//! | `@wrapper` | a node that belongs to the definition at its end: `export …`, decorators |
//! | `@comment`, `@decorator` | a node that belongs to the definition after it |
//! | `@doc` | a docstring inside its definition |
//! | `@exported` | the name of an exported definition elsewhere in the file |
//! | `@import` | an import statement |
//! | `@import.path` | the module, in the same match as the captures below |
//! | `@import.name`, `@import.alias` | an imported name and its local name |
//! | `@import.module_alias` | the local name of the module itself |
//! | `@import.all`, `@import.reexport` | marks: everything is imported; the import is re-exported |
//! | `@call`, `@type`, `@extends`, `@local`, `@mention` | identifiers by their role |

use tree_sitter::Query;

use super::Language;
use crate::record::{Role, SymbolKind};

/// The meaning of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capture {
    /// A whole definition.
    Definition(SymbolKind),
    /// The name of the definition.
    Name,
    /// The body of the definition.
    Body,
    /// The parameters of the definition.
    Parameters,
    /// The type that the definition belongs to.
    Owner,
    /// A node that belongs to the definition at its end.
    Wrapper,
    /// A comment.
    Comment,
    /// A decorator, attribute or annotation.
    Decorator,
    /// A docstring.
    Doc,
    /// The name of an exported definition.
    Exported,
    /// An import statement.
    Import,
    /// The imported module.
    ImportPath,
    /// An imported name.
    ImportName,
    /// The local name of an imported name.
    ImportAlias,
    /// The local name of the imported module.
    ImportModuleAlias,
    /// The import brings in everything.
    ImportAll,
    /// The imported names are re-exported.
    ImportReexport,
    /// An identifier.
    Identifier(Role),
    /// A capture that only predicates of the query use. Its name starts with an underscore.
    Helper,
}

impl Capture {
    fn from_name(name: &str) -> Option<Self> {
        if let Some(kind) = name.strip_prefix("definition.") {
            return SymbolKind::from_word(kind).map(Self::Definition);
        }
        Some(match name {
            "name" => Self::Name,
            "body" => Self::Body,
            "parameters" => Self::Parameters,
            "owner" => Self::Owner,
            "wrapper" => Self::Wrapper,
            "comment" => Self::Comment,
            "decorator" => Self::Decorator,
            "doc" => Self::Doc,
            "exported" => Self::Exported,
            "import" => Self::Import,
            "import.path" => Self::ImportPath,
            "import.name" => Self::ImportName,
            "import.alias" => Self::ImportAlias,
            "import.module_alias" => Self::ImportModuleAlias,
            "import.all" => Self::ImportAll,
            "import.reexport" => Self::ImportReexport,
            "call" => Self::Identifier(Role::Call),
            "type" => Self::Identifier(Role::Type),
            "extends" => Self::Identifier(Role::Extends),
            "local" => Self::Identifier(Role::Local),
            "mention" => Self::Identifier(Role::Mention),
            helper if helper.starts_with('_') => Self::Helper,
            _ => return None,
        })
    }
}

/// The queries of a language, compiled into one so that a tree is walked once.
#[derive(Debug)]
pub struct LanguageQuery {
    /// The grammar.
    pub grammar: tree_sitter::Language,
    /// The query.
    pub query: Query,
    captures: Vec<Option<Capture>>,
}

impl LanguageQuery {
    /// Compiles the queries of a language. Returns `None` if there is no grammar or the queries do not match
    /// it; a test rules out the latter.
    pub(super) fn compile(language: &Language) -> Option<Self> {
        let syntax = language.syntax.as_ref()?;
        let grammar = (syntax.grammar)();
        match Query::new(&grammar, &syntax.queries.concat()) {
            Ok(query) => {
                let captures = query.capture_names().iter().map(|name| Capture::from_name(name)).collect();
                Some(Self { grammar, query, captures })
            }
            Err(error) => {
                let language = language.name;
                tracing::error!(language, %error, "failed to compile the queries of a language");
                None
            }
        }
    }

    /// Returns the meaning of a capture by its index in the query.
    #[must_use]
    pub fn capture(&self, index: u32) -> Option<Capture> {
        self.captures.get(index as usize).copied().flatten()
    }

    #[cfg(test)]
    pub(super) fn unknown_captures(&self) -> Vec<&str> {
        let names = self.query.capture_names().iter();
        names.zip(&self.captures).filter(|(_, capture)| capture.is_none()).map(|(name, _)| *name).collect()
    }
}
