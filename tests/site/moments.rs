//! Every page that tells a state, in every state, at every moment that matters: as a table that a
//! person reads. A page must not say two things, nor lead nowhere.
//!
//! The session is 17 March 2027, from 18 to 20; another is on 26 May, unless the state says that
//! there is none. The handler is there, unless the state says that it is not.

use std::{fmt::Write, thread};

use harness::{Project, outline};

const SESSION: &str = "content/seances/2027/2027-03-17.md";

const LONG_BEFORE: (&str, &str) = ("bien avant", "2027-01-10T10:00:00+01:00");
const THAT_DAY: (&str, &str) = ("ce jour-là, le matin", "2027-03-17T10:00:00+01:00");
const DURING: (&str, &str) = ("pendant", "2027-03-17T19:00:00+01:00");
const AFTER: (&str, &str) = ("le lendemain", "2027-03-18T10:00:00+01:00");
const ALL: &[(&str, &str)] = &[LONG_BEFORE, THAT_DAY, DURING, AFTER];

/// A state of the session, what its file says more, what the handler tells, whether the other one
/// is there, and when it is looked at.
struct State {
    name: &'static str,
    keys: &'static str,
    told: &'static str,
    other: bool,
    moments: &'static [(&'static str, &'static str)],
}

const OPEN: &str = r#""etat":"ouverte","revision":0"#;
const OFF: &str = r#""etat":"annulee","revision":1"#;
const MOVED: &str = r#""etat":"ouverte","revision":1,"avant":{"date":"2027-03-10","debut":"18:30:00","fin":"20:00:00",
    "lieu":"Salle du parc","jusqu_a":"2027-01-05T08:00:00Z"}"#;

/// One that the content says nothing more of, and of which the handler tells this.
const fn told(name: &'static str, told: &'static str) -> State {
    State { name, keys: "", told, other: true, moments: ALL }
}

const STATES: &[State] = &[
    told("sans serveur", ""),
    told("ouverte", OPEN),
    State { moments: &[LONG_BEFORE], ..told("dernières places", r#""etat":"dernieres_places","revision":0"#) },
    State { moments: &[LONG_BEFORE], ..told("complète", r#""etat":"complete","revision":0"#) },
    State {
        keys: "inscription_ouvre = 2027-02-01T09:00:00\ninscription_ferme = 2027-03-17T09:00:00",
        ..told("avec une ouverture et une clôture", OPEN)
    },
    told("annulée", OFF),
    told("déplacée", MOVED),
    State { moments: &[LONG_BEFORE], keys: "etat = \"brouillon\"", ..told("en brouillon", "") },
    State { moments: &[LONG_BEFORE], ..told("retirée", "") },
    State { other: false, ..told("seule, ouverte", OPEN) },
    State { other: false, ..told("seule, annulée", OFF) },
];

/// The pages, by the name of their table.
const PAGES: &[(&str, &[&str])] = &[
    ("accueil", &["/"]),
    ("liste", &["/seances/"]),
    ("seance", &["/seances/2027-03-17/"]),
    ("groupe", &["/groupes/parents-solos/"]),
    ("archive", &["/seances/2027/"]),
    ("adresse-courte", &["/s/2027-03-17/", "/s/2027-03-17/flyer/"]),
    ("inscription", &["/inscription/"]),
    ("bloc", &["/kit/bloc/"]),
    ("plan", &["/plan-du-site/"]),
];

/// What each page says at each moment of a state: `(page, moment, outline)`.
fn look(state: &State) -> Vec<(&'static str, &'static str, String)> {
    let project = Project::new();
    match state.name {
        "retirée" => drop(project.remove(SESSION)),
        _ => drop(project.edit(SESSION, "date = 2027-03-17", &format!("date = 2027-03-17\n{}", state.keys))),
    }
    if !state.other {
        project.remove("content/seances/2027/2027-05-26.md");
    }
    if state.name != "sans serveur" {
        let other = if state.other { format!(r#""2027-05-26":{{{OPEN}}}"#) } else { String::new() };
        let own = if state.told.is_empty() { String::new() } else { format!(r#""2027-03-17":{{{}}}"#, state.told) };
        let rows: Vec<_> = [own, other].into_iter().filter(|row| !row.is_empty()).collect();
        project.file("var/disponibilites.json", format!(r#"{{"seances":{{{}}}}}"#, rows.join(",")));
    }
    let mut seen = Vec::new();
    for (moment, now) in state.moments {
        project.at(now).build().success();
        for url in PAGES.iter().flat_map(|(_, urls)| *urls) {
            let there = project.dist(url).is_file();
            let said = if there { read(&project.page(url)) } else { "(rien à cette adresse)".to_owned() };
            seen.push((*url, *moment, said));
        }
    }
    seen
}

/// A page, up to the fields of the form, before which the dates stand; of the site's map, the
/// sessions.
fn read(page: &str) -> String {
    let whole = outline(page).replace("https://essai.example", "");
    let leads = page.split("http-equiv=\"refresh\" content=\"0; url=").nth(1).and_then(|rest| rest.split('"').next());
    let whole = whole.split("## Les pages\n").next().unwrap_or_default().to_owned()
        + whole.split("## Les séances à venir\n").nth(1).unwrap_or_default();
    let fields = whole.lines().take_while(|line| !line.contains("[prenom:")).map(str::to_owned);
    leads.map(|there| format!("(mène à {there})")).into_iter().chain(fields).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_page_is_true_in_every_state_at_every_moment() {
    let seen: Vec<_> = thread::scope(|scope| {
        let (first, last) = STATES.split_at(STATES.len() / 2);
        let all = |states: &'static [State]| {
            move || {
                states.iter().flat_map(|state| look(state).into_iter().map(|row| (state.name, row))).collect::<Vec<_>>()
            }
        };
        let others = scope.spawn(all(last));
        let mut seen = all(first)();
        seen.extend(others.join().expect("the other half"));
        seen
    });
    for (name, urls) in PAGES {
        let mut table = String::new();
        for url in *urls {
            // The same words are told once, with all that they are said in.
            let mut told: Vec<(&str, Vec<String>)> = Vec::new();
            for (state, (_, moment, said)) in seen.iter().filter(|(_, (page, ..))| page == url) {
                let case = format!("{state} × {moment}");
                match told.iter_mut().find(|(known, _)| known == said) {
                    Some((_, cases)) => cases.push(case),
                    None => told.push((said, vec![case])),
                }
            }
            for (said, cases) in told {
                let said = said.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n");
                let _ = write!(table, "{url}\n{}\n{said}\n\n", cases.join("\n"));
            }
        }
        insta::assert_snapshot!(*name, table.trim_end());
    }
}
