//! The addresses that are printed: they lead to the session, or say what comes next.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use entreparentaise::{model::Id, outputs, urls};

use super::static_files;
use crate::web::{
    app::App,
    reply::{redirect, with_header},
};

pub(crate) async fn lead(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    answer(&app, &id, None, &headers).await
}

pub(crate) async fn lead_from(
    State(app): State<Arc<App>>,
    Path((id, origin)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    answer(&app, &id, Id::new(&origin).as_ref(), &headers).await
}

async fn answer(app: &App, id: &str, origin: Option<&Id>, headers: &HeaderMap) -> Response {
    let site = app.site.current();
    let group = site.model().group(id).map(|group| urls::group(&group.id));
    let session = site.views().index_of(id);
    let shown = session.map(|index| site.views().session(index).0);
    let live = shown.filter(|view| !view.past && !view.cancelled).map(|view| view.url.clone());
    if let Some(there) = group.or(live) {
        return lead_to(there, origin);
    }
    let path = format!("/s/{id}/");
    // The file says the same, but for how full the next dates are.
    if let Some(Ok(page)) = session.map(|index| outputs::gone(&site, &path, Some(index), origin)) {
        return with_header(Html(page).into_response(), header::CACHE_CONTROL, "no-cache");
    }
    if let Some(page) = static_files::file(app, headers, &path, None).await {
        return page;
    }
    // An id that nobody knows any more, or that somebody mistyped: paper is answered for as long as
    // it hangs.
    match Id::new(id).and_then(|_| outputs::gone(&site, &path, None, origin).ok()) {
        Some(page) => (StatusCode::NOT_FOUND, Html(page)).into_response(),
        None => static_files::not_found(app).await,
    }
}

/// The origin travels in the address: no cookie, and the person sees and changes it in the form.
fn lead_to(mut there: String, origin: Option<&Id>) -> Response {
    if let Some(origin) = origin {
        there = format!("{there}?connu_par={origin}");
    }
    // Not for ever: the same paper will one day lead to the next session.
    with_header(redirect(StatusCode::FOUND, &there), header::CACHE_CONTROL, "no-cache")
}
