//! Extracts every identifier of a text with its role.

use super::captures::Captures;
use crate::limits;
use crate::record::{NameId, NameTableBuilder, Occurrence, Receiver, Role, Span};

pub(super) fn occurrences<'text>(
    text: &'text str,
    captures: &Captures,
    names: &mut NameTableBuilder<'text>,
) -> Vec<Occurrence> {
    let mut found: Vec<(Span, Role)> = captures.identifiers.clone();
    found.extend(captures.definitions.iter().map(|definition| (definition.name, Role::Definition)));
    // Several patterns may capture the same identifier. Roles are ordered by how specific they are, so the
    // most specific role is first after the sort.
    found.sort_unstable_by_key(|(span, role)| (span.start, std::cmp::Reverse(*role)));
    found.dedup_by_key(|(span, _)| span.start);

    let imported = imported_spans(captures);
    let mut imported = imported.iter().peekable();
    let mut occurrences = Vec::with_capacity(found.len());
    for (span, role) in found {
        let name = span.of(text);
        if name.is_empty() || name.len() > limits::NAME_BYTES_MAX {
            continue;
        }
        while imported.next_if(|import| import.end <= span.start).is_some() {}
        let in_import = imported.peek().is_some_and(|import| import.contains(span));
        let role = if in_import { Role::Import } else { role };
        let receiver = if role == Role::Local { Receiver::None } else { receiver(text, span.start) };
        occurrences.push(Occurrence::new(span.start, names.intern(name), role, receiver));
    }
    occurrences
}

/// Replaces the preliminary name ids in the occurrences with the final ones.
pub(super) fn remap_names(occurrences: &mut [Occurrence], final_ids: &[NameId]) {
    for occurrence in occurrences {
        let name = final_ids[occurrence.name().0 as usize];
        *occurrence = Occurrence::new(occurrence.start, name, occurrence.role(), occurrence.receiver());
    }
}

fn imported_spans(captures: &Captures) -> Vec<Span> {
    let parts = captures
        .imports
        .iter()
        .flat_map(|import| [import.path, import.name, import.alias, import.module_alias]);
    let mut spans: Vec<Span> = parts.flatten().collect();
    spans.sort_unstable();
    spans
}

/// Returns what precedes an identifier as its receiver. All supported languages separate the two with one of
/// these operators.
fn receiver(text: &str, start: u32) -> Receiver {
    const SIGNS: [&str; 5] = ["?.", "&.", "->", "::", "."];
    let before = text.get(..start as usize).unwrap_or_default().trim_end();
    if before.ends_with("..") {
        return Receiver::None;
    }
    let Some(before) = SIGNS.iter().find_map(|sign| before.strip_suffix(sign)) else { return Receiver::None };
    // The identifier before the operator is certain to be the receiver only if nothing is between them.
    let is_name = before.ends_with(|character: char| character.is_alphanumeric() || character == '_');
    if is_name { Receiver::Name } else { Receiver::Expression }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preceding_operator_determines_the_receiver() {
        for (text, expected) in [
            ("a.b", Receiver::Name),
            ("a::b", Receiver::Name),
            ("a->b", Receiver::Name),
            ("a?.b", Receiver::Name),
            ("a()\n  .b", Receiver::Expression),
            ("...b", Receiver::None),
            ("a b", Receiver::None),
            ("0..b", Receiver::None),
        ] {
            let start = u32::try_from(text.rfind('b').unwrap()).unwrap();
            assert_eq!(receiver(text, start), expected, "{text}");
        }
    }
}
