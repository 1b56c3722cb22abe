//! What every subject needs: a form that somebody filled in, the team's list, the letters, and
//! patience.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use harness::{Answer, Client, Project, Request, Run, Server, html};
use mail_parser::MessageParser;
use serde_json::Value;

/// The session of most tests: open, twelve places, nobody enrolled.
pub(crate) const SESSION: &str = "2027-03-17";

/// The one after it.
pub(crate) const OTHER: &str = "2027-05-26";

/// Where the team reads.
pub(crate) const TEAM: &str = "equipe@essai.example";

/// One that was held in 2023.
pub(crate) const PAST: &str = "2023-11-22";

/// Longer than a busy machine takes for anything that has no deadline in the contract.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How soon the published pages say what changed.
pub(crate) const LIVE: Duration = Duration::from_secs(2);

/// A running server on a small site, without a limit of sign-ups.
pub(crate) fn serve(project: &Project) -> Server {
    project.server().arg("--limit", "0").start()
}

/// Gives the session of most tests this many places.
pub(crate) fn with_places(project: &Project, places: u32) -> &Project {
    session(project, SESSION, &format!("places_min = 1\nplaces_max = {places}"))
}

/// Writes a session of 2027 with these other keys; its id is its date.
pub(crate) fn session<'p>(project: &'p Project, id: &str, keys: &str) -> &'p Project {
    project.file(&format!("content/seances/2027/{id}.md"), format!("+++\ndate = {id}\n{keys}\n+++\n\nVenez.\n"))
}

/// How often something is done: as this variable says, or `otherwise`.
pub(crate) fn times(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|times| times.parse().ok()).unwrap_or(otherwise)
}

/// Holds the published folder as another process that publishes would, until the file is closed.
#[track_caller]
pub(crate) fn hold(project: &Project) -> File {
    let held = File::open(project.path("dist/.entreparentaise/verrou")).expect("the lock");
    held.lock().expect("nobody else holds it");
    held
}

/// Whether the server is publishing now.
pub(crate) fn publishes(server: &Server) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", server.id())).expect("it runs");
    let mut names = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
    names.any(|name| name.starts_with("publication"))
}

/// A connection without a browser.
#[track_caller]
pub(crate) fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address().trim_start_matches("http://")).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// A form as somebody filled it in.
#[derive(Debug, Clone)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Ana asks for a place with this e-mail address.
    pub(crate) fn of(email: &str) -> Self {
        Self::empty().with("seance", SESSION).with("prenom", "Ana").with("courriel", email).with("conditions", "oui")
    }

    /// A form without a field.
    pub(crate) fn empty() -> Self {
        Self(Vec::new())
    }

    /// With this value in place of any other.
    pub(crate) fn with(self, field: &str, value: &str) -> Self {
        self.without(field).and(field, value)
    }

    /// With one more value.
    pub(crate) fn and(mut self, field: &str, value: &str) -> Self {
        self.0.push((field.to_owned(), value.to_owned()));
        self
    }

    /// Without a field.
    pub(crate) fn without(mut self, field: &str) -> Self {
        self.0.retain(|(name, _)| name != field);
        self
    }

    /// For another session.
    pub(crate) fn at(self, session: &str) -> Self {
        self.with("seance", session)
    }

    /// This form as browsers write it.
    pub(crate) fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// This form in a request.
    pub(crate) fn fill<'c>(&self, request: Request<'c>) -> Request<'c> {
        self.0.iter().fold(request, |request, (name, value)| request.field(name, value))
    }

    /// What a browser is answered.
    #[track_caller]
    pub(crate) fn post(&self, server: &Server) -> Answer {
        self.fill(server.post("/inscription")).send()
    }

    /// What somebody is answered who fills in the form that is served and presses its button. Only
    /// what it asks can be answered.
    #[track_caller]
    pub(crate) fn press(&self, server: &Server) -> Answer {
        let form = server.get("/inscription/").send().is(200).form("Je m’inscris");
        let filled = self.0.iter().fold(form, |form, (name, value)| match name.as_str() {
            "seance" | "autre_parent" | "connu_par" => form.choose(name, value),
            "conditions" | "contact_prudent" | "appareil_partage" | "sms" => form.check(name, value),
            _ => form.fill(name, value),
        });
        filled.submit()
    }

    /// What a machine is answered.
    #[track_caller]
    pub(crate) fn json(&self, server: &Server) -> Answer {
        self.fill(server.post("/inscription").as_json()).send()
    }

    /// What a machine is answered by a server that may die.
    pub(crate) fn try_json(&self, client: &Client) -> Result<Answer, String> {
        self.fill(client.post("/inscription").as_json()).try_send()
    }

    /// Sends it, which must be recorded, and returns the address of the person's page.
    #[track_caller]
    pub(crate) fn follow_up(&self, server: &Server) -> String {
        let answer = self.json(server);
        assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
        answer.json()["suivi"].as_str().expect("a recorded demand has its page").to_owned()
    }
}

/// Sends a form, and hangs up before the answer.
#[track_caller]
pub(crate) fn give_up(server: &Server, form: &Form) {
    let body = form.encoded();
    let mut stream = connect(server);
    let head = "POST /inscription HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("a request");
    // Surely read: another connection, opened later, was answered.
    let _ = server.get("/sante").send().is(200);
    drop(stream);
}

/// The word under `resultat`.
pub(crate) fn result(answer: &Answer) -> String {
    answer.json()["resultat"].as_str().unwrap_or_default().to_owned()
}

/// Presses this button of a page, as it was served.
#[track_caller]
pub(crate) fn press(server: &Server, page: &str, button: &str) -> Answer {
    server.get(page).send().is(200).form(button).submit()
}

/// The page that a form led to, as its link leads there: without what proves that this browser
/// filled it in.
#[track_caller]
pub(crate) fn own_page(answer: &Answer) -> String {
    assert_eq!(answer.status(), 303, "{}", answer.text());
    answer.location().split('?').next().unwrap_or_default().to_owned()
}

/// The words of the button that cancels, whatever is cancelled; they are those of `doors`, too.
pub(crate) const CANCELS: &[&str] =
    &["J’annule ma place", "J’annule ma demande", "Je quitte la liste d’attente", "Je laisse la place"];

/// Cancels a demand by its own page's button.
#[track_caller]
pub(crate) fn cancel(server: &Server, follow_up: &str) {
    let page = server.get(follow_up).send().is(200);
    let buttons = page.buttons();
    let button = buttons.iter().find(|button| CANCELS.contains(&button.as_str()));
    let answer = page.form(button.unwrap_or_else(|| panic!("nothing cancels among {buttons:?}"))).submit().is(303);
    assert_eq!(answer.location(), follow_up);
}

/// What the person's page says has become of the demand.
#[track_caller]
pub(crate) fn standing(server: &Server, follow_up: &str) -> String {
    result(&server.get(follow_up).as_json().send().is(200))
}

/// It must be an error in the one shape: this status, this code, words, and the wrong fields.
#[track_caller]
pub(crate) fn assert_error(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status(), status, "{}", answer.text());
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    let error = answer.json();
    let keys: Vec<_> = error.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 3, "{error}");
    assert_eq!(error["erreur"], code, "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.len() > 10), "{error}");
    assert!(error["champs"].as_object().is_some_and(|fields| fields.values().all(Value::is_string)), "{error}");
}

/// The page that a browser is shown: this status, a page of the site, the phone number to call.
/// Returns its words.
#[track_caller]
pub(crate) fn assert_page(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status(), status, "{}", answer.text());
    assert_eq!(answer.header("Content-Type"), Some("text/html; charset=utf-8"));
    assert!(answer.text().starts_with("<!doctype html>"), "{}", answer.text());
    let words = html::words(answer.text());
    assert!(words.contains("05 61 00 00 00"), "the phone number to call: {words}");
    words
}

/// One line of the team's list, by the column's title.
pub(crate) type Row = BTreeMap<String, String>;

/// The team's list of a session.
#[track_caller]
pub(crate) fn export(project: &Project, session: &str) -> Vec<Row> {
    table(&project.form_handler(&["export", session]).success())
}

/// What `export` wrote.
#[track_caller]
pub(crate) fn table(run: &Run) -> Vec<Row> {
    let mut lines = csv::ReaderBuilder::new().delimiter(b';').from_reader(run.stdout().as_bytes());
    let titles = lines.headers().expect("the list has titles").clone();
    lines
        .records()
        .map(|line| {
            let line = line.expect("the list is well-formed CSV");
            titles.iter().map(str::to_owned).zip(line.iter().map(str::to_owned)).collect()
        })
        .collect()
}

/// The e-mail addresses of the team's list.
#[track_caller]
pub(crate) fn exported_emails(project: &Project, session: &str) -> Vec<String> {
    export(project, session).into_iter().map(|row| row["Courriel"].clone()).collect()
}

/// A letter as its reader sees it.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Letter {
    /// Reads a message as a mail program does.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let message = MessageParser::default().parse(bytes).expect("a well-formed message");
        let to = message.to().and_then(|to| to.first()).and_then(|to| to.address()).expect("a recipient");
        let from = message.from().and_then(|from| from.first()).and_then(|from| from.address()).expect("a sender");
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).expect("a text").into_owned(),
        }
    }

    /// The path of the link to `/inscription/<kind>/…`.
    pub(crate) fn link(&self, kind: &str) -> Option<String> {
        let prefix = format!("/inscription/{kind}/");
        let start = self.text.find(&prefix)?;
        Some(self.text[start..].split_whitespace().next().unwrap_or_default().to_owned())
    }
}

/// Every letter that was decided until now, in order. A last demand, of somebody else and for
/// another session, is sent twice: whether that is one person is asked after all that others have
/// to do with earlier demands was looked at.
#[track_caller]
pub(crate) fn letters(project: &Project, server: &Server) -> Vec<Letter> {
    let known = all_letters(project).into_iter().filter(|letter| letter.to.starts_with("temoin")).count();
    let witness = format!("temoin{known}@temoin.example");
    for _ in 0..2 {
        Form::of(&witness).at(OTHER).json(server);
    }
    let letters = until("the last letter", PATIENCE, || {
        let asked = |letter: &Letter| letter.to == witness && letter.link("fusion").is_some();
        Some(all_letters(project)).filter(|letters| letters.iter().any(asked))
    });
    letters.into_iter().filter(|letter| !letter.to.starts_with("temoin")).collect()
}

pub(crate) fn all_letters(project: &Project) -> Vec<Letter> {
    let Ok(folder) = fs::read_dir(project.path("var/courriels")) else { return Vec::new() };
    let mut files: Vec<_> = folder
        .filter_map(Result::ok)
        .filter(|file| !file.file_name().to_string_lossy().starts_with('.'))
        .map(|file| (file.metadata().and_then(|file| file.modified()).ok(), file.path()))
        .collect();
    files.sort();
    files.into_iter().filter_map(|(_, path)| Some(Letter::parse(&fs::read(path).ok()?))).collect()
}

/// The first letter to this address with a link to this path, once it is there; and the link.
#[track_caller]
pub(crate) fn awaited(project: &Project, address: &str, path: &str) -> (Letter, String) {
    until(&format!("a letter to {address} with {path}"), PATIENCE, || {
        let letters = all_letters(project);
        to(&letters, address).into_iter().find_map(|letter| {
            let start = letter.text.find(path)?;
            let link = letter.text[start..].split_whitespace().next()?.to_owned();
            Some((letter.clone(), link))
        })
    })
}

/// Those written to this address.
pub(crate) fn to<'l>(letters: &'l [Letter], address: &str) -> Vec<&'l Letter> {
    letters.iter().filter(|letter| letter.to == address).collect()
}

/// The machine's own clock, for patience alone: what is tested has another.
#[allow(clippy::disallowed_methods, reason = "a deadline of the contract is counted in real seconds")]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

/// Says "enough" when it goes, also when a test fails: nobody then works on for ever.
#[derive(Debug)]
pub(crate) struct Ending<'a>(pub(crate) &'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks again and again until something is so.
#[track_caller]
pub(crate) fn until<T>(what: &str, patience: Duration, mut is_so: impl FnMut() -> Option<T>) -> T {
    let start = stopwatch();
    loop {
        if let Some(found) = is_so() {
            return found;
        }
        assert!(start.elapsed() < patience, "not within {patience:?}: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The `etat` that machines are told.
#[track_caller]
pub(crate) fn state(server: &Server, session: &str) -> String {
    let list = server.get("/api/seances").send().is(200).json();
    let found = list.as_array().expect("a list").iter().find(|row| row["id"] == session).cloned();
    found.expect("the session is listed")["etat"].as_str().unwrap_or_default().to_owned()
}

/// The state that the session's published page shows. Its own comes before those of other sessions'
/// cards.
pub(crate) fn shown(project: &Project, session: &str) -> String {
    let page = project.page(&format!("/seances/{session}/"));
    let mark = page.split("<p class=\"etat etat--").nth(1).unwrap_or_default();
    mark.split('"').next().unwrap_or_default().to_owned()
}

/// Waits until the session's published page is in the state that machines are told, and its
/// publication is over.
#[track_caller]
pub(crate) fn settled(project: &Project, server: &Server, session: &str) {
    until("the pages follow the state", PATIENCE, || {
        let expected = state(server, session);
        // The form is made from the site as it was last published: it comes after the pages.
        let form = server.get("/inscription/").send();
        let choice = form.text().split(&format!("value=\"{session}\"")).nth(1).unwrap_or_default();
        let offered = choice.split("class=\"etat etat--").nth(1).and_then(|rest| rest.split('"').next());
        let agrees = choice.is_empty() || offered == Some(&expected);
        (agrees && shown(project, session) == expected).then_some(())
    });
    // Whoever publishes holds this lock.
    let lock = fs::File::open(project.path("dist/.entreparentaise/verrou")).expect("the lock of dist/");
    lock.lock().expect("the lock of dist/");
}

/// Numbers that look random and are the same at each run (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) >> 1).unwrap_or_default() % bound
    }
}
