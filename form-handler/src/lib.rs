//! The sign-up server: from a posted form to a place, a message and a page that tells the truth.
//!
//! The way of the data is the order of the modules. [`demand`] reads a form; [`enrolment`] holds
//! the rules, pure; [`store`] keeps the promises on disk, at the level of operations; [`token`] makes
//! the links that stand for a person, with the key of [`key_file`]; [`schedule`] says what time
//! brings; [`messages`] writes to people; [`site`] keeps the published pages true; [`http`]
//! answers; [`export`] gives the team its list, [`confirm`] what it has to confirm, [`check`] tells
//! the host what to know; [`config`], [`base`], [`serve`] and [`cli`] start it all.

pub mod base;
pub mod commands;
pub mod demand;
pub mod enrolment;
pub mod export;
pub mod key_file;
pub mod messages;
pub mod phrase;
pub mod report;
pub mod said;
pub mod schedule;
pub mod serve;
pub mod settings;
pub mod site;
pub mod store;
pub mod system;
pub mod token;
pub mod web;
