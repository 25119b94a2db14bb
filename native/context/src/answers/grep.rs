//! `grep_files`: lines that match a regular expression.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use grep_matcher::Matcher as _;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::sinks::UTF8;
use grep_searcher::{BinaryDetection, SearcherBuilder};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde_json::{Value, json};

use super::budget::Budget;
use super::{Answer, Request, members};
use crate::index::IndexedFile;
use crate::limits;
use crate::protocol::{Arguments, Refusal};
use crate::search::Paths;

/// A matching line of a file.
struct Match {
    line: u64,
    column: usize,
    content: String,
}

/// Answers `grep_files`, in file order. Matching takes time linear in the text for any pattern.
pub(crate) fn grep_files(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let pattern = arguments.string("pattern");
    let matcher = matcher(arguments)?;
    let paths = Paths::new(arguments.strings("file_glob"))
        .map_err(|error| Refusal::invalid(format!("`file_glob`: {error}")))?;
    let files: Vec<&IndexedFile> =
        request.snapshot.files().map(|(_, file)| &**file).filter(|file| paths.contain(&file.path)).collect();
    let max_results = arguments.size("max_results");
    let (found, timed_out) = (AtomicUsize::new(0), AtomicBool::new(false));
    let deadline = request.deadline();
    let matched: Vec<(&IndexedFile, Vec<Match>)> = files
        .par_iter()
        .filter_map(|file| {
            if std::time::Instant::now() > deadline {
                timed_out.store(true, Ordering::Relaxed);
                return None;
            }
            let matches = in_file(&request.index.text(file)?, &matcher, &found);
            (!matches.is_empty()).then_some((*file, matches))
        })
        .collect();
    if timed_out.load(Ordering::Relaxed) {
        return Err(Refusal::timeout());
    }
    let count: usize = matched.iter().map(|(_, matches)| matches.len()).sum();
    let mut budget = Budget::new(arguments.size("max_tokens"));
    budget.leave_out("matches", count.saturating_sub(max_results));
    let shown = matched.iter().flat_map(|(file, matches)| {
        let path = request.path(file);
        matches.iter().map(move |found| match_entry(&path, found))
    });
    let listed = budget.list("matches", 1.0, shown.take(max_results));
    let mut answer = members(json!({
        "pattern": pattern,
        "match_count": count,
        "files_searched": files.len(),
        "files_matched": matched.len(),
        "backend": "grep-searcher",
        "matches": listed,
    }));
    budget.finish(&mut answer);
    Ok(answer)
}

fn matcher(arguments: &Arguments<'_>) -> Result<RegexMatcher, Refusal> {
    let mut builder = RegexMatcherBuilder::new();
    builder
        .case_insensitive(arguments.boolean("ignore_case"))
        .fixed_strings(arguments.boolean("literal"))
        .line_terminator(Some(b'\n'))
        .size_limit(limits::REGEX_BYTES_MAX)
        .dfa_size_limit(limits::REGEX_BYTES_MAX);
    // The error message shows the pattern with a mark under the invalid part.
    builder
        .build(arguments.string("pattern"))
        .map_err(|error| Refusal::invalid(format!("`pattern`: {error}")))
}

fn in_file(text: &str, matcher: &RegexMatcher, found: &AtomicUsize) -> Vec<Match> {
    let mut searcher =
        SearcherBuilder::new().line_number(true).binary_detection(BinaryDetection::none()).build();
    let mut matches = Vec::new();
    let sink = UTF8(|line, content| {
        if found.fetch_add(1, Ordering::Relaxed) >= limits::GREP_MATCHES_MAX {
            return Ok(false);
        }
        let start = matcher.find(content.as_bytes()).ok().flatten().map_or(0, |found| found.start());
        let content = content.trim_end().chars().take(limits::LINE_CHARACTERS_MAX).collect();
        matches.push(Match { line, column: start + 1, content });
        Ok(true)
    });
    // The text is in memory and valid UTF-8, so only the sink could fail.
    if let Err(error) = searcher.search_slice(matcher, text.as_bytes(), sink) {
        tracing::debug!(%error, "cannot search a file");
    }
    matches
}

fn match_entry(path: &str, found: &Match) -> Value {
    json!({
        "file_path": path,
        "line_number": found.line,
        "line_content": found.content,
        "column": found.column,
    })
}
