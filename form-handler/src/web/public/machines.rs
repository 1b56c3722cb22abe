//! Routes for machines: the list of sessions, and whether the database answers.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
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

/// 200 `ok` when the database answers.
pub(crate) async fn health(State(app): State<Arc<App>>) -> Response {
    let (status, word) = match app.store.health().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "indisponible"),
    };
    no_store((status, word).into_response())
}
