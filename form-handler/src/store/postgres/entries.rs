//! What a batch writes: gathered while the rules decide, then written in a handful of statements, however many orders there were.

use std::collections::BTreeMap;

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::Statement;

use super::{failure::Failure, rows::ms, season::Season};
use crate::{
    demand::ContactDetails,
    enrolment::{Ended, Notice, Rank, Standing},
    store::ledger::{Audited, Entry, NewDemand},
    system::Entropy,
};

/// The entries of a batch.
#[derive(Default)]
pub(super) struct Entries {
    demands: Demands,
    changes: BTreeMap<Rank, Change>,
    contacts: Vec<ContactChange>,
    moves: Vec<Move>,
    messages: Messages,
    notices: Notices,
    topics: Topics,
    audits: Audits,
    erased: Vec<Rank>,
    season: Season,
}

/// The statements that most batches need, understood once a connection.
struct Statements {
    demands: Statement,
    changes: Statement,
    messages: Statement,
    notices: Statement,
    topics: Statement,
    audits: Statement,
    told: Statement,
}

impl Statements {
    async fn prepare(client: &Client) -> Result<Self, Failure> {
        Ok(Self {
            demands: client.prepare_cached(DEMANDS).await?,
            changes: client.prepare_cached(CHANGES).await?,
            messages: client.prepare_cached(MESSAGES).await?,
            notices: client.prepare_cached(NOTICES).await?,
            topics: client.prepare_cached(TOPICS).await?,
            audits: client.prepare_cached(AUDITS).await?,
            told: client.prepare_cached(TOLD).await?,
        })
    }
}

const DEMANDS: &str = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, places, first_name, name_key, email, \
                   email_key, phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, envoi, \
                   fingerprint, answer) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], \
                   $6::bool[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], \
                   $15::text[], $16::bool[], $17::text[], $18::bigint[], $19::bigint[], $20::text[], $21::bytea[], $22::text[])";
const CHANGES: &str = "WITH c AS (SELECT u.*, COALESCE(u.ended, d.ended) AS now_ended, COALESCE(u.standing, d.standing) AS now_standing, \
                   CASE WHEN u.standing IS NULL THEN d.offered_until ELSE u.until END AS now_until \
                   FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bool[]) \
                   AS u (rank, standing, until, ended, ended_at, confirmed) JOIN demands d USING (rank)) \
                   UPDATE demands d SET ended = c.now_ended, ended_at = COALESCE(c.ended_at, d.ended_at), \
                   standing = CASE WHEN c.now_standing = 'offered' AND c.now_ended <> 'merged' THEN 'waiting' ELSE c.now_standing END, \
                   offered_until = CASE WHEN c.now_standing = 'offered' AND c.now_ended <> 'merged' THEN NULL ELSE c.now_until END, \
                   to_confirm = d.to_confirm AND NOT c.confirmed FROM c WHERE d.rank = c.rank";
const MESSAGES: &str = "INSERT INTO outbox (kind, demand, recipient, written_at, not_before) \
                   SELECT u.kind, u.rank, d.email, u.at, u.at FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY \
                   AS u (kind, rank, at, nth) JOIN demands d ON d.rank = u.rank WHERE d.email IS NOT NULL ORDER BY u.nth";
const NOTICES: &str = "INSERT INTO notices (kind, about, demand, at) \
                   SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])";
const TOPICS: &str =
    "INSERT INTO topics (key, session, topic) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])";
const AUDITS: &str = "INSERT INTO audit (at, actor, action, demand, session) SELECT u.at, u.actor, u.action, COALESCE(u.id, d.id), u.session \
                   FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[]) WITH ORDINALITY \
                   AS u (at, actor, action, id, rank, session, nth) LEFT JOIN demands d ON d.rank = u.rank ORDER BY u.nth";
const TOLD: &str = "SELECT pg_notify($1, $2)";

/// What the other instances are told, and by whom.
pub(super) struct Told<'a> {
    pub(super) channel: &'a str,
    pub(super) instance: &'a str,
}

async fn tell(client: &Client, statements: &Statements, told: Option<Told<'_>>) -> Result<(), Failure> {
    if let Some(Told { channel, instance }) = told {
        client.execute(&statements.told, &[&channel, &instance]).await?;
    }
    Ok(())
}

/// New rows, column by column.
#[derive(Default)]
struct Demands {
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
    other_parent_first_name: Vec<Option<String>>,
    heard_from: Vec<Option<String>>,
    shared_device: Vec<bool>,
    lang: Vec<String>,
    repeats: Vec<Option<Rank>>,
    asked_at: Vec<i64>,
    envoi: Vec<Option<String>>,
    fingerprint: Vec<Option<Vec<u8>>>,
    answer: Vec<Option<&'static str>>,
}

#[derive(Default)]
struct Messages {
    kind: Vec<&'static str>,
    rank: Vec<Rank>,
    at: Vec<i64>,
}

#[derive(Default)]
struct Notices {
    kind: Vec<&'static str>,
    about: Vec<Option<&'static str>>,
    rank: Vec<Rank>,
    at: Vec<i64>,
}

#[derive(Default)]
struct Topics {
    key: Vec<i64>,
    session: Vec<i64>,
    topic: Vec<String>,
}

#[derive(Default)]
struct Audits {
    at: Vec<i64>,
    actor: Vec<&'static str>,
    action: Vec<&'static str>,
    id: Vec<Option<Vec<u8>>>,
    rank: Vec<Option<Rank>>,
    session: Vec<i64>,
}

/// What becomes of a row that is there, or has just been inserted.
#[derive(Default, Clone, Copy)]
struct Change {
    standing: Option<Standing>,
    ended: Option<(Ended, i64)>,
    confirmed: bool,
}

struct ContactChange {
    rank: Rank,
    email: Option<String>,
    email_key: Option<String>,
    phone: Option<String>,
    cautions: String,
    repeats: Option<Rank>,
}

struct Move {
    from: Rank,
    rank: Rank,
    id: Vec<u8>,
    session: i64,
    standing: Standing,
    first: bool,
    repeats: Option<Rank>,
    at: i64,
}

fn standing_columns(standing: Standing) -> (&'static str, Option<i64>) {
    match standing {
        Standing::Enrolled => ("enrolled", None),
        Standing::Offered(until) => ("offered", Some(ms(until))),
        Standing::Waiting => ("waiting", None),
    }
}

impl Entries {
    pub(super) fn add(&mut self, now: Timestamp, entry: &Entry<'_>, entropy: &dyn Entropy) -> Result<(), Failure> {
        let at = ms(now);
        match *entry {
            Entry::Demand(ref new) => self.demands.add(at, new),
            Entry::Moved { from, rank, id, session, standing, first, repeats } => {
                self.moves.push(Move { from, rank, id: id.0.to_vec(), session, standing, first, repeats, at });
            }
            Entry::Ended { rank, how } => self.changes.entry(rank).or_default().ended = Some((how, at)),
            Entry::Standing { rank, standing } => self.changes.entry(rank).or_default().standing = Some(standing),
            Entry::Confirmed { rank } => self.changes.entry(rank).or_default().confirmed = true,
            Entry::Contact { rank, details, repeats } => {
                let ContactDetails { email, phone, cautions } = details;
                self.contacts.push(ContactChange {
                    rank,
                    email: email.as_ref().map(|email| email.address().to_owned()),
                    email_key: email.as_ref().map(|email| email.key().to_owned()),
                    phone: phone.as_ref().map(|phone| phone.as_str().to_owned()),
                    cautions: cautions.names().join(","),
                    repeats,
                });
            }
            Entry::Message { rank, kind, .. } => {
                self.messages.kind.push(kind.name());
                self.messages.rank.push(rank);
                self.messages.at.push(at);
            }
            Entry::Notice { rank, notice } => {
                self.notices.kind.push(notice.name());
                self.notices.about.push(about(notice));
                self.notices.rank.push(rank);
                self.notices.at.push(at);
            }
            Entry::Topic { session, topic } => {
                let mut key = [0; 8];
                entropy.fill(&mut key)?;
                self.topics.key.push(i64::from_le_bytes(key));
                self.topics.session.push(session);
                self.topics.topic.push(topic.to_owned());
            }
            Entry::Erased { rank, told } => {
                self.erased.push(rank);
                if told {
                    self.season(now).farewells.push(rank);
                }
            }
            Entry::ToTeam { session, kind } => self.season(now).to_team.push((session, kind)),
            Entry::Reached { session, starts, milestone } => {
                self.season(now).reached.push((session, starts, milestone));
            }
            Entry::Decided { session, decision } => self.season(now).decided.push((session, decision)),
            Entry::Calendar { rank } => self.season(now).calendars.push(rank),
            Entry::Audit { actor, action, demand, session } => {
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
        }
        Ok(())
    }

    fn season(&mut self, now: Timestamp) -> &mut Season {
        self.season.at = Some(now);
        &mut self.season
    }

    /// Writes everything, in an order in which each statement finds what it needs, and commits. Most batches hold sign-ups alone: one way
    /// there and back. Should a statement fail, the server rolls back what the `COMMIT` behind it would have kept.
    pub(super) async fn write(&self, client: &Client, told: Option<Told<'_>>) -> Result<(), Failure> {
        // Understood beforehand: a statement that still had to be would be sent behind the commit.
        let statements = Statements::prepare(client).await?;
        let rare =
            !(self.contacts.is_empty() && self.moves.is_empty() && self.erased.is_empty() && self.season.is_empty());
        if rare {
            self.demands.write(client, &statements).await?;
            self.season.write(client).await?;
            for contact in &self.contacts {
                contact.write(client).await?;
            }
            for one in &self.moves {
                one.write(client).await?;
            }
        }
        let demands = async { if rare { Ok(()) } else { self.demands.write(client, &statements).await } };
        let commit = async {
            if self.erased.is_empty() { client.batch_execute("COMMIT").await.map_err(Failure::from) } else { Ok(()) }
        };
        tokio::try_join!(
            biased;
            demands,
            self.write_changes(client, &statements),
            self.write_messages(client, &statements),
            self.write_notices(client, &statements),
            self.write_topics(client, &statements),
            self.write_audits(client, &statements),
            tell(client, &statements, told),
            commit,
        )?;
        if !self.erased.is_empty() {
            self.erase(client).await?;
            client.batch_execute("COMMIT").await?;
        }
        Ok(())
    }

    async fn write_changes(&self, client: &Client, statements: &Statements) -> Result<(), Failure> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let (mut ranks, mut standings, mut untils) = (Vec::new(), Vec::new(), Vec::new());
        let (mut ended, mut ended_at, mut confirmed) = (Vec::new(), Vec::new(), Vec::new());
        for (rank, change) in &self.changes {
            let (standing, until) = change.standing.map(standing_columns).unzip();
            ranks.push(*rank);
            standings.push(standing);
            untils.push(until.flatten());
            ended.push(change.ended.map(|(how, _)| how.name()));
            ended_at.push(change.ended.map(|(_, at)| at));
            confirmed.push(change.confirmed);
        }
        // What ends, but for a ghost, offers nothing any more.
        client.execute(&statements.changes, &[&ranks, &standings, &untils, &ended, &ended_at, &confirmed]).await?;
        Ok(())
    }

    async fn write_messages(&self, client: &Client, statements: &Statements) -> Result<(), Failure> {
        let Messages { kind, rank, at } = &self.messages;
        if kind.is_empty() {
            return Ok(());
        }
        client.execute(&statements.messages, &[kind, rank, at]).await?;
        Ok(())
    }

    async fn write_notices(&self, client: &Client, statements: &Statements) -> Result<(), Failure> {
        let Notices { kind, about, rank, at } = &self.notices;
        if kind.is_empty() {
            return Ok(());
        }
        client.execute(&statements.notices, &[kind, about, rank, at]).await?;
        Ok(())
    }

    async fn write_topics(&self, client: &Client, statements: &Statements) -> Result<(), Failure> {
        let Topics { key, session, topic } = &self.topics;
        if key.is_empty() {
            return Ok(());
        }
        client.execute(&statements.topics, &[key, session, topic]).await?;
        Ok(())
    }

    async fn write_audits(&self, client: &Client, statements: &Statements) -> Result<(), Failure> {
        let Audits { at, actor, action, id, rank, session } = &self.audits;
        if at.is_empty() {
            return Ok(());
        }
        client.execute(&statements.audits, &[at, actor, action, id, rank, session]).await?;
        Ok(())
    }

    async fn erase(&self, client: &Client) -> Result<(), Failure> {
        let chain = "WITH RECURSIVE chain AS (SELECT rank, id FROM demands WHERE rank = ANY ($1) \
                     UNION SELECT d.rank, d.id FROM demands d JOIN chain c ON d.moved_to = c.rank)";
        let unlink = format!("{chain} UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM chain)");
        let unlink = client.prepare_cached(&unlink).await?;
        client.execute(&unlink, &[&self.erased]).await?;
        let delete = format!("{chain} DELETE FROM demands WHERE rank IN (SELECT rank FROM chain)");
        let delete = client.prepare_cached(&delete).await?;
        client.execute(&delete, &[&self.erased]).await?;
        Ok(())
    }
}

/// The message that could not be written, for a call.
pub(super) fn about(notice: Notice) -> Option<&'static str> {
    if let Notice::ToCall(kind) = notice { Some(kind.name()) } else { None }
}

impl Demands {
    fn add(&mut self, at: i64, new: &NewDemand<'_>) {
        let demand = &new.submission.demand;
        let (standing, until) = standing_columns(new.standing);
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
        self.other_parent_first_name.push(demand.other_parent_first_name.clone());
        self.heard_from.push(demand.heard_from.clone());
        self.shared_device.push(demand.shared_device);
        self.lang.push(demand.lang.clone());
        self.repeats.push(new.repeats);
        self.asked_at.push(at);
        self.envoi.push(demand.submission.clone());
        self.fingerprint.push(formed.then(|| new.submission.fingerprint.to_vec()));
        self.answer.push(formed.then(|| new.answer.key()));
    }

    async fn write(&self, client: &Client, statements: &Statements) -> Result<(), Failure> {
        if self.rank.is_empty() {
            return Ok(());
        }
        client
            .execute(
                &statements.demands,
                &[
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
                    &self.other_parent_first_name,
                    &self.heard_from,
                    &self.shared_device,
                    &self.lang,
                    &self.repeats,
                    &self.asked_at,
                    &self.envoi,
                    &self.fingerprint,
                    &self.answer,
                ],
            )
            .await?;
        Ok(())
    }
}

impl ContactChange {
    async fn write(&self, client: &Client) -> Result<(), Failure> {
        let sql = "UPDATE demands SET email = $2, email_key = $3, phone = $4, cautions = $5, repeats = COALESCE($6, repeats) WHERE rank = $1";
        let sql = client.prepare_cached(sql).await?;
        let Self { rank, email, email_key, phone, cautions, repeats } = self;
        client.execute(&sql, &[rank, email, email_key, phone, cautions, repeats]).await?;
        let sql = client.prepare_cached("DELETE FROM outbox WHERE demand = $1 AND state = 'pending'").await?;
        client.execute(&sql, &[rank]).await?;
        Ok(())
    }
}

impl Move {
    async fn write(&self, client: &Client) -> Result<(), Failure> {
        let sql = "INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, places, first_name, name_key, email, \
                   email_key, phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, calendar, first) \
                   SELECT $2, $3, $4, $5, $6, to_confirm, places, first_name, name_key, email, email_key, phone, cautions, \
                   other_parent_first_name, heard_from, shared_device, lang, $7, $8, calendar, $9 FROM demands WHERE rank = $1";
        let sql = client.prepare_cached(sql).await?;
        let Self { from, rank, id, session, standing, first, repeats, at } = self;
        let (standing, until) = standing_columns(*standing);
        client.execute(&sql, &[from, rank, id, session, &standing, &until, repeats, at, first]).await?;
        let sql = client.prepare_cached("UPDATE demands SET moved_to = $2 WHERE rank = $1").await?;
        client.execute(&sql, &[from, rank]).await?;
        Ok(())
    }
}
