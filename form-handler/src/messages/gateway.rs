//! The town's gateway for text messages: a form is posted to it, and each answer means something.
//!
//! The form has `numero` (E.164), `texte` and `identifiant`. The last one is also the header
//! `Idempotency-Key`: it is the same at each attempt, and a gateway that has seen it sends nothing
//! twice. What it answers is never read, but for the status: it may repeat a number.

use std::{fmt, io, sync::Arc, time::Duration};

use axum::body::Body;
use data_encoding::BASE64;
use hyper::{
    Request, StatusCode,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Mutex,
    task::AbortHandle,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{
    smtp::{Blame, SendError},
    text::TextMessage,
};
use crate::phrase::Phrase;

/// How long the gateway may take to let us in, and to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Where the gateway is.
#[derive(Clone)]
pub struct GatewayAddress {
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
    /// The header `Host`.
    authority: String,
    /// Path and query, which may hold a secret.
    target: String,
    /// The header `Authorization`.
    login: Option<String>,
    /// Whether the way there is this machine's own, or encrypted.
    is_private: bool,
}

/// Neither path nor login: they may be secret.
impl fmt::Debug for GatewayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayAddress").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl GatewayAddress {
    /// Understands `https://user:password@host:port/path?query`. A password without a user is a
    /// token (`Bearer`).
    ///
    /// # Errors
    /// What is wrong with the address, without it: it may hold a password.
    pub(super) fn parse(address: &str) -> Result<Self, Phrase> {
        let wrong = |cause: &dyn fmt::Display| Phrase::new("config-sms-adresse").with("cause", cause);
        let url = Url::parse(address).map_err(|error| wrong(&error))?;
        let (host, here) = match url.host() {
            Some(Host::Domain(name)) => (name.to_owned(), name == "localhost"),
            Some(Host::Ipv4(figures)) => (figures.to_string(), figures.is_loopback()),
            Some(Host::Ipv6(figures)) => (figures.to_string(), figures.is_loopback()),
            None => return Err(wrong(&"no host")),
        };
        let secret = url.scheme() == "https";
        if url.password().is_some() && !secret && !here {
            return Err(Phrase::new("config-sms-en-clair"));
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = url.password().map(|password| match (decoded(url.username()), decoded(password)) {
            (user, token) if user.is_empty() => format!("Bearer {token}"),
            (user, password) => format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes())),
        });
        let named = match url.port() {
            Some(port) => format!(":{port}"),
            None => String::new(),
        };
        Ok(Self {
            port: url.port_or_known_default().unwrap_or(if secret { 443 } else { 80 }),
            tls: if secret { Some(tls().map_err(|error| wrong(&error))?) } else { None },
            authority: format!("{}{named}", url.host_str().unwrap_or_default()),
            target: url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())),
            login,
            is_private: secret || here,
            host,
        })
    }

    /// Whether nobody on the way reads the numbers.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.is_private
    }
}

fn tls() -> Result<TlsConnector, rustls::Error> {
    let mut roots = RootCertStore::empty();
    // A machine without certificates reaches only gateways that need none.
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The way to the gateway.
pub struct Gateway {
    address: GatewayAddress,
    patience: Duration,
    /// A connection that was opened for the next message. Each message has its own: gateways are
    /// seldom asked, and one that hung up meanwhile would be taken for one that got it.
    line: Mutex<Option<Line>>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A connection, which ends when it is dropped.
struct Line {
    requests: SendRequest<Body>,
    driver: AbortHandle,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn down(cause: &dyn fmt::Display) -> SendError {
    SendError { blame: Blame::Server, cause: cause.to_string() }
}

impl Gateway {
    pub(super) fn new(address: GatewayAddress) -> Self {
        Self { address, patience: PATIENCE, line: Mutex::default() }
    }

    /// With less patience.
    #[cfg(test)]
    pub(super) fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Reaches the gateway, unless a connection is open.
    pub(super) async fn reach(&self) -> Result<(), SendError> {
        let mut line = self.line.lock().await;
        if line.as_ref().is_none_or(|open| open.requests.is_closed()) {
            *line = Some(self.connect().await?);
        }
        Ok(())
    }

    /// Sends one message.
    pub(super) async fn send(&self, message: &TextMessage) -> Result<(), SendError> {
        let kept = self.line.lock().await.take().filter(|open| !open.requests.is_closed());
        let mut open = if let Some(open) = kept { open } else { self.connect().await? };
        let request = self.request(message).map_err(|error| down(&error))?;
        let answered = tokio::time::timeout(self.patience, open.requests.send_request(request)).await;
        // It may have arrived, whatever broke.
        let cut = |cause: &dyn fmt::Display| SendError { blame: Blame::Line, cause: cause.to_string() };
        let answer = answered.map_err(|late| cut(&late))?.map_err(|error| cut(&error))?;
        match blame(answer.status()) {
            None => Ok(()),
            Some(blame) => Err(SendError { blame, cause: format!("HTTP {}", answer.status().as_u16()) }),
        }
    }

    /// Takes leave.
    pub(super) async fn close(&self) {
        drop(self.line.lock().await.take());
    }

    fn request(&self, message: &TextMessage) -> Result<Request<Body>, axum::http::Error> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("numero", &message.to)
            .append_pair("texte", &message.words)
            .append_pair("identifiant", &message.id)
            .finish();
        let request = Request::post(&self.address.target)
            .header(header::HOST, &self.address.authority)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONTENT_LENGTH, form.len())
            .header(header::CONNECTION, "close")
            .header("Idempotency-Key", &message.id);
        let request = match &self.address.login {
            Some(login) => request.header(header::AUTHORIZATION, login),
            None => request,
        };
        request.body(Body::from(form))
    }

    /// Whatever fails here says nothing of any message.
    async fn connect(&self) -> Result<Line, SendError> {
        let opened = tokio::time::timeout(self.patience, self.open()).await;
        opened.map_err(|late| down(&late))?.map_err(|error| down(&error))
    }

    async fn open(&self) -> io::Result<Line> {
        let GatewayAddress { host, port, tls, .. } = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        match tls {
            None => line(stream).await,
            Some(tls) => {
                let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
                line(tls.connect(name, stream).await?).await
            }
        }
    }
}

async fn line(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> io::Result<Line> {
    let (requests, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It ends with the line; what breaks it is told to whoever sends.
    let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
    Ok(Line { requests, driver })
}

/// What an answer blames; `None`: the gateway took the message.
///
/// A refusal of the form as it is (400, 410, 422) is about this number: nobody mends it by waiting.
/// Every other one of the fours is about us (a password, an address, too many at once), and no
/// message is tried until it is mended. What failed inside the gateway (500) may be about this one.
fn blame(status: StatusCode) -> Option<Blame> {
    match status.as_u16() {
        200..=299 => None,
        400 | 410 | 422 => Some(Blame::Recipient),
        300..=499 | 502 | 503 | 504 => Some(Blame::Server),
        _ => Some(Blame::Letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str) -> Result<GatewayAddress, Phrase> {
        GatewayAddress::parse(address)
    }

    #[test]
    fn an_address_says_where_and_how_and_is_not_shown() {
        let gateway = parse("https://ville:p%40sse@sms.exemple.fr/envoi?compte=7").unwrap();
        assert_eq!((gateway.host.as_str(), gateway.port, gateway.tls.is_some()), ("sms.exemple.fr", 443, true));
        assert_eq!((gateway.authority.as_str(), gateway.target.as_str()), ("sms.exemple.fr", "/envoi?compte=7"));
        assert_eq!(gateway.login.as_deref(), Some("Basic dmlsbGU6cEBzc2U="));
        let shown = format!("{gateway:?}");
        assert!(!shown.contains("p@sse") && !shown.contains("envoi") && !shown.contains("compte"), "{shown}");
        let gateway = parse("https://:jeton@sms.exemple.fr:8443").unwrap();
        assert_eq!(gateway.login.as_deref(), Some("Bearer jeton"));
        assert_eq!((gateway.authority.as_str(), gateway.target.as_str()), ("sms.exemple.fr:8443", "/"));
        let gateway = parse("http://127.0.0.1:9000/x").unwrap();
        assert!(gateway.tls.is_none() && gateway.login.is_none() && gateway.is_private());
        assert!(!parse("http://sms.exemple.fr").unwrap().is_private());
    }

    #[test]
    fn a_password_never_crosses_a_network_in_clear_nor_is_it_told() {
        for (address, id) in [
            ("http://ville:secret@sms.exemple.fr/", "config-sms-en-clair"),
            ("http://:secret@192.0.2.1/", "config-sms-en-clair"),
            ("https://u:secret@", "config-sms-adresse"),
            ("https://u:secret@sms.exemple.fr:x", "config-sms-adresse"),
        ] {
            let refused = parse(address).unwrap_err();
            assert_eq!(refused.id, id, "{address}");
            assert!(!format!("{refused:?}").contains("secret"), "{refused:?}");
        }
        assert!(parse("http://u:secret@127.0.0.1:8000/").is_ok() && parse("http://u:secret@localhost/").is_ok());
    }

    #[test]
    fn each_answer_blames_the_message_its_number_or_the_gateway() {
        let of = |code| blame(StatusCode::from_u16(code).unwrap());
        assert!([200, 201, 202, 204].into_iter().all(|code| of(code).is_none()));
        assert!([400, 410, 422].into_iter().all(|code| of(code) == Some(Blame::Recipient)));
        let ours = [301, 302, 401, 402, 403, 404, 405, 408, 413, 415, 429, 502, 503, 504];
        assert!(ours.into_iter().all(|code| of(code) == Some(Blame::Server)));
        assert!([500, 501, 505, 507].into_iter().all(|code| of(code) == Some(Blame::Letter)));
    }

    #[tokio::test]
    async fn a_gateway_that_says_nothing_is_not_waited_for_for_ever() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = parse(&format!("http://{}", silent.local_addr().unwrap())).unwrap();
        let gateway = Gateway::new(address).within(Duration::from_millis(50));
        let message = TextMessage {
            name: "n.txt".to_owned(),
            id: "i".to_owned(),
            to: "+33612345678".to_owned(),
            words: "Bonjour".to_owned(),
        };
        let failed = gateway.send(&message).await.unwrap_err();
        assert_eq!(failed.blame, Blame::Line, "it may have arrived");
        assert!(!failed.cause.contains("33612"), "{failed:?}");
        drop(silent);
        assert_eq!(gateway.send(&message).await.unwrap_err().blame, Blame::Server);
    }
}
