//! Answers until the process is asked to stop, and then to whoever had begun to ask.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

use crate::connections::{self, Register};

/// How long the requests under way may take once the process is asked to stop: longer than a form
/// may take to come, and less than a supervisor's patience. Whoever has not finished asking by then
/// is let go.
const FAREWELL: Duration = Duration::from_secs(12);

/// The system's ways to ask a process to stop (SIGINT, SIGTERM), heard from when this is made:
/// before, they would end it at once.
pub(crate) struct StopSignals {
    interrupted: Signal,
    terminated: Signal,
}

impl StopSignals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { interrupted: signal(SignalKind::interrupt())?, terminated: signal(SignalKind::terminate())? })
    }

    pub(crate) async fn awaited(mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
}

/// Answers on `listener` until the other end of `stop` goes away, and then those under way.
pub(crate) async fn serve_until(
    stop: oneshot::Receiver<()>,
    listener: TcpListener,
    router: Router,
    register: Arc<Register>,
) {
    let (leave, leaving) = oneshot::channel();
    let goodbye = async {
        let _ = stop.await;
        let _ = leave.send(());
    };
    let farewell = async {
        let _ = leaving.await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        () = connections::serve(listener, router, register, goodbye) => {}
        () = farewell => {}
    }
}
