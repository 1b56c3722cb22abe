//! What a publication told of a session: what an edit of its file is later held against.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};

use crate::model::Id;

/// What a publication said of when a session is held, as its file said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The session.
    pub id: Id,
    /// The day.
    pub date: Date,
    /// When it ended, where its file told.
    pub end: Option<Time>,
    /// Its revision.
    pub revision: u32,
    /// When that was published.
    pub published: Timestamp,
}
