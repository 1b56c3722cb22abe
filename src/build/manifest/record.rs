//! What a build was, and for how long it stays true: what spares the next one all of its work.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    build::assembly::Assembly,
    diagnostics::diagnostic::Diagnostic,
    fingerprint::{Fingerprint, PROGRAM},
    site::{Announced, When},
};

/// What a build was, and what it told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildRecord {
    /// Of the generator.
    pub program: String,
    /// Whether drafts were shown.
    pub drafts: bool,
    /// Whether texts were published compressed too.
    pub precompress: bool,
    /// Of the list of the published files, as it was noted beside.
    pub owned: Fingerprint,
    /// The site's time zone, by name.
    pub zone: String,
    /// From when on the same inputs give the same outputs.
    pub since: Timestamp,
    /// Until when.
    pub until: Option<Timestamp>,
    /// The states that the handler had told.
    pub availability: Fingerprint,
    /// The ids whose printed address an earlier build answered, and that left the content since
    /// without saying where it now leads.
    pub forgotten: Vec<String>,
    /// What was announced of the sessions that an edit has made others since, without raising their
    /// revision.
    pub backdated: Vec<Announced>,
    /// Every warning, with its file; `None` when the build told none of them.
    pub told: Option<Vec<(String, Diagnostic)>>,
}

impl BuildRecord {
    /// The record of a build of `assembly`, which told these problems.
    #[must_use]
    pub fn of(assembly: &Assembly, told: Option<Vec<Diagnostic>>) -> Self {
        let snapshot = assembly.snapshot();
        let with_file = |problem: Diagnostic| (problem.at.file.to_string(), problem);
        let zone = snapshot.site().time_zone.iana_name().unwrap_or("UTC").to_owned();
        Self {
            program: PROGRAM.to_owned(),
            drafts: snapshot.shows_drafts(),
            precompress: false,
            owned: Fingerprint::default(),
            forgotten: Vec::new(),
            backdated: snapshot.backdated().to_vec(),
            zone,
            since: snapshot.now(),
            until: assembly.plan().next_change,
            availability: snapshot.availability().map(Fingerprint::of_value).unwrap_or_default(),
            told: told.map(|told| told.into_iter().map(with_file).collect()),
        }
    }

    /// Whether this very generator made it: what another one stored may mean something else.
    #[must_use]
    pub fn is_of_this_program(&self) -> bool {
        self.program == PROGRAM
    }

    /// Whether nothing but time and the files of the root may have changed since, and time has not
    /// either.
    #[must_use]
    pub fn still_true(&self, now: When, availability: Fingerprint, drafts: bool) -> bool {
        let Ok(zone) = TimeZone::get(&self.zone) else { return false };
        let now = now.instant(&zone);
        self.is_of_this_program()
            && self.drafts == drafts
            && self.availability == availability
            && now >= self.since
            && self.until.is_none_or(|until| now < until)
    }
}
