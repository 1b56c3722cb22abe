//! The rows of this database, as the ledger asks for them; and what is done to many demands at
//! once.

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
    enrolment::{Comparison, Ended, MessageKind, Notice, Rank, Standing, TeamMessage},
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

    fn row(&mut self, id: DemandId) -> Result<Option<Known>, StoreError> {
        Ok(rows::own(self.db, id)?)
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
        Entry::Moved { .. } => move_on(db, now, entry)?,
        Entry::Ended { rank, how, to_compare } => {
            // A place that was on offer is no more.
            let sql = "UPDATE demands SET ended = ?2, ended_at = ?3, to_compare = ?4 WHERE rank = ?1";
            db.prepare_cached(sql)?.execute(params![rank, how.name(), ms(now), comparison(to_compare)])?;
            if how != Ended::Merged {
                let sql = "UPDATE demands SET standing = 'waiting', offered_until = NULL WHERE rank = ?1 AND standing = 'offered'";
                db.prepare_cached(sql)?.execute([rank])?;
            }
        }
        Entry::Compared { rank } => {
            db.prepare_cached("UPDATE demands SET to_compare = 0 WHERE rank = ?1")?.execute([rank])?;
        }
        Entry::Standing { rank, standing } => {
            let (standing, until) = standing_columns(standing);
            let sql = "UPDATE demands SET standing = ?2, offered_until = ?3 WHERE rank = ?1";
            db.prepare_cached(sql)?.execute(params![rank, standing, until])?;
        }
        Entry::Confirmed { rank } => {
            db.prepare_cached("UPDATE demands SET to_confirm = 0 WHERE rank = ?1")?.execute([rank])?;
        }
        Entry::Contact { rank, details, repeats, to_compare } => rewrite(db, rank, details, repeats, to_compare)?,
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
        Entry::AboutSession { session, notice } => notify(db, now, notice, None, Some(session))?,
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
        Entry::Sighted { session, ends, sightings } => {
            let sql = "INSERT INTO sightings (session, ends, days, last, announced) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (session) DO UPDATE \
                       SET ends = excluded.ends, days = excluded.days, last = excluded.last, announced = excluded.announced";
            let (last, announced) = (sightings.last.to_string(), sightings.announced.map(|day| day.to_string()));
            db.prepare_cached(sql)?.execute(params![session, ms(ends), sightings.days, last, announced])?;
            if sightings.announced.is_none() {
                // What an earlier count had announced is not so any more.
                let sql = "UPDATE notices SET done = 1 WHERE session = ?1 AND kind = ?2";
                db.prepare_cached(sql)?.execute(params![session, Notice::ErasureNear.name()])?;
            }
        }
        Entry::SessionErased { session } => erase_session(db, session)?,
        Entry::DateAccepted { session } => accept_date(db, session)?,
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
               fingerprint, answer, to_compare) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)";
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
        comparison(new.to_compare),
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

/// Another row of the same person, on another session. Each link that they were given leads there.
fn move_on(db: &Connection, now: Timestamp, entry: &Entry<'_>) -> rusqlite::Result<()> {
    let Entry::Moved { from, rank, id, session, standing, to_confirm, first, repeats, to_compare } = *entry else {
        return Ok(());
    };
    let sql = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, places, first_name, name_key, email, \
               email_key, phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, calendar, \
               first, to_compare, previous) SELECT ?2, ?3, ?4, ?5, ?6, ?10, d.places, first_name, name_key, email, email_key, phone, cautions, \
               other_parent_first_name, heard_from, shared_device, lang, ?7, ?8, calendar, ?9, ?11, s.date \
               FROM demands d JOIN sessions s ON s.key = d.session WHERE rank = ?1";
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
        first,
        to_confirm,
        comparison(to_compare),
    ])?;
    db.prepare_cached("UPDATE links SET demand = ?2 WHERE demand = ?1")?.execute([from, rank])?;
    db.prepare_cached("INSERT INTO links (id, demand) SELECT id, ?2 FROM demands WHERE rank = ?1")?
        .execute([from, rank])?;
    Ok(())
}

/// The number that stands for what is still to be looked at.
fn comparison(to_compare: Option<Comparison>) -> u8 {
    match to_compare {
        None => 0,
        Some(Comparison::ForTeam) => 1,
        Some(Comparison::WithQuestion) => 2,
    }
}

fn rewrite(
    db: &Connection,
    rank: Rank,
    details: &ContactDetails,
    repeats: Option<Rank>,
    to_compare: Option<Comparison>,
) -> rusqlite::Result<()> {
    // Nobody is asked about a contact that was not typed in the demand itself.
    let sql = "UPDATE demands SET email = ?2, email_key = ?3, phone = ?4, cautions = ?5, repeats = COALESCE(?6, repeats), \
               to_compare = MAX(MIN(to_compare, 1), ?7) WHERE rank = ?1";
    db.prepare_cached(sql)?.execute(params![
        rank,
        details.email.as_ref().map(Email::address),
        details.email.as_ref().map(Email::key),
        details.phone.as_ref().map(Phone::as_str),
        details.cautions.names().join(","),
        repeats,
        comparison(to_compare),
    ])?;
    db.prepare_cached("DELETE FROM outbox WHERE demand = ?1 AND state = 'pending'")?.execute([rank])?;
    Ok(())
}

/// A demand, and the rows that it was before it was moved.
fn erase(db: &Connection, rank: Rank) -> rusqlite::Result<()> {
    let sql = "UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM links WHERE demand = ?1 \
               UNION SELECT id FROM demands WHERE rank = ?1)";
    db.prepare_cached(sql)?.execute([rank])?;
    let sql = "DELETE FROM demands WHERE rank = ?1 OR id IN (SELECT id FROM links WHERE demand = ?1)";
    db.prepare_cached(sql)?.execute([rank])?;
    Ok(())
}

/// Everything about people of a session; what hangs on its demands goes with them. The audit keeps
/// what was done and when, no longer to which demand; the tallies, how many they were.
fn erase_session(db: &Connection, session: i64) -> rusqlite::Result<()> {
    let tally = "INSERT INTO tallies SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM counts \
                 WHERE key = ?1 \
                 ON CONFLICT DO UPDATE SET asked = asked + excluded.asked, seats = seats + excluded.seats, \
                 withdrawn = withdrawn + excluded.withdrawn, unserved = unserved + excluded.unserved";
    let unlink = "UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM demands WHERE session = ?1)";
    for sql in [
        tally,
        unlink,
        "DELETE FROM demands WHERE session = ?1",
        "DELETE FROM topics WHERE session = ?1",
        "DELETE FROM outbox WHERE session = ?1",
        "DELETE FROM notices WHERE session = ?1",
        "DELETE FROM milestones WHERE session = ?1",
        "DELETE FROM sightings WHERE session = ?1",
    ] {
        db.prepare_cached(sql)?.execute([session])?;
    }
    Ok(())
}

/// Sessions that end at another instant now were not seen ended at all, and nobody was told that
/// they were.
fn forget_sightings(db: &Connection) -> rusqlite::Result<()> {
    let stale = "SELECT n.session FROM sightings n JOIN sessions s ON s.key = n.session WHERE s.ends <> n.ends";
    let told = format!("UPDATE notices SET done = 1 WHERE kind = ?1 AND session IN ({stale})");
    db.prepare_cached(&told)?.execute([Notice::ErasureNear.name()])?;
    db.prepare_cached(&format!("DELETE FROM sightings WHERE session IN ({stale})"))?.execute([]).map(drop)
}

/// The session takes the date that was doubted.
fn accept_date(db: &Connection, session: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE sessions SET (date, start_time, end_time, starts, ends, opens, closes) = (SELECT date, start_time, end_time, \
               starts, ends, opens, closes FROM doubtful_dates WHERE session = ?1) \
               WHERE key = ?1 AND EXISTS (SELECT 1 FROM doubtful_dates WHERE session = ?1)";
    db.prepare_cached(sql)?.execute([session])?;
    forget_sightings(db)?;
    trust(db, session)
}

/// A date that was doubted is so no longer, whatever was decided.
fn trust(db: &Connection, session: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM doubtful_dates WHERE session = ?1")?.execute([session])?;
    let sql = "UPDATE notices SET done = 1 WHERE session = ?1 AND kind = ?2";
    db.prepare_cached(sql)?.execute(params![session, Notice::SessionDoubtful.name()])?;
    Ok(())
}

/// The content gives a session a date that is over: it is kept apart, and the team is asked.
fn doubt(db: &Connection, session: i64, record: &SessionRecord, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO doubtful_dates (session, date, start_time, end_time, starts, ends, opens, closes) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let schedule: &Schedule = &record.schedule;
    db.prepare_cached(sql)?.execute(params![
        session,
        record.date.to_string(),
        record.start.to_string(),
        record.end.to_string(),
        ms(schedule.starts),
        ms(schedule.ends),
        schedule.opens.map(ms),
        ms(schedule.closes),
    ])?;
    let entry = Entry::ToTeam { session, kind: TeamMessage::DoubtfulDate };
    write(db, now, &entry)
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

/// Ends the offers that nobody answered in time. How many sessions were looked at.
pub(super) fn expire(desk: &mut Desk<'_>, entropy: &dyn Entropy, now: Timestamp) -> Result<usize, StoreError> {
    // Asked again and again, behind the lock: without a word, the planner reads every demand in the
    // order of their sessions.
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
    for record in &meeting.write {
        upsert(desk.db, record)?;
    }
    for (key, record) in meeting.doubt {
        doubt(desk.db, key, record, now)?;
    }
    for key in meeting.trust {
        trust(desk.db, key)?;
    }
    forget_sightings(desk.db)?;
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
    // A raised limit or a session that is held after all frees places like a cancellation does. Who
    // mirrors publishes what came of it.
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
