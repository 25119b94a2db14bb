//! Code embedded in a file of another language: scripts in Vue, Svelte and HTML.
//!
//! The surrounding markup is not parsed. Tags alone determine where a script starts and ends, as in browsers.

use super::span;
use crate::languages::LanguageId;
use crate::record::Span;

/// A region of code in a file of another language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    /// The language of the code.
    pub(super) language: LanguageId,
    /// The range of the code.
    pub(super) span: Span,
}

/// Returns the scripts in a text, in order, or `None` if files of the language do not embed others.
pub(super) fn regions(language: LanguageId, text: &str) -> Option<Vec<Region>> {
    if !matches!(language.language().name, "vue" | "svelte" | "html") {
        return None;
    }
    let mut regions = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        let rest = &text[start..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(text.len(), |end| start + end + 3);
        } else if is_tag(rest, "<script") {
            let Some(tag) = tag_end(rest) else { break };
            let code = start + tag;
            let end = (code..text.len())
                .find(|end| text.is_char_boundary(*end) && is_tag(&text[*end..], "</script"));
            let end = end.unwrap_or(text.len());
            let attributes = &rest["<script".len()..tag - 1];
            let language = script_language(attributes).filter(|_| !attributes.trim_end().ends_with('/'));
            regions.extend(language.map(|language| Region { language, span: span(&(code..end)) }));
            at = end;
        } else {
            at = start + 1;
        }
    }
    Some(regions)
}

/// Returns whether a text starts with a tag of exactly this name, in any case.
fn is_tag(text: &str, tag: &str) -> bool {
    let starts = text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    starts
        && text[tag.len()..]
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || matches!(next, '>' | '/'))
}

/// Returns the offset after the `>` that closes a tag. A `>` in quotes does not close it.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let end = text.char_indices().find(|(_, character)| match (quote, *character) {
        (Some(open), character) => {
            if character == open {
                quote = None;
            }
            false
        }
        (None, '"' | '\'') => {
            quote = Some(*character);
            false
        }
        (None, character) => character == '>',
    });
    end.map(|(end, _)| end + 1)
}

/// Returns the language of a script from its attributes, or `None` if the script is data or its language has
/// no grammar.
fn script_language(attributes: &str) -> Option<LanguageId> {
    let name = match (attribute(attributes, "lang"), attribute(attributes, "type")) {
        (Some(lang), _) => lang.to_ascii_lowercase(),
        (None, None | Some("" | "module")) => "javascript".to_owned(),
        (None, Some(kind)) => {
            let kind = kind.to_ascii_lowercase();
            let name = kind.strip_prefix("text/").or_else(|| kind.strip_prefix("application/"))?;
            if !matches!(name, "javascript" | "ecmascript" | "x-javascript" | "typescript" | "babel" | "jsx")
            {
                return None;
            }
            name.trim_start_matches("x-").replace("babel", "jsx").replace("ecmascript", "javascript")
        }
    };
    LanguageId::from_name(&name).filter(|language| language.language().syntax.is_some())
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some(found) = rest.find(name) {
        let before = rest[..found].chars().next_back().is_none_or(char::is_whitespace);
        let after = rest[found + name.len()..].trim_start();
        if let (true, Some(value)) = (before, after.strip_prefix('=')) {
            let value = value.trim_start();
            return match value.chars().next()? {
                quote @ ('"' | '\'') => value[1..].split(quote).next(),
                _ => value.split(|character: char| character.is_whitespace()).next(),
            };
        }
        rest = &rest[found + name.len()..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Vec<(&'static str, String)> {
        let regions = regions(LanguageId::from_name(name).unwrap(), text).unwrap();
        regions
            .iter()
            .map(|region| (region.language.language().name, region.span.of(text).to_owned()))
            .collect()
    }

    #[test]
    fn scripts_end_at_their_tags_and_specify_their_language() {
        let one = |language, code: &str| vec![(language, code.to_owned())];
        assert_eq!(
            found("vue", "<template><p>ä</p></template>\n<SCRIPT setup lang=\"ts\">let a</script >"),
            one("typescript", "let a")
        );
        assert_eq!(found("svelte", "<script context='module' lang=tsx>a</script>"), one("tsx", "a"));
        assert_eq!(
            found("html", "<!-- <script>no</script> --><script data-a=\"x>y\">'<b>'</script>"),
            one("javascript", "'<b>'")
        );
        assert_eq!(found("html", "<script type=\"text/babel\">a"), one("javascript", "a"));
        for nothing in [
            "<script type='application/json'>{}</script>",
            "<scripts>x</scripts>",
            "<script src='a.js'/>",
            "<script",
            "",
        ] {
            assert_eq!(found("html", nothing), [], "{nothing}");
        }
        assert_eq!(regions(LanguageId::from_name("rust").unwrap(), "<script>"), None);
    }
}
