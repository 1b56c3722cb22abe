//! A root's files, to what they say: reading, understanding, and the typography of French.

pub mod parse;
pub mod sources;
pub mod typography;
