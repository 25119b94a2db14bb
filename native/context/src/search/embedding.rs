//! Embeddings: the meaning of a text as a direction in space. Texts about the same subject point the same
//! way, whatever words they use.
//!
//! The model gives each token a vector. The vector of a text is the sum of its tokens' vectors, so embedding
//! a text costs no more than looking up its words. The model is made by the scripts in `model/`, is embedded
//! in the program, and is read in place: nothing is loaded or decoded. No tokenizer crate is used, because it
//! would parse its vocabulary at each start: the vocabulary is small and fixed, and a lookup by the longest
//! pieces takes a page of code.

use std::collections::HashMap;

use super::bytes::Bytes;
use super::terms::enclosing_names;
use super::tokens::Identifier;
use crate::limits;
use crate::record::{Chunk, NameTable, Symbol};

static MODEL: &[u8] = include_bytes!("../../model/embedding.bin");

/// The number of dimensions of a vector.
pub(crate) const DIMENSIONS: usize = 256;

/// The maximum length of a token in bytes.
const PIECE_BYTES_MAX: usize = 24;

/// The maximum number of tokens that are read from a text. A chunk has fewer. The start of a long query says
/// what the query is about.
const TOKENS_MAX: usize = 400;

/// The factor by which a component of a unit vector is multiplied before it is stored in a byte. The
/// components of a 256-dimensional unit vector rarely exceed 0.4.
pub(super) const BYTE_SCALE: f32 = 320.0;

/// A unit vector: each component times `BYTE_SCALE`, as the bits of an `i8`.
pub(crate) type Packed = [u8; DIMENSIONS];

/// The vector of a text without tokens. It is similar to nothing.
pub(super) const ZERO_VECTOR: Packed = [0; DIMENSIONS];

/// Computes vectors of texts. It caches the tokens of each word, because a file uses the same words again and
/// again.
#[derive(Default)]
pub(crate) struct Embedder<'text> {
    identifier: Identifier,
    /// For each word the range of its tokens in `rows`.
    words: HashMap<&'text str, (u32, u32)>,
    rows: Vec<u32>,
    text_rows: Vec<u32>,
}

impl<'text> Embedder<'text> {
    /// Returns the vector of several texts taken as one, or `None` if they contain no token.
    pub(crate) fn vector(
        &mut self,
        texts: impl IntoIterator<Item = &'text str>,
    ) -> Option<[f32; DIMENSIONS]> {
        self.text_rows.clear();
        for text in texts {
            let words = text.split(|character: char| !character.is_ascii_alphanumeric());
            for word in words.filter(|word| !word.is_empty() && word.len() <= limits::WORD_BYTES_MAX) {
                let (start, end) = self.rows_of(word);
                self.text_rows.extend_from_slice(&self.rows[start as usize..end as usize]);
            }
        }
        self.text_rows.truncate(TOKENS_MAX);
        self.text_rows.sort_unstable();
        let mut sum = [0.0; DIMENSIONS];
        for same in self.text_rows.chunk_by(|a, b| a == b) {
            let Some((vector, scale)) = same.first().and_then(|row| Model::get().row(*row)) else { continue };
            // A repeated token counts more, but not proportionally.
            let factor = scale * (same.len() as f32).sqrt();
            for (sum, number) in sum.iter_mut().zip(vector) {
                *sum += factor * f32::from(number.cast_signed());
            }
        }
        let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
        (length > 0.0).then(|| sum.map(|number| number / length))
    }

    /// Returns the vector in bytes, or [`ZERO_VECTOR`] if the texts contain no token.
    pub(crate) fn packed(&mut self, texts: impl IntoIterator<Item = &'text str>) -> Packed {
        let vector = self.vector(texts).unwrap_or([0.0; DIMENSIONS]);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "saturation by `as` is intended for components that do not fit"
        )]
        vector.map(|number| ((number * BYTE_SCALE).round() as i8).cast_unsigned())
    }

    fn rows_of(&mut self, word: &'text str) -> (u32, u32) {
        if let Some(known) = self.words.get(word) {
            return *known;
        }
        let start = length(&self.rows);
        self.identifier.split(word);
        for part in self.identifier.parts() {
            let before = self.rows.len();
            if !Model::get().pieces(part.as_bytes(), &mut self.rows) {
                self.rows.truncate(before);
            }
        }
        let known = (start, length(&self.rows));
        self.words.insert(word, known);
        known
    }
}

fn length(rows: &[u32]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}

/// The sections of the model file; see `model/export.py`.
struct Model {
    slots: &'static [[u8; 4]],
    ends: &'static [[u8; 4]],
    scales: &'static [[u8; 4]],
    text: &'static [u8],
    vectors: &'static [[u8; DIMENSIONS]],
}

impl Model {
    fn get() -> &'static Self {
        static MODEL: Model = Model::parts();
        &MODEL
    }

    /// Splits the model file into its sections at compile time. A file with another layout fails the build.
    const fn parts() -> Self {
        let (header, rest) = MODEL.split_at(16);
        let header = header.as_chunks::<4>().0;
        let (magic, dimensions) = (header[0], u32::from_le_bytes(header[2]) as usize);
        let (rows, slots) = (u32::from_le_bytes(header[1]) as usize, u32::from_le_bytes(header[3]) as usize);
        assert!(u32::from_le_bytes(magic) == u32::from_le_bytes(*b"cemb") && dimensions == DIMENSIONS);
        let (slots, rest) = rest.split_at(slots * 4);
        let (ends, rest) = rest.split_at(rows * 4);
        let (scales, rest) = rest.split_at(rows * 4);
        let (text, vectors) = rest.split_at(rest.len() - rows * DIMENSIONS);
        Self {
            slots: slots.as_chunks().0,
            ends: ends.as_chunks().0,
            scales: scales.as_chunks().0,
            text,
            vectors: vectors.as_chunks().0,
        }
    }

    fn row(&self, row: u32) -> Option<(&[u8; DIMENSIONS], f32)> {
        let row = row as usize;
        Some((self.vectors.get(row)?, f32::from_le_bytes(*self.scales.get(row)?)))
    }

    /// Adds the rows of the tokens of a word part, matching the longest piece from the left each time.
    /// Returns `false` if a remainder matches no token.
    fn pieces(&self, part: &[u8], rows: &mut Vec<u32>) -> bool {
        let mut start = 0;
        while start < part.len() {
            let longest = part.len().min(start + PIECE_BYTES_MAX);
            let prefix: &[u8] = if start == 0 { b"" } else { b"##" };
            let found = (start + 1..=longest)
                .rev()
                .find_map(|end| Some((self.find(prefix, &part[start..end])?, end)));
            let Some((row, end)) = found else { return false };
            rows.push(row);
            start = end;
        }
        true
    }

    /// Returns the row of a token.
    fn find(&self, prefix: &[u8], piece: &[u8]) -> Option<u32> {
        let hash = prefix
            .iter()
            .chain(piece)
            .fold(0x811C_9DC5, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        let mut slot = hash as usize % self.slots.len();
        loop {
            let row = u32::from_le_bytes(*self.slots.get(slot)?).checked_sub(1)?;
            if self.token(row as usize).and_then(|token| token.strip_prefix(prefix)) == Some(piece) {
                return Some(row);
            }
            slot = (slot + 1) % self.slots.len();
        }
    }

    fn token(&self, row: usize) -> Option<&[u8]> {
        let end = |row: usize| self.ends.get(row).map(|end| u32::from_le_bytes(*end) as usize);
        let start = row.checked_sub(1).map_or(Some(0), end)?;
        self.text.get(start..end(row)?)
    }
}

/// The vectors of the chunks of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileVectors(Bytes);

impl FileVectors {
    pub(crate) fn new(text: &str, chunks: &[Chunk], symbols: &[Symbol], names: &NameTable) -> Self {
        let mut embedder = Embedder::default();
        let vectors = chunks.iter().flat_map(|chunk| {
            let around = enclosing_names(chunk, symbols, names);
            embedder.packed(around.chain(std::iter::once(chunk.span.of(text))))
        });
        Self(Bytes(vectors.collect()))
    }

    /// Returns the vector of each chunk.
    pub(crate) fn chunks(&self) -> &[Packed] {
        self.0.0.as_chunks().0
    }
}

#[cfg(test)]
mod tests {
    use super::super::similarity::QueryVector;
    use super::*;

    #[derive(serde::Deserialize)]
    struct Expected {
        text: String,
        tokens: Vec<String>,
        vector: Vec<f32>,
    }

    #[test]
    fn vectors_are_the_same_as_those_of_the_scripts() {
        let expected: Vec<Expected> =
            serde_json::from_str(include_str!("../../model/embedding.test.json")).unwrap();
        for Expected { text, tokens, vector } in &expected {
            let mut embedder = Embedder::default();
            let found = embedder.vector([text.as_str()]).unwrap_or([0.0; DIMENSIONS]);
            embedder.text_rows.dedup();
            let read: Vec<&str> = embedder
                .text_rows
                .iter()
                .map(|row| std::str::from_utf8(Model::get().token(*row as usize).unwrap()).unwrap())
                .collect();
            assert_eq!(&read, tokens, "{text}");
            for (found, expected) in found.iter().zip(vector) {
                assert!((found - expected).abs() < 1e-4, "{text}: {found} {expected}");
            }
        }
    }

    /// When the model changes, update this hash and `cache::FORMAT`: existing caches hold vectors of the old
    /// model.
    #[test]
    fn the_model_file_is_the_measured_one() {
        assert_eq!(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(MODEL)), "63ed0b65ff77a715");
    }

    #[test]
    fn texts_about_the_same_subject_are_similar() {
        let packed = |text| Embedder::default().packed([text]);
        let similarity = |one: &Packed, other: &Packed| {
            let mut similarity = [0.0];
            QueryVector::of(one).similarities(&[*other], &mut similarity);
            similarity[0]
        };
        let question = packed("remove all files of a folder");
        let same = similarity(&question, &packed("def delete_directory(path): shutil.rmtree(path)"));
        let other = similarity(&question, &packed("def mean(numbers): return sum(numbers) / len(numbers)"));
        assert!(same > other + 0.2, "{same} {other}");
        assert!((similarity(&question, &question) - 1.0).abs() < 0.05);
        assert!(similarity(&question, &packed("漢字")).abs() < f32::EPSILON);
    }
}
