//! A synthetic workspace with any number of files in five languages, with common and rare names.

use std::fmt::Write as _;
use std::path::Path;

/// The number of files per package.
const PACKAGE: usize = 20;

const VERBS: [&str; 12] = [
    "load", "store", "parse", "render", "check", "merge", "split", "index", "resolve", "send", "read",
    "close",
];
const NOUNS: [&str; 16] = [
    "Session", "Account", "Invoice", "Parser", "Token", "Route", "Channel", "Report", "Worker", "Bucket",
    "Cursor", "Lease", "Shard", "Ticket", "Order", "Policy",
];

/// Writes the files below a directory. The result is the same each time.
pub(crate) fn write(directory: &Path, files: usize) {
    std::fs::write(
        directory.join("package.json"),
        r#"{"name": "generated", "scripts": {"build": "tsc", "test": "vitest"}}"#,
    )
    .unwrap();
    std::fs::write(directory.join("go.mod"), "module example.com/generated\n").unwrap();
    for number in 0..files {
        let (ending, text) = match number % 5 {
            0 => ("py", python(number)),
            1 => ("ts", script(number)),
            2 => ("rs", rust(number)),
            3 => ("go", go(number)),
            _ => ("java", java(number)),
        };
        let path = directory.join(format!("part{}/{}.{ending}", number / PACKAGE, name(number)));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Returns the name of a file's class, which no other file has.
pub(crate) fn class(number: usize) -> String {
    format!("{}{number}", NOUNS[number % NOUNS.len()])
}

fn name(number: usize) -> String {
    class(number).to_lowercase()
}

/// Returns the name of a method of a file. Hundreds of files share the name of the first method; the other
/// names are unique.
fn method(number: usize, nth: usize) -> String {
    let verb = VERBS[(number + nth * 5) % VERBS.len()];
    if nth == 0 { verb.to_owned() } else { format!("{verb}_{}_{nth}", name(number)) }
}

/// Returns the previous file of the same language in the same package.
fn neighbor(number: usize) -> Option<usize> {
    number.checked_sub(5).filter(|before| before / PACKAGE == number / PACKAGE)
}

fn python(number: usize) -> String {
    let (class, mut text) = (class(number), String::new());
    if let Some(other) = neighbor(number) {
        writeln!(text, "from .{} import {}\n", name(other), self::class(other)).unwrap();
    }
    writeln!(text, "class {class}:\n    \"\"\"Keeps what belongs to {class}.\"\"\"\n").unwrap();
    for nth in 0..7 {
        let (own, next) = (method(number, nth), method(number, (nth + 1) % 7));
        let used = neighbor(number).map_or("None".to_owned(), |other| format!("{}()", self::class(other)));
        writeln!(text, "    def {own}(self, items, limit=10):\n        \"\"\"Goes over the items up to a limit, {nth}.\"\"\"\n        total = 0\n        for item in items:\n            if item.size > limit and not item.closed:\n                total += self.{next}(item.parts)\n        other = {used}\n        return total, other\n").unwrap();
    }
    text
}

fn script(number: usize) -> String {
    let (class, mut text) = (class(number), String::new());
    if let Some(other) = neighbor(number) {
        writeln!(text, "import {{ {} }} from \"./{}\";\n", self::class(other), name(other)).unwrap();
    }
    writeln!(text, "/** Keeps what belongs to {class}. */\nexport class {class} {{").unwrap();
    for nth in 0..7 {
        let (own, next) = (method(number, nth), method(number, (nth + 1) % 7));
        let used =
            neighbor(number).map_or("null".to_owned(), |other| format!("new {}()", self::class(other)));
        writeln!(text, "  /** Goes over the items up to a limit, {nth}. */\n  {own}(items: string[], limit = 10): number {{\n    let total = 0;\n    for (const item of items) {{\n      if (item.length > limit && total < 100) {{\n        total += this.{next}([item]);\n      }}\n    }}\n    const other = {used};\n    return other === null ? total : 0;\n  }}\n").unwrap();
    }
    text.push_str("}\n");
    text
}

fn rust(number: usize) -> String {
    let (class, mut text) = (class(number), String::new());
    if let Some(other) = neighbor(number) {
        writeln!(text, "use super::{}::{};\n", name(other), self::class(other)).unwrap();
    }
    writeln!(
        text,
        "/// Keeps what belongs to {class}.\npub struct {class} {{ size: usize }}\n\nimpl {class} {{"
    )
    .unwrap();
    for nth in 0..7 {
        let (own, next) = (method(number, nth), method(number, (nth + 1) % 7));
        let used = neighbor(number)
            .map_or("None".to_owned(), |other| format!("Some({}::default())", self::class(other)));
        writeln!(text, "    /// Goes over the items up to a limit, {nth}.\n    pub fn {own}(&self, items: &[String], limit: usize) -> usize {{\n        let mut total = self.size;\n        for item in items {{\n            if item.len() > limit && total < 100 {{\n                total += self.{next}(&items[1..], limit);\n            }}\n        }}\n        let _other = {used};\n        total\n    }}\n").unwrap();
    }
    text.push_str("}\n");
    text
}

fn go(number: usize) -> String {
    let class = class(number);
    let mut text = format!(
        "package part{}\n\n// {class} keeps what belongs to it.\ntype {class} struct {{\n\tsize int\n}}\n\n",
        number / PACKAGE
    );
    for nth in 0..7 {
        let (own, next) = (method(number, nth), method(number, (nth + 1) % 7));
        let used = neighbor(number).map_or("nil".to_owned(), |other| format!("&{}{{}}", self::class(other)));
        writeln!(text, "// {own} goes over the items up to a limit, {nth}.\nfunc (s *{class}) {own}(items []string, limit int) int {{\n\ttotal := s.size\n\tfor _, item := range items {{\n\t\tif len(item) > limit && total < 100 {{\n\t\t\ttotal += s.{next}(items, limit)\n\t\t}}\n\t}}\n\tother := {used}\n\t_ = other\n\treturn total\n}}\n").unwrap();
    }
    text
}

fn java(number: usize) -> String {
    let class = class(number);
    let mut text = format!(
        "package part{};\n\n/** Keeps what belongs to {class}. */\npublic class {class} {{\n    private int size;\n\n",
        number / PACKAGE
    );
    for nth in 0..7 {
        let (own, next) = (method(number, nth), method(number, (nth + 1) % 7));
        let used =
            neighbor(number).map_or("null".to_owned(), |other| format!("new {}()", self::class(other)));
        writeln!(text, "    /** Goes over the items up to a limit, {nth}. */\n    public int {own}(String[] items, int limit) {{\n        int total = size;\n        for (String item : items) {{\n            if (item.length() > limit && total < 100) {{\n                total += this.{next}(items, limit);\n            }}\n        }}\n        Object other = {used};\n        return other == null ? total : 0;\n    }}\n").unwrap();
    }
    text.push_str("}\n");
    text
}
