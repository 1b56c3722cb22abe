//! One writer at a time: the lock that every publication holds.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{PRIVATE, PublishError, at};

/// Held by whoever writes `dist/`.
#[derive(Debug)]
pub struct Lock {
    private: PathBuf,
    _file: fs::File,
}

impl Lock {
    /// Waits until nobody else writes `output`, and makes the folder if it is not there.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn take(output: &Path) -> Result<Self, PublishError> {
        let private = output.join(PRIVATE);
        fs::create_dir_all(&private).map_err(at(&private))?;
        let path = private.join("verrou");
        let file = fs::File::options().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        file.lock().map_err(at(&path))?;
        Ok(Self { private, _file: file })
    }

    /// The same when something was already published there: what has nothing to publish leaves no
    /// trace.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn take_existing(output: &Path) -> Result<Option<Self>, PublishError> {
        if output.join(PRIVATE).is_dir() { Self::take(output).map(Some) } else { Ok(None) }
    }

    /// The folder that is ours alone.
    #[must_use]
    pub fn private(&self) -> &Path {
        &self.private
    }
}
