//! Where was looked and what was wrong there: for the person who has to do something about it.

use std::{collections::HashSet, fmt, path::Path};

use serde::Serialize;

use super::LocateSource;

/// The reason for a place that is simply not there. The report lists those together.
pub(super) const MISSING: &str = "does not exist";

/// A place that was looked at, and why nothing there was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Looked {
    /// The file or folder.
    pub place: String,
    /// What is wrong with it, as the end of a sentence that starts with the place.
    pub reason: String,
}

/// No usable executable. Its text tells a person what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotFound {
    /// The setting that named the path, if it was one that a person had named.
    pub named_in: Option<LocateSource>,
    /// Every place that was looked at, in the order of looking.
    pub looked: Vec<Looked>,
}

/// The places looked at so far.
#[derive(Debug, Default)]
pub(super) struct Looking {
    pub(super) looked: Vec<Looked>,
    places: HashSet<String>,
}

impl Looking {
    /// Notes a place once, with the first thing that was wrong.
    pub(super) fn note(&mut self, place: &Path, reason: &str) {
        let place = place.display().to_string();
        if self.places.insert(place.clone()) {
            self.looked.push(Looked { place, reason: reason.to_owned() });
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
            let wrong: Vec<String> =
                self.looked.iter().map(|looked| format!("{} {}", looked.place, looked.reason)).collect();
            return write!(
                formatter,
                "Codex cannot be started from {setting}: {}. Correct the path, or remove it to have Codex searched for.",
                wrong.join("; ")
            );
        }
        write!(
            formatter,
            "Codex was not found. Install the ChatGPT extension for VS Code or run `npm install -g @openai/codex`, or \
             set the path of a Codex executable."
        )?;
        let (missing, wrong): (Vec<&Looked>, Vec<&Looked>) =
            self.looked.iter().partition(|looked| looked.reason == MISSING);
        for looked in wrong {
            write!(formatter, "\n{} {}.", looked.place, looked.reason)?;
        }
        if !missing.is_empty() {
            let places: Vec<&str> = missing.iter().map(|looked| looked.place.as_str()).collect();
            write!(formatter, "\nThese places do not exist: {}.", places.join(", "))?;
        }
        Ok(())
    }
}
