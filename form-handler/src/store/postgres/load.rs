//! What a batch of orders looks at, read at once behind the locks of its sessions; and the entries
//! that it writes, kept for [`super::entries`].

use std::collections::{HashMap, HashSet, VecDeque};

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::{
    entries::Entries,
    failure::Failure,
    kept::Kept,
    rows::{self, BOOK},
};
use crate::{
    agenda::Milestone,
    demand::Fingerprint,
    enrolment::{Comparison, Ended, MessageKind, Rank},
    store::{
        Given, Order,
        binder::Binder,
        ledger::{Entry, Known, Ledger, Rows},
    },
    system::Entropy,
    token::DemandId,
};

/// Everything that the orders of a batch may ask for, beside the binders of their sessions. What
/// the batch writes is applied to it at once: each order finds what those before it left.
pub(super) struct Loaded<'a> {
    demands: Demands,
    answered: Answered,
    reached: HashSet<(i64, Timestamp, Milestone)>,
    ranks: VecDeque<Rank>,
    entropy: &'a dyn Entropy,
    pub(super) entries: Entries,
    /// The version of each session that is locked.
    pub(super) versions: HashMap<i64, i64>,
}

/// What forms were answered: by whose session, about which demand.
type Answered = HashMap<(String, Fingerprint), (i64, DemandId, Given)>;

/// What orders name.
struct Named<'o> {
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

impl<'o> Named<'o> {
    fn of(orders: &[&'o Order]) -> Self {
        let mut named = Self {
            sessions: Vec::new(),
            keys: Vec::new(),
            demands: Vec::new(),
            rows: Vec::new(),
            forms: Vec::new(),
            newcomers: 0,
            milestones: false,
        };
        for order in orders {
            match order {
                Order::Submit(submission) => {
                    named.sessions.push(&submission.demand.session);
                    if let Some(envoi) = &submission.demand.submission {
                        named.forms.push((&submission.demand.session, envoi, &submission.fingerprint));
                    }
                    named.newcomers += 1;
                }
                Order::Move { id, session } => {
                    named.sessions.push(session);
                    named.demands.push(&id.0);
                    named.newcomers += 1;
                }
                Order::Carry { id, to } | Order::OfferNext { id, to } => {
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
                Order::Compare { id } => named.rows.push(&id.0),
                Order::Reach { session, .. } => {
                    named.keys.push(*session);
                    named.milestones = true;
                }
                Order::Settle { session }
                | Order::Moved { session }
                | Order::Sight { session, .. }
                | Order::EraseSession { session, .. }
                | Order::AcceptDate { session, .. }
                | Order::Decide { session, .. } => {
                    named.keys.push(*session);
                }
            }
        }
        named
    }
}

/// Begins a transaction, locks the sessions of these orders, in the order of their keys, so that no
/// two batches wait for each other, and stocks the ledger with their binders: those that were kept,
/// unless somebody else wrote since, and the others as they are read. What needs no answer of
/// another goes with it: most batches find everything kept, and this is one way there and back.
pub(super) async fn load<'a>(
    client: &Client,
    kept: &mut Kept,
    ledger: &mut Ledger,
    orders: &[&Order],
    entropy: &'a dyn Entropy,
) -> Result<Loaded<'a>, Failure> {
    let mut named = Named::of(orders);
    if !(named.demands.is_empty() && named.rows.is_empty()) {
        named.keys.extend(sessions_of(client, &named.demands, &named.rows).await?);
    }
    // Whoever writes about a session raises its version: who finds it one above what it left knows
    // that nobody did meanwhile.
    let lock = format!(
        "WITH locked AS (SELECT key FROM sessions WHERE key = ANY ($1) OR id = ANY ($2) ORDER BY key FOR NO KEY UPDATE) \
         UPDATE sessions s SET version = s.version + 1 FROM locked l LEFT JOIN doubtful_dates t ON t.session = l.key \
         WHERE s.key = l.key RETURNING s.version, {BOOK}"
    );
    let lock = client.prepare_cached(&lock).await?;
    if named.newcomers > 0 {
        client.prepare_cached(RANKS).await?;
    }
    let parameters: [&(dyn ToSql + Sync); 2] = [&named.keys, &named.sessions];
    let begin = async { Ok::<_, Failure>(client.batch_execute("BEGIN").await?) };
    let locked = async { Ok(client.query(&lock, &parameters).await?) };
    // One behind the other: ranks are given behind the lock.
    let ((), locked, ranks) = tokio::try_join!(biased; begin, locked, ranks(client, named.newcomers))?;
    let (mut binders, mut keys, mut versions) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut unknown = Vec::new();
    for row in locked {
        let ((id, book), version) = (rows::book(&row)?, rows::get(&row, "version")?);
        let session = book.session;
        let binder = kept.take(session, version).unwrap_or_else(|| {
            unknown.push(session);
            Binder::new(book)
        });
        keys.insert(id, session);
        versions.insert(session, version);
        binders.insert(session, binder);
    }
    // Most forms were never seen, which their session's binder knows.
    let to_ask = |(id, envoi, fingerprint): &(&str, &str, &'_ Fingerprint)| {
        let session = keys.get(*id)?;
        let asked = unknown.contains(session) || binders.get(session)?.forms.may_have(envoi, fingerprint);
        asked.then_some(fingerprint.to_vec())
    };
    let forms: Vec<Vec<u8>> = named.forms.iter().filter_map(to_ask).collect();
    prepare(client, &unknown, &forms).await?;
    // Behind the lock: what others decided is there, and nobody decides meanwhile.
    let (held, demands, answered) =
        tokio::try_join!(held(client, &unknown), known(client, &named.demands, &named.rows), answered(client, &forms))?;
    let locked: Vec<i64> = binders.keys().copied().collect();
    let reached = if named.milestones { reached(client, &locked).await? } else { HashSet::new() };
    for row in held {
        let Some(binder) = binders.get_mut(&rows::get(&row, "session")?) else { continue };
        if let (Some(fingerprint), Some(envoi)) = (rows::get(&row, "fingerprint")?, rows::get(&row, "envoi")?) {
            binder.forms.add(envoi, fingerprint);
        }
        // What has ended holds nothing, but for a ghost.
        if rows::ended(&row)?.is_none_or(|how| how == Ended::Merged) {
            binder.book.rows.push(rows::held(&row)?);
        }
    }
    ledger.stock(keys, binders);
    Ok(Loaded { demands, answered, reached, ranks, entropy, entries: Entries::default(), versions })
}

/// The sessions of the demands that these ids lead to, and of those that have these very ids.
async fn sessions_of(client: &Client, ids: &[&[u8]], rows: &[&[u8]]) -> Result<Vec<i64>, Failure> {
    let sql = format!("SELECT DISTINCT d.session FROM {LED}");
    let sql = client.prepare_cached(&sql).await?;
    client.query(&sql, &[&ids, &rows]).await?.iter().map(|row| rows::get(row, "session")).collect()
}

/// The demands that ids (`$1`) lead to, as `d`, beside the ids themselves, as `led`. One that was
/// moved is reached by its link alone; those that have very ids (`$2`) are not led to.
const LED: &str = "(SELECT id, demand FROM links WHERE id = ANY ($1) \
                   UNION ALL SELECT id, rank FROM demands WHERE id = ANY ($1) AND ended IS DISTINCT FROM 'moved' \
                   UNION ALL SELECT NULL, rank FROM demands WHERE id = ANY ($2)) AS led (id, demand) \
                   JOIN demands d ON d.rank = led.demand";

const HELD: &str = "SELECT session, rank, id, standing, offered_until, to_confirm, ended, places, name_key, email_key, phone, cautions, first, \
                    fingerprint, envoi FROM demands WHERE session = ANY ($1) ORDER BY rank";
const ANSWERED: &str = "SELECT envoi, fingerprint, session, id, answer FROM demands WHERE fingerprint = ANY ($1)";
const RANKS: &str = "SELECT nextval('demand_ranks') AS rank FROM generate_series(1, $1::bigint)";

/// Has the statements of [`load`] understood, the first time that a connection meets them.
async fn prepare(client: &Client, sessions: &[i64], forms: &[Vec<u8>]) -> Result<(), Failure> {
    if !sessions.is_empty() {
        client.prepare_cached(HELD).await?;
    }
    if !forms.is_empty() {
        client.prepare_cached(ANSWERED).await?;
    }
    Ok(())
}

async fn held(client: &Client, sessions: &[i64]) -> Result<Vec<tokio_postgres::Row>, Failure> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let sql = client.prepare_cached(HELD).await?;
    Ok(client.query(&sql, &[&sessions]).await?)
}

async fn known(client: &Client, ids: &[&[u8]], own: &[&[u8]]) -> Result<Demands, Failure> {
    let mut demands = Demands::default();
    if ids.is_empty() && own.is_empty() {
        return Ok(demands);
    }
    let sql = format!(
        "SELECT led.id AS led_id, d.id, d.rank, d.session, d.ended, d.name_key, d.email_key, d.phone, d.cautions, d.to_compare, \
         (SELECT MAX(written_at) FROM outbox WHERE demand = d.rank AND kind = 'code') AS coded_at FROM {LED}"
    );
    let sql = client.prepare_cached(&sql).await?;
    for row in client.query(&sql, &[&ids, &own]).await? {
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
struct Demands {
    /// To which demand an id leads.
    ids: HashMap<DemandId, Rank>,
    /// Which demand has it as its own.
    own: HashMap<DemandId, Rank>,
    known: HashMap<Rank, Known>,
}

impl Demands {
    fn find(&self, id: DemandId) -> Option<Known> {
        self.known.get(self.ids.get(&id)?).cloned()
    }

    fn row(&self, id: DemandId) -> Option<Known> {
        self.known.get(self.own.get(&id)?).cloned()
    }

    /// Applies what is written, as the tables will have it.
    fn apply(&mut self, now: Timestamp, entry: &Entry<'_>) {
        match *entry {
            Entry::Demand(ref new) => {
                self.ids.insert(new.id, new.rank);
                self.own.insert(new.id, new.rank);
                let contact = new.submission.contact;
                let (rank, session, to_compare) = (new.rank, new.session, new.to_compare);
                self.known.insert(rank, Known { rank, session, ended: None, contact, to_compare, coded_at: None });
            }
            Entry::Moved { from, rank, id, session, to_compare, .. } => {
                let Some(left) = self.known.get(&from) else { return };
                let contact = left.contact;
                self.known.insert(rank, Known { rank, session, ended: None, contact, to_compare, coded_at: None });
                self.ids.values_mut().filter(|leads| **leads == from).for_each(|leads| *leads = rank);
                self.ids.insert(id, rank);
                self.own.insert(id, rank);
            }
            Entry::Ended { rank, how, to_compare } => self.change(rank, |known| {
                (known.ended, known.to_compare) = (Some(how), to_compare);
            }),
            Entry::Compared { rank } => self.change(rank, |known| known.to_compare = None),
            Entry::Contact { rank, details, to_compare, .. } => self.change(rank, |known| {
                known.contact = details.contact(known.contact.name);
                let left = known.to_compare.map(|_| Comparison::ForTeam);
                known.to_compare = to_compare.or(left);
            }),
            Entry::Message { rank, kind: MessageKind::Code, .. } => {
                self.change(rank, |known| known.coded_at = Some(now));
            }
            Entry::Erased { rank, .. } => {
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
            Entry::SessionErased { session } => {
                self.known.retain(|_, known| known.session != session);
                let known = &self.known;
                self.ids.retain(|_, leads| known.contains_key(leads));
            }
            _ => {}
        }
    }

    fn change(&mut self, rank: Rank, change: impl FnOnce(&mut Known)) {
        if let Some(known) = self.known.get_mut(&rank) {
            change(known);
        }
    }
}

async fn answered(client: &Client, fingerprints: &[Vec<u8>]) -> Result<Answered, Failure> {
    if fingerprints.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = client.prepare_cached(ANSWERED).await?;
    let found = client.query(&sql, &[&fingerprints]).await?;
    let read = |row: &tokio_postgres::Row| {
        let fingerprint = rows::demand_id(row, "fingerprint")?.0;
        let given = Given::of_first_answer(rows::get(row, "answer")?);
        let answer = (rows::get(row, "session")?, rows::demand_id(row, "id")?, given);
        Ok(((rows::get(row, "envoi")?, fingerprint), answer))
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

    fn answered(
        &mut self,
        _: i64,
        envoi: &str,
        fingerprint: &Fingerprint,
    ) -> Result<Option<(DemandId, Given)>, Failure> {
        let found = self.answered.get(&(envoi.to_owned(), *fingerprint));
        Ok(found.map(|(_, id, given)| (*id, *given)))
    }

    /// Those that are there were locked, and are in the ledger.
    fn session(&mut self, _: &str) -> Result<Option<Binder>, Failure> {
        Ok(None)
    }

    fn binder(&mut self, _: i64) -> Result<Binder, Failure> {
        // A demand that was moved between the lock and the reading: the order is tried again.
        Err(Failure::Passing("a session was not locked".to_owned()))
    }

    fn demand(&mut self, id: DemandId) -> Result<Option<Known>, Failure> {
        Ok(self.demands.find(id))
    }

    fn row(&mut self, id: DemandId) -> Result<Option<Known>, Failure> {
        Ok(self.demands.row(id))
    }

    fn is_reached(&mut self, session: i64, starts: Timestamp, milestone: Milestone) -> Result<bool, Failure> {
        Ok(self.reached.contains(&(session, starts, milestone)))
    }

    fn newcomer(&mut self, now: Timestamp) -> Result<(Rank, DemandId), Failure> {
        let none = || Failure::Lasting("no rank is left".to_owned());
        Ok((self.ranks.pop_front().ok_or_else(none)?, DemandId::new(now, self.entropy)?))
    }

    fn write(&mut self, now: Timestamp, entry: &Entry<'_>) -> Result<(), Failure> {
        // A form is forgotten with its demand, whatever that became.
        match *entry {
            Entry::Erased { rank, .. } => {
                let ids = &self.demands.ids;
                self.answered.retain(|_, (_, id, _)| ids.get(id) != Some(&rank));
            }
            Entry::SessionErased { session } => self.answered.retain(|_, (of, ..)| *of != session),
            _ => {}
        }
        self.demands.apply(now, entry);
        if let Entry::Reached { session, starts, milestone } = *entry {
            self.reached.insert((session, starts, milestone));
        }
        if let Entry::Demand(new) = entry
            && let Some(envoi) = &new.submission.demand.submission
        {
            // The same form, once more in this batch.
            self.answered.insert((envoi.clone(), new.submission.fingerprint), (new.session, new.id, new.answer));
        }
        self.entries.add(now, entry, self.entropy)
    }
}
