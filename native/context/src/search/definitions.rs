//! Heuristic detection of definitions in languages without a grammar. In most languages a definition is a
//! keyword followed by a name.

/// Keywords that precede a defined name in common languages.
const KEYWORDS: &[&str] = &[
    "class",
    "struct",
    "enum",
    "union",
    "interface",
    "trait",
    "protocol",
    "record",
    "object",
    "type",
    "typedef",
    "newtype",
    "data",
    "instance",
    "module",
    "namespace",
    "package",
    "def",
    "defp",
    "defmodule",
    "defmacro",
    "defstruct",
    "defn",
    "define",
    "fn",
    "fun",
    "func",
    "function",
    "sub",
    "proc",
    "procedure",
    "method",
    "macro",
    "actor",
    "extension",
    "mixin",
    "impl",
    "message",
    "service",
    "rpc",
    "table",
    "view",
];

/// Returns the names that the lines of a text define.
pub(super) fn in_text(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(in_line)
}

/// Returns the name after the first definition keyword of a line. Other words may precede the keyword.
/// `function a.b.c(` and `def self.run` define the last part of the path.
fn in_line(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    // `public static final class Name`: a keyword is rarely preceded by more words than these.
    let mut keyword = words
        .by_ref()
        .take(5)
        .position(|word| KEYWORDS.contains(&word.trim_start_matches(['#', '(', '@'])))?;
    let mut name = words.next()?;
    // `enum class Name`, `type alias Name`
    while keyword < 6 && KEYWORDS.contains(&name) {
        keyword += 1;
        name = words.next()?;
    }
    let end = name.find(|character: char| !(character.is_alphanumeric() || "_.:$".contains(character)));
    let path = name[..end.unwrap_or(name.len())].trim_end_matches(['.', ':']);
    let name = path.rsplit(['.', ':']).next()?;
    name.starts_with(|character: char| character.is_alphabetic() || "_$".contains(character)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_defines_the_name_after_it() {
        for (line, name) in [
            ("class Foo(Bar):", Some("Foo")),
            ("  public sealed class Reader : Base", Some("Reader")),
            ("enum class Color { red }", Some("Color")),
            ("defmodule Phoenix.Router do", Some("Router")),
            ("function M.setup(opts)", Some("setup")),
            ("fun <T> x()", None),
            ("#define MAX 3", Some("MAX")),
            ("return class_of(x)", None),
            ("let x = 3", None),
            ("", None),
        ] {
            assert_eq!(in_line(line), name, "{line}");
        }
    }
}
