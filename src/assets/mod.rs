//! The files published beside the pages: style sheets, scripts, fonts, pictures. A sheet is
//! published whole, its imports inside, minified; a picture comes in several widths. Published
//! names carry the fingerprint of what they hold, so that a browser may keep them for ever.

mod gallery;
mod pictures;
mod styles;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use rayon::prelude::*;

use self::styles::{StyleError, StyleErrorKind};
pub use self::{
    gallery::{CopyCache, MEDIA, Picture, Pictures, ResizedPicture},
    pictures::PictureSize,
};
use crate::{
    content::sources::Sources, diagnostics::diagnostic::Diagnostic, fingerprint::Fingerprint, model::Place, urls,
};

/// The folder of files published beside the pages.
pub const ASSETS: &str = "templates/assets/";

/// A file published beside the pages.
#[derive(Debug, Clone)]
pub struct AssetFile {
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
pub struct AssetUrls(BTreeMap<String, String>);

impl AssetUrls {
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
    pub files: Vec<AssetFile>,
    /// Where they are published.
    pub addresses: Arc<AssetUrls>,
    /// The pictures of the content.
    pub pictures: Arc<Pictures>,
}

impl Assets {
    /// The assets of `sources`. `measured` recalls the size of a picture whose bytes have this
    /// fingerprint; `made` keeps the copies that were made.
    #[must_use]
    pub fn of(
        sources: &Sources,
        measured: &(dyn Fn(Fingerprint) -> Option<PictureSize> + Sync),
        made: &Arc<CopyCache>,
    ) -> (Self, Vec<Diagnostic>) {
        let (pictures, mut problems) = Pictures::of(sources, measured, made);
        let mut files = Vec::new();
        let mut addresses = AssetUrls::default();
        let (sheets, others): (Vec<_>, Vec<_>) =
            sources.under(ASSETS).map(|(source, file)| (source, name(source), file)).partition(|(_, n, _)| is_sheet(n));
        for (source, name, file) in others {
            let url = address(name, file.fingerprint());
            addresses.0.insert(name.to_owned(), url.clone());
            files.push(AssetFile { source: Arc::clone(source), url, made: None, fingerprint: file.fingerprint() });
        }
        // What a sheet names is published under its own fingerprint, so sheets come last.
        let read = |path: &str| sources.text(&format!("{ASSETS}{path}")).map(str::to_owned);
        let whole: Vec<_> = sheets.into_iter().filter(|(_, name, _)| !is_part(name)).collect();
        let bundled: Vec<_> = whole
            .into_par_iter()
            .map(|(source, name, _)| {
                (source, name, styles::bundle(name, &read, &|path| addresses.of(path).map(str::to_owned)))
            })
            .collect();
        for (source, name, bundle) in bundled {
            match bundle {
                Ok(css) => {
                    let fingerprint = Fingerprint::of(css.as_bytes());
                    let url = address(name, fingerprint);
                    addresses.0.insert(name.to_owned(), url.clone());
                    let made = Some(css.into_bytes().into());
                    files.push(AssetFile { source: Arc::clone(source), url, made, fingerprint });
                }
                Err(error) => problems.push(wrong_sheet(sources, &error)),
            }
        }
        // A part that two sheets import is wrong once.
        problems.dedup();
        files.sort_by(|a, b| a.source.cmp(&b.source));
        (Self { files, addresses: Arc::new(addresses), pictures: Arc::new(pictures) }, problems)
    }
}

fn name(source: &str) -> &str {
    source.strip_prefix(ASSETS).unwrap_or(source)
}

fn is_sheet(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "css")
}

/// A sheet that only others import: its name begins with `_`.
fn is_part(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| last.starts_with('_'))
}

/// `fonts/cabin-400.woff2` is published as `/assets/fonts/cabin-400.0123456789.woff2`. A text for
/// people keeps its name.
fn address(name: &str, fingerprint: Fingerprint) -> String {
    let text = Path::new(name).extension().is_none_or(|extension| extension == "txt");
    if text { format!("/assets/{name}") } else { urls::with_fingerprint(&format!("/assets/{name}"), fingerprint) }
}

fn wrong_sheet(sources: &Sources, error: &StyleError) -> Diagnostic {
    let file = format!("{ASSETS}{}", error.file);
    let text = sources.text(&file).unwrap_or_default();
    let at = offset(text, error.line, error.column);
    let at = Place::new(&file.as_str().into(), at..at);
    match &error.kind {
        StyleErrorKind::Syntax(detail) => Diagnostic::error("style-casse", at).arg("detail", detail),
        StyleErrorKind::MissingImport(path) => Diagnostic::error("style-import-absent", at).arg("valeur", path),
        StyleErrorKind::ImportLoop(path) => Diagnostic::error("style-en-boucle", at).arg("valeur", path),
        StyleErrorKind::MissingFile(path) => Diagnostic::error("style-fichier-absent", at).arg("valeur", path),
    }
}

/// Where in `text` a line and a column are: both from 1, the column in UTF-16 code units.
fn offset(text: &str, line: u32, column: u32) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let mut left = column.saturating_sub(1) as usize;
    let mut at = before;
    for character in text.get(before..).unwrap_or_default().chars().take_while(|c| *c != '\n') {
        if left < character.len_utf16() {
            break;
        }
        left -= character.len_utf16();
        at += character.len_utf8();
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> (Assets, Vec<Diagnostic>) {
        let files = files.iter().map(|(path, text)| (format!("{ASSETS}{path}"), text.as_bytes().to_vec()));
        Assets::of(&Sources::from_files(files), &|_| None, &Arc::default())
    }

    #[test]
    fn names_carry_what_they_hold() {
        let (assets, problems) = of(&[
            ("fonts/a.woff2", "a"),
            ("fonts/OFL.txt", "licence"),
            ("site.css", "@import '_a.css';"),
            ("_a.css", "a{mask:url(fonts/a.woff2)}"),
        ]);
        assert!(problems.is_empty(), "{problems:?}");
        let urls: Vec<_> = assets.files.iter().map(|file| file.url.as_str()).collect();
        let font = urls::with_fingerprint("/assets/fonts/a.woff2", Fingerprint::of(b"a"));
        let css = format!("a{{mask:url({font})}}");
        let sheet = urls::with_fingerprint("/assets/site.css", Fingerprint::of(css.as_bytes()));
        assert_eq!(urls, ["/assets/fonts/OFL.txt", &font, &sheet]);
        assert_eq!(assets.files[2].made.as_deref(), Some(css.as_bytes()));
        assert_eq!(assets.addresses.of("site.css"), Some(sheet.as_str()));
        assert_eq!(assets.addresses.of("_a.css"), None);
    }

    #[test]
    fn what_is_wrong_in_a_part_is_told_once_at_its_place() {
        let (_, problems) = of(&[
            ("a.css", "@import '_c.css';"),
            ("b.css", "@import '_c.css';"),
            ("_c.css", "/* é */ a{mask:url(perdu.svg)}"),
        ]);
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert_eq!(&*problem.at.file, "templates/assets/_c.css");
        assert_eq!((problem.code.as_ref(), problem.at.span.start), ("style-fichier-absent", "/* é */ a{mask:".len()));
    }
}
