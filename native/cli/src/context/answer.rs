//! Answers one question in the terminal.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use context::{Context, Event, Options, Refusal};
use serde_json::{Value, json};
use server::config;

use super::questions::{OutputOptions, Question};
use super::terminal::{self, Page};
use crate::foreground;

mod page;

/// The exit status if nothing was found.
const NOT_FOUND: u8 = 1;

/// The exit status if the question or the directory is invalid, or the answer took too long.
pub(super) const FAILED: u8 = 2;

/// Answers a question from the index of some directories. An index on the disk is reused.
pub(super) fn answer(
    question: &Question,
    output: &OutputOptions,
    roots: Vec<PathBuf>,
) -> Result<ExitCode, String> {
    foreground::log("warn");
    let context = indexed(roots)?;
    let outcome = ask(&context, question, output.max_tokens);
    let found = match &outcome {
        Ok(answer) => has_results(question, answer),
        Err(_) => false,
    };
    if output.json {
        let value = outcome.as_ref().map_or_else(
            |refusal| json!({ "error": refusal.message, "error_code": refusal.code.as_str() }),
            Value::clone,
        );
        let mut page = Page::new(super::questions::When::Never);
        page.line(serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?);
        page.write()?;
    }
    let answer = match outcome {
        Ok(answer) => answer,
        Err(_) if output.json => return Ok(ExitCode::from(FAILED)),
        Err(refusal) => return Err(refusal.message),
    };
    if !output.json {
        let mut page = Page::new(output.color);
        page::show(&mut page, question, &answer);
        page.write()?;
    }
    Ok(if found { ExitCode::SUCCESS } else { ExitCode::from(NOT_FOUND) })
}

/// Indexes the directories completely, and shows the progress on a terminal.
fn indexed(roots: Vec<PathBuf>) -> Result<Context, String> {
    let bar = terminal::progress();
    let listener: context::Listener = {
        let bar = bar.clone();
        Arc::new(move |event| {
            if let Event::Progress(progress) = event {
                bar.set_length(progress.total as u64);
                bar.set_position(progress.files as u64);
            }
        })
    };
    let options = Options {
        roots,
        cache_directory: Some(config::default_data_directory()?.join(super::CACHE_DIRECTORY)),
        listener: Some(listener),
        ..Options::default()
    };
    let context = Context::open(options).map_err(|error| format!("cannot read a directory: {error}"))?;
    context.wait_until_indexed();
    bar.finish_and_clear();
    Ok(context)
}

fn ask(context: &Context, question: &Question, max_tokens: u32) -> Result<Value, Refusal> {
    let (kind, parameters) = question.request(max_tokens);
    let mut answer = context.ask(kind, &parameters)?;
    if matches!(question, Question::Ask { .. }) {
        let best =
            answer["snippets"].as_array().into_iter().flatten().find(|snippet| snippet["symbol"].is_object());
        let best_context = best.map(|snippet| {
            json!({
                "symbol_name": snippet["symbol"]["name"],
                "file_path": snippet["file_path"],
                "max_tokens": max_tokens / 2,
            })
        });
        answer["context"] =
            best_context.map_or(Ok(Value::Null), |parameters| context.ask("get_context", &parameters))?;
    }
    Ok(answer)
}

fn has_results(question: &Question, answer: &Value) -> bool {
    match question {
        Question::Ask { .. } | Question::Search { .. } => answer["snippet_count"] != json!(0),
        Question::Symbol { .. } | Question::Refs { .. } | Question::Calls { .. } => {
            answer["found"] == json!(true)
        }
        Question::Deps { .. } | Question::Summary => true,
    }
}
