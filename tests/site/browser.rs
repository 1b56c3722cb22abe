//! Every kind of page in a real browser.

use std::{collections::BTreeMap, fs};

use harness::{
    Project, StaticSite,
    browser::{Browser, Screen},
    tools::Tools,
};
use serde_json::{Value, json};

/// The real site with a session in every state, so that no look goes unseen.
pub(crate) fn site() -> Project {
    let project = Project::real();
    let opens = |id: &str, line: &str| {
        project.edit(
            &format!("content/seances/2027/{id}.md"),
            &format!("date = {id}"),
            &format!("date = {id}\n{line}"),
        );
    };
    opens("2027-09-22", "inscription_ferme = 2027-01-05T12:00:00");
    opens("2027-11-24", "inscription_ouvre = 2027-09-01T08:00:00");
    project.availability(&[
        ("2027-03-17", "dernieres_places"),
        ("2027-05-26", "complete"),
        ("2027-06-30", "annulee"),
        ("2027-09-22", "close"),
        ("2027-11-24", "a_venir"),
    ]);
    project.build().success();
    project
}

/// One address of each kind: those that differ only by a session's date are of one kind, past and
/// to come apart.
pub(crate) fn kinds(project: &Project) -> Vec<String> {
    let kind = |url: &str| {
        let names = url.split('/').map(|name| match name.get(..3) {
            Some("202") if name.len() == 10 => {
                if name < "2027" {
                    "<past>"
                } else {
                    "<to come>"
                }
            }
            _ => name,
        });
        names.collect::<Vec<_>>().join("/")
    };
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    for url in project.pages() {
        kinds.entry(kind(&url)).or_insert(url);
    }
    let mut kinds: Vec<_> = kinds.into_values().collect();
    // Each state is a look of its own.
    kinds.extend(["2027-05-26", "2027-06-30", "2027-09-22", "2027-11-24"].map(|id| format!("/seances/{id}/")));
    kinds
}

/// What axe-core finds in the page as it is shown now. No rule is disabled; the size of targets
/// (WCAG 2.2), off by default, is on.
fn violations(browser: &Browser) -> Vec<String> {
    let found = browser.script_until(
        "const done = arguments[arguments.length - 1];
         const settled = () => Promise.all(document.getAnimations().map(animation => animation.finished));
         const drawn = () => new Promise(next => requestAnimationFrame(() => requestAnimationFrame(next)));
         drawn().then(settled).then(drawn).then(() => axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }))
            .then(found => done(found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target}: ${n.failureSummary}`))))
            .catch(error => done(['axe: ' + error]));",
        &[],
    );
    texts(&found)
}

pub(crate) fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap_or_else(|| panic!("a list: {value}"));
    list.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn axe_finds_nothing_on_any_kind_of_page() {
    let Some(tools) = Tools::for_test("axe-core") else { return };
    let axe = fs::read_to_string(tools.file("axe-core/axe.min.js")).expect("axe-core is text");
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    let mut found = Vec::new();
    for url in kinds(&project) {
        browser.screen(Screen::PHONE).open(&served.url(&url));
        browser.script(&axe, &[]);
        for screen in [Screen::PHONE, Screen::PHONE.dark(), Screen::DESK, Screen::DESK.dark()] {
            browser.screen(screen);
            found.extend(violations(&browser).into_iter().map(|violation| format!("{url} ({screen}) {violation}")));
        }
    }
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// What sticks out of the page sideways, innermost first.
const STICKING_OUT: &str = "
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const scrolls = e => { for (let p = e.parentElement; p; p = p.parentElement) {
        const o = getComputedStyle(p).overflowX; if (o !== 'visible') return true; } return false; };
    const out = [...document.body.querySelectorAll('*')]
        .filter(e => e.getBoundingClientRect().right > width + 0.5 && !scrolls(e))
        .filter(e => ![...e.children].some(c => c.getBoundingClientRect().right > width + 0.5));
    return [`${document.documentElement.scrollWidth} > ${width}: ` + out.slice(0, 4).map(e => e.outerHTML.slice(0, 120)).join(' | ')];";

#[test]
fn nothing_overflows_at_320_pixels_nor_at_200_percent_text() {
    let Some(tools) = Tools::for_test("débordements") else { return };
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    let mut found = Vec::new();
    for url in kinds(&project) {
        browser.screen(Screen::PHONE).open(&served.url(&url));
        for (width, size) in [(320, "100%"), (320, "200%"), (360, "200%"), (360, "100%")] {
            browser.screen(Screen { width, ..Screen::PHONE });
            browser.script("document.documentElement.style.fontSize = arguments[0]", &[json!(size)]);
            let out = texts(&browser.script(STICKING_OUT, &[]));
            found.extend(out.into_iter().map(|what| format!("{url} ({width} px, text at {size}) {what}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_page_breaches_the_strict_policy_or_misses_a_file() {
    let Some(tools) = Tools::for_test("politique de sécurité") else { return };
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    let mut found = Vec::new();
    for url in kinds(&project) {
        browser.open(&served.url(&url));
        found.extend(browser.complaints().into_iter().map(|complaint| format!("{url} {complaint}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn without_javascript_everything_is_there() {
    let Some(tools) = Tools::for_test("sans JavaScript") else { return };
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::without_javascript(&tools);
    browser.screen(Screen::PHONE).open(&served.url("/seances/"));
    assert!(browser.text("main").contains("Complet"), "{}", browser.text("main"));
    browser.follow("a[href='/seances/2027-05-26/']");
    assert_eq!(browser.url(), served.url("/seances/2027-05-26/"));
    browser.open(&served.url("/inscription/"));
    browser.fill("[name=prenom]", "Ana");
    assert_eq!(browser.property("[name=prenom]", "value"), "Ana");
}

#[test]
fn the_nu_checker_accepts_every_page() {
    let Some(tools) = Tools::for_test("vérificateur HTML Nu") else { return };
    let project = site();
    let (jar, dist) = (tools.file("vnu-jar/build/dist/vnu.jar"), project.path("dist"));
    let arguments = [
        "-jar".as_ref(),
        jar.as_os_str(),
        "--skip-non-html".as_ref(),
        "--stdout".as_ref(),
        "--format".as_ref(),
        "json".as_ref(),
        dist.as_os_str(),
    ];
    let told = tools.run("java", arguments);
    let report: Value =
        serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", told.stdout, told.stderr));
    let messages = report["messages"].as_array().expect("messages").iter();
    let errors: Vec<_> = messages
        .filter(|message| message["type"] != "info")
        .map(|message| {
            let page = message["url"].as_str().unwrap_or_default().rsplit("dist/").next().unwrap_or_default();
            format!("{page}:{}: {} | {}", message["lastLine"], message["message"], message["extract"])
        })
        .collect();
    assert!(errors.is_empty(), "{} errors:\n{}", errors.len(), errors.join("\n"));
}
