//! A parent's way in a real browser, on a telephone's screen, without JavaScript; and axe-core, no
//! rule disabled, on the pages that the handler makes.

use std::fs;

use harness::{
    Project, Server,
    browser::{Browser, Screen},
    tools::Tools,
};

use crate::support::{
    Form, LIVE, OTHER, PATIENCE, SESSION, TEAM, all_letters, awaited, cancel, exported_emails, letters, press, serve,
    session, to, until, with_places,
};

/// A session whose sign-up is closed, in the test that wants one.
const CLOSED: &str = "2027-06-30";

/// A small telephone, held upright.
const TELEPHONE: Screen = Screen { width: 360, height: 740, dark: false };

/// A browser on a telephone, without JavaScript, of somebody who asked for less movement: a page
/// that is still scrolling cannot be touched where it will be.
fn telephone(tools: &Tools) -> Browser {
    let browser = Browser::without_javascript(tools);
    hold(&browser);
    browser
}

/// Shows pages on that telephone.
fn hold(browser: &Browser) {
    browser.screen(TELEPHONE);
    let still = serde_json::json!({ "name": "prefers-reduced-motion", "value": "reduce" });
    browser.cdp("Emulation.setEmulatedMedia", &serde_json::json!({ "media": "screen", "features": [still] }));
}

/// Where the focus is: the element's class or id.
fn focus(browser: &Browser) -> String {
    let found = browser.script("const e = document.activeElement; return e.id || e.className || e.tagName;", &[]);
    found.as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_parent_reads_signs_up_mistypes_corrects_and_cancels_without_javascript() {
    let Some(tools) = Tools::for_test("le parcours d’un parent") else { return };
    let project = Project::new();
    let server = serve(&project);
    let url = |path: &str| format!("{}{path}", server.address());
    let browser = telephone(&tools);
    browser.open(&url("/"));
    browser.follow("main a[href='/seances/2027-03-17/']");
    assert_eq!(browser.url(), url("/seances/2027-03-17/"));
    browser.follow("main a[href^='/inscription/?seance=2027-03-17']");
    assert_eq!(browser.property("[name=seance][value='2027-03-17']", "checked"), true);

    // A mistake: the address is none, and a box is forgotten.
    browser
        .fill("[name=prenom]", "Ana 🌻")
        .fill("[name=courriel]", "ana.essai.example")
        .click("details.plus summary")
        .fill("[name=theme]", "Le sommeil");
    browser.click("[name=contact_prudent][value=soir]");
    browser.follow("form#inscription [type=submit]");
    assert!(browser.title().starts_with("Erreur\u{a0}: "), "{}", browser.title());
    assert_eq!(focus(&browser), "erreurs", "the summary is read first");
    assert_eq!(browser.property("[name=prenom]", "value"), "Ana 🌻");
    assert_eq!(browser.property("[name=theme]", "value"), "Le sommeil");
    assert_eq!(browser.property("[name=contact_prudent][value=soir]", "checked"), true);
    assert_eq!(browser.property("[name=seance][value='2027-03-17']", "checked"), true);
    assert_eq!(browser.count(".erreurs a"), 2);
    assert_eq!(browser.count("details.plus[open]"), 1, "what was written there is seen");
    browser.click(".erreurs a[href='#champ-courriel']");
    assert!(browser.url().ends_with("#champ-courriel"));

    // Corrected.
    browser.fill("[name=courriel]", "ana@essai.example").click("[name=conditions]");
    browser.follow("form#inscription [type=submit]");
    assert!(browser.url().starts_with(&url("/inscription/suivi/")), "{}", browser.url());
    assert!(browser.text("main").contains("Votre place est gardée"), "{}", browser.text("main"));
    assert!(browser.text("main").contains("a•••@essai.example"));
    assert_eq!(exported_emails(&project, SESSION), ["ana@essai.example"]);

    browser.paper();
    assert_eq!(browser.headings_alone(), [""; 0], "on paper");
    hold(&browser);

    // Cancelled: asked once more, and only then.
    assert!(browser.text("main").starts_with("Nous vous attendons"), "{}", browser.text("main"));
    assert!(browser.text("main").contains("À la porte"), "{}", browser.text("main"));
    assert!(!browser.text("main").contains("J’annule ma place"), "{}", browser.text("main"));
    browser.click("details.confirme summary");
    browser.follow("form:has([value=annuler]) [type=submit]");
    assert!(browser.text("main").contains("Votre demande est annulée"), "{}", browser.text("main"));
    assert_eq!(exported_emails(&project, SESSION).len(), 0);
    // The mistake's own status is told on the console too.
    let complaints = browser.complaints();
    assert!(complaints.iter().all(|complaint| complaint.contains("422")), "{complaints:?}");
}

/// Through the pages that are served and the links of the letters alone, on two telephones.
#[test]
fn a_person_is_offered_a_place_accepts_loses_the_link_finds_it_again_moves_and_cancels() {
    let Some(tools) = Tools::for_test("le parcours d’un lien perdu") else { return };
    let project = Project::new();
    let server = with_places(&project, 1).server().arg("--limit", "0").arg("--offer-within", "2000").start();
    let url = |path: &str| format!("{}{path}", server.address());
    let first = Form::of("premier@essai.example").follow_up(&server);

    // The room is full, and its card says so.
    let browser = telephone(&tools);
    browser.open(&url("/"));
    browser.follow("main a[href='/seances/2027-03-17/']");
    browser.follow("main a[href^='/inscription/?seance=2027-03-17']");
    browser.fill("[name=prenom]", "Ana").fill("[name=courriel]", "ana@essai.example").click("[name=conditions]");
    browser.follow("form#inscription [type=submit]");
    assert!(browser.text("main").contains("Vous êtes sur la liste d’attente"), "{}", browser.text("main"));

    // A place comes free, and is offered by letter.
    cancel(&server, &first);
    let link = until("the offer", PATIENCE, || to(&all_letters(&project), "ana@essai.example").get(1)?.link("suivi"));
    browser.open(&url(&link));
    assert!(browser.text("main").contains("Une place vous attend"), "{}", browser.text("main"));
    browser.follow("form:has([value=accepter]) [type=submit]");
    assert!(browser.text("main").contains("Votre place est gardée"), "{}", browser.text("main"));
    drop(browser);

    // Another telephone, without a history: all that is left is the address.
    let browser = telephone(&tools);
    browser.open(&url("/"));
    browser.follow("footer a[href='/plan-du-site/']");
    browser.follow("main a[href='/inscription/retrouver/']");
    browser.fill("[name=courriel]", "ana@essai").follow("form:has([name=courriel]) [type=submit]");
    assert_eq!(focus(&browser), "erreurs");
    browser.fill("[name=courriel]", "ana@essai.example").follow("form:has([name=courriel]) [type=submit]");
    assert!(browser.text("main").contains("leurs liens partent par courriel"), "{}", browser.text("main"));
    let link = until("the links", PATIENCE, || {
        let letters = all_letters(&project);
        let mut own = to(&letters, "ana@essai.example").into_iter();
        own.find(|letter| letter.text.contains("Voici le lien de"))?.link("suivi")
    });
    browser.open(&url(&link));
    assert!(browser.text("main").contains("Mercredi 17 mars 2027"), "{}", browser.text("main"));

    // To another date, and then not at all.
    browser.click("[name=seance] option[value='2027-05-26']").follow("form:has([value=deplacer]) [type=submit]");
    assert!(browser.text("main").contains("Mercredi 26 mai 2027"), "{}", browser.text("main"));
    assert_eq!((exported_emails(&project, SESSION).len(), exported_emails(&project, OTHER).len()), (0, 1));
    browser.click("details.confirme summary").follow("form:has([value=annuler]) [type=submit]");
    assert!(browser.text("main").contains("Votre demande est annulée"), "{}", browser.text("main"));
    assert_eq!(exported_emails(&project, OTHER).len(), 0);
    let complaints = browser.complaints();
    assert!(complaints.iter().all(|complaint| complaint.contains("422")), "{complaints:?}");
}

#[test]
fn a_mistyped_address_is_corrected_in_the_browser_that_typed_it_without_javascript() {
    let Some(tools) = Tools::for_test("une adresse corrigée") else { return };
    let project = Project::new();
    let server = serve(&project);
    let url = |path: &str| format!("{}{path}", server.address());
    let browser = telephone(&tools);
    browser.open(&url("/inscription/?seance=2027-03-17"));
    browser.fill("[name=prenom]", "Ana").fill("[name=courriel]", "ana@gmial.example").click("[name=conditions]");
    browser.follow("form#inscription [type=submit]");
    let (_, mailed) = awaited(&project, "ana@gmial.example", "/inscription/suivi/");
    browser.click("#corriger summary").fill("#corriger [name=courriel]", "ana@gmail.example");
    browser.follow("#corriger [type=submit]");
    assert!(browser.text("main").contains("a•••@gmail.example"), "{}", browser.text("main"));
    let _ = server.get(&mailed).send().is(404);
    assert_eq!(exported_emails(&project, SESSION), ["ana@gmail.example"]);
    // Nothing of it is told to the next page.
    browser.follow("footer a[href='/plan-du-site/']");
    let from = browser.script("return document.referrer", &[]);
    assert_eq!(from.as_str(), Some(url("/").as_str()), "the site, and no page of it");
}

#[test]
fn a_session_that_fills_up_says_so_on_its_published_page() {
    let Some(tools) = Tools::for_test("une séance qui se remplit") else { return };
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let url = |path: &str| format!("{}{path}", server.address());
    let browser = telephone(&tools);
    browser.open(&url("/seances/2027-03-17/"));
    assert!(browser.text("main").contains("Dernières places"), "{}", browser.text("main"));
    browser.follow("main a[href^='/inscription/?seance=2027-03-17']");
    browser.fill("[name=prenom]", "Ana").fill("[name=telephone]", "06 12 34 56 78").click("[name=conditions]");
    browser.follow("form#inscription [type=submit]");
    assert!(browser.text("main").contains("Votre place est gardée"));
    until("the published page says full", LIVE, || {
        project.page("/seances/2027-03-17/").contains("Complet").then_some(())
    });
    browser.open(&url("/seances/2027-03-17/"));
    assert!(browser.text("main").contains("Complet"), "{}", browser.text("main"));
    browser.open(&url("/seances/"));
    assert!(browser.text("main").contains("Complet"), "{}", browser.text("main"));
    browser.open(&url("/"));
    assert!(browser.text("main").contains("Complet"), "{}", browser.text("main"));
}

#[test]
fn the_button_of_the_form_sleeps_once_it_is_pressed_and_wakes_when_the_page_comes_back() {
    let Some(tools) = Tools::for_test("le bouton du formulaire") else { return };
    let project = Project::new();
    let server = serve(&project);
    let browser = Browser::start(&tools);
    let form = format!("{}/inscription/?seance={SESSION}", server.address());
    let submit = "form#inscription [type=submit]";
    let asleep = || browser.property(submit, "disabled") == true;
    browser.open(&form);
    browser.fill("[name=prenom]", "Ana").fill("[name=courriel]", "ana@essai.example");
    // A form that is not complete leaves the button as it is.
    browser.click(submit);
    assert!(!asleep());
    browser.click("[name=conditions]");
    // The page is gone once it is answered: it notes what it saw of its button.
    browser.script(
        "const button = document.querySelector(arguments[0]);
         new MutationObserver(() => sessionStorage.setItem('asleep', button.disabled)).observe(button, { attributes: true });",
        &[submit.into()],
    );
    browser.follow(submit);
    assert!(browser.url().starts_with(&format!("{}/inscription/suivi/", server.address())), "{}", browser.url());
    assert_eq!(browser.script("return sessionStorage.getItem('asleep')", &[]), "true");
    assert_eq!(exported_emails(&project, SESSION), ["ana@essai.example"]);
    // A form whose answer does not come: its page stays.
    browser.open(&form);
    browser.fill("[name=prenom]", "Bea").fill("[name=courriel]", "bea@essai.example").click("[name=conditions]");
    browser.script(
        "document.querySelector('form#inscription').addEventListener('submit', (event) => event.preventDefault())",
        &[],
    );
    browser.click(submit);
    assert!(asleep());
    browser.script("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))", &[]);
    assert!(!asleep(), "as the browser gives it back");
    browser.click(submit);
    assert!(asleep());
    until("the button wakes by itself", PATIENCE, || (!asleep()).then_some(()));
    assert_eq!(exported_emails(&project, SESSION).len(), 1);
}

/// What axe-core finds on the page as it is shown now.
fn violations(browser: &Browser, axe: &str) -> Vec<String> {
    browser.script(axe, &[]);
    let found = browser.script_until(
        "const done = arguments[arguments.length - 1];
         axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })
            .then(found => done(found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target}: ${n.failureSummary}`))))
            .catch(error => done(['axe: ' + error]));",
        &[],
    );
    let list = found.as_array().expect("a list");
    list.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
}

/// Opens a page, then looks at it on every screen.
fn look(browser: &Browser, axe: &str, name: &str, open: impl Fn()) -> Vec<String> {
    let mut found = Vec::new();
    for screen in [Screen::PHONE, Screen::PHONE.dark(), Screen::DESK, Screen::DESK.dark()] {
        browser.screen(screen);
        open();
        found.extend(violations(browser, axe).into_iter().map(|what| format!("{name} ({screen}): {what}")));
    }
    found
}

/// Sends this form from a page of the site, as its own button would.
fn send(browser: &Browser, server: &Server, fields: &[(&str, &str)]) {
    browser.open(&format!("{}/inscription/", server.address()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| serde_json::json!([name, value])).collect();
    browser.script(
        "const form = document.createElement('form'); form.method = 'post'; form.action = '/inscription';
         for (const [name, value] of arguments[0]) {
             const input = document.createElement('input'); input.name = name; input.value = value; form.append(input);
         }
         document.body.append(form); form.submit();",
        &[fields.into()],
    );
    until("the answer", PATIENCE, || (!browser.url().ends_with("/inscription/")).then_some(()));
}

#[test]
fn axe_finds_nothing_on_the_pages_that_answer_people() {
    let Some(tools) = Tools::for_test("axe-core sur les réponses") else { return };
    let axe = fs::read_to_string(tools.file("axe-core/axe.min.js")).expect("axe-core is text");
    let project = Project::new();
    session(with_places(&project, 2), CLOSED, "inscription_ferme = 2027-01-09T12:00:00");
    // A burst that the team has yet to answer, and one that it dropped.
    let server = project.server().arg("--limit", "1000").arg("--hourly", "1").start();
    for name in ["premier", "fanny"] {
        Form::of(&format!("{name}@rafale.example")).at(OTHER).follow_up(&server);
    }
    let (_, burst) = awaited(&project, TEAM, "/equipe/rafale/");
    let dropped = Form::of("gina@rafale.example").follow_up(&server);
    let _ = project.form_handler(&["held", SESSION, "--drop", "--now", "2027-01-10T10:00:00+01:00"]).success();
    drop(server);
    let server = serve(&project);
    let url = |path: &str| format!("{}{path}", server.address());
    let placed = Form::of("ana@essai.example").follow_up(&server);
    let to_confirm = Form::of("bea@essai.example").with("autre_parent", "oui").follow_up(&server);
    let waiting = Form::of("chloe@essai.example").follow_up(&server);
    let cancelled = Form::of("dora@essai.example").follow_up(&server);
    cancel(&server, &cancelled);
    let again = Form::of("ana@essai.example").with("envoi", "b").follow_up(&server);
    // The team offers the next session to one of two that it is to confirm.
    let offered = Form::of("eva@essai.example").with("prenom", "Éva").with("autre_parent", "oui").follow_up(&server);
    let (_, to_answer) = awaited(&project, TEAM, "/equipe/a-confirmer/");
    let of_eva =
        server.get(&to_answer).send().is(200).forms("Je propose la séance suivante").pop().expect("two of them");
    of_eva.submit().is(200);
    press(&server, &placed, "J’ai besoin d’un code").is(200);
    let mails = letters(&project, &server);
    let merge = mails.iter().find_map(|letter| letter.link("fusion")).expect("the question");

    // A form that was sent twice, with another body, from this browser.
    let twice = Form::of("fleur@essai.example").with("envoi", "deux");
    let _ = twice.post(&server).is(303);
    let recent = twice.at(OTHER).post(&server).is(303).location().to_owned();

    let code = mails.iter().find_map(|letter| letter.text.lines().find(|line| line.starts_with("    ")));
    let code = code.expect("a code").trim().to_owned();

    let browser = Browser::start(&tools);
    let mut found = Vec::new();
    let fill = |browser: &Browser, code: &str| {
        browser.open(&url(&placed));
        browser
            .click("#mes-informations ~ details summary")
            .fill("[name=code]", code)
            .follow("form:has([name=code]) [type=submit]");
    };
    found.extend(look(&browser, &axe, "mauvais code", || fill(&browser, "2222-2222")));
    found.extend(look(&browser, &axe, "annuler ?", || {
        browser.open(&url(&placed));
        browser.click("details.confirme summary");
    }));
    found.extend(look(&browser, &axe, "formulaire déplié", || {
        browser.open(&url("/inscription/"));
        browser.click("details.plus summary").click("[name=autre_parent][value=oui]");
    }));
    found.extend(look(&browser, &axe, "mes informations", || fill(&browser, &code)));
    found.extend(look(&browser, &axe, "à corriger", || {
        fill(&browser, &code);
        browser.fill("[name=courriel]", "x").follow("form:has([name=courriel]) [type=submit]");
    }));
    for (name, path) in [
        ("place", &placed),
        ("à confirmer", &to_confirm),
        ("liste d’attente", &waiting),
        ("annulée", &cancelled),
        ("proposée", &offered),
        ("équipe, à confirmer", &to_answer),
        ("équipe, rafale", &burst),
        ("non gardée", &dropped),
        ("encore", &again),
        ("fusion", &merge),
        ("lien inconnu", &"/inscription/suivi/inconnu".to_owned()),
        ("retrouver", &"/inscription/retrouver/".to_owned()),
        ("vient d’envoyer", &recent),
    ] {
        found.extend(look(&browser, &axe, name, || {
            browser.open(&url(path));
        }));
    }
    found.extend(look(&browser, &axe, "adresse à corriger", || {
        browser.open(&url(&recent)).click("#corriger summary").fill("#corriger [name=courriel]", "x");
        browser.follow("#corriger [type=submit]");
    }));
    found.extend(look(&browser, &axe, "retrouver, cherché", || {
        browser.open(&url("/inscription/retrouver/")).fill("[name=courriel]", "x@essai.example");
        browser.follow("form:has([name=courriel]) [type=submit]");
    }));
    found.extend(answers_to_forms(&browser, &axe, &server));
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// What the answers to forms that no button sends like that are like to use.
fn answers_to_forms(browser: &Browser, axe: &str, server: &Server) -> Vec<String> {
    let wrong = [
        ("prenom", ""),
        ("courriel", "x"),
        ("telephone", "y"),
        ("theme", &"é".repeat(501)),
        ("ne_pas_remplir", "z"),
        ("contact_prudent", "x"),
        ("autre_parent", "x"),
        ("connu_par", "É"),
        ("appareil_partage", "x"),
    ];
    let mut found = Vec::new();
    found.extend(look(browser, axe, "formulaire et erreurs", || send(browser, server, &wrong)));
    let closed = [("seance", CLOSED), ("prenom", "Ana"), ("courriel", "x@essai.example"), ("conditions", "oui")];
    found.extend(look(browser, axe, "refus", || send(browser, server, &closed)));
    let unknown = [("seance", "inconnue"), ("prenom", "Ana"), ("courriel", "x@essai.example"), ("conditions", "oui")];
    found.extend(look(browser, axe, "séance inconnue", || send(browser, server, &unknown)));
    let shared = [
        ("seance", SESSION),
        ("prenom", "Ana"),
        ("courriel", "y@essai.example"),
        ("conditions", "oui"),
        ("appareil_partage", "oui"),
        ("envoi", "partage"),
    ];
    found.extend(look(browser, axe, "appareil partagé", || send(browser, server, &shared)));
    found
}
