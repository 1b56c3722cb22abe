//! The tables of this database, as the engine asks for them. What most operations write stands
//! here, in its own words: the way of every sign-up.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{at_once, connection::query, writer::WriteContext};
use crate::{
    demand::{Email, Fingerprint, Phone},
    enrolment::{Channel, Ended, Milestone, Rank},
    store::{
        backend::{Row, SqlValue, values},
        cached_session::{CachedSession, trace},
        engine::Tables,
        error::DatabaseError,
        links,
        mutation::{Audited, Mutation, NewDemand},
        operation::{Operation, OperationOutcome},
        outcome::Given,
        rows::{self, BOOK, BOOK_ENTRY, KNOWN, KnownDemand, comparison_number, standing_columns},
        writes,
    },
    system::Entropy,
    token::DemandId,
};

impl WriteContext<'_> {
    /// Carries an operation out.
    pub(super) fn carry_out(
        &mut self,
        operation: &Operation,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<OperationOutcome, DatabaseError> {
        let mut tables = SqliteTables { db: self.db, last_rank: &mut self.last_rank, entropy };
        self.engine.carry_out(&mut tables, operation, now)
    }
}

/// The transaction, as the engine sees it.
struct SqliteTables<'a> {
    db: &'a mut Connection,
    last_rank: &'a mut Option<i64>,
    entropy: &'a dyn Entropy,
}

impl Tables for SqliteTables<'_> {
    fn answered(
        &mut self,
        session: i64,
        envoi: &str,
        fingerprint: &Fingerprint,
    ) -> Result<Option<(DemandId, Given)>, DatabaseError> {
        let sql = format!(
            "SELECT {} AS id, answer FROM demands d WHERE session = $1 AND envoi = $2 AND fingerprint = $3",
            links::OPEN_ID
        );
        let values = values![session, envoi, fingerprint.as_slice()];
        let read = |row: &dyn Row| Ok((rows::demand_id(row, "id")?, rows::first_answer(row)?));
        Ok(query(self.db, &sql, values, read)?.pop())
    }

    fn session(&mut self, id: &str) -> Result<Option<CachedSession>, DatabaseError> {
        session(self.db, "s.id = $1", values![id])
    }

    fn session_of_key(&mut self, key: i64) -> Result<CachedSession, DatabaseError> {
        session(self.db, "s.key = $1", values![key])?.ok_or_else(|| DatabaseError::lasting("a session has gone"))
    }

    fn demand(&mut self, id: DemandId) -> Result<Option<KnownDemand>, DatabaseError> {
        let sql = format!("SELECT {KNOWN} FROM demands d WHERE d.rank = {}", links::CURRENT);
        Ok(query(self.db, &sql, values![&id], rows::known)?.pop())
    }

    fn row(&mut self, id: DemandId) -> Result<Option<KnownDemand>, DatabaseError> {
        let sql = format!("SELECT {KNOWN} FROM demands d WHERE d.id = $1");
        Ok(query(self.db, &sql, values![&id], rows::known)?.pop())
    }

    fn is_reached(&mut self, session: i64, starts: Timestamp, milestone: Milestone) -> Result<bool, DatabaseError> {
        let sql = "SELECT 1 FROM milestones WHERE session = ?1 AND what = ?2 AND starts = ?3";
        Ok(self.db.prepare_cached(sql)?.exists(params![session, milestone.name(), starts.as_millisecond()])?)
    }

    fn newcomer(&mut self, now: Timestamp) -> Result<(Rank, DemandId), DatabaseError> {
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

    fn write(&mut self, now: Timestamp, mutation: &Mutation<'_>) -> Result<(), DatabaseError> {
        match mutation {
            Mutation::Rare(rare) => at_once(Box::pin(writes::write(self.db, now, rare))),
            Mutation::Topic { session, topic } => {
                let mut key = [0; 8];
                self.entropy.fill(&mut key)?;
                let sql = "INSERT INTO topics (key, session, topic) VALUES (?1, ?2, ?3)";
                self.db.prepare_cached(sql)?.execute(params![i64::from_le_bytes(key), session, topic])?;
                Ok(())
            }
            mutation => Ok(write(self.db, now.as_millisecond(), mutation)?),
        }
    }
}

/// The one session of which `condition` holds, with the demands that decisions look at, and its
/// forms.
fn session(db: &Connection, condition: &str, values: &[SqlValue<'_>]) -> Result<Option<CachedSession>, DatabaseError> {
    let sql =
        format!("SELECT {BOOK} FROM sessions s LEFT JOIN doubtful_dates t ON t.session = s.key WHERE {condition}");
    let Some((_, book)) = query(db, &sql, values, rows::book)?.pop() else { return Ok(None) };
    let mut cached = CachedSession::new(book);
    let sql = format!("SELECT {BOOK_ENTRY} FROM demands WHERE session = $1 ORDER BY rank");
    let read = |row: &dyn Row| {
        let form = match (row.text("envoi")?, row.bytes("fingerprint")?) {
            (Some(envoi), Some(fingerprint)) => Some(trace(envoi, fingerprint)),
            _ => None,
        };
        Ok((form, rows::book_entry(row)?))
    };
    for (form, entry) in query(db, &sql, values![cached.book.session], read)? {
        cached.forms.extend(form);
        cached.book.rows.extend(entry);
    }
    Ok(Some(cached))
}

fn write(db: &Connection, now: i64, mutation: &Mutation<'_>) -> rusqlite::Result<()> {
    match *mutation {
        Mutation::Rare(_) | Mutation::Topic { .. } => {}
        Mutation::Demand(ref new) => insert(db, now, new)?,
        Mutation::Ended { rank, how, to_compare } => {
            let sql = "UPDATE demands SET ended = ?2, ended_at = ?3, to_compare = ?4 WHERE rank = ?1";
            db.prepare_cached(sql)?.execute(params![rank, how.name(), now, comparison_number(to_compare)])?;
            // What ends, but for a ghost, offers nothing any more.
            if how != Ended::Merged {
                let sql = "UPDATE demands SET standing = 'waiting', offered_until = NULL WHERE rank = ?1 AND standing = 'offered'";
                db.prepare_cached(sql)?.execute([rank])?;
            }
        }
        Mutation::Compared { rank } => {
            db.prepare_cached("UPDATE demands SET to_compare = 0 WHERE rank = ?1")?.execute([rank])?;
        }
        Mutation::Standing { rank, standing } => {
            let (standing, until) = standing_columns(standing);
            let sql = "UPDATE demands SET standing = ?2, offered_until = ?3 WHERE rank = ?1";
            db.prepare_cached(sql)?.execute(params![rank, standing, until.map(Timestamp::as_millisecond)])?;
        }
        Mutation::Confirmed { rank } => {
            db.prepare_cached("UPDATE demands SET to_confirm = 0 WHERE rank = ?1")?.execute([rank])?;
        }
        Mutation::Message { rank, kind, by, to: Some(recipient) } => {
            let sql = "INSERT INTO outbox (kind, demand, recipient, channel, written_at, not_before) \
                       VALUES (?1, ?2, ?3, ?5, ?4, ?4)";
            db.prepare_cached(sql)?.execute(params![kind.name(), rank, recipient, now, by.name()])?;
        }
        Mutation::Message { rank, kind, by, to: None } => {
            let sql = match by {
                Channel::Mail => {
                    "INSERT INTO outbox (kind, demand, recipient, written_at, not_before) \
                     SELECT ?1, rank, email, ?3, ?3 FROM demands WHERE rank = ?2 AND email IS NOT NULL"
                }
                Channel::Text => {
                    "INSERT INTO outbox (kind, demand, recipient, channel, written_at, not_before) \
                     SELECT ?1, rank, phone, 'sms', ?3, ?3 FROM demands WHERE rank = ?2 AND phone IS NOT NULL"
                }
            };
            db.prepare_cached(sql)?.execute(params![kind.name(), rank, now])?;
        }
        Mutation::Notice { rank, notice } => {
            let sql = "INSERT INTO notices (kind, about, demand, at) VALUES (?1, ?2, ?3, ?4)";
            db.prepare_cached(sql)?.execute(params![notice.name(), notice.about(), rank, now])?;
        }
        Mutation::Audit { actor, action, demand, session } => {
            let id = match demand {
                Audited::Nobody => None,
                Audited::New(id) => Some(id.0),
                Audited::Known(rank) => {
                    let sql = "SELECT id FROM demands WHERE rank = ?1";
                    db.prepare_cached(sql)?.query_row([rank], |row| row.get(0)).optional()?
                }
            };
            let sql = "INSERT INTO audit (at, actor, action, demand, session) VALUES (?1, ?2, ?3, ?4, ?5)";
            db.prepare_cached(sql)?.execute(params![now, actor.name(), action, id, session])?;
        }
    }
    Ok(())
}

fn insert(db: &Connection, now: i64, new: &NewDemand<'_>) -> rusqlite::Result<()> {
    let demand = &new.submission.demand;
    let sql = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, places, first_name, name_key, email, \
               email_key, phone, cautions, other_parent, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, envoi, \
               fingerprint, answer, to_compare, sms) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)";
    let envoi = demand.submission.as_deref();
    let (standing, until) = standing_columns(new.standing);
    db.prepare_cached(sql)?.execute(params![
        new.rank,
        new.id.0,
        new.session,
        standing,
        until.map(Timestamp::as_millisecond),
        new.to_confirm,
        demand.places,
        demand.first_name,
        new.submission.name_key,
        demand.email.as_ref().map(Email::address),
        demand.email.as_ref().map(Email::key),
        demand.phone.as_ref().map(Phone::as_str),
        demand.cautions.names().join(","),
        demand.other_parent,
        demand.other_parent_first_name,
        demand.heard_from,
        demand.shared_device,
        demand.lang,
        new.repeats,
        now,
        envoi,
        envoi.map(|_| new.submission.fingerprint),
        envoi.map(|_| new.answer.key()),
        comparison_number(new.to_compare),
        demand.texts,
    ])?;
    Ok(())
}
