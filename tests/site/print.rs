//! What comes out of an office printer.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels are small numbers")]

use harness::{
    Project, StaticSite,
    browser::Browser,
    paper::{Paper, Picture},
    tools::Tools,
};
use rqrr::PreparedImage;
use toml::Table;

/// What is shown of a sheet on a screen: the least that a telephone sees of it.
const DPI: u32 = 100;
/// What a telephone sees of a flyer that it is held before, and of a poster.
const HELD_DPI: [u32; 2] = [200, 110];

/// The session whose supports are read.
const SESSION: &str = "2027-03-17";

/// A page to print, and what its record promises.
struct Sheet {
    url: String,
    support: String,
    /// The session, or the group.
    about: String,
    /// Whether the address stands in letters beside the code: a card that must say nothing has it
    /// in the code alone.
    told: bool,
    pages: usize,
    width: f64,
    height: f64,
}

/// Every support page of a built project.
fn sheets(project: &Project) -> Vec<Sheet> {
    let urls = project.pages().into_iter().filter(|url| url.starts_with("/supports/"));
    let sheet = |url: String| {
        let mut names = url.split('/').skip(2).filter(|name| !name.is_empty()).map(str::to_owned);
        let (support, session) = (names.next().expect("a support"), names.next());
        let record: Table = project.read(&format!("content/supports/{support}.toml")).parse().expect("a valid record");
        let format = record["format"].as_str().expect("a format");
        let (width, height) = match format {
            "A6" => (105.0, 148.0),
            "A5" => (148.0, 210.0),
            "A3" => (297.0, 420.0),
            "A4-plie" | "A4-2xA5" => (297.0, 210.0),
            "carte" => (85.0, 55.0),
            _ => (210.0, 297.0),
        };
        let about = session.unwrap_or_else(|| record["groupe"].as_str().expect("a group").to_owned());
        let pages = if format == "A4-plie" { 2 } else { 1 };
        Sheet { url, support, about, told: format != "carte", pages, width, height }
    };
    urls.map(sheet).collect()
}

/// The real content as it stands, and once everything that is still to be told was told: both must
/// fit.
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

/// What the sheet, or a half of it, would cut: every box and every line of text that leaves it, and
/// every box that would scroll.
const CUT: &str = "
    const cut = [];
    const sheets = document.querySelectorAll('.feuille');
    if (!sheets.length) cut.push('no .feuille');
    for (const box of document.querySelectorAll('.feuille, .demi, .piece')) {
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
    // What nobody told yet is in no code.
    for (state, project) in projects().into_iter().skip(1) {
        let served = StaticSite::serve(&project.path("dist"));
        let site = project.read("content/site.toml").parse::<Table>().expect("valid settings")["adresse"]
            .as_str()
            .map(str::to_owned);
        let site = site.expect("an address");
        // Those of one session stand for those of the others: only the date differs.
        let of_one = |sheet: &Sheet| [SESSION, "parents-solos"].contains(&sheet.about.as_str());
        for sheet in sheets(&project).into_iter().filter(of_one) {
            browser.open(&served.url(&sheet.url));
            let printed = Paper::new(&tools, &browser.print());
            let letters = printed.letters();
            let place = format!("{} ({state})", sheet.url);
            let expected = format!("{site}/s/{}/{}", sheet.about, sheet.support);
            let seen = |dpi, wear: fn(&Picture) -> Picture| -> Vec<String> {
                (1..=sheet.pages).flat_map(|page| codes(&wear(&printed.picture(page, dpi)))).collect()
            };
            let poster = sheet.height > 290.0 && !sheet.support.starts_with("planche");
            let held = HELD_DPI[usize::from(poster)];
            for (how, found) in [("clear", seen(DPI, Picture::clone)), ("worn", seen(held, worn))] {
                if found.is_empty() || found.iter().any(|code| *code != expected) {
                    wrong.push(format!("{place}, {how}: the code says {found:?}, not {expected}"));
                }
            }
            let address = expected.split_once("://").map_or("", |(_, address)| address);
            // Where a line breaks, the printer's text loses its hyphen.
            if sheet.told && !letters.replace('-', "").contains(&address.replace('-', "")) {
                wrong.push(format!("{place}: {address} is not written in {letters}"));
            }
            if !project.dist(&format!("/s/{}/{}/", sheet.about, sheet.support)).is_file() {
                wrong.push(format!("{place}: {expected} leads nowhere"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes that are read in a picture; as any reader does, a closer look is taken when there seem
/// to be none.
fn codes(picture: &Picture) -> Vec<String> {
    let look = |times: usize| -> Vec<String> {
        let (width, height) = (picture.width * times, picture.height * times);
        let pixel =
            |x: usize, y: usize| picture.pixels[y.min(picture.height - 1) * picture.width + x.min(picture.width - 1)];
        let mut image = PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if times == 1 {
                return pixel(x, y);
            }
            // Halfway between what lies around.
            let (left, top) = (x / times, y / times);
            let (right, bottom) = (left + x % times, top + y % times);
            let around = [(left, top), (right, top), (left, bottom), (right, bottom)];
            (around.iter().map(|(x, y)| u16::from(pixel(*x, *y))).sum::<u16>() / 4) as u8
        });
        image.detect_grids().into_iter().filter_map(|grid| grid.decode().ok().map(|(_, text)| text)).collect()
    };
    let found = look(1);
    if found.is_empty() { look(2) } else { found }
}

/// A sheet as it is on a wall: held askew, out of focus, its black faded and its white grey.
fn worn(picture: &Picture) -> Picture {
    let (width, height) = (picture.width, picture.height);
    let at = |x: f64, y: f64| -> f64 {
        let inside = x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64;
        if inside { f64::from(picture.pixels[y as usize * width + x as usize]) } else { 255.0 }
    };
    let (sine, cosine) = 4.0_f64.to_radians().sin_cos();
    let (middle_x, middle_y) = (width as f64 / 2.0, height as f64 / 2.0);
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x as f64 - middle_x, y as f64 - middle_y);
            let (from_x, from_y) = (middle_x + dx * cosine - dy * sine, middle_y + dx * sine + dy * cosine);
            let around = [-1.0, 0.0, 1.0];
            let sum: f64 = around.iter().flat_map(|i| around.map(|j| at(from_x + i, from_y + j))).sum();
            pixels.push((70.0 + sum / 9.0 * 120.0 / 255.0) as u8);
        }
    }
    Picture { width, height, pixels }
}
