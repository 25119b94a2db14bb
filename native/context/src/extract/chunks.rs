//! A text in pieces for search.
//!
//! A chunk is made of whole lines. It ends where a symbol starts once it says enough, and at the best line before it gets too long:
//! in front of an outer symbol rather than an inner one, of a paragraph rather than of any line.

use super::offset;
use crate::limits::{CHUNK_CHARACTERS_MAX, CHUNK_CHARACTERS_MIN};
use crate::record::{Chunk, Span, Symbol, SymbolId, SymbolKind};

/// How good a place a line is to start a chunk with.
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
    let starts = line_qualities(&lines, symbols);
    let mut chunks = Vec::new();
    let mut first = 0;
    while first < line_starts.len() {
        let behind = end_of_chunk(&lines, &starts, first);
        if let Some(chunk) = chunk(&lines, symbols, first, behind) {
            chunks.push(chunk);
        }
        first = behind;
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

fn line_qualities(lines: &Lines<'_>, symbols: &[Symbol]) -> Vec<Start> {
    let mut starts: Vec<Start> = (0..lines.starts.len())
        .map(|line| if line > 0 && lines.is_blank(line - 1) { Start::Paragraph } else { Start::Line })
        .collect();
    for symbol in symbols.iter().filter(|symbol| deserves_a_start(symbol)) {
        let quality = match symbol.parent.and_then(|parent| symbols.get(parent.0 as usize)) {
            None => Start::OuterSymbol,
            Some(parent) if parent.kind.is_type() || parent.kind == SymbolKind::Module => Start::Member,
            Some(_) => Start::InnerSymbol,
        };
        if let Some(start) = starts.get_mut(lines.index_of(symbol.span.start)) {
            *start = quality.max(*start);
        }
    }
    starts
}

/// Fields, variants and constants in a row belong together.
fn deserves_a_start(symbol: &Symbol) -> bool {
    symbol.body.is_some()
        || !matches!(
            symbol.kind,
            SymbolKind::Field | SymbolKind::Variant | SymbolKind::Constant | SymbolKind::Variable
        )
}

/// The line behind the chunk that starts with `first`.
fn end_of_chunk(lines: &Lines<'_>, starts: &[Start], first: usize) -> usize {
    let mut characters = 0;
    let mut best: Option<(Start, usize)> = None;
    for (line, start) in starts.iter().enumerate().skip(first) {
        if line > first && characters >= CHUNK_CHARACTERS_MIN {
            if *start >= Start::Member {
                return line;
            }
            if best.is_none_or(|(quality, _)| *start >= quality) {
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

/// `None` where all of its lines are blank.
fn chunk(lines: &Lines<'_>, symbols: &[Symbol], first: usize, behind: usize) -> Option<Chunk> {
    let first = (first..behind).find(|line| !lines.is_blank(*line))?;
    let last = (first..behind).rev().find(|line| !lines.is_blank(*line))?;
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
    let behind = symbols.partition_point(|symbol| symbol.span.start < span.end);
    let inside = symbols.get(first_inside..behind).unwrap_or_default();
    let telling = inside.iter().position(deserves_a_start).unwrap_or(0);
    let inside = (!inside.is_empty()).then(|| SymbolId::from_index(first_inside + telling));
    let mut around = first_inside.checked_sub(1).map(SymbolId::from_index);
    while let Some(symbol) = around.and_then(|id| symbols.get(id.0 as usize)) {
        if symbol.span.contains(span) {
            break;
        }
        around = symbol.parent;
    }
    // A chunk out of the middle of a long function is about that function, whatever little is defined in it.
    match around.and_then(|id| symbols.get(id.0 as usize)) {
        Some(symbol) if symbol.kind.is_callable() => around,
        _ => inside.or(around),
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
