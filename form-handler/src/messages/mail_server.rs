//! Where a mail server is, and how it is spoken to: one reading of `smtp://` and `smtps://`
//! addresses.
//!
//! `smtp://` says nothing of encryption: it is used when the server offers it, and demanded before a
//! password is sent to another machine. A server whose certificate nobody vouches for is trusted by
//! its authority's (`ca`), and by that alone.

use std::{fmt, net::IpAddr, path::Path};

use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, CertificateStore, Tls, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use url::{Host, Url};

use crate::phrase::Phrase;

/// What may stand behind the question mark.
const PARAMETERS: [&str; 2] = ["ca", "tls"];

/// A mail server.
#[derive(Clone)]
pub struct MailServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    /// How we name ourselves.
    pub(super) hello: ClientId,
    pub(super) login: Option<Credentials>,
}

/// Neither the login nor the password.
impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailServer").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl MailServer {
    /// Understands `smtp://user:password@host:port/our-name?tls=required&ca=FILE`. A file is
    /// relative to `folder`.
    ///
    /// # Errors
    /// What is wrong with the address, without it: it may hold a password.
    pub(super) fn parse(address: &str, folder: &Path) -> Result<Self, Phrase> {
        let wrong = |cause: &dyn fmt::Display| Phrase::new("config-courriel-adresse").with("cause", cause);
        let url = Url::parse(address).map_err(|error| wrong(&error))?;
        let (host, here) = match url.host() {
            // Of an address that is not for the web, the name may be in figures.
            Some(Host::Domain(name)) => match name.parse::<IpAddr>() {
                Ok(figures) => (figures.to_string(), figures.is_loopback()),
                Err(_) => (name.to_owned(), name == "localhost"),
            },
            Some(Host::Ipv4(figures)) => (figures.to_string(), figures.is_loopback()),
            Some(Host::Ipv6(figures)) => (figures.to_string(), figures.is_loopback()),
            None => return Err(wrong(&"no host")),
        };
        if let Some((key, _)) = url.query_pairs().find(|(key, _)| !PARAMETERS.contains(&key.as_ref())) {
            return Err(wrong(&format!("?{key}=")));
        }
        let asked = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let authority = asked("ca").map(|file| certificates(&folder.join(file))).transpose();
        let authority = authority.map_err(|error| wrong(&error))?;
        let private = authority.is_some();
        let parameters = || {
            let parameters = TlsParameters::builder(host.clone());
            let parameters = match authority {
                Some(authority) => parameters.certificate_store(CertificateStore::None).add_root_certificate(authority),
                None => parameters,
            };
            parameters.build_rustls().map_err(|error| wrong(&error))
        };
        let has_password = url.password().is_some();
        let (tls, usual) = match (url.scheme(), asked("tls").as_deref()) {
            ("smtps", None) => (Tls::Wrapper(parameters()?), 465),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), 587),
            // Who names an authority wants it asked.
            ("smtp", None) if private || (has_password && !here) => (Tls::Required(parameters()?), 587),
            ("smtp", None) if here => (Tls::None, 25),
            ("smtp", None | Some("opportunistic")) => (Tls::Opportunistic(parameters()?), 587),
            (scheme, Some(tls)) => return Err(wrong(&format!("{scheme}://…?tls={tls}"))),
            (scheme, None) => return Err(wrong(&format!("{scheme}://"))),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = url.password().map(|password| Credentials::new(decoded(url.username()), decoded(password)));
        let hello = match url.path().trim_matches('/') {
            "" => ClientId::default(),
            name => ClientId::Domain(name.to_owned()),
        };
        let port = url.port().unwrap_or(usual);
        Ok(Self { host, port, tls, hello, login })
    }
}

/// What a PEM file holds.
fn certificates(file: &Path) -> Result<Certificate, String> {
    let told = |cause: &dyn fmt::Display| format!("?ca={}: {cause}", file.display());
    let pem = std::fs::read(file).map_err(|error| told(&error))?;
    // A file without one would trust nobody, and every letter would wait.
    if CertificateDer::pem_slice_iter(&pem).next().is_none() {
        return Err(told(&"no certificate (PEM)"));
    }
    Certificate::from_pem(&pem).map_err(|error| told(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str) -> Result<MailServer, Phrase> {
        MailServer::parse(address, Path::new(""))
    }

    #[test]
    fn an_address_says_where_and_how() {
        for (address, port, tls) in [
            ("smtp://mail.example:2525", 2525, "Opportunistic"),
            ("smtp://mail.example?tls=opportunistic", 587, "Opportunistic"),
            ("smtp://u:p%40@mail.example?tls=required", 587, "Required"),
            ("smtps://u:p@mail.example/me.example", 465, "Wrapper"),
        ] {
            let server = parse(address).unwrap();
            assert_eq!((server.host.as_str(), server.port), ("mail.example", port));
            assert!(format!("{:?}", server.tls).starts_with(tls), "{address}: {:?}", server.tls);
            assert_eq!(server.login.is_some(), address.contains('@'));
            assert!(!format!("{server:?}").contains('@'), "{server:?}");
        }
    }

    #[test]
    fn a_password_never_crosses_a_network_in_clear() {
        for (address, port, tls) in [
            ("smtp://127.0.0.1:2525", 2525, "None"),
            ("smtp://u:p@localhost", 25, "None"),
            ("smtp://[::1]", 25, "None"),
            ("smtp://u:p@mail.exemple.fr", 587, "Required"),
            ("smtp://u:p@192.0.2.1", 587, "Required"),
            ("smtp://mail.exemple.fr", 587, "Opportunistic"),
            ("smtps://u:p@mail.exemple.fr", 465, "Wrapper"),
        ] {
            let server = parse(address).unwrap();
            assert_eq!(server.port, port, "{address}");
            assert!(format!("{:?}", server.tls).starts_with(tls), "{address}: {:?}", server.tls);
        }
    }

    #[test]
    fn what_is_not_understood_is_told_without_the_password() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vide.pem"), "rien\n").unwrap();
        for (address, told) in [
            ("smtp://u:secret@", "empty host"),
            ("smtp://u:secret@mail.example:x", "port"),
            ("smtp://u:secret@mail.example?tls=maybe", "tls=maybe"),
            ("smtps://u:secret@mail.example?tls=required", "tls=required"),
            ("smtp://u:secret@mail.example?tsl=required", "?tsl="),
            ("smtps://u:secret@mail.example?ca=nulle/part.pem", "nulle/part.pem"),
            ("smtps://u:secret@mail.example?ca=vide.pem", "vide.pem: no certificate"),
        ] {
            let refused = MailServer::parse(address, folder.path()).unwrap_err();
            let said = format!("{refused:?}");
            assert!(refused.id == "config-courriel-adresse" && said.contains(told), "{address}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
