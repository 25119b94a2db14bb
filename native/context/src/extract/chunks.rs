//! Splits a text into chunks for search.
//!
//! A chunk consists of whole lines. It ends where a symbol starts once it is long enough. Otherwise it ends
//! at the best line before it gets too long: before an outer symbol rather than an inner one, before a
//! paragraph rather than any other line.

use super::offset;
use crate::limits::{CHUNK_CHARACTERS_MAX, CHUNK_CHARACTERS_MIN};
use crate::record::{Chunk, Span, Symbol, SymbolId, SymbolKind};

/// How well a line suits as the start of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    Line,
    Paragraph,
    InnerSymbol,
    Member,
    OuterSymbol,
}

pub(super) fn chunks(text: &str, line_starts: &[u32], symbols: &[Symbol]) -> Vec<Chunk> {
    let lines = Lines { text, starts: line_starts };
    let starts = line_start_kinds(&lines, symbols);
    let mut chunks = Vec::new();
    let mut first = 0;
    while first < line_starts.len() {
        let end = chunk_end(&lines, &starts, first);
        if let Some(chunk) = chunk(&lines, symbols, first, end) {
            chunks.push(chunk);
        }
        first = end;
    }
    chunks
}

struct Lines<'a> {
    text: &'a str,
    starts: &'a [u32],
}

impl Lines<'_> {
    fn span(&self, line: usize) -> Span {
        let start = self.starts.get(line).copied().unwrap_or_else(|| offset(self.text.len()));
        let end = self.starts.get(line + 1).copied().unwrap_or_else(|| offset(self.text.len()));
        Span { start, end }
    }

    fn is_blank(&self, line: usize) -> bool {
        self.span(line).of(self.text).trim().is_empty()
    }

    fn index_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }
}

fn line_start_kinds(lines: &Lines<'_>, symbols: &[Symbol]) -> Vec<Start> {
    let mut starts: Vec<Start> = (0..lines.starts.len())
        .map(|line| if line > 0 && lines.is_blank(line - 1) { Start::Paragraph } else { Start::Line })
        .collect();
    for symbol in symbols.iter().filter(|symbol| can_start_chunk(symbol)) {
        let kind = match symbol.parent.and_then(|parent| symbols.get(parent.0 as usize)) {
            None => Start::OuterSymbol,
            Some(parent) if parent.kind.is_type() || parent.kind == SymbolKind::Module => Start::Member,
            Some(_) => Start::InnerSymbol,
        };
        if let Some(start) = starts.get_mut(lines.index_of(symbol.span.start)) {
            *start = kind.max(*start);
        }
    }
    starts
}

/// Returns whether a chunk may start at a symbol. Fields, variants and constants in a row stay together.
fn can_start_chunk(symbol: &Symbol) -> bool {
    symbol.body.is_some()
        || !matches!(
            symbol.kind,
            SymbolKind::Field | SymbolKind::Variant | SymbolKind::Constant | SymbolKind::Variable
        )
}

/// Returns the first line after the chunk that starts with `first`.
fn chunk_end(lines: &Lines<'_>, starts: &[Start], first: usize) -> usize {
    let mut characters = 0;
    let mut best: Option<(Start, usize)> = None;
    for (line, start) in starts.iter().enumerate().skip(first) {
        if line > first && characters >= CHUNK_CHARACTERS_MIN {
            if *start >= Start::Member {
                return line;
            }
            if best.is_none_or(|(kind, _)| *start >= kind) {
                best = Some((*start, line));
            }
        }
        characters += lines.span(line).of(lines.text).chars().count();
        if characters > CHUNK_CHARACTERS_MAX {
            return best.map_or(line.max(first + 1), |(_, line)| line);
        }
    }
    starts.len()
}

/// Returns the chunk of a range of lines, or `None` if all of them are blank.
fn chunk(lines: &Lines<'_>, symbols: &[Symbol], first: usize, end: usize) -> Option<Chunk> {
    let first = (first..end).find(|line| !lines.is_blank(*line))?;
    let last = (first..end).rev().find(|line| !lines.is_blank(*line))?;
    let span = Span { start: lines.span(first).start, end: lines.span(last).end };
    Some(Chunk {
        span,
        start_line: offset(first + 1),
        end_line: offset(last + 1),
        symbol: symbol_of(symbols, span),
    })
}

fn symbol_of(symbols: &[Symbol], span: Span) -> Option<SymbolId> {
    let first_inside = symbols.partition_point(|symbol| symbol.span.start < span.start);
    let end = symbols.partition_point(|symbol| symbol.span.start < span.end);
    let inside = symbols.get(first_inside..end).unwrap_or_default();
    let first = inside.iter().position(can_start_chunk).unwrap_or(0);
    let inside = (!inside.is_empty()).then(|| SymbolId::from_index(first_inside + first));
    let mut enclosing = first_inside.checked_sub(1).map(SymbolId::from_index);
    while let Some(symbol) = enclosing.and_then(|id| symbols.get(id.0 as usize)) {
        if symbol.span.contains(span) {
            break;
        }
        enclosing = symbol.parent;
    }
    // A chunk from the middle of a long function is about that function, whatever small definitions it
    // contains.
    match enclosing.and_then(|id| symbols.get(id.0 as usize)) {
        Some(symbol) if symbol.kind.is_callable() => enclosing,
        _ => inside.or(enclosing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::lines;

    fn ranges(text: &str) -> Vec<(u32, u32)> {
        let chunks = chunks(text, &lines::starts(text), &[]);
        chunks.iter().map(|chunk| (chunk.start_line, chunk.end_line)).collect()
    }

    #[test]
    fn text_is_split_at_paragraphs_and_a_long_line_stays_whole() {
        assert_eq!(ranges("one\ntwo\n"), [(1, 2)]);
        assert_eq!(ranges("\n\n"), []);
        let paragraph = format!("{}\n", "word ".repeat(50)).repeat(3);
        assert_eq!(ranges(&[paragraph.as_str(); 4].join("\n")), [(1, 3), (5, 7), (9, 11), (13, 15)]);
        let long = "x".repeat(CHUNK_CHARACTERS_MAX * 2);
        assert_eq!(ranges(&format!("a\n{long}\nb\n")), [(1, 1), (2, 2), (3, 3)]);
    }
}
