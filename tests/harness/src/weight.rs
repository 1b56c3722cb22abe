//! What a page costs the phone that opens it: itself and all that it loads at once.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

use crate::html;

/// What opening a page costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Requests, the page's own included.
    pub requests: usize,
    /// Bytes as they stand in `dist/`.
    pub bytes: usize,
    /// Bytes of HTML and CSS, each compressed with gzip, which every browser accepts (Brotli makes
    /// less).
    pub compressed: usize,
    /// Bytes on the way: all that is text compressed with gzip, fonts and pictures as they are.
    pub sent: usize,
}

/// Weighs the page at `url` of `dist`: itself, its style sheets and what they load, scripts, icons,
/// preloads, pictures.
#[must_use]
pub fn of(dist: &Path, url: &str) -> Weight {
    let page = read(dist, url);
    let mut loaded: BTreeSet<String> = BTreeSet::new();
    for element in html::elements(&page) {
        let loads = match element.name.as_str() {
            "link" => element.get("rel").is_some_and(|rel| {
                rel.split_whitespace().any(|kind| ["stylesheet", "icon", "preload", "modulepreload"].contains(&kind))
            }),
            "script" | "img" | "source" | "iframe" => true,
            _ => false,
        };
        let address = element.get("href").or(element.get("src")).filter(|_| loads);
        loaded.extend(address.map(str::to_owned));
    }
    let sheets: Vec<String> = loaded.iter().filter(|path| is(path, "css")).cloned().collect();
    for sheet in &sheets {
        loaded.extend(inside(sheet, &read(dist, sheet)));
    }
    let compressed =
        gzip(page.as_bytes()) + sheets.iter().map(|sheet| gzip(read(dist, sheet).as_bytes())).sum::<usize>();
    let bytes = page.len() + loaded.iter().map(|path| bytes(dist, path)).sum::<usize>();
    let text = |path: &String| ["css", "js", "svg"].iter().any(|extension| is(path, extension));
    let sent =
        loaded.iter().map(|path| if text(path) { gzip(read(dist, path).as_bytes()) } else { self::bytes(dist, path) });
    let sent = gzip(page.as_bytes()) + sent.sum::<usize>();
    Weight { requests: 1 + loaded.len(), bytes, compressed, sent }
}

/// What a style sheet loads, seen from the root of the site.
fn inside(sheet: &str, css: &str) -> Vec<String> {
    let folder = sheet.rsplit_once('/').map_or("", |(folder, _)| folder);
    let named = css.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    let paths = named.map(|path| path.trim_matches(['"', '\'', ' '])).filter(|path| !path.starts_with("data:"));
    paths.map(|path| if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") }).collect()
}

fn is(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

fn file(dist: &Path, url: &str) -> PathBuf {
    let path = url.trim_start_matches('/').split(['?', '#']).next().unwrap_or_default();
    if path.is_empty() || path.ends_with('/') { dist.join(path).join("index.html") } else { dist.join(path) }
}

fn read(dist: &Path, url: &str) -> String {
    fs::read_to_string(file(dist, url)).unwrap_or_else(|error| panic!("{url} must be published: {error}"))
}

fn bytes(dist: &Path, url: &str) -> usize {
    let length = fs::metadata(file(dist, url)).unwrap_or_else(|error| panic!("{url} must be published: {error}")).len();
    usize::try_from(length).expect("a file fits in memory")
}

fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes bytes").len()
}
