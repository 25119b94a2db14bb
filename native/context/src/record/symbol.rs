//! The symbols that a file defines.

use serde::{Deserialize, Serialize};

use super::{NameId, Span};

/// The index of a symbol in its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SymbolId(pub u32);

impl SymbolId {
    /// Returns the id of the symbol at an index.
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// The kind of a symbol. Queries refer to it by `@definition.<kind>`, and answers use the same word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SymbolKind {
    /// A function that belongs to no type.
    Function,
    /// A function that belongs to a type.
    Method,
    /// A function that constructs a value of a type.
    Constructor,
    /// A class, including an object or actor.
    Class,
    /// A struct, union or record.
    Struct,
    /// An enumeration.
    Enum,
    /// One case of an enumeration.
    Variant,
    /// An interface or protocol.
    Interface,
    /// A trait or type class.
    Trait,
    /// Methods added to a type outside its definition: `impl`, `extension`, `instance`. It has the type's
    /// name without defining it.
    Implementation,
    /// A type alias.
    Type,
    /// A constant or a variable of a module.
    Constant,
    /// A variable of a module that may change.
    Variable,
    /// A field or property of a type.
    Field,
    /// A module, namespace or package.
    Module,
    /// A macro.
    Macro,
    /// A test that is written as a call: `it("…", () => …)`.
    Test,
    /// A heading of a document.
    Section,
}

impl SymbolKind {
    /// Every kind with its word.
    pub const ALL: &[(Self, &str)] = &[
        (Self::Function, "function"),
        (Self::Method, "method"),
        (Self::Constructor, "constructor"),
        (Self::Class, "class"),
        (Self::Struct, "struct"),
        (Self::Enum, "enum"),
        (Self::Variant, "variant"),
        (Self::Interface, "interface"),
        (Self::Trait, "trait"),
        (Self::Implementation, "implementation"),
        (Self::Type, "type"),
        (Self::Constant, "constant"),
        (Self::Variable, "variable"),
        (Self::Field, "field"),
        (Self::Module, "module"),
        (Self::Macro, "macro"),
        (Self::Test, "test"),
        (Self::Section, "section"),
    ];

    /// Returns the kind that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(kind, _)| *kind)
    }

    /// Returns the word for the kind in queries and answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("symbol", |(_, word)| word)
    }

    /// Returns whether functions in a symbol of this kind are methods.
    #[must_use]
    pub fn is_type(self) -> bool {
        matches!(
            self,
            Self::Class
                | Self::Struct
                | Self::Enum
                | Self::Interface
                | Self::Trait
                | Self::Implementation
                | Self::Type
        )
    }

    /// Returns whether a symbol of this kind is callable: a function, method, constructor, macro, or test.
    #[must_use]
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method | Self::Constructor | Self::Macro | Self::Test)
    }
}

/// The visibility of a symbol, as far as its own declaration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Visible everywhere.
    Public,
    /// Visible to the package, the crate, or subclasses.
    Internal,
    /// Visible to the enclosing file, module or type.
    Private,
}

/// A definition in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// The name.
    pub name: NameId,
    /// The kind.
    pub kind: SymbolKind,
    /// The enclosing symbol.
    pub parent: Option<SymbolId>,
    /// The type that the symbol belongs to, which need not enclose it: in Go, `func (s *Server) Run()`
    /// belongs to `Server`.
    pub owner: Option<NameId>,
    /// The whole definition: doc comment, decorators, signature and body.
    pub span: Span,
    /// The span of the name.
    pub name_span: Span,
    /// The span of the body, if there is one.
    pub body: Option<Span>,
    /// The span of the doc comment or docstring, as it is written.
    pub doc: Option<Span>,
    /// The visibility.
    pub visibility: Visibility,
    /// The symbol is a test by its syntax, or is in one. Test files are recognized by their path; see
    /// `IndexedFile`.
    pub is_test: bool,
    /// The declaration in one line, without body and decorators.
    pub signature: Box<str>,
    /// The parameters as they are written.
    pub parameters: Box<[Box<str>]>,
    /// The decorators, attributes or annotations as they are written.
    pub decorators: Box<[Box<str>]>,
}
