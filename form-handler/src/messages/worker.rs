//! Empties the outbox, in the background, for as long as the server runs: one worker sends the
//! letters, another one the text messages, and neither waits for the other.
//!
//! Rows are claimed a batch at a time, then sent one by one: the next letter leaves after the
//! commit that says what became of the last one. A crash thus finds one letter at most between its
//! sending and that commit; it goes again under the same `Message-ID`, which mail programs
//! recognise. While that commit is under way, the next letter is written.
//!
//! A server that is down is nobody's failure: no row is tried, and the next pass comes after a
//! pause that grows. Nor is a team that gave no address yet: its letters wait, and leave when one
//! is published.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::{
    letter::{Letters, Parcel},
    smtp::Blame,
    transport::Transport,
};
use crate::{
    enrolment::Channel,
    log,
    phrase::Phrase,
    store::{Attempt, CLAIM, LONGEST_PAUSE, Outgoing, Recipients, Store, StoreError},
    system::{Clock, stopwatch},
};

/// Letters claimed at a time.
const BATCH: usize = 64;

/// How long a batch is worked on; what is left of it then is given back. No letter takes longer
/// than a mail server's eight steps.
const WORK: SignedDuration = SignedDuration::from_mins(1);

/// How long we try before somebody must call instead.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(48);

/// The longest that the worker sleeps: a clock that was set, or a row from another process, is seen
/// by then.
const NAP: Duration = Duration::from_mins(1);

/// The same while letters are withheld: whoever lets them go waits for them.
const WITHHELD_NAP: Duration = Duration::from_secs(5);

/// A commit that takes longer is shared with somebody, or is a slow disk's.
const BUSY: Duration = Duration::from_millis(2);

/// Letters leave all the same.
const LONGEST_COURTESY: Duration = Duration::from_millis(20);

/// A clock that is set back by less is only set right.
const STEP_BACK: SignedDuration = SignedDuration::from_secs(10);

/// How often letters to the team that wait are looked at.
const TEND_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// How long the letter under way may still take once the process is asked to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// The pause before a letter's next attempt, after `attempts` that failed: one minute, two, four…
/// six hours at most.
#[must_use]
pub fn pause(attempts: u32) -> SignedDuration {
    let minutes = 1_i64 << attempts.saturating_sub(1).min(9);
    SignedDuration::from_mins(minutes).min(LONGEST_PAUSE)
}

/// The pause before the next pass, after so many in a row that met no server: one second, two,
/// four… five minutes at most.
#[must_use]
pub fn outage(passes: u32) -> Duration {
    Duration::from_secs(1_u64 << passes.saturating_sub(1).min(9)).min(Duration::from_mins(5))
}

/// The background worker. `P` is what is published, letters and all.
#[derive(Debug)]
pub struct Worker<P> {
    /// Where the rows are.
    pub store: Arc<dyn Store>,
    /// What is published, for the letters made of it.
    pub published: watch::Receiver<Arc<P>>,
    /// The way out.
    pub transport: Transport,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What a pass came to.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) sent: usize,
    /// Why it ended before the outbox was empty, if a server that is down is why.
    down: Option<String>,
}

/// What became of a row, and whether the server is to be left alone for now.
struct AttemptResult {
    attempt: Attempt,
    down: Option<String>,
}

impl AttemptResult {
    fn and_on(attempt: Attempt) -> Self {
        Self { attempt, down: None }
    }
}

impl<P: AsRef<Letters>> Worker<P> {
    /// Sends what is due, now and whenever something becomes so, until `stop` turns true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        // Should it fail, those letters wait until their claims end.
        if let Err(error) = self.store.release_claims(self.ours()).await {
            log::error(&error.phrase());
        }
        let (mut changes, mut published) = (self.store.changes(), self.published.clone());
        let mut passes = 0;
        let mut seen = None;
        let mut team = TeamsLetters::default();
        while !*stop.borrow() {
            changes.mark_unchanged();
            published.mark_unchanged();
            self.follow_the_clock(&mut seen).await;
            self.look_after(&mut team).await;
            let pass = self.pass(&stop).await.unwrap_or_else(|error| {
                log::error(&error.phrase());
                Round::default()
            });
            passes = if pass.sent > 0 { 0 } else { passes };
            if let Some(cause) = pass.down {
                passes += 1;
                let wait = outage(passes);
                let id = self.say("courriel-sans-serveur", "texto-sans-passerelle");
                let phrase = Phrase::new(id).with("cause", cause).with("secondes", wait.as_secs());
                log::warn(&phrase);
                // Sign-ups do not end this sleep: their letters cannot leave either.
                tokio::select! {
                    _ = stop.changed() => {}
                    () = tokio::time::sleep(wait) => {}
                }
                continue;
            }
            passes = 0;
            let nap = self.until_next().await;
            tokio::select! {
                _ = stop.changed() => {}
                _ = changes.changed() => {}
                () = published_anew(&mut published) => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
        self.transport.close().await;
    }

    /// What is published now.
    fn published(&self) -> Arc<P> {
        Arc::clone(&self.published.borrow())
    }

    /// Everything that leaves here, whenever.
    fn ours(&self) -> Recipients {
        match self.transport.channel() {
            Channel::Mail => Recipients::All,
            Channel::Text => Recipients::Telephones,
        }
    }

    /// To whom messages may leave now.
    fn recipients(&self) -> Recipients {
        if self.ours() == Recipients::Telephones {
            return Recipients::Telephones;
        }
        if P::as_ref(&self.published()).reach_the_team() { Recipients::All } else { Recipients::People }
    }

    /// The message's id for what leaves here.
    fn say(&self, of_a_letter: &'static str, of_a_text: &'static str) -> &'static str {
        match self.transport.channel() {
            Channel::Mail => of_a_letter,
            Channel::Text => of_a_text,
        }
    }

    /// Keeps letters to the team useful while they wait, and tells once that they wait for an
    /// address.
    async fn look_after(&self, team: &mut TeamsLetters) {
        if self.transport.channel() == Channel::Text {
            return;
        }
        let now = self.clock.now();
        let recently = |at: Timestamp| at <= now && now.duration_since(at) < TEND_EVERY;
        let reached = self.recipients() == Recipients::All;
        // Before they leave at last, too.
        if !team.tended.is_some_and(recently) || (reached && team.told) {
            match self.store.tend_team_letters(now).await {
                Ok(()) => team.tended = Some(now),
                Err(error) => log::error(&error.phrase()),
            }
        }
        if reached {
            team.told = false;
        } else if !team.told
            && let Ok(waiting @ 1..) = self.store.letters_to_team().await
        {
            team.told = true;
            log::warn(&Phrase::new("courriel-equipe-attend").count("nombre", waiting));
        }
    }

    /// At the start, and whenever the clock went back: letters must not wait for an instant that
    /// was wrong. `seen`: what it said last.
    async fn follow_the_clock(&self, seen: &mut Option<Timestamp>) {
        let now = self.clock.now();
        if seen.replace(now).is_some_and(|seen| seen.duration_since(now) < STEP_BACK) {
            return;
        }
        match self.store.correct_clock(now).await {
            Ok(0) => {}
            Ok(count) => log::warn(&Phrase::new("courriel-horloge").count("nombre", count)),
            Err(error) => {
                // Again at the next wake.
                *seen = None;
                log::error(&error.phrase());
            }
        }
    }

    async fn until_next(&self) -> Duration {
        let Ok(Some(next)) = self.store.next_message(self.recipients()).await else {
            // Another process says that letters may leave again.
            let withheld = self.store.withheld_letters().await.is_ok_and(|letters| letters.is_some());
            return if withheld { WITHHELD_NAP } else { NAP };
        };
        let wait = next.duration_since(self.clock.now());
        // Due already means that the last pass could not: not again at once.
        Duration::try_from(wait).unwrap_or_default().clamp(Duration::from_secs(1), NAP)
    }

    /// Sends every message that is due now, or until `stop` turns true or the server is down.
    pub(super) async fn pass(&self, stop: &watch::Receiver<bool>) -> Result<Round, StoreError> {
        let mut pass = Round::default();
        let to = self.recipients();
        // Looking costs no commit; claiming does.
        if self.store.next_message(to).await?.is_none_or(|next| next > self.clock.now()) {
            return Ok(pass);
        }
        let mut full = true;
        while full && !*stop.borrow() && pass.down.is_none() {
            // Nor does an attempt to reach the server, before anything is claimed.
            match unless_stopped(stop, Duration::ZERO, self.transport.reach()).await {
                None => return Ok(pass),
                Some(Err(error)) => return Ok(Round { down: Some(error.cause), ..pass }),
                Some(Ok(())) => {}
            }
            let now = self.clock.now();
            let until = now.saturating_add(CLAIM).unwrap_or(now);
            let claimed = self.store.claim_messages(u32::try_from(BATCH).unwrap_or(1), to, now, until).await?;
            full = claimed.len() == BATCH;
            self.send_batch(claimed, now, stop, &mut pass).await?;
        }
        Ok(pass)
    }

    async fn send_batch(
        &self,
        claimed: Vec<Outgoing>,
        since: Timestamp,
        stop: &watch::Receiver<bool>,
        pass: &mut Round,
    ) -> Result<(), StoreError> {
        let mut rows = claimed.into_iter();
        let write = |row: Outgoing| (P::as_ref(&self.published()).prepare(&row), row);
        let mut next = rows.next().map(write);
        while let Some((letter, row)) = next {
            let late = self.clock.now().duration_since(since) > WORK;
            if late || pass.down.is_some() || *stop.borrow() {
                let left = std::iter::once(row).chain(rows).map(|row| (row.key, Attempt::Untried)).collect();
                return self.store.settle_messages(left, self.clock.now()).await;
            }
            let tried = self.attempt(&row, letter, stop).await;
            pass.sent += usize::from(tried.attempt == Attempt::Sent);
            pass.down = tried.down;
            let start = stopwatch();
            let settled = self.store.settle_messages(vec![(row.key, tried.attempt)], self.clock.now());
            let prepared = async { rows.next().map(write) };
            let (settled, prepared) = tokio::join!(settled, prepared);
            settled?;
            next = prepared;
            let pause = self.transport.pause().max(courtesy(start.elapsed()));
            if next.is_some() && !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
        Ok(())
    }

    async fn attempt(
        &self,
        row: &Outgoing,
        letter: Result<Option<Parcel>, Phrase>,
        stop: &watch::Receiver<bool>,
    ) -> AttemptResult {
        let report = |cause: &str| {
            let id = self.say("courriel-echec", "texto-echec");
            log::warn(&Phrase::new(id).with("lettre", row.name()).with("cause", cause));
        };
        let letter = match letter {
            Ok(Some(letter)) => letter,
            // The team's address went away meanwhile: it waits for the next.
            Ok(None) => return AttemptResult::and_on(Attempt::Untried),
            Err(phrase) => {
                log::error(&phrase);
                return AttemptResult::and_on(self.later(row));
            }
        };
        let sent = unless_stopped(stop, FAREWELL, self.transport.send(letter)).await;
        let error = match sent {
            Some(Ok(())) => return AttemptResult::and_on(Attempt::Sent),
            Some(Err(error)) => error,
            // It may have arrived.
            None => return AttemptResult::and_on(Attempt::Retry(self.clock.now())),
        };
        match error.blame {
            Blame::Recipient => {
                report(&error.cause);
                AttemptResult::and_on(Attempt::Undeliverable)
            }
            Blame::Letter => {
                report(&error.cause);
                AttemptResult::and_on(self.later(row))
            }
            // Whatever broke, it is not likely to be this letter, the first time: it goes again
            // with the next pass.
            Blame::Line if row.attempts == 0 => {
                AttemptResult { attempt: Attempt::Retry(self.clock.now()), down: Some(error.cause) }
            }
            Blame::Line => AttemptResult { attempt: self.later(row), down: Some(error.cause) },
            Blame::Server => AttemptResult { attempt: Attempt::Untried, down: Some(error.cause) },
        }
    }

    /// What becomes of a row that was tried in vain: it is given up when it is too old, and then
    /// only.
    fn later(&self, row: &Outgoing) -> Attempt {
        let now = self.clock.now();
        if now.duration_since(row.written_at) > GIVE_UP {
            return Attempt::Undeliverable;
        }
        Attempt::Retry(now.saturating_add(pause(row.attempts + 1)).unwrap_or(now))
    }
}

/// What is known of the letters to the team that wait.
#[derive(Debug, Default)]
struct TeamsLetters {
    /// When they were last looked at.
    tended: Option<Timestamp>,
    /// Whether it was told that they wait for an address.
    told: bool,
}

/// Waits for the next publication.
async fn published_anew<P>(published: &mut watch::Receiver<Arc<P>>) {
    // Nobody publishes any more.
    if published.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// How long the next letter waits after a commit that took `busy`: as long as that, when others
/// were busy there. People who sign up come first.
fn courtesy(busy: Duration) -> Duration {
    if busy < BUSY { Duration::ZERO } else { busy.min(LONGEST_COURTESY) }
}

/// What `work` comes to, unless `stop` turns true and it still takes longer than `grace`.
async fn unless_stopped<T>(stop: &watch::Receiver<bool>, grace: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut stop = stop.clone();
    let patience = async {
        // Whoever could say "stop" went away without a word: nobody stops us.
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = patience => None,
    }
}
