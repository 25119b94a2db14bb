//! Checks the width of lines that no formatter breaks: comments and strings in Rust, comments in TypeScript
//! and JavaScript, and prose in Markdown.

use std::{fs, path::Path};

use crate::{Failure, checkout, run::Program};

/// The maximum width of a line of code or of a comment, in columns.
const CODE_MAX: usize = 110;
/// The maximum width of a line of Markdown prose, in columns.
const PROSE_MAX: usize = 120;

/// Directories with sources that are test data, and generated files.
const EXCLUDED: [&str; 6] = [
    "native/context/tests/fixtures/",
    "native/context/tests/retrieval/corpus/",
    "native/context/tests/scip/",
    "dashboard/src/api/schemas.d.ts",
    "extension/api/schemas.d.ts",
    "extension/src/addon.d.ts",
];

/// Fails with a list of the lines that are too wide.
pub(crate) fn check() -> Result<(), Failure> {
    let git = Program::new("git", "Install git: https://git-scm.com");
    let files = git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).stdout()?;
    let mut found = Vec::new();
    for file in files.lines().filter(|file| !EXCLUDED.iter().any(|excluded| file.starts_with(excluded))) {
        let Some(wide_lines) = rules_of(file) else { continue };
        // A deleted file is listed until its deletion is staged.
        let Ok(text) = fs::read_to_string(checkout::root().join(file)) else { continue };
        found.extend(
            wide_lines(&text).into_iter().map(|(line, width)| format!("{file}:{line}: {width} columns")),
        );
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\n{} lines are too wide. The maximum is {CODE_MAX} columns in sources and {PROSE_MAX} in Markdown prose.",
        found.join("\n"),
        found.len()
    ))
}

/// Returns the numbers and widths of the lines that are too wide.
type WideLines = fn(&str) -> Vec<(usize, usize)>;

fn rules_of(file: &str) -> Option<WideLines> {
    match Path::new(file).extension()?.to_str()? {
        "rs" => Some(in_rust),
        "ts" | "tsx" | "mjs" | "css" => Some(in_script),
        "md" => Some(in_markdown),
        _ => None,
    }
}

fn in_rust(text: &str) -> Vec<(usize, usize)> {
    let mut raw_string_end = None;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let is_in_raw_string = raw_string_end.is_some();
        raw_string_end = raw_string_after(line, raw_string_end);
        if line.chars().count() > CODE_MAX && !is_in_raw_string && !is_multi_line_text(line) {
            found.push((number, line.chars().count()));
        }
    }
    found
}

/// Returns the delimiter that closes the raw string which is open after this line, such as `"#`.
fn raw_string_after(line: &str, open: Option<String>) -> Option<String> {
    if let Some(end) = open {
        return (!line.contains(&end)).then_some(end);
    }
    if line.trim_start().starts_with("//") {
        return None;
    }
    let after = &line[line.rfind("r#")? + 1..];
    let content = after.trim_start_matches('#');
    let end = format!("\"{}", &after[..after.len() - content.len()]);
    (content.starts_with('"') && !content[1..].contains(&end)).then_some(end)
}

/// Reports whether the line holds a string that cannot be broken sensibly: a text of several lines, such as
/// the source code in a test, or a raw string.
fn is_multi_line_text(line: &str) -> bool {
    !line.trim_start().starts_with("//") && (line.contains("\\n") || line.contains("r#\""))
}

fn in_script(text: &str) -> Vec<(usize, usize)> {
    let lines = (1..).zip(text.lines());
    let is_comment = |line: &str| ["//", "/*", "*"].iter().any(|start| line.trim_start().starts_with(start));
    lines
        .map(|(number, line)| (number, line, line.chars().count()))
        .filter(|&(_, line, width)| width > CODE_MAX && is_comment(line) && is_breakable(line, CODE_MAX))
        .map(|(number, _, width)| (number, width))
        .collect()
}

fn in_markdown(text: &str) -> Vec<(usize, usize)> {
    let (mut is_in_code, mut is_in_front_matter) = (false, text.starts_with("---\n"));
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if is_in_front_matter {
            is_in_front_matter = number == 1 || line != "---";
            continue;
        }
        let start = line.trim_start();
        if start.starts_with("```") {
            is_in_code = !is_in_code;
            continue;
        }
        let width = line.chars().count();
        let is_exempt = is_in_code || start.starts_with('|') || start.starts_with('<');
        if width > PROSE_MAX
            && !is_exempt
            && is_breakable(line, PROSE_MAX)
            && without_targets(line) > PROSE_MAX
        {
            found.push((number, width));
        }
    }
    found
}

/// Reports whether a line could be broken at a space before `max`. A long link or path cannot.
fn is_breakable(line: &str, max: usize) -> bool {
    let content = line.trim_start_matches([' ', '-', '*', '/', '>', '#']);
    let indent = line.chars().count() - content.chars().count();
    content.chars().take(max.saturating_sub(indent)).any(|character| character == ' ')
}

/// Returns the width of a line of Markdown without the targets of its links.
fn without_targets(line: &str) -> usize {
    let mut parts = line.split("](");
    let first = parts.next().map_or(0, |part| part.chars().count());
    first
        + parts.map(|part| part.split_once(')').map_or(part, |(_, rest)| rest).chars().count()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(rules: WideLines, lines: &[&str]) -> Vec<usize> {
        rules(&lines.join("\n")).into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn wide_lines_of_rust_are_found_except_for_texts_of_several_lines() {
        let words = "word ".repeat(30);
        let comment = format!("/// {words}");
        let message = format!("    \"{words}\",");
        let source = format!("    \"{words}\\n{words}\",");
        assert_eq!(wide(in_rust, &["fn short() {}", &comment, &message, &source]), [2, 3]);
        let raw = format!("{words}x");
        assert_eq!(wide(in_rust, &["let x = r#\"", &raw, "\"#;", &comment]), [4]);
        assert_eq!(wide(in_rust, &["let x = r#\"one line\"#;", &comment]), [2]);
    }

    #[test]
    fn wide_comments_of_typescript_are_found() {
        let words = "word ".repeat(30);
        assert_eq!(
            wide(in_script, &[&format!("// {words}"), &format!(" * {words}"), &format!("f({words})")]),
            [1, 2]
        );
        assert_eq!(wide(in_script, &[&format!("// {}", "x".repeat(200))]), [0; 0]);
    }

    #[test]
    fn wide_prose_is_found_except_for_code_tables_and_link_targets() {
        let words = "word ".repeat(30);
        let link =
            format!("A [link]({}) in prose that is not wide without the target of it.", "x".repeat(100));
        let table = format!("| {words} |");
        assert_eq!(
            wide(in_markdown, &["---", &words, "---", &words, "```", &words, "```", &table, &link, &words]),
            [4, 10]
        );
    }
}
