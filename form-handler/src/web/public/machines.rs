//! Routes for machines: the list of sessions, whether the process lives, and whether it is ready.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    store::SessionStatus,
    web::{
        app::App,
        error::RequestError,
        reply::{no_store, with_header},
    },
};

/// Every session of the content, with its state in words.
pub(crate) async fn sessions(State(app): State<Arc<App>>) -> Result<Response, RequestError> {
    app.site.meeting().await;
    let sessions = app.store.sessions(app.clock.now()).await?;
    let list: Vec<Value> = sessions.iter().map(session).collect();
    Ok(with_header(Json(list).into_response(), header::CACHE_CONTROL, "no-cache"))
}

fn session(session: &SessionStatus) -> Value {
    let record = &session.record;
    json!({
        "id": record.id,
        "groupe": record.group,
        "date": record.date,
        "debut": record.start.strftime("%H:%M").to_string(),
        "fin": record.end.strftime("%H:%M").to_string(),
        "lieu": record.place,
        "etat": session.state.key(),
        "places_max": record.places_max,
        "adresse": record.path,
    })
}

/// 200 `ok` while the process lives; with `pret`, when somebody could sign up. Nothing more is
/// told: how old a letter is, or a page, tells that somebody signed up.
pub(crate) async fn health(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Result<Response, RequestError> {
    let asked = query.unwrap_or_default();
    if asked.split('&').any(|field| field == "pret" || field.starts_with("pret=")) {
        app.readiness.of(app.store.as_ref(), app.clock.now()).await?;
    }
    Ok(no_store("ok".into_response()))
}
