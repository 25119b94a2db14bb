//! Finds symbols by the names that callers specify.

use super::{Resolver, SymbolRef};
use crate::record::{Symbol, SymbolKind, Visibility};

impl Resolver<'_> {
    /// Returns the symbols with a name, which may be qualified, such as `Parser.parse` or
    /// `parser::Parser::parse`. The most likely comes first.
    #[must_use]
    pub fn find_symbols(&self, name: &str) -> Vec<SymbolRef> {
        let name = name.trim().trim_end_matches("()");
        let mut found = self.symbols_named(name);
        if found.is_empty() {
            let parts: Vec<&str> = name
                .split(['.', ':', '#', '/', '\\', '>'])
                .map(|part| part.trim_matches('-'))
                .filter(|part| !part.is_empty())
                .collect();
            if let Some((last, enclosing)) = parts.split_last() {
                found = self.symbols_named(last);
                found.retain(|symbol_ref| self.is_within(*symbol_ref, enclosing));
            }
        }
        // Implementations and headings have a name without defining it. They are relevant only if nothing
        // else has the name.
        let defines_nothing = |symbol_ref: &SymbolRef| {
            self.symbol(*symbol_ref).is_some_and(|(_, symbol)| {
                matches!(symbol.kind, SymbolKind::Implementation | SymbolKind::Section)
            })
        };
        if !found.iter().all(defines_nothing) {
            found.retain(|symbol_ref| !defines_nothing(symbol_ref));
        }
        found.sort_by_cached_key(|symbol_ref| self.sort_key(*symbol_ref));
        found
    }

    /// Returns names of the workspace that are similar to an unknown name.
    #[must_use]
    pub fn similar_names(&self, name: &str, max_count: usize) -> Vec<String> {
        let wanted = name.rsplit(['.', ':', '#']).next().unwrap_or(name).to_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(usize, &str)> = Vec::new();
        for (_, file) in self.snapshot.files() {
            let record = &file.record;
            for symbol in &record.symbols {
                let name = record.name(symbol.name);
                if let Some(distance) = distance(&wanted, name) {
                    found.push((distance, name));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().take(max_count).map(|(_, name)| name.to_owned()).collect()
    }

    fn symbols_named(&self, name: &str) -> Vec<SymbolRef> {
        self.snapshot.symbols_named(name).map(|(file, symbol, _)| SymbolRef { file, symbol }).collect()
    }

    /// Returns whether the given names occur, in this order, among the directories, the file and the symbols
    /// that enclose a symbol.
    fn is_within(&self, symbol_ref: SymbolRef, names: &[&str]) -> bool {
        let Some(file) = self.snapshot.file(symbol_ref.file) else { return false };
        let qualified = file.record.qualified_name(symbol_ref.symbol);
        let path = file.path.rsplit_once('.').map_or(&*file.path, |(path, _)| path);
        let mut enclosing = path.split('/').chain(qualified.split('.'));
        names.iter().all(|name| enclosing.any(|part| part == *name))
    }

    /// Returns the sort key of a symbol. A public definition of the project itself is more likely to be meant
    /// than a test, a vendored copy, or a variable in a function.
    fn sort_key(&self, symbol_ref: SymbolRef) -> impl Ord + use<> {
        let (file, (record, symbol)) = self.snapshot.file(symbol_ref.file).zip(self.symbol(symbol_ref))?;
        let auxiliary = u8::from(file.is_test || symbol.is_test)
            + u8::from(file.is_vendored)
            + u8::from(record.generated);
        let hidden = u8::from(symbol.visibility != Visibility::Public);
        Some((
            auxiliary,
            rank(symbol),
            hidden,
            symbol.body.is_none(),
            file.path.matches('/').count(),
            file.path.clone(),
            symbol_ref.symbol,
        ))
    }
}

fn rank(symbol: &Symbol) -> u8 {
    match symbol.kind {
        SymbolKind::Function | SymbolKind::Macro => 0,
        kind if kind.is_type() && kind != SymbolKind::Implementation => 0,
        SymbolKind::Method | SymbolKind::Constructor => 1,
        SymbolKind::Constant | SymbolKind::Variable | SymbolKind::Module => 2,
        _ => 3,
    }
}

/// Returns the distance of a name from a lowercase one; `None` if they are not similar.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    if name == wanted {
        return Some(0);
    }
    let longer = name.len().max(wanted.len()) - name.len().min(wanted.len());
    if wanted.len() >= 3 && (name.contains(wanted) || (name.len() >= 3 && wanted.contains(name.as_str()))) {
        return Some(1 + longer);
    }
    let differing = wanted.chars().zip(name.chars()).filter(|(a, b)| a != b).count();
    (longer <= 1 && differing <= 2 && wanted.len() >= 4).then_some(2 + longer + differing)
}
