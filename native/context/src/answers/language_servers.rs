//! Adds the results of the editor's language servers to answers. The servers are queried first, within a
//! total time limit per answer. Their results are used only where they lead into the workspace, in addition
//! to what only the index knows.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::Request;
use super::symbols::record_and_symbol;
use crate::editor::{Diagnostic, Editor, FunctionCalls, Location, OutlineSymbol, TextPosition, TextRange};
use crate::index::FileId;
use crate::limits;
use crate::resolve::{NAME_ONLY_CONFIDENCE_MAX, Source, SymbolRef};

/// The time until which the language servers are not queried.
#[derive(Debug, Default)]
pub(crate) struct Pause(Mutex<Option<Instant>>);

impl Pause {
    fn is_active(&self) -> bool {
        self.0.lock().is_some_and(|until| Instant::now() < until)
    }

    fn start(&self) {
        *self.0.lock() = Some(Instant::now() + limits::LANGUAGE_SERVER_PAUSE);
    }
}

/// The language servers during one request.
pub(crate) struct LanguageServers<'a> {
    editor: Option<&'a dyn Editor>,
    pause: &'a Pause,
    time_left: Cell<Duration>,
    have_answered: Cell<bool>,
    /// The files by reported path, so that each path is looked up only once.
    files: RefCell<HashMap<String, Option<FileId>>>,
}

impl<'a> LanguageServers<'a> {
    /// Creates access to the language servers of an editor, if there is one.
    pub(crate) fn new(editor: Option<&'a dyn Editor>, pause: &'a Pause) -> Self {
        Self {
            editor,
            pause,
            time_left: Cell::new(limits::LANGUAGE_SERVER_TIME_MAX),
            have_answered: Cell::new(false),
            files: RefCell::default(),
        }
    }

    fn ask<T>(&self, question: impl FnOnce(&dyn Editor, Duration) -> Option<T>) -> Option<T> {
        let editor = self.editor?;
        let limit = self.time_left.get();
        if limit.is_zero() || self.pause.is_active() {
            return None;
        }
        let started = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| question(editor, limit))).unwrap_or_else(|_| {
            tracing::error!("a language server query panicked");
            None
        });
        self.time_left.set(limit.saturating_sub(started.elapsed()));
        if answer.is_none() && self.time_left.get().is_zero() {
            tracing::debug!("the language servers did not answer in time");
            self.pause.start();
        }
        answer
    }
}

/// The uses of a symbol that a language server reports.
pub(crate) struct ServerUses {
    /// The uses as file and offset.
    pub(crate) uses: Vec<(FileId, u32)>,
    /// The files that the language server knows. Anything else that the index finds in them is not a use.
    files: HashSet<FileId>,
}

impl ServerUses {
    /// Returns whether a use that only the index found is kept beside these: it must be in a file that the
    /// language server does not know, and more than its name must match.
    pub(crate) fn keeps(&self, file: FileId, confidence: f32) -> bool {
        !self.files.contains(&file) && confidence > NAME_ONLY_CONFIDENCE_MAX
    }
}

/// Returns the source of an answer: the language servers if they contributed to it, otherwise `otherwise`.
pub(crate) fn source(request: &Request<'_>, otherwise: Source) -> &'static str {
    let answered = request.servers.have_answered.get();
    if answered { Source::LanguageServer } else { otherwise }.as_str()
}

/// Returns the uses of a symbol; `None` if no language server knows the symbol.
pub(crate) fn references(request: &Request<'_>, symbol_ref: SymbolRef) -> Option<ServerUses> {
    let (path, at, defined_at) = name_position(request, symbol_ref)?;
    let found = request.servers.ask(|editor, limit| editor.references(&path, at, limit))?;
    let mut uses: Vec<(FileId, u32)> = found
        .iter()
        .take(limits::LANGUAGE_SERVER_PLACES_MAX)
        .filter_map(|found| resolve_location(request, found))
        .collect();
    if uses.is_empty() {
        return None;
    }
    request.servers.have_answered.set(true);
    let mut files: HashSet<FileId> = uses.iter().map(|(file, _)| *file).collect();
    files.insert(symbol_ref.file);
    uses.retain(|used| *used != (symbol_ref.file, defined_at));
    Some(ServerUses { uses, files })
}

/// Returns the calls of a symbol; `None` if no language server knows a call.
pub(crate) fn callers(request: &Request<'_>, symbol_ref: SymbolRef) -> Option<ServerUses> {
    let (path, at, _) = name_position(request, symbol_ref)?;
    let found = request.servers.ask(|editor, limit| editor.incoming_calls(&path, at, limit))?;
    let (record, symbol) = record_and_symbol(request, symbol_ref)?;
    let name = record.name(symbol.name);
    let mut uses = Vec::new();
    for calls in &found {
        let Some(file) = file_at_path(request, &calls.function.path) else { continue };
        uses.extend(
            calls.sites.iter().filter_map(|site| Some((file, callee_offset(request, file, site, name)?))),
        );
    }
    uses.truncate(limits::LANGUAGE_SERVER_PLACES_MAX);
    if uses.is_empty() {
        return None;
    }
    request.servers.have_answered.set(true);
    let mut files: HashSet<FileId> = uses.iter().map(|(file, _)| *file).collect();
    files.insert(symbol_ref.file);
    Some(ServerUses { uses, files })
}

/// A callee that a language server reports.
pub(crate) struct Callee {
    /// The offset of the call, in the file of the requested symbol.
    pub(crate) offset: u32,
    pub(crate) name: String,
    /// The callee; `None` if it is not in the workspace.
    pub(crate) symbol_ref: Option<SymbolRef>,
}

/// Returns the callees of a symbol; `None` if no language server knows a call.
pub(crate) fn callees(request: &Request<'_>, symbol_ref: SymbolRef) -> Option<Vec<Callee>> {
    let (path, at, _) = name_position(request, symbol_ref)?;
    let found = request.servers.ask(|editor, limit| editor.outgoing_calls(&path, at, limit))?;
    let (_, symbol) = record_and_symbol(request, symbol_ref)?;
    let mut callees = Vec::new();
    let mut seen = HashSet::new();
    for FunctionCalls { function, name, sites } in found {
        let called =
            resolve_location(request, &function).and_then(|(file, offset)| symbol_at(request, file, offset));
        for offset in sites.iter().filter_map(|site| callee_offset(request, symbol_ref.file, site, &name)) {
            // The server may report calls in other parts of the file, which were not requested.
            let is_inside = (symbol.span.start..symbol.span.end).contains(&offset);
            if is_inside && seen.insert((offset, called)) {
                callees.push(Callee { offset, name: truncated(&name), symbol_ref: called });
            }
        }
    }
    callees.truncate(limits::LANGUAGE_SERVER_PLACES_MAX);
    if callees.is_empty() {
        return None;
    }
    request.servers.have_answered.set(true);
    Some(callees)
}

/// Returns the symbols that a name refers to at a use; empty if no language server knows one in the
/// workspace.
pub(crate) fn definitions(request: &Request<'_>, file: FileId, offset: u32) -> Vec<SymbolRef> {
    let Some((path, at)) = position(request, file, offset) else { return Vec::new() };
    let found = request.servers.ask(|editor, limit| editor.definitions(&path, at, limit)).unwrap_or_default();
    let symbol_refs = found.iter().take(limits::LANGUAGE_SERVER_PLACES_MAX).filter_map(|found| {
        let (file, offset) = resolve_location(request, found)?;
        symbol_at(request, file, offset)
    });
    let symbol_refs: Vec<SymbolRef> = symbol_refs.take(limits::CANDIDATES_MAX).collect();
    if !symbol_refs.is_empty() {
        request.servers.have_answered.set(true);
    }
    symbol_refs
}

/// Returns the symbols of a file that only a language server reports, as they appear in answers.
pub(crate) fn outline(request: &Request<'_>, id: FileId) -> Vec<Value> {
    let Some((file, path)) = request.file(id).map(|file| (file, request.path(file))) else {
        return Vec::new();
    };
    let outline = request.servers.ask(|editor, limit| editor.outline(&PathBuf::from(&path), limit));
    let (Some(outline), Some(text)) = (outline.filter(|outline| !outline.is_empty()), request.text(id))
    else {
        return Vec::new();
    };
    request.servers.have_answered.set(true);
    let record = &*file.record;
    let known_lines: HashSet<u32> =
        record.symbols.iter().map(|symbol| record.line(symbol.name_span.start)).collect();
    let mut added = Vec::new();
    // Symbols inside a function are not relevant to others.
    let mut hidden_below = None;
    for symbol in &outline {
        if hidden_below.is_some_and(|depth| symbol.depth > depth) {
            continue;
        }
        hidden_below = is_callable(symbol).then_some(symbol.depth);
        let Some(offset) = symbol.start.offset_in(record, &text) else { continue };
        let at = record.position(offset);
        // For a symbol that the index has on the same line, servers have names and positions of their own.
        if !known_lines.contains(&at.line) && added.len() < limits::OUTLINE_SYMBOLS_MAX {
            added.push(json!({
                "name": truncated(&symbol.name),
                "kind": symbol.kind,
                "file_path": path,
                "start_line": symbol.first_line.saturating_add(1),
                "end_line": symbol.last_line.saturating_add(1),
                "line": at.line,
                "column": at.column,
                "signature": truncated(&symbol.detail),
                "source": Source::LanguageServer.as_str(),
            }));
        }
    }
    added
}

fn is_callable(symbol: &OutlineSymbol) -> bool {
    matches!(symbol.kind.as_str(), "function" | "method" | "constructor")
}

/// Returns the diagnostics for a file, or for all files that the language servers know, the most severe
/// first. The servers only examine open files.
pub(crate) fn diagnostics(request: &Request<'_>, file: Option<FileId>) -> Vec<Value> {
    let path = file.and_then(|id| request.file(id)).map(|file| PathBuf::from(request.path(file)));
    let found = request.servers.ask(|editor, limit| editor.diagnostics(path.as_deref(), limit));
    let mut found = found.unwrap_or_default();
    found.sort_by_key(|diagnostic| rank(&diagnostic.severity));
    let shown = found.iter().filter_map(|diagnostic| {
        let Diagnostic { location, severity, message, code, reporter } = diagnostic;
        let (id, offset) = resolve_location(request, location)?;
        if file.is_some_and(|file| file != id) {
            return None;
        }
        let indexed = request.file(id)?;
        let at = indexed.record.position(offset);
        Some(json!({
            "file_path": request.path(indexed),
            "line": at.line,
            "column": at.column,
            "severity": severity,
            "message": truncated(message),
            "code": truncated(code),
            "reporter": truncated(reporter),
        }))
    });
    let shown: Vec<Value> = shown.take(limits::DIAGNOSTICS_MAX).collect();
    if !shown.is_empty() {
        request.servers.have_answered.set(true);
    }
    shown
}

fn rank(severity: &str) -> u8 {
    match severity {
        "error" => 0,
        "warning" => 1,
        "information" => 2,
        _ => 3,
    }
}

/// Returns the path, the position and the offset of the name of a symbol.
fn name_position(request: &Request<'_>, symbol_ref: SymbolRef) -> Option<(PathBuf, TextPosition, u32)> {
    let (_, symbol) = record_and_symbol(request, symbol_ref)?;
    let offset = symbol.name_span.start;
    let (path, at) = position(request, symbol_ref.file, offset)?;
    Some((path, at, offset))
}

fn position(request: &Request<'_>, file: FileId, offset: u32) -> Option<(PathBuf, TextPosition)> {
    let indexed = request.file(file)?;
    let text = request.text(file)?;
    Some((request.path(indexed).into(), TextPosition::of(&indexed.record, &text, offset)))
}

/// Returns the indexed file at a path that a language server reports.
fn file_at_path(request: &Request<'_>, path: &str) -> Option<FileId> {
    let known = request.servers.files.borrow().get(path).copied();
    known.unwrap_or_else(|| {
        // Servers also know libraries and deleted files. Files outside the workspace are not disclosed.
        let confined = request.index.workspace().confine(path).ok();
        let file = confined.and_then(|confined| request.snapshot.find(confined.root, &confined.path));
        request.servers.files.borrow_mut().insert(path.to_owned(), file);
        file
    })
}

/// Returns the file and the offset of a location that a language server reports; `None` if it is not a valid
/// location in an indexed file.
fn resolve_location(request: &Request<'_>, location: &Location) -> Option<(FileId, u32)> {
    let file = file_at_path(request, &location.path)?;
    let offset = location.start.offset_in(&request.file(file)?.record, &request.text(file)?)?;
    Some((file, offset))
}

/// Returns the offset of the name that is called at a site. Some servers report the range of the name, others
/// that of the expression that ends with it, as in `a().b().name`.
fn callee_offset(request: &Request<'_>, file: FileId, site: &TextRange, name: &str) -> Option<u32> {
    let (record, text) = (&request.file(file)?.record, request.text(file)?);
    let (start, end) = (site.start.offset_in(record, &text)?, site.end.offset_in(record, &text)?);
    let first = record.occurrences.partition_point(|occurrence| occurrence.start < start);
    let after = record.occurrences.partition_point(|occurrence| occurrence.start < end);
    let mut inside = record.occurrences.get(first..after)?.iter();
    let named = inside.rfind(|occurrence| record.name(occurrence.name()) == name);
    // The call uses another name, such as an import alias or the keyword of a constructor.
    Some(named.map_or(start, |occurrence| occurrence.start))
}

/// Returns the symbol whose name is at an offset, or else the one that starts there.
fn symbol_at(request: &Request<'_>, file: FileId, offset: u32) -> Option<SymbolRef> {
    let record = &request.file(file)?.record;
    let mut symbols = record.symbols_with_ids();
    let named = symbols.clone().find(|(_, symbol)| symbol.name_span.start == offset);
    let (symbol, _) = named.or_else(|| symbols.find(|(_, symbol)| symbol.span.start == offset))?;
    Some(SymbolRef { file, symbol })
}

fn truncated(text: &str) -> String {
    text.chars().take(limits::LINE_CHARACTERS_MAX).collect()
}
