//! Looks at everything: the database, the files, the disk, the mail server. It changes nothing, but
//! that a new database is made where there is none.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use entreparentaise::{model::Site, private_dir};
use jiff::Timestamp;

use super::{
    super::held,
    findings::{BackupFacts, Content, Database, Facts, KeyFact, MailFact, OpenDatabase, ReadContent, TextFact},
};
use crate::{
    backup::Status,
    base::{self, open_store},
    enrolment::Notice,
    key_file,
    messages::{Mail, Parcel, Sms, Transport, trial},
    phrase::Phrase,
    publishing,
    settings::{self, Settings},
    store::{Store, StoreError},
    system::Clock,
};

/// Everything that is judged. `letter`: one is sent to the team.
pub(super) async fn facts(settings: Settings, letter: bool, lang: &'static str) -> Result<Facts, Phrase> {
    let clock: Arc<dyn Clock> = base::clock(&settings);
    let now = clock.now();
    let options = settings.publishing(lang);
    let read = tokio::task::spawn_blocking(move || publishing::read_content(&options, now)).await;
    let read = read.map_err(|error| Phrase::new("demarrage-impossible").with("cause", error))?;
    let (content, site) = match read {
        Ok((site, sessions)) => (Content::Read(Box::new(told(&site, sessions))), Some(site)),
        Err(errors) => (Content::Broken(errors), None),
    };
    let (database, key) = match open_store(&settings).await {
        Err(cause) => (Database::Closed(cause), KeyFact::Right),
        Ok(store) => (looked(store.as_ref(), now).await, key(store.as_ref(), &settings).await),
    };
    let transport = Transport::open(&settings.mail);
    let mail = match (&settings.mail, transport.reach().await) {
        (Mail::Folder(_), _) => MailFact::Folder,
        (Mail::Smtp(_), Ok(())) => MailFact::Reached,
        (Mail::Smtp(_), Err(error)) => MailFact::Unreached(error.cause),
    };
    let texts = match &settings.sms {
        Sms::Folder(_) => TextFact::Folder,
        Sms::Gateway(address) => {
            let gateway = Transport::open_for_texts(&settings.sms);
            let reached = gateway.reach().await;
            gateway.close().await;
            match reached {
                Ok(()) => TextFact::Reached { private: address.is_private() },
                Err(error) => TextFact::Unreached(error.cause),
            }
        }
    };
    let letter = match (letter, &site) {
        (true, Some(site)) => Some(sent(&transport, site, now).await),
        (true, None) => Some(Err(Phrase::new("verif-lettre-sans-contenu"))),
        (false, _) => None,
    };
    transport.close().await;
    Ok(Facts {
        now,
        frozen: settings.now.is_some(),
        listen: settings.listen,
        has_proxies: !settings.trusted_proxies.is_empty(),
        limit: settings.limit,
        content,
        database,
        key,
        open_to_others: open_to_others(&settings),
        newest_file: newest(&settings.var()),
        program: std::env::current_exe().ok().and_then(|path| changed(&path)),
        free: free(&settings.var()),
        database_size: match &settings.database {
            settings::Database::Sqlite(path) => path.metadata().map_or(0, |file| file.len()),
            settings::Database::Postgres(_) => 0,
        },
        backup: BackupFacts {
            same_disk: settings.backup.folder.as_deref().is_some_and(|folder| same_disk(folder, &settings.var())),
            folder: settings.backup.folder.clone(),
            every: settings.backup.every,
            status: Status::load(&settings.var()),
            encrypted: !settings.backup.keys.is_empty(),
        },
        mail,
        texts,
        letter,
    })
}

fn told(site: &Site, sessions: Vec<crate::store::SessionRecord>) -> ReadContent {
    ReadContent {
        url: site.url.clone(),
        handler_url: site.handler_url.clone(),
        phone: site.contact.phone.known().is_some(),
        email: site.contact.email.known().cloned(),
        offers_texts: site.offers_texts,
        sessions,
    }
}

async fn looked(store: &dyn Store, now: Timestamp) -> Database {
    let look = async || -> Result<OpenDatabase, StoreError> {
        let inspection = store.inspect(now).await?;
        if !inspection.damage.is_empty() {
            return Ok(OpenDatabase { inspection, ..OpenDatabase::default() });
        }
        let announced = store.ended(now).await?.into_iter();
        let announced = announced.filter(|session| session.sightings.is_some_and(|seen| seen.announced.is_some()));
        let held = store.bursts(now).await?.into_iter();
        let to_team = store.letters_to_team().await?;
        let doubtful = store.notices().await?.into_iter().filter(|notice| notice.notice == Notice::SessionDoubtful);
        Ok(OpenDatabase {
            announced: announced.map(|session| (session.id, session.date)).collect(),
            doubtful: doubtful.map(|notice| notice.session).collect(),
            withheld: store.withheld_letters().await?,
            held: held.map(|burst| (burst.session.id.clone(), held::count(&burst))).collect(),
            to_team,
            inspection,
        })
    };
    match look().await {
        Ok(open) => Database::Open(Box::new(open)),
        Err(error) => Database::Closed(error.phrase()),
    }
}

async fn key(store: &dyn Store, settings: &Settings) -> KeyFact {
    let path = settings.key_path();
    // No link was given out; or the database does not say, which is told.
    let Ok(Some(known)) = store.known_key().await else { return KeyFact::Right };
    match key_file::load(&path) {
        Ok(Some(key)) if key.fingerprint() == known => KeyFact::Right,
        Ok(Some(_)) => KeyFact::Other(path),
        Ok(None) => KeyFact::Absent(path),
        Err(cause) => KeyFact::Unreadable(cause),
    }
}

/// Sends a letter to the team. To which address.
async fn sent(transport: &Transport, site: &Site, now: Timestamp) -> Result<String, Phrase> {
    let Some(email) = site.contact.email.known() else { return Err(Phrase::new("verif-courriel-absent")) };
    let letter = trial(&site.organiser, email, now)?;
    let failed = |error: crate::messages::SendError| Phrase::new("verif-lettre-refusee").with("cause", error.cause);
    transport.send(Parcel::Letter(letter)).await.map_err(failed)?;
    Ok(email.clone())
}

/// What others than their owner may look into, and the message that says so.
fn open_to_others(settings: &Settings) -> Vec<(PathBuf, &'static str)> {
    let mut private = vec![(settings.var(), "verif-dossier-ouvert"), (settings.key_path(), "verif-cle-ouverte")];
    if let settings::Database::Sqlite(path) = &settings.database {
        private.push((path.clone(), "verif-base-ouverte"));
    }
    private.retain(|(path, _)| private_dir::is_open_to_others(path));
    private
}

fn changed(path: &Path) -> Option<Timestamp> {
    path.metadata().and_then(|file| file.modified()).ok()?.try_into().ok()
}

/// The file of this folder that was changed last.
fn newest(folder: &Path) -> Option<(PathBuf, Timestamp)> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|file| file.path());
    files.filter_map(|path| Some((changed(&path)?, path))).max().map(|(at, path)| (path, at))
}

/// Bytes that are free where this folder is.
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn same_disk(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => one.dev() == other.dev(),
        _ => false,
    }
}
