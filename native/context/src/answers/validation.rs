//! `validate_code`: whether a piece of code parses, and what in it is dangerous.

use serde_json::json;

use super::budget::Budget;
use super::{Answer, Asking, members};
use crate::languages::{LanguageId, detect};
use crate::protocol::{Arguments, Code, Refusal};
use crate::validate::{Issue, guess_language, validate};

/// Whether a piece of code parses, and what in it is dangerous. The language is the one that is named, or that of the file it is for, or
/// guessed.
pub(crate) fn validate_code(asking: &Asking<'_>, arguments: &Arguments<'_>) -> Answer {
    let code = arguments.text("code");
    if code.len() as u64 > crate::limits::FILE_BYTES_MAX {
        return Err(Refusal::invalid(format!(
            "`code` is longer than {} bytes",
            crate::limits::FILE_BYTES_MAX
        )));
    }
    let (language, guessed) = language(asking, arguments, code)?;
    let name = language.language().name;
    let issues = validate(language, code).ok_or_else(|| {
        Refusal::new(Code::InvalidArguments, format!("`language`: there is no grammar for {name}"))
    })?;
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let errors = issues.iter().filter(|issue| issue.pattern == "syntax_error").count();
    let listed = budget.list("issues", 1.0, issues.iter().map(shown));
    let mut answer = members(json!({
        "safe": issues.is_empty(),
        "parses": errors == 0,
        "language": name,
        "language_guessed": guessed,
        "issue_count": issues.len(),
        "issues": listed,
    }));
    budget.finish(&mut answer);
    Ok(answer)
}

fn language(
    asking: &Asking<'_>,
    arguments: &Arguments<'_>,
    code: &str,
) -> Result<(LanguageId, bool), Refusal> {
    if let Some(name) = arguments.optional_text("language") {
        let known = LanguageId::from_name(name);
        let unknown = || Refusal::invalid(format!("`language`: {name} is not known"));
        return known.map(|language| (language, false)).ok_or_else(unknown);
    }
    if let Some(path) = arguments.optional_text("file_path") {
        asking.index.workspace().confine(path)?;
        return Ok((detect(path, code), false));
    }
    let guess = guess_language(code);
    guess
        .map(|language| (language, true))
        .ok_or_else(|| Refusal::failed("the language cannot be told; name it in `language`"))
}

fn shown(issue: &Issue) -> serde_json::Value {
    json!({
        "pattern": issue.pattern,
        "description": issue.description,
        "line_number": issue.at.line,
        "column": issue.at.column,
        "severity": issue.severity,
    })
}
