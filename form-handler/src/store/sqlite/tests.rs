use super::*;
use crate::{
    enrolment::Standing,
    store::{
        Submitted,
        conformance::{self, Together, form, now, record, submit},
    },
    system::SeededEntropy,
};

fn open(path: &Path) -> Result<SqliteStore, Phrase> {
    SqliteStore::open(path, Terms::default(), Arc::new(SeededEntropy::new(7)))
}

fn new_store(folder: &tempfile::TempDir, name: &str) -> Arc<dyn Store> {
    Arc::new(open(&folder.path().join(name)).unwrap())
}

macro_rules! conforms {
    ($($name:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let folder = tempfile::tempdir().unwrap();
            conformance::$name(new_store(&folder, "base.db")).await;
        }
    )+};
}

conformance::promises!(conforms);

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_demand_is_outwardly_ordinary() {
    let folder = tempfile::tempdir().unwrap();
    conformance::a_repeated_demand_is_outwardly_ordinary(new_store(&folder, "a.db"), new_store(&folder, "b.db")).await;
}

/// What pairs of orders come to is written down, so that whoever changes a rule sees what else
/// changes.
#[tokio::test(flavor = "multi_thread")]
async fn two_orders_in_one_batch_are_the_same_two_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let alone = conformance::every_pair(new_store(&folder, "a.db"), Together::No).await;
    let together = conformance::every_pair(new_store(&folder, "b.db"), Together::Yes).await;
    for (alone, together) in alone.iter().zip(&together) {
        assert_eq!(alone, together);
    }
    let table = alone.iter().map(|pair| {
        let (name, seen) = pair.split_once('\n').unwrap();
        let outcomes: Vec<_> = seen.lines().take(2).map(str::trim).collect();
        format!("{name}: {}", outcomes.join(", "))
    });
    insta::assert_snapshot!(table.collect::<Vec<_>>().join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let first = new_store(&folder, "base.db");
    first.sync_sessions(vec![record("s1", 1)], now()).await.unwrap();
    let (id, given) = submit(&*first, &[("courriel", "a@exemple.fr"), ("envoi", "k")]).await;
    drop(first);
    // Another stream of ids, as the system's would be.
    let again =
        SqliteStore::open(&folder.path().join("base.db"), Terms::default(), Arc::new(SeededEntropy::new(8))).unwrap();
    assert_eq!(submit(&again, &[("courriel", "a@exemple.fr"), ("envoi", "k")]).await, (id, given));
    assert_eq!(again.export("s1").await.unwrap().unwrap().len(), 1);
    assert_eq!(again.claim_messages(9, now(), now()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    drop(open(&path).unwrap());
    let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '', '0')";
    Connection::open(&path).unwrap().execute(sql, []).unwrap();
    assert_eq!(open(&path).unwrap_err().id, "base-plus-recente");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    std::fs::write(&path, "not a database, and long enough to be read as one ".repeat(40)).unwrap();
    assert_eq!(open(&path).unwrap_err().id, "base-illisible");
    assert_eq!(open(&folder.path().join("base.db/sub/base.db")).unwrap_err().id, "base-illisible");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o500)).unwrap();
    // Permissions do not bind the superuser: there is nothing to see then.
    if std::fs::write(closed.join("probe"), "").is_err() {
        assert_eq!(open(&closed.join("base.db")).unwrap_err().id, "base-illisible");
    }
    let missing = Path::new("/proc/none/base.db");
    assert_eq!(open(missing).unwrap_err().id, "base-illisible");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_answers_unavailable_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    let store = open(&path).unwrap();
    store.sync_sessions(vec![record("s1", 12)], now()).await.unwrap();
    // The message of a demand cannot be written: then the demand is not there either.
    Connection::open(&path).unwrap().execute_batch("ALTER TABLE outbox RENAME TO elsewhere").unwrap();
    let failed = store.submit(form(&[("courriel", "a@exemple.fr")]), now()).await;
    assert!(matches!(failed, Err(StoreError::Unavailable(_))), "{failed:?}");
    Connection::open(&path).unwrap().execute_batch("ALTER TABLE elsewhere RENAME TO outbox").unwrap();
    assert_eq!(store.export("s1").await.unwrap().unwrap(), []);
    submit(&store, &[("courriel", "a@exemple.fr")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_that_fails_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("base.db")).unwrap();
    store.sync_sessions(vec![record("s1", 12)], now()).await.unwrap();
    let panics = store.writer.write(|_| -> Result<(), StoreError> { panic!("on purpose") });
    let fails = store.writer.write(|desk| Ok(desk.db.execute("INSERT INTO topics VALUES (1, 99, '')", [])?));
    let works = store.submit(form(&[("courriel", "a@exemple.fr")]), now());
    assert!(panics.await.is_err());
    assert!(fails.await.is_err());
    assert!(matches!(works.await, Ok(Submitted::Recorded { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_answered_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("base.db")).unwrap();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let blocker = store.writer.write(move |_| {
        let _ = held.recv();
        Ok(())
    });
    let waiting: Vec<_> = (0..6000).map(|_| store.writer.write(|_| Ok(()))).collect();
    drop(release);
    blocker.await.unwrap();
    let mut overloaded = 0;
    for answer in waiting {
        overloaded += usize::from(answer.await == Err(StoreError::Overloaded));
    }
    assert!(overloaded > 0);
    store.health().await.unwrap();
}

#[tokio::test]
async fn topics_lead_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    drop(open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    let columns: Vec<String> = db
        .prepare("SELECT name FROM pragma_table_info('topics')")
        .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect())
        .unwrap();
    assert_eq!(columns, ["key", "session", "topic"]);
}

/// What people entered in the first version is there in this one.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_first_version_keeps_what_people_entered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    {
        let mut old = Connection::open(&path).unwrap();
        let first = migrations::migrations::runner().set_target(refinery::Target::Version(1));
        first.run(&mut old).unwrap();
        old.execute_batch(
            "INSERT INTO sessions VALUES (1, 's1', 'parents-solos', NULL, '2027-03-17', '18:00:00', '20:00:00', 'Salle', '/seances/s1/',
                1805302800000, 1805310000000, NULL, 1805302800000, 0, 1, 2, 0, 0);
             INSERT INTO demands VALUES (5, x'00000000000000000000000000000001', 1, 'enrolled', 0, NULL, 1, 'Marie', 'marie', 'm@exemple.fr',
                'm@exemple.fr', NULL, '', NULL, NULL, 0, 'fr', NULL, 1803895200000, NULL);
             INSERT INTO demands VALUES (7, x'00000000000000000000000000000002', 1, 'waiting', 0, NULL, 1, 'Zoé', 'zoe', NULL,
                NULL, '+33612345678', 'soir', NULL, NULL, 0, 'fr', 5, 1803895200000, NULL);
             UPDATE sqlite_sequence SET seq = 9 WHERE name = 'demands';
             INSERT INTO topics VALUES (1, 1, 'le sommeil');
             INSERT INTO outbox (id, kind, demand, recipient, written_at, not_before)
                VALUES (zeroblob(16), 'place', 5, 'm@exemple.fr', 1803895200000, 1803895200000);
             INSERT INTO notices (kind, demand, at) VALUES ('repeated', 7, 1803895200000);
             INSERT INTO audit (at, actor, action) VALUES (1803895200000, 'person', 'submit');",
        )
        .unwrap();
        let known = form(&[("courriel", "m@exemple.fr"), ("envoi", "k")]).fingerprint;
        let print = [known.as_slice(), &[0; 16]].concat();
        old.execute("INSERT INTO submissions VALUES ('k', ?1, 5, 'inscrit')", [print]).unwrap();
    }
    let store = open(&path).unwrap();
    let list = store.export("s1").await.unwrap().unwrap();
    assert_eq!(
        list.iter().map(|row| (row.first_name.as_str(), row.standing, row.repeats)).collect::<Vec<_>>(),
        [("Marie", Standing::Enrolled, false), ("Zoé", Standing::Waiting, true),]
    );
    assert_eq!(store.topics("s1").await.unwrap(), ["le sommeil"]);
    assert_eq!(store.notices().await.unwrap().len(), 1);
    assert_eq!(store.claim_messages(9, now(), now()).await.unwrap().len(), 1);
    // A form sent before and after gets one answer; a rank is never given twice.
    assert_eq!(
        submit(&store, &[("courriel", "m@exemple.fr"), ("envoi", "k")]).await,
        (list[0].id, super::super::Given::Place)
    );
    let late = submit(&store, &[("courriel", "l@exemple.fr")]).await;
    assert_eq!(rank(&path, late.0), 10);
}

fn rank(path: &Path, id: DemandId) -> i64 {
    let sql = "SELECT rank FROM demands WHERE id = ?1";
    Connection::open(path).unwrap().query_row(sql, [id.0], |row| row.get(0)).unwrap()
}

/// The second version knew offers and moves, and kept sequences for keys and an index of forms.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_second_version_keeps_what_people_entered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    let known = form(&[("courriel", "m@exemple.fr"), ("envoi", "k")]).fingerprint;
    {
        let mut old = Connection::open(&path).unwrap();
        let second = migrations::migrations::runner().set_target(refinery::Target::Version(2));
        second.run(&mut old).unwrap();
        old.execute_batch(
            "INSERT INTO sessions VALUES (1, 's1', 'parents-solos', NULL, '2027-03-17', '18:00:00', '20:00:00', 'Salle', '/seances/s1/',
                1805302800000, 1805310000000, NULL, 1805302800000, 0, 2, 2, 0, 0),
                (2, 's2', 'parents-solos', NULL, '2027-03-17', '18:00:00', '20:00:00', 'Salle', '/seances/s2/',
                1805302800000, 1805310000000, NULL, 1805302800000, 0, 2, 2, 0, 0);
             INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, ended, ended_at, places, first_name, name_key, email,
                email_key, cautions, shared_device, lang, asked_at) VALUES
                (3, x'00000000000000000000000000000003', 2, 'enrolled', NULL, 0, NULL, NULL, 1, 'Marie', 'marie', 'm@exemple.fr',
                'm@exemple.fr', '', 0, 'fr', 1803895200000),
                (2, x'00000000000000000000000000000002', 1, 'enrolled', NULL, 0, 'moved', 1803895200000, 1, 'Marie', 'marie', 'm@exemple.fr',
                'm@exemple.fr', '', 0, 'fr', 1803895200000),
                (4, x'00000000000000000000000000000004', 1, 'offered', 1805299200000, 0, NULL, NULL, 1, 'Zoé', 'zoe', 'z@exemple.fr',
                'z@exemple.fr', '', 0, 'fr', 1803895200000),
                (9, x'00000000000000000000000000000009', 1, 'waiting', NULL, 0, NULL, NULL, 1, 'Ida', 'ida', 'i@exemple.fr',
                'i@exemple.fr', '', 0, 'fr', 1803895200000);
             UPDATE demands SET moved_to = 3 WHERE rank = 2;
             DELETE FROM demands WHERE rank = 9;
             INSERT INTO outbox (key, kind, demand, recipient, written_at, not_before)
                VALUES (6, 'place', 3, 'm@exemple.fr', 1803895200000, 1803895200000);
             INSERT INTO notices (kind, session, at) VALUES ('session-moved', 1, 1803895200000);
             INSERT INTO audit (key, at, actor, action, demand, session)
                VALUES (8, 1803895200000, 'person', 'submit', x'00000000000000000000000000000003', 2);",
        )
        .unwrap();
        old.execute("UPDATE demands SET envoi = 'k', fingerprint = ?1, answer = 'inscrit' WHERE rank = 2", [known])
            .unwrap();
    }
    let store = open(&path).unwrap();
    let standing = |rows: Vec<TeamRow>| rows.into_iter().map(|row| (row.first_name, row.standing)).collect::<Vec<_>>();
    let until = Timestamp::from_millisecond(1_805_299_200_000).unwrap();
    assert_eq!(standing(store.export("s1").await.unwrap().unwrap()), [("Zoé".to_owned(), Standing::Offered(until))]);
    assert_eq!(standing(store.export("s2").await.unwrap().unwrap()), [("Marie".to_owned(), Standing::Enrolled)]);
    // The form of a demand that was moved; the link of before the move.
    let mut id = [0; 16];
    id[15] = 2;
    let first = (DemandId(id), super::super::Given::Place);
    assert_eq!(submit(&store, &[("courriel", "m@exemple.fr"), ("envoi", "k")]).await, first);
    assert_eq!(store.follow_up(first.0, now()).await.unwrap().unwrap().session.record.id, "s2");
    assert_eq!(store.notices().await.unwrap().len(), 1);
    assert_eq!(store.claim_messages(9, now(), now()).await.unwrap().iter().map(|one| one.key).collect::<Vec<_>>(), [6]);
    let db = Connection::open(&path).unwrap();
    assert_eq!(db.query_row("SELECT MAX(key) FROM audit", [], |row| row.get::<_, i64>(0)).unwrap(), 8);
    // Nine was given, and is erased: neither it nor what is erased now is given again, by this
    // process or the next.
    let tenth = submit(&store, &[("courriel", "l@exemple.fr")]).await.0;
    assert_eq!(rank(&path, tenth), 10);
    store.erase(tenth, now()).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&path, Terms::default(), Arc::new(SeededEntropy::new(8))).unwrap();
    assert_eq!(rank(&path, submit(&store, &[("courriel", "n@exemple.fr")]).await.0), 11);
}

/// The fifth version knew what time and the team change, and what a year came to.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_fifth_version_keeps_what_people_entered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    {
        let mut old = Connection::open(&path).unwrap();
        migrations::migrations::runner().set_target(refinery::Target::Version(5)).run(&mut old).unwrap();
        old.execute_batch(
            "INSERT INTO sessions (key, id, group_id, date, start_time, end_time, place, path, starts, ends, closes, cancelled, places_max,
                places_per_demand, revision) VALUES (1, 's1', 'parents-solos', '2027-03-17', '18:00:00', '20:00:00', 'Salle', '/seances/s1/',
                1805302800000, 1805310000000, 1805302800000, 0, 2, 2, 0);
             INSERT INTO demands (rank, id, session, standing, to_confirm, first, places, first_name, name_key, email, email_key, cautions,
                shared_device, lang, asked_at, heard_from, calendar, ended, ended_at) VALUES
                (3, x'00000000000000000000000000000003', 1, 'enrolled', 0, 0, 2, 'Marie', 'marie', 'm@exemple.fr', 'm@exemple.fr', '', 0, 'fr',
                1803895200000, 'affiche', x'0000000000000000000000000000000c', NULL, NULL),
                (4, x'00000000000000000000000000000004', 1, 'waiting', 0, 0, 1, 'Zoé', 'zoe', 'z@exemple.fr', 'z@exemple.fr', '', 0, 'fr',
                1803895200000, NULL, NULL, NULL, NULL),
                (5, x'00000000000000000000000000000005', 1, 'waiting', 0, 1, 1, 'Ida', 'ida', 'i@exemple.fr', 'i@exemple.fr', '', 0, 'fr',
                1803895200000, NULL, NULL, NULL, NULL),
                (6, x'00000000000000000000000000000006', 1, 'waiting', 0, 0, 1, 'Ana', 'ana', 'a@exemple.fr', 'a@exemple.fr', '', 0, 'fr',
                1803895200000, 'affiche', NULL, 'cancelled', 1803895200000),
                (9, x'00000000000000000000000000000009', 1, 'waiting', 0, 0, 1, 'Eva', 'eva', 'e@exemple.fr', 'e@exemple.fr', '', 0, 'fr',
                1803895200000, NULL, NULL, NULL, NULL);
             DELETE FROM demands WHERE rank = 9;
             INSERT INTO outbox (key, kind, demand, recipient, written_at, not_before)
                VALUES (8, 'place', 3, 'm@exemple.fr', 1803895200000, 1803895200000);
             DELETE FROM outbox;
             INSERT INTO outbox (kind, session, recipient, lang, written_at, not_before)
                VALUES ('effacement', 1, 'e@exemple.fr', 'fr', 1803895200000, 1803895200000);
             INSERT INTO audit (key, at, actor, action, session) VALUES (8, 1803895200000, 'rule', 'erase', 1);
             INSERT INTO tallies VALUES ('s0', 'parents-solos', '2027-01-06', 0, '', 7, 5, 1, 1);",
        )
        .unwrap();
    }
    let store = open(&path).unwrap();
    let standing = |rows: Vec<TeamRow>| rows.into_iter().map(|row| (row.first_name, row.standing)).collect::<Vec<_>>();
    assert_eq!(
        standing(store.export("s1").await.unwrap().unwrap()),
        [
            ("Marie".to_owned(), Standing::Enrolled),
            ("Zoé".to_owned(), Standing::Waiting),
            ("Ida".to_owned(), Standing::Waiting),
        ]
    );
    // Nine letters were written, and ten demands: neither number is given again.
    assert_eq!(store.claim_messages(9, now(), now()).await.unwrap().iter().map(|one| one.key).collect::<Vec<_>>(), [9]);
    assert_eq!(rank(&path, submit(&store, &[("courriel", "l@exemple.fr")]).await.0), 10);
    let (from, until) = (jiff::civil::date(2027, 1, 1), jiff::civil::date(2027, 12, 31));
    let tallies = store.tallies(from, until).await.unwrap();
    let asked: Vec<_> = tallies.iter().map(|tally| (tally.session.as_str(), tally.counts.asked)).collect();
    assert_eq!(asked, [("s0", 7), ("s1", 3), ("s1", 2)]);
    // Whoever came from another session goes before whoever waited first.
    let mut id = [0; 16];
    id[15] = 3;
    store.cancel(DemandId(id), crate::store::Actor::Person, now()).await.unwrap();
    let given = standing(store.export("s1").await.unwrap().unwrap());
    assert_eq!(given[1], ("Ida".to_owned(), Standing::Enrolled));
}

/// Fingerprints of keys are kept from the eighth version on. Whoever had enrolled before has a
/// link.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_gave_links_out_before_misses_its_key() {
    for enrolled in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("base.db");
        let mut old = Connection::open(&path).unwrap();
        migrations::migrations::runner().set_target(refinery::Target::Version(1)).run(&mut old).unwrap();
        if enrolled {
            old.execute_batch(
                "INSERT INTO sessions VALUES (1, 's1', 'g', NULL, '2027-03-17', '18:00:00', '20:00:00', 'Salle', '/s/',
                    1805302800000, 1805310000000, NULL, 1805302800000, 0, 1, 2, 0, 0);
                 INSERT INTO demands VALUES (5, x'00000000000000000000000000000001', 1, 'enrolled', 0, NULL, 1, 'Marie',
                    'marie', 'm@exemple.fr', 'm@exemple.fr', NULL, '', NULL, NULL, 0, 'fr', NULL, 1803895200000, NULL);",
            )
            .unwrap();
        }
        drop(old);
        let store = open(&path).unwrap();
        assert_eq!(store.knows_key().await, Ok(enrolled));
        assert_eq!(store.key_fingerprint("first".to_owned()).await.unwrap(), "first", "whichever it is");
        assert_eq!(store.key_fingerprint("second".to_owned()).await.unwrap(), "first");
    }
}

/// The sixth version followed a demand from row to row. Each link leads to its end from the seventh
/// on.
#[tokio::test(flavor = "multi_thread")]
async fn links_of_before_lead_to_the_demand_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    {
        let mut old = Connection::open(&path).unwrap();
        migrations::migrations::runner().set_target(refinery::Target::Version(6)).run(&mut old).unwrap();
        old.execute_batch(
            "INSERT INTO sessions (key, id, group_id, date, start_time, end_time, place, path, starts, ends, closes, cancelled, places_max,
                places_per_demand, revision) SELECT value, 's' || value, 'g', '2027-03-1' || value, '18:00:00', '20:00:00', 'Salle', '/s/',
                1805302800000, 1805310000000, 1805302800000, 0, 2, 2, 0 FROM json_each('[1, 2, 3]');
             INSERT INTO demands (rank, id, session, standing, to_confirm, places, first_name, name_key, phone, cautions, shared_device, lang,
                asked_at, ended, ended_at) SELECT 4 - value, CAST(zeroblob(15) || char(64 + value) AS BLOB), value, 'enrolled', 0, 1, 'Marie', 'marie',
                '+33612345678', '', 0, 'fr', 1803895200000, CASE WHEN value < 3 THEN 'moved' END, CASE WHEN value < 3 THEN 1803895200000 END
                FROM json_each('[1, 2, 3]');
             UPDATE demands SET moved_to = 2 WHERE rank = 3;
             UPDATE demands SET moved_to = 1 WHERE rank = 2;",
        )
        .unwrap();
    }
    let store = open(&path).unwrap();
    for letter in b"ABC" {
        let mut id = [0; 16];
        id[15] = *letter;
        let page = store.follow_up(DemandId(id), now()).await.unwrap().unwrap();
        assert_eq!(page.session.record.id, "s3");
    }
    let db = Connection::open(&path).unwrap();
    let previous =
        "SELECT group_concat(COALESCE(previous, '-'), ', ') FROM (SELECT previous FROM demands ORDER BY rank)";
    let previous: String = db.query_row(previous, [], |row| row.get(0)).unwrap();
    assert_eq!(previous, "2027-03-12, 2027-03-11, -");
}

/// Each table that a sign-up makes `SQLite` open for a moment takes it as long as a row: a list of
/// three words or more in a `CHECK` is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_makes_no_table_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    drop(open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    let columns = |table: &str| -> Vec<String> {
        let sql = format!("SELECT name FROM pragma_table_info('{table}')");
        db.prepare(&sql).and_then(|mut read| read.query_map([], |row| row.get(0))?.collect()).unwrap()
    };
    for table in ["demands", "outbox", "audit", "topics", "notices"] {
        let columns = columns(table);
        assert!(columns.len() > 2, "{table}");
        let sql = format!(
            "EXPLAIN INSERT INTO {table} ({}) VALUES (NULL{})",
            columns.join(", "),
            ", NULL".repeat(columns.len() - 1)
        );
        let mut steps = db.prepare(&sql).unwrap();
        let steps: Vec<String> = steps.query_map([], |row| row.get("opcode")).and_then(Iterator::collect).unwrap();
        assert!(steps.iter().any(|step| step == "Insert"), "{table}: {steps:?}");
        assert!(!steps.iter().any(|step| step == "OpenEphemeral"), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_wrote_is_known_to_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    let ours = open(&path).unwrap();
    let theirs = SqliteStore::open(&path, Terms::default(), Arc::new(SeededEntropy::new(8))).unwrap();
    ours.sync_sessions(vec![record("s1", 2)], now()).await.unwrap();
    let fields = |who| [("courriel", who), ("envoi", "k")];
    let first = submit(&ours, &fields("a@exemple.fr")).await;
    let second = submit(&theirs, &fields("b@exemple.fr")).await;
    assert_eq!(submit(&ours, &fields("b@exemple.fr")).await, second);
    assert_eq!(submit(&theirs, &fields("a@exemple.fr")).await, first);
    assert_eq!(submit(&ours, &fields("c@exemple.fr")).await.1, super::super::Given::WaitingList);
    theirs.erase(first.0, now()).await.unwrap();
    assert_ne!(submit(&ours, &fields("a@exemple.fr")).await.0, first.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_rolled_back_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    let store = open(&path).unwrap();
    store.sync_sessions(vec![record("s1", 2)], now()).await.unwrap();
    submit(&store, &[("courriel", "a@exemple.fr"), ("envoi", "k")]).await;
    Connection::open(&path).unwrap().execute_batch("ALTER TABLE outbox RENAME TO elsewhere").unwrap();
    let form = form(&[("courriel", "b@exemple.fr"), ("envoi", "k")]);
    assert!(store.submit(form.clone(), now()).await.is_err());
    Connection::open(&path).unwrap().execute_batch("ALTER TABLE elsewhere RENAME TO outbox").unwrap();
    for _ in 0..2 {
        let Submitted::Recorded { given, .. } = store.submit(form.clone(), now()).await.unwrap() else {
            panic!("it is new")
        };
        assert_eq!(given, super::super::Given::Place);
    }
    assert_eq!(store.export("s1").await.unwrap().unwrap().len(), 2);
}
