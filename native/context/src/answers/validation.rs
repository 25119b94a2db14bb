//! `validate_code`: whether a piece of code parses, and which dangerous calls it contains.

use serde_json::{Value, json};

use super::budget::Budget;
use super::{Answer, Request, language_servers, members};
use crate::languages::{LanguageId, detect};
use crate::protocol::{Arguments, Code, Refusal};
use crate::resolve::Source;
use crate::validate::{Issue, guess_language, validate};

/// Answers `validate_code`. The language is the given one, or else that of the given file, or else guessed.
pub(crate) fn validate_code(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let code = arguments.string("code");
    if code.len() as u64 > crate::limits::FILE_BYTES_MAX {
        return Err(Refusal::invalid(format!(
            "`code` is longer than {} bytes",
            crate::limits::FILE_BYTES_MAX
        )));
    }
    let (language, guessed) = language(request, arguments, code)?;
    let name = language.language().name;
    let issues = validate(language, code)
        .ok_or_else(|| Refusal::new(Code::InvalidArguments, format!("`language`: {name} has no grammar")))?;
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let errors = issues.iter().filter(|issue| issue.pattern == "syntax_error").count();
    let listed = budget.list("issues", 1.0, issues.iter().map(issue_entry));
    let mut answer = members(json!({
        "safe": issues.is_empty(),
        "parses": errors == 0,
        "language": name,
        "language_guessed": guessed,
        "issue_count": issues.len(),
        "issues": listed,
    }));
    let diagnostics = diagnostics(request, arguments, code);
    if !diagnostics.is_empty() {
        answer.insert("diagnostic_count".to_owned(), json!(diagnostics.len()));
        answer.insert("diagnostics".to_owned(), json!(budget.list("diagnostics", 1.0, diagnostics)));
    }
    answer.insert("source".to_owned(), json!(language_servers::source(request, Source::Index)));
    budget.finish(&mut answer);
    Ok(answer)
}

/// Returns the diagnostics of the language servers, provided that the code is the content that the file has
/// in the editor.
fn diagnostics(request: &Request<'_>, arguments: &Arguments<'_>, code: &str) -> Vec<Value> {
    let file = arguments.optional_string("file_path").and_then(|path| request.file_at(path).ok());
    let file = file.filter(|(id, _)| request.text(*id).is_some_and(|text| &*text == code));
    file.map_or_else(Vec::new, |(id, _)| language_servers::diagnostics(request, Some(id)))
}

fn language(
    request: &Request<'_>,
    arguments: &Arguments<'_>,
    code: &str,
) -> Result<(LanguageId, bool), Refusal> {
    if let Some(name) = arguments.optional_string("language") {
        let known = LanguageId::from_name(name);
        let unknown = || Refusal::invalid(format!("`language`: {name} is not a known language"));
        return known.map(|language| (language, false)).ok_or_else(unknown);
    }
    if let Some(path) = arguments.optional_string("file_path") {
        request.index.workspace().confine(path)?;
        return Ok((detect(path, code), false));
    }
    let guess = guess_language(code);
    guess
        .map(|language| (language, true))
        .ok_or_else(|| Refusal::failed("the language cannot be determined; specify it in `language`"))
}

fn issue_entry(issue: &Issue) -> Value {
    json!({
        "pattern": issue.pattern,
        "description": issue.description,
        "line_number": issue.at.line,
        "column": issue.at.column,
        "severity": issue.severity,
    })
}
