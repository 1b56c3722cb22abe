//! Every support that is made: a record, for each session that it announces, for the season or for
//! its group.

use crate::{model::Support, site::Snapshot, urls};

/// A support that is made.
#[derive(Debug, Clone)]
pub struct MadeSupport<'a> {
    /// Where in the model its record is.
    pub index: usize,
    /// Its record.
    pub support: &'a Support,
    /// The session that it is made for; `None`: the season, or the group.
    pub session: Option<usize>,
    /// Its address.
    pub url: String,
}

/// Every support that is made, those of one record together.
pub fn made(snapshot: &Snapshot) -> impl Iterator<Item = MadeSupport<'_>> {
    let model = snapshot.model();
    model.supports.iter().enumerate().flat_map(move |(index, support)| {
        snapshot.made_for(support).map(move |session| {
            let id = session.map(|at| &model.sessions[at].id);
            let address = if support.format.is_picture() { urls::picture } else { urls::support };
            MadeSupport { index, support, session, url: address(&support.id, id) }
        })
    })
}
