//! The demands that the team has yet to confirm, in a terminal: a list, and an answer to one of
//! them.

use crate::{
    base::Base,
    phrase::Phrase,
    store::{Changed, ToConfirm},
};

/// The last signs of a demand's name: the first ones tell when it was made, and are alike.
const SHORT: usize = 8;

/// How a demand is named in a terminal.
fn short(waiting: &ToConfirm) -> String {
    let id = waiting.id.to_string();
    id[id.len() - SHORT..].to_owned()
}

/// A line for each demand, the oldest first.
pub(super) async fn list(base: &Base) -> Result<Vec<Phrase>, Phrase> {
    let waiting = base.store.to_confirm(base.clock.now()).await?;
    if waiting.is_empty() {
        return Ok(vec![Phrase::new("confirmation-aucune")]);
    }
    let line = |waiting: &ToConfirm| {
        let phrase = Phrase::new("confirmation-ligne").with("demande", short(waiting));
        phrase.with("seance", &waiting.session.id).with("prenom", &waiting.first_name)
    };
    Ok(waiting.iter().map(line).collect())
}

/// Confirms the demand of this name, or offers the next session instead.
pub(super) async fn answer(base: &Base, demand: &str, next: bool) -> Result<Phrase, Phrase> {
    let now = base.clock.now();
    let unknown = || Phrase::new("confirmation-inconnue").with("demande", demand);
    let waiting = base.store.to_confirm(now).await?;
    let typed = demand.to_lowercase();
    let mut named = waiting.iter().filter(|waiting| typed.len() >= SHORT && waiting.id.to_string().ends_with(&typed));
    let (Some(found), None) = (named.next(), named.next()) else { return Err(unknown()) };
    let (changed, done) = if next {
        let none = || Phrase::new("confirmation-sans-suite").with("seance", &found.session.id);
        let to = found.next.as_ref().ok_or_else(none)?;
        (base.store.offer_next(found.id, to.key, now).await, Phrase::new("confirmation-suite").with("seance", &to.id))
    } else {
        (base.store.confirm(found.id, now).await, Phrase::new("confirmation-faite").with("seance", &found.session.id))
    };
    match changed? {
        Changed::Done => Ok(done),
        // Somebody else answered, or cancelled, just now.
        _ => Err(unknown()),
    }
}
