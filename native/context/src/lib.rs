//! The code index: the symbols, identifiers and imports of the files of a workspace.
//!
//! The crate knows neither HTTP nor Codex. The index is a cache: deleting it loses nothing.
//!
//! How data flows from the disk to an answer:
//!
//! 1. [`workspace`] lists the files. Nothing outside the roots is ever read or named.
//! 2. [`languages`] detects the language of a file. [`extract`] parses the file and stores what the queries
//!    of that language find as a [`FileRecord`]: a value that depends only on the text and the language.
//! 3. [`index`] holds the records of all files, with tables from names to files, as an immutable [`Snapshot`]
//!    that is swapped as a whole, so that a reader never waits. [`cache`] stores the records on disk.
//! 4. [`search`] finds the chunks of a snapshot that match a query, and [`resolve`] determines what a name or
//!    an import refers to. Answers are made from both.
//!
//! An [`Editor`] that has the workspace open contributes the results of its language servers and the contents
//! of unsaved files.
//!
//! [`Context`] is the entry point: open a workspace, then ask questions about it.

mod answers;
pub mod cache;
mod context;
pub mod editor;
pub mod extract;
pub mod index;
pub mod languages;
pub mod limits;
pub mod overview;
pub mod protocol;
pub mod quality;
pub mod record;
pub mod resolve;
pub mod scip_index;
pub mod search;
pub mod validate;
pub mod workspace;

pub use context::{Context, Event, Listener, Options};

pub use editor::Editor;
pub use index::{FileId, Index, IndexedFile, Progress, Snapshot};
pub use languages::{Language, LanguageId};
pub use protocol::{Code, Refusal};
pub use record::{
    Chunk, FileRecord, Import, NameId, Occurrence, Receiver, Role, Span, Symbol, SymbolId, SymbolKind,
};
pub use workspace::Workspace;
