//! What few operations write, in the words of both databases. Each statement finds what those
//! before it left.

use jiff::{SignedDuration, Timestamp};

use super::{
    backend::{Connection, Row, SqlValue, values},
    error::DatabaseError,
    links,
    mutation::{MovedDemand, RareMutation},
    rows::{comparison_number, number, optional_number, standing_columns},
};
use crate::{
    demand::{ContactDetails, Email, Phone},
    enrolment::{Comparison, Decision, MessageKind, Notice, Rank, TeamMessage},
};

type Result<T> = std::result::Result<T, DatabaseError>;

/// From when the team is told again of a burst that it has not answered. The digest tells of it
/// meanwhile.
const TOLD_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// Writes a mutation.
pub(super) async fn write<C: Connection>(db: &mut C, now: Timestamp, mutation: &RareMutation) -> Result<()> {
    match mutation {
        RareMutation::Moved(moved) => move_on(db, now, moved).await,
        RareMutation::Contact { rank, details, repeats, to_compare } => {
            rewrite(db, *rank, details, *repeats, *to_compare).await
        }
        RareMutation::Renewed { rank, id } => {
            all(db, &links::CLOSE, values![*rank]).await?;
            run(db, "UPDATE demands SET id = $1 WHERE rank = $2", values![id, *rank]).await
        }
        RareMutation::Revived { rank } => {
            run(db, "UPDATE demands SET ended = NULL, ended_at = NULL WHERE rank = $1", values![*rank]).await
        }
        RareMutation::Admitted { rank, standing, repeats, to_compare } => {
            let sql = "UPDATE demands SET standing = $1, repeats = $2, to_compare = $3 WHERE rank = $4";
            let (standing, _) = standing_columns(*standing);
            run(db, sql, values![standing, *repeats, comparison_number(*to_compare), *rank]).await
        }
        RareMutation::BurstSettled { session } => {
            let sql = "DELETE FROM outbox WHERE session = $1 AND kind = $2 AND state = 'pending'";
            run(db, sql, values![*session, TeamMessage::Burst.name()]).await?;
            settle_notices(db, *session, Notice::Burst).await
        }
        RareMutation::ToTeam { session, kind: TeamMessage::Burst } => tell_of_burst(db, now, *session).await,
        RareMutation::ToTeam { session, kind } => {
            let sql = "INSERT INTO outbox (kind, session, written_at, not_before) \
                       SELECT $1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($3 AS BIGINT) \
                       WHERE NOT (CAST($4 AS BIGINT) = 1 AND EXISTS (SELECT 1 FROM outbox WHERE kind = $1 AND state = 'pending'))";
            run(db, sql, values![kind.name(), *session, now, kind.says_it_once()]).await
        }
        RareMutation::AboutSession { session, notice } => about_session(db, now, *session, *notice).await,
        RareMutation::Erased { rank, told } => {
            if *told {
                // Nothing was ever written about what was held: nor is this.
                let sql = "INSERT INTO outbox (kind, session, recipient, lang, written_at, not_before) \
                           SELECT $1, session, email, lang, $2, $2 FROM demands WHERE rank = $3 AND standing <> 'held'";
                run(db, sql, values![MessageKind::Erased.name(), now, *rank]).await?;
            }
            run(db, links::NOTE_ERASED, values![now, *rank]).await?;
            all(db, &links::ERASE, values![*rank]).await
        }
        RareMutation::Sighted { session, ends, sightings } => {
            let sql = "INSERT INTO sightings (session, ends, days, last, announced) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (session) DO UPDATE SET ends = excluded.ends, days = excluded.days, \
                       last = excluded.last, announced = excluded.announced";
            run(db, sql, values![*session, *ends, sightings.days, sightings.last, sightings.announced]).await?;
            if sightings.announced.is_none() {
                // What an earlier count had announced is not so any more.
                settle_notices(db, *session, Notice::ErasureNear).await?;
            }
            Ok(())
        }
        RareMutation::SessionErased { session } => {
            run(db, NOTE_SESSION_ERASED, values![now, *session]).await?;
            all(db, ERASE_SESSION, values![*session]).await
        }
        RareMutation::DateAccepted { session } => {
            note_change(db, now, *session, true, None).await?;
            accept_date(db, *session).await
        }
        RareMutation::Reached { session, starts, milestone } => {
            let sql = "INSERT INTO milestones (session, what, starts, at) VALUES ($1, $2, $3, $4)";
            run(db, sql, values![*session, milestone.name(), *starts, now]).await
        }
        RareMutation::Decided { session, decision: Decision::Cancel } => {
            note_change(db, now, *session, false, None).await?;
            run(db, "UPDATE sessions SET decision = 'cancelled', cancelled = TRUE WHERE key = $1", values![*session])
                .await
        }
        RareMutation::Decided { session, decision } => {
            run(db, "UPDATE sessions SET decision = $1 WHERE key = $2", values![decision.name(), *session]).await
        }
        RareMutation::Calendar { rank } => {
            run(db, "UPDATE demands SET calendar = COALESCE(calendar, id) WHERE rank = $1", values![*rank]).await
        }
    }
}

async fn run<C: Connection>(db: &mut C, sql: &str, values: &[SqlValue<'_>]) -> Result<()> {
    db.execute(sql, values).await.map(drop)
}

async fn all<C: Connection>(db: &mut C, statements: &[&str], values: &[SqlValue<'_>]) -> Result<()> {
    for sql in statements {
        db.execute(sql, values).await?;
    }
    Ok(())
}

/// Another row of the same person, on another session. Each link that they were given leads there.
async fn move_on<C: Connection>(db: &mut C, now: Timestamp, moved: &MovedDemand) -> Result<()> {
    let sql = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, repeats, asked_at, first, \
               to_compare, places, first_name, name_key, email, email_key, phone, sms, cautions, other_parent, other_parent_first_name, \
               heard_from, shared_device, lang, calendar, previous, departure) \
               SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, d.places, first_name, name_key, email, email_key, phone, sms, \
               cautions, other_parent, other_parent_first_name, heard_from, shared_device, lang, calendar, s.date, $11 \
               FROM demands d JOIN sessions s ON s.key = d.session WHERE rank = $12";
    let MovedDemand { from, rank, id, session, standing, to_confirm, first, repeats, to_compare, departure } = moved;
    let departure = departure.name();
    let (standing, until) = standing_columns(*standing);
    let compare = comparison_number(*to_compare);
    let values =
        values![*rank, id, *session, standing, until, *to_confirm, *repeats, now, *first, compare, departure, *from];
    run(db, sql, values).await?;
    all(db, &links::MOVE, values![*rank, *from]).await
}

async fn rewrite<C: Connection>(
    db: &mut C,
    rank: Rank,
    details: &ContactDetails,
    repeats: Option<Rank>,
    to_compare: Option<Comparison>,
) -> Result<()> {
    // Nobody is asked about a contact that was not typed in the demand itself.
    let sql = "UPDATE demands SET email = $1, email_key = $2, phone = $3, sms = $4, cautions = $5, \
               repeats = COALESCE($6, repeats), to_compare = CASE WHEN to_compare > 0 THEN 1 ELSE $7 END WHERE rank = $8";
    let ContactDetails { email, phone, texts, cautions } = details;
    let (address, key) = (email.as_ref().map(Email::address), email.as_ref().map(Email::key));
    let (phone, cautions) = (phone.as_ref().map(Phone::as_str), cautions.names().join(","));
    let compare = comparison_number(to_compare);
    run(db, sql, values![address, key, phone, *texts, &cautions, repeats, compare, rank]).await?;
    // What was to be said by telephone is said anew to the contact that is given now.
    let sql = "UPDATE notices SET done = TRUE WHERE demand = $1 AND kind IN ('to-call', 'undeliverable')";
    run(db, sql, values![rank]).await?;
    // Those that wait since before it was moved, too.
    let sql = "DELETE FROM outbox WHERE state = 'pending' AND (demand = $1 OR demand IN \
               (SELECT r.rank FROM links l JOIN demands r ON r.id = l.id WHERE l.demand = $1))";
    run(db, sql, values![rank]).await
}

/// Notes that everything about people of a session is erased: see [`super::recovery`].
const NOTE_SESSION_ERASED: &str = "INSERT INTO erased (at, session, ends) \
    SELECT CAST($1 AS BIGINT), id, ends FROM sessions WHERE key = $2 ON CONFLICT DO NOTHING";

/// Everything about people of a session; what hangs on its demands goes with them. The audit keeps
/// what was done and when, no longer to which demand; the tallies, how many they were.
const ERASE_SESSION: &[&str] = &[
    "INSERT INTO tallies AS t SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved \
     FROM counts WHERE key = $1 ON CONFLICT (session, heard_from) DO UPDATE SET asked = t.asked + excluded.asked, \
     seats = t.seats + excluded.seats, withdrawn = t.withdrawn + excluded.withdrawn, \
     unserved = t.unserved + excluded.unserved",
    "UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM demands WHERE session = $1)",
    "DELETE FROM demands WHERE session = $1",
    "DELETE FROM topics WHERE session = $1",
    "DELETE FROM outbox WHERE session = $1",
    "DELETE FROM notices WHERE session = $1",
    "DELETE FROM milestones WHERE session = $1",
    "DELETE FROM sightings WHERE session = $1",
];

/// Writes a notice about a whole session.
pub(super) async fn about_session<C: Connection>(
    db: &mut C,
    now: Timestamp,
    session: i64,
    notice: Notice,
) -> Result<()> {
    let sql = "INSERT INTO notices (kind, session, at) VALUES ($1, $2, $3)";
    run(db, sql, values![notice.name(), session, now]).await
}

/// The team is told of a burst once, and again once it has answered, or after a day: whoever
/// cancels what they sent, and sends again, writes it no more letters.
async fn tell_of_burst<C: Connection>(db: &mut C, now: Timestamp, session: i64) -> Result<()> {
    let since = now.saturating_sub(TOLD_AGAIN).unwrap_or(Timestamp::MIN);
    let sql = "INSERT INTO notices (kind, session, at) SELECT $1, CAST($2 AS BIGINT), CAST($3 AS BIGINT) \
               WHERE NOT EXISTS (SELECT 1 FROM notices WHERE session = $2 AND kind = $1 AND NOT done AND at > $4)";
    if db.execute(sql, values![Notice::Burst.name(), session, now, since]).await? == 0 {
        return Ok(());
    }
    let sql = "UPDATE notices SET done = TRUE WHERE session = $1 AND kind = $2 AND at < $3";
    run(db, sql, values![session, Notice::Burst.name(), now]).await?;
    let sql = "INSERT INTO outbox (kind, session, written_at, not_before) VALUES ($1, $2, $3, $3)";
    run(db, sql, values![TeamMessage::Burst.name(), session, now]).await
}

async fn settle_notices<C: Connection>(db: &mut C, session: i64, notice: Notice) -> Result<()> {
    let sql = "UPDATE notices SET done = TRUE WHERE session = $1 AND kind = $2";
    run(db, sql, values![session, notice.name()]).await
}

/// Sessions that end at another instant now were not seen ended at all, and nobody was told that
/// they were.
pub(super) async fn forget_sightings<C: Connection>(db: &mut C) -> Result<()> {
    let stale = "SELECT n.session FROM sightings n JOIN sessions s ON s.key = n.session WHERE s.ends <> n.ends";
    let told = format!("UPDATE notices SET done = TRUE WHERE kind = $1 AND session IN ({stale})");
    run(db, &told, values![Notice::ErasureNear.name()]).await?;
    run(db, &format!("DELETE FROM sightings WHERE session IN ({stale})"), &[]).await
}

/// Notes how a session is, before it is written otherwise: its day, hours or place where it
/// `moved`. The change has a number above those before it and the content's revision, and no lower
/// than the `revision` that the content has from now on.
pub(super) async fn note_change<C: Connection>(
    db: &mut C,
    now: Timestamp,
    session: i64,
    moved: bool,
    revision: Option<u32>,
) -> Result<()> {
    let sql = "SELECT s.revision, (SELECT MAX(c.number) FROM session_changes c WHERE c.session = s.key) AS number \
               FROM sessions s WHERE s.key = $1";
    let read = |row: &dyn Row| Ok((number::<u32>(row, "revision")?, optional_number::<u32>(row, "number")?));
    let Some((known, noted)) = db.query(sql, values![session], read).await?.pop() else { return Ok(()) };
    let next = known.max(noted.unwrap_or_default()).saturating_add(1).max(revision.unwrap_or_default());
    let sql = "INSERT INTO session_changes (session, number, at, moved, date, start_time, end_time, place, cancelled) \
               SELECT key, $1, $2, $3, date, start_time, end_time, place, cancelled FROM sessions WHERE key = $4";
    run(db, sql, values![next, now, moved, session]).await
}

/// The session takes the date that was doubted.
async fn accept_date<C: Connection>(db: &mut C, session: i64) -> Result<()> {
    let sql = "UPDATE sessions SET (date, start_time, end_time, starts, ends, opens, closes) = (SELECT date, start_time, \
               end_time, starts, ends, opens, closes FROM doubtful_dates WHERE session = $1) \
               WHERE key = $1 AND EXISTS (SELECT 1 FROM doubtful_dates WHERE session = $1)";
    run(db, sql, values![session]).await?;
    forget_sightings(db).await?;
    trust_date(db, session).await
}

/// A date that was doubted is so no longer, whatever was decided.
pub(super) async fn trust_date<C: Connection>(db: &mut C, session: i64) -> Result<()> {
    run(db, "DELETE FROM doubtful_dates WHERE session = $1", values![session]).await?;
    settle_notices(db, session, Notice::SessionDoubtful).await
}

/// Has the team asked about a date that is over already.
pub(super) async fn ask_about_date<C: Connection>(db: &mut C, now: Timestamp, session: i64) -> Result<()> {
    write(db, now, &RareMutation::ToTeam { session, kind: TeamMessage::DoubtfulDate }).await
}
