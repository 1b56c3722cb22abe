//! What a browser's PDF lacks for a printer's: its title and language, exact boxes, crop marks; and
//! the same bytes for the same page.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary, text_string};

use super::{
    fault::Fault,
    geometry::{Geometry, Line, MM, Rectangle},
    job::Job,
};

/// A browser rounds a page to its pixels: a third of a millimetre. What differs by more is another
/// sheet.
const ROUNDING: f64 = 0.5;
/// A hairline that every press holds.
const MARK_WIDTH: f64 = 0.25;
/// How the browser names what it tags; it counts on from one page to the next.
const NODE: &[u8] = b"node";

/// A finished document, and what is wrong with its pages.
#[derive(Debug)]
pub(super) struct FinishedPdf {
    pub(super) bytes: Vec<u8>,
    pub(super) faults: Vec<Fault>,
}

/// Finishes what the browser printed.
pub(super) fn finish(printed: &[u8], job: &Job) -> Result<FinishedPdf, lopdf::Error> {
    let mut document = Document::load_mem(printed)?;
    let sheet = Geometry::new(job.width_mm, job.height_mm, job.press.as_ref());
    let pages: Vec<ObjectId> = document.page_iter().collect();
    let mut faults = Vec::new();
    if pages.len() != usize::from(job.pages) {
        faults.push(Fault::Pages { printed: pages.len(), wanted: job.pages.into() });
    }
    for (number, page) in (1..).zip(pages) {
        faults.extend(frame(&mut document, page, number, &sheet)?);
    }
    describe(&mut document, job)?;
    forget_counts(&mut document);
    Ok(FinishedPdf { bytes: save(document)?, faults })
}

/// Gives a page its boxes and its marks.
fn frame(
    document: &mut Document,
    id: ObjectId,
    number: usize,
    sheet: &Geometry,
) -> Result<Option<Fault>, lopdf::Error> {
    let [left, bottom, right, top] = media_box(document, id)?;
    let (width, height) = ((right - left) / MM, (top - bottom) / MM);
    let (wanted_width, wanted_height) = sheet.page();
    let fault = ((width - wanted_width).abs() > ROUNDING || (height - wanted_height).abs() > ROUNDING)
        .then_some(Fault::Size { page: number, width, height, wanted_width, wanted_height });
    let media = sheet.media(left, top);
    let page = document.get_object_mut(id)?.as_dict_mut()?;
    for (name, rectangle) in
        [("MediaBox", media), ("CropBox", media), ("BleedBox", sheet.bleed_box(media)), ("TrimBox", sheet.trim(media))]
    {
        page.set(name, reals(rectangle));
    }
    let marks = sheet.marks(media);
    if !marks.is_empty() {
        mark(document, id, &marks)?;
    }
    Ok(fault)
}

/// The page's own size, or that of the pages that it belongs to.
fn media_box(document: &Document, page: ObjectId) -> Result<Rectangle, lopdf::Error> {
    let mut node = document.get_dictionary(page)?;
    while node.get(b"MediaBox").is_err() {
        node = document.get_dictionary(node.get(b"Parent")?.as_reference()?)?;
    }
    let (_, sides) = document.dereference(node.get(b"MediaBox")?)?;
    let mut rectangle = [0.0; 4];
    for (side, value) in rectangle.iter_mut().zip(sides.as_array()?) {
        *side = value.as_float()?.into();
    }
    Ok(rectangle)
}

#[allow(clippy::cast_possible_truncation, reason = "a PDF's reals are short; a page is never so large")]
fn reals(rectangle: Rectangle) -> Vec<Object> {
    rectangle.iter().map(|side| Object::Real(((side * 1_000.0).round() / 1_000.0) as f32)).collect()
}

/// Draws lines after what the page holds, whose own transformations must not reach them.
fn mark(document: &mut Document, id: ObjectId, lines: &[Line]) -> Result<(), lopdf::Error> {
    let page = document.get_dictionary(id)?;
    let contents = match page.get(b"Contents")? {
        Object::Array(parts) => parts.clone(),
        one => vec![one.clone()],
    };
    let strokes: Vec<String> =
        lines.iter().map(|[x, y, to_x, to_y]| format!("{x:.3} {y:.3} m {to_x:.3} {to_y:.3} l S")).collect();
    // An artifact, for those who listen to the page; on every plate, so that each of them can be
    // laid upon the others.
    let drawing = format!("Q /Artifact BMC q 1 1 1 1 K {MARK_WIDTH} w 0 J\n{}\nQ EMC\n", strokes.join("\n"));
    let before = document.add_object(Stream::new(Dictionary::new(), b"q\n".to_vec()));
    let after = document.add_object(Stream::new(Dictionary::new(), drawing.into_bytes()));
    let parts: Vec<Object> = [before.into()].into_iter().chain(contents).chain([after.into()]).collect();
    document.get_object_mut(id)?.as_dict_mut()?.set("Contents", parts);
    Ok(())
}

/// The title, shown instead of the file's name, and the language. The dates are left out: the same
/// page was not made at another time.
fn describe(document: &mut Document, job: &Job) -> Result<(), lopdf::Error> {
    let producer = document
        .trailer
        .get(b"Info")
        .and_then(|info| document.dereference(info))
        .and_then(|(_, info)| info.as_dict()?.get(b"Producer").cloned())
        .ok();
    let mut info = dictionary! { "Title" => text_string(&job.title) };
    if let Some(producer) = producer {
        info.set("Producer", producer);
    }
    match document.trailer.get(b"Info").and_then(Object::as_reference) {
        Ok(id) => *document.get_object_mut(id)? = info.into(),
        Err(_) => {
            let id = document.add_object(info);
            document.trailer.set("Info", id);
        }
    }
    let catalog = document.catalog_mut()?;
    catalog.set("Lang", Object::string_literal(job.lang.as_str()));
    catalog.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    Ok(())
}

/// The browser numbers what it tags from its own start on. Their order is kept, and with it that of
/// the tree which finds them.
fn forget_counts(document: &mut Document) {
    let mut names = BTreeSet::new();
    for object in document.objects.values_mut() {
        each_name(object, &mut |name| {
            names.insert(name.clone());
        });
    }
    let names: Vec<Vec<u8>> = names.into_iter().collect();
    for object in document.objects.values_mut() {
        each_name(object, &mut |name| {
            if let Ok(rank) = names.binary_search(name) {
                *name = format!("node{:08}", rank + 1).into_bytes();
            }
        });
    }
}

/// Every name that the browser gave to something that it tagged.
fn each_name(object: &mut Object, seen: &mut dyn FnMut(&mut Vec<u8>)) {
    match object {
        Object::String(text, _) => {
            let digits = text.strip_prefix(NODE).unwrap_or_default();
            if digits.len() == 8 && digits.iter().all(u8::is_ascii_digit) {
                seen(text);
            }
        }
        Object::Array(objects) => objects.iter_mut().for_each(|object| each_name(object, seen)),
        Object::Dictionary(entries) => entries.iter_mut().for_each(|(_, object)| each_name(object, seen)),
        _ => {}
    }
}

/// Writes the document, named after what it holds.
fn save(mut document: Document) -> Result<Vec<u8>, lopdf::Error> {
    let mut bytes = Vec::new();
    document.trailer.remove(b"ID");
    document.save_to(&mut bytes)?;
    let id = Object::String(blake3::hash(&bytes).as_bytes()[..16].to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![id.clone(), id]);
    bytes.clear();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}
