//! The outbox's rows: claimed, and settled.

use jiff::Timestamp;
use rusqlite::{Connection, Result, Row, params};

use super::{
    commands,
    rows::{self, ms},
    team,
};
use crate::{
    enrolment::{MessageKind, Notice, TeamMessage},
    store::{Attempt, CLAIM, EARLY, LONGEST_PAUSE, Outgoing, ToPerson, ToTeam, ToWrite},
    token::DemandId,
};

pub(super) fn claim(db: &Connection, limit: u32, now: Timestamp, until: Timestamp) -> Result<Vec<Outgoing>> {
    let sql = "UPDATE outbox SET claimed_until = ?3 WHERE key IN (SELECT key FROM outbox WHERE state = 'pending' \
               AND not_before <= ?1 AND (claimed_until IS NULL OR claimed_until <= ?1) ORDER BY not_before, key LIMIT ?2)";
    if db.prepare_cached(sql)?.execute(params![ms(now), limit, ms(until)])? == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT o.key AS message_key, o.kind, o.recipient, o.attempts, o.written_at, o.session, o.demand, COALESCE(o.lang, d.lang) AS lang, \
               d.id AS demand_id, d.places, d.standing, d.to_confirm, d.offered_until, d.calendar, \
               d.previous, \
               s.key AS session_key, s.id, s.group_id, s.title, s.date, s.start_time, s.end_time, s.place, s.path, s.revision, s.starts, s.ends, s.opens, \
               s.closes, s.cancelled, s.places_min, s.places_max, s.places_per_demand FROM outbox o \
               LEFT JOIN demands d ON d.rank = o.demand LEFT JOIN sessions s ON s.key = COALESCE(o.session, d.session) \
               WHERE o.state = 'pending' AND o.not_before <= ?1 AND o.claimed_until = ?2 ORDER BY o.not_before, o.key LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![ms(now), ms(until), limit])?;
    let mut claimed = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get("kind")?;
        let letter = if let Some(kind) = TeamMessage::of_name(&kind) {
            let session = row.get::<_, Option<i64>>("session_key")?.map(|key| team::counted(db, key)).transpose()?;
            let written_at = rows::instant(row, "written_at")?;
            let digest = (kind == TeamMessage::Digest).then(|| team::digest_facts(db, written_at)).transpose()?;
            ToWrite::Team(Box::new(ToTeam { kind, session: session.flatten(), digest }))
        } else if let Some(kind) = MessageKind::of_name(&kind) {
            ToWrite::Person(Box::new(to_person(row, kind)?))
        } else {
            // A kind that this version does not know was written by a newer one: it is left for it.
            continue;
        };
        let (attempts, written_at) = (row.get("attempts")?, rows::instant(row, "written_at")?);
        claimed.push(Outgoing { key: row.get("message_key")?, letter, attempts, written_at });
    }
    Ok(claimed)
}

fn to_person(row: &Row<'_>, kind: MessageKind) -> Result<ToPerson> {
    Ok(ToPerson {
        kind,
        recipient: row.get("recipient")?,
        demand: row.get::<_, Option<[u8; 16]>>("demand_id")?.map(DemandId),
        lang: row.get("lang")?,
        places: row.get::<_, Option<u16>>("places")?.unwrap_or(1),
        waits: row.get_ref("standing")?.as_str_or_null()? == Some("waiting"),
        to_confirm: row.get::<_, Option<bool>>("to_confirm")?.unwrap_or(false),
        offered_until: rows::optional_instant(row, "offered_until")?,
        calendar: row.get("calendar")?,
        session: rows::read_record(row)?,
        previous: rows::optional_date(row, "previous")?,
    })
}

pub(super) fn release(db: &Connection) -> Result<()> {
    let sql = "UPDATE outbox SET claimed_until = NULL WHERE state = 'pending' AND claimed_until IS NOT NULL";
    db.prepare_cached(sql)?.execute([]).map(drop)
}

/// Says what became of letters. Whether the last address of somebody went with one.
pub(super) fn settle(db: &Connection, attempts: &[(i64, Attempt)], now: Timestamp) -> Result<bool> {
    let mut erased = false;
    for (key, attempt) in attempts {
        let (state, not_before, sent_at) = match attempt {
            Attempt::Sent => ("sent", None, Some(ms(now))),
            Attempt::Retry(at) => ("pending", Some(ms(*at)), None),
            Attempt::Undeliverable => ("undeliverable", None, None),
            Attempt::Untried => ("pending", None, None),
        };
        let tried = *attempt != Attempt::Untried;
        let sql = "UPDATE outbox SET state = ?2, not_before = COALESCE(?3, not_before), sent_at = ?4, \
                   attempts = attempts + ?5, claimed_until = NULL WHERE key = ?1 AND state = 'pending'";
        let settled = db.prepare_cached(sql)?.execute(params![key, state, not_before, sent_at, tried])?;
        if settled == 0 {
            continue;
        }
        let sql = "SELECT demand, recipient IS NULL AS to_team FROM outbox WHERE key = ?1";
        let read = |row: &Row<'_>| Ok((row.get::<_, Option<i64>>("demand")?, row.get("to_team")?));
        let (demand, to_team): (_, bool) = db.prepare_cached(sql)?.query_row([key], read)?;
        match (demand, attempt) {
            (Some(_), Attempt::Undeliverable) => {
                commands::notify(db, now, Notice::Undeliverable, demand, None)?;
                let sql = "INSERT INTO outbox (kind, session, written_at, not_before) \
                           SELECT ?1, session, ?3, ?3 FROM demands WHERE rank = ?2 \
                           AND NOT EXISTS (SELECT 1 FROM outbox WHERE kind = ?1 AND state = 'pending')";
                db.prepare_cached(sql)?.execute(params![TeamMessage::Undeliverable.name(), demand, ms(now)])?;
            }
            // The address of somebody of whom nothing else is left goes too.
            (None, Attempt::Sent | Attempt::Undeliverable) if !to_team => {
                db.prepare_cached("DELETE FROM outbox WHERE key = ?1")?.execute([key])?;
                erased = true;
            }
            _ => {}
        }
    }
    Ok(erased)
}

/// What was noted at an instant still to come was noted by a clock that was wrong: what waits for
/// it is due, and what was done then is done again, unless that was a day early at most. No letter
/// waits for longer than [`LONGEST_PAUSE`], nor is claimed for longer than [`CLAIM`]. How many
/// letters waited.
pub(super) fn correct_clock(db: &Connection, now: Timestamp) -> Result<usize> {
    let later = |pause| ms(now.saturating_add(pause).unwrap_or(Timestamp::MAX));
    let sql = "UPDATE outbox SET not_before = ?1, written_at = MIN(written_at, ?1) \
               WHERE state = 'pending' AND not_before > ?1 AND (written_at > ?1 OR not_before > ?2)";
    let waited = db.prepare_cached(sql)?.execute(params![ms(now), later(LONGEST_PAUSE)])?;
    let sql = "UPDATE outbox SET claimed_until = NULL WHERE claimed_until > ?1 AND state = 'pending'";
    db.prepare_cached(sql)?.execute([later(CLAIM)])?;
    db.prepare_cached("DELETE FROM digests WHERE at > ?1")?.execute([later(EARLY)])?;
    db.prepare_cached("DELETE FROM milestones WHERE at > ?1")?.execute([later(EARLY)])?;
    Ok(waited)
}
