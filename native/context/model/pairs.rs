//! Prints pairs of a doc comment and the function that it documents, for training the static embedding.
//!
//! `cargo run -p context --example pairs -- DIRECTORY…` prints one JSON object per line for each documented
//! function of each directory: `{package, language, path, name, doc, code}`. The code is without the doc
//! comment.

#![allow(clippy::unwrap_used, reason = "a panic fails the tool")]

use std::io::Write as _;
use std::path::Path;

use context::{FileRecord, Index, Symbol, Workspace};

/// The maximum number of characters of a function, which equals that of a chunk for search.
const CODE_CHARACTERS: usize = context::limits::CHUNK_CHARACTERS_MAX;

fn main() {
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    for directory in std::env::args().skip(1) {
        let package = Path::new(&directory).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let index = Index::new(Workspace::new([&directory]).unwrap());
        for (_, file) in index.build(None, None, &|_| {}).files() {
            let record = &file.record;
            if file.is_test || file.is_vendored || record.generated {
                continue;
            }
            let Some(text) = index.text(file) else { continue };
            for symbol in record.symbols.iter().filter(|symbol| symbol.kind.is_callable() && !symbol.is_test)
            {
                let Some((doc, code)) = pair(&text, symbol) else { continue };
                let line = serde_json::json!({
                    "package": package,
                    "language": record.language.language().name,
                    "path": file.path,
                    "name": qualified(record, symbol),
                    "doc": doc,
                    "code": code,
                });
                writeln!(output, "{line}").unwrap();
            }
        }
    }
}

fn pair(text: &str, symbol: &Symbol) -> Option<(String, String)> {
    let doc = symbol.doc?;
    symbol.body?;
    let (start, end) = (symbol.span.start as usize, symbol.span.end as usize);
    let before = text.get(start..(doc.start as usize).max(start))?;
    let after = text.get((doc.end as usize).min(end)..end)?;
    Some((doc.of(text).to_owned(), format!("{before}{after}").trim().chars().take(CODE_CHARACTERS).collect()))
}

fn qualified(record: &FileRecord, symbol: &Symbol) -> String {
    let owner = symbol.owner.map(|owner| format!("{}.", record.name(owner))).unwrap_or_default();
    format!("{owner}{}", record.name(symbol.name))
}
