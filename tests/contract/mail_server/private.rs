//! A mail server behind TLS, with a certificate that its own authority alone vouches for.

use std::{sync::Arc, thread};

use harness::Project;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{
    script::{MailServer, Script, Step},
    serve_with,
};
use crate::support::{Form, PATIENCE, until};

/// Who vouches for one server.
struct Authority {
    /// Its certificate, as a town's own would be handed out.
    pem: String,
    server: Arc<ServerConfig>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().expect("a key");
        let named = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a server");
        let certificate = named.signed_by(&key, &issuer).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = rustls::crypto::ring::default_provider().into();
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocols")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate and its key");
        Self { pem, server: Arc::new(server) }
    }

    /// Puts TLS before a server: at once, or when it is asked for (`STARTTLS`). Its port.
    fn before(&self, mail: &MailServer, when_asked: bool) -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let port = listener.local_addr().expect("a bound port").port();
        let (behind, acceptor) = (mail.port(), TlsAcceptor::from(Arc::clone(&self.server)));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move { drop(talk(stream, &acceptor, behind, when_asked).await) });
                }
            });
        });
        port
    }
}

/// A conversation, whose end nobody waits for.
async fn talk(mut stream: TcpStream, acceptor: &TlsAcceptor, behind: u16, when_asked: bool) -> std::io::Result<()> {
    if when_asked {
        stream.write_all(b"220 essai.example ESMTP\r\n").await?;
        while !line(&mut stream).await?.starts_with("STARTTLS") {
            stream.write_all(b"250-essai.example\r\n250 STARTTLS\r\n").await?;
        }
        stream.write_all(b"220 go on\r\n").await?;
    }
    let mut stream = acceptor.accept(stream).await?;
    let mut server = TcpStream::connect(("127.0.0.1", behind)).await?;
    if when_asked {
        // It was greeted before.
        line(&mut server).await?;
    }
    copy_bidirectional(&mut stream, &mut server).await.map(drop)
}

/// A line, and not a byte of the next.
async fn line(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&line).to_ascii_uppercase())
}

#[test]
fn a_mail_server_with_a_private_certificate_is_trusted_by_its_authority_alone() {
    let authority = Authority::new();
    for (scheme, when_asked) in [("smtps", false), ("smtp", true)] {
        let project = Project::new();
        project.file("ca.pem", &authority.pem).file("autre.pem", Authority::new().pem);
        let mail = Script::new().start();
        let port = authority.before(&mail, when_asked);
        let strangers = [if when_asked { "?tls=required" } else { "" }, "?ca=autre.pem"];
        for (person, stranger) in strangers.into_iter().enumerate() {
            let server = serve_with(&project, &format!("{scheme}://ville:secret@127.0.0.1:{port}{stranger}"));
            Form::of(&format!("p{person}@essai.example")).json(&server).is(201);
            until("it is told", PATIENCE, || server.output().contains("courriel ne prend rien").then_some(()));
            assert!(!server.output().contains("secret"), "{}", server.output());
            assert_eq!((mail.times(Step::Login, ""), mail.times(Step::Sender, "")), (0, 0), "{scheme} {stranger}");
        }
        // A file that the settings name is the root's.
        let settings = format!("mail = \"{scheme}://ville:secret@127.0.0.1:{port}?ca=ca.pem\"\nlimit = 0\n");
        project.file("form-handler.toml", settings);
        let server = project.server().start();
        mail.wait("every letter", |mail| mail.letters().len() == 2);
        assert_eq!(server.stop(), Some(0));
    }
}
