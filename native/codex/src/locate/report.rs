//! Reports which paths were searched and what was wrong with each of them, for the person who has to fix it.

use std::{collections::HashSet, fmt, path::Path};

use serde::Serialize;

use super::LocateSource;

/// The reason for a path that does not exist. The report lists these paths together.
pub(super) const MISSING: &str = "does not exist";

/// A path that was searched, and why nothing there was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchedPath {
    /// The file or directory.
    pub place: String,
    /// The problem, as the end of a sentence that starts with the path.
    pub reason: String,
}

/// No usable executable was found. The message tells a person what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotFound {
    /// The setting that contains the path, if the path was configured.
    pub named_in: Option<LocateSource>,
    /// Every searched path, in the order of the search.
    pub looked: Vec<SearchedPath>,
}

/// A search in progress: the paths that were searched without success.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) searched: Vec<SearchedPath>,
    paths: HashSet<String>,
}

impl Search {
    /// Records a path once, with the first problem.
    pub(super) fn record(&mut self, path: &Path, reason: &str) {
        let place = path.display().to_string();
        if self.paths.insert(place.clone()) {
            self.searched.push(SearchedPath { place, reason: reason.to_owned() });
        }
    }
}

impl std::error::Error for NotFound {}

impl fmt::Display for NotFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = self.named_in {
            let setting = match source {
                LocateSource::ChatgptSetting => "the setting chatgpt.cliExecutable",
                _ => "the setting for the Codex executable",
            };
            let problems: Vec<String> = self
                .looked
                .iter()
                .map(|searched| format!("{} {}", searched.place, searched.reason))
                .collect();
            return write!(
                formatter,
                "Codex cannot be started from {setting}: {}. Correct the path, or remove it to search for \
                 Codex.",
                problems.join("; ")
            );
        }
        write!(
            formatter,
            "Codex was not found. Install the ChatGPT extension for VS Code or run \
             `npm install -g @openai/codex`, or \
             set the path of a Codex executable."
        )?;
        let (missing, unusable): (Vec<&SearchedPath>, Vec<&SearchedPath>) =
            self.looked.iter().partition(|searched| searched.reason == MISSING);
        for searched in unusable {
            write!(formatter, "\n{} {}.", searched.place, searched.reason)?;
        }
        if !missing.is_empty() {
            let paths: Vec<&str> = missing.iter().map(|searched| searched.place.as_str()).collect();
            write!(formatter, "\nThese paths do not exist: {}.", paths.join(", "))?;
        }
        Ok(())
    }
}
