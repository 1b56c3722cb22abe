//! The published site. A validator is the content itself, hashed: a page that says "complet" is never answered with "not modified". What was
//! published compressed too is sent as it is; the rest is compressed on the way.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entreparentaise::{model::Id, urls};
use percent_encoding::percent_decode_str;

use crate::web::{app::App, reply::redirect};

/// Serves a file of `dist/`, or the page that says that there is none.
pub(crate) async fn serve(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match file(&app, &parts.headers, parts.uri.path(), parts.uri.query()).await {
        Some(response) => response,
        None => not_found(&app).await,
    }
}

/// The answer with the file behind an address; `None` when there is none.
pub(super) async fn file(app: &App, headers: &HeaderMap, path: &str, query: Option<&str>) -> Option<Response> {
    match find(app, path).await? {
        Found::Folder(address) => {
            let address = query.map_or_else(|| address.clone(), |query| format!("{address}?{query}"));
            Some(redirect(StatusCode::PERMANENT_REDIRECT, &address))
        }
        Found::File(file, name) => {
            let origin = carried_origin(path, query);
            let squeezed = if origin.is_some() { None } else { squeezed(&file, headers).await };
            let (coding, bytes) = match squeezed {
                Some((coding, bytes)) => (Some(coding), bytes),
                None => (None, with_origin(tokio::fs::read(&file).await.ok()?, origin)),
            };
            let tag = format!("W/\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
            let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let unchanged = known.split(',').any(|known| known.trim() == tag || known.trim() == "*");
            let mut response =
                if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(bytes).into_response() };
            describe(&mut response, &name, &tag);
            if let Some(coding) = coding {
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
                headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            }
            if urls::never_changes(path) {
                response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
            }
            Some(response)
        }
    }
}

/// For what carries its fingerprint in its name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The copies that a build may leave beside a file, the smallest first: HTTP's word, and what is added to the name.
const CODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// The compressed copy of a file that the browser takes, when the site was published with copies.
async fn squeezed(file: &Path, headers: &HeaderMap) -> Option<(&'static str, Vec<u8>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    for (coding, extension) in CODINGS.into_iter().filter(|(coding, _)| accepts(accepted, coding)) {
        let mut copy = file.as_os_str().to_owned();
        copy.push(".");
        copy.push(extension);
        if let Ok(bytes) = tokio::fs::read(copy).await {
            return Some((coding, bytes));
        }
    }
    None
}

/// Whether a list such as `gzip, br;q=0` names a coding that is taken.
fn accepts(list: &str, coding: &str) -> bool {
    list.split(',').any(|entry| {
        let mut words = entry.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused =
            words.any(|word| word.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0)));
        named && !refused
    })
}

enum Found {
    /// Where it is, and a name for its type.
    File(PathBuf, String),
    /// The address of a folder is written with a final slash.
    Folder(String),
}

async fn find(app: &App, path: &str) -> Option<Found> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let mut file: PathBuf = app.site.folder().to_owned();
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
    Some(Found::File(file, name))
}

pub(super) async fn not_found(app: &App) -> Response {
    let page = tokio::fs::read(app.site.folder().join("404.html")).await.unwrap_or_default();
    let mut response = (StatusCode::NOT_FOUND, page).into_response();
    describe(&mut response, "404.html", "");
    response
}

fn describe(response: &mut Response, name: &str, tag: &str) {
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::try_from(urls::content_type(name)) {
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

/// The origin that a page of the sessions or of a group is to carry on.
fn carried_origin(path: &str, query: Option<&str>) -> Option<Id> {
    ["/seances/", "/groupes/"].iter().any(|folder| path.starts_with(folder)).then_some(())?;
    let mut fields = query.into_iter().flat_map(|query| url::form_urlencoded::parse(query.as_bytes()));
    fields.find(|(name, _)| name == "connu_par").and_then(|(_, value)| Id::new(&value))
}

/// A page that was reached from paper carries its origin on: to the form, and to the sessions that it proposes.
fn with_origin(bytes: Vec<u8>, origin: Option<Id>) -> Vec<u8> {
    let Some(origin) = origin else { return bytes };
    let html = match String::from_utf8(bytes) {
        Ok(html) => html,
        Err(error) => return error.into_bytes(),
    };
    let mut carried = String::with_capacity(html.len() + 500);
    let mut rest = html.as_str();
    while let Some((before, after)) = rest.split_once("href=\"") {
        let (target, after) = after.split_once('"').unwrap_or((after, ""));
        carried.extend([before, "href=\"", target]);
        let form = target.contains("/inscription/") && !target.contains("/inscription/suivi/");
        let session = target.strip_prefix("/seances/").is_some_and(|id| id.ends_with('/'));
        if form || session {
            let mark = if target.contains('?') { "&amp;" } else { "?" };
            carried.extend([mark, "connu_par=", origin.as_str()]);
        }
        carried.push('"');
        rest = after;
    }
    carried.push_str(rest);
    carried.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_goes_where_the_person_goes() {
        let page =
            "<a href=\"/inscription/?seance=a\">x</a><a href=\"/seances/b/\">y</a><a href=\"/seances/b.ics\">z</a>";
        let carried = String::from_utf8(with_origin(page.into(), Id::new("flyer"))).unwrap();
        assert_eq!(
            carried,
            "<a href=\"/inscription/?seance=a&amp;connu_par=flyer\">x</a>\
             <a href=\"/seances/b/?connu_par=flyer\">y</a><a href=\"/seances/b.ics\">z</a>"
        );
        assert_eq!(with_origin(page.into(), None), page.as_bytes());
    }

    #[test]
    fn a_coding_is_taken_unless_it_is_refused() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("brotli", "br"));
    }
}
