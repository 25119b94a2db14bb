//! The table of the names that occur in one file, each once, sorted.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The id of a name in the table of its record. Ids are in the order of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NameId(pub u32);

/// Names, concatenated in one string: a file has hundreds of names, and each would cost an allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameTable {
    text: Box<str>,
    ends: Box<[u32]>,
}

impl NameTable {
    /// Returns the number of names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether the table is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the text of a name. It is empty for an id of another table.
    #[must_use]
    pub fn text(&self, id: NameId) -> &str {
        let index = id.0 as usize;
        let start = index.checked_sub(1).and_then(|previous| self.ends.get(previous)).copied().unwrap_or(0);
        self.ends.get(index).and_then(|end| self.text.get(start as usize..*end as usize)).unwrap_or_default()
    }

    /// Returns the id of a name, if the name occurs.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<NameId> {
        let (mut low, mut high) = (0_u32, u32::try_from(self.len()).ok()?);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.text(NameId(middle)).cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(NameId(middle)),
            }
        }
        None
    }

    /// Returns every name, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..).take(self.len()).map(|index| self.text(NameId(index)))
    }

    /// Returns the hash by which the index refers to a name. Two names may collide, so callers look the name
    /// up in the record of each file that they find.
    #[must_use]
    pub fn hash(name: &str) -> u64 {
        xxh3_64(name.as_bytes())
    }
}

/// Collects names while a file is extracted. Its preliminary ids are in the order of first occurrence;
/// [`NameTableBuilder::finish`] maps them to the final ones.
#[derive(Debug, Default)]
pub struct NameTableBuilder<'text> {
    ids: HashMap<&'text str, NameId>,
    names: Vec<&'text str>,
}

impl<'text> NameTableBuilder<'text> {
    /// Returns the preliminary id of a name.
    pub fn intern(&mut self, name: &'text str) -> NameId {
        *self.ids.entry(name).or_insert_with(|| {
            self.names.push(name);
            NameId(u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX))
        })
    }

    /// Returns the table and the final id for each preliminary one.
    #[must_use]
    pub fn finish(self) -> (NameTable, Vec<NameId>) {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_unstable_by_key(|index| self.names[*index]);
        let mut text = String::with_capacity(self.names.iter().map(|name| name.len()).sum());
        let mut ends = Vec::with_capacity(order.len());
        let mut final_ids = vec![NameId(0); order.len()];
        for (rank, index) in (0..).zip(order) {
            text.push_str(self.names[index]);
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            final_ids[index] = NameId(rank);
        }
        (NameTable { text: text.into(), ends: ends.into() }, final_ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_id_and_by_text() {
        let mut builder = NameTableBuilder::default();
        let ids: Vec<_> = ["walk", "über", "", "apply", "walk"].map(|name| builder.intern(name)).to_vec();
        assert_eq!(ids[0], ids[4]);
        let (table, final_ids) = builder.finish();
        assert_eq!(table.iter().collect::<Vec<_>>(), ["", "apply", "walk", "über"]);
        assert_eq!(table.text(final_ids[1]), "über");
        for (rank, name) in (0..).zip(["", "apply", "walk", "über"]) {
            assert_eq!(table.find(name), Some(NameId(rank)));
        }
        assert_eq!(table.find("zoo"), None);
        assert_eq!(table.text(NameId(99)), "");
    }
}
