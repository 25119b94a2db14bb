//! The result of a code review.

use codex::protocol::{Finding, ReviewOutput};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The result of a code review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Review {
    /// The findings, in the order in which the reviewer reported them.
    pub findings: Vec<ReviewFinding>,
    /// The verdict on the whole change.
    pub verdict: ReviewVerdict,
}

/// A finding of a review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReviewFinding {
    /// The title.
    pub title: String,
    /// The explanation.
    pub body: String,
    /// The absolute path of the file.
    pub file: String,
    /// The lines of the file.
    pub lines: ReviewLines,
    /// The priority, from 0 (most urgent) to 3, if the reviewer set one.
    pub priority: Option<i64>,
    /// The reviewer's confidence, from 0 to 1.
    pub confidence: f64,
}

/// A range of lines, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewLines {
    /// The first line.
    pub start: u32,
    /// The last line.
    pub end: u32,
}

/// The verdict of a review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReviewVerdict {
    /// `patch is correct` or `patch is incorrect`; empty if the reviewer gave no verdict.
    pub correctness: String,
    /// The reasons.
    pub explanation: String,
    /// The reviewer's confidence, from 0 to 1.
    pub confidence: f64,
}

impl From<ReviewOutput> for Review {
    fn from(output: ReviewOutput) -> Self {
        Self {
            findings: output.findings.into_iter().map(ReviewFinding::from).collect(),
            verdict: ReviewVerdict {
                correctness: output.overall_correctness,
                explanation: output.overall_explanation,
                confidence: output.overall_confidence_score,
            },
        }
    }
}

impl From<Finding> for ReviewFinding {
    fn from(finding: Finding) -> Self {
        let lines = finding.code_location.line_range;
        Self {
            title: finding.title,
            body: finding.body,
            file: finding.code_location.absolute_file_path,
            lines: ReviewLines { start: lines.start, end: lines.end },
            priority: finding.priority,
            confidence: finding.confidence_score,
        }
    }
}
