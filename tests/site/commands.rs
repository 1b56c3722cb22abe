//! The command line: statuses, new files, JSON, two languages.

use harness::Project;
use insta::assert_snapshot;

#[test]
fn a_new_session_is_ready_to_be_filled_in() {
    let project = Project::new();
    assert_snapshot!(project.run(&["new", "seance", "2027-09-22"]).success().stdout(), @"Créé : ./content/seances/2027/2027-09-22.md");
    let file = project.read("content/seances/2027/2027-09-22.md");
    let kept: Vec<_> = file.lines().filter(|line| !line.starts_with("modifie_le = ")).collect();
    assert_eq!(kept.len() + 1, file.lines().count(), "the day it was made is noted");
    assert_snapshot!(kept.join("\n"), @r#"
    +++
    # Le reste (heures, lieu, places) vient du groupe ; ajoutez une ligne pour en changer.
    date = 2027-09-22
    +++
    "#);
    project.build().success();
    assert!(project.page("/seances/").contains("22 septembre 2027"));
}

#[test]
fn a_new_season_is_a_file_for_each_date() {
    let project = Project::new();
    assert_snapshot!(project.run(&["new", "saison", "2028-01-12", "2028-03-15"]).success().stdout(), @r#"
    Créé : ./content/seances/2028/2028-01-12.md
    Créé : ./content/seances/2028/2028-03-15.md
    "#);
    project.check().success();
}

#[test]
fn a_new_partner_waits_for_its_words() {
    let project = Project::new();
    assert_snapshot!(project.run(&["new", "partenaire", "figo"]).success().stdout(), @"Créé : ./content/partenaires/figo.md");
    project.check().success();
    let run = project.check_with(&["--publication"]).fails(1);
    assert_snapshot!(run.stdout(), @"3 erreurs, aucun avertissement.");
}

#[test]
fn a_new_venue_waits_for_its_facts_and_may_be_named_at_once() {
    let project = Project::new();
    assert_snapshot!(project.run(&["new", "lieu", "mediatheque"]).success().stdout(), @"Créé : ./content/lieux/mediatheque.toml");
    assert_snapshot!(project.read("content/lieux/mediatheque.toml"), @r#"
    # Remplacez ce que vous savez, retirez ce qui ne sert pas. Les autres clés : capacite, plain_pied, image, image_alt, latitude, longitude.
    nom = "à compléter"
    adresse = "à compléter"
    code_postal = "à compléter"
    ville = "à compléter"
    acces = "à compléter"
    porte = "à compléter"
    transports = "à compléter"
    stationnement = "à compléter"
    "#);
    project.edit(
        "content/seances/2027/2027-03-17.md",
        "date = 2027-03-17",
        "date = 2027-03-17\nlieu = \"mediatheque\"",
    );
    project.build().success();
    assert_snapshot!(project.check_with(&["--publication"]).fails(1).stdout(), @"8 erreurs, aucun avertissement.");
    assert_snapshot!(project.run(&["new", "lieu", "mediatheque"]).fails(1).stderr(), @"./content/lieux/mediatheque.toml existe déjà : rien n'a été changé.");
}

#[test]
fn a_new_file_never_replaces_another() {
    let project = Project::new();
    let before = project.read("content/seances/2027/2027-03-17.md");
    assert_snapshot!(project.run(&["new", "seance", "2027-03-17"]).fails(1).stderr(), @"./content/seances/2027/2027-03-17.md existe déjà : rien n'a été changé.");
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
    assert_snapshot!(said(&["build", "--outptu", "x"]), @r#"
    L'option --outptu n'existe pas.
    Vouliez-vous dire « --output » ?
    Pour en savoir plus : --help
    "#);
    assert_snapshot!(said(&["biuld"]), @r#"
    La commande biuld n'existe pas.
    Vouliez-vous dire « build » ?
    Pour en savoir plus : --help
    "#);
    assert_snapshot!(said(&[]), @r#"
    Il manque une commande.
    Pour en savoir plus : --help
    "#);
    assert_snapshot!(said(&["build", "--now", "10/01/2027"]), @r#"
    « 10/01/2027 » n'est ni une date (2027-03-17) ni un instant (2027-03-17T18:00:00+01:00).
    Écrivez : 2027-01-10
    "#);
    assert_snapshot!(said(&["build", "--jobs", "0"]), @r#"
    « 0 » ne convient pas pour --jobs <N>.
    Pour en savoir plus : --help
    "#);
    assert_snapshot!(said(&["new", "seance", "17/03/2027"]), @r#"
    « 17/03/2027 » n'est pas une date. Une date s'écrit 2027-03-17.
    Écrivez : 2027-03-17
    "#);
    assert_snapshot!(said(&["new", "seance"]), @r#"
    Il manque <DATE>.
    Pour en savoir plus : --help
    "#);
    assert_snapshot!(said(&["new", "partenaire", "Le Figo"]), @r#"
    « Le Figo » n'est pas un identifiant : minuscules sans accent, chiffres et traits d'union, 64 au plus.
    Écrivez : le-figo
    "#);
    assert_snapshot!(said(&["check", "--format", "xml"]), @r#"
    « xml » ne convient pas pour --format <format>.
    Pour en savoir plus : --help
    "#);
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
    assert_snapshot!(project.speaking("eo").check().success().stdout(), @"Aucune erreur, aucun avertissement.");
    assert_snapshot!(project.speaking("C").check().success().stdout(), @"Aucune erreur, aucun avertissement.");
}

#[test]
fn english_is_asked_for_with_lang() {
    let project = Project::new();
    project.speaking("en_GB.UTF-8").edit("content/charte.md", "titre = ", "tittre = ");
    assert_snapshot!(project.check().fails(1).stderr(), @r#"
    error: There is no key "tittre" here.
      ╭▸ content/charte.md:2:1
      │
    2 │ tittre = "La charte"
      │ ━━━━━━
      │
      ╰ help: Did you mean "titre"?
    "#);
    project.edit("content/charte.md", "tittre = ", "titre = ");
    assert_snapshot!(project.build().success().stdout(), @r#"
    48 files written, 0 up to date, 0 removed, in [DURÉE].
    The site will change by itself on Wednesday 17 March 2027, at 18:00.
    "#);
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
    assert_snapshot!(run.stderr(), @r#"{"aide":"Vouliez-vous dire « titre » ?","bloque_publication":true,"code":"cle-inconnue","colonne":1,"fichier":"content/charte.md","ligne":2,"message":"La clé « tittre » n'existe pas ici.","niveau":"erreur","type":"diagnostic"}"#);
    assert_snapshot!(run.stdout(), @r#"{"avertissements":0,"erreurs":1,"type":"resultat"}"#);
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
    assert_snapshot!(project.check_with(&["--publication"]).fails(1).stderr(), @r#"
    erreur: La date de la séance « 2027-03-17 » est un exemple, non confirmé.
      ╭▸ content/seances/2027/2027-03-17.md:1:1
      │
    1 │ +++
      │ ━━━
      │
      ╰ aide: Quand l'équipe l'a confirmée, retirez la ligne « exemple = true ».
    "#);
}

#[test]
fn a_missing_root_is_told() {
    let project = Project::empty();
    assert_snapshot!(project.run(&["build", "--root", "absent", "--now", "2027-01-10"]).fails(1).stderr(), @r#"
    erreur: Il manque content/site.toml : le nom du site, ses adresses, le contact.
     ╭▸ content/site.toml
     ╰ aide: docs/contenu.md dit ce qu'il contient.

    Rien n'a été publié : le site reste comme il était.
    "#);
}
