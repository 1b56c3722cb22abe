//! The contract, as the outside world meets it: the real program over HTTP, its database on disk,
//! its letters. A test reads like a sentence of the contract; where one fails, the contract is
//! broken or the sentence was misread.

mod answers;
mod backup;
mod browser;
mod changes;
mod check;
mod cluster;
mod confirm;
mod crash;
mod doors;
mod erasure;
mod fields;
mod follow_up;
mod groups;
mod guide;
mod held;
mod hostile;
mod key;
mod letters;
mod live;
mod log;
mod mail_server;
mod moments;
mod observer;
mod options;
mod places;
mod postgres;
mod proxies;
mod recent;
mod refusals;
mod retrouver;
mod review;
mod season;
mod static_files;
mod stopping;
mod support;
mod team;
mod texts;
mod trouble;
mod venues;
