//! Entreparent'aise: from a folder of texts to a communication site and its printed supports.
//!
//! The way of the data is the order of the modules (see `ARCHITECTURE.md`).

pub mod diagnostics;
pub mod fingerprint;
pub mod model;
pub mod urls;

pub mod content;

pub mod assets;
pub mod calendar;
pub mod drawing;
pub mod report;
pub mod templates;

pub mod views;

pub mod site;

pub mod outputs;

pub mod check;

pub mod build;
pub mod private_dir;
pub mod progress;

pub mod watch;

#[cfg(feature = "program")]
pub mod pdf;

#[cfg(feature = "program")]
pub mod preview;

#[cfg(feature = "program")]
pub mod cli;
