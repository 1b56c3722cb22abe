//! What is read about people: their own page, their own data, the team's list.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::rows;
use crate::{
    demand::{mask_email, mask_phone},
    enrolment::MessageKind,
    store::{FollowUp, NoticeRow, Personal, Shown, TeamRow, Written},
    token::DemandId,
};

/// The demand that an id leads to.
const DEMAND: &str = concat!("SELECT * FROM demands WHERE rank = ", rows::current!());

fn shown(row: &Row<'_>, now: Timestamp) -> Result<Shown> {
    Ok(Shown::of(rows::read_ended(row)?, row.get("to_confirm")?, rows::read_standing(row)?, now))
}

pub(super) fn follow_up(db: &Connection, id: DemandId, now: Timestamp) -> Result<Option<FollowUp>> {
    let mut statement = db.prepare_cached(DEMAND)?;
    let mut found = statement.query([id.0])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let session: i64 = row.get("session")?;
    let Some(session) = rows::statuses(db, "s.key = ?1", &session, now)?.pop() else { return Ok(None) };
    let email: Option<String> = row.get("email")?;
    Ok(Some(FollowUp {
        id,
        current: rows::demand_id(row, "id")?,
        session,
        shown: shown(row, now)?,
        offered_until: rows::optional_instant(row, "offered_until")?,
        places: row.get("places")?,
        email: email.as_deref().map(mask_email),
        phone: row.get::<_, Option<String>>("phone")?.as_deref().map(mask_phone),
        shared_device: row.get("shared_device")?,
        lang: row.get("lang")?,
        may_be_written_to: email.is_some() && !rows::cautions(row)?.no_email,
        calendar: row.get("calendar")?,
    }))
}

pub(super) fn personal(db: &Connection, id: DemandId) -> Result<Option<Personal>> {
    let mut statement = db.prepare_cached(DEMAND)?;
    let mut found = statement.query([id.0])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let session: i64 = row.get("session")?;
    let Some(session) = rows::statuses(db, "s.key = ?1", &session, Timestamp::MIN)?.pop() else { return Ok(None) };
    Ok(Some(Personal {
        session: session.record,
        shown: shown(row, Timestamp::MIN)?,
        first_name: row.get("first_name")?,
        email: row.get("email")?,
        phone: row.get("phone")?,
        cautions: rows::cautions(row)?,
        places: row.get("places")?,
        other_parent: row.get("to_confirm")?,
        other_parent_first_name: row.get("other_parent_first_name")?,
        heard_from: row.get("heard_from")?,
        shared_device: row.get("shared_device")?,
        lang: row.get("lang")?,
        asked_at: rows::instant(row, "asked_at")?,
        ended_at: rows::optional_instant(row, "ended_at")?,
        messages: messages(db, row.get("rank")?)?,
    }))
}

fn messages(db: &Connection, demand: i64) -> Result<Vec<Written>> {
    let sql = "SELECT kind, recipient, written_at, sent_at FROM outbox WHERE demand = ?1 ORDER BY key";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([demand], |row| {
        let kind: String = row.get("kind")?;
        let Some(kind) = MessageKind::of_name(&kind) else { return Ok(None) };
        let (at, sent_at) = (rows::instant(row, "written_at")?, rows::optional_instant(row, "sent_at")?);
        Ok(Some(Written { kind, recipient: row.get("recipient")?, at, sent_at }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// A session's live demands, in the order of their ranks.
pub(super) fn export(db: &Connection, session: &str) -> Result<Option<Vec<TeamRow>>> {
    let key: Option<i64> =
        db.query_row("SELECT key FROM sessions WHERE id = ?1", [session], |row| row.get(0)).optional()?;
    let Some(key) = key else { return Ok(None) };
    let sql = "SELECT * FROM demands WHERE session = ?1 AND ended IS NULL ORDER BY rank";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([key], |row| {
        Ok(TeamRow {
            id: rows::demand_id(row, "id")?,
            standing: rows::read_standing(row)?,
            to_confirm: row.get("to_confirm")?,
            repeats: row.get::<_, Option<i64>>("repeats")?.is_some(),
            first_name: row.get("first_name")?,
            email: row.get("email")?,
            phone: row.get("phone")?,
            cautions: rows::cautions(row)?,
            places: row.get("places")?,
            other_parent_first_name: row.get("other_parent_first_name")?,
            heard_from: row.get("heard_from")?,
            asked_at: rows::instant(row, "asked_at")?,
        })
    })?;
    rows.collect::<Result<Vec<_>>>().map(Some)
}

/// What the team has yet to know or do.
pub(super) fn notices(db: &Connection) -> Result<Vec<NoticeRow>> {
    let sql = "SELECT n.kind, n.about, n.at, s.id AS session, d.id AS demand FROM notices n \
               LEFT JOIN demands d ON d.rank = n.demand JOIN sessions s ON s.key = COALESCE(n.session, d.session) \
               WHERE n.done = 0 ORDER BY n.key";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(NoticeRow {
            kind: row.get("kind")?,
            about: row.get("about")?,
            session: row.get("session")?,
            demand: row.get::<_, Option<[u8; 16]>>("demand")?.map(DemandId),
            at: rows::instant(row, "at")?,
        })
    })?;
    rows.collect()
}
