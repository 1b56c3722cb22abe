//! The published site: tower-http's `ServeDir`, and around it what a site that tells states needs.
//!
//! A validator is the content itself, hashed, never the instant of a file: a page that says
//! "complet" is not answered with "not modified". What begins with a dot, and what a link of the
//! file system leads out of the folder to, is not served. What was published compressed too is sent
//! as it is; the rest is compressed on the way.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use entreparentaise::{model::Id, urls};
use lol_html::{RewriteStrSettings, element, rewrite_str};
use percent_encoding::percent_decode_str;
use tower_http::services::ServeDir;

use crate::web::{
    app::App,
    reply::{redirect, with_header},
};

/// For what carries its fingerprint in its name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// For all else: asked again each time, and answered by the tag, since a state must be true within
/// two seconds.
const ASK_AGAIN: &str = "no-cache";

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
    let folder = app.site.folder();
    if !is_public(folder, path).await {
        return None;
    }
    let origin = carried_origin(path, query);
    // Neither a part of a file nor its instant is asked for, nor a copy of what is to be changed.
    let mut asked = Request::get(path).body(Body::empty()).ok()?;
    if let Some(accepted) = headers.get(header::ACCEPT_ENCODING).filter(|_| origin.is_none()) {
        asked.headers_mut().insert(header::ACCEPT_ENCODING, accepted.clone());
    }
    let found = ServeDir::new(folder).precompressed_br().precompressed_gzip().try_call(asked).await.ok()?;
    match found.status() {
        StatusCode::OK => {}
        StatusCode::TEMPORARY_REDIRECT => {
            // `//name/` would be another site's address.
            let folder = format!("/{}/", path.trim_start_matches('/'));
            let address = query.map_or_else(|| folder.clone(), |query| format!("{folder}?{query}"));
            return Some(redirect(StatusCode::PERMANENT_REDIRECT, &address));
        }
        _ => return None,
    }
    let (found, body) = found.into_parts();
    let mut bytes = to_bytes(Body::new(body), usize::MAX).await.ok()?;
    if let Some(carried) = origin.and_then(|origin| with_origin(&bytes, &origin)) {
        bytes = carried.into();
    }
    let tag = format!("W/\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let unchanged = known.split(',').any(|known| known.trim() == tag || known.trim() == "*");
    let mut response = if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    for name in [header::CONTENT_ENCODING, header::VARY] {
        response.headers_mut().extend(found.headers.get(&name).map(|value| (name, value.clone())));
    }
    let response = describe(response, &urls::file(path), if urls::never_changes(path) { FOR_EVER } else { ASK_AGAIN });
    Some(with_header(response, header::ETAG, &tag))
}

/// The page that says that there is nothing at this address.
pub(super) async fn not_found(app: &App) -> Response {
    let folder = app.site.folder();
    let page = if is_public(folder, "/404.html").await {
        tokio::fs::read(folder.join("404.html")).await.unwrap_or_default()
    } else {
        Vec::new()
    };
    describe((StatusCode::NOT_FOUND, page).into_response(), "404.html", ASK_AGAIN)
}

fn describe(response: Response, name: &str, kept: &str) -> Response {
    let response = with_header(response, header::CONTENT_TYPE, &urls::content_type(name));
    with_header(response, header::CACHE_CONTROL, kept)
}

/// Whether what is at an address may be seen: no name on the way to it begins with a dot, and it is
/// in the folder, whatever links of the file system say. So are the file that stands for a folder,
/// and the compressed copies that may be sent in its place.
async fn is_public(folder: &Path, path: &str) -> bool {
    let Ok(decoded) = percent_decode_str(path).decode_utf8() else { return false };
    let file = folder.join(decoded.trim_start_matches('/'));
    if decoded.split('/').any(is_hidden) {
        return false;
    }
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || lies_in(&folder, file)).await.unwrap_or_default()
}

fn lies_in(folder: &Path, mut file: PathBuf) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let inside = |file: &Path| {
        let real = file.canonicalize();
        let name = real.as_ref().ok().and_then(|real| real.strip_prefix(&folder).ok());
        name.is_some_and(|name| !name.iter().any(|name| name.to_str().is_none_or(is_hidden)))
    };
    if !inside(&file) {
        return false;
    }
    if file.is_dir() {
        file.push("index.html");
    }
    ["", ".br", ".gz"].iter().all(|copy| {
        let mut name = file.clone().into_os_string();
        name.push(copy);
        let name = Path::new(&name);
        // What is not there is not sent.
        name.symlink_metadata().is_err() || inside(name)
    })
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// The origin that a page of the sessions or of a group is to carry on.
fn carried_origin(path: &str, query: Option<&str>) -> Option<Id> {
    ["/seances/", "/groupes/"].iter().any(|folder| path.starts_with(folder)).then_some(())?;
    let mut fields = query.into_iter().flat_map(|query| url::form_urlencoded::parse(query.as_bytes()));
    fields.find(|(name, _)| name == "connu_par").and_then(|(_, value)| Id::new(&value))
}

/// A page that was reached from paper carries its origin on: to the form, and to the sessions that
/// it proposes. `None`: it is no page.
fn with_origin(page: &[u8], origin: &Id) -> Option<String> {
    let carry = element!("a[href]", |link| {
        let target = link.get_attribute("href").unwrap_or_default();
        let form = target.contains("/inscription/") && !target.contains("/inscription/suivi/");
        let session = target.strip_prefix("/seances/").is_some_and(|id| id.ends_with('/'));
        if form || session {
            let mark = if target.contains('?') { "&amp;" } else { "?" };
            link.set_attribute("href", &format!("{target}{mark}connu_par={origin}"))?;
        }
        Ok(())
    });
    let settings = RewriteStrSettings::new().append_element_content_handler(carry);
    rewrite_str(std::str::from_utf8(page).ok()?, settings).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_goes_where_the_person_goes() {
        let page = "<a class=x href=\"/inscription/?seance=a\">x</a><a href='/seances/b/'>y</a>\
                    <a href=\"/seances/b.ics\">z</a><a href=\"/inscription/suivi/t\">t</a>";
        let carried = with_origin(page.as_bytes(), &Id::new("flyer").unwrap()).unwrap();
        assert_eq!(
            carried,
            "<a class=x href=\"/inscription/?seance=a&amp;connu_par=flyer\">x</a>\
             <a href=\"/seances/b/?connu_par=flyer\">y</a>\
             <a href=\"/seances/b.ics\">z</a><a href=\"/inscription/suivi/t\">t</a>"
        );
    }

    #[tokio::test]
    async fn nothing_is_public_but_what_lies_in_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let site = root.path().join("dist");
        for folder in ["dist/seances", "dist/kit", "elsewhere"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for file in ["secret.txt", "elsewhere/index.html", "dist/page.html", "dist/.secret", "dist/seances/index.html"]
        {
            std::fs::write(root.path().join(file), "x").unwrap();
        }
        for (target, link) in [
            ("../secret.txt", "link.txt"),
            ("page.html", "other.html"),
            (".secret", "secret.html"),
            ("../elsewhere", "folder"),
            ("../../secret.txt", "kit/index.html"),
            ("../secret.txt", "text.html.br"),
            ("nowhere", "dead.html"),
        ] {
            std::os::unix::fs::symlink(target, site.join(link)).unwrap();
        }
        std::fs::write(site.join("text.html"), "x").unwrap();
        for (path, public) in [
            ("/page.html", true),
            ("/", true),
            ("/other.html", true),
            ("/seances/", true),
            ("/seances", true),
            ("/link.txt", false),
            ("/secret.html", false),
            ("/folder/", false),
            ("/folder/index.html", false),
            ("/kit", false),
            ("/kit/", false),
            ("/kit/index.html", false),
            ("/text.html", false),
            ("/dead.html", false),
            ("/.secret", false),
            ("/%2esecret", false),
            ("/../secret.txt", false),
            ("/page.html/", false),
            ("/%00", false),
            ("/%ff", false),
        ] {
            assert_eq!(is_public(&site, path).await, public, "{path}");
        }
    }
}
