//! Parses texts within a time limit.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::Instant;

use tree_sitter::{ParseOptions, Parser, Range, Tree};

use crate::limits;

thread_local! {
    // A parser keeps its stacks and its token cache. A new one for each file would allocate them each time.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// Parses a text. Returns `None` if that would take longer than `limits::PARSE_TIME_MAX`.
///
/// Syntax errors are nodes of the tree.
#[must_use]
pub fn parse(grammar: &tree_sitter::Language, text: &str) -> Option<Tree> {
    parse_within(grammar, text, None)
}

/// Parses a range of a text as if there were nothing else. The nodes have their positions in the whole text.
#[must_use]
pub fn parse_within(grammar: &tree_sitter::Language, text: &str, within: Option<Range>) -> Option<Tree> {
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(grammar).ok()?;
        parser.set_included_ranges(within.as_slice()).ok()?;
        let started = Instant::now();
        let mut within_time = |_: &_| {
            if started.elapsed() < limits::PARSE_TIME_MAX {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let mut rest_of_text = |start: usize, _| text.as_bytes().get(start..).unwrap_or_default();
        let options = ParseOptions::new().progress_callback(&mut within_time);
        let tree = parser.parse_with_options(&mut rest_of_text, None, Some(options));
        // The next parse would resume one that was canceled.
        parser.reset();
        tree
    })
}
