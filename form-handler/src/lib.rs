//! The sign-up server: from a posted form to a place, a message and a page that tells the truth.
//!
//! The way of the data is the order of the modules. [`demand`] reads a form; [`enrolment`] holds
//! the rules, pure; [`store`] keeps the promises on disk, at the level of operations; [`token`]
//! makes the links that stand for a person, with the key of [`key_file`]; [`messages`] writes to
//! people; [`published`] is what all of them read; [`schedule`] says what time brings;
//! [`publishing`] keeps the published pages true; [`web`] answers, `connections` lets in;
//! [`backup`] is for the day after a disaster; [`settings`], [`base`], [`start`] and [`commands`]
//! start it all.

pub mod backup;
pub mod base;
pub mod commands;
mod connections;
pub mod demand;
pub mod enrolment;
pub mod key_file;
pub mod log;
pub mod messages;
pub mod phrase;
pub mod published;
pub mod publishing;
pub mod schedule;
pub mod settings;
pub mod start;
mod stop;
pub mod store;
pub mod system;
pub mod token;
pub mod web;
