//! The communication kit: every support from one record, what is printed of it, and what others
//! take of it.

use std::io::{Cursor, Read};

use harness::{
    Project, StaticSite,
    browser::{Browser, Screen},
    html::{elements, words},
    paper::Paper,
    tools::Tools,
};
use rqrr::PreparedImage;
use serde_json::Value;
use zip::ZipArchive;

const SESSION: &str = "content/seances/2027/2027-03-17.md";
const FLYER: &str = "content/supports/flyer.toml";
const SITE: &str = "https://essai.example";

/// The real content, once the team has told what was missing.
fn told() -> Project {
    let project = Project::real();
    let site = project.read("content/site.toml");
    let site = site.replace("telephone = \"à compléter\"", "telephone = \"05 61 71 72 00\"");
    project.file("content/site.toml", site.replace("http://127.0.0.1:8080", SITE));
    for path in ["03-17", "05-26", "06-30", "09-22", "11-24"] {
        project.edit(&format!("content/seances/2027/2027-{path}.md"), "exemple = true\n", "");
    }
    project
}

/// The small root, with a network and a picture.
fn small() -> Project {
    let project = Project::new();
    project.edit(
        "content/site.toml",
        "id = \"flyer\"",
        "id = \"reseau\"\nnom = \"Un réseau\"\nreseau = true\n\n[[formulaire.connu_par]]\nid = \"flyer\"",
    );
    let picture = "titre = \"Image\"\nformat = \"1200x630\"\ngroupe = \"parents-solos\"\naccroche = \"On en parle.\"\n";
    project.file("content/supports/partage.toml", format!("{picture}portee = \"seance\"\n"));
    project.file("content/supports/partage-groupe.toml", format!("{picture}portee = \"groupe\"\n"));
    project
}

fn kit(project: &Project) -> Value {
    serde_json::from_str(&project.page("/kit/kit.json")).expect("JSON")
}

#[test]
fn every_format_is_a_record_and_not_code() {
    let project = Project::new();
    let formats = [
        "A6",
        "A5",
        "A4",
        "A3",
        "A4-plie",
        "A4-2xA5",
        "A4-4xA6",
        "A4-languettes",
        "carte",
        "1200x630",
        "1080x1080",
        "1080x1920",
    ];
    for format in formats {
        let record = format!(
            "titre = \"Un {format}\"\nformat = \"{format}\"\nportee = \"seance\"\nseances = [\"2027-05-26\"]\ngroupe = \"parents-solos\"\naccroche = \"Venez.\"\n{}",
            if format.contains("1080") || format.contains("1200") {
                ""
            } else {
                "imprimeur = \"Imprimé par nos soins\"\n"
            },
        );
        project.file(&format!("content/supports/essai-{}.toml", format.to_lowercase()), record);
    }
    project.build().success();
    for format in formats {
        let id = format!("essai-{}", format.to_lowercase());
        let picture = project.dist(&format!("/supports/{id}/2027-05-26.png"));
        let page = project.dist(&format!("/supports/{id}/2027-05-26/"));
        assert!(picture.is_file() != page.is_file(), "{format}: a picture or a page");
        assert!(
            !project.dist(&format!("/supports/{id}/2027-03-17/")).is_file(),
            "{format}: the session that it names, no other"
        );
    }
}

#[test]
fn share_pictures_are_light_and_stand_for_their_page() {
    let project = told();
    project.build().success();
    let shared = |url: &str| {
        let page = elements(&project.page(url));
        page.iter().find(|e| e.get("property") == Some("og:image")).and_then(|e| e.get("content")).map(str::to_owned)
    };
    assert_eq!(shared("/seances/2027-03-17/"), Some(format!("{SITE}/supports/partage-lien-seance/2027-03-17.png")));
    assert_eq!(shared("/"), Some(format!("{SITE}/supports/partage-lien-groupe.png")));
    let mut seen = 0;
    for (path, bytes) in project.published() {
        if !path.starts_with("supports/") || !path.ends_with(".png") {
            continue;
        }
        seen += 1;
        let size =
            image::load_from_memory(&bytes).map(|picture| (picture.width(), picture.height())).expect("a picture");
        let named = [("lien", (1200, 630)), ("carre", (1080, 1080)), ("vertical", (1080, 1920))];
        let (_, expected) = named.into_iter().find(|(name, _)| path.contains(name)).expect("a known format");
        assert_eq!(size, expected, "{path}");
        assert!(bytes.len() <= 150_000, "{path}: {} bytes", bytes.len());
    }
    assert_eq!(seen, 3 * (5 + 2), "five sessions, the season and the group");
}

#[test]
fn a_picture_is_drawn_again_only_when_what_it_says_changed() {
    let project = small();
    project.build().success();
    let before = project.bytes("dist/supports/partage/2027-03-17.png");
    let made = |project: &Project| {
        let run = project.build_with(&["--explain"]).success();
        run.stdout().lines().filter(|line| line.contains(".png") && line.starts_with("changé")).count()
    };
    project.availability(&[("2027-03-17", "complete")]);
    assert_eq!(made(&project), 0, "a state is not told by a picture");
    assert_eq!(project.bytes("dist/supports/partage/2027-03-17.png"), before);
    project.edit(SESSION, "date = 2027-03-17", "date = 2027-03-24");
    assert_eq!(made(&project), 1);
    assert_ne!(project.bytes("dist/supports/partage/2027-03-17.png"), before);
}

#[test]
fn the_list_for_programs_names_what_is_there() {
    let project = small();
    project.build().success();
    let kit = kit(&project);
    let mut addresses = Vec::new();
    for support in kit["supports"].as_array().expect("supports") {
        addresses.extend(["adresse", "pdf", "pdf_imprimeur", "apercu"].iter().filter_map(|key| support[key].as_str()));
    }
    addresses.extend(
        ["calendrier", "flux", "bloc", "fragment", "archive"].iter().map(|key| kit[key].as_str().expect("an address")),
    );
    addresses
        .extend(kit["seances"].as_array().expect("sessions").iter().filter_map(|session| session["agenda"].as_str()));
    assert!(addresses.len() > 8, "{addresses:?}");
    for address in addresses {
        let path = address.strip_prefix(SITE).unwrap_or_else(|| panic!("{address}: another site"));
        assert!(project.dist(path).is_file(), "{address} is not there");
    }
    let text = project.page("/kit/kit.json");
    assert!(!text.contains("etat") && !text.contains("places"), "no state and no count: {text}");
}

#[test]
fn texts_are_ready_for_each_network_in_three_lengths() {
    let project = small();
    project.build().success();
    let texts = kit(&project)["textes"].clone();
    let text = |session: Option<&str>, length: &str| -> String {
        let found = texts
            .as_array()
            .expect("texts")
            .iter()
            .find(|t| t["seance"].as_str() == session && t["longueur"] == length && t["reseau"] == "reseau");
        found.and_then(|t| t["texte"].as_str()).unwrap_or_else(|| panic!("no {length} text: {texts}")).to_owned()
    };
    for session in [None, Some("2027-03-17")] {
        let [short, middle, long] = ["court", "moyen", "long"].map(|length| text(session, length));
        assert!(
            short.chars().count() < 280 && short.len() < middle.len() && middle.len() < long.len(),
            "{short}{middle}{long}"
        );
        let link = format!("{SITE}/s/{}/reseau", session.unwrap_or("parents-solos"));
        for text in [&short, &middle, &long] {
            assert!(text.contains(&link), "{link}: {text}");
            assert!(!text.contains("Complet") && !text.contains("place"), "{text}");
        }
        assert!(project.dist(&format!("{}/", link.trim_start_matches(SITE))).is_file(), "{link}");
    }
    assert!(text(Some("2027-03-17"), "court").contains("17 mars 2027"));
}

#[test]
fn the_archive_holds_it_all_and_is_the_same_twice() {
    let project = small();
    project.build().success();
    let bytes = project.bytes("dist/kit/kit.zip");
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).expect("an archive");
    let mut names: Vec<String> = archive.file_names().map(|name| name.expect("UTF-8").into_owned()).collect();
    names.sort_unstable();
    for expected in [
        "kit.json",
        "agenda/2027-03-17.ics",
        "partage-2027-03-17.png",
        "textes/2027-03-17-reseau-court.txt",
        "textes/saison-reseau-long.txt",
    ] {
        assert!(names.iter().any(|name| name == expected), "{expected} in {names:?}");
    }
    let mut picture = Vec::new();
    archive.by_name("partage-2027-03-17.png").expect("a picture").read_to_end(&mut picture).expect("whole");
    assert_eq!(picture, project.bytes("dist/supports/partage/2027-03-17.png"));
    project.remove("dist").build().success();
    assert_eq!(project.bytes("dist/kit/kit.zip"), bytes);
}

#[test]
fn another_site_may_show_the_next_sessions() {
    let project = small();
    project.availability(&[("2027-03-17", "complete")]).build().success();
    for url in ["/kit/bloc/", "/kit/fragment.txt"] {
        let page = project.page(url);
        let text = words(&page);
        assert!(text.contains("17 mars 2027") && text.contains("Complet"), "{url}: {text}");
        assert!(!page.contains("<script") && !page.contains("src="), "{url}: nothing to load or to run");
        for link in elements(&page).iter().filter(|e| e.name == "a").filter_map(|e| e.get("href")) {
            assert!(link.starts_with(SITE), "{url}: {link} leads nowhere from another site");
        }
    }
    let fragment = project.page("/kit/fragment.txt");
    assert!(!fragment.contains("class=") && !fragment.contains("id=") && !fragment.contains("<html"), "{fragment}");
}

#[test]
fn the_kit_page_copies_and_unfolds() {
    let Some(tools) = Tools::for_test("page du kit") else { return };
    let project = told();
    project.build().success();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    browser.cdp(
        "Browser.grantPermissions",
        &serde_json::json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
    );
    browser.screen(Screen::DESK).open(&served.url("/kit/"));
    browser.script("for (const d of document.querySelectorAll('details')) d.open = true;", &[]);
    browser.click("[data-copier='adresse-calendrier']");
    let said = browser.script_until(
        "const done = arguments[arguments.length - 1], told = document.querySelector(\"[data-copier='adresse-calendrier'] [role=status]\");
         const look = () => told.textContent ? done(told.textContent.trim()) : requestAnimationFrame(look); look();",
        &[],
    );
    assert_eq!(said, "C’est copié.");
    let broken = browser.script_until(
        "const done = arguments[arguments.length - 1], all = [...document.querySelectorAll('main img')];
         all.forEach(i => i.loading = 'eager');
         const look = () => all.every(i => i.complete)
             ? done(all.filter(i => !i.naturalWidth).map(i => i.src).concat(['fin'])) : requestAnimationFrame(look);
         look();",
        &[],
    );
    assert_eq!(broken, serde_json::json!(["fin"]), "every picture is shown");
    // Without a script, every text can be selected.
    let browser = Browser::without_javascript(&tools);
    browser.open(&served.url("/kit/"));
    assert!(
        browser
            .property("#adresse-flux", "value")
            .as_str()
            .is_some_and(|text| text.trim() == format!("{SITE}/atom.xml"))
    );
}

#[test]
fn what_is_fit_is_printed_and_published_until_it_is_no_longer_true() {
    let Some(tools) = Tools::for_test("commande pdf") else { return };
    let project = Project::new();
    let printer = "theme = true\n\n[[imprimeurs]]\nid = \"boutique\"\nmention = \"Impression : Boutique\"\nfond_perdu_mm = 3\ntraits_de_coupe = true";
    project.edit("content/site.toml", "theme = true", printer).edit(FLYER, "\"Imprimé par nos soins\"", "\"boutique\"");
    project.build().success();
    let run = project.run(&["pdf"]).success();
    assert!(run.stdout().contains("6 fichiers imprimés"), "two sessions, three files each: {}", run.stdout());
    let office = Paper::new(&tools, &project.bytes("dist/supports/flyer/2027-03-17.pdf"));
    assert_eq!(office.sheets().len(), 1);
    assert!(office.letters().contains("Impression:Boutique"), "{}", office.letters());
    let [(width, height)] =
        Paper::new(&tools, &project.bytes("dist/supports/flyer/2027-03-17-imprimeur.pdf")).sheets()[..]
    else {
        panic!("one sheet")
    };
    assert!(width > 148.0 + 6.0 && height > 210.0 + 6.0, "bleed and marks: {width} x {height}");
    assert!(project.page("/kit/").contains("/supports/flyer/2027-03-17.pdf"));
    assert_eq!(kit(&project)["supports"][0]["pdf"], format!("{SITE}/supports/flyer/2027-03-17.pdf"));

    // Once more: nothing is printed again, whatever the state has become.
    project.availability(&[("2027-03-17", "complete")]);
    assert!(project.run(&["pdf"]).success().stdout().contains("6 déjà à jour"));

    // A date that moves takes its paper away at once, and the next run prints it anew.
    project.edit(SESSION, "date = 2027-03-17", "date = 2027-03-24");
    project.build().success();
    assert!(!project.dist("/supports/flyer/2027-03-17.pdf").exists(), "what is false is published no longer");
    assert!(project.dist("/supports/flyer/2027-05-26.pdf").is_file());
    let run = project.run(&["pdf"]).success();
    assert!(run.stdout().contains("3 fichiers imprimés, 3 déjà à jour"), "{}", run.stdout());
    assert!(Paper::new(&tools, &project.bytes("dist/supports/flyer/2027-03-17.pdf")).letters().contains("24mars"));
}

/// What is done to a project, and what it is refused for.
type Case = (&'static str, fn(&Project));

#[test]
fn what_would_be_spoilt_is_refused_at_its_record() {
    let Some(tools) = Tools::for_test("refus de la commande pdf") else { return };
    let cases: [Case; 6] = [
        ("est un exemple", |p| _ = p.edit(SESSION, "date = 2027-03-17", "date = 2027-03-17\nexemple = true")),
        ("n'est connue que de cette machine", |p| _ = p.edit("content/site.toml", SITE, "http://127.0.0.1:8080")),
        ("à compléter", |p| _ = p.edit(FLYER, "\"Imprimé par nos soins\"", "\"à compléter\"")),
        ("est un mercredi", |p| _ = p.edit(FLYER, "On en parle ensemble.", "Venez le mardi 17 mars 2027.")),
        ("trop petit", |p| _ = p.edit(FLYER, "portee", "distance = 0.1\nportee")),
        ("dépasse", |p| {
            _ = p.edit(FLYER, "On en parle ensemble.", &"On en parle ensemble avec les autres. ".repeat(14));
        }),
    ];
    for (reason, spoil) in cases {
        let project = Project::new();
        spoil(&project);
        project.build().success();
        let run = project.run(&["pdf"]).fails(1);
        assert!(run.stderr().contains(reason), "{reason}: {}", run.stderr());
        assert!(
            run.stderr().contains("content/supports/flyer.toml:") || run.stderr().contains("content/site.toml:"),
            "{}",
            run.stderr()
        );
        assert!(!project.dist("/supports/flyer/2027-03-17.pdf").exists(), "{reason}: it is not published");
        // A proof is printed all the same, crossed, and published by nobody.
        let proof = project.run(&["pdf", "--epreuve"]).success();
        assert!(
            proof.stdout().contains("var/epreuves/flyer-2027-03-17.pdf"),
            "{reason}: {}{}",
            proof.stdout(),
            proof.stderr()
        );
        let paper = Paper::new(&tools, &project.bytes("var/epreuves/flyer-2027-03-17.pdf"));
        // Across the sheet, the word is read from one corner or from the other.
        assert!(
            ["ÉPREUVE", "EVUERPÉ"].iter().any(|word| paper.letters().contains(word)),
            "{reason}: {}",
            paper.letters()
        );
        assert!(!project.dist("/supports/flyer/2027-03-17.pdf").exists());
    }
}

#[test]
fn a_share_pictures_address_is_that_of_the_site() {
    // The code of a support is read from its own page as well: what is scanned is what was planned.
    let project = small();
    project.build().success();
    let page = project.page("/supports/flyer/2027-03-17/");
    assert!(words(&page).contains("essai.example/"), "{}", words(&page));
    let code = page.split("<svg class=\"qr\"").nth(1).expect("a code").split("</svg>").next().unwrap_or_default();
    let side: usize =
        code.split("viewBox=\"0 0 ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a side");
    let path = code.rsplit("d=\"").next().and_then(|rest| rest.split('"').next()).expect("a path");
    let mut dark = vec![false; side * side];
    for run in path.split('M').skip(1) {
        let numbers: Vec<usize> = run.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
        (0..numbers[2]).for_each(|x| dark[numbers[1] * side + numbers[0] + x] = true);
    }
    let mut image =
        PreparedImage::prepare_from_greyscale(
            side * 4,
            side * 4,
            |x, y| if dark[y / 4 * side + x / 4] { 0 } else { 255 },
        );
    let grids = image.detect_grids();
    assert_eq!(grids[0].decode().expect("a code").1, format!("{SITE}/s/2027-03-17/flyer"));
}

#[test]
fn a_proofreading_sheet_is_there_to_be_written_on() {
    let project = Project::new();
    project.edit(FLYER, "imprimeur", "accroche_bis = \"Venez souffler.\"\nimprimeur").build().success();
    let page = project.page("/supports/flyer/2027-03-17/");
    let text = words(&page);
    assert!(page.contains("href=\"?relecture#relecture\""));
    for expected in ["On en parle ensemble.", "Venez souffler.", "Qu’est-ce qui vous gêne"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let Some(tools) = Tools::for_test("feuille de relecture") else { return };
    let served = StaticSite::serve(&project.path("dist"));
    for (browser, url) in [
        (Browser::start(&tools), "/supports/flyer/2027-03-17/?relecture"),
        (Browser::without_javascript(&tools), "/supports/flyer/2027-03-17/?relecture#relecture"),
    ] {
        browser.open(&served.url(url));
        let paper = Paper::new(&tools, &browser.print());
        assert!(paper.letters().contains("Qu’est-cequivousgêne"), "{url}: {}", paper.letters());
        assert!(paper.sheets().len() >= 2, "the sheet, then its words");
    }
    let browser = Browser::start(&tools);
    browser.open(&served.url("/supports/flyer/2027-03-17/"));
    assert_eq!(Paper::new(&tools, &browser.print()).sheets().len(), 1, "only when it is asked for");
}

#[test]
fn a_printed_address_that_leaves_is_told_until_it_is_answered() {
    let project = Project::new();
    project.build().success();
    assert!(project.dist("/s/2027-05-26/flyer/").is_file());
    project.remove("content/seances/2027/2027-05-26.md");
    for _ in 0..2 {
        let run = project.build().success();
        assert!(run.stderr().contains("/s/2027-05-26 ne mène plus nulle part"), "{}", run.stderr());
        assert!(run.stderr().contains("\"2027-05-26\" = \"/seances/\""), "{}", run.stderr());
    }
    project.file("content/adresses.toml", "[adresses]\n\"2027-05-26\" = \"/seances/\"\n");
    let run = project.build().success();
    assert!(!run.stderr().contains("2027-05-26"), "{}", run.stderr());
    for url in ["/s/2027-05-26/", "/s/2027-05-26/flyer/"] {
        assert!(project.page(url).contains("/seances/"), "{url}: every paper is answered");
    }
}

#[test]
fn an_origin_is_carried_on_a_static_site_too() {
    let project = small();
    project.build().success();
    let page = project.page("/s/2027-03-17/flyer/");
    let links: Vec<String> = elements(&page).iter().filter_map(|e| e.get("href").map(str::to_owned)).collect();
    assert!(links.contains(&"/inscription/?seance=2027-03-17&connu_par=flyer".to_owned()), "{links:?}");
    assert!(links.contains(&"/seances/2027-03-17/?connu_par=flyer".to_owned()), "{links:?}");
    assert!(project.page("/s/parents-solos/reseau/").contains("/groupes/parents-solos/?connu_par=reseau"));
    let Some(tools) = Tools::for_test("provenance sans serveur") else { return };
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    browser.open(&served.url("/seances/2027-03-17/?connu_par=flyer"));
    browser.follow("a[href*='/inscription/']");
    assert_eq!(browser.property("[name=connu_par]", "value"), "flyer");
}

#[test]
fn a_support_that_there_is_not_is_said_with_the_nearest_one() {
    let project = Project::new();
    let run = project.run(&["pdf", "--support", "flier"]).fails(1);
    assert!(run.stderr().contains("« flier »") && run.stderr().contains("« flyer »"), "{}", run.stderr());
    assert_eq!(run.stdout(), "");
    let run = project.run(&["pdf", "--support", "banderole"]).fails(1);
    assert!(run.stderr().contains("content/supports/"), "{}", run.stderr());
    assert!(!project.path("var/impressions").exists());
}
