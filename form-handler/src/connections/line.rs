//! How far one connection is, and whom it waits for.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::system::stopwatch;

/// How long somebody may be connected without a word. Browsers open connections ahead of time.
const SILENCE: Duration = Duration::from_secs(20);

/// How long the head of a request may take, from its first byte.
const HEAD: Duration = Duration::from_secs(10);

/// How long a body may take. Whoever reads it gives up earlier, with words
/// ([`crate::web`], 408): this is for what nobody reads.
const BODY: Duration = Duration::from_secs(15);

/// How long a connection is kept for the next request. Longer than proxies keep theirs (nginx: a
/// minute, Caddy: two): a request must not meet the end of its connection.
const REST: Duration = Duration::from_secs(130);

/// How long a client may take nothing of its answer.
const STALL: Duration = Duration::from_secs(15);

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was said yet.
    Silent,
    /// The head of a request is coming.
    Head,
    /// Its body is.
    Body,
    /// We work on the answer.
    Work,
    /// The answer is on its way.
    Answer,
    /// The answer was handed over; another request may come.
    Rest,
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    stage: Stage,
    /// Since when the client is waited for.
    since: Instant,
    /// Since when it takes nothing of what we write.
    stalled: Option<Instant>,
    /// It was told to go.
    closing: bool,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Line {
    progress: Mutex<Progress>,
    close: Notify,
}

impl Line {
    pub(super) fn new() -> Self {
        let progress = Progress { stage: Stage::Silent, since: stopwatch(), stalled: None, closing: false };
        Self { progress: Mutex::new(progress), close: Notify::new() }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, stage: Stage) {
        let mut progress = self.progress();
        progress.stage = stage;
        progress.since = stopwatch();
    }

    /// Bytes came. Those of the next request may come while an answer is on its way.
    pub(super) fn hears(&self) {
        if matches!(self.progress().stage, Stage::Silent | Stage::Rest) {
            self.enter(Stage::Head);
        }
    }

    /// A head is complete.
    pub(super) fn asked(&self, has_body: bool) {
        self.enter(if has_body { Stage::Body } else { Stage::Work });
    }

    /// Nobody reads the body any more.
    pub(super) fn has_asked(&self) {
        if self.progress().stage == Stage::Body {
            self.enter(Stage::Work);
        }
    }

    /// The answer is known.
    pub(super) fn answers(&self) {
        self.enter(Stage::Answer);
    }

    /// All of it was handed over to be sent.
    pub(super) fn has_answered(&self) {
        if self.progress().stage == Stage::Answer {
            self.enter(Stage::Rest);
        }
    }

    /// Bytes went.
    pub(super) fn sends(&self) {
        let mut progress = self.progress();
        progress.stalled = None;
        if matches!(progress.stage, Stage::Answer | Stage::Rest) {
            progress.since = stopwatch();
        }
    }

    /// None could.
    pub(super) fn stalls(&self) {
        self.progress().stalled.get_or_insert_with(stopwatch);
    }

    /// Since when the client is waited for; `None`: it waits for us, or goes already.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        let progress = *self.progress();
        (progress.stage != Stage::Work && !progress.closing).then_some(progress.since)
    }

    /// Whether it was told to go.
    pub(super) fn is_closing(&self) -> bool {
        self.progress().closing
    }

    /// Whether the client has let us wait for too long.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        let progress = *self.progress();
        let limit = match progress.stage {
            Stage::Silent => SILENCE,
            Stage::Head => HEAD,
            Stage::Body => BODY,
            Stage::Rest => REST,
            Stage::Work | Stage::Answer => Duration::MAX,
        };
        let since = |start: Instant| now.saturating_duration_since(start);
        since(progress.since) >= limit || progress.stalled.is_some_and(|start| since(start) >= STALL)
    }

    /// Has it go.
    pub(super) fn close(&self) {
        self.progress().closing = true;
        self.close.notify_one();
    }

    /// Whether it goes, now that it was told to: not when a request came meanwhile.
    pub(super) fn may_go(&self) -> bool {
        let mut progress = self.progress();
        progress.closing = progress.stage != Stage::Work;
        progress.closing
    }

    /// Comes when it has to go.
    pub(super) async fn must_close(&self) {
        self.close.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it is let go after these many seconds, to the second.
    fn goes_after(line: &Line, seconds: u64) -> bool {
        let start = line.progress().since;
        let at = |seconds| start + Duration::from_secs(seconds);
        line.is_late(at(seconds)) && !line.is_late(at(seconds - 1))
    }

    #[test]
    fn a_request_that_comes_at_the_last_moment_is_answered() {
        let line = Line::new();
        line.close();
        line.asked(false);
        assert!(!line.may_go() && !line.is_closing());
        line.answers();
        line.close();
        assert!(line.may_go() && line.is_closing());
    }

    #[test]
    fn each_stage_has_its_limit() {
        let line = Line::new();
        assert!(goes_after(&line, 20), "without a word");
        line.hears();
        assert!(goes_after(&line, 10), "amid a head");
        line.hears();
        assert!(goes_after(&line, 10), "each byte is no new head");
        line.asked(true);
        line.hears();
        assert!(goes_after(&line, 15), "amid a body");
        line.has_asked();
        assert!(line.waits_since().is_none(), "it waits for us");
        line.answers();
        line.hears();
        line.has_answered();
        line.has_asked();
        assert!(goes_after(&line, 130), "after an answer");
        line.stalls();
        let stalled = line.progress().stalled.unwrap();
        line.stalls();
        assert_eq!(line.progress().stalled, Some(stalled), "since the first time");
        assert!(line.is_late(stalled + Duration::from_secs(15)));
        line.sends();
        assert!(goes_after(&line, 130));
        line.hears();
        assert!(goes_after(&line, 10), "amid the next head");
    }
}
