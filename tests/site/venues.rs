//! Where to go, and whether children may come: wherever a site tells of a session.

use harness::{
    Project,
    html::{elements, words},
};

use crate::{assets::png, machines::linked_data};

const SESSION: &str = "content/seances/2027/2027-03-17.md";
const VENUE: &str = "content/lieux/espace-famille.toml";

/// The small root, whose first session is in the park.
fn in_the_park() -> Project {
    let project = Project::new();
    project.edit(SESSION, "date = 2027-03-17", "date = 2027-03-17\nlieu = \"parc\"");
    project
}

/// The addresses of a page's links whose words are these.
fn links(page: &str, said: &str) -> Vec<String> {
    let links = elements(page).into_iter().filter(|element| element.name == "a" && words(&element.text).trim() == said);
    links.filter_map(|link| link.get("href").map(str::to_owned)).collect()
}

#[test]
fn a_sessions_page_tells_the_way_and_what_children_may_do() {
    let project = in_the_park();
    project.build().success();
    let page = project.page("/seances/2027-03-17/");
    let text = words(&page);
    for told in [
        "Salle du parc",
        "3 allée du Parc",
        "31700 Blagnac",
        "De plain-pied, sans marche.",
        "Tram T1, arrêt Place du Relais.",
        "Les bébés sont les bienvenus.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("Se garer"), "of what nobody said, nothing is told: {text}");
    assert_eq!(
        links(&page, "Voir sur un plan"),
        ["https://www.openstreetmap.org/?mlat=43.6345&mlon=1.3931#map=18/43.6345/1.3931"]
    );
    let elsewhere = words(&project.page("/seances/2027-05-26/"));
    assert!(elsewhere.contains("1 rue de l’Essai") && elsewhere.contains("La porte verte."), "{elsewhere}");
}

#[test]
fn without_coordinates_the_map_is_asked_for_the_address() {
    let project = Project::new();
    project.build().success();
    assert_eq!(
        links(&project.page("/seances/2027-03-17/"), "Voir sur un plan"),
        ["https://www.openstreetmap.org/search?query=1%20rue%20de%20l%27Essai%2C%2031700%20Blagnac"]
    );
}

#[test]
fn no_page_loads_anything_of_the_map() {
    let project = in_the_park();
    project.build().success();
    for url in project.pages() {
        let loads = |element: &harness::html::Element| {
            ["src", "srcset", "data"]
                .iter()
                .any(|name| element.get(name).is_some_and(|at| at.contains("openstreetmap")))
                || (element.name != "a" && element.get("href").is_some_and(|at| at.contains("openstreetmap")))
        };
        assert!(!elements(&project.page(&url)).iter().any(loads), "{url}");
    }
}

#[test]
fn a_picture_of_the_door_has_its_size_and_its_words() {
    let project = Project::new();
    project.file("content/medias/porte.png", png(600, 400));
    project.edit(VENUE, "porte =", "image = \"/medias/porte.png\"\nimage_alt = \"Une porte verte\"\nporte =");
    project.build().success();
    for url in ["/seances/2027-03-17/", "/groupes/parents-solos/"] {
        let page = project.page(url);
        let shown = elements(&page).into_iter().find(|element| element.get("alt") == Some("Une porte verte"));
        let shown = shown.unwrap_or_else(|| panic!("no picture in {page}"));
        assert_eq!((shown.get("width"), shown.get("height")), (Some("600"), Some("400")));
    }
    // Another picture under the same name is shown by the next build.
    project.file("content/medias/porte.png", png(300, 100));
    project.build().success();
    assert!(project.page("/seances/2027-03-17/").contains("width=\"300\" height=\"100\" alt=\"Une porte verte\""));
}

#[test]
fn a_room_that_the_team_chose_instead_has_no_address_of_ours() {
    let project = Project::new();
    let row = r#"{"seances":{"2027-03-17":{"etat":"ouverte","revision":3,"lieu":"Gymnase"}}}"#;
    project.file("var/disponibilites.json", row).build().success();
    let text = words(&project.page("/seances/2027-03-17/"));
    assert!(text.contains("Gymnase") && !text.contains("rue de l’Essai"), "{text}");
    assert!(!text.contains("La porte verte."), "the door of another house: {text}");
    let calendar = project.page("/seances/2027-03-17.ics");
    assert!(calendar.contains("LOCATION:Gymnase\r\n") && !calendar.contains("GEO"), "{calendar}");
}

#[test]
fn a_street_that_nobody_told_shows_on_screens_and_not_on_paper() {
    let project = Project::new();
    project.edit(VENUE, "1 rue de l'Essai", "à compléter").build().success();
    assert!(words(&project.page("/seances/2027-03-17/")).contains("à compléter"));
    let paper = words(&project.page("/supports/flyer/2027-03-17/"));
    assert!(paper.contains("Salle d’animation") && paper.contains("Blagnac"), "{paper}");
    assert!(!paper.contains("à compléter"), "{paper}");
    assert_eq!(links(&project.page("/seances/2027-03-17/"), "Voir sur un plan"), [] as [&str; 0]);
    let refused = project.check_with(&["--publication"]).fails(1);
    assert!(refused.stderr().contains("lieux/espace-famille.toml:2"), "{}", refused.stderr());
}

#[test]
fn whatever_is_printed_or_sent_has_the_street() {
    let project = in_the_park();
    project.edit("content/site.toml", "nom = \"Un flyer\"", "nom = \"Un flyer\"\nreseau = true");
    project.build().success();
    let street = "3 allée du Parc";
    for url in ["/supports/flyer/2027-03-17/", "/kit/", "/kit/bloc/", "/s/2027-03-17/flyer/"] {
        assert!(words(&project.page(url)).contains(street), "{url}");
    }
    for file in ["/kit/fragment.txt", "/atom.xml"] {
        assert!(project.page(file).contains(street), "{file}");
    }
    let kit: serde_json::Value = serde_json::from_str(&project.page("/kit/kit.json")).expect("JSON");
    let texts = kit["textes"].as_array().expect("texts");
    let long = |subject: &serde_json::Value| {
        let of = texts.iter().find(|text| text["seance"] == *subject && text["longueur"] == "long");
        of.expect("a long text")["texte"].as_str().expect("a text").to_owned()
    };
    assert!(long(&"2027-03-17".into()).contains(street));
    let season = long(&serde_json::Value::Null);
    assert!(season.contains("1 rue de l’Essai") && season.contains("Les bébés sont les bienvenus."), "{season}");
    assert!(words(&project.page("/supports/flyer/2027-03-17/")).contains("Les bébés sont les bienvenus."));
}

#[test]
fn a_page_says_what_each_group_says_of_children_and_of_its_door() {
    let project = Project::new();
    let charter = "Ce qui se dit ici reste ici.";
    project.edit("content/charte.md", charter, &format!("{charter}\n\n{{enfants}}\n\n{{acces}}\n")).build().success();
    let text = words(&project.page("/charte/"));
    assert!(text.contains("Les bébés sont les bienvenus."), "{text}");
    assert!(text.contains("1 rue de l’Essai") && text.contains("à compléter"), "nobody said it: {text}");
    project.edit(VENUE, "porte =", "plain_pied = false\nporte =").build().success();
    let text = words(&project.page("/charte/"));
    assert!(text.contains("Il y a des marches.") && !text.contains("à compléter"), "{text}");
}

#[test]
fn programs_are_told_the_way_in_their_own_words() {
    let project = in_the_park();
    project.build().success();
    let calendar = project.page("/seances/2027-03-17.ics");
    assert!(calendar.contains("LOCATION:Salle du parc\\, 3 allée du Parc\\, 31700 Blagnac\r\n"), "{calendar}");
    assert!(calendar.contains("GEO:43.6345;1.3931\r\n"), "{calendar}");
    let data = linked_data(&project.page("/seances/2027-03-17/"));
    let place = &data[0]["location"];
    let expected = serde_json::json!({
        "@type": "Place",
        "name": "Salle du parc",
        "address": {
            "@type": "PostalAddress", "addressCountry": "FR", "streetAddress": "3 allée du Parc",
            "postalCode": "31700", "addressLocality": "Blagnac",
        },
        "geo": { "@type": "GeoCoordinates", "latitude": 43.6345, "longitude": 1.3931 },
        "hasMap": "https://www.openstreetmap.org/?mlat=43.6345&mlon=1.3931#map=18/43.6345/1.3931",
        "amenityFeature": { "@type": "LocationFeatureSpecification", "name": "Wheelchair accessible", "value": true },
    });
    assert_eq!(*place, expected);
}
