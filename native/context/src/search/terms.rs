//! The search terms of each chunk of a file, computed once from its text and stored in its record.

use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use super::definitions;
use super::tokens::{Identifier, Term, words};
use crate::record::{Chunk, NameTable, Span, Symbol, SymbolId, SymbolKind};

/// The frequency of a term in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) term: Term,
    /// Occurrences in the chunk's text and in the names of the enclosing symbols.
    pub(crate) body: u8,
    /// Weighted occurrences in the names that the chunk defines.
    pub(crate) name: u8,
}

/// The terms of the chunks of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileTerms {
    /// For each chunk in turn: its number of counts in 4 bytes, then its counts, sorted by term, in 6 bytes
    /// each.
    bytes: Bytes,
}

const COUNT_BYTES: usize = 6;

impl FileTerms {
    pub(crate) fn new(
        text: &str,
        chunks: &[Chunk],
        symbols: &[Symbol],
        names: &NameTable,
        is_parsed: bool,
    ) -> Self {
        let mut bytes = Vec::new();
        let mut collector = Collector::default();
        for chunk in chunks {
            let chunk_text = chunk.span.of(text);
            collector.add_text(chunk_text);
            collector.add_enclosing_names(chunk, symbols, names);
            if is_parsed {
                for (_, symbol) in defined_in(chunk.span, symbols) {
                    collector.add_definition(names.text(symbol.name), weight(symbol.kind));
                }
            } else {
                for name in definitions::in_text(chunk_text) {
                    collector.add_definition(name, weight(SymbolKind::Function));
                }
            }
            collector.finish(&mut bytes);
        }
        Self { bytes: Bytes(bytes.into()) }
    }

    /// Returns the counts of each chunk.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = impl Iterator<Item = Count>> {
        let mut rest = &*self.bytes.0;
        std::iter::from_fn(move || {
            let (length, remaining) = rest.split_first_chunk::<4>()?;
            let (counts, remaining) =
                remaining.split_at_checked(u32::from_le_bytes(*length) as usize * COUNT_BYTES)?;
            rest = remaining;
            Some(counts.as_chunks::<COUNT_BYTES>().0.iter().map(|[a, b, c, d, body, name]| Count {
                term: Term(u32::from_le_bytes([*a, *b, *c, *d])),
                body: *body,
                name: *name,
            }))
        })
    }
}

/// Returns the symbols whose names are introduced in a span. An implementation repeats a type's name without
/// defining it. Section headings and test titles count as text.
pub(super) fn defined_in(span: Span, symbols: &[Symbol]) -> impl Iterator<Item = (SymbolId, &Symbol)> {
    let end = symbols.partition_point(|symbol| symbol.span.start < span.end);
    let ids = (0..end).map(SymbolId::from_index);
    ids.zip(symbols).filter(move |(_, symbol)| {
        span.contains(symbol.name_span)
            && !matches!(symbol.kind, SymbolKind::Implementation | SymbolKind::Section | SymbolKind::Test)
    })
}

/// Returns the names of the enclosing symbols that are outside a chunk: a method is about its class, and the
/// middle of a function is about the function.
pub(super) fn enclosing_names<'a>(
    chunk: &Chunk,
    symbols: &'a [Symbol],
    names: &'a NameTable,
) -> impl Iterator<Item = &'a str> {
    let span = chunk.span;
    let of = move |id: SymbolId| symbols.get(id.0 as usize);
    let around = std::iter::successors(chunk.symbol.and_then(of), move |symbol| symbol.parent.and_then(of));
    around.flat_map(move |symbol| {
        let own = (!span.contains(symbol.name_span)).then_some(symbol.name);
        let owner = symbol.owner.filter(|_| symbol.parent.is_none());
        own.into_iter().chain(owner).map(|name| names.text(name))
    })
}

/// Returns how much a definition tells about the purpose of a chunk.
fn weight(kind: SymbolKind) -> u8 {
    match kind {
        SymbolKind::Field | SymbolKind::Variant | SymbolKind::Variable => 1,
        SymbolKind::Constant | SymbolKind::Constructor => 2,
        _ => 3,
    }
}

/// Collects the terms of one chunk at a time.
#[derive(Default)]
struct Collector {
    identifier: Identifier,
    body: Vec<Term>,
    name: Vec<(Term, u8)>,
}

impl Collector {
    fn add_text(&mut self, text: &str) {
        for word in words(text) {
            self.identifier.split(word);
            self.body.extend(self.identifier.terms());
        }
    }

    fn add_enclosing_names(&mut self, chunk: &Chunk, symbols: &[Symbol], names: &NameTable) {
        for name in enclosing_names(chunk, symbols, names) {
            self.add_text(name);
        }
    }

    fn add_definition(&mut self, name: &str, weight: u8) {
        for word in words(name) {
            self.identifier.split(word);
            self.name.extend(self.identifier.terms().map(|term| (term, weight)));
            self.name.push((Term::definition(self.identifier.joined()), weight));
        }
    }

    fn finish(&mut self, bytes: &mut Vec<u8>) {
        self.body.sort_unstable();
        self.name.sort_unstable();
        let start = bytes.len();
        bytes.extend([0; 4]);
        let (mut body, mut name) = (self.body.iter().peekable(), self.name.iter().peekable());
        let mut counts = 0_u32;
        while let Some(term) =
            body.peek().map(|term| **term).into_iter().chain(name.peek().map(|(term, _)| *term)).min()
        {
            let mut count = Count { term, body: 0, name: 0 };
            while body.next_if(|other| **other == term).is_some() {
                count.body = count.body.saturating_add(1);
            }
            while let Some((_, weight)) = name.next_if(|(other, _)| *other == term) {
                count.name = count.name.saturating_add(*weight);
            }
            bytes.extend(count.term.0.to_le_bytes());
            bytes.extend([count.body, count.name]);
            counts += 1;
        }
        bytes[start..start + 4].copy_from_slice(&counts.to_le_bytes());
        self.body.clear();
        self.name.clear();
    }
}
