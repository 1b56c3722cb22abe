//! Entreparent'aise: from a folder of texts to a communication site and its printed supports.
//!
//! The way of the data is the order of the modules (see `ARCHITECTURE.md`).

pub mod fingerprint;
pub mod model;

pub mod sources;

pub mod parse;

pub mod assets;
pub mod calendar;
pub mod drawing;
pub mod templates;

pub mod views;

pub mod site;

pub mod outputs;

pub mod check;

pub mod assembly;

pub mod inspect;

pub mod publish;

pub mod memory;

pub mod publication;

pub mod build;
pub mod private_dir;
pub mod progress;

pub mod diagnostic;
pub mod report;
pub mod text;
pub mod typography;
pub mod urls;

#[cfg(feature = "program")]
pub mod pdf;

#[cfg(feature = "program")]
pub mod preview;

#[cfg(feature = "program")]
pub mod cli;
#[cfg(feature = "program")]
mod clock;
#[cfg(feature = "program")]
mod scaffold;
