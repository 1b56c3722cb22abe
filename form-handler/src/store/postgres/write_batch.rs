//! What a batch writes: gathered while the rules decide, then written in a handful of statements,
//! however many operations there were.
//!
//! What most operations write (demands, their changes, letters, notices, topics, the audit) is
//! gathered column by column, and its own order within a statement is kept. What few write
//! ([`RareMutation`]) looks at rows or removes them: it comes between two such gatherings
//! ([`BulkWrite`]), so that each finds what those before it left, and nothing of what comes after.

use std::collections::BTreeMap;

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::{Statement, types::ToSql};

use crate::{
    enrolment::{Ended, Rank, Standing},
    store::{
        error::DatabaseError,
        mutation::{Audited, Mutation, NewDemand, RareMutation},
        rows::{comparison_number, standing_columns},
        writes,
    },
    system::Entropy,
};

/// The channel on which instances tell each other that a state changed. Nothing about whom.
pub(super) const CHANNEL: &str = "entreparentaise";

/// The writes of a batch, in their order.
#[derive(Default)]
pub(super) struct WriteBatch {
    /// What was gathered, and what comes behind it, with the instant of its decision.
    steps: Vec<(BulkWrite, Timestamp, RareMutation)>,
    /// What is being gathered.
    last: BulkWrite,
}

/// What is written in one statement a table.
#[derive(Default)]
struct BulkWrite {
    demands: DemandColumns,
    changes: BTreeMap<Rank, RowChange>,
    messages: MessageColumns,
    notices: NoticeColumns,
    topics: TopicColumns,
    audits: AuditColumns,
}

/// The statements that most batches need, understood once a connection.
struct Statements {
    demands: Statement,
    changes: Statement,
    messages: Statement,
    notices: Statement,
    topics: Statement,
    audits: Statement,
    wake: Statement,
}

impl Statements {
    async fn prepare(client: &Client) -> Result<Self, DatabaseError> {
        Ok(Self {
            demands: client.prepare_cached(DEMANDS).await?,
            changes: client.prepare_cached(CHANGES).await?,
            messages: client.prepare_cached(MESSAGES).await?,
            notices: client.prepare_cached(NOTICES).await?,
            topics: client.prepare_cached(TOPICS).await?,
            audits: client.prepare_cached(AUDITS).await?,
            wake: client.prepare_cached(WAKE).await?,
        })
    }
}

const DEMANDS: &str = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, places, first_name, name_key, email, \
                   email_key, phone, cautions, other_parent, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, envoi, \
                   fingerprint, answer, to_compare, ended, ended_at, sms) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], \
                   $6::bool[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bool[], \
                   $15::text[], $16::text[], $17::bool[], $18::text[], $19::bigint[], $20::bigint[], $21::text[], $22::bytea[], \
                   $23::text[], $24::smallint[], $25::text[], $26::bigint[], $27::bool[])";
const CHANGES: &str = "WITH c AS (SELECT u.*, COALESCE(u.ended, d.ended) AS now_ended, COALESCE(u.standing, d.standing) AS now_standing, \
                   CASE WHEN u.standing IS NULL THEN d.offered_until ELSE u.until END AS now_until \
                   FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bool[], $7::smallint[]) \
                   AS u (rank, standing, until, ended, ended_at, confirmed, compare) JOIN demands d USING (rank)) \
                   UPDATE demands d SET ended = c.now_ended, ended_at = COALESCE(c.ended_at, d.ended_at), \
                   standing = CASE WHEN c.now_standing = 'offered' AND c.now_ended <> 'merged' THEN 'waiting' ELSE c.now_standing END, \
                   offered_until = CASE WHEN c.now_standing = 'offered' AND c.now_ended <> 'merged' THEN NULL ELSE c.now_until END, \
                   to_confirm = d.to_confirm AND NOT c.confirmed, to_compare = COALESCE(c.compare, d.to_compare) FROM c WHERE d.rank = c.rank";
const MESSAGES: &str = "INSERT INTO outbox (kind, demand, recipient, channel, written_at, not_before) \
                   SELECT u.kind, u.rank, CASE u.channel WHEN 'sms' THEN d.phone ELSE d.email END, u.channel, u.at, u.at \
                   FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) WITH ORDINALITY \
                   AS u (kind, rank, at, channel, nth) JOIN demands d ON d.rank = u.rank \
                   WHERE CASE u.channel WHEN 'sms' THEN d.phone ELSE d.email END IS NOT NULL ORDER BY u.nth";
const NOTICES: &str = "INSERT INTO notices (kind, about, demand, at) \
                   SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])";
const TOPICS: &str =
    "INSERT INTO topics (key, session, topic) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])";
const AUDITS: &str = "INSERT INTO audit (at, actor, action, demand, session) SELECT u.at, u.actor, u.action, COALESCE(u.id, d.id), u.session \
                   FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[]) WITH ORDINALITY \
                   AS u (at, actor, action, id, rank, session, nth) LEFT JOIN demands d ON d.rank = u.rank ORDER BY u.nth";
const WAKE: &str = "SELECT pg_notify($1, $2)";

/// Tells the other instances that a state changed; `instance`: by whom.
async fn wake(client: &Client, statements: &Statements, instance: Option<&str>) -> Result<(), DatabaseError> {
    if let Some(instance) = instance {
        client.execute(&statements.wake, &[&CHANNEL, &instance]).await?;
    }
    Ok(())
}

/// New rows, column by column.
#[derive(Default)]
struct DemandColumns {
    rank: Vec<Rank>,
    id: Vec<Vec<u8>>,
    session: Vec<i64>,
    standing: Vec<&'static str>,
    offered_until: Vec<Option<i64>>,
    to_confirm: Vec<bool>,
    places: Vec<i32>,
    first_name: Vec<String>,
    name_key: Vec<String>,
    email: Vec<Option<String>>,
    email_key: Vec<Option<String>>,
    phone: Vec<Option<String>>,
    cautions: Vec<String>,
    other_parent: Vec<bool>,
    other_parent_first_name: Vec<Option<String>>,
    heard_from: Vec<Option<String>>,
    shared_device: Vec<bool>,
    lang: Vec<String>,
    repeats: Vec<Option<Rank>>,
    asked_at: Vec<i64>,
    envoi: Vec<Option<String>>,
    fingerprint: Vec<Option<Vec<u8>>>,
    answer: Vec<Option<&'static str>>,
    to_compare: Vec<i16>,
    ended: Vec<Option<&'static str>>,
    ended_at: Vec<Option<i64>>,
    sms: Vec<bool>,
}

#[derive(Default)]
struct MessageColumns {
    kind: Vec<&'static str>,
    rank: Vec<Rank>,
    at: Vec<i64>,
    channel: Vec<&'static str>,
}

#[derive(Default)]
struct NoticeColumns {
    kind: Vec<&'static str>,
    about: Vec<Option<&'static str>>,
    rank: Vec<Rank>,
    at: Vec<i64>,
}

#[derive(Default)]
struct TopicColumns {
    key: Vec<i64>,
    session: Vec<i64>,
    topic: Vec<String>,
}

#[derive(Default)]
struct AuditColumns {
    at: Vec<i64>,
    actor: Vec<&'static str>,
    action: Vec<&'static str>,
    id: Vec<Option<Vec<u8>>>,
    rank: Vec<Option<Rank>>,
    session: Vec<i64>,
}

/// What becomes of a row that is there. One that is inserted with it is inserted as it ends up: at
/// no time do rows take more places than there are.
#[derive(Default, Clone, Copy)]
struct RowChange {
    standing: Option<Standing>,
    ended: Option<(Ended, i64)>,
    confirmed: bool,
    /// The number that stands for what is still to be looked at, when that changes.
    to_compare: Option<i16>,
}

impl WriteBatch {
    pub(super) fn add(
        &mut self,
        now: Timestamp,
        mutation: &Mutation<'_>,
        entropy: &dyn Entropy,
    ) -> Result<(), DatabaseError> {
        if let Mutation::Rare(rare) = mutation {
            self.steps.push((std::mem::take(&mut self.last), now, rare.clone()));
            return Ok(());
        }
        self.last.add(now, mutation, entropy)
    }

    /// Writes everything in its order, and commits. Most batches hold sign-ups alone: one way there
    /// and back. Should a statement fail, the server rolls back what the `COMMIT` behind it would
    /// have kept.
    pub(super) async fn write(&self, client: &mut Client, instance: Option<&str>) -> Result<(), DatabaseError> {
        // Understood beforehand: a statement that still had to be would be sent behind the commit.
        let statements = Statements::prepare(client).await?;
        for (bulk, now, rare) in &self.steps {
            bulk.write(client, &statements).await?;
            writes::write(client, *now, rare).await?;
        }
        let client = &*client;
        let commit = async { client.batch_execute("COMMIT").await.map_err(DatabaseError::from) };
        tokio::try_join!(
            biased;
            self.last.write(client, &statements),
            wake(client, &statements, instance),
            commit,
        )?;
        Ok(())
    }
}

impl BulkWrite {
    fn add(&mut self, now: Timestamp, mutation: &Mutation<'_>, entropy: &dyn Entropy) -> Result<(), DatabaseError> {
        let at = now.as_millisecond();
        match *mutation {
            Mutation::Demand(ref new) => self.demands.add(at, new),
            Mutation::Ended { rank, how, to_compare } => {
                let to_compare = Some(comparison_number(to_compare));
                self.change(rank, RowChange { ended: Some((how, at)), to_compare, ..RowChange::default() });
            }
            Mutation::Compared { rank } => {
                self.change(rank, RowChange { to_compare: Some(comparison_number(None)), ..RowChange::default() });
            }
            Mutation::Standing { rank, standing } => {
                self.change(rank, RowChange { standing: Some(standing), ..RowChange::default() });
            }
            Mutation::Confirmed { rank } => self.change(rank, RowChange { confirmed: true, ..RowChange::default() }),
            Mutation::Message { rank, kind, by, .. } => {
                self.messages.channel.push(by.name());
                self.messages.kind.push(kind.name());
                self.messages.rank.push(rank);
                self.messages.at.push(at);
            }
            Mutation::Notice { rank, notice } => {
                self.notices.kind.push(notice.name());
                self.notices.about.push(notice.about());
                self.notices.rank.push(rank);
                self.notices.at.push(at);
            }
            Mutation::Topic { session, topic } => {
                let mut key = [0; 8];
                entropy.fill(&mut key)?;
                self.topics.key.push(i64::from_le_bytes(key));
                self.topics.session.push(session);
                self.topics.topic.push(topic.to_owned());
            }
            Mutation::Audit { actor, action, demand, session } => {
                self.audits.at.push(at);
                self.audits.actor.push(actor.name());
                self.audits.action.push(action);
                let (id, rank) = match demand {
                    Audited::Nobody => (None, None),
                    Audited::New(id) => (Some(id.0.to_vec()), None),
                    Audited::Known(rank) => (None, Some(rank)),
                };
                self.audits.id.push(id);
                self.audits.rank.push(rank);
                self.audits.session.push(session);
            }
            // Steps of their own.
            Mutation::Rare(_) => {}
        }
        Ok(())
    }

    fn change(&mut self, rank: Rank, change: RowChange) {
        if !self.demands.change(rank, &change) {
            let before = self.changes.entry(rank).or_default();
            *before = RowChange {
                standing: change.standing.or(before.standing),
                ended: change.ended.or(before.ended),
                confirmed: change.confirmed || before.confirmed,
                to_compare: change.to_compare.or(before.to_compare),
            };
        }
    }

    /// In an order in which each statement finds what it needs, and places are free before they are
    /// taken.
    async fn write(&self, client: &Client, statements: &Statements) -> Result<(), DatabaseError> {
        let MessageColumns { kind, rank, at, channel } = &self.messages;
        let messages = fill(client, &statements.messages, at.len(), [kind, rank, at, channel]);
        let NoticeColumns { kind, about, rank, at } = &self.notices;
        let notices = fill(client, &statements.notices, at.len(), [kind, about, rank, at]);
        let TopicColumns { key, session, topic } = &self.topics;
        let topics = fill(client, &statements.topics, key.len(), [key, session, topic]);
        let AuditColumns { at, actor, action, id, rank, session } = &self.audits;
        let audits = fill(client, &statements.audits, at.len(), [at, actor, action, id, rank, session]);
        let (changes, demands) = (self.write_changes(client, statements), self.demands.write(client, statements));
        tokio::try_join!(biased; changes, demands, messages, notices, topics, audits)?;
        Ok(())
    }

    async fn write_changes(&self, client: &Client, statements: &Statements) -> Result<(), DatabaseError> {
        let (mut ranks, mut standings, mut untils) = (Vec::new(), Vec::new(), Vec::new());
        let (mut ended, mut ended_at, mut confirmed) = (Vec::new(), Vec::new(), Vec::new());
        let mut compare = Vec::new();
        for (rank, change) in &self.changes {
            let (standing, until) = change.standing.map(columns).unzip();
            ranks.push(*rank);
            standings.push(standing);
            untils.push(until.flatten());
            ended.push(change.ended.map(|(how, _)| how.name()));
            ended_at.push(change.ended.map(|(_, at)| at));
            confirmed.push(change.confirmed);
            compare.push(change.to_compare);
        }
        // What ends, but for a ghost, offers nothing any more.
        let columns: [&(dyn ToSql + Sync); _] = [&ranks, &standings, &untils, &ended, &ended_at, &confirmed, &compare];
        fill(client, &statements.changes, ranks.len(), columns).await
    }
}

/// Runs a statement over columns of so many rows, if there are any.
async fn fill<const N: usize>(
    client: &Client,
    statement: &Statement,
    rows: usize,
    columns: [&(dyn ToSql + Sync); N],
) -> Result<(), DatabaseError> {
    if rows > 0 {
        client.execute(statement, &columns).await?;
    }
    Ok(())
}

/// The columns of a standing, with the instant in milliseconds.
fn columns(standing: Standing) -> (&'static str, Option<i64>) {
    let (standing, until) = standing_columns(standing);
    (standing, until.map(Timestamp::as_millisecond))
}

impl DemandColumns {
    fn add(&mut self, at: i64, new: &NewDemand<'_>) {
        let demand = &new.submission.demand;
        let (standing, until) = columns(new.standing);
        let formed = demand.submission.is_some();
        self.rank.push(new.rank);
        self.id.push(new.id.0.to_vec());
        self.session.push(new.session);
        self.standing.push(standing);
        self.offered_until.push(until);
        self.to_confirm.push(new.to_confirm);
        self.places.push(demand.places.into());
        self.first_name.push(demand.first_name.clone());
        self.name_key.push(new.submission.name_key.clone());
        self.email.push(demand.email.as_ref().map(|email| email.address().to_owned()));
        self.email_key.push(demand.email.as_ref().map(|email| email.key().to_owned()));
        self.phone.push(demand.phone.as_ref().map(|phone| phone.as_str().to_owned()));
        self.cautions.push(demand.cautions.names().join(","));
        self.other_parent.push(demand.other_parent);
        self.other_parent_first_name.push(demand.other_parent_first_name.clone());
        self.heard_from.push(demand.heard_from.clone());
        self.shared_device.push(demand.shared_device);
        self.lang.push(demand.lang.clone());
        self.repeats.push(new.repeats);
        self.asked_at.push(at);
        self.to_compare.push(comparison_number(new.to_compare));
        self.ended.push(None);
        self.ended_at.push(None);
        self.sms.push(demand.texts);
        self.envoi.push(demand.submission.clone());
        self.fingerprint.push(formed.then(|| new.submission.fingerprint.to_vec()));
        self.answer.push(formed.then(|| new.answer.key()));
    }

    /// Changes a row that is about to be inserted. Whether it is one.
    fn change(&mut self, rank: Rank, change: &RowChange) -> bool {
        let Some(at) = self.rank.iter().rposition(|known| *known == rank) else { return false };
        if let Some(standing) = change.standing {
            (self.standing[at], self.offered_until[at]) = columns(standing);
        }
        if let Some((how, ended_at)) = change.ended {
            (self.ended[at], self.ended_at[at]) = (Some(how.name()), Some(ended_at));
            // What ends, but for a ghost, offers nothing any more.
            if how != Ended::Merged && self.offered_until[at].is_some() {
                (self.standing[at], self.offered_until[at]) = columns(Standing::Waiting);
            }
        }
        self.to_confirm[at] &= !change.confirmed;
        self.to_compare[at] = change.to_compare.unwrap_or(self.to_compare[at]);
        true
    }

    async fn write(&self, client: &Client, statements: &Statements) -> Result<(), DatabaseError> {
        let columns: [&(dyn ToSql + Sync); _] = [
            &self.rank,
            &self.id,
            &self.session,
            &self.standing,
            &self.offered_until,
            &self.to_confirm,
            &self.places,
            &self.first_name,
            &self.name_key,
            &self.email,
            &self.email_key,
            &self.phone,
            &self.cautions,
            &self.other_parent,
            &self.other_parent_first_name,
            &self.heard_from,
            &self.shared_device,
            &self.lang,
            &self.repeats,
            &self.asked_at,
            &self.envoi,
            &self.fingerprint,
            &self.answer,
            &self.to_compare,
            &self.ended,
            &self.ended_at,
            &self.sms,
        ];
        fill(client, &statements.demands, self.rank.len(), columns).await
    }
}
