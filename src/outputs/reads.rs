//! What the outputs of a build read, for the next build to compare: each key once, with the
//! fingerprint of what was found, and for each output the keys that it asked for.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{fingerprints::Fingerprints, key::Key};
use crate::fingerprint::Fingerprint;

/// What a build's outputs read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reads {
    /// The keys, and the parts of those that are made of others.
    keys: Vec<(Key, Fingerprint)>,
    /// For each output, where in `ids` its keys end.
    ends: Vec<u32>,
    /// Where in `keys` each is.
    ids: Vec<u32>,
}

/// What one output read, when it is done.
#[derive(Debug)]
pub enum OutputReads {
    /// The same as this output of the earlier build.
    Same(usize),
    /// These.
    Noted(Vec<Key>),
}

impl Reads {
    /// How many outputs it is of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it is of none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether what stands behind each key is the same now, in their order.
    #[must_use]
    pub fn compare(&self, now: &Fingerprints<'_>) -> Vec<bool> {
        self.keys.par_iter().map(|(key, found)| now.get(key) == Some(*found)).collect()
    }

    /// Whether nothing that an output read changed. `same` is what [`Reads::compare`] told.
    #[must_use]
    pub fn is_same(&self, output: usize, same: &[bool]) -> bool {
        self.ids(output).iter().all(|id| same.get(*id as usize) == Some(&true))
    }

    /// What an output read.
    pub fn keys(&self, output: usize) -> impl Iterator<Item = &Key> {
        self.ids(output).iter().filter_map(|id| Some(&self.keys.get(*id as usize)?.0))
    }

    /// What was found behind each key.
    #[must_use]
    pub fn found(&self) -> HashMap<&Key, Fingerprint> {
        self.keys.iter().map(|(key, found)| (key, *found)).collect()
    }

    /// What the outputs of a build read, in their order, after `self` was what those of the earlier
    /// one did.
    #[must_use]
    pub fn next(&self, outputs: &[OutputReads], now: &Fingerprints<'_>) -> Self {
        let mut table = Table::default();
        // An earlier key is looked up once, however many outputs read it.
        let mut known: Vec<Option<u32>> = vec![None; self.keys.len()];
        let (mut ends, mut ids) = (Vec::with_capacity(outputs.len()), Vec::new());
        for output in outputs {
            match output {
                OutputReads::Same(earlier) => ids.extend(self.ids(*earlier).iter().filter_map(|id| {
                    let place = known.get_mut(*id as usize)?;
                    Some(*place.get_or_insert_with(|| table.id(&self.keys[*id as usize].0)))
                })),
                OutputReads::Noted(keys) => ids.extend(keys.iter().map(|key| table.id(key))),
            }
            ends.push(number(ids.len()));
        }
        // The parts too: they tell which of them changed.
        let mut at = 0;
        while at < table.keys.len() {
            let until = table.keys.len();
            let parts: Vec<Vec<Key>> = table.keys[at..].par_iter().map(|key| now.part_keys(key)).collect();
            for key in parts.iter().flatten() {
                table.id(key);
            }
            at = until;
        }
        // What was read is there, but for a picture that stands for none: asking again tells as
        // much.
        let found = |key: Key| (now.get(&key).unwrap_or_default(), key);
        let keys = table.keys.into_par_iter().map(found).map(|(found, key)| (key, found)).collect();
        Self { keys, ends, ids }
    }

    fn ids(&self, output: usize) -> &[u32] {
        let start = if output == 0 { 0 } else { self.ends.get(output - 1).copied().unwrap_or_default() };
        let end = self.ends.get(output).copied().unwrap_or_default();
        self.ids.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Keys, each once.
#[derive(Default)]
struct Table {
    ids: HashMap<Key, u32>,
    keys: Vec<Key>,
}

impl Table {
    fn id(&mut self, key: &Key) -> u32 {
        if let Some(id) = self.ids.get(key) {
            return *id;
        }
        let id = number(self.keys.len());
        self.ids.insert(key.clone(), id);
        self.keys.push(key.clone());
        id
    }
}

/// Four thousand million outputs fit in no memory.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
