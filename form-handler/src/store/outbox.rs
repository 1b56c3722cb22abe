//! Letters that are to leave, for whoever sends them: each is claimed, so that it is one sender's,
//! and settled.

use entreparentaise::model::Former;
use jiff::{SignedDuration, Timestamp};

use super::{
    backend::{Backend, Connection, Row, values},
    content::former,
    error::{Answer, DatabaseError, UnknownWord},
    record::{Previous, SessionRecord},
    retrieval::{FoundDemand, found_again},
    rows::{self, CHANGED_AT, RECORD},
    team::{Counted, Digest, counted, digest},
};
use crate::{
    enrolment::{Channel, MessageKind, Notice, Standing, TeamMessage, TextWhen},
    token::DemandId,
};

/// The longest pause between two attempts to send a letter: one that waits for longer was noted by
/// a clock that was wrong.
pub(crate) const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(6);

/// What a clock that was wrong had done early by no more than this is not done again.
const EARLY: SignedDuration = SignedDuration::from_hours(24);

/// How long the claim of a letter holds: as long as a batch is worked on, and its last letter may
/// take. It matters where several processes share a database: the letters of one that died wait for
/// so long.
pub(crate) const CLAIM: SignedDuration = SignedDuration::from_mins(6);

/// Letters, as whoever sends them sees them.
pub trait OutboxStore: Send + Sync {
    /// Takes up to `limit` messages that are due, for nobody else to take before `until`.
    fn claim_messages(&self, limit: u32, to: Recipients, now: Timestamp, until: Timestamp)
    -> Answer<'_, Vec<Outgoing>>;

    /// Says what became of messages.
    fn settle_messages(&self, attempts: Vec<(i64, Attempt)>, now: Timestamp) -> Answer<'_, ()>;

    /// Gives back what was claimed of these in an earlier life of this process, which alone sends:
    /// at its start. Where several processes share the database, what looks so may be another's,
    /// and is left alone until its time is over.
    fn release_claims(&self, to: Recipients) -> Answer<'_, ()>;

    /// When the next message is due.
    fn next_message(&self, to: Recipients) -> Answer<'_, Option<Timestamp>>;

    /// How many letters to the team have yet to leave.
    fn letters_to_team(&self) -> Answer<'_, usize>;

    /// Keeps letters to the team that wait useful: those that would tell nothing true or new go,
    /// and the others are written anew before the links in them end.
    fn tend_team_letters(&self, now: Timestamp) -> Answer<'_, ()>;

    /// When the letter was decided that has waited longest; `None`: none waits.
    fn oldest_message(&self) -> Answer<'_, Option<Timestamp>>;

    /// Of these letters' keys, those that are still known: the others were about somebody who is
    /// erased.
    fn known_letters(&self, keys: Vec<i64>) -> Answer<'_, Vec<i64>>;

    /// Sets right what was noted at an instant that is still to come, by a clock that was wrong:
    /// letters that wait for it are due at once. How many letters these were.
    fn correct_clock(&self, now: Timestamp) -> Answer<'_, usize>;
}

/// To whom messages may leave now, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipients {
    /// Letters to anybody.
    All,
    /// Letters to people alone: nobody told yet where the team reads.
    People,
    /// Text messages.
    Telephones,
}

impl Recipients {
    /// What the rows of such messages fulfil.
    fn condition(self) -> &'static str {
        match self {
            Self::All => "channel = 'courriel'",
            Self::People => "channel = 'courriel' AND recipient IS NOT NULL",
            Self::Telephones => "channel = 'sms'",
        }
    }
}

/// A message to write, with what its words need as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The row's key.
    pub key: i64,
    /// To whom, and what.
    pub letter: ToWrite,
    /// How many times it was tried before.
    pub attempts: u32,
    /// When it was decided.
    pub written_at: Timestamp,
}

impl Outgoing {
    /// The name of its template.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.letter {
            ToWrite::Person(letter) => letter.kind.name(),
            ToWrite::Team(letter) => letter.kind.name(),
        }
    }
}

/// To whom, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToWrite {
    /// To somebody, about their own demand.
    Person(Box<ToPerson>),
    /// To the team, at whatever address it has by then.
    Team(Box<ToTeam>),
}

/// A letter to somebody, about their own demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToPerson {
    /// What it tells.
    pub kind: MessageKind,
    /// A letter, or a text message.
    pub by: Channel,
    /// To whom: an e-mail address, or a telephone.
    pub recipient: String,
    /// The demand; nothing is left of it once it is erased.
    pub demand: Option<DemandId>,
    /// Of the demand.
    pub lang: String,
    /// Of the demand.
    pub places: u16,
    /// Whether it waits for a place.
    pub waits: bool,
    /// Whether the team has yet to confirm it.
    pub to_confirm: bool,
    /// Until when its place is on offer.
    pub offered_until: Option<Timestamp>,
    /// The name of its entry in the person's calendar, once they asked for one.
    pub calendar: Option<[u8; 16]>,
    /// The session.
    pub session: SessionRecord,
    /// When it last changed.
    pub changed_at: Option<Timestamp>,
    /// The session from which it was carried over or moved.
    pub previous: Option<Previous>,
    /// Of a session that moved: how it was when this person was last told.
    pub former: Option<Former>,
    /// The demands whose links it holds, when it is about several.
    pub found: Vec<FoundDemand>,
}

/// A letter to the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToTeam {
    /// What it tells.
    pub kind: TeamMessage,
    /// The session that it is about, if it is about one.
    pub session: Option<Counted>,
    /// What happened, for a digest.
    pub digest: Option<Digest>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The transport took it.
    Sent,
    /// Not now: again at this instant.
    Retry(Timestamp),
    /// Never: the team is told to call.
    Undeliverable,
    /// It was claimed, and not tried: as if it had not been claimed.
    Untried,
}

impl<D: Backend> OutboxStore for D {
    fn claim_messages(
        &self,
        limit: u32,
        to: Recipients,
        now: Timestamp,
        until: Timestamp,
    ) -> Answer<'_, Vec<Outgoing>> {
        self.write(move |db| Box::pin(claim(db, (limit, to), now, until)))
    }

    fn settle_messages(&self, attempts: Vec<(i64, Attempt)>, now: Timestamp) -> Answer<'_, ()> {
        let attempts = std::sync::Arc::new(attempts);
        let settled = self.write(move |db| {
            let attempts = std::sync::Arc::clone(&attempts);
            Box::pin(async move {
                let mut erased = false;
                for (key, attempt) in attempts.iter() {
                    erased |= settle(db, *key, *attempt, now).await?;
                }
                Ok(erased)
            })
        });
        Box::pin(async move {
            if settled.await? {
                self.signals().erased.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            Ok(())
        })
    }

    fn release_claims(&self, to: Recipients) -> Answer<'_, ()> {
        if D::SHARED {
            return Box::pin(async { Ok(()) });
        }
        self.write(move |db| {
            Box::pin(async move {
                let to = to.condition();
                let sql = format!(
                    "UPDATE outbox SET claimed_until = NULL WHERE state = 'pending' AND claimed_until IS NOT NULL AND {to}"
                );
                db.execute(&sql, &[]).await.map(drop)
            })
        })
    }

    fn next_message(&self, to: Recipients) -> Answer<'_, Option<Timestamp>> {
        self.read(move |db| {
            Box::pin(async move {
                // The first of those that nobody claimed, and the few that somebody did.
                let to = to.condition();
                let sql = format!(
                    "SELECT MIN(at) AS at FROM (SELECT at FROM (SELECT not_before AS at FROM outbox \
                     WHERE state = 'pending' AND claimed_until IS NULL AND {to} ORDER BY not_before LIMIT 1) AS free \
                     UNION ALL SELECT CASE WHEN not_before > claimed_until THEN not_before ELSE claimed_until END \
                     FROM outbox WHERE state = 'pending' AND claimed_until IS NOT NULL AND {to}) AS due WHERE {FREE}"
                );
                let found = db.query(&sql, &[], |row| rows::optional_instant(row, "at")).await?;
                Ok(found.into_iter().flatten().next())
            })
        })
    }

    fn letters_to_team(&self) -> Answer<'_, usize> {
        self.read(|db| {
            Box::pin(async move {
                let sql = "SELECT COUNT(*) AS letters FROM outbox WHERE state = 'pending' AND recipient IS NULL";
                Ok(db.query(sql, &[], |row| rows::number::<usize>(row, "letters")).await?.into_iter().sum())
            })
        })
    }

    fn oldest_message(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(|db| {
            Box::pin(async move {
                let sql = "SELECT MIN(written_at) AS at FROM outbox WHERE state = 'pending'";
                let found = db.query(sql, &[], |row| rows::optional_instant(row, "at")).await?;
                Ok(found.into_iter().flatten().next())
            })
        })
    }

    fn tend_team_letters(&self, now: Timestamp) -> Answer<'_, ()> {
        self.write(move |db| Box::pin(tend(db, now)))
    }

    fn known_letters(&self, keys: Vec<i64>) -> Answer<'_, Vec<i64>> {
        let (Some(first), Some(last)) = (keys.iter().min().copied(), keys.iter().max().copied()) else {
            return Box::pin(async { Ok(Vec::new()) });
        };
        let between = self.read(move |db| {
            Box::pin(async move {
                let sql = "SELECT key FROM outbox WHERE key BETWEEN $1 AND $2";
                db.query(sql, values![first, last], |row| rows::number(row, "key")).await
            })
        });
        Box::pin(async move {
            let between: std::collections::HashSet<i64> = between.await?.into_iter().collect();
            Ok(keys.into_iter().filter(|key| between.contains(key)).collect())
        })
    }

    fn correct_clock(&self, now: Timestamp) -> Answer<'_, usize> {
        self.write(move |db| Box::pin(correct_clock(db, now)))
    }
}

/// No letter leaves while a database that was restored withholds them: see [`super::recovery`].
const FREE: &str = "NOT EXISTS (SELECT 1 FROM settings WHERE name = 'letters_withheld')";

/// A row of the outbox that was claimed.
struct Claimed {
    key: i64,
    kind: String,
    recipient: Option<String>,
    lang: Option<String>,
    attempts: u32,
    written_at: Timestamp,
    not_before: Timestamp,
    demand: Option<i64>,
    session: Option<i64>,
    by: Channel,
}

async fn claim<C: Connection>(
    db: &mut C,
    (limit, to): (u32, Recipients),
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Outgoing>, DatabaseError> {
    let sql = format!(
        "WITH due AS (SELECT key FROM outbox WHERE state = 'pending' AND not_before <= $1 \
         AND (claimed_until IS NULL OR claimed_until <= $1) AND {} AND {FREE} ORDER BY not_before, key LIMIT $2{}) \
         UPDATE outbox SET claimed_until = $3 WHERE key IN (SELECT key FROM due) \
         RETURNING key, kind, recipient, lang, attempts, written_at, not_before, demand, session, channel",
        to.condition(),
        C::STEP_OVER_LOCKED
    );
    let read = |row: &dyn Row| {
        Ok(Claimed {
            key: rows::number(row, "key")?,
            kind: rows::text(row, "kind")?,
            recipient: rows::optional_text(row, "recipient")?,
            lang: rows::optional_text(row, "lang")?,
            attempts: rows::number(row, "attempts")?,
            written_at: rows::instant(row, "written_at")?,
            not_before: rows::instant(row, "not_before")?,
            demand: rows::optional_number(row, "demand")?,
            session: rows::optional_number(row, "session")?,
            by: rows::channel(row)?,
        })
    };
    let mut claimed = db.query(&sql, values![now, limit, until], read).await?;
    claimed.sort_by_key(|letter| (letter.not_before, letter.key));
    let mut letters = Vec::new();
    for Claimed { key, kind, recipient, lang, attempts, written_at, demand, session, by, .. } in claimed {
        let letter = match (TeamMessage::of_name(&kind), recipient) {
            (Some(kind), _) => {
                let session = match session {
                    Some(session) => counted(db, session).await?,
                    None => None,
                };
                let digest = match kind {
                    TeamMessage::Digest => Some(digest(db, written_at).await?),
                    _ => None,
                };
                ToWrite::Team(Box::new(ToTeam { kind, session, digest }))
            }
            (None, Some(recipient)) => {
                let kind = rows::message_kind(&kind)?;
                let read = |row: &dyn Row| to_person(row, (kind, by), &recipient, lang.as_deref());
                let sql = format!(
                    "SELECT {RECORD}, d.id AS demand_id, d.lang, d.places, d.standing, d.to_confirm, d.offered_until, \
                     d.calendar, d.previous, d.departure, d.asked_at, {CHANGED_AT} FROM sessions s LEFT JOIN demands d ON d.rank = $1 \
                     WHERE s.key = COALESCE($2, d.session)"
                );
                let row = db.query(&sql, values![demand, session], read).await?.pop();
                let gone = || DatabaseError::lasting("a letter about a session that is not there");
                let mut letter = row.ok_or_else(gone)?;
                if let (MessageKind::SessionMoved, Some(demand)) = (kind, demand) {
                    letter.former = last_told(db, demand).await?;
                }
                if kind == MessageKind::FoundAgain {
                    letter.found = found_again(db, &letter.recipient, now).await?;
                    // Whatever it would have led to is over, or erased: nobody is written to.
                    if letter.found.is_empty() {
                        db.execute("DELETE FROM outbox WHERE key = $1", values![key]).await?;
                        continue;
                    }
                }
                ToWrite::Person(Box::new(letter))
            }
            (None, None) => return Err(UnknownWord::new("outbox.kind", kind).into()),
        };
        letters.push(Outgoing { key, letter, attempts, written_at });
    }
    Ok(letters)
}

/// How the session of a demand was when its person was last told of it, if it moved since: when
/// they asked, or by the last letter that left.
async fn last_told<C: Connection>(db: &mut C, demand: i64) -> Result<Option<Former>, DatabaseError> {
    let sql = "SELECT d.asked_at, (SELECT MAX(o.sent_at) FROM outbox o WHERE o.demand = d.rank \
               AND o.kind <> $1 AND o.kind <> $2) AS told_at, \
               (SELECT MAX(o.sent_at) FROM outbox o WHERE o.demand = d.rank AND o.kind = $3) AS moved_at \
               FROM demands d WHERE d.rank = $4";
    let dateless = [MessageKind::Code, MessageKind::Thanks].map(MessageKind::name);
    let values = values![dateless[0], dateless[1], MessageKind::SessionMoved.name(), demand];
    let read = |row: &dyn Row| {
        let told = rows::instant(row, "asked_at")?.max(rows::optional_instant(row, "told_at")?.unwrap_or_default());
        Ok((told, rows::optional_instant(row, "moved_at")?))
    };
    let Some((told, told_of_a_move)) = db.query(sql, values, read).await?.pop() else { return Ok(None) };
    let sql = "SELECT c.at, c.moved, c.date, c.start_time, c.end_time, c.place FROM session_changes c \
               JOIN demands d ON d.session = c.session WHERE d.rank = $1 AND c.moved ORDER BY c.number";
    let mut moves: Vec<_> = db.query(sql, values![demand], former).await?.into_iter().flatten().collect();
    if let Some(first) = moves.iter().position(|change| change.until > told) {
        return Ok(Some(moves.swap_remove(first)));
    }
    // Nothing since: noted at that very instant, unless it was told already.
    Ok(moves.pop().filter(|last| told_of_a_move.is_none_or(|at| at <= last.until)))
}

/// A letter to somebody; `lang`: that of one who is erased, of whom nothing else is left.
fn to_person(
    row: &dyn Row,
    (kind, by): (MessageKind, Channel),
    recipient: &str,
    lang: Option<&str>,
) -> Result<ToPerson, DatabaseError> {
    let demand = rows::optional_id(row, "demand_id")?;
    let standing = demand.map(|_| rows::standing(row)).transpose()?;
    Ok(ToPerson {
        kind,
        by,
        recipient: recipient.to_owned(),
        demand,
        lang: match lang {
            Some(lang) => lang.to_owned(),
            None => rows::text(row, "lang")?,
        },
        places: rows::optional_number(row, "places")?.unwrap_or(1),
        waits: standing == Some(Standing::Waiting),
        to_confirm: demand.is_some() && rows::flag(row, "to_confirm")?,
        offered_until: rows::optional_instant(row, "offered_until")?,
        calendar: rows::optional_id(row, "calendar")?.map(|id| id.0),
        session: rows::record(row)?,
        changed_at: rows::optional_instant(row, "changed_at")?,
        previous: rows::previous(row)?,
        former: None,
        found: Vec::new(),
    })
}

/// Says what became of a letter. Whether the last address of somebody went with it.
async fn settle<C: Connection>(db: &mut C, key: i64, attempt: Attempt, now: Timestamp) -> Result<bool, DatabaseError> {
    let (state, not_before, sent_at) = match attempt {
        Attempt::Sent => ("sent", None, Some(now)),
        Attempt::Retry(at) => ("pending", Some(at), None),
        Attempt::Undeliverable => ("undeliverable", None, None),
        Attempt::Untried => ("pending", None, None),
    };
    let sql = "UPDATE outbox SET state = $1, not_before = COALESCE($2, not_before), sent_at = $3, \
               attempts = attempts + $4, claimed_until = NULL WHERE key = $5 AND state = 'pending' \
               RETURNING demand, recipient IS NULL AS to_team, kind, channel, written_at";
    let values = values![state, not_before, sent_at, attempt != Attempt::Untried, key];
    let read = |row: &dyn Row| {
        let lost = Lost {
            kind: rows::text(row, "kind")?,
            by: rows::channel(row)?,
            written_at: rows::instant(row, "written_at")?,
        };
        Ok((rows::optional_number::<i64>(row, "demand")?, rows::flag(row, "to_team")?, lost))
    };
    let Some((demand, to_team, lost)) = db.query(sql, values, read).await?.pop() else { return Ok(false) };
    match (demand, attempt) {
        (Some(demand), Attempt::Undeliverable) => {
            if goes_otherwise(db, demand, &lost, now).await? {
                return Ok(false);
            }
            let sql = "INSERT INTO notices (kind, demand, at) VALUES ($1, $2, $3)";
            db.execute(sql, values![Notice::Undeliverable.name(), demand, now]).await?;
            let sql = "INSERT INTO outbox (kind, session, written_at, not_before) \
                       SELECT $1, session, $2, $2 FROM demands WHERE rank = $3 \
                       AND NOT EXISTS (SELECT 1 FROM outbox WHERE kind = $1 AND state = 'pending')";
            db.execute(sql, values![TeamMessage::Undeliverable.name(), now, demand]).await?;
            Ok(false)
        }
        // The address of somebody of whom nothing else is left goes too.
        (None, Attempt::Sent | Attempt::Undeliverable) if !to_team => {
            db.execute("DELETE FROM outbox WHERE key = $1", values![key]).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// A message that was given up.
struct Lost {
    kind: String,
    by: Channel,
    written_at: Timestamp,
}

/// Whether what a message told goes by the other channel, or went: nobody needs to call then.
async fn goes_otherwise<C: Connection>(
    db: &mut C,
    demand: i64,
    lost: &Lost,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let kind = rows::message_kind(&lost.kind)?;
    match (lost.by, kind.as_text()) {
        (_, None) => Ok(false),
        (Channel::Mail, Some(TextWhen::Alone)) => {
            let sql = "INSERT INTO outbox (kind, demand, recipient, channel, written_at, not_before) \
                       SELECT $1, rank, phone, 'sms', CAST($2 AS BIGINT), CAST($2 AS BIGINT) FROM demands \
                       WHERE rank = $3 AND sms AND phone IS NOT NULL";
            Ok(db.execute(sql, values![kind.name(), now, demand]).await? > 0)
        }
        // The other one was written with it.
        (by, Some(_)) => {
            let sql = "SELECT 1 FROM outbox WHERE demand = $1 AND kind = $2 AND written_at = $3 AND channel <> $4 \
                       AND state <> 'undeliverable'";
            let values = values![demand, kind.name(), lost.written_at, by.name()];
            Ok(!db.query(sql, values, |_| Ok(())).await?.is_empty())
        }
    }
}

/// Which letters to the team, that wait for an address or for a mail server, tell nothing that is
/// still true or new: the minimum of a session that began, or that was decided; a list that is
/// empty; a waiting list whose session began; a date that is doubted no longer; a digest after
/// which another was written, or that is a week old.
const STALE: &str = "(kind = $2 AND (written_at < $3 OR EXISTS (SELECT 1 FROM outbox o WHERE o.kind = $2 \
    AND o.written_at > outbox.written_at))) \
    OR (kind IN ($4, $5) AND EXISTS (SELECT 1 FROM sessions s WHERE s.key = outbox.session \
    AND (s.starts <= $1 OR s.cancelled OR (kind = $4 AND s.decision IS NOT NULL)))) \
    OR (kind = $6 AND NOT EXISTS (SELECT 1 FROM doubtful_dates t WHERE t.session = outbox.session)) \
    OR (kind = $7 AND NOT EXISTS (SELECT 1 FROM notices n WHERE NOT n.done AND n.kind IN ('to-call', 'undeliverable'))) \
    OR (kind = $8 AND NOT EXISTS (SELECT 1 FROM demands d WHERE d.ended IS NULL AND d.to_confirm))";

/// A letter to the team that waits is written anew this long after: a day before the links in it
/// would end.
const RENEWED_AFTER: SignedDuration = SignedDuration::from_hours(6 * 24);

async fn tend<C: Connection>(db: &mut C, now: Timestamp) -> Result<(), DatabaseError> {
    let before = |time| now.saturating_sub(time).unwrap_or(Timestamp::MIN);
    let waits =
        "state = 'pending' AND recipient IS NULL AND attempts = 0 AND (claimed_until IS NULL OR claimed_until <= $1)";
    let sql = format!("DELETE FROM outbox WHERE {waits} AND ({STALE})");
    let values = values![
        now,
        TeamMessage::Digest.name(),
        before(SignedDuration::from_hours(7 * 24)),
        TeamMessage::Minimum.name(),
        TeamMessage::WaitingListGrows.name(),
        TeamMessage::DoubtfulDate.name(),
        TeamMessage::Undeliverable.name(),
        TeamMessage::ToConfirm.name(),
    ];
    db.execute(&sql, values).await?;
    let sql =
        format!("UPDATE outbox SET written_at = $1, not_before = $1 WHERE {waits} AND kind <> $2 AND written_at < $3");
    db.execute(&sql, values![now, TeamMessage::Digest.name(), before(RENEWED_AFTER)]).await.map(drop)
}

/// What was noted at an instant still to come was noted by a clock that was wrong: what waits for
/// it is due, and what was done then is done again, unless that was a day early at most. No letter
/// waits for longer than [`LONGEST_PAUSE`], nor is claimed for longer than [`CLAIM`]. How many
/// letters waited.
async fn correct_clock<C: Connection>(db: &mut C, now: Timestamp) -> Result<usize, DatabaseError> {
    let later = |pause| now.saturating_add(pause).unwrap_or(Timestamp::MAX);
    let sql = "UPDATE outbox SET not_before = $1, written_at = CASE WHEN written_at > $1 THEN $1 ELSE written_at END \
               WHERE state = 'pending' AND not_before > $1 AND (written_at > $1 OR not_before > $2)";
    let waited = db.execute(sql, values![now, later(LONGEST_PAUSE)]).await?;
    let sql = "UPDATE outbox SET claimed_until = NULL WHERE claimed_until > $1 AND state = 'pending'";
    db.execute(sql, values![later(CLAIM)]).await?;
    db.execute("DELETE FROM digests WHERE at > $1", values![later(EARLY)]).await?;
    db.execute("DELETE FROM milestones WHERE at > $1", values![later(EARLY)]).await?;
    Ok(usize::try_from(waited).unwrap_or(usize::MAX))
}
