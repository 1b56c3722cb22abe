//! The preview, in a real browser: it follows what is written, and survives what editors do.

use std::{fs, time::Duration};

use harness::{Project, Server, browser::Browser, tools::Tools};

const SESSION: &str = "content/seances/2027/2027-03-17.md";

/// A preview whose page at `path` is being looked at; `None` without a browser.
fn shown(test: &str, path: &str) -> Option<(Project, Server, Browser)> {
    let tools = Tools::for_test(test)?;
    let project = Project::new();
    let server = project.preview().start();
    let browser = Browser::start(&tools);
    browser.open(&format!("{}{path}", server.address()));
    server.says("Aperçu à jour");
    Some((project, server, browser))
}

/// Waits until `wanted` is true in the page, however often it is reloaded meanwhile.
#[track_caller]
fn until(browser: &Browser, wanted: &str) {
    for _ in 0..600 {
        if browser.script(&format!("return Boolean({wanted});"), &[]) == true {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("never true: {wanted}\n{}", browser.source());
}

#[test]
fn what_is_saved_is_shown() {
    let Some((project, _server, browser)) = shown("what_is_saved_is_shown", "/seances/2027-03-17/") else { return };
    project.edit(SESSION, "Venez comme vous êtes.", "Venez comme vous voulez.");
    until(&browser, "document.body.textContent.includes('Venez comme vous voulez.')");

    // A burst of saves ends with the last.
    for n in 0..20 {
        project.file(SESSION, format!("+++\ndate = 2027-03-17\n+++\n\nTexte {n}.\n"));
    }
    until(&browser, "document.body.textContent.includes('Texte 19.')");

    // An editor that writes beside, then takes the place of the file.
    project.file("content/seances/2027/.2027-03-17.md.swp", "+++\ndate = 2027-03-17\n+++\n\nPar un autre chemin.\n");
    fs::rename(project.path("content/seances/2027/.2027-03-17.md.swp"), project.path(SESSION)).expect("a file");
    until(&browser, "document.body.textContent.includes('Par un autre chemin.')");
}

#[test]
fn what_changed_before_the_page_listened_is_shown() {
    let test = "what_changed_before_the_page_listened_is_shown";
    let Some((project, server, browser)) = shown(test, "/charte/") else { return };
    let old = server.get("/charte/").send().is(200).text().to_owned();
    project.edit("content/charte.md", "On ne juge pas.", "On ne juge personne.");
    until(&browser, "document.body.textContent.includes('On ne juge personne.')");
    // A slow browser: it has the old page, and only now starts to listen.
    browser.script("document.open(); document.write(arguments[0]); document.close();", &[serde_json::Value::from(old)]);
    until(&browser, "document.body.textContent.includes('On ne juge personne.')");
}

#[test]
fn a_style_changes_without_a_reload() {
    let Some((project, _server, browser)) = shown("a_style_changes_without_a_reload", "/") else { return };
    browser.script("window.encore = true;", &[]);
    let css = project.read("templates/assets/site.css");
    project.file("templates/assets/site.css", format!("{css}\nbody {{ outline-color: rgb(1, 2, 3); }}\n"));
    until(&browser, "getComputedStyle(document.body).outlineColor === 'rgb(1, 2, 3)'");
    assert_eq!(browser.script("return window.encore === true;", &[]), true, "the page was reloaded");
}

#[test]
fn problems_show_in_the_page_and_the_last_good_one_stays() {
    let test = "problems_show_in_the_page_and_the_last_good_one_stays";
    let Some((project, server, browser)) = shown(test, "/charte/") else { return };
    project.edit("content/charte.md", "description", "descripton");
    until(&browser, "document.getElementById('apercu-problemes')?.textContent.includes('content/charte.md:')");
    assert!(browser.text("main").contains("On ne juge pas."), "the last good page stays");
    assert!(server.output().contains("descripton"), "the terminal tells it too");
    project.edit("content/charte.md", "descripton", "description");
    until(&browser, "!document.getElementById('apercu-problemes')");

    // A broken template, then a template that only fails when a page is made.
    let template = project.read("templates/page.html");
    project.file("templates/page.html", "{% if %}");
    until(&browser, "document.getElementById('apercu-problemes')?.textContent.includes('templates/page.html:')");
    project.file("templates/page.html", template.replace("{% extends", "{{ inconnu.tout }}{% extends"));
    project.file("templates/page.html", &template);
    until(&browser, "!document.getElementById('apercu-problemes')");

    // A folder that goes away, and comes back.
    fs::rename(project.path("content"), project.path("rangé")).expect("a folder");
    until(&browser, "document.getElementById('apercu-problemes')?.textContent.includes('content/site.toml')");
    fs::rename(project.path("rangé"), project.path("content")).expect("a folder");
    until(&browser, "!document.getElementById('apercu-problemes')");
    project.edit("content/charte.md", "On ne juge pas.", "On ne juge personne.");
    until(&browser, "document.body.textContent.includes('On ne juge personne.')");
}

#[test]
fn a_root_that_cannot_be_shown_says_why() {
    let project = Project::new();
    project.edit("content/charte.md", "description", "descripton");
    let server = project.preview().start();
    let page = server.get("/").send().is(503);
    assert!(page.text().contains("content/charte.md:"), "{}", page.text());
    project.edit("content/charte.md", "descripton", "description");
    server.says("Aperçu à jour");
    server.get("/").send().is(200);
}

#[test]
fn the_preview_serves_what_would_be_published() {
    let project = Project::new();
    project.build().success();
    let server = project.preview().start();
    let calendar = server.get("/calendrier.ics").send().is(200);
    assert_eq!(calendar.text(), project.read("dist/calendrier.ics"));
    let page = server.get("/charte/").send().is(200);
    let without = page.text().replace("<script src=\"/_apercu/direct.js\" data-version=\"1\" defer></script>", "");
    assert_eq!(without, project.page("/charte/"));
    assert_eq!(server.get("/charte").send().is(307).location(), "/charte/");
    assert!(server.get("/nulle-part/").send().is(404).text().contains("<h1>"));
    assert!(!project.path("dist/_apercu").exists());
}
