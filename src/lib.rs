//! Entreparent'aise: from a folder of texts to a communication site and its printed supports.
//!
//! The way of the data is the order of the modules (see `ARCHITECTURE.md`).

pub mod model;
pub mod text;
