//! What is kept for how long: sessions that have ended, what is out of date, letters about people
//! who are erased.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::rows::{self, ms};
use crate::{
    enrolment::Sightings,
    store::{EndedSession, Outdated},
};

/// The sessions that have ended and of which anything about people is kept, by their ends.
pub(super) fn ended(db: &Connection, now: Timestamp) -> Result<Vec<EndedSession>> {
    let sql = "SELECT s.key, s.id, s.date, s.ends, (SELECT COUNT(*) FROM demands WHERE session = s.key) AS demands, \
               n.days, n.last, n.announced FROM sessions s LEFT JOIN sightings n ON n.session = s.key AND n.ends = s.ends \
               WHERE s.ends <= ?1 AND (EXISTS (SELECT 1 FROM demands WHERE session = s.key) \
               OR EXISTS (SELECT 1 FROM topics WHERE session = s.key)) ORDER BY s.ends, s.key";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([ms(now)], |row| {
        let sightings = match row.get("days")? {
            Some(days) => Some(Sightings {
                days,
                last: rows::parsed(row, "last")?,
                announced: rows::optional_date(row, "announced")?,
            }),
            None => None,
        };
        Ok(EndedSession {
            key: row.get("key")?,
            id: row.get("id")?,
            date: rows::parsed(row, "date")?,
            ends: rows::instant(row, "ends")?,
            demands: usize::try_from(row.get::<_, i64>("demands")?).unwrap_or_default(),
            sightings,
        })
    })?;
    found.collect()
}

/// Forgets what names nobody and is older than it is kept. The last digest stays: the next one tells
/// what happened since.
pub(super) fn forget(db: &Connection, outdated: &Outdated) -> Result<()> {
    let (since, until) = outdated.ran;
    let sql = "SELECT COUNT(*) FROM digests WHERE at BETWEEN ?1 AND ?2";
    let days: u32 = db.prepare_cached(sql)?.query_row([ms(since), ms(until)], |row| row.get(0))?;
    if days < Outdated::DAYS {
        return Ok(());
    }
    let letters = "DELETE FROM outbox WHERE recipient IS NULL AND state <> 'pending' AND written_at < ?1";
    db.prepare_cached(letters)?.execute([ms(outdated.team_letters)])?;
    let digests = "DELETE FROM digests WHERE at < ?1 AND at < (SELECT MAX(at) FROM digests)";
    db.prepare_cached(digests)?.execute([ms(outdated.digests)])?;
    db.prepare_cached("DELETE FROM audit WHERE at < ?1")?.execute([ms(outdated.audit)])?;
    Ok(())
}

/// Of these keys, those of letters that are still known.
pub(super) fn known_letters(db: &Connection, keys: &[i64]) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("SELECT 1 FROM outbox WHERE key = ?1")?;
    let mut known = Vec::new();
    for key in keys {
        if statement.exists([key])? {
            known.push(*key);
        }
    }
    Ok(known)
}
