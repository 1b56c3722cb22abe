//! The sign-up server: from a posted form to a place, a message and a page that tells the truth.
//!
//! The way of the data is the order of the modules. [`demand`] reads a form; [`enrolment`] holds
//! the rules, pure; [`store`] keeps the promises on disk, at the level of commands; [`token`] makes
//! the links that stand for a person, with the key of [`key_file`]; [`agenda`] says what time
//! brings; [`messages`] writes to people; [`publishing`] keeps the published pages true; [`http`]
//! answers; [`export`] gives the team its list, [`confirm`] what it has to confirm, [`check`] tells
//! the host what to know, [`purge`] erases; [`config`], [`base`], [`start`] and [`cli`] start it
//! all.

pub mod agenda;
pub mod base;
pub mod check;
pub mod cli;
pub mod config;
pub mod confirm;
pub mod demand;
pub mod enrolment;
pub mod export;
pub mod http;
pub mod key_file;
pub mod messages;
pub mod publishing;
pub mod purge;
pub mod report;
pub mod said;
pub mod start;
mod stop;
pub mod store;
pub mod system;
pub mod token;
