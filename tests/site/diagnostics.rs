//! One mistake, one message: where it is, what is wrong, what to write instead.

use harness::Project;
use insta::assert_snapshot;

const SESSION: &str = "content/seances/2027/2027-03-17.md";
const GROUP: &str = "content/groupes/parents-solos.toml";
const VENUE: &str = "content/lieux/espace-famille.toml";
const CHARTER: &str = "content/charte.md";
const SITE: &str = "content/site.toml";
const FLYER: &str = "content/supports/flyer.toml";

/// What `check` says of the small valid root after `change`; there must be an error.
fn errors(change: impl FnOnce(&Project)) -> String {
    let project = Project::new();
    change(&project);
    project.check().fails(1).stderr().to_owned()
}

/// What `check` says when nothing keeps the site from being built.
fn warnings(change: impl FnOnce(&Project)) -> String {
    let project = Project::new();
    change(&project);
    project.check().success().stderr().to_owned()
}

/// A page of the root with this text.
fn text(text: &str) -> impl FnOnce(&Project) {
    let page = format!("+++\ntitre = \"Essai\"\ndescription = \"Essai.\"\n+++\n\n{text}\n");
    move |project| {
        project.file("content/pages/essai.md", page);
    }
}

/// A session with this line under its date.
fn session(line: &str) -> impl FnOnce(&Project) {
    let header = format!("date = 2027-03-17\n{line}");
    move |project| {
        project.edit(SESSION, "date = 2027-03-17", &header);
    }
}

macro_rules! told {
    ($($name:ident: $told:expr;)*) => {
        $(#[test]
        fn $name() {
            assert_snapshot!(stringify!($name), $told);
        })*
    };
}

told! {
    // Style sheets and pictures
    a_style_sheet_that_is_not_understood: errors(|p| { p.file("templates/assets/_encart.css", "a { top: 0 }\n\n  b { top 0 }\n").file("templates/assets/site.css", "@import '_encart.css';"); });
    an_import_of_no_sheet: errors(|p| { p.file("templates/assets/site.css", "@import 'theme/encart.css';\n"); });
    sheets_that_import_each_other: errors(|p| { p.file("templates/assets/_a.css", "@import 'site.css';").file("templates/assets/site.css", "@import '_a.css';\n"); });
    a_sheet_that_shows_no_file: errors(|p| { p.file("templates/assets/site.css", "/* l’été */ a { background: url(fonds/mer.svg) }\n"); });
    a_picture_that_is_none: errors(|p| { p.file("content/medias/logo.png", "<svg/>"); });
    a_picture_that_is_cut_short: errors(|p| { let png = crate::assets::png(40, 30); p.file("content/medias/logo.png", &png[..png.len() - 30]); });
    a_picture_too_large: errors(|p| { let mut png = crate::assets::png(40, 30); png[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]); p.file("content/medias/logo.png", &png); });
    // Files
    a_file_outside_the_known_folders: errors(|p| { p.file("content/seance/2027-09-22.md", "+++\ndate = 2027-09-22\n+++\n"); });
    a_file_of_another_kind: errors(|p| { p.file("content/notes.txt", "rien"); });
    a_file_name_that_is_no_id: errors(|p| { p.file("content/partenaires/Le Figo.md", "+++\nnom = \"Figo\"\nrole = \"aide\"\n+++\n"); });
    a_page_at_a_reserved_address: errors(|p| { p.file("content/pages/kit.md", "+++\ntitre = \"Kit\"\ndescription = \"Kit.\"\n+++\n"); });
    an_id_taken_twice: errors(|p| { p.file("content/seances/2028/2027-03-17.md", "+++\ndate = 2027-09-22\n+++\n"); });
    a_page_taken_twice: errors(|p| { p.file("content/pages/autre/aide.md", "+++\ntitre = \"Aide\"\ndescription = \"Aide.\"\n+++\n"); });
    a_site_without_settings: errors(|p| { p.remove(SITE); });
    a_site_without_its_legal_notice: errors(|p| { p.remove("content/pages/mentions-legales.md"); });
    a_site_without_a_group: errors(|p| { p.remove(GROUP); });
    a_file_that_is_not_utf8: errors(|p| { p.file(CHARTER, b"+++\ntitre = \"La charte\"\ndescription = \"R\xe9sum\xe9\"\n+++\n"); });

    a_sign_that_nobody_sees: errors(text("Un café\u{b}chaud."));
    a_sign_that_is_named: errors(text("Un café&#11;chaud."));
    a_sign_that_nobody_sees_in_a_header: errors(|p| { p.edit(CHARTER, "titre = \"La charte\"", "titre = \"La\u{1} charte\""); });
    a_sign_that_is_escaped_in_a_header: errors(|p| { p.edit(GROUP, "nom = \"Parents solos\"", "nom = \"Parents solos\\u0001\""); });
    a_sign_that_nobody_sees_in_a_template: errors(|p| { p.edit("templates/base.html", "<body", "\u{8}<body"); });
    a_sign_that_a_message_names: errors(|p| { p.file("locales/fr/mien.ftl", "etat-complete = Complet{\"\\u0007\"}\n"); });

    // Headers and TOML
    no_header: errors(|p| { p.file(CHARTER, "La charte\n"); });
    an_open_header: errors(|p| { p.file(CHARTER, "+++\ntitre = \"La charte\"\n\nUn texte.\n"); });
    bad_toml: errors(|p| { p.edit(SITE, "nom = \"Entreparent'aise\"", "nom = \"Entreparent'aise"); });
    a_text_without_quotes: errors(|p| { p.edit(VENUE, "nom = \"Salle d'animation\"", "nom = Salle d'animation"); });
    a_key_written_twice: errors(session("theme = \"Un autre\""));
    a_mistyped_key: errors(session("lieux = \"parc\""));
    an_unknown_key: errors(session("couleur = \"bleu\""));
    a_missing_key: errors(|p| { p.edit(GROUP, "public = \"Papas et mamans solos de Blagnac\"\n", ""); });
    a_missing_table: errors(|p| { p.edit(SITE, "[conservation]\ninscriptions_jours = 90\n", ""); });
    a_text_where_a_number_goes: errors(session("places_max = \"douze\""));
    a_number_out_of_range: errors(session("places_max = 0"));
    a_number_where_a_text_goes: errors(session("titre = 12"));
    a_text_where_true_or_false_goes: errors(session("exemple = \"oui\""));
    an_empty_text: errors(session("theme = \" \""));
    an_empty_list: errors(|p| { p.edit(GROUP, "[\"Vous habitez Blagnac.\", \"Vous êtes parent solo.\"]", "[]"); });
    a_mistyped_word: errors(session("etat = \"anulee\""));
    an_unknown_word: errors(session("etat = \"peut-être\""));
    an_unknown_weekday: errors(|p| { p.edit(GROUP, "\"mercredi\"", "\"mercredis\""); });
    a_bad_address: errors(|p| { p.edit(SITE, "https://essai.example", "essai.example/accueil"); });
    a_bad_time_zone: errors(|p| { p.edit(SITE, "organisateur", "fuseau = \"Europe/Blagnac\"\norganisateur"); });
    a_bad_language: errors(|p| { p.edit(SITE, "organisateur", "langues = [\"français\"]\norganisateur"); });
    a_page_without_a_title: errors(|p| { p.edit(CHARTER, "titre = \"La charte\"\n", ""); });

    // Venues
    a_venue_that_does_not_exist: errors(session("lieu = \"parcs\""));
    a_venue_that_nobody_wrote: errors(session("lieu = \"mediatheque\""));
    a_room_written_in_full_as_content_did_before: errors(|p| { p.edit(GROUP, "lieu = \"espace-famille\"", "lieu = \"Le \\\"Petit\\\" Théâtre, rue d'Été\""); });
    a_venue_named_as_people_call_it: errors(session("lieu = \"SALLE DU PARC\""));
    a_venue_with_errors_of_its_own_is_told_once: errors(|p| { p.edit(VENUE, "adresse = \"1 rue de l'Essai\"\n", ""); });
    a_mistyped_key_of_a_venue: errors(|p| { p.edit(VENUE, "porte =", "portes ="); });
    a_room_smaller_than_what_its_group_promises: errors(|p| { p.edit(VENUE, "porte =", "capacite = 8\nporte ="); });
    a_room_smaller_than_what_a_session_promises: errors(session("places_min = 3\nplaces_max = 50\nlieu = \"parc\""));
    a_session_moved_to_a_smaller_room: errors(|p| { p.edit("content/lieux/parc.toml", "capacite = 40", "capacite = 10"); session("lieu = \"parc\"")(p); });
    a_latitude_without_a_longitude: errors(|p| { p.edit("content/lieux/parc.toml", "longitude = 1.3931\n", ""); });
    a_latitude_beyond_the_pole: errors(|p| { p.edit("content/lieux/parc.toml", "latitude = 43.6345", "latitude = 436.345"); });
    a_venue_shown_by_no_picture: errors(|p| { p.edit(VENUE, "porte =", "image = \"/medias/porte.jpg\"\nporte ="); });
    a_group_that_says_nothing_of_children: warnings(|p| { p.edit(GROUP, "enfants = \"Les bébés sont les bienvenus.\"\n", ""); });
    a_venue_whose_street_nobody_told: warnings(|p| { p.edit(VENUE, "\"1 rue de l'Essai\"", "\"à compléter\""); });

    // Dates and times
    a_date_typed_the_french_way: errors(|p| { p.edit(SESSION, "date = 2027-03-17", "date = \"17/03/2027\""); });
    a_date_without_quotes_the_french_way: errors(|p| { p.edit(SESSION, "date = 2027-03-17", "date = 17/03/2027"); });
    a_date_in_words: errors(|p| { p.edit(SESSION, "date = 2027-03-17", "date = \"mercredi 17 mars 2027\""); });
    a_date_that_does_not_exist: errors(|p| { p.edit(SESSION, "date = 2027-03-17", "date = 2027-02-30"); });
    a_date_that_is_no_date: errors(|p| { p.edit(SESSION, "date = 2027-03-17", "date = \"bientôt\""); });
    a_year_with_a_slip: errors(|p| { p.edit(SESSION, "date = 2027-03-17", "date = 3027-03-17"); });
    a_time_typed_the_french_way: errors(session("debut = \"18h30\""));
    a_time_without_quotes_the_french_way: errors(session("debut = 18h30"));
    a_moment_typed_the_french_way: errors(session("inscription_ferme = \"16/03/2027 à 12h\""));
    another_weekday_than_the_groups: warnings(|p| { p.edit(SESSION, "date = 2027-03-17", "date = 2027-03-18"); });
    an_end_before_the_start: errors(session("fin = 17:00"));
    an_end_before_the_start_in_a_group: errors(|p| { p.edit(GROUP, "fin = 20:00", "fin = 08:00"); });
    a_time_that_the_zone_skips: errors(|p| { p.edit(SESSION, "date = 2027-03-17", "date = 2027-03-28\ndebut = 02:30\nfin = 04:00"); });
    a_time_that_the_zone_repeats: errors(|p| { p.edit(SESSION, "date = 2027-03-17", "date = 2027-10-31\ndebut = 02:30\nfin = 04:00"); });
    a_closing_before_the_opening: errors(session("inscription_ouvre = 2027-03-10T12:00:00\ninscription_ferme = 2027-03-01T12:00:00"));
    a_closing_after_the_end: errors(session("inscription_ferme = 2027-03-18T12:00:00"));

    // Sessions, groups, supports
    a_minimum_above_the_maximum: errors(session("places_min = 13"));
    a_minimum_above_the_maximum_in_a_group: errors(|p| { p.edit(GROUP, "places_min = 3", "places_min = 30"); });
    a_mistyped_group: errors(session("groupe = \"parent-solos\""));
    an_unknown_group: errors(session("groupe = \"grands-parents\""));
    no_group_among_several: errors(|p| { let group = p.read(GROUP); p.file("content/groupes/grands-parents.toml", group); });
    a_support_for_an_unknown_group: errors(|p| { p.edit(FLYER, "groupe = \"parents-solos\"", "groupe = \"parent-solo\""); });
    a_support_without_its_template: errors(|p| { p.edit(FLYER, "format", "modele = \"flyer-a6\"\nformat"); });
    a_mistyped_printer: errors(|p| { p.edit(SITE, "theme = true", "theme = true\n\n[[imprimeurs]]\nid = \"onlineprinters\"\nmention = \"Impression\""); p.edit(FLYER, "\"Imprimé par nos soins\"", "\"onlineprinter\""); });
    a_bleed_that_no_printer_asks_for: errors(|p| { p.edit(SITE, "theme = true", "theme = true\n\n[[imprimeurs]]\nid = \"a\"\nmention = \"b\"\nfond_perdu_mm = 30"); });
    a_support_without_its_printers_line: errors(|p| { p.edit(FLYER, "imprimeur = \"Imprimé par nos soins\"", ""); });
    a_support_whose_printer_is_unknown_yet: warnings(|p| { p.edit(FLYER, "\"Imprimé par nos soins\"", "\"à compléter\""); });
    a_support_for_an_unknown_session: errors(|p| { p.edit(FLYER, "portee", "seances = [\"2027-03-18\"]\nportee"); });
    a_support_for_a_past_session: warnings(|p| { p.edit(FLYER, "portee", "seances = [\"2023-11-22\"]\nportee"); });
    a_support_for_a_cancelled_session: warnings(|p| { p.edit(FLYER, "portee", "seances = [\"2027-03-17\"]\nportee"); p.edit(SESSION, "date = 2027-03-17", "date = 2027-03-17\netat = \"annulee\""); });
    a_support_for_a_season_without_dates: warnings(|p| { p.edit(FLYER, "\"seance\"", "\"saison\""); p.at("2028-01-01T00:00:00Z"); });
    a_hook_line_that_may_not_fit: warnings(|p| { p.edit(FLYER, "On en parle ensemble.", &"On en parle ensemble. ".repeat(7)); });
    a_hook_line_that_the_calendar_denies: warnings(|p| { p.edit(FLYER, "On en parle ensemble.", "On en parle le mardi 17 mars 2027."); });
    a_code_too_small_to_be_read: warnings(|p| { p.edit(FLYER, "portee", "distance = 0.1\nportee"); });
    a_code_too_large_for_its_sheet: warnings(|p| { p.edit(FLYER, "portee", "distance = 1.0\nportee"); });
    a_reading_distance_out_of_reach: errors(|p| { p.edit(FLYER, "portee", "distance = 40\nportee"); });
    a_group_with_the_id_of_a_session: errors(|p| { let group = p.read(GROUP); p.file("content/groupes/2027-03-17.toml", group); });
    a_printed_address_that_leads_nowhere: errors(|p| { p.file("content/adresses.toml", "[adresses]\n\"2026-05-06\" = \"2026-05-13\"\n"); });
    a_printed_address_that_is_no_id: errors(|p| { p.file("content/adresses.toml", "[adresses]\n\"Mai 2026\" = \"/seances/\"\n"); });
    a_printed_address_of_a_living_session: errors(|p| { p.file("content/adresses.toml", "[adresses]\n\"2027-03-17\" = \"/seances/\"\n"); });
    an_address_of_this_machine: warnings(|p| { p.edit(SITE, "https://essai.example", "http://127.0.0.1:8080"); });
    an_example_date: warnings(session("exemple = true"));
    a_support_without_a_telephone: warnings(|p| { p.edit(SITE, "05 61 00 00 00", "à compléter"); });

    // Texts
    a_missing_fact: warnings(text("Le café est à compléter."));
    a_title_of_level_1: errors(text("# Un titre"));
    a_level_of_title_skipped: errors(text("### Un titre"));
    raw_html: errors(text("Un <b>mot</b>."));
    a_mistyped_component: errors(text("{prochaine}"));
    an_unknown_component: errors(text("{carrousel}"));
    an_empty_component: errors(text("{etapes}"));
    a_component_that_is_nowhere: warnings(|p| { p.file("content/pages/essai.md", "+++\ntitre = \"Essai\"\ndescription = \"Essai.\"\n[[etapes]]\ndebut = 18:00\ntitre = \"Accueil\"\ntexte = \"On arrive.\"\n+++\n"); });
    a_bar_outside_its_axis: errors(|p| { p.file("content/pages/essai.md", "+++\ntitre = \"Essai\"\ndescription = \"Essai.\"\n[[graphiques]]\ntitre = \"Parts\"\n[[graphiques.barres]]\nlibelle = \"Solos\"\nvaleur = 120\n+++\n\n{graphiques}\n"); });
    a_missing_image: errors(text("![Une table](/medias/table.jpg)"));
    an_image_of_another_site: errors(text("![Une table](https://ailleurs.example/table.jpg)"));
    an_image_without_words: errors(|p| { p.file("content/medias/table.svg", "<svg/>"); text("![](/medias/table.svg)")(p); });
    a_logo_without_words: errors(|p| { p.file("content/medias/m.svg", "<svg/>").edit("content/partenaires/medialudo.md", "role", "logo = \"/medias/m.svg\"\nrole"); });
    a_broken_link: errors(text("[La charte](/chartes/)"));
    a_link_without_its_final_bar: errors(text("[La charte](/charte)"));
    a_broken_link_like_no_other: errors(text("[Le forum](/forum/des/parents/)"));
    a_relative_link: errors(text("[La charte](../charte.md)"));
    a_broken_anchor: errors(text("[L'écoute](/charte/#ecoutes)"));
    an_unknown_partner: errors(text("[Le médialudo](/partenaires/#medialudos)"));
    a_page_in_an_unforeseen_language: errors(|p| { p.file("content/pages/aide.en.md", "+++\ntitre = \"Help\"\ndescription = \"Help.\"\n+++\n"); });
    a_translation_of_nothing: errors(|p| { p.edit(SITE, "organisateur", "langues = [\"fr\", \"en\"]\norganisateur").file("content/pages/help.en.md", "+++\ntitre = \"Help\"\ndescription = \"Help.\"\n+++\n"); });
    a_fact_gone_stale: warnings(resource("2025-12-01"));
    a_fact_checked_tomorrow: warnings(resource("2027-02-01"));
    a_fact_without_its_source: errors(|p| { resource("2026-12-01")(p); p.edit("content/pages/essai.md", "source = \"119.gouv.fr\"\n", ""); });

    // Templates and interface texts
    a_broken_template: errors(|p| { p.edit("templates/page.html", "{% extends \"base.html\" %}", "{% extends \"base.html\" %}\n{% if page.title %"); });
    a_name_that_templates_do_not_have: errors(|p| { p.file("templates/page.html", "<p>\n{{ page.titre }}\n</p>\n"); });
    a_template_without_its_parent: errors(|p| { p.file("templates/page.html", "{% extends \"cadre.html\" %}\n"); });
    a_missing_template: errors(|p| { p.remove("templates/seance.html"); });
    a_template_that_is_not_utf8: errors(|p| { p.file("templates/page.html", b"\xe9"); });
    a_bad_message: errors(|p| { p.file("locales/fr/mien.ftl", "etat-complete = Complet\nceci n'est rien\n"); });
}

/// A page with one help line, checked on `date`.
fn resource(date: &str) -> impl FnOnce(&Project) {
    let page = format!(
        "+++\ntitre = \"Essai\"\ndescription = \"Essai.\"\n[[ressources]]\nnom = \"119\"\nnumero = \"119\"\n\
         pour = \"Un enfant en danger\"\nsource = \"119.gouv.fr\"\nverifie_le = {date}\n+++\n\n## Qui appeler\n\n{{ressources}}\n"
    );
    move |project| {
        project.file("content/pages/essai.md", page);
    }
}

#[test]
fn a_decorative_image_needs_no_words() {
    let told = warnings(|p| {
        p.file("content/medias/trait.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
        text("![](/medias/trait.svg \"decoratif\")")(p);
    });
    assert_eq!(told, "");
}
