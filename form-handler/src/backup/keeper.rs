//! Backups at their hours, in the background, for as long as the server runs; what is too old goes;
//! and what was erased is noted beside them at once.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use entreparentaise::model::retention::backup_days;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio::sync::watch;

use super::{
    Place, Status,
    folder::{due, name_of, outdated, stamp_of},
    marks,
    take::{noted, take},
};
use crate::{log, phrase::Phrase, published::Published, settings::BackupSettings, store::Store, system::Clock};

/// After what could not be noted, the next try comes this much later.
const SOON: Duration = Duration::from_secs(5);

/// The longest sleep: a clock that was set is seen by then, and what is too old goes.
const NAP: Duration = Duration::from_mins(5);

/// The background task.
#[derive(Debug)]
pub struct Keeper {
    /// What is backed up.
    pub place: Place,
    /// Where they go, and when.
    pub settings: BackupSettings,
    /// Where it is known what was erased.
    pub store: Arc<dyn Store>,
    /// What is published, for the site's zone and for how long it says that enrolments are kept.
    pub published: watch::Receiver<Arc<Published>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether the clock is the machine's: by one that was set, none is made and none goes.
    pub runs: bool,
}

impl Keeper {
    /// Works until `stop` turns true.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        // However long a backup takes, what is erased meanwhile is noted at once.
        tokio::join!(self.note_erasures(stop.clone()), self.make_backups(stop));
    }

    async fn note_erasures(&self, mut stop: watch::Receiver<bool>) {
        let mut erasures = self.store.erasures();
        let mut failing = false;
        while !*stop.borrow() {
            erasures.mark_unchanged();
            let nap = if self.note(&mut failing).await { NAP } else { SOON };
            tokio::select! {
                _ = stop.changed() => {}
                _ = erasures.changed() => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
        self.note(&mut failing).await;
    }

    async fn make_backups(&self, mut stop: watch::Receiver<bool>) {
        while self.runs && !*stop.borrow() {
            let nap = self.look().await;
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    /// Has what was erased noted beside the backups, too. `failing`: whether it could not be the
    /// last time, which was told. Whether it was done.
    async fn note(&self, failing: &mut bool) -> bool {
        let folders: Vec<_> = [&self.place.var].into_iter().chain(&self.settings.folder).cloned().collect();
        let noted = marks::sync(self.store.as_ref(), &folders, self.clock.now()).await;
        let done = noted.is_ok();
        let failures = noted.err().unwrap_or_default();
        if !std::mem::replace(failing, !failures.is_empty()) {
            failures.iter().for_each(log::error);
        }
        done
    }

    /// Makes a backup if one is due, and removes what is too old. How long nothing is due.
    async fn look(&self) -> Duration {
        let now = self.clock.now();
        let zone = self.published.borrow().site().time_zone.clone();
        let mut wait = NAP;
        if let Some(folder) = &self.settings.folder {
            if self.due(&zone, now) <= now {
                let to = folder.join(name_of(now, !self.settings.keys.is_empty()));
                let result = take(&self.place, &to, &self.settings.keys, now).await;
                match &result {
                    Ok(taken) => {
                        log::info(&taken.phrase());
                        taken.warnings.iter().for_each(log::warn);
                    }
                    Err(cause) => log::error(&Phrase::new("sauvegarde-echouee").nested("cause", cause.clone())),
                }
                if let Err(phrase) = noted(&self.place.var, &result, now) {
                    log::error(&phrase);
                }
            }
            let next = self.due(&zone, now).duration_since(now);
            wait = Duration::try_from(next).unwrap_or(NAP).clamp(Duration::from_secs(1), NAP);
        }
        self.expire(now);
        wait
    }

    fn due(&self, zone: &TimeZone, now: Timestamp) -> Timestamp {
        let status = Status::load(&self.place.var);
        due(self.settings.every, (status.made, status.failed), zone, now)
    }

    /// Removes the backups that are too many or too old, and the copies that were set aside.
    fn expire(&self, now: Timestamp) {
        let days = backup_days(self.published.borrow().site().retention_days);
        let term = SignedDuration::from_hours(24 * i64::from(days));
        let oldest = now.saturating_sub(term).unwrap_or(Timestamp::MIN);
        let list = |folder: &PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
        let backups = self.settings.folder.iter().flat_map(list).collect();
        let old = |path: &PathBuf| aside_since(path).is_some_and(|since| since < oldest);
        let aside = list(&self.place.var).filter(old);
        let drafts = super::take::abandoned(&self.place.var, self.settings.folder.as_deref());
        for path in outdated(backups, self.settings.keep, oldest).into_iter().chain(aside).chain(drafts) {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            if let Err(error) = removed {
                log::warn(&super::refused(&path, &error));
            }
        }
    }
}

/// Since when something was set aside before a migration or a restoration, by its name.
fn aside_since(path: &std::path::Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?;
    let (kind, stamp) = name.strip_suffix(".zip").unwrap_or(name).rsplit_once('-')?;
    (kind.starts_with("avant-migration") || kind == "avant-restauration").then(|| stamp_of(stamp)).flatten()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_was_set_aside_says_since_when() {
        let at = "2027-11-12T17:04:00Z".parse().ok();
        assert_eq!(aside_since(Path::new("var/avant-migration-5-20271112T170400Z.zip")), at);
        assert_eq!(aside_since(Path::new("var/avant-restauration-20271112T170400Z")), at);
        for other in ["var/inscriptions.db", "var/avant-migration-5.zip", "var/autre-20271112T170400Z.zip"] {
            assert_eq!(aside_since(Path::new(other)), None, "{other}");
        }
    }
}
