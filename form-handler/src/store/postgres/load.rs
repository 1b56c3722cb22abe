//! What a batch of operations looks at, read at once behind the locks of its sessions; and what it
//! writes, kept for [`super::write_batch`].

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::{cache::SessionCache, write_batch::WriteBatch};
use crate::{
    demand::{Contact, Fingerprint},
    enrolment::{Comparison, Ended, MessageKind, Milestone, Rank, Standing},
    store::{
        backend::Row,
        cached_session::CachedSession,
        engine::{Engine, Tables},
        error::DatabaseError,
        links::{LED, OPEN_ID},
        mutation::{MovedDemand, Mutation, RareMutation},
        operation::Operation,
        outcome::Given,
        rows::{self, BOOK, BOOK_ENTRY, KNOWN, KnownDemand},
    },
    system::Entropy,
    token::DemandId,
};

/// Everything that the operations of a batch may ask for, beside their sessions. What the batch
/// writes is applied to it at once: each operation finds what those before it left.
pub(super) struct Loaded<'a> {
    demands: LoadedDemands,
    answered: Answered,
    reached: HashSet<(i64, Timestamp, Milestone)>,
    ranks: VecDeque<Rank>,
    entropy: &'a dyn Entropy,
    pub(super) batch: WriteBatch,
    /// The version of each session that is locked.
    pub(super) versions: HashMap<i64, i64>,
}

/// What forms were answered: by whose session, about which demand.
type Answered = HashMap<(String, Fingerprint), (i64, DemandId, Given)>;

/// What operations name.
struct Lookup<'o> {
    sessions: Vec<&'o str>,
    keys: Vec<i64>,
    demands: Vec<&'o [u8]>,
    /// Demands by ids of their own.
    rows: Vec<&'o [u8]>,
    /// Forms, by their sessions.
    forms: Vec<(&'o str, &'o str, &'o Fingerprint)>,
    /// Ranks that may be given.
    newcomers: i64,
    /// Whether milestones are asked for.
    milestones: bool,
}

impl<'o> Lookup<'o> {
    fn of(operations: &[&'o Operation]) -> Self {
        let mut lookup = Self {
            sessions: Vec::new(),
            keys: Vec::new(),
            demands: Vec::new(),
            rows: Vec::new(),
            forms: Vec::new(),
            newcomers: 0,
            milestones: false,
        };
        for operation in operations {
            match operation {
                Operation::Submit(submission) => {
                    lookup.sessions.push(&submission.demand.session);
                    if let Some(envoi) = &submission.demand.submission {
                        lookup.forms.push((&submission.demand.session, envoi, &submission.fingerprint));
                    }
                    lookup.newcomers += 1;
                }
                Operation::Move { id, session } => {
                    lookup.sessions.push(session);
                    lookup.demands.push(&id.0);
                    lookup.newcomers += 1;
                }
                Operation::Carry { id, to } | Operation::OfferNext { id, to } => {
                    lookup.keys.push(*to);
                    lookup.demands.push(&id.0);
                    lookup.newcomers += 1;
                }
                Operation::Change { id, .. }
                | Operation::Rewrite { id, .. }
                | Operation::SendCode { id }
                | Operation::AskCalendar { id }
                | Operation::Erase { id }
                | Operation::EraseAgain { id } => {
                    lookup.demands.push(&id.0);
                }
                Operation::Correct { id, renewed, .. } => lookup.demands.extend([&id.0[..], &renewed.0[..]]),
                Operation::CancelEarlier { earlier, kept } => lookup.demands.extend([&earlier.0[..], &kept.0[..]]),
                Operation::Compare { id } => lookup.rows.push(&id.0),
                Operation::Reach { session, .. } => {
                    lookup.keys.push(*session);
                    lookup.milestones = true;
                }
                Operation::Settle { session }
                | Operation::Moved { session }
                | Operation::Sight { session, .. }
                | Operation::EraseSession { session, .. }
                | Operation::AcceptDate { session, .. }
                | Operation::AnswerBurst { session, .. }
                | Operation::Decide { session, .. } => {
                    lookup.keys.push(*session);
                }
            }
        }
        lookup
    }
}

/// Begins a transaction, locks the sessions of these operations, in the order of their keys, so
/// that no two batches wait for each other, and stocks the engine with them: those that were
/// cached, unless somebody else wrote since, and the others as they are read. What needs no answer
/// of another goes with it: most batches find everything cached, and this is one way there and
/// back. `lock_wait`: how long the transaction waits for what somebody else holds.
pub(super) async fn load<'a>(
    client: &Client,
    cache: &mut SessionCache,
    engine: &mut Engine,
    operations: &[&Operation],
    entropy: &'a dyn Entropy,
    lock_wait: Duration,
) -> Result<Loaded<'a>, DatabaseError> {
    let mut lookup = Lookup::of(operations);
    lookup.keys.extend(sessions_of(client, &lookup.demands, &lookup.rows).await?);
    // Whoever writes about a session raises its version: who finds it one above what it left knows
    // that nobody did meanwhile.
    let lock = format!(
        "WITH locked AS (SELECT key FROM sessions WHERE key = ANY ($1) OR id = ANY ($2) ORDER BY key FOR NO KEY UPDATE) \
         UPDATE sessions s SET version = s.version + 1 FROM locked l LEFT JOIN doubtful_dates t ON t.session = l.key \
         WHERE s.key = l.key RETURNING s.version, {BOOK}"
    );
    let lock = client.prepare_cached(&lock).await?;
    if lookup.newcomers > 0 {
        client.prepare_cached(RANKS).await?;
    }
    let parameters: [&(dyn ToSql + Sync); 2] = [&lookup.keys, &lookup.sessions];
    let begin = format!("BEGIN; SET LOCAL lock_timeout = {}", lock_wait.as_millis());
    let begin = async { Ok::<_, DatabaseError>(client.batch_execute(&begin).await?) };
    let locked = async { Ok(client.query(&lock, &parameters).await?) };
    // One behind the other: ranks are given behind the lock.
    let ((), locked, ranks) = tokio::try_join!(biased; begin, locked, ranks(client, lookup.newcomers))?;
    let (mut sessions, mut keys, mut versions) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut unknown = Vec::new();
    for row in locked {
        let ((id, book), version) = (rows::book(&row)?, rows::number(&row, "version")?);
        let session = book.session;
        let cached = cache.take(session, version).unwrap_or_else(|| {
            unknown.push(session);
            CachedSession::new(book)
        });
        keys.insert(id, session);
        versions.insert(session, version);
        sessions.insert(session, cached);
    }
    // Most forms were never seen, which their session's cache knows.
    let to_ask = |(id, envoi, fingerprint): &(&str, &str, &'_ Fingerprint)| {
        let session = keys.get(*id)?;
        let asked = unknown.contains(session) || sessions.get(session)?.forms.may_have(envoi, fingerprint);
        asked.then_some(fingerprint.to_vec())
    };
    let entries = book_entries();
    let forms: Vec<Vec<u8>> = lookup.forms.iter().filter_map(to_ask).collect();
    prepare(client, &unknown, &forms).await?;
    // Behind the lock: what others decided is there, and nobody decides meanwhile.
    let (entries, demands, answered) = tokio::try_join!(
        query(client, !unknown.is_empty(), &entries, [&unknown]),
        known(client, &lookup.demands, &lookup.rows),
        answered(client, &forms)
    )?;
    let locked: Vec<i64> = sessions.keys().copied().collect();
    let reached = reached(client, lookup.milestones, &locked).await?;
    for row in entries {
        let Some(cached) = sessions.get_mut(&rows::number(&row, "session")?) else { continue };
        if let (Some(fingerprint), Some(envoi)) = (row.bytes("fingerprint")?, row.text("envoi")?) {
            cached.forms.add(envoi, fingerprint);
        }
        cached.book.rows.extend(rows::book_entry(&row)?);
    }
    engine.stock(keys, sessions);
    Ok(Loaded { demands, answered, reached, ranks, entropy, batch: WriteBatch::default(), versions })
}

/// The sessions of the demands that these ids lead to, and of those that have these very ids.
async fn sessions_of(client: &Client, ids: &[&[u8]], rows: &[&[u8]]) -> Result<Vec<i64>, DatabaseError> {
    let sql = format!("SELECT DISTINCT d.session FROM {LED}");
    let anything = !(ids.is_empty() && rows.is_empty());
    query(client, anything, &sql, [&ids, &rows]).await?.iter().map(|row| rows::number(row, "session")).collect()
}

fn book_entries() -> String {
    format!("SELECT {BOOK_ENTRY} FROM demands WHERE session = ANY ($1) ORDER BY rank")
}

fn answered_forms() -> String {
    format!("SELECT envoi, fingerprint, session, {OPEN_ID} AS id, answer FROM demands d WHERE fingerprint = ANY ($1)")
}

const RANKS: &str = "SELECT nextval('demand_ranks') AS rank FROM generate_series(1, $1::bigint)";

/// Has the statements of [`load`] understood, the first time that a connection meets them.
async fn prepare(client: &Client, sessions: &[i64], forms: &[Vec<u8>]) -> Result<(), DatabaseError> {
    if !sessions.is_empty() {
        client.prepare_cached(&book_entries()).await?;
    }
    if !forms.is_empty() {
        client.prepare_cached(&answered_forms()).await?;
    }
    Ok(())
}

/// What a query finds; nothing when nothing is looked for, without a way there and back.
async fn query<const N: usize>(
    client: &Client,
    anything: bool,
    sql: &str,
    values: [&(dyn ToSql + Sync); N],
) -> Result<Vec<tokio_postgres::Row>, DatabaseError> {
    if !anything {
        return Ok(Vec::new());
    }
    let sql = client.prepare_cached(sql).await?;
    Ok(client.query(&sql, &values).await?)
}

async fn known(client: &Client, ids: &[&[u8]], own: &[&[u8]]) -> Result<LoadedDemands, DatabaseError> {
    let mut demands = LoadedDemands::default();
    let sql = format!("SELECT led.id AS led_id, {KNOWN} FROM {LED}");
    let anything = !(ids.is_empty() && own.is_empty());
    for row in query(client, anything, &sql, [&ids, &own]).await? {
        let known = rows::known(&row)?;
        let (led, own) = (rows::optional_id(&row, "led_id")?, rows::demand_id(&row, "id")?);
        demands.own.insert(own, known.rank);
        demands.ids.extend(led.map(|id| (id, known.rank)));
        // A demand that was not moved is led to by its own name.
        if known.ended != Some(Ended::Moved) {
            demands.ids.insert(own, known.rank);
        }
        demands.known.insert(known.rank, known);
    }
    Ok(demands)
}

/// Demands, and the ids that lead to them.
#[derive(Default)]
struct LoadedDemands {
    /// To which demand an id leads.
    ids: HashMap<DemandId, Rank>,
    /// Which demand has it as its own.
    own: HashMap<DemandId, Rank>,
    known: HashMap<Rank, KnownDemand>,
}

impl LoadedDemands {
    fn find(&self, id: DemandId) -> Option<KnownDemand> {
        self.known.get(self.ids.get(&id)?).cloned()
    }

    fn row(&self, id: DemandId) -> Option<KnownDemand> {
        self.known.get(self.own.get(&id)?).cloned()
    }

    /// Applies what is written, as the tables will have it.
    fn apply(&mut self, now: Timestamp, mutation: &Mutation<'_>) {
        match *mutation {
            Mutation::Demand(ref new) => {
                let (contact, other_parent) = (new.submission.contact, new.submission.demand.other_parent);
                self.arrive((new.rank, new.id), new.session, (contact, other_parent), new.to_compare);
                self.change(new.rank, |known| known.held = new.standing == Standing::Held);
            }
            Mutation::Ended { rank, how, to_compare } => self.change(rank, |known| {
                (known.ended, known.to_compare) = (Some(how), to_compare);
            }),
            Mutation::Compared { rank } => self.change(rank, |known| known.to_compare = None),
            Mutation::Message { rank, kind: MessageKind::Code, .. } => {
                self.change(rank, |known| known.coded_at = Some(now));
            }
            Mutation::Rare(ref rare) => self.apply_rare(rare),
            _ => {}
        }
    }

    fn apply_rare(&mut self, rare: &RareMutation) {
        match *rare {
            RareMutation::Moved(MovedDemand { from, rank, id, session, to_compare, .. }) => {
                let left = self.known.get(&from);
                let Some(person) = left.map(|left| (left.contact, left.other_parent)) else { return };
                self.ids.values_mut().filter(|leads| **leads == from).for_each(|leads| *leads = rank);
                self.arrive((rank, id), session, person, to_compare);
            }
            RareMutation::Admitted { rank, to_compare, .. } => self.change(rank, |known| {
                (known.held, known.to_compare) = (false, to_compare);
            }),
            RareMutation::Contact { rank, ref details, to_compare, .. } => self.change(rank, |known| {
                known.contact = details.contact(known.contact.name);
                let left = known.to_compare.map(|_| Comparison::ForTeam);
                known.to_compare = to_compare.or(left);
            }),
            RareMutation::Renewed { rank, id } => {
                self.ids.retain(|_, leads| *leads != rank);
                self.own.retain(|_, row| *row != rank);
                self.ids.insert(id, rank);
                self.own.insert(id, rank);
            }
            RareMutation::Revived { rank } => self.change(rank, |known| known.ended = None),
            RareMutation::Erased { rank, .. } => {
                // What it was before it was moved goes with it.
                let (known, own) = (&mut self.known, &self.own);
                self.ids.retain(|id, leads| {
                    let stays = *leads != rank;
                    if let Some(row) = own.get(id).filter(|_| !stays) {
                        known.remove(row);
                    }
                    stays
                });
                known.remove(&rank);
            }
            RareMutation::SessionErased { session } => {
                self.known.retain(|_, known| known.session != session);
                let known = &self.known;
                self.ids.retain(|_, leads| known.contains_key(leads));
            }
            _ => {}
        }
    }

    fn arrive(
        &mut self,
        (rank, id): (Rank, DemandId),
        session: i64,
        (contact, other_parent): (Contact, bool),
        to_compare: Option<Comparison>,
    ) {
        self.ids.insert(id, rank);
        self.own.insert(id, rank);
        let known =
            KnownDemand { rank, session, ended: None, held: false, other_parent, contact, to_compare, coded_at: None };
        self.known.insert(rank, known);
    }

    fn change(&mut self, rank: Rank, change: impl FnOnce(&mut KnownDemand)) {
        if let Some(known) = self.known.get_mut(&rank) {
            change(known);
        }
    }
}

async fn answered(client: &Client, fingerprints: &[Vec<u8>]) -> Result<Answered, DatabaseError> {
    let found = query(client, !fingerprints.is_empty(), &answered_forms(), [&fingerprints]).await?;
    let read = |row: &tokio_postgres::Row| {
        let fingerprint = rows::demand_id(row, "fingerprint")?.0;
        let answer = (rows::number(row, "session")?, rows::demand_id(row, "id")?, rows::first_answer(row)?);
        Ok(((rows::text(row, "envoi")?, fingerprint), answer))
    };
    found.iter().map(read).collect()
}

async fn reached(
    client: &Client,
    asked: bool,
    sessions: &[i64],
) -> Result<HashSet<(i64, Timestamp, Milestone)>, DatabaseError> {
    let sql = "SELECT session, starts, what FROM milestones WHERE session = ANY ($1)";
    let mut reached = HashSet::new();
    for row in query(client, asked, sql, [&sessions]).await? {
        let milestone = rows::milestone(&rows::text(&row, "what")?)?;
        reached.insert((rows::number(&row, "session")?, rows::instant(&row, "starts")?, milestone));
    }
    Ok(reached)
}

async fn ranks(client: &Client, count: i64) -> Result<VecDeque<Rank>, DatabaseError> {
    query(client, count > 0, RANKS, [&count]).await?.iter().map(|row| rows::number(row, "rank")).collect()
}

impl Tables for Loaded<'_> {
    fn answered(
        &mut self,
        _: i64,
        envoi: &str,
        fingerprint: &Fingerprint,
    ) -> Result<Option<(DemandId, Given)>, DatabaseError> {
        let found = self.answered.get(&(envoi.to_owned(), *fingerprint));
        Ok(found.map(|(_, id, given)| (*id, *given)))
    }

    /// Those that are there were locked, and are in the engine.
    fn session(&mut self, _: &str) -> Result<Option<CachedSession>, DatabaseError> {
        Ok(None)
    }

    fn session_of_key(&mut self, _: i64) -> Result<CachedSession, DatabaseError> {
        // A demand that was moved between the lock and the reading: the operation is tried again.
        Err(DatabaseError::passing("a session was not locked"))
    }

    fn demand(&mut self, id: DemandId) -> Result<Option<KnownDemand>, DatabaseError> {
        Ok(self.demands.find(id))
    }

    fn row(&mut self, id: DemandId) -> Result<Option<KnownDemand>, DatabaseError> {
        Ok(self.demands.row(id))
    }

    fn is_reached(&mut self, session: i64, starts: Timestamp, milestone: Milestone) -> Result<bool, DatabaseError> {
        Ok(self.reached.contains(&(session, starts, milestone)))
    }

    fn newcomer(&mut self, now: Timestamp) -> Result<(Rank, DemandId), DatabaseError> {
        let none = || DatabaseError::lasting("no rank is left");
        Ok((self.ranks.pop_front().ok_or_else(none)?, DemandId::new(now, self.entropy)?))
    }

    fn write(&mut self, now: Timestamp, mutation: &Mutation<'_>) -> Result<(), DatabaseError> {
        match *mutation {
            // A form is forgotten with its demand, whatever that became.
            Mutation::Rare(RareMutation::Erased { rank, .. }) => {
                let ids = &self.demands.ids;
                self.answered.retain(|_, (_, id, _)| ids.get(id) != Some(&rank));
            }
            Mutation::Rare(RareMutation::Renewed { rank, id }) => {
                let ids = &self.demands.ids;
                for (_, answered, _) in self.answered.values_mut().filter(|(_, id, _)| ids.get(id) == Some(&rank)) {
                    *answered = id;
                }
            }
            Mutation::Rare(RareMutation::SessionErased { session }) => {
                self.answered.retain(|_, (of, ..)| *of != session);
            }
            Mutation::Rare(RareMutation::Reached { session, starts, milestone }) => {
                self.reached.insert((session, starts, milestone));
            }
            // The same form, once more in this batch.
            Mutation::Demand(ref new) => {
                if let Some(envoi) = &new.submission.demand.submission {
                    let answer = (new.session, new.id, new.answer);
                    self.answered.insert((envoi.clone(), new.submission.fingerprint), answer);
                }
            }
            _ => {}
        }
        self.demands.apply(now, mutation);
        self.batch.add(now, mutation, self.entropy)
    }
}
