//! A `PostgreSQL` server, for several instances side by side, or many towns.
//!
//! A decision holds the row lock of its session ([`clerk`]), reads what others decided behind it
//! ([`load`]), and writes what came of it in a handful of statements ([`entries`]). The tables' own
//! constraints are a second net. `LISTEN` wakes whoever publishes in every instance. A server that
//! was restarted, or a standby that took its place, is gone on with.

mod clerk;
mod connection;
mod content;
mod entries;
mod failure;
mod kept;
mod load;
mod outbox;
mod people;
mod rare;
mod retention;
mod rows;
mod settings;
mod team;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use data_encoding::BASE64URL_NOPAD;
use deadpool_postgres::{Client, Pool, Transaction};
use entreparentaise::model::Availability;
use futures_util::StreamExt;
use jiff::{Timestamp, civil::Date};
use tokio::sync::{oneshot, watch};
use tokio_postgres::AsyncMessage;

pub use self::connection::Server;
use self::{
    clerk::{Clerks, Office},
    failure::Failure,
    rows::ms,
};
use super::{
    Answer, Attempt, Call, Counted, Digest, EndedSession, FollowUp, NoticeRow, Order, Outcome, Outdated, Outgoing,
    Personal, SessionRecord, SessionStatus, Store, StoreError, Synced, Tally, TeamRow, ToConfirm, unlooked::Unlooked,
};
use crate::{agenda::Facts, enrolment::Terms, phrase::Phrase, system::Entropy, token::DemandId};

/// The channel on which instances tell each other that a state changed. Nothing about whom.
const CHANNEL: &str = "entreparentaise";

/// Before the listener looks for the server again.
const PAUSE: Duration = Duration::from_millis(500);

/// Enrolments in a `PostgreSQL` database.
#[derive(Debug)]
pub struct PostgresStore {
    pool: Pool,
    clerks: Clerks,
    entropy: Arc<dyn Entropy>,
    name: Arc<str>,
    changes: Arc<watch::Sender<u64>>,
    states: Arc<watch::Sender<u64>>,
    /// Whether anything was erased that may still stand in the files.
    erased: Arc<AtomicBool>,
    /// Whether others still have to be looked at.
    unlooked: Arc<Unlooked>,
    #[cfg(test)]
    office: Office,
    /// Listens for as long as the store is there.
    listener: tokio::task::JoinHandle<()>,
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Something to do on a connection.
type Task<'c, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'c>>;

impl PostgresStore {
    /// Reaches the server, and makes or changes the tables as needed.
    pub async fn open(server: &Server, terms: Terms, entropy: Arc<dyn Entropy>) -> Result<Self, Phrase> {
        let pool = server.pool()?;
        connection::migrate(&pool).await?;
        let mut name = [0; 16];
        entropy.fill(&mut name).map_err(|_| Phrase::new("cle-sans-hasard"))?;
        let name: Arc<str> = BASE64URL_NOPAD.encode(&name).into();
        let (changes, states) = (Arc::new(watch::Sender::new(0)), Arc::new(watch::Sender::new(0)));
        let (erased, unlooked) = (Arc::new(AtomicBool::new(false)), Arc::new(Unlooked::new()));
        let office = Office {
            clerks: clerk::clerks(),
            erased: Arc::clone(&erased),
            unlooked: Arc::clone(&unlooked),
            pool: pool.clone(),
            terms,
            entropy: Arc::clone(&entropy),
            name: Arc::clone(&name),
            changes: Arc::clone(&changes),
            states: Arc::clone(&states),
        };
        let clerks = Clerks::start(&office);
        let (heard, listening) = oneshot::channel();
        let listener = tokio::spawn(listen(server.clone(), Arc::clone(&name), Arc::clone(&states), heard));
        // From here on nothing that others do is missed. A server that went away meanwhile is
        // listened to when it is back.
        let _ = listening.await;
        Ok(Self {
            pool,
            clerks,
            entropy,
            name,
            changes,
            states,
            erased,
            unlooked,
            #[cfg(test)]
            office,
            listener,
        })
    }

    /// Reads on a connection of the pool; once more on another, when the first was a dead one.
    fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c Client) -> Task<'c, T> + Send + Sync + 'static,
    ) -> Answer<'static, T> {
        let pool = self.pool.clone();
        Box::pin(async move {
            let attempt = async || work(&pool.get().await?).await;
            match attempt().await {
                Err(Failure::Passing(_)) => Ok(attempt().await?),
                done => Ok(done?),
            }
        })
    }

    /// Writes in a transaction of its own; once more, when the first try met a dead connection or
    /// another transaction.
    fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c Transaction<'_>) -> Task<'c, T> + Send + Sync + 'static,
    ) -> Answer<'static, T> {
        let pool = self.pool.clone();
        Box::pin(async move {
            let attempt = async || {
                let mut client = pool.get().await?;
                let transaction = client.transaction().await?;
                let done = work(&transaction).await?;
                transaction.commit().await?;
                Ok(done)
            };
            match attempt().await {
                Err(Failure::Passing(_)) => Ok(attempt().await?),
                done => Ok(done?),
            }
        })
    }

    async fn carry_out(clerks: Clerks, orders: Vec<Order>, now: Timestamp) -> Result<(), StoreError> {
        for order in orders {
            clerks.order(order, now).await?;
        }
        Ok(())
    }
}

/// Hears of other instances' commits, on a connection of its own, whatever becomes of the server.
/// What this instance tells comes back, and is known already. `heard` is told once the first try to
/// listen was made.
async fn listen(server: Server, own: Arc<str>, states: Arc<watch::Sender<u64>>, heard: oneshot::Sender<()>) {
    let mut heard = Some(heard);
    loop {
        if let Ok((client, mut connection)) = server.config.connect(server.tls.clone()).await {
            let mut messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
            let hear = async {
                while let Some(Ok(message)) = messages.next().await {
                    if matches!(message, AsyncMessage::Notification(told) if told.payload() != &*own) {
                        states.send_modify(|count| *count += 1);
                    }
                }
            };
            let ask = async {
                let asked = client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
                // What happened while nobody listened.
                states.send_modify(|count| *count += 1);
                drop(heard.take());
                if asked.is_ok() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = hear => {}
                () = ask => {}
            }
        }
        drop(heard.take());
        tokio::time::sleep(PAUSE).await;
    }
}

impl Store for PostgresStore {
    fn sync_sessions(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced> {
        let (records, name) = (Arc::new(records), Arc::clone(&self.name));
        let synced = self.write(move |transaction| {
            let (records, name) = (Arc::clone(&records), Arc::clone(&name));
            Box::pin(async move { content::sync(transaction, &records, &name, now).await })
        });
        let clerks = self.clerks.clone();
        Box::pin(async move {
            let (synced, orders) = synced.await?;
            Self::carry_out(clerks, orders, now).await?;
            Ok(synced)
        })
    }

    fn order(&self, mut order: Order, now: Timestamp) -> Answer<'_, Outcome> {
        // A form without a key is given one: it may have to be tried again after a commit that
        // nobody heard of.
        if let Order::Submit(submission) = &mut order
            && submission.demand.submission.is_none()
        {
            let mut key = [0; 24];
            if let Err(error) = self.entropy.fill(&mut key) {
                return Box::pin(async move { Err(Failure::from(error).into()) });
            }
            submission.demand.submission = Some(format!("serveur-{}", BASE64URL_NOPAD.encode(&key)));
        }
        Box::pin(self.clerks.order(order, now))
    }

    fn expire(&self, now: Timestamp) -> Answer<'_, usize> {
        let due = self.read(move |client| {
            Box::pin(async move {
                let sql =
                    "SELECT DISTINCT session FROM demands WHERE offered_until <= $1 AND (ended IS NULL OR ended = 'merged')";
                client.query(sql, &[&ms(now)]).await?.iter().map(|row| rows::get(row, "session")).collect()
            })
        });
        let clerks = self.clerks.clone();
        Box::pin(async move {
            let sessions: Vec<i64> = due.await?;
            let count = sessions.len();
            let orders = sessions.into_iter().map(|session| Order::Settle { session });
            Self::carry_out(clerks, orders.collect(), now).await?;
            Ok(count)
        })
    }

    fn agenda(&self, from: Timestamp, until: Timestamp, now: Timestamp) -> Answer<'_, Vec<Facts>> {
        self.read(move |client| Box::pin(team::agenda(client, from, until, now)))
    }

    fn to_carry(&self, session: i64) -> Answer<'_, Vec<DemandId>> {
        self.read(move |client| Box::pin(team::to_carry(client, session)))
    }

    fn digest(&self, day: Date, now: Timestamp) -> Answer<'_, bool> {
        self.write(move |transaction| Box::pin(team::digest(transaction, day, now)))
    }

    fn digest_facts(&self, now: Timestamp) -> Answer<'_, Digest> {
        self.read(move |client| Box::pin(team::digest_facts(client, now)))
    }

    fn counted(&self, session: i64) -> Answer<'_, Option<Counted>> {
        self.read(move |client| Box::pin(team::counted(client, session)))
    }

    fn calls(&self, now: Timestamp) -> Answer<'_, Vec<Call>> {
        self.read(move |client| Box::pin(team::calls(client, now)))
    }

    fn to_confirm(&self, now: Timestamp) -> Answer<'_, Vec<ToConfirm>> {
        self.read(move |client| Box::pin(team::to_confirm(client, now)))
    }

    fn call_made(&self, key: i64, now: Timestamp) -> Answer<'_, bool> {
        self.write(move |transaction| Box::pin(team::call_made(transaction, key, now)))
    }

    fn next_expiry(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(|client| {
            Box::pin(async move {
                let sql = "SELECT MIN(offered_until) AS at FROM demands WHERE offered_until IS NOT NULL";
                rows::optional_instant(&client.query_one(sql, &[]).await?, "at")
            })
        })
    }

    fn follow_up(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>> {
        self.read(move |client| Box::pin(people::follow_up(client, id, now)))
    }

    fn personal(&self, id: DemandId) -> Answer<'_, Option<Personal>> {
        self.read(move |client| Box::pin(people::personal(client, id)))
    }

    fn session(&self, id: &str, now: Timestamp) -> Answer<'_, Option<SessionStatus>> {
        let id = id.to_owned();
        self.read(move |client| {
            let id = id.clone();
            Box::pin(async move {
                let found = people::statuses(client, "NOT s.orphaned AND s.id = $1", &[&id], now).await;
                found.map(|mut statuses| statuses.pop())
            })
        })
    }

    fn sessions(&self, now: Timestamp) -> Answer<'_, Vec<SessionStatus>> {
        self.read(move |client| Box::pin(people::statuses(client, "NOT s.orphaned", &[], now)))
    }

    fn availability(&self, now: Timestamp) -> Answer<'_, Availability> {
        self.read(move |client| Box::pin(people::availability(client, now)))
    }

    fn next_change(&self, now: Timestamp) -> Answer<'_, Option<Timestamp>> {
        self.read(move |client| {
            Box::pin(async move {
                // The least of the instants still to come, of any session that is to be held.
                let sql = "SELECT MIN(at) AS at FROM sessions s, LATERAL (VALUES (s.opens), (s.closes), (s.ends)) AS i (at) \
                           WHERE NOT s.cancelled AND NOT s.orphaned AND i.at > $1";
                rows::optional_instant(&client.query_one(sql, &[&ms(now)]).await?, "at")
            })
        })
    }

    fn ended(&self, now: Timestamp) -> Answer<'_, Vec<EndedSession>> {
        self.read(move |client| Box::pin(retention::ended(client, now)))
    }

    fn forget(&self, outdated: Outdated) -> Answer<'_, ()> {
        self.write(move |transaction| Box::pin(retention::forget(transaction, outdated)))
    }

    fn known_letters(&self, keys: Vec<i64>) -> Answer<'_, Vec<i64>> {
        let keys = Arc::new(keys);
        self.read(move |client| {
            let keys = Arc::clone(&keys);
            Box::pin(async move {
                let found = client.query("SELECT key FROM outbox WHERE key = ANY ($1)", &[&*keys]).await?;
                found.iter().map(|row| rows::get(row, "key")).collect()
            })
        })
    }

    fn scrub(&self, always: bool) -> Answer<'_, bool> {
        // What is erased from here on is scrubbed the next time.
        let due = self.erased.swap(false, Ordering::Relaxed);
        if !due && !always {
            return Box::pin(async { Ok(false) });
        }
        let erased = Arc::clone(&self.erased);
        let scrubbed = self.read(|client| Box::pin(retention::scrub(client)));
        Box::pin(async move {
            if let Err(error) = scrubbed.await {
                erased.store(true, Ordering::Relaxed);
                return Err(error);
            }
            Ok(true)
        })
    }

    fn to_compare(&self, limit: u32) -> Answer<'_, Vec<DemandId>> {
        let unlooked = Arc::clone(&self.unlooked);
        let Some(since) = unlooked.may_be_some() else { return Box::pin(async { Ok(Vec::new()) }) };
        let found = self.read(move |client| {
            Box::pin(async move {
                let sql = "SELECT id FROM demands WHERE to_compare > 0 ORDER BY rank LIMIT $1";
                let sql = client.prepare_cached(sql).await?;
                let found = client.query(&sql, &[&i64::from(limit)]).await?;
                found.iter().map(|row| rows::demand_id(row, "id")).collect()
            })
        });
        Box::pin(async move {
            let found: Vec<DemandId> = found.await?;
            if found.is_empty() {
                unlooked.found_none(since);
            }
            Ok(found)
        })
    }

    fn correct_clock(&self, now: Timestamp) -> Answer<'_, usize> {
        self.write(move |transaction| Box::pin(outbox::correct_clock(transaction, now)))
    }

    #[cfg(test)]
    fn batch(&self, orders: Vec<Order>, now: Timestamp) -> Answer<'_, Vec<Outcome>> {
        let office = self.office.clone();
        Box::pin(async move { office.batch(orders, now).await })
    }

    fn export(&self, session: &str) -> Answer<'_, Option<Vec<TeamRow>>> {
        let session = session.to_owned();
        self.read(move |client| {
            let session = session.clone();
            Box::pin(async move { people::export(client, &session).await })
        })
    }

    fn tallies(&self, from: Date, until: Date) -> Answer<'_, Vec<Tally>> {
        self.read(move |client| Box::pin(team::tallies(client, from, until)))
    }

    fn notices(&self) -> Answer<'_, Vec<NoticeRow>> {
        self.read(|client| Box::pin(people::notices(client)))
    }

    fn topics(&self, session: &str) -> Answer<'_, Vec<String>> {
        let session = session.to_owned();
        self.read(move |client| {
            let session = session.clone();
            Box::pin(async move {
                let sql =
                    "SELECT t.topic FROM topics t JOIN sessions s ON s.key = t.session WHERE s.id = $1 ORDER BY t.key";
                client.query(sql, &[&session]).await?.iter().map(|row| rows::get(row, "topic")).collect()
            })
        })
    }

    fn claim_messages(&self, limit: u32, now: Timestamp, until: Timestamp) -> Answer<'_, Vec<Outgoing>> {
        self.write(move |transaction| Box::pin(outbox::claim(transaction, limit, now, until)))
    }

    fn settle_messages(&self, attempts: Vec<(i64, Attempt)>, now: Timestamp) -> Answer<'_, ()> {
        let attempts = Arc::new(attempts);
        let settled = self.write(move |transaction| {
            let attempts = Arc::clone(&attempts);
            Box::pin(async move { outbox::settle(transaction, &attempts, now).await })
        });
        let erased = Arc::clone(&self.erased);
        Box::pin(async move {
            if settled.await? {
                erased.store(true, Ordering::Relaxed);
            }
            Ok(())
        })
    }

    fn next_message(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(|client| {
            Box::pin(async move {
                let sql = "SELECT MIN(GREATEST(not_before, COALESCE(claimed_until, 0))) AS at FROM outbox WHERE state = 'pending'";
                rows::optional_instant(&client.query_one(sql, &[]).await?, "at")
            })
        })
    }

    fn health(&self) -> Answer<'_, ()> {
        // One that writes: a standby alone is of no use.
        self.read(|client| {
            Box::pin(async move {
                let row = client.query_one("SELECT pg_is_in_recovery() AS standby", &[]).await?;
                if rows::get(&row, "standby")? {
                    return Err(Failure::Lasting("the server accepts no writes".to_owned()));
                }
                Ok(())
            })
        })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn states(&self) -> watch::Receiver<u64> {
        self.states.subscribe()
    }

    fn key_fingerprint(&self, ours: String) -> Answer<'_, String> {
        self.write(move |transaction| {
            let ours = ours.clone();
            Box::pin(async move { settings::key_fingerprint(transaction, &ours).await })
        })
    }

    fn knows_key(&self) -> Answer<'_, bool> {
        self.read(|client| Box::pin(settings::knows_key(client)))
    }

    fn replace_key_fingerprint(&self, ours: String) -> Answer<'_, ()> {
        self.write(move |transaction| {
            let ours = ours.clone();
            Box::pin(async move { settings::replace_key_fingerprint(transaction, &ours).await })
        })
    }
}

#[cfg(test)]
mod tests;
