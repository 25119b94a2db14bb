//! Plays a plan as the server-sent events of one response.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures_util::{Stream, stream};
use serde_json::{Value, json};

use super::{
    ModelState,
    conversation::Ids,
    plan::{Action, Plan, pause},
    script::Failure,
};

struct Playing {
    plan: Plan,
    ids: Ids,
    state: Arc<ModelState>,
    stage: Stage,
    messages: usize,
    /// The beginning of the next message, which has been sent.
    begun: String,
    usage: Usage,
}

enum Stage {
    Created,
    Acting,
    Ended,
}

/// Measures the token counts, which are plausible and reproducible: about four bytes per token.
struct Usage {
    input_bytes: usize,
    output_bytes: usize,
}

/// Returns the event stream. The plan is played while the stream is read, so a client that disconnects ends
/// it, even in the middle of a wait.
pub(super) fn events(
    plan: Plan,
    ids: Ids,
    state: Arc<ModelState>,
    input_bytes: usize,
) -> impl Stream<Item = io::Result<Bytes>> {
    let usage = Usage { input_bytes, output_bytes: 0 };
    let playing =
        Playing { plan, ids, state, stage: Stage::Created, messages: 0, begun: String::new(), usage };
    stream::unfold(playing, |mut playing| async move { Some((playing.next().await?, playing)) })
}

impl Playing {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            match self.stage {
                Stage::Created => {
                    self.stage = Stage::Acting;
                    return Some(Ok(event(
                        "response.created",
                        json!({ "response": { "id": self.ids.response() } }),
                    )));
                }
                Stage::Acting => match self.plan.actions.pop_front() {
                    Some(action @ (Action::Wait(_) | Action::Hold(_))) => {
                        pause(&action, &self.state.holds).await;
                    }
                    Some(Action::Say { text, deltas }) => return Some(Ok(self.message(&text, deltas))),
                    Some(Action::Begin(text)) => return Some(Ok(self.begin(&text))),
                    Some(Action::Call(item)) => return Some(Ok(self.call(&item))),
                    Some(Action::Fail(failure)) => {
                        self.stage = Stage::Ended;
                        let message = match failure {
                            Failure::Status(status) => {
                                format!("the script asked for the failure {status}")
                            }
                            Failure::UsageLimit(_) => "the script asked for this limit".to_owned(),
                        };
                        return Some(Ok(self.failed("server_error", &message)));
                    }
                    Some(Action::Overflow) => {
                        self.stage = Stage::Ended;
                        let message = "the script asked for an input that is too long";
                        return Some(Ok(self.failed("context_length_exceeded", message)));
                    }
                    Some(Action::Drop) => {
                        self.stage = Stage::Ended;
                        // An error of the body makes the server close the connection without the final chunk.
                        return Some(Err(io::Error::other("the script drops the connection here")));
                    }
                    None => {
                        self.stage = Stage::Ended;
                        return Some(Ok(self.completed()));
                    }
                },
                Stage::Ended => return None,
            }
        }
    }

    fn begin(&mut self, text: &str) -> Bytes {
        let id = self.ids.message(self.messages);
        let mut sent = Vec::new();
        if self.begun.is_empty() {
            sent.extend(event("response.output_item.added", json!({ "item": message(&id, &[]) })));
        }
        sent.extend(event("response.output_text.delta", json!({ "item_id": id, "delta": text })));
        self.begun.push_str(text);
        sent.into()
    }

    fn message(&mut self, text: &str, deltas: usize) -> Bytes {
        let mut sent = Vec::new();
        for delta in split(text, deltas) {
            sent.extend(self.begin(&delta));
        }
        let id = self.ids.message(self.messages);
        let text = std::mem::take(&mut self.begun);
        self.messages += 1;
        self.usage.output_bytes += text.len();
        sent.extend(event("response.output_item.done", json!({ "item": message(&id, &[&text]) })));
        sent.into()
    }

    fn call(&mut self, item: &Value) -> Bytes {
        self.usage.output_bytes += item.to_string().len();
        event("response.output_item.done", json!({ "item": item }))
    }

    fn failed(&self, code: &str, message: &str) -> Bytes {
        let error = json!({ "code": code, "message": message });
        event("response.failed", json!({ "response": { "id": self.ids.response(), "error": error } }))
    }

    fn completed(&self) -> Bytes {
        let tokens = |bytes: usize| bytes / 4 + 1;
        let (input, output) = (tokens(self.usage.input_bytes), tokens(self.usage.output_bytes));
        let usage = json!({
            "input_tokens": input,
            "input_tokens_details": null,
            "output_tokens": output,
            "output_tokens_details": null,
            "total_tokens": input + output,
        });
        event("response.completed", json!({ "response": { "id": self.ids.response(), "usage": usage } }))
    }
}

fn message(id: &str, texts: &[&str]) -> Value {
    let content: Vec<_> = texts.iter().map(|text| json!({ "type": "output_text", "text": text })).collect();
    json!({ "type": "message", "role": "assistant", "id": id, "content": content })
}

fn event(kind: &str, mut fields: Value) -> Bytes {
    fields["type"] = kind.into();
    format!("event: {kind}\ndata: {fields}\n\n").into()
}

/// Splits the text into this number of parts of about the same length, or fewer if it has fewer characters.
fn split(text: &str, parts: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let size = characters.len().div_ceil(parts.max(1)).max(1);
    characters.chunks(size).map(|part| part.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_without_loss() {
        assert_eq!(split("abcdef", 3), ["ab", "cd", "ef"]);
        assert_eq!(split("aé日", 2), ["aé", "日"]);
        assert_eq!(split("ab", 9), ["a", "b"]);
        assert_eq!(split("", 2), Vec::<String>::new());
    }
}
