//! What people type, well and badly: what is read, what is asked again, what is kept.

use std::sync::LazyLock;

use super::*;

/// A form that is right in every field.
fn form() -> Vec<(&'static str, String)> {
    [
        ("seance", "2027-03-17"),
        ("prenom", "Marie"),
        ("courriel", "marie@exemple.fr"),
        ("telephone", "06 12 34 56 78"),
        ("contact_prudent", "soir"),
        ("conditions", "oui"),
        ("places", "1"),
        ("autre_parent", "non"),
        ("autre_parent_prenom", ""),
        ("theme", ""),
        ("connu_par", "affiche-a4"),
        ("appareil_partage", ""),
        ("langue", "fr"),
        ("envoi", "abc_DEF-123"),
        ("ne_pas_remplir", ""),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// The right form, with these fields replaced (or, when `None`, absent).
fn with(changes: &[(&'static str, Option<&str>)]) -> Vec<(&'static str, String)> {
    let mut pairs = form();
    for (name, value) in changes {
        pairs.retain(|(field, _)| field != name);
        pairs.extend(value.map(|value| (*name, value.to_owned())));
    }
    pairs
}

static LANGUAGES: LazyLock<[String; 2]> = LazyLock::new(|| ["fr", "en"].map(str::to_owned));

fn rules() -> Rules<'static> {
    Rules { languages: &*LANGUAGES, most_places: 2 }
}

fn errors(pairs: Vec<(&'static str, String)>) -> Vec<(&'static str, &'static str)> {
    let errors = read(&Values::of(pairs), &rules()).err().unwrap_or_default();
    errors.iter().map(|error| (error.field, error.phrase.id)).collect()
}

#[track_caller]
fn check(changes: &[(&'static str, Option<&str>)], expect: &[(&'static str, &'static str)]) {
    assert_eq!(errors(with(changes)), expect, "{changes:?}");
}

#[test]
fn a_right_form_is_a_demand() {
    let demand = read(&Values::of(form()), &rules()).unwrap();
    assert_eq!(demand.session, "2027-03-17");
    assert_eq!(demand.phone.as_ref().map(Phone::as_str), Some("+33612345678"));
    assert_eq!(demand.cautions.names(), ["soir"]);
    assert_eq!((demand.places, demand.other_parent, demand.shared_device), (1, false, false));
    assert_eq!(demand.submission.as_deref(), Some("abc_DEF-123"));
    assert_eq!((demand.topic, demand.other_parent_first_name), (None, None));
}

#[test]
fn the_least_form_is_a_demand() {
    let pairs = [("seance", "a"), ("prenom", "M"), ("courriel", "m@exemple.fr"), ("conditions", "oui")];
    let demand = read(&Values::of(pairs), &rules()).unwrap();
    assert_eq!((demand.places, demand.lang.as_str(), demand.submission), (1, "fr", None));
}

#[test]
fn each_required_field_absent_or_empty_is_told() {
    for value in [None, Some(""), Some("  \t"), Some("\u{200B}")] {
        check(&[("seance", value)], &[("seance", "champ-seance-absent")]);
        check(&[("prenom", value)], &[("prenom", "champ-prenom-absent")]);
        check(
            &[("courriel", value), ("telephone", value)],
            &[("courriel", "champ-contact-absent"), ("telephone", "champ-contact-absent")],
        );
        check(&[("courriel", value)], &[]);
        check(&[("telephone", value)], &[]);
    }
    for value in [None, Some(""), Some("non"), Some("OUI"), Some("1")] {
        check(&[("conditions", value)], &[("conditions", "champ-conditions-absent")]);
    }
    for field in
        ["contact_prudent", "places", "autre_parent", "theme", "connu_par", "appareil_partage", "langue", "envoi"]
    {
        check(&[(field, None)], &[]);
        check(&[(field, Some(""))], &[]);
    }
}

#[test]
fn all_errors_are_told_at_once_in_the_order_of_the_form() {
    let pairs = [("places", "9"), ("prenom", ""), ("courriel", "marie"), ("ne_pas_remplir", "x"), ("inconnu", "y")];
    let values = Values::of(pairs);
    let errors = read(&values, &rules()).unwrap_err();
    let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
    assert_eq!(fields, ["seance", "prenom", "courriel", "conditions", "places", "ne_pas_remplir"]);
    assert_eq!(values.first("courriel"), "marie");
    assert_eq!(values.first("inconnu"), "");
}

#[test]
fn lengths_are_counted_in_characters() {
    let name = "é".repeat(80);
    check(&[("prenom", Some(&format!("  {name} ")))], &[]);
    check(&[("prenom", Some(&"e\u{301}".repeat(80)))], &[]);
    check(&[("prenom", Some(&format!("{name}a")))], &[("prenom", "champ-trop-long")]);
    check(&[("theme", Some(&"a\r\n".repeat(250)))], &[]);
    check(&[("theme", Some(&"👩".repeat(501)))], &[("theme", "champ-trop-long")]);
    check(&[("envoi", Some(&"a".repeat(64)))], &[]);
    check(&[("envoi", Some(&"a".repeat(65)))], &[("envoi", "champ-envoi-invalide")]);
    check(&[("connu_par", Some(&"a".repeat(65)))], &[("connu_par", "champ-connu-par-inconnu")]);
    check(
        &[("autre_parent", Some("oui")), ("autre_parent_prenom", Some(&"a".repeat(81)))],
        &[("autre_parent_prenom", "champ-trop-long")],
    );
}

#[test]
fn a_repeated_field_is_told_unless_it_may_repeat() {
    for field in
        FIELDS.iter().filter(|field| !matches!(**field, "contact_prudent" | "ne_pas_remplir" | "autre_parent_prenom"))
    {
        let mut pairs = form();
        pairs.push((field, "oui".to_owned()));
        let found = errors(pairs);
        assert!(found.contains(&(field, "champ-repete")), "{field}: {found:?}");
    }
    let mut pairs = form();
    pairs.push(("contact_prudent", "pas_d_appel".to_owned()));
    assert_eq!(read(&Values::of(pairs), &rules()).unwrap().cautions.names(), ["pas_d_appel", "soir"]);
}

#[test]
fn control_and_direction_characters_are_refused() {
    for field in ["seance", "prenom", "courriel", "telephone"] {
        for value in ["a\0b", "a\r\nBcc: x@exemple.fr", "a\u{1b}[31m", "a\n"] {
            check(&[(field, Some(value))], &[(field, "champ-controle")]);
        }
    }
    check(&[("prenom", Some("\u{202E}eiraM"))], &[("prenom", "champ-sens-du-texte")]);
    check(&[("theme", Some("a\nb"))], &[]);
    check(&[("theme", Some("a\0b"))], &[("theme", "champ-controle")]);
    check(&[("telephone", Some("\u{202A}06 12 34 56 78\u{202C}"))], &[]);
    check(
        &[("autre_parent", Some("oui")), ("autre_parent_prenom", Some("a\nb"))],
        &[("autre_parent_prenom", "champ-controle")],
    );
}

#[test]
fn names_are_whatever_people_are_called() {
    for name in
        ["👩‍👧", "ليلى", "Nguyễn Thị", "O'Brien", "<script>alert(1)</script>", "'); DROP TABLE demands;--", "=1+1"]
    {
        check(&[("prenom", Some(name))], &[]);
    }
}

#[test]
fn values_of_another_kind_are_told() {
    for value in ["0", "-1", "un", "1.5", "1e1", "+1"] {
        check(&[("places", Some(value))], &[("places", "champ-places-invalide")]);
    }
    for value in ["3", "99999999999999999999"] {
        check(&[("places", Some(value))], &[("places", "champ-places-limite")]);
    }
    check(&[("places", Some("2"))], &[]);
    check(&[("autre_parent", Some("peut-être"))], &[("autre_parent", "champ-oui-ou-non")]);
    check(&[("appareil_partage", Some("1"))], &[("appareil_partage", "champ-oui-ou-non")]);
    check(&[("langue", Some("tlh"))], &[("langue", "champ-langue-inconnue")]);
    check(&[("connu_par", Some("Une affiche"))], &[("connu_par", "champ-connu-par-inconnu")]);
    check(&[("contact_prudent", Some("pigeon"))], &[("contact_prudent", "champ-contact-prudent-inconnu")]);
    check(&[("envoi", Some("é"))], &[("envoi", "champ-envoi-invalide")]);
    check(&[("ne_pas_remplir", Some(" "))], &[("ne_pas_remplir", "champ-ne-pas-remplir")]);
}

#[test]
fn somebody_whom_nothing_may_reach_is_asked_for_another_way() {
    let no_email = ("contact_prudent", Some("pas_de_courriel"));
    check(&[("telephone", None), no_email], &[("contact_prudent", "champ-contact-prudent-sans-courriel")]);
    check(&[no_email], &[]);
    let mut pairs = with(&[("courriel", None), ("contact_prudent", Some("pas_d_appel"))]);
    assert_eq!(errors(pairs.clone()), []);
    pairs.push(("contact_prudent", "pas_de_message_vocal".to_owned()));
    assert_eq!(errors(pairs), [("contact_prudent", "champ-contact-prudent-sans-telephone")]);
}

#[test]
fn the_same_answers_have_the_same_fingerprint() {
    let key = Key::from_bytes([7; 32]);
    let seal = |changes: &[(&'static str, Option<&str>)]| {
        read(&Values::of(with(changes)), &rules()).unwrap().seal(&key).fingerprint
    };
    assert_eq!(
        seal(&[]),
        seal(&[("prenom", Some(" Marie ")), ("telephone", Some("+33612345678")), ("envoi", Some("x"))])
    );
    assert_ne!(seal(&[]), seal(&[("prenom", Some("Maria"))]));
    assert_ne!(seal(&[]), seal(&[("theme", Some("le sommeil"))]));
    let other = read(&Values::of(form()), &rules()).unwrap().seal(&Key::from_bytes([8; 32])).fingerprint;
    assert_ne!(seal(&[]), other, "the fingerprint is worth nothing without the key");
}

proptest::proptest! {
    #[test]
    fn no_form_ever_panics(values in proptest::collection::vec((0..FIELDS.len(), ".{0,90}"), 0..20)) {
        let pairs = values.iter().map(|(field, value)| (FIELDS[*field], value.as_str()));
        let _ = read(&Values::of(pairs), &rules());
    }
}
