//! Every bound of the index, with the reason for its number.

use std::time::Duration;

/// Bytes of a file that is indexed. Source that people write stays far below; what is larger is data or generated, and its parsing would
/// take seconds. It also lets positions be 32 bits wide.
pub const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Files of a workspace that are indexed. The tables of that many take some 2 GB; the largest repositories known have a quarter of it
/// in languages that we parse.
pub const FILES_MAX: usize = 200_000;

/// Bytes of text that are indexed in all, about 13 million lines: the records take some four times as much memory as the lines have bytes
/// in names.
pub const TEXT_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Bytes at the start of a file in which a NUL byte makes it binary. Git looks at as many.
pub const BINARY_PROBE_BYTES: usize = 8_000;

/// How long the parse of one file may take before it is indexed as plain text. 2 MiB of ordinary source take a second at most; only
/// text that the grammar cannot make sense of takes longer.
pub const PARSE_TIME_MAX: Duration = Duration::from_secs(3);

/// Query matches that may be open at once in one file. Beyond it tree-sitter drops the oldest; the default of 65,535 lets hostile nesting
/// take quadratic time.
pub const OPEN_MATCHES_MAX: u32 = 4_096;

/// Characters of a symbol's signature that are kept. It holds every signature that fits on a screen's width five times.
pub const SIGNATURE_CHARACTERS_MAX: usize = 400;

/// Characters of one parameter or one decorator that are kept: enough for its name and type; a default value may be cut.
pub const PARAMETER_CHARACTERS_MAX: usize = 120;

/// Parameters of one symbol that are kept.
pub const PARAMETERS_MAX: usize = 64;

/// Bytes of an identifier that are kept. A longer "identifier" is data, such as a minified or encoded blob.
pub const NAME_BYTES_MAX: usize = 256;

/// Characters that a chunk may have: about 400 tokens, which an answer can hold several of, and what static embeddings stay sharp at.
pub const CHUNK_CHARACTERS_MAX: usize = 1_500;

/// Characters below which a chunk is joined with the next symbol: less says too little to be found by.
pub const CHUNK_CHARACTERS_MIN: usize = 400;

/// Files after which a first snapshot is shown while the index is built. Each further one is shown when twice as many are done, so that
/// building the tables again and again costs no more than building them twice.
pub const FIRST_SNAPSHOT_FILES: usize = 256;

/// Changed files that are kept beside the main tables before those are built anew. Tables of that many take a millisecond; the main ones
/// of 10,000 files take a hundred.
pub const RECENT_FILES_MAX: usize = 256;

/// How much older than the moment of its indexing a file's time of change must be to be trusted the next time: file systems with
/// a resolution of two seconds (FAT) are still in use, and a change within it would not show.
pub const MTIME_TRUST_AGE: Duration = Duration::from_secs(3);

/// How long an answer may take. Every kind takes milliseconds; only a search through the text of a huge workspace could take longer.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// How long a question waits for the first index of the workspace before it is answered from the part that is there. A workspace of ordinary
/// size is complete by then, and most clients wait longer than this for an answer.
pub const INDEX_WAIT: Duration = Duration::from_secs(3);

/// Tokens that an answer has unless the caller says otherwise: a small part of what an agent can hold.
pub const ANSWER_TOKENS: i64 = 4_000;

/// The least tokens that a caller may ask for: room for one symbol and the frame of the answer.
pub const ANSWER_TOKENS_MIN: i64 = 100;

/// The most tokens that a caller may ask for: beyond it, reading the file itself serves better.
pub const ANSWER_TOKENS_MAX: i64 = 200_000;

/// Symbols of one name that are explained; all others are listed by their place.
pub const EXPLAINED_MAX: usize = 5;

/// Names that are offered where one is not known.
pub const SUGGESTIONS_MAX: usize = 5;

/// Characters of a line that is quoted in an answer. Longer ones are data or minified.
pub const LINE_CHARACTERS_MAX: usize = 240;

/// Characters of a doc comment that an answer shows: a long paragraph. Whoever wants all of it asks for the body.
pub const DOC_CHARACTERS_MAX: usize = 600;

/// Symbols and imports that are listed around a symbol: a screen of them.
pub const RELATED_MAX: usize = 20;

/// Definitions of an ambiguous name that one call is shown to lead to.
pub const CANDIDATES_MAX: usize = 3;

/// Definitions of a name among which one that nothing but the name speaks for is looked for: with more, each is as good as ruled out, and
/// all of them would be weighed anew for each place where the name stands. Also the symbols of one name of which the uses are looked for at once.
pub const NAMESAKES_MAX: usize = 64;

/// Files with a name in which callers are looked for. A name that is in more is one such as `new`: nobody reads on, and whoever does asks for
/// its references, which are looked for in all files.
pub const CALLER_FILES_MAX: usize = 200;

/// Uses of a name in a file that are looked at to find out what it means there: nearly always the first one tells.
pub const USES_MAX: usize = 8;

/// How often the resolving of one name may lead to that of another: a variable made by a method of a value that a function returned
/// has four steps.
pub const RESOLVE_DEPTH_MAX: u32 = 6;

/// Modules that offer a name in turn, one from the next, before it is given up.
pub const REEXPORTS_MAX: u32 = 8;

/// Bytes of a SCIP index. Reading one takes some five times as much memory; that of a million lines has half as many.
pub const SCIP_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Bytes of a word that search tells apart from data. The longest identifiers that people write have some sixty letters.
pub const WORD_BYTES_MAX: usize = 64;

/// Bytes of a query that are read: a function of a hundred lines, as somebody may paste to find its like.
pub const QUERY_BYTES_MAX: usize = 8_192;

/// Terms of a query that are looked for. A question has ten; each costs a walk over the chunks that have it.
pub const QUERY_TERMS_MAX: usize = 128;

/// Results of a query. Nobody reads on, and an answer has a bound of its own.
pub const RESULTS_MAX: usize = 100;

/// Path globs of a query. Each is tried on the files that fit.
pub const GLOBS_MAX: usize = 64;

/// Bytes of a text of which the language is guessed: each grammar parses it once.
pub const GUESS_BYTES_MAX: usize = 16 * 1024;

/// Issues that are looked for in one text: beyond it, it is another language than was said.
pub const ISSUES_MAX: usize = 200;

/// Bytes that a compiled regular expression may take. Ordinary ones take kilobytes; nested repetitions such as `(a{1000}){1000}` are refused.
pub const REGEX_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Matching lines that are counted before a search gives up counting.
pub const GREP_MATCHES_MAX: usize = 100_000;

/// Copies of one function of which the pairs are compared.
pub const DUPLICATES_OF_ONE_MAX: usize = 20;

/// Cyclomatic complexity up to which a function is no issue: McCabe's own limit.
pub const COMPLEXITY_GOOD: u32 = 10;

/// Lines up to which a function is not long: a screen.
pub const FUNCTION_LINES_GOOD: u32 = 60;

/// Levels of branches and loops up to which a function is not deep.
pub const NESTING_GOOD: u32 = 4;

/// How long the tree must be quiet before what changed is read: editors write a file in several steps, within a few milliseconds.
pub const WATCH_DELAY: Duration = Duration::from_millis(30);

/// How long the language servers of an editor may take for all of one answer. They answer in tens of milliseconds once they have read the
/// project; whoever asks meanwhile is served better by the index than by waiting.
pub const LANGUAGE_SERVER_TIME_MAX: Duration = Duration::from_millis(1_500);

/// How long language servers are left alone after they took too long: one that reads a large project is silent for a while, and not every
/// question must pay for that.
pub const LANGUAGE_SERVER_PAUSE: Duration = Duration::from_secs(5);

/// Symbols of one name that language servers are asked about in one answer: further ones are hardly meant.
pub const LANGUAGE_SERVER_SYMBOLS_MAX: usize = 3;

/// Places that are taken from one reply of a language server: as many as an answer may list.
pub const LANGUAGE_SERVER_PLACES_MAX: usize = 5_000;

/// Symbols of a file that are listed because a language server knows them and the index does not.
pub const OUTLINE_SYMBOLS_MAX: usize = 200;

/// Diagnostics that an answer counts. More say nothing but that something is wrong altogether, such as a missing dependency.
pub const DIAGNOSTICS_MAX: usize = 500;

/// How long an answer waits for the unsaved texts of an editor. It takes less than a millisecond unless the editor hangs; then what was
/// known before counts.
pub const UNSAVED_TIME_MAX: Duration = Duration::from_millis(250);

/// Unsaved files that count. Nobody edits more by hand; a replacement in all files may leave as many.
pub const UNSAVED_FILES_MAX: usize = 500;

/// UTF-16 code units of unsaved texts that one answer takes from the editor, some 30 ms of its time. What is beyond it, the next one takes.
pub const UNSAVED_CHARACTERS_MAX: usize = 8 * 1024 * 1024;
