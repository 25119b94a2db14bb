//! The record of one file. It follows from the file's text and language alone, so it can be cached by their
//! hash.
//!
//! A record stores names and signatures but not the text. Positions are byte offsets into the text;
//! [`FileRecord::position`] converts them to lines and columns.

use serde::{Deserialize, Serialize};

use crate::languages::LanguageId;
use crate::search::{FileTerms, FileVectors};

mod names;
mod symbol;

pub use names::{NameId, NameTable, NameTableBuilder};
pub use symbol::{Symbol, SymbolId, SymbolKind, Visibility};

/// A range of bytes, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// Returns whether this span contains every byte of `other`.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn length(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Returns the part of `text` that the span covers. It is empty if the span does not fit because the text
    /// is not the indexed one.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A position in a text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in bytes of UTF-8.
    pub column: u32,
}

/// The role of an identifier at one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Role {
    /// Any other use: a value that is read or written, a field.
    Mention,
    /// A type where a type is expected.
    Type,
    /// A function that is called, or a type that is constructed.
    Call,
    /// A type that the enclosing type extends or implements.
    Extends,
    /// A name in an import.
    Import,
    /// The introduction of a parameter or local variable.
    Local,
    /// The name in the definition of a symbol.
    Definition,
}

/// The receiver or path before an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Receiver {
    /// There is no receiver.
    None,
    /// The identifier before it, as in `receiver.name` or `path::name`.
    Name,
    /// Any other expression, as in `call().name`.
    Expression,
}

/// An identifier in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The offset of the first byte.
    pub start: u32,
    name_and_role: u32,
}

impl Occurrence {
    const ROLE_BITS: u32 = 5;
    const AFTER_NAME: u32 = 1 << 3;
    const AFTER_EXPRESSION: u32 = 1 << 4;

    /// Creates an occurrence of `name`.
    #[must_use]
    pub fn new(start: u32, name: NameId, role: Role, receiver: Receiver) -> Self {
        let receiver = match receiver {
            Receiver::None => 0,
            Receiver::Name => Self::AFTER_NAME,
            Receiver::Expression => Self::AFTER_EXPRESSION,
        };
        Self { start, name_and_role: name.0 << Self::ROLE_BITS | receiver | role as u32 }
    }

    /// Returns the name, by its id in the record's table.
    #[must_use]
    pub fn name(self) -> NameId {
        NameId(self.name_and_role >> Self::ROLE_BITS)
    }

    /// Returns the receiver.
    #[must_use]
    pub fn receiver(self) -> Receiver {
        match self.name_and_role & (Self::AFTER_NAME | Self::AFTER_EXPRESSION) {
            0 => Receiver::None,
            Self::AFTER_NAME => Receiver::Name,
            _ => Receiver::Expression,
        }
    }

    /// Returns whether a receiver or a path precedes the identifier.
    #[must_use]
    pub fn is_member(self) -> bool {
        self.receiver() != Receiver::None
    }

    /// Returns the role.
    #[must_use]
    pub fn role(self) -> Role {
        match self.name_and_role & 0b111 {
            1 => Role::Type,
            2 => Role::Call,
            3 => Role::Extends,
            4 => Role::Import,
            5 => Role::Local,
            6 => Role::Definition,
            _ => Role::Mention,
        }
    }
}

/// The names that one import statement imports from one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The whole statement.
    pub span: Span,
    /// The module as it is written, without quotes: `./util`, `os.path`, `crate::model`, `java.util.List`.
    pub path: Box<str>,
    /// The imported names; empty if the module itself is imported.
    pub names: Box<[ImportedName]>,
    /// The local name of the module itself, as in `import numpy as np`.
    pub alias: Option<NameId>,
    /// The import brings in everything public of the module, as in `from x import *`.
    pub everything: bool,
    /// The imported names are re-exported, as in `export … from` and `pub use`.
    pub reexported: bool,
}

/// An imported name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedName {
    /// The name in the module that it comes from.
    pub name: NameId,
    /// The local name, which equals `name` if there is no alias.
    pub local: NameId,
}

/// A unit of the text for search: whole lines, split along symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The range of the chunk. Chunks do not overlap, and together they cover every line that is not blank.
    pub span: Span,
    /// The first line, counted from 1.
    pub start_line: u32,
    /// The last line, counted from 1.
    pub end_line: u32,
    /// The symbol that the chunk is about: the enclosing function, or else the first symbol with a body that
    /// starts in the chunk.
    pub symbol: Option<SymbolId>,
}

/// How a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Understanding {
    /// The language has no grammar. The file is searched as text.
    Text,
    /// The file was parsed.
    Parsed {
        /// The text contains syntax errors.
        has_errors: bool,
    },
    /// Parsing took too long (`limits::PARSE_TIME_MAX`). The file is searched as text.
    GaveUp,
}

/// The line counts of a file. They add up to the number of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCounts {
    /// The number of lines that contain code.
    pub code: u32,
    /// The number of lines that contain only comments.
    pub comment: u32,
    /// The number of blank lines.
    pub blank: u32,
}

impl LineCounts {
    /// Returns the total number of lines.
    #[must_use]
    pub fn total(self) -> u32 {
        self.code + self.comment + self.blank
    }
}

/// The record of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// The XXH3 hash of the text.
    pub hash: u64,
    /// The language that the file was read as.
    pub language: LanguageId,
    /// How the file was read.
    pub understanding: Understanding,
    /// The text says that it was generated by a program.
    pub generated: bool,
    /// The length of the text in bytes.
    pub byte_length: u32,
    /// The offset of each line's first byte.
    pub line_starts: Box<[u32]>,
    /// The line counts.
    pub lines: LineCounts,
    /// Every name that occurs, once.
    pub names: NameTable,
    /// The defined symbols, in the order of the text; a parent comes before its children.
    pub symbols: Box<[Symbol]>,
    /// Every identifier, in the order of the text.
    pub occurrences: Box<[Occurrence]>,
    /// The imports, in the order of the text.
    pub imports: Box<[Import]>,
    /// The chunks for search, in the order of the text.
    pub chunks: Box<[Chunk]>,
    /// The search terms of each chunk.
    pub terms: FileTerms,
    /// The embedding vector of each chunk.
    pub vectors: FileVectors,
}

impl FileRecord {
    /// Returns the line of an offset, counted from 1.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// Returns the position of an offset.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.line_starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(0);
        Position { line, column: offset.saturating_sub(start) + 1 }
    }

    /// Returns the first and the last line of a span, counted from 1.
    #[must_use]
    pub fn line_range(&self, span: Span) -> (u32, u32) {
        (self.line(span.start), self.line(span.end.saturating_sub(1).max(span.start)))
    }

    /// Returns the span of a line, counted from 1, including its line break, or `None` if the text has fewer
    /// lines.
    #[must_use]
    pub fn line_span(&self, line: u32) -> Option<Span> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.line_starts.get(index)?;
        Some(Span { start, end: self.line_starts.get(index + 1).copied().unwrap_or(self.byte_length) })
    }

    /// Returns the identifier that starts at an offset.
    #[must_use]
    pub fn occurrence_at(&self, offset: u32) -> Option<Occurrence> {
        let index = self.occurrences.binary_search_by_key(&offset, |occurrence| occurrence.start).ok()?;
        self.occurrences.get(index).copied()
    }

    /// Returns a symbol.
    #[must_use]
    pub fn symbol(&self, id: SymbolId) -> Option<&Symbol> {
        self.symbols.get(id.0 as usize)
    }

    /// Returns every symbol with its id.
    pub fn symbols_with_ids(&self) -> impl DoubleEndedIterator<Item = (SymbolId, &Symbol)> + Clone {
        self.symbols.iter().enumerate().map(|(index, symbol)| (SymbolId::from_index(index), symbol))
    }

    /// Returns the text of a name.
    #[must_use]
    pub fn name(&self, id: NameId) -> &str {
        self.names.text(id)
    }

    /// Returns the innermost symbol that contains an offset.
    #[must_use]
    pub fn enclosing_symbol(&self, offset: u32) -> Option<SymbolId> {
        let next = self.symbols.partition_point(|symbol| symbol.span.start <= offset);
        let mut candidate = SymbolId::from_index(next.checked_sub(1)?);
        loop {
            let symbol = self.symbol(candidate)?;
            if offset < symbol.span.end {
                return Some(candidate);
            }
            candidate = symbol.parent?;
        }
    }

    /// Returns the name of a symbol qualified by the names of its enclosing symbols, outermost first, as
    /// shown to people: `Parser.parse`.
    #[must_use]
    pub fn qualified_name(&self, id: SymbolId) -> String {
        let mut parts = Vec::new();
        let mut next = Some(id);
        while let Some(symbol) = next.and_then(|id| self.symbol(id)) {
            parts.push(self.name(symbol.name));
            if symbol.parent.is_none()
                && let Some(owner) = symbol.owner
            {
                parts.push(self.name(owner));
            }
            next = symbol.parent;
        }
        parts.reverse();
        parts.join(".")
    }
}
