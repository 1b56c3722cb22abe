//! `entreparentaise pdf`: every support of a root, printed. What is fit to be printed goes into
//! `var/impressions/`, an input of the next build, which publishes it for as long as it says what
//! is true; what was printed already, and would be the same, is left.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    engine,
    job::{BrowserError, Job, Pages, PressSpec, PrintOptions, Printed},
};
use crate::{
    build::{assembly::Assembly, dist::replace_file, read_availability},
    content::{
        parse::{PRINT_INDEX, closest},
        sources::{PRINTS, Sources},
    },
    diagnostics::{
        diagnostic::{self, Diagnostic, Severity},
        text::Texts,
    },
    model::{Id, Medium, PrintEntry, PrintIndex, PrintKind, Scope, Support},
    outputs::{MadeSupport, made_from, made_supports},
    private_dir,
    progress::Progress,
    site::{EmptyCache, Inputs, Snapshot, When},
    urls,
};

/// The folder of proofs, which nobody publishes.
pub const PROOFS: &str = "var/epreuves";

/// What to print, and how.
#[derive(Debug, Clone)]
pub struct PrintRequest {
    /// The folder that holds `content/` and `templates/`.
    pub root: PathBuf,
    /// The present.
    pub now: When,
    /// One support only.
    pub only: Option<Id>,
    /// The word that crosses every sheet, when these are proofs: whatever is wrong with them is
    /// then told, and printed all the same.
    pub proof: Option<String>,
    /// Told how far it is.
    pub progress: Arc<Progress>,
}

/// What it came to.
#[derive(Debug)]
pub struct PrintOutcome {
    /// Every problem, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// What was written.
    pub written: Vec<PathBuf>,
    /// Supports that are as they were printed.
    pub kept: usize,
    /// Supports that were refused.
    pub refused: usize,
    /// Why nothing, or not all, could be printed.
    pub failure: Option<PrintError>,
    /// The files, for [`crate::report::Reporter`].
    pub sources: Sources,
    /// The messages, those of the root included.
    pub texts: Arc<Texts>,
}

/// Why not all could be printed.
#[derive(Debug)]
pub enum PrintError {
    /// The browser.
    Browser(BrowserError),
    /// The disk, at this path.
    Disk(PathBuf, io::Error),
    /// No support has this id; the one that was meant, perhaps.
    Unknown {
        /// What was asked for.
        asked: Id,
        /// The nearest id that there is.
        nearest: Option<Id>,
    },
}

/// A document to make.
struct Sheet {
    job: Job,
    entry: PrintEntry,
    /// What is known to be wrong before anything is laid out.
    faults: Vec<Diagnostic>,
}

/// Prints.
#[must_use]
pub fn print(request: &PrintRequest) -> PrintOutcome {
    let (sources, mut problems) = Sources::read(&request.root, &|_| None);
    let availability = read_availability(&request.root.join("var/disponibilites.json"), &mut problems);
    let inputs = Inputs { now: request.now, availability, drafts: false };
    let understood = Assembly::understand(sources, problems, &inputs, &EmptyCache::default());
    let mut outcome = PrintOutcome {
        diagnostics: Vec::new(),
        written: Vec::new(),
        kept: 0,
        refused: 0,
        failure: None,
        sources: understood.sources.unwrap_or_default(),
        texts: understood.texts,
    };
    let Some(assembly) = understood.assembly else {
        outcome.diagnostics = understood.diagnostics;
        return outcome;
    };
    outcome.sources = assembly.snapshot().sources().clone();
    if let Some(asked) = &request.only
        && !assembly.snapshot().model().supports.iter().any(|support| support.id == *asked)
    {
        let known = assembly.snapshot().model().supports.iter().map(|support| support.id.as_str());
        let nearest = closest(asked.as_str(), known).and_then(Id::new);
        outcome.failure = Some(PrintError::Unknown { asked: asked.clone(), nearest });
        return outcome;
    }
    let wanted = sheets(assembly.snapshot(), request, &understood.diagnostics);
    let before = index(&request.root);
    let is_printed = |sheet: &Sheet| {
        request.proof.is_none()
            && before.impressions.contains(&sheet.entry)
            && request.root.join(PRINTS).join(&sheet.entry.fichier).is_file()
    };
    let (kept, mut others): (Vec<Sheet>, Vec<Sheet>) = wanted.into_iter().partition(is_printed);
    outcome.kept = kept.len();
    if request.proof.is_none() {
        let (refused, fit): (Vec<Sheet>, Vec<Sheet>) = others.into_iter().partition(|sheet| !sheet.faults.is_empty());
        outcome.refused += refused.len();
        outcome.diagnostics.extend(refused.into_iter().flat_map(|sheet| sheet.faults));
        others = fit;
    } else {
        let faults = others.iter().flat_map(|sheet| &sheet.faults).cloned().map(Diagnostic::mere_warning);
        outcome.diagnostics.extend(faults);
    }
    let jobs: Vec<Job> = others.iter().map(|sheet| sheet.job.clone()).collect();
    let pages = pages(assembly);
    match engine::print_jobs(&jobs, &pages, &request.progress, &PrintOptions::default()) {
        Ok(printed) => store(request, &mut outcome, &before, kept, others, printed),
        Err(failure) => outcome.failure = Some(PrintError::Browser(failure)),
    }
    diagnostic::sort(&mut outcome.diagnostics);
    outcome
}

/// Every page that a sheet may ask for.
fn pages(assembly: Assembly) -> Arc<Pages> {
    let urls: BTreeMap<String, usize> =
        assembly.plan().outputs.iter().enumerate().map(|(at, output)| (output.url.clone(), at)).collect();
    Arc::new(move |url: &str| {
        let output = &assembly.plan().outputs[*urls.get(url)?];
        let bytes = assembly.render(output).ok()?;
        Some((urls::content_type(&urls::file(url)), bytes))
    })
}

/// Every document of every support: for the office, for the print shop that asks for more, and a
/// picture of it.
fn sheets(snapshot: &Snapshot, request: &PrintRequest, diagnostics: &[Diagnostic]) -> Vec<Sheet> {
    let (model, site) = (snapshot.model(), snapshot.site());
    let mut sheets = Vec::new();
    for MadeSupport { support, session, url, .. } in made_supports(snapshot) {
        let Medium::Paper { width, height } = support.format.medium() else { continue };
        if request.only.as_ref().is_some_and(|only| *only != support.id) {
            continue;
        }
        let session_id = session.map(|session| model.sessions[session].id.clone());
        let made_from = made_from(snapshot, support, session);
        let printer = site.printer(&support.imprint).filter(|printer| printer.bleed > 0.0 || printer.crop_marks);
        let press = printer.map(|printer| PressSpec { bleed_mm: printer.bleed, crop_marks: printer.crop_marks });
        let title = match session {
            Some(session) => {
                format!("{}, {} – {}", support.title, snapshot.views().session(session).0.date.long, site.name)
            }
            None => format!("{} – {}", support.title, site.name),
        };
        let faults = faults(snapshot, support, session, diagnostics);
        for kind in PrintKind::ALL {
            let press = if kind == PrintKind::Shop { press } else { None };
            // A proof is read, not sent.
            if kind != PrintKind::Office && request.proof.is_some() || kind == PrintKind::Shop && press.is_none() {
                continue;
            }
            sheets.push(Sheet {
                job: Job {
                    url: url.clone(),
                    title: title.clone(),
                    lang: site.lang().to_owned(),
                    width_mm: width.into(),
                    height_mm: height.into(),
                    pages: support.pages,
                    press,
                    proof: request.proof.clone(),
                    picture: kind == PrintKind::Preview,
                    at: support.at.clone(),
                },
                entry: PrintEntry {
                    support: support.id.clone(),
                    seance: session_id.clone(),
                    genre: kind,
                    fichier: file_name(&support.id, session_id.as_ref(), kind),
                    empreinte: made_from.to_string(),
                },
                faults: faults.clone(),
            });
        }
    }
    sheets
}

fn file_name(support: &Id, session: Option<&Id>, kind: PrintKind) -> String {
    let session = session.map(|session| format!("-{session}")).unwrap_or_default();
    format!("{support}{session}{}", kind.ending())
}

/// What paper must not say, and what the checks of the content know of it: an example date, an
/// address that only this machine has, what is still to be completed in the record.
fn faults(
    snapshot: &Snapshot,
    support: &Support,
    session: Option<usize>,
    diagnostics: &[Diagnostic],
) -> Vec<Diagnostic> {
    let model = snapshot.model();
    let announced: Vec<usize> = match session {
        Some(session) => vec![session],
        None if support.scope == Scope::Season => snapshot.announced(support).collect(),
        None => Vec::new(),
    };
    let mut faults: Vec<Diagnostic> = announced
        .into_iter()
        .filter(|index| model.sessions[*index].example)
        .map(|index| {
            Diagnostic::error("support-seance-exemple", support.at.clone()).arg("valeur", &model.sessions[index].id)
        })
        .collect();
    let here = |problem: &&Diagnostic| {
        let of_the_record = problem.at.file == support.at.file;
        // The words of a support that contradict the calendar, or that it lacks, are no mere
        // warning on paper.
        let refused = problem.blocks_publication || REFUSED.contains(&&*problem.code);
        of_the_record && refused || problem.code == "adresse-locale"
    };
    let told = diagnostics.iter().filter(here).cloned();
    faults.extend(told.map(|problem| Diagnostic { severity: Severity::Error, ..problem }));
    faults
}

/// The warnings of a record that no printer should see.
const REFUSED: [&str; 5] =
    ["support-jour-faux", "support-seance-annulee", "support-seance-passee", "support-sans-seance", "qr-trop-fin"];

fn index(root: &Path) -> PrintIndex {
    let bytes = fs::read(root.join(PRINTS).join(PRINT_INDEX)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Writes what was printed, and the index of it; removes what is no longer true.
fn store(
    request: &PrintRequest,
    outcome: &mut PrintOutcome,
    before: &PrintIndex,
    kept: Vec<Sheet>,
    printed_sheets: Vec<Sheet>,
    printed: Vec<Printed>,
) {
    let folder = request.root.join(if request.proof.is_some() { PROOFS } else { PRINTS });
    let mut entries: Vec<PrintEntry> = kept.into_iter().map(|sheet| sheet.entry).collect();
    for (sheet, printed) in printed_sheets.into_iter().zip(printed) {
        outcome.diagnostics.extend(printed.diagnostics);
        let Some(pdf) = printed.pdf else {
            outcome.refused += 1;
            continue;
        };
        let path = folder.join(&sheet.entry.fichier);
        let write = private_dir::create(&folder).and_then(|()| replace_file(&path, &pdf));
        if let Err(error) = write {
            outcome.failure = Some(PrintError::Disk(path, error));
            return;
        }
        outcome.written.push(path);
        entries.push(sheet.entry);
    }
    if request.proof.is_some() {
        return;
    }
    // Those of other supports are none of this run's business.
    if let Some(only) = &request.only {
        entries.extend(before.impressions.iter().filter(|entry| entry.support != *only).cloned());
    }
    entries.sort_by(|a, b| (&a.support, &a.seance, a.genre).cmp(&(&b.support, &b.seance, b.genre)));
    let wanted: BTreeSet<&str> = entries.iter().map(|entry| entry.fichier.as_str()).collect();
    let stale: Vec<&str> =
        before.impressions.iter().map(|entry| entry.fichier.as_str()).filter(|file| !wanted.contains(file)).collect();
    let fresh = PrintIndex { impressions: entries.clone() };
    let path = folder.join(PRINT_INDEX);
    let json = serde_json::to_vec_pretty(&fresh).unwrap_or_default();
    let written =
        if fresh == *before { Ok(()) } else { private_dir::create(&folder).and_then(|()| replace_file(&path, &json)) };
    if let Err(error) = written {
        outcome.failure = Some(PrintError::Disk(path, error));
        return;
    }
    for file in stale {
        // Only what an index of ours named, and never a path out of the folder.
        if !file.contains(['/', '\\']) {
            let _ = fs::remove_file(folder.join(file));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::model::Place;

    #[test]
    fn a_print_that_makes_var_first_makes_it_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let now = When::Instant(jiff::Timestamp::UNIX_EPOCH);
        let mut request = PrintRequest { root, now, only: None, proof: None, progress: Arc::default() };
        let sheet = || Sheet {
            job: Job {
                url: "/supports/affiche/".to_owned(),
                title: "Affiche".to_owned(),
                lang: "fr".to_owned(),
                width_mm: 210.0,
                height_mm: 297.0,
                pages: 1,
                press: None,
                proof: None,
                picture: false,
                at: Place::default(),
            },
            entry: PrintEntry {
                support: Id::new("affiche").unwrap(),
                seance: None,
                genre: PrintKind::Office,
                fichier: "affiche.pdf".to_owned(),
                empreinte: String::new(),
            },
            faults: Vec::new(),
        };
        let printed = || Printed { pdf: Some(b"%PDF".to_vec()), diagnostics: Vec::new() };
        for proof in [None, Some("ESSAI".to_owned())] {
            request.proof = proof;
            let mut outcome = PrintOutcome {
                diagnostics: Vec::new(),
                written: Vec::new(),
                kept: 0,
                refused: 0,
                failure: None,
                sources: Sources::default(),
                texts: Arc::new(Texts::embedded()),
            };
            store(&request, &mut outcome, &PrintIndex::default(), Vec::new(), vec![sheet()], vec![printed()]);
            assert!(outcome.failure.is_none() && outcome.written[0].is_file(), "{outcome:?}");
        }
        for made in ["var", PRINTS, PROOFS] {
            let mode = fs::metadata(request.root.join(made)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{made}");
        }
    }
}
