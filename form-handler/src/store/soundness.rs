//! What is looked at in every database, whatever it is: whether it is whole, and what it holds.

use std::collections::BTreeMap;

/// What a backup holds of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The schema's version.
    pub schema: i64,
    /// Rows by table.
    pub counts: BTreeMap<String, i64>,
    /// The fingerprint of the key that its links were made with.
    pub key: Option<String>,
}

/// What only one database can say of itself.
#[derive(Debug, Default)]
pub(super) struct Soundness {
    pub(super) damage: Vec<String>,
    pub(super) orphans: usize,
    pub(super) encoding: String,
}

/// The tables that a backup counts.
const COUNTED: &[&str] = &["sessions", "demands", "outbox", "topics", "notices", "tallies"];

/// How many rows each of [`COUNTED`] has.
pub(super) fn count_rows() -> String {
    let one = |table: &&str| format!("SELECT '{table}' AS name, COUNT(*) AS count FROM {table}");
    COUNTED.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ")
}
