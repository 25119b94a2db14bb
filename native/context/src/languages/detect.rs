//! Language detection.

use super::{LANGUAGES, LanguageId, table};

/// Detects the language of a file by its name, or else by the `#!` line of its text.
#[must_use]
pub fn detect(path: &str, text: &str) -> LanguageId {
    by_name(path).or_else(|| by_interpreter(text)).unwrap_or_else(plain_text)
}

fn by_name(path: &str) -> Option<LanguageId> {
    let file_name = path.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    if let Some(id) = find(|language| language.file_names.contains(&file_name.as_str())) {
        return Some(id);
    }
    let extension = file_name.rsplit_once('.')?.1;
    find(|language| language.extensions.contains(&extension))
}

fn by_interpreter(text: &str) -> Option<LanguageId> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace();
    let mut program = words.next()?.rsplit('/').next()?;
    if program == "env" {
        program = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
    }
    let program = program.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    find(|language| language.interpreters.contains(&program))
}

fn plain_text() -> LanguageId {
    find(|language| language.name == table::PLAIN_TEXT.name).unwrap_or(LanguageId(0))
}

fn find(fits: impl Fn(&super::Language) -> bool) -> Option<LanguageId> {
    LanguageId::all().zip(LANGUAGES).find(|(_, language)| fits(language)).map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_detected_by_name_then_extension_then_interpreter() {
        for (path, text, expected) in [
            ("src/app.PY", "", "python"),
            ("Dockerfile", "", "dockerfile"),
            ("a/b.test.tsx", "", "tsx"),
            ("types/index.d.ts", "", "typescript"),
            ("bin/run", "#!/usr/bin/env -S python3.12 -u\n", "python"),
            ("LICENSE", "MIT", "text"),
            ("bin/run", "#!/usr/bin/node\n", "javascript"),
            ("no/extension.", "", "text"),
        ] {
            assert_eq!(detect(path, text).language().name, expected, "{path}");
        }
    }
}
