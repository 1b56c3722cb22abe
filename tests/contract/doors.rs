//! A door for every promise: what the server accepts has a button, a button is accepted, and what a
//! letter promises is on the page that it leads to. Every standing, at every moment that matters,
//! with every action of a person's page.
//!
//! One site holds a session for each moment, and the clock stops four times, so that all of it
//! costs four starts.

use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf};

use harness::{Project, Server};

use crate::support::{CANCELS, Form, Letter, PATIENCE, all_letters, press, session, until};

/// Everybody asks.
const ASKED: &str = "2027-03-05T12:00:00+01:00";

/// The evening before: places come free, and sessions are cancelled.
const FREED: &str = "2027-03-16T22:00:00+01:00";

/// After midnight: the doors are looked at.
const NOW: &str = "2027-03-17T00:30:00+01:00";

/// A session far away, where there is always a place.
const FAR: &str = "loin";

/// What is so between a session and [`NOW`]: a name for the table, one for ids, the session's day,
/// its hours, and more of its keys.
const MOMENTS: &[(&str, &str, &str, [&str; 2], &str)] = &[
    ("weeks before", "semaines", "2027-04-21", ["18:00:00", "20:00:00"], ""),
    ("on the eve", "veille", "2027-03-18", ["18:00:00", "20:00:00"], ""),
    ("that day, after midnight", "jour", "2027-03-17", ["18:00:00", "20:00:00"], ""),
    (
        "after sign-up closed",
        "close",
        "2027-03-17",
        ["03:30:00", "05:00:00"],
        "inscription_ferme = 2027-03-17T00:00:00",
    ),
    ("during", "pendant", "2027-03-17", ["00:10:00", "02:00:00"], ""),
    ("after the end", "fin", "2027-03-16", ["22:30:00", "23:45:00"], ""),
];

/// What a demand may be, and the kind of session where it is so.
const STANDINGS: &[(&str, &str)] = &[
    ("place", "salle"),
    ("to be confirmed, with a place", "salle"),
    ("cancelled", "salle"),
    ("released as a repetition", "salle"),
    ("moved", "salle"),
    ("waiting list", "pleine"),
    ("to be confirmed, waiting", "pleine"),
    ("on offer, freed shortly before", "liberee"),
    ("on offer, carried over", "report"),
    ("expired", "perdue"),
    ("not held, and no next one", "seule"),
    ("came in a burst, held", "salle"),
    ("came in a burst, dropped", "rafale"),
];

/// Those that came in a burst.
const IN_A_BURST: &str = "came in a burst";

const ACTIONS: &[&str] = &["annuler", "accepter", "deplacer", "agenda", "code", "donnees", "contact", "effacer"];

/// Those that leave nothing for the next one to be tried on: each has a demand of its own. The
/// others follow each other on one.
const APART: &[&str] = &["annuler", "accepter", "deplacer", "rest"];

/// Which action a button is for, by its words.
fn action_of(button: &str) -> &'static str {
    match button {
        cancels if CANCELS.contains(&cancels) => "annuler",
        "Oui, je viens" => "accepter",
        "J’ajoute la date à mon agenda" => "agenda",
        "Je change de date" => "deplacer",
        "J’ai besoin d’un code" => "code",
        "Je vois mes informations" => "donnees",
        "Je corrige" => "contact",
        "J’efface mes informations" => "effacer",
        "Je garde une copie (fichier)" => "telecharger",
        other => panic!("a button that this table does not know: {other:?}"),
    }
}

/// What a letter promises to find behind its link to the person's page.
fn promises(letter: &Letter) -> &'static [&'static str] {
    let Some(link) = letter.link("suivi") else { return &[] };
    let before = letter.text.split(&link).next().unwrap_or_default().trim_end_matches(|c| c != '\n').trim_end();
    let words = before.lines().last().unwrap_or_default().replace(['\u{a0}', '\u{202f}'], " ");
    match words.trim_end_matches(':').trim_end() {
        "Voir ou annuler ma place" | "Voir ou annuler ma demande" | "Voir la demande ou y renoncer" => &["annuler"],
        // "The same link gives it to the next person at once."
        "Répondre à la proposition" => &["annuler", "accepter"],
        "Voir ou changer ma demande" => &["annuler", "deplacer"],
        "Voir ma demande" => &[],
        other => panic!("a link whose words this table does not know: {other:?} in {}", letter.text),
    }
}

/// A demand, and what it is there for.
struct Case {
    moment: &'static str,
    standing: &'static str,
    apart: &'static str,
    session: String,
    address: String,
    page: String,
}

/// The site: four groups, so that what is carried over in one is no other's affair.
fn site() -> Project {
    let project = Project::new();
    project.remove("content/seances/2027");
    project.edit("content/seances/2023/2023-11-22.md", "+++\ndate", "+++\ngroupe = \"parents-solos\"\ndate");
    let group = project.read("content/groupes/parents-solos.toml");
    for id in ["tours", "reports", "pertes", "seules"] {
        project.file(&format!("content/groupes/{id}.toml"), group.replace("Parents solos", id));
    }
    for group in ["tours", "reports", "pertes"] {
        add(&project, &format!("{FAR}-{group}"), group, "2027-06-30", ["18:00:00", "20:00:00"], 500, "");
    }
    for (_, moment, day, hours, more) in MOMENTS {
        for (kind, group, later, places) in [
            ("salle", "tours", 0, 60),
            ("rafale", "tours", 3, 60),
            ("pleine", "tours", 1, 1),
            ("liberee", "tours", 2, 4),
            ("report-avant", "reports", -5, 12),
            ("report", "reports", 0, 12),
            ("perdue-avant", "pertes", -5, 12),
            ("perdue", "pertes", 0, 12),
            ("seule", "seules", 0, 12),
        ] {
            let starts: jiff::civil::Time = hours[0].parse().expect("an hour");
            let starts = starts.saturating_add(jiff::Span::new().minutes(later)).to_string();
            add(&project, &format!("{moment}-{kind}"), group, day, [&starts, hours[1]], places, more);
        }
    }
    project
}

fn add(project: &Project, id: &str, group: &str, day: &str, [starts, ends]: [&str; 2], places: u32, more: &str) {
    let keys =
        format!("groupe = \"{group}\"\ndebut = {starts}\nfin = {ends}\nplaces_min = 1\nplaces_max = {places}\n{more}");
    session(project, id, &keys).edit(
        &format!("content/seances/2027/{id}.md"),
        &format!("date = {id}"),
        &format!("date = {day}"),
    );
}

fn call_off(project: &Project, session: &str) {
    project.edit(
        &format!("content/seances/2027/{session}.md"),
        "places_min",
        "etat = \"annulee\"\nrevision = 1\nplaces_min",
    );
}

fn serve(project: &Project, now: &str) -> Server {
    project.server().arg("--limit", "0").arg("--offer-within", "48").arg("--now", now).start()
}

/// Demands that come in a burst: a visitor has one an hour, which is elsewhere. Some are dropped.
fn hold(project: &Project) -> Vec<Case> {
    let server = project.server().arg("--limit", "1000").arg("--hourly", "1").arg("--now", ASKED).start();
    Form::of("premier@tient.example").at(&format!("{FAR}-tours")).follow_up(&server);
    let mut cases = Vec::new();
    for (_, moment, ..) in MOMENTS {
        for (standing, kind) in STANDINGS.iter().filter(|(standing, _)| standing.starts_with(IN_A_BURST)) {
            for apart in APART {
                let address = format!("{moment}-{kind}-{apart}@rafale.example");
                let session = format!("{moment}-{kind}");
                let page = Form::of(&address).at(&session).follow_up(&server);
                cases.push(Case { moment, standing, apart, session, address, page });
            }
        }
    }
    for (_, moment, ..) in MOMENTS {
        let _ = project.form_handler(&["held", &format!("{moment}-rafale"), "--drop", "--now", ASKED]).success();
    }
    cases
}

/// Everybody asks, and those who cancel, move or are the same person do so.
fn ask(server: &Server, project: &Project) -> (Vec<Case>, Vec<String>) {
    let (mut cases, mut holders) = (Vec::new(), Vec::new());
    for (_, moment, ..) in MOMENTS {
        for (kind, places) in [("pleine", 1), ("liberee", 4)] {
            for n in 0..places {
                let form = Form::of(&format!("{moment}-{kind}-{n}@tient.example")).at(&format!("{moment}-{kind}"));
                let page = form.follow_up(server);
                if kind == "liberee" {
                    holders.push(page);
                }
            }
        }
        let usual = STANDINGS.iter().filter(|(standing, _)| !standing.starts_with(IN_A_BURST));
        for (nth, (standing, kind)) in usual.enumerate() {
            for apart in APART {
                let address = format!("{moment}-{nth}-{apart}@essai.example");
                let session = format!("{moment}-{kind}");
                let from = match *kind {
                    "report" | "perdue" => format!("{session}-avant"),
                    _ if *standing == "moved" => format!("{FAR}-tours"),
                    _ => session.clone(),
                };
                let mut form = Form::of(&address).at(&from);
                if standing.starts_with("to be confirmed") {
                    form = form.with("autre_parent", "oui");
                }
                let first = form.follow_up(server);
                let page = match *standing {
                    "released as a repetition" => form.with("envoi", "encore").follow_up(server),
                    _ => first,
                };
                match *standing {
                    "cancelled" => drop(press(server, &page, "J’annule ma place").is(303)),
                    "moved" => {
                        let there = server.get(&page).send().is(200).form("Je change de date");
                        drop(there.choose("seance", &session).submit().is(303));
                    }
                    _ => {}
                }
                cases.push(Case { moment, standing, apart, session, address, page });
            }
        }
    }
    // "It is me again": the second of the two demands is released.
    let letters = everything_written(project, server);
    for case in cases.iter().filter(|case| case.standing == "released as a repetition") {
        let questions = letters[&case.address].iter();
        let merge = questions.filter_map(|letter| letter.link("fusion")).next_back().expect("the question");
        let _ = press(server, &merge, "Oui, c’est moi").is(200);
    }
    (cases, holders)
}

/// The letters to each address, in order, once all that was decided has left.
fn everything_written(project: &Project, server: &Server) -> BTreeMap<String, Vec<Letter>> {
    let known = all_letters(project).len();
    let witness = format!("temoin-{known}@temoin.example");
    // Twice: whether that is one person is asked last of all.
    for envoi in ["a", "b"] {
        Form::of(&witness).with("envoi", envoi).at(&format!("{FAR}-tours")).follow_up(server);
    }
    let mut letters = BTreeMap::<_, Vec<_>>::new();
    let folder = project.path("var/courriels");
    until("the last letter", PATIENCE, || {
        // Letters leave in the order in which they were decided, under names that say when: only
        // the last ones are looked at.
        let mut names: Vec<_> = fs::read_dir(&folder).ok()?.filter_map(|file| Some(file.ok()?.path())).collect();
        names.sort_by_cached_key(|path| std::cmp::Reverse(path.metadata().and_then(|file| file.modified()).ok()));
        let asks = |text: String| text.contains(&witness) && text.contains("/inscription/fusion/");
        let holds = |path: &PathBuf| fs::read_to_string(path).is_ok_and(asks);
        names.iter().take(20).any(holds).then_some(())
    });
    for letter in all_letters(project) {
        letters.entry(letter.to.clone()).or_default().push(letter);
    }
    letters
}

/// What a person sees of their demand: a change that nobody can see there is none.
fn seen(server: &Server, page: &str) -> (u16, String) {
    let told = server.get(page).as_json().send();
    (told.status(), told.text().to_owned())
}

/// A page, and what is known of it before anything is pressed.
struct Door<'a> {
    server: &'a Server,
    page: &'a str,
    /// The code that was written to the person.
    code: &'a str,
}

impl Door<'_> {
    /// Tries an action: by its button, if the page has one, else by hand. Whether there was one,
    /// and whether it was accepted.
    fn tried(&self, action: &str) -> (bool, bool) {
        if action == "contact" {
            return self.corrected();
        }
        let before = seen(self.server, self.page);
        let page = self.server.get(self.page).send();
        let button = page.buttons().into_iter().find(|button| action_of(button) == action);
        let answer = match &button {
            Some(button) => {
                let form = page.form(button);
                let form = match action {
                    "deplacer" => form.choose("seance", &self.elsewhere()),
                    "donnees" => form.fill("code", self.code),
                    "effacer" => form.check("confirmation", "oui"),
                    _ => form,
                };
                form.submit()
            }
            None => {
                let post = self.server.post(self.page).field("action", action).field("code", self.code);
                post.field("seance", &self.elsewhere()).field("confirmation", "oui").send()
            }
        };
        let fine = answer.status() < 400;
        let accepted = match action {
            // Those change nothing that the page shows.
            "agenda" | "code" | "donnees" => fine,
            _ => fine && seen(self.server, self.page) != before,
        };
        (button.is_some(), accepted)
    }

    /// Another contact, from the page of what is recorded.
    fn corrected(&self) -> (bool, bool) {
        // Whoever is sent no code sees nothing that is recorded.
        let page = self.server.get(self.page).send().is(200);
        let recorded = page.forms("Je vois mes informations").pop();
        let recorded = recorded.map(|form| form.fill("code", self.code).submit().is(200));
        let corrects =
            |recorded: &harness::Answer| recorded.buttons().iter().any(|button| action_of(button) == "contact");
        let answer = match &recorded {
            Some(recorded) if corrects(recorded) => {
                recorded.form("Je corrige").fill("telephone", "06 12 34 56 78").submit()
            }
            _ => {
                let post = self.server.post(self.page).field("action", "contact").field("code", self.code);
                post.field("telephone", "06 12 34 56 78").send()
            }
        };
        (recorded.as_ref().is_some_and(corrects), answer.status() < 400)
    }

    /// A session of the same group where there is a place.
    fn elsewhere(&self) -> String {
        let told = self.server.get(self.page).as_json().send();
        let here = told.json()["seance"].as_str().unwrap_or_default().to_owned();
        let group = if here.contains("report") {
            "reports"
        } else if here.contains("perdue") {
            "pertes"
        } else if here.contains("seule") {
            "seules"
        } else {
            "tours"
        };
        format!("{FAR}-{group}")
    }
}

/// A row of the table: what the page tells, and for each action who speaks for it.
#[derive(Default)]
struct Line {
    told: String,
    cells: BTreeMap<&'static str, String>,
}

#[test]
fn every_promise_has_its_door() {
    let project = site();
    let server = serve(&project, ASKED);
    let (mut cases, holders) = ask(&server, &project);
    drop(server);
    cases.extend(hold(&project));
    // Sessions that are not held, long enough ago for what was offered instead to be over.
    for (_, moment, ..) in MOMENTS {
        call_off(&project, &format!("{moment}-perdue-avant"));
    }
    let server = serve(&project, ASKED);
    on_at(&server, &cases, "perdue");
    drop(server);
    for (_, moment, ..) in MOMENTS {
        call_off(&project, &format!("{moment}-report-avant"));
        call_off(&project, &format!("{moment}-seule"));
    }
    let server = serve(&project, FREED);
    on_at(&server, &cases, "report");
    for holder in &holders {
        let _ = press(&server, holder, "J’annule ma place").is(303);
    }
    drop(server);
    let server = serve(&project, NOW);
    // Those who still waited when their session began go on at the next one.
    until("those who waited in vain go on", PATIENCE, || {
        let mut begun = cases.iter().filter(|case| case.session.ends_with("-pleine"));
        begun
            .all(|case| !["pendant", "fin"].contains(&case.moment) || place(&server, &case.page) == "jour-salle")
            .then_some(())
    });
    let told = everything_written(&project, &server);
    let rest = || cases.iter().filter(|case| case.apart == "rest");
    // The codes first, all at once: each comes by letter.
    let coded: BTreeMap<_, _> =
        rest().map(|case| (&case.page, Door { server: &server, page: &case.page, code: "" }.tried("code"))).collect();
    let with_codes = everything_written(&project, &server);

    let mut lines = BTreeMap::<(usize, usize), Line>::new();
    let mut holes = Vec::new();
    for case in &cases {
        let moment = MOMENTS.iter().position(|(_, id, ..)| *id == case.moment).expect("a moment");
        let standing = STANDINGS.iter().position(|(name, _)| *name == case.standing).expect("a standing");
        let line = lines.entry((moment, standing)).or_default();
        let promised = told.get(&case.address).and_then(|letters| letters.last()).map_or(&[][..], promises);
        let letters = with_codes.get(&case.address).into_iter().flatten();
        let code = letters.rev().find_map(|letter| letter.text.lines().find(|line| line.starts_with("    ")));
        let door = Door { server: &server, page: &case.page, code: code.unwrap_or_default().trim() };
        let shown = server.get(&case.page).as_json().send().is(200).json();
        if line.told.is_empty() {
            line.told = shown["resultat"].as_str().unwrap_or_default().to_owned();
        }
        let over = case.moment == "fin" && shown["seance"] == case.session.as_str();
        let own = |action: &&&str| if case.apart == "rest" { !APART.contains(action) } else { case.apart == **action };
        for action in ACTIONS.iter().filter(own) {
            let (button, accepted) = if *action == "code" { coded[&case.page] } else { door.tried(action) };
            let promised = promised.contains(action);
            let cell = [(accepted, 's'), (button, 'b'), (promised, 'l')];
            let cell: String = cell.into_iter().filter_map(|(so, sign)| so.then_some(sign)).collect();
            // What a letter said of coming ends with the session.
            if accepted != button || (promised && !button && !over) {
                holes.push(format!("{}, {}: {action} is {cell:?}", MOMENTS[moment].0, case.standing));
            }
            line.cells.insert(action, if cell.is_empty() { "-".to_owned() } else { cell });
        }
    }
    let mut table =
        "s: the server accepts it and something changes; b: the page has a button; l: the last letter promises it\n"
            .to_owned();
    for (moment, (name, ..)) in MOMENTS.iter().enumerate() {
        let _ = write!(table, "\n{name:<36}{:<15}", "the page says");
        for action in ACTIONS {
            let _ = write!(table, "{action:<10}");
        }
        for (standing, (name, _)) in STANDINGS.iter().enumerate() {
            let Line { told, cells } = &lines[&(moment, standing)];
            let _ = write!(table, "\n  {name:<34}{told:<15}");
            for action in ACTIONS {
                let _ = write!(table, "{:<10}", cells[action]);
            }
        }
        table.push('\n');
    }
    let table = table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert!(holes.is_empty(), "{}\n{table}", holes.join("\n"));
    insta::assert_snapshot!(table);
}

/// The session of a page.
fn place(server: &Server, page: &str) -> String {
    server.get(page).as_json().send().json()["seance"].as_str().unwrap_or_default().to_owned()
}

/// Waits until everybody whose session was called off has gone on to the one of their case.
fn on_at(server: &Server, cases: &[Case], kind: &str) {
    until("everybody goes on at the next session", PATIENCE, || {
        let mut gone = cases.iter().filter(|case| case.session.ends_with(&format!("-{kind}")));
        gone.all(|case| place(server, &case.page) == case.session).then_some(())
    });
}
