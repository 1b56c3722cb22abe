//! What a root's own pages and lists stand in, whatever they say: messages, assets, templates.
//! Taken over whole from the cache when none of its files changed.

use std::sync::Arc;

use super::announced::Announced;
use crate::{
    assets::{Assets, CopyCache, MEDIA, PictureSize},
    content::{
        parse::{self, Reading, ReadingCache},
        sources::Sources,
    },
    diagnostics::{diagnostic::Diagnostic, text::Texts},
    fingerprint::Fingerprint,
    model::{Id, Place},
    templates::{FOLDER, Templates},
};

/// The folder of messages, in a root.
const MESSAGES: &str = "locales/";

/// What an earlier understanding of a root left: true still of the files that did not change.
pub trait BuildCache: ReadingCache {
    /// The size of the picture whose bytes have this fingerprint.
    fn size(&self, fingerprint: Fingerprint) -> Option<PictureSize>;

    /// What was last published of when this session is held, unless its file had this fingerprint
    /// then as it has now.
    fn announced(&self, _id: &Id, _file: &str, _now: Fingerprint) -> Option<Announced> {
        None
    }

    /// The frame made from files that had this fingerprint together.
    fn frame(&self, _: Fingerprint) -> Option<Frame> {
        None
    }

    /// Where the copies of pictures are kept.
    fn made(&self) -> Arc<CopyCache> {
        Arc::default()
    }
}

/// Messages, assets, templates.
#[derive(Debug, Clone)]
pub struct Frame {
    fingerprint: Fingerprint,
    pub(super) texts: Arc<Texts>,
    pub(super) assets: Assets,
    pub(super) templates: Templates,
}

impl Frame {
    pub(super) fn of(sources: &Sources, cache: &dyn BuildCache) -> (Self, Vec<Diagnostic>) {
        let files = [FOLDER, MESSAGES, MEDIA].into_iter().flat_map(|folder| sources.under(folder));
        let fingerprint =
            Fingerprint::all(files.flat_map(|(path, file)| [Fingerprint::of(path.as_bytes()), file.fingerprint()]));
        if let Some(frame) = cache.frame(fingerprint) {
            return (frame, Vec::new());
        }
        let mut diagnostics = Vec::new();
        let texts = Arc::new(texts(sources, &mut diagnostics));
        let (assets, problems) = Assets::of(sources, &|fingerprint| cache.size(fingerprint), &cache.made());
        diagnostics.extend(problems);
        let (templates, problems) = Templates::load(sources, &texts, &assets);
        diagnostics.extend(problems);
        (Self { fingerprint, texts, assets, templates }, diagnostics)
    }

    pub(super) fn is(&self, fingerprint: Fingerprint) -> bool {
        self.fingerprint == fingerprint
    }
}

/// The project's messages, with those of the root's `locales/<lang>/*.ftl` over them.
pub(crate) fn texts(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Texts {
    let mut overrides: Vec<(&str, &str, &str)> = Vec::new();
    for (path, file) in sources.under(MESSAGES).filter(|(path, _)| path.ends_with(".ftl")) {
        let lang = path.split('/').nth(1).unwrap_or_default();
        match std::str::from_utf8(file.bytes()) {
            Ok(text) => {
                diagnostics.extend(parse::typed(path, text));
                diagnostics.extend(parse::escaped(path, text));
                overrides.push((lang, path, text));
            }
            Err(error) => diagnostics.push(parse::not_utf8(path, &error)),
        }
    }
    let (texts, errors) = Texts::with_overrides(overrides);
    for error in errors {
        let at = Place::new(&error.file.as_str().into(), error.span);
        diagnostics.push(Diagnostic::error("ftl-invalide", at).arg("detail", error.message));
    }
    texts
}

/// Nothing is known of the root yet. Copies of pictures are kept for a later understanding.
#[derive(Debug)]
pub struct EmptyCache(Arc<CopyCache>);

impl Default for EmptyCache {
    fn default() -> Self {
        Self(Arc::new(CopyCache::keeping()))
    }
}

impl ReadingCache for EmptyCache {
    fn reading(&self, _: &Arc<str>, _: Fingerprint) -> Option<Arc<Reading>> {
        None
    }
}

impl BuildCache for EmptyCache {
    fn size(&self, _: Fingerprint) -> Option<PictureSize> {
        None
    }

    fn made(&self) -> Arc<CopyCache> {
        Arc::clone(&self.0)
    }
}
