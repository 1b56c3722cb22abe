//! Looks at what was made, templates included: dead links and anchors, ids that are there twice,
//! headings out of order, images and fields that say nothing, pages that weigh too much.
//!
//! A problem names the source that the page is made from, or the template when several pages have
//! it. Of a page, only [`OutputFacts`] are kept: the check of the whole site reads no page again,
//! except those that have a dead link.

mod facts;
mod page;
mod scan;
mod tag;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use percent_encoding::percent_decode_str;
use rayon::prelude::*;

pub use self::facts::OutputFacts;
use self::{
    facts::hash,
    page::{Flaw, LinkKind},
    scan::scan,
};
use crate::{
    build::assembly::Assembly,
    diagnostics::diagnostic::Diagnostic,
    model::Place,
    outputs::{Inspection, Output},
    templates::FOLDER,
    urls,
};

/// The most that a page may weigh, with all that it loads from the site, in bytes: what a telephone
/// gets in three seconds on a bad 3G line (some 300 kbit/s).
pub const HEAVIEST_PAGE: u64 = 100_000;

const HEAVY: &str = "page-trop-lourde";
const DEAD_LINK: &str = "page-lien-casse";
const DEAD_ANCHOR: &str = "page-ancre-cassee";

/// Something wrong in a page, before it is known how many pages have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    code: Cow<'static, str>,
    value: String,
    /// The page's address.
    url: String,
    /// What the page is made from.
    source: String,
    /// The template that it is made with.
    template: String,
}

/// Looks at one output.
#[must_use]
pub fn look(assembly: &Assembly, output: &Output, bytes: &[u8]) -> OutputFacts {
    let mut facts = OutputFacts { size: bytes.len() as u64, ..OutputFacts::default() };
    let Some(html) = html(output, bytes) else { return facts };
    let home = assembly.snapshot().site().url.as_str();
    let mut anchors = BTreeSet::new();
    let page = scan(html, |target, kind| {
        let Some((path, anchor)) = inside(target, kind, home, &output.url) else { return };
        let path = hash_of_link(path);
        match anchor {
            Some(anchor) => _ = anchors.insert([path, hash_of_link(anchor)]),
            None => facts.links.push(path),
        }
        if kind == LinkKind::Asset {
            facts.loads.push(path);
        }
    });
    facts.ids = page.ids.into_iter().collect();
    facts.anchors = anchors.into_iter().flatten().collect();
    for hashes in [&mut facts.ids, &mut facts.links, &mut facts.loads] {
        hashes.sort_unstable();
        hashes.dedup();
    }
    // A sheet of paper may carry the same flyer twice, and nobody walks through its headings.
    let spared = |flaw: &Flaw| output.kind.inspection() == Inspection::Paper && *flaw == Flaw::SecondMainHeading;
    facts.flaws = page.flaws.into_iter().filter(|flaw| !spared(flaw)).map(message).collect();
    facts
}

/// Everything wrong in the pages: in each, and in what they count on in each other.
#[must_use]
pub fn across(assembly: &Assembly, outputs: &[(&Output, &OutputFacts)]) -> Vec<Diagnostic> {
    let mut found = dead(assembly, outputs);
    found.extend(heavy(assembly, outputs));
    let flawed = outputs.iter().flat_map(|(output, facts)| facts.flaws.iter().map(move |flaw| (output, flaw)));
    found.extend(flawed.map(|(output, (code, value))| finding(assembly, output, code.clone(), value)));
    tell(found)
}

/// Links and anchors that lead nowhere.
fn dead(assembly: &Assembly, outputs: &[(&Output, &OutputFacts)]) -> Vec<Finding> {
    let urls: HashMap<u64, &OutputFacts> = outputs.iter().map(|(output, facts)| (hash(&output.url), *facts)).collect();
    let handler: HashSet<u64> = urls::HANDLER.iter().map(|path| hash(path)).collect();
    let leads = |path: &u64| urls.contains_key(path) || handler.contains(path);
    let aims = |path: u64, anchor: &u64| urls.get(&path).is_some_and(|facts| facts.ids.binary_search(anchor).is_ok());
    let wrong = |facts: &OutputFacts| {
        !facts.links.iter().all(leads) || facts.anchors.chunks_exact(2).any(|pair| !aims(pair[0], &pair[1]))
    };
    let suspects: Vec<&Output> =
        outputs.par_iter().filter(|(_, facts)| wrong(facts)).map(|(output, _)| *output).collect();
    // What was hashed is read again in the page, to be told in words. One of each is enough of what
    // thousands have.
    let found: Vec<Vec<Finding>> = suspects
        .par_iter()
        .map(|output| {
            let Ok(bytes) = assembly.render(output) else { return Vec::new() };
            let Some(html) = html(output, &bytes) else { return Vec::new() };
            let mut wrong = BTreeSet::new();
            scan(html, |target, kind| {
                let code = match inside(target, kind, &assembly.snapshot().site().url, &output.url) {
                    Some((path, None)) if !leads(&hash_of_link(path)) => DEAD_LINK,
                    Some((path, Some(anchor))) if !aims(hash_of_link(path), &hash_of_link(anchor)) => DEAD_ANCHOR,
                    _ => return,
                };
                wrong.insert((target.to_owned(), kind, code));
            });
            wrong.into_iter().map(|(target, _, code)| finding(assembly, output, code.into(), &target)).collect()
        })
        .collect();
    found.concat()
}

/// The pages that weigh too much, with all that they load from the site. Paper weighs nothing.
fn heavy(assembly: &Assembly, outputs: &[(&Output, &OutputFacts)]) -> Vec<Finding> {
    let weights: HashMap<u64, u64> = outputs.iter().map(|(output, facts)| (hash(&output.url), facts.size)).collect();
    // Of the copies of a picture, a browser loads one.
    let mut usual = HashMap::new();
    for picture in &assembly.snapshot().assets().pictures.list {
        let Some(loaded) = picture.usual().map(|copy| hash(&copy.url)) else { continue };
        usual.extend(picture.copies.iter().map(|copy| (hash(&copy.url), loaded)));
    }
    let pages = outputs.iter().filter(|(output, _)| output.kind.inspection() == Inspection::Page);
    let weigh = |facts: &OutputFacts| {
        let spared = |url: &u64| usual.get(url).is_some_and(|usual| usual != url && facts.loads.contains(usual));
        let loads = facts.loads.iter().filter(|url| !spared(url));
        facts.size + loads.filter_map(|url| weights.get(url)).sum::<u64>()
    };
    let heavy = pages.map(|(output, facts)| (output, weigh(facts))).filter(|(_, weight)| *weight > HEAVIEST_PAGE);
    heavy.map(|(output, weight)| finding(assembly, output, HEAVY.into(), &weight.div_ceil(1000).to_string())).collect()
}

/// What several pages have is told once, of the template that makes them. What leads nowhere keeps
/// everything from being published; the rest is told.
fn tell(findings: Vec<Finding>) -> Vec<Diagnostic> {
    let mut alike: BTreeMap<(Cow<'static, str>, String), Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        // Every heavy page is heavy in its own way.
        let value = if finding.code == HEAVY { &finding.url } else { &finding.value };
        alike.entry((finding.code.clone(), value.clone())).or_default().push(finding);
    }
    let told = alike.into_values().filter_map(|mut same| {
        same.sort();
        let pages = same.len();
        let first = same.into_iter().next()?;
        let file = if pages > 1 && !first.template.is_empty() { &first.template } else { &first.source };
        let at = Place::new(&file.as_str().into(), 0..0);
        let problem = Diagnostic::error(first.code.clone(), at).arg("valeur", &first.value).arg("page", &first.url);
        let problem = problem.arg("autres", pages - 1).arg("limite", HEAVIEST_PAGE / 1000);
        Some(if [DEAD_LINK, DEAD_ANCHOR].contains(&&*first.code) { problem } else { problem.mere_warning() })
    });
    told.collect()
}

/// The HTML of an output that people read.
fn html<'b>(output: &Output, bytes: &'b [u8]) -> Option<&'b str> {
    if output.kind.inspection() == Inspection::None { None } else { std::str::from_utf8(bytes).ok() }
}

/// An address of this site: its path, and its anchor. What leads elsewhere is not ours to check.
fn inside<'t>(target: &'t str, kind: LinkKind, site: &str, here: &'t str) -> Option<(&'t str, Option<&'t str>)> {
    let local = match target.strip_prefix(site) {
        Some(rest) if !site.is_empty() && (rest.is_empty() || rest.starts_with(['/', '#', '?'])) => rest,
        _ => target,
    };
    if local.starts_with("//") || kind == LinkKind::Form {
        return None;
    }
    let (path, anchor) = local.split_once('#').map_or((local, None), |(path, anchor)| (path, Some(anchor)));
    let path = path.split('?').next().unwrap_or(path);
    let path = if path.is_empty() { if local.len() == target.len() { here } else { "/" } } else { path };
    path.starts_with('/').then_some((path, anchor.filter(|anchor| !anchor.is_empty())))
}

/// The hash of what a link means: `%C3%A9` is an `é`.
fn hash_of_link(text: &str) -> u64 {
    if text.contains('%') { hash(&percent_decode_str(text).decode_utf8_lossy()) } else { hash(text) }
}

/// A message's id, and its value.
fn message(flaw: Flaw) -> (Cow<'static, str>, String) {
    let (code, value) = match flaw {
        Flaw::DuplicateId(id) => ("page-id-en-double", id),
        Flaw::HeadingSkipped { from, to } => ("page-titre-saute", format!("h{from} → h{to}")),
        Flaw::NoMainHeading => ("page-sans-titre", String::new()),
        Flaw::SecondMainHeading => ("page-deux-titres", String::new()),
        Flaw::ImageWithoutAlternative(src) => ("page-image-sans-texte", src),
        Flaw::LabelWithoutField(id) => ("page-etiquette-sans-champ", id),
        Flaw::FieldWithoutLabel(name) => ("page-champ-sans-etiquette", name),
    };
    (code.into(), value)
}

fn finding(assembly: &Assembly, output: &Output, code: Cow<'static, str>, value: &str) -> Finding {
    let template = output.kind.template(assembly.snapshot()).map(|name| format!("{FOLDER}{name}")).unwrap_or_default();
    let source = output.kind.source(assembly.snapshot()).map_or_else(|| template.clone(), str::to_owned);
    Finding { code, value: value.to_owned(), url: output.url.clone(), source, template }
}
