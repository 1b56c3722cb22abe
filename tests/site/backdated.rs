//! A session that an edit puts in the past, or makes another, once the site has announced it:
//! `check` and `build` say so until somebody decides.

use harness::Project;
use insta::assert_snapshot;

const SESSION: &str = "content/seances/2027/2027-03-17.md";
const LATER: &str = "2027-04-02T10:00:00+02:00";

/// The small root, published before its next session, whose year was mistyped since.
fn mistyped() -> Project {
    let project = Project::new();
    project.build().success();
    project.edit(SESSION, "date = 2027-03-17", "date = 2026-03-17");
    project
}

/// The warnings of this kind that `check` and `build` tell, which must be the same.
#[track_caller]
fn told(project: &Project) -> Vec<String> {
    told_of(project, "date-reculee")
}

/// The warnings with this code, likewise.
#[track_caller]
fn told_of(project: &Project, code: &str) -> Vec<String> {
    let told = |run: harness::Run| {
        let problems = run.success().problems();
        let ours = problems.into_iter().filter(|problem| problem["code"] == code);
        ours.map(|problem| {
            format!("{}:{}:{} {}", problem["fichier"], problem["ligne"], problem["colonne"], problem["message"])
        })
        .collect::<Vec<_>>()
    };
    let checked = told(project.check_with(&["--format", "json"]));
    let built = told(project.build_with(&["--format", "json"]));
    assert_eq!(checked, built, "check and build");
    built
}

#[test]
fn a_mistyped_year_is_told_where_it_is_written() {
    let run = mistyped().check().success();
    assert_snapshot!(run.stderr());
}

#[test]
fn it_is_told_at_every_build_until_the_date_is_corrected() {
    let project = mistyped();
    let first = told(&project);
    assert_eq!(first.len(), 1, "{first:?}");
    // Nothing changed; then something else did.
    assert_eq!(told(&project), first);
    project.edit(SESSION, "Venez comme vous êtes.", "Venez comme vous voulez.");
    assert_eq!(told(&project), first);
    // Another wrong date: what was announced is what it was.
    project.edit(SESSION, "date = 2026-03-17", "date = 2025-03-19");
    assert_eq!(told(&project), first);
    project.edit(SESSION, "date = 2025-03-19", "date = 2027-03-24");
    assert_eq!(told(&project), [] as [String; 0]);
    project.at(LATER);
    assert_eq!(told(&project), [] as [String; 0]);
}

#[test]
fn a_raised_revision_says_that_the_date_is_right() {
    let project = mistyped();
    assert_eq!(told(&project).len(), 1);
    project.edit(SESSION, "date = 2026-03-17", "date = 2026-03-17\nrevision = 1");
    assert_eq!(told(&project), [] as [String; 0]);
    assert_eq!(told(&project), [] as [String; 0]);
}

#[test]
fn a_file_that_moves_to_the_folder_of_its_year_is_still_known() {
    let project = mistyped();
    let text = project.read(SESSION);
    project.remove(SESSION).file("content/seances/2026/2027-03-17.md", text);
    assert_eq!(told(&project).len(), 1);
}

#[test]
fn a_session_that_took_place_is_not_told() {
    let project = Project::new();
    project.build().success();
    project.at(LATER);
    assert_eq!(told(&project), [] as [String; 0]);
    // Once published as past, its date may be put right.
    project.edit(SESSION, "date = 2027-03-17", "date = 2027-03-16");
    assert_eq!(told(&project), [] as [String; 0]);
}

#[test]
fn a_site_last_published_before_a_session_tells_of_it_even_once_its_day_has_passed() {
    let project = mistyped();
    project.at(LATER);
    assert_eq!(told(&project).len(), 1);
}

#[test]
fn one_that_is_not_to_be_held_is_not_told() {
    for state in ["annulee", "brouillon"] {
        let project = mistyped();
        project.edit(SESSION, "date = 2026-03-17", &format!("date = 2026-03-17\netat = \"{state}\""));
        assert_eq!(told(&project), [] as [String; 0], "{state}");
    }
}

#[test]
fn without_a_published_site_check_says_nothing() {
    let project = mistyped();
    project.remove("dist");
    let told = project.check().success();
    assert!(!told.stderr().contains("Le site annonçait"), "{}", told.stderr());
}

#[test]
fn the_former_date_that_the_server_keeps_hides_nothing() {
    let project = mistyped();
    let row = r#"{"seances":{"2027-03-17":{"etat":"ouverte","revision":0,"date":"2027-03-17"}}}"#;
    project.file("var/disponibilites.json", row);
    assert_eq!(told(&project).len(), 1);
    assert!(project.page("/seances/").contains("2027-03-17T18:00:00"), "the former date is shown");
}

#[test]
fn a_warning_leaves_no_trace_in_what_is_published() {
    let project = mistyped();
    project.build().success();
    let published = project.published();
    project.remove("dist");
    project.build().success();
    assert_eq!(project.published(), published);
}

/// The small root, published, whose next session is another since: these keys stand in its file.
fn edited(date: &str, keys: &str) -> Project {
    let project = Project::new();
    project.build().success();
    project.edit(SESSION, "date = 2027-03-17", &format!("date = {date}\n{keys}"));
    project
}

#[test]
fn a_change_that_calendars_would_not_notice_is_told_where_it_is_written() {
    let run = edited("2027-03-24", "").check().success();
    assert_snapshot!(run.stderr());
}

#[test]
fn whatever_a_calendar_shows_is_told_when_it_changed_and_nothing_else_is() {
    let changes = [
        ("2027-03-24", "", 1),
        ("2027-03-17", "debut = 19:00:00\nfin = 21:00:00", 1),
        ("2027-03-17", "lieu = \"parc\"", 1),
        ("2027-03-17", "etat = \"annulee\"", 1),
        ("2027-03-24", "revision = 1", 0),
        ("2027-03-17", "titre = \"Autre titre\"\nplaces_max = 8", 0),
        ("2027-03-17", "debut = 18:00:00", 0),
        ("2027-03-17", "etat = \"brouillon\"", 0),
    ];
    for (date, keys, warnings) in changes {
        let project = edited(date, keys);
        assert_eq!(told_of(&project, "revision-oubliee").len(), warnings, "{date} {keys}");
        // Until somebody decides.
        assert_eq!(told_of(&project, "revision-oubliee").len(), warnings, "{date} {keys}, built");
    }
}

#[test]
fn a_forgotten_revision_is_told_until_it_is_raised_or_the_change_is_undone() {
    let project = edited("2027-03-24", "");
    assert_eq!(told_of(&project, "revision-oubliee").len(), 1);
    project.edit(SESSION, "date = 2027-03-24", "date = 2027-03-31");
    assert_eq!(told_of(&project, "revision-oubliee").len(), 1);
    project.edit(SESSION, "date = 2027-03-31", "date = 2027-03-17");
    assert_eq!(told_of(&project, "revision-oubliee"), [] as [String; 0]);
    project.edit(SESSION, "date = 2027-03-17", "date = 2027-03-24");
    assert_eq!(told_of(&project, "revision-oubliee").len(), 1);
    project.edit(SESSION, "date = 2027-03-24", "date = 2027-03-24\nrevision = 1");
    assert_eq!(told_of(&project, "revision-oubliee"), [] as [String; 0]);
}

#[test]
fn where_the_handler_tells_of_sessions_nobody_has_to_raise_a_revision() {
    let project = edited("2027-03-24", "");
    project.availability(&[("2027-03-17", "ouverte")]);
    assert_eq!(told_of(&project, "revision-oubliee"), [] as [String; 0]);
}

#[test]
fn a_session_that_is_over_is_in_nobodys_calendar_to_come() {
    let project = Project::new();
    project.at(LATER).build().success();
    project.edit(SESSION, "date = 2027-03-17", "date = 2027-03-16");
    assert_eq!(told_of(&project, "revision-oubliee"), [] as [String; 0]);
}
