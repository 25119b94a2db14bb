//! Reads the user's last message and the progress of its script from a request.

use serde_json::Value;

/// The beginnings of parts that no person typed. Codex adds messages of its own in the user's role.
const NOT_TYPED: [&str; 15] = [
    "# AGENTS.md instructions",
    "<environment_context>",
    "<user_instructions>",
    "<permissions",
    "<turn_aborted>",
    "<skill>",
    "<skills_instructions>",
    "<plugins_instructions>",
    "<user_shell_command>",
    "<subagent_notification>",
    "<collaboration_mode>",
    CONTINUATION,
    // Versions before 0.140 do not offer the tool but still ask for its use.
    "Warning: apply_patch was requested",
    // Codex puts these tags around an image.
    "<image",
    "</image>",
];

/// The beginning of the message with which Codex continues a goal.
const CONTINUATION: &str = "<codex_internal_context source=\"goal\">";

/// The turn that a request belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    /// The user's last message.
    pub(super) user_text: String,
    /// The number of turns with which Codex has continued a goal since that message.
    pub(super) continuations: usize,
    /// The index of the next step of the script.
    pub(super) next_step: usize,
    /// The output of the script's last tool call.
    pub(super) last_output: Option<String>,
    pub(super) ids: Ids,
}

/// Creates ids that are the same for the same request and differ within a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ids {
    /// The number of items in the request, which grows with each request of a conversation.
    position: usize,
}

const STEP_MARK: &str = "_step_";

impl Ids {
    pub(super) fn response(&self) -> String {
        format!("resp_{}", self.position)
    }

    pub(super) fn message(&self, ordinal: usize) -> String {
        format!("msg_{}_{ordinal}", self.position)
    }

    /// Returns the id of a tool call. It contains the step that made the call, so that the next request,
    /// which repeats the id, shows where the script continues.
    pub(super) fn call(&self, step: usize) -> String {
        format!("call_{}{STEP_MARK}{step}", self.position)
    }
}

fn step_of_call(call_id: &str) -> Option<usize> {
    call_id.rsplit_once(STEP_MARK)?.1.parse().ok()
}

pub(super) fn read(request: &Value) -> Turn {
    let items = request["input"].as_array().map_or(&[][..], Vec::as_slice);
    let last_message =
        items.iter().enumerate().rev().find_map(|(index, item)| Some((index, typed_text(item)?)));
    let (after, user_text) = last_message.map_or((0, String::new()), |(index, text)| (index + 1, text));

    let mut turn = Turn {
        user_text,
        continuations: items[after..].iter().filter(|item| is_continuation(item)).count(),
        next_step: 0,
        last_output: None,
        ids: Ids { position: items.len() },
    };
    for item in &items[after..] {
        match item["type"].as_str() {
            Some("function_call" | "custom_tool_call") => {
                if let Some(step) = item["call_id"].as_str().and_then(step_of_call) {
                    turn.next_step = step + 1;
                }
            }
            Some("function_call_output" | "custom_tool_call_output") => {
                turn.last_output = Some(output_text(&item["output"]));
            }
            _ => {}
        }
    }
    turn
}

/// Returns the text of this item if a person typed it.
fn typed_text(item: &Value) -> Option<String> {
    let is_user_message =
        item["role"] == "user" && item["type"].as_str().is_none_or(|kind| kind == "message");
    if !is_user_message {
        return None;
    }
    let typed: Vec<&str> = item["content"]
        .as_array()?
        .iter()
        .filter_map(|part| part["text"].as_str())
        .filter(|text| !NOT_TYPED.iter().any(|start| text.trim_start().starts_with(start)))
        .collect();
    (!typed.is_empty()).then(|| typed.join("\n"))
}

fn is_continuation(item: &Value) -> bool {
    let parts = item["content"].as_array().map_or(&[][..], Vec::as_slice);
    let mut texts = parts.iter().filter_map(|part| part["text"].as_str());
    item["role"] == "user" && texts.any(|text| text.trim_start().starts_with(CONTINUATION))
}

/// Returns the text of an output, which is a string or a list of parts, some of which contain text.
fn output_text(output: &Value) -> String {
    match output {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        Value::Object(object) => object.get("content").map(output_text).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Summarizes the output of a tool call in one line: `exit 0: <first line>` for a command, or else its first
/// line.
pub(super) fn summary(output: &str) -> String {
    let exit_code = ["exited with code ", "Exit code: "].iter().find_map(|mark| {
        let rest = &output[output.find(mark)? + mark.len()..];
        let digits = rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse::<i64>().ok()
    });
    let printed = output.split_once("Output:\n").map_or(output, |(_, printed)| printed);
    let first_line = printed.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    match exit_code {
        Some(code) => format!("exit {code}: {first_line}"),
        None => first_line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user(parts: &[&str]) -> Value {
        let content: Vec<Value> =
            parts.iter().map(|text| json!({ "type": "input_text", "text": text })).collect();
        json!({ "type": "message", "role": "user", "content": content })
    }

    #[test]
    fn the_last_typed_message_is_used_and_additions_of_codex_are_ignored() {
        let request = json!({ "input": [
            json!({ "type": "message", "role": "developer", "content": [{ "type": "input_text",
                "text": "be good" }] }),
            user(&["# AGENTS.md instructions for /w", "<environment_context>\n</environment_context>"]),
            user(&["first"]),
            json!({ "type": "message", "role": "assistant", "content": [{ "type": "output_text",
                "text": "ok" }] }),
            user(&["<image name=[Image #1]>", "</image>", "look", "here"]),
            user(&["<turn_aborted>\nstopped\n</turn_aborted>"]),
        ]});
        let turn = read(&request);
        assert_eq!(turn.user_text, "look\nhere");
        assert_eq!((turn.next_step, turn.last_output), (0, None));
    }

    #[test]
    fn a_script_continues_after_its_last_call_and_a_new_message_starts_over() {
        let call = |step: usize| json!({ "type": "function_call", "call_id": format!("call_3_step_{step}") });
        let output = json!({ "type": "function_call_output", "output": "done" });
        let mut input = vec![user(&["go"]), call(1), output.clone(), call(4), output];
        let turn = read(&json!({ "input": input }));
        assert_eq!((turn.next_step, turn.last_output.as_deref()), (5, Some("done")));

        input.push(user(&["steered"]));
        let turn = read(&json!({ "input": input }));
        assert_eq!((turn.user_text.as_str(), turn.next_step, turn.last_output), ("steered", 0, None));
    }

    #[test]
    fn outputs_are_summarized_in_one_line() {
        for (output, expected) in [
            ("Chunk ID: a\nProcess exited with code 3\nOutput:\n\nboom\nmore", "exit 3: boom"),
            ("Exit code: -1\nOutput:\n", "exit -1: "),
            ("Plan updated", "Plan updated"),
            ("", ""),
        ] {
            assert_eq!(summary(output), expected);
        }
    }
}
