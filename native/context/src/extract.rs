//! Extracts the record of a file from its text.
//!
//! One run of the language's query over the syntax tree gives flat lists of captures (`captures`). Everything
//! after that works on their spans only. Nodes are not visited again, because asking a node for its parent or
//! sibling takes time that grows with the tree.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use crate::languages::{LanguageId, detect};
use crate::limits;
use crate::record::{FileRecord, NameTable, NameTableBuilder, Span, Understanding};
use crate::search::{FileTerms, FileVectors};

mod captures;
mod chunks;
mod embedded;
mod generated;
mod headings;
mod imports;
mod lines;
mod occurrences;
mod parse;
mod symbols;

pub use parse::{parse, parse_within};

use captures::Captures;
use embedded::Region;

/// Extracts the record of a file in the language that its path and text indicate.
///
/// Extraction never fails: a text that cannot be parsed, or that has no grammar, gives a record without
/// symbols.
#[must_use]
pub fn extract(path: &str, text: &str) -> FileRecord {
    extract_as(detect(path, text), text)
}

/// Extracts the record of a text in a given language.
#[must_use]
pub fn extract_as(language: LanguageId, text: &str) -> FileRecord {
    let line_starts = lines::starts(text);
    let (parts, understanding) = parts(language, text, &line_starts);
    let mut names = NameTableBuilder::default();
    let mut symbols = headings::sections(language, text, &mut names);
    let (mut imports, mut occurrences) = (Vec::new(), Vec::new());
    let mut comments = Vec::new();
    for (language, captured) in &parts {
        symbols::append(&mut symbols, symbols::symbols(*language, text, captured, &mut names));
        imports.extend(imports::imports(*language, text, captured, &mut names));
        occurrences.extend(occurrences::occurrences(text, captured, &mut names));
        comments.extend_from_slice(&captured.comments);
    }
    let (names, final_ids): (NameTable, _) = names.finish();
    symbols::remap_names(&mut symbols, &final_ids);
    imports::remap_names(&mut imports, &final_ids);
    occurrences::remap_names(&mut occurrences, &final_ids);
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
        lines: lines::count(language, text, &line_starts, &comments),
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

/// Returns what the queries capture in a text, for each embedded region with its language. Nearly all texts
/// are one region in their own language.
fn parts(
    language: LanguageId,
    text: &str,
    line_starts: &[u32],
) -> (Vec<(LanguageId, Captures)>, Understanding) {
    let outcomes = match embedded::regions(language, text) {
        None => vec![(language, captures::capture(language, text, None))],
        Some(regions) => {
            let capture = |region: Region| {
                let within = lines::range(text, line_starts, region.span);
                (region.language, captures::capture(region.language, text, Some(within)))
            };
            regions.into_iter().map(capture).collect()
        }
    };
    let (mut parts, mut understanding) = (Vec::new(), Understanding::Text);
    for (language, outcome) in outcomes {
        match outcome {
            captures::Outcome::NoGrammar => {}
            captures::Outcome::GaveUp => return (Vec::new(), Understanding::GaveUp),
            captures::Outcome::Captured(captured) => {
                let had_errors = understanding == Understanding::Parsed { has_errors: true };
                understanding = Understanding::Parsed { has_errors: had_errors || captured.has_errors };
                parts.push((language, captured));
            }
        }
    }
    (parts, understanding)
}

/// Converts an offset to 32 bits. `limits::FILE_BYTES_MAX` is far below the maximum.
fn offset(bytes: usize) -> u32 {
    debug_assert!(bytes as u64 <= limits::FILE_BYTES_MAX.max(u64::from(u32::MAX)));
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn span(range: &Range<usize>) -> Span {
    Span { start: offset(range.start), end: offset(range.end) }
}
