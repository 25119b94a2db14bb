//! Terminal output: styles, links, and text without control characters.

use std::fmt::{self, Display, Write as _};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use super::questions::When;

const PATH: Style = AnsiColor::Cyan.on_default();
const NAME: Style = Style::new().bold();
const KIND: Style = AnsiColor::Magenta.on_default();
const ASIDE: Style = Style::new().dimmed();

/// A page that is written at once. Text from code is sanitized before it is added.
pub(super) struct Page {
    text: String,
    is_styled: bool,
    current_directory: PathBuf,
}

impl Page {
    /// Creates an empty page for standard output.
    pub(super) fn new(when: When) -> Self {
        let is_styled = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
        };
        let current_directory = std::env::current_dir()
            .and_then(|current_directory| current_directory.canonicalize())
            .unwrap_or_default();
        Self { text: String::new(), is_styled, current_directory }
    }

    /// Adds a heading with the number of items below it.
    pub(super) fn heading(&mut self, title: &str, count: usize) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let line = format!("{} {}", self.styled(NAME, title), self.styled(ASIDE, &format!("({count})")));
        self.line(&line);
    }

    /// Adds a line composed of the results of the other functions.
    pub(super) fn line(&mut self, line: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{}", line.to_string().trim_end());
    }

    pub(super) fn name(&self, text: &str) -> String {
        self.styled(NAME, text)
    }

    pub(super) fn kind(&self, text: &str) -> String {
        self.styled(KIND, text)
    }

    pub(super) fn aside(&self, text: &str) -> String {
        self.styled(ASIDE, text)
    }

    /// Returns a location: a path relative to the current directory and a line, as a link that terminals
    /// open.
    pub(super) fn location(&self, path: &str, line: Option<u64>) -> String {
        let absolute = Path::new(path);
        let text =
            absolute.strip_prefix(&self.current_directory).unwrap_or(absolute).to_string_lossy().into_owned();
        let text = line.map_or_else(|| text.clone(), |line| format!("{text}:{line}"));
        let styled = self.styled(PATH, &text);
        if !self.is_styled || !absolute.is_absolute() {
            return styled;
        }
        let fragment = line.map_or_else(String::new, |line| format!("#L{line}"));
        format!("\x1b]8;;file://{}{fragment}\x1b\\{styled}\x1b]8;;\x1b\\", Escaped(path))
    }

    fn styled(&self, style: Style, text: &str) -> String {
        let text = sanitized(text);
        if self.is_styled { format!("{style}{text}{style:#}") } else { text }
    }

    /// Writes the page to standard output. A closed pipe is not an error, because the reader may have seen
    /// enough.
    pub(super) fn write(self) -> Result<(), String> {
        let written = anstream::AutoStream::new(
            std::io::stdout(),
            if self.is_styled { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never },
        )
        .write_all(self.text.as_bytes());
        match written {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(format!("cannot write to stdout: {error}"))
            }
            _ => Ok(()),
        }
    }
}

/// Replaces the characters of a text that could control a terminal.
pub(super) fn sanitized(text: &str) -> String {
    let sanitize = |character: char| match character {
        '\t' => ' ',
        // Bidirectional overrides display code in another order than it runs in.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        character if character.is_control() => '\u{fffd}',
        character => character,
    };
    text.chars().map(sanitize).collect()
}

/// A path, escaped for a URL.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A Windows path has no leading slash.
        if !self.0.starts_with('/') {
            formatter.write_char('/')?;
        }
        for byte in self.0.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b':' => {
                    formatter.write_char(char::from(byte))?;
                }
                b'\\' => formatter.write_char('/')?,
                byte => write!(formatter, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

/// Prints an error message to standard error.
pub(super) fn print_error(message: &str) {
    eprintln!("codex-bridge: {message}");
}

/// Creates a progress bar for indexing on standard error, which is hidden if that is not a terminal.
pub(super) fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("indexing {bar:30} {pos}/{len} files") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_cannot_control_the_terminal() {
        assert_eq!(sanitized("a\x1b[31m\tb\u{202e}c\r"), "a\u{fffd}[31m b\u{fffd}c\u{fffd}");
    }

    #[test]
    fn locations_are_links_if_colors_are_on() {
        let page =
            |is_styled| Page { text: String::new(), is_styled, current_directory: PathBuf::from("/src") };
        assert_eq!(page(false).location("/src/a b.rs", Some(3)), "a b.rs:3");
        let link = page(true).location("/src/a b.rs", Some(3));
        assert!(
            link.starts_with("\x1b]8;;file:///src/a%20b.rs#L3\x1b\\") && link.contains("a b.rs:3"),
            "{link:?}"
        );
    }
}
