//! What the server and the process that publishes say to each other: a line of JSON each time, through the latter's standard input and
//! output.

use std::{io, path::PathBuf, process::Stdio};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::Folders;
use crate::{store::SessionRecord, system::PURGE};

/// The command, for nobody's use but the server's.
pub const PRESS: &str = "press";

/// What is to be published.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) folders: Folders,
    pub(super) now: Timestamp,
    /// The language in which problems are told.
    pub(super) lang: String,
    /// The fingerprint of the sessions that met the database last.
    pub(super) met: Option<String>,
}

/// What the press says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// A session of content that was understood: none is told when all are as they were.
    Session(Box<SessionRecord>),
    /// Content was understood whose sessions have this fingerprint. It waits for their states.
    Understood { sessions: String },
    /// What it came to, at the end.
    Done { problems: Vec<String>, outcome: Outcome },
}

/// What a publication came to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// The site is as the content says, or as the last good content said.
    Published { fallback: bool, next_change: Option<Timestamp> },
    /// The content is broken and no good one is kept.
    Broken,
    /// The disk refused.
    Refused { path: PathBuf, cause: String },
}

/// The server's end of the line. A press that is not heard to its end is stopped: whatever it had published is whole.
#[derive(Debug)]
pub(super) struct Line {
    press: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Line {
    /// Starts a press.
    pub(super) async fn open(order: &Order) -> io::Result<Self> {
        let mut command = Command::new(program()?);
        // What it takes, it gives back when it ends.
        command.env_remove(PURGE);
        command.arg0("form-handler").arg(PRESS).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut press = command.spawn()?;
        let (Some(input), Some(output)) = (press.stdin.take(), press.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let mut line = Self { press, input, output: BufReader::new(output).lines() };
        line.say(order).await?;
        Ok(line)
    }

    pub(super) async fn say(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.input.write_all(&written(value)?).await
    }

    pub(super) async fn hear(&mut self) -> io::Result<Told> {
        let line = self.output.next_line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Waits until the press is gone, so that the next finds the folder free.
    pub(super) async fn close(mut self) -> io::Result<()> {
        drop(self.input);
        self.press.wait().await.map(|_| ())
    }
}

/// One thing said.
pub(super) fn written(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// This very program, even when the file that it was started from was replaced since.
fn program() -> io::Result<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { Ok(own) } else { std::env::current_exe() }
}
