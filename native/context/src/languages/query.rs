//! The queries of a language, compiled, and what their captures mean.
//!
//! | capture | of what |
//! |---|---|
//! | `@definition.<kind>` | a whole definition; `kind` is a word of [`SymbolKind`] |
//! | `@name` | its name, in the same match |
//! | `@body`, `@parameters` | its parts, where the grammar has no fields of these names |
//! | `@owner` | the type that it belongs to, where that is not around it |
//! | `@wrapper` | what belongs to the definition that it ends with: `export …`, decorators |
//! | `@comment`, `@decorator` | what belongs to the definition that follows it |
//! | `@doc` | a docstring, in the definition that it stands in |
//! | `@exported` | the name of a definition elsewhere in the file that is offered to other files |
//! | `@import` | an import statement |
//! | `@import.path` | the module, in the same match; also all of what follows |
//! | `@import.name`, `@import.alias` | a name that is brought in, and what it is called here |
//! | `@import.module_alias` | what the module itself is called here |
//! | `@import.all`, `@import.reexport` | marks: everything is brought in; it is offered to others |
//! | `@call`, `@type`, `@extends`, `@local`, `@mention` | identifiers by what they do |

use tree_sitter::Query;

use super::Language;
use crate::record::{Role, SymbolKind};

/// What a capture means.
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
    /// Belongs to the definition that it ends with.
    Wrapper,
    /// A comment.
    Comment,
    /// A decorator, attribute or annotation.
    Decorator,
    /// A docstring.
    Doc,
    /// The name of something that is offered to other files.
    Exported,
    /// An import statement.
    Import,
    /// The module that is imported.
    ImportPath,
    /// A name that is imported.
    ImportName,
    /// What the imported name is called here.
    ImportAlias,
    /// What the imported module is called here.
    ImportModuleAlias,
    /// Everything is imported.
    ImportAll,
    /// What is imported is offered to others.
    ImportReexport,
    /// An identifier.
    Identifier(Role),
    /// Only for predicates of the query; its name starts with an underscore.
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

/// The queries of a language, compiled into one, so that a tree is walked once.
#[derive(Debug)]
pub struct LanguageQuery {
    /// The grammar.
    pub grammar: tree_sitter::Language,
    /// The query.
    pub query: Query,
    captures: Vec<Option<Capture>>,
}

impl LanguageQuery {
    /// `None` where there is no grammar, or (which a test rules out) the queries do not fit it.
    pub(super) fn compile(language: &Language) -> Option<Self> {
        let syntax = language.syntax.as_ref()?;
        let grammar = (syntax.grammar)();
        match Query::new(&grammar, &syntax.queries.concat()) {
            Ok(query) => {
                let captures = query.capture_names().iter().map(|name| Capture::from_name(name)).collect();
                Some(Self { grammar, query, captures })
            }
            Err(error) => {
                tracing::error!(language = language.name, %error, "the queries of a language do not compile");
                None
            }
        }
    }

    /// What a capture means, by its index in the query.
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
