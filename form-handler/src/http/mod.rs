//! Routes for parents and for machines. Contains no rule and no SQL: it reads a request, asks the
//! store, and answers in the site's own words.

mod answer;
mod client_address;
mod come_back;
mod confirm;
mod date;
mod files;
mod follow_up;
mod form;
mod guard;
mod links;
mod machines;
mod personal;
mod posted;
mod refused_origins;
mod short;
mod team;

use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use ipnet::IpNet;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;

use self::{
    guard::{Limiter, Policy},
    refused_origins::RefusedOrigins,
};
use crate::{
    publishing::Publisher,
    store::Store,
    system::{Clock, Entropy},
    token::Key,
};

/// What the routes need.
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
    /// What is let in.
    pub gate: Gate,
}

/// What is let in.
#[derive(Debug)]
pub struct Gate {
    /// Origins that may post, e.g. `https://exemple.fr`.
    pub origins: watch::Receiver<Vec<String>>,
    /// Proxies whose word on the client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The longest body, in bytes.
    pub max_body: usize,
    /// Sign-ups from one address.
    limiter: Limiter,
    /// What answers may load.
    policy: Policy,
    /// Whose forms were refused.
    refused: RefusedOrigins,
}

impl Gate {
    /// `limit`: sign-ups a minute from one client address, 0 for any number.
    #[must_use]
    pub fn new(
        origins: watch::Receiver<Vec<String>>,
        trusted_proxies: Vec<IpNet>,
        max_body: usize,
        limit: u32,
    ) -> Self {
        let (limiter, policy, refused) = (Limiter::new(limit), Policy::default(), RefusedOrigins::default());
        Self { origins, trusted_proxies, max_body, limiter, policy, refused }
    }
}

impl App {
    /// The folder that is served.
    fn folder(&self) -> PathBuf {
        self.site.folder().to_owned()
    }
}

/// Every route.
pub fn router(app: Arc<App>) -> Router {
    let files = Router::new().fallback(files::serve).layer(CompressionLayer::new());
    Router::new()
        .route("/inscription", post(form::submit).get(form::without_slash))
        .route("/inscription/", get(form::show))
        .route("/inscription/suivi/{token}", get(follow_up::show).post(follow_up::act))
        .route("/inscription/suivi/{token}/agenda.ics", get(follow_up::calendar))
        .route("/inscription/revenir/{token}", get(come_back::show).post(come_back::come_back))
        .route("/equipe/seance/{token}", get(team::show_session).post(team::decide))
        .route("/equipe/date/{token}", get(date::show).post(date::accept))
        .route("/equipe/appels/{token}", get(team::show_calls).post(team::call_made))
        .route("/equipe/a-confirmer/{token}", get(confirm::show).post(confirm::settle))
        .route("/inscription/annuler-autres/{token}", get(links::show_others).post(links::cancel_others))
        .route("/inscription/fusion/{token}", get(links::show_merge).post(links::merge))
        .route("/s/{id}", get(short::lead))
        .route("/s/{id}/", get(short::lead))
        .route("/s/{id}/{origin}", get(short::lead_from))
        .route("/s/{id}/{origin}/", get(short::lead_from))
        .route("/api/seances", get(machines::sessions))
        .route("/sante", get(machines::health))
        .merge(files)
        .layer(DefaultBodyLimit::max(app.gate.max_body))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::headers))
        .with_state(app)
}
