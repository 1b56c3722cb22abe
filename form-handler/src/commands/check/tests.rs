//! Each fact that is amiss, by itself.

use std::path::Path;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A town's server on which nothing is amiss.
fn sound() -> Facts {
    Facts {
        now: at("2027-01-10T12:00:00Z"),
        frozen: false,
        listen: "127.0.0.1:8080".parse().unwrap(),
        has_proxies: true,
        limit: 60,
        content: Content::Read(Box::new(ReadContent {
            url: "https://essai.example".to_owned(),
            handler_url: None,
            phone: true,
            email: Some("equipe@essai.example".to_owned()),
            offers_texts: true,
            sessions: vec![record("s1")],
        })),
        database: Database::Open(Box::new(OpenDatabase {
            inspection: Inspection {
                encoding: "UTF-8".to_owned(),
                latest: Some(at("2027-01-10T11:59:00Z")),
                asked: vec![(record("s1"), false)],
                ..Inspection::default()
            },
            ..OpenDatabase::default()
        })),
        key: KeyFact::Right,
        open_to_others: Vec::new(),
        newest_file: Some(("var/cle".into(), at("2027-01-10T11:59:00Z"))),
        program: Some(at("2027-01-01T00:00:00Z")),
        free: Some(10 << 30),
        database_size: 5 << 20,
        backup: BackupFacts {
            folder: Some("/mnt/sauvegardes".into()),
            every: Every::Night,
            status: Status { made: Some(at("2027-01-10T02:00:00Z")), ..Status::default() },
            same_disk: false,
            encrypted: true,
        },
        mail: MailFact::Reached,
        texts: TextFact::Reached { private: true },
        letter: None,
    }
}

fn record(id: &str) -> SessionRecord {
    crate::store::tests::conformance::record(id, 9)
}

fn told(change: impl FnOnce(&mut Facts)) -> Vec<(Level, &'static str)> {
    let mut facts = sound();
    change(&mut facts);
    let found = findings(&facts).into_iter().map(|finding| (finding.level, finding.phrase.id));
    found.filter(|(_, id)| *id != "verif-courriel-domaine").collect()
}

fn open(facts: &mut Facts) -> &mut OpenDatabase {
    match &mut facts.database {
        Database::Open(open) => open,
        Database::Closed(_) => unreachable!("it is open"),
    }
}

fn read(facts: &mut Facts) -> &mut ReadContent {
    match &mut facts.content {
        Content::Read(read) => read,
        Content::Broken(_) => unreachable!("it was read"),
    }
}

#[test]
fn where_nothing_is_amiss_only_the_mail_hosts_settings_are_told() {
    assert_eq!(told(|_| {}), []);
    let found = findings(&sound());
    assert_eq!(found.iter().map(|finding| finding.phrase.id).collect::<Vec<_>>(), ["verif-courriel-domaine"]);
    assert!(found.iter().all(|finding| finding.level == Level::Know));
}

/// What is told of a change of what is sound.
type Case = (Level, &'static str, fn(&mut Facts));

#[test]
fn each_fact_that_is_amiss_is_one_finding_with_its_level() {
    use Level::{Know, Look, Mend};
    let path = || Path::new("var/cle").to_owned();
    let cases: Vec<Case> = vec![
        (Mend, "verif-base-fermee", |facts| facts.database = Database::Closed(Phrase::new("base-illisible"))),
        (Mend, "verif-base-abimee", |facts| open(facts).inspection.damage = vec!["page 7".to_owned()]),
        (Mend, "verif-base-orphelins", |facts| open(facts).inspection.orphans = 1),
        (Mend, "verif-base-encodage", |facts| open(facts).inspection.encoding = "SQL_ASCII".to_owned()),
        (Know, "effacement-annonce", |facts| open(facts).announced.push(("s0".to_owned(), record("s0").date))),
        (Look, "site-seance-douteuse", |facts| open(facts).doubtful.push("s1".to_owned())),
        (Mend, "courriels-retenus", |facts| {
            open(facts).withheld = Some(Withheld { since: facts.now, former: 1, new: 2 });
        }),
        (Look, "verif-courriels-attendent", |facts| {
            open(facts).inspection.waiting = (3, Some(at("2027-01-10T09:00:00Z")));
        }),
        (Mend, "verif-courriels-attendent", |facts| {
            open(facts).inspection.waiting = (3, Some(at("2027-01-09T09:00:00Z")));
        }),
        (Look, "verif-courriels-perdus", |facts| open(facts).inspection.undeliverable = 1),
        (Mend, "verif-horloge-base", |facts| open(facts).inspection.latest = Some(at("2027-01-10T12:06:00Z"))),
        (Mend, "verif-horloge-fichier", |facts| {
            facts.newest_file = Some(("var/cle".into(), at("2027-01-11T00:00:00Z")));
        }),
        (Mend, "verif-horloge-programme", |facts| facts.program = Some(at("2027-01-11T00:00:00Z"))),
        (Look, "verif-horloge-arretee", |facts| facts.frozen = true),
        (Mend, "verif-contenu-casse", |facts| facts.content = Content::Broken(2)),
        (Look, "verif-telephone-absent", |facts| read(facts).phone = false),
        (Look, "verif-courriel-absent", |facts| read(facts).email = None),
        (Look, "verif-seance-absente", |facts| read(facts).sessions.clear()),
        (Look, "verif-seance-differente", |facts| read(facts).sessions[0].place = "ailleurs".to_owned()),
        (Look, "verif-sans-limite", |facts| facts.limit = 0),
        (Look, "verif-adresse-d-essai", |facts| read(facts).url = "http://127.0.0.1:8080".to_owned()),
        (Mend, "verif-adresse-en-clair", |facts| read(facts).url = "http://essai.example".to_owned()),
        (Mend, "verif-sans-mandataire", |facts| facts.has_proxies = false),
        (Look, "verif-ecoute-ouverte", |facts| facts.listen = "0.0.0.0:80".parse().unwrap()),
        (Mend, "verif-disque-plein", |facts| facts.free = Some(20 << 20)),
        (Look, "verif-disque-bientot-plein", |facts| facts.free = Some(105 << 20)),
        (Look, "verif-sauvegarde-aucune", |facts| facts.backup.folder = None),
        (Mend, "verif-sauvegarde-jamais", |facts| facts.backup.status.made = None),
        (Mend, "verif-sauvegarde-echec", |facts| facts.backup.status.failed = Some(at("2027-01-10T03:00:00Z"))),
        (Mend, "verif-sauvegarde-vieille", |facts| facts.backup.status.made = Some(at("2027-01-08T02:00:00Z"))),
        (Look, "verif-sauvegarde-meme-disque", |facts| facts.backup.same_disk = true),
        (Know, "verif-sauvegarde-en-clair", |facts| facts.backup.encrypted = false),
        (Look, "verif-courriel-dossier", |facts| facts.mail = MailFact::Folder),
        (Mend, "verif-courriel-sans-serveur", |facts| facts.mail = MailFact::Unreached("refused".to_owned())),
        (Look, "verif-texto-dossier", |facts| facts.texts = TextFact::Folder),
        (Look, "verif-texto-en-clair", |facts| facts.texts = TextFact::Reached { private: false }),
        (Mend, "verif-texto-sans-passerelle", |facts| facts.texts = TextFact::Unreached("refused".to_owned())),
        (Look, "verif-textos-attendent", |facts| {
            open(facts).inspection.texts_waiting = (3, Some(at("2027-01-10T09:00:00Z")));
        }),
        (Mend, "verif-textos-attendent", |facts| {
            open(facts).inspection.texts_waiting = (3, Some(at("2027-01-09T09:00:00Z")));
        }),
        (Know, "verif-lettre-partie", |facts| facts.letter = Some(Ok("equipe@essai.example".to_owned()))),
        (Mend, "verif-lettre-impossible", |facts| facts.letter = Some(Err(Phrase::new("verif-courriel-absent")))),
    ];
    for (level, id, change) in cases {
        assert_eq!(told(change), [(level, id)]);
    }
    assert_eq!(told(|facts| facts.key = KeyFact::Absent(path())), [(Mend, "verif-cle-absente")]);
    assert_eq!(told(|facts| facts.key = KeyFact::Other(path())), [(Mend, "verif-cle-autre")]);
    let open = (path(), "verif-cle-ouverte");
    assert_eq!(told(|facts| facts.open_to_others.push(open)), [(Mend, "verif-cle-ouverte")]);
    let by_hand = |facts: &mut Facts| {
        facts.backup.folder = None;
        facts.backup.status.by_hand = Some(facts.now);
    };
    assert_eq!(told(by_hand), [], "whoever makes backups otherwise is not told to");
}

#[test]
fn a_site_that_offers_no_text_messages_needs_no_gateway() {
    let without = |facts: &mut Facts| {
        read(facts).offers_texts = false;
        facts.texts = TextFact::Folder;
    };
    assert_eq!(told(without), []);
}

#[test]
fn the_worst_comes_first() {
    let found = told(|facts| {
        facts.backup.encrypted = false;
        facts.limit = 0;
        facts.free = Some(0);
    });
    let levels: Vec<_> = found.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [Level::Mend, Level::Look, Level::Know]);
}

#[test]
fn whatever_is_found_has_words_in_every_language_and_nobody_in_them() {
    use entreparentaise::diagnostics::text::Texts;
    let mut facts = sound();
    facts.limit = 0;
    facts.free = Some(0);
    facts.has_proxies = false;
    facts.mail = MailFact::Unreached("refused".to_owned());
    facts.backup.status.made = None;
    let texts = Texts::embedded();
    for finding in findings(&facts) {
        for lang in ["fr", "en"] {
            let said = finding.phrase.text(&texts, lang);
            assert!(said != finding.phrase.id && !said.contains("{ $"), "{said}");
        }
    }
}
