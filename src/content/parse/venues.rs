//! Which venue a `lieu` names: an id. A room that is written out in full, as content was before
//! venues had files, is an error that quotes the file to create and what to write instead.

use super::{
    names::slug,
    record::{closest, is_missing},
};
use crate::{
    content::typography::french,
    diagnostics::diagnostic::Diagnostic,
    model::{Id, Place, Venue},
};

/// The venues of a root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Venues<'a> {
    known: &'a [Venue],
    /// The ids of every venue's file, understood or not: one that has its own errors is not said to
    /// be unknown as well.
    files: &'a [&'a str],
    /// What a file to create is proposed to say of the town.
    town: &'a str,
}

impl<'a> Venues<'a> {
    pub(super) fn new(known: &'a [Venue], files: &'a [&'a str], town: Option<&'a str>) -> Self {
        Self { known, files, town: town.unwrap_or(super::record::TO_COMPLETE) }
    }

    /// The venue with this id.
    pub(super) fn of(&self, id: &Id) -> Option<&'a Venue> {
        self.known.iter().find(|venue| venue.id == *id)
    }

    /// The venue that `text` names; `None` when its own file has errors.
    pub(super) fn named(&self, text: &str, at: &Place) -> Result<Option<&'a Venue>, Box<Diagnostic>> {
        if self.files.contains(&text) {
            return Ok(self.known.iter().find(|venue| venue.id.as_str() == text));
        }
        Err(Box::new(self.problem(text, at)))
    }

    fn problem(&self, text: &str, at: &Place) -> Diagnostic {
        let same = |name: &str| french(name).to_lowercase() == french(text).to_lowercase();
        if let Some(venue) = self.known.iter().find(|venue| same(&venue.name)) {
            let problem = Diagnostic::error("lieu-par-son-nom", at.clone()).arg("valeur", text);
            return problem.arg("proposition", format!("lieu = \"{}\"", venue.id)).help("ecrivez");
        }
        let is_id = Id::new(text).is_some();
        let problem = Diagnostic::error(if is_id { "lieu-inconnu" } else { "lieu-en-clair" }, at.clone());
        let problem = problem.arg("valeur", text);
        if is_id && let Some(near) = closest(text, self.files.iter().copied()) {
            return problem.arg("proposition", near).help("vouliez-vous-dire");
        }
        let mut id = if is_missing(text) { String::new() } else { slug(text) };
        id.truncate(Id::MAX_LEN);
        let id = Some(id.trim_end_matches('-')).filter(|id| !id.is_empty()).unwrap_or("salle");
        // What is typed there is what was typed here.
        let name = if is_id { super::record::TO_COMPLETE.to_owned() } else { quoted(text) };
        problem.arg("id", id).arg("nom", name).arg("ville", quoted(self.town)).help("lieu-a-creer")
    }
}

/// As it stands between the quotation marks of TOML.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// That a room is smaller than what is promised of it; `None` when everybody fits.
pub(super) fn too_small(venue: &Venue, places_max: u16, at: &Place) -> Option<Diagnostic> {
    let capacity = venue.capacity.filter(|capacity| places_max > *capacity)?;
    let problem = Diagnostic::error("salle-trop-petite", at.clone()).arg("lieu", &venue.name);
    Some(problem.arg("capacite", capacity).arg("places", places_max).arg("fichier", &venue.at.file))
}
