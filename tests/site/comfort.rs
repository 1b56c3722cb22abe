//! What a page is like to use, measured in a real browser: how far the button of the form is, what
//! is cut or hidden, and how one leaves.

use harness::{
    Project, StaticSite,
    browser::{Browser, Screen},
    tools::Tools,
};
use serde_json::json;

use crate::browser::{kinds, site, texts};

/// A usual telephone, held upright.
const TELEPHONE: Screen = Screen { width: 360, height: 740, dark: false };

/// How far below the top of the form its button may end: a screen and a half, and what the browser
/// takes of it.
const BUTTON_WITHIN: f64 = 1_300.0;

/// The real site without what is said of dates that are examples.
fn announced() -> Project {
    let project = Project::real();
    for id in ["2027-03-17", "2027-05-26", "2027-06-30", "2027-09-22", "2027-11-24"] {
        project.edit(&format!("content/seances/2027/{id}.md"), "exemple = true\n", "");
    }
    project
}

#[test]
fn the_form_is_a_screen_and_a_half_however_many_dates_there_are() {
    let Some(tools) = Tools::for_test("la hauteur du formulaire") else { return };
    let browser = Browser::start(&tools);
    browser.screen(TELEPHONE);
    let project = announced();
    for more in 0..2 {
        for month in 1..=6 * more {
            let date = format!("2028-{month:02}-09");
            project.file(&format!("content/seances/2028/{date}.md"), format!("+++\ndate = {date}\n+++\n\nVenez.\n"));
        }
        project.build().success();
        let served = StaticSite::serve(&project.path("dist"));
        browser.open(&served.url("/inscription/"));
        let button = browser.script(
            "const form = document.querySelector('form#inscription');
             return form.querySelector('[type=submit]').getBoundingClientRect().bottom - form.getBoundingClientRect().top;",
            &[],
        );
        let button = button.as_f64().expect("a length");
        assert!(button <= BUTTON_WITHIN, "{button} px, with {more} times six more dates");
        // The next date is chosen, and nothing that must be answered is folded away.
        assert_eq!(browser.property("[name=seance]:checked", "value"), "2027-03-17");
        let folded = browser.script(
            "return [...document.querySelectorAll('form#inscription details:not([open]) [name]')].map(e => e.name)",
            &[],
        );
        let folded: std::collections::BTreeSet<_> = texts(&folded).into_iter().collect();
        let folded: Vec<_> = folded.iter().map(String::as_str).collect();
        assert_eq!(folded, ["connu_par", "contact_prudent", "seance", "theme"]);
        assert!(!browser.property("[name=autre_parent]", "offsetParent").is_null());
    }
}

#[test]
fn a_date_or_an_answer_that_is_given_is_never_folded_away() {
    let Some(tools) = Tools::for_test("les replis du formulaire") else { return };
    let browser = Browser::start(&tools);
    let project = announced();
    project.build().success();
    let served = StaticSite::serve(&project.path("dist"));
    browser.open(&served.url("/inscription/?seance=2027-11-24&connu_par=flyer-a5"));
    assert_eq!(browser.property("[name=seance]:checked", "value"), "2027-11-24");
    assert_eq!(browser.property("[name=connu_par]", "value"), "flyer-a5");
    assert_eq!(browser.count("form#inscription details:not([open])"), 0);
}

/// Words that stand on two lines without a hyphen of their own.
const CUT: &str = "
    const cut = [], range = document.createRange();
    const walker = document.createTreeWalker(document.querySelector('body'), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (!parent.checkVisibility() || parent.closest('script, style, option, textarea, .invisible, .leurre')) continue;
        for (const found of node.data.matchAll(/[\\p{L}\\p{N}’']+/gu)) {
            const word = found[0];
            range.setStart(node, found.index); range.setEnd(node, found.index + word.length);
            const tops = new Set([...range.getClientRects()].filter(r => r.width > 0).map(r => Math.round(r.top)));
            // An address breaks where it must.
            const before = node.data.slice(0, found.index).match(/\\S*$/)[0];
            const after = node.data.slice(found.index).match(/^\\S*/)[0];
            if (tops.size > 1 && !/[./@]\\p{L}/u.test(before + after))
                cut.push(`${word} in ${parent.outerHTML.slice(0, 90)}`);
        }
    }
    return cut.slice(0, 6);";

#[test]
fn no_word_is_cut_on_a_telephone_nor_at_200_percent_text() {
    let Some(tools) = Tools::for_test("mots coupés") else { return };
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    let mut found = Vec::new();
    for url in kinds(&project).into_iter().filter(|url| !url.starts_with("/supports/") && !url.starts_with("/kit/")) {
        for (screen, size) in [(Screen::PHONE, "100%"), (TELEPHONE, "100%"), (TELEPHONE, "200%")] {
            browser.screen(screen).open(&served.url(&url));
            browser.script("document.documentElement.style.fontSize = arguments[0]", &[json!(size)]);
            let cut = texts(&browser.script(CUT, &[]));
            found.extend(cut.into_iter().map(|what| format!("{url} ({screen}, text at {size}) {what}")));
        }
    }
    assert!(found.is_empty(), "{} words:\n{}", found.len(), found.join("\n"));
}

#[test]
fn leaving_stays_in_reach_and_covers_nothing() {
    let Some(tools) = Tools::for_test("quitter ce site") else { return };
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::without_javascript(&tools);
    let mut found = Vec::new();
    for url in kinds(&project).into_iter().filter(|url| !url.starts_with("/supports/") && url != "/kit/bloc/") {
        for screen in [Screen::PHONE, TELEPHONE, Screen::DESK] {
            browser.screen(screen).open(&served.url(&url));
            let wrong = browser.script(
                "const wrong = [], html = document.documentElement;
                 html.style.scrollBehavior = 'auto';
                 for (const y of [0, html.scrollHeight / 2, html.scrollHeight]) {
                     scrollTo(0, y);
                     const link = document.querySelector('.quitter'), box = link.getBoundingClientRect();
                     const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                     if (seen !== link) wrong.push(`at ${y}: ${seen?.outerHTML.slice(0, 60)}`);
                     if (box.height < 44 || box.bottom > 60) wrong.push(`at ${y}: ${box.top} to ${box.bottom}`);
                 }
                 // Where a link inside the page leads is not behind it.
                 for (const target of document.querySelectorAll('main [id]')) {
                     if (!target.checkVisibility()) continue;
                     target.scrollIntoView();
                     const top = target.getBoundingClientRect().top;
                     if (top < document.querySelector('.sortie').getBoundingClientRect().bottom)
                         wrong.push(`#${target.id} at ${top}`);
                 }
                 return wrong;",
                &[],
            );
            found.extend(texts(&wrong).into_iter().map(|what| format!("{url} ({screen}) {what}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn leaving_by_the_link_or_by_the_keyboard_leaves_no_entry_behind() {
    let Some(tools) = Tools::for_test("quitter ce site") else { return };
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    browser.screen(Screen::DESK);
    let entries = || browser.script("return history.length", &[]);
    let press = |key: &str| {
        for kind in ["rawKeyDown", "keyUp"] {
            browser.cdp("Input.dispatchKeyEvent", &json!({ "type": kind, "key": key }));
        }
    };
    for by_keyboard in [false, true] {
        browser.open(&served.url("/seances/"));
        browser.open(&served.url("/inscription/"));
        let before = entries();
        // Nothing outside this machine is reached: the link leads to a page of its own.
        browser.script("document.querySelector('.quitter').href = arguments[0]", &[json!(served.url("/charte/"))]);
        if by_keyboard {
            // A capital letter is no call for help.
            for key in ["Shift", "Shift", "A", "Shift", "Shift"] {
                press(key);
            }
            assert_eq!(browser.url(), served.url("/inscription/"));
            press("Shift");
            let mut tries = 0;
            while browser.url() != served.url("/charte/") {
                assert!(tries < 1_500, "three presses led nowhere");
                tries += 1;
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        } else {
            browser.follow(".quitter");
        }
        assert_eq!(browser.url(), served.url("/charte/"));
        assert_eq!(entries(), before, "the entry is replaced");
        browser.cdp("Page.enable", &json!({}));
        let history = browser.cdp("Page.getNavigationHistory", &json!({}));
        let urls: Vec<_> = history["entries"].as_array().expect("entries").iter().map(|e| e["url"].clone()).collect();
        assert_ne!(urls.iter().rev().nth(1), Some(&json!(served.url("/inscription/"))), "{urls:?}");
    }
}

#[test]
fn forced_colours_hide_no_date_and_mark_one_menu_item() {
    let Some(tools) = Tools::for_test("couleurs imposées") else { return };
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    browser.screen(TELEPHONE);
    browser.cdp("Emulation.setEmulatedMedia", &json!({ "features": [{ "name": "forced-colors", "value": "active" }] }));
    browser.open(&served.url("/"));
    browser.script("document.querySelector('.cadran').scrollIntoView({ behavior: 'instant' })", &[]);
    // Each line of the date changes the picture when it is not there: none hides another.
    let whole = browser.screenshot();
    let lines = browser.count(".cadran__date > span");
    assert!(lines >= 4, "{lines}");
    for line in 0..lines {
        let hide = |hidden: bool| {
            browser.script(
                "document.querySelectorAll('.cadran__date > span')[arguments[0]].style.visibility = arguments[1] ? 'hidden' : ''",
                &[json!(line), json!(hidden)],
            );
        };
        hide(true);
        assert!(browser.screenshot() != whole, "line {line} of the date is hidden");
        hide(false);
    }
    browser.open(&served.url("/seances/"));
    let marked = browser.script(
        "const ground = getComputedStyle(document.body).backgroundColor;
         const seen = a => ['Top', 'Bottom'].some(side => getComputedStyle(a)[`border${side}Color`] !== ground);
         return [...document.querySelectorAll('.menu a')].filter(seen).map(a => a.textContent)",
        &[],
    );
    assert_eq!(texts(&marked), ["Séances"]);
}

#[test]
fn paper_keeps_no_heading_without_its_text() {
    let Some(tools) = Tools::for_test("titres sur papier") else { return };
    let project = site();
    let served = StaticSite::serve(&project.path("dist"));
    let browser = Browser::start(&tools);
    let mut found = Vec::new();
    for url in kinds(&project).into_iter().filter(|url| !url.starts_with("/supports/") && url != "/kit/bloc/") {
        browser.screen(Screen::DESK).open(&served.url(&url));
        browser.paper();
        found.extend(browser.headings_alone().into_iter().map(|what| format!("{url}: {what}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
