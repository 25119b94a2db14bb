//! A cache that forgets what was not used for the longest time.

use std::collections::HashMap;

/// Keeps at most `capacity` values.
pub struct LruCache<V> {
    capacity: usize,
    clock: u64,
    values: HashMap<String, (u64, V)>,
}

impl<V> LruCache<V> {
    pub fn new(capacity: usize) -> Self {
        Self { capacity, clock: 0, values: HashMap::new() }
    }

    pub fn get(&mut self, key: &str) -> Option<&V> {
        self.clock += 1;
        let clock = self.clock;
        self.values.get_mut(key).map(|entry| {
            entry.0 = clock;
            &entry.1
        })
    }

    pub fn insert(&mut self, key: String, value: V) {
        if self.values.len() >= self.capacity {
            self.evict_oldest();
        }
        self.clock += 1;
        self.values.insert(key, (self.clock, value));
    }

    fn evict_oldest(&mut self) {
        let oldest = self.values.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.values.remove(&key);
        }
    }
}
