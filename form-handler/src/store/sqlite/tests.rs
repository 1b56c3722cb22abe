use super::*;
use crate::{
    store::conformance::{self, form, now, record, submit},
    system::SeededEntropy,
};

fn open(path: &Path) -> Result<SqliteStore, Said> {
    SqliteStore::open(path, Arc::new(SeededEntropy::new(7)))
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

conforms!(
    two_hundred_at_once_fill_twelve_places,
    the_same_form_gets_the_first_answer,
    refusals_record_nothing,
    a_cancelled_place_goes_to_the_head_of_the_list,
    a_changed_limit_drops_nobody_and_serves_those_who_wait,
    only_a_shared_address_is_asked_and_may_merge,
    a_demand_to_confirm_holds_its_place_until_the_team_speaks,
    messages_are_claimed_once_and_retried_when_due,
    states_change_with_the_clock_and_say_when,
    what_was_kept_long_enough_is_erased,
);

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_demand_is_outwardly_ordinary() {
    let folder = tempfile::tempdir().unwrap();
    conformance::a_repeated_demand_is_outwardly_ordinary(new_store(&folder, "a.db"), new_store(&folder, "b.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let first = new_store(&folder, "base.db");
    first.sync_sessions(vec![record("s1", 1)], now()).await.unwrap();
    let (id, given) = submit(&*first, &[("courriel", "a@exemple.fr"), ("envoi", "k")]).await;
    drop(first);
    // Another stream of ids, as the system's would be.
    let again = SqliteStore::open(&folder.path().join("base.db"), Arc::new(SeededEntropy::new(8))).unwrap();
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
    let fails = store.writer.write(|db| Ok(db.execute("INSERT INTO topics VALUES (1, 99, '')", [])?));
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
