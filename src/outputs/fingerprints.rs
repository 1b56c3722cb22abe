//! What stands behind each key, as a fingerprint: the next build asks whether it is still the same.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use rayon::prelude::*;
use serde::Serialize;

use super::{
    key::{Key, KeyKind},
    output::Plan,
    prints,
    view::{coming, coming_of, of_year, redirect_target},
};
use crate::{
    content::sources::SourceFile,
    drawing,
    fingerprint::{Fingerprint, PROGRAM},
    model::{Body, Id, Session, State, Support, Venue},
    site::Snapshot,
};

/// The fingerprints of everything that outputs may read.
#[derive(Debug)]
pub struct Fingerprints<'a> {
    snapshot: &'a Snapshot,
    plan: &'a Plan,
    messages: Fingerprint,
    /// What lists show of each session.
    rows: Vec<Fingerprint>,
    coming: OnceLock<Fingerprint>,
    /// By key: what a template reads of what all share.
    frames: RwLock<HashMap<Arc<str>, Fingerprint>>,
    assets: OnceLock<HashMap<&'a str, Fingerprint>>,
}

impl<'a> Fingerprints<'a> {
    /// Those of a root at an instant.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot, plan: &'a Plan) -> Self {
        let messages = Fingerprint::all(under(snapshot, "locales/").flat_map(|(path, file)| [of_text(path), file]));
        let mut fingerprints = Self {
            snapshot,
            plan,
            messages,
            rows: Vec::new(),
            coming: OnceLock::new(),
            frames: RwLock::default(),
            assets: OnceLock::new(),
        };
        let sessions = &snapshot.model().sessions;
        fingerprints.rows = (0..sessions.len()).into_par_iter().map(|index| fingerprints.row(index)).collect();
        fingerprints
    }

    /// Of what stands behind `key`; `None` when nothing does any more.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Fingerprint> {
        let (snapshot, about) = (self.snapshot, &*key.about);
        let (model, views) = (snapshot.model(), snapshot.views());
        let session = |id: &str| views.index_of(id);
        let record = |id: &str| session(id).map(|index| &model.sessions[index]);
        Some(match key.kind {
            KeyKind::Frame => self.frame(key),
            KeyKind::Row => self.rows[session(about)?],
            KeyKind::Coming => *self.coming.get_or_init(|| self.composite(key)),
            KeyKind::Common | KeyKind::ComingOf | KeyKind::Year | KeyKind::Supports => self.composite(key),
            KeyKind::Program => of_text(PROGRAM),
            KeyKind::Messages => self.messages,
            KeyKind::File => self.file(about),
            KeyKind::Published => *self.published().get(about)?,
            KeyKind::Asset => of_text(snapshot.assets().addresses.of(about)?),
            KeyKind::Template => snapshot.templates().fingerprint(about),
            KeyKind::Head => self.session_of(about)?.head,
            KeyKind::Time => self.time(session(about)?),
            KeyKind::Availability => self.availability(session(about)?),
            KeyKind::Venue => self.venue(model.venues.iter().find(|venue| venue.id.as_str() == about)?),
            KeyKind::Text => self.session_of(about)?.text,
            KeyKind::Paper => prints::told(record(about)?),
            KeyKind::Announced => {
                let support = model.supports.iter().find(|support| support.id.as_str() == about)?;
                self.ids(snapshot.announced(support))
            }
            KeyKind::Redirect => {
                let redirect = model.redirects.iter().find(|redirect| redirect.id.as_str() == about)?;
                let (target, session) = redirect_target(snapshot, redirect);
                of(&(target, session.is_some()))
            }
            KeyKind::Neighbours => self.ids(snapshot.neighbours(session(about)?)),
            KeyKind::Next => self.ids(snapshot.next_sessions().iter().copied()),
            KeyKind::NextLinks => of(&snapshot.next_dates(false)),
            KeyKind::Live => self.ids(snapshot.live().iter().copied()),
            KeyKind::Prints => {
                of(&prints::valid(snapshot).map(|index| prints::url(&model.prints[index])).collect::<Vec<_>>())
            }
            KeyKind::Addresses => of(&self.plan.listed),
            KeyKind::Translations => {
                let (slug, lang) = about.rsplit_once('@')?;
                let index = model.pages.iter().position(|page| page.slug.as_str() == slug && page.lang == lang)?;
                of(&views.page(index).translations)
            }
            KeyKind::SharePicture => {
                let (group, id) = about.split_once('/').map_or((about, None), |(group, id)| (group, Some(id)));
                let shown = match id {
                    Some(id) => Some(record(id)?),
                    None => None,
                };
                of(&views.share_image(&Id::new(group)?, shown))
            }
            KeyKind::Menu => of(&views.site_view(about).nav),
            KeyKind::FooterMenu => of(&views.site_view(about).footer_nav),
            KeyKind::Pages => of(&views.site_view(about).all_pages),
            KeyKind::Origins => of(&views.site_view(about).support_origins),
            KeyKind::Logo => of(&views.site_view(about).logo),
            KeyKind::Years => of(&views.years()),
        })
    }

    /// What `key` is made of; empty when it is one thing.
    #[must_use]
    pub(super) fn part_keys(&self, key: &Key) -> Vec<Key> {
        match key.kind {
            KeyKind::Common => {
                vec![
                    Key::only(KeyKind::Program),
                    Key::only(KeyKind::Messages),
                    Key::new(KeyKind::File, "content/site.toml"),
                ]
            }
            KeyKind::Frame => {
                key.about.rsplit_once('@').map(|(name, lang)| self.reached(name, lang)).unwrap_or_default()
            }
            KeyKind::Row => self.snapshot.views().index_of(&key.about).map(|at| self.row_keys(at)).unwrap_or_default(),
            KeyKind::Coming => self.row_of(coming(self.snapshot)),
            KeyKind::ComingOf => {
                Id::new(&key.about).map(|group| self.row_of(coming_of(self.snapshot, &group))).unwrap_or_default()
            }
            KeyKind::Year => {
                key.about.parse().map(|year| self.row_of(of_year(self.snapshot, year))).unwrap_or_default()
            }
            KeyKind::Supports => {
                let supports = self.snapshot.model().supports.iter();
                let each =
                    |support: &Support| [file_key(&support.at.file), Key::new(KeyKind::Announced, support.id.as_str())];
                supports.flat_map(each).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The things that `key` is made of, with what stands behind each now.
    #[must_use]
    pub fn leaves(&self, key: &Key) -> Vec<(Key, Fingerprint)> {
        let parts = self.part_keys(key);
        if parts.is_empty() && !key.kind.has_parts() {
            return vec![(key.clone(), self.get(key).unwrap_or_default())];
        }
        parts.iter().flat_map(|part| self.leaves(part)).collect()
    }

    fn composite(&self, key: &Key) -> Fingerprint {
        // The names too: what is no longer among the parts is a change like another.
        Fingerprint::all(self.part_keys(key).iter().flat_map(|key| {
            [Fingerprint::of(&[key.kind as u8]), of_text(&key.about), self.get(key).unwrap_or_default()]
        }))
    }

    fn frame(&self, key: &Key) -> Fingerprint {
        let known = self.frames.read().unwrap_or_else(PoisonError::into_inner).get(&key.about).copied();
        known.unwrap_or_else(|| {
            let frame = self.composite(key);
            self.frames.write().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(&key.about), frame);
            frame
        })
    }

    /// What the template of this name may read of what all share, in a language.
    fn reached(&self, name: &str, lang: &str) -> Vec<Key> {
        let (model, templates) = (self.snapshot.model(), self.snapshot.templates());
        let assets = self.snapshot.assets();
        let reach = templates.reach(name);
        let mut keys: Vec<Key> =
            reach.templates.iter().map(|name| Key::new(KeyKind::Template, name.as_str())).collect();
        if reach.reads("asset") {
            let wanted = assets.addresses.iter().filter(|(path, _)| reach.any_asset || reach.quoted.contains(*path));
            keys.extend(wanted.map(|(path, _)| Key::new(KeyKind::Asset, path)));
        }
        if reach.reads("bloc") || reach.reads("compose") {
            keys.extend(under(self.snapshot, drawing::FONTS).map(|(path, _)| file_key(path)));
        }
        if reach.reads("image") {
            keys.extend(assets.pictures.list.iter().map(|picture| file_key(&picture.source)));
        }
        if reach.reads("site") {
            let lists = [
                ("nav", KeyKind::Menu),
                ("footer_nav", KeyKind::FooterMenu),
                ("all_pages", KeyKind::Pages),
                ("support_origins", KeyKind::Origins),
                ("logo", KeyKind::Logo),
            ];
            keys.extend(lists.into_iter().filter(|(name, _)| reach.reads(name)).map(|(_, kind)| Key::new(kind, lang)));
        }
        if reach.reads("groups") {
            keys.extend(model.groups.iter().map(|group| file_key(&group.at.file)));
            keys.extend(model.groups.iter().filter_map(|group| venue_key(group.venue.as_ref())));
        }
        if reach.reads("partners") {
            for partner in &model.partners {
                keys.push(file_key(&partner.at.file));
                keys.extend(pictures(&partner.body));
            }
        }
        if reach.reads("years") {
            keys.push(Key::only(KeyKind::Years));
        }
        if reach.reads("upcoming") {
            keys.push(Key::only(KeyKind::Coming));
        }
        keys
    }

    fn row_of(&self, sessions: impl Iterator<Item = usize>) -> Vec<Key> {
        sessions.map(|index| Key::new(KeyKind::Row, self.id(index))).collect()
    }

    fn row_keys(&self, index: usize) -> Vec<Key> {
        let session = &self.snapshot.model().sessions[index];
        let group = self.snapshot.model().group(session.group.as_str());
        let own = [
            Key::new(KeyKind::Head, Arc::clone(&session.at.file)),
            Key::new(KeyKind::Time, session.id.as_str()),
            Key::new(KeyKind::Availability, session.id.as_str()),
        ];
        let venues = [session.venue.as_ref(), group.and_then(|group| group.venue.as_ref())];
        let venues = venues.into_iter().filter_map(venue_key);
        own.into_iter().chain(group.map(|group| file_key(&group.at.file))).chain(venues).collect()
    }

    /// What lists show of a session.
    fn row(&self, index: usize) -> Fingerprint {
        let session = &self.snapshot.model().sessions[index];
        let group = self.snapshot.model().group(session.group.as_str());
        Fingerprint::all([
            of_text(session.id.as_str()),
            session.head,
            self.time(index),
            self.availability(index),
            group.map(|group| self.file(&group.at.file)).unwrap_or_default(),
            self.venue_of(session.venue.as_ref()),
            self.venue_of(group.and_then(|group| group.venue.as_ref())),
        ])
    }

    fn venue_of(&self, id: Option<&Id>) -> Fingerprint {
        let venue = id.and_then(|id| self.snapshot.model().venue(id));
        venue.map(|venue| self.venue(venue)).unwrap_or_default()
    }

    fn venue(&self, venue: &Venue) -> Fingerprint {
        prints::told_of_venue(self.snapshot.sources(), venue)
    }

    /// What time decides, without what the handler told: which of the two changed is said apart.
    fn time(&self, index: usize) -> Fingerprint {
        let standing = &self.snapshot.standings()[index];
        let by_time = State::at(self.snapshot.now(), &standing.schedule, None);
        of(&(by_time, standing.past, standing.opens_later, standing.accepts))
    }

    fn availability(&self, index: usize) -> Fingerprint {
        let session = &self.snapshot.model().sessions[index];
        let standing = &self.snapshot.standings()[index];
        let told = self.snapshot.availability().and_then(|known| known.sessions.get(session.id.as_str()));
        told.map(|row| of(&(row.state.fill().and(standing.state), row.changes(), session.status, row.since)))
            .unwrap_or_default()
    }

    fn ids(&self, sessions: impl IntoIterator<Item = usize>) -> Fingerprint {
        of(&sessions.into_iter().map(|index| self.id(index)).collect::<Vec<_>>())
    }

    fn id(&self, index: usize) -> &'a str {
        self.snapshot.model().sessions[index].id.as_str()
    }

    fn file(&self, path: &str) -> Fingerprint {
        self.snapshot.sources().get(path).map(SourceFile::fingerprint).unwrap_or_default()
    }

    fn published(&self) -> &HashMap<&'a str, Fingerprint> {
        let files = || self.snapshot.assets().files.iter();
        self.assets.get_or_init(|| files().map(|asset| (&*asset.source, asset.fingerprint)).collect())
    }

    /// The session of this file.
    fn session_of(&self, path: &str) -> Option<&'a Session> {
        let session =
            &self.snapshot.model().sessions[self.snapshot.views().index_of(crate::content::parse::stem(path))?];
        (&*session.at.file == path).then_some(session)
    }
}

/// The pictures that a text shows.
fn pictures(body: &Body) -> impl Iterator<Item = Key> {
    body.images.iter().map(|image| file_key(&format!("content{}", image.path)))
}

fn venue_key(id: Option<&Id>) -> Option<Key> {
    id.map(|id| Key::new(KeyKind::Venue, id.as_str()))
}

fn file_key(path: &str) -> Key {
    Key::new(KeyKind::File, path)
}

fn under<'s>(snapshot: &'s Snapshot, folder: &'s str) -> impl Iterator<Item = (&'s str, Fingerprint)> {
    snapshot.sources().under(folder).map(|(path, file)| (&**path, file.fingerprint()))
}

fn of(value: &impl Serialize) -> Fingerprint {
    Fingerprint::of_value(value)
}

fn of_text(text: &str) -> Fingerprint {
    Fingerprint::of(text.as_bytes())
}
