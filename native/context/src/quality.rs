//! Metrics of functions, and similar pieces of code.

use tree_sitter::{Node, Tree, TreeCursor};

use crate::extract::parse;
use crate::record::{FileRecord, Symbol, SymbolId, SymbolKind, Visibility};
use crate::validate::{Issue, issues};

mod cache;
mod copies;
mod duplicates;

pub use cache::{QualityCache, Survey};
pub use duplicates::Duplicate;

/// The quality of a file, derived from its content.
#[derive(Debug, Default)]
pub struct FileQuality {
    /// The metrics of its functions, in text order.
    pub functions: Vec<FunctionMetrics>,
    /// The issues in it, in text order.
    pub issues: Vec<Issue>,
    /// The private functions and types whose names occur nowhere else in the file.
    pub unreferenced: Vec<SymbolId>,
}

impl FileQuality {
    /// Computes the quality of a text, of which `record` is the record.
    #[must_use]
    pub fn of(text: &str, record: &FileRecord) -> Self {
        let tree = record.language.query().and_then(|query| parse(&query.grammar, text));
        let Some(tree) = tree else { return Self::default() };
        Self {
            functions: measure(&tree, record),
            issues: issues(&tree, text, record),
            unreferenced: unreferenced(record),
        }
    }
}

/// Returns the private functions and types whose names occur nowhere else in their file. Unless another file
/// refers to them, they are unused.
fn unreferenced(record: &FileRecord) -> Vec<SymbolId> {
    let mut uses = vec![0_u32; record.names.len()];
    record.occurrences.iter().for_each(|occurrence| uses[occurrence.name().0 as usize] += 1);
    let is_unreferenced = |symbol: &Symbol| {
        let name = record.name(symbol.name);
        let is_used_by_language = name.starts_with("__")
            || matches!(name, "main" | "init")
            || symbol.is_test
            || !symbol.decorators.is_empty();
        symbol.visibility == Visibility::Private
            && (symbol.kind.is_callable() || symbol.kind.is_type())
            && symbol.kind != SymbolKind::Implementation
            && !is_used_by_language
            && !is_in_implementation(record, symbol)
            && uses[symbol.name.0 as usize] <= 1
    };
    record.symbols_with_ids().filter(|(_, symbol)| is_unreferenced(symbol)).map(|(id, _)| id).collect()
}

/// Returns whether a symbol is part of an implementation of an interface. It is then called through that
/// interface.
fn is_in_implementation(record: &FileRecord, symbol: &Symbol) -> bool {
    let parent = symbol.parent.and_then(|parent| record.symbol(parent));
    parent
        .is_some_and(|parent| parent.kind == SymbolKind::Implementation && parent.signature.contains(" for "))
}

/// The metrics of one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionMetrics {
    /// The function.
    pub symbol: SymbolId,
    /// The cyclomatic complexity (McCabe): one, plus one for each branch in the control flow.
    pub complexity: u32,
    /// The maximum nesting depth of branches and loops.
    pub nesting: u32,
    /// The number of lines.
    pub lines: u32,
}

/// The kinds of syntax nodes that branch the control flow, in all our grammars.
const BRANCH_KINDS: &[&str] = &[
    "if_statement",
    "if_expression",
    "if_modifier",
    "unless",
    "unless_modifier",
    "elif_clause",
    "elsif",
    "else_if_clause",
    "for_statement",
    "for_expression",
    "for_in_statement",
    "for_range_loop",
    "enhanced_for_statement",
    "foreach_statement",
    "for_in_clause",
    "while_statement",
    "while_expression",
    "while_modifier",
    "do_statement",
    "do_while_expression",
    "repeat_statement",
    "until",
    "case_clause",
    "switch_case",
    "match_arm",
    "switch_entry",
    "when_entry",
    "case_item",
    "when",
    "in_clause",
    "switch_section",
    "expression_case",
    "type_case",
    "communication_case",
    "case_statement",
    "switch_label",
    "match_conditional_expression",
    "switch_block_statement_group",
    "switch_rule",
    "alternative",
    "catch_clause",
    "except_clause",
    "rescue",
    "catch_block",
    "conditional_expression",
    "ternary_expression",
    "guard_statement",
    "elseif_statement",
    "if",
    "while",
    "for",
    "conditional",
];

/// The kinds of branches that are at the same level as the statement that they belong to.
const SAME_LEVEL_BRANCH_KINDS: &[&str] = &[
    "elif_clause",
    "elsif",
    "else_if_clause",
    "elseif_statement",
    "match_arm",
    "switch_case",
    "case_clause",
];

/// The kinds of binary operations, some of which evaluate their second operand only conditionally.
const OPERATION_KINDS: &[&str] = &[
    "binary_expression",
    "boolean_operator",
    "binary",
    "binary_operator",
    "conjunction_expression",
    "disjunction_expression",
];

/// The relevance of a syntax node for the metrics.
#[derive(Clone, Copy, PartialEq)]
enum NodeKind {
    Other,
    Branch,
    /// A branch that is at the same level as the statement that it belongs to.
    SameLevelBranch,
    /// A branch if its operator is `and` or `or`.
    Operation,
}

impl NodeKind {
    /// Returns the node kinds of a grammar, indexed by the grammar's kind ids. Comparing names for every node
    /// would take longer than everything else.
    fn by_id(grammar: &tree_sitter::Language) -> Vec<Self> {
        let ids = 0..u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX);
        ids.map(|id| match grammar.node_kind_for_id(id) {
            Some(_) if !grammar.node_kind_is_named(id) => Self::Other,
            Some(name) if SAME_LEVEL_BRANCH_KINDS.contains(&name) => Self::SameLevelBranch,
            Some(name) if BRANCH_KINDS.contains(&name) => Self::Branch,
            Some(name) if OPERATION_KINDS.contains(&name) => Self::Operation,
            _ => Self::Other,
        })
        .collect()
    }
}

/// Returns the metrics of every function of a tree.
fn measure(tree: &Tree, record: &FileRecord) -> Vec<FunctionMetrics> {
    let mut measured: Vec<FunctionMetrics> = record
        .symbols_with_ids()
        .filter(|(_, symbol)| symbol.kind.is_callable() && symbol.body.is_some())
        .map(|(symbol, found)| {
            let (first, last) = record.line_range(found.body.map_or(found.span, |body| {
                crate::record::Span { start: found.name_span.start, end: body.end }
            }));
            FunctionMetrics { symbol, complexity: 1, nesting: 0, lines: last - first + 1 }
        })
        .collect();
    if !measured.is_empty() {
        walk(&mut tree.walk(), &NodeKind::by_id(&tree.language()), record, &mut measured);
    }
    measured
}

fn walk(
    cursor: &mut TreeCursor<'_>,
    kinds: &[NodeKind],
    record: &FileRecord,
    measured: &mut [FunctionMetrics],
) {
    // The end offsets of the enclosing branches, the innermost last, each with the function that contains it.
    let mut around: Vec<(usize, SymbolId)> = Vec::new();
    loop {
        let node = cursor.node();
        let kind = kinds.get(usize::from(node.kind_id())).copied().unwrap_or(NodeKind::Other);
        if kind != NodeKind::Other && (kind != NodeKind::Operation || is_short_circuit(node)) {
            while around.last().is_some_and(|(end, _)| *end <= node.start_byte()) {
                around.pop();
            }
            let offset = u32::try_from(node.start_byte()).unwrap_or(u32::MAX);
            let function = function_at(record, offset)
                .and_then(|id| measured.binary_search_by_key(&id, |measured| measured.symbol).ok());
            if let Some(found) = function.and_then(|index| measured.get_mut(index)) {
                found.complexity += 1;
                if kind == NodeKind::Branch && !is_else_if(node) {
                    around.push((node.end_byte(), found.symbol));
                    let depth = around.iter().filter(|(_, symbol)| *symbol == found.symbol).count();
                    found.nesting = found.nesting.max(u32::try_from(depth).unwrap_or(u32::MAX));
                }
            }
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

fn is_else_if(node: Node<'_>) -> bool {
    let before =
        node.prev_sibling().or_else(|| node.parent().filter(|parent| parent.kind() == "else_clause"));
    before.is_some_and(|before| matches!(before.kind(), "else" | "else_clause"))
}

fn is_short_circuit(node: Node<'_>) -> bool {
    let operator = node.child_by_field_name("operator").or_else(|| node.child(1));
    operator.is_some_and(|operator| matches!(operator.kind(), "&&" | "||" | "and" | "or"))
}

fn function_at(record: &FileRecord, offset: u32) -> Option<SymbolId> {
    let mut next = record.enclosing_symbol(offset);
    while let Some((id, symbol)) = next.and_then(|id| Some((id, record.symbol(id)?))) {
        if symbol.kind.is_callable() {
            return Some(id);
        }
        next = symbol.parent;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::extract_as;
    use crate::languages::LanguageId;

    fn metrics(language: &str, text: &str) -> Vec<(String, u32, u32, u32)> {
        let language = LanguageId::from_name(language).unwrap();
        let record = extract_as(language, text);
        let quality = FileQuality::of(text, &record);
        quality
            .functions
            .iter()
            .map(|found| (record.qualified_name(found.symbol), found.complexity, found.nesting, found.lines))
            .collect()
    }

    #[test]
    fn branches_count_and_nesting_is_measured_per_function() {
        assert_eq!(
            metrics(
                "python",
                "def f(a):\n    if a and b:\n        for x in a:\n            g()\n    elif c:\n        pass\n\ndef g(): pass\n"
            ),
            [("f".to_owned(), 5, 2, 6), ("g".to_owned(), 1, 0, 1)]
        );
        assert_eq!(
            metrics(
                "rust",
                "fn f(a: u8) -> u8 {\n    match a {\n        1 => 2,\n        _ => if a > 3 || a < 1 { 1 } else if a == 2 { 3 } else { 2 },\n    }\n}\n"
            ),
            [("f".to_owned(), 6, 1, 6)]
        );
        assert_eq!(
            metrics(
                "typescript",
                "function f(a) { while (a) { if (a) { b(() => { if (a) {} }) } } return a ? 1 : 2 }\n"
            ),
            [("f".to_owned(), 5, 3, 1)]
        );
    }
}
