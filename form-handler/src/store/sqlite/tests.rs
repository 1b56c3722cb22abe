//! What only a file does: restarts, versions, a database that fails, another process beside this
//! one.

use super::*;
use crate::{
    store::{
        ContentStore, EnrolmentStore, OutboxStore, Recipients, Store, Submitted, TeamStore,
        tests::conformance::{self, Together, form, now, record, submit},
    },
    system::SeededEntropy,
    token::DemandId,
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

/// What pairs of operations come to is written down, so that whoever changes a rule sees what else
/// changes.
#[tokio::test(flavor = "multi_thread")]
async fn two_operations_in_one_batch_are_the_same_two_one_by_one() {
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
    assert_eq!(again.claim_messages(9, Recipients::All, now(), now()).await.unwrap().len(), 1);
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
    let panics = store.writer.write(|_| -> Result<(), DatabaseError> { panic!("on purpose") });
    let fails = store.writer.write(|context| Ok(context.db.execute("INSERT INTO topics VALUES (1, 99, '')", [])?));
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
        overloaded += usize::from(matches!(answer.await, Err(StoreError::Overloaded)));
    }
    assert!(overloaded > 0);
    store.prove_writable(now()).await.unwrap();
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

/// A database as a release left it is opened, and what people entered is there. A migration after
/// the first one begins here: the rows of its own release in another file.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_first_release_keeps_what_people_entered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    let mut old = Connection::open(&path).unwrap();
    connection::migrations::migrations::runner().set_target(refinery::Target::Version(1)).run(&mut old).unwrap();
    old.execute_batch(include_str!("../tests/first_release.sqlite.sql")).unwrap();
    drop(old);
    let store = open(&path).unwrap();
    conformance::what_the_first_release_left_is_there(&store).await;
    // Ranks and keys that were given are not given again, by this process or the next.
    let rank = |id: DemandId| -> i64 {
        let sql = "SELECT rank FROM demands WHERE id = ?1";
        Connection::open(&path).unwrap().query_row(sql, [id.0], |row| row.get(0)).unwrap()
    };
    let tenth = submit(&store, &[("courriel", "l@exemple.fr")]).await.0;
    assert_eq!(rank(tenth), 10, "nine was given, and is erased");
    store.erase(tenth, now()).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&path, Terms::default(), Arc::new(SeededEntropy::new(8))).unwrap();
    assert_eq!(rank(submit(&store, &[("courriel", "n@exemple.fr")]).await.0), 11);
    conformance::it_knows_what_later_releases_do(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_not_known_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.db");
    let store = open(&path).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch(include_str!("../tests/first_release.sqlite.sql")).unwrap();
    db.execute_batch(conformance::UNKNOWN_WORDS).unwrap();
    conformance::unknown_words_are_named(&store).await;
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
    assert_eq!(submit(&ours, &fields("c@exemple.fr")).await.1, crate::store::Given::WaitingList);
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
        assert_eq!(given, crate::store::Given::Place);
    }
    assert_eq!(store.export("s1").await.unwrap().unwrap().len(), 2);
}
