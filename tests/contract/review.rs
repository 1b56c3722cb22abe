//! The annual review: what the team is told of a year, and what nobody is.

use harness::Project;

use crate::support::{Form, OTHER, SESSION, cancel, serve, with_places};

/// Before the sessions, and long after them.
const BEFORE: &str = "2027-01-10T10:00:00+01:00";
const AFTER: &str = "2029-01-10T10:00:00+01:00";

#[test]
fn the_review_tells_which_support_brought_people_and_nobodys_name() {
    let project = Project::new();
    with_places(&project, 3);
    project.file(
        "content/supports/affiche.toml",
        "titre = \"Affiche de la mairie\"\nformat = \"A4\"\nportee = \"seance\"\ngroupe = \"parents-solos\"\n\
         accroche = \"On en parle.\"\nimprimeur = \"Imprimé par nos soins\"\n",
    );
    let follow_up = {
        let server = serve(&project);
        Form::of("ana@essai.example").and("connu_par", "affiche").post(&server).is(303);
        Form::of("bea@essai.example").and("connu_par", "affiche").post(&server).is(303);
        Form::of("cyr@essai.example").post(&server).is(303);
        Form::of("dan@essai.example").and("connu_par", "parti-depuis").at(OTHER).post(&server).is(303);
        Form::of("eve@essai.example").and("connu_par", "affiche").follow_up(&server)
    };
    let told = project.form_handler(&["report", "2027", "--now", BEFORE]).success();
    let lines: Vec<&str> = told.stdout().lines().collect();
    let row = |start: &str| -> Vec<&str> {
        let line = lines.iter().find(|line| line.starts_with(&format!("| {start}")));
        let line = line.unwrap_or_else(|| panic!("no {start} in {}", told.stdout()));
        line.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect()
    };
    assert_eq!(lines[0], "# Bilan 2027");
    // Demands, places, withdrawn, without a place.
    assert_eq!(row("Affiche de la mairie"), ["Affiche de la mairie", "3", "2", "0", "1"]);
    assert_eq!(row("parti-depuis"), ["parti-depuis", "1", "1", "0", "0"]);
    assert_eq!(row("sans réponse"), ["sans réponse", "1", "1", "0", "0"]);
    assert_eq!(row("Total"), ["Total", "5", "4", "0", "1"]);
    assert_eq!(row("17/03/2027"), ["17/03/2027", "à venir", "4", "3", "0", "1"]);
    for private in ["ana", "@", "Marie", SESSION] {
        assert!(!told.stdout().contains(private), "{private}: {}", told.stdout());
    }

    {
        let server = serve(&project);
        cancel(&server, &follow_up);
    }
    // Erased in time, still counted.
    project.form_handler(&["purge", "--now", AFTER]).success();
    let told = project.form_handler(&["report", "2027", "--now", AFTER]).success();
    let total = told.stdout().lines().find(|line| line.starts_with("| Total")).expect("a total").to_owned();
    let total: Vec<&str> = total.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(total, ["Total", "5", "4", "1", "0"]);
    assert!(told.stdout().contains("| 17/03/2027 | tenue"), "{}", told.stdout());

    let told = project.form_handler(&["report", "2019"]).success();
    assert_eq!(told.stdout(), "# Bilan 2019\n\nAucune séance cette année-là.");
    project.form_handler(&["report", "l’an dernier"]).fails(2);
}
