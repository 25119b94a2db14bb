//! Why a chunk was found, and which symbol it is about.

use super::filter::Filter;
use super::query::{Analysis, Role};
use super::tables::Part;
use super::terms::defined_in;
use super::tokens::{Identifier, Term};
use crate::record::{Chunk, FileRecord, SymbolId};

/// Why a chunk was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons {
    /// Words of the query that it has, in the query's order.
    pub words: Vec<String>,
    /// Names of the query that it defines.
    pub defines: Vec<String>,
    /// The file is called by a word of the query.
    pub file_name: bool,
}

/// Why a chunk, by its place in the segment of a part, was found.
pub(super) fn reasons(part: &Part, place: u32, analysis: &Analysis<'_>) -> Reasons {
    let mut reasons = Reasons::default();
    for sought in &analysis.sought {
        let postings = part.segment.postings(sought.term);
        let posting = postings.binary_search_by_key(&place, |posting| posting.chunk);
        let Some(posting) = posting.ok().and_then(|index| postings.get(index)) else { continue };
        let word = analysis.words.get(sought.word).map_or_else(String::new, |word| (*word).to_owned());
        match sought.role {
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

/// The symbol that a chunk is about as an answer to a query: one that the query names, or else the one that the chunk is about anyway, or any
/// in it, of the kinds that are allowed.
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
        analysis.sought.iter().any(|sought| sought.role == Role::Definition && sought.term == term)
    };
    let allowed = |id: &SymbolId| record.symbol(*id).is_some_and(|symbol| filter.allows_symbol(symbol));
    let own = chunk.symbol.filter(allowed);
    let inside = || defined_in(chunk.span, &record.symbols).map(|(id, _)| id).filter(allowed);
    own.filter(&mut is_named).or_else(|| inside().find(is_named)).or(own).or_else(|| inside().next())
}
