//! What is written to a terminal: styles, links, and text that cannot command it.

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

/// A page that is written at once. What is put on it from code is made harmless first.
pub(super) struct Page {
    text: String,
    is_styled: bool,
    here: PathBuf,
}

impl Page {
    /// An empty page for the standard output.
    pub(super) fn new(when: When) -> Self {
        let is_styled = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
        };
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
        Self { text: String::new(), is_styled, here }
    }

    /// A heading with what is below it counted.
    pub(super) fn heading(&mut self, title: &str, count: usize) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let line = format!("{} {}", self.styled(NAME, title), self.styled(ASIDE, &format!("({count})")));
        self.line(&line);
    }

    /// A line of what the other functions made.
    pub(super) fn line(&mut self, line: impl Display) {
        // Writing into a text does not fail.
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

    /// A place: a path from here and a line, which terminals open.
    pub(super) fn place(&self, path: &str, line: Option<u64>) -> String {
        let absolute = Path::new(path);
        let shown = absolute.strip_prefix(&self.here).unwrap_or(absolute).to_string_lossy().into_owned();
        let shown = line.map_or_else(|| shown.clone(), |line| format!("{shown}:{line}"));
        let styled = self.styled(PATH, &shown);
        if !self.is_styled || !absolute.is_absolute() {
            return styled;
        }
        let fragment = line.map_or_else(String::new, |line| format!("#L{line}"));
        format!("\x1b]8;;file://{}{fragment}\x1b\\{styled}\x1b]8;;\x1b\\", Escaped(path))
    }

    fn styled(&self, style: Style, text: &str) -> String {
        let text = harmless(text);
        if self.is_styled { format!("{style}{text}{style:#}") } else { text }
    }

    /// Writes it. Whoever reads may have had enough: that is no fault.
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

/// Text of files without the characters that command a terminal.
pub(super) fn harmless(text: &str) -> String {
    let harmless = |character: char| match character {
        '\t' => ' ',
        // Bidirectional overrides show code in another order than it runs in.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        character if character.is_control() => '\u{fffd}',
        character => character,
    };
    text.chars().map(harmless).collect()
}

/// A path in a URL.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path of Windows has no slash in front.
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

/// Says on standard error what went wrong.
pub(super) fn complain(message: &str) {
    eprintln!("codex-bridge: {message}");
}

/// How far the index is, on standard error; nothing where that is no terminal.
pub(super) fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("reading the code {bar:30} {pos}/{len} files") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_does_not_command_the_terminal() {
        assert_eq!(harmless("a\x1b[31m\tb\u{202e}c\r"), "a\u{fffd}[31m b\u{fffd}c\u{fffd}");
    }

    #[test]
    fn places_are_links_where_there_are_colours() {
        let page = |is_styled| Page { text: String::new(), is_styled, here: PathBuf::from("/src") };
        assert_eq!(page(false).place("/src/a b.rs", Some(3)), "a b.rs:3");
        let link = page(true).place("/src/a b.rs", Some(3));
        assert!(
            link.starts_with("\x1b]8;;file:///src/a%20b.rs#L3\x1b\\") && link.contains("a b.rs:3"),
            "{link:?}"
        );
    }
}
