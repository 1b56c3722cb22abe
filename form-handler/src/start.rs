//! Starts everything, in the order of the data's way, and stops it without losing any.

use std::{io, net::SocketAddr, sync::Arc};

use entreparentaise::diagnostics::text::{REFERENCE, Texts};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{net::TcpSocket, sync::watch, task::JoinHandle};

use crate::{
    base::Base,
    messages::{Mail, Transport, Worker},
    phrase::Phrase,
    published::Own,
    publishing::{Publication, Publisher, PublishingError, watch_content},
    schedule::Scheduler,
    settings::Settings,
    stop::{StopSignals, serve_until},
    system::SystemEntropy,
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
    let Base { settings, store, clock } = base;
    if let Some(at) = settings.now {
        eprintln!("{}", Phrase::new("serveur-horloge-arretee").with("quand", at).text(texts, lang));
    }
    // Before anything is published: links lead there. Nobody is let in yet.
    let socket = bind(settings.listen).map_err(|error| cannot_listen(&settings, &error))?;
    let address = socket.local_addr().map_err(|error| cannot_listen(&settings, &error))?;
    // From before the content is read: no edit is missed.
    let content = watch_content(&settings.root, |phrase| eprintln!("{}", phrase.text(&Texts::embedded(), REFERENCE)));
    let own = Own { key: key.clone(), address };
    let (publisher, publication) =
        Publisher::open(settings.publishing(lang), own, Arc::clone(&store), clock.now()).await?;
    if let Some(publication) = &publication {
        report(Ok(publication));
    }
    let publisher = Arc::new(publisher);

    raise_file_limit();
    let listener = socket.listen(BACKLOG).map_err(|error| cannot_listen(&settings, &error))?;
    let (stop, stopping) = watch::channel(false);

    let worker = Worker {
        store: Arc::clone(&store),
        published: publisher.subscribe(),
        transport: Transport::open(&settings.mail)?,
        clock: Arc::clone(&clock),
        report: |failure| eprintln!("{failure}"),
    };
    let scheduler = Scheduler {
        store: Arc::clone(&store),
        published: publisher.subscribe(),
        clock: Arc::clone(&clock),
        minimum_days: settings.minimum_days,
        runs: settings.now.is_none(),
        letters: if let Mail::Folder(folder) = &settings.mail { Some(folder.clone()) } else { None },
        report: |phrase| eprintln!("{}", phrase.text(&Texts::embedded(), REFERENCE)),
    };
    let tasks: [JoinHandle<()>; 3] = [
        tokio::spawn(worker.run(stopping.clone())),
        tokio::spawn(scheduler.run(stopping.clone())),
        tokio::spawn(Arc::clone(&publisher).keep_current(Arc::clone(&clock), content, stopping, publication, report)),
    ];

    let guard = Guard::new(settings.trusted_proxies.clone(), settings.max_body, settings.limit);
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

/// Each connection is an open file, and the usual limit of a thousand is soon reached by whoever
/// opens some and says nothing: as many as the system lets us have. Fewer is no reason not to
/// serve.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn cannot_start(error: io::Error) -> Phrase {
    Phrase::new("demarrage-impossible").with("cause", error)
}

fn cannot_listen(settings: &Settings, error: &io::Error) -> Phrase {
    Phrase::new("serveur-ecoute-impossible").with("adresse", settings.listen).with("cause", error)
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
