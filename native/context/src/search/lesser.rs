//! Files that are shown later than others that fit as well.

use super::paths::file_stem;
use crate::index::{IndexedFile, Snapshot};

/// Why a file is shown later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lesser {
    /// It tests, shows, or measures what is sought.
    Test,
    /// It keeps an older interface alive.
    Compatibility,
    /// It declares what is defined elsewhere.
    Declaration,
    /// It is no code: prose, data.
    Prose,
}

/// Folders of files that show or measure.
const EXAMPLES: &[&str] = &[
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

/// Folders and files that keep older interfaces alive.
const COMPATIBILITY: &[&str] = &[
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

/// Languages of prose and data.
const PROSE: &[&str] =
    &["markdown", "restructuredtext", "json", "yaml", "toml", "ini", "xml", "html", "css", "scss"];

impl Lesser {
    /// What a file's place says of it.
    pub(super) fn of(snapshot: &Snapshot, file: &IndexedFile) -> Option<Self> {
        let lower = file.path.to_ascii_lowercase();
        let mut folders = lower.split('/').rev().skip(1);
        if file.is_test || folders.clone().any(|folder| EXAMPLES.contains(&folder)) {
            Some(Self::Test)
        } else if COMPATIBILITY.contains(&file_stem(&lower))
            || folders.any(|folder| COMPATIBILITY.contains(&folder))
            || is_of_older_version(snapshot, file)
        {
            Some(Self::Compatibility)
        } else if lower.ends_with(".d.ts") || lower.ends_with(".pyi") || is_header_of_source(snapshot, file) {
            Some(Self::Declaration)
        } else {
            is_prose(file).then_some(Self::Prose)
        }
    }

    /// Words in a query that ask for such files.
    pub(super) fn asked_by(self) -> &'static [&'static str] {
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

/// Whether a file is in a folder `v1` beside which there is a `v2` or a later one, or beside which there is the same file without a version.
fn is_of_older_version(snapshot: &Snapshot, file: &IndexedFile) -> bool {
    file.path.match_indices('/').any(|(end, _)| {
        let (folder, rest) = file.path.split_at(end);
        let start = folder.rfind('/').map_or(0, |slash| slash + 1);
        let Some(version) = folder[start..].strip_prefix('v').and_then(|digits| digits.parse::<u16>().ok())
        else {
            return false;
        };
        let parent = &folder[..start];
        let later = (1..=3).map(|step| format!("{parent}v{}", version.saturating_add(step)));
        later.into_iter().any(|folder| snapshot.files_under(file.root, &folder).next().is_some())
            || snapshot.find(file.root, &format!("{parent}{}", rest.trim_start_matches('/'))).is_some()
    })
}

/// Whether a file is a header whose source is beside it.
fn is_header_of_source(snapshot: &Snapshot, file: &IndexedFile) -> bool {
    let Some((stem, "h" | "hpp" | "hh" | "hxx")) = file.path.rsplit_once('.') else { return false };
    ["c", "cc", "cpp", "cxx", "m", "mm"]
        .iter()
        .any(|source| snapshot.find(file.root, &format!("{stem}.{source}")).is_some())
}

/// Whether a file holds prose or data. What has an ending that no language of ours has may be code.
fn is_prose(file: &IndexedFile) -> bool {
    let language = file.record.language.language();
    let ending = file.path.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
    PROSE.contains(&language.name)
        || (language.name == "text" && ending.is_none_or(|(_, ending)| language.extensions.contains(&ending)))
}
