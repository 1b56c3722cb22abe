//! What a batch of orders looks at, read at once behind the locks of its sessions; and the entries that it writes, kept for [`super::entries`].

use std::collections::{HashMap, HashSet, VecDeque};

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::{
    entries::Entries,
    failure::Failure,
    rows::{self, BOOK},
};
use crate::{
    agenda::Milestone,
    demand::Fingerprint,
    enrolment::{Book, Rank},
    store::{
        Given, Order,
        ledger::{Entry, Known, LONGEST_CHAIN, Rows},
    },
    system::Entropy,
    token::DemandId,
};

/// Everything that the orders of a batch may ask for.
pub(super) struct Loaded<'a> {
    books: HashMap<i64, Book>,
    keys: HashMap<String, i64>,
    demands: HashMap<DemandId, Known>,
    answered: HashMap<(String, Fingerprint), (DemandId, Given)>,
    reached: HashSet<(i64, Timestamp, Milestone)>,
    ranks: VecDeque<Rank>,
    entropy: &'a dyn Entropy,
    pub(super) entries: Entries,
}

/// What orders name.
struct Named<'o> {
    sessions: Vec<&'o str>,
    keys: Vec<i64>,
    demands: Vec<&'o [u8]>,
    fingerprints: Vec<&'o [u8]>,
    /// Ranks that may be given.
    newcomers: i64,
    /// Whether milestones are asked for.
    milestones: bool,
}

impl<'o> Named<'o> {
    fn of(orders: &[&'o Order]) -> Self {
        let mut named = Self {
            sessions: Vec::new(),
            keys: Vec::new(),
            demands: Vec::new(),
            fingerprints: Vec::new(),
            newcomers: 0,
            milestones: false,
        };
        for order in orders {
            match order {
                Order::Submit(submission) => {
                    named.sessions.push(&submission.demand.session);
                    if submission.demand.submission.is_some() {
                        named.fingerprints.push(&submission.fingerprint);
                    }
                    named.newcomers += 1;
                }
                Order::Move { id, session } => {
                    named.sessions.push(session);
                    named.demands.push(&id.0);
                    named.newcomers += 1;
                }
                Order::Carry { id, to } => {
                    named.keys.push(*to);
                    named.demands.push(&id.0);
                    named.newcomers += 1;
                }
                Order::Change { id, .. }
                | Order::Rewrite { id, .. }
                | Order::SendCode { id }
                | Order::AskCalendar { id }
                | Order::Erase { id } => {
                    named.demands.push(&id.0);
                }
                Order::Reach { session, .. } => {
                    named.keys.push(*session);
                    named.milestones = true;
                }
                Order::Settle { session } | Order::Moved { session } | Order::Decide { session, .. } => {
                    named.keys.push(*session);
                }
            }
        }
        named
    }
}

/// Begins a transaction and locks the sessions of these orders, in the order of their keys, so that no two batches wait for each other; then
/// reads. Two ways there and back: what needs no answer of another goes with it.
pub(super) async fn load<'a>(
    client: &Client,
    orders: &[&Order],
    entropy: &'a dyn Entropy,
) -> Result<Loaded<'a>, Failure> {
    let mut named = Named::of(orders);
    if !named.demands.is_empty() {
        named.keys.extend(sessions_of(client, &named.demands).await?);
    }
    let lock = format!(
        "SELECT {BOOK} FROM sessions s WHERE s.key = ANY ($1) OR (s.id = ANY ($2) AND NOT s.orphaned) \
         ORDER BY s.key FOR NO KEY UPDATE"
    );
    let lock = client.prepare_cached(&lock).await?;
    let (mut books, mut keys) = (HashMap::new(), HashMap::new());
    let parameters: [&(dyn ToSql + Sync); 2] = [&named.keys, &named.sessions];
    let begin = async { client.batch_execute("BEGIN").await };
    let ((), locked) = tokio::try_join!(begin, client.query(&lock, &parameters))?;
    for row in locked {
        let (id, book) = rows::book(&row)?;
        if !book.orphaned {
            keys.insert(id, book.session);
        }
        books.insert(book.session, book);
    }
    prepare(client, &named).await?;
    // Behind the lock: what others decided is there, and nobody decides meanwhile.
    let locked: Vec<i64> = books.keys().copied().collect();
    let (held, demands, answered, ranks) = tokio::try_join!(
        held(client, &locked),
        known(client, &named.demands),
        answered(client, &named.fingerprints),
        ranks(client, named.newcomers),
    )?;
    let reached = if named.milestones { reached(client, &locked).await? } else { HashSet::new() };
    for (session, row) in held {
        if let Some(book) = books.get_mut(&session) {
            book.rows.push(row);
        }
    }
    Ok(Loaded { books, keys, demands, answered, reached, ranks, entropy, entries: Entries::default() })
}

/// The sessions of these demands, and of those that they became.
async fn sessions_of(client: &Client, demands: &[&[u8]]) -> Result<Vec<i64>, Failure> {
    let sql = "WITH RECURSIVE chain (session, next, step) AS (SELECT session, moved_to, 0 FROM demands WHERE id = ANY ($1) \
               UNION ALL SELECT d.session, d.moved_to, c.step + 1 FROM demands d JOIN chain c ON d.rank = c.next WHERE c.step < $2) \
               SELECT DISTINCT session FROM chain";
    let sql = client.prepare_cached(sql).await?;
    let steps = i32::try_from(LONGEST_CHAIN).unwrap_or(i32::MAX);
    client.query(&sql, &[&demands, &steps]).await?.iter().map(|row| rows::get(row, "session")).collect()
}

const HELD: &str = "SELECT session, rank, id, standing, offered_until, to_confirm, ended, places, name_key, email_key, phone, cautions, first \
                    FROM demands WHERE session = ANY ($1) AND (ended IS NULL OR ended = 'merged') ORDER BY rank";
const ANSWERED: &str = "SELECT envoi, fingerprint, id, answer FROM demands WHERE fingerprint = ANY ($1)";
const RANKS: &str = "SELECT nextval('demand_ranks') AS rank FROM generate_series(1, $1::bigint)";

/// Has the statements of [`load`] understood, the first time that a connection meets them.
async fn prepare(client: &Client, named: &Named<'_>) -> Result<(), Failure> {
    client.prepare_cached(HELD).await?;
    if named.newcomers > 0 {
        client.prepare_cached(ANSWERED).await?;
        client.prepare_cached(RANKS).await?;
    }
    Ok(())
}

async fn held(client: &Client, sessions: &[i64]) -> Result<Vec<(i64, crate::enrolment::Held)>, Failure> {
    let sql = client.prepare_cached(HELD).await?;
    let found = client.query(&sql, &[&sessions]).await?;
    found.iter().map(|row| Ok((rows::get(row, "session")?, rows::held(row)?))).collect()
}

async fn known(client: &Client, demands: &[&[u8]]) -> Result<HashMap<DemandId, Known>, Failure> {
    if demands.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "WITH RECURSIVE chain (rank, next, step) AS (SELECT rank, moved_to, 0 FROM demands WHERE id = ANY ($1) \
               UNION ALL SELECT d.rank, d.moved_to, c.step + 1 FROM demands d JOIN chain c ON d.rank = c.next WHERE c.step < $2) \
               SELECT d.rank, d.id, d.session, d.ended, d.name_key, d.email_key, d.phone, d.cautions, n.id AS moved_to_id, \
               (SELECT MAX(written_at) FROM outbox WHERE demand = d.rank AND kind = 'code') AS coded_at \
               FROM demands d LEFT JOIN demands n ON n.rank = d.moved_to WHERE d.rank IN (SELECT rank FROM chain)";
    let sql = client.prepare_cached(sql).await?;
    let steps = i32::try_from(LONGEST_CHAIN).unwrap_or(i32::MAX);
    let found = client.query(&sql, &[&demands, &steps]).await?;
    found.iter().map(|row| Ok((rows::demand_id(row, "id")?, rows::known(row)?))).collect()
}

async fn answered(
    client: &Client,
    fingerprints: &[&[u8]],
) -> Result<HashMap<(String, Fingerprint), (DemandId, Given)>, Failure> {
    if fingerprints.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = client.prepare_cached(ANSWERED).await?;
    let found = client.query(&sql, &[&fingerprints]).await?;
    let read = |row: &tokio_postgres::Row| {
        let fingerprint = rows::demand_id(row, "fingerprint")?.0;
        let given = Given::of_first_answer(rows::get(row, "answer")?);
        Ok(((rows::get(row, "envoi")?, fingerprint), (rows::demand_id(row, "id")?, given)))
    };
    found.iter().map(read).collect()
}

async fn reached(client: &Client, sessions: &[i64]) -> Result<HashSet<(i64, Timestamp, Milestone)>, Failure> {
    let sql = client.prepare_cached("SELECT session, starts, what FROM milestones WHERE session = ANY ($1)").await?;
    let mut reached = HashSet::new();
    for row in client.query(&sql, &[&sessions]).await? {
        if let Some(milestone) = Milestone::of_name(rows::get(&row, "what")?) {
            reached.insert((rows::get(&row, "session")?, rows::instant(&row, "starts")?, milestone));
        }
    }
    Ok(reached)
}

async fn ranks(client: &Client, count: i64) -> Result<VecDeque<Rank>, Failure> {
    if count == 0 {
        return Ok(VecDeque::new());
    }
    let sql = client.prepare_cached(RANKS).await?;
    client.query(&sql, &[&count]).await?.iter().map(|row| rows::get(row, "rank")).collect()
}

impl Rows for Loaded<'_> {
    type Error = Failure;

    fn answered(&mut self, envoi: &str, fingerprint: &Fingerprint) -> Result<Option<(DemandId, Given)>, Failure> {
        Ok(self.answered.get(&(envoi.to_owned(), *fingerprint)).copied())
    }

    fn session(&mut self, id: &str) -> Result<Option<Book>, Failure> {
        let Some(key) = self.keys.get(id) else { return Ok(None) };
        self.book(*key).map(Some)
    }

    fn book(&mut self, session: i64) -> Result<Book, Failure> {
        // A demand that was moved between the lock and the reading: the order is tried again.
        self.books.get(&session).cloned().ok_or_else(|| Failure::Passing("a session was not locked".to_owned()))
    }

    fn demand(&mut self, id: DemandId) -> Result<Option<Known>, Failure> {
        Ok(self.demands.get(&id).cloned())
    }

    fn is_reached(&mut self, session: i64, starts: Timestamp, milestone: Milestone) -> Result<bool, Failure> {
        Ok(self.reached.contains(&(session, starts, milestone)))
    }

    fn newcomer(&mut self, now: Timestamp) -> Result<(Rank, DemandId), Failure> {
        let none = || Failure::Lasting("no rank is left".to_owned());
        Ok((self.ranks.pop_front().ok_or_else(none)?, DemandId::new(now, self.entropy)?))
    }

    fn write(&mut self, now: Timestamp, entry: &Entry<'_>) -> Result<(), Failure> {
        if let Entry::Reached { session, starts, milestone } = *entry {
            self.reached.insert((session, starts, milestone));
        }
        if let Entry::Demand(new) = entry
            && let Some(envoi) = &new.submission.demand.submission
        {
            // The same form, once more in this batch.
            self.answered.insert((envoi.clone(), new.submission.fingerprint), (new.id, new.answer));
        }
        self.entries.add(now, entry, self.entropy)
    }
}
