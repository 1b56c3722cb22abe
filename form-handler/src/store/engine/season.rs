//! What time and the team have done, once each.

use entreparentaise::model::Schedule;
use jiff::Timestamp;

use super::{Engine, Payload, refused, tables::Tables};
use crate::{
    enrolment::{
        BookCommand, Decision, Effect, Ended, MessageKind, Milestone, News, Notice, Rank, Sightings, TeamMessage,
        announce, carry, offer_next,
    },
    store::{
        error::DatabaseError,
        mutation::{Audited, Mutation, RareMutation},
        operation::BurstAnswer,
        outcome::{Actor, Changed},
        rows::KnownDemand,
    },
};

impl Engine {
    /// On to the next session, for somebody who had no place at this one. Asked twice, it is done
    /// once: the demand has gone on already.
    pub(super) fn carry<T: Tables>(
        &mut self,
        tables: &mut T,
        known: &KnownDemand,
        to: i64,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        if known.session == to || known.ended.is_some_and(|ended| ended != Ended::Merged) {
            return Ok(Changed::Done);
        }
        self.go_on(tables, known, to, (Actor::Rule, now), carry)
    }

    /// The team offers the next session to somebody whom it was to confirm. Asked twice, it is done
    /// once.
    pub(super) fn offer_next<T: Tables>(
        &mut self,
        tables: &mut T,
        known: &KnownDemand,
        to: i64,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        if known.session == to {
            return Ok(Changed::Done);
        }
        if known.ended.is_some() {
            return Ok(Changed::Ended);
        }
        self.go_on(tables, known, to, (Actor::Team, now), offer_next)
    }

    pub(super) fn announce<T: Tables>(
        &mut self,
        tables: &mut T,
        session: i64,
        news: News,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        let cached = self.take(tables, session)?;
        let effects = announce(&cached.book, news);
        self.sessions.insert(session, cached);
        self.write(tables, (session, Actor::Rule, now), &effects, &Payload::Nothing)?;
        Ok(Changed::Done)
    }

    /// Does what is done once. A session that begins at another time by now has milestones of its
    /// own.
    pub(super) fn reach<T: Tables>(
        &mut self,
        tables: &mut T,
        (session, starts): (i64, Timestamp),
        milestone: Milestone,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        if self.schedule(tables, session)?.starts != starts || tables.is_reached(session, starts, milestone)? {
            return Ok(Changed::Done);
        }
        self.effects.written = true;
        tables.write(now, &RareMutation::Reached { session, starts, milestone }.into())?;
        match milestone.news() {
            Some(news) => self.announce(tables, session, news, now),
            None => {
                tables.write(now, &RareMutation::ToTeam { session, kind: TeamMessage::Minimum }.into())?;
                Ok(Changed::Done)
            }
        }
    }

    fn schedule<T: Tables>(&mut self, tables: &mut T, session: i64) -> Result<Schedule, DatabaseError> {
        let cached = self.take(tables, session)?;
        let schedule = cached.book.schedule;
        self.sessions.insert(session, cached);
        Ok(schedule)
    }

    /// The team's word on a session under its minimum. The first word stands: people are told at
    /// once.
    pub(super) fn settle_minimum<T: Tables>(
        &mut self,
        tables: &mut T,
        (session, starts): (i64, Timestamp),
        decision: Decision,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        let mut cached = self.take(tables, session)?;
        let book = &mut cached.book;
        let before = book.state(now);
        let open = book.schedule.starts == starts && !book.orphaned && now < starts;
        let decidable = open && !book.schedule.cancelled && book.decision.is_none();
        let same = book.decision == Some(decision);
        if decidable {
            book.decision = Some(decision);
            book.schedule.cancelled = decision == Decision::Cancel;
        }
        let after = book.state(now);
        self.sessions.insert(session, cached);
        if !decidable {
            return Ok(if same { Changed::Done } else { Changed::Refused(after) });
        }
        self.effects.states_changed |= before != after;
        self.effects.written = true;
        tables.write(now, &RareMutation::Decided { session, decision }.into())?;
        let (actor, action, demand) = (Actor::Team, decision.name(), Audited::Nobody);
        tables.write(now, &Mutation::Audit { actor, action, demand, session })?;
        match decision {
            Decision::Hold => self.announce(tables, session, News::ToThoseWhoCome(MessageKind::SessionHeld), now),
            // The schedule tells everybody, in the letter that offers the next session, if there is
            // one.
            Decision::Cancel => Ok(Changed::Done),
        }
    }

    /// The team's answer about what is held of a session. Asked twice, or of what others answered
    /// already, there is nothing left to answer.
    pub(super) fn answer_burst<T: Tables>(
        &mut self,
        tables: &mut T,
        session: i64,
        (last, answer): (Rank, BurstAnswer),
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        let command = match answer {
            BurstAnswer::Admit => BookCommand::Admit(last),
            BurstAnswer::Drop => BookCommand::Drop(last),
        };
        let decided = self.decide(tables, session, Actor::Team, now, command, &Payload::Nothing)?;
        let settles =
            |effect: &Effect| matches!(effect, Effect::Admit { .. } | Effect::Release { how: Ended::Dropped, .. });
        Ok(match decided {
            Ok(effects) if effects.iter().any(settles) => {
                tables.write(now, &RareMutation::BurstSettled { session }.into())?;
                Changed::Done
            }
            Ok(_) => Changed::Ended,
            Err(refusal) => refused(refusal),
        })
    }

    /// Notes what is known of the end of a session, and tells the team what follows, once. A
    /// session that ends at another instant by now is another question.
    pub(super) fn sight<T: Tables>(
        &mut self,
        tables: &mut T,
        (session, ends): (i64, Timestamp),
        sightings: Sightings,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        if self.schedule(tables, session)?.ends != ends {
            return Ok(Changed::Done);
        }
        self.effects.written = true;
        tables.write(now, &RareMutation::Sighted { session, ends, sightings }.into())?;
        let today = (sightings.announced == Some(sightings.last)).then_some(Notice::ErasureNear);
        if let Some(notice) = today {
            tables.write(now, &RareMutation::AboutSession { session, notice }.into())?;
            let (actor, action, demand) = (Actor::Rule, notice.name(), Audited::Nobody);
            tables.write(now, &Mutation::Audit { actor, action, demand, session })?;
        }
        Ok(Changed::Done)
    }

    /// Erases what is kept of a session. One that ends at another instant by now keeps it.
    pub(super) fn erase_session<T: Tables>(
        &mut self,
        tables: &mut T,
        (session, ends): (i64, Timestamp),
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        if self.schedule(tables, session)?.ends != ends {
            return Ok(Changed::Ended);
        }
        if let Some(cached) = self.sessions.get_mut(&session) {
            cached.book.rows.clear();
        }
        (self.effects.written, self.effects.erased) = (true, true);
        tables.write(now, &RareMutation::SessionErased { session }.into())?;
        let (actor, action, demand) = (Actor::Rule, "purge", Audited::Nobody);
        tables.write(now, &Mutation::Audit { actor, action, demand, session })?;
        Ok(Changed::Done)
    }

    /// The team says that a date which is over already is right: the session takes it. Whoever
    /// would have come at its former date is told.
    pub(super) fn accept_date<T: Tables>(
        &mut self,
        tables: &mut T,
        (session, starts): (i64, Timestamp),
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        let mut cached = self.take(tables, session)?;
        let doubtful = cached.book.doubtful.filter(|doubtful| doubtful.starts == starts);
        let (before, former) = (cached.book.state(now), cached.book.schedule);
        if let Some(schedule) = doubtful {
            let cancelled = cached.book.schedule.cancelled;
            cached.book.schedule = Schedule { cancelled, ..schedule };
            cached.book.doubtful = None;
        }
        self.effects.states_changed |= before != cached.book.state(now);
        self.sessions.insert(session, cached);
        // Asked twice, or answered otherwise meanwhile.
        if doubtful.is_none() {
            return Ok(Changed::Ended);
        }
        self.effects.written = true;
        tables.write(now, &RareMutation::DateAccepted { session }.into())?;
        let (actor, action, demand) = (Actor::Team, "accept-date", Audited::Nobody);
        tables.write(now, &Mutation::Audit { actor, action, demand, session })?;
        if former.cancelled || former.starts <= now {
            return Ok(Changed::Done);
        }
        self.announce(tables, session, News::ToAll(MessageKind::SessionMoved), now)
    }
}
