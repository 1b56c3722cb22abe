//! The addresses that are printed: they lead to the session, or say what comes next.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use entreparentaise::{model::Id, outputs, urls};

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
    if let Some(group) = site.model().group(id) {
        return redirect(&with_origin(urls::group(&group.id), origin));
    }
    let live = site.views().session_by_id(id).filter(|(view, _)| !view.past && !view.cancelled);
    match live {
        Some((view, _)) => {
            // The origin travels in the address: no cookie, and the person sees and changes it in the form.
            redirect(&with_origin(view.url.clone(), origin))
        }
        None => files::file_or(app, headers, &format!("/s/{id}/"), |app| gone(app, id)).await,
    }
}

/// Where the address of an id leads that nobody knows any more, or that somebody mistyped: paper is answered for as long as it hangs.
fn gone(app: &App, id: &str) -> Option<Response> {
    Id::new(id)?;
    let site = app.site.current();
    let page = outputs::gone(&site, &format!("/s/{id}/")).ok()?;
    Some((StatusCode::NOT_FOUND, Html(page)).into_response())
}

fn with_origin(url: String, origin: Option<&Id>) -> String {
    match origin {
        Some(origin) => format!("{url}?connu_par={origin}"),
        None => url,
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
