//! What only time, the team or an erasure writes: a handful of rows, one statement each.

use deadpool_postgres::Client;
use jiff::Timestamp;

use super::{failure::Failure, rows::ms};
use crate::{
    agenda::{Decision, Milestone},
    enrolment::{MessageKind, Rank, TeamMessage},
};

#[derive(Default)]
pub(super) struct Season {
    pub(super) to_team: Vec<(i64, TeamMessage)>,
    pub(super) reached: Vec<(i64, Timestamp, Milestone)>,
    pub(super) decided: Vec<(i64, Decision)>,
    pub(super) calendars: Vec<Rank>,
    /// Those who are erased and may be told so.
    pub(super) farewells: Vec<Rank>,
    pub(super) at: Option<Timestamp>,
}

impl Season {
    pub(super) fn is_empty(&self) -> bool {
        self.at.is_none()
    }

    pub(super) async fn write(&self, client: &Client) -> Result<(), Failure> {
        let Some(at) = self.at.map(ms) else { return Ok(()) };
        for (session, kind) in &self.to_team {
            let sql = "INSERT INTO outbox (kind, session, written_at, not_before) SELECT $1, $2::bigint, $3::bigint, $3 \
                       WHERE NOT ($4 AND EXISTS (SELECT 1 FROM outbox WHERE kind = $1 AND state = 'pending'))";
            client.execute(sql, &[&kind.name(), session, &at, &kind.says_it_once()]).await?;
        }
        for (session, starts, milestone) in &self.reached {
            let sql = "INSERT INTO milestones (session, what, starts, at) VALUES ($1, $2, $3, $4)";
            client.execute(sql, &[session, &milestone.name(), &ms(*starts), &at]).await?;
        }
        for (session, decision) in &self.decided {
            let sql = "UPDATE sessions SET decision = $2, cancelled = cancelled OR $3 WHERE key = $1";
            client.execute(sql, &[session, &decision.name(), &(*decision == Decision::Cancel)]).await?;
        }
        for rank in &self.calendars {
            client.execute("UPDATE demands SET calendar = COALESCE(calendar, id) WHERE rank = $1", &[rank]).await?;
        }
        for rank in &self.farewells {
            let sql = "INSERT INTO outbox (kind, session, recipient, lang, written_at, not_before) \
                       SELECT $1, session, email, lang, $3, $3 FROM demands WHERE rank = $2";
            client.execute(sql, &[&MessageKind::Erased.name(), rank, &at]).await?;
        }
        Ok(())
    }
}
