//! What only a server does: several instances, a server that is killed, tables that refuse.

use std::{future::Future, sync::Arc};

use harness::postgres::Postgres;

use super::*;
use crate::{
    store::{
        Actor, Changed, ContentStore, EnrolmentStore, Given, ScheduleStore, Store, StoreError, Submitted, TeamStore,
        sqlite::SqliteStore,
        tests::conformance::{self, Together, at, form, now, record, submit},
    },
    system::SystemEntropy,
};

async fn open(address: &str) -> PostgresStore {
    let server = Server::parse(address).unwrap();
    PostgresStore::open(&server, Terms::default(), Arc::new(SystemEntropy)).await.unwrap()
}

/// Runs a promise on a database of its own.
async fn keeps<F: Future<Output = ()>>(server: &Postgres, name: &str, promise: impl FnOnce(Arc<dyn Store>) -> F) {
    promise(Arc::new(open(&server.database(name)).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_on_a_server_too() {
    let Some(server) = Postgres::for_test("every_promise_is_kept_on_a_server_too") else { return };
    macro_rules! keeps_each {
        ($($name:ident),+ $(,)?) => {$(
            keeps(&server, stringify!($name), conformance::$name).await;
        )+};
    }
    conformance::promises!(keeps_each);
    let (a, b) = (open(&server.database("a")).await, open(&server.database("b")).await);
    conformance::a_repeated_demand_is_outwardly_ordinary(Arc::new(a), Arc::new(b)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operations_in_one_batch_are_the_same_two_one_by_one() {
    let Some(server) = Postgres::for_test("two_operations_in_one_batch_are_the_same_two_one_by_one") else { return };
    // The embedded database takes one after the other, and is the model.
    let folder = tempfile::tempdir().unwrap();
    let model = SqliteStore::open(&folder.path().join("base.db"), Terms::default(), Arc::new(SystemEntropy)).unwrap();
    let model = conformance::every_pair(Arc::new(model), Together::No).await;
    let ours = conformance::every_pair(Arc::new(open(&server.database("base")).await), Together::Yes).await;
    for (model, ours) in model.iter().zip(&ours) {
        assert_eq!(model, ours);
    }
    assert_eq!(model.len(), ours.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_instances_share_one_truth() {
    let Some(server) = Postgres::for_test("several_instances_share_one_truth") else { return };
    let address = server.database("base");
    // Whoever starts first makes the tables; the others wait.
    let stores: Vec<_> = (0..3)
        .map(|_| {
            let address = address.clone();
            tokio::spawn(async move { Arc::new(open(&address).await) })
        })
        .collect();
    let mut instances = Vec::new();
    for store in stores {
        instances.push(store.await.unwrap());
    }
    instances[0].sync_sessions(vec![record("s1", 12)], now()).await.unwrap();
    let mut woken = instances[2].states();
    woken.mark_unchanged();
    let sent: Vec<_> = (0..300)
        .map(|n| {
            let store = Arc::clone(&instances[n % 3]);
            // A third of the forms is sent twice, to two instances at once.
            let who = if n % 3 == 2 { n - 1 } else { n };
            let fields = form(&[("courriel", &format!("p{who}@exemple.fr")), ("envoi", &format!("k{who}"))]);
            tokio::spawn(async move { store.submit(fields, now()).await.unwrap() })
        })
        .collect();
    let mut answers = std::collections::HashMap::new();
    for (n, task) in sent.into_iter().enumerate() {
        let who = if n % 3 == 2 { n - 1 } else { n };
        let answer = task.await.unwrap();
        assert_eq!(*answers.entry(who).or_insert(answer), answer, "twins get one answer");
    }
    let list = instances[1].export("s1").await.unwrap().unwrap();
    assert_eq!(list.len(), 200);
    let places = list.iter().take_while(|row| row.standing == crate::enrolment::Standing::Enrolled).count();
    let all = list.iter().filter(|row| row.standing == crate::enrolment::Standing::Enrolled).count();
    assert_eq!((places, all), (12, 12), "the first twelve have the places");
    tokio::time::timeout(Duration::from_secs(20), woken.changed()).await.expect("every instance hears of it").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_instance_wrote_is_read_again() {
    let Some(server) = Postgres::for_test("what_another_instance_wrote_is_read_again") else { return };
    let address = server.database("base");
    let (ours, theirs) = (open(&address).await, open(&address).await);
    let send = async |store: &PostgresStore, who: &str| submit(store, &[("courriel", who), ("envoi", "k")]).await;
    ours.sync_sessions(vec![record("s1", 1)], now()).await.unwrap();
    // Each knows the session when the other writes about it: a demand, its end, an erasure, the
    // limit, a purge.
    let first = send(&ours, "a@exemple.fr").await;
    let second = send(&theirs, "b@exemple.fr").await;
    assert_eq!((first.1, second.1), (Given::Place, Given::WaitingList));
    assert_eq!(send(&ours, "b@exemple.fr").await, second);
    theirs.cancel(first.0, Actor::Person, now()).await.unwrap();
    assert_eq!(send(&ours, "c@exemple.fr").await.1, Given::WaitingList, "the place went on");
    theirs.erase(second.0, now()).await.unwrap();
    assert_ne!(send(&ours, "b@exemple.fr").await.0, second.0);
    theirs.sync_sessions(vec![record("s1", 4)], now()).await.unwrap();
    assert_eq!(send(&ours, "d@exemple.fr").await.1, Given::Place);
    assert_eq!(send(&ours, "e@exemple.fr").await.1, Given::Place);
    assert_eq!(send(&ours, "f@exemple.fr").await.1, Given::WaitingList);
    theirs.sync_sessions(Vec::new(), now()).await.unwrap();
    let refused = ours.submit(form(&[("courriel", "g@exemple.fr")]), now()).await.unwrap();
    assert_eq!(refused, Submitted::UnknownSession);
    theirs.sync_sessions(vec![record("s1", 4)], now()).await.unwrap();
    let session =
        theirs.scheduled(at("2027-03-17T00:00:00Z"), at("2027-03-18T00:00:00Z"), now()).await.unwrap()[0].session;
    let erase = Operation::EraseSession { session, ends: record("s1", 4).schedule.ends };
    assert_eq!(theirs.change(erase, now()).await.unwrap(), Changed::Done);
    assert_eq!(send(&ours, "a@exemple.fr").await.1, Given::Place, "nobody is there any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_refuse_what_no_rule_would_ask() {
    let Some(server) = Postgres::for_test("the_tables_refuse_what_no_rule_would_ask") else { return };
    let store = open(&server.database("base")).await;
    store.sync_sessions(vec![record("s1", 1)], now()).await.unwrap();
    submit(&store, &[("courriel", "a@exemple.fr"), ("envoi", "k")]).await;
    let (second, _) = submit(&store, &[("courriel", "b@exemple.fr")]).await;
    let client = store.pool.get().await.unwrap();
    let over = tokio_postgres::Client::execute(
        &client,
        "UPDATE demands SET standing = 'enrolled' WHERE id = $1",
        &[&second.0.as_slice()],
    )
    .await;
    assert!(format!("{:?}", over.unwrap_err()).contains("would be overfull"));
    let columns = "session, standing, to_confirm, places, first_name, name_key, email, email_key, cautions, other_parent, shared_device, lang, asked_at";
    let copy = |id: &str, envoi: &str| {
        format!(
            "INSERT INTO demands (rank, id, envoi, fingerprint, answer, {columns}) SELECT 99, '{id}', {envoi}, \
             CASE WHEN {envoi} IS NULL THEN NULL ELSE fingerprint END, CASE WHEN {envoi} IS NULL THEN NULL ELSE answer END, \
             {columns} FROM demands WHERE envoi = 'k'"
        )
    };
    let over = client.batch_execute(&copy("0123456789abcdef", "NULL::text")).await.unwrap_err();
    assert!(format!("{over:?}").contains("would be overfull"), "{over:?}");
    let twice = client.batch_execute(&copy("0123456789abcdef", "'k'")).await;
    assert!(format!("{:?}", twice.unwrap_err()).contains("demands_form"), "one form, one demand");
    // A limit below those enrolled drops nobody, and their rows go on changing.
    store.sync_sessions(vec![record("s1", 0)], now()).await.unwrap();
    client.batch_execute("UPDATE demands SET to_confirm = FALSE").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_is_gone_on_with() {
    let Some(mut server) = Postgres::for_test("a_server_that_was_killed_is_gone_on_with") else { return };
    let store = Arc::new(open(&server.database("base")).await);
    store.sync_sessions(vec![record("s1", 12)], now()).await.unwrap();
    let (first, _) = submit(&*store, &[("courriel", "a@exemple.fr")]).await;
    server.kill();
    // A process of the server that served us may outlive its parent for an instant.
    let gone = async { while store.prove_writable(now()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("nobody answers any more");
    let waits = Arc::clone(&store);
    let during = tokio::spawn(async move { submit(&*waits, &[("courriel", "b@exemple.fr")]).await });
    let server = tokio::task::spawn_blocking(move || {
        server.start();
        server
    });
    let server = server.await.unwrap();
    during.await.expect("what was asked meanwhile is answered");
    store.prove_writable(now()).await.unwrap();
    assert!(store.follow_up(first, now()).await.unwrap().is_some());
    assert_eq!(store.export("s1").await.unwrap().unwrap().len(), 2);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_commit_that_nobody_answered_is_not_guessed() {
    let Some(server) = Postgres::for_test("what_became_of_a_commit_that_nobody_answered_is_not_guessed") else {
        return;
    };
    let address = server.database("base");
    let store = open(&address).await;
    store.sync_sessions(vec![record("s1", 12)], now()).await.unwrap();
    let fields = [("courriel", "a@exemple.fr"), ("envoi", "k")];
    // Before the commit, it is known to have come to nothing.
    server.query("base", "ALTER TABLE demands RENAME TO elsewhere");
    let before = store.submit(form(&fields), now()).await;
    assert!(matches!(before, Err(StoreError::Unavailable(_))), "{before:?}");
    server.query("base", "ALTER TABLE elsewhere RENAME TO demands");
    // A constraint that is looked at as the commit begins ends the connection that asked for it.
    server.query(
        "base",
        "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON demands
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hang_up();",
    );
    let amid = store.submit(form(&fields), now()).await;
    assert!(matches!(amid, Err(StoreError::Unsure(_))), "{amid:?}");
    server.query("base", "DROP TRIGGER hang_up ON demands");
    let again = store.submit(form(&fields), now()).await;
    assert!(matches!(again, Ok(Submitted::Recorded { .. })), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_from_a_newer_version_is_refused() {
    let Some(server) = Postgres::for_test("a_database_from_a_newer_version_is_refused") else { return };
    let address = server.database("base");
    drop(open(&address).await);
    server.query(
        "base",
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '', '')",
    );
    let parsed = Server::parse(&address).unwrap();
    let refused = PostgresStore::open(&parsed, Terms::default(), Arc::new(SystemEntropy)).await;
    assert_eq!(refused.unwrap_err().id, "base-plus-recente");
    let nowhere = Server::parse(&address.replace("/base", "/nulle_part")).unwrap();
    let refused = PostgresStore::open(&nowhere, Terms::default(), Arc::new(SystemEntropy)).await;
    assert_eq!(refused.unwrap_err().id, "base-postgres-absente");
}
