//! What each output is made from, and the fingerprint of it. An output is made again if and only if that fingerprint changed; the
//! functions of [`crate::render`] read nothing that is not named here (a test of thousands of random edits holds the two together).
//!
//! [`Ledger::parts`] is the one list: the fingerprint and what `--explain` tells both come from it. Lists are fingerprinted by what
//! lists show of a session: its header, its group, and where it stands. A session's text is read by its own page alone.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::{PoisonError, RwLock},
};

use rayon::{iter::Either, prelude::*};
use serde::Serialize;

use crate::{
    assembly::Assembly,
    fingerprint::{Fingerprint, PROGRAM},
    model::{Body, Format, Scope, State},
    plan::{self, Output, What},
    render::{self, reach::Reach, templates::FOLDER},
};

/// One thing that an output is made from, as it is told to people: the kind is the end of a message's id (`raison-…`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf {
    /// `programme`, `messages`, `fichier`, `en-tete`, `texte`, `gabarit`, `asset`, `adresse`, `date`, `disponibilite`, `liste`.
    pub kind: &'static str,
    /// Which one: a path, an id.
    pub about: String,
}

impl Leaf {
    /// Stands for it in what is kept from one build to the next.
    #[must_use]
    pub fn key(&self) -> Fingerprint {
        key(self.kind, &self.about)
    }
}

fn key(kind: &str, about: &str) -> Fingerprint {
    Fingerprint::of(format!("{kind}:{about}").as_bytes())
}

type Leaves = Vec<(Leaf, Fingerprint)>;

/// What an output is made from, in pieces that are fingerprinted once for all the outputs that share them.
enum Part {
    /// What every page made here is made from.
    Common,
    /// What a template reads of what all share, in the site's language.
    Frame(Cow<'static, str>),
    /// What lists show of one session.
    Row(usize),
    /// What lists show of every session that is to come.
    Coming,
    /// One thing of its own.
    One(Leaf, Fingerprint),
}

/// The fingerprints of everything that outputs are made from.
#[derive(Debug)]
pub struct Ledger<'a> {
    assembly: &'a Assembly,
    common: Fingerprint,
    messages: Fingerprint,
    /// What lists show of each session.
    rows: Vec<Fingerprint>,
    upcoming: Fingerprint,
    /// By template.
    frames: RwLock<HashMap<String, Fingerprint>>,
}

impl<'a> Ledger<'a> {
    /// The ledger of a root at an instant.
    #[must_use]
    pub fn of(assembly: &'a Assembly) -> Self {
        let messages = assembly.sources().under("locales/");
        let messages =
            Fingerprint::all(messages.flat_map(|(path, file)| [Fingerprint::of(path.as_bytes()), file.fingerprint()]));
        let mut ledger = Self {
            assembly,
            common: Fingerprint::default(),
            messages,
            rows: Vec::new(),
            upcoming: Fingerprint::default(),
            frames: RwLock::default(),
        };
        ledger.common = Fingerprint::all(ledger.common_leaves().into_iter().map(|(_, fingerprint)| fingerprint));
        ledger.rows = (0..assembly.standings().len()).into_par_iter().map(|index| ledger.row(index)).collect();
        ledger.upcoming = Fingerprint::all(ledger.coming().map(|index| ledger.rows[index]));
        ledger
    }

    /// The fingerprint of all that `output` is made from.
    #[must_use]
    pub fn fingerprint(&self, output: &Output) -> Fingerprint {
        self.digest(&self.parts(output))
    }

    /// Everything that `output` is made from, one by one, to tell which of them changed.
    #[must_use]
    pub fn leaves(&self, output: &Output) -> Leaves {
        self.parts(output).into_iter().flat_map(|part| self.open(part)).collect()
    }

    /// Everything that any output is made from, for the next build to compare with: by [`Leaf::key`], each once.
    #[must_use]
    pub fn all(&self) -> Vec<(Fingerprint, Fingerprint)> {
        let parts = self.assembly.plan().outputs.par_iter().flat_map_iter(|output| self.parts(output));
        // What many outputs share is opened once.
        let (shared, mut leaves): (BTreeSet<Cow<'static, str>>, Vec<(Fingerprint, Fingerprint)>) = parts
            .filter_map(|part| match part {
                Part::Frame(template) => Some(Either::Left(template)),
                Part::One(leaf, fingerprint) => Some(Either::Right((leaf.key(), fingerprint))),
                Part::Common | Part::Row(_) | Part::Coming => None,
            })
            .partition_map(|either| either);
        let shared = shared.into_iter().map(Part::Frame).chain([Part::Common]);
        leaves.extend(shared.flat_map(|part| self.open(part)).map(|(leaf, fingerprint)| (leaf.key(), fingerprint)));
        leaves.par_extend((0..self.rows.len()).into_par_iter().flat_map_iter(|index| {
            self.row_parts(index).into_iter().flatten().map(|(kind, about, part)| (key(kind, about), part))
        }));
        let (coming, upcoming) = self.coming_list();
        leaves.push((coming.key(), upcoming));
        leaves.par_sort_unstable();
        leaves.dedup();
        leaves
    }

    fn parts(&self, output: &Output) -> Vec<Part> {
        let assembly = self.assembly;
        let model = assembly.model();
        let rows = |indices: &[usize]| indices.iter().copied().map(Part::Row).collect::<Vec<_>>();
        let mut parts = vec![Part::Common];
        match &output.what {
            What::Page(index) => {
                let page = &model.pages[*index];
                parts.push(self.file(&page.at.file));
                parts.extend(self.pictures(&page.body));
                parts.extend(self.reach(&render::page_reach(assembly, page), &page.lang));
                let translations = &assembly.views().page(*index).translations;
                parts.push(one("liste", "traductions", of(translations)));
            }
            What::Session(index) => {
                let session = &model.sessions[*index];
                parts.extend([frame("seance.html"), Part::Row(*index), one("texte", &session.at.file, session.text)]);
                parts.extend(self.pictures(&session.body));
                parts.extend(rows(&assembly.neighbours(*index)));
            }
            What::SessionCalendar(index) => parts.push(Part::Row(*index)),
            What::Calendar => parts.push(Part::Coming),
            What::Archive(year) => {
                parts.push(frame("archive.html"));
                parts.extend(self.archived(*year).map(Part::Row));
            }
            What::Group(index) => {
                let group = &model.groups[*index];
                parts.extend([frame("groupe.html"), self.file(&group.at.file)]);
                parts.extend(self.coming().filter(|i| model.sessions[*i].group == group.id).map(Part::Row));
            }
            What::ShortGroup(index, _) => {
                parts.extend([frame(render::SHORT), self.file(&model.groups[*index].at.file)]);
            }
            What::Short(index) | What::ShortFrom(index, _) => {
                let standing = &assembly.standings()[*index];
                parts.extend([frame(render::SHORT), Part::Row(*index)]);
                if standing.past || standing.schedule.cancelled {
                    parts.extend(rows(assembly.next_sessions()));
                }
            }
            What::Retired(index) => {
                let redirect = &model.redirects[*index];
                let target = Fingerprint::of(redirect.target.as_bytes());
                parts.extend([frame(render::SHORT), one("adresse", &output.url, target)]);
                parts.extend(assembly.views().index_of(&redirect.target).map(Part::Row));
            }
            What::Kit | What::KitIndex | What::KitArchive => {
                let templates =
                    if matches!(output.what, What::Kit) { &render::KIT_TEMPLATES[..] } else { &[render::KIT_TEXT] };
                parts.extend(templates.iter().map(|template| frame(*template)));
                parts.extend(self.kit());
                match output.what {
                    // The page alone says what is true today.
                    What::Kit => parts.push(Part::Coming),
                    What::KitArchive => parts.extend(self.in_archive()),
                    _ => {}
                }
            }
            What::KitBlock | What::KitFragment => {
                parts.extend(render::template_of(assembly, output).map(frame));
                parts.push(Part::Coming);
            }
            What::Support(index, session) => parts.extend(self.support(*index, *session)),
            What::Share(index, session) => {
                parts.extend(self.support(*index, *session));
                parts.extend(self.fonts());
            }
            What::Feed => {
                parts.push(frame("atom.xml"));
                parts.extend(rows(&render::feed_sessions(assembly)));
            }
            What::Sitemap => parts.extend([frame("sitemap.xml"), one("liste", "adresses", self.addresses())]),
            What::Robots => parts.push(frame("robots.txt")),
            // These are what one file holds, whoever makes them.
            What::Asset(index) => {
                let asset = &assembly.assets().files[*index];
                return vec![one("fichier", &asset.source, asset.fingerprint)];
            }
            What::Picture(index, _) => {
                return vec![Part::Common, self.file(&assembly.assets().pictures.list[*index].source)];
            }
            What::Copy(path) => return vec![self.file(path)],
            What::Print(index) => return vec![self.file(&model.prints[*index].path)],
        }
        parts
    }

    /// A support, whatever it is made on.
    fn support(&self, index: usize, session: Option<usize>) -> Vec<Part> {
        let model = self.assembly.model();
        let support = &model.supports[index];
        let mut parts = vec![frame(render::support_template(support)), self.file(&support.at.file)];
        parts.extend(model.group(support.group.as_str()).map(|group| self.file(&group.at.file)));
        let told = |index: usize| self.told(index);
        match (support.scope, session) {
            (Scope::Session, Some(session)) => parts.push(told(session)),
            (Scope::Group, _) => {}
            _ => {
                let announced: Vec<usize> = plan::announced(model, self.assembly.standings(), support).collect();
                let ids: Vec<&str> = announced.iter().map(|index| model.sessions[*index].id.as_str()).collect();
                parts.push(one("annoncees", support.id.as_str(), of(&ids)));
                parts.extend(announced.into_iter().map(told));
            }
        }
        parts
    }

    /// What paper says of a session.
    fn told(&self, index: usize) -> Part {
        let session = &self.assembly.model().sessions[index];
        one("annonce", session.id.as_str(), plan::told_on_paper(session))
    }

    /// What pictures are written with.
    fn fonts(&self) -> Vec<Part> {
        self.assembly.sources().under(render::FONTS).map(|(path, _)| self.file(path)).collect()
    }

    /// What the kit lists.
    fn kit(&self) -> Vec<Part> {
        let model = self.assembly.model();
        let outputs = self.assembly.plan().outputs.iter();
        let listed =
            outputs.filter(|output| matches!(output.what, What::Support(..) | What::Share(..) | What::Print(_)));
        let urls: Vec<&str> = listed.map(|output| output.url.as_str()).collect();
        let live: Vec<&str> = self.assembly.live().iter().map(|index| model.sessions[*index].id.as_str()).collect();
        let mut parts = vec![one("liste", "supports", of(&urls)), one("liste", "annoncees", of(&live))];
        parts.extend(self.assembly.live().iter().map(|index| self.told(*index)));
        parts.extend(model.supports.iter().map(|support| self.file(&support.at.file)));
        parts.extend(model.groups.iter().map(|group| self.file(&group.at.file)));
        parts
    }

    /// What the archive holds besides.
    fn in_archive(&self) -> Vec<Part> {
        let model = self.assembly.model();
        let mut parts = self.fonts();
        for output in &self.assembly.plan().outputs {
            match output.what {
                What::Share(index, session) => parts.extend(self.support(index, session)),
                What::Print(index) => parts.push(self.file(&model.prints[index].path)),
                _ => {}
            }
        }
        parts
    }

    fn digest(&self, parts: &[Part]) -> Fingerprint {
        let mut all = Vec::with_capacity(parts.len() + 1);
        for part in parts {
            match part {
                Part::Common => all.push(self.common),
                Part::Frame(template) => all.push(self.frame(template)),
                Part::Row(index) => all.push(self.rows[*index]),
                Part::Coming => all.push(self.upcoming),
                // The name too: a template that is no longer reached is a change like another.
                Part::One(leaf, fingerprint) => all.extend([leaf.key(), *fingerprint]),
            }
        }
        Fingerprint::all(all)
    }

    fn open(&self, part: Part) -> Leaves {
        match part {
            Part::Common => self.common_leaves(),
            Part::Frame(template) => self.frame_parts(&template).into_iter().flat_map(|part| self.open(part)).collect(),
            Part::Row(index) => self.row_leaves(index).collect(),
            Part::Coming => {
                self.coming().flat_map(|index| self.row_leaves(index)).chain([self.coming_list()]).collect()
            }
            Part::One(leaf, fingerprint) => vec![(leaf, fingerprint)],
        }
    }

    fn common_leaves(&self) -> Leaves {
        vec![
            (leaf("programme", ""), Fingerprint::of(PROGRAM.as_bytes())),
            (leaf("messages", ""), self.messages),
            (leaf("fichier", "content/site.toml"), self.fingerprint_of("content/site.toml")),
        ]
    }

    fn fingerprint_of(&self, path: &str) -> Fingerprint {
        self.assembly.sources().get(path).map(crate::sources::SourceFile::fingerprint).unwrap_or_default()
    }

    fn file(&self, path: &str) -> Part {
        one("fichier", path, self.fingerprint_of(path))
    }

    fn frame(&self, template: &str) -> Fingerprint {
        let known = self.frames.read().unwrap_or_else(PoisonError::into_inner).get(template).copied();
        known.unwrap_or_else(|| {
            let frame = self.digest(&self.frame_parts(template));
            self.frames.write().unwrap_or_else(PoisonError::into_inner).insert(template.to_owned(), frame);
            frame
        })
    }

    fn frame_parts(&self, template: &str) -> Vec<Part> {
        self.reach(&self.assembly.templates().reach(template), self.assembly.site().lang())
    }

    /// What may be read through `reach` of what all pages share, in a language.
    fn reach(&self, reach: &Reach, lang: &str) -> Vec<Part> {
        let assembly = self.assembly;
        let (model, views) = (assembly.model(), assembly.views());
        let templates = reach.templates.iter();
        let mut parts: Vec<Part> = templates
            .map(|name| one("gabarit", &format!("{FOLDER}{name}"), assembly.templates().fingerprint(name)))
            .collect();
        if reach.reads("asset") || reach.reads("bloc") || reach.reads("compose") {
            let wanted = assembly.assets().addresses.iter();
            let wanted = wanted.filter(|(path, _)| reach.any_asset || reach.quoted.contains(*path));
            parts.extend(wanted.map(|(path, url)| one("asset", path, Fingerprint::of(url.as_bytes()))));
        }
        if reach.reads("image") {
            let pictures = assembly.assets().pictures.list.iter();
            parts.extend(pictures.map(|picture| self.file(&picture.source)));
        }
        if reach.reads("site") {
            let site = views.site_view(lang);
            let lists = [
                ("nav", "menu", of(&site.nav)),
                ("footer_nav", "menu-pied", of(&site.footer_nav)),
                ("all_pages", "pages", of(&site.all_pages)),
                ("support_origins", "origines", of(&site.support_origins)),
                ("logo", "logo", of(&site.logo)),
            ];
            let read = lists.into_iter().filter(|(name, ..)| reach.reads(name));
            parts.extend(read.map(|(_, about, fingerprint)| one("liste", about, fingerprint)));
        }
        if reach.reads("share_image") {
            let wide = model.supports.iter().filter(|support| support.format == Format::Wide);
            parts.extend(wide.map(|support| self.file(&support.at.file)));
        }
        if reach.reads("groups") {
            parts.extend(model.groups.iter().map(|group| self.file(&group.at.file)));
        }
        if reach.reads("partners") {
            for partner in &model.partners {
                parts.push(self.file(&partner.at.file));
                parts.extend(self.pictures(&partner.body));
            }
        }
        if reach.reads("years") {
            parts.push(one("liste", "annees", of(&views.years())));
        }
        if reach.reads("upcoming") {
            parts.push(Part::Coming);
        }
        parts
    }

    /// The pictures that a text shows.
    fn pictures(&self, body: &Body) -> impl Iterator<Item = Part> {
        body.images.iter().map(|image| self.file(&format!("content{}", image.path)))
    }

    /// What lists show of a session.
    fn row(&self, index: usize) -> Fingerprint {
        let session = &self.assembly.model().sessions[index];
        let id = Fingerprint::of(session.id.as_str().as_bytes());
        Fingerprint::all([id].into_iter().chain(self.row_parts(index).into_iter().flatten().map(|(.., part)| part)))
    }

    fn row_leaves(&self, index: usize) -> impl Iterator<Item = (Leaf, Fingerprint)> {
        self.row_parts(index).into_iter().flatten().map(|(kind, about, part)| (leaf(kind, about), part))
    }

    /// The kind, the name and the fingerprint of each.
    fn row_parts(&self, index: usize) -> [Option<(&'static str, &str, Fingerprint)>; 4] {
        let assembly = self.assembly;
        let session = &assembly.model().sessions[index];
        let standing = &assembly.standings()[index];
        let group = assembly.model().group(session.group.as_str()).map(|group| &*group.at.file);
        let told = assembly.availability().and_then(|known| known.sessions.get(session.id.as_str()));
        // What time decides, without what the handler told: which of the two changed is said apart.
        let by_time = State::at(assembly.now(), &standing.schedule, None);
        let by_time = of(&(by_time, standing.past, standing.opens_later, standing.accepts));
        let told =
            told.map(|row| of(&(row.state.fill().and(standing.state), &row.changes(), session.status, row.since)));
        [
            Some(("en-tete", &*session.at.file, session.head)),
            Some(("date", session.id.as_str(), by_time)),
            Some(("disponibilite", session.id.as_str(), told.unwrap_or_default())),
            group.map(|file| ("fichier", file, self.fingerprint_of(file))),
        ]
    }

    fn coming_list(&self) -> (Leaf, Fingerprint) {
        (leaf("liste", "seances-a-venir"), self.upcoming)
    }

    fn coming(&self) -> impl Iterator<Item = usize> + '_ {
        self.assembly.standings().iter().enumerate().filter(|(_, standing)| !standing.past).map(|(index, _)| index)
    }

    fn archived(&self, year: i16) -> impl Iterator<Item = usize> + '_ {
        let sessions = self.assembly.model().sessions.iter().zip(self.assembly.standings()).enumerate();
        sessions.filter(move |(_, (s, standing))| standing.past && s.date.year() == year).map(|(index, _)| index)
    }

    /// The addresses that search engines may list.
    fn addresses(&self) -> Fingerprint {
        let listed = self.assembly.plan().outputs.iter().filter(|output| render::listed(self.assembly, output));
        let mut text = String::new();
        for output in listed {
            text.push_str(&output.url);
            text.push('\n');
        }
        Fingerprint::of(text.as_bytes())
    }
}

fn leaf(kind: &'static str, about: &str) -> Leaf {
    Leaf { kind, about: about.to_owned() }
}

fn one(kind: &'static str, about: &str, fingerprint: Fingerprint) -> Part {
    Part::One(leaf(kind, about), fingerprint)
}

fn frame(template: impl Into<Cow<'static, str>>) -> Part {
    Part::Frame(template.into())
}

fn of(value: &impl Serialize) -> Fingerprint {
    Fingerprint::of_value(value)
}
