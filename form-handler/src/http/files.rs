//! The published site. A validator is the content itself, hashed: a page that says "complet" is never answered with "not modified".

use std::{path::PathBuf, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use entreparentaise::model::Id;
use percent_encoding::percent_decode_str;

use super::App;

/// Serves a file of `dist/`.
pub(super) async fn serve(State(app): State<Arc<App>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
        return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
    }
    let (parts, _) = request.into_parts();
    file(&app, &parts.headers, parts.uri.path(), parts.uri.query()).await
}

/// The file behind an address, or the page that says there is none.
pub(super) async fn file(app: &App, headers: &HeaderMap, path: &str, query: Option<&str>) -> Response {
    let Some(found) = find(app, path).await else { return not_found(app).await };
    match found {
        Found::Folder(address) => {
            let address = query.map_or_else(|| address.clone(), |query| format!("{address}?{query}"));
            let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
            if let Ok(location) = HeaderValue::try_from(address) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
        Found::File(name, bytes) => {
            let bytes = with_origin(bytes, path, query);
            let tag = format!("W/\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
            let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let unchanged = known.split(',').any(|known| known.trim() == tag || known.trim() == "*");
            let mut response =
                if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(bytes).into_response() };
            describe(&mut response, &name, &tag);
            response
        }
    }
}

enum Found {
    /// A name, for its type, and what it holds.
    File(String, Vec<u8>),
    /// The address of a folder is written with a final slash.
    Folder(String),
}

async fn find(app: &App, path: &str) -> Option<Found> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let mut file: PathBuf = app.folder();
    let mut name = "index.html".to_owned();
    for segment in decoded.split('/').filter(|segment| !segment.is_empty()) {
        // Names that begin with a dot are never served; `..` is one of them.
        if segment.starts_with('.') || segment.contains(['\\', '\0']) {
            return None;
        }
        file.push(segment);
        segment.clone_into(&mut name);
    }
    if tokio::fs::metadata(&file).await.ok()?.is_dir() {
        if !decoded.ends_with('/') {
            // `//name/` would be another site's address.
            return Some(Found::Folder(format!("/{}/", path.trim_start_matches('/'))));
        }
        file.push("index.html");
        "index.html".clone_into(&mut name);
    } else if decoded.ends_with('/') {
        return None;
    }
    tokio::fs::read(&file).await.ok().map(|bytes| Found::File(name, bytes))
}

async fn not_found(app: &App) -> Response {
    let page = tokio::fs::read(app.folder().join("404.html")).await.unwrap_or_default();
    let mut response = (StatusCode::NOT_FOUND, page).into_response();
    describe(&mut response, "404.html", "");
    response
}

fn describe(response: &mut Response, name: &str, tag: &str) {
    let guess = mime_guess::from_path(name).first_or_octet_stream();
    let kind = match (guess.type_(), guess.subtype().as_str()) {
        (mime_guess::mime::TEXT, _) | (_, "javascript" | "json") => format!("{}; charset=utf-8", guess.essence_str()),
        _ => guess.essence_str().to_owned(),
    };
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::try_from(kind) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    if let Ok(tag) = HeaderValue::try_from(tag)
        && !tag.is_empty()
    {
        headers.insert(header::ETAG, tag);
    }
    // Always asked again, answered by the tag: a state must be true within two seconds.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

/// A session's page that was reached from paper carries its origin on to the form.
fn with_origin(bytes: Vec<u8>, path: &str, query: Option<&str>) -> Vec<u8> {
    let origin = query.into_iter().flat_map(|query| url::form_urlencoded::parse(query.as_bytes()));
    let origin = origin.filter(|(name, _)| name == "connu_par").find_map(|(_, value)| Id::new(&value));
    let session = path.strip_prefix("/seances/").map(|rest| rest.trim_end_matches('/')).and_then(Id::new);
    let (Some(origin), Some(session)) = (origin, session) else { return bytes };
    match String::from_utf8(bytes) {
        Ok(html) => {
            let link = format!("/inscription/?seance={session}\"");
            html.replace(&link, &format!("/inscription/?seance={session}&amp;connu_par={origin}\"")).into_bytes()
        }
        Err(error) => error.into_bytes(),
    }
}
