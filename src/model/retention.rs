//! Everything that the sign-up server keeps, and for how long: the one list. The privacy page
//! prints it, the server erases by it, and a test of the server's holds every table and every file
//! of `var/` to it.

/// How long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Until `[conservation] inscriptions_jours` of `site.toml` have passed since its session.
    AfterSession,
    /// So many days from when it was written.
    Days(u16),
    /// As long as the server has its folder.
    Forever,
}

/// Whom something tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Somebody could be found in it.
    People,
    /// It came from people, and names nobody.
    Nobody,
    /// The sessions, or the server itself.
    Server,
}

/// Something that the server keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retained {
    /// What it is; the end of its message's id (`conserve-…`) when people are told of it.
    pub name: &'static str,
    /// The tables that hold it. One that holds several things is named by each.
    pub tables: &'static [&'static str],
    /// The files and folders that hold it, in `var/`.
    pub files: &'static [&'static str],
    /// For how long.
    pub period: Period,
    /// Whom it tells of.
    pub about: Subject,
}

impl Retained {
    /// Whether the privacy page tells of it.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.about != Subject::Server
    }
}

/// Days that a letter to the team is kept.
pub const TEAM_LETTER_DAYS: u16 = 30;
/// Days that the server remembers that it wrote to the team.
pub const DIGEST_DAYS: u16 = 30;
/// Days that what was done is remembered.
pub const AUDIT_DAYS: u16 = 365;
/// Days that a backup is kept, at most: what is erased lives on in it for so long.
pub const BACKUP_DAYS: u16 = 30;
/// Days that it is remembered what was erased: no backup that could bring it back is left by then.
pub const ERASED_DAYS: u16 = 2 * BACKUP_DAYS;

/// Days that a backup is kept where enrolments are kept for `enrolments` days: no longer than they.
#[must_use]
pub fn backup_days(enrolments: u16) -> u16 {
    enrolments.clamp(1, BACKUP_DAYS)
}

const fn retained(name: &'static str, tables: &'static [&'static str], period: Period, about: Subject) -> Retained {
    Retained { name, tables, files: &[], period, about }
}

/// Everything that the server keeps: what tells of people first, as the privacy page prints it.
pub const RETAINED: &[Retained] = &[
    retained("enrolments", &["demands", "links", "notices"], Period::AfterSession, Subject::People),
    retained("letters", &["outbox"], Period::AfterSession, Subject::People),
    retained("topics", &["topics"], Period::AfterSession, Subject::People),
    Retained {
        files: &["courriels", "textos"],
        ..retained("letter-folder", &[], Period::AfterSession, Subject::People)
    },
    Retained {
        files: &["avant-migration", "avant-restauration", "sauvegarde-en-cours", "restauration-en-cours"],
        ..retained("backups", &[], Period::Days(BACKUP_DAYS), Subject::People)
    },
    retained("team-letters", &["outbox"], Period::Days(TEAM_LETTER_DAYS), Subject::Nobody),
    retained("audit", &["audit"], Period::Days(AUDIT_DAYS), Subject::Nobody),
    Retained { files: &["effacees"], ..retained("erased", &["erased"], Period::Days(ERASED_DAYS), Subject::Nobody) },
    retained("tallies", &["tallies"], Period::Forever, Subject::Nobody),
    retained("seen-sessions", &["sightings", "milestones", "doubtful_dates"], Period::AfterSession, Subject::Server),
    retained("digests", &["digests"], Period::Days(DIGEST_DAYS), Subject::Server),
    retained("sessions", &["sessions", "session_changes"], Period::Forever, Subject::Server),
    retained(
        "bookkeeping",
        &["settings", "refinery_schema_history", "erased_ranks", "sqlite_sequence"],
        Period::Forever,
        Subject::Server,
    ),
    // What is in it is above, table by table.
    Retained {
        files: &["inscriptions.db", "inscriptions.db-wal", "inscriptions.db-shm"],
        ..retained("database", &[], Period::Forever, Subject::Server)
    },
    Retained {
        files: &["sauvegarde-verrou", "derniere-sauvegarde.json"],
        ..retained("backup-bookkeeping", &[], Period::Forever, Subject::Server)
    },
    Retained { files: &["cle"], ..retained("key", &[], Period::Forever, Subject::Server) },
    // Copies of what is published: nobody is in them.
    Retained {
        files: &["disponibilites.json", "dernier-contenu.json", "impressions", "epreuves"],
        ..retained("published", &[], Period::Forever, Subject::Server)
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::diagnostics::text::Texts;

    #[test]
    fn each_thing_has_one_name_and_each_file_one_term() {
        let names: BTreeSet<_> = RETAINED.iter().map(|kept| kept.name).collect();
        assert_eq!(names.len(), RETAINED.len());
        let files: Vec<_> = RETAINED.iter().flat_map(|kept| kept.files).collect();
        assert_eq!(files.iter().collect::<BTreeSet<_>>().len(), files.len());
        assert!(RETAINED.iter().all(|kept| !(kept.tables.is_empty() && kept.files.is_empty())));
    }

    #[test]
    fn nothing_of_people_is_kept_for_ever() {
        let of_people: Vec<_> = RETAINED.iter().filter(|kept| kept.about == Subject::People).collect();
        assert!(!of_people.is_empty() && of_people.iter().all(|kept| kept.period != Period::Forever), "{of_people:?}");
    }

    #[test]
    fn what_people_are_told_of_has_words_in_every_language() {
        let texts = Texts::embedded();
        for kept in RETAINED.iter().filter(|kept| kept.is_told()) {
            let id = format!("conserve-{}", kept.name);
            let said = ["fr", "en"].map(|lang| texts.get(lang, &id, &[]));
            assert!(said.iter().all(|said| *said != id) && said[0] != said[1], "{id}: {said:?}");
        }
    }
}
