//! Starts everything, in the order of the data's way, and stops it without losing any.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::Router;
use entreparentaise::diagnostics::text::Texts;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{oneshot, watch},
    task::JoinSet,
};

use crate::{
    backup::{self, Keeper, Place},
    base::Base,
    connections::{self, Register},
    log,
    messages::{Mail, Sms, Transport, Worker},
    phrase::Phrase,
    published::Own,
    publishing::{Publication, Publisher, PublishingError, watch_content},
    schedule::Scheduler,
    settings::Settings,
    stop::{StopSignals, serve_until},
    system::SystemEntropy,
    web::{App, Guard, LostLinks, Readiness, monitor, router},
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
    what_to_know(&base).await?.iter().for_each(log::warn);
    let Base { settings, store, clock, .. } = base;
    if let Some(at) = settings.now {
        log::warn(&Phrase::new("serveur-horloge-arretee").with("quand", at));
    }
    // Before anything is published: links lead there. Nobody is let in yet.
    let (socket, address) = bind(settings.listen)?;
    // From before the content is read: no edit is missed.
    let content = watch_content(&settings.root, log::warn);
    let own = Own { key: key.clone(), address };
    let (publisher, publication) =
        Publisher::open(settings.publishing(lang), own, Arc::clone(&store), clock.now()).await?;
    if let Some(publication) = &publication {
        report(Ok(publication));
    }
    let publisher = Arc::new(publisher);

    let files = raise_file_limit();
    let listener = socket.listen(BACKLOG).map_err(|error| cannot_listen(settings.listen, &error))?;
    let monitored = settings.monitor.map(bind).transpose()?;
    let (stop, stopping) = watch::channel(false);

    let worker = Worker {
        store: Arc::clone(&store),
        published: publisher.subscribe(),
        transport: Transport::open(&settings.mail),
        clock: Arc::clone(&clock),
    };
    let texter = Worker {
        store: Arc::clone(&store),
        published: publisher.subscribe(),
        transport: Transport::open_for_texts(&settings.sms),
        clock: Arc::clone(&clock),
    };
    let scheduler = Scheduler {
        store: Arc::clone(&store),
        published: publisher.subscribe(),
        clock: Arc::clone(&clock),
        minimum_days: settings.minimum_days,
        runs: settings.now.is_none(),
        letters: folders(&settings),
    };
    let keeper = Keeper {
        place: Place::of(&settings),
        settings: settings.backup.clone(),
        store: Arc::clone(&store),
        published: publisher.subscribe(),
        clock: Arc::clone(&clock),
        runs: settings.now.is_none(),
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(worker.run(stopping.clone()));
    tasks.spawn(texter.run(stopping.clone()));
    tasks.spawn(scheduler.run(stopping.clone()));
    tasks.spawn(keeper.run(stopping.clone()));
    let (lost_links, finder) = LostLinks::new(Arc::clone(&store), Arc::clone(&clock));
    tasks.spawn(finder.run(stopping.clone()));
    tasks.spawn(Arc::clone(&publisher).keep_current(Arc::clone(&clock), content, stopping, publication, report));

    let guard = Guard::new(settings.trusted_proxies.clone(), settings.max_body, settings.limit, settings.hourly);
    let (entropy, readiness) = (Arc::new(SystemEntropy), Readiness::default());
    let app = App { store: Arc::clone(&store), site: publisher, key, clock, entropy, guard, lost_links, readiness };
    let app = Arc::new(app);
    let signals = StopSignals::listen().map_err(cannot_start)?;
    println!("{}", Phrase::new("serveur-pret").with("adresse", format!("http://{address}")).text(texts, lang));
    if let Some((socket, address)) = monitored {
        let listener = socket.listen(BACKLOG).map_err(|error| cannot_listen(address, &error))?;
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

/// The folders in which messages are left, where nothing takes them.
fn folders(settings: &Settings) -> Vec<PathBuf> {
    let letters = if let Mail::Folder(folder) = &settings.mail { Some(folder.clone()) } else { None };
    let texts = if let Sms::Folder(folder) = &settings.sms { Some(folder.clone()) } else { None };
    letters.into_iter().chain(texts).collect()
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

/// Each connection is an open file, and the usual limit is a thousand: as many as the system lets
/// us have. Fewer is no reason not to serve. Returns how many there may be; `None`: any number.
fn raise_file_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    getrlimit(Resource::Nofile).current
}

/// Listens nowhere yet, but nobody else can there. And where: a port may have been left to the
/// system.
fn bind(address: SocketAddr) -> Result<(TcpSocket, SocketAddr), Phrase> {
    let open = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let bound = socket.local_addr()?;
        Ok((socket, bound))
    };
    open().map_err(|error| cannot_listen(address, &error))
}

fn cannot_start(error: io::Error) -> Phrase {
    Phrase::new("demarrage-impossible").with("cause", error)
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Phrase {
    Phrase::new("serveur-ecoute-impossible").with("adresse", address).with("cause", error)
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
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap().0.listen(BACKLOG).unwrap();
        let register = Arc::new(Register::new(16, Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(std::future::pending());
        tasks.spawn(task);
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
