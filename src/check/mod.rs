//! Rules that need several files: links, dates, ids, facts gone stale. Tells, never changes.

mod checker;
mod supports;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::OnceLock,
};

use jiff::{Span, civil::DateTime};
use percent_encoding::percent_decode_str;
use rayon::prelude::*;

pub use self::checker::Checker;
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::{Block, Body, Component, FACT_LIFE_DAYS, Group, Page, Place, Session, SessionStatus, Standing},
    templates::FOLDER,
    urls,
};

/// Pages that have a role: other pages, and the law, count on them.
const REQUIRED_PAGES: &[&str] = &[
    urls::HOME,
    "seances",
    "inscription",
    "partenaires",
    "charte",
    "mentions-legales",
    "confidentialite",
    "accessibilite",
    "plan-du-site",
    urls::NOT_FOUND,
];

impl<'a> Checker<'a> {
    /// Every problem.
    #[must_use]
    pub fn run(&self) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        self.site_address(&mut problems);
        self.required_pages(&mut problems);
        self.languages(&mut problems);
        problems.par_extend(self.model().sessions.par_iter().zip(self.snapshot.standings()).flat_map_iter(
            |(session, standing)| {
                let mut problems = Vec::new();
                self.session(session, standing, &mut problems);
                problems
            },
        ));
        for page in &self.model().pages {
            components(page, &mut problems);
            self.facts(page, &mut problems);
        }
        supports::run(self, &mut problems);
        self.pictures(&mut problems);
        self.children(&mut problems);
        self.redirects(&mut problems);
        self.links(&mut problems);
        problems
    }

    /// An address that only this machine knows cannot be printed.
    fn site_address(&self, problems: &mut Vec<Diagnostic>) {
        let local = ["://127.", "://localhost", "://[::1]"].iter().any(|host| self.site().url.contains(host));
        if local {
            let problem = Diagnostic::warning("adresse-locale", self.site().url_at.clone());
            problems.push(problem.arg("valeur", &self.site().url).blocking_publication());
        }
    }

    fn required_pages(&self, problems: &mut Vec<Diagnostic>) {
        // Where there is no content at all, the missing settings say it.
        if self.sources().under("content/").next().is_none() {
            return;
        }
        for slug in REQUIRED_PAGES {
            let file =
                if *slug == "charte" { "content/charte.md".to_owned() } else { format!("content/pages/{slug}.md") };
            // A page that is there and has errors of its own was already told.
            let written = self.sources().under("content/").any(|(path, _)| path.ends_with(&format!("/{slug}.md")));
            if !written {
                problems.push(Diagnostic::error("page-manquante", Place::new(&file.into(), 0..0)).arg("valeur", slug));
            }
        }
        if !self.sources().under("content/groupes/").any(|_| true) {
            problems.push(Diagnostic::error("groupe-aucun", Place::new(&"content/groupes".into(), 0..0)));
        }
    }

    fn languages(&self, problems: &mut Vec<Diagnostic>) {
        for page in &self.model().pages {
            if !self.site().languages.contains(&page.lang) {
                let problem = Diagnostic::error("langue-non-prevue", page.at.clone());
                problems.push(problem.arg("valeur", &page.lang).arg("connues", self.site().languages.join(", ")));
            } else if page.lang != self.site().lang()
                && self.model().page(page.slug.as_str(), self.site().lang()).is_none()
            {
                problems.push(Diagnostic::error("traduction-orpheline", page.at.clone()).arg("valeur", &page.slug));
            }
        }
    }

    fn session(&self, session: &Session, standing: &Standing, problems: &mut Vec<Diagnostic>) {
        if let Some(group) = self.model().group(session.group.as_str())
            && session.date.weekday() != group.weekday
        {
            let name = |weekday| {
                let names = crate::content::parse::WEEKDAYS.iter().find(|(_, known)| *known == weekday);
                names.map_or("", |(name, _)| name)
            };
            let problem = Diagnostic::warning("jour-inattendu", session.date_at.clone());
            problems.push(problem.arg("jour", name(session.date.weekday())).arg("attendu", name(group.weekday)));
        }
        let hours = [session.date.to_datetime(session.start), session.date.to_datetime(session.end)];
        for moment in hours.into_iter().chain(session.opens).chain(session.closes) {
            self.ambiguous(moment, session, problems);
        }
        if session.example && session.status != SessionStatus::Draft && !standing.past {
            let problem = Diagnostic::warning("seance-exemple", session.at.clone());
            problems.push(problem.arg("valeur", &session.id).blocking_publication());
        }
    }

    /// A local time that the zone skips in spring or repeats in autumn.
    fn ambiguous(&self, moment: DateTime, session: &Session, problems: &mut Vec<Diagnostic>) {
        if self.site().time_zone.to_ambiguous_timestamp(moment).is_ambiguous() {
            let problem = Diagnostic::error("heure-ambigue", session.date_at.clone());
            problems.push(problem.arg("valeur", moment));
        }
    }

    fn facts(&self, page: &Page, problems: &mut Vec<Diagnostic>) {
        let today = self.snapshot.now().to_zoned(self.site().time_zone.clone()).date();
        for entry in &page.resources {
            let expires = entry.checked_on.checked_add(Span::new().days(FACT_LIFE_DAYS)).unwrap_or(entry.checked_on);
            if today >= expires {
                let problem = Diagnostic::warning("fait-a-verifier", entry.checked_at.clone());
                problems.push(problem.arg("valeur", &entry.name).arg("date", entry.checked_on));
            } else if entry.checked_on > today {
                let problem = Diagnostic::warning("verifie-dans-le-futur", entry.checked_at.clone());
                problems.push(problem.arg("valeur", &entry.name).arg("date", entry.checked_on));
            }
        }
    }

    /// A parent comes with children, or needs somebody to look after them: a group that says
    /// neither is not ready to be published.
    fn children(&self, problems: &mut Vec<Diagnostic>) {
        let silent = self.model().groups.iter().filter(|group| group.children.is_none());
        let problem = |group: &Group| Diagnostic::warning("enfants-non-dits", group.at.clone());
        problems.extend(silent.map(|group| problem(group).blocking_publication()));
    }

    fn pictures(&self, problems: &mut Vec<Diagnostic>) {
        for photo in self.model().venues.iter().filter_map(|venue| venue.photo.as_ref()) {
            self.image(&photo.path, Words::Key("image_alt", &photo.alt), &photo.at, problems);
        }
        for logo in self.model().partners.iter().filter_map(|partner| partner.logo.as_ref()) {
            self.image(&logo.path, Words::Key("logo_alt", &logo.alt), &logo.at, problems);
        }
    }

    fn image(&self, path: &str, words: Words<'_>, at: &Place, problems: &mut Vec<Diagnostic>) {
        let found = path.starts_with("/medias/") && self.sources().get(&format!("content{path}")).is_some();
        if !found {
            problems.push(Diagnostic::error("image-absente", at.clone()).arg("valeur", path));
        }
        let problem = || Diagnostic::error("image-sans-texte", at.clone()).arg("valeur", path);
        match words {
            Words::Key(key, alt) if alt.trim().is_empty() => {
                problems.push(problem().arg("cle", key).help("image-sans-texte-cle"));
            }
            Words::Text(alt) if alt.trim().is_empty() => problems.push(problem()),
            Words::Key(..) | Words::Text(_) | Words::None => {}
        }
    }

    fn redirects(&self, problems: &mut Vec<Diagnostic>) {
        for redirect in &self.model().redirects {
            let session = self.model().sessions.iter().any(|session| session.id.as_str() == redirect.target);
            let page = self.plan.outputs.iter().any(|output| output.url == redirect.target);
            if !(session || page) {
                problems
                    .push(Diagnostic::error("adresse-vers-rien", redirect.at.clone()).arg("valeur", &redirect.target));
            }
        }
    }

    fn links(&self, problems: &mut Vec<Diagnostic>) {
        let urls = self.plan.urls();
        // Few links aim inside a page: the anchors are gathered when one does.
        let anchors = OnceLock::new();
        let body = |url: &str, body: &Body| {
            let mut problems = Vec::new();
            for link in &body.links {
                problems.extend(self.link(&link.target, &link.at, url, &urls, &anchors));
            }
            for image in &body.images {
                let words = if image.decorative { Words::None } else { Words::Text(&image.alt) };
                self.image(&image.path, words, &image.at, &mut problems);
            }
            problems
        };
        problems.extend(self.model().pages.iter().flat_map(|page| body(&urls::page(page, self.site()), &page.body)));
        problems.extend(self.model().partners.iter().flat_map(|partner| body("/partenaires/", &partner.body)));
        let sessions = self.model().sessions.par_iter();
        problems.par_extend(sessions.flat_map_iter(|session| body(&urls::session(&session.id), &session.body)));
    }

    fn link(
        &self,
        target: &str,
        at: &Place,
        from: &str,
        urls: &HashSet<&str>,
        anchors: &OnceLock<Anchors<'a>>,
    ) -> Option<Diagnostic> {
        let problem = |code| Diagnostic::error(code, at.clone()).arg("valeur", target);
        let scheme = ["https://", "http://", "mailto:", "tel:", "sms:"].iter().any(|scheme| target.starts_with(scheme));
        if scheme {
            return None;
        }
        let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
        let path = path.split('?').next().unwrap_or(path);
        let decoded = percent_decode_str(if path.is_empty() { from } else { path }).decode_utf8_lossy();
        let page: &str = &decoded;
        if !page.starts_with('/') {
            let guess = format!("/{}/", page.trim_matches(['.', '/']).trim_end_matches(".md"));
            let problem = problem("lien-relatif");
            return Some(if urls.contains(guess.as_str()) {
                problem.arg("proposition", guess).help("ecrivez")
            } else {
                problem
            });
        }
        if urls::HANDLER.contains(&page) {
            return None;
        }
        if !urls.contains(page) && self.leads_to_faulty(page) {
            return None;
        }
        if !urls.contains(page) {
            let near = urls.contains(format!("{page}/").as_str()).then(|| format!("{page}/"));
            let near = near.or_else(|| crate::content::parse::closest(page, urls.iter().copied()).map(str::to_owned));
            return Some(match near {
                Some(near) => problem("lien-casse").arg("proposition", near).help("vouliez-vous-dire"),
                None => problem("lien-casse"),
            });
        }
        let anchor = anchor.filter(|anchor| !anchor.is_empty())?;
        let known = anchors.get_or_init(|| Anchors::new(self)).of(page);
        if known.contains(anchor) || self.template_defines(anchor) {
            return None;
        }
        let near = crate::content::parse::closest(anchor, known.iter().copied());
        Some(match near {
            Some(near) => problem("ancre-cassee")
                .arg("page", page)
                .arg("proposition", format!("#{near}"))
                .help("vouliez-vous-dire"),
            None => problem("ancre-cassee").arg("page", page),
        })
    }

    /// Whether a page is missing only because its file has errors of its own.
    fn leads_to_faulty(&self, page: &str) -> bool {
        let name = page.trim_matches('/').rsplit('/').next().unwrap_or_default();
        self.faulty.iter().any(|file| file.starts_with("content/") && crate::content::parse::stem(file) == name)
    }

    /// Whether a template writes this id itself.
    fn template_defines(&self, anchor: &str) -> bool {
        let attribute = format!("id=\"{anchor}\"");
        self.sources()
            .under(FOLDER)
            .any(|(path, _)| self.sources().text(path).is_some_and(|text| text.contains(&attribute)))
    }
}

/// What says what a picture shows.
#[derive(Clone, Copy)]
enum Words<'a> {
    /// A key of a record.
    Key(&'static str, &'a str),
    /// The text itself.
    Text(&'a str),
    /// It only decorates.
    None,
}

/// The anchors that texts make.
struct Anchors<'a> {
    pages: HashMap<String, &'a Page>,
    sessions: HashMap<String, &'a Body>,
    partners: Vec<&'a str>,
}

impl<'a> Anchors<'a> {
    fn new(checker: &Checker<'a>) -> Self {
        let model = checker.model();
        let sessions = model.sessions.iter().filter(|session| !session.body.headings.is_empty());
        Self {
            pages: model.pages.iter().map(|page| (urls::page(page, checker.site()), page)).collect(),
            sessions: sessions.map(|session| (urls::session(&session.id), &*session.body)).collect(),
            partners: model.partners.iter().map(|partner| partner.id.as_str()).collect(),
        }
    }

    /// Those of the page at this address; a list of partners makes one of each.
    fn of(&self, url: &str) -> BTreeSet<&'a str> {
        let page = self.pages.get(url);
        let body = page.map(|page| &page.body).or_else(|| self.sessions.get(url).copied());
        let headings = body.into_iter().flat_map(|body| &body.headings).map(|heading| heading.id.as_str());
        let placed = page.is_some_and(|page| placed(page, Component::Partners).is_some());
        headings.chain(self.partners.iter().copied().filter(|_| placed)).collect()
    }
}

/// Where a page places a component.
fn placed(page: &Page, wanted: Component) -> Option<&Place> {
    page.body.blocks.iter().find_map(|block| match block {
        Block::Component(component, at) if *component == wanted => Some(at),
        _ => None,
    })
}

/// A component and what fills it go together.
fn components(page: &Page, problems: &mut Vec<Diagnostic>) {
    for component in [Component::Steps, Component::Charts, Component::Resources] {
        match (placed(page, component), !page.fills.contains(&component)) {
            (Some(at), true) => {
                problems.push(Diagnostic::error("composant-vide", at.clone()).arg("valeur", component.name()));
            }
            (None, false) => {
                problems
                    .push(Diagnostic::warning("composant-non-pose", page.at.clone()).arg("valeur", component.name()));
            }
            _ => {}
        }
    }
}
