//! What the team sees and answers: lists, calls, notices, topics, counts, the day's digest.

use std::{collections::BTreeMap, ops::AddAssign};

use jiff::{Timestamp, civil::Date};

use super::{
    backend::{Backend, Connection, Row, values},
    error::{Answer, DatabaseError},
    outcome::Actor,
    record::{Previous, SessionRecord},
    rows::{self, DEMAND, RECORD},
};
use crate::{
    demand::{Cautions, name_key},
    enrolment::{Decision, MessageKind, Notice, Rank, Standing, call_by, is_pressing},
    token::DemandId,
};

/// The demands as the team sees them.
pub trait TeamStore: Send + Sync {
    /// A session of the content, counted, for the team.
    fn counted(&self, session: i64) -> Answer<'_, Option<Counted>>;

    /// The calls that the team is to make at `now`, the oldest first.
    fn calls(&self, now: Timestamp) -> Answer<'_, Vec<Call>>;

    /// The call was made. Whether it was still to be.
    fn call_made(&self, key: i64, now: Timestamp) -> Answer<'_, bool>;

    /// The demands that the team has yet to confirm at `now`, the oldest first: of sessions that
    /// are held and not over.
    fn to_confirm(&self, now: Timestamp) -> Answer<'_, Vec<ToConfirm>>;

    /// What is held at `now`, by session, those to come first: of sessions that are to be held.
    fn bursts(&self, now: Timestamp) -> Answer<'_, Vec<Burst>>;

    /// A session's live demands in the order of their ranks, for the team; `None` when there is no
    /// such session.
    fn export(&self, session: &str) -> Answer<'_, Option<Vec<TeamRow>>>;

    /// What came of the sessions of these days, both included, by day, session and what people had
    /// answered to `connu_par`; one of a session of the content that nobody asked for, too. Whoever
    /// had themselves erased is counted nowhere.
    fn tallies(&self, from: Date, until: Date) -> Answer<'_, Vec<Tally>>;

    /// What the team has yet to know or do, first come first.
    fn notices(&self) -> Answer<'_, Vec<NoticeRow>>;

    /// The topics wished for at a session, in no order that tells anything.
    fn topics(&self, session: &str) -> Answer<'_, Vec<String>>;

    /// What a digest that is written at `now` tells.
    fn digest(&self, now: Timestamp) -> Answer<'_, Digest>;
}

/// A live demand, for the team alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // The fields are those of the form and of `FollowUp`.
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the list")]
pub struct TeamRow {
    pub id: DemandId,
    pub standing: Standing,
    pub to_confirm: bool,
    pub repeats: bool,
    pub first_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub texts: bool,
    pub cautions: Cautions,
    pub places: u16,
    pub other_parent: bool,
    pub other_parent_first_name: Option<String>,
    pub heard_from: Option<String>,
    pub asked_at: Timestamp,
}

/// What the team is to know or do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// What.
    pub notice: Notice,
    /// The session's id.
    pub session: String,
    /// The demand that it is about, if it is about one.
    pub demand: Option<DemandId>,
    /// Since when.
    pub at: Timestamp,
}

/// What came of a session among those who had heard of it in one way. No person in it: it outlives
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The session's id.
    pub session: String,
    /// Its group's id.
    pub group: String,
    /// Its day.
    pub date: Date,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// What they answered to `connu_par`, if anything.
    pub heard_from: Option<String>,
    /// How many.
    pub counts: Counts,
}

/// How many demands, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Demands, repetitions apart.
    pub asked: u32,
    /// Places that they hold, or held when the session took place.
    pub seats: u32,
    /// Demands that were cancelled, or whose place on offer was not accepted.
    pub withdrawn: u32,
    /// Demands that wait, or waited in vain.
    pub unserved: u32,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.seats += other.seats;
        self.withdrawn += other.withdrawn;
        self.unserved += other.unserved;
    }
}

/// A call that the team is to make: what happened cannot be written, or could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The notice's key: ticked when the call was made.
    pub key: i64,
    /// What the letter would have told; `None`: a letter came back, and what it told is in the
    /// person's own page.
    pub about: Option<MessageKind>,
    /// Since when.
    pub since: Timestamp,
    /// The session.
    pub session: SessionRecord,
    /// The one that they come from.
    pub previous: Option<Previous>,
    /// Whom to ask for.
    pub first_name: String,
    /// Where.
    pub phone: Option<String>,
    /// Whether text messages may be written there.
    pub texts: bool,
    /// The address to which a letter came back.
    pub email: Option<String>,
    /// How to reach them safely.
    pub cautions: Cautions,
}

impl Call {
    /// Whether it may be made. Somebody who refuses calls, or whose only contact is an address to
    /// which letters do not come, is nobody to call: the team is told that they know nothing.
    #[must_use]
    pub fn may_be_made(&self) -> bool {
        self.phone.is_some() && !self.cautions.no_call
    }
}

/// A demand that the team has yet to confirm, for the team alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToConfirm {
    /// Its id.
    pub id: DemandId,
    /// The session.
    pub session: SessionRecord,
    /// Whether it holds a place, or waits.
    pub holds: bool,
    /// Whom to ask for.
    pub first_name: String,
    /// Where.
    pub phone: Option<String>,
    /// Whether text messages may be written there.
    pub texts: bool,
    /// Where.
    pub email: Option<String>,
    /// How to reach them safely.
    pub cautions: Cautions,
    /// The other parent, as far as they are named.
    pub other_parent_first_name: Option<String>,
    /// Whether another live demand of the session has that first name.
    pub other_parent_asked: bool,
    /// Since when.
    pub asked_at: Timestamp,
    /// The session that may be offered instead.
    pub next: Option<NextSession>,
}

/// What is held of a session until the team answers. Nobody in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burst {
    /// The session's key in the database.
    pub key: i64,
    /// As the content describes it.
    pub session: SessionRecord,
    /// Demands.
    pub count: u32,
    /// When the first of them came.
    pub first_at: Timestamp,
    /// When the last one did.
    pub last_at: Timestamp,
    /// The last one's rank: an answer is about those up to it.
    pub last: Rank,
}

/// The next session of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextSession {
    /// Its key in the database.
    pub key: i64,
    /// Its id.
    pub id: String,
    /// Its day.
    pub date: Date,
}

/// A session, counted: for the team alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its key in the database.
    pub key: i64,
    /// As the content describes it.
    pub session: SessionRecord,
    /// Places taken or on offer.
    pub occupied: u32,
    /// Demands that wait.
    pub waiting: u32,
    /// Demands that the team must confirm.
    pub to_confirm: u32,
    /// Demands that came in a burst, and that the team has yet to let in.
    pub held: u32,
    /// Demands since the last digest.
    pub new: u32,
    /// What the team decided about it.
    pub decision: Option<Decision>,
    /// The date that the content gives it, while it keeps its former one since that is over.
    pub doubtful: Option<DoubtfulDate>,
}

/// A date that the team is to say is right, or to correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoubtfulDate {
    /// The day.
    pub date: Date,
    /// When the session would have begun.
    pub starts: Timestamp,
}

/// What the team is told of, day by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// The sessions to come that somebody asked for, or that are soon.
    pub sessions: Vec<Counted>,
    /// Calls to make.
    pub calls: u32,
    /// People who have something to know and whom nobody may call.
    pub unreachable: u32,
    /// The days of sessions of which everything about people is to be erased in some days.
    pub erasures: Vec<Date>,
    /// What else is to be looked at, by the names of [`Notice`].
    pub notices: Vec<(&'static str, u32)>,
    /// Whether anything is new since the last one, or a call is late.
    pub presses: bool,
}

impl Digest {
    /// Demands that the team can confirm now.
    #[must_use]
    pub fn to_confirm(&self) -> u32 {
        let held = self.sessions.iter().filter(|counted| !counted.session.schedule.cancelled);
        held.map(|counted| counted.to_confirm).sum()
    }

    /// What the sessions, the calls and the notices (kind, since when) come to at `now`, the last
    /// digest being of `since`.
    fn of(
        mut sessions: Vec<Counted>,
        calls: &[Call],
        notices: Vec<(Notice, Timestamp)>,
        erasures: Vec<Date>,
        since: Timestamp,
        now: Timestamp,
    ) -> Self {
        let late = |call: &Call| call_by(call.since, call.session.schedule.starts) <= now;
        // What is held of a session that is not, or that has begun, is over.
        for counted in &mut sessions {
            let schedule = counted.session.schedule;
            counted.held = if schedule.cancelled || schedule.starts <= now { 0 } else { counted.held };
        }
        // Whom nobody may call is never late: there is nothing to do by then.
        let presses = sessions.iter().any(|session| session.new > 0 || session.held > 0)
            || calls.iter().any(|call| call.since > since || (call.may_be_made() && late(call)))
            || notices.iter().any(|(_, at)| *at > since);
        let mut counts = BTreeMap::<_, u32>::new();
        for (notice, _) in notices {
            // Those are the calls, the erasures, and what is held, which are told by themselves.
            if !matches!(notice, Notice::Undeliverable | Notice::ToCall(_) | Notice::ErasureNear | Notice::Burst) {
                *counts.entry(notice.name()).or_default() += 1;
            }
        }
        let count = |made| calls.iter().filter(|call| call.may_be_made() == made).count();
        let (calls, unreachable) = (count(true), count(false));
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        let (calls, unreachable) = (number(calls), number(unreachable));
        Self { sessions, calls, unreachable, erasures, notices: counts.into_iter().collect(), presses }
    }
}

impl<D: Backend> TeamStore for D {
    fn counted(&self, session: i64) -> Answer<'_, Option<Counted>> {
        self.read(move |db| Box::pin(counted(db, session)))
    }

    fn calls(&self, now: Timestamp) -> Answer<'_, Vec<Call>> {
        self.read(move |db| Box::pin(calls(db, now)))
    }

    fn call_made(&self, key: i64, now: Timestamp) -> Answer<'_, bool> {
        self.write(move |db| Box::pin(call_made(db, key, now)))
    }

    fn to_confirm(&self, now: Timestamp) -> Answer<'_, Vec<ToConfirm>> {
        self.read(move |db| Box::pin(to_confirm(db, now)))
    }

    fn bursts(&self, now: Timestamp) -> Answer<'_, Vec<Burst>> {
        self.read(move |db| Box::pin(bursts(db, now)))
    }

    fn export(&self, session: &str) -> Answer<'_, Option<Vec<TeamRow>>> {
        let session = session.to_owned();
        self.read(move |db| {
            let session = session.clone();
            Box::pin(async move { export(db, &session).await })
        })
    }

    fn tallies(&self, from: Date, until: Date) -> Answer<'_, Vec<Tally>> {
        self.read(move |db| Box::pin(tallies(db, from, until)))
    }

    fn notices(&self) -> Answer<'_, Vec<NoticeRow>> {
        self.read(|db| Box::pin(notices(db)))
    }

    fn topics(&self, session: &str) -> Answer<'_, Vec<String>> {
        let session = session.to_owned();
        self.read(move |db| {
            let session = session.clone();
            Box::pin(async move {
                let sql =
                    "SELECT t.topic FROM topics t JOIN sessions s ON s.key = t.session WHERE s.id = $1 ORDER BY t.key";
                db.query(sql, values![&session], |row| rows::text(row, "topic")).await
            })
        })
    }

    fn digest(&self, now: Timestamp) -> Answer<'_, Digest> {
        self.read(move |db| Box::pin(digest(db, now)))
    }
}

/// The key of the next session of the group of `s`, at `$1`.
pub(super) const NEXT: &str = "(SELECT n.key FROM sessions n WHERE n.group_id = s.group_id AND n.starts > $1 \
    AND n.starts > s.starts AND n.closes > $1 AND NOT n.cancelled AND NOT n.orphaned ORDER BY n.starts LIMIT 1)";

/// Sessions counted, those who came after `$1` apart: `WHERE` goes behind.
fn counted_sql<C: Connection>() -> String {
    format!(
        "SELECT {RECORD}, {} AS occupied, {} AS waiting, \
         (SELECT COUNT(*) FROM demands WHERE session = s.key AND ended IS NULL AND to_confirm AND standing <> 'held') \
         AS to_confirm, (SELECT COUNT(*) FROM demands WHERE session = s.key AND ended IS NULL AND standing = 'held') AS held, \
         (SELECT COUNT(*) FROM demands WHERE session = s.key AND asked_at > $1) AS new, \
         t.date AS doubtful_date, t.starts AS doubtful_starts \
         FROM sessions s LEFT JOIN doubtful_dates t ON t.session = s.key",
        C::OCCUPIED,
        C::WAITING
    )
}

fn read_counted(row: &dyn Row) -> Result<Counted, DatabaseError> {
    Ok(Counted {
        key: rows::number(row, "key")?,
        session: rows::record(row)?,
        occupied: rows::number(row, "occupied")?,
        waiting: rows::number(row, "waiting")?,
        to_confirm: rows::number(row, "to_confirm")?,
        held: rows::number(row, "held")?,
        new: rows::number(row, "new")?,
        decision: rows::decision(row)?,
        doubtful: match rows::optional_instant(row, "doubtful_starts")? {
            Some(starts) => Some(DoubtfulDate { date: rows::parsed(row, "doubtful_date")?, starts }),
            None => None,
        },
    })
}

pub(super) async fn counted<C: Connection>(db: &mut C, session: i64) -> Result<Option<Counted>, DatabaseError> {
    let sql = format!("{} WHERE s.key = $2", counted_sql::<C>());
    Ok(db.query(&sql, values![Timestamp::MAX, session], read_counted).await?.pop())
}

/// What happened since the digest before `now`, and what is to be done.
pub(super) async fn digest<C: Connection>(db: &mut C, now: Timestamp) -> Result<Digest, DatabaseError> {
    let sql = "SELECT MAX(at) AS at FROM digests WHERE at < $1";
    let since = db.query(sql, values![now], |row| rows::optional_instant(row, "at")).await?;
    let since = since.into_iter().flatten().next().unwrap_or(Timestamp::MIN);
    let sql = format!(
        "SELECT * FROM ({} WHERE NOT s.orphaned AND s.ends > $2) AS c WHERE occupied + waiting + new + held > 0 \
         ORDER BY starts, id",
        counted_sql::<C>()
    );
    let sessions = db.query(&sql, values![since, now], read_counted).await?;
    let sql = "SELECT n.kind, n.about, n.at FROM notices n LEFT JOIN demands d ON d.rank = n.demand \
               WHERE NOT n.done AND (d.rank IS NULL OR d.ended IS NULL) AND (n.kind <> $1 OR d.to_confirm)";
    let read = |row: &dyn Row| Ok((rows::notice(row)?, rows::instant(row, "at")?));
    let notices = db.query(sql, values![Notice::ToConfirm.name()], read).await?;
    let sql = "SELECT s.date FROM notices n JOIN sessions s ON s.key = n.session WHERE NOT n.done AND n.kind = $1 \
               ORDER BY s.date";
    let erasures = db.query(sql, values![Notice::ErasureNear.name()], |row| rows::parsed(row, "date")).await?;
    Ok(Digest::of(sessions, &calls(db, now).await?, notices, erasures, since, now))
}

/// What ended since needs no call any more, unless that is what the call is about.
async fn calls<C: Connection>(db: &mut C, now: Timestamp) -> Result<Vec<Call>, DatabaseError> {
    let sql = format!(
        "SELECT n.key AS notice, n.kind, n.about, n.at, {DEMAND}, {RECORD} FROM notices n \
         JOIN demands d ON d.rank = n.demand JOIN sessions s ON s.key = d.session \
         WHERE NOT n.done AND n.kind IN ('to-call', 'undeliverable') ORDER BY n.at, n.key"
    );
    let read = |row: &dyn Row| {
        let about = if let Notice::ToCall(kind) = rows::notice(row)? { Some(kind) } else { None };
        let over = rows::ended(row)?.is_some() && !about.is_some_and(MessageKind::tells_of_an_end);
        if over || !is_pressing(about, rows::instant(row, "starts")?, now) {
            return Ok(None);
        }
        Ok(Some(Call {
            key: rows::number(row, "notice")?,
            about,
            since: rows::instant(row, "at")?,
            session: rows::record(row)?,
            previous: rows::previous(row)?,
            first_name: rows::text(row, "first_name")?,
            phone: rows::optional_text(row, "phone")?,
            texts: rows::flag(row, "sms")?,
            email: rows::optional_text(row, "email")?,
            cautions: rows::cautions(row)?,
        }))
    };
    Ok(db.query(&sql, &[], read).await?.into_iter().flatten().collect())
}

async fn call_made<C: Connection>(db: &mut C, key: i64, now: Timestamp) -> Result<bool, DatabaseError> {
    let sql = "UPDATE notices SET done = TRUE WHERE key = $1 AND NOT done AND kind IN ('to-call', 'undeliverable')";
    let made = db.execute(sql, values![key]).await? > 0;
    if made {
        let sql = "INSERT INTO audit (at, actor, action, session) SELECT $1, $2, 'call', d.session FROM notices n \
                   LEFT JOIN demands d ON d.rank = n.demand WHERE n.key = $3";
        db.execute(sql, values![now, Actor::Team.name(), key]).await?;
    }
    Ok(made)
}

/// The demands that the team has yet to confirm, of sessions that are held and not over.
async fn to_confirm<C: Connection>(db: &mut C, now: Timestamp) -> Result<Vec<ToConfirm>, DatabaseError> {
    let sql = format!(
        "SELECT {RECORD}, {DEMAND}, n.key AS next_key, n.id AS next_id, n.date AS next_date \
         FROM demands d JOIN sessions s ON s.key = d.session LEFT JOIN sessions n ON n.key = {} \
         WHERE d.ended IS NULL AND d.to_confirm AND d.standing <> 'held' AND NOT s.cancelled AND s.ends > $1 \
         ORDER BY d.asked_at, d.rank",
        NEXT.replace("n.", "m.").replace("sessions n", "sessions m")
    );
    let read = |row: &dyn Row| {
        let next = match rows::optional_number(row, "next_key")? {
            Some(key) => {
                Some(NextSession { key, id: rows::text(row, "next_id")?, date: rows::parsed(row, "next_date")? })
            }
            None => None,
        };
        let waits = ToConfirm {
            id: rows::demand_id(row, "demand_id")?,
            session: rows::record(row)?,
            holds: rows::standing(row)?.occupies(),
            first_name: rows::text(row, "first_name")?,
            phone: rows::optional_text(row, "phone")?,
            texts: rows::flag(row, "sms")?,
            email: rows::optional_text(row, "email")?,
            cautions: rows::cautions(row)?,
            other_parent_first_name: rows::optional_text(row, "other_parent_first_name")?,
            other_parent_asked: false,
            asked_at: rows::instant(row, "asked_at")?,
            next,
        };
        Ok((rows::number::<i64>(row, "key")?, rows::number::<i64>(row, "rank")?, waits))
    };
    let mut waiting = Vec::new();
    for (session, rank, mut waits) in db.query(&sql, values![now], read).await? {
        if let Some(name) = &waits.other_parent_first_name {
            let sql = "SELECT rank FROM demands WHERE session = $1 AND name_key = $2 AND ended IS NULL AND rank <> $3";
            let others = db.query(sql, values![session, &name_key(name), rank], |_| Ok(())).await?;
            waits.other_parent_asked = !others.is_empty();
        }
        waiting.push(waits);
    }
    Ok(waiting)
}

async fn bursts<C: Connection>(db: &mut C, now: Timestamp) -> Result<Vec<Burst>, DatabaseError> {
    let sql = format!(
        "SELECT {RECORD}, COUNT(*) AS count, MIN(d.asked_at) AS first_at, MAX(d.asked_at) AS last_at, MAX(d.rank) AS last \
         FROM demands d JOIN sessions s ON s.key = d.session WHERE d.standing = 'held' AND d.ended IS NULL \
         AND NOT s.cancelled AND s.starts > $1 GROUP BY s.key ORDER BY s.starts, s.id"
    );
    let read = |row: &dyn Row| {
        Ok(Burst {
            key: rows::number(row, "key")?,
            session: rows::record(row)?,
            count: rows::number(row, "count")?,
            first_at: rows::instant(row, "first_at")?,
            last_at: rows::instant(row, "last_at")?,
            last: rows::number(row, "last")?,
        })
    };
    db.query(&sql, values![now], read).await
}

async fn export<C: Connection>(db: &mut C, session: &str) -> Result<Option<Vec<TeamRow>>, DatabaseError> {
    let sql = "SELECT key FROM sessions WHERE id = $1";
    let key = db.query(sql, values![session], |row| rows::number::<i64>(row, "key")).await?.pop();
    let Some(key) = key else { return Ok(None) };
    let sql = format!("SELECT {DEMAND} FROM demands d WHERE d.session = $1 AND d.ended IS NULL ORDER BY d.rank");
    let read = |row: &dyn Row| {
        Ok(TeamRow {
            id: rows::demand_id(row, "demand_id")?,
            standing: rows::standing(row)?,
            to_confirm: rows::flag(row, "to_confirm")?,
            repeats: rows::optional_number::<i64>(row, "repeats")?.is_some(),
            first_name: rows::text(row, "first_name")?,
            email: rows::optional_text(row, "email")?,
            phone: rows::optional_text(row, "phone")?,
            texts: rows::flag(row, "sms")?,
            cautions: rows::cautions(row)?,
            places: rows::number(row, "places")?,
            other_parent: rows::flag(row, "other_parent")?,
            other_parent_first_name: rows::optional_text(row, "other_parent_first_name")?,
            heard_from: rows::optional_text(row, "heard_from")?,
            asked_at: rows::instant(row, "asked_at")?,
        })
    };
    db.query(&sql, values![key], read).await.map(Some)
}

async fn notices<C: Connection>(db: &mut C) -> Result<Vec<NoticeRow>, DatabaseError> {
    let sql = "SELECT n.kind, n.about, n.at, s.id AS session, d.id AS demand FROM notices n \
               LEFT JOIN demands d ON d.rank = n.demand JOIN sessions s ON s.key = COALESCE(n.session, d.session) \
               WHERE NOT n.done ORDER BY n.key";
    let read = |row: &dyn Row| {
        Ok(NoticeRow {
            notice: rows::notice(row)?,
            session: rows::text(row, "session")?,
            demand: rows::optional_id(row, "demand")?,
            at: rows::instant(row, "at")?,
        })
    };
    db.query(sql, &[], read).await
}

/// What came of the sessions of these days: of the demands that are there, of those that were
/// erased, and of the sessions without any.
async fn tallies<C: Connection>(db: &mut C, from: Date, until: Date) -> Result<Vec<Tally>, DatabaseError> {
    let sql = "SELECT session, group_id, date, cancelled, heard_from, CAST(SUM(asked) AS BIGINT) AS asked, \
               CAST(SUM(seats) AS BIGINT) AS seats, CAST(SUM(withdrawn) AS BIGINT) AS withdrawn, \
               CAST(SUM(unserved) AS BIGINT) AS unserved FROM ( \
               SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM counts \
               UNION ALL SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM tallies \
               UNION ALL SELECT id, group_id, date, cancelled, '', 0, 0, 0, 0 FROM sessions WHERE NOT orphaned) AS t \
               WHERE date BETWEEN $1 AND $2 GROUP BY date, session, group_id, cancelled, heard_from";
    let read = |row: &dyn Row| {
        Ok(Tally {
            session: rows::text(row, "session")?,
            group: rows::text(row, "group_id")?,
            date: rows::parsed(row, "date")?,
            cancelled: rows::flag(row, "cancelled")?,
            heard_from: Some(rows::text(row, "heard_from")?).filter(|answer| !answer.is_empty()),
            counts: Counts {
                asked: rows::number(row, "asked")?,
                seats: rows::number(row, "seats")?,
                withdrawn: rows::number(row, "withdrawn")?,
                unserved: rows::number(row, "unserved")?,
            },
        })
    };
    let mut tallies = db.query(sql, values![from, until], read).await?;
    let order = |tally: &Tally| (tally.date, tally.session.clone(), tally.heard_from.clone());
    tallies.sort_by_cached_key(order);
    Ok(tallies)
}
