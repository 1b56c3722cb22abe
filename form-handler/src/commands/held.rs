//! What is held, in a terminal: how much of which session, and the team's answer. Nobody is named.

use jiff::Timestamp;

use super::town::town_time;
use crate::{
    base::Base,
    phrase::Phrase,
    store::{Burst, BurstAnswer, Changed, Store, StoreError},
};

/// A line for each session of which anything is held, those to come first.
pub(super) async fn lines(store: &dyn Store, session: Option<&str>, now: Timestamp) -> Result<Vec<Phrase>, StoreError> {
    let bursts = store.bursts(now).await?;
    let asked = |burst: &&Burst| session.is_none_or(|session| session == burst.session.id);
    Ok(bursts.iter().filter(asked).map(line).collect())
}

/// Lets in, or drops, what is held of this session by now.
pub(super) async fn answer(base: &Base, session: &str, answer: BurstAnswer) -> Result<Phrase, Phrase> {
    let now = base.clock.now();
    let none = || Phrase::new("retenues-aucune-ici").with("seance", session);
    let bursts = base.store.bursts(now).await?;
    let burst = bursts.iter().find(|burst| burst.session.id == session).ok_or_else(none)?;
    match base.store.answer_burst(burst.key, burst.last, answer, now).await? {
        Changed::Done => {
            let done = match answer {
                BurstAnswer::Admit => "retenues-acceptees",
                BurstAnswer::Drop => "retenues-ecartees",
            };
            Ok(Phrase::new(done).count("nombre", count(burst)).with("seance", session))
        }
        // Somebody else answered, just now.
        _ => Err(none()),
    }
}

fn line(burst: &Burst) -> Phrase {
    let local = |at: Timestamp| at.to_zoned(town_time()).strftime("%d/%m/%Y %H:%M").to_string();
    Phrase::new("retenues-ligne")
        .with("seance", &burst.session.id)
        .count("nombre", count(burst))
        .with("premiere", local(burst.first_at))
        .with("derniere", local(burst.last_at))
}

pub(super) fn count(burst: &Burst) -> usize {
    usize::try_from(burst.count).unwrap_or(usize::MAX)
}
