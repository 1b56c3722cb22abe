//! Who is connected: no more than the process has open files for, each only while it gets on.
//!
//! A connection costs whoever opens it nothing, and us an open file. So each stage has its limit,
//! and there is a ceiling below the process's own. There, a newcomer is let in, and whoever has
//! waited longest goes, of the address that holds most: one that opens thousands only ever closes
//! its own, and a parent gets through. Nobody goes while we work on their answer.
//!
//! `line` is what is known of one connection, `register` all of them and who has to go, `stream`
//! what notes how a connection gets on.

mod line;
mod register;
mod stream;

use std::{convert::Infallible, io::ErrorKind, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, http::Request};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub(crate) use self::register::Register;
use self::{
    line::Line,
    register::Entered,
    stream::{Noted, NotedBody},
};
use crate::system::stopwatch;

/// Open files that are no connections: the database's, what a publication reads and writes, the
/// watcher, letters.
const OTHER_FILES: u64 = 128;

/// A connection, and the file that is being read for it.
const FILES_EACH: u64 = 2;

/// Connections at the same time, at least and at most: more would only cost memory.
const FEWEST: usize = 16;
const MOST: usize = 4_096;

/// How often late connections are looked for.
const ROUND: Duration = Duration::from_secs(1);

/// Before the next newcomer, when the system has no file left for one.
const PAUSE: Duration = Duration::from_millis(50);

/// The longest head of a request. Browsers send a tenth of it.
const MAX_HEAD: usize = 32 * 1_024;

/// How many connections a process may hold that may open so many files; `None`: any number.
pub(crate) fn ceiling(files: Option<u64>) -> usize {
    let left = files.map_or(u64::MAX, |files| files.saturating_sub(OTHER_FILES));
    usize::try_from(left / FILES_EACH).unwrap_or(MOST).clamp(FEWEST, MOST)
}

/// Answers on `listener` until `stop` comes, and then those who had begun to ask.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    register: Arc<Register>,
    stop: impl Future<Output = ()>,
) {
    let (leave, leaving) = watch::channel(false);
    let mut stop = pin!(stop);
    let mut rounds = tokio::time::interval(ROUND);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = rounds.tick() => register.close_late(stopwatch()),
            newcomer = next(&listener, &register) => if let Some((stream, peer)) = newcomer {
                let entered = register.enter(peer.ip());
                tokio::spawn(attend(stream, peer, router.clone(), entered, leaving.clone()));
            }
        }
    }
    // Nobody else is let in.
    drop(listener);
    leave.send_replace(true);
    loop {
        tokio::select! {
            () = register.emptied() => return,
            _ = rounds.tick() => register.close_late(stopwatch()),
        }
    }
}

/// The next newcomer, once there is room. May be dropped at any time.
async fn next(listener: &TcpListener, register: &Register) -> Option<(TcpStream, SocketAddr)> {
    register.room().await;
    match listener.accept().await {
        Ok(newcomer) => Some(newcomer),
        // Gone before it was let in.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
            ) =>
        {
            None
        }
        // No file left, or no memory: somebody else has taken what we counted on.
        Err(_) => {
            register.close_one();
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// Answers on one connection until it ends, or has to.
async fn attend(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    entered: Entered,
    mut leaving: watch::Receiver<bool>,
) {
    // An answer goes out as soon as it is written.
    let _ = stream.set_nodelay(true);
    let line = Arc::clone(entered.line());
    let asked = Arc::clone(&line);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| answer(&router, request, peer, Arc::clone(&asked)));
    let io = TokioIo::new(Noted::new(stream, Arc::clone(&line)));
    let mut connection = pin!(http1::Builder::new().max_buf_size(MAX_HEAD).serve_connection(io, service));
    let mut told = false;
    loop {
        tokio::select! {
            // Whatever it was about is nobody's business any more: the client hung up, or wrote
            // what is no request.
            _ = connection.as_mut() => return,
            () = line.must_close() => {
                if line.may_go() {
                    return;
                }
                // After the answer to the request that came meanwhile.
                connection.as_mut().graceful_shutdown();
            }
            _ = leaving.changed(), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Answers one request, and notes how far it is.
fn answer(
    router: &TowerToHyperService<Router>,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    line: Arc<Line>,
) -> impl Future<Output = Result<axum::http::Response<NotedBody<axum::body::Body>>, Infallible>> + use<> {
    line.asked(!request.body().is_end_stream());
    request.extensions_mut().insert(ConnectInfo(peer));
    let answered = router.call(request.map(|body| NotedBody::new(body, Arc::clone(&line), Line::has_asked)));
    async move {
        let response = answered.await?;
        line.answers();
        Ok(response.map(|body| NotedBody::new(body, line, Line::has_answered)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fewer_connections_than_files() {
        for (files, most) in [(64, 16), (256, 64), (1_024, 448), (4_096, 1_984), (1_048_576, 4_096)] {
            assert_eq!(ceiling(Some(files)), most, "{files}");
        }
        assert_eq!(ceiling(None), MOST);
    }
}
