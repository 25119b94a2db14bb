//! The directives that a user message can contain, one per line:
//!
//! | line | action of the model |
//! |---|---|
//! | `@model say TEXT` | sends TEXT as a message; the last message is the answer |
//! | `@model begin TEXT` | sends TEXT as the beginning of the message that the next `say` completes |
//! | `@model delay MS` | waits this number of milliseconds |
//! | `@model hold NAME` | waits until NAME is released; an earlier release counts |
//! | `@model stream N` | sends each of the following messages in N deltas |
//! | `@model run CMD` | runs a command in Codex's sandbox |
//! | `@model escalate CMD` | requests to run a command outside the sandbox, which needs a person's approval |
//! | `@model patch PATH` | writes a file |
//! | `@model call TOOL JSON` | calls any other tool, for example `request_user_input` or `mcp__SERVER/TOOL` |
//! | `@model plan` | sets a plan of three steps |
//! | `@model fail STATUS` | fails with this HTTP status |
//! | `@model limit SECONDS` | fails because the usage limit is reached, which is reset in SECONDS |
//! | `@model overflow` | fails because the conversation does not fit into the context window |
//! | `@model next` | the following steps are for the next turn that Codex starts by itself for a goal |
//! | `@model drop` | drops the connection in the middle of the answer |

use std::time::Duration;

use serde_json::Value;

const MARK: &str = "@model";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Say(String),
    Begin(String),
    Delay(Duration),
    Hold(String),
    Stream(usize),
    Call(ToolUse),
    Fail(Failure),
    Overflow,
    Drop,
    Next,
}

/// How a request to the model fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// This HTTP status.
    Status(u16),
    /// The usage limit is reached. It is reset in this number of seconds.
    UsageLimit(u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToolUse {
    Run(String),
    Escalate(String),
    Patch(String),
    Plan,
    Other { name: String, arguments: Value },
}

/// Splits a user message into its text and its script.
///
/// # Errors
/// A sentence for the author of the message, when a directive is invalid. It becomes the model's answer,
/// where it is hard to miss.
pub(super) fn parse(message: &str) -> Result<(String, Vec<Step>), String> {
    let mut text = Vec::new();
    let mut steps = Vec::new();
    for line in message.lines() {
        match line.trim_start().strip_prefix(MARK) {
            Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => {
                steps.push(step(rest.trim())?);
            }
            _ => text.push(line),
        }
    }
    Ok((text.join("\n").trim().to_owned(), steps))
}

fn step(directive: &str) -> Result<Step, String> {
    let (word, rest) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
    let rest = rest.trim();
    let text = || match rest {
        "" => Err(format!("`{MARK} {word}` needs something after it")),
        text => Ok(text.to_owned()),
    };
    let number = |range: std::ops::RangeInclusive<u64>| {
        rest.parse::<u64>().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            format!("`{MARK} {word}` needs a whole number from {} to {}", range.start(), range.end())
        })
    };
    Ok(match word {
        "say" => Step::Say(text()?),
        "begin" => Step::Begin(text()?),
        "delay" => Step::Delay(Duration::from_millis(number(0..=600_000)?)),
        "hold" => Step::Hold(text()?),
        "stream" => Step::Stream(usize::try_from(number(1..=100_000)?).map_err(|error| error.to_string())?),
        "run" => Step::Call(ToolUse::Run(text()?)),
        "escalate" => Step::Call(ToolUse::Escalate(text()?)),
        "patch" => Step::Call(ToolUse::Patch(text()?)),
        "plan" => Step::Call(ToolUse::Plan),
        "call" => {
            let (name, arguments) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            match serde_json::from_str(arguments) {
                Ok(arguments @ Value::Object(_)) => {
                    Step::Call(ToolUse::Other { name: name.to_owned(), arguments })
                }
                _ => return Err(format!("`{MARK} {word}` needs a tool's name and a JSON object")),
            }
        }
        "fail" => {
            Step::Fail(Failure::Status(u16::try_from(number(400..=599)?).map_err(|error| error.to_string())?))
        }
        "limit" => Step::Fail(Failure::UsageLimit(number(1..=1_000_000)?)),
        "overflow" => Step::Overflow,
        "drop" => Step::Drop,
        "next" => Step::Next,
        _ => return Err(format!("`{MARK} {directive}` is not a directive of the scripted model")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_directive_is_parsed_and_other_lines_stay_text() {
        let (text, steps) = parse(
            "please\n@model delay 20\n  @model hold gate\n@model stream 3\n@model say two  words \n\
             @model run echo hi\n@model escalate rm x\n@model patch a b.txt\n@model plan\n@model call ask {\"a\": 1}\n@model fail 503\n@model drop\n@model next\n\
             @modelling is text\nthanks",
        )
        .unwrap();
        assert_eq!(text, "please\n@modelling is text\nthanks");
        assert_eq!(
            steps,
            [
                Step::Delay(Duration::from_millis(20)),
                Step::Hold("gate".into()),
                Step::Stream(3),
                Step::Say("two  words".into()),
                Step::Call(ToolUse::Run("echo hi".into())),
                Step::Call(ToolUse::Escalate("rm x".into())),
                Step::Call(ToolUse::Patch("a b.txt".into())),
                Step::Call(ToolUse::Plan),
                Step::Call(ToolUse::Other { name: "ask".into(), arguments: json!({"a": 1}) }),
                Step::Fail(Failure::Status(503)),
                Step::Drop,
                Step::Next,
            ]
        );
    }

    #[test]
    fn an_invalid_directive_is_named() {
        for (message, named) in [
            ("@model shout hi", "`@model shout hi`"),
            ("@model", "`@model `"),
            ("@model say", "`@model say` needs"),
            ("@model delay soon", "`@model delay` needs"),
            ("@model fail 200", "from 400 to 599"),
            ("@model call ask nicely", "`@model call` needs a tool's name and a JSON object"),
            ("@model stream 0", "from 1 to 100000"),
        ] {
            let error = parse(message).unwrap_err();
            assert!(error.contains(named), "{message:?} gave {error:?}");
        }
    }
}
