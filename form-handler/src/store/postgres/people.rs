//! What is read about people: their own page, their own data, the team's list.

use deadpool_postgres::Client;
use entreparentaise::model::Availability;
use jiff::Timestamp;
use tokio_postgres::{Row, types::ToSql};

use super::{
    failure::Failure,
    rows::{self, COUNTED, RECORD},
};
use crate::{
    agenda::Decision,
    demand::{mask_email, mask_phone},
    enrolment::MessageKind,
    store::{FollowUp, NoticeRow, Personal, SessionStatus, Shown, TeamRow, Written, told},
    token::DemandId,
};

type Result<T> = std::result::Result<T, Failure>;

/// Sessions with their states, of which `condition` holds, by date then id.
pub(super) async fn statuses(
    client: &Client,
    condition: &str,
    parameters: &[&(dyn ToSql + Sync)],
    now: Timestamp,
) -> Result<Vec<SessionStatus>> {
    let sql = format!(
        "SELECT {RECORD}, c.occupied::bigint, c.someone_waits {COUNTED} WHERE {condition} ORDER BY s.date, s.id"
    );
    let sql = client.prepare_cached(&sql).await?;
    client.query(&sql, parameters).await?.iter().map(|row| rows::status(row, now)).collect()
}

/// What the generator is told.
pub(super) async fn availability(client: &Client, now: Timestamp) -> Result<Availability> {
    let sql = format!(
        "SELECT {RECORD}, c.occupied::bigint, c.someone_waits, EXISTS (SELECT 1 FROM doubtful_dates WHERE session = s.key) AS kept \
         {COUNTED} WHERE NOT s.orphaned"
    );
    let sql = client.prepare_cached(&sql).await?;
    let read = |row: &Row| {
        let SessionStatus { record, state } = rows::status(row, now)?;
        // What the team cancelled is a later revision than the content's.
        let revision = record.revision + u32::from(rows::decision(row)? == Some(Decision::Cancel));
        let kept = rows::get::<bool>(row, "kept")?.then_some((record.date, record.start, record.end));
        Ok((record.id, told(state, revision, kept)))
    };
    Ok(Availability { sessions: client.query(&sql, &[]).await?.iter().map(read).collect::<Result<_>>()? })
}

/// The row of the demand that an id leads to. One that was moved is reached by its link alone: once
/// the demand that it became is erased, it leads nowhere.
async fn current(client: &Client, id: DemandId) -> Result<Option<Row>> {
    let sql = "SELECT * FROM demands WHERE rank = COALESCE((SELECT demand FROM links WHERE id = $1), \
               (SELECT rank FROM demands WHERE id = $1 AND ended IS DISTINCT FROM 'moved'))";
    let sql = client.prepare_cached(sql).await?;
    Ok(client.query_opt(&sql, &[&id.0.as_slice()]).await?)
}

fn shown(row: &Row, now: Timestamp) -> Result<Shown> {
    Ok(Shown::of(rows::ended(row)?, rows::get(row, "to_confirm")?, rows::standing(row)?, now))
}

pub(super) async fn follow_up(client: &Client, id: DemandId, now: Timestamp) -> Result<Option<FollowUp>> {
    let Some(row) = current(client, id).await? else { return Ok(None) };
    let session: i64 = rows::get(&row, "session")?;
    let Some(session) = statuses(client, "s.key = $1", &[&session], now).await?.pop() else { return Ok(None) };
    let email: Option<&str> = rows::get(&row, "email")?;
    let phone: Option<&str> = rows::get(&row, "phone")?;
    Ok(Some(FollowUp {
        id,
        current: rows::demand_id(&row, "id")?,
        session,
        shown: shown(&row, now)?,
        offered_until: rows::optional_instant(&row, "offered_until")?,
        places: rows::number(&row, "places")?,
        email: email.map(mask_email),
        phone: phone.map(mask_phone),
        shared_device: rows::get(&row, "shared_device")?,
        lang: rows::get(&row, "lang")?,
        may_be_written_to: email.is_some() && !rows::cautions(&row)?.no_email,
        calendar: rows::optional_id(&row, "calendar")?.map(|id| id.0),
    }))
}

pub(super) async fn personal(client: &Client, id: DemandId) -> Result<Option<Personal>> {
    let Some(row) = current(client, id).await? else { return Ok(None) };
    let session: i64 = rows::get(&row, "session")?;
    let found = statuses(client, "s.key = $1", &[&session], Timestamp::MIN).await?.pop();
    let Some(session) = found else { return Ok(None) };
    Ok(Some(Personal {
        session: session.record,
        shown: shown(&row, Timestamp::MIN)?,
        first_name: rows::get(&row, "first_name")?,
        email: rows::get(&row, "email")?,
        phone: rows::get(&row, "phone")?,
        cautions: rows::cautions(&row)?,
        places: rows::number(&row, "places")?,
        other_parent: rows::get(&row, "to_confirm")?,
        other_parent_first_name: rows::get(&row, "other_parent_first_name")?,
        heard_from: rows::get(&row, "heard_from")?,
        shared_device: rows::get(&row, "shared_device")?,
        lang: rows::get(&row, "lang")?,
        asked_at: rows::instant(&row, "asked_at")?,
        ended_at: rows::optional_instant(&row, "ended_at")?,
        messages: messages(client, rows::get(&row, "rank")?).await?,
    }))
}

async fn messages(client: &Client, demand: i64) -> Result<Vec<Written>> {
    let sql = "SELECT kind, recipient, written_at, sent_at FROM outbox WHERE demand = $1 ORDER BY key";
    let sql = client.prepare_cached(sql).await?;
    let read = |row: &Row| {
        let Some(kind) = MessageKind::of_name(rows::get(row, "kind")?) else { return Ok(None) };
        let (at, sent_at) = (rows::instant(row, "written_at")?, rows::optional_instant(row, "sent_at")?);
        Ok(Some(Written { kind, recipient: rows::get(row, "recipient")?, at, sent_at }))
    };
    client.query(&sql, &[&demand]).await?.iter().map(read).filter_map(Result::transpose).collect()
}

/// A session's live demands, in the order of their ranks.
pub(super) async fn export(client: &Client, session: &str) -> Result<Option<Vec<TeamRow>>> {
    let found = client.query_opt("SELECT key FROM sessions WHERE id = $1", &[&session]).await?;
    let Some(found) = found else { return Ok(None) };
    let key: i64 = rows::get(&found, "key")?;
    let sql = "SELECT * FROM demands WHERE session = $1 AND ended IS NULL ORDER BY rank";
    let sql = client.prepare_cached(sql).await?;
    let read = |row: &Row| {
        Ok(TeamRow {
            id: rows::demand_id(row, "id")?,
            standing: rows::standing(row)?,
            to_confirm: rows::get(row, "to_confirm")?,
            repeats: rows::get::<Option<i64>>(row, "repeats")?.is_some(),
            first_name: rows::get(row, "first_name")?,
            email: rows::get(row, "email")?,
            phone: rows::get(row, "phone")?,
            cautions: rows::cautions(row)?,
            places: rows::number(row, "places")?,
            other_parent_first_name: rows::get(row, "other_parent_first_name")?,
            heard_from: rows::get(row, "heard_from")?,
            asked_at: rows::instant(row, "asked_at")?,
        })
    };
    client.query(&sql, &[&key]).await?.iter().map(read).collect::<Result<_>>().map(Some)
}

/// What the team has yet to know or do.
pub(super) async fn notices(client: &Client) -> Result<Vec<NoticeRow>> {
    let sql = "SELECT n.kind, n.about, n.at, s.id AS session, d.id AS demand FROM notices n \
               LEFT JOIN demands d ON d.rank = n.demand JOIN sessions s ON s.key = COALESCE(n.session, d.session) \
               WHERE NOT n.done ORDER BY n.key";
    let sql = client.prepare_cached(sql).await?;
    let read = |row: &Row| {
        Ok(NoticeRow {
            kind: rows::get(row, "kind")?,
            about: rows::get(row, "about")?,
            session: rows::get(row, "session")?,
            demand: rows::optional_id(row, "demand")?,
            at: rows::instant(row, "at")?,
        })
    };
    client.query(&sql, &[]).await?.iter().map(read).collect()
}
