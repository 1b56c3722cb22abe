//! What a session's file was understood as, kept from one build to the next: sessions are what a
//! root has thousands of. The HTML of its text is not kept: it is made again from the source when a
//! page that shows it is.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};

use crate::{
    diagnostics::diagnostic::Diagnostic,
    fingerprint::Fingerprint,
    model::{Body, Id, Place, SessionStatus},
};

/// A session before its group fills it in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RawSession {
    pub(super) id: Id,
    pub(super) group: Option<(Id, Place)>,
    pub(super) date: Date,
    pub(super) date_at: Place,
    pub(super) start: Option<Time>,
    pub(super) end: Option<Time>,
    pub(super) end_at: Place,
    /// What `lieu` says: a venue's id, once it was looked for.
    pub(super) place: Option<(String, Place)>,
    pub(super) title: Option<String>,
    pub(super) topic: Option<String>,
    pub(super) speaker: Option<String>,
    pub(super) places_min: Option<u16>,
    pub(super) places_max: Option<u16>,
    pub(super) places_at: Place,
    pub(super) places_max_at: Place,
    pub(super) status: SessionStatus,
    pub(super) opens: Option<DateTime>,
    pub(super) closes: Option<DateTime>,
    pub(super) closes_at: Place,
    pub(super) revision: u32,
    pub(super) updated: Option<Date>,
    pub(super) example: bool,
    pub(super) body: Arc<Body>,
    pub(super) at: Place,
}

/// What the header of a session's file says of when and where it is held, without its group.
#[derive(Debug, Clone)]
pub(crate) struct OwnAppointment {
    pub(crate) date: Date,
    pub(crate) start: Option<Time>,
    pub(crate) end: Option<Time>,
    /// The id of the venue.
    pub(crate) place: Option<String>,
    pub(crate) status: SessionStatus,
    pub(crate) revision: u32,
}

impl RawSession {
    /// What is announced of it, unless it is a draft.
    fn appointment(&self) -> Option<OwnAppointment> {
        let Self { date, start, end, place, status, revision, .. } = self;
        let (date, start, end) = (*date, *start, *end);
        let place = place.as_ref().map(|(id, _)| id.clone());
        let appointment = OwnAppointment { date, start, end, place, status: *status, revision: *revision };
        (*status != SessionStatus::Draft).then_some(appointment)
    }

    /// Puts every place in `file`: what is stored of a place is where in its file it is.
    pub(super) fn put_in(&mut self, file: &Arc<str>) {
        let group = self.group.as_mut().map(|(_, at)| at);
        let place = self.place.as_mut().map(|(_, at)| at);
        let places = [&mut self.places_at, &mut self.places_max_at];
        let own = [&mut self.date_at, &mut self.end_at, &mut self.closes_at, &mut self.at];
        for at in own.into_iter().chain(places).chain(group).chain(place) {
            at.file = Arc::clone(file);
        }
        Arc::make_mut(&mut self.body).put_in(file);
    }
}

/// A session's file, understood.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reading {
    pub(super) session: Option<RawSession>,
    /// Every problem of the file alone.
    pub(super) problems: Vec<Diagnostic>,
    /// Of the header.
    pub(super) head: Fingerprint,
    /// Of the text.
    pub(super) text: Fingerprint,
}

impl Reading {
    /// The reading of `file`, from its stored form; `None` when it is damaged.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], file: &Arc<str>) -> Option<Self> {
        let mut reading: Self = postcard::from_bytes(bytes).ok()?;
        if let Some(session) = &mut reading.session {
            session.put_in(file);
        }
        for problem in &mut reading.problems {
            problem.at.file = Arc::clone(file);
        }
        Some(reading)
    }

    /// What is announced of the session, unless it is a draft.
    pub(crate) fn appointment(&self) -> Option<OwnAppointment> {
        self.session.as_ref().and_then(RawSession::appointment)
    }

    /// Its stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }
}

/// The readings of every session, by path, each with the fingerprint of the bytes that were read.
pub type Readings = BTreeMap<Arc<str>, (Fingerprint, Arc<Reading>)>;

/// What an earlier build kept: the reading of the file of this path, if its bytes had this
/// fingerprint.
pub trait ReadingCache: Sync {
    /// The reading, when it is known.
    fn reading(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>>;
}

impl ReadingCache for Readings {
    fn reading(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>> {
        self.get(path).filter(|(known, _)| *known == fingerprint).map(|(_, reading)| Arc::clone(reading))
    }
}
