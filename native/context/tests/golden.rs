//! Compares the records extracted from the files of `fixtures/` with the golden file next to each:
//! `<file>.golden`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p context --test golden` rewrites the golden files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic fails the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use context::extract::extract;
use context::{FileRecord, Role, Span, SymbolId};

#[test]
fn records_of_fixtures_equal_their_golden_files() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut wrong = Vec::new();
    let files = source_files(&fixtures);
    assert!(!files.is_empty());
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a fixture is readable");
        let record = extract(path.to_str().expect("a fixture has a plain name"), &text);
        let found = render(&record, &text);
        let golden = path.with_file_name(format!("{}.golden", path.file_name().unwrap().to_str().unwrap()));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &found).expect("the golden file is writable");
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "records differ from their golden files (UPDATE_GOLDEN=1 rewrites them):\n{}",
        wrong.join("\n")
    );
}

fn source_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the fixtures exist").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension != "golden") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn render(record: &FileRecord, text: &str) -> String {
    let mut out = String::new();
    let lines = record.lines;
    writeln!(
        out,
        "{} {:?}, lines: {} code, {} comment, {} blank{}",
        record.language.language().name,
        record.understanding,
        lines.code,
        lines.comment,
        lines.blank,
        if record.generated { ", generated" } else { "" }
    )
    .unwrap();

    section(&mut out, "symbols");
    for (id, symbol) in record.symbols_with_ids() {
        let (first, last) = record.line_range(symbol.span);
        let at = record.position(symbol.name_span.start);
        let depth = depth(record, id);
        write!(
            out,
            "{:indent$}{first}-{last} {} {}",
            "",
            symbol.kind.word(),
            record.name(symbol.name),
            indent = depth * 2
        )
        .unwrap();
        write!(out, " @{}:{} {:?}", at.line, at.column, symbol.visibility).unwrap();
        if let Some(owner) = symbol.owner {
            write!(out, " of {}", record.name(owner)).unwrap();
        }
        if symbol.is_test {
            write!(out, " test").unwrap();
        }
        writeln!(out, " `{}`", symbol.signature).unwrap();
        let indent = depth * 2 + 4;
        if !symbol.parameters.is_empty() {
            writeln!(out, "{:indent$}parameters: {}", "", symbol.parameters.join(" | ")).unwrap();
        }
        if !symbol.decorators.is_empty() {
            writeln!(out, "{:indent$}decorators: {}", "", symbol.decorators.join(" | ")).unwrap();
        }
        if let Some(doc) = symbol.doc {
            writeln!(
                out,
                "{:indent$}doc: {}",
                "",
                doc.of(text).split_whitespace().collect::<Vec<_>>().join(" ")
            )
            .unwrap();
        }
    }

    section(&mut out, "imports");
    for import in &record.imports {
        write!(out, "{} {}", record.line(import.span.start), import.path).unwrap();
        for imported in &import.names {
            write!(out, " {}", record.name(imported.name)).unwrap();
            if imported.local != imported.name {
                write!(out, "→{}", record.name(imported.local)).unwrap();
            }
        }
        if let Some(alias) = import.alias {
            write!(out, " as {}", record.name(alias)).unwrap();
        }
        writeln!(
            out,
            "{}{}",
            if import.everything { " *" } else { "" },
            if import.reexported { " reexported" } else { "" }
        )
        .unwrap();
    }

    for (title, role) in
        [("calls", Role::Call), ("types", Role::Type), ("extends", Role::Extends), ("locals", Role::Local)]
    {
        section(&mut out, title);
        for occurrence in record.occurrences.iter().filter(|occurrence| occurrence.role() == role) {
            let at = record.position(occurrence.start);
            let receiver = if occurrence.is_member() { "." } else { "" };
            let inside = record.enclosing_symbol(occurrence.start).map(|id| record.qualified_name(id));
            let inside = inside.unwrap_or_else(|| "(file)".to_owned());
            writeln!(
                out,
                "{}:{} {receiver}{} in {inside}",
                at.line,
                at.column,
                record.name(occurrence.name())
            )
            .unwrap();
        }
    }

    section(&mut out, "chunks");
    for chunk in &record.chunks {
        let about = chunk.symbol.map_or_else(|| "-".to_owned(), |id| record.qualified_name(id));
        let Span { start, end } = chunk.span;
        writeln!(out, "{}-{} {} bytes about {about}", chunk.start_line, chunk.end_line, end - start).unwrap();
    }
    out
}

fn section(out: &mut String, title: &str) {
    writeln!(out, "\n## {title}").unwrap();
}

fn depth(record: &FileRecord, id: SymbolId) -> usize {
    std::iter::successors(record.symbol(id).and_then(|symbol| symbol.parent), |id| record.symbol(*id)?.parent)
        .count()
}
