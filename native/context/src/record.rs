//! What is known of one file: a value that follows from its text and language alone, so that it can be kept by their hash.
//!
//! A record holds no text but names and signatures. Positions are byte offsets into the text; [`FileRecord::position`] turns them into
//! lines and columns.

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
    /// Whether every byte of `other` is in this span.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The number of bytes.
    #[must_use]
    pub fn length(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// The part of `text` that the span covers; empty where the text is another than the one that was indexed.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A place in a text as people count: the first line is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in bytes of UTF-8.
    pub column: u32,
}

/// What an identifier does where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Role {
    /// Anything not told apart below: a value that is read or written, a field.
    Mention,
    /// A type where a type is expected.
    Type,
    /// What is called, or constructed.
    Call,
    /// A type that the enclosing one extends or implements.
    Extends,
    /// A name in an import.
    Import,
    /// Where a parameter or local variable gets its name.
    Local,
    /// Where a symbol gets its name.
    Definition,
}

/// What an identifier is written behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Receiver {
    /// Nothing: it stands by itself.
    None,
    /// A name, as in `receiver.name` or `path::name`: the identifier before it.
    Name,
    /// Anything else, as in `call().name`.
    Expression,
}

/// An identifier in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The offset of its first byte.
    pub start: u32,
    name_and_role: u32,
}

impl Occurrence {
    const ROLE_BITS: u32 = 5;
    const BEHIND_NAME: u32 = 1 << 3;
    const BEHIND_EXPRESSION: u32 = 1 << 4;

    /// An occurrence of `name`.
    #[must_use]
    pub fn new(start: u32, name: NameId, role: Role, receiver: Receiver) -> Self {
        let receiver = match receiver {
            Receiver::None => 0,
            Receiver::Name => Self::BEHIND_NAME,
            Receiver::Expression => Self::BEHIND_EXPRESSION,
        };
        Self { start, name_and_role: name.0 << Self::ROLE_BITS | receiver | role as u32 }
    }

    /// Its name, in the record's table.
    #[must_use]
    pub fn name(self) -> NameId {
        NameId(self.name_and_role >> Self::ROLE_BITS)
    }

    /// What it is written behind.
    #[must_use]
    pub fn receiver(self) -> Receiver {
        match self.name_and_role & (Self::BEHIND_NAME | Self::BEHIND_EXPRESSION) {
            0 => Receiver::None,
            Self::BEHIND_NAME => Receiver::Name,
            _ => Receiver::Expression,
        }
    }

    /// Whether it is written behind a receiver or a path.
    #[must_use]
    pub fn is_member(self) -> bool {
        self.receiver() != Receiver::None
    }

    /// What it does.
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

/// What one import statement brings in from one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The whole statement.
    pub span: Span,
    /// The module as it is written, without quotes: `./util`, `os.path`, `crate::model`, `java.util.List`.
    pub path: Box<str>,
    /// What is brought in by name; empty where the module itself is.
    pub names: Box<[ImportedName]>,
    /// The name that the module itself gets here, as in `import numpy as np`.
    pub alias: Option<NameId>,
    /// Everything public of the module is brought in, as in `from x import *`.
    pub everything: bool,
    /// What is brought in is offered to others in turn, as in `export … from`, `pub use`.
    pub reexported: bool,
}

/// A name that an import brings in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedName {
    /// The name in the module it comes from.
    pub name: NameId,
    /// The name in this file: the same where there is no alias.
    pub local: NameId,
}

/// A piece of the text for search: whole lines, split along symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Its text. Chunks do not overlap, and together they cover every line that is not blank.
    pub span: Span,
    /// Its first line, counted from 1.
    pub start_line: u32,
    /// Its last line, counted from 1.
    pub end_line: u32,
    /// The symbol that it is about: the function that it lies in, or else the first one with a body that starts in it.
    pub symbol: Option<SymbolId>,
}

/// How far a file was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Understanding {
    /// There is no grammar for its language: it is searched as text.
    Text,
    /// It was parsed.
    Parsed {
        /// Places that the grammar could not make sense of.
        has_errors: bool,
    },
    /// The parse took too long (`limits::PARSE_TIME_MAX`): it is searched as text.
    GaveUp,
}

/// Lines of a file by what is on them. They add up to the number of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCounts {
    /// Lines with anything but comments.
    pub code: u32,
    /// Lines with nothing but comments.
    pub comment: u32,
    /// Lines with nothing.
    pub blank: u32,
}

impl LineCounts {
    /// All lines.
    #[must_use]
    pub fn total(self) -> u32 {
        self.code + self.comment + self.blank
    }
}

/// What is known of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// XXH3 of the text.
    pub hash: u64,
    /// The language it was read as.
    pub language: LanguageId,
    /// How far it was understood.
    pub understanding: Understanding,
    /// The text says of itself that a program wrote it.
    pub generated: bool,
    /// The number of bytes of the text.
    pub byte_length: u32,
    /// Where each line starts.
    pub line_starts: Box<[u32]>,
    /// Lines by what is on them.
    pub lines: LineCounts,
    /// Every name that occurs, once.
    pub names: NameTable,
    /// What is defined, in the order of the text; a parent comes before its children.
    pub symbols: Box<[Symbol]>,
    /// Every identifier, in the order of the text.
    pub occurrences: Box<[Occurrence]>,
    /// What is imported, in the order of the text.
    pub imports: Box<[Import]>,
    /// The pieces for search, in the order of the text.
    pub chunks: Box<[Chunk]>,
    /// What each chunk is found by.
    pub terms: FileTerms,
    /// What each chunk is about.
    pub vectors: FileVectors,
}

impl FileRecord {
    /// The line of an offset, counted from 1.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// The place of an offset.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.line_starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(0);
        Position { line, column: offset.saturating_sub(start) + 1 }
    }

    /// The first and the last line of a span, counted from 1.
    #[must_use]
    pub fn line_range(&self, span: Span) -> (u32, u32) {
        (self.line(span.start), self.line(span.end.saturating_sub(1).max(span.start)))
    }

    /// The bytes of a line counted from 1, with its end of line; `None` where there are fewer.
    #[must_use]
    pub fn line_span(&self, line: u32) -> Option<Span> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.line_starts.get(index)?;
        Some(Span { start, end: self.line_starts.get(index + 1).copied().unwrap_or(self.byte_length) })
    }

    /// The identifier that starts at an offset.
    #[must_use]
    pub fn occurrence_at(&self, offset: u32) -> Option<Occurrence> {
        let index = self.occurrences.binary_search_by_key(&offset, |occurrence| occurrence.start).ok()?;
        self.occurrences.get(index).copied()
    }

    /// A symbol of this record.
    #[must_use]
    pub fn symbol(&self, id: SymbolId) -> Option<&Symbol> {
        self.symbols.get(id.0 as usize)
    }

    /// Every symbol with its id.
    pub fn symbols_with_ids(&self) -> impl DoubleEndedIterator<Item = (SymbolId, &Symbol)> + Clone {
        self.symbols.iter().enumerate().map(|(index, symbol)| (SymbolId::from_index(index), symbol))
    }

    /// The text of a name of this record.
    #[must_use]
    pub fn name(&self, id: NameId) -> &str {
        self.names.text(id)
    }

    /// The innermost symbol that an offset lies in.
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

    /// The names of the symbols around a symbol and its own, outermost first, for people: `Parser.parse`.
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
