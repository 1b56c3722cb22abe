//! What the server keeps of people is printed from the one list.

use entreparentaise::{
    diagnostics::text::Texts,
    model::retention::{Period, RETAINED},
};
use harness::{Project, html::words};
use insta::assert_snapshot;

const PAGE: &str = "/confidentialite/";

#[test]
fn the_list_is_what_a_parent_understands() {
    let project = Project::new();
    project.build().success();
    let page = project.page(PAGE);
    let list = page.split_once("<ul class=\"conservation\">").expect("the list").1;
    let items = list.split_once("</ul>").expect("its end").0.trim().replace('\u{a0}', "~");
    assert_snapshot!(items);
}

#[test]
fn each_thing_that_people_are_told_of_stands_once_and_no_other() {
    let texts = Texts::embedded();
    for project in [Project::new(), Project::real()] {
        project.build().success();
        let page = words(&project.page(PAGE));
        let said = |name: &str| texts.get("fr", &format!("conserve-{name}"), &[]);
        for kept in RETAINED.iter().filter(|kept| kept.is_told()) {
            assert_eq!(page.matches(&format!("{} :", said(kept.name))).count(), 1, "{}:\n{page}", kept.name);
        }
        let items = project
            .page(PAGE)
            .split("<ul class=\"conservation\">")
            .nth(1)
            .map(|list| list.split("</ul>").next().unwrap_or_default().matches("<li>").count());
        assert_eq!(items, Some(RETAINED.iter().filter(|kept| kept.is_told()).count()));
    }
}

#[test]
fn the_days_after_a_session_are_those_of_the_settings() {
    let project = Project::new();
    let after = RETAINED.iter().filter(|kept| kept.is_told() && kept.period == Period::AfterSession).count();
    for (days, said) in
        [("90", "90 jours après la séance"), ("45", "45 jours après la séance"), ("1", "1 jour après la séance")]
    {
        let settings = project.read("content/site.toml");
        let line =
            settings.lines().find(|line| line.starts_with("inscriptions_jours")).expect("the setting").to_owned();
        project.edit("content/site.toml", &line, &format!("inscriptions_jours = {days}")).build().success();
        let page = words(&project.page(PAGE)).replace('\u{a0}', " ");
        assert_eq!(page.matches(said).count(), after, "{days}:\n{page}");
        assert_eq!(page.matches("après la séance").count(), after, "{days}:\n{page}");
    }
}
