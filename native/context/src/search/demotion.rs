//! Files that rank below equally good matches.

use super::paths::file_stem;
use crate::index::{IndexedFile, Snapshot};

/// Why a file ranks lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demotion {
    /// It is a test, an example, or a benchmark.
    Test,
    /// It keeps an older interface alive.
    Compatibility,
    /// It declares symbols that are defined elsewhere.
    Declaration,
    /// It contains prose or data instead of code.
    Prose,
}

/// Names of directories of examples and benchmarks.
const EXAMPLE_DIRECTORIES: &[&str] = &[
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "bench",
    "benches",
    "benchmark",
    "benchmarks",
    "docs_src",
];

/// Names of directories and files that keep older interfaces alive.
const COMPATIBILITY_NAMES: &[&str] = &[
    "compat",
    "_compat",
    "compatibility",
    "legacy",
    "deprecated",
    "obsolete",
    "shim",
    "shims",
    "polyfill",
    "polyfills",
];

/// The languages of prose and data.
const PROSE_LANGUAGES: &[&str] =
    &["markdown", "restructuredtext", "json", "yaml", "toml", "ini", "xml", "html", "css", "scss"];

impl Demotion {
    /// Returns why a file ranks lower, judging by its path.
    pub(super) fn of(snapshot: &Snapshot, file: &IndexedFile) -> Option<Self> {
        let lower = file.path.to_ascii_lowercase();
        let mut directories = lower.split('/').rev().skip(1);
        if file.is_test || directories.clone().any(|directory| EXAMPLE_DIRECTORIES.contains(&directory)) {
            Some(Self::Test)
        } else if COMPATIBILITY_NAMES.contains(&file_stem(&lower))
            || directories.any(|directory| COMPATIBILITY_NAMES.contains(&directory))
            || is_of_older_version(snapshot, file)
        {
            Some(Self::Compatibility)
        } else if lower.ends_with(".d.ts") || lower.ends_with(".pyi") || is_header_of_source(snapshot, file) {
            Some(Self::Declaration)
        } else {
            is_prose(file).then_some(Self::Prose)
        }
    }

    /// Returns the words that ask for such files when they appear in a query.
    pub(super) fn query_words(self) -> &'static [&'static str] {
        match self {
            Self::Test => {
                &["test", "spec", "mock", "fixture", "example", "sample", "demo", "benchmark", "bench"]
            }
            Self::Compatibility => &[
                "compat",
                "compatibility",
                "legacy",
                "deprecated",
                "obsolete",
                "shim",
                "polyfill",
                "v1",
                "v2",
                "v3",
            ],
            Self::Declaration => &["declaration", "stub", "header", "typing"],
            Self::Prose => &[
                "readme",
                "documentation",
                "docs",
                "doc",
                "changelog",
                "license",
                "markdown",
                "config",
                "configuration",
                "settings",
                "workflow",
            ],
        }
    }
}

/// Returns whether a file is in a directory such as `v1` next to a `v2` or later, or next to the same file
/// without a version.
fn is_of_older_version(snapshot: &Snapshot, file: &IndexedFile) -> bool {
    file.path.match_indices('/').any(|(end, _)| {
        let (directory, rest) = file.path.split_at(end);
        let start = directory.rfind('/').map_or(0, |slash| slash + 1);
        let Some(version) =
            directory[start..].strip_prefix('v').and_then(|digits| digits.parse::<u16>().ok())
        else {
            return false;
        };
        let parent = &directory[..start];
        let later = (1..=3).map(|step| format!("{parent}v{}", version.saturating_add(step)));
        later.into_iter().any(|directory| snapshot.files_under(file.root, &directory).next().is_some())
            || snapshot.find(file.root, &format!("{parent}{}", rest.trim_start_matches('/'))).is_some()
    })
}

/// Returns whether a file is a header whose source file is next to it.
fn is_header_of_source(snapshot: &Snapshot, file: &IndexedFile) -> bool {
    let Some((stem, "h" | "hpp" | "hh" | "hxx")) = file.path.rsplit_once('.') else { return false };
    ["c", "cc", "cpp", "cxx", "m", "mm"]
        .iter()
        .any(|source| snapshot.find(file.root, &format!("{stem}.{source}")).is_some())
}

/// Returns whether a file contains prose or data. A file with an unknown extension may be code.
fn is_prose(file: &IndexedFile) -> bool {
    let language = file.record.language.language();
    let ending = file.path.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
    PROSE_LANGUAGES.contains(&language.name)
        || (language.name == "text" && ending.is_none_or(|(_, ending)| language.extensions.contains(&ending)))
}
