//! The code that is open in VS Code: its language servers and unsaved texts, through callbacks into the extension.

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

use crate::host::{Callback, ask};

/// A place in a text, as VS Code and the Language Server Protocol count.
#[napi(object)]
pub struct CodePosition {
    /// From 0.
    pub line: u32,
    /// UTF-16 code units from the start of the line.
    pub character: u32,
}

/// A part of a text.
#[napi(object)]
pub struct CodeRange {
    /// Its first character.
    pub start: CodePosition,
    /// The character after its last.
    pub end: CodePosition,
}

/// A place in a file.
#[napi(object)]
pub struct CodeLocation {
    /// The path of the file.
    pub path: String,
    /// Its first character; of what has a name, that of the name.
    pub start: CodePosition,
}

/// What is asked about a place.
#[napi(object)]
pub struct PlaceQuestion {
    /// The path of the file.
    pub path: String,
    /// The name that is asked about stands here.
    pub at: CodePosition,
    /// How many entries the answer may have.
    pub count_max: u32,
}

/// What is asked about a file.
#[napi(object)]
pub struct FileQuestion {
    /// The path of the file; all files where it is left out.
    pub path: Option<String>,
    /// How many entries the answer may have.
    pub count_max: u32,
}

/// Calls between the function that is asked about and another one.
#[napi(object)]
pub struct FunctionCalls {
    /// The other function.
    pub function: CodeLocation,
    /// Its name.
    pub name: String,
    /// Where each call stands, in the file of the one that calls.
    pub sites: Vec<CodeRange>,
}

/// Something that a file defines.
#[napi(object)]
pub struct OutlineSymbol {
    /// Its name.
    pub name: String,
    /// More about it, such as its type.
    pub detail: String,
    /// The name of its kind in VS Code, in lower case.
    pub kind: String,
    /// Where its name stands.
    pub start: CodePosition,
    /// Its first line, from 0.
    pub first_line: u32,
    /// Its last line, from 0.
    pub last_line: u32,
    /// How many others it lies in.
    pub depth: u32,
}

/// What a language server has to say against a place.
#[napi(object)]
pub struct CodeDiagnostic {
    /// The place.
    pub location: CodeLocation,
    /// The name of its severity in VS Code, in lower case.
    pub severity: String,
    /// In words.
    pub message: String,
    /// Its code there; may be empty.
    pub code: String,
    /// Who says so; may be empty.
    pub reporter: String,
}

/// What the core knows of unsaved files, and how much more it takes.
#[napi(object)]
pub struct UnsavedQuestion {
    /// The files of which it knows the text.
    pub known: Vec<KnownText>,
    /// How many files the answer may have.
    pub count_max: u32,
    /// How many UTF-16 code units one text may have; longer ones are left out.
    pub text_characters_max: u32,
    /// How many all texts may have; files beyond it are left out.
    pub characters_max: u32,
}

/// An unsaved file of which the text is known.
#[napi(object)]
pub struct KnownText {
    /// The path of the file.
    pub path: String,
    /// Which text.
    pub revision: String,
}

/// A file whose text is another one in VS Code than on the disk.
#[napi(object)]
pub struct UnsavedFile {
    /// The path of the file.
    pub path: String,
    /// Another one after each change of the text.
    pub revision: String,
    /// The text, unless it is known or too long.
    pub text: Option<String>,
}

/// How far the building of the code index is.
#[napi(object)]
pub struct IndexProgress {
    /// Files that are read.
    pub files: u32,
    /// Files there are.
    pub total: u32,
}

/// What the extension tells about the code that is open.
#[napi(object, object_to_js = false)]
pub struct CodeCallbacks {
    /// Where what is named at a place is defined.
    #[napi(ts_type = "(question: PlaceQuestion) => Promise<Array<CodeLocation>>")]
    pub definitions: Callback<PlaceQuestion, Promise<Vec<CodeLocation>>>,
    /// Where it is used, its definition included.
    #[napi(ts_type = "(question: PlaceQuestion) => Promise<Array<CodeLocation>>")]
    pub references: Callback<PlaceQuestion, Promise<Vec<CodeLocation>>>,
    /// Who calls the function that is named at a place.
    #[napi(ts_type = "(question: PlaceQuestion) => Promise<Array<FunctionCalls>>")]
    pub incoming_calls: Callback<PlaceQuestion, Promise<Vec<FunctionCalls>>>,
    /// Whom it calls.
    #[napi(ts_type = "(question: PlaceQuestion) => Promise<Array<FunctionCalls>>")]
    pub outgoing_calls: Callback<PlaceQuestion, Promise<Vec<FunctionCalls>>>,
    /// What a file defines, each symbol before those that lie in it.
    #[napi(ts_type = "(question: FileQuestion) => Promise<Array<OutlineSymbol>>")]
    pub outline: Callback<FileQuestion, Promise<Vec<OutlineSymbol>>>,
    /// What is wrong in a file, or in all files.
    #[napi(ts_type = "(question: FileQuestion) => Promise<Array<CodeDiagnostic>>")]
    pub diagnostics: Callback<FileQuestion, Promise<Vec<CodeDiagnostic>>>,
    /// All unsaved files.
    #[napi(ts_type = "(question: UnsavedQuestion) => Promise<Array<UnsavedFile>>")]
    pub unsaved: Callback<UnsavedQuestion, Promise<Vec<UnsavedFile>>>,
}

/// The code that is open in VS Code, as the index sees it. It is asked from threads that may block, never from one of the runtime's own.
#[derive(Clone)]
pub(crate) struct OpenCode {
    callbacks: Arc<CodeCallbacks>,
    runtime: Handle,
}

impl OpenCode {
    pub(crate) fn new(callbacks: Arc<CodeCallbacks>, runtime: Handle) -> Self {
        Self { callbacks, runtime }
    }

    /// Asks and waits. The promise is awaited by the runtime: where that ends meanwhile, there is no answer either.
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
            // Whoever asked may have given up.
            let _gone = sender.send(ask(callback(&callbacks), question, limit).await);
        });
        let answer = receiver.recv_timeout(limit);
        asked.abort();
        match answer {
            Ok(Ok(found)) => Some(found),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a language server does not answer");
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
        let question =
            PlaceQuestion { path: text(path)?, at, count_max: count(limits::LANGUAGE_SERVER_PLACES_MAX) };
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
        let question =
            FileQuestion { path: Some(text(path)?), count_max: count(limits::LANGUAGE_SERVER_PLACES_MAX) };
        self.ask(|callbacks| &callbacks.outline, question, limit).map(converted)
    }

    fn diagnostics(&self, path: Option<&Path>, limit: Duration) -> Option<Vec<editor::Diagnostic>> {
        let path = match path {
            Some(path) => Some(text(path)?),
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

fn text(path: &Path) -> Option<String> {
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

/// Tells the extension how far the code index is, while it is built.
pub(crate) async fn tell_index_progress(
    mut progress: watch::Receiver<Option<Progress>>,
    changed: Callback<Option<IndexProgress>, ()>,
) {
    while progress.changed().await.is_ok() {
        let now = *progress.borrow_and_update();
        let now =
            now.map(|Progress { files, total }| IndexProgress { files: count(files), total: count(total) });
        let status = changed.call(now, ThreadsafeFunctionCallMode::NonBlocking);
        if status != Status::Ok {
            tracing::debug!(%status, "the extension host no longer listens");
        }
    }
}
