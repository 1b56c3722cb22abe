//! Promise 1: what was answered is on disk, whatever happens next.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use harness::{Project, Server};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{
    Form, PATIENCE, Random, SESSION, export, letters, publishes, result, serve, session, state, times, to, until,
};

/// Sign-ups sent, and the places there are for them.
const ALL: usize = 500;
const PLACES: usize = 200;

/// Those that come at the same time.
const AT_ONCE: usize = 16;

/// What each person was answered.
type Answers = Mutex<BTreeMap<String, String>>;

/// Sends demands until none is left or the server is gone.
fn send(server: &Server, next: &AtomicUsize, answers: &Answers, then: impl FnOnce()) {
    let client = server.client();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let client = client.clone();
            scope.spawn(move || {
                loop {
                    let person = next.fetch_add(1, Ordering::Relaxed);
                    if person >= ALL {
                        return;
                    }
                    let email = format!("personne{person}@essai.example");
                    let Ok(answer) = Form::of(&email).try_json(&client) else { return };
                    assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                    answers.lock().expect("the answers").insert(email, result(&answer));
                }
            });
        }
        then();
    });
}

/// SIGKILL, as from a power cut.
fn kill(id: u32) {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(id, Signal::KILL).expect("it runs");
}

#[test]
fn killed_in_the_middle_of_five_hundred_sign_ups_it_loses_none_that_it_answered() {
    let project = Project::new();
    session(&project, SESSION, &format!("places_max = {PLACES}"));
    let next = AtomicUsize::new(0);
    let answers = Answers::default();
    let answered = || answers.lock().expect("the answers").len();
    // Three deaths, each at another moment, then a life that ends well.
    for deadly in [60, 150, 290] {
        let server = serve(&project);
        let id = server.id();
        send(&server, &next, &answers, || {
            until("enough answers", PATIENCE, || (answered() >= deadly).then_some(()));
            kill(id);
        });
        assert!(answered() < ALL, "it died in the middle");
        assert_all_recorded(&project, &answers);
    }
    let server = serve(&project);
    send(&server, &next, &answers, || {});
    assert_all_recorded(&project, &answers);
    assert_eq!(state(&server, SESSION), "complete");
}

#[track_caller]
fn assert_all_recorded(project: &Project, answers: &Answers) {
    let answers = answers.lock().expect("the answers");
    let rows = export(project, SESSION);
    let mut stored: BTreeMap<_, _> = BTreeMap::new();
    for row in &rows {
        let twice = stored.insert(row["Courriel"].clone(), row["État"].clone());
        assert_eq!(twice, None, "{row:?} is recorded twice");
    }
    let lost: Vec<_> = answers.keys().filter(|email| !stored.contains_key(*email)).collect();
    assert!(lost.is_empty(), "answered, and lost: {lost:?}");
    for (email, answer) in answers.iter() {
        let expected = if answer == "inscrit" { "place" } else { "liste d’attente" };
        assert_eq!(stored[email], expected, "{email}");
    }
    let placed = stored.values().filter(|state| *state == "place").count();
    assert_eq!(placed, stored.len().min(PLACES), "as many places as there are, and none more");
}

#[test]
fn after_a_kill_every_persons_link_still_opens_and_letters_still_leave() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    server.kill();
    let server = serve(&project);
    let _ = server.get(&person).send().is(200);
    // A letter that was claimed at the moment of the crash waits for its claim to end; the others
    // leave.
    let mails = letters(&project, &server);
    assert!(to(&mails, "ana@essai.example").len() <= 1, "{mails:?}");
}

#[test]
fn killed_while_it_publishes_it_leaves_every_page_whole_and_the_next_life_finishes() {
    let project = Project::new();
    let mut server = serve(&project);
    let template = project.read("templates/base.html");
    for death in 0..8 {
        let before = project.published();
        let mark = format!("data-vie=\"{death}\"");
        project.file("templates/base.html", template.replace("<body", &format!("<body {mark}")));
        until("it publishes", PATIENCE, || publishes(&server).then_some(()));
        // Each time further on, by what the disk shows.
        let moved = || project.published().iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).count();
        if death > 0 {
            until("some of it is published", PATIENCE, || (moved() >= death).then_some(()));
        }
        server.kill();
        let left = project.published();
        server = serve(&project);
        let is_published = || project.page("/").contains(&mark) && !publishes(&server);
        until("it is published", PATIENCE, || is_published().then_some(()));
        let after = project.published();
        for (path, bytes) in &left {
            assert!(before.get(path) == Some(bytes) || after.get(path) == Some(bytes), "{path} is neither old nor new");
        }
    }
}

/// How often the server is killed under load.
const KILLS: usize = 100;

/// Kills between two looks at the team's lists. A session of twelve places takes demands for as
/// long.
const BETWEEN_LOOKS: usize = 10;

/// A session with as many places as one may have.
const LARGE: &str = "2027-12-31";
const LARGE_PLACES: usize = 1_000;

/// The small session of these kills: each has twelve places, and fills while it is its turn.
fn small(kill: usize) -> String {
    let turn = kill / BETWEEN_LOOKS;
    format!("2027-{:02}-{:02}", 4 + turn / 28 % 8, 1 + turn % 28)
}

/// Every session of this many kills, with its places.
fn sessions(kills: usize) -> BTreeMap<String, usize> {
    let small = (0..kills).step_by(BETWEEN_LOOKS).map(|kill| (small(kill), 12));
    small.chain([(LARGE.to_owned(), LARGE_PLACES)]).collect()
}

/// A form that somebody sends until it is answered: always the same, with the key of its one
/// rendering.
#[derive(Debug, Clone)]
struct Sent {
    session: String,
    email: String,
    /// How often it was sent without an answer.
    lost: usize,
}

impl Sent {
    fn form(&self) -> Form {
        Form::of(&self.email).at(&self.session).with("envoi", self.email.split('@').next().unwrap_or_default())
    }
}

/// Whoever sends forms over many lives of the server.
#[derive(Debug, Default)]
struct People {
    /// Forms that were sent and not answered.
    unanswered: Vec<Sent>,
    /// What each of the others was answered.
    answers: BTreeMap<(String, String), String>,
    /// Forms filled in so far.
    count: usize,
    /// Forms that were answered at last, after at least one try that was not.
    retried: usize,
}

impl People {
    /// Whose turn it is: first those who wait for an answer. One in three asks for the small
    /// session.
    fn next(&mut self, small: &str) -> Sent {
        self.unanswered.pop().unwrap_or_else(|| {
            self.count += 1;
            let session = if self.count.is_multiple_of(3) { small } else { LARGE };
            Sent { session: session.to_owned(), email: format!("personne{}@essai.example", self.count), lost: 0 }
        })
    }

    fn told(&mut self, sent: Sent, answer: &str) {
        self.retried += usize::from(sent.lost > 0);
        self.answers.insert((sent.session, sent.email), answer.to_owned());
    }

    /// Every answer must be what the team's lists say, and whoever is listed must have asked.
    #[track_caller]
    fn assert_recorded(&self, project: &Project, kills: usize) {
        let mut stored = BTreeMap::new();
        for (session, places) in sessions(kills) {
            let rows = export(project, &session);
            let placed = rows.iter().filter(|row| row["État"] == "place").count();
            assert_eq!(placed, rows.len().min(places), "{session}: as many as there are, and none more");
            assert!(rows[..placed].iter().all(|row| row["État"] == "place"), "{session}: first come, first served");
            for row in rows {
                let told = if row["État"] == "place" { "inscrit" } else { "liste_attente" };
                let twice = stored.insert((session.clone(), row["Courriel"].clone()), told);
                assert_eq!(twice, None, "{row:?} is recorded twice");
            }
        }
        for (demand, answer) in &self.answers {
            assert_eq!(stored.get(demand), Some(&answer.as_str()), "{demand:?} was answered {answer}");
        }
        for (session, email) in stored.keys() {
            let demand = (session.clone(), email.clone());
            let waits = |sent: &Sent| sent.session == *session && sent.email == *email;
            assert!(self.answers.contains_key(&demand) || self.unanswered.iter().any(waits), "{demand:?} never asked");
        }
    }
}

/// Eight people at a time send forms until the server is gone, or has given this many answers and
/// is killed.
fn live(server: &Server, people: &Mutex<People>, small: &str, deadly: usize) {
    let id = server.id();
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            let (client, answered) = (server.client(), &answered);
            scope.spawn(move || {
                loop {
                    let mut sent = people.lock().expect("the people").next(small);
                    let Ok(answer) = sent.form().try_json(&client) else {
                        sent.lost += 1;
                        people.lock().expect("the people").unanswered.push(sent);
                        return;
                    };
                    assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                    people.lock().expect("the people").told(sent, &result(&answer));
                    if answered.fetch_add(1, Ordering::Relaxed) + 1 == deadly {
                        kill(id);
                    }
                }
            });
        }
        if deadly == 0 {
            kill(id);
        }
    });
}

#[test]
fn killed_again_and_again_it_keeps_every_answer_and_records_a_form_sent_again_once() {
    let kills = times("ENTREPARENTAISE_MORTS", KILLS);
    let project = Project::new();
    for (id, places) in sessions(kills) {
        session(&project, &id, &format!("places_max = {places}"));
    }
    let people = Mutex::<People>::default();
    let mut random = Random(7);
    for kill in 0..kills {
        let server = serve(&project);
        live(&server, &people, &small(kill), random.below(40));
        drop(server);
        if (kill + 1) % BETWEEN_LOOKS == 0 {
            people.lock().expect("the people").assert_recorded(&project, kills);
        }
    }
    // In the last life, those who still wait for an answer get it.
    let server = serve(&project);
    let mut people = people.into_inner().expect("the people");
    while let Some(sent) = people.unanswered.pop() {
        let answer = sent.form().json(&server);
        assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
        people.told(sent, &result(&answer));
    }
    people.assert_recorded(&project, kills);
    assert!(people.retried > kills, "the server died while people waited: {}", people.retried);
}
