//! From the text of a file to its record.
//!
//! One run of the language's query over the syntax tree gives flat lists of captures ([`captures`]); everything after that is arithmetic
//! on their spans: nodes are not walked again, because asking a node for its parent or sibling takes time that grows with the tree.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use crate::languages::{LanguageId, detect};
use crate::limits;
use crate::record::{FileRecord, NameTable, NameTableBuilder, Span, Understanding};
use crate::search::{FileTerms, FileVectors};

mod captures;
mod chunks;
mod generated;
mod imports;
mod lines;
mod occurrences;
mod parse;
mod symbols;

pub use parse::parse;

use captures::Captures;

/// Reads a file's text as its language.
///
/// It never fails: a text that cannot be parsed, or that has no grammar, gives a record without symbols.
#[must_use]
pub fn extract(path: &str, text: &str) -> FileRecord {
    extract_as(detect(path, text), text)
}

/// Reads a text as a language.
#[must_use]
pub fn extract_as(language: LanguageId, text: &str) -> FileRecord {
    let line_starts = lines::starts(text);
    let (captured, understanding) = match captures::capture(language, text) {
        captures::Outcome::NoGrammar => (Captures::default(), Understanding::Text),
        captures::Outcome::GaveUp => (Captures::default(), Understanding::GaveUp),
        captures::Outcome::Captured(captured) => {
            let has_errors = captured.has_errors;
            (captured, Understanding::Parsed { has_errors })
        }
    };
    let mut names = NameTableBuilder::default();
    let mut symbols = symbols::symbols(language, text, &captured, &mut names);
    let mut imports = imports::imports(language, text, &captured, &mut names);
    let mut occurrences = occurrences::occurrences(text, &captured, &mut names);
    let (names, final_ids): (NameTable, _) = names.finish();
    symbols::rename(&mut symbols, &final_ids);
    imports::rename(&mut imports, &final_ids);
    occurrences::rename(&mut occurrences, &final_ids);
    let chunks = chunks::chunks(text, &line_starts, &symbols);
    let is_parsed = matches!(understanding, Understanding::Parsed { .. });
    let terms = FileTerms::new(text, &chunks, &symbols, &names, is_parsed);
    let vectors = FileVectors::new(text, &chunks, &symbols, &names);
    FileRecord {
        hash: xxh3_64(text.as_bytes()),
        language,
        understanding,
        generated: generated::is_generated(text, &line_starts),
        byte_length: offset(text.len()),
        lines: lines::count(language, text, &line_starts, &captured.comments),
        line_starts,
        names,
        symbols: symbols.into(),
        occurrences: occurrences.into(),
        imports: imports.into(),
        chunks: chunks.into(),
        terms,
        vectors,
    }
}

/// Offsets are 32 bits wide: `limits::FILE_BYTES_MAX` is far below.
fn offset(bytes: usize) -> u32 {
    debug_assert!(bytes as u64 <= limits::FILE_BYTES_MAX.max(u64::from(u32::MAX)));
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn span(range: &Range<usize>) -> Span {
    Span { start: offset(range.start), end: offset(range.end) }
}
