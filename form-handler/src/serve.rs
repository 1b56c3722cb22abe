//! Starts everything, in the order of the data's way, and stops it without losing any.

use std::{
    future::IntoFuture,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use entreparentaise::{
    site::Snapshot,
    text::{REFERENCE, Texts},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

use crate::{
    base::Base,
    messages::{Letters, Mail, Sender, Transport, Worker, sweep},
    phrase::Phrase,
    settings::Settings,
    site::{Folders, Keeper, Published, Site, SiteError, watch_content},
    system::SystemEntropy,
    web::{App, Guard, router},
};

/// Newcomers that wait to be let in; tokio's own 128 makes the next one wait a second.
const BACKLOG: u32 = 4_096;

/// How long the requests under way may take once the process is asked to stop: longer than a form
/// may take to come, and less than a supervisor's patience. Whoever has not finished asking by then
/// is let go.
const FAREWELL: Duration = Duration::from_secs(12);

/// Serves until the process is asked to stop (SIGTERM, SIGINT): requests under way are answered
/// first.
pub async fn run(base: Base, texts: &Texts, lang: &'static str) -> Result<(), Phrase> {
    // Before anything is published: links are part of what is answered.
    let key = base.key().await?;
    for said in base.open_to_others() {
        eprintln!("{}", said.text(texts, lang));
    }
    let Base { config, store, clock } = base;
    if let Some(at) = config.now {
        eprintln!("{}", Phrase::new("serveur-horloge-arretee").with("quand", at).text(texts, lang));
    }
    let opened = Site::open(Folders::of(&config), store.as_ref(), lang, clock.now()).await;
    let (site, published) = opened.map_err(|error| site_error(&error))?;
    if let Some(published) = &published {
        report(Ok(published));
    }
    let site = Arc::new(site);

    raise_file_limit();
    let listener = listen(config.listen).map_err(|error| cannot_listen(&config, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(&config, &error))?;
    let (stop, stopping) = watch::channel(false);

    let first = site.current();
    let worker = Worker {
        store: Arc::clone(&store),
        letters: letters(&first, &key, address)?,
        transport: Transport::open(&config.mail)?,
        clock: Arc::clone(&clock),
        report: |failure| eprintln!("{failure}"),
    };
    // From before anybody is told that the server is ready; but where it is ready before it
    // publishes, from before it publishes.
    let watched = published.is_some().then(|| watch_root(site.root()));
    let keeper = Keeper { site: Arc::clone(&site), store: Arc::clone(&store), clock: Arc::clone(&clock), lang, report };
    let scheduler = Scheduler {
        store: Arc::clone(&store),
        site: site.clone(),
        clock: Arc::clone(&clock),
        minimum_days: config.minimum_days,
        runs: config.now.is_none(),
        letters: if let Mail::Folder(folder) = &config.mail { Some(folder.clone()) } else { None },
        report: |said| eprintln!("{}", said.text(&Texts::embedded(), REFERENCE)),
    };
    let tasks: [JoinHandle<()>; 3] = [
        tokio::spawn(worker.run(stopping.clone())),
        tokio::spawn(scheduler.run(stopping.clone())),
        tokio::spawn(keep(keeper, watched, stopping, published)),
    ];

    let guard = Guard::new(origins(&first, address), config.trusted_proxies.clone(), config.max_body, config.limit);
    let app = Arc::new(App { store: Arc::clone(&store), site, key, clock, entropy: Arc::new(SystemEntropy), guard });
    let asked = Asked::listen().map_err(cannot_start)?;
    println!("{}", Phrase::new("serveur-pret").with("adresse", format!("http://{address}")).text(texts, lang));
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let (leave, leaving) = tokio::sync::oneshot::channel();
    let goodbye = async {
        asked.awaited().await;
        let _ = leave.send(());
    };
    let farewell = async {
        let _ = leaving.await;
        tokio::time::sleep(FAREWELL).await;
    };
    let served = tokio::select! {
        served = axum::serve(listener, service).with_graceful_shutdown(goodbye).into_future() => served,
        () = farewell => Ok(()),
    };
    stop.send_replace(true);
    for task in tasks {
        // A task that panicked has nothing left to save: what was promised is on disk.
        let _ = task.await;
    }
    // Nobody writes any more. Where it cannot be done, the next start does it.
    let _ = store.scrub(true).await;
    served.map_err(cannot_start)
}

/// A watcher, for as long as it is kept, and the count of the changes that it sees.
type Watched = (Option<notify::RecommendedWatcher>, watch::Receiver<u64>);

/// Watches the sources. The system may watch no folders: the site is then published at each state
/// change only.
fn watch_root(root: &Path) -> Watched {
    match watch_content(root) {
        Ok((watcher, content)) => (Some(watcher), content),
        Err(error) => {
            eprintln!("{error}");
            (None, watch::channel(0).1)
        }
    }
}

/// Keeps the site true until `stopping`.
async fn keep(keeper: Keeper, watched: Option<Watched>, stopping: watch::Receiver<bool>, last: Option<Published>) {
    let root = keeper.site.root().to_owned();
    let watched = match watched {
        Some(watched) => Ok(watched),
        // Thousands of files take a while.
        None => tokio::task::spawn_blocking(move || watch_root(&root)).await,
    };
    // The only way to fail is a panic.
    let Ok((_watcher, content)) = watched else { return };
    keeper.run(content, stopping, last.as_ref()).await;
}

/// Opens the site for its retention time, and erases what is older, by the days that a running
/// server saw. How many demands went.
pub async fn purge_once(base: &Base, lang: &'static str) -> Result<usize, Phrase> {
    let (config, now) = (&base.config, base.clock.now());
    let store = base.store.as_ref();
    let (site, _) = Site::open(Folders::of(config), store, lang, now).await.map_err(|error| site_error(&error))?;
    let site = site.current();
    let retention = Retention { days: site.site().retention_days, zone: site.site().time_zone.clone() };
    let looked = erasure::look(store, &retention, now, false).await.map_err(|error| error.said())?;
    if looked.erased > 0 {
        store.scrub(true).await.map_err(|error| error.said())?;
        if let Mail::Folder(folder) = &config.mail {
            sweep(folder, store, now).await?;
        }
    }
    Ok(looked.erased)
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

fn cannot_listen(config: &Settings, error: &io::Error) -> Phrase {
    Phrase::new("serveur-ecoute-impossible").with("adresse", config.listen).with("cause", error)
}

/// The system's ways to ask a process to stop, heard from when this is made: before, they would end
/// it at once.
struct Asked {
    interrupted: Signal,
    terminated: Signal,
}

impl Asked {
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupted: signal(SignalKind::interrupt())?, terminated: signal(SignalKind::terminate())? })
    }

    async fn awaited(mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
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

fn letters(site: &Assembly, key: &crate::token::Key, address: SocketAddr) -> Result<Letters, Phrase> {
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

/// For whoever runs the server. No person is in it.
fn report(result: Result<&Published, &SiteError>) {
    let texts = Texts::embedded();
    let say = |said: Phrase| eprintln!("{}", said.text(&texts, REFERENCE));
    match result {
        Ok(published) => {
            for problem in &published.problems {
                eprintln!("{problem}");
            }
            if published.fallback {
                say(Phrase::new("site-contenu-precedent"));
            }
            for id in &published.synced.orphaned {
                say(Phrase::new("site-seance-retiree").with("seance", id));
            }
            for id in &published.synced.moved {
                say(Phrase::new("site-seance-deplacee").with("seance", id));
            }
            for id in &published.synced.cancelled {
                say(Phrase::new("site-seance-annulee").with("seance", id));
            }
            for id in &published.synced.doubtful {
                say(Phrase::new("site-seance-douteuse").with("seance", id));
            }
            for id in &published.synced.overfull {
                say(Phrase::new("site-seance-trop-pleine").with("seance", id));
            }
        }
        Err(error) => say(site_error(error)),
    }
}

pub(crate) fn site_error(error: &SiteError) -> Phrase {
    match error {
        SiteError::Content(problems) => Phrase::new("site-contenu-casse").with("problemes", problems.join("\n\n")),
        SiteError::Store(error) => error.said(),
        SiteError::Press(error) => Phrase::new("site-publication-interrompue").with("cause", error),
        SiteError::Disk(path, error) => {
            let path: &PathBuf = path;
            Phrase::new("site-ecriture-impossible").with("chemin", path.display()).with("cause", error)
        }
    }
}
