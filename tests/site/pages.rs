//! What holds of every page of the real site.

use std::collections::BTreeSet;

use harness::{
    Project,
    html::{addresses, elements, ids, words},
};

/// Addresses that the form-handler answers itself.
const HANDLER: &[&str] = &["/inscription", "/inscription/retrouver/", "/equipe/", "/sante", "/api/seances"];

fn real() -> Project {
    Project::published_real()
}

#[test]
fn every_internal_link_leads_to_a_file() {
    let project = real();
    let tree: BTreeSet<_> = project.tree().into_iter().collect();
    let mut broken = Vec::new();
    for url in project.pages() {
        let page = project.page(&url);
        for address in addresses(&page).into_iter().filter(|address| address.starts_with(['/', '#'])) {
            let (path, anchor) =
                address.split_once('#').map_or((address.as_str(), ""), |(path, anchor)| (path, anchor));
            let path = path.split('?').next().unwrap_or_default();
            let path = if path.is_empty() { url.as_str() } else { path };
            let file = path.trim_start_matches('/');
            let file =
                if file.is_empty() || file.ends_with('/') { format!("{file}index.html") } else { file.to_owned() };
            if !tree.contains(&file) {
                if !HANDLER.contains(&path) {
                    broken.push(format!("{url} -> {address}"));
                }
            } else if !anchor.is_empty() && !ids(&project.page(path)).contains(anchor) {
                broken.push(format!("{url} -> {address}: no such part"));
            }
        }
    }
    broken.sort();
    broken.dedup();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_page_has_an_inline_style_or_script() {
    let project = real();
    let mut inline = BTreeSet::new();
    for url in project.pages() {
        for element in elements(&project.page(&url)) {
            let data = element.get("type") == Some("application/ld+json");
            if element.name == "style" || (element.name == "script" && !data && element.get("src").is_none()) {
                inline.insert(format!("{url}: <{}>", element.name));
            }
            let forbidden = element.attributes.keys().filter(|name| *name == "style" || name.starts_with("on"));
            inline.extend(forbidden.map(|name| format!("{url}: <{} {name}=…>", element.name)));
            if element.get("href").is_some_and(|address| address.trim().to_lowercase().starts_with("javascript:")) {
                inline.insert(format!("{url}: javascript: link"));
            }
        }
    }
    assert!(inline.is_empty(), "{inline:#?}");
}

#[test]
fn no_page_loads_anything_from_elsewhere() {
    let project = real();
    let mut foreign = BTreeSet::new();
    for url in project.pages() {
        for element in elements(&project.page(&url)) {
            let loads = match element.name.as_str() {
                "a" | "form" => false,
                "link" => !["canonical", "alternate"].iter().any(|rel| element.get("rel") == Some(rel)),
                _ => true,
            };
            let named = ["src", "href", "srcset", "data", "poster"].iter().filter_map(|name| element.get(name));
            let outside = named.filter(|address| address.contains("//"));
            foreign.extend(outside.filter(|_| loads).map(|address| format!("{url}: {address}")));
        }
    }
    for (path, bytes) in project.published().iter().filter(|(path, _)| path.ends_with(".css") || path.ends_with(".js"))
    {
        let text = String::from_utf8_lossy(bytes);
        if text.contains("://") || text.contains("url(//") || text.contains("@import") {
            foreign.insert(path.clone());
        }
    }
    assert!(foreign.is_empty(), "{foreign:#?}");
}

#[test]
fn every_page_has_one_title_one_heading_and_a_language() {
    let project = real();
    for url in project.pages() {
        let elements = elements(&project.page(&url));
        let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
        let visible = |name: &str| {
            elements
                .iter()
                .filter(|element| element.name == name)
                .filter(|element| element.get("aria-hidden").is_none())
                .count()
        };
        let titles: Vec<_> = elements.iter().filter(|element| element.name == "title").collect();
        assert!(titles.first().is_some_and(|title| !title.text.trim().is_empty()), "{url} has no title");
        // The sheet with two flyers repeats its heading, hidden from assistive technology with its
        // whole half.
        let halves = elements
            .iter()
            .filter(|element| element.has_class("piece") && element.get("aria-hidden").is_some())
            .count();
        assert_eq!(visible("h1") - halves, 1, "{url}: headings of level 1");
        assert_eq!(count("main"), 1, "{url}: main");
        let html = elements.iter().find(|element| element.name == "html").expect("an html element");
        assert_eq!(html.get("lang"), Some("fr"), "{url}");
    }
}

#[test]
fn an_example_date_is_said_wherever_it_is_shown() {
    let project = real();
    for url in ["/", "/seances/", "/seances/2027-03-17/", "/supports/flyer-a5/2027-03-17/", "/supports/programme/"] {
        let page = words(&project.page(url)).to_lowercase();
        assert!(page.contains("exemple") && page.contains("non confirmée"), "{url}");
    }
    let page = project.page("/seances/2023-11-22/");
    let past = words(page.split("Les autres dates").next().unwrap_or_default());
    assert!(!past.to_lowercase().contains("exemple"), "what was is no example: {past}");
}

#[test]
fn an_example_is_said_once_a_page_and_not_on_each_date() {
    let project = real();
    for url in ["/", "/seances/", "/inscription/", "/seances/2027-03-17/", "/groupes/parents-solos/"] {
        let page = words(&project.page(url)).to_lowercase();
        assert_eq!(page.matches("non confirmée").count(), 1, "{url}");
    }
}

#[test]
fn tabs_and_histories_name_no_group_and_no_topic() {
    let project = Project::real();
    let session = "content/seances/2027/2027-03-17.md";
    project.edit(session, "exemple = true", "exemple = true\ntitre = \"Après la séparation\"");
    project.build().success();
    let group = project.read("content/groupes/parents-solos.toml");
    let group = group.lines().find_map(|line| line.strip_prefix("nom = ")).expect("a name").trim_matches('"');
    for url in project.pages().into_iter().filter(|url| !url.starts_with("/supports/")) {
        let elements = elements(&project.page(&url));
        let title = &elements.iter().find(|element| element.name == "title").expect("a title").text;
        assert!(!title.contains(group) && !title.contains("séparation"), "{url}: {title}");
    }
    assert!(words(&project.page("/seances/2027-03-17/")).contains("Après la séparation"));
    assert!(words(&project.page("/groupes/parents-solos/")).contains(group));
}

#[test]
fn a_session_says_its_date_once_and_who_welcomes() {
    let project = real();
    let page = project.page("/seances/2027-03-17/");
    let main = page.split("<main").nth(1).and_then(|rest| rest.split("Les autres dates").next()).expect("the page");
    let main = words(main);
    assert_eq!(main.matches("17 mars").count(), 1, "{main}");
    assert!(main.contains("L’équipe de l’Espace Famille") || main.contains("l’équipe de l’Espace Famille"), "{main}");
}

#[test]
fn help_numbers_can_be_tapped_and_their_sources_stand_at_the_foot() {
    let project = real();
    let page = project.page("/aide/");
    let tapped: BTreeSet<_> = addresses(&page).into_iter().collect();
    for number in ["17", "112", "119", "3919", "116006", "3018", "3114"] {
        assert!(tapped.contains(&format!("tel:{number}")), "{number}: {tapped:?}");
    }
    // Nobody answers there: one writes.
    assert!(tapped.contains("sms:114") && !tapped.contains("tel:114"), "{tapped:?}");
    let (before, sources) = page.split_once("id=\"sources\"").expect("sources");
    assert!(before.contains("Parler avec nous") && !before.contains("vérifié le"), "sources come last");
    assert_eq!(sources.matches("vérifié le").count(), page.matches("<h3>").count(), "a source for each");
    for url in project.pages().into_iter().filter(|url| !url.starts_with("/supports/") && !url.starts_with("/s/")) {
        let page = project.page(&url);
        let Some(foot) = page.split("<footer").nth(1) else { continue };
        for number in ["tel:17", "tel:112", "sms:114", "tel:119", "tel:3919", "tel:116006", "tel:3114"] {
            assert!(foot.contains(&format!("\"{number}\"")), "{url}: {number}");
        }
    }
}

#[test]
fn the_site_map_goes_from_what_people_look_for_to_the_small_print() {
    let page = real().page("/plan-du-site/");
    let list = page.split("Les pages</h2>").nth(1).and_then(|rest| rest.split("</ul>").next()).expect("the list");
    let urls = addresses(list);
    let at = |url: &str| urls.iter().position(|found| found == url).unwrap_or_else(|| panic!("{url} in {urls:?}"));
    let order = ["/", "/inscription/", "/pour-qui/", "/une-soiree/", "/seances/", "/questions/", "/aide/", "/charte/"];
    for pair in order.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{pair:?} in {urls:?}");
    }
    assert!(at("/charte/") < at("/mentions-legales/"), "{urls:?}");
}

#[test]
fn past_sessions_go_to_the_archive_of_their_year() {
    let project = real();
    let (list, archive) = (words(&project.page("/seances/")), words(&project.page("/seances/2023/")));
    for day in ["15 mars", "24 mai", "28 juin", "20 septembre", "22 novembre"] {
        assert!(archive.contains(day), "the archive lacks {day}");
    }
    assert!(list.contains("17 mars 2027") && !list.contains("15 mars 2023"), "{list}");
    assert!(project.page("/seances/").contains("href=\"/seances/2023/\""), "the list leads to the archive");

    project.at("2028-01-10T10:00:00+01:00").build().success();
    assert!(words(&project.page("/seances/2027/")).contains("17 mars 2027"));
    assert!(!words(&project.page("/seances/")).contains("17 mars 2027"));
}

#[test]
fn canonical_addresses_and_open_graph_agree() {
    let project = real();
    for url in ["/", "/charte/", "/seances/2027-03-17/", "/seances/2023/", "/groupes/parents-solos/"] {
        let elements = elements(&project.page(url));
        let canonical = elements.iter().find(|e| e.get("rel") == Some("canonical")).and_then(|e| e.get("href"));
        let shared = elements.iter().find(|e| e.get("property") == Some("og:url")).and_then(|e| e.get("content"));
        assert_eq!(canonical, Some(format!("http://127.0.0.1:8080{url}").as_str()));
        assert_eq!(canonical, shared, "{url}");
    }
}

#[test]
fn what_nobody_told_never_reaches_paper() {
    let project = real();
    let supports: Vec<_> = project
        .pages()
        .into_iter()
        .filter(|url| url.starts_with("/supports/") && url.matches('/').count() > 2)
        .collect();
    assert!(supports.len() > 10, "{supports:?}");
    for url in supports {
        let page = words(&project.page(&url)).to_lowercase();
        assert!(!page.contains("à compléter"), "{url}");
    }
}

#[test]
fn the_form_asks_for_what_the_contract_names() {
    let project = real();
    let elements = elements(&project.page("/inscription/"));
    let named = |name: &str| elements.iter().filter(|element| element.get("name") == Some(name)).collect::<Vec<_>>();
    for field in [
        "seance",
        "prenom",
        "courriel",
        "telephone",
        "contact_prudent",
        "conditions",
        "autre_parent",
        "theme",
        "connu_par",
        "appareil_partage",
        "envoi",
        "ne_pas_remplir",
    ] {
        assert!(!named(field).is_empty(), "no field {field}");
    }
    for word in ["pas_de_message_vocal", "pas_d_appel", "pas_de_courriel", "soir", "journee"] {
        assert!(named("contact_prudent").iter().any(|element| element.get("value") == Some(word)), "no {word}");
    }
    let form =
        elements.iter().find(|e| e.name == "form" && e.get("method").is_some_and(|m| m.eq_ignore_ascii_case("post")));
    assert_eq!(form.and_then(|form| form.get("action")), Some("/inscription"));
}
