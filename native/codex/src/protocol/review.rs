//! Code reviews: Codex's reviewer looks at changes and reports findings.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CALL_LIMIT, read};
use crate::connection::{CallError, Connection};
use crate::protocol::Turn;

/// The part of a rollout file that is searched for the result of a review, from its end. It comes with the
/// last items of the turn.
const ROLLOUT_TAIL_BYTES: u64 = 8 * 1024 * 1024;

/// The target of a review (`ReviewTarget`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ReviewTarget {
    /// The staged, unstaged and untracked changes of the working directory.
    UncommittedChanges,
    /// The changes against a branch.
    BaseBranch {
        /// The branch.
        branch: String,
    },
    /// The changes of a commit.
    Commit {
        /// The id of the commit.
        sha: String,
        /// The subject of the commit, which is shown to users.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// Whatever the instructions say.
    Custom {
        /// The instructions.
        instructions: String,
    },
}

/// The result of a review (`ReviewOutputEvent`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ReviewOutput {
    /// The findings.
    pub findings: Vec<Finding>,
    /// The verdict: `patch is correct` or `patch is incorrect`.
    pub overall_correctness: String,
    /// The reasons for the verdict.
    pub overall_explanation: String,
    /// The reviewer's confidence in the verdict, from 0 to 1.
    pub overall_confidence_score: f64,
}

/// A finding of a review (`ReviewFinding`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Finding {
    /// The title.
    pub title: String,
    /// The explanation.
    pub body: String,
    /// The reviewer's confidence, from 0 to 1.
    pub confidence_score: f64,
    /// The priority, from 0 (most urgent) to 3.
    pub priority: Option<i64>,
    /// The place of the finding.
    pub code_location: CodeLocation,
}

/// A place in a file (`ReviewCodeLocation`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CodeLocation {
    /// The absolute path of the file.
    pub absolute_file_path: String,
    /// The lines.
    pub line_range: LineRange,
}

/// A range of lines, counted from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LineRange {
    /// The first line.
    pub start: u32,
    /// The last line.
    pub end: u32,
}

impl Connection {
    /// `review/start`: starts a review as a turn of a thread that is loaded in this process.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn review_start(&self, thread_id: &str, target: &ReviewTarget) -> Result<Turn, CallError> {
        let method = "review/start";
        let params = json!({ "threadId": thread_id, "target": target, "delivery": "inline" });
        let mut result = self.call(method, params, CALL_LIMIT).await?;
        read(method, result["turn"].take())
    }
}

/// Reads the result of the last review from the rollout file of its thread. The app-server only sends it as
/// a text that was made from it. Returns `None` if the file has none.
///
/// # Errors
/// The operating system's error if the file cannot be read.
pub fn last_review(rollout: &Path) -> io::Result<Option<ReviewOutput>> {
    let mut file = File::open(rollout)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(ROLLOUT_TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(tail.rsplit(|byte| *byte == b'\n').find_map(review_of_line))
}

/// Returns the result of a review in a line of a rollout file: in the item `ExitedReviewMode`, as 0.169 and
/// 0.171 write it, or in an event `exited_review_mode`.
fn review_of_line(line: &[u8]) -> Option<ReviewOutput> {
    const NAME: &[u8] = b"\"review_output\"";
    line.windows(NAME.len()).any(|window| window == NAME).then_some(())?;
    let line: Value = serde_json::from_slice(line).ok()?;
    let payload = &line["payload"];
    let output = payload
        .pointer("/item/review_output")
        .or_else(|| payload.get("review_output"))
        .filter(|it| it.is_object())?;
    ReviewOutput::deserialize(output).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_review_of_a_rollout_is_found_in_both_formats() {
        let review = |explanation: &str| json!({ "findings": [], "overall_explanation": explanation });
        let item = |explanation| {
            let item = json!({ "type": "ExitedReviewMode", "review_output": review(explanation) });
            json!({ "type": "event_msg", "payload": { "type": "item_completed", "item": item } }).to_string()
        };
        let event = |output: Value| {
            let payload = json!({ "type": "exited_review_mode", "review_output": output });
            json!({ "type": "event_msg", "payload": payload }).to_string()
        };
        let other = json!({ "type": "event_msg", "payload": { "type": "token_count" } }).to_string();
        let cases = [
            (vec![item("first"), other.clone(), item("second"), other.clone()], Some("second")),
            (vec![event(review("old format"))], Some("old format")),
            (vec![item("done"), event(Value::Null)], Some("done")),
            (vec![other, "not JSON \"review_output\"".to_owned()], None),
        ];
        let file = tempfile::NamedTempFile::new().unwrap();
        for (lines, expected) in cases {
            std::fs::write(file.path(), lines.join("\n")).unwrap();
            let found = last_review(file.path()).unwrap();
            assert_eq!(
                found.as_ref().map(|review| review.overall_explanation.as_str()),
                expected,
                "{lines:?}"
            );
        }
    }
}
