//! Goes on from a backup. Everything is made ready beside the database, and takes its place in one
//! step; what was there is set aside. Who was erased since the backup is erased again before
//! anybody can look, and letters wait: those that the backup has may have left since.

use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use age::x25519::Identity;
use entreparentaise::private_dir;
use jiff::Timestamp;

use super::{
    Draft, MARKS, Place,
    archive::{Archive, Kind, MANIFEST, Manifest},
    copy::in_background,
    folder::stamp,
    lock_file, marks,
    postgres::Programs,
    private, refused, sync_folder,
    take::take,
};
use crate::{
    key_file::{self, NewKey},
    messages::Mail,
    phrase::Phrase,
    settings::{Database, Settings},
    store::{
        Changed, Contents, Erased, Mark, Operation, Store, Withheld,
        postgres::{self, Restoration, Server},
        sqlite::{SqliteStore, copy},
    },
    system::{Entropy, SystemEntropy},
    token::Key,
};

/// How often a file that somebody just let go of is tried.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// What is asked of a restoration.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// The backup.
    pub file: PathBuf,
    /// What opens it, if it is encrypted.
    pub identity: Option<PathBuf>,
    /// Whether what is there may be set aside.
    pub force: bool,
    /// Where else it is known what was erased.
    pub erased: Option<PathBuf>,
    /// Whether to go on where nobody knows what was erased.
    pub without_erased: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Restored {
    /// The instant of the backup: what came later is not there.
    pub instant: Timestamp,
    /// Demands that were erased again.
    pub erased: usize,
    /// Where what was there is now, if anything was.
    pub aside: Option<PathBuf>,
    /// What became of the key.
    pub key: KeyFate,
    /// The letters that wait.
    pub letters: Option<Withheld>,
}

/// What became of the key of the links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFate {
    /// The links that were given out open.
    Kept,
    /// The one of the backup was given up since: another signs links.
    GivenUp,
    /// The backup has none, and the one that is there is another: none of the links open.
    Missing,
}

/// Goes on from a backup.
///
/// # Errors
/// Whatever is in the way: what was there is then as it was.
pub async fn restore(settings: &Settings, options: &RestoreOptions, now: Timestamp) -> Result<Restored, Phrase> {
    let identities = options.identity.as_deref().map(identities).transpose()?;
    let path = options.file.clone();
    let archive = in_background(move || {
        let mut archive = Archive::open(&path, identities.as_deref())?;
        archive.compare()?;
        Ok(archive)
    });
    let archive = archive.await?;
    let mut marks = known_marks(settings, options)?;
    private_dir::create(&settings.var()).map_err(|error| refused(&settings.var(), &error))?;
    let aside = settings.var().join(format!("avant-restauration-{}", stamp(now)));
    let work = Work { settings, options, aside, now };
    match (&settings.database, archive.manifest.base) {
        (Database::Sqlite(path), Kind::Sqlite) => work.file(path, archive, &mut marks).await,
        (Database::Postgres(server), Kind::Postgresql) => work.server(server, archive, &mut marks).await,
        (_, Kind::Sqlite) => Err(Phrase::new("restauration-autre-base").with("base", "SQLite")),
        (_, Kind::Postgresql) => Err(Phrase::new("restauration-autre-base").with("base", "PostgreSQL")),
    }
}

/// The secret keys in a file, as `age-keygen` writes it.
fn identities(path: &Path) -> Result<Vec<Identity>, Phrase> {
    let wrong = |cause: &dyn std::fmt::Display| {
        Phrase::new("sauvegarde-identite").with("fichier", path.display()).with("cause", cause)
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys = lines.map(|line| line.parse().map_err(|error| wrong(&error))).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err(wrong(&"AGE-SECRET-KEY-1…")) } else { Ok(keys) }
}

/// What was erased, as far as it is known here, beside the backup, and where backups go.
fn known_marks(settings: &Settings, options: &RestoreOptions) -> Result<BTreeSet<Erased>, Phrase> {
    let beside = options.file.parent().map(Path::to_owned);
    let folders = [Some(settings.var()), beside, settings.backup.folder.clone()];
    let files = folders.into_iter().flatten().map(|folder| folder.join(MARKS)).filter(|path| path.exists());
    let files: Vec<_> = files.chain(options.erased.clone()).collect();
    // One that was named and is not there says nothing, which is not that nobody was erased.
    if let Some(path) = options.erased.as_deref().filter(|path| !path.is_file()) {
        return Err(refused(path, &io::Error::from(io::ErrorKind::NotFound)));
    }
    if files.is_empty() && !options.without_erased {
        return Err(Phrase::new("restauration-sans-effacees"));
    }
    let mut known = BTreeSet::new();
    for path in files {
        known.extend(marks::read(&path)?);
    }
    Ok(known)
}

/// Which key signs links from now on.
struct NextKey {
    /// The one to put in place; `None`: the one that is there stays.
    install: Option<Key>,
    /// What the database is to know in place of the one that was given up.
    instead: Option<String>,
    fate: KeyFate,
}

/// What a restoration works with.
struct Work<'a> {
    settings: &'a Settings,
    options: &'a RestoreOptions,
    /// Where what was there goes.
    aside: PathBuf,
    now: Timestamp,
}

impl Work<'_> {
    /// Into a `SQLite` file.
    async fn file(&self, path: &Path, mut archive: Archive, marks: &mut BTreeSet<Erased>) -> Result<Restored, Phrase> {
        self.is_known(&archive.manifest, copy::known())?;
        if let Some(folder) = path.parent() {
            private_dir::create(folder).map_err(|error| refused(folder, &error))?;
        }
        let _alone = alone(path)?;
        let there = path.exists();
        if there && !self.options.force {
            return Err(self.exists(&path.display()));
        }
        let draft = Draft::at(beside(path, "-restauration"));
        let unpacked = draft.path().to_owned();
        let (mut archive, contents) = in_background(move || {
            archive.database(&unpacked)?;
            let contents = copy::verify(&unpacked).map_err(|error| refused(&unpacked, &error))?;
            Ok((archive, contents))
        })
        .await?;
        self.is_whole(&archive.manifest, &contents)?;
        // A server that ended all at once noted some in its database alone.
        marks.extend(copy::erased(path).unwrap_or_default());
        let key = self.next_key(&mut archive, marks)?;
        let since = archive.manifest.instant;
        let store = SqliteStore::open(draft.path(), self.settings.terms, Arc::new(SystemEntropy))?;
        let (erased, letters) = self.go_on(&store, since, &key, marks).await?;
        drop(store);
        let settled = draft.path().to_owned();
        in_background(move || settle(&settled)).await?;
        let aside = self.set_aside(Some((path, there)), &key).map_err(|error| refused(&self.aside, &error))?;
        draft.take_place(path).map_err(|error| refused(path, &error))?;
        self.put(&key)?;
        Ok(Restored { instant: since, erased, aside: aside.then(|| self.aside.clone()), key: key.fate, letters })
    }

    /// Into a database of a `PostgreSQL` server.
    async fn server(
        &self,
        server: &Server,
        mut archive: Archive,
        marks: &mut BTreeSet<Erased>,
    ) -> Result<Restored, Phrase> {
        self.is_known(&archive.manifest, postgres::known())?;
        let mut restoration = Restoration::begin(server).await?;
        let there = !restoration.is_empty().await?;
        if there && !self.options.force {
            return Err(self.exists(&"PostgreSQL"));
        }
        let clearing = restoration.clearing().await?;
        if there {
            marks.extend(restoration.erased().await.unwrap_or_default());
            take(&Place::of(self.settings), &self.aside.join("base.zip"), &[], self.now).await?;
        }
        let key = self.next_key(&mut archive, marks)?;
        let since = archive.manifest.instant;
        let withholding = restoration.withholding(since).await?;
        let manifest = archive.manifest.clone();
        self.carry_out(server, restoration.version, archive, [clearing, withholding]).await?;
        self.is_whole(&manifest, &restoration.contents().await?)?;
        restoration.migrate().await?;
        let store = restoration.store(self.settings.terms, Arc::new(SystemEntropy)).await?;
        let (erased, letters) = self.go_on(&store, since, &key, marks).await?;
        let aside = self.set_aside(None, &key).map_err(|error| refused(&self.aside, &error))?;
        self.put(&key)?;
        let aside = (there || aside).then(|| self.aside.clone());
        Ok(Restored { instant: since, erased, aside, key: key.fate, letters })
    }

    /// Has the server do what the dump says: all of it or nothing, `before` and `after` included.
    async fn carry_out(
        &self,
        server: &Server,
        version: u32,
        mut archive: Archive,
        [before, after]: [String; 2],
    ) -> Result<(), Phrase> {
        let var = self.settings.var();
        let [dump, clear, script, hold] = ["base", "avant", "texte", "apres"]
            .map(|part| Draft::at(var.join(format!("restauration-en-cours-{part}"))));
        let (server, programs) = (server.clone(), self.settings.backup.programs.clone());
        in_background(move || {
            archive.database(dump.path())?;
            let programs = Programs::of(&server, programs.as_deref(), version);
            programs.script(dump.path(), script.path())?;
            for (draft, text) in [(&clear, before), (&hold, after)] {
                let written =
                    private(draft.path()).and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
                written.map_err(|error| refused(draft.path(), &error))?;
            }
            programs.carry_out(&[clear.path(), script.path(), hold.path()])
        })
        .await
    }

    fn exists(&self, what: &dyn std::fmt::Display) -> Phrase {
        Phrase::new("restauration-existe").with("base", what).with("fichier", self.options.file.display())
    }

    /// Whether this program knows the schema of the backup.
    fn is_known(&self, manifest: &Manifest, known: i64) -> Result<(), Phrase> {
        if manifest.schema <= known {
            return Ok(());
        }
        Err(Phrase::new("sauvegarde-plus-recente").with("fichier", self.options.file.display()))
    }

    /// Whether what was unpacked is what the manifest tells.
    fn is_whole(&self, manifest: &Manifest, contents: &Contents) -> Result<(), Phrase> {
        if contents.counts == manifest.nombres && contents.key == manifest.cle {
            return Ok(());
        }
        let phrase = Phrase::new("sauvegarde-abimee").with("fichier", self.options.file.display());
        Err(phrase.with("cause", MANIFEST))
    }

    /// Which key signs links from now on: that of the backup, unless it was given up since.
    fn next_key(&self, archive: &mut Archive, marks: &BTreeSet<Erased>) -> Result<NextKey, Phrase> {
        let ours = key_file::load(&self.settings.key_path()).ok().flatten();
        let kept = NextKey { install: None, instead: None, fate: KeyFate::Kept };
        let Some(known) = archive.manifest.cle.clone() else { return Ok(kept) };
        let packed = archive.key()?.map(Key::from_bytes);
        let is_given_up = |fingerprint: &str| {
            marks.iter().any(|mark| matches!(&mark.what, Mark::Key(given_up) if given_up == fingerprint))
        };
        if is_given_up(&known) {
            let ours = ours.filter(|key| !is_given_up(&key.fingerprint()));
            let (key, install) = match ours {
                Some(key) => (key.clone(), None),
                None => {
                    let mut bytes = [0; 32];
                    SystemEntropy.fill(&mut bytes).map_err(|_| Phrase::new("cle-sans-hasard"))?;
                    let key = Key::from_bytes(bytes);
                    (key.clone(), Some(key))
                }
            };
            return Ok(NextKey { install, instead: Some(key.fingerprint()), fate: KeyFate::GivenUp });
        }
        let is_ours = ours.is_some_and(|key| key.fingerprint() == known);
        Ok(match packed {
            _ if is_ours => kept,
            Some(key) => NextKey { install: Some(key), ..kept },
            None => NextKey { fate: KeyFate::Missing, ..kept },
        })
    }

    /// What a database that goes on from a backup is told before anybody else works on it. How many
    /// demands were erased again, and which letters wait.
    async fn go_on(
        &self,
        store: &dyn Store,
        since: Timestamp,
        key: &NextKey,
        marks: &BTreeSet<Erased>,
    ) -> Result<(usize, Option<Withheld>), Phrase> {
        store.withhold_letters(since).await?;
        let erased = erase_again(store, marks, self.now).await?;
        store.note_erased(marks.iter().cloned().collect()).await?;
        if let Some(instead) = &key.instead {
            store.replace_key_fingerprint(instead.clone(), self.now).await?;
        }
        let letters = store.withheld_letters().await?;
        // Nothing of who was erased stands in the files.
        store.scrub(true).await?;
        Ok((erased, letters))
    }

    /// Sets aside what another takes the place of: the database of this file, if it is there, the
    /// letters that were left, and the key. Whether anything was.
    fn set_aside(&self, database: Option<(&Path, bool)>, key: &NextKey) -> io::Result<bool> {
        let mut all = Vec::new();
        if let Some((path, there)) = database {
            if there {
                // Its log goes into it.
                let _ = copy::settle(path);
            }
            // Where it did not, or its database is gone: it must never be taken for the new file's.
            all.extend(["-wal", "-shm", "-journal"].map(|end| beside(path, end)));
        }
        if let Mail::Folder(letters) = &self.settings.mail
            && letters.starts_with(self.settings.var())
        {
            // Named by the keys of rows, which are given again.
            all.push(letters.clone());
        }
        if key.install.is_some() {
            all.push(self.settings.key_path());
        }
        all.retain(|path| path.exists());
        let former = database.and_then(|(path, there)| there.then_some(path));
        if all.is_empty() && former.is_none() {
            return Ok(false);
        }
        private_dir::create(&self.aside)?;
        let to = |path: &Path| self.aside.join(path.file_name().unwrap_or_default());
        for path in all {
            if fs::rename(&path, to(&path)).is_err() {
                fs::copy(&path, to(&path))?;
                fs::remove_file(&path)?;
            }
        }
        if let Some(path) = former
            // Under both names, until the new one takes its place: there is always one.
            && fs::hard_link(path, to(path)).is_err()
        {
            fs::copy(path, to(path))?;
        }
        sync_folder(&self.aside.join("."))?;
        Ok(true)
    }

    fn put(&self, key: &NextKey) -> Result<(), Phrase> {
        match &key.install {
            Some(key) => NewKey::of(&self.settings.key_path(), key.clone())?.take_place(),
            None => Ok(()),
        }
    }
}

/// Erases once more what these folders know to be erased and the database does not: it went back in
/// time, by other ways than ours. How many demands there were. A folder that cannot be read is told
/// by whoever writes there.
///
/// # Errors
/// A database that does not answer.
pub async fn erase_what_came_back(store: &dyn Store, folders: &[PathBuf], now: Timestamp) -> Result<usize, Phrase> {
    let lists = folders.iter().filter_map(|folder| marks::read(&folder.join(MARKS)).ok());
    let mut noted: BTreeSet<Erased> = lists.flatten().collect();
    let known: BTreeSet<_> = store.erased().await?.into_iter().map(|mark| mark.what).collect();
    noted.retain(|mark| !known.contains(&mark.what));
    if noted.is_empty() {
        return Ok(0);
    }
    let erased = erase_again(store, &noted, now).await?;
    store.note_erased(noted.into_iter().collect()).await?;
    Ok(erased)
}

/// Erases once more what was erased since the backup. How many demands there were.
async fn erase_again(store: &dyn Store, marks: &BTreeSet<Erased>, now: Timestamp) -> Result<usize, Phrase> {
    let mut erased = 0;
    for mark in marks {
        if let Mark::Demand(id) = mark.what {
            erased += usize::from(store.change(Operation::EraseAgain { id }, now).await? == Changed::Done);
        }
    }
    for session in store.ended(now).await? {
        // One that ended at another instant then was about other people.
        let is_it =
            |mark: &Erased| matches!(&mark.what, Mark::Session(id, ends) if *id == session.id && *ends == session.ends);
        if marks.iter().any(is_it) {
            let operation = Operation::EraseSession { session: session.key, ends: session.ends };
            if store.change(operation, now).await? == Changed::Done {
                erased += session.demands;
            }
        }
    }
    Ok(erased)
}

/// A file beside the database, named after it.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// No server works on this file, and none starts meanwhile.
fn alone(path: &Path) -> Result<File, Phrase> {
    let path = lock_of(path);
    let file = lock_file(&path).map_err(|error| refused(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Phrase::new("restauration-serveur-en-marche")),
        Err(TryLockError::Error(error)) => Err(refused(&path, &error)),
    }
}

/// Works on this file, beside others: no restoration begins for as long as this is kept.
///
/// # Errors
/// One is under way.
pub fn at_work(path: &Path) -> Result<File, Phrase> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Phrase::new("base-illisible").with("fichier", path.display()).with("cause", error)
    };
    if let Some(folder) = path.parent() {
        private_dir::create(folder).map_err(|error| unreadable(&error))?;
    }
    let file = lock_file(&lock_of(path)).map_err(|error| unreadable(&error))?;
    match file.try_lock_shared() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Phrase::new("restauration-en-cours")),
        Err(TryLockError::Error(error)) => Err(unreadable(&error)),
    }
}

fn lock_of(path: &Path) -> PathBuf {
    beside(path, "-verrou")
}

/// The store's threads end a moment after it.
fn settle(path: &Path) -> Result<(), Phrase> {
    let mut done = copy::settle(path);
    for _ in 0..TRIES {
        if done.is_ok() {
            break;
        }
        std::thread::sleep(PAUSE);
        done = copy::settle(path);
    }
    done.map_err(|error| refused(path, &error))
}
