//! Line starts and line counts.

use tree_sitter::{Point, Range};

use super::offset;
use crate::languages::LanguageId;
use crate::record::{LineCounts, Span};

/// Returns the offset of each line's first byte. A line ends with `\n`. An empty line at the end of the text
/// does not count.
pub(super) fn starts(text: &str) -> Box<[u32]> {
    if text.is_empty() {
        return Box::default();
    }
    let after_breaks =
        text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
    std::iter::once(0).chain(after_breaks).filter(|start| *start < text.len()).map(offset).collect()
}

/// Converts a span to a tree-sitter range.
pub(super) fn range(text: &str, starts: &[u32], span: Span) -> Range {
    let point = |offset: u32| {
        let row = starts.partition_point(|start| *start <= offset).saturating_sub(1);
        Point { row, column: (offset - starts.get(row).copied().unwrap_or(0)) as usize }
    };
    let end = span.end.min(super::offset(text.len()));
    Range {
        start_byte: span.start as usize,
        end_byte: end as usize,
        start_point: point(span.start),
        end_point: point(end),
    }
}

/// Counts code, comment and blank lines.
pub(super) fn count(language: LanguageId, text: &str, starts: &[u32], comments: &[Span]) -> LineCounts {
    let mut counts = LineCounts::default();
    let mut comments = comments.iter().peekable();
    let prefix = if language.language().syntax.is_none() { language.language().line_comment } else { None };
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or_else(|| offset(text.len()));
        let line = Span { start: *start, end }.of(text);
        let content = line.trim();
        if content.is_empty() {
            counts.blank += 1;
            continue;
        }
        let first = start + offset(line.len() - line.trim_start().len());
        let last = first + offset(content.len());
        while comments.next_if(|comment| comment.end <= first).is_some() {}
        let in_comment = comments.peek().is_some_and(|comment| comment.start <= first && last <= comment.end);
        if in_comment || prefix.is_some_and(|prefix| content.starts_with(prefix)) {
            counts.comment += 1;
        } else {
            counts.code += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_add_up() {
        let text = "a\n\n# note\n  b # end\n   ";
        let starts = starts(text);
        assert_eq!(&*starts, [0, 2, 3, 10, 20]);
        let python = LanguageId::from_name("python").unwrap();
        let comments = [Span { start: 3, end: 9 }, Span { start: 14, end: 19 }];
        assert_eq!(count(python, text, &starts, &comments), LineCounts { code: 2, comment: 1, blank: 2 });
        assert!(super::starts("").is_empty());
    }
}
