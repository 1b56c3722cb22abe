//! Starts everything, in the order of the data's way, and stops it without losing any.

use std::{io, net::SocketAddr, path::Path, sync::Arc};

use axum::Router;
use entreparentaise::{diagnostics::text::Texts, site::Snapshot};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{oneshot, watch},
    task::JoinSet,
};

use crate::{
    base::Base,
    connections::{self, Register},
    log,
    messages::{Letters, Mail, Sender, Transport, Worker},
    phrase::Phrase,
    publishing::{Publication, Publisher, PublishingError, watch_content},
    schedule::Scheduler,
    stop::{StopSignals, serve_until},
    system::SystemEntropy,
    token::Key,
    web::{App, Guard, Readiness, monitor, router},
};

/// Connections of those who look how it goes.
const MONITORS: usize = 16;

/// Newcomers that wait to be let in; tokio's own 128 makes the next one wait a second.
const BACKLOG: u32 = 4_096;

/// Serves until the process is asked to stop (SIGTERM, SIGINT): requests under way are answered
/// first.
pub async fn run(base: Base, texts: &Texts, lang: &'static str) -> Result<(), Phrase> {
    // Before anything is published: links are part of what is answered.
    let key = base.key().await?;
    base.open_to_others().iter().for_each(log::warn);
    let Base { settings, store, clock } = base;
    if let Some(at) = settings.now {
        log::warn(&Phrase::new("serveur-horloge-arretee").with("quand", at));
    }
    // From before the content is read: no edit is missed.
    let (_watcher, content) = watch_root(&settings.root);
    let (publisher, publication) = Publisher::open(settings.publishing(lang), Arc::clone(&store), clock.now()).await?;
    if let Some(publication) = &publication {
        report(Ok(publication));
    }
    let publisher = Arc::new(publisher);

    let files = raise_file_limit();
    let (listener, address) = listen(settings.listen)?;
    let monitored = settings.monitor.map(listen).transpose()?;
    let (stop, stopping) = watch::channel(false);

    let first = publisher.current();
    let (letters, read_letters) = watch::channel(letters(&first, &key, address)?);
    let (origins, known_origins) = watch::channel(origins(&first, address));
    let worker = Worker {
        store: Arc::clone(&store),
        letters: read_letters,
        transport: Transport::open(&settings.mail),
        clock: Arc::clone(&clock),
    };
    let scheduler = Scheduler {
        store: Arc::clone(&store),
        site: publisher.subscribe(),
        clock: Arc::clone(&clock),
        minimum_days: settings.minimum_days,
        runs: settings.now.is_none(),
        letters: if let Mail::Folder(folder) = &settings.mail { Some(folder.clone()) } else { None },
    };
    let updates = Updates { key: key.clone(), address, letters, origins };
    let mut tasks = JoinSet::new();
    tasks.spawn(worker.run(stopping.clone()));
    tasks.spawn(scheduler.run(stopping.clone()));
    tasks.spawn(updates.follow(publisher.subscribe(), stopping.clone()));
    tasks.spawn(Arc::clone(&publisher).keep_current(Arc::clone(&clock), content, stopping, publication, report));

    let guard = Guard::new(known_origins, settings.trusted_proxies.clone(), settings.max_body, settings.limit);
    let (entropy, readiness) = (Arc::new(SystemEntropy), Readiness::default());
    let app = Arc::new(App { store: Arc::clone(&store), site: publisher, key, clock, entropy, guard, readiness });
    let signals = StopSignals::listen().map_err(cannot_start)?;
    println!("{}", Phrase::new("serveur-pret").with("adresse", format!("http://{address}")).text(texts, lang));
    if let Some((listener, address)) = monitored {
        println!("{}", Phrase::new("serveur-surveille").with("adresse", format!("http://{address}")).text(texts, lang));
        let few = Arc::new(Register::new(MONITORS, Vec::new()));
        let page = monitor(Arc::clone(&app), settings.var());
        // It ends with the process.
        tokio::spawn(connections::serve(listener, page, few, std::future::pending()));
    }
    let register = Arc::new(Register::new(connections::ceiling(files), settings.trusted_proxies.clone()));
    let served = serve_while(&mut tasks, signals, listener, router(app), register).await;
    stop.send_replace(true);
    while tasks.join_next().await.is_some() {}
    // Nobody writes any more. Where it cannot be done, the next start does it.
    let _ = store.scrub(true).await;
    served
}

/// Serves until the process is asked to stop. Each of `tasks` goes on until then: one that ends
/// panicked, which is in the log. Without letters or publications, the server would go on
/// answering and nobody would know: it stops, and whoever watches over it starts it again. What
/// was promised is on disk.
async fn serve_while(
    tasks: &mut JoinSet<()>,
    signals: StopSignals,
    listener: TcpListener,
    router: Router,
    register: Arc<Register>,
) -> Result<(), Phrase> {
    let (leave, leaving) = oneshot::channel::<()>();
    let serving = serve_until(leaving, listener, router, register);
    tokio::pin!(serving);
    let halted = tokio::select! {
        () = &mut serving => return Ok(()),
        () = signals.awaited() => false,
        _ = tasks.join_next() => true,
    };
    drop(leave);
    serving.await;
    if halted { Err(Phrase::new("serveur-tache-interrompue")) } else { Ok(()) }
}

/// Watches the sources, for as long as the watcher is kept. The system may watch no folders: the
/// site is then published at each state change only.
fn watch_root(root: &Path) -> (Option<notify::RecommendedWatcher>, watch::Receiver<u64>) {
    match watch_content(root) {
        Ok((watcher, content)) => (Some(watcher), content),
        Err(error) => {
            log::warn(&Phrase::new("serveur-surveillance").with("cause", error));
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
                Err(phrase) => log::error(&phrase),
            }
            last = now;
        }
    }
}

/// Each connection is an open file, and the usual limit is a thousand: as many as the system lets
/// us have. Fewer is no reason not to serve. Returns how many there may be; `None`: any number.
fn raise_file_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    getrlimit(Resource::Nofile).current
}

/// Listens, and where: a port may have been left to the system.
fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Phrase> {
    let open = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    let failed =
        |error: io::Error| Phrase::new("serveur-ecoute-impossible").with("adresse", address).with("cause", error);
    open().map_err(failed)
}

fn cannot_start(error: io::Error) -> Phrase {
    Phrase::new("demarrage-impossible").with("cause", error)
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
    match result {
        Ok(publication) => {
            for problem in &publication.problems {
                log::warn(&Phrase::new("site-probleme").with("probleme", problem));
            }
            publication.notices().iter().for_each(log::warn);
        }
        Err(error) => log::error(&error.phrase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A task of the server whose fault is to end.
    async fn serving_with(task: impl Future<Output = ()> + Send + 'static) -> Result<(), Phrase> {
        let (listener, _) = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(std::future::pending());
        tasks.spawn(task);
        let register = Arc::new(Register::new(MONITORS, Vec::new()));
        serve_while(&mut tasks, StopSignals::listen().unwrap(), listener, Router::new(), register).await
    }

    #[tokio::test]
    async fn a_background_task_that_ends_ends_the_server_with_an_error() {
        let panics = async { panic!("a fault of the program") };
        for served in [serving_with(panics).await, serving_with(std::future::ready(())).await] {
            assert_eq!(served, Err(Phrase::new("serveur-tache-interrompue")));
        }
    }
}
