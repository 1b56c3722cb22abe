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
        ("sms", ""),
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
    Rules { languages: &*LANGUAGES, most_places: 2, texts: true }
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
    // What answers the question about an address is kept nowhere.
    let free = ["contact_prudent", "ne_pas_remplir", "autre_parent_prenom", "courriel_confirme", "courriel_demande"];
    for field in FIELDS.iter().filter(|field| !free.contains(field)) {
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

/// Everything that decides whether somebody can be reached, in every combination: no form is
/// recorded by which nobody may reach them, none is refused by which somebody may, and what is said
/// can be done.
#[test]
fn a_way_to_reach_somebody_remains_whatever_they_refuse() {
    let (mobile, landline) = ("06 12 34 56 78", "05 61 00 00 00");
    let mut seen = 0;
    for email in ["", "marie@exemple.fr"] {
        for phone in ["", mobile, landline] {
            for sms in ["", "oui", "non"] {
                for offered in [true, false] {
                    for refused in 0..1_u8 << CAUTIONS.len() {
                        let ticked: Vec<_> =
                            (0..CAUTIONS.len()).filter(|at| refused & 1 << at != 0).map(|at| CAUTIONS[at]).collect();
                        let mut pairs = with(&[
                            ("courriel", Some(email)),
                            ("telephone", Some(phone)),
                            ("sms", Some(sms)),
                            ("contact_prudent", None),
                        ]);
                        pairs.extend(ticked.iter().map(|caution| ("contact_prudent", (*caution).to_owned())));
                        let (calls, writes) = (!ticked.contains(&"pas_d_appel"), !ticked.contains(&"pas_de_courriel"));
                        let texts = sms == "oui" && offered && phone == mobile;
                        let reached = (!email.is_empty() && writes) || (!phone.is_empty() && (calls || texts));
                        let case = format!("{email:?} {phone:?} sms={sms:?} offered={offered} {ticked:?}");
                        let read = read(&Values::of(pairs.clone()), &Rules { texts: offered, ..rules() });
                        let contact = read_contact(&Values::of(pairs), offered);
                        seen += 1;
                        match read {
                            Ok(demand) => {
                                assert!(reached && (sms != "oui" || texts), "{case}");
                                assert_eq!(demand.texts, texts, "{case}");
                                let Demand { email, phone, texts, cautions, .. } = demand;
                                assert_eq!(contact, Ok(ContactDetails { email, phone, texts, cautions }), "{case}");
                            }
                            Err(errors) => {
                                let told: Vec<_> = errors.iter().map(|error| (error.field, error.phrase.id)).collect();
                                assert!(!reached || (sms == "oui" && !texts), "{case}: {told:?}");
                                assert_eq!(contact, Err(errors), "{case}");
                                let about_texts: Vec<_> = told.iter().filter(|(field, _)| *field == "sms").collect();
                                assert_eq!(about_texts.is_empty(), sms != "oui" || texts, "{case}: {told:?}");
                                let proposes_texts =
                                    told.iter().any(|(_, id)| id.ends_with("sans-appel") || id.ends_with("sans-rien"));
                                assert!(!proposes_texts || (offered && phone == mobile), "{case}: {told:?}");
                                let asks = told.iter().any(|(field, _)| *field == "contact_prudent");
                                let nothing = email.is_empty() && phone.is_empty();
                                assert_eq!(asks, !reached && !nothing, "{case}: {told:?}");
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(seen, 2 * 3 * 3 * 2 * 32);
}

#[test]
fn who_refuses_the_one_way_that_they_gave_is_told_what_to_do() {
    let no_email = ("contact_prudent", Some("pas_de_courriel"));
    let no_call = ("contact_prudent", Some("pas_d_appel"));
    let alone = ("courriel", None);
    check(&[("telephone", None), no_email], &[("contact_prudent", "champ-contact-prudent-sans-courriel")]);
    check(&[alone, no_call], &[("contact_prudent", "champ-contact-prudent-sans-appel")]);
    check(&[alone, no_call, ("sms", Some("oui"))], &[]);
    let landline = ("telephone", Some("05 61 00 00 00"));
    check(&[alone, no_call, landline], &[("contact_prudent", "champ-contact-prudent-sans-appel-ni-texto")]);
    check(&[landline, ("sms", Some("oui"))], &[("sms", "champ-sms-fixe")]);
    check(&[("telephone", None), ("sms", Some("oui"))], &[("sms", "champ-sms-sans-telephone")]);
    check(&[alone, ("contact_prudent", Some("pas_de_message_vocal"))], &[]);
    let mut both = with(&[no_call]);
    both.push(("contact_prudent", "pas_de_courriel".to_owned()));
    assert_eq!(errors(both), [("contact_prudent", "champ-contact-prudent-sans-rien")]);
}

#[test]
fn an_address_is_doubted_once_and_never_refused() {
    let asked = |changes: &[(&'static str, Option<&str>)]| doubt(&Values::of(with(changes)));
    let slip = ("courriel", Some(" Marie@Gmial.com "));
    let question = asked(&[slip]).unwrap();
    assert_eq!((question.field, question.phrase.id), ("courriel", "champ-courriel-douteux"));
    assert!(
        question.phrase.text(&entreparentaise::diagnostics::text::Texts::embedded(), "fr").contains("Marie@gmail.com")
    );
    assert_eq!(errors(with(&[slip])), [], "it is no error");
    assert_eq!(asked(&[slip, ("courriel_confirme", Some("oui"))]), None);
    let shown = doubtful_address(&Values::of(with(&[slip]))).unwrap();
    assert_eq!(asked(&[slip, ("courriel_demande", Some(&shown))]), None, "sent again as it was");
    assert!(
        asked(&[("courriel", Some("marie@gmai.com")), ("courriel_demande", Some(&shown))]).is_some(),
        "another one"
    );
    assert_eq!(asked(&[("courriel", Some("marie@exemple.fr"))]), None);
    assert_eq!(asked(&[("courriel", Some("marie@"))]), None, "that is an error, told by itself");
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
