//! The share pictures of one build. Each is published at its address, and once more in the archive
//! of the kit, and drawing it is what takes time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::key::Key;
use crate::diagnostics::diagnostic::Diagnostic;

/// A picture, and what drawing it read.
pub(super) type DrawnPicture = (Arc<[u8]>, Vec<Key>);

/// Where a picture is, once it is drawn.
type Slot = Arc<Mutex<Option<DrawnPicture>>>;

/// A support of the model, and a session.
type SupportUse = (usize, Option<usize>);

#[derive(Debug, Default)]
pub(super) struct Drawn(Mutex<HashMap<SupportUse, Slot>>);

impl Drawn {
    /// The picture of this support and this session, drawn by who asks first; the others wait.
    pub(super) fn once(
        &self,
        about: SupportUse,
        draw: impl FnOnce() -> Result<DrawnPicture, Box<Diagnostic>>,
    ) -> Result<DrawnPicture, Box<Diagnostic>> {
        let slot = Arc::clone(lock(&self.0).entry(about).or_default());
        let mut slot = lock(&slot);
        if let Some(picture) = &*slot {
            return Ok(picture.clone());
        }
        Ok(slot.insert(draw()?).clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
