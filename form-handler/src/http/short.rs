//! The addresses that are printed: they lead to the session, or say what comes next.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entreparentaise::model::Id;

use super::{App, files};

pub(super) async fn lead(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    answer(&app, &headers, &id, None).await
}

pub(super) async fn lead_from(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path((id, origin)): Path<(String, String)>,
) -> Response {
    let origin = Id::new(&origin);
    answer(&app, &headers, &id, origin.as_ref()).await
}

async fn answer(app: &App, headers: &HeaderMap, id: &str, origin: Option<&Id>) -> Response {
    let site = app.site.current();
    let live = site.views().session_by_id(id).filter(|(view, _)| !view.past && !view.cancelled);
    match live {
        Some((view, _)) => {
            // The origin travels in the address: no cookie, and the person sees and changes it in the form.
            let target = origin.map_or_else(|| view.url.clone(), |origin| format!("{}?connu_par={origin}", view.url));
            redirect(&target)
        }
        // Past, cancelled, or gone from the content: the published page says what comes next.
        None => files::file(app, headers, &format!("/s/{id}/"), None).await,
    }
}

fn redirect(target: &str) -> Response {
    // Not for ever: the same paper will one day lead to the next session.
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(location) = HeaderValue::try_from(target) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
