//! Code of one language in a file of another: scripts in Vue, Svelte and HTML.
//!
//! The markup around them is not parsed: where a script starts and ends follows from its tags alone, as browsers find it.

use super::span;
use crate::languages::LanguageId;
use crate::record::Span;

/// A piece of code in a file of another language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    /// What it is written in.
    pub(super) language: LanguageId,
    /// Where it stands.
    pub(super) span: Span,
}

/// The scripts in a text, in its order; `None` where the language is not one that has others in it.
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
            let Some(tag) = end_of_tag(rest) else { break };
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

/// Whether a text starts with a tag, in any case, and not with one whose name is longer.
fn is_tag(text: &str, tag: &str) -> bool {
    let starts = text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    starts
        && text[tag.len()..]
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || matches!(next, '>' | '/'))
}

/// The offset behind the `>` of a tag; one in quotes is none.
fn end_of_tag(text: &str) -> Option<usize> {
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

/// What a script is written in, as its attributes say; `None` where it is data, or a language without a grammar.
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
        let behind = rest[found + name.len()..].trim_start();
        if let (true, Some(value)) = (before, behind.strip_prefix('=')) {
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
    fn scripts_end_at_their_tags_and_say_what_they_are_written_in() {
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
