//! Text messages, to who asked for some: through a real gateway, a small one, here, that does as
//! each test tells it; and what is said of people whom nobody may call.

mod gateway;
mod kills;

use std::{fs, os::unix::fs::PermissionsExt};

use harness::{Project, Server, html};

use self::gateway::{Act, Script};
use crate::support::{
    Form, PATIENCE, SESSION, TEAM, all_letters, assert_error, awaited, export, press, serve, session, standing,
    stopwatch, until, with_places,
};

const PHONE: &str = "06 98 00 00 01";
const NUMBER: &str = "+33698000001";

/// Ana, who may be reached by text messages alone.
fn ana() -> Form {
    Form::of("").without("courriel").with("telephone", PHONE).with("sms", "oui").with("contact_prudent", "pas_d_appel")
}

/// Somebody else, in the same situation.
fn other(last: usize) -> Form {
    ana().with("telephone", &format!("06 98 00 01 {last:02}"))
}

fn serve_with(project: &Project, sms: &str) -> Server {
    project.server().arg("--limit", "0").arg("--sms", sms).start()
}

/// What a folder holds, in the order of the rows: telephone and words.
fn texts(project: &Project) -> Vec<(String, String)> {
    let Ok(folder) = fs::read_dir(project.path("var/textos")) else { return Vec::new() };
    let names = folder.flatten().filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
    let mut files: Vec<_> = names
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            let key: i64 = name.split('-').nth(1).and_then(|key| key.parse().ok()).expect("the key of its row");
            (key, fs::read_to_string(file.path()).expect("a text"))
        })
        .collect();
    files.sort();
    let split = |(_, text): (i64, String)| text.split_once("\n\n").map(|(to, words)| (to.to_owned(), words.to_owned()));
    files.into_iter().map(|file| split(file).expect("a number and words")).collect()
}

#[track_caller]
fn texts_to(project: &Project, number: &str, count: usize) -> Vec<String> {
    until(&format!("{count} texts to {number}"), PATIENCE, || {
        let found = texts(project).into_iter().filter(|(to, _)| to == number).map(|(_, words)| words);
        Some(found.collect::<Vec<_>>()).filter(|found| found.len() == count)
    })
}

/// The path of the link in a text message.
fn link(words: &str) -> String {
    let at = words.find("/inscription/suivi/").unwrap_or_else(|| panic!("a link in {words:?}"));
    words[at..].split_whitespace().next().unwrap_or_default().to_owned()
}

#[test]
fn whoever_refuses_calls_and_gave_a_telephone_alone_is_asked_for_another_way_at_the_field() {
    let project = Project::new();
    let server = serve(&project);
    let alone = ana().without("sms");
    let answer = alone.json(&server);
    assert_error(&answer, 422, "champs_invalides");
    assert_eq!(
        answer.json()["champs"].as_object().map(|fields| fields.keys().cloned().collect()),
        Some(vec!["contact_prudent".to_owned()])
    );
    // As somebody meets it, with the box that they are told of.
    let page = alone.press(&server).is(422);
    let words = html::words(page.text());
    for told in ["Ajoutez un courriel", "acceptez les textos", "décochez", "Ce que vous avez écrit est gardé"] {
        assert!(words.contains(told), "{told}: {words}");
    }
    let recorded = page.form("Je m’inscris").check("sms", "oui").check("conditions", "oui").submit();
    assert_eq!(recorded.status(), 303, "{}", recorded.text());
    let row = &export(&project, SESSION)[0];
    assert_eq!(row["Comment joindre"], "pas d’appel ; textos acceptés");
}

#[test]
fn a_text_message_is_left_in_a_folder_of_its_owners_alone_and_opens_the_page() {
    let project = Project::new();
    let server = serve(&project);
    let person = ana().with("prenom", "TU VAS VOIR").follow_up(&server);
    let words = &texts_to(&project, NUMBER, 1)[0];
    assert!(words.contains("mercredi 17 mars, 18 h"), "{words}");
    assert!(!words.contains("TU VAS VOIR") && !words.contains("parole") && !words.contains("solo"), "{words}");
    assert_eq!(link(words), person);
    let page = server.get(&person).send().is(200);
    let said = html::words(page.text());
    assert!(said.contains("par texto, au •• •• •• •• 01"), "{said}");
    let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    let folder = project.path("var/textos");
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).expect("the folder").flatten() {
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
    }
    // Nobody who did not tick gets one, and nobody with an address gets what can wait.
    other(2).without("sms").with("contact_prudent", "soir").follow_up(&server);
    other(3).with("courriel", "zoe@essai.example").follow_up(&server);
    other(4).follow_up(&server);
    texts_to(&project, "+33698000104", 1);
    assert_eq!(texts(&project).len(), 2, "{:?}", texts(&project));
}

#[test]
fn what_needs_an_answer_is_asked_by_text_and_answered_by_its_link() {
    let project = Project::new();
    with_places(&project, 1);
    // Less than a day before: a place that comes free is offered.
    let server = serve(project.at("2027-03-17T07:00:00+01:00"));
    let first = Form::of("zoe@essai.example").follow_up(&server);
    let waiting = ana().follow_up(&server);
    let beside = other(5).with("courriel", "bea@essai.example").follow_up(&server);
    let waits = &texts_to(&project, NUMBER, 1)[0];
    assert!(waits.contains("complet") && link(waits) == waiting, "{waits}");
    press(&server, &first, "J’annule ma place");
    let offered = texts_to(&project, NUMBER, 2).pop().expect("the offer");
    assert!(offered.starts_with("Réponse attendue avant le mercredi 17 mars à 11 h"), "{offered}");
    let page = server.get(&link(&offered)).send().is(200);
    page.form("Oui, je viens").submit().is(303);
    assert_eq!(standing(&server, &waiting), "inscrit");
    // Whoever has an address too gets this one by both ways: it cannot wait.
    press(&server, &waiting, "J’annule ma place");
    let urgent = &texts_to(&project, "+33698000105", 1)[0];
    assert!(urgent.starts_with("Réponse attendue"), "{urgent}");
    assert_eq!(link(urgent), beside);
    awaited(&project, "bea@essai.example", "/inscription/suivi/");
}

#[test]
fn a_session_that_is_not_held_is_told_by_text() {
    let project = Project::new();
    project.remove("content/seances/2027/2027-05-26.md");
    let server = serve(&project);
    ana().follow_up(&server);
    let both = other(6).with("courriel", "bea@essai.example");
    both.follow_up(&server);
    texts_to(&project, NUMBER, 1);
    session(&project, SESSION, "etat = \"annulee\"\nrevision = 1");
    for (number, count) in [(NUMBER, 2), ("+33698000106", 1)] {
        let told = texts_to(&project, number, count).pop().expect("the cancellation");
        assert!(told.contains("n'a pas lieu : ne venez pas"), "{told}");
    }
}

#[test]
fn consent_is_given_and_taken_back_on_the_persons_page_with_a_code_by_text() {
    let project = Project::new();
    let server = serve(&project);
    let person = ana().follow_up(&server);
    let page = server.get(&person).send().is(200);
    assert!(html::words(page.text()).contains("un code par texto"), "{}", html::words(page.text()));
    let asked = page.form("J’ai besoin d’un code").submit().is(200);
    assert!(html::words(asked.text()).contains("Un code part par texto"), "{}", html::words(asked.text()));
    let words = texts_to(&project, NUMBER, 2).pop().expect("the code");
    let code = words.strip_prefix("Votre code : ").and_then(|rest| rest.split('.').next()).expect("a code");
    assert!(!words.contains("http"), "{words}");
    let recorded = asked.form("Je vois mes informations").fill("code", code).submit().is(200);
    assert!(html::words(recorded.text()).contains("Textos acceptés"), "{}", html::words(recorded.text()));
    // Without the only way, nothing is changed, and what to do is said.
    let form = recorded.form("Je corrige");
    let refused = form.clone().uncheck("sms", "oui").submit().is(422);
    assert!(html::words(refused.text()).contains("acceptez les textos"), "{}", html::words(refused.text()));
    let changed = refused.form("Je corrige").fill("courriel", "ana@essai.example").submit();
    assert_eq!(changed.status(), 303, "{}", changed.text());
    assert_eq!(export(&project, SESSION)[0]["Comment joindre"], "pas d’appel");
    awaited(&project, "ana@essai.example", "/inscription/suivi/");
    assert_eq!(texts(&project).len(), 2, "no text any more");
}

#[test]
fn who_is_erased_is_erased_from_the_folder_of_texts_too() {
    let project = Project::new();
    let server = serve(&project);
    let person = ana().follow_up(&server);
    texts_to(&project, NUMBER, 1);
    let page = server.get(&person).send().is(200);
    page.form("J’efface mes informations").check("confirmation", "oui").submit().is(200);
    until("the file is gone", PATIENCE, || texts(&project).is_empty().then_some(()));
}

#[test]
fn a_site_that_sends_no_texts_offers_none_and_says_so_to_who_asks() {
    let project = Project::new();
    project.edit("content/site.toml", "textos = true", "textos = false");
    let server = serve(&project);
    let page = server.get("/inscription/").send().is(200);
    assert!(!page.text().contains("name=\"sms\""), "{}", page.text());
    let answer = ana().json(&server);
    assert_error(&answer, 422, "champs_invalides");
    let fields = answer.json()["champs"].clone();
    assert!(fields["sms"].as_str().is_some_and(|told| told.contains("pas de textos")), "{fields}");
    assert!(fields["contact_prudent"].as_str().is_some_and(|told| !told.contains("textos")), "{fields}");
    // The box is there to untick, for who met it before.
    let shown = ana().post(&server).is(422);
    assert!(shown.text().contains("name=\"sms\""), "{}", shown.text());
}

#[test]
fn texts_leave_through_the_gateway_that_was_named_with_its_secret_and_no_log_has_any() {
    let project = Project::new();
    let gateway = Script::new().once(Act::Answers(500)).start();
    let server = serve_with(&project, &gateway.url_with_login());
    ana().follow_up(&server);
    gateway.wait("it failed", |seen| !seen.is_empty());
    other(7).follow_up(&server);
    gateway.wait("the other one", |seen| seen.iter().any(|request| request.taken));
    until("it is told", PATIENCE, || server.output().contains("HTTP 500").then_some(()));
    let said = server.output();
    for secret in ["motsecret", "clesecrete", "698000001", "envoi"] {
        assert!(!said.contains(secret), "{secret} in\n{said}");
    }
    let request = gateway.taken().remove(0);
    assert!(request.head.starts_with("post /envoi?cle=clesecrete http/1.1\n"), "{}", request.head);
    let basic = "authorization: basic dmlsbgu6bw90c2vjcmv0";
    assert!(request.head.contains(basic), "{}", request.head);
    let key = format!("idempotency-key: {}", request.id.to_lowercase());
    assert!(request.head.contains(&key), "{}", request.head);
    assert!(request.words.contains("mercredi 17 mars"), "{}", request.words);
    assert!(!project.path("var/textos").exists(), "and not into the folder");
    assert_eq!(server.stop(), Some(0));
    // An hour later, the first one leaves under its own name.
    let server = serve_with(project.at("2027-01-10T11:00:00+01:00"), &gateway.url_with_login());
    gateway.wait("the first one", |seen| seen.iter().any(|request| request.taken && request.number == NUMBER));
    assert_eq!(server.stop(), Some(0));
    let same: Vec<_> = gateway.requests().into_iter().filter(|request| request.number == NUMBER).collect();
    assert!(same.len() == 2 && same[0].id == same[1].id && same[0].words == same[1].words, "{same:?}");
}

#[test]
fn a_gateway_that_is_down_or_knows_us_no_more_delays_nobody_and_costs_no_text_an_attempt() {
    // The clock stands still: a text that was put off would never leave.
    for act in [401, 403, 404, 429, 302, 502, 503] {
        let project = Project::new();
        let gateway = Script::new().once(Act::Answers(act)).start();
        let server = serve_with(&project, &gateway.url());
        for person in 10..13 {
            other(person).json(&server).is(201);
        }
        gateway
            .wait(&format!("every text after {act}"), |seen| seen.iter().filter(|request| request.taken).count() == 3);
        assert_eq!(server.stop(), Some(0));
        assert_eq!(gateway.requests().len(), 4, "one met it: {act}");
    }
    let project = Project::new();
    let port = crate::mail_server::closed_port();
    let server = serve_with(&project, &format!("http://127.0.0.1:{port}/"));
    let start = stopwatch();
    for person in 10..16 {
        other(person).json(&server).is(201);
    }
    assert!(start.elapsed() < PATIENCE / 3, "{:?}", start.elapsed());
    until("it is told", PATIENCE, || server.output().contains("passerelle de textos ne prend rien").then_some(()));
    // Letters do not wait for it.
    Form::of("zoe@essai.example").follow_up(&server);
    awaited(&project, "zoe@essai.example", "/inscription/suivi/");
    let gateway = Script::new().start_at(port);
    gateway.wait("every text, once", |seen| seen.len() == 6);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(gateway.requests().len(), 6);
}

#[test]
fn a_gateway_that_says_nothing_or_hangs_up_delays_neither_sign_ups_nor_the_end() {
    for act in [Act::SaysNothing, Act::HangsUp] {
        let project = Project::new();
        let gateway = Script::new().once(act).start();
        let server = serve_with(&project, &gateway.url());
        ana().json(&server).is(201);
        gateway.wait("it was sent", |seen| !seen.is_empty());
        other(8).json(&server).is(201);
        let start = stopwatch();
        assert_eq!(server.stop(), Some(0));
        assert!(start.elapsed() < PATIENCE / 2, "{:?} at {act:?}", start.elapsed());
        assert_eq!(export(&project, SESSION).len(), 2);
        // The one that was under way goes again, under the same name, and the other one once.
        let server = serve_with(&project, &gateway.url());
        gateway.wait("both", |seen| {
            let to = |number: &str| seen.iter().filter(|request| request.number == number).count();
            to(NUMBER) >= 2 && to("+33698000108") >= 1
        });
        assert_eq!(server.stop(), Some(0));
        let ids: Vec<_> = gateway
            .requests()
            .into_iter()
            .filter(|request| request.number == NUMBER)
            .map(|request| request.id)
            .collect();
        assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    }
}

/// Whom a text does not reach and who refuses calls is nobody to call: the team sees that they know
/// nothing.
#[test]
fn a_number_that_is_refused_is_told_to_the_team_and_never_as_a_call_where_none_is_wanted() {
    let project = Project::new();
    let gateway =
        Script::new().always_of("+33698000001", Act::Answers(400)).always_of("+33698000109", Act::Answers(422));
    let gateway = gateway.start();
    let server = serve_with(&project, &gateway.url());
    ana().with("prenom", "Zéphyrine").json(&server).is(201);
    other(9).without("contact_prudent").with("prenom", "Sidonie").json(&server).is(201);
    let (letter, list) = awaited(&project, TEAM, "/equipe/appels/");
    assert!(letter.text.contains("si elle a demandé de ne pas l’être"), "{}", letter.text);
    let page = until("both are told", PATIENCE, || {
        let page = server.get(&list).send().is(200);
        (page.text().contains("Sidonie") && page.text().contains("Zéphyrine")).then_some(page)
    });
    let (calls, others) = page.text().split_once("À ne pas appeler").expect("two lists");
    let (others, _) = others.split_once("Cette page contient").expect("the end of the list");
    assert!(calls.contains("Sidonie") && calls.contains("tel:+33698000109"), "{calls}");
    assert!(!calls.contains("Zéphyrine"), "{calls}");
    assert!(others.contains("Zéphyrine") && !others.contains("tel:") && !others.contains("698000001"), "{others}");
    assert!(html::words(others).contains("Un texto n’est pas arrivé"), "{}", html::words(others));
    assert_eq!(gateway.requests().len(), 2, "given up at once");
    // The digest counts them apart.
    assert_eq!(server.stop(), Some(0));
    let server = serve_with(project.at("2027-01-11T08:00:00+01:00"), &gateway.url());
    let digest = until("the digest", PATIENCE, || {
        all_letters(&project)
            .into_iter()
            .find(|letter| letter.to == TEAM && letter.subject.contains("Le point du jour"))
    });
    assert!(digest.subject.contains("1 appel à faire"), "{}", digest.subject);
    assert!(digest.text.contains("1 personne a quelque chose à savoir"), "{}", digest.text);
    let page = server.get(&list).send().is(200);
    page.form("C’est dit").submit().is(200);
    let words = html::words(server.get(&list).send().is(200).text());
    assert!(!words.contains("Zéphyrine") && words.contains("Sidonie"), "{words}");
}

/// A letter that comes back goes by text, where that was asked for: nobody needs to call.
#[test]
fn what_a_letter_could_not_tell_goes_by_text_before_anybody_calls() {
    use crate::mail_server::{Act as Mails, Script as MailScript, Step};
    let project = Project::new();
    let mail = MailScript::new().always_of("bea@", Step::Recipient, Mails::Says("550 5.1.1 nobody")).start();
    let gateway = Script::new().start();
    let server = project.server().arg("--limit", "0").arg("--mail", &mail.url()).arg("--sms", &gateway.url()).start();
    other(20).with("courriel", "bea@essai.example").follow_up(&server);
    gateway.wait("it goes by text", |seen| seen.iter().any(|request| request.words.contains("mercredi 17 mars")));
    assert_eq!(server.stop(), Some(0));
    assert!(mail.raw().is_empty(), "the team was told of nothing to do");
}

#[test]
fn check_says_how_the_gateway_is() {
    let project = Project::new();
    let said = |sms: &[&str]| project.form_handler(&[&["check"], sms].concat()).stdout().to_owned();
    assert!(said(&[]).contains("aucune passerelle n’est réglée"), "{}", said(&[]));
    let closed = format!("http://u:motsecret@127.0.0.1:{}/", crate::mail_server::closed_port());
    let told = said(&["--sms", &closed]);
    assert!(told.contains("ERREUR : La passerelle de textos ne répond pas"), "{told}");
    assert!(!told.contains("motsecret"), "{told}");
    let gateway = Script::new().start();
    let told = said(&["--sms", &gateway.url()]);
    assert!(!told.contains("passerelle"), "{told}");
    assert_eq!(gateway.requests(), [], "nothing was sent");
    project.edit("content/site.toml", "textos = true", "textos = false");
    assert!(!said(&[]).contains("passerelle"), "{}", said(&[]));
    // A setting like every other.
    project.file("form-handler.toml", "sms = \"ftp://u:motsecret@x\"\n");
    let refused = project.form_handler(&["check"]).fails(2);
    assert!(refused.stderr().contains("--sms") && !refused.stderr().contains("motsecret"), "{}", refused.stderr());
}
