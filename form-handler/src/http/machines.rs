//! Routes for machines: the list of sessions, and whether the database answers.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{App, answer};
use crate::store::SessionStatus;

/// Every session of the content, with its state in words.
pub(super) async fn sessions(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    app.site.meeting().await;
    match app.store.sessions(app.clock.now()).await {
        Ok(sessions) => {
            let list: Vec<Value> = sessions.iter().map(session).collect();
            let mut response = Json(list).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
        Err(error) => answer::problem(&app, &headers, error.into()),
    }
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
pub(super) async fn health(State(app): State<Arc<App>>) -> Response {
    let (status, word) = match app.store.health().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "indisponible"),
    };
    answer::no_store((status, word).into_response())
}
