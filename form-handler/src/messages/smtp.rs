//! A mail server: one connection, kept open from letter to letter, and what each of its answers
//! means.
//!
//! lettre speaks the protocol; the steps are ours, since the same 550 is about us when a sender is
//! named, and about the person when a recipient is.

use std::{fmt, future::Future, time::Duration};

use lettre::{
    Address, Message,
    transport::smtp::{
        Error,
        authentication::DEFAULT_MECHANISMS,
        client::{AsyncSmtpConnection, Tls},
        commands::{Data, Mail, Quit, Rcpt, Rset},
        extension::{Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use tokio::sync::Mutex;

use super::mail_server::MailServer;

/// How long each step of the conversation may take, before the server is taken to be down. A letter
/// takes eight steps at most.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A letter did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// What failed.
    pub blame: Blame,
    /// In the system's or the server's words. No address is in it.
    pub cause: String,
}

/// What failed when a letter did not leave, which decides when it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// There is no such recipient: trying again is useless.
    Recipient,
    /// The server does not want this letter now; it may want others.
    Letter,
    /// The connection broke while the letter was under way: it may have arrived.
    Line,
    /// There is no way out for any letter, and this one was not tried.
    Server,
}

/// The way to a mail server.
pub struct Smtp {
    server: MailServer,
    patience: Duration,
    /// The connection of the last letter. Whoever sends takes it out, and puts it back when all
    /// went as it should.
    line: Mutex<Option<AsyncSmtpConnection>>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Why a step failed: without a code, nobody answered.
struct StepError {
    code: Option<u16>,
    cause: String,
}

impl StepError {
    fn blame(self, blame: Blame) -> SendError {
        SendError { blame, cause: self.cause }
    }

    /// Of a step about one letter to one person.
    fn of_letter(self) -> SendError {
        let blame = match self.code {
            // Nobody there, for ever. Other 5xx answers are about us (policy, size): somebody can
            // mend those while we go on trying.
            Some(550..=553) => Blame::Recipient,
            // "Closing": the server's own trouble.
            None | Some(421) => Blame::Line,
            Some(_) => Blame::Letter,
        };
        self.blame(blame)
    }
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self { code: error.status().map(u16::from), cause: without_addresses(&error.to_string()) }
    }
}

impl Smtp {
    pub(super) fn new(server: MailServer) -> Self {
        Self { server, patience: PATIENCE, line: Mutex::default() }
    }

    /// With less patience.
    #[cfg(test)]
    pub(super) fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Reaches the server, unless a connection is open.
    pub(super) async fn reach(&self) -> Result<(), SendError> {
        let mut line = self.line.lock().await;
        if line.is_none() {
            *line = Some(self.connect().await?);
        }
        Ok(())
    }

    /// Sends one letter.
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let mut line = self.line.lock().await;
        let kept = line.take();
        let mut open = if let Some(open) = kept { open } else { self.connect().await? };
        // The server may have hung up since the last letter, as most do after a while: that is no
        // failure.
        if self.begin(&mut open, message).await.is_err() {
            open = self.connect().await?;
            self.begin(&mut open, message).await.map_err(|error| error.blame(Blame::Server))?;
        }
        let sent = self.finish(&mut open, message).await;
        let usable = match &sent {
            Ok(()) => true,
            Err(error) if error.blame == Blame::Line => false,
            Err(_) => self.patiently(open.command(Rset)).await.is_ok(),
        };
        if usable {
            *line = Some(open);
        }
        sent
    }

    /// Takes leave of the server.
    pub(super) async fn close(&self) {
        if let Some(mut open) = self.line.lock().await.take() {
            let _ = self.patiently(open.command(Quit)).await;
        }
    }

    /// Whatever fails here says nothing of any letter.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let connected = async {
            let MailServer { host, port, tls, hello, login } = &self.server;
            let wrapped = if let Tls::Wrapper(parameters) = tls { Some(parameters.clone()) } else { None };
            let reached = AsyncSmtpConnection::connect_tokio1((host.as_str(), *port), None, hello, wrapped, None);
            let mut open = self.patiently(reached).await?;
            let upgrade = match tls {
                Tls::Required(parameters) => Some(parameters),
                Tls::Opportunistic(parameters) if open.can_starttls() => Some(parameters),
                _ => None,
            };
            if let Some(parameters) = upgrade {
                self.patiently(open.starttls(parameters.clone(), hello)).await?;
            }
            if let Some(login) = login {
                self.patiently(open.auth(DEFAULT_MECHANISMS, login)).await?;
            }
            Ok(open)
        };
        connected.await.map_err(|error: StepError| error.blame(Blame::Server))
    }

    /// Names the sender, who is always us.
    async fn begin(&self, open: &mut AsyncSmtpConnection, message: &Message) -> Result<Response, StepError> {
        let mut parameters = Vec::new();
        if message.envelope().to().iter().any(|to| !is_ascii(to)) && international(open) {
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        self.patiently(open.command(Mail::new(message.envelope().from().cloned(), parameters))).await
    }

    async fn finish(&self, open: &mut AsyncSmtpConnection, message: &Message) -> Result<(), SendError> {
        for to in message.envelope().to() {
            if !is_ascii(to) && !international(open) {
                let cause = "the server takes no address with letters beyond ASCII".to_owned();
                return Err(SendError { blame: Blame::Recipient, cause });
            }
            self.patiently(open.command(Rcpt::new(to.clone(), Vec::new()))).await.map_err(StepError::of_letter)?;
        }
        self.patiently(open.command(Data)).await.map_err(StepError::of_letter)?;
        self.patiently(open.command(whole(&message.formatted()))).await.map_err(StepError::of_letter)?;
        Ok(())
    }

    async fn patiently<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<T, StepError> {
        match tokio::time::timeout(self.patience, step).await {
            Ok(done) => Ok(done?),
            Err(late) => Err(StepError { code: None, cause: late.to_string() }),
        }
    }
}

/// A server repeats the address that it refuses; who is written to is not for the log.
fn without_addresses(cause: &str) -> String {
    let words = cause.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// A letter as it goes over the line, to its final dot, in one piece: what is written in two waits
/// for the other side to confirm the first.
fn whole(letter: &[u8]) -> String {
    let text = String::from_utf8_lossy(letter);
    // A line that begins with a dot gets another.
    let mut whole = text.strip_prefix('.').map_or_else(String::new, |_| ".".to_owned());
    whole.push_str(&text.replace("\r\n.", "\r\n.."));
    if !whole.ends_with("\r\n") {
        whole.push_str("\r\n");
    }
    whole.push_str(".\r\n");
    whole
}

fn is_ascii(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.is_ascii()
}

fn international(open: &AsyncSmtpConnection) -> bool {
    open.server_info().supports_feature(Extension::SmtpUtfEight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_ends_with_the_one_dot_that_stands_alone() {
        for (letter, sent) in
            [("a\r\n", "a\r\n.\r\n"), ("a", "a\r\n.\r\n"), (".\r\n.\r\n..b\r\n", "..\r\n..\r\n...b\r\n.\r\n")]
        {
            assert_eq!(whole(letter.as_bytes()), sent);
        }
    }
}
