use crate::cache::LruCache;

/// How many of each article are in the store.
pub struct Inventory {
    counts: std::collections::BTreeMap<String, u32>,
    recent: LruCache<u32>,
}

impl Inventory {
    /// Takes articles out of stock for an order, or says how many are missing.
    pub fn reserve(&mut self, article: &str, wanted: u32) -> Result<(), u32> {
        let there = self.counts.entry(article.to_owned()).or_default();
        *there = there.checked_sub(wanted).ok_or(wanted - *there)?;
        self.recent.insert(article.to_owned(), *there);
        Ok(())
    }
}
