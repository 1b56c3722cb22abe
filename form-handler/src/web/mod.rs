//! What the server answers to people and to machines. Contains no rule and no SQL: a request is
//! read, the store is asked, and the answer is in the site's own words.
//!
//! The modules, lowest first: `error` is what may be wrong with a request, `budget` how many of a
//! kind in a time, `bursts` what is held, `guard` who is let in, `lost_links` looks for links
//! after the answer, `readiness` whether the database takes writes, `app` what handlers need,
//! `form_text` in which letters a form is written, `request` what was asked and by whom, `reply`
//! what is answered, `headers` what every answer carries, `trace` names what is logged, `public`
//! and `team` the handlers of each audience, [`router`] which address is whose. [`monitor`] is for
//! whoever runs the server, elsewhere.

mod app;
mod budget;
mod bursts;
mod client_address;
mod error;
mod form_text;
mod guard;
mod headers;
mod lost_links;
mod monitor;
mod public;
mod readiness;
mod refused_origins;
mod reply;
mod request;
mod router;
mod team;
mod trace;

pub(crate) use self::guard::subscriber;
pub use self::{app::App, guard::Guard, lost_links::LostLinks, monitor::monitor, readiness::Readiness, router::router};
