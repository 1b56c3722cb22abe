//! What time and the team have done, once each.

use entreparentaise::model::Schedule;
use jiff::Timestamp;

use super::{
    Ledger, Payload, Rows,
    entries::{Audited, Entry, Known},
};
use crate::{
    agenda::{Decision, Milestone},
    enrolment::{Ended, MessageKind, News, Notice, Sightings, TeamMessage, announce, carry, offer_next},
    store::{Actor, Changed},
};

impl Ledger {
    /// On to the next session, for somebody who had no place at this one. Asked twice, it is done
    /// once: the demand has gone on already.
    pub(super) fn carry<R: Rows>(
        &mut self,
        rows: &mut R,
        known: &Known,
        to: i64,
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        if known.session == to || known.ended.is_some_and(|ended| ended != Ended::Merged) {
            return Ok(Changed::Done);
        }
        self.go_on(rows, known, to, (Actor::Rule, now), carry)
    }

    /// The team offers the next session to somebody whom it was to confirm. Asked twice, it is done
    /// once.
    pub(super) fn offer_next<R: Rows>(
        &mut self,
        rows: &mut R,
        known: &Known,
        to: i64,
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        if known.session == to {
            return Ok(Changed::Done);
        }
        if known.ended.is_some() {
            return Ok(Changed::Ended);
        }
        self.go_on(rows, known, to, (Actor::Team, now), offer_next)
    }

    pub(super) fn announce<R: Rows>(
        &mut self,
        rows: &mut R,
        session: i64,
        news: News,
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        let binder = self.take(rows, session)?;
        let effects = announce(&binder.book, news);
        self.binders.insert(session, binder);
        self.write(rows, (session, Actor::Rule, now), &effects, &Payload::Nothing)?;
        Ok(Changed::Done)
    }

    /// Does what is done once. A session that begins at another time by now has milestones of its
    /// own.
    pub(super) fn reach<R: Rows>(
        &mut self,
        rows: &mut R,
        (session, starts): (i64, Timestamp),
        milestone: Milestone,
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        if !self.begins_at(rows, session, starts)? || rows.is_reached(session, starts, milestone)? {
            return Ok(Changed::Done);
        }
        self.written = true;
        rows.write(now, &Entry::Reached { session, starts, milestone })?;
        match milestone.news() {
            Some(news) => self.announce(rows, session, news, now),
            None => {
                rows.write(now, &Entry::ToTeam { session, kind: TeamMessage::Minimum })?;
                Ok(Changed::Done)
            }
        }
    }

    fn begins_at<R: Rows>(&mut self, rows: &mut R, session: i64, starts: Timestamp) -> Result<bool, R::Error> {
        let binder = self.take(rows, session)?;
        let begins = binder.book.schedule.starts;
        self.binders.insert(session, binder);
        Ok(begins == starts)
    }

    /// The team's word on a session under its minimum. The first word stands: people are told at
    /// once.
    pub(super) fn settle_minimum<R: Rows>(
        &mut self,
        rows: &mut R,
        (session, starts): (i64, Timestamp),
        decision: Decision,
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        let mut binder = self.take(rows, session)?;
        let book = &mut binder.book;
        let before = book.state(now);
        let open = book.schedule.starts == starts && !book.orphaned && now < starts;
        let decidable = open && !book.schedule.cancelled && book.decision.is_none();
        let same = book.decision == Some(decision);
        if decidable {
            book.decision = Some(decision);
            book.schedule.cancelled = decision == Decision::Cancel;
        }
        let after = book.state(now);
        self.binders.insert(session, binder);
        if !decidable {
            return Ok(if same { Changed::Done } else { Changed::Refused(after) });
        }
        self.states_changed |= before != after;
        self.written = true;
        rows.write(now, &Entry::Decided { session, decision })?;
        let (actor, action, demand) = (Actor::Team, decision.name(), Audited::Nobody);
        rows.write(now, &Entry::Audit { actor, action, demand, session })?;
        match decision {
            Decision::Hold => self.announce(rows, session, News::ToThoseWhoCome(MessageKind::SessionHeld), now),
            // The agenda tells everybody, in the letter that offers the next session, if there is
            // one.
            Decision::Cancel => Ok(Changed::Done),
        }
    }

    /// Notes what is known of the end of a session, and tells the team what follows, once. A
    /// session that ends at another instant by now is another question.
    pub(super) fn sight<R: Rows>(
        &mut self,
        rows: &mut R,
        (session, ends): (i64, Timestamp),
        sightings: Sightings,
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        if !self.ends_at(rows, session, ends)? {
            return Ok(Changed::Done);
        }
        self.written = true;
        rows.write(now, &Entry::Sighted { session, ends, sightings })?;
        let today = (sightings.announced == Some(sightings.last)).then_some(Notice::ErasureNear);
        if let Some(notice) = today {
            rows.write(now, &Entry::AboutSession { session, notice })?;
            let (actor, action, demand) = (Actor::Rule, notice.name(), Audited::Nobody);
            rows.write(now, &Entry::Audit { actor, action, demand, session })?;
        }
        Ok(Changed::Done)
    }

    /// Erases what is kept of a session. One that ends at another instant by now keeps it.
    pub(super) fn erase_session<R: Rows>(
        &mut self,
        rows: &mut R,
        (session, ends): (i64, Timestamp),
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        if !self.ends_at(rows, session, ends)? {
            return Ok(Changed::Ended);
        }
        if let Some(binder) = self.binders.get_mut(&session) {
            binder.book.rows.clear();
        }
        (self.written, self.erased) = (true, true);
        rows.write(now, &Entry::SessionErased { session })?;
        let (actor, action, demand) = (Actor::Rule, "purge", Audited::Nobody);
        rows.write(now, &Entry::Audit { actor, action, demand, session })?;
        Ok(Changed::Done)
    }

    /// The team says that a date which is over already is right: the session takes it. Whoever
    /// would have come at its former date is told.
    pub(super) fn accept_date<R: Rows>(
        &mut self,
        rows: &mut R,
        (session, starts): (i64, Timestamp),
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        let mut binder = self.take(rows, session)?;
        let doubtful = binder.book.doubtful.filter(|doubtful| doubtful.starts == starts);
        let (before, former) = (binder.book.state(now), binder.book.schedule);
        if let Some(schedule) = doubtful {
            let cancelled = binder.book.schedule.cancelled;
            binder.book.schedule = Schedule { cancelled, ..schedule };
            binder.book.doubtful = None;
        }
        self.states_changed |= before != binder.book.state(now);
        self.binders.insert(session, binder);
        // Asked twice, or answered otherwise meanwhile.
        if doubtful.is_none() {
            return Ok(Changed::Ended);
        }
        self.written = true;
        rows.write(now, &Entry::DateAccepted { session })?;
        let (actor, action, demand) = (Actor::Team, "accept-date", Audited::Nobody);
        rows.write(now, &Entry::Audit { actor, action, demand, session })?;
        if former.cancelled || former.starts <= now {
            return Ok(Changed::Done);
        }
        self.announce(rows, session, News::ToAll(MessageKind::SessionMoved), now)
    }

    fn ends_at<R: Rows>(&mut self, rows: &mut R, session: i64, ends: Timestamp) -> Result<bool, R::Error> {
        let binder = self.take(rows, session)?;
        let found = binder.book.schedule.ends;
        self.binders.insert(session, binder);
        Ok(found == ends)
    }
}
