//! From facts to findings: what is amiss, how much it matters, what to do. Pure.

use std::{net::SocketAddr, path::PathBuf};

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    backup::Status,
    phrase::Phrase,
    settings::Every,
    store::{Inspection, SessionRecord, Withheld},
};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// It must be mended: something fails, or would.
    Mend,
    /// Somebody should look.
    Look,
    /// Good to know.
    Know,
}

impl Level {
    /// Its word, as a message's id.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Mend => "verif-erreur",
            Self::Look => "verif-attention",
            Self::Know => "verif-a-savoir",
        }
    }
}

/// Something to know, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) level: Level,
    pub(super) phrase: Phrase,
}

/// Everything that is looked at.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) now: Timestamp,
    /// Whether the clock was set (`--now`).
    pub(super) frozen: bool,
    pub(super) listen: SocketAddr,
    pub(super) has_proxies: bool,
    pub(super) limit: u32,
    pub(super) content: Content,
    pub(super) database: Database,
    pub(super) key: KeyFact,
    /// What others than their owner may look into, and the message that says so.
    pub(super) open_to_others: Vec<(PathBuf, &'static str)>,
    /// The file of `var/` that was changed last, and the program's own.
    pub(super) newest_file: Option<(PathBuf, Timestamp)>,
    pub(super) program: Option<Timestamp>,
    /// Room on the disk of `var/`, in bytes, and how long the database is.
    pub(super) free: Option<u64>,
    pub(super) database_size: u64,
    pub(super) backup: BackupFacts,
    pub(super) mail: MailFact,
    pub(super) texts: TextFact,
    /// What became of the letter that was sent to the team, if one was asked for: its address, or
    /// why not.
    pub(super) letter: Option<Result<String, Phrase>>,
}

/// The content, as it is in its files.
#[derive(Debug)]
pub(super) enum Content {
    /// It has errors: so many.
    Broken(usize),
    Read(Box<ReadContent>),
}

/// What the content says.
#[derive(Debug)]
pub(super) struct ReadContent {
    /// The site's address, and the server's own where it has another.
    pub(super) url: String,
    pub(super) handler_url: Option<String>,
    pub(super) phone: bool,
    pub(super) email: Option<String>,
    /// Whether the form offers text messages.
    pub(super) offers_texts: bool,
    pub(super) sessions: Vec<SessionRecord>,
}

/// The database.
#[derive(Debug)]
pub(super) enum Database {
    /// It could not be opened.
    Closed(Phrase),
    Open(Box<OpenDatabase>),
}

/// What the database says.
#[derive(Debug, Default)]
pub(super) struct OpenDatabase {
    pub(super) inspection: Inspection,
    /// Sessions whose people are erased soon.
    pub(super) announced: Vec<(String, Date)>,
    /// Sessions whose date is doubted.
    pub(super) doubtful: Vec<String>,
    /// Letters that wait since a restoration.
    pub(super) withheld: Option<Withheld>,
    /// Sessions of which demands came in a burst and wait for the team, and how many.
    pub(super) held: Vec<(String, usize)>,
    /// Letters to the team that have not left.
    pub(super) to_team: usize,
}

/// The key of the links.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeyFact {
    /// The one that the database knows; or none was needed so far.
    Right,
    Absent(PathBuf),
    Other(PathBuf),
    Unreadable(Phrase),
}

/// The backups.
#[derive(Debug)]
pub(super) struct BackupFacts {
    /// Their folder; `None`: the server makes none.
    pub(super) folder: Option<PathBuf>,
    pub(super) every: Every,
    pub(super) status: Status,
    /// Whether they are on the disk of what they are to replace.
    pub(super) same_disk: bool,
    /// Whether anybody who reads the folder may read them.
    pub(super) encrypted: bool,
}

/// The way of letters.
#[derive(Debug)]
pub(super) enum MailFact {
    Folder,
    /// A server greets.
    Reached,
    /// It does not, in its words.
    Unreached(String),
}

/// The way of text messages.
#[derive(Debug)]
pub(super) enum TextFact {
    Folder,
    /// A gateway lets us in; `private`: nobody on the way reads the numbers.
    Reached {
        private: bool,
    },
    /// It does not, in the system's words.
    Unreached(String),
}

/// Letters leave in seconds: one that waits for longer waits for something.
const SOON: SignedDuration = SignedDuration::from_hours(1);
/// And one that waits for so long reaches nobody in time.
const TOO_LATE: SignedDuration = SignedDuration::from_hours(24);
/// Two clocks never agree to the minute.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// Room that must be left, in bytes.
const ROOM: u64 = 100 << 20;

/// What is to be told of these facts, the worst first.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut found = Findings::default();
    database(facts, &mut found);
    key(facts, &mut found);
    content(facts, &mut found);
    address(facts, &mut found);
    clock(facts, &mut found);
    disk(facts, &mut found);
    backups(facts, &mut found);
    letters(facts, &mut found);
    texts(facts, &mut found);
    found.0.sort_by_key(|finding| finding.level);
    found.0
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn mend(&mut self, phrase: Phrase) {
        self.0.push(Finding { level: Level::Mend, phrase });
    }

    fn look(&mut self, phrase: Phrase) {
        self.0.push(Finding { level: Level::Look, phrase });
    }

    fn know(&mut self, phrase: Phrase) {
        self.0.push(Finding { level: Level::Know, phrase });
    }
}

fn database(facts: &Facts, found: &mut Findings) {
    let open = match &facts.database {
        Database::Closed(cause) => {
            return found.mend(Phrase::new("verif-base-fermee").nested("cause", cause.clone()));
        }
        Database::Open(open) => open,
    };
    let Inspection { damage, orphans, encoding, .. } = &open.inspection;
    if let Some(first) = damage.first() {
        found.mend(Phrase::new("verif-base-abimee").with("cause", first));
    }
    if *orphans > 0 {
        found.mend(Phrase::new("verif-base-orphelins").count("nombre", *orphans));
    }
    if !matches!(encoding.to_uppercase().as_str(), "UTF8" | "UTF-8") {
        found.mend(Phrase::new("verif-base-encodage").with("encodage", encoding));
    }
    for (session, date) in &open.announced {
        found.know(Phrase::new("effacement-annonce").with("seance", session).with("date", date));
    }
    for (session, held) in &open.held {
        found.look(Phrase::new("verif-retenues").with("seance", session).count("nombre", *held));
    }
    for session in &open.doubtful {
        found.look(Phrase::new("site-seance-douteuse").with("seance", session));
    }
}

fn key(facts: &Facts, found: &mut Findings) {
    let about = |id, path: &PathBuf| Phrase::new(id).with("fichier", path.display());
    match &facts.key {
        KeyFact::Right => {}
        KeyFact::Absent(path) => found.mend(about("verif-cle-absente", path)),
        KeyFact::Other(path) => found.mend(about("verif-cle-autre", path)),
        KeyFact::Unreadable(cause) => found.mend(cause.clone()),
    }
    for (path, id) in &facts.open_to_others {
        found.mend(about(id, path));
    }
}

fn content(facts: &Facts, found: &mut Findings) {
    let content = match &facts.content {
        Content::Broken(errors) => return found.mend(Phrase::new("verif-contenu-casse").count("nombre", *errors)),
        Content::Read(content) => content,
    };
    if !content.phone {
        found.look(Phrase::new("verif-telephone-absent"));
    }
    if content.email.is_none() {
        found.look(Phrase::new("verif-courriel-absent"));
    }
    let Database::Open(open) = &facts.database else { return };
    if content.email.is_none() && open.to_team > 0 {
        found.look(Phrase::new("courriel-equipe-attend").count("nombre", open.to_team));
    }
    for (asked, orphaned) in &open.inspection.asked {
        let written = content.sessions.iter().find(|session| session.id == asked.id);
        let about = |id| Phrase::new(id).with("seance", &asked.id);
        match written {
            None if *orphaned => found.look(about("site-seance-retiree")),
            None => found.look(about("verif-seance-absente")),
            Some(written) if differs(written, asked) && !open.doubtful.contains(&asked.id) => {
                found.look(about("verif-seance-differente"));
            }
            Some(_) => {}
        }
    }
}

/// Whether people were told another time or place.
fn differs(written: &SessionRecord, asked: &SessionRecord) -> bool {
    let told = |session: &SessionRecord| {
        let SessionRecord { date, start, end, schedule, .. } = session;
        (*date, *start, *end, schedule.cancelled)
    };
    told(written) != told(asked) || written.is_elsewhere(asked)
}

fn address(facts: &Facts, found: &mut Findings) {
    if facts.limit == 0 {
        found.look(Phrase::new("verif-sans-limite"));
    }
    let Content::Read(content) = &facts.content else { return };
    let public = content.handler_url.as_ref().unwrap_or(&content.url);
    let is_local = public.contains("://127.0.0.1") || public.contains("://localhost");
    let (is_secret, is_behind) = (public.starts_with("https://"), facts.listen.ip().is_loopback());
    let about = |id| Phrase::new(id).with("adresse", public).with("ecoute", facts.listen);
    match (is_local, is_secret) {
        (true, _) => found.look(about("verif-adresse-d-essai")),
        (false, false) => found.mend(about("verif-adresse-en-clair")),
        // It is a proxy that speaks TLS, on this machine or on another.
        (false, true) if !facts.has_proxies => found.mend(about("verif-sans-mandataire")),
        (false, true) if !is_behind => found.look(about("verif-ecoute-ouverte")),
        (false, true) => {}
    }
}

fn clock(facts: &Facts, found: &mut Findings) {
    if facts.frozen {
        return found.look(Phrase::new("verif-horloge-arretee"));
    }
    let is_later = |at: Timestamp| at.duration_since(facts.now) > AHEAD;
    if let Database::Open(open) = &facts.database
        && let Some(at) = open.inspection.latest.filter(|at| is_later(*at))
    {
        found.mend(Phrase::new("verif-horloge-base").with("quand", at));
    }
    if let Some((path, at)) = facts.newest_file.as_ref().filter(|(_, at)| is_later(*at)) {
        found.mend(Phrase::new("verif-horloge-fichier").with("fichier", path.display()).with("quand", at));
    }
    if let Some(at) = facts.program.filter(|at| is_later(*at)) {
        found.mend(Phrase::new("verif-horloge-programme").with("quand", at));
    }
}

fn disk(facts: &Facts, found: &mut Findings) {
    let Some(free) = facts.free else { return };
    let about = |id| Phrase::new(id).with("libre", free >> 20);
    // A backup is copied, then packed.
    let wanted = ROOM + 2 * facts.database_size;
    if free < ROOM {
        found.mend(about("verif-disque-plein"));
    } else if free < wanted {
        found.look(about("verif-disque-bientot-plein").with("voulu", wanted >> 20));
    }
}

fn backups(facts: &Facts, found: &mut Findings) {
    let BackupFacts { folder, every, status, same_disk, encrypted } = &facts.backup;
    let old = |made: Timestamp| facts.now.duration_since(made) > every.patience();
    let Some(folder) = folder else {
        // Whoever makes them otherwise need not be told each time.
        if status.by_hand.is_none_or(old) {
            found.look(Phrase::new("verif-sauvegarde-aucune"));
        }
        return;
    };
    let about = |id| Phrase::new(id).with("dossier", folder.display());
    if facts.frozen {
        return;
    }
    if status.is_failing() {
        found.mend(about("verif-sauvegarde-echec"));
    }
    match status.made {
        None => found.mend(about("verif-sauvegarde-jamais")),
        Some(made) if old(made) => {
            let hours = facts.now.duration_since(made).as_hours();
            found.mend(about("verif-sauvegarde-vieille").with("heures", hours));
        }
        Some(_) => {}
    }
    if *same_disk {
        found.look(about("verif-sauvegarde-meme-disque"));
    }
    if !*encrypted {
        found.know(about("verif-sauvegarde-en-clair"));
    }
}

fn letters(facts: &Facts, found: &mut Findings) {
    if let Database::Open(open) = &facts.database {
        let (waiting, since) = open.inspection.waiting;
        let waits = since.map(|since| facts.now.duration_since(since)).unwrap_or_default();
        let about = |id| Phrase::new(id).count("nombre", waiting).with("heures", waits.as_hours());
        if let Some(withheld) = open.withheld {
            found.mend(Phrase::new("courriels-retenus").count("nombre", withheld.former + withheld.new));
        } else if waits > TOO_LATE {
            found.mend(about("verif-courriels-attendent"));
        } else if waits > SOON {
            found.look(about("verif-courriels-attendent"));
        }
        if open.inspection.undeliverable > 0 {
            found.look(Phrase::new("verif-courriels-perdus").count("nombre", open.inspection.undeliverable));
        }
    }
    match &facts.mail {
        MailFact::Folder => found.look(Phrase::new("verif-courriel-dossier")),
        MailFact::Unreached(cause) => found.mend(Phrase::new("verif-courriel-sans-serveur").with("cause", cause)),
        MailFact::Reached => {}
    }
    match &facts.letter {
        Some(Ok(address)) => found.know(Phrase::new("verif-lettre-partie").with("adresse", address)),
        Some(Err(cause)) => found.mend(Phrase::new("verif-lettre-impossible").nested("cause", cause.clone())),
        None => {}
    }
    // What only the mail host can say: nothing is looked up.
    if let (Content::Read(content), MailFact::Reached | MailFact::Unreached(_)) = (&facts.content, &facts.mail)
        && let Some((_, domain)) = content.email.as_deref().and_then(|email| email.rsplit_once('@'))
    {
        found.know(Phrase::new("verif-courriel-domaine").with("domaine", domain));
    }
}

fn texts(facts: &Facts, found: &mut Findings) {
    if let Database::Open(open) = &facts.database {
        let (waiting, since) = open.inspection.texts_waiting;
        let waits = since.map(|since| facts.now.duration_since(since)).unwrap_or_default();
        let about = Phrase::new("verif-textos-attendent").count("nombre", waiting).with("heures", waits.as_hours());
        if open.withheld.is_some() {
            // Told already.
        } else if waits > TOO_LATE {
            found.mend(about);
        } else if waits > SOON {
            found.look(about);
        }
    }
    match &facts.texts {
        // Where the form does not offer any, nobody waits for one.
        TextFact::Folder => {
            if matches!(&facts.content, Content::Read(content) if content.offers_texts) {
                found.look(Phrase::new("verif-texto-dossier"));
            }
        }
        TextFact::Unreached(cause) => found.mend(Phrase::new("verif-texto-sans-passerelle").with("cause", cause)),
        TextFact::Reached { private: false } => found.look(Phrase::new("verif-texto-en-clair")),
        TextFact::Reached { private: true } => {}
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
