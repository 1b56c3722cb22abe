//! The files published beside the pages: style sheets, scripts, fonts. Their published names carry the fingerprint of what they hold,
//! so that a browser may keep them for ever.

use std::{collections::BTreeMap, sync::Arc};

use crate::{diagnostic::Diagnostic, fingerprint::Fingerprint, render::templates::ASSETS, sources::Sources};

/// A file published beside the pages.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The file it is made from, first of all.
    pub source: Arc<str>,
    /// Its published address.
    pub url: String,
    /// What it holds, when that is not the source as it is.
    pub made: Option<Arc<[u8]>>,
    /// Of what it holds.
    pub fingerprint: Fingerprint,
}

/// Where each asset is published, by its path in `templates/assets/`.
#[derive(Debug, Clone, Default)]
pub struct Addresses(BTreeMap<String, String>);

impl Addresses {
    /// The address of the asset at this path; `None` when there is none.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Every path and its address.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, url)| (path.as_str(), url.as_str()))
    }
}

/// Every asset of a root.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    /// In the order of their paths.
    pub files: Vec<Asset>,
    /// Where they are published.
    pub addresses: Arc<Addresses>,
}

impl Assets {
    /// The assets of `sources`.
    #[must_use]
    pub fn of(sources: &Sources) -> (Self, Vec<Diagnostic>) {
        let problems = Vec::new();
        let mut files = Vec::new();
        let mut addresses = BTreeMap::new();
        for (source, file) in sources.under(ASSETS) {
            let path = source.trim_start_matches(ASSETS);
            let url = address(path, file.fingerprint());
            addresses.insert(path.to_owned(), url.clone());
            files.push(Asset { source: Arc::clone(source), url, made: None, fingerprint: file.fingerprint() });
        }
        (Self { files, addresses: Arc::new(Addresses(addresses)) }, problems)
    }
}

fn address(path: &str, _fingerprint: Fingerprint) -> String {
    format!("/assets/{path}")
}
