//! Build, change, build again: what is written, what is kept, what is never touched.

use std::{collections::BTreeMap, fs, time::SystemTime};

use harness::Project;
use insta::assert_snapshot;

fn content_of(tree: Vec<String>) -> String {
    let kept: Vec<_> = tree.into_iter().filter(|path| !path.starts_with("assets/")).collect();
    kept.join("\n")
}

#[test]
fn a_small_root_makes_a_whole_site() {
    let project = Project::new();
    assert_eq!(project.build().success().stderr(), "");
    assert_snapshot!(content_of(project.tree()));
}

#[test]
fn the_small_root_has_no_problem_and_may_be_published() {
    let project = Project::new();
    let run = project.check_with(&["--publication"]).success();
    assert_eq!((run.stdout(), run.stderr()), ("Aucune erreur, aucun avertissement.", ""));
}

#[test]
fn what_changes_in_the_content_changes_on_the_site() {
    let project = Project::new();
    project.build().success();
    assert!(project.page("/charte/").contains("On ne juge pas."));

    project.edit("content/charte.md", "On ne juge pas.", "On ne juge personne.");
    assert_snapshot!(project.build().success().stdout(), @r#"
    1 fichier écrit, 47 déjà à jour, 0 retiré, en [DURÉE].
    Le site changera de lui-même le mercredi 17 mars 2027, à 18 h.
    "#);
    assert!(project.page("/charte/").contains("On ne juge personne."));
    project.check().success();
}

#[test]
fn a_session_that_moves_keeps_its_address() {
    let project = Project::new();
    project.build().success();
    let before = project.tree();
    project.edit("content/seances/2027/2027-03-17.md", "date = 2027-03-17", "date = 2027-03-24\nrevision = 1");
    project.build().success();
    assert!(project.page("/seances/2027-03-17/").contains("24 mars 2027"));
    assert_eq!(project.tree(), before);
}

#[test]
fn the_same_inputs_give_the_same_bytes_at_any_number_of_jobs_and_from_any_folder() {
    let project = Project::real();
    project.build_with(&["--jobs", "1"]).success();
    let alone = project.published();
    for jobs in ["2", "8"] {
        project.remove("dist").build_with(&["--jobs", jobs]).success();
        assert!(project.published() == alone, "--jobs {jobs} changes the site");
    }
    project.remove("dist");
    let elsewhere = Project::empty();
    let root = project.root().to_str().expect("a UTF-8 path");
    project.run_from(elsewhere.root(), &["build", "--root", root, "--now", harness::NOW]).success();
    assert!(project.published() == alone, "the folder of the command changes the site");
}

#[test]
fn a_copy_of_the_root_gives_the_same_bytes() {
    let (one, other) = (Project::new(), Project::new());
    one.build().success();
    other.build().success();
    assert!(one.published() == other.published());
}

#[test]
fn an_error_leaves_the_published_site_as_it_was() {
    let project = Project::new();
    project.build().success();
    let before = (project.published(), written(&project));

    project.edit("content/charte.md", "On ne juge pas.", "On juge moins.");
    project.edit("content/seances/2027/2027-05-26.md", "date = 2027-05-26", "date = \"bientôt\"");
    let run = project.build().fails(1);
    assert!(run.stderr().ends_with("Rien n'a été publié : le site reste comme il était."), "{}", run.stderr());
    assert!((project.published(), written(&project)) == before);
}

#[test]
fn an_error_in_the_first_build_makes_no_folder() {
    let project = Project::new();
    project.edit("content/charte.md", "titre", "tire").build().fails(1);
    assert!(!project.path("dist").exists());
}

#[test]
fn a_check_writes_nothing() {
    let project = Project::new();
    project.check().success();
    assert!(!project.path("dist").exists());
}

#[test]
fn what_leaves_the_content_leaves_the_site() {
    let project = Project::new();
    project.build().success();
    let page = "partenaires/medialudo.md";
    project.remove("content/seances/2027/2027-05-26.md").remove(&format!("content/{page}"));
    project.build().success();
    assert!(!project.path("dist/seances/2027-05-26").exists(), "an empty folder is left");
    assert!(!project.path("dist/s/2027-05-26").exists());
    assert!(!project.page("/partenaires/").contains("Médialudo"));
}

#[test]
fn only_what_an_earlier_build_wrote_is_removed() {
    let project = Project::new();
    project.file("dist/.gitignore", "*").file("dist/seances/2027-05-26/photo.jpg", "à la ville");
    project.build().success();
    project.file("dist/statistiques/index.html", "à la ville").remove("content/seances/2027/2027-05-26.md");
    project.build().success();
    assert_eq!(project.read("dist/.gitignore"), "*");
    assert_eq!(project.page("/statistiques/"), "à la ville");
    assert_eq!(project.read("dist/seances/2027-05-26/photo.jpg"), "à la ville");
    assert!(!project.path("dist/seances/2027-05-26/index.html").exists());
}

#[test]
fn files_that_are_already_right_are_left_alone() {
    let project = Project::new();
    project.build().success();
    let before = written(&project);
    assert_snapshot!(project.build().success().stdout().lines().next().unwrap_or_default(), @"0 fichier écrit, 48 déjà à jour, 0 retiré, en [DURÉE].");
    assert_eq!(written(&project), before);

    project.edit("content/charte.md", "On ne juge pas.", "On ne juge personne.").build().success();
    let after = written(&project);
    let rewritten: Vec<_> =
        after.iter().filter(|(path, at)| before.get(*path) != Some(at)).map(|(path, _)| path).collect();
    assert_eq!(rewritten, ["charte/index.html"]);
}

#[test]
fn a_damaged_manifest_removes_nothing_and_is_mended() {
    let lists = ["", "{", "[]", r#"{"version":99,"files":["index.html"]}"#];
    let lists = lists.into_iter().chain([r#"{"version":1,"files":["../content/site.toml"]}"#]);
    for (name, damage) in lists.map(|damage| ("fichiers.json", damage)).chain([("manifeste", ""), ("manifeste", "{")]) {
        let project = Project::new();
        project.build().success();
        let before = project.published();
        let path = format!("dist/.entreparentaise/{name}");
        assert!(project.path(&path).exists(), "{path}");
        project.file(&path, damage);
        project.build().success();
        assert!(project.published() == before, "{name}: {damage}");
        assert!(project.path("content/site.toml").exists(), "{name}: {damage}");

        project.remove("content/seances/2027/2027-05-26.md").build().success();
        assert!(!project.path("dist/seances/2027-05-26").exists(), "{name}: {damage}");
    }
}

#[test]
fn a_file_changed_by_hand_is_put_right() {
    let project = Project::new();
    project.build().success();
    let right = project.page("/");
    project.file("dist/index.html", "défiguré").build().success();
    assert_eq!(project.page("/"), right);
}

#[test]
fn a_write_that_fails_is_told_with_its_path() {
    let project = Project::new();
    project.file("dist/charte/index.html/dossier", "");
    let run = project.build().fails(1);
    assert!(run.stderr().contains("dist/charte/index.html"), "{}", run.stderr());
}

#[test]
fn drafts_are_shown_only_when_asked_for() {
    let project = Project::new();
    project.file("content/seances/2027/2027-06-30.md", "+++\ndate = 2027-06-30\netat = \"brouillon\"\n+++\n");
    project.build().success();
    assert!(!project.tree().iter().any(|path| path.contains("2027-06-30")));
    project.build_with(&["--drafts"]).success();
    assert!(project.page("/seances/").contains("30 juin 2027"));
}

#[test]
fn the_output_may_be_elsewhere() {
    let project = Project::new();
    project.build_with(&["--output", "public"]).success();
    assert!(project.path("public/index.html").exists());
    assert!(!project.path("dist").exists());
}

#[test]
fn hidden_and_backup_files_are_no_content() {
    let project = Project::new();
    project.build().success();
    let before = project.tree();
    project
        .file("content/pages/.essai.md", "rien")
        .file("content/pages/charte.md~", "rien")
        .file("content/#essai#", "rien");
    project.build().success();
    assert_eq!(project.tree(), before);
}

#[test]
fn a_printed_address_outlives_its_session() {
    let project = Project::new();
    project
        .file("content/adresses.toml", "[adresses]\n\"2026-05-06\" = \"2027-03-17\"\n\"2025-05-06\" = \"/seances/\"\n");
    project.build().success();
    assert!(project.page("/s/2026-05-06/").contains("/seances/2027-03-17/"));
    assert!(project.page("/s/2025-05-06/").contains("/seances/"));
}

fn written(project: &Project) -> BTreeMap<String, SystemTime> {
    let modified = |path: &String| fs::metadata(project.path("dist").join(path)).and_then(|file| file.modified());
    project.tree().into_iter().map(|path| (path.clone(), modified(&path).expect("a file that was listed"))).collect()
}
