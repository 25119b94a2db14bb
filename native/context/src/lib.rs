//! The code index: what the files of a workspace define, use and import.
//!
//! It knows neither HTTP nor Codex. It is a cache: deleting it loses nothing.
//!
//! What flows through, from the disk to an answer:
//!
//! 1. [`workspace`] says which files there are. Nothing outside the roots is ever read or named.
//! 2. [`languages`] says in which language a file is written; [`extract`] parses it and keeps what the queries of that language find,
//!    as a [`FileRecord`]: a value that follows from the text and the language alone.
//! 3. [`index`] holds the records of all files with tables from names to files, as an immutable [`Snapshot`] that is swapped as a whole,
//!    so that a reader never waits. [`cache`] keeps the records on disk.
//! 4. [`search`] finds the chunks of a snapshot that fit a query, and [`resolve`] says what a name or an import means: the answers to
//!    questions are made from that.
//!
//! An [`Editor`] that has the workspace open adds what its language servers know, and texts that are not saved.
//!
//! [`Context`] is the face of it all: open it, ask.

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
