//! Queries the language servers and unsaved files of VS Code through callbacks into the extension.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use context::editor::{self, Editor, TextPosition};
use context::{Progress, limits};
use napi::Status;
use napi::bindgen_prelude::{FromNapiValue, JsValuesTupleIntoVec, Promise};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::callback::{Callback, ask};

/// A position in a document, counted as in VS Code and the Language Server Protocol.
#[napi(object)]
pub struct CodePosition {
    /// The line, from 0.
    pub line: u32,
    /// The number of UTF-16 code units from the start of the line.
    pub character: u32,
}

/// A range in a document.
#[napi(object)]
pub struct CodeRange {
    /// The first character.
    pub start: CodePosition,
    /// The position after the last character.
    pub end: CodePosition,
}

/// A location in a file.
#[napi(object)]
pub struct CodeLocation {
    /// The path of the file.
    pub path: String,
    /// The first character, or for a named item the first character of the name.
    pub start: CodePosition,
}

/// A question about a position in a file.
#[napi(object)]
pub struct PlaceQuestion {
    /// The path of the file.
    pub path: String,
    /// The position of the name in question.
    pub at: CodePosition,
    /// The maximum number of entries in the answer.
    pub count_max: u32,
}

/// A question about a file or all files.
#[napi(object)]
pub struct FileQuestion {
    /// The path of the file. Omitted for all files.
    pub path: Option<String>,
    /// The maximum number of entries in the answer.
    pub count_max: u32,
}

/// The calls between the function in question and another function.
#[napi(object)]
pub struct FunctionCalls {
    /// The other function.
    pub function: CodeLocation,
    /// The name of the other function.
    pub name: String,
    /// The ranges of the calls in the caller's file.
    pub sites: Vec<CodeRange>,
}

/// A symbol that a file defines.
#[napi(object)]
pub struct OutlineSymbol {
    /// The name.
    pub name: String,
    /// More detail, such as the type.
    pub detail: String,
    /// The name of the kind in VS Code, in lower case.
    pub kind: String,
    /// The position of the name.
    pub start: CodePosition,
    /// The first line, from 0.
    pub first_line: u32,
    /// The last line, from 0.
    pub last_line: u32,
    /// The number of enclosing symbols.
    pub depth: u32,
}

/// A diagnostic of a language server.
#[napi(object)]
pub struct CodeDiagnostic {
    /// The location.
    pub location: CodeLocation,
    /// The name of the severity in VS Code, in lower case.
    pub severity: String,
    /// The message.
    pub message: String,
    /// The code of the diagnostic. May be empty.
    pub code: String,
    /// The source of the diagnostic. May be empty.
    pub reporter: String,
}

/// A question about unsaved files: which texts the core already knows, and how much more it accepts.
#[napi(object)]
pub struct UnsavedQuestion {
    /// The files whose text the core already knows.
    pub known: Vec<KnownText>,
    /// The maximum number of files in the answer.
    pub count_max: u32,
    /// The maximum length of a text in UTF-16 code units. Longer texts are omitted.
    pub text_characters_max: u32,
    /// The maximum length of all texts together in UTF-16 code units. Files beyond it are omitted.
    pub characters_max: u32,
}

/// An unsaved file whose text the core already knows.
#[napi(object)]
pub struct KnownText {
    /// The path of the file.
    pub path: String,
    /// The revision of the known text.
    pub revision: String,
}

/// A file whose text in VS Code differs from the file on disk.
#[napi(object)]
pub struct UnsavedFile {
    /// The path of the file.
    pub path: String,
    /// The revision, which changes with each change of the text.
    pub revision: String,
    /// The text, unless it is already known or too long.
    pub text: Option<String>,
}

/// The progress of building the code index.
#[napi(object)]
pub struct IndexProgress {
    /// The number of files read so far.
    pub files: u32,
    /// The total number of files.
    pub total: u32,
}

/// The callbacks of the extension that answer questions about the open code.
#[napi(object, object_to_js = false)]
pub struct CodeCallbacks {
    /// Returns the definitions of the name at a position.
    #[napi(ts_type = "(question: PlaceQuestion) => Promise<Array<CodeLocation>>")]
    pub definitions: Callback<PlaceQuestion, Promise<Vec<CodeLocation>>>,
    /// Returns the uses of the name at a position, including its definition.
    #[napi(ts_type = "(question: PlaceQuestion) => Promise<Array<CodeLocation>>")]
    pub references: Callback<PlaceQuestion, Promise<Vec<CodeLocation>>>,
    /// Returns the callers of the function at a position.
    #[napi(ts_type = "(question: PlaceQuestion) => Promise<Array<FunctionCalls>>")]
    pub incoming_calls: Callback<PlaceQuestion, Promise<Vec<FunctionCalls>>>,
    /// Returns the functions that the function at a position calls.
    #[napi(ts_type = "(question: PlaceQuestion) => Promise<Array<FunctionCalls>>")]
    pub outgoing_calls: Callback<PlaceQuestion, Promise<Vec<FunctionCalls>>>,
    /// Returns the symbols of a file, each before the symbols that it encloses.
    #[napi(ts_type = "(question: FileQuestion) => Promise<Array<OutlineSymbol>>")]
    pub outline: Callback<FileQuestion, Promise<Vec<OutlineSymbol>>>,
    /// Returns the diagnostics of a file or of all files.
    #[napi(ts_type = "(question: FileQuestion) => Promise<Array<CodeDiagnostic>>")]
    pub diagnostics: Callback<FileQuestion, Promise<Vec<CodeDiagnostic>>>,
    /// Returns the unsaved files.
    #[napi(ts_type = "(question: UnsavedQuestion) => Promise<Array<UnsavedFile>>")]
    pub unsaved: Callback<UnsavedQuestion, Promise<Vec<UnsavedFile>>>,
}

/// The code that is open in VS Code, as an editor of the code index. It must be called from threads that may
/// block, never from the runtime's own threads.
#[derive(Clone)]
pub(crate) struct OpenCode {
    callbacks: Arc<CodeCallbacks>,
    runtime: Handle,
}

impl OpenCode {
    pub(crate) fn new(callbacks: Arc<CodeCallbacks>, runtime: Handle) -> Self {
        Self { callbacks, runtime }
    }

    /// Calls back into the extension and waits for the answer. The runtime awaits the promise. If the runtime
    /// ends meanwhile, there is no answer.
    fn ask<Question, Found>(
        &self,
        callback: fn(&CodeCallbacks) -> &Callback<Question, Promise<Vec<Found>>>,
        question: Question,
        limit: Duration,
    ) -> Option<Vec<Found>>
    where
        Question: JsValuesTupleIntoVec + Send + 'static,
        Vec<Found>: FromNapiValue + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        let callbacks = Arc::clone(&self.callbacks);
        let asked = self.runtime.spawn(async move {
            // The receiver may have stopped waiting.
            let _status = sender.send(ask(callback(&callbacks), question, limit).await);
        });
        let answer = receiver.recv_timeout(limit);
        asked.abort();
        match answer {
            Ok(Ok(found)) => Some(found),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a language server did not answer");
                None
            }
            Err(_) => None,
        }
    }

    fn ask_at<Found>(
        &self,
        callback: fn(&CodeCallbacks) -> &Callback<PlaceQuestion, Promise<Vec<Found>>>,
        path: &Path,
        at: TextPosition,
        limit: Duration,
    ) -> Option<Vec<Found>>
    where
        Vec<Found>: FromNapiValue + Send + 'static,
    {
        let at = CodePosition { line: at.line, character: at.character };
        let question = PlaceQuestion {
            path: path_string(path)?,
            at,
            count_max: count(limits::LANGUAGE_SERVER_PLACES_MAX),
        };
        self.ask(callback, question, limit)
    }
}

impl Editor for OpenCode {
    fn definitions(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<editor::Location>> {
        self.ask_at(|callbacks| &callbacks.definitions, path, at, limit).map(converted)
    }

    fn references(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<editor::Location>> {
        self.ask_at(|callbacks| &callbacks.references, path, at, limit).map(converted)
    }

    fn incoming_calls(
        &self,
        path: &Path,
        at: TextPosition,
        limit: Duration,
    ) -> Option<Vec<editor::FunctionCalls>> {
        self.ask_at(|callbacks| &callbacks.incoming_calls, path, at, limit).map(converted)
    }

    fn outgoing_calls(
        &self,
        path: &Path,
        at: TextPosition,
        limit: Duration,
    ) -> Option<Vec<editor::FunctionCalls>> {
        self.ask_at(|callbacks| &callbacks.outgoing_calls, path, at, limit).map(converted)
    }

    fn outline(&self, path: &Path, limit: Duration) -> Option<Vec<editor::OutlineSymbol>> {
        let question = FileQuestion {
            path: Some(path_string(path)?),
            count_max: count(limits::LANGUAGE_SERVER_PLACES_MAX),
        };
        self.ask(|callbacks| &callbacks.outline, question, limit).map(converted)
    }

    fn diagnostics(&self, path: Option<&Path>, limit: Duration) -> Option<Vec<editor::Diagnostic>> {
        let path = match path {
            Some(path) => Some(path_string(path)?),
            None => None,
        };
        let question = FileQuestion { path, count_max: count(limits::LANGUAGE_SERVER_PLACES_MAX) };
        self.ask(|callbacks| &callbacks.diagnostics, question, limit).map(converted)
    }

    fn unsaved(&self, known: &[(String, String)], limit: Duration) -> Option<Vec<editor::UnsavedFile>> {
        let known =
            known.iter().map(|(path, revision)| KnownText { path: path.clone(), revision: revision.clone() });
        let question = UnsavedQuestion {
            known: known.collect(),
            count_max: count(limits::UNSAVED_FILES_MAX),
            text_characters_max: u32::try_from(limits::FILE_BYTES_MAX).unwrap_or(u32::MAX),
            characters_max: count(limits::UNSAVED_CHARACTERS_MAX),
        };
        self.ask(|callbacks| &callbacks.unsaved, question, limit).map(converted)
    }
}

fn path_string(path: &Path) -> Option<String> {
    path.to_str().map(str::to_owned)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn converted<From, To: std::convert::From<From>>(found: Vec<From>) -> Vec<To> {
    found.into_iter().map(Into::into).collect()
}

impl From<CodePosition> for TextPosition {
    fn from(CodePosition { line, character }: CodePosition) -> Self {
        Self { line, character }
    }
}

impl From<CodeRange> for editor::TextRange {
    fn from(CodeRange { start, end }: CodeRange) -> Self {
        Self { start: start.into(), end: end.into() }
    }
}

impl From<CodeLocation> for editor::Location {
    fn from(CodeLocation { path, start }: CodeLocation) -> Self {
        Self { path, start: start.into() }
    }
}

impl From<FunctionCalls> for editor::FunctionCalls {
    fn from(FunctionCalls { function, name, sites }: FunctionCalls) -> Self {
        Self { function: function.into(), name, sites: converted(sites) }
    }
}

impl From<OutlineSymbol> for editor::OutlineSymbol {
    fn from(symbol: OutlineSymbol) -> Self {
        let OutlineSymbol { name, detail, kind, start, first_line, last_line, depth } = symbol;
        Self { name, detail, kind, start: start.into(), first_line, last_line, depth }
    }
}

impl From<CodeDiagnostic> for editor::Diagnostic {
    fn from(diagnostic: CodeDiagnostic) -> Self {
        let CodeDiagnostic { location, severity, message, code, reporter } = diagnostic;
        Self { location: location.into(), severity, message, code, reporter }
    }
}

impl From<UnsavedFile> for editor::UnsavedFile {
    fn from(UnsavedFile { path, revision, text }: UnsavedFile) -> Self {
        Self { path, revision, text }
    }
}

/// Reports the progress of the code index to the extension while it is being built.
pub(crate) async fn report_index_progress(
    mut progress: watch::Receiver<Option<Progress>>,
    changed: Callback<Option<IndexProgress>, ()>,
) {
    while progress.changed().await.is_ok() {
        let now = *progress.borrow_and_update();
        let now =
            now.map(|Progress { files, total }| IndexProgress { files: count(files), total: count(total) });
        let status = changed.call(now, ThreadsafeFunctionCallMode::NonBlocking);
        if status != Status::Ok {
            tracing::debug!(%status, "the extension host no longer accepts callbacks");
        }
    }
}
