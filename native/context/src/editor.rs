//! The interface to an editor that has the workspace open: its language servers and its unsaved contents.
//!
//! An application that embeds the index in an editor implements [`Editor`]. Paths are absolute. Positions are
//! those of the Language Server Protocol: lines and UTF-16 code units, both counted from 0.

use std::path::Path;
use std::time::Duration;

use crate::record::FileRecord;

/// A position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextPosition {
    /// The line, counted from 0.
    pub line: u32,
    /// The number of UTF-16 code units from the start of the line.
    pub character: u32,
}

/// A range of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRange {
    /// The first position of the range.
    pub start: TextPosition,
    /// The position after the end of the range.
    pub end: TextPosition,
}

/// A location in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The absolute path of the file.
    pub path: String,
    /// The start of the item at this location: of its name, if it has one.
    pub start: TextPosition,
}

/// The calls between the requested function and one other function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCalls {
    /// The location of the other function.
    pub function: Location,
    /// The name of the other function.
    pub name: String,
    /// The site of each call, in the file of the caller: the name that is called, or an expression that
    /// contains it.
    pub sites: Vec<TextRange>,
}

/// A symbol that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineSymbol {
    /// The name of the symbol.
    pub name: String,
    /// Details, such as its type.
    pub detail: String,
    /// The kind of the symbol in lower case: `function`, `class`.
    pub kind: String,
    /// The position of the name.
    pub start: TextPosition,
    /// The first line of the symbol, counted from 0.
    pub first_line: u32,
    /// The last line of the symbol, counted from 0.
    pub last_line: u32,
    /// The number of symbols that enclose this one.
    pub depth: u32,
}

/// A problem that a language server reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The location of the problem.
    pub location: Location,
    /// The severity: `error`, `warning`, `information` or `hint`.
    pub severity: String,
    /// The message of the language server.
    pub message: String,
    /// The diagnostic code, such as `2304`; may be empty.
    pub code: String,
    /// The reporter, such as `ts`; may be empty.
    pub reporter: String,
}

/// A file whose content in the editor differs from its content on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsavedFile {
    /// The absolute path of the file.
    pub path: String,
    /// A revision, which changes with each change of the content.
    pub revision: String,
    /// The content; `None` if the caller already knows this revision, or if the content is too long.
    pub text: Option<String>,
}

/// An editor with language servers and unsaved contents.
///
/// Each call returns within its `limit`, and may block until then. `None` means that there is no answer, for
/// example because a server is busy or broken. Results are not trusted: locations outside the workspace are
/// dropped.
pub trait Editor: Send + Sync {
    /// Returns the definitions of the symbol at a position.
    fn definitions(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<Location>>;

    /// Returns the references to the symbol at a position, including its definition.
    fn references(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<Location>>;

    /// Returns the callers of the function at a position.
    fn incoming_calls(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<FunctionCalls>>;

    /// Returns the callees of the function at a position.
    fn outgoing_calls(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<FunctionCalls>>;

    /// Returns the symbols of a file, each one before the symbols that it encloses.
    fn outline(&self, path: &Path, limit: Duration) -> Option<Vec<OutlineSymbol>>;

    /// Returns the diagnostics of a file, or of all files that the language servers know.
    fn diagnostics(&self, path: Option<&Path>, limit: Duration) -> Option<Vec<Diagnostic>>;

    /// Returns all unsaved files. `known` contains the path and the revision of each file whose content the
    /// caller already knows.
    fn unsaved(&self, known: &[(String, String)], limit: Duration) -> Option<Vec<UnsavedFile>>;
}

impl TextPosition {
    /// Returns the position of a byte offset in a file with the content `text`.
    #[must_use]
    pub fn of(record: &FileRecord, text: &str, offset: u32) -> Self {
        let line = record.line(offset);
        let before = record.line_span(line).and_then(|span| text.get(span.start as usize..offset as usize));
        let character = before.map_or(0, |before| before.encode_utf16().count());
        Self { line: line.saturating_sub(1), character: u32::try_from(character).unwrap_or(u32::MAX) }
    }

    /// Returns the byte offset of this position in a file with the content `text`; `None` if the content has
    /// no such position.
    #[must_use]
    pub fn offset_in(self, record: &FileRecord, text: &str) -> Option<u32> {
        let span = record.line_span(self.line.checked_add(1)?)?;
        let (mut left, mut offset) = (self.character as usize, span.start);
        for character in span.of(text).chars() {
            if left == 0 || character == '\n' {
                break;
            }
            left = left.checked_sub(character.len_utf16())?;
            offset += u32::try_from(character.len_utf8()).ok()?;
        }
        (left == 0).then_some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::extract;

    #[test]
    fn positions_count_in_utf_16_and_offsets_in_bytes() {
        let text = "a = 'ä𝄞'; b\nc";
        let record = extract("x.py", text);
        for (found, line, character) in [("a", 0, 0), ("𝄞", 0, 6), ("b", 0, 11), ("\n", 0, 12), ("c", 1, 0)]
        {
            let offset = u32::try_from(text.find(found).unwrap()).unwrap();
            let position = TextPosition { line, character };
            assert_eq!(TextPosition::of(&record, text, offset), position, "{found}");
            assert_eq!(position.offset_in(&record, text), Some(offset), "{found}");
        }
        for (line, character) in [(0, 7), (0, 13), (2, 0), (u32::MAX, 0), (1, 2)] {
            assert_eq!(TextPosition { line, character }.offset_in(&record, text), None, "{line}:{character}");
        }
    }
}
