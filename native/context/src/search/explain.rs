//! Explains why a chunk was found and which symbol it is about.

use super::filter::Filter;
use super::query::{Analysis, Role};
use super::tables::Part;
use super::terms::defined_in;
use super::tokens::{Identifier, Term};
use crate::record::{Chunk, FileRecord, SymbolId};

/// Why a chunk was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons {
    /// The words of the query that the chunk contains, in the order of the query.
    pub words: Vec<String>,
    /// The names of the query that the chunk defines.
    pub defines: Vec<String>,
    /// The file is named after a word of the query.
    pub file_name: bool,
}

/// Returns why the chunk at an index of a part's segment was found.
pub(super) fn reasons(part: &Part, position: u32, analysis: &Analysis<'_>) -> Reasons {
    let mut reasons = Reasons::default();
    for query_term in &analysis.terms {
        let postings = part.segment.postings(query_term.term);
        let posting = postings.binary_search_by_key(&position, |posting| posting.chunk);
        let Some(posting) = posting.ok().and_then(|index| postings.get(index)) else { continue };
        let word = analysis.words.get(query_term.word).map_or_else(String::new, |word| (*word).to_owned());
        match query_term.role {
            Role::Word if posting.body > 0 || posting.name > 0 => reasons.words.push(word),
            Role::Word => {}
            Role::Definition => reasons.defines.push(word),
            Role::FileStem => reasons.file_name = true,
        }
    }
    reasons.words.dedup();
    reasons.defines.dedup();
    reasons
}

/// Returns the symbol that a chunk is about as an answer to a query, of the kinds that the filter allows. It
/// prefers a symbol that the query names, then the chunk's own symbol, then any symbol in the chunk.
pub(super) fn subject(
    record: &FileRecord,
    chunk: &Chunk,
    analysis: &Analysis<'_>,
    filter: &Filter,
) -> Option<SymbolId> {
    let mut identifier = Identifier::default();
    let mut is_named = |id: &SymbolId| {
        let name = record.symbol(*id).map_or("", |symbol| record.name(symbol.name));
        identifier.split(name);
        let term = Term::definition(identifier.joined());
        analysis.terms.iter().any(|query_term| query_term.role == Role::Definition && query_term.term == term)
    };
    let allowed = |id: &SymbolId| record.symbol(*id).is_some_and(|symbol| filter.allows_symbol(symbol));
    let own = chunk.symbol.filter(allowed);
    let inside = || defined_in(chunk.span, &record.symbols).map(|(id, _)| id).filter(allowed);
    own.filter(&mut is_named).or_else(|| inside().find(is_named)).or(own).or_else(|| inside().next())
}
