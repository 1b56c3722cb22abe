//! What is erased is erased: in time, at once when a person asks for it, and from every file. And
//! nothing is erased by a mistake.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use entreparentaise::model::retention::RETAINED;
use harness::{NOW, Project, Server, html, postgres::Postgres};

use crate::support::{
    Form, LIVE, Letter, OTHER, PATIENCE, SESSION, TEAM, all_letters, cancel, export, press, serve, session, shown,
    standing, state, to, until, with_places,
};

/// Ninety days after the sessions of the scenario, and some more.
const AFTER: &str = "2028-01-10T10:00:00+01:00";

/// Everything personal that is typed in [`scenario`], in the forms in which it is kept.
const PERSONAL: &[&str] = &[
    "Zébulonne",
    "zebulonne",
    "premiere@marqueur",
    "+33698000001",
    "698000001",
    "Quatrevingtseize",
    "deuxieme@marqueur",
    "troisieme@marqueur",
    "quatrieme@marqueur",
    "cinquieme@marqueur",
    "neuve@marqueur",
    "+33698000009",
    "Autreparente",
    "sujet-marqueur",
    "sixieme@marqueur",
];

/// Of these, what nobody needs any more once the scenario was played: a number that was corrected,
/// somebody who was erased.
const GONE: &[&str] = &["+33698000001", "698000001", "sixieme@marqueur"];

/// People who come, wait, move, correct, repeat, cancel and say what they wish for.
fn scenario(project: &Project, server: &Server) {
    let named = |name: &str, number: &str| {
        let email = format!("{number}@marqueur.example");
        Form::of(&email).with("prenom", name)
    };
    let first = named("Zébulonne", "premiere").with("telephone", "06 98 00 00 01").with("theme", "sujet-marqueur");
    let first = first.follow_up(server);
    named("Zébulonne", "premiere").with("envoi", "encore").follow_up(server);
    let second = named("Quatrevingtseize", "deuxieme").follow_up(server);
    let other = named("Zébulonne", "troisieme").with("autre_parent", "oui").with("autre_parent_prenom", "Autreparente");
    other.follow_up(server);
    let fourth = named("Quatrevingtseize", "quatrieme").follow_up(server);
    named("Zébulonne", "cinquieme").at(OTHER).follow_up(server);
    cancel(server, &second);
    let page = server.get(&fourth).send().is(200).form("Je change de date");
    let _ = page.choose("seance", OTHER).submit().is(303);
    // A corrected contact: the former one is nowhere afterwards either.
    let _ = press(server, &first, "J’ai besoin d’un code").is(200);
    let code = until("the code", PATIENCE, || {
        let letters = all_letters(project);
        to(&letters, "premiere@marqueur.example").into_iter().find_map(code_in)
    });
    let data = server.get(&first).send().is(200).form("Je vois mes informations").fill("code", &code).submit().is(200);
    let correct = data.form("Je corrige").fill("courriel", "neuve@marqueur.example");
    let _ = correct.fill("telephone", "06 98 00 00 09").submit().is(303);
    let sixth = named("Quatrevingtseize", "sixieme").follow_up(server);
    // One who has everything erased at once.
    let _ = server.get(&sixth).send().is(200).form("J’efface mes informations").check("confirmation", "oui").submit();
    server.get(&sixth).send().is(404);
    until("the last letter", PATIENCE, || {
        let last = |letter: &&Letter| letter.text.contains("Ce message est le dernier");
        all_letters(project).iter().find(last).map(drop)
    });
}

fn code_in(letter: &Letter) -> Option<String> {
    let line = letter.text.lines().map(str::trim).find(|line| line.len() == 9 && line.as_bytes()[4] == b'-')?;
    Some(line.to_owned())
}

/// As a server notes that ran for some days after the sessions.
fn seen(database: &Path) {
    let db = rusqlite::Connection::open(database).expect("the database");
    let sql = "INSERT INTO sightings (session, ends, days, last, announced) SELECT key, ends, 9, '2028-01-09', '2028-01-07' FROM sessions";
    db.execute(sql, []).expect("sightings");
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for file in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        if file.path().is_dir() { files(&file.path(), found) } else { found.push(file.path()) }
    }
}

/// Which of these stand in the files of a folder, and where.
fn found_in(folder: &Path, values: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for path in paths {
        let Ok(bytes) = fs::read(&path) else { continue };
        for value in values {
            if memchr::memmem::find(&bytes, value.as_bytes()).is_some() {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.entry((*value).to_owned()).or_default().push(name);
            }
        }
    }
    found
}

#[test]
fn what_was_kept_long_enough_stands_in_no_file() {
    let project = Project::new();
    let server = serve(&project);
    scenario(&project, &server);
    assert_eq!(server.stop(), Some(0));
    let var = project.path("var");
    let before = found_in(&var, PERSONAL);
    for value in PERSONAL {
        let only_there = |files: &Vec<String>| files.iter().all(|file| file.contains("-effacement-"));
        assert_eq!(before.get(*value).is_none_or(only_there), GONE.contains(value), "{value}: {before:?}");
    }
    // A frozen clock, however late, erases nothing; nor does a command that finds no day on which a
    // server saw a session ended.
    let server = serve(project.at(AFTER));
    server.get("/").send().is(200);
    assert_eq!(server.stop(), Some(0));
    project.form_handler(&["purge", "--now", AFTER]).success();
    assert_eq!(export(&project, SESSION).len(), 3);

    seen(&var.join("inscriptions.db"));
    project.form_handler(&["purge", "--now", AFTER]).success();
    assert_eq!(found_in(&var, PERSONAL), BTreeMap::new());
    assert_eq!(export(&project, SESSION).len(), 0);
}

#[test]
fn what_was_kept_long_enough_is_in_no_dump_of_a_server() {
    let Some(postgres) = Postgres::for_test("what_was_kept_long_enough_is_in_no_dump_of_a_server") else { return };
    let address = postgres.database("base");
    let project = Project::new();
    let start = || project.server().arg("--limit", "0").arg("--database", &address).start();
    let server = start();
    scenario(&project, &server);
    assert_eq!(server.stop(), Some(0));
    let dump = || {
        let mut command = Command::new(postgres.program("pg_dump"));
        command.args(["--host=127.0.0.1", "--username=postgres", "base"]).arg(format!("--port={}", postgres.port()));
        let user = address.split("//").nth(1).and_then(|rest| rest.split('@').next()).unwrap_or("postgres").to_owned();
        command.arg(format!("--username={user}"));
        let output = command.output().expect("pg_dump must start");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let missing = |text: &str| PERSONAL.iter().copied().filter(|value| !text.contains(value)).collect::<Vec<_>>();
    assert_eq!(missing(&dump()), GONE);
    postgres.query(
        "base",
        "INSERT INTO sightings (session, ends, days, last, announced) SELECT key, ends, 9, '2028-01-09', '2028-01-07' FROM sessions",
    );
    project.form_handler(&["purge", "--now", AFTER, "--database", &address]).success();
    assert_eq!(missing(&dump()), PERSONAL);
    assert_eq!(found_in(&project.path("var"), PERSONAL), BTreeMap::new());
}

#[test]
fn whoever_has_everything_erased_stands_in_no_file_within_seconds_even_after_a_crash() {
    let project = Project::new();
    let mine = ["Effaceemarqueur", "effaceemarqueur", "+33698000042", "partie@marqueur"];
    let var = project.path("var");
    for crash in [false, true] {
        let server = serve(&project);
        let person =
            Form::of("partie@marqueur.example").with("prenom", "Effaceemarqueur").with("telephone", "06 98 00 00 42");
        let person = person.follow_up(&server);
        until("the letter", PATIENCE, || found_in(&var, &mine).contains_key("partie@marqueur").then_some(()));
        let erase = server.get(&person).send().is(200).form("J’efface mes informations").check("confirmation", "oui");
        let page = html::words(erase.submit().is(200).text());
        assert!(page.contains("Vos informations sont effacées"), "{page}");
        let server = if crash {
            server.kill();
            serve(&project)
        } else {
            server
        };
        // The last letter alone has the address, for a day.
        until("nothing is left", PATIENCE, || {
            let found = found_in(&var, &mine);
            eprintln!("{found:?}");
            let last = found.values().flatten().all(|file| file.contains("-effacement-"));
            (found.len() <= 1 && last).then_some(())
        });
        assert_eq!(server.stop(), Some(0));
    }
}

#[test]
fn all_that_is_kept_has_its_term_in_the_one_list() {
    let project = Project::new();
    let server = serve(&project);
    scenario(&project, &server);
    let listed = |of: fn(&entreparentaise::model::retention::Retained) -> &'static [&'static str]| {
        RETAINED.iter().flat_map(|kept| of(kept).iter().copied()).collect::<Vec<_>>()
    };
    let (tables, names) = (listed(|kept| kept.tables), listed(|kept| kept.files));
    let db = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("the database");
    let mut all = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").expect("tables");
    for table in all.query_map([], |row| row.get::<_, String>(0)).expect("tables").map(|table| table.expect("a name")) {
        assert!(tables.contains(&table.as_str()), "{table} has no term in `model::retention`");
    }
    for file in fs::read_dir(project.path("var")).expect("var/").filter_map(Result::ok) {
        let name = file.file_name().into_string().expect("a name");
        // A database's companions are named after it.
        let known = |kept: &str| name.strip_prefix(kept).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        assert!(names.iter().any(|kept| known(kept)), "var/{name} has no term in `model::retention`");
    }
}

/// The session's file, with this date.
fn dated(project: &Project, date: &str, more: &str) {
    let text = format!("+++\ndate = {date}\n{more}+++\n\nVenez.\n");
    project.file(&format!("content/seances/2027/{SESSION}.md"), text);
}

#[test]
fn a_year_that_was_mistyped_changes_nothing_for_those_who_come_until_the_team_answers() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    dated(&project, "2026-03-17", "titre = \"Autre titre\"\n");
    until("the title is published", PATIENCE, || {
        project.page(&format!("/seances/{SESSION}/")).contains("Autre titre").then_some(())
    });
    let page = html::words(server.get(&person).send().is(200).text());
    assert!(page.contains("17 mars 2027") && page.contains("Votre place est gardée"), "{page}");
    assert!(project.page(&format!("/seances/{SESSION}/")).contains("17 mars 2027"));
    let calendar = project.read(&format!("dist/seances/{SESSION}.ics"));
    assert!(calendar.contains("DTSTART:20270317T170000Z"), "{calendar}");
    let told: serde_json::Value = serde_json::from_str(&project.read("var/disponibilites.json")).expect("JSON");
    assert_eq!(told["seances"][SESSION]["date"], "2027-03-17");
    assert_eq!(state(&server, SESSION), "ouverte");
    until("the host is told", PATIENCE, || server.output().contains("date passée").then_some(()));
    // The team is told at once, and by whom nobody is named.
    let letter = until("the team's letter", PATIENCE, || {
        let letters = all_letters(&project);
        to(&letters, TEAM).into_iter().find(|letter| letter.text.contains("/equipe/date/")).cloned()
    });
    assert!(!letter.text.contains("ana") && letter.text.contains("17 mars 2026"), "{}", letter.text);
    let link =
        letter.text.split_whitespace().find_map(|word| word.find("/equipe/date/").map(|at| word[at..].to_owned()));
    let link = link.expect("a link");
    let check = || project.form_handler(&["check", "--now", NOW, "--trusted-proxies", "127.0.0.1"]).success();
    assert!(check().stdout().contains("date passée"), "{}", check().stdout());
    // The team says that it is right.
    let asked = server.get(&link).send().is(200);
    assert!(html::words(asked.text()).contains("Cette date est-elle juste ?"), "{}", asked.text());
    let answered = asked.form("Oui, elle a eu lieu ce jour-là").submit().is(200);
    assert!(html::words(answered.text()).contains("La date est changée"), "{}", answered.text());
    until("the page says so", LIVE, || {
        project.page(&format!("/seances/{SESSION}/")).contains("17 mars 2026").then_some(())
    });
    // Whoever would have come on the former date knows.
    until("a letter", PATIENCE, || {
        let letters = all_letters(&project);
        to(&letters, "ana@essai.example").iter().any(|letter| letter.text.contains("17 mars 2026")).then_some(())
    });
    let _ = asked.form("Oui, elle a eu lieu ce jour-là").submit().is(409);
    assert!(server.get(&link).send().is(200).forms("Oui, elle a eu lieu ce jour-là").is_empty());
    assert!(!check().stdout().contains("date passée"), "{}", check().stdout());
}

#[test]
fn a_session_is_cancelled_whatever_its_date_says() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    dated(&project, "2026-03-17", "etat = \"annulee\"\n");
    until("it is cancelled", PATIENCE, || (shown(&project, SESSION) == "annulee").then_some(()));
    // And she goes on at the next one.
    until("the next session", PATIENCE, || (standing(&server, &person) == "proposee").then_some(()));
}

#[test]
fn a_letter_does_not_wait_for_an_hour_that_was_wrong() {
    let project = Project::new();
    with_places(&project, 3);
    session(&project, "2030-05-15", "");
    project.at("2029-06-01T10:00:00+02:00");
    // Nobody takes letters there: they wait.
    let server = project.server().arg("--limit", "0").arg("--mail", "smtp://127.0.0.1:9").start();
    Form::of("ana@essai.example").at("2030-05-15").follow_up(&server);
    assert_eq!(server.stop(), Some(0));
    let server = serve(project.at("2027-01-10T10:00:00+01:00"));
    let letters = until("the letter", PATIENCE, || Some(all_letters(&project)).filter(|letters| !letters.is_empty()));
    assert_eq!(to(&letters, "ana@essai.example").len(), 1);
    until("it is told", PATIENCE, || server.output().contains("a reculé").then_some(()));
    let code = press(&server, &letters[0].link("suivi").expect("a link"), "J’ai besoin d’un code").is(200);
    assert!(html::words(code.text()).contains("code"), "{}", code.text());
    until("the code", PATIENCE, || {
        let letters = all_letters(&project);
        to(&letters, "ana@essai.example").iter().any(|letter| code_in(letter).is_some()).then_some(())
    });
}
