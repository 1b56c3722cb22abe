//! What the rules are given: a whole tree that was understood, and what it becomes.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    content::sources::Sources,
    model::{Model, Site},
    outputs::Plan,
    site::Snapshot,
};

/// Everything that may be checked once the whole tree was understood.
#[derive(Debug, Clone, Copy)]
pub struct Checker<'a> {
    /// The tree.
    pub snapshot: &'a Snapshot,
    /// What it becomes.
    pub plan: &'a Plan,
    /// Files that were told to have errors: what leads to them is not wrong as well.
    pub faulty: &'a BTreeSet<Arc<str>>,
}

impl<'a> Checker<'a> {
    pub(super) fn model(&self) -> &'a Model {
        self.snapshot.model()
    }

    pub(super) fn site(&self) -> &'a Site {
        self.snapshot.site()
    }

    pub(super) fn sources(&self) -> &'a Sources {
        self.snapshot.sources()
    }
}
