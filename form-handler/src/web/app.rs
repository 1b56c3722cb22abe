//! What every handler may need, made once at the start and shared: nothing else is kept between two
//! requests.

use std::sync::Arc;

use super::{guard::Guard, lost_links::LostLinks, readiness::Readiness};
use crate::{
    publishing::Publisher,
    store::Store,
    system::{Clock, Entropy},
    token::Key,
};

/// What handlers need.
#[derive(Debug)]
pub struct App {
    /// The promises.
    pub store: Arc<dyn Store>,
    /// The site, as published.
    pub site: Arc<Publisher>,
    /// What links are made with.
    pub key: Key,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For the key of each rendering of the form.
    pub entropy: Arc<dyn Entropy>,
    /// Who is let in.
    pub guard: Guard,
    /// The way to whoever looks for links that people lost.
    pub lost_links: LostLinks,
    /// Whether the database takes writes.
    pub readiness: Readiness,
}
