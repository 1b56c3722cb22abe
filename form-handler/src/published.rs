//! What was published last, as one value: the site to answer from, the letters to write, the
//! origins that may post, the policy that browsers are told. Whoever answers, writes or does what
//! time brings reads it from one channel ([`crate::publishing::Publisher`]), on which a publication
//! puts it whole: nothing is half old.
//!
//! What cannot be made of a content is told before anything of that content is published: what was
//! published before then stays, whole.
//!
//! Of `content/site.toml` thus follow an edit, without a restart: `adresse` and `inscription`
//! (links of letters, origins, policy), the team's address (where it reads, and `From`), its
//! number, the organiser's name, the questionnaire, the time zone, how long enrolments are kept;
//! and every template and message, those of letters included. What is asked of the machine, as
//! where to listen, is in the settings, and is read once.

use std::{net::SocketAddr, ops::Deref, sync::Arc};

use axum::http::HeaderValue;
use entreparentaise::{fingerprint::Fingerprint, site::Snapshot};

use crate::{
    messages::{Letters, Sender},
    phrase::Phrase,
    token::Key,
};

/// The folder of letters' templates in a root, and the other files that letters are made of.
const LETTERS: &[&str] = &["templates/courriels/", "locales/", "content/site.toml"];

/// What this process knows by itself, whatever is published.
#[derive(Debug, Clone)]
pub struct Own {
    /// What links are made with.
    pub key: Key,
    /// Where it listens.
    pub address: SocketAddr,
}

/// What was published last.
#[derive(Debug)]
pub struct Published {
    site: Snapshot,
    letters: Arc<Letters>,
    /// Of what the letters are made of.
    made_of: Fingerprint,
    origins: Vec<String>,
    policy: Option<HeaderValue>,
}

impl Published {
    /// Of the site as it is published now. What did not change is taken from `earlier`.
    ///
    /// # Errors
    /// A letter's template, or the team's address, that is not right.
    pub fn of(site: Snapshot, own: &Own, earlier: Option<&Self>) -> Result<Self, Phrase> {
        let (letters, made_of) = letters(&site, own, earlier)?;
        let origins = origins(&site, own.address);
        let policy = policy(site.site().handler_url.as_deref().unwrap_or_default());
        Ok(Self { site, letters, made_of, origins, policy })
    }

    /// Whether [`Published::of`] would be a value for this site.
    ///
    /// # Errors
    /// As there.
    pub fn check(site: &Snapshot, own: &Own, earlier: Option<&Self>) -> Result<(), Phrase> {
        letters(site, own, earlier).map(drop)
    }

    /// The letters to write now.
    #[must_use]
    pub fn letters(&self) -> &Letters {
        &self.letters
    }

    /// The origins that may post: the site's, the handler's, and, for whoever tries it on one
    /// machine, where it listens.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// What browsers may load, and where they may send forms. `None`: no header can hold the
    /// handler's address.
    #[must_use]
    pub fn policy(&self) -> Option<&HeaderValue> {
        self.policy.as_ref()
    }
}

/// The site itself is what most ask for.
impl Deref for Published {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.site
    }
}

impl AsRef<Letters> for Published {
    fn as_ref(&self) -> &Letters {
        &self.letters
    }
}

/// The letters of a site, and the fingerprint of what they are made of.
fn letters(site: &Snapshot, own: &Own, earlier: Option<&Published>) -> Result<(Arc<Letters>, Fingerprint), Phrase> {
    let sources = site.sources();
    let files = LETTERS.iter().flat_map(|path| sources.under(path));
    let made_of =
        Fingerprint::all(files.flat_map(|(path, file)| [Fingerprint::of(path.as_bytes()), file.fingerprint()]));
    if let Some(earlier) = earlier.filter(|earlier| earlier.made_of == made_of) {
        return Ok((Arc::clone(&earlier.letters), made_of));
    }
    let settings = site.site();
    let local = settings.url.contains("://127.0.0.1");
    // On one machine, links lead where this process listens.
    let here = |url: &str| if local { format!("http://{}", own.address) } else { url.to_owned() };
    let sender = Sender {
        name: settings.organiser.clone(),
        email: settings.contact.email.known().cloned(),
        phone: settings.contact.phone.known().cloned(),
        public_url: here(settings.handler_url.as_deref().unwrap_or(&settings.url)),
        site_url: here(&settings.url),
        questionnaire: settings.questionnaire.clone(),
        zone: settings.time_zone.clone(),
    };
    let overrides = sources
        .under("templates/courriels/")
        .filter_map(|(path, _)| Some((path.strip_prefix("templates/")?, sources.text(path)?)));
    let letters = Letters::new(overrides, sender, own.key.clone(), Arc::clone(site.texts()))?;
    Ok((Arc::new(letters), made_of))
}

fn origins(site: &Snapshot, address: SocketAddr) -> Vec<String> {
    let mut origins = vec![site.site().url.clone(), format!("http://{address}")];
    origins.extend(site.site().handler_url.clone());
    if address.ip().is_loopback() {
        origins.push(format!("http://localhost:{}", address.port()));
    }
    origins
}

/// Forbids whatever the pages do not use: no inline style or script, no other site but the
/// handler's address, to which forms may be sent.
fn policy(handler: &str) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
         manifest-src 'self'; connect-src 'self'; form-action 'self' {handler}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
}

#[cfg(test)]
mod tests {
    use entreparentaise::{
        content::sources::Sources,
        site::{EmptyCache, Inputs, When},
    };
    use harness::Project;
    use jiff::Timestamp;

    use super::*;

    fn own() -> Own {
        Own { key: Key::from_bytes([1; 32]), address: "127.0.0.1:8080".parse().unwrap() }
    }

    fn site(project: &Project) -> Snapshot {
        let (sources, problems) = Sources::read(project.root(), &|_| None);
        assert_eq!(problems, []);
        let inputs = Inputs { now: When::Instant(Timestamp::UNIX_EPOCH), availability: None, drafts: false };
        Snapshot::to_answer(sources, Vec::new(), &inputs, &EmptyCache::default()).unwrap()
    }

    #[test]
    fn letters_are_made_again_only_when_what_they_are_made_of_changed() {
        let project = Project::new();
        let first = Published::of(site(&project), &own(), None).unwrap();
        project.edit("content/charte.md", "On ne juge pas.", "On ne juge personne.");
        let second = Published::of(site(&project), &own(), Some(&first)).unwrap();
        assert!(Arc::ptr_eq(&first.letters, &second.letters), "a page is no letter");
        for (file, from, to) in [
            ("content/site.toml", "https://essai.example", "https://ailleurs.example"),
            ("templates/courriels/place.txt", "\n\n", "\n\nDes mots tout neufs.\n\n"),
        ] {
            project.file(file, project.read(file).replacen(from, to, 1));
            let other = Published::of(site(&project), &own(), Some(&second)).unwrap();
            assert!(!Arc::ptr_eq(&second.letters, &other.letters), "{file}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_told_before_it_is_published() {
        let project = Project::new();
        let first = Published::of(site(&project), &own(), None).unwrap();
        project.file("templates/courriels/place.txt", "Objet\n\n{{ inconnu(a=1) }}\n");
        let wrong = site(&project);
        assert_eq!(Published::check(&wrong, &own(), Some(&first)).unwrap_err().id, "courriel-modele");
    }
}
