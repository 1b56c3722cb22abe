//! How it goes, for whoever runs the server: on an address of this machine alone, when one is
//! given.
//!
//! How old a letter is, or a page, betrays that somebody signed up. So nothing of it is at the
//! address that visitors reach: a proxy on this very machine would show it to anybody, as the peer
//! and every header may be the proxy's own.

use std::{path::PathBuf, sync::Arc};

use axum::{Json, Router, extract::State, response::Response, routing::get};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{app::App, reply};

/// What is looked at.
#[derive(Clone)]
struct Monitored {
    app: Arc<App>,
    /// What the handler keeps.
    var: PathBuf,
}

/// The one page, for programs.
pub fn monitor(app: Arc<App>, var: PathBuf) -> Router {
    Router::new().route("/", get(tell)).with_state(Monitored { app, var })
}

async fn tell(State(Monitored { app, var }): State<Monitored>) -> Response {
    let now = app.clock.now();
    let seconds = |since: Timestamp| now.duration_since(since).as_secs().max(0);
    let ready = app.readiness.of(app.store.as_ref(), now).await.is_ok();
    let waiting = app.store.oldest_message().await.ok().flatten();
    let free = |folder| rustix::fs::statvfs(folder).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let told: Value = json!({
        "pret": ready,
        "message_en_attente_s": waiting.map(seconds),
        "publication_s": app.site.published_at().map(seconds),
        "disque_libre_octets": { "var": free(var.as_path()), "site": free(app.site.folder()) },
    });
    reply::no_store(axum::response::IntoResponse::into_response(Json(told)))
}
