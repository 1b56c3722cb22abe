//! Everything wrong is told at once, each at its line.

use std::fmt::Write;

use harness::Project;
use insta::assert_snapshot;

/// The small root with twenty different mistakes.
fn with_twenty_mistakes() -> Project {
    let p = Project::new();
    let page = |name: &str, header: &str, text: &str| {
        p.file(&format!("content/pages/{name}.md"), format!("+++\n{header}+++\n\n{text}\n"));
    };
    let titled = "titre = \"Essai\"\ndescription = \"Essai.\"\n";
    p.edit("content/site.toml", "slogan", "solgan"); // 1: a required key, mistyped
    p.edit("content/site.toml", "[conservation]\ninscriptions_jours = 90\n", ""); // 2: a missing table
    p.edit("content/groupes/parents-solos.toml", "places_min = 3", "places_min = 30"); // 3
    p.edit("content/seances/2027/2027-03-17.md", "date = 2027-03-17", "date = \"17/03/2027\""); // 4
    p.edit("content/seances/2027/2027-05-26.md", "date = 2027-05-26", "date = 2027-05-26\ndebut = \"18h30\""); // 5
    p.file("content/seances/2027/2027-06-30.md", "+++\ndate = 2027-06-30\ngroupe = \"parent-solos\"\n+++\n"); // 6
    p.file("content/seances/2027/2027-09-22.md", "+++\ndate = 2027-09-22\netat = \"anulee\"\n+++\n"); // 7
    p.file("content/seances/2028/2023-11-22.md", "+++\ndate = 2028-01-12\n+++\n"); // 8: an id taken twice
    p.file("content/seances/2027/2027-11-24.md", "date = 2027-11-24\n"); // 9: no header
    p.file("content/charte.md", b"+++\ntitre = \"R\xe9gles\"\n+++\n"); // 10: not UTF-8
    p.edit("content/supports/flyer.toml", "format = \"A5\"", "format = \"A7\""); // 11
    p.file("content/partenaires/caf.md", "+++\nnom = \"Caf\"\nrole = Aide\n+++\n"); // 12: no quotes
    page("premiere", "description = \"Sans titre.\"\n", ""); // 13
    page("deux-mots", titled, "# Un titre"); // 14
    page("trois", titled, "Un <b>mot</b>."); // 15
    page("quatre", titled, "{prochaine}"); // 16
    p.file("content/notes.txt", ""); // 17: a file without a role
    p.remove("content/pages/accessibilite.md"); // 18
    p.edit("templates/page.html", "{% extends \"base.html\" %}", "{% extends \"base.html\" %}\n{% if %}"); // 19
    p.file("content/pages/Cinq mots.md", "+++\ntitre = \"Essai\"\n+++\n"); // 20
    p
}

#[test]
fn twenty_mistakes_are_twenty_problems_each_at_its_line() {
    let project = with_twenty_mistakes();
    let problems = project.check_with(&["--format", "json"]).fails(1).problems();
    let mut told = String::new();
    for problem in &problems {
        let word = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        let _ = writeln!(told, "{}:{}:{} {}", word("fichier"), problem["ligne"], problem["colonne"], word("code"));
    }
    assert_snapshot!(told);
    assert_eq!(problems.len(), 20, "{told}");
}

#[test]
fn people_see_the_same_problems_as_programs() {
    let project = with_twenty_mistakes();
    let problems = project.check_with(&["--format", "json"]).fails(1).problems();
    let run = project.check().fails(1);
    for problem in &problems {
        let message = problem["message"].as_str().expect("a message");
        assert!(run.stderr().contains(message), "{message}");
    }
    assert_eq!(run.stdout(), "20 erreurs, aucun avertissement.");
}

#[test]
fn a_page_with_a_mistake_does_not_break_the_links_to_it() {
    let project = Project::real();
    project.edit("content/charte.md", "titre = \"", "tire = \"");
    assert_eq!(project.check_with(&["--format", "json"]).fails(1).results()[0]["erreurs"], 1);
}

#[test]
fn links_and_images_are_all_told_together() {
    let project = Project::new();
    project.file(
        "content/pages/essai.md",
        "+++\ntitre = \"Essai\"\ndescription = \"Essai.\"\n+++\n\n[a](/rien/)\n\n[b](/charte/#rien)\n\n![](/medias/rien.png)\n",
    );
    let problems = project.check_with(&["--format", "json"]).fails(1).problems();
    let told: Vec<_> = problems.iter().map(|problem| (problem["code"].as_str(), problem["ligne"].as_u64())).collect();
    let expected = [("lien-casse", 6), ("ancre-cassee", 8), ("image-absente", 10), ("image-sans-texte", 10)];
    assert_eq!(told, expected.map(|(code, line)| (Some(code), Some(line))));
}
