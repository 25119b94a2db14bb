//! Similarity of many vectors to one: the inner loop of semantic search. It uses the widest instructions that
//! the processor has.

use super::embedding::{BYTE_SCALE, DIMENSIONS, Packed};

/// The vector of a query, widened once for all comparisons.
pub(super) struct QueryVector([i16; DIMENSIONS]);

impl QueryVector {
    pub(super) fn of(packed: &Packed) -> Self {
        Self(packed.map(|number| i16::from(number.cast_signed())))
    }

    /// Writes the approximate cosine similarity to each of `vectors` into `similarities`.
    pub(super) fn similarities(&self, vectors: &[Packed], similarities: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            #[allow(
                unsafe_code,
                reason = "the function requires nothing but AVX2, which was just detected"
            )]
            // SAFETY: the processor has AVX2.
            return unsafe { with_avx2(&self.0, vectors, similarities) };
        }
        products(&self.0, vectors, similarities);
    }
}

/// [`products`], compiled for processors with AVX2 (since 2013). The program itself must also run on older
/// processors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(query: &[i16; DIMENSIONS], vectors: &[Packed], similarities: &mut [f32]) {
    products(query, vectors, similarities);
}

/// Computes the similarities. The compiler vectorizes the loop with the target's instructions for sums of
/// products of small integers.
#[inline(always)]
#[allow(
    clippy::needless_range_loop,
    reason = "iterators are not inlined into a function for other instructions"
)]
fn products(query: &[i16; DIMENSIONS], vectors: &[Packed], similarities: &mut [f32]) {
    for position in 0..vectors.len().min(similarities.len()) {
        let vector = &vectors[position];
        let mut product = 0_i32;
        for dimension in 0..DIMENSIONS {
            product += i32::from(query[dimension]) * i32::from(vector[dimension].cast_signed());
        }
        similarities[position] = product as f32 / (BYTE_SCALE * BYTE_SCALE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_the_same_with_all_instruction_sets() {
        let vector = |seed: u8| -> Packed {
            std::array::from_fn(|position| u8::try_from(position).unwrap().wrapping_mul(seed) ^ seed)
        };
        let vectors: Vec<Packed> = (1..20).map(vector).collect();
        let expected = |other: &Packed| {
            let products = vector(7)
                .into_iter()
                .zip(other)
                .map(|(a, b)| i64::from(a.cast_signed()) * i64::from(b.cast_signed()));
            products.sum::<i64>() as f32 / (BYTE_SCALE * BYTE_SCALE)
        };
        let query = QueryVector::of(&vector(7));
        let (mut found, mut portable) = (vec![0.0; vectors.len()], vec![0.0; vectors.len()]);
        query.similarities(&vectors, &mut found);
        products(&query.0, &vectors, &mut portable);
        assert_eq!(found, vectors.iter().map(expected).collect::<Vec<_>>());
        assert_eq!(found, portable);
    }
}
