//! Runs the query of a language over a text and returns its captures as flat lists of spans, in the order of
//! the text.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use streaming_iterator::StreamingIterator as _;
use tree_sitter::{Node, QueryCursor, QueryCursorOptions, QueryMatch};

use super::{parse_within, span};
use crate::languages::{Capture, LanguageId, LanguageQuery};
use crate::limits;
use crate::record::{Role, Span, SymbolKind};

/// The outcome of parsing and querying a text.
pub(super) enum Outcome {
    /// The language has no grammar.
    NoGrammar,
    /// Parsing or querying took too long.
    GaveUp,
    /// The text was parsed and queried.
    Captured(Captures),
}

/// The captures of a query.
#[derive(Debug, Default)]
pub(super) struct Captures {
    pub(super) definitions: Vec<Definition>,
    pub(super) wrappers: Vec<Span>,
    pub(super) comments: Vec<Span>,
    pub(super) decorators: Vec<Span>,
    pub(super) docs: Vec<Span>,
    pub(super) exported: Vec<Span>,
    pub(super) imports: Vec<ImportMatch>,
    pub(super) identifiers: Vec<(Span, Role)>,
    pub(super) has_errors: bool,
}

/// A definition and its parts.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) kind: SymbolKind,
    pub(super) span: Span,
    pub(super) name: Span,
    pub(super) body: Option<Span>,
    pub(super) parameters: Vec<Span>,
    pub(super) owner: Option<Span>,
}

/// One match of an import. A statement with several names has a match for each.
#[derive(Debug, Default)]
pub(super) struct ImportMatch {
    pub(super) statement: Option<Span>,
    pub(super) path: Option<Span>,
    pub(super) name: Option<Span>,
    pub(super) alias: Option<Span>,
    pub(super) module_alias: Option<Span>,
    pub(super) everything: bool,
    pub(super) reexported: bool,
}

/// Parses a text, or a range of it, and runs the query of its language.
pub(super) fn capture(language: LanguageId, text: &str, within: Option<tree_sitter::Range>) -> Outcome {
    let Some(query) = language.query() else { return Outcome::NoGrammar };
    let Some(tree) = parse_within(&query.grammar, text, within) else { return Outcome::GaveUp };
    let mut collector = Collector { query, captures: Captures::default(), definitions: BTreeMap::new() };
    collector.captures.has_errors = tree.root_node().has_error();

    let mut cursor = QueryCursor::new();
    cursor.set_match_limit(limits::OPEN_MATCHES_MAX);
    let started = Instant::now();
    let mut within_time = |_: &_| {
        if started.elapsed() < limits::PARSE_TIME_MAX {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let options = QueryCursorOptions::new().progress_callback(&mut within_time);
    let mut matches = cursor.matches_with_options(&query.query, tree.root_node(), text.as_bytes(), options);
    while let Some(found) = matches.next() {
        collector.add(found);
    }
    if started.elapsed() >= limits::PARSE_TIME_MAX {
        return Outcome::GaveUp;
    }
    Outcome::Captured(collector.finish())
}

struct Collector<'query> {
    query: &'query LanguageQuery,
    captures: Captures,
    /// Definitions by the start of the name, with the index of their pattern. If several patterns match the
    /// same name, the first pattern of the query wins.
    definitions: BTreeMap<u32, (usize, Definition)>,
}

impl Collector<'_> {
    fn add(&mut self, found: &QueryMatch<'_, '_>) {
        let mut definition = None;
        let mut parts = DefinitionParts::default();
        let mut import = ImportMatch::default();
        for captured in found.captures() {
            let Some(meaning) = self.query.capture(captured.index) else { continue };
            let node = captured.node;
            let span = span(&node.byte_range());
            match meaning {
                Capture::Definition(kind) => definition = Some((kind, node)),
                Capture::Name => parts.name = Some(span),
                Capture::Body => parts.body = Some(span),
                Capture::Parameters => parts.parameters = children(node),
                Capture::Owner => parts.owner = Some(span),
                Capture::Wrapper => self.captures.wrappers.push(span),
                Capture::Comment => self.captures.comments.push(span),
                Capture::Decorator => self.captures.decorators.push(span),
                Capture::Doc => self.captures.docs.push(span),
                Capture::Exported => self.captures.exported.push(span),
                Capture::Import => import.statement = Some(span),
                Capture::ImportPath => import.path = Some(span),
                Capture::ImportName => import.name = Some(span),
                Capture::ImportAlias => import.alias = Some(span),
                Capture::ImportModuleAlias => import.module_alias = Some(span),
                Capture::ImportAll => import.everything = true,
                Capture::ImportReexport => import.reexported = true,
                Capture::Identifier(role) => self.captures.identifiers.push((span, role)),
                Capture::Helper => {}
            }
        }
        if let (Some((kind, node)), Some(name)) = (definition, parts.name) {
            self.define(found.pattern_index, parts.complete(kind, node, name));
        }
        if import.path.is_some() {
            self.captures.imports.push(import);
        }
    }

    fn define(&mut self, pattern: usize, definition: Definition) {
        let earlier = self.definitions.get(&definition.name.start);
        if earlier.is_none_or(|(written_at, _)| pattern < *written_at) {
            self.definitions.insert(definition.name.start, (pattern, definition));
        }
    }

    fn finish(self) -> Captures {
        let mut captures = self.captures;
        captures.definitions = self.definitions.into_values().map(|(_, definition)| definition).collect();
        captures
            .definitions
            .sort_by_key(|definition| (definition.span.start, std::cmp::Reverse(definition.span.end)));
        for spans in
            [&mut captures.wrappers, &mut captures.comments, &mut captures.decorators, &mut captures.docs]
        {
            spans.sort_unstable();
            spans.dedup();
        }
        captures.imports.sort_by_key(|import| (import.path, import.statement, import.name));
        captures
    }
}

#[derive(Default)]
struct DefinitionParts {
    name: Option<Span>,
    body: Option<Span>,
    parameters: Vec<Span>,
    owner: Option<Span>,
}

impl DefinitionParts {
    fn complete(self, kind: SymbolKind, node: Node<'_>, name: Span) -> Definition {
        let field = |name| node.child_by_field_name(name);
        let body = self.body.or_else(|| field("body").map(|body| span(&body.byte_range())));
        let parameters = if self.parameters.is_empty() {
            field("parameters").map(children).unwrap_or_default()
        } else {
            self.parameters
        };
        Definition { kind, span: span(&node.byte_range()), name, body, parameters, owner: self.owner }
    }
}

fn children(node: Node<'_>) -> Vec<Span> {
    let mut cursor = node.walk();
    let children = node.named_children(&mut cursor).filter(|child| !child.is_extra());
    children.take(limits::PARAMETERS_MAX).map(|child| span(&child.byte_range())).collect()
}
