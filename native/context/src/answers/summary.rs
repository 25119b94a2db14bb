//! `summarize_repo`: what a newcomer wants to know.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::budget::Budget;
use super::symbols::mentioned;
use super::{Answer, Asking, members};
use crate::languages::LanguageId;
use crate::protocol::{Arguments, Refusal};
use crate::record::{SymbolKind, Visibility};
use crate::resolve::Place;

/// What a newcomer wants to know.
pub(crate) fn summarize_repo(asking: &Asking<'_>, arguments: &Arguments<'_>) -> Answer {
    summary(asking, &mut Budget::new(arguments.size("max_tokens")))
}

#[derive(Default)]
struct Counts {
    files: u64,
    functions: u64,
    classes: u64,
    methods: u64,
    imports: u64,
    symbols: u64,
    lines: u64,
    code: u64,
}

pub(crate) fn summary(asking: &Asking<'_>, budget: &mut Budget) -> Result<Map<String, Value>, Refusal> {
    let mut languages: BTreeMap<LanguageId, Counts> = BTreeMap::new();
    let (mut functions, mut classes) = (Top::default(), Top::default());
    for (id, file) in asking.snapshot.files() {
        asking.check_time()?;
        let record = &*file.record;
        let counts = languages.entry(record.language).or_default();
        counts.files += 1;
        counts.lines += u64::from(record.lines.total());
        counts.code += u64::from(record.lines.code);
        counts.imports += record.imports.len() as u64;
        counts.symbols += record.symbols.len() as u64;
        for (symbol_id, symbol) in record.symbols_with_ids() {
            let place = Place { file: id, symbol: symbol_id };
            let of_interest = !file.is_test
                && !file.is_vendored
                && !record.generated
                && symbol.visibility == Visibility::Public;
            match symbol.kind {
                SymbolKind::Function => counts.functions += 1,
                SymbolKind::Method | SymbolKind::Constructor => counts.methods += 1,
                kind if kind.is_type() && kind != SymbolKind::Implementation => counts.classes += 1,
                _ => continue,
            }
            if of_interest && symbol.kind == SymbolKind::Function {
                functions.add(place, record.name(symbol.name));
            } else if of_interest && symbol.kind.is_type() {
                classes.add(place, record.name(symbol.name));
            }
        }
    }
    let total = |count: fn(&Counts) -> u64| languages.values().map(count).sum::<u64>();
    let mut answer = members(json!({
        "total_files": total(|counts| counts.files),
        "total_lines": total(|counts| counts.lines),
        "total_symbols": total(|counts| counts.symbols),
        "total_functions": total(|counts| counts.functions),
        "total_classes": total(|counts| counts.classes),
        "total_methods": total(|counts| counts.methods),
        "total_imports": total(|counts| counts.imports),
        "source": "index",
    }));
    let mut by_lines: Vec<(LanguageId, Counts)> = languages.into_iter().collect();
    by_lines.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.code));
    let by_lines = by_lines.into_iter().map(|(language, counts)| {
        json!({
            "language": language.language().name,
            "file_count": counts.files,
            "function_count": counts.functions,
            "class_count": counts.classes,
            "method_count": counts.methods,
            "import_count": counts.imports,
            "total_lines": counts.lines,
            "code_lines": counts.code,
        })
    });
    answer.insert("languages".to_owned(), json!(budget.list("languages", 0.4, by_lines)));
    for (name, top) in [("top_classes", classes), ("top_functions", functions)] {
        let shown = top.best(asking).into_iter().map(|(place, files)| {
            let mut value = mentioned(asking, place);
            value["used_in_files"] = json!(files);
            value
        });
        answer.insert(name.to_owned(), json!(budget.list(name, 0.6, shown)));
    }
    std::mem::replace(budget, Budget::new(0)).finish(&mut answer);
    Ok(answer)
}

/// The symbols that the most files mention.
#[derive(Default)]
struct Top<'a> {
    found: Vec<(Place, &'a str)>,
}

impl<'a> Top<'a> {
    fn add(&mut self, place: Place, name: &'a str) {
        self.found.push((place, name));
    }

    /// Ten of them, with the number of files. Symbols that share their name with another one would share its users as well, so they are
    /// left out.
    fn best(self, asking: &Asking<'_>) -> Vec<(Place, usize)> {
        let mut named: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
        for (_, name) in &self.found {
            *named.entry(name).or_default() += 1;
        }
        let unique = self.found.iter().filter(|(_, name)| named.get(name) == Some(&1));
        let mut counted: Vec<(Place, usize)> =
            unique.map(|(place, name)| (*place, asking.snapshot.files_with(name).count())).collect();
        counted.sort_by_key(|(place, files)| (std::cmp::Reverse(*files), *place));
        counted.truncate(10);
        counted
    }
}
