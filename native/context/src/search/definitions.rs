//! What a text without a grammar seems to define: in most languages a definition is a word that says so, and then a name.

/// Words that a name is defined behind, in the languages that people write.
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

/// The names that the lines of a text define.
pub(super) fn in_text(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(in_line)
}

/// The first name behind a keyword with which, or with other words before it, the line starts. `function a.b.c(` and `def self.run` define
/// the last part.
fn in_line(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    // `public static final class Name`: no more words stand in front.
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
    fn a_keyword_defines_the_name_behind_it() {
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
