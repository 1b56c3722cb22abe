//! Starts everything, in the order of the data's way, and stops it without losing any.

use std::{io, net::SocketAddr, path::Path, sync::Arc};

use entreparentaise::{
    diagnostics::text::{REFERENCE, Texts},
    site::Snapshot,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
    task::JoinHandle,
};

use crate::{
    backup::{self, Keeper, Place},
    base::Base,
    messages::{Letters, Mail, Sender, Transport, Worker},
    phrase::Phrase,
    publishing::{Publication, Publisher, PublishingError, watch_content},
    schedule::Scheduler,
    settings::Settings,
    stop::{StopSignals, serve_until},
    system::SystemEntropy,
    token::Key,
    web::{App, Guard, router},
};

/// Newcomers that wait to be let in; tokio's own 128 makes the next one wait a second.
const BACKLOG: u32 = 4_096;

/// Serves until the process is asked to stop (SIGTERM, SIGINT): requests under way are answered
/// first.
pub async fn run(base: Base, texts: &Texts, lang: &'static str) -> Result<(), Phrase> {
    // Before anything is published: links are part of what is answered.
    let key = base.key().await?;
    for phrase in base.open_to_others() {
        eprintln!("{}", phrase.text(texts, lang));
    }
    for phrase in what_to_know(&base).await? {
        eprintln!("{}", phrase.text(texts, lang));
    }
    let Base { settings, store, clock, .. } = base;
    if let Some(at) = settings.now {
        eprintln!("{}", Phrase::new("serveur-horloge-arretee").with("quand", at).text(texts, lang));
    }
    // From before the content is read: no edit is missed.
    let (_watcher, content) = watch_root(&settings.root);
    let (publisher, publication) = Publisher::open(settings.publishing(lang), Arc::clone(&store), clock.now()).await?;
    if let Some(publication) = &publication {
        report(Ok(publication));
    }
    let publisher = Arc::new(publisher);

    raise_file_limit();
    let listener = listen(settings.listen).map_err(|error| cannot_listen(&settings, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(&settings, &error))?;
    let (stop, stopping) = watch::channel(false);

    let first = publisher.current();
    let (letters, read_letters) = watch::channel(letters(&first, &key, address)?);
    let (origins, known_origins) = watch::channel(origins(&first, address));
    let worker = Worker {
        store: Arc::clone(&store),
        letters: read_letters,
        transport: Transport::open(&settings.mail)?,
        clock: Arc::clone(&clock),
        report: |failure| eprintln!("{failure}"),
    };
    let scheduler = Scheduler {
        store: Arc::clone(&store),
        site: publisher.subscribe(),
        clock: Arc::clone(&clock),
        minimum_days: settings.minimum_days,
        runs: settings.now.is_none(),
        letters: if let Mail::Folder(folder) = &settings.mail { Some(folder.clone()) } else { None },
        report: |phrase| eprintln!("{}", phrase.text(&Texts::embedded(), REFERENCE)),
    };
    let keeper = Keeper {
        place: Place::of(&settings),
        settings: settings.backup.clone(),
        store: Arc::clone(&store),
        site: publisher.subscribe(),
        clock: Arc::clone(&clock),
        runs: settings.now.is_none(),
        report: |phrase| eprintln!("{}", phrase.text(&Texts::embedded(), REFERENCE)),
    };
    let updates = Updates { key: key.clone(), address, letters, origins };
    let tasks: [JoinHandle<()>; 5] = [
        tokio::spawn(worker.run(stopping.clone())),
        tokio::spawn(scheduler.run(stopping.clone())),
        tokio::spawn(keeper.run(stopping.clone())),
        tokio::spawn(updates.follow(publisher.subscribe(), stopping.clone())),
        tokio::spawn(Arc::clone(&publisher).keep_current(Arc::clone(&clock), content, stopping, publication, report)),
    ];

    let guard = Guard::new(known_origins, settings.trusted_proxies.clone(), settings.max_body, settings.limit);
    let entropy = Arc::new(SystemEntropy);
    let app = Arc::new(App { store: Arc::clone(&store), site: publisher, key, clock, entropy, guard });
    let signals = StopSignals::listen().map_err(cannot_start)?;
    println!("{}", Phrase::new("serveur-pret").with("adresse", format!("http://{address}")).text(texts, lang));
    let served = serve_until(signals, listener, router(app)).await;
    stop.send_replace(true);
    for task in tasks {
        // A task that panicked has nothing left to save: what was promised is on disk.
        let _ = task.await;
    }
    // Nobody writes any more. Where it cannot be done, the next start does it.
    let _ = store.scrub(true).await;
    served.map_err(cannot_start)
}

/// What became of the database before anybody asks for anything: changed by this version, or gone
/// on from a backup.
async fn what_to_know(base: &Base) -> Result<Vec<Phrase>, Phrase> {
    let former = base.former.iter().flat_map(|taken| {
        let made = Phrase::new("migration-sauvegardee").with("fichier", taken.path.display());
        std::iter::once(made).chain(taken.warnings.clone())
    });
    let Base { settings, store, clock, .. } = base;
    let folders: Vec<_> = std::iter::once(settings.var()).chain(settings.backup.folder.clone()).collect();
    let again = backup::erase_what_came_back(store.as_ref(), &folders, clock.now()).await?;
    let again = (again > 0).then(|| Phrase::new("effacees-refaites").count("nombre", again));
    let withheld = store.withheld_letters().await?;
    let withheld =
        withheld.map(|letters| Phrase::new("courriels-retenus").count("nombre", letters.former + letters.new));
    Ok(former.chain(again).chain(withheld).collect())
}

/// Watches the sources, for as long as the watcher is kept. The system may watch no folders: the
/// site is then published at each state change only.
fn watch_root(root: &Path) -> (Option<notify::RecommendedWatcher>, watch::Receiver<u64>) {
    match watch_content(root) {
        Ok((watcher, content)) => (Some(watcher), content),
        Err(error) => {
            eprintln!("{error}");
            (None, watch::channel(0).1)
        }
    }
}

/// What is made from the settings and the templates of the site that is published, for those who
/// know nothing else of it.
struct Updates {
    key: Key,
    address: SocketAddr,
    letters: watch::Sender<Letters>,
    origins: watch::Sender<Vec<String>>,
}

impl Updates {
    /// Makes it anew when the templates or the settings changed, until `stop` turns true.
    async fn follow(self, mut site: watch::Receiver<Arc<Snapshot>>, mut stop: watch::Receiver<bool>) {
        let mut last = Arc::clone(&site.borrow_and_update());
        loop {
            tokio::select! {
                _ = stop.changed() => return,
                changed = site.changed() => if changed.is_err() { return },
            }
            let now = Arc::clone(&site.borrow_and_update());
            if now.sources().same_as(last.sources()) {
                continue;
            }
            self.origins.send_replace(origins(&now, self.address));
            match letters(&now, &self.key, self.address) {
                Ok(letters) => _ = self.letters.send_replace(letters),
                Err(phrase) => eprintln!("{}", phrase.text(now.texts(), REFERENCE)),
            }
            last = now;
        }
    }
}

/// Each connection is an open file, and the usual limit of a thousand is soon reached by whoever
/// opens some and says nothing: as many as the system lets us have. Fewer is no reason not to
/// serve.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn cannot_start(error: io::Error) -> Phrase {
    Phrase::new("demarrage-impossible").with("cause", error)
}

fn cannot_listen(settings: &Settings, error: &io::Error) -> Phrase {
    Phrase::new("serveur-ecoute-impossible").with("adresse", settings.listen).with("cause", error)
}

/// The origins that may post: the site's, the handler's, and, for whoever tries it on one machine,
/// where it listens.
fn origins(site: &Snapshot, address: SocketAddr) -> Vec<String> {
    let mut origins = vec![site.site().url.clone(), format!("http://{address}")];
    origins.extend(site.site().handler_url.clone());
    if address.ip().is_loopback() {
        origins.push(format!("http://localhost:{}", address.port()));
    }
    origins
}

fn letters(site: &Snapshot, key: &Key, address: SocketAddr) -> Result<Letters, Phrase> {
    let settings = site.site();
    let local = settings.url.contains("://127.0.0.1");
    // On one machine, links lead where this process listens.
    let own = |url: &str| if local { format!("http://{address}") } else { url.to_owned() };
    let sender = Sender {
        name: settings.organiser.clone(),
        email: settings.contact.email.known().cloned(),
        phone: settings.contact.phone.known().cloned(),
        public_url: own(settings.handler_url.as_deref().unwrap_or(&settings.url)),
        site_url: own(&settings.url),
        questionnaire: settings.questionnaire.clone(),
        zone: settings.time_zone.clone(),
    };
    let sources = site.sources();
    let overrides = sources
        .under("templates/courriels/")
        .filter_map(|(path, _)| Some((path.strip_prefix("templates/")?, sources.text(path)?)));
    Letters::new(overrides, sender, key.clone(), Arc::clone(site.texts()))
}

fn report(result: Result<&Publication, &PublishingError>) {
    let texts = Texts::embedded();
    let say = |phrase: Phrase| eprintln!("{}", phrase.text(&texts, REFERENCE));
    match result {
        Ok(publication) => {
            for problem in &publication.problems {
                eprintln!("{problem}");
            }
            publication.notices().into_iter().for_each(say);
        }
        Err(error) => say(error.phrase()),
    }
}
