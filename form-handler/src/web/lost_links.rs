//! Links that people lost are looked for after the answer, by a task of its own: the answer is the
//! same, and takes as long, whoever is enrolled.
//!
//! What is typed waits in memory for some seconds, and is written nowhere: it may be anybody's
//! address. A process that is killed meanwhile forgets it, and whoever asked asks again.

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};

use super::error::RequestError;
use crate::{demand::Email, log, store::Store, system::Clock};

/// Addresses that may wait. Beyond, whoever asks is told to come back.
const QUEUE: usize = 2_048;

/// Between the answer and the look: what is written then is told from no answer.
const PAUSE: Duration = Duration::from_secs(2);

/// The way to the task.
#[derive(Debug)]
pub struct LostLinks(mpsc::Sender<Email>);

/// The task.
#[derive(Debug)]
pub struct LinkFinder {
    asked: mpsc::Receiver<Email>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl LostLinks {
    /// The way to the task, and the task.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> (Self, LinkFinder) {
        let (ask, asked) = mpsc::channel(QUEUE);
        (Self(ask), LinkFinder { asked, store, clock })
    }

    /// Has the links of this address looked for.
    pub(super) fn look_for(&self, email: Email) -> Result<(), RequestError> {
        self.0.try_send(email).map_err(|_| RequestError::Unavailable)
    }
}

impl LinkFinder {
    /// Works until `stop` turns true, and then on what still waits.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut emails = Vec::new();
        loop {
            tokio::select! {
                biased;
                _ = self.asked.recv_many(&mut emails, QUEUE) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
            while let Ok(email) = self.asked.try_recv() {
                emails.push(email);
            }
            for email in emails.drain(..) {
                let found = self.store.write_found_again(email.key().to_owned(), self.clock.now()).await;
                if let Err(error) = found {
                    log::error(&error.phrase());
                }
            }
            if *stop.borrow() {
                return;
            }
        }
    }
}
