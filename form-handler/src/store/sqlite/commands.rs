//! The commands, inside the writer's transaction: read what the rules look at, ask them, write down what they say.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::rows::{self, ms};
use crate::{
    demand::{Submission, name_key},
    enrolment::{self, About, Command, Contact, Effect, Ended, Notice, Rank, Refusal, Standing},
    store::{Actor, Changed, Given, SessionRecord, StoreError, Submitted, Synced},
    system::Entropy,
    token::DemandId,
};

/// Waiting demands read at a time: more than a room holds, so that one reading is nearly always enough.
const QUEUE_STEP: u32 = 32;

/// What every command is told.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) db: &'a Connection,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) now: Timestamp,
}

impl Context<'_> {
    fn new_id(self) -> std::result::Result<DemandId, StoreError> {
        let mut bytes = [0; 16];
        let filled = self.entropy.fill(&mut bytes);
        filled.map(|()| DemandId(bytes)).map_err(|_| StoreError::Unavailable("no randomness".to_owned()))
    }

    fn audit(self, actor: &str, action: &str, demand: Option<DemandId>, session: Option<i64>) -> Result<()> {
        let sql = "INSERT INTO audit (at, actor, action, demand, session) VALUES (?1, ?2, ?3, ?4, ?5)";
        let demand = demand.map(|id| id.0);
        self.db.prepare_cached(sql)?.execute(params![ms(self.now), actor, action, demand, session])?;
        Ok(())
    }
}

pub(super) fn submit(to: Context<'_>, submission: &Submission) -> std::result::Result<Submitted, StoreError> {
    if let Some(first) = first_answer(to.db, submission)? {
        return Ok(first);
    }
    let demand = &submission.demand;
    let Some((session, room)) = rows::room(to.db, &demand.session)? else { return Ok(Submitted::UnknownSession) };
    let contact = Contact {
        name_key: name_key(&demand.first_name),
        email_key: demand.email.as_ref().map(|email| email.key().to_owned()),
        phone: demand.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        no_email: demand.cautions.no_email,
    };
    let matches = rows::matches(to.db, session, &contact, None)?;
    let command = Command::Submit {
        contact: &contact,
        places: u32::from(demand.places),
        other_parent: demand.other_parent,
        matches: &matches,
    };
    let effects = match enrolment::decide(&room, to.now, command) {
        Ok(effects) => effects,
        Err(Refusal::State(state)) => return Ok(Submitted::Refused(state)),
        Err(Refusal::TooManyPlaces { most }) => {
            return Ok(Submitted::TooManyPlaces(u16::try_from(most).unwrap_or(u16::MAX)));
        }
    };
    let id = to.new_id()?;
    let rank = apply(to, &effects, "person", |enrol| insert(to, session, id, submission, &contact, enrol))?;
    let given = effects.iter().find_map(|effect| match effect {
        Effect::Enrol { to_confirm, standing, .. } => Some(given(*to_confirm, *standing)),
        _ => None,
    });
    let (Some(rank), Some(given)) = (rank, given) else {
        return Err(StoreError::Unavailable("a demand was decided without being recorded".to_owned()));
    };
    if let Some(topic) = &demand.topic {
        let mut key = [0; 8];
        to.entropy.fill(&mut key).map_err(|_| StoreError::Unavailable("no randomness".to_owned()))?;
        let sql = "INSERT INTO topics (key, session, topic) VALUES (?1, ?2, ?3)";
        to.db.prepare_cached(sql)?.execute(params![i64::from_le_bytes(key), session, topic])?;
    }
    if let Some(envoi) = &demand.submission {
        let sql = "INSERT INTO submissions (envoi, fingerprint, demand, answer) VALUES (?1, ?2, ?3, ?4)";
        to.db.prepare_cached(sql)?.execute(params![envoi, submission.fingerprint, rank, given.key()])?;
    }
    to.audit("person", "submit", Some(id), Some(session))?;
    Ok(Submitted::Recorded { id, given })
}

/// Erases the demands of sessions that ended before an instant; what hangs on them goes with them. The audit keeps what was done and
/// when, no longer to which demand.
pub(super) fn purge(to: Context<'_>, ended_before: Timestamp) -> Result<usize> {
    let over = "session IN (SELECT key FROM sessions WHERE ends < ?1)";
    let unlink = format!("UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM demands WHERE {over})");
    to.db.execute(&unlink, [ms(ended_before)])?;
    let erased = to.db.execute(&format!("DELETE FROM demands WHERE {over}"), [ms(ended_before)])?;
    if erased > 0 {
        to.audit("rule", "purge", None, None)?;
    }
    Ok(erased)
}

/// What a demand was given, as its sender is told.
pub(super) fn given(to_confirm: bool, standing: Standing) -> Given {
    match standing {
        _ if to_confirm => Given::ToConfirm,
        Standing::Enrolled => Given::Place,
        Standing::Waiting => Given::WaitingList,
    }
}

/// The first answer to this very form. Writes go one after the other, so a form sent twice at once finds it too.
fn first_answer(db: &Connection, submission: &Submission) -> Result<Option<Submitted>> {
    let Some(envoi) = &submission.demand.submission else { return Ok(None) };
    let sql = "SELECT d.id, x.answer FROM submissions x JOIN demands d ON d.rank = x.demand \
               WHERE x.envoi = ?1 AND x.fingerprint = ?2";
    let answer = db.prepare_cached(sql)?.query_row(params![envoi, submission.fingerprint], |row| {
        let given = match row.get_ref("answer")?.as_str()? {
            "inscrit" => Given::Place,
            "liste_attente" => Given::WaitingList,
            _ => Given::ToConfirm,
        };
        Ok(Submitted::Recorded { id: rows::demand_id(row, "id")?, given })
    });
    answer.optional()
}

/// The columns that [`Effect::Enrol`] decides.
struct Enrol {
    standing: Standing,
    to_confirm: bool,
    repeats: Option<Rank>,
}

fn insert(
    to: Context<'_>,
    session: i64,
    id: DemandId,
    submission: &Submission,
    contact: &Contact,
    enrol: &Enrol,
) -> Result<Rank> {
    let demand = &submission.demand;
    let sql = "INSERT INTO demands (id, session, standing, to_confirm, places, first_name, name_key, email, email_key, \
               phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    to.db.prepare_cached(sql)?.execute(params![
        id.0,
        session,
        if enrol.standing == Standing::Enrolled { "enrolled" } else { "waiting" },
        enrol.to_confirm,
        demand.places,
        demand.first_name,
        contact.name_key,
        demand.email.as_ref().map(crate::demand::Email::address),
        contact.email_key,
        contact.phone,
        demand.cautions.names().join(","),
        demand.other_parent_first_name,
        demand.heard_from,
        demand.shared_device,
        demand.lang,
        enrol.repeats,
        ms(to.now),
    ])?;
    Ok(to.db.last_insert_rowid())
}

/// Writes effects down, in order. The rank of the demand that was recorded, if one was.
fn apply(
    to: Context<'_>,
    effects: &[Effect],
    actor: &str,
    insert: impl Fn(&Enrol) -> Result<Rank>,
) -> std::result::Result<Option<Rank>, StoreError> {
    let mut new = None;
    for effect in effects {
        let rank_of = |about: About| match about {
            About::New => new,
            About::Demand(rank) => Some(rank),
        };
        match *effect {
            Effect::Enrol { standing, to_confirm, repeats } => {
                new = Some(insert(&Enrol { standing, to_confirm, repeats })?);
            }
            Effect::Release { demand, how } => {
                let how = if how == Ended::Merged { "merged" } else { "cancelled" };
                let sql = "UPDATE demands SET ended = ?2, ended_at = ?3 WHERE rank = ?1";
                to.db.prepare_cached(sql)?.execute(params![demand, how, ms(to.now)])?;
                audit_of(to, actor, how, demand)?;
            }
            Effect::Promote { demand } => {
                let sql = "UPDATE demands SET standing = 'enrolled' WHERE rank = ?1";
                to.db.prepare_cached(sql)?.execute([demand])?;
                audit_of(to, "rule", "promote", demand)?;
            }
            Effect::Confirm { demand } => {
                to.db.prepare_cached("UPDATE demands SET to_confirm = 0 WHERE rank = ?1")?.execute([demand])?;
                audit_of(to, actor, "confirm", demand)?;
            }
            Effect::Tell { demand, kind } => {
                let sql = "INSERT INTO outbox (id, kind, demand, recipient, written_at, not_before) \
                           SELECT ?1, ?2, rank, email, ?4, ?4 FROM demands WHERE rank = ?3 AND email IS NOT NULL";
                let id = to.new_id()?.0;
                to.db.prepare_cached(sql)?.execute(params![id, kind.name(), rank_of(demand), ms(to.now)])?;
            }
            Effect::Notify { notice, demand } => notify(to, notice, rank_of(demand))?,
        }
    }
    Ok(new)
}

fn audit_of(to: Context<'_>, actor: &str, action: &str, demand: Rank) -> Result<()> {
    let sql = "INSERT INTO audit (at, actor, action, demand, session) SELECT ?1, ?2, ?3, id, session FROM demands WHERE rank = ?4";
    to.db.prepare_cached(sql)?.execute(params![ms(to.now), actor, action, demand])?;
    Ok(())
}

/// Writes a notice for the team.
pub(super) fn notify(to: Context<'_>, notice: Notice, demand: Option<Rank>) -> Result<()> {
    let about = if let Notice::ToCall(kind) = notice { Some(kind.name()) } else { None };
    let sql = "INSERT INTO notices (kind, about, demand, at) VALUES (?1, ?2, ?3, ?4)";
    to.db.prepare_cached(sql)?.execute(params![notice.name(), about, demand, ms(to.now)])?;
    Ok(())
}

/// A change of a demand that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Cancel,
    CancelOthers,
    Merge,
    Confirm,
}

pub(super) fn change(
    to: Context<'_>,
    id: DemandId,
    change: Change,
    actor: Actor,
) -> std::result::Result<Changed, StoreError> {
    let Some((session, demand)) = rows::held(to.db, id)? else { return Ok(Changed::Unknown) };
    let room = rows::room_of(to.db, session)?;
    let matches = rows::matches(to.db, session, &demand.contact, Some(demand.rank))?;
    // A link proves a mailbox: it may only speak of demands that answer there. The team sees both, and may judge by the telephone.
    let first =
        matches.iter().find(|other| actor == Actor::Team || other.contact.answers_at_the_address_of(&demand.contact));
    let command = match change {
        Change::Cancel => Command::Cancel { demand: &demand, matches: &matches },
        Change::CancelOthers => Command::CancelMatching { demand: &demand, matches: &matches },
        Change::Merge => Command::MergeRepeated { demand: &demand, first },
        Change::Confirm => Command::Confirm { demand: &demand },
    };
    match enrolment::decide(&room, to.now, command) {
        Ok(effects) => {
            apply(to, &effects, actor.name(), |_| Err(rusqlite::Error::InvalidQuery))?;
            promote(to, session)?;
            Ok(Changed::Done)
        }
        Err(Refusal::State(state)) => Ok(Changed::Refused(state)),
        Err(Refusal::TooManyPlaces { .. }) => Ok(Changed::Unknown),
    }
}

/// Gives free places to whoever waits: after every change that may have freed some.
fn promote(to: Context<'_>, session: i64) -> std::result::Result<(), StoreError> {
    loop {
        let queue = rows::queue(to.db, session, QUEUE_STEP)?;
        if queue.is_empty() {
            return Ok(());
        }
        let effects = enrolment::promote(&rows::room_of(to.db, session)?, to.now, &queue);
        if effects.is_empty() {
            return Ok(());
        }
        apply(to, &effects, "rule", |_| Err(rusqlite::Error::InvalidQuery))?;
    }
}

pub(super) fn sync(to: Context<'_>, records: &[SessionRecord]) -> std::result::Result<Synced, StoreError> {
    to.db.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY) WITHOUT ROWID; DELETE FROM temp.seen;",
    )?;
    for record in records {
        upsert(to.db, record)?;
        to.db.prepare_cached("INSERT OR IGNORE INTO temp.seen (id) VALUES (?1)")?.execute([&record.id])?;
    }
    to.db.execute_batch(
        "DELETE FROM sessions WHERE id NOT IN (SELECT id FROM temp.seen)
           AND NOT EXISTS (SELECT 1 FROM demands WHERE session = sessions.key)
           AND NOT EXISTS (SELECT 1 FROM topics WHERE session = sessions.key);
         UPDATE sessions SET orphaned = 1 WHERE orphaned = 0 AND id NOT IN (SELECT id FROM temp.seen);",
    )?;
    // A raised limit or a session that is held after all frees places like a cancellation does.
    let waited_for: Vec<i64> = to
        .db
        .prepare_cached("SELECT DISTINCT session FROM demands WHERE standing = 'waiting' AND ended IS NOT 'cancelled'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for session in waited_for {
        promote(to, session)?;
    }
    let list =
        |sql: &str| -> Result<Vec<String>> { to.db.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect() };
    Ok(Synced {
        orphaned: list("SELECT id FROM sessions WHERE orphaned = 1 ORDER BY id")?,
        overfull: list(
            "SELECT s.id FROM demands d JOIN sessions s ON s.key = d.session WHERE d.standing = 'enrolled' \
             AND d.ended IS NULL GROUP BY s.key HAVING SUM(d.places) > s.places_max ORDER BY s.id",
        )?,
    })
}

fn upsert(db: &Connection, record: &SessionRecord) -> Result<()> {
    let sql = "INSERT INTO sessions (id, group_id, title, date, start_time, end_time, place, path, starts, ends, opens, \
               closes, cancelled, places_max, places_per_demand, revision) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) \
               ON CONFLICT (id) DO UPDATE SET group_id = excluded.group_id, title = excluded.title, \
               date = excluded.date, start_time = excluded.start_time, end_time = excluded.end_time, \
               place = excluded.place, path = excluded.path, starts = excluded.starts, ends = excluded.ends, \
               opens = excluded.opens, closes = excluded.closes, cancelled = excluded.cancelled, \
               places_max = excluded.places_max, places_per_demand = excluded.places_per_demand, \
               revision = excluded.revision, orphaned = 0";
    let schedule = &record.schedule;
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
    ])?;
    Ok(())
}
