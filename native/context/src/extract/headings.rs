//! The sections of a document. A section ends at the next heading of the same or a higher level.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::offset;
use crate::languages::LanguageId;
use crate::limits;
use crate::record::{NameTableBuilder, Span, Symbol, SymbolId, SymbolKind, Visibility};

/// Returns the sections of a document, in the order of the text. It is empty if the language has no headings.
pub(super) fn sections<'text>(
    language: LanguageId,
    text: &'text str,
    names: &mut NameTableBuilder<'text>,
) -> Vec<Symbol> {
    if language.language().name != "markdown" {
        return Vec::new();
    }
    let headings = headings(text);
    let mut sections: Vec<Symbol> = Vec::with_capacity(headings.len());
    // The open sections, which may contain the next heading.
    let mut enclosing: Vec<(HeadingLevel, SymbolId)> = Vec::new();
    for (index, heading) in headings.iter().enumerate() {
        enclosing.retain(|(level, _)| *level < heading.level);
        let next = headings[index + 1..].iter().find(|next| next.level <= heading.level);
        let end = next.map_or(text.len(), |next| next.line.start as usize);
        let end = offset(text[..end].trim_end().len());
        let name = heading.name.of(text);
        sections.push(Symbol {
            name: names.intern(name),
            kind: SymbolKind::Section,
            parent: enclosing.last().map(|(_, id)| *id),
            owner: None,
            span: Span { start: heading.line.start, end },
            name_span: heading.name,
            body: Some(Span { start: heading.line.end.min(end), end }),
            doc: None,
            visibility: Visibility::Public,
            is_test: false,
            signature: format!("{} {name}", "#".repeat(heading.level as usize)).into(),
            parameters: Box::default(),
            decorators: Box::default(),
        });
        enclosing.push((heading.level, SymbolId::from_index(index)));
    }
    sections
}

struct Heading {
    level: HeadingLevel,
    /// The whole heading with its markup.
    line: Span,
    /// The text of the heading.
    name: Span,
}

fn headings(text: &str) -> Vec<Heading> {
    let options =
        Options::ENABLE_YAML_STYLE_METADATA_BLOCKS | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut headings: Vec<Heading> = Vec::new();
    let mut words: Option<Span> = None;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let span = super::span(&range);
        match event {
            Event::Start(Tag::Heading { .. }) => words = Some(Span { start: span.end, end: span.start }),
            Event::End(TagEnd::Heading(level)) => {
                let name = words.take().filter(|name| name.start < name.end);
                headings.extend(
                    name.filter(|name| ((name.end - name.start) as usize) <= limits::NAME_BYTES_MAX)
                        .map(|name| Heading { level, line: span, name }),
                );
            }
            _ => {
                // Code, links and emphasis in a heading belong to its text as they are written.
                if let Some(words) = &mut words {
                    *words = Span { start: words.start.min(span.start), end: words.end.max(span.end) };
                }
            }
        }
    }
    headings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_nest_by_heading_level() {
        let text = "---\ntitle: no\n---\nIntro\n\n# One `x`\ntext\n\n### Deep *er*\n\n```sh\n# no heading\n```\n\nTwo\n---\nmore\n# Three #\n#\n";
        let markdown = LanguageId::from_name("markdown").unwrap();
        let mut names = NameTableBuilder::default();
        let found: Vec<_> = sections(markdown, text, &mut names)
            .iter()
            .map(|section| {
                let first = section.span.of(text).lines().next().unwrap();
                let last = section.span.of(text).lines().last().unwrap();
                (section.name_span.of(text), section.parent.map(|id| id.0), first, last)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("One `x`", None, "# One `x`", "more"),
                ("Deep *er*", Some(0), "### Deep *er*", "```"),
                ("Two", Some(0), "Two", "more"),
                ("Three", None, "# Three #", "#"),
            ]
        );
        let rust = LanguageId::from_name("rust").unwrap();
        assert!(sections(rust, "# One", &mut NameTableBuilder::default()).is_empty());
    }
}
