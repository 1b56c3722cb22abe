//! The form's fields, one by one and badly: always an answer of the contract, never half a record.

use std::collections::BTreeSet;

use harness::{
    Answer, Project, Server,
    html::{self, Element},
};

use crate::support::{Form, SESSION, assert_error, export, exported_emails, serve};

/// HTML, SQL, a template and a formula: none may ever work.
const ATTACKS: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)",
    "</textarea></title><b>gras</b>",
    "Robert'); DROP TABLE demands;--",
    "' OR '1'='1",
    "{{ site.contact }}{% raw %}",
    "=HYPERLINK(\"http://x.example\")",
    "&lt;b&gt;",
    "%00%0d%0a",
];

/// A new valid form, its address never used before.
fn fresh(count: &mut usize) -> (String, Form) {
    *count += 1;
    let email = format!("personne{count}@essai.example");
    (email.clone(), Form::of(&email))
}

/// The answer must be that this field alone is wrong.
#[track_caller]
fn assert_wrong(server: &Server, form: &Form, field: &str, why: &str) {
    let answer = form.json(server);
    assert_error(&answer, 422, "champs_invalides");
    let told = answer.json();
    let wrong: Vec<_> = told["champs"].as_object().expect("fields").keys().collect();
    assert!(wrong.contains(&&field.to_owned()), "{why}: {told}");
    assert_error_page(&form.post(server), &[field], why);
}

/// The form again, with a summary that leads to each wrong field.
#[track_caller]
fn assert_error_page(answer: &Answer, fields: &[&str], why: &str) {
    assert_eq!(answer.status(), 422, "{why}: {}", answer.text());
    let elements = html::elements(answer.text());
    let title = elements.iter().find(|element| element.name == "title").expect("a title");
    assert!(title.text.starts_with("Erreur\u{a0}: "), "{why}: {}", title.text);
    let links: Vec<_> = elements.iter().filter_map(|e| e.get("href")?.strip_prefix("#champ-")).collect();
    for field in fields {
        // Nobody sees the key of a rendering: its problem leads to the form itself.
        let told =
            if *field == "envoi" { answer.text().contains("href=\"#inscription\"") } else { links.contains(field) };
        assert!(told, "{why}: {field} is not in {links:?}");
    }
    let ids = html::ids(answer.text());
    for link in links {
        assert!(ids.contains(&format!("champ-{link}")), "{why}: #champ-{link} leads nowhere");
    }
}

/// What the form shows as typed for a field.
#[track_caller]
fn kept<'e>(elements: &'e [Element], field: &str) -> &'e str {
    let of = |element: &&Element| element.get("name") == Some(field);
    let element = elements.iter().find(of).unwrap_or_else(|| panic!("{field} is shown"));
    if element.name == "textarea" { element.text.trim_start_matches('\n') } else { element.get("value").unwrap_or("") }
}

#[test]
fn all_errors_are_told_at_once_and_every_value_is_kept() {
    let project = Project::new();
    let server = serve(&project);
    let form = Form::empty()
        .with("seance", SESSION)
        .with("prenom", &"Zoé ".repeat(30))
        .with("courriel", "zoe(at)essai.example")
        .with("telephone", "12")
        .and("contact_prudent", "soir")
        .and("contact_prudent", "pas_d_appel")
        .with("autre_parent", "oui")
        .with("autre_parent_prenom", "Sam & Cie")
        .with("theme", "Le \"sommeil\"\ndes enfants")
        .with("connu_par", "flyer")
        .with("appareil_partage", "oui")
        .with("ne_pas_remplir", "robot");
    let wrong = ["prenom", "courriel", "telephone", "conditions", "ne_pas_remplir"];
    let answer = form.json(&server);
    assert_error(&answer, 422, "champs_invalides");
    let told = answer.json();
    let fields: BTreeSet<_> = told["champs"].as_object().expect("fields").keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(wrong));

    let answer = form.post(&server);
    assert_error_page(&answer, &wrong, "everything");
    let elements = html::elements(answer.text());
    let summary = elements.iter().find(|element| element.has_class("erreurs")).expect("the summary");
    assert_eq!(summary.get("role"), Some("alert"));
    assert_eq!(summary.get("tabindex"), Some("-1"), "it can take the focus");
    assert!(summary.get("autofocus").is_some(), "and takes it, without a script");
    for (field, value) in [
        ("prenom", "Zoé ".repeat(30).as_str()),
        ("courriel", "zoe(at)essai.example"),
        ("telephone", "12"),
        ("autre_parent_prenom", "Sam & Cie"),
        ("theme", "Le \"sommeil\"\ndes enfants"),
        ("ne_pas_remplir", "robot"),
    ] {
        assert_eq!(kept(&elements, field), value, "{field}");
    }
    let chosen = |field: &str, value: &str| {
        let found = elements.iter().find(|e| e.get("name") == Some(field) && e.get("value") == Some(value));
        found.is_some_and(|element| element.get("checked").is_some())
    };
    assert!(chosen("seance", SESSION) && chosen("autre_parent", "oui") && chosen("appareil_partage", "oui"));
    assert!(chosen("contact_prudent", "soir") && chosen("contact_prudent", "pas_d_appel"));
    assert!(!chosen("contact_prudent", "journee") && !chosen("conditions", "oui") && !chosen("autre_parent", "non"));
    let selected: Vec<_> =
        elements.iter().filter(|e| e.get("selected").is_some()).filter_map(|e| e.get("value")).collect();
    assert_eq!(selected, ["flyer"]);
    // Each wrong field says so itself, to whoever does not see colours.
    for field in ["prenom", "courriel", "telephone", "conditions"] {
        let element = elements.iter().find(|e| e.get("id") == Some(&format!("champ-{field}"))).expect("the field");
        assert_eq!(element.get("aria-invalid"), Some("true"), "{field}");
        let ids = html::ids(answer.text());
        let described = element.get("aria-describedby").unwrap_or_default();
        assert!(described.split(' ').all(|id| ids.contains(id)) && described.contains("faute"), "{field}: {described}");
    }
    assert_eq!(export(&project, SESSION).len(), 0);
}

#[test]
fn what_is_absent_or_empty_is_asked_for() {
    let project = Project::new();
    let server = serve(&project);
    for field in ["seance", "prenom", "conditions"] {
        let form = Form::of("ana@essai.example");
        assert_wrong(&server, &form.clone().without(field), field, "absent");
        for blank in ["", " ", "\u{a0}\u{200b}", "\u{200d}"] {
            assert_wrong(&server, &form.clone().with(field, blank), field, &format!("{field} = {blank:?}"));
        }
    }
    // One of the two contacts is enough; none is not.
    let form = Form::of("ana@essai.example").without("courriel");
    for form in [form.clone(), form.clone().with("courriel", "").with("telephone", " ")] {
        assert_wrong(&server, &form, "courriel", "no contact");
        assert_wrong(&server, &form, "telephone", "no contact");
    }
    assert_wrong(&server, &Form::empty().with("inconnu", "x"), "prenom", "nothing that is known");
    form.with("telephone", "06 12 34 56 78").json(&server).is(201);
    assert_eq!(export(&project, SESSION).len(), 1);
}

#[test]
fn what_is_optional_may_be_absent_or_empty() {
    let project = Project::new();
    let server = serve(&project);
    let mut count = 0;
    let mut accepted = Vec::new();
    for field in [
        "telephone",
        "contact_prudent",
        "places",
        "autre_parent",
        "autre_parent_prenom",
        "theme",
        "connu_par",
        "appareil_partage",
        "langue",
        "envoi",
        "ne_pas_remplir",
        "inconnu",
    ] {
        let (email, form) = fresh(&mut count);
        let answer = form.with(field, "").json(&server);
        assert!(matches!(answer.status(), 201 | 202), "{field}: {}", answer.text());
        accepted.push(email);
    }
    assert_eq!(exported_emails(&project, SESSION), accepted);
}

#[test]
fn what_is_too_long_or_of_another_type_is_refused() {
    let project = Project::new();
    let server = serve(&project);
    let long = |n: usize| "é".repeat(n);
    let mut count = 0;
    for (field, value) in [
        ("prenom", long(81)),
        ("prenom", long(8_000)),
        ("courriel", format!("{}@essai.example", "a".repeat(300))),
        ("courriel", "06 12 34 56 78".into()),
        ("telephone", "0".repeat(60)),
        ("telephone", "ana@essai.example".into()),
        ("contact_prudent", "par_pigeon".into()),
        ("conditions", "non".into()),
        ("conditions", "true".into()),
        ("places", "deux".into()),
        ("places", "-1".into()),
        ("places", "0".into()),
        ("places", "1.5".into()),
        ("places", "1e3".into()),
        ("autre_parent", "peut-être".into()),
        ("theme", long(501)),
        ("connu_par", "Une affiche".into()),
        ("connu_par", "x".repeat(65)),
        ("appareil_partage", "1".into()),
        ("envoi", "x".repeat(65)),
        ("envoi", "é".into()),
        ("ne_pas_remplir", " ".into()),
    ] {
        let (_, form) = fresh(&mut count);
        // A group of one place a demand does not show how many: nothing to lead to.
        if field == "places" {
            let answer = form.with(field, &value).json(&server);
            assert_error(&answer, 422, "champs_invalides");
            assert!(answer.json()["champs"]["places"].is_string());
        } else {
            assert_wrong(&server, &form.with(field, &value), field, &format!("{field} = {value:.20}"));
        }
    }
    let (_, form) = fresh(&mut count);
    assert_error(&form.clone().with("langue", "tlh").json(&server), 422, "champs_invalides");
    let other = form.clone().with("autre_parent", "oui");
    assert_wrong(&server, &other.with("autre_parent_prenom", &long(81)), "autre_parent_prenom", "too long");
    assert_eq!(export(&project, SESSION).len(), 0);
    // The limits themselves are allowed.
    let form = form.with("prenom", &long(80)).with("theme", &long(500)).with("envoi", &"x".repeat(64));
    form.with("connu_par", &"x".repeat(64)).json(&server).is(201);
    assert_eq!(export(&project, SESSION)[0]["Prénom"], long(80));
}

#[test]
fn what_is_repeated_is_refused_where_one_answer_is_meant() {
    let project = Project::new();
    let server = serve(&project);
    for (field, value) in [
        ("prenom", "Bea"),
        ("courriel", "bea@essai.example"),
        ("telephone", "06 12 34 56 78"),
        ("seance", SESSION),
        ("conditions", "oui"),
        ("autre_parent", "non"),
        ("theme", "Le sommeil"),
        ("connu_par", "flyer"),
        ("appareil_partage", "oui"),
        ("envoi", "cle"),
    ] {
        let form = Form::of("ana@essai.example").and(field, value).and(field, value);
        assert_wrong(&server, &form, field, &format!("{field} repeated"));
    }
    for field in ["places", "langue"] {
        let form = Form::of("ana@essai.example").and(field, "1").and(field, "1");
        assert_error(&form.json(&server), 422, "champs_invalides");
    }
    assert_eq!(export(&project, SESSION).len(), 0);
    // How to reach somebody safely is meant to be several answers.
    let form = Form::of("ana@essai.example").and("contact_prudent", "soir").and("contact_prudent", "pas_d_appel");
    form.json(&server).is(201);
    assert_eq!(export(&project, SESSION)[0]["Comment joindre"].split(" ; ").count(), 2);
}

#[test]
fn controls_and_turned_text_are_refused_in_every_field() {
    let project = Project::new();
    let server = serve(&project);
    for bad in [
        "A\0na",
        "A\nna",
        "A\r\nBcc: x@y.example",
        "A\u{7}",
        "A\u{1b}[31m",
        "A\u{85}",
        "A\u{fffe}",
        "A\u{ffff}b",
        "A\u{fdd0}",
        "A\u{2028}b",
        "A\u{202e}anA",
        "\u{2066}A",
    ] {
        for field in ["prenom", "courriel", "telephone", "seance", "connu_par", "envoi", "autre_parent_prenom"] {
            let form = Form::of("ana@essai.example").with("autre_parent", "oui").with(field, bad);
            let answer = form.json(&server);
            assert!(matches!(answer.status(), 404 | 422), "{field} = {bad:?}: {}", answer.text());
            assert!(matches!(form.post(&server).status(), 404 | 422), "{field} = {bad:?}");
        }
        let form = Form::of("ana@essai.example").with("theme", bad);
        if !bad.contains('\n') || bad.contains('\0') {
            assert_wrong(&server, &form, "theme", bad);
        }
    }
    // A letter's header cannot be forged through an address.
    let form = Form::of("ana@essai.example\r\nBcc: x@y.example");
    assert_wrong(&server, &form, "courriel", "a header");
    assert_eq!(export(&project, SESSION).len(), 0);
}

#[test]
fn every_script_and_emoji_is_a_name() {
    let project = Project::new();
    let server = serve(&project);
    let names = ["Éloïse", "ليلى", "שרה", "李", "👩‍👧", "O’Neill-D'Arc", "Ngọc", "İbrahim", "क़मर"];
    let mut count = 0;
    for name in names {
        let (_, form) = fresh(&mut count);
        form.with("prenom", name).with("theme", name).json(&server).is(201);
    }
    let listed: Vec<_> = export(&project, SESSION).into_iter().map(|row| row["Prénom"].clone()).collect();
    assert_eq!(listed.len(), names.len());
    for (listed, name) in listed.iter().zip(names) {
        assert!(listed == name || listed.chars().count() >= name.chars().count(), "{listed} for {name}");
    }
}

#[test]
fn neither_html_nor_sql_ever_works() {
    let project = Project::new();
    let server = serve(&project);
    let mut count = 0;
    let mut accepted = Vec::new();
    let clean: BTreeSet<String> =
        html::elements(Form::of("x@essai.example").without("conditions").post(&server).text())
            .into_iter()
            .map(|element| element.name)
            .collect();
    for attack in ATTACKS {
        for field in [
            "prenom",
            "courriel",
            "telephone",
            "seance",
            "contact_prudent",
            "places",
            "autre_parent",
            "autre_parent_prenom",
            "theme",
            "connu_par",
            "langue",
            "envoi",
            "ne_pas_remplir",
            "appareil_partage",
            "conditions",
        ] {
            let (email, form) = fresh(&mut count);
            let form = form.with(field, attack);
            // Wrong on purpose, so that everything typed is shown again.
            let shown = form.clone().without("conditions").post(&server);
            assert!(matches!(shown.status(), 404 | 422), "{field} = {attack}: {}", shown.status());
            assert_inert(&shown, attack, &clean);
            let answer = form.json(&server);
            match answer.status() {
                201 | 202 => {
                    let path = answer.json()["suivi"].as_str().expect("its page").to_owned();
                    assert_inert(&server.get(&path).send().is(200), attack, &clean);
                    let own = if field == "courriel" { String::new() } else { email };
                    accepted.push(own);
                }
                404 | 422 => {}
                status => panic!("{field} = {attack}: {status}"),
            }
        }
    }
    assert_eq!(exported_emails(&project, SESSION), accepted);
    for row in export(&project, SESSION) {
        // A spreadsheet runs nothing either.
        assert!(row.values().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{row:?}");
    }
}

/// The attack is nowhere in the page but as text, and made no element of its own.
#[track_caller]
fn assert_inert(answer: &Answer, attack: &str, clean: &BTreeSet<String>) {
    let page = answer.text();
    if attack.contains('<') {
        assert!(!page.contains(attack), "{attack} in\n{page}");
    }
    for element in html::elements(page) {
        assert!(!element.attributes.keys().any(|name| name.starts_with("on")), "{attack}: {element:?}");
        let known = clean.contains(&element.name)
            || ["dl", "dt", "dd", "ol", "strong", "time", "div"].contains(&&*element.name);
        assert!(known || element.name != "b" && element.name != "img", "{attack}: {element:?}");
    }
    assert!(!page.contains("alert(1)</script>"), "{attack} in\n{page}");
}

#[test]
fn a_body_that_is_no_sane_form_is_answered_all_the_same() {
    let project = Project::new();
    let server = serve(&project);
    for body in [
        &b"&&&&==&=x&"[..],
        b"%",
        b"%zz=%",
        b"prenom=%ff%fe&seance=2027-03-17&courriel=ana%40essai.example&conditions=oui%00",
        b"\xff\xfe\x00",
        b"prenom[]=Ana&seance[0]=2027-03-17",
        b"{\"prenom\":\"Ana\"}",
    ] {
        let answer = server.post("/inscription").as_json().body("application/x-www-form-urlencoded", body).send();
        assert_error(&answer, 422, "champs_invalides");
    }
    // Ten thousand fields, within the size.
    let many = "x=&".repeat(10_000);
    let answer = server.post("/inscription").as_json().body("application/x-www-form-urlencoded", many).send();
    assert_error(&answer, 422, "champs_invalides");
    assert_eq!(export(&project, SESSION).len(), 0);
}

#[test]
fn the_form_is_given_a_key_of_its_own_each_time() {
    let project = Project::new();
    let server = serve(&project);
    let key = || {
        let page = server.get("/inscription/").send().is(200);
        assert_eq!(page.header("Cache-Control"), Some("no-store"));
        kept(&html::elements(page.text()), "envoi").to_owned()
    };
    let (first, second) = (key(), key());
    assert!(first.len() >= 20 && first != second, "{first} {second}");
    let wrong = Form::empty().with("envoi", &first).post(&server).is(422);
    assert_ne!(kept(&html::elements(wrong.text()), "envoi"), first, "a new rendering, a new key");
    // The same page is a plain file, for static hosting, where the script makes the key.
    assert!(project.page("/inscription/").contains("name=\"envoi\""));
}

#[test]
fn a_name_in_old_letters_is_read_or_refused_and_never_replaced() {
    let project = Project::new();
    let server = serve(&project);
    let post = |rest: &str, kind: &str| {
        let body = format!("seance={SESSION}&conditions=oui&{rest}");
        let request = server.post("/inscription").as_json();
        request.body(&format!("application/x-www-form-urlencoded{kind}"), body).send()
    };
    let mut expected = Vec::new();
    for (name, kind, read) in [
        ("%C3%89lo%C3%AFse", "", "Éloïse"),
        ("%C9lo%EFse", "", "Éloïse"),
        ("%C9lo%EFse", "; charset=ISO-8859-1", "Éloïse"),
        ("%C5%92il", "; charset=iso-8859-1", "Œil"),
        ("%8Cil", "; charset=windows-1252", "Œil"),
        ("%BCil", "; charset=iso-8859-15", "Œil"),
    ] {
        let rest = format!("prenom={name}&courriel=p{}%40essai.example", expected.len());
        assert!(matches!(post(&rest, kind).status(), 201 | 202), "{name} {kind}");
        expected.push(read);
    }
    for (rest, kind) in [
        ("prenom=%C9lise&courriel=ana%40essai.example", "; charset=utf-8"),
        ("prenom=%C9lise&courriel=ana%40essai.example&_charset_=utf-8", ""),
        ("prenom=%C9lise&courriel=ana%40essai.example", "; charset=utf-16"),
        ("prenom=%C9lise&autre_parent=oui&autre_parent_prenom=%C3%89loi&courriel=ana%40essai.example", ""),
    ] {
        assert_error(&post(rest, kind), 422, "mauvais_encodage");
    }
    // What those letters have no sign for is a control, which no name holds.
    assert_error(&post("prenom=%81&courriel=ana%40essai.example", ""), 422, "champs_invalides");
    let names: Vec<_> = export(&project, SESSION).into_iter().map(|row| row["Prénom"].clone()).collect();
    assert_eq!(names, expected);
}

/// A likely slip is asked about once, with everything kept; whoever says that it is right, or
/// sends it again as it was, is recorded. Machines are never asked.
#[test]
fn an_address_that_looks_like_a_slip_is_asked_about_once_and_never_refused() {
    let project = Project::new();
    let server = serve(&project);
    let ask = |email: &str| Form::of(email).with("telephone", "06 12 34 56 78").press(&server);
    let asked = ask("camille@gmial.com").is(422);
    assert_error_page(&asked, &["courriel"], "a question");
    let words = html::words(asked.text());
    assert!(words.contains("Vouliez-vous écrire camille@gmail.com"), "{words}");
    let elements = html::elements(asked.text());
    assert_eq!(kept(&elements, "courriel"), "camille@gmial.com");
    assert_eq!(kept(&elements, "telephone"), "06 12 34 56 78");
    assert_eq!(export(&project, SESSION).len(), 0);
    // It is right: the box says so.
    let recorded = asked.form("Je m’inscris").check("courriel_confirme", "oui").submit().is(303);
    let page = server.get(recorded.location()).send().is(200);
    assert!(html::words(page.text()).contains("par courriel, à c•••@gmial.com"), "{}", html::words(page.text()));
    // Sent again as it is, it is not refused a second time.
    ask("bea@orange.f").is(422).form("Je m’inscris").submit().is(303);
    // Corrected, it is as if nothing had been asked.
    ask("dina@hotmial.fr").is(422).form("Je m’inscris").fill("courriel", "dina@hotmail.fr").submit().is(303);
    // Another slip is another question; with the box, none.
    let again = ask("eva@gmail.con").is(422).form("Je m’inscris").fill("courriel", "eva@yaho.fr");
    again.clone().submit().is(422);
    again.check("courriel_confirme", "oui").submit().is(303);
    Form::of("machine@gmial.com").json(&server).is(201);
    let listed = exported_emails(&project, SESSION);
    assert_eq!(listed, ["camille@gmial.com", "bea@orange.f", "dina@hotmail.fr", "eva@yaho.fr", "machine@gmial.com"]);
    // Among other things to put right, it is one more; a session that is unknown says so first.
    let both = Form::of("fay@gmial.com").with("telephone", "12").post(&server);
    assert_error_page(&both, &["courriel", "telephone"], "with an error");
    assert_eq!(Form::of("fay@gmial.com").at("inconnue").post(&server).status(), 404);
    // A true domain that is seldom seen is not asked about.
    for (person, domain) in ["gmx.fr", "ymail.com", "hotmail.be", "mairie-blagnac.fr", "pm.me"].iter().enumerate() {
        ask(&format!("p{person}@{domain}")).is(303);
    }
}

#[test]
fn the_page_says_where_the_answer_goes_and_no_more_than_it_should() {
    let project = Project::new();
    let server = serve(&project);
    let said = |form: Form| {
        let answer = form.post(&server);
        let page = if answer.status() == 303 { answer.redirected() } else { answer };
        html::words(page.is(200).text())
    };
    let words = said(Form::of("camille@exemple.fr"));
    assert!(words.contains("par courriel, à c•••@exemple.fr"), "{words}");
    // On a shared device, that it is on its way, and not where.
    let words = said(Form::of("dina@exemple.fr").with("appareil_partage", "oui"));
    assert!(words.contains("par courriel, à l’adresse que vous avez donnée"), "{words}");
    assert!(!words.contains("exemple.fr"), "{words}");
    // Nothing is written to who asked for no letter.
    let form = Form::of("bea@exemple.fr").with("telephone", "06 12 34 56 78");
    for form in [form.clone(), form.with("appareil_partage", "oui")] {
        let words = said(form.with("contact_prudent", "pas_de_courriel"));
        assert!(!words.contains("Nous vous répondons aussi"), "{words}");
    }
}

#[test]
fn a_telephone_is_read_as_people_write_it_and_a_refusal_says_what_is_wrong() {
    let project = Project::new();
    let server = serve(&project);
    let form = Form::of("").without("courriel");
    let typed = [
        "06,12,34,56,01",
        "٠٦ ١٢ ٣٤ ٥٦ ٠٢",
        "۰۶۱۲۳۴۵۶۰۳",
        "０６－１２－３４－５６－０４",
        "06_12_34_56_05",
        "+33 (0)6·12·34·56·06",
    ];
    for phone in typed {
        form.clone().with("telephone", phone).press(&server).is(303);
    }
    let listed: Vec<_> = export(&project, SESSION).into_iter().map(|row| row["Téléphone"].clone()).collect();
    let expected: Vec<_> = (1..=6).map(|last| format!("06 12 34 56 0{last}")).collect();
    assert_eq!(listed, expected);
    let mut told = BTreeSet::new();
    for (phone, expected) in [
        ("06 12 34 56", "Il manque des chiffres"),
        ("06 12 34 56 78 90", "trop de chiffres"),
        ("06 12 34 56 7O", "sans lettres"),
        ("32 470 12 34 56", "l’indicatif"),
        ("06 12 34 56 78 / 05 61 00 00 00", "2 numéros"),
        ("+999 12 34 56 78", "n’existe pas"),
    ] {
        let form = form.clone().with("telephone", phone);
        let answer = form.json(&server);
        let said = answer.json()["champs"]["telephone"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status() == 422 && said.contains(expected), "{phone}: {said}");
        assert!(html::words(form.post(&server).is(422).text()).contains(expected), "{phone}");
        told.insert(said);
    }
    assert_eq!(told.len(), 6, "each fault has its own words");
}
