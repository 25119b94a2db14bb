//! The limits of the index, each with the reason for its value.

use std::time::Duration;

/// The maximum size in bytes of a file that is indexed. Hand-written source stays far below it. Larger files
/// are data or generated, and parsing them would take seconds. The limit also allows positions to be 32 bits
/// wide.
pub const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// The maximum number of indexed files in a workspace. The tables for that many files take about 2 GB. The
/// largest known repositories have a quarter as many files in languages that we parse.
pub const FILES_MAX: usize = 200_000;

/// The maximum total size in bytes of the indexed text, about 13 million lines. The records take about four
/// times as much memory as the names in these lines have bytes.
pub const TEXT_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The number of bytes at the start of a file in which a NUL byte marks the file as binary. Git examines the
/// same number of bytes.
pub const BINARY_PROBE_BYTES: usize = 8_000;

/// The maximum time to parse one file before it is indexed as plain text. 2 MiB of ordinary source take at
/// most a second. Only text that the grammar cannot make sense of takes longer.
pub const PARSE_TIME_MAX: Duration = Duration::from_secs(3);

/// The maximum number of query matches that may be open at once in one file. Beyond it tree-sitter drops the
/// oldest. With the default of 65,535, hostile nesting can take quadratic time.
pub const OPEN_MATCHES_MAX: u32 = 4_096;

/// The maximum length in characters of a stored symbol signature. It is long enough for every signature that
/// fits into five lines of a screen.
pub const SIGNATURE_CHARACTERS_MAX: usize = 400;

/// The maximum length in characters of one stored parameter or decorator. It is long enough for a name and a
/// type; a default value may be truncated.
pub const PARAMETER_CHARACTERS_MAX: usize = 120;

/// The maximum number of stored parameters of one symbol.
pub const PARAMETERS_MAX: usize = 64;

/// The maximum length in bytes of a stored identifier. A longer "identifier" is data, such as a minified or
/// encoded blob.
pub const NAME_BYTES_MAX: usize = 256;

/// The maximum length in characters of a chunk: about 400 tokens. An answer can hold several chunks of this
/// size, and static embeddings remain precise at it.
pub const CHUNK_CHARACTERS_MAX: usize = 1_500;

/// The length in characters below which a chunk is merged with the next symbol. A shorter chunk contains too
/// little to be found by.
pub const CHUNK_CHARACTERS_MIN: usize = 400;

/// The number of files after which a first snapshot is published while the index is built. Each further
/// snapshot is published when twice as many files are done, so that rebuilding the tables repeatedly costs no
/// more than building them twice.
pub const FIRST_SNAPSHOT_FILES: usize = 256;

/// The maximum number of changed files that are held beside the main tables before those are rebuilt.
/// Building tables for that many files takes a millisecond; the main tables of 10,000 files take a hundred.
pub const RECENT_FILES_MAX: usize = 256;

/// The minimum age of a file's modification time, relative to when the file was indexed, for that time to be
/// trusted on the next start. File systems with a resolution of two seconds (FAT) are still in use, and they
/// would not show a change within that time.
pub const MTIME_TRUST_AGE: Duration = Duration::from_secs(3);

/// The maximum time to compute an answer. Every kind takes milliseconds. Only a text search through a huge
/// workspace could take longer.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// The maximum time a question waits for the first index of the workspace before it is answered from the part
/// that exists. A workspace of ordinary size is complete by then, and most clients wait longer than this for
/// an answer.
pub const INDEX_WAIT: Duration = Duration::from_secs(3);

/// The default maximum length of an answer in tokens: a small part of an agent's context window.
pub const ANSWER_TOKENS: i64 = 4_000;

/// The minimum of `max_tokens`: room for one symbol and the frame of the answer.
pub const ANSWER_TOKENS_MIN: i64 = 100;

/// The maximum of `max_tokens`. Beyond it, reading the file itself is the better choice.
pub const ANSWER_TOKENS_MAX: i64 = 200_000;

/// The maximum number of symbols with one name that are explained in full. All others are listed with their
/// location.
pub const EXPLAINED_MAX: usize = 5;

/// The maximum number of names that are suggested for an unknown one.
pub const SUGGESTIONS_MAX: usize = 5;

/// The maximum length in characters of a line that is quoted in an answer. Longer lines are data or minified.
pub const LINE_CHARACTERS_MAX: usize = 240;

/// The maximum length in characters of a doc comment in an answer: a long paragraph. Callers that want all of
/// it request the body.
pub const DOC_CHARACTERS_MAX: usize = 600;

/// The maximum number of symbols and imports that are listed around a symbol: a screenful.
pub const RELATED_MAX: usize = 20;

/// The maximum number of definitions of an ambiguous name that are listed as targets of one call.
pub const CANDIDATES_MAX: usize = 3;

/// The maximum number of definitions with the same name that are considered when only the name matches. With
/// more candidates, each one is as good as ruled out, and all of them would be weighed again at each
/// occurrence of the name. It is also the maximum number of symbols with one name whose uses are searched at
/// once.
pub const NAMESAKES_MAX: usize = 64;

/// The maximum number of files with a given name in which callers are searched. A name that occurs in more
/// files is one such as `new`: nobody reads that many callers. `find_references` searches all files.
pub const CALLER_FILES_MAX: usize = 200;

/// The maximum number of uses of a name in a file that are examined to find out what it refers to there. The
/// first one nearly always suffices.
pub const USES_MAX: usize = 8;

/// The maximum depth of nested name resolution. A variable that is initialized by a method of a value that a
/// function returned needs four levels.
pub const RESOLVE_DEPTH_MAX: u32 = 6;

/// The maximum number of re-exports that are followed from module to module when a name is resolved.
pub const REEXPORTS_MAX: u32 = 8;

/// The maximum size in bytes of a SCIP index. Reading one takes about five times as much memory. The index of
/// a million lines is half as large.
pub const SCIP_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The maximum length in bytes of a word that search treats as a word rather than data. The longest
/// hand-written identifiers have about sixty letters.
pub const WORD_BYTES_MAX: usize = 64;

/// The maximum length in bytes of a query: a function of a hundred lines, as somebody may paste to find
/// similar code.
pub const QUERY_BYTES_MAX: usize = 8_192;

/// The maximum number of query terms. A question has about ten; each costs a pass over the chunks that
/// contain it.
pub const QUERY_TERMS_MAX: usize = 128;

/// The maximum number of results of a query. Nobody reads more, and an answer has a limit of its own.
pub const RESULTS_MAX: usize = 100;

/// The maximum number of path globs in a query. Each is tested against the matching files.
pub const GLOBS_MAX: usize = 64;

/// The maximum length in bytes of a text whose language is guessed. Each candidate grammar parses it once.
pub const GUESS_BYTES_MAX: usize = 16 * 1024;

/// The maximum number of issues reported for one text. A text with more is in another language than
/// specified.
pub const ISSUES_MAX: usize = 200;

/// The maximum size in bytes of a compiled regular expression. Ordinary ones take kilobytes. Nested
/// repetitions such as `(a{1000}){1000}` are rejected.
pub const REGEX_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The maximum number of matching lines that a text search counts.
pub const GREP_MATCHES_MAX: usize = 100_000;

/// The maximum number of copies of one function that are compared pairwise.
pub const DUPLICATES_OF_ONE_MAX: usize = 20;

/// The highest cyclomatic complexity that is not reported as an issue: McCabe's own limit.
pub const COMPLEXITY_THRESHOLD: u32 = 10;

/// The highest number of lines of a function that is not considered long: a screenful.
pub const FUNCTION_LINES_THRESHOLD: u32 = 60;

/// The highest number of nested branches and loops that is not considered deep.
pub const NESTING_THRESHOLD: u32 = 4;

/// How long the workspace must be quiet before changes are read. Editors write a file in several steps within
/// a few milliseconds.
pub const WATCH_DELAY: Duration = Duration::from_millis(30);

/// The maximum total time that an editor's language servers may take for one answer. They answer in tens of
/// milliseconds once they have read the project. Until then, the index serves callers better than waiting.
pub const LANGUAGE_SERVER_TIME_MAX: Duration = Duration::from_millis(1_500);

/// How long the language servers are not queried after they took too long. A server that is reading a large
/// project is silent for a while, and not every question should pay for that.
pub const LANGUAGE_SERVER_PAUSE: Duration = Duration::from_secs(5);

/// The maximum number of symbols with one name that language servers are queried about in one answer. Further
/// symbols are unlikely to be meant.
pub const LANGUAGE_SERVER_SYMBOLS_MAX: usize = 3;

/// The maximum number of locations taken from one language server reply: as many as an answer may list.
pub const LANGUAGE_SERVER_PLACES_MAX: usize = 5_000;

/// The maximum number of symbols of a file that are listed only because a language server reports them.
pub const OUTLINE_SYMBOLS_MAX: usize = 200;

/// The maximum number of diagnostics in an answer. More of them only show that something fundamental is
/// wrong, such as a missing dependency.
pub const DIAGNOSTICS_MAX: usize = 500;

/// The maximum time an answer waits for the contents of unsaved files. The editor takes less than a
/// millisecond unless it hangs; in that case the contents from the last fetch are used.
pub const UNSAVED_TIME_MAX: Duration = Duration::from_millis(250);

/// The maximum number of unsaved files that are taken into account. Nobody edits more by hand; a replacement
/// across all files may leave as many.
pub const UNSAVED_FILES_MAX: usize = 500;

/// The maximum number of UTF-16 code units of unsaved contents that one answer takes from the editor, which
/// costs it about 30 ms. The next answer takes the remainder.
pub const UNSAVED_CHARACTERS_MAX: usize = 8 * 1024 * 1024;
