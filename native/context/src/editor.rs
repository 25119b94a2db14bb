//! What an editor knows of the code that is open in it: it runs language servers, and it has texts that are not saved yet.
//!
//! Whoever embeds the index in an editor implements [`Editor`]. Paths are absolute; positions are those of the Language Server Protocol: lines
//! and UTF-16 code units, both counted from 0.

use std::path::Path;
use std::time::Duration;

use crate::record::FileRecord;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextPosition {
    /// Counted from 0.
    pub line: u32,
    /// UTF-16 code units from the start of the line.
    pub character: u32,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRange {
    /// Its first character.
    pub start: TextPosition,
    /// The character after its last.
    pub end: TextPosition,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The absolute path of the file.
    pub path: String,
    /// The first character of what is there: of its name, where it has one.
    pub start: TextPosition,
}

/// Calls between a function that somebody asks for and another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCalls {
    /// The other function.
    pub function: Location,
    /// Its name.
    pub name: String,
    /// Where each call stands, in the file of the one that calls: the name that is called, or an expression that it is in.
    pub sites: Vec<TextRange>,
}

/// Something that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineSymbol {
    /// Its name.
    pub name: String,
    /// More about it, such as its type.
    pub detail: String,
    /// What it is, in lower case: `function`, `class`.
    pub kind: String,
    /// Where its name stands.
    pub start: TextPosition,
    /// Its first line, counted from 0.
    pub first_line: u32,
    /// Its last line, counted from 0.
    pub last_line: u32,
    /// How many others it lies in.
    pub depth: u32,
}

/// What a language server has to say against a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The place.
    pub location: Location,
    /// `error`, `warning`, `information` or `hint`.
    pub severity: String,
    /// In words.
    pub message: String,
    /// Its code there, such as `2304`; may be empty.
    pub code: String,
    /// Who says so, such as `ts`; may be empty.
    pub reporter: String,
}

/// A file whose text is another one in the editor than on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsavedFile {
    /// The absolute path of the file.
    pub path: String,
    /// Another one after each change of the text.
    pub revision: String,
    /// The text; `None` where the revision is one that was known already, or the text is too long.
    pub text: Option<String>,
}

/// An editor with language servers and unsaved texts.
///
/// Each call returns within its `limit`, for which it may block; `None` is no answer, such as from a server that is busy or broken. What it says is
/// not trusted: places outside of the workspace are dropped.
pub trait Editor: Send + Sync {
    /// Where what is named at a place is defined.
    fn definitions(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<Location>>;

    /// Where what is named at a place is used, its definition included.
    fn references(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<Location>>;

    /// Who calls the function that is named at a place.
    fn incoming_calls(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<FunctionCalls>>;

    /// Whom the function that is named at a place calls.
    fn outgoing_calls(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<FunctionCalls>>;

    /// What a file defines, each symbol before those that lie in it.
    fn outline(&self, path: &Path, limit: Duration) -> Option<Vec<OutlineSymbol>>;

    /// What is wrong in a file, or in all of which that is known.
    fn diagnostics(&self, path: Option<&Path>, limit: Duration) -> Option<Vec<Diagnostic>>;

    /// All unsaved files. `known` has the revision of each by its path, where its text is known already.
    fn unsaved(&self, known: &[(String, String)], limit: Duration) -> Option<Vec<UnsavedFile>>;
}

impl TextPosition {
    /// The position of an offset of a file, of which `text` is the text.
    #[must_use]
    pub fn of(record: &FileRecord, text: &str, offset: u32) -> Self {
        let line = record.line(offset);
        let before = record.line_span(line).and_then(|span| text.get(span.start as usize..offset as usize));
        let character = before.map_or(0, |before| before.encode_utf16().count());
        Self { line: line.saturating_sub(1), character: u32::try_from(character).unwrap_or(u32::MAX) }
    }

    /// The offset of this position in a file, of which `text` is the text; `None` where that has no such position.
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
