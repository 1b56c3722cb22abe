//! What any store must pass, and what a database of an earlier release holds.

pub(crate) mod conformance;
