//! What each output is made from, and the fingerprint of it. An output is made again if and only if that fingerprint changed; the
//! functions of [`crate::render`] read nothing that is not named here (a test of thousands of random edits holds the two together).
//!
//! Lists are fingerprinted by what lists show of a session: its header, its group, and where it stands. A session's text is read by
//! its own page alone.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock},
};

use rayon::prelude::*;
use serde::Serialize;

use crate::{
    assembly::Assembly,
    fingerprint::Fingerprint,
    model::{Scope, State},
    plan::{Output, What},
    render::{self, reach::Reach, templates::FOLDER},
};

/// The generator itself: another program may make other pages.
pub(crate) const PROGRAM: &str = env!("SOURCES_FINGERPRINT");

/// One thing that an output is made from, as it is told to people: the kind is the end of a message's id (`raison-…`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf {
    /// `programme`, `messages`, `fichier`, `en-tete`, `texte`, `gabarit`, `date`, `disponibilite`, `liste`.
    pub kind: &'static str,
    /// Which one: a path, an id.
    pub about: String,
}

impl Leaf {
    /// Stands for it in what is kept from one build to the next.
    #[must_use]
    pub fn key(&self) -> Fingerprint {
        Fingerprint::of(format!("{}:{}", self.kind, self.about).as_bytes())
    }
}

type Leaves = Vec<(Leaf, Fingerprint)>;

/// The fingerprints of everything that outputs are made from.
#[derive(Debug)]
pub struct Ledger<'a> {
    assembly: &'a Assembly,
    common: Fingerprint,
    messages: Fingerprint,
    /// What lists show of each session.
    rows: Vec<Fingerprint>,
    upcoming: Fingerprint,
    /// By template and language.
    frames: RwLock<HashMap<(String, String), Fingerprint>>,
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
        let upcoming = assembly.standings().iter().zip(&ledger.rows).filter(|(standing, _)| !standing.past);
        ledger.upcoming = Fingerprint::all(upcoming.map(|(_, row)| *row));
        ledger
    }

    /// The fingerprint of all that `output` is made from.
    #[must_use]
    pub fn fingerprint(&self, output: &Output) -> Fingerprint {
        let mut parts = vec![self.common];
        self.parts(output, &mut parts);
        Fingerprint::all(parts)
    }

    fn parts(&self, output: &Output, parts: &mut Vec<Fingerprint>) {
        let assembly = self.assembly;
        let model = assembly.model();
        match &output.what {
            What::Page(index) => {
                let page = &model.pages[*index];
                parts.push(self.file(&page.at.file));
                parts.push(self.reach(&render::page_reach(assembly, page), &page.lang));
                parts.push(Fingerprint::of_value(&assembly.views().page(*index).translations));
            }
            What::Session(index) => {
                parts.extend([self.frame("seance.html"), self.rows[*index], model.sessions[*index].text]);
                parts.extend(assembly.neighbours(*index).into_iter().map(|other| self.rows[other]));
            }
            What::SessionCalendar(index) => parts.push(self.rows[*index]),
            What::Calendar => parts.push(self.upcoming),
            What::Archive(year) => {
                parts.push(self.frame("archive.html"));
                parts.extend(self.archived(*year).map(|index| self.rows[index]));
            }
            What::Group(index) => {
                let group = &model.groups[*index];
                parts.extend([self.frame("groupe.html"), self.file(&group.at.file)]);
                parts.extend(self.coming().filter(|i| model.sessions[*i].group == group.id).map(|i| self.rows[i]));
            }
            What::Short(index) => {
                let standing = &assembly.standings()[*index];
                parts.extend([self.frame("adresse-courte.html"), self.rows[*index]]);
                if standing.past || standing.schedule.cancelled {
                    parts.extend(assembly.next_sessions().iter().map(|next| self.rows[*next]));
                }
            }
            What::Retired(index) => {
                let target = &model.redirects[*index].target;
                parts.extend([self.frame("adresse-courte.html"), Fingerprint::of(target.as_bytes())]);
                parts.extend(assembly.views().index_of(target).map(|session| self.rows[session]));
            }
            What::SupportList => {
                parts.extend([self.frame("supports.html"), self.upcoming]);
                parts.extend(model.supports.iter().map(|support| self.file(&support.at.file)));
            }
            What::Support(index, session) => {
                let support = &model.supports[*index];
                parts.extend([self.frame(&render::support_template(support)), self.file(&support.at.file)]);
                parts.extend(model.group(support.group.as_str()).map(|group| self.file(&group.at.file)));
                match (support.scope, session) {
                    (Scope::Session, Some(session)) => parts.push(self.rows[*session]),
                    _ => parts.push(self.upcoming),
                }
            }
            What::Feed => {
                parts.push(self.frame("atom.xml"));
                parts.extend(render::feed_sessions(assembly).into_iter().map(|index| self.rows[index]));
            }
            What::Sitemap => parts.extend([self.frame("sitemap.xml"), self.addresses()]),
            What::Robots => parts.push(self.frame("robots.txt")),
            What::Asset(index) => parts.push(assembly.assets().files[*index].fingerprint),
            What::Copy(path) => parts.push(self.file(path)),
        }
    }

    /// Everything that `output` is made from, one by one, to tell which of them changed.
    #[must_use]
    pub fn leaves(&self, output: &Output) -> Leaves {
        let assembly = self.assembly;
        let model = assembly.model();
        let mut leaves = match &output.what {
            // These are what one file holds, whoever makes them.
            What::Asset(index) => {
                let asset = &assembly.assets().files[*index];
                return vec![(leaf("fichier", &asset.source), asset.fingerprint)];
            }
            What::Copy(path) => return vec![(leaf("fichier", path), self.file(path))],
            _ => self.common_leaves(),
        };
        let mut sessions: Vec<usize> = Vec::new();
        match &output.what {
            What::Page(index) => {
                let page = &model.pages[*index];
                leaves.push((leaf("fichier", &page.at.file), self.file(&page.at.file)));
                leaves.extend(self.reach_leaves(&render::page_reach(assembly, page), &page.lang));
            }
            What::Session(index) => {
                leaves.extend(self.frame_leaves("seance.html"));
                let session = &model.sessions[*index];
                leaves.push((leaf("texte", &session.at.file), session.text));
                sessions.push(*index);
                sessions.extend(assembly.neighbours(*index));
            }
            What::SessionCalendar(index) => sessions.push(*index),
            What::Calendar => leaves.extend(self.upcoming_leaves()),
            What::Archive(year) => {
                leaves.extend(self.frame_leaves("archive.html"));
                sessions.extend(self.archived(*year));
            }
            What::Group(index) => {
                let group = &model.groups[*index];
                leaves.extend(self.frame_leaves("groupe.html"));
                leaves.push((leaf("fichier", &group.at.file), self.file(&group.at.file)));
                sessions.extend(self.coming().filter(|index| model.sessions[*index].group == group.id));
            }
            What::Short(index) => {
                leaves.extend(self.frame_leaves("adresse-courte.html"));
                sessions.push(*index);
                sessions.extend(assembly.next_sessions());
            }
            What::Retired(index) => {
                leaves.extend(self.frame_leaves("adresse-courte.html"));
                sessions.extend(assembly.views().index_of(&model.redirects[*index].target));
            }
            What::SupportList => {
                leaves.extend(self.frame_leaves("supports.html"));
                leaves.extend(self.upcoming_leaves());
            }
            What::Support(index, session) => {
                let support = &model.supports[*index];
                leaves.extend(self.frame_leaves(&render::support_template(support)));
                leaves.push((leaf("fichier", &support.at.file), self.file(&support.at.file)));
                match session {
                    Some(session) => sessions.push(*session),
                    None => leaves.extend(self.upcoming_leaves()),
                }
            }
            What::Feed => {
                leaves.extend(self.frame_leaves("atom.xml"));
                sessions.extend(render::feed_sessions(assembly));
            }
            What::Sitemap => {
                leaves.extend(self.frame_leaves("sitemap.xml"));
                leaves.push((leaf("liste", "adresses"), self.addresses()));
            }
            What::Robots => leaves.extend(self.frame_leaves("robots.txt")),
            What::Asset(_) | What::Copy(_) => {}
        }
        let coming = leaf("liste", "seances-a-venir");
        if leaves.iter().any(|(leaf, _)| *leaf == coming) {
            sessions.extend(self.coming());
        }
        leaves.extend(sessions.into_iter().flat_map(|index| self.row_leaves(index)));
        leaves
    }

    /// Everything that any output is made from, for the next build to compare with.
    #[must_use]
    pub fn all(&self) -> BTreeMap<Fingerprint, Fingerprint> {
        let assembly = self.assembly;
        let few = assembly.plan().outputs.iter().filter(|output| {
            !matches!(
                output.what,
                What::Session(_) | What::SessionCalendar(_) | What::Short(_) | What::Support(_, Some(_))
            )
        });
        let mut leaves: Leaves = few.flat_map(|output| self.leaves(output)).collect();
        let templates = assembly.model().supports.iter().map(render::support_template);
        for template in templates.chain(["seance.html".to_owned(), "adresse-courte.html".to_owned()]) {
            leaves.extend(self.frame_leaves(&template));
        }
        let sessions = &assembly.model().sessions;
        leaves.par_extend(sessions.par_iter().enumerate().flat_map_iter(|(index, session)| {
            let text = (leaf("texte", &session.at.file), session.text);
            self.row_leaves(index).into_iter().chain([text])
        }));
        leaves.into_par_iter().map(|(leaf, fingerprint)| (leaf.key(), fingerprint)).collect()
    }

    fn file(&self, path: &str) -> Fingerprint {
        self.assembly.sources().get(path).map(crate::sources::SourceFile::fingerprint).unwrap_or_default()
    }

    /// What every page made here is made from.
    fn common_leaves(&self) -> Leaves {
        vec![
            (leaf("programme", ""), Fingerprint::of(PROGRAM.as_bytes())),
            (leaf("messages", ""), self.messages),
            (leaf("fichier", "content/site.toml"), self.file("content/site.toml")),
        ]
    }

    /// What a template reads of what all share, in the site's language.
    fn frame(&self, template: &str) -> Fingerprint {
        let lang = self.assembly.site().lang();
        let key = (template.to_owned(), lang.to_owned());
        let known = self.frames.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        known.unwrap_or_else(|| {
            let frame = self.reach(&self.assembly.templates().reach(template), lang);
            self.frames.write().unwrap_or_else(PoisonError::into_inner).insert(key, frame);
            frame
        })
    }

    fn frame_leaves(&self, template: &str) -> Leaves {
        self.reach_leaves(&self.assembly.templates().reach(template), self.assembly.site().lang())
    }

    fn reach(&self, reach: &Reach, lang: &str) -> Fingerprint {
        // The names too: a template that is no longer reached is a change like another.
        let leaves = self.reach_leaves(reach, lang);
        Fingerprint::all(leaves.into_iter().flat_map(|(leaf, fingerprint)| [leaf.key(), fingerprint]))
    }

    fn reach_leaves(&self, reach: &Reach, lang: &str) -> Leaves {
        let assembly = self.assembly;
        let (model, views) = (assembly.model(), assembly.views());
        let templates = reach.templates.iter();
        let mut leaves: Leaves = templates
            .map(|name| (leaf("gabarit", &format!("{FOLDER}{name}")), assembly.templates().fingerprint(name)))
            .collect();
        if reach.reads("asset") {
            leaves.extend(self.asset_leaves(reach));
        }
        if reach.reads("site") {
            let site = views.site_view(lang);
            let parts = [
                ("nav", "menu", of(&site.nav)),
                ("footer_nav", "menu-pied", of(&site.footer_nav)),
                ("all_pages", "pages", of(&site.all_pages)),
                ("logo", "logo", of(&site.logo)),
            ];
            leaves.extend(
                parts.into_iter().filter(|(name, ..)| reach.reads(name)).map(|(_, about, f)| (leaf("liste", about), f)),
            );
        }
        if reach.reads("groups") {
            leaves
                .extend(model.groups.iter().map(|group| (leaf("fichier", &group.at.file), self.file(&group.at.file))));
        }
        if reach.reads("partners") {
            let files = model.partners.iter().map(|partner| &partner.at.file);
            leaves.extend(files.map(|file| (leaf("fichier", file), self.file(file))));
        }
        if reach.reads("years") {
            leaves.push((leaf("liste", "annees"), of(&views.years())));
        }
        if reach.reads("upcoming") {
            leaves.push((leaf("liste", "seances-a-venir"), self.upcoming));
        }
        leaves
    }

    /// The assets that a template names; all of them when it names one by a variable.
    fn asset_leaves(&self, reach: &Reach) -> Leaves {
        let addresses = &self.assembly.assets().addresses;
        let wanted = addresses.iter().filter(|(path, _)| reach.any_asset || reach.quoted.contains(*path));
        wanted.map(|(path, url)| (leaf("asset", path), Fingerprint::of(url.as_bytes()))).collect()
    }

    /// What lists show of a session.
    fn row(&self, index: usize) -> Fingerprint {
        let session = &self.assembly.model().sessions[index];
        let id = Fingerprint::of(session.id.as_str().as_bytes());
        Fingerprint::all([id].into_iter().chain(self.row_leaves(index).into_iter().map(|(_, fingerprint)| fingerprint)))
    }

    fn row_leaves(&self, index: usize) -> Leaves {
        let assembly = self.assembly;
        let session = &assembly.model().sessions[index];
        let standing = &assembly.standings()[index];
        let group = assembly.model().group(session.group.as_str()).map(|group| &group.at.file);
        let told = assembly.availability().and_then(|known| known.sessions.get(session.id.as_str()));
        // What time decides, without what the handler told: which of the two changed is said apart.
        let by_time = State::at(assembly.now(), &standing.schedule, None);
        let mut leaves = vec![
            (leaf("en-tete", &session.at.file), session.head),
            (leaf("date", session.id.as_str()), of(&(by_time, standing.past, standing.opens_later, standing.accepts))),
        ];
        let told = told.map(|row| of(&(row.state.fill().and(standing.state), &row.changes(), session.status)));
        leaves.push((leaf("disponibilite", session.id.as_str()), told.unwrap_or_default()));
        leaves.extend(group.map(|file| (leaf("fichier", file), self.file(file))));
        leaves
    }

    fn upcoming_leaves(&self) -> Leaves {
        vec![(leaf("liste", "seances-a-venir"), self.upcoming)]
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

fn of(value: &impl Serialize) -> Fingerprint {
    Fingerprint::of_value(value)
}
