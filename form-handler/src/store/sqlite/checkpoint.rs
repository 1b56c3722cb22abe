//! What was committed is copied from the log to the database in the background: a commit that had
//! to do so itself would make everybody wait for tens of milliseconds. Where the copier falls
//! behind, or cannot work, the writer does it after all, so that the log does not grow for ever.

use std::{
    ffi::c_int,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use rusqlite::{Connection, hooks::Wal};

/// Pages in the log from which it is copied: 16 MB of our own. Most pages were written many times
/// by then, and are copied once.
const SOME: c_int = 8_192;

/// Pages in the log from which the writer copies what is left: 32 MB. A log is read again after a
/// crash: it is part of the time that a start takes.
const TOO_MANY: c_int = 16_384;

/// How long cutting the log waits for readers; it is tried again at the next pass.
const PATIENCE: Duration = Duration::from_secs(1);

/// Has the log of `writer` copied by a thread of its own, which ends with that connection.
pub(super) fn in_the_background(writer: &mut Connection, path: &Path) -> rusqlite::Result<()> {
    let copier = super::connection::connect(path, rusqlite::OpenFlags::default())?;
    let (ask, asked) = sync_channel(1);
    // Without a thread, nobody hears: the writer then copies.
    let _ = thread::Builder::new().name("store-copier".to_owned()).spawn(move || copy(&copier, &asked));
    writer.pragma_update(None, "wal_autocheckpoint", 0)?;
    let mut log = Log { ask, known: 0 };
    writer.wal_hook(Some(move |wal: &mut Wal, pages| {
        log.grew(wal, pages);
        Ok(())
    }))
}

/// The log, as its writer sees it grow.
struct Log {
    ask: SyncSender<()>,
    /// Its pages when it was last asked to be copied. It begins again once all of it was, and
    /// nobody looks at it any more.
    known: c_int,
}

impl Log {
    /// A commit is done, whatever becomes of this: a failure here is nobody's answer, and is tried
    /// again after a later one.
    fn grew(&mut self, wal: &mut Wal, pages: c_int) {
        if pages < self.known {
            self.known = 0;
        }
        if pages >= TOO_MANY {
            let _ = wal.checkpoint();
        } else if pages >= self.known + SOME {
            self.known = pages;
            // Asked already is asked.
            let _ = self.ask.try_send(());
        }
    }
}

fn copy(copier: &Connection, asked: &Receiver<()>) {
    while asked.recv().is_ok() {
        // Passive: it waits for nobody, and nobody for it. What readers still look at is left for
        // the next time.
        let _ = copier.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}

/// Copies the whole log to the database of this path, and cuts it to nothing: what was overwritten
/// or erased stands in it until then. Waits for whoever reads or writes, who wait for it.
pub(super) fn cut(path: &Path) -> rusqlite::Result<()> {
    let connection = super::connection::connect(path, rusqlite::OpenFlags::default())?;
    // Somebody who reads for long is not waited for: whoever signs up meanwhile would wait, too.
    connection.busy_timeout(PATIENCE)?;
    let blocked: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if blocked {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, Some("the log could not be cut".to_owned())));
    }
    Ok(())
}
