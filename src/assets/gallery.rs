//! The pictures of the content, as pages offer them: the copies that a browser chooses from, and
//! the HTML that names them. The copies themselves are made by `pictures`.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rayon::prelude::*;

use super::pictures::{self, CopyFormat, PictureError, PictureSize};
use crate::{
    content::sources::Sources, diagnostics::diagnostic::Diagnostic, fingerprint::Fingerprint, model::Place, urls,
};

/// The folder of pictures, and of whatever else is published as it is.
pub const MEDIA: &str = "content/medias/";

/// Extensions of what must be a picture. Other files of the folder are published as they are.
const EXTENSIONS: &[&str] = &["jpg", "jpeg", "png", "webp"];

/// The widths offered, in pixels: a telephone; a telephone with a fine screen; the text's column
/// (38 rem) on a fine screen.
const WIDTHS: &[u32] = &[480, 960, 1440];

/// The widest copy of those whom WebP does not reach, and the one whose weight counts.
const USUAL_WIDTH: u32 = 960;

/// How wide a picture is shown: the text's column, or the whole screen of a telephone.
const SIZES: &str = "(min-width: 42rem) 38rem, 100vw";

/// Changed with anything that makes copies other than they were: their names must change too.
const RECIPE: &str = "1";

/// A picture of the content.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Its file.
    pub source: Arc<str>,
    /// Of its bytes.
    pub fingerprint: Fingerprint,
    /// How large it is.
    pub size: PictureSize,
    /// What is published of it: first, at the picture's own address, the copy in its own format;
    /// then WebP, the narrowest first.
    pub copies: Vec<ResizedPicture>,
}

/// A copy of a picture: upright, no wider than it is shown, and without what the camera wrote of
/// the place.
#[derive(Debug, Clone)]
pub struct ResizedPicture {
    /// Its address.
    pub url: String,
    /// Its width in pixels.
    pub width: u32,
    format: CopyFormat,
}

impl Picture {
    fn new(source: &Arc<str>, fingerprint: Fingerprint, size: PictureSize) -> Self {
        let url = address(source);
        let width = size.width.min(USUAL_WIDTH);
        let own = ResizedPicture { url: url.clone(), width, format: CopyFormat::Same };
        let (stem, _) = url.rsplit_once('.').unwrap_or((&url, ""));
        let recipe = Fingerprint::all([fingerprint, Fingerprint::of(RECIPE.as_bytes())]);
        let web = pictures::widths(size.width, WIDTHS).into_iter().map(|width| {
            let url = urls::with_fingerprint(&format!("{stem}.{width}.webp"), recipe);
            ResizedPicture { url, width, format: CopyFormat::WebP }
        });
        Self { source: Arc::clone(source), fingerprint, size, copies: [own].into_iter().chain(web).collect() }
    }

    /// The copy that a telephone loads.
    #[must_use]
    pub fn usual(&self) -> Option<&ResizedPicture> {
        let web = self.copies.iter().skip(1);
        web.clone().rfind(|copy| copy.width <= USUAL_WIDTH).or_else(|| web.clone().next())
    }

    fn height(&self, width: u32) -> u64 {
        let (natural, tall) = (u64::from(self.size.width.max(1)), u64::from(self.size.height));
        ((tall * u64::from(width) + natural / 2) / natural).max(1)
    }
}

/// The pictures of the content.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    /// In the order of their files.
    pub list: Vec<Picture>,
    /// By address, written as links write it.
    by_address: HashMap<String, usize>,
    made: Arc<CopyCache>,
}

impl Pictures {
    pub(super) fn of(
        sources: &Sources,
        measured: &(dyn Fn(Fingerprint) -> Option<PictureSize> + Sync),
        made: &Arc<CopyCache>,
    ) -> (Self, Vec<Diagnostic>) {
        let files: Vec<_> = sources.under(MEDIA).filter(|(source, _)| must_be_picture(source)).collect();
        let looked: Vec<_> = files
            .into_par_iter()
            .map(|(source, file)| {
                let fingerprint = file.fingerprint();
                let size = match measured(fingerprint) {
                    Some(size) => size,
                    None if pictures::moves(file.bytes()) => return Ok(None),
                    None => pictures::measure(file.bytes()).map_err(|error| wrong_picture(source, &error))?,
                };
                Ok(Some(Picture::new(source, fingerprint, size)))
            })
            .collect();
        let mut problems = Vec::new();
        let mut pictures = Self { made: Arc::clone(made), ..Self::default() };
        for looked in looked {
            match looked {
                Ok(Some(picture)) => pictures.list.push(picture),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        made.keep_only(&pictures.list.iter().map(|picture| picture.fingerprint).collect());
        let addresses = pictures.list.iter().enumerate();
        pictures.by_address = addresses.map(|(index, picture)| (escaped(&address(&picture.source)), index)).collect();
        (pictures, problems)
    }

    /// Where its copies are kept.
    #[must_use]
    pub fn made(&self) -> Arc<CopyCache> {
        Arc::clone(&self.made)
    }

    /// The size of each picture, by the fingerprint of its bytes.
    #[must_use]
    pub fn sizes(&self) -> BTreeMap<Fingerprint, PictureSize> {
        self.list.iter().map(|picture| (picture.fingerprint, picture.size)).collect()
    }

    /// What `content/medias` publishes as it is.
    pub fn copied<'s>(&'s self, sources: &'s Sources) -> impl Iterator<Item = &'s Arc<str>> {
        let pictures: HashSet<&str> = self.list.iter().map(|picture| &*picture.source).collect();
        sources.under(MEDIA).map(|(source, _)| source).filter(move |source| !pictures.contains(&***source))
    }

    /// The bytes of a copy of the picture at this index.
    ///
    /// # Errors
    /// When the picture cannot be read.
    pub fn make(&self, sources: &Sources, index: usize, copy: usize) -> Result<Arc<[u8]>, Box<Diagnostic>> {
        let picture = &self.list[index];
        let ResizedPicture { width, format, .. } = picture.copies[copy];
        let bytes = || sources.get(&picture.source).map(crate::content::sources::SourceFile::bytes).unwrap_or_default();
        let make = || pictures::make(bytes(), width, format);
        self.made
            .get((picture.fingerprint, width, format), make)
            .map_err(|e| Box::new(wrong_picture(&picture.source, &e)))
    }

    /// The HTML of a picture: the copies for a browser to choose from, and its size. `attributes`
    /// are written as they are. A file that is no picture of ours is shown as it is.
    #[must_use]
    pub fn html(&self, path: &str, attributes: &str) -> String {
        self.tag(&escaped(path), attributes)
    }

    /// The same, with what it shows in words; it loads when it is about to be seen.
    #[must_use]
    pub fn html_with_words(&self, path: &str, alt: &str) -> String {
        let mut attributes = String::from(" alt=\"");
        // Writing to memory does not fail.
        pulldown_cmark_escape::escape_html(&mut attributes, alt).unwrap_or_default();
        attributes.push_str("\" loading=\"lazy\"");
        self.html(path, &attributes)
    }

    fn tag(&self, src: &str, attributes: &str) -> String {
        let Some(picture) = self.by_address.get(src).map(|index| &self.list[*index]) else {
            return format!("<img src=\"{src}\"{attributes}>");
        };
        let mut html = String::from("<picture><source type=\"image/webp\" srcset=\"");
        for (index, copy) in picture.copies.iter().skip(1).enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let _ = write!(html, "{comma}{} {}w", escaped(&copy.url), copy.width);
        }
        let width = picture.copies.first().map_or(0, |copy| copy.width);
        let height = picture.height(width);
        let _ = write!(
            html,
            "\" sizes=\"{SIZES}\"><img src=\"{src}\" width=\"{width}\" height=\"{height}\"{attributes}></picture>"
        );
        html
    }

    /// HTML made from Markdown, its pictures offered in several widths.
    #[must_use]
    pub fn fill<'h>(&self, html: &'h str) -> Cow<'h, str> {
        // Content has no HTML of its own: every such tag is one that `parse` wrote.
        const OPEN: &str = "<img src=\"";
        let mut filled = String::new();
        let mut rest = html;
        while let Some(at) = rest.find(OPEN) {
            let (before, tag) = rest.split_at(at);
            let parts = tag[OPEN.len()..].split_once('"').and_then(|(src, more)| Some((src, more.split_once('>')?)));
            let Some((src, (attributes, after))) = parts else { break };
            filled.push_str(before);
            filled.push_str(&self.tag(src, attributes));
            rest = after;
        }
        if filled.is_empty() {
            return Cow::Borrowed(html);
        }
        filled.push_str(rest);
        Cow::Owned(filled)
    }
}

/// Copies that were made, kept by whoever will ask for them again: a copy takes a while.
#[derive(Debug, Default)]
pub struct CopyCache(Option<Mutex<HashMap<CopyKey, MadeCopy>>>);

/// A picture, a width, a format.
type CopyKey = (Fingerprint, u32, CopyFormat);
type MadeCopy = Result<Arc<[u8]>, PictureError>;

impl CopyCache {
    /// Keeps what is made.
    #[must_use]
    pub fn keeping() -> Self {
        Self(Some(Mutex::default()))
    }

    fn keep_only(&self, wanted: &HashSet<Fingerprint>) {
        if let Some(kept) = &self.0 {
            kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(picture, ..), _| wanted.contains(picture));
        }
    }

    fn get(
        &self,
        key: CopyKey,
        work: impl FnOnce() -> Result<Vec<u8>, PictureError>,
    ) -> Result<Arc<[u8]>, PictureError> {
        let Some(kept) = &self.0 else { return work().map(Into::into) };
        if let Some(made) = kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return made.clone();
        }
        let made = work().map(Into::into);
        kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
        made
    }
}

fn wrong_picture(source: &Arc<str>, error: &PictureError) -> Diagnostic {
    let at = Place::new(source, 0..0);
    match error {
        PictureError::Unknown => Diagnostic::error("image-inconnue", at),
        PictureError::TooLarge { megapixels } => {
            let limit = pictures::MOST_MEGAPIXELS;
            Diagnostic::error("image-trop-grande", at).arg("taille", *megapixels).arg("limite", limit)
        }
        PictureError::Broken(detail) => Diagnostic::error("image-abimee", at).arg("detail", detail),
    }
}

fn must_be_picture(source: &str) -> bool {
    let extension = Path::new(source).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// The address of a file of `content/medias`.
fn address(source: &str) -> String {
    format!("/medias/{}", source.strip_prefix(MEDIA).unwrap_or(source))
}

fn escaped(address: &str) -> String {
    let mut escaped = String::new();
    // Writing to memory does not fail.
    pulldown_cmark_escape::escape_href(&mut escaped, address).unwrap_or_default();
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pictures() -> Pictures {
        let mut png = Vec::new();
        let grey = image::GrayImage::new(1000, 500);
        image::DynamicImage::from(grey).write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        let path = |name: &str| format!("{MEDIA}{name}");
        let sources = Sources::from_files([(path("l’été.png"), png), (path("plan.svg"), b"<svg/>".to_vec())]);
        let (pictures, problems) = Pictures::of(&sources, &|_| None, &Arc::default());
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(pictures.copied(&sources).map(|path| &**path).collect::<Vec<_>>(), [path("plan.svg")]);
        pictures
    }

    #[test]
    fn a_picture_of_a_text_comes_in_several_widths_with_its_size() {
        let pictures = pictures();
        let html = "<p>a <img src=\"/medias/l%E2%80%99%C3%A9t%C3%A9.png\" alt=\"b\" loading=\"lazy\"> c</p>";
        let filled = pictures.fill(html);
        let webp = |width: u32| {
            let copy = pictures.list[0].copies.iter().skip(1).find(|copy| copy.width == width);
            escaped(&copy.unwrap().url)
        };
        assert_eq!(
            filled,
            format!(
                "<p>a <picture><source type=\"image/webp\" srcset=\"{} 480w, {} 960w, {} 1000w\" sizes=\"{SIZES}\">\
                 <img src=\"/medias/l%E2%80%99%C3%A9t%C3%A9.png\" width=\"960\" height=\"480\" alt=\"b\" loading=\"lazy\">\
                 </picture> c</p>",
                webp(480),
                webp(960),
                webp(1000)
            )
        );
        assert!(webp(480).contains(".480."), "{}", webp(480));
        assert_eq!(pictures.list[0].usual().map(|copy| copy.width), Some(960));
    }

    #[test]
    fn what_is_no_picture_of_ours_stays_as_it_is() {
        let pictures = pictures();
        for html in
            ["<p>rien</p>", "<img src=\"/medias/plan.svg\" alt=\"\">", "<img src=\"/medias/perdu.png\" alt=\"\">"]
        {
            assert_eq!(pictures.fill(html), html);
        }
    }
}
