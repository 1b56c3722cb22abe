use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    fingerprint::Fingerprint,
    sources::{Stamp, tick},
};

/// A published file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Of what it was made from.
    pub inputs: Fingerprint,
    /// Of its bytes.
    pub content: Fingerprint,
    /// What the disk says of it.
    pub stamp: Stamp,
}

/// What became of the published files since they were written.
#[derive(Debug, Default)]
pub struct Survey {
    /// Those that hold what was written, with the stamp that they have now.
    intact: HashMap<String, Stamp>,
    /// Whether any of them had to be read to be sure.
    pub looked_closer: bool,
    all: bool,
}

impl Survey {
    /// Looks at every file of `made` in `output`. With `verify`, reads them all; otherwise, those whose stamp may not be believed.
    #[must_use]
    pub fn take(output: &Path, made: &BTreeMap<String, Made>, verify: bool) -> Self {
        let made: Vec<_> = made.iter().collect();
        let looked: Vec<_> = made.par_iter().map(|(path, made)| look(&output.join(path), made, verify)).collect();
        let mut survey = Self { all: true, ..Self::default() };
        for ((path, _), look) in made.into_iter().zip(looked) {
            match look {
                Look::Same(stamp) => _ = survey.intact.insert(path.clone(), stamp),
                Look::Read(stamp) => {
                    survey.looked_closer = true;
                    survey.intact.insert(path.clone(), stamp);
                }
                Look::Other => survey.all = false,
            }
        }
        survey
    }

    /// Whether every file is as it was written.
    #[must_use]
    pub fn all_intact(&self) -> bool {
        self.all
    }

    /// The stamp of a file that is as it was written.
    #[must_use]
    pub fn intact(&self, path: &str) -> Option<Stamp> {
        self.intact.get(path).copied()
    }
}

enum Look {
    Same(Stamp),
    Read(Stamp),
    Other,
}

fn look(path: &Path, made: &Made, verify: bool) -> Look {
    let now = tick();
    let Ok(metadata) = fs::symlink_metadata(path) else { return Look::Other };
    if !metadata.is_file() {
        return Look::Other;
    }
    let stamp = Stamp::of(&metadata);
    if !verify && stamp == made.stamp {
        return Look::Same(stamp);
    }
    match fs::read(path) {
        Ok(bytes) if Fingerprint::of(&bytes) == made.content => Look::Read(stamp.settled(now)),
        _ => Look::Other,
    }
}
