//! The site as one output sees it: whoever renders asks here, and what was asked is noted. The
//! fields are private to this file, so that nothing is read without being noted; the getters stand
//! in the order of [`KeyKind`], and `fingerprints` says of each key what was found.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tera::{Context, Value};

use super::{
    drawn::Drawn,
    key::{Key, KeyKind},
    prints,
    supports::{self, MadeSupport},
};
use crate::{
    content::sources::SourceFile,
    diagnostics::diagnostic::Diagnostic,
    model::{Former, Id, Page, Print, Redirect, Session, Site, Standing, Support, Venue},
    site::Snapshot,
    views::{GroupView, NextDateView, PageView, SessionView, SupportView, Words, event_json, paper, updated_at},
};

/// What one output reads of the site.
#[derive(Debug)]
pub struct View<'a> {
    snapshot: &'a Snapshot,
    /// The addresses that search engines may list.
    listed: &'a [String],
    /// Where share pictures are drawn once; `None` for what stands in no plan.
    drawn: Option<&'a Drawn>,
    reads: Mutex<Vec<Key>>,
}

/// What the header of a session says, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// Its id.
    pub id: &'a Id,
    /// Its group.
    pub group: &'a Id,
    /// The name of the venue.
    pub place: &'a str,
    /// The venue; `None` for a room that the team chose instead.
    pub venue: Option<&'a Venue>,
    /// Raised at each change of date, place or state.
    pub revision: u32,
    /// When it last changed, or the start of its year.
    pub updated_at: Timestamp,
    /// When it last changed, as the handler noticed.
    pub changed_at: Option<Timestamp>,
    /// How it was before it last moved, as the handler noticed.
    pub former: Option<&'a Former>,
    /// Where it stands.
    pub standing: &'a Standing,
    /// Since when its state is what it is; `None` when the handler did not tell.
    pub since: Option<Timestamp>,
}

/// What is announced of a session, and does not change from one hour to the next: fields of
/// [`SessionView`].
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "SessionView says it")]
pub struct Announcement<'a> {
    pub id: &'a str,
    pub starts_at: &'a str,
    pub ends_at: &'a str,
    pub place: &'a str,
    pub example: bool,
    pub canonical: &'a str,
    pub short_url: &'a str,
    pub ics_url: &'a str,
}

impl<'a> View<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, listed: &'a [String], drawn: &'a Drawn) -> Self {
        Self { snapshot, listed, drawn: Some(drawn), reads: Mutex::default() }
    }

    /// Of a page that stands in no plan.
    #[must_use]
    pub fn alone(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, listed: &[], drawn: None, reads: Mutex::default() }
    }

    /// Everything that was read, each once, sorted.
    #[must_use]
    pub fn into_reads(self) -> Vec<Key> {
        let mut reads = self.reads.into_inner().unwrap_or_else(PoisonError::into_inner);
        reads.sort_unstable();
        reads.dedup();
        reads
    }

    fn reads(&self) -> MutexGuard<'_, Vec<Key>> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, kind: KeyKind, about: impl Into<Arc<str>>) {
        self.reads().push(Key::new(kind, about));
    }

    fn note_file(&self, path: &str) {
        self.note(KeyKind::File, path);
    }

    fn note_venue(&self, id: Option<&Id>) {
        if let Some(id) = id {
            self.note(KeyKind::Venue, id.as_str());
        }
    }

    /// The settings. They, the messages and the program are one key: whatever is made here, rather
    /// than copied, reads them.
    #[must_use]
    pub fn site(&self) -> &'a Site {
        self.note(KeyKind::Common, "");
        self.snapshot.site()
    }

    /// Dates and texts, in the site's language.
    #[must_use]
    pub fn words(&self) -> &'a Words {
        self.note(KeyKind::Common, "");
        self.snapshot.words()
    }

    /// A template, filled with what it reads of what every template may, in a language, and with
    /// what `own` adds.
    ///
    /// # Errors
    /// When the template fails: its file and line.
    pub fn fill(&self, template: &str, lang: &str, own: impl FnOnce(&mut Context)) -> Result<String, Box<Diagnostic>> {
        self.note(KeyKind::Common, "");
        self.note(KeyKind::Frame, format!("{template}@{lang}"));
        let templates = self.snapshot.templates();
        let mut context = self.snapshot.views().context_for(lang, &templates.reach(template));
        own(&mut context);
        templates.render(template, &context)
    }

    /// The template of a page of the content: its own, or the common one.
    #[must_use]
    pub fn page_template(&self, page: &Page) -> String {
        let own = own_template(page);
        self.note(KeyKind::Template, own.as_str());
        template_of(self.snapshot, page)
    }

    /// The session at this index, as lists show it.
    #[must_use]
    pub fn session(&self, index: usize) -> (&'a SessionView, &'a Value) {
        self.note(KeyKind::Common, "");
        self.note(KeyKind::Row, self.record(index).id.as_str());
        self.snapshot.views().session(index)
    }

    /// Several sessions, as lists show them.
    #[must_use]
    pub fn cards(&self, sessions: &[usize]) -> Value {
        Value::from(sessions.iter().map(|index| self.session(*index).1.clone()).collect::<Vec<_>>())
    }

    /// What the header of a session says, and where it stands.
    #[must_use]
    pub fn header(&self, index: usize) -> Header<'a> {
        let session = self.record(index);
        self.note(KeyKind::Common, "");
        self.note(KeyKind::Row, session.id.as_str());
        let told = self.snapshot.availability().and_then(|known| known.sessions.get(session.id.as_str()));
        Header {
            id: &session.id,
            group: &session.group,
            place: &session.place,
            venue: session.venue.as_ref().and_then(|id| self.snapshot.model().venue(id)),
            revision: session.revision,
            updated_at: updated_at(session),
            changed_at: session.changed_at,
            former: session.former.as_ref(),
            standing: &self.snapshot.standings()[index],
            since: told.and_then(|row| row.since),
        }
    }

    /// schema.org's words of a session.
    #[must_use]
    pub fn event_json(&self, index: usize) -> String {
        event_json(self.session(index).0, self.site())
    }

    /// The sessions to come, in their order. Their rows are noted with the list.
    #[must_use]
    pub fn coming(&self) -> Vec<usize> {
        self.note(KeyKind::Coming, "");
        coming(self.snapshot).collect()
    }

    /// The sessions to come of a group, as lists show them.
    #[must_use]
    pub fn coming_of(&self, group: &Id) -> Value {
        self.note(KeyKind::ComingOf, group.as_str());
        self.snapshot.views().cards(coming_of(self.snapshot, group))
    }

    /// The past sessions of a year, as lists show them.
    #[must_use]
    pub fn of_year(&self, year: i16) -> Value {
        self.note(KeyKind::Year, year.to_string());
        self.snapshot.views().cards(of_year(self.snapshot, year))
    }

    /// Every support that is made, for a session or for more than one.
    #[must_use]
    pub fn supports(&self) -> Vec<MadeSupport<'a>> {
        self.note(KeyKind::Supports, "");
        supports::made(self.snapshot).collect()
    }

    /// A file of the root, as it is.
    #[must_use]
    pub fn bytes(&self, path: &str) -> &'a [u8] {
        self.note_file(path);
        self.snapshot.sources().get(path).map(SourceFile::bytes).unwrap_or_default()
    }

    /// What the page at this index says; its components are still to be drawn.
    #[must_use]
    pub fn page(&self, index: usize) -> (&'a Page, &'a PageView) {
        let page = &self.snapshot.model().pages[index];
        self.note(KeyKind::Common, "");
        self.note_file(&page.at.file);
        self.note(KeyKind::Translations, format!("{}@{}", page.slug, page.lang));
        for image in &page.body.images {
            self.note_file(&format!("content{}", image.path));
        }
        if let Some(group) = self.snapshot.model().groups.first() {
            self.note(KeyKind::SharePicture, group.id.as_str());
        }
        (page, self.snapshot.views().page(index))
    }

    /// A page that no file describes.
    #[must_use]
    pub fn made_page(&self, url: &str, title: &str, description: &str, indexed: bool) -> PageView {
        self.snapshot.views().made_page(url, title, description, self.site().lang(), indexed)
    }

    /// A group.
    #[must_use]
    pub fn group(&self, id: &Id) -> &'a Arc<GroupView> {
        self.note(KeyKind::Common, "");
        if let Some(group) = self.snapshot.model().group(id.as_str()) {
            self.note_file(&group.at.file);
            self.note_venue(group.venue.as_ref());
        }
        self.snapshot.views().group_by_id(id.as_str())
    }

    /// The group at this index of the model.
    #[must_use]
    pub fn group_at(&self, index: usize) -> &'a Arc<GroupView> {
        self.group(&self.snapshot.model().groups[index].id)
    }

    /// The first group, which stands for the whole; `None` when there is none.
    #[must_use]
    pub fn first_group(&self) -> Option<&'a Id> {
        let groups = &self.snapshot.model().groups;
        groups.first().map(|group| {
            self.note_file(&group.at.file);
            &group.id
        })
    }

    /// What the record of a support says.
    #[must_use]
    pub fn support(&self, index: usize) -> &'a Support {
        let support = &self.snapshot.model().supports[index];
        self.note(KeyKind::Common, "");
        self.note_file(&support.at.file);
        support
    }

    /// A support, leading to a session or to its group.
    #[must_use]
    pub fn support_view(&self, support: &Support, session: Option<usize>) -> SupportView {
        let id = session.map(|index| &self.record(index).id);
        self.snapshot.views().support(support, self.group(&support.group), id)
    }

    /// What an asset holds, as it is published.
    #[must_use]
    pub fn asset(&self, index: usize) -> &'a [u8] {
        let asset = &self.snapshot.assets().files[index];
        self.note(KeyKind::Published, Arc::clone(&asset.source));
        let source = || self.snapshot.sources().get(&asset.source).map(SourceFile::bytes).unwrap_or_default();
        asset.made.as_deref().unwrap_or_else(source)
    }

    /// A copy of a picture of the content.
    ///
    /// # Errors
    /// When the picture cannot be read.
    pub fn picture_copy(&self, index: usize, copy: usize) -> Result<Vec<u8>, Box<Diagnostic>> {
        let pictures = &self.snapshot.assets().pictures;
        self.note(KeyKind::Common, "");
        self.note_file(&pictures.list[index].source);
        pictures.make(self.snapshot.sources(), index, copy).map(|made| made.to_vec())
    }

    /// The text of a session, as HTML.
    #[must_use]
    pub fn text(&self, index: usize) -> String {
        let session = self.record(index);
        self.note(KeyKind::Common, "");
        self.note(KeyKind::Text, Arc::clone(&session.at.file));
        for image in &session.body.images {
            self.note_file(&format!("content{}", image.path));
        }
        self.snapshot.views().session_text(index, self.snapshot.sources())
    }

    /// A session as paper shows it, and the address that paper leads to: what time and sign-ups
    /// change is not in it.
    #[must_use]
    pub fn on_paper(&self, index: usize) -> Value {
        let session = self.record(index);
        self.note(KeyKind::Common, "");
        self.note(KeyKind::Paper, session.id.as_str());
        if let Some(group) = self.snapshot.model().group(session.group.as_str()) {
            self.note_file(&group.at.file);
            self.note_venue(group.venue.as_ref());
        }
        self.note_venue(session.venue.as_ref());
        paper::lasting(self.snapshot.views().session(index).1)
    }

    /// The same, for programs.
    #[must_use]
    pub fn announcement(&self, index: usize) -> Announcement<'a> {
        self.note(KeyKind::Common, "");
        let session = self.record(index);
        self.note(KeyKind::Paper, session.id.as_str());
        self.note_venue(session.venue.as_ref());
        let view = self.snapshot.views().session(index).0;
        Announcement {
            id: &view.id,
            starts_at: &view.starts_at,
            ends_at: &view.ends_at,
            place: &view.place,
            example: view.example,
            canonical: &view.canonical,
            short_url: &view.short_url,
            ics_url: &view.ics_url,
        }
    }

    /// The id of a session that a list named.
    #[must_use]
    pub fn announced_id(&self, index: usize) -> &'a Id {
        &self.record(index).id
    }

    /// The group of a session that paper announces.
    #[must_use]
    pub fn group_of(&self, index: usize) -> &'a Id {
        let session = self.record(index);
        self.note(KeyKind::Paper, session.id.as_str());
        &session.group
    }

    /// The sessions that a support announces.
    #[must_use]
    pub fn announced(&self, support: &'a Support) -> Vec<usize> {
        self.note(KeyKind::Announced, support.id.as_str());
        self.snapshot.announced(support).collect()
    }

    /// Where the address of an id that left the content leads: the address, and the session that it
    /// is of.
    #[must_use]
    pub fn redirect(&self, index: usize) -> (String, Option<usize>) {
        let redirect = &self.snapshot.model().redirects[index];
        self.note(KeyKind::Common, "");
        self.note(KeyKind::Redirect, redirect.id.as_str());
        redirect_target(self.snapshot, redirect)
    }

    /// The sessions proposed beside one.
    #[must_use]
    pub fn neighbours(&self, index: usize) -> Vec<usize> {
        self.note(KeyKind::Neighbours, self.record(index).id.as_str());
        self.snapshot.neighbours(index)
    }

    /// The sessions that come next.
    #[must_use]
    pub fn next_sessions(&self) -> &'a [usize] {
        self.note(KeyKind::Next, "");
        self.snapshot.next_sessions()
    }

    /// The dates that come next and may still be asked for, and how full they are where `full` says
    /// so: that is for what stands in no plan.
    #[must_use]
    pub fn next_dates(&self, full: bool) -> Vec<NextDateView> {
        self.note(KeyKind::NextLinks, "");
        self.snapshot.next_dates(full)
    }

    /// The sessions to come and to be held.
    #[must_use]
    pub fn live(&self) -> &'a [usize] {
        self.note(KeyKind::Live, "");
        self.snapshot.live()
    }

    /// Where in the root the print at this index of the model is.
    #[must_use]
    pub fn print(&self, index: usize) -> &'a str {
        &self.snapshot.model().prints[index].path
    }

    /// The supports that were printed and are still true.
    #[must_use]
    pub fn prints(&self) -> Vec<&'a Print> {
        self.note(KeyKind::Prints, "");
        prints::valid(self.snapshot).map(|index| &self.snapshot.model().prints[index]).collect()
    }

    /// The addresses that search engines may list.
    #[must_use]
    pub fn addresses(&self) -> &'a [String] {
        self.note(KeyKind::Addresses, "");
        self.listed
    }

    /// The picture shown where a link to a session, or to its group, is shared; its whole address.
    #[must_use]
    pub fn share_picture(&self, group: &Id, session: Option<usize>) -> Option<String> {
        let session = session.map(|index| self.record(index));
        self.note(KeyKind::Common, "");
        self.note(
            KeyKind::SharePicture,
            match session {
                Some(session) => format!("{group}/{}", session.id),
                None => group.to_string(),
            },
        );
        self.snapshot.views().share_image(group, session)
    }

    /// The share picture of a support, drawn once for all who ask. They have then read what drawing
    /// it read.
    ///
    /// # Errors
    /// What drawing it meets.
    pub fn drawn(
        &self,
        support: usize,
        session: Option<usize>,
        draw: impl FnOnce(&View<'a>) -> Result<Vec<u8>, Box<Diagnostic>>,
    ) -> Result<Arc<[u8]>, Box<Diagnostic>> {
        let fresh = || {
            let view = View { reads: Mutex::default(), ..*self };
            let bytes = draw(&view)?;
            Ok((bytes.into(), view.into_reads()))
        };
        let (picture, reads) = match self.drawn {
            Some(drawn) => drawn.once((support, session), fresh)?,
            None => fresh()?,
        };
        self.reads().extend(reads);
        Ok(picture)
    }

    /// The record of a session: whoever calls notes what it takes of it.
    fn record(&self, index: usize) -> &'a Session {
        &self.snapshot.model().sessions[index]
    }
}

/// The sessions to come.
pub(super) fn coming(snapshot: &Snapshot) -> impl Iterator<Item = usize> + '_ {
    let standings = snapshot.standings().iter().enumerate();
    standings.filter(|(_, standing)| !standing.past).map(|(index, _)| index)
}

/// Those of a group.
pub(super) fn coming_of<'a>(snapshot: &'a Snapshot, group: &'a Id) -> impl Iterator<Item = usize> + 'a {
    coming(snapshot).filter(move |index| snapshot.model().sessions[*index].group == *group)
}

/// The past sessions of a year.
pub(super) fn of_year(snapshot: &Snapshot, year: i16) -> impl Iterator<Item = usize> + '_ {
    let sessions = snapshot.model().sessions.iter().zip(snapshot.standings()).enumerate();
    sessions.filter(move |(_, (s, standing))| standing.past && s.date.year() == year).map(|(index, _)| index)
}

/// Where a retired id leads, and the session that it leads to.
pub(super) fn redirect_target(snapshot: &Snapshot, redirect: &Redirect) -> (String, Option<usize>) {
    let session = snapshot.views().index_of(&redirect.target);
    let of_session = |index: usize| crate::urls::session(&snapshot.model().sessions[index].id);
    (session.map_or_else(|| redirect.target.clone(), of_session), session)
}

/// The name of the template that a page may have of its own.
fn own_template(page: &Page) -> String {
    format!("pages/{}.html", page.slug)
}

/// The template of a page: its own, or the common one.
pub(super) fn template_of(snapshot: &Snapshot, page: &Page) -> String {
    let own = own_template(page);
    if snapshot.templates().has(&own) { own } else { "page.html".to_owned() }
}
