//! Turns captured definitions into symbols: attaches comments and decorators, and nests symbols by their
//! spans.

use std::collections::HashSet;

use super::captures::{Captures, Definition};
use super::offset;
use crate::languages::{LanguageId, Syntax, TestMark, VisibilityRule};
use crate::limits;
use crate::record::{NameId, NameTableBuilder, Span, Symbol, SymbolId, SymbolKind, Visibility};

pub(super) fn symbols<'text>(
    language: LanguageId,
    text: &'text str,
    captures: &Captures,
    names: &mut NameTableBuilder<'text>,
) -> Vec<Symbol> {
    let Some(syntax) = &language.language().syntax else { return Vec::new() };
    let mut extents: Vec<Extent<'_>> =
        captures.definitions.iter().map(|definition| Extent::of(definition, captures, text)).collect();
    extents.sort_by_key(|extent| (extent.whole.start, std::cmp::Reverse(extent.whole.end)));

    let exported: HashSet<&str> = captures.exported.iter().map(|span| span.of(text)).collect();
    let mut builder = Builder {
        syntax,
        text,
        exported,
        symbols: Vec::with_capacity(extents.len()),
        fields: HashSet::new(),
    };
    for extent in &extents {
        builder.add(extent, names);
    }
    builder.symbols
}

/// Appends the symbols of a region to those of the regions before it.
pub(super) fn append(symbols: &mut Vec<Symbol>, mut others: Vec<Symbol>) {
    let before = offset(symbols.len());
    for symbol in &mut others {
        symbol.parent = symbol.parent.map(|parent| SymbolId(parent.0 + before));
    }
    symbols.append(&mut others);
}

/// Replaces the preliminary name ids in the symbols with the final ones.
pub(super) fn remap_names(symbols: &mut [Symbol], final_ids: &[NameId]) {
    for symbol in symbols {
        symbol.name = final_ids[symbol.name.0 as usize];
        symbol.owner = symbol.owner.map(|owner| final_ids[owner.0 as usize]);
    }
}

/// A definition with its wrapper, decorators and leading comments.
struct Extent<'captures> {
    definition: &'captures Definition,
    whole: Span,
    /// The start of the signature, after comments and decorators.
    signature_start: u32,
    doc: Option<Span>,
    decorators: Vec<Span>,
}

impl<'captures> Extent<'captures> {
    fn of(definition: &'captures Definition, captures: &Captures, text: &str) -> Self {
        let wrapped = wrapped(definition.span, captures, text);
        let mut decorators: Vec<Span> =
            starting_in(&captures.decorators, Span { start: wrapped.start, end: definition.name.start })
                .to_vec();
        let mut signature_start = wrapped.start;
        for decorator in &decorators {
            if decorator.start == signature_start {
                signature_start = decorator.end + whitespace_length(text, decorator.end);
            }
        }

        let (mut start, mut doc) = (wrapped.start, None);
        while let Some((leading, is_comment)) = leading(start, captures, text) {
            if is_comment {
                doc = Some(Span { start: leading.start, end: doc.map_or(leading.end, |doc: Span| doc.end) });
            } else {
                decorators.insert(0, leading);
            }
            start = leading.start;
        }
        let docstring = definition.body.and_then(|body| starting_in(&captures.docs, body).first().copied());
        // The docstring of an inner definition is also in the body of the outer one.
        let own = docstring
            .filter(|doc| definition.body.is_some_and(|body| blank_between(text, body.start, doc.start)));
        Self {
            definition,
            whole: Span { start, end: wrapped.end },
            signature_start,
            doc: own.or(doc),
            decorators,
        }
    }
}

/// Returns the outermost wrapper that adds only decorators and words such as `export default` before a
/// definition, and a semicolon after it.
fn wrapped(definition: Span, captures: &Captures, text: &str) -> Span {
    let mut whole = definition;
    let end = captures.wrappers.partition_point(|wrapper| wrapper.start <= definition.start);
    // Wrappers are sorted by start, so the innermost come last.
    for wrapper in captures.wrappers[..end].iter().rev() {
        if !wrapper.contains(whole) || !adds_only_modifiers(*wrapper, whole, captures, text) {
            break;
        }
        whole = *wrapper;
    }
    whole
}

fn adds_only_modifiers(wrapper: Span, whole: Span, captures: &Captures, text: &str) -> bool {
    let mut start = wrapper.start;
    for decorator in starting_in(&captures.decorators, Span { start, end: whole.start }) {
        start = start.max(decorator.end);
    }
    let front = text.get(start as usize..whole.start as usize).unwrap_or_default();
    let back = text.get(whole.end as usize..wrapper.end as usize).unwrap_or_default();
    front.chars().all(|character| character.is_alphabetic() || character.is_whitespace())
        && back.trim().trim_end_matches([';', ')']).is_empty()
}

/// Returns the comment or decorator directly before an offset, without a blank line between them, and whether
/// it is a comment. A comment must be on lines of its own.
fn leading(start: u32, captures: &Captures, text: &str) -> Option<(Span, bool)> {
    let comment = last_before(&captures.comments, start);
    let decorator = last_before(&captures.decorators, start);
    let (found, is_comment) = match (comment, decorator) {
        (Some(comment), Some(decorator)) if decorator.start > comment.start => (decorator, false),
        (Some(comment), _) => (comment, true),
        (None, decorator) => (decorator?, false),
    };
    let content = found.of(text).trim_end();
    let end = found.start + offset(content.len());
    let between = text.get(end as usize..start as usize)?;
    if !between.trim().is_empty() || between.matches('\n').count() > 1 {
        return None;
    }
    let line_start = text.get(..found.start as usize)?.rfind('\n').map_or(0, |index| index + 1);
    let own_line = text.get(line_start..found.start as usize)?.trim().is_empty();
    (own_line || !is_comment).then_some((Span { start: found.start, end }, is_comment))
}

fn last_before(spans: &[Span], offset: u32) -> Option<Span> {
    let before = spans.partition_point(|span| span.start < offset);
    spans[..before].last().copied().filter(|span| span.end <= offset)
}

fn starting_in(spans: &[Span], area: Span) -> &[Span] {
    let first = spans.partition_point(|span| span.start < area.start);
    let end = spans.partition_point(|span| span.start < area.end);
    spans.get(first..end).unwrap_or_default()
}

fn whitespace_length(text: &str, start: u32) -> u32 {
    let rest = text.get(start as usize..).unwrap_or_default();
    offset(rest.len() - rest.trim_start().len())
}

fn blank_between(text: &str, start: u32, end: u32) -> bool {
    text.get(start as usize..end as usize)
        .is_some_and(|between| between.trim_matches(['{', ':']).trim().is_empty())
}

struct Builder<'a> {
    syntax: &'static Syntax,
    text: &'a str,
    exported: HashSet<&'a str>,
    symbols: Vec<Symbol>,
    fields: HashSet<(Option<NameId>, NameId)>,
}

impl<'a> Builder<'a> {
    fn add<'text>(&mut self, extent: &Extent<'_>, names: &mut NameTableBuilder<'text>)
    where
        'a: 'text,
    {
        let definition = extent.definition;
        let name_text = unquoted(definition.name.of(self.text));
        if name_text.is_empty() || name_text.len() > limits::NAME_BYTES_MAX {
            return;
        }
        let parent = self.parent(extent.whole);
        let name = names.intern(name_text);
        let written_owner = definition.owner.map(|owner| names.intern(base_name(owner.of(self.text))));
        let owner = written_owner.or_else(|| self.owner(definition.kind, parent));
        let kind =
            kind(definition.kind, owner.is_some() && self.belongs_to_type(parent, written_owner), name_text);
        // A field is defined where it first gets a value. The same name in another method is the same field.
        if kind == SymbolKind::Field && !self.fields.insert((owner, name)) {
            return;
        }
        let signature = self.signature(extent);
        let decorators = self.texts(&extent.decorators);
        let visibility = self.visibility(extent, name_text, parent, &signature);
        let is_test = parent.and_then(|parent| self.symbol(parent)).is_some_and(|parent| parent.is_test)
            || kind == SymbolKind::Test
            || self.marked_as_test(name_text, &decorators);
        self.symbols.push(Symbol {
            name,
            kind,
            parent,
            owner,
            span: extent.whole,
            name_span: definition.name,
            body: definition.body,
            doc: extent.doc,
            visibility,
            is_test,
            signature: signature.into(),
            parameters: self.texts(&definition.parameters),
            decorators,
        });
    }

    fn symbol(&self, id: SymbolId) -> Option<&Symbol> {
        self.symbols.get(id.0 as usize)
    }

    /// Returns the innermost symbol so far that contains a span. Symbols are added in the order of their
    /// starts, so it is the last one or one of its ancestors.
    fn parent(&self, span: Span) -> Option<SymbolId> {
        let mut candidate = SymbolId::from_index(self.symbols.len().checked_sub(1)?);
        loop {
            let symbol = self.symbol(candidate)?;
            if symbol.span.contains(span) {
                return Some(candidate);
            }
            candidate = symbol.parent?;
        }
    }

    /// Returns the type that a definition belongs to by its position. A field that is defined in a method
    /// belongs to the enclosing type of the method.
    fn owner(&self, kind: SymbolKind, parent: Option<SymbolId>) -> Option<NameId> {
        let mut enclosing = self.symbol(parent?)?;
        while kind == SymbolKind::Field && !enclosing.kind.is_type() {
            enclosing = self.symbol(enclosing.parent?)?;
        }
        enclosing.kind.is_type().then_some(enclosing.name)
    }

    fn belongs_to_type(&self, parent: Option<SymbolId>, written_owner: Option<NameId>) -> bool {
        written_owner.is_some()
            || parent.and_then(|parent| self.symbol(parent)).is_some_and(|parent| parent.kind.is_type())
    }

    fn signature(&self, extent: &Extent<'_>) -> String {
        let definition = extent.definition;
        let end = definition.body.map_or(extent.whole.end, |body| body.start).max(definition.name.end);
        let declaration = Span { start: extent.signature_start, end }.of(self.text);
        let mut signature = String::new();
        for word in declaration.split_whitespace() {
            if !signature.is_empty() {
                signature.push(' ');
            }
            signature.push_str(word);
            if signature.len() > limits::SIGNATURE_CHARACTERS_MAX {
                break;
            }
        }
        let signature = truncated(&signature, limits::SIGNATURE_CHARACTERS_MAX);
        let trimmed = signature.trim_end_matches(['{', ':', '=', '>', ';', ',', ' ']);
        // `->` and the closing bracket of a generic end with the same character as `=>`.
        if signature[trimmed.len()..].starts_with('>') { format!("{trimmed}>") } else { trimmed.to_owned() }
    }

    fn texts(&self, spans: &[Span]) -> Box<[Box<str>]> {
        let texts =
            spans.iter().map(|span| truncated(span.of(self.text).trim(), limits::PARAMETER_CHARACTERS_MAX));
        texts.map(Into::into).collect()
    }

    fn visibility(
        &self,
        extent: &Extent<'_>,
        name: &str,
        parent: Option<SymbolId>,
        signature: &str,
    ) -> Visibility {
        if self.exported.contains(name) {
            return Visibility::Public;
        }
        let parent = parent.and_then(|parent| self.symbol(parent));
        match self.syntax.visibility {
            VisibilityRule::Underscore
                if name.starts_with('_') && !(name.starts_with("__") && name.ends_with("__")) =>
            {
                Visibility::Private
            }
            VisibilityRule::Underscore
                if extent.definition.kind != SymbolKind::Field
                    && parent.is_some_and(|parent| parent.kind.is_callable()) =>
            {
                Visibility::Private
            }
            VisibilityRule::Underscore => Visibility::Public,
            VisibilityRule::Capital if name.starts_with(char::is_uppercase) => Visibility::Public,
            VisibilityRule::Capital => Visibility::Internal,
            VisibilityRule::Words { public, internal, private, otherwise, member } => {
                let before_name =
                    extent.definition.name.start.saturating_sub(extent.signature_start) as usize;
                let declaration = signature.get(..before_name.min(signature.len())).unwrap_or(signature);
                let says = |words: &[&str]| words.iter().any(|word| has_word(declaration, word));
                if says(internal) {
                    Visibility::Internal
                } else if says(private) || name.starts_with('#') {
                    Visibility::Private
                } else if says(public) {
                    Visibility::Public
                } else {
                    match parent {
                        Some(parent) if inherits_visibility(parent.kind, extent.definition.kind) => {
                            parent.visibility
                        }
                        Some(parent) if parent.kind.is_type() => member,
                        _ => otherwise,
                    }
                }
            }
        }
    }

    fn marked_as_test(&self, name: &str, decorators: &[Box<str>]) -> bool {
        self.syntax.tests.iter().any(|mark| match mark {
            TestMark::Decorator(word) => decorators.iter().any(|decorator| has_word(decorator, word)),
            TestMark::NamePrefix(prefix) => name.starts_with(prefix),
        })
    }
}

/// Refines the kind of a definition: a function of a type is a method, and a variable in uppercase is a
/// constant by convention.
fn kind(written: SymbolKind, in_type: bool, name: &str) -> SymbolKind {
    match written {
        SymbolKind::Function if in_type => SymbolKind::Method,
        SymbolKind::Variable if is_capitals(name) => SymbolKind::Constant,
        SymbolKind::Variable if in_type => SymbolKind::Field,
        other => other,
    }
}

fn is_capitals(name: &str) -> bool {
    name.contains(|character: char| character.is_uppercase())
        && !name.contains(|character: char| character.is_lowercase())
}

/// Returns whether a child has the visibility of its parent, as members of interfaces and traits and variants
/// of enums do.
fn inherits_visibility(parent: SymbolKind, child: SymbolKind) -> bool {
    matches!(parent, SymbolKind::Interface | SymbolKind::Trait) || child == SymbolKind::Variant
}

/// Returns whether a text contains a word as a whole word.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].chars().next_back().is_some_and(is_part);
        let after = text[start + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

/// Returns the bare name of a type: `Vec` for `&mut Vec<T>`, `Server` for `*pkg.Server`.
fn base_name(written: &str) -> &str {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | ':');
    let start = written.find(is_part).unwrap_or(0);
    let path = &written[start..];
    let path = path.strip_prefix("mut ").or_else(|| path.strip_prefix("dyn ")).unwrap_or(path);
    let end = path.find(|character| !is_part(character)).unwrap_or(path.len());
    path[..end].rsplit(['.', ':']).next().unwrap_or(path)
}

fn unquoted(name: &str) -> &str {
    // Ruby's symbol `:name` is a name as well.
    name.trim_matches(['"', '\'', '`']).trim_start_matches(':')
}

fn truncated(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_names_have_no_pointers_modules_or_type_parameters() {
        for (written, expected) in [
            ("*pkg.Server", "Server"),
            ("&mut Vec<T>", "Vec"),
            ("a::b::C", "C"),
            ("Stack[T]", "Stack"),
            ("Plain", "Plain"),
        ] {
            assert_eq!(base_name(written), expected);
        }
    }
}
