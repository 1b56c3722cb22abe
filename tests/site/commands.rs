//! The command line: statuses, new files, JSON, two languages.

use harness::Project;
use insta::assert_snapshot;

#[test]
fn a_new_session_is_ready_to_be_filled_in() {
    let project = Project::new();
    assert_snapshot!(project.run(&["new", "seance", "2027-09-22"]).success().stdout(), @"");
    let file = project.read("content/seances/2027/2027-09-22.md");
    let kept: Vec<_> = file.lines().filter(|line| !line.starts_with("modifie_le = ")).collect();
    assert_eq!(kept.len() + 1, file.lines().count(), "the day it was made is noted");
    assert_snapshot!(kept.join("\n"), @"");
    project.build().success();
    assert!(project.page("/seances/").contains("22 septembre 2027"));
}

#[test]
fn a_new_season_is_a_file_for_each_date() {
    let project = Project::new();
    assert_snapshot!(project.run(&["new", "saison", "2028-01-12", "2028-03-15"]).success().stdout(), @"");
    project.check().success();
}

#[test]
fn a_new_partner_waits_for_its_words() {
    let project = Project::new();
    assert_snapshot!(project.run(&["new", "partenaire", "figo"]).success().stdout(), @"");
    project.check().success();
    let run = project.check_with(&["--publication"]).fails(1);
    assert_snapshot!(run.stdout(), @"");
}

#[test]
fn a_new_file_never_replaces_another() {
    let project = Project::new();
    let before = project.read("content/seances/2027/2027-03-17.md");
    assert_snapshot!(project.run(&["new", "seance", "2027-03-17"]).fails(1).stderr(), @"");
    assert_eq!(project.read("content/seances/2027/2027-03-17.md"), before);
}

#[test]
fn a_season_with_one_date_taken_makes_the_others() {
    let project = Project::new();
    project.run(&["new", "saison", "2027-03-17", "2028-03-15"]).fails(1);
    assert!(project.path("content/seances/2028/2028-03-15.md").exists());
}

#[test]
fn wrong_usage_is_2_and_says_what_to_write() {
    let project = Project::new();
    let said = |arguments: &[&str]| project.run(arguments).fails(2).stderr().to_owned();
    assert_snapshot!(said(&["build", "--outptu", "x"]), @"");
    assert_snapshot!(said(&["biuld"]), @"");
    assert_snapshot!(said(&[]), @"");
    assert_snapshot!(said(&["build", "--now", "10/01/2027"]), @"");
    assert_snapshot!(said(&["build", "--jobs", "0"]), @"");
    assert_snapshot!(said(&["new", "seance", "17/03/2027"]), @"");
    assert_snapshot!(said(&["new", "seance"]), @"");
    assert_snapshot!(said(&["new", "partenaire", "Le Figo"]), @"");
    assert_snapshot!(said(&["check", "--format", "xml"]), @"");
}

#[test]
fn help_is_in_the_readers_language() {
    let project = Project::new();
    assert_snapshot!("aide", project.run(&["build", "--help"]).success().stdout());
    project.speaking("en_GB.UTF-8");
    assert_snapshot!("help", project.run(&["build", "--help"]).success().stdout());
}

#[test]
fn an_unknown_language_is_told_in_french() {
    let project = Project::new();
    assert_snapshot!(project.speaking("eo").check().success().stdout(), @"");
    assert_snapshot!(project.speaking("C").check().success().stdout(), @"");
}

#[test]
fn english_is_asked_for_with_lang() {
    let project = Project::new();
    project.speaking("en_GB.UTF-8").edit("content/charte.md", "titre = ", "tittre = ");
    assert_snapshot!(project.check().fails(1).stderr(), @"");
    project.edit("content/charte.md", "tittre = ", "titre = ");
    assert_snapshot!(project.build().success().stdout(), @"");
}

#[test]
fn json_tells_results_and_problems_line_by_line() {
    let project = Project::new();
    let built = project.build_with(&["--format", "json"]).success();
    assert_eq!(built.problems(), Vec::<serde_json::Value>::new());
    let [result] = &built.results()[..] else { panic!("one result: {}", built.stdout()) };
    assert_eq!((&result["type"], &result["retires"]), (&"resultat".into(), &0.into()));
    assert_eq!(result["prochain_changement"], "2027-03-17T17:00:00Z");

    project.edit("content/charte.md", "titre = ", "tittre = ");
    let run = project.check_with(&["--format", "json"]).fails(1);
    assert_snapshot!(run.stderr(), @"");
    assert_snapshot!(run.stdout(), @"");
}

#[test]
fn a_date_is_that_days_midnight_in_the_sites_zone() {
    let project = Project::new();
    project.run(&["build", "--now", "2027-03-17"]).success();
    assert!(project.path("dist/supports/flyer/2027-03-17/index.html").exists(), "still to come that morning");
    project.run(&["build", "--now", "2027-03-18"]).success();
    assert!(!project.path("dist/supports/flyer/2027-03-17/index.html").exists(), "past the next day");
}

#[test]
fn an_example_date_is_built_but_not_published() {
    let project = Project::new();
    project.edit("content/seances/2027/2027-03-17.md", "date = 2027-03-17", "date = 2027-03-17\nexemple = true");
    project.check().success();
    assert_snapshot!(project.check_with(&["--publication"]).fails(1).stderr(), @"");
}

#[test]
fn a_missing_root_is_told() {
    let project = Project::empty();
    assert_snapshot!(project.run(&["build", "--root", "absent", "--now", "2027-01-10"]).fails(1).stderr(), @"");
}
