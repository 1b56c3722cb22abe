//! What comes out of an office printer.

use harness::{Project, StaticSite, browser::Browser, paper::Paper, tools::Tools};
use rqrr::PreparedImage;
use toml::Table;

/// A scanner's ordinary resolution.
const DPI: u32 = 120;

/// A page to print, and what its record promises.
struct Sheet {
    url: String,
    support: String,
    session: Option<String>,
    pages: usize,
    width: f64,
    height: f64,
}

/// Every support page of a built project.
fn sheets(project: &Project) -> Vec<Sheet> {
    let urls = project.pages().into_iter().filter(|url| url.starts_with("/supports/") && url != "/supports/");
    let sheet = |url: String| {
        let mut names = url.split('/').skip(2).filter(|name| !name.is_empty()).map(str::to_owned);
        let (support, session) = (names.next().expect("a support"), names.next());
        let record: Table = project.read(&format!("content/supports/{support}.toml")).parse().expect("a valid record");
        let (short, long) = match record["format"].as_str() {
            Some("A5") => (148.0, 210.0),
            _ => (210.0, 297.0),
        };
        let landscape = record.get("orientation").and_then(toml::Value::as_str) == Some("paysage");
        let (width, height) = if landscape { (long, short) } else { (short, long) };
        let pages = record.get("pages").and_then(toml::Value::as_integer).unwrap_or(1);
        Sheet { url, support, session, pages: pages.try_into().expect("a number of pages"), width, height }
    };
    urls.map(sheet).collect()
}

/// The real content as it stands, and once everything that is still to be told was told: both must fit.
fn projects() -> [(&'static str, Project); 2] {
    let told = Project::real();
    let site = told.read("content/site.toml");
    let site = site.replace("telephone = \"à compléter\"", "telephone = \"05 61 71 72 00\"");
    let site = site.replace("courriel = \"à compléter\"", "courriel = \"espace.famille@mairie-blagnac.example\"");
    let site = site.replace("adresse = \"à compléter\"", "adresse = \"12 place des Arts, bâtiment de la médiathèque\"");
    let site = site.replace("http://127.0.0.1:8080", "https://entreparentaise.mairie-blagnac.example");
    told.file("content/site.toml", site);
    let projects = [("as it stands", Project::real()), ("once told", told)];
    for (_, project) in &projects {
        project.build().success();
    }
    projects
}

/// What the sheet, or a half of it, would cut: every box and every line of text that leaves it, and every box that would scroll.
const CUT: &str = "
    const cut = [];
    const sheets = document.querySelectorAll('.feuille');
    if (!sheets.length) cut.push('no .feuille');
    for (const box of document.querySelectorAll('.feuille, .demi')) {
        const edge = box.getBoundingClientRect();
        const leaves = r => r.width && r.height &&
            (r.left < edge.left - 1 || r.right > edge.right + 1 || r.top < edge.top - 1 || r.bottom > edge.bottom + 1);
        if (box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1)
            cut.push(`${box.className}: holds ${box.scrollWidth} x ${box.scrollHeight} in ${box.clientWidth} x ${box.clientHeight}`);
        const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const range = document.createRange(); range.selectNodeContents(texts.currentNode);
            if ([...range.getClientRects()].some(leaves)) cut.push(`${box.className}: text ${texts.currentNode.data.trim().slice(0, 60)}`);
        }
        for (const element of box.querySelectorAll('*'))
            if (leaves(element.getBoundingClientRect())) cut.push(`${box.className}: ${element.outerHTML.slice(0, 80)}`);
    }
    return cut;";

#[test]
fn every_support_prints_to_exactly_its_pages_and_nothing_is_cut() {
    let Some(tools) = Tools::for_test("supports imprimés") else { return };
    let browser = Browser::start(&tools);
    browser.paper();
    let mut wrong = Vec::new();
    for (state, project) in projects() {
        let served = StaticSite::serve(&project.path("dist"));
        for sheet in sheets(&project) {
            browser.open(&served.url(&sheet.url));
            let printed = Paper::new(&tools, &browser.print());
            let sizes = printed.sheets();
            let right =
                |(width, height): &(f64, f64)| (width - sheet.width).abs() < 0.5 && (height - sheet.height).abs() < 0.5;
            if sizes.len() != sheet.pages || !sizes.iter().all(right) {
                wrong.push(format!(
                    "{} ({state}): {} of {} x {}, got {sizes:?}",
                    sheet.url, sheet.pages, sheet.width, sheet.height
                ));
            }
            let cut = browser.script(CUT, &[]);
            for what in cut.as_array().into_iter().flatten() {
                wrong.push(format!("{} ({state}): {what}", sheet.url));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_code_on_paper_leads_where_the_words_beside_it_say() {
    let Some(tools) = Tools::for_test("codes QR imprimés") else { return };
    let browser = Browser::start(&tools);
    let mut wrong = Vec::new();
    for (state, project) in projects() {
        let served = StaticSite::serve(&project.path("dist"));
        let site = project.read("content/site.toml").parse::<Table>().expect("valid settings")["adresse"]
            .as_str()
            .map(str::to_owned);
        let site = site.expect("an address");
        for sheet in sheets(&project) {
            browser.open(&served.url(&sheet.url));
            let printed = Paper::new(&tools, &browser.print());
            let letters = printed.letters();
            let codes: Vec<String> = (1..=sheet.pages).flat_map(|page| codes(&printed, page)).collect();
            let place = format!("{} ({state})", sheet.url);
            if codes.is_empty() {
                wrong.push(format!("{place}: no code can be read"));
            }
            for code in codes {
                let address = code.split_once("://").map_or("", |(_, address)| address);
                // Where a line breaks, the printer's text loses its hyphen.
                if !letters.replace('-', "").contains(&address.replace('-', "")) {
                    wrong.push(format!("{place}: {address} is not written in {letters}"));
                }
                // The short address, perhaps with the support that carries it.
                let short = sheet.session.as_ref().map(|session| format!("{site}/s/{session}"));
                let with_origin = short.as_ref().map(|short| format!("{short}/{}", sheet.support));
                let known = [&short, &with_origin].map(|address| address.as_deref());
                if !code.starts_with(&site) || (short.is_some() && !known.contains(&Some(&code))) {
                    wrong.push(format!("{place}: the code says {code}, not {known:?}"));
                }
                let path = code.strip_prefix(&site).unwrap_or_default();
                let file = project.dist(&format!("{}/", path.trim_end_matches('/')));
                if !file.is_file() {
                    wrong.push(format!("{place}: {code} leads nowhere"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes that a scanner reads on a printed page.
fn codes(printed: &Paper, page: usize) -> Vec<String> {
    let picture = printed.picture(page, DPI);
    let width = picture.width;
    let mut image = PreparedImage::prepare_from_greyscale(width, picture.height, |x, y| picture.pixels[y * width + x]);
    image.detect_grids().into_iter().filter_map(|grid| grid.decode().ok().map(|(_, text)| text)).collect()
}
