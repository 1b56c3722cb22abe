//! What opening a page costs, for a phone at the end of the month.

use harness::{Project, weight};

const EVERYTHING: usize = 100_000;
const COMPRESSED: usize = 14_000;
const FORM: usize = 60_000;
const REQUESTS: usize = 10;

#[test]
fn home_and_the_form_are_light() {
    let project = Project::published_real();
    for url in ["/", "/inscription/"] {
        let weight = weight::of(&project.path("dist"), url);
        assert!(weight.bytes < EVERYTHING, "{url}: {weight:?}");
        assert!(weight.compressed < COMPRESSED, "{url}: {weight:?}");
        assert!(weight.requests <= REQUESTS, "{url}: {weight:?}");
    }
}

#[test]
fn the_form_costs_less_than_sixty_kilobytes_with_all_that_it_loads() {
    let project = Project::published_real();
    let weight = weight::of(&project.path("dist"), "/inscription/");
    assert!(weight.sent < FORM, "{weight:?}");
    // Text appears before any font is asked for: none shares the line with the style sheet.
    assert!(!project.page("/inscription/").contains("rel=\"preload\""));
}

#[test]
fn every_page_is_under_the_limit() {
    let project = Project::published_real();
    for url in project.pages() {
        // Its pictures are in lists that are closed: the browser asks for them when one is opened.
        if url == "/kit/" {
            let page = project.page(&url);
            assert!(page.matches("<img").count() == page.matches("loading=\"lazy\"").count(), "{url}");
            assert!(!page.contains("<details open"), "{url}");
            project.file("dist/kit/sans-images.html", without_pictures(&page));
            let weight = weight::of(&project.path("dist"), "/kit/sans-images.html");
            assert!(weight.bytes < EVERYTHING && weight.requests <= REQUESTS, "{url}: {weight:?}");
            continue;
        }
        let weight = weight::of(&project.path("dist"), &url);
        assert!(weight.bytes < EVERYTHING && weight.requests <= REQUESTS, "{url}: {weight:?}");
    }
}

fn without_pictures(page: &str) -> String {
    let mut pieces = page.split("<img");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('>').map_or("", |(_, rest)| rest))
}

#[test]
fn fonts_hold_in_fifty_kilobytes() {
    let project = Project::published_real();
    let fonts: usize =
        project.published().iter().filter(|(path, _)| path.ends_with(".woff2")).map(|(_, b)| b.len()).sum();
    assert!(fonts > 0 && fonts <= 50_000, "{fonts}");
}

#[test]
fn what_is_no_page_is_told_of_no_weight() {
    let project = Project::new();
    for week in 0..400 {
        let date = jiff::civil::date(2027, 6, 2).checked_add(jiff::Span::new().weeks(week)).expect("a date");
        project.file(&format!("content/seances/{}/{date}.md", date.year()), format!("+++\ndate = {date}\n+++\n"));
    }
    let run = project.build().success();
    assert!(project.read("dist/calendrier.ics").len() > 100_000);
    // A list of four hundred dates is heavy, and says so; the calendar that holds them is loaded by
    // no page.
    assert!(run.stderr().contains("/seances/") && !run.stderr().contains("/calendrier.ics"), "{}", run.stderr());
}
