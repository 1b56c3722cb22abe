//! Several groups: each with its own sessions, places and conditions, all of it data.

use harness::{Project, html};

use crate::support::{Form, OTHER, PAST, SESSION, assert_error, result, serve, session, standing, state};

/// A session of the fathers' group.
const FATHERS: &str = "2027-06-02";

/// A second group beside the first: other conditions, a smaller room, three seats a demand.
fn two_groups() -> Project {
    let project = Project::new();
    project
        .file("content/lieux/atelier.toml", "nom = \"Atelier\"\nadresse = \"2 rue des Outils\"\nville = \"Blagnac\"\n");
    project.file(
        "content/groupes/peres.toml",
        "nom = \"Papas en atelier\"\nresume = \"Un atelier avec ses enfants.\"\npublic = \"Papas solos et leurs enfants\"\n\
         conditions = [\"Vous êtes papa.\", \"Vous venez avec un enfant au moins.\"]\njour = \"mercredi\"\ndebut = 14:00\nfin = 16:00\n\
         lieu = \"atelier\"\nenfants = \"Ils viennent avec vous.\"\nplaces_min = 2\nplaces_max = 6\nplaces_par_demande = 3\n",
    );
    for (id, keys) in [(SESSION, ""), (OTHER, "")] {
        session(&project, id, &format!("groupe = \"parents-solos\"\n{keys}"));
    }
    project.edit(&format!("content/seances/2023/{PAST}.md"), "+++\ndate", "+++\ngroupe = \"parents-solos\"\ndate");
    session(&project, FATHERS, "groupe = \"peres\"");
    project
}

#[test]
fn each_group_has_its_own_conditions_places_and_sessions() {
    let project = two_groups();
    let server = serve(&project);
    let form = html::words(server.get("/inscription/").send().is(200).text());
    for told in ["Papas en atelier", "Vous venez avec un enfant au moins."] {
        assert!(form.contains(told), "{told}: {form}");
    }
    let page = html::words(server.get("/groupes/peres/").send().is(200).text());
    assert!(page.contains("Vous êtes papa.") && page.contains("2 juin"), "{page}");
    assert!(!page.contains("17 mars"), "the other group's dates are elsewhere: {page}");

    // Three seats here, one there: the group's own number, said with the field.
    let family = |email: &str, session: &str, places: &str| Form::of(email).at(session).with("places", places);
    let refused = family("ana@essai.example", SESSION, "3").json(&server);
    assert_error(&refused, 422, "champs_invalides");
    assert!(refused.json()["champs"]["places"].is_string(), "{}", refused.text());
    family("ben@essai.example", FATHERS, "3").json(&server).is(201);
    assert_eq!(state(&server, FATHERS), "dernieres_places");
    family("carl@essai.example", FATHERS, "3").json(&server).is(201);
    let waits = family("dan@essai.example", FATHERS, "1").json(&server).is(202);
    assert_eq!(result(&waits), "liste_attente");
    assert_eq!(state(&server, SESSION), "ouverte", "the other group has its own places");
    let groups = server.get("/api/seances").send().json();
    let of = |id: &str| groups.as_array().expect("a list").iter().find(|row| row["id"] == id).expect("it").clone();
    assert_eq!((&of(FATHERS)["groupe"], &of(SESSION)["groupe"]), (&"peres".into(), &"parents-solos".into()));
}

#[test]
fn a_demand_stays_in_the_group_whose_conditions_were_accepted() {
    let project = two_groups();
    let server = serve(&project);
    let ana = Form::of("ana@essai.example").follow_up(&server);
    let page = server.get(&ana).send().is(200);
    assert!(page.text().contains(&format!("<option value=\"{OTHER}\">")), "its own group's dates are offered");
    assert!(!page.text().contains(&format!("<option value=\"{FATHERS}\">")), "another group's are not");
    let moved = server.post(&ana).as_json().field("action", "deplacer").field("seance", FATHERS).send();
    assert_error(&moved, 404, "seance_inconnue");
    assert_eq!(standing(&server, &ana), "inscrit");
}
