//! What few orders write: a handful of rows, one statement each, that look at rows or remove them.
//! Each finds what was written before it.

use deadpool_postgres::{Client, GenericClient};
use jiff::Timestamp;

use super::{failure::Failure, rows::ms};
use crate::{
    agenda::{Decision, Milestone},
    demand::ContactDetails,
    enrolment::{Comparison, MessageKind, Notice, Rank, Sightings, Standing, TeamMessage},
    store::ledger::Entry,
};

/// Such an entry, and when it was decided.
pub(super) struct Rare {
    at: i64,
    what: What,
}

enum What {
    Contact(ContactChange),
    Moved(Move),
    Erased { rank: Rank, told: bool },
    AboutSession { session: i64, notice: Notice },
    ToTeam { session: i64, kind: TeamMessage },
    Reached { session: i64, starts: Timestamp, milestone: Milestone },
    Decided { session: i64, decision: Decision },
    Calendar { rank: Rank },
    Sighted { session: i64, ends: Timestamp, sightings: Sightings },
    SessionErased { session: i64 },
    DateAccepted { session: i64 },
}

pub(super) struct ContactChange {
    rank: Rank,
    email: Option<String>,
    email_key: Option<String>,
    phone: Option<String>,
    cautions: String,
    repeats: Option<Rank>,
    to_compare: Option<Comparison>,
}

pub(super) struct Move {
    from: Rank,
    rank: Rank,
    id: Vec<u8>,
    session: i64,
    standing: Standing,
    to_confirm: bool,
    first: bool,
    repeats: Option<Rank>,
    to_compare: Option<Comparison>,
}

/// The columns of a standing.
pub(super) fn standing_columns(standing: Standing) -> (&'static str, Option<i64>) {
    match standing {
        Standing::Enrolled => ("enrolled", None),
        Standing::Offered(until) => ("offered", Some(ms(until))),
        Standing::Waiting => ("waiting", None),
    }
}

/// The number that stands for what is still to be looked at.
pub(super) fn comparison(to_compare: Option<Comparison>) -> i16 {
    match to_compare {
        None => 0,
        Some(Comparison::ForTeam) => 1,
        Some(Comparison::WithQuestion) => 2,
    }
}

impl Rare {
    /// The entry, if it is one of these.
    pub(super) fn of(now: Timestamp, entry: &Entry<'_>) -> Option<Self> {
        let what = match *entry {
            Entry::Contact { rank, details, repeats, to_compare } => {
                let ContactDetails { email, phone, cautions } = details;
                What::Contact(ContactChange {
                    rank,
                    email: email.as_ref().map(|email| email.address().to_owned()),
                    email_key: email.as_ref().map(|email| email.key().to_owned()),
                    phone: phone.as_ref().map(|phone| phone.as_str().to_owned()),
                    cautions: cautions.names().join(","),
                    repeats,
                    to_compare,
                })
            }
            Entry::Moved { from, rank, id, session, standing, to_confirm, first, repeats, to_compare } => {
                let id = id.0.to_vec();
                What::Moved(Move { from, rank, id, session, standing, to_confirm, first, repeats, to_compare })
            }
            Entry::Erased { rank, told } => What::Erased { rank, told },
            Entry::AboutSession { session, notice } => What::AboutSession { session, notice },
            Entry::ToTeam { session, kind } => What::ToTeam { session, kind },
            Entry::Reached { session, starts, milestone } => What::Reached { session, starts, milestone },
            Entry::Decided { session, decision } => What::Decided { session, decision },
            Entry::Calendar { rank } => What::Calendar { rank },
            Entry::Sighted { session, ends, sightings } => What::Sighted { session, ends, sightings },
            Entry::SessionErased { session } => What::SessionErased { session },
            Entry::DateAccepted { session } => What::DateAccepted { session },
            Entry::Demand(_)
            | Entry::Ended { .. }
            | Entry::Compared { .. }
            | Entry::Standing { .. }
            | Entry::Confirmed { .. }
            | Entry::Message { .. }
            | Entry::Notice { .. }
            | Entry::Topic { .. }
            | Entry::Audit { .. } => return None,
        };
        Some(Self { at: ms(now), what })
    }

    pub(super) async fn write(&self, client: &Client) -> Result<(), Failure> {
        let at = self.at;
        match &self.what {
            What::Contact(contact) => contact.write(client).await,
            What::Moved(one) => one.write(client, at).await,
            What::Erased { rank, told } => erase(client, *rank, *told, at).await,
            What::AboutSession { session, notice } => {
                let sql = "INSERT INTO notices (kind, session, at) VALUES ($1, $2, $3)";
                client.execute(sql, &[&notice.name(), session, &at]).await?;
                Ok(())
            }
            What::ToTeam { session, kind } => {
                let sql = "INSERT INTO outbox (kind, session, written_at, not_before) SELECT $1, $2::bigint, $3::bigint, $3 \
                           WHERE NOT ($4 AND EXISTS (SELECT 1 FROM outbox WHERE kind = $1 AND state = 'pending'))";
                client.execute(sql, &[&kind.name(), session, &at, &kind.says_it_once()]).await?;
                Ok(())
            }
            What::Reached { session, starts, milestone } => {
                let sql = "INSERT INTO milestones (session, what, starts, at) VALUES ($1, $2, $3, $4)";
                client.execute(sql, &[session, &milestone.name(), &ms(*starts), &at]).await?;
                Ok(())
            }
            What::Decided { session, decision } => {
                let sql = "UPDATE sessions SET decision = $2, cancelled = cancelled OR $3 WHERE key = $1";
                client.execute(sql, &[session, &decision.name(), &(*decision == Decision::Cancel)]).await?;
                Ok(())
            }
            What::Calendar { rank } => {
                client.execute("UPDATE demands SET calendar = COALESCE(calendar, id) WHERE rank = $1", &[rank]).await?;
                Ok(())
            }
            What::Sighted { session, ends, sightings } => {
                let sql = "INSERT INTO sightings (session, ends, days, last, announced) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session) \
                           DO UPDATE SET ends = excluded.ends, days = excluded.days, last = excluded.last, announced = excluded.announced";
                let (last, announced) = (sightings.last.to_string(), sightings.announced.map(|day| day.to_string()));
                client.execute(sql, &[session, &ms(*ends), &i32::from(sightings.days), &last, &announced]).await?;
                if sightings.announced.is_none() {
                    // What an earlier count had announced is not so any more.
                    let sql = "UPDATE notices SET done = TRUE WHERE session = $1 AND kind = $2";
                    client.execute(sql, &[session, &Notice::ErasureNear.name()]).await?;
                }
                Ok(())
            }
            What::SessionErased { session } => erase_session(client, *session).await,
            What::DateAccepted { session } => {
                let sql = "UPDATE sessions s SET date = t.date, start_time = t.start_time, end_time = t.end_time, starts = t.starts, \
                           ends = t.ends, opens = t.opens, closes = t.closes FROM doubtful_dates t WHERE s.key = $1 AND t.session = s.key";
                client.execute(sql, &[session]).await?;
                forget_sightings(client).await?;
                client.execute("DELETE FROM doubtful_dates WHERE session = $1", &[session]).await?;
                let sql = "UPDATE notices SET done = TRUE WHERE session = $1 AND kind = $2";
                client.execute(sql, &[session, &Notice::SessionDoubtful.name()]).await?;
                Ok(())
            }
        }
    }
}

/// Sessions that end at another instant now were not seen ended at all, and nobody was told that
/// they were.
pub(super) async fn forget_sightings(client: &impl GenericClient) -> Result<(), Failure> {
    let stale = "SELECT n.session FROM sightings n JOIN sessions s ON s.key = n.session WHERE s.ends <> n.ends";
    let told = format!("UPDATE notices SET done = TRUE WHERE kind = $1 AND session IN ({stale})");
    client.execute(&told, &[&Notice::ErasureNear.name()]).await?;
    client.execute(&format!("DELETE FROM sightings WHERE session IN ({stale})"), &[]).await?;
    Ok(())
}

/// A demand, and the rows that it was before it was moved; and a last letter, if it may be written.
async fn erase(client: &Client, rank: Rank, told: bool, at: i64) -> Result<(), Failure> {
    if told {
        let sql = "INSERT INTO outbox (kind, session, recipient, lang, written_at, not_before) \
                   SELECT $1, session, email, lang, $3, $3 FROM demands WHERE rank = $2";
        client.execute(sql, &[&MessageKind::Erased.name(), &rank, &at]).await?;
    }
    for sql in [
        "UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM links WHERE demand = $1 \
         UNION ALL SELECT id FROM demands WHERE rank = $1)",
        "DELETE FROM demands WHERE rank = $1 OR id IN (SELECT id FROM links WHERE demand = $1)",
    ] {
        let sql = client.prepare_cached(sql).await?;
        client.execute(&sql, &[&rank]).await?;
    }
    Ok(())
}

/// Everything about people of a session; what hangs on its demands goes with them. The audit keeps
/// what was done and when, no longer to which demand; the tallies, how many they were.
async fn erase_session(client: &Client, session: i64) -> Result<(), Failure> {
    let tally = "INSERT INTO tallies AS t SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM counts \
                 WHERE key = $1 \
                 ON CONFLICT (session, heard_from) DO UPDATE SET asked = t.asked + excluded.asked, seats = t.seats + excluded.seats, \
                 withdrawn = t.withdrawn + excluded.withdrawn, unserved = t.unserved + excluded.unserved";
    for sql in [
        tally,
        "UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM demands WHERE session = $1)",
        "DELETE FROM demands WHERE session = $1",
        "DELETE FROM topics WHERE session = $1",
        "DELETE FROM outbox WHERE session = $1",
        "DELETE FROM notices WHERE session = $1",
        "DELETE FROM milestones WHERE session = $1",
        "DELETE FROM sightings WHERE session = $1",
    ] {
        client.execute(sql, &[&session]).await?;
    }
    Ok(())
}

impl ContactChange {
    async fn write(&self, client: &Client) -> Result<(), Failure> {
        // Nobody is asked about a contact that was not typed in the demand itself.
        let sql = "UPDATE demands SET email = $2, email_key = $3, phone = $4, cautions = $5, repeats = COALESCE($6, repeats), \
                   to_compare = GREATEST(LEAST(to_compare, 1::smallint), $7) WHERE rank = $1";
        let sql = client.prepare_cached(sql).await?;
        let Self { rank, email, email_key, phone, cautions, repeats, to_compare } = self;
        let compare = comparison(*to_compare);
        client.execute(&sql, &[rank, email, email_key, phone, cautions, repeats, &compare]).await?;
        let sql = client.prepare_cached("DELETE FROM outbox WHERE demand = $1 AND state = 'pending'").await?;
        client.execute(&sql, &[rank]).await?;
        Ok(())
    }
}

impl Move {
    async fn write(&self, client: &Client, at: i64) -> Result<(), Failure> {
        let sql = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, places, first_name, name_key, email, \
                   email_key, phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, calendar, first, \
                   to_compare, previous) \
                   SELECT $2, $3, $4, $5, $6, $10, d.places, first_name, name_key, email, email_key, phone, cautions, \
                   other_parent_first_name, heard_from, shared_device, lang, $7, $8, calendar, $9, $11, s.date \
                   FROM demands d JOIN sessions s ON s.key = d.session WHERE rank = $1";
        let sql = client.prepare_cached(sql).await?;
        let Self { from, rank, id, session, standing, to_confirm, first, repeats, to_compare } = self;
        let ((standing, until), compare) = (standing_columns(*standing), comparison(*to_compare));
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 11] =
            [from, rank, id, session, &standing, &until, repeats, &at, first, to_confirm, &compare];
        client.execute(&sql, &values).await?;
        // Each link that this person was given leads there.
        for sql in [
            "UPDATE links SET demand = $2 WHERE demand = $1",
            "INSERT INTO links (id, demand) SELECT id, $2 FROM demands WHERE rank = $1",
        ] {
            let sql = client.prepare_cached(sql).await?;
            client.execute(&sql, &[from, rank]).await?;
        }
        Ok(())
    }
}
