//! Links that somebody lost, and the letter that holds them.

use std::sync::Arc;

use super::*;

/// What the letters with lost links hold that were written since the last call: to whom, and which
/// demands.
async fn found(store: &dyn Store, email: &str, now: Timestamp) -> Vec<(String, Vec<DemandId>)> {
    store.write_found_again(email.to_lowercase(), now).await.unwrap();
    let claimed = store.claim_messages(1000, Recipients::All, now, at("2027-06-01T00:00:00Z")).await.unwrap();
    let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
    store.settle_messages(sent, now).await.unwrap();
    let letters = claimed.iter().filter_map(to_person).filter(|letter| letter.kind == MessageKind::FoundAgain);
    letters.map(|l| (l.recipient.clone(), l.found.iter().map(|found| found.id).collect())).collect()
}

pub(crate) async fn lost_links_go_to_the_address_as_it_was_recorded_and_hold_what_a_letter_may_hold(
    store: Arc<dyn Store>,
) {
    let store = &*store;
    let mut later = record("s2", 1);
    later.schedule.starts = at("2027-03-24T17:00:00Z");
    later.schedule.ends = at("2027-03-24T19:00:00Z");
    sync(store, vec![later, record("s1", 9), record("s3", 9)]).await;
    let (second, _) = submit(store, &[("courriel", "Ana@exemple.fr"), ("seance", "s2")]).await;
    let (first, _) = submit(store, &[("courriel", "ana@exemple.fr")]).await;
    let (waits, _) = submit(store, &[("courriel", "bea@exemple.fr"), ("seance", "s2")]).await;
    let careful =
        [("courriel", "carl@exemple.fr"), ("telephone", "0612345678"), ("contact_prudent", "pas_de_courriel")];
    submit(store, &careful).await;
    let held = Submission { held: true, ..form(&[("courriel", "dora@exemple.fr")]) };
    store.submit(held, now()).await.unwrap();
    outbox(store).await;
    // By their sessions, whatever was typed; the one who waits too.
    assert_eq!(found(store, "ANA@exemple.fr", now()).await, [("ana@exemple.fr".to_owned(), vec![first, second])]);
    assert_eq!(found(store, "bea@exemple.fr", now()).await, [("bea@exemple.fr".to_owned(), vec![waits])]);
    for nobody in ["inconnu@exemple.fr", "carl@exemple.fr", "dora@exemple.fr"] {
        assert_eq!(found(store, nobody, now()).await, [], "{nobody}");
    }
    // A careful demand keeps quiet, and silences no other of the same address.
    let (again, _) = submit(store, &[("courriel", "carl@exemple.fr"), ("prenom", "Zoé")]).await;
    outbox(store).await;
    assert_eq!(found(store, "carl@exemple.fr", now()).await, [("carl@exemple.fr".to_owned(), vec![again])]);
    // One that was moved goes by its new name; what is cancelled or over is not looked for.
    store.move_to(first, "s3".to_owned(), now()).await.unwrap();
    let moved = store.follow_up(first, now()).await.unwrap().unwrap().current;
    outbox(store).await;
    assert_eq!(found(store, "ana@exemple.fr", now()).await[0].1, [moved, second]);
    assert_eq!(found(store, "ana@exemple.fr", at("2027-03-17T19:00:00Z")).await[0].1, [second], "s3 is over");
    store.cancel(second, Actor::Person, now()).await.unwrap();
    outbox(store).await;
    assert_eq!(found(store, "ana@exemple.fr", at("2027-03-17T19:00:00Z")).await, []);
    // A repetition is listed; released as such, at the same address, it is not: at another, it is.
    let (twin, _) = submit(store, &[("courriel", "ana@exemple.fr"), ("seance", "s3")]).await;
    let own = [("courriel", "ex@exemple.fr"), ("telephone", "0611111111"), ("seance", "s3")];
    submit(store, &[("telephone", "0611111111"), ("seance", "s3")]).await;
    let (ghost, _) = submit(store, &own).await;
    outbox(store).await;
    assert_eq!(found(store, "ana@exemple.fr", now()).await[0].1, [moved, twin]);
    for merged in [twin, ghost] {
        assert_eq!(store.merge(merged, Actor::Team, now()).await.unwrap(), Changed::Done);
    }
    assert_eq!(found(store, "ana@exemple.fr", now()).await[0].1, [moved]);
    assert_eq!(found(store, "ex@exemple.fr", now()).await[0].1, [ghost], "its sender sees nothing of it");
}

pub(crate) async fn a_letter_with_lost_links_waits_once_and_never_outlives_what_it_tells(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 9)]).await;
    let (id, _) = submit(store, &[("courriel", "ana@exemple.fr")]).await;
    outbox(store).await;
    for _ in 0..3 {
        store.write_found_again("ana@exemple.fr".to_owned(), now()).await.unwrap();
    }
    let written = outbox(store).await;
    assert_eq!(written, [(MessageKind::FoundAgain, "ana@exemple.fr".to_owned())]);
    assert_eq!(store.next_message(Recipients::All).await.unwrap(), None, "it has left");
    // Its row hangs on a demand whose sender may be somebody else: they are not told of it.
    let told = store.personal(id).await.unwrap().unwrap().messages;
    let told: Vec<_> = told.iter().filter_map(|message| message.kind.name_for_its_sender()).collect();
    assert_eq!(told, ["place"]);
    // Erased, or careful, before it leaves: it does not.
    store.write_found_again("ana@exemple.fr".to_owned(), now()).await.unwrap();
    store.erase(id, now()).await.unwrap();
    assert_eq!(outbox(store).await, [(MessageKind::Erased, "ana@exemple.fr".to_owned())]);
    assert_eq!(store.next_message(Recipients::All).await.unwrap(), None);
}
