//! What a file defines.

use serde::{Deserialize, Serialize};

use super::{NameId, Span};

/// A symbol's place in its record's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SymbolId(pub u32);

impl SymbolId {
    /// The id of the symbol at an index of the list.
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// What a symbol is. The queries name it in `@definition.<kind>`, the answers by the same word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SymbolKind {
    /// A function that belongs to no type.
    Function,
    /// A function that belongs to a type.
    Method,
    /// What makes a value of a type.
    Constructor,
    /// A class, also an object or actor that is one.
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
    /// Methods given to a type elsewhere than at its definition: `impl`, `extension`, `instance`. It bears the type's name without defining it.
    Implementation,
    /// A name for a type.
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

    /// The kind that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(kind, _)| *kind)
    }

    /// The word for it in queries and answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("symbol", |(_, word)| word)
    }

    /// Whether functions in it are methods.
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

    /// Whether it is called: a function, method, constructor or macro.
    #[must_use]
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method | Self::Constructor | Self::Macro | Self::Test)
    }
}

/// Who may use a symbol, as far as its own declaration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// The package, the crate, or subclasses.
    Internal,
    /// The file, module or type that it stands in.
    Private,
}

/// Something that a file defines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// Its name.
    pub name: NameId,
    /// What it is.
    pub kind: SymbolKind,
    /// The symbol around it.
    pub parent: Option<SymbolId>,
    /// The type that it belongs to, whether that is around it or not: in Go, `func (s *Server) Run()` belongs to `Server`.
    pub owner: Option<NameId>,
    /// All of it: doc comment, decorators, signature and body.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// Its body, where it has one.
    pub body: Option<Span>,
    /// Its doc comment or docstring, as it is written.
    pub doc: Option<Span>,
    /// Who may use it.
    pub visibility: Visibility,
    /// Its syntax says that it is a test, or it stands in one. Files of tests are told by their path, see `IndexedFile`.
    pub is_test: bool,
    /// Its declaration in one line, without body and decorators.
    pub signature: Box<str>,
    /// Its parameters as they are written.
    pub parameters: Box<[Box<str>]>,
    /// Its decorators, attributes or annotations as they are written.
    pub decorators: Box<[Box<str>]>,
}
