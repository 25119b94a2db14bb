//! Problems in a piece of code: syntax errors and dangerous calls.
//!
//! Both are determined from the syntax tree, so comments and strings do not count.

use tree_sitter::{Node, Tree};

use crate::extract::{extract_as, parse};
use crate::languages::LanguageId;
use crate::limits;
use crate::record::{FileRecord, NameId, Position, Receiver, Role};

mod dangers;

use dangers::{DANGERS, Danger, Severity};

/// A problem in a piece of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The rule: `syntax_error`, or the name that is called.
    pub pattern: String,
    /// A description of the problem.
    pub description: String,
    /// The severity: `error`, `high`, `medium` or `low`.
    pub severity: &'static str,
    /// The position.
    pub at: Position,
}

/// Returns the issues in a text, in text order; `None` if its language has no grammar.
#[must_use]
pub fn validate(language: LanguageId, text: &str) -> Option<Vec<Issue>> {
    let query = language.query()?;
    let tree = parse(&query.grammar, text);
    Some(tree.map_or_else(Vec::new, |tree| issues(&tree, text, &extract_as(language, text))))
}

/// Returns the issues in a text with a known tree and record.
pub(crate) fn issues(tree: &Tree, text: &str, record: &FileRecord) -> Vec<Issue> {
    let mut issues = syntax_errors(tree, record);
    issues.extend(dangerous_calls(text, record));
    if matches!(record.language.language().name, "rust" | "csharp") {
        issues.extend(unsafe_blocks(tree, record));
    }
    issues.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.pattern.cmp(&b.pattern)));
    issues
}

/// Guesses the language of a text: the one with the fewest syntax errors among the languages that people
/// usually paste.
#[must_use]
pub fn guess_language(text: &str) -> Option<LanguageId> {
    const LIKELY: [&str; 12] =
        ["python", "typescript", "tsx", "rust", "go", "java", "c", "cpp", "csharp", "ruby", "php", "bash"];
    let end = (0..=limits::GUESS_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let text = &text[..end.unwrap_or(0)];
    let error_size = |language: LanguageId| {
        let tree = parse(&language.query()?.grammar, text)?;
        Some(error_bytes(tree.root_node()))
    };
    let scored = LIKELY.iter().filter_map(|name| {
        let language = LanguageId::from_name(name)?;
        Some((error_size(language)?, language))
    });
    // Among equal candidates, the first one wins.
    scored.min_by_key(|(error_size, _)| *error_size).map(|(_, language)| language)
}

fn error_bytes(root: Node<'_>) -> usize {
    let mut bytes = 0;
    visit_errors(root, &mut |node| bytes += node.byte_range().len() + 1);
    bytes
}

/// Calls `seen` for each erroneous and each missing node, the outermost first. Nodes inside an erroneous one
/// are part of it.
fn visit_errors(root: Node<'_>, seen: &mut dyn FnMut(Node<'_>)) {
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let is_error = node.is_error() || node.is_missing();
        if is_error {
            seen(node);
        }
        if !is_error && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

fn syntax_errors(tree: &Tree, record: &FileRecord) -> Vec<Issue> {
    let mut issues = Vec::new();
    visit_errors(tree.root_node(), &mut |node| {
        if issues.len() >= limits::ISSUES_MAX {
            return;
        }
        let at = record.position(u32::try_from(node.start_byte()).unwrap_or(u32::MAX));
        let description = if node.is_missing() {
            format!("`{}` is missing here", node.kind())
        } else {
            let end = record.position(u32::try_from(node.end_byte()).unwrap_or(u32::MAX));
            format!("syntax error up to {}:{}", end.line, end.column)
        };
        issues.push(Issue {
            pattern: "syntax_error".to_owned(),
            description,
            severity: Severity::Error.as_str(),
            at,
        });
    });
    issues
}

fn dangerous_calls(text: &str, record: &FileRecord) -> Vec<Issue> {
    let language = record.language.language().name;
    let named = |danger: &'static Danger| Some((record.names.find(danger.name)?, danger));
    let rules: Vec<(NameId, &Danger)> =
        DANGERS.iter().filter(|danger| danger.languages.contains(&language)).filter_map(named).collect();
    let mut issues = Vec::new();
    if rules.is_empty() {
        return issues;
    }
    for (index, occurrence) in record.occurrences.iter().enumerate() {
        let is_named = rules.iter().any(|(name, _)| *name == occurrence.name());
        if !is_named || !matches!(occurrence.role(), Role::Call | Role::Mention) {
            continue;
        }
        let called = record.name(occurrence.name());
        let receiver = match occurrence.receiver() {
            Receiver::None => None,
            Receiver::Name => {
                index.checked_sub(1).map(|before| record.name(record.occurrences[before].name()))
            }
            Receiver::Expression => Some(""),
        };
        let danger = rules.iter().map(|(_, danger)| danger).find(|danger| {
            let fits = danger.receiver.map_or(receiver.is_none(), |wanted| {
                receiver == Some(wanted) || wanted == "*" && receiver.is_some()
            });
            // An assignment such as `x.innerHTML = …` is not a call.
            danger.name == called && fits && (danger.is_assigned || occurrence.role() == Role::Call)
        });
        let Some(danger) = danger else { continue };
        let end = occurrence.start as usize + called.len();
        let rest = text.get(end..).unwrap_or_default();
        if danger.is_assigned
            && rest.trim_start().strip_prefix('=').is_none_or(|value| value.starts_with('='))
        {
            continue;
        }
        if danger.argument.is_some_and(|argument| !arguments(rest).contains(argument)) {
            continue;
        }
        issues.push(Issue {
            pattern: danger
                .receiver
                .filter(|receiver| *receiver != "*")
                .map_or_else(|| called.to_owned(), |receiver| format!("{receiver}.{called}")),
            description: danger.description.to_owned(),
            severity: danger.severity.as_str(),
            at: record.position(occurrence.start),
        });
        if issues.len() >= limits::ISSUES_MAX {
            break;
        }
    }
    issues
}

/// Returns the text between the parentheses at the start of a call's arguments.
fn arguments(rest: &str) -> &str {
    let mut depth = 0_i32;
    let end = rest.char_indices().find(|(_, character)| {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth <= 0
    });
    end.map_or(rest, |(end, _)| &rest[..end])
}

fn unsafe_blocks(tree: &Tree, record: &FileRecord) -> Vec<Issue> {
    let grammar = tree.language();
    let kinds = ["unsafe_block", "unsafe_statement"].map(|name| grammar.id_for_node_kind(name, true));
    let mut issues = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if kinds.contains(&node.kind_id()) {
            issues.push(Issue {
                pattern: "unsafe".to_owned(),
                description: "the compiler does not check memory safety here".to_owned(),
                severity: Severity::Low.as_str(),
                at: record.position(u32::try_from(node.start_byte()).unwrap_or(u32::MAX)),
            });
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return issues;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(language: &str, text: &str) -> Vec<String> {
        let issues = validate(LanguageId::from_name(language).unwrap(), text).unwrap();
        issues
            .iter()
            .map(|issue| {
                format!("{}:{} {} {}", issue.at.line, issue.at.column, issue.severity, issue.pattern)
            })
            .collect()
    }

    #[test]
    fn only_calls_are_dangerous() {
        assert_eq!(found("python", "# eval(x)\ns = 'eval(x)'\nmodel.eval()\neval(x)\n"), ["4:1 high eval"]);
        assert_eq!(
            found(
                "python",
                "import os, subprocess\nos.system(a)\nsubprocess.run(a, shell=True)\nsubprocess.run(a)\n"
            ),
            ["2:4 high os.system", "3:12 high subprocess.run"]
        );
        assert_eq!(
            found("javascript", "a.innerHTML = b; a.innerHTML == b; new Function(b)\n"),
            ["1:3 medium innerHTML", "1:40 high Function"]
        );
        assert_eq!(found("c", "void f(char *a) { gets(a); }\n"), ["1:19 high gets"]);
        assert_eq!(found("rust", "fn f() { unsafe { g() } }\n"), ["1:10 low unsafe"]);
    }

    #[test]
    fn syntax_errors_have_positions() {
        assert_eq!(found("python", "def f(:\n    pass\n"), ["1:7 error syntax_error"]);
        assert_eq!(found("java", "class A { void f() { int x = 1 } }\n"), ["1:31 error syntax_error"]);
        assert!(found("go", "package a\n\nfunc f() {}\n").is_empty());
        assert_eq!(validate(LanguageId::from_name("yaml").unwrap(), "a: b"), None);
    }

    #[test]
    fn the_language_is_guessed_from_what_parses() {
        for (text, expected) in [
            ("def f(x):\n    return x\n", "python"),
            ("fn main() { let x: u32 = 1; }\n", "rust"),
            ("package main\n\nfunc main() { x := 1; _ = x }\n", "go"),
            ("interface A { b: string }\n", "typescript"),
        ] {
            assert_eq!(guess_language(text).unwrap().language().name, expected, "{text}");
        }
    }
}
