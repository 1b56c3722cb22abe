//! What the server answers to people and to machines. Contains no rule and no SQL: a request is
//! read, the store is asked, and the answer is in the site's own words.
//!
//! The modules, lowest first: `error` is what may be wrong with a request, `budget` how many of a
//! kind in a time, `bursts` what is held, `guard` who is let in, `app` what handlers need,
//! `request` what was asked and by whom, `reply` what is answered, `headers` what every answer
//! carries, `public` and `team` the handlers of each audience, [`router`] which address is whose.

mod app;
mod budget;
mod bursts;
mod client_address;
mod error;
mod guard;
mod headers;
mod public;
mod refused_origins;
mod reply;
mod request;
mod router;
mod team;
mod trace;

pub use self::{app::App, guard::Guard, router::router};
