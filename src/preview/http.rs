//! Answers the browsers that look at the preview, and tells them of each change as it comes.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_stream::{Stream, StreamExt, wrappers::WatchStream};

use super::live::{LiveSite, Preview, Update};
use crate::urls;

/// What the preview adds to the site: names that no site has.
const SCRIPT: &str = "/_apercu/direct.js";
const EVENTS: &str = "/_apercu/evenements";

/// Ends a page that listens to its changes. It says which `version` it shows: what changes before
/// the browser listens is not missed.
fn tail(version: u64) -> String {
    format!("<script src=\"{SCRIPT}\" data-version=\"{version}\" defer></script></body>")
}

/// A browser that hears nothing for longer than this thinks that the preview has gone.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(super) async fn serve(listener: TcpListener, preview: Arc<Preview>) -> io::Result<()> {
    let router = Router::new().route(SCRIPT, get(script)).route(EVENTS, get(events)).fallback(page).with_state(preview);
    axum::serve(listener, router).await
}

async fn script() -> Response {
    typed("text/javascript; charset=utf-8", include_str!("direct.js").as_bytes().to_vec())
}

/// Each change, as it comes; at first, what is true now.
async fn events(State(preview): State<Arc<Preview>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let updates = WatchStream::new(preview.updates());
    let events = updates.map(move |Update { version, styles }| {
        let report = preview.report();
        let problems = if report.errors > 0 { report.problems } else { Vec::new() };
        let sheets: Vec<String> = preview.site().map(|site| sheets(&site)).unwrap_or_default();
        let title = preview.say("apercu-derniere-bonne");
        let data = json!({
            "version": version, "styles": styles, "feuilles": sheets, "problemes": problems, "titre": title,
        });
        Ok(Event::default().data(data.to_string()))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

/// The addresses of the style sheets: they change with what they hold.
fn sheets(site: &LiveSite) -> Vec<String> {
    let urls = site.assembly.snapshot().assets().files.iter().map(|asset| asset.url.clone());
    urls.filter(|url| url.rsplit('.').next() == Some("css")).collect()
}

async fn page(State(preview): State<Arc<Preview>>, uri: Uri) -> Response {
    // Taken before the site: a page may be newer than it says, never older.
    let version = preview.version();
    let Some(site) = preview.site() else {
        return problem_page(StatusCode::SERVICE_UNAVAILABLE, &preview, version, &preview.report().problems);
    };
    let Ok(path) = percent_encoding::percent_decode_str(uri.path()).decode_utf8() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = path.into_owned();
    match tokio::task::spawn_blocking(move || answer(&preview, &site, version, &path)).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn answer(preview: &Preview, site: &LiveSite, version: u64, path: &str) -> Response {
    match site.get(path) {
        Some(Ok(bytes)) => typed(&content_type(path), with_script(path, version, bytes.to_vec())),
        Some(Err(problem)) => {
            let report = preview.words(&[*problem], site);
            problem_page(StatusCode::INTERNAL_SERVER_ERROR, preview, version, &report.problems)
        }
        None if site.has(&format!("{path}/")) => Redirect::temporary(&format!("{path}/")).into_response(),
        None => {
            let page = site.get("/404.html").and_then(Result::ok).map(|bytes| bytes.to_vec()).unwrap_or_default();
            let mut response = typed("text/html; charset=utf-8", with_script("/404.html", version, page));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}

fn typed(kind: &str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    if let Ok(kind) = HeaderValue::try_from(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn content_type(path: &str) -> String {
    urls::content_type(&urls::file(path))
}

/// The page, listening to its changes.
fn with_script(path: &str, version: u64, bytes: Vec<u8>) -> Vec<u8> {
    let html = content_type(path).starts_with("text/html");
    match String::from_utf8(bytes) {
        Ok(text) if html => match text.rfind("</body>") {
            Some(at) => format!("{}{}{}", &text[..at], tail(version), &text[at + "</body>".len()..]).into_bytes(),
            None => text.into_bytes(),
        },
        Ok(text) => text.into_bytes(),
        Err(other) => other.into_bytes(),
    }
}

/// Shown where there is no last good page.
fn problem_page(status: StatusCode, preview: &Preview, version: u64, problems: &[String]) -> Response {
    let title = preview.say("apercu-a-corriger");
    let escaped = problems.join("\n\n").replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1><pre>{escaped}</pre>{}</html>",
        preview.lang(),
        tail(version)
    );
    (status, Html(page)).into_response()
}
