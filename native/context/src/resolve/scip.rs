//! Meanings from SCIP indexes, which take precedence over those from syntax.

use super::{Meaning, Resolver, Source, SymbolRef};
use crate::index::FileId;
use crate::record::SymbolId;
use crate::scip_index::DefinedAt;

impl Resolver<'_> {
    /// Returns the meanings of an identifier; `None` if no index contains it, or if its definition is in a
    /// file that has changed.
    pub(super) fn scip_meanings(&self, file: FileId, offset: u32) -> Option<Vec<Meaning>> {
        let definitions = self.scip.definitions(self.snapshot.file(file)?, offset)?;
        let mut meanings = Vec::with_capacity(definitions.len());
        for defined in definitions {
            let file = self.snapshot.find(defined.root, &defined.path)?;
            // A definition without a symbol is a variable or a parameter.
            let symbol = self.symbol_defined_at(file, defined)?;
            let symbol_ref = symbol.map(|symbol| SymbolRef { file, symbol });
            meanings.extend(symbol_ref.map(|symbol_ref| Meaning {
                symbol_ref,
                confidence: 1.0,
                source: Source::Scip,
            }));
        }
        self.scip_used.set(true);
        Some(meanings)
    }

    /// Returns the source of the results so far: SCIP if it contributed any of them.
    #[must_use]
    pub fn source(&self) -> Source {
        if self.scip_used.get() { Source::Scip } else { Source::Index }
    }

    /// Returns the symbol at a definition. The outer `None` means that the file has changed.
    fn symbol_defined_at(&self, file: FileId, defined: &DefinedAt) -> Option<Option<SymbolId>> {
        let record = self.record(file).filter(|record| record.hash == defined.hash)?;
        let named = record.symbols_with_ids().find(|(_, symbol)| symbol.name_span.start == defined.offset);
        Some(named.map(|(id, _)| id))
    }
}
