//! Room for the log, made before it is needed: a file that is longer after each commit has its new
//! length and its new blocks recorded by the file system each time, and the commit waits for that
//! as long again as for its own pages. Frames over bytes that are there already need nothing of it.
//!
//! What is written is zeros behind the last frame. `SQLite` takes no frame without the salts of the
//! log's header and their checksum (<https://www.sqlite.org/fileformat2.html#walformat>): it reads
//! zeros as it reads what an earlier round of the log left behind, as its end.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::Connection;

/// Bytes before the first frame, and before the page of each.
const HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// Pages of a usual commit when many sign up at once: there is always room for one.
const A_COMMIT: u64 = 128;

/// How much the log is lengthened by: three commits of one sign-up each. A commit after which the
/// log is longer takes as long as it would have without us, and a little for the zeros, which it
/// waits for too: more of them would be felt.
const STEP: u64 = ZEROS.len() as u64;

/// A disk with less to spare keeps it for what people write.
const SPARE: u64 = 256 * 1024 * 1024;

static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// The log's file, as far as it has room.
#[derive(Debug)]
pub(super) struct Room {
    path: PathBuf,
    file: Option<File>,
    /// A page and its frame.
    frame: u64,
    /// Frames since the log last began.
    frames: Arc<AtomicU64>,
    /// The file's length when it was last looked at.
    length: u64,
}

impl Room {
    /// For the log of this database, whose frames are counted in `frames`.
    pub(super) fn of(connection: &Connection, database: &Path, frames: Arc<AtomicU64>) -> rusqlite::Result<Self> {
        let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Ok(Self { path: path.into(), file: None, frame: FRAME_HEADER + u64::from(page), frames, length: 0 })
    }

    /// Makes room for one more commit, if there is none. Behind the write lock, where nobody else
    /// lengthens the file. Once it was cut ([`super::checkpoint::cut`]), its frames are counted
    /// anew, and so is its length.
    pub(super) fn make(&mut self) {
        let frames = self.frames.load(Ordering::Relaxed);
        if frames == 0 && self.length != u64::MAX {
            self.length = 0;
        }
        let end = HEADER + (frames + A_COMMIT) * self.frame;
        if end > self.length {
            // Where it cannot be done, the log grows by itself, as it would have: nobody has to
            // know.
            self.length = self.lengthen(end).unwrap_or(u64::MAX);
        }
    }

    /// The file's length, which is at least `end` afterwards.
    fn lengthen(&mut self, end: u64) -> io::Result<u64> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(OpenOptions::new().write(true).open(&self.path)?),
        };
        let known = file.metadata()?.len();
        if known >= end {
            return Ok(known);
        }
        let disk = rustix::fs::fstatvfs(&*file)?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < SPARE {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let until = end.next_multiple_of(STEP);
        match fill(file, known, until) {
            Ok(()) => Ok(until),
            Err(error) => {
                let _ = file.set_len(known);
                Err(error)
            }
        }
    }
}

fn fill(file: &File, mut at: u64, until: u64) -> io::Result<()> {
    while at < until {
        let left = usize::try_from(until - at).unwrap_or(usize::MAX);
        let zeros = &ZEROS[..left.min(ZEROS.len())];
        file.write_all_at(zeros, at)?;
        at += zeros.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::sqlite::{connect, durable};

    fn log(folder: &Path) -> (Connection, Room, Arc<AtomicU64>) {
        let path = folder.join("base.db");
        let connection = connect(&path, rusqlite::OpenFlags::default()).unwrap();
        durable(&connection).unwrap();
        connection.execute_batch("CREATE TABLE rows (key INTEGER PRIMARY KEY, text TEXT)").unwrap();
        let frames = Arc::new(AtomicU64::new(1));
        let room = Room::of(&connection, &path, Arc::clone(&frames)).unwrap();
        (connection, room, frames)
    }

    fn length(folder: &Path) -> u64 {
        fs::metadata(folder.join("base.db-wal")).unwrap().len()
    }

    #[test]
    fn commits_fall_on_bytes_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let (connection, mut room, frames) = log(folder.path());
        for round in 0..40_u64 {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            room.make();
            let before = length(folder.path());
            connection.execute("INSERT INTO rows (text) VALUES (?1)", ["a".repeat(100_000)]).unwrap();
            connection.execute_batch("COMMIT").unwrap();
            assert_eq!(length(folder.path()), before, "round {round}");
            // Each of these commits writes some fifty frames.
            frames.fetch_add(60, Ordering::Relaxed);
        }
        assert!(length(folder.path()) > 40 * STEP);
    }

    #[test]
    fn what_was_committed_is_read_after_a_crash_and_zeros_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let (connection, mut room, _) = log(folder.path());
        for text in ["a", "b"] {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            room.make();
            connection.execute("INSERT INTO rows (text) VALUES (?1)", [text]).unwrap();
            connection.execute_batch("COMMIT").unwrap();
        }
        // The files as a crash leaves them: nobody closed the database, and the shared memory is
        // gone.
        let after = tempfile::tempdir().unwrap();
        for name in ["base.db", "base.db-wal"] {
            fs::copy(folder.path().join(name), after.path().join(name)).unwrap();
        }
        assert!(length(after.path()) >= STEP);
        let again = Connection::open(after.path().join("base.db")).unwrap();
        let texts: String = again
            .query_row("SELECT group_concat(text) FROM (SELECT text FROM rows ORDER BY key)", [], |row| row.get(0))
            .unwrap();
        assert_eq!(texts, "a,b");
        assert_eq!(again.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
    }

    #[test]
    fn a_log_that_cannot_be_lengthened_is_left_to_itself() {
        let folder = tempfile::tempdir().unwrap();
        let (connection, mut room, _) = log(folder.path());
        room.path = folder.path().join("nowhere");
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        room.make();
        assert_eq!(room.length, u64::MAX);
        connection.execute_batch("INSERT INTO rows (text) VALUES ('a'); COMMIT").unwrap();
    }
}
