//! Problems as data, and their words for people and for programs.

pub mod diagnostic;
pub mod report;
pub mod text;
