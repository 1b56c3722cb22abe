//! Problems as data, and their words. [`crate::report`] tells them.

pub mod diagnostic;
pub mod text;
