//! The root's own fonts, decoded once.

use std::{collections::BTreeMap, sync::Arc};

use parley::{
    FontContext,
    fontique::{Blob, Collection, CollectionOptions, FontInfoOverride},
};
use skrifa::{
    FontRef, GlyphId, MetadataProvider,
    instance::{LocationRef, Size},
};

use crate::{assets::ASSETS, content::sources::Sources, diagnostics::diagnostic::Diagnostic, model::Place};

/// The height of a capital in a font that has none.
const USUAL_CAPITAL: f32 = 0.7;

/// Every font of a root, by its path in `templates/assets/`: templates name it as they name any
/// asset.
#[derive(Clone, Default)]
pub struct Fonts(Arc<BTreeMap<String, Face>>);

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Fonts {
    /// The WOFF2 fonts of `sources`, and what is wrong with those that cannot be read.
    #[must_use]
    pub fn of(sources: &Sources) -> (Self, Vec<Diagnostic>) {
        let mut faces = BTreeMap::new();
        let mut problems = Vec::new();
        for (path, file) in sources.under(ASSETS).filter(|(path, _)| path.ends_with(".woff2")) {
            let name = path.strip_prefix(ASSETS).unwrap_or(path);
            match Face::decode(name, file.bytes()) {
                Some(face) => drop(faces.insert(name.to_owned(), face)),
                None => problems.push(Diagnostic::warning("police-abimee", Place::new(path, 0..0))),
            }
        }
        (Self(Arc::new(faces)), problems)
    }

    pub(super) fn face(&self, name: &str) -> Option<&Face> {
        self.0.get(name)
    }
}

/// One font, alone in its collection: a text never borrows a letter from another.
pub(super) struct Face {
    bytes: Blob<u8>,
    family: String,
    context: FontContext,
    /// The height of a capital, in ems: measured on an H, since what fonts say of themselves may be
    /// wrong.
    pub(super) capital: f32,
}

impl Face {
    fn decode(name: &str, woff2: &[u8]) -> Option<Self> {
        let bytes: Arc<Vec<u8>> = Arc::new(wuff::decompress_woff2(woff2).ok()?);
        let bytes = Blob::new(bytes);
        let capital = capital(&FontRef::new(bytes.data()).ok()?).unwrap_or(USUAL_CAPITAL);
        let options = CollectionOptions { shared: false, system_fonts: false };
        let mut context = FontContext { collection: Collection::new(options), ..FontContext::default() };
        let named = FontInfoOverride { family_name: Some(name), ..FontInfoOverride::default() };
        context.collection.register_fonts(bytes.clone(), Some(named));
        Some(Self { bytes, family: name.to_owned(), context, capital })
    }

    pub(super) fn font(&self) -> Option<FontRef<'_>> {
        FontRef::new(self.bytes.data()).ok()
    }

    pub(super) fn family(&self) -> &str {
        &self.family
    }

    /// The collection, for one layout: layouts on several threads must not wait for each other.
    pub(super) fn context(&self) -> FontContext {
        self.context.clone()
    }

    /// The letters of `text` that this font cannot draw, each once.
    pub(super) fn missing(&self, text: &str) -> String {
        let Some(font) = self.font() else { return text.to_owned() };
        let map = font.charmap();
        let mut missing = String::new();
        for letter in text.chars().filter(|letter| !is_silent(*letter)) {
            let drawn = map.map(letter).is_some_and(|glyph| glyph != GlyphId::NOTDEF);
            if !drawn && !missing.contains(letter) {
                missing.push(letter);
            }
        }
        missing
    }
}

/// What says where a line may end, and is never drawn.
fn is_silent(letter: char) -> bool {
    matches!(letter, '\n' | '\u{ad}' | '\u{200b}' | '\u{2060}')
}

fn capital(font: &FontRef<'_>) -> Option<f32> {
    let glyph = font.charmap().map('H')?;
    let bounds = font.glyph_metrics(Size::new(1.0), LocationRef::default()).bounds(glyph)?;
    Some(bounds.y_max)
}
