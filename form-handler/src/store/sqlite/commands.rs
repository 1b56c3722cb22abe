//! The rows of this database, as the ledger asks for them; and what is done to many demands at once.

use entreparentaise::model::Schedule;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    rows::{self, ms},
    writer::Desk,
};
use crate::{
    agenda::{Decision, Milestone},
    demand::{ContactDetails, Email, Fingerprint, Phone},
    enrolment::{Ended, MessageKind, Notice, Rank, Standing},
    store::{
        Actor, Given, Order, Outcome, SessionRecord, StoreError, Synced,
        binder::Binder,
        ledger::{Audited, Entry, Known, NewDemand, Rows},
        mirror::meet,
    },
    system::Entropy,
    token::DemandId,
};

/// The desk's transaction, as the ledger sees it.
struct Table<'a> {
    db: &'a Connection,
    last_rank: &'a mut Option<i64>,
    entropy: &'a dyn Entropy,
}

impl Desk<'_> {
    /// Carries an order out.
    pub(super) fn carry_out(
        &mut self,
        order: &Order,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let mut table = Table { db: self.db, last_rank: &mut self.last_rank, entropy };
        self.ledger.carry_out(&mut table, order, now)
    }
}

impl Rows for Table<'_> {
    type Error = StoreError;

    fn answered(
        &mut self,
        session: i64,
        envoi: &str,
        fingerprint: &Fingerprint,
    ) -> Result<Option<(DemandId, Given)>, StoreError> {
        let sql = "SELECT id, answer FROM demands WHERE session = ?1 AND fingerprint = ?3 AND envoi = ?2";
        let answer = self.db.prepare_cached(sql)?.query_row(params![session, envoi, fingerprint], |row| {
            Ok((rows::demand_id(row, "id")?, Given::of_first_answer(row.get_ref("answer")?.as_str()?)))
        });
        Ok(answer.optional()?)
    }

    fn session(&mut self, id: &str) -> Result<Option<Binder>, StoreError> {
        Ok(rows::binder(self.db, "id = ?1", &id)?)
    }

    fn binder(&mut self, session: i64) -> Result<Binder, StoreError> {
        let gone = || StoreError::Unavailable("a session has gone".to_owned());
        rows::binder(self.db, "key = ?1", &session)?.ok_or_else(gone)
    }

    fn demand(&mut self, id: DemandId) -> Result<Option<Known>, StoreError> {
        Ok(rows::known(self.db, id)?)
    }

    fn is_reached(&mut self, session: i64, starts: Timestamp, milestone: Milestone) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM milestones WHERE session = ?1 AND what = ?2 AND starts = ?3";
        Ok(self.db.prepare_cached(sql)?.exists(params![session, milestone.name(), ms(starts)])?)
    }

    fn newcomer(&mut self, now: Timestamp) -> Result<(Rank, DemandId), StoreError> {
        let last = match *self.last_rank {
            Some(last) => last,
            None => {
                // The highest that is there, or that was and is erased.
                let sql = "SELECT MAX(last, COALESCE((SELECT MAX(rank) FROM demands), 0)) FROM erased_ranks";
                self.db.prepare_cached(sql)?.query_row([], |row| row.get(0))?
            }
        };
        *self.last_rank = Some(last + 1);
        Ok((last + 1, DemandId::new(now, self.entropy)?))
    }

    fn write(&mut self, now: Timestamp, entry: &Entry<'_>) -> Result<(), StoreError> {
        match entry {
            Entry::Topic { session, topic } => {
                let mut key = [0; 8];
                self.entropy.fill(&mut key)?;
                let sql = "INSERT INTO topics (key, session, topic) VALUES (?1, ?2, ?3)";
                self.db.prepare_cached(sql)?.execute(params![i64::from_le_bytes(key), session, topic])?;
            }
            Entry::Demand(new) => insert(self.db, now, new)?,
            entry => write(self.db, now, entry)?,
        }
        Ok(())
    }
}

fn write(db: &Connection, now: Timestamp, entry: &Entry<'_>) -> rusqlite::Result<()> {
    match *entry {
        Entry::Demand(_) | Entry::Topic { .. } => {}
        Entry::Moved { from, rank, id, session, standing, first, repeats } => {
            let sql = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, places, first_name, name_key, email, \
                       email_key, phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, calendar, first) \
                       SELECT ?2, ?3, ?4, ?5, ?6, to_confirm, places, first_name, name_key, email, email_key, phone, cautions, \
                       other_parent_first_name, heard_from, shared_device, lang, ?7, ?8, calendar, ?9 FROM demands WHERE rank = ?1";
            let (standing, until) = standing_columns(standing);
            db.prepare_cached(sql)?.execute(params![
                from,
                rank,
                id.0,
                session,
                standing,
                until,
                repeats,
                ms(now),
                first
            ])?;
            db.prepare_cached("UPDATE demands SET moved_to = ?2 WHERE rank = ?1")?.execute([from, rank])?;
        }
        Entry::Ended { rank, how } => {
            // A place that was on offer is no more.
            let sql = "UPDATE demands SET ended = ?2, ended_at = ?3 WHERE rank = ?1";
            db.prepare_cached(sql)?.execute(params![rank, how.name(), ms(now)])?;
            if how != Ended::Merged {
                let sql = "UPDATE demands SET standing = 'waiting', offered_until = NULL WHERE rank = ?1 AND standing = 'offered'";
                db.prepare_cached(sql)?.execute([rank])?;
            }
        }
        Entry::Standing { rank, standing } => {
            let (standing, until) = standing_columns(standing);
            let sql = "UPDATE demands SET standing = ?2, offered_until = ?3 WHERE rank = ?1";
            db.prepare_cached(sql)?.execute(params![rank, standing, until])?;
        }
        Entry::Confirmed { rank } => {
            db.prepare_cached("UPDATE demands SET to_confirm = 0 WHERE rank = ?1")?.execute([rank])?;
        }
        Entry::Contact { rank, details, repeats } => rewrite(db, rank, details, repeats)?,
        Entry::Message { rank, kind, to: Some(recipient) } => {
            let sql =
                "INSERT INTO outbox (kind, demand, recipient, written_at, not_before) VALUES (?1, ?2, ?3, ?4, ?4)";
            db.prepare_cached(sql)?.execute(params![kind.name(), rank, recipient, ms(now)])?;
        }
        Entry::Message { rank, kind, to: None } => {
            let sql = "INSERT INTO outbox (kind, demand, recipient, written_at, not_before) \
                       SELECT ?1, rank, email, ?3, ?3 FROM demands WHERE rank = ?2 AND email IS NOT NULL";
            db.prepare_cached(sql)?.execute(params![kind.name(), rank, ms(now)])?;
        }
        Entry::Notice { rank, notice } => notify(db, now, notice, Some(rank), None)?,
        Entry::ToTeam { session, kind } => {
            let sql = "INSERT INTO outbox (kind, session, written_at, not_before) SELECT ?1, ?2, ?3, ?3 \
                       WHERE NOT (?4 AND EXISTS (SELECT 1 FROM outbox WHERE kind = ?1 AND state = 'pending'))";
            db.prepare_cached(sql)?.execute(params![kind.name(), session, ms(now), kind.says_it_once()])?;
        }
        Entry::Erased { rank, told } => {
            if told {
                let sql = "INSERT INTO outbox (kind, session, recipient, lang, written_at, not_before) \
                           SELECT ?1, session, email, lang, ?3, ?3 FROM demands WHERE rank = ?2";
                db.prepare_cached(sql)?.execute(params![MessageKind::Erased.name(), rank, ms(now)])?;
            }
            erase(db, rank)?;
        }
        Entry::Reached { session, starts, milestone } => {
            let sql = "INSERT INTO milestones (session, what, starts, at) VALUES (?1, ?2, ?3, ?4)";
            db.prepare_cached(sql)?.execute(params![session, milestone.name(), ms(starts), ms(now)])?;
        }
        Entry::Decided { session, decision } => {
            let sql = "UPDATE sessions SET decision = ?2, cancelled = cancelled OR ?3 WHERE key = ?1";
            db.prepare_cached(sql)?.execute(params![session, decision.name(), decision == Decision::Cancel])?;
        }
        Entry::Calendar { rank } => {
            let sql = "UPDATE demands SET calendar = COALESCE(calendar, id) WHERE rank = ?1";
            db.prepare_cached(sql)?.execute([rank])?;
        }
        Entry::Audit { actor, action, demand, session } => {
            let id = match demand {
                Audited::Nobody => None,
                Audited::New(id) => Some(id.0),
                Audited::Known(rank) => {
                    let sql = "SELECT id FROM demands WHERE rank = ?1";
                    db.prepare_cached(sql)?.query_row([rank], |row| row.get(0)).optional()?
                }
            };
            let sql = "INSERT INTO audit (at, actor, action, demand, session) VALUES (?1, ?2, ?3, ?4, ?5)";
            db.prepare_cached(sql)?.execute(params![ms(now), actor.name(), action, id, session])?;
        }
    }
    Ok(())
}

fn insert(db: &Connection, now: Timestamp, new: &NewDemand<'_>) -> rusqlite::Result<()> {
    let demand = &new.submission.demand;
    let sql = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, places, first_name, name_key, email, \
               email_key, phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, envoi, \
               fingerprint, answer) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)";
    let envoi = demand.submission.as_deref();
    let (standing, until) = standing_columns(new.standing);
    db.prepare_cached(sql)?.execute(params![
        new.rank,
        new.id.0,
        new.session,
        standing,
        until,
        new.to_confirm,
        demand.places,
        demand.first_name,
        new.submission.name_key,
        demand.email.as_ref().map(Email::address),
        demand.email.as_ref().map(Email::key),
        demand.phone.as_ref().map(Phone::as_str),
        demand.cautions.names().join(","),
        demand.other_parent_first_name,
        demand.heard_from,
        demand.shared_device,
        demand.lang,
        new.repeats,
        ms(now),
        envoi,
        envoi.map(|_| new.submission.fingerprint),
        envoi.map(|_| new.answer.key()),
    ])?;
    Ok(())
}

fn standing_columns(standing: Standing) -> (&'static str, Option<i64>) {
    match standing {
        Standing::Enrolled => ("enrolled", None),
        Standing::Offered(until) => ("offered", Some(ms(until))),
        Standing::Waiting => ("waiting", None),
    }
}

fn rewrite(db: &Connection, rank: Rank, details: &ContactDetails, repeats: Option<Rank>) -> rusqlite::Result<()> {
    let sql = "UPDATE demands SET email = ?2, email_key = ?3, phone = ?4, cautions = ?5, repeats = COALESCE(?6, repeats) WHERE rank = ?1";
    db.prepare_cached(sql)?.execute(params![
        rank,
        details.email.as_ref().map(Email::address),
        details.email.as_ref().map(Email::key),
        details.phone.as_ref().map(Phone::as_str),
        details.cautions.names().join(","),
        repeats,
    ])?;
    db.prepare_cached("DELETE FROM outbox WHERE demand = ?1 AND state = 'pending'")?.execute([rank])?;
    Ok(())
}

fn erase(db: &Connection, rank: Rank) -> rusqlite::Result<()> {
    let chain = "WITH RECURSIVE chain (rank) AS (SELECT ?1 UNION SELECT d.rank FROM demands d JOIN chain c ON d.moved_to = c.rank)";
    let unlink = format!(
        "{chain} UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM demands WHERE rank IN (SELECT rank FROM chain))"
    );
    db.prepare_cached(&unlink)?.execute([rank])?;
    db.prepare_cached(&format!("{chain} DELETE FROM demands WHERE rank IN (SELECT rank FROM chain)"))?
        .execute([rank])?;
    Ok(())
}

/// Writes a notice for the team, about a demand or about a session.
pub(super) fn notify(
    db: &Connection,
    now: Timestamp,
    notice: Notice,
    demand: Option<Rank>,
    session: Option<i64>,
) -> rusqlite::Result<()> {
    let about = if let Notice::ToCall(kind) = notice { Some(MessageKind::name(kind)) } else { None };
    let sql = "INSERT INTO notices (kind, about, demand, session, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    db.prepare_cached(sql)?.execute(params![notice.name(), about, demand, session, ms(now)])?;
    Ok(())
}

pub(super) fn audit(
    db: &Connection,
    now: Timestamp,
    actor: Actor,
    action: &str,
    session: Option<i64>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO audit (at, actor, action, session) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![ms(now), actor.name(), action, session])?;
    Ok(())
}

/// Erases the demands of sessions that ended before an instant; what hangs on them goes with them. The audit keeps what was done and
/// when, no longer to which demand; the tallies, how many they were.
pub(super) fn purge(desk: &mut Desk<'_>, ended_before: Timestamp, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "SELECT key FROM sessions s WHERE ends < ?1 AND EXISTS (SELECT 1 FROM demands WHERE session = s.key)";
    let sessions: Vec<i64> =
        desk.db.prepare(sql)?.query_map([ms(ended_before)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    // Most hours, none: everybody who signs up meanwhile would wait for what follows.
    if sessions.is_empty() {
        return Ok(0);
    }
    let tally = "INSERT INTO tallies SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM counts \
                 WHERE key = ?1 \
                 ON CONFLICT DO UPDATE SET asked = asked + excluded.asked, seats = seats + excluded.seats, \
                 withdrawn = withdrawn + excluded.withdrawn, unserved = unserved + excluded.unserved";
    // One by one: a list would be looked up among the counts of all that there are.
    let mut tally = desk.db.prepare(tally)?;
    for session in &sessions {
        tally.execute([session])?;
    }
    let over = "session IN (SELECT key FROM sessions WHERE ends < ?1)";
    let unlink = format!("UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM demands WHERE {over})");
    desk.db.execute(&unlink, [ms(ended_before)])?;
    let erased = desk.db.execute(&format!("DELETE FROM demands WHERE {over}"), [ms(ended_before)])?;
    if erased > 0 {
        desk.ledger.forget();
        audit(desk.db, now, Actor::Rule, "purge", None)?;
    }
    Ok(erased)
}

/// Ends the offers that nobody answered in time. How many sessions were looked at.
pub(super) fn expire(desk: &mut Desk<'_>, entropy: &dyn Entropy, now: Timestamp) -> Result<usize, StoreError> {
    // Asked again and again, behind the lock: without a word, the planner reads every demand in the order of their sessions.
    let sql = "SELECT DISTINCT session FROM demands INDEXED BY demands_offered \
               WHERE offered_until <= ?1 AND (ended IS NULL OR ended = 'merged')";
    let sessions: Vec<i64> =
        desk.db.prepare_cached(sql)?.query_map([ms(now)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for session in &sessions {
        desk.carry_out(&Order::Settle { session: *session }, entropy, now)?;
    }
    Ok(sessions.len())
}

/// Mirrors the content's sessions.
pub(super) fn sync(
    desk: &mut Desk<'_>,
    records: &[SessionRecord],
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<Synced, StoreError> {
    let mirrored = rows::mirrored(desk.db)?;
    let meeting = meet(&mirrored, records, now);
    desk.ledger.forget();
    for record in meeting.write {
        upsert(desk.db, record)?;
    }
    for key in meeting.forget {
        desk.db.prepare_cached("DELETE FROM sessions WHERE key = ?1")?.execute([key])?;
    }
    for key in meeting.orphan {
        desk.db.prepare_cached("UPDATE sessions SET orphaned = 1 WHERE key = ?1")?.execute([key])?;
    }
    for (key, notice) in meeting.notices {
        notify(desk.db, now, notice, None, Some(key))?;
        audit(desk.db, now, Actor::Content, notice.name(), Some(key))?;
    }
    // A raised limit or a session that is held after all frees places like a cancellation does. Who mirrors publishes what came of it.
    let states_changed = desk.ledger.states_changed;
    for session in meeting.settle {
        desk.carry_out(&Order::Settle { session }, entropy, now)?;
    }
    for session in meeting.moved {
        desk.carry_out(&Order::Moved { session }, entropy, now)?;
    }
    desk.ledger.states_changed = states_changed;
    Ok(meeting.synced)
}

fn upsert(db: &Connection, record: &SessionRecord) -> rusqlite::Result<()> {
    let sql = "INSERT INTO sessions (id, group_id, title, date, start_time, end_time, place, path, starts, ends, opens, \
               closes, cancelled, places_max, places_per_demand, revision, places_min) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
               ON CONFLICT (id) DO UPDATE SET group_id = excluded.group_id, title = excluded.title, \
               date = excluded.date, start_time = excluded.start_time, end_time = excluded.end_time, \
               place = excluded.place, path = excluded.path, starts = excluded.starts, ends = excluded.ends, \
               opens = excluded.opens, closes = excluded.closes, places_min = excluded.places_min, \
               cancelled = excluded.cancelled OR (decision IS 'cancelled' AND excluded.revision <= revision), \
               decision = CASE WHEN excluded.revision <= revision AND (decision = 'cancelled' OR excluded.starts = starts) \
               THEN decision END, \
               places_max = excluded.places_max, places_per_demand = excluded.places_per_demand, \
               revision = excluded.revision, orphaned = 0";
    let schedule: &Schedule = &record.schedule;
    db.prepare_cached(sql)?.execute(params![
        record.id,
        record.group,
        record.title,
        record.date.to_string(),
        record.start.to_string(),
        record.end.to_string(),
        record.place,
        record.path,
        ms(schedule.starts),
        ms(schedule.ends),
        schedule.opens.map(ms),
        ms(schedule.closes),
        schedule.cancelled,
        record.places_max,
        record.places_per_demand,
        record.revision,
        record.places_min,
    ])?;
    Ok(())
}
