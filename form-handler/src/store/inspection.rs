//! What `form-handler check` looks at in a database: counts and instants, never a person.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    backend::{Backend, Connection, Row, values},
    error::{Answer, DatabaseError},
    record::SessionRecord,
    rows::{self, RECORD},
    soundness::{Soundness, count_rows},
};

/// A database that is looked at from outside.
pub trait InspectionStore: Send + Sync {
    /// Everything that may be amiss.
    fn inspect(&self, now: Timestamp) -> Answer<'_, Inspection>;
}

/// What a database is like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// What is amiss in its files or its constraints, in its own words. Empty: nothing.
    pub damage: Vec<String>,
    /// Rows that refer to something that is not there.
    pub orphans: usize,
    /// How it writes texts.
    pub encoding: String,
    /// Letters that wait, and since when the first of them does.
    pub waiting: (usize, Option<Timestamp>),
    /// Text messages that wait, and since when the first of them does.
    pub texts_waiting: (usize, Option<Timestamp>),
    /// Letters and text messages that were given up.
    pub undeliverable: usize,
    /// The latest instant that it noted.
    pub latest: Option<Timestamp>,
    /// The sessions that people asked for and that are not over, as it knows them, and whether they
    /// left the content.
    pub asked: Vec<(SessionRecord, bool)>,
    /// Rows of each of the tables that people's values are in.
    pub counts: BTreeMap<String, i64>,
}

impl<D: Backend> InspectionStore for D {
    fn inspect(&self, now: Timestamp) -> Answer<'_, Inspection> {
        let read = self.read(move |db| Box::pin(look(db, now)));
        Box::pin(async move {
            let Soundness { damage, orphans, encoding } = self.soundness().await?;
            // What is damaged may not be read at all: that it is so is what matters.
            let seen = match read.await {
                Err(_) if !damage.is_empty() => Inspection::default(),
                seen => seen?,
            };
            Ok(Inspection { damage, orphans, encoding, ..seen })
        })
    }
}

async fn look<C: Connection>(db: &mut C, now: Timestamp) -> Result<Inspection, DatabaseError> {
    let sql = "SELECT COUNT(*) FILTER (WHERE state = 'pending' AND channel = 'courriel') AS waiting, \
               MIN(written_at) FILTER (WHERE state = 'pending' AND channel = 'courriel') AS oldest, \
               COUNT(*) FILTER (WHERE state = 'pending' AND channel = 'sms') AS texts, \
               MIN(written_at) FILTER (WHERE state = 'pending' AND channel = 'sms') AS oldest_text, \
               COUNT(*) FILTER (WHERE state = 'undeliverable') AS lost FROM outbox";
    let read = |row: &dyn Row| {
        let waiting = (rows::number(row, "waiting")?, rows::optional_instant(row, "oldest")?);
        let texts = (rows::number(row, "texts")?, rows::optional_instant(row, "oldest_text")?);
        Ok((waiting, texts, rows::number(row, "lost")?))
    };
    let (waiting, texts_waiting, undeliverable) = db.query(sql, &[], read).await?.pop().unwrap_or_default();
    let sql = "SELECT MAX(at) AS at FROM (SELECT MAX(at) AS at FROM audit UNION ALL SELECT MAX(asked_at) FROM demands \
               UNION ALL SELECT MAX(written_at) FROM outbox UNION ALL SELECT MAX(at) FROM digests) AS noted";
    let latest = db.query(sql, &[], |row| rows::optional_instant(row, "at")).await?.pop().flatten();
    let sql = format!(
        "SELECT {RECORD} FROM sessions s WHERE s.ends > $1 AND s.decision IS NULL \
         AND EXISTS (SELECT 1 FROM demands d WHERE d.session = s.key AND d.ended IS NULL) ORDER BY s.starts, s.key"
    );
    let read = |row: &dyn Row| Ok((rows::record(row)?, rows::flag(row, "orphaned")?));
    let asked = db.query(&sql, values![now], read).await?;
    let read = |row: &dyn Row| Ok((rows::text(row, "name")?, rows::number(row, "count")?));
    let counts = db.query(&count_rows(), &[], read).await?.into_iter().collect();
    Ok(Inspection { waiting, texts_waiting, undeliverable, latest, asked, counts, ..Inspection::default() })
}
