//! The length limit of an answer.
//!
//! Tokens are estimated from the length of the JSON: code with its punctuation has about 3.5 bytes per token
//! in the tokenizers of current models. An estimate that is off by a tenth does no harm. A tokenizer would
//! add megabytes.

use serde_json::{Map, Value, json};

/// The remaining token budget of an answer, with a count of what was left out.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens_max: usize,
    used: usize,
    left_out: Map<String, Value>,
}

impl Budget {
    /// Creates a budget of at most `tokens_max` tokens.
    pub(crate) fn new(tokens_max: usize) -> Self {
        // The frame of the answer is included.
        Self { tokens_max, used: 40, left_out: Map::new() }
    }

    /// Returns the number of tokens that are left.
    pub(crate) fn remaining(&self) -> usize {
        self.tokens_max.saturating_sub(self.used)
    }

    /// Subtracts a value that is part of the answer in any case.
    pub(crate) fn spend(&mut self, value: &Value) {
        self.used += tokens(value);
    }

    /// Returns as many items as fit into a share (from 0 to 1) of the remaining tokens, and at least one if
    /// it fits into the budget at all. The number of omitted items is recorded under `name`.
    pub(crate) fn list(
        &mut self,
        name: &str,
        share: f64,
        items: impl IntoIterator<Item = Value>,
    ) -> Vec<Value> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a small number"
        )]
        let end = self.used + (self.remaining() as f64 * share) as usize;
        let mut items = items.into_iter();
        let mut listed = Vec::new();
        for item in items.by_ref() {
            let cost = tokens(&item);
            let limit = if listed.is_empty() { self.tokens_max } else { end };
            if self.used + cost > limit {
                self.leave_out(name, 1);
                break;
            }
            self.used += cost;
            listed.push(item);
        }
        self.leave_out(name, items.count());
        listed
    }

    /// Records that `count` items were left out.
    pub(crate) fn leave_out(&mut self, name: &str, count: usize) {
        if count > 0 {
            let before = self.left_out.get(name).and_then(Value::as_u64).unwrap_or(0);
            self.left_out.insert(name.to_owned(), json!(before + count as u64));
        }
    }

    /// Truncates a text at a line end, so that it fits into a share of the remaining tokens.
    pub(crate) fn text<'text>(&mut self, name: &str, share: f64, text: &'text str) -> &'text str {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a small number"
        )]
        let bytes = (self.remaining() as f64 * share * BYTES_PER_TOKEN) as usize;
        let listed = if text.len() <= bytes { text } else { truncate_at_line(text, bytes) };
        self.leave_out(name, text.lines().count() - listed.lines().count());
        self.used += estimate(listed.len());
        listed
    }

    /// Adds to the answer its estimated length and what was left out.
    pub(crate) fn finish(self, answer: &mut Map<String, Value>) {
        let used: usize = answer.iter().map(|(name, value)| tokens(value) + estimate(name.len() + 4)).sum();
        answer.insert("estimated_tokens".to_owned(), json!(used));
        if !self.left_out.is_empty() {
            answer.insert("left_out".to_owned(), Value::Object(self.left_out));
        }
    }
}

const BYTES_PER_TOKEN: f64 = 3.5;

/// Returns the text up to the last line end within the given number of bytes.
fn truncate_at_line(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].rfind('\n').map_or("", |line_end| &text[..=line_end])
}

fn tokens(value: &Value) -> usize {
    estimate(serde_json::to_string(value).map_or(0, |text| text.len()) + 1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the length of a text in memory")]
fn estimate(bytes: usize) -> usize {
    (bytes as f64 / BYTES_PER_TOKEN).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omitted_items_are_counted() {
        let mut budget = Budget::new(100);
        let items = vec![json!("x".repeat(60)); 10];
        assert_eq!(budget.list("items", 1.0, items.clone()).len(), 3);
        assert_eq!(budget.list("others", 1.0, items).len(), 0);
        let mut answer = Map::new();
        budget.finish(&mut answer);
        assert_eq!(answer["left_out"], json!({"items": 7, "others": 10}));
    }

    #[test]
    fn text_is_truncated_at_a_line_end() {
        let mut budget = Budget::new(50);
        assert_eq!(
            budget.text("lines", 1.0, "one line of text\nanother line of text\nthe last\n"),
            "one line of text\n"
        );
        assert_eq!(truncate_at_line("äöü", 3), "");
    }
}
