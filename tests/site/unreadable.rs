//! Files that cannot be read: told by name, and the rest is read all the same. (Permissions are not
//! tried: root ignores them.)

use std::{fs, os::unix::fs::symlink};

use harness::Project;
use insta::assert_snapshot;

#[test]
fn a_link_that_leads_nowhere_is_told() {
    let project = Project::new();
    symlink("absent.md", project.path("content/pages/lien.md")).expect("a link");
    assert_snapshot!(project.check().fails(1).stderr(), @r#"
    erreur: Ce fichier n'existe pas, ou a disparu pendant la lecture.
     ╭▸ content/pages/lien.md
     ╰ aide: Si c'est un lien, vérifiez où il mène.
    "#);
}

#[test]
fn a_link_that_leads_into_itself_is_told() {
    let project = Project::new();
    symlink("..", project.path("content/pages/boucle")).expect("a link");
    assert_snapshot!(project.check().fails(1).stderr(), @r#"
    erreur: Ce lien mène à un dossier qui le contient.
     ╭▸ content/pages/boucle
     ╰ aide: Retirez ce lien.
    "#);
}

#[test]
fn a_link_to_a_file_is_that_file() {
    let project = Project::new();
    fs::rename(project.path("content/charte.md"), project.path("charte-partagee.md")).expect("a file of the root");
    symlink("../charte-partagee.md", project.path("content/charte.md")).expect("a link");
    project.build().success();
    assert!(project.page("/charte/").contains("Ce qui se dit ici reste ici."));
}

#[test]
fn a_folder_named_like_a_page_is_only_a_folder() {
    let project = Project::new();
    project.file("content/pages/groupe.md/essai.md", "+++\ntitre = \"Essai\"\ndescription = \"Essai.\"\n+++\n");
    project.build().success();
    assert!(project.page("/essai/").contains("Essai"));
}

#[test]
fn a_folder_in_the_place_of_the_settings_is_a_missing_file() {
    let project = Project::new();
    project.remove("content/site.toml").file("content/site.toml/x.txt", "");
    assert_snapshot!(project.check().fails(1).stderr(), @r#"
    erreur: Il manque content/site.toml : le nom du site, ses adresses, le contact.
     ╭▸ content/site.toml
     ╰ aide: docs/contenu.md dit ce qu'il contient.

    erreur: Ce fichier n'est pas à une place prévue : il ne serait pas publié.
      ╭▸ content/site.toml/x.txt:1:1
      │
    1 │
      │ ━
      │
      ╰ aide: Rangez-le dans groupes (.toml), lieux (.toml), seances, partenaires, pages (.md), supports (.toml) ou medias.
    "#);
}
