//! The ranking weights by name.

use context::search::Weights;

type Accessor = fn(&mut Weights) -> &mut f32;

/// Every weight.
pub(crate) const ALL: &[(&str, Accessor)] = &[
    ("saturation", |weights| &mut weights.saturation),
    ("length", |weights| &mut weights.length),
    ("name", |weights| &mut weights.name),
    ("path", |weights| &mut weights.path),
    ("part", |weights| &mut weights.terms.part),
    ("pair", |weights| &mut weights.terms.pair),
    ("definition", |weights| &mut weights.terms.definition),
    ("word_definition", |weights| &mut weights.terms.word_definition),
    ("file_stem", |weights| &mut weights.terms.file_stem),
    ("word_file_stem", |weights| &mut weights.terms.word_file_stem),
    ("coherence", |weights| &mut weights.coherence),
    ("file_name", |weights| &mut weights.file_name),
    ("repetition", |weights| &mut weights.repetition),
    ("meaning", |weights| &mut weights.meaning),
    ("snippet_meaning", |weights| &mut weights.snippet_meaning),
    ("similarity", |weights| &mut weights.similarity),
    ("test", |weights| &mut weights.test),
    ("compatibility", |weights| &mut weights.compatibility),
    ("declaration", |weights| &mut weights.declaration),
    ("prose", |weights| &mut weights.prose),
    ("foreign", |weights| &mut weights.foreign),
];

pub(crate) fn set(weights: &mut Weights, name: &str, number: f32) {
    let (_, accessor) = ALL
        .iter()
        .find(|(other, _)| *other == name)
        .unwrap_or_else(|| panic!("there is no weight named {name}"));
    *accessor(weights) = number;
}
