//! The text of a release: the section of its version in CHANGELOG.md.

use std::fs;

use crate::{Failure, checkout};

/// Prints the section of this version, without its heading.
pub(crate) fn print(version: &str) -> Result<(), Failure> {
    let file = checkout::root().join("CHANGELOG.md");
    let changelog =
        fs::read_to_string(&file).map_err(|error| format!("Cannot read {}: {error}", file.display()))?;
    let section = section(&changelog, version).ok_or_else(|| {
        format!("CHANGELOG.md has no section `## [{version}]` with text. Write it before the release.")
    })?;
    println!("{section}");
    Ok(())
}

/// Returns the text below the heading `## [<version>]`, up to the next heading of that level or the link
/// definitions at the end. Returns nothing if the section is missing or empty.
fn section(changelog: &str, version: &str) -> Option<String> {
    let heading = format!("## [{version}]");
    // A date may follow the version.
    let is_heading = |line: &str| line == heading || line.starts_with(&format!("{heading} "));
    let is_end = |line: &str| line.starts_with("## ") || is_link_definition(line);
    let body =
        changelog.lines().skip_while(|line| !is_heading(line)).skip(1).take_while(|line| !is_end(line));
    let section = body.collect::<Vec<_>>().join("\n").trim().to_owned();
    (!section.is_empty()).then_some(section)
}

/// Reports whether a line defines the target of a link, such as `[1.2.3]: https://…`.
fn is_link_definition(line: &str) -> bool {
    line.starts_with('[') && line.contains("]: ")
}

#[cfg(test)]
mod tests {
    use super::section;

    const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [1.10.0] - 2026-02-01\n\n### Added\n\n- Ten.\n\n\
                             ## [1.1.0]\n\n- One.\n  [A link](x).\n\n[1.1.0]: https://example.com\n";

    #[test]
    fn the_section_of_a_version_is_found_without_its_heading() {
        for (version, expected) in [
            ("1.10.0", Some("### Added\n\n- Ten.")),
            ("1.1.0", Some("- One.\n  [A link](x).")),
            ("1.1", None),
            ("2.0.0", None),
            ("Unreleased", None),
        ] {
            assert_eq!(section(CHANGELOG, version).as_deref(), expected, "{version}");
        }
    }
}
