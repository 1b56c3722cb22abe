//! What whoever restores a backup needs: what was erased, and letters that wait.

use std::sync::Arc;

use super::*;
use crate::store::{Erased, Mark, Operation, Recipients, Withheld};

pub(crate) async fn what_is_erased_is_noted_with_the_erasure_by_each_id_that_led_to_it(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 9), record("s2", 9)]).await;
    let (first, _) = submit(&*store, &[("courriel", "a@exemple.fr")]).await;
    submit(&*store, &[("courriel", "b@exemple.fr"), ("seance", "s2")]).await;
    assert_eq!(store.erased().await.unwrap(), []);
    store.move_to(first, "s2".to_owned(), now()).await.unwrap();
    let moved = store.follow_up(first, now()).await.unwrap().unwrap().current;
    let told = store.erasures();
    store.erase(first, now()).await.unwrap();
    assert!(told.has_changed().unwrap(), "whoever notes it elsewhere is woken");
    let mut noted = store.erased().await.unwrap();
    noted.sort();
    let mut expected = [first, moved].map(|id| Erased { at: now(), what: Mark::Demand(id) });
    expected.sort();
    assert_eq!(noted, expected);
    // A session's people, by the session alone.
    let (ends, late) = (record("s2", 9).schedule.ends, at("2027-07-01T00:00:00Z"));
    let session = store.ended(late).await.unwrap().into_iter().find(|ended| ended.id == "s2").unwrap().key;
    store.change(Operation::EraseSession { session, ends }, late).await.unwrap();
    store.replace_key_fingerprint("first".to_owned(), now()).await.unwrap();
    store.replace_key_fingerprint("second".to_owned(), late).await.unwrap();
    let noted: Vec<_> = store.erased().await.unwrap().into_iter().skip(2).collect();
    let session = Erased { at: late, what: Mark::Session("s2".to_owned(), ends) };
    let key = Erased { at: late, what: Mark::Key("first".to_owned()) };
    assert_eq!(noted, [session.clone(), key.clone()]);
    // What others know is known once.
    let other = Erased { at: now(), what: Mark::Demand(DemandId([3; 16])) };
    for _ in 0..2 {
        store.note_erased(vec![session.clone(), key.clone(), other.clone()]).await.unwrap();
    }
    assert_eq!(store.erased().await.unwrap().len(), 5);
}

pub(crate) async fn what_a_backup_brought_back_is_erased_without_a_letter_and_its_place_goes_on(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 1)]).await;
    let (first, _) = submit(&*store, &[("courriel", "a@exemple.fr")]).await;
    let (waits, _) = submit(&*store, &[("courriel", "b@exemple.fr")]).await;
    outbox(&*store).await;
    for expected in [Changed::Done, Changed::Unknown] {
        assert_eq!(store.change(Operation::EraseAgain { id: first }, now()).await.unwrap(), expected);
    }
    assert_eq!(store.follow_up(first, now()).await.unwrap(), None);
    assert_eq!(shown(&*store, waits).await, Shown::Live(Given::Place));
    let told: Vec<_> = outbox(&*store).await.into_iter().map(|(_, to)| to).collect();
    assert!(told.iter().all(|to| to == "b@exemple.fr"), "they were told already: {told:?}");
    assert_eq!(store.erased().await.unwrap().len(), 1);
}

pub(crate) async fn letters_are_withheld_until_somebody_lets_them_go(store: Arc<dyn Store>) {
    let later = at("2027-03-01T13:00:00Z");
    for drop_former in [false, true] {
        let session = if drop_former { "s2" } else { "s1" };
        sync(&*store, vec![record("s1", 9), record("s2", 9)]).await;
        submit(&*store, &[("courriel", "a@exemple.fr"), ("seance", session)]).await;
        let (last, _) = submit(&*store, &[("courriel", "b@exemple.fr"), ("seance", session)]).await;
        store.erase(last, now()).await.unwrap();
        assert_eq!(store.withheld_letters().await.unwrap(), None);
        store.withhold_letters(now()).await.unwrap();
        let new = form(&[("courriel", "c@exemple.fr"), ("seance", session)]);
        store.submit(new, later).await.unwrap();
        assert_eq!(store.next_message(Recipients::All).await.unwrap(), None);
        assert_eq!(store.claim_messages(9, Recipients::All, later, later).await.unwrap(), []);
        let Withheld { since, former, new } = store.withheld_letters().await.unwrap().unwrap();
        assert!(since == now() && former >= 2 && new >= 1, "{former} {new}");
        let dropped = store.release_letters(drop_former).await.unwrap();
        assert_eq!(dropped, if drop_former { former } else { 0 });
        assert_eq!(store.withheld_letters().await.unwrap(), None);
        let left = store.claim_messages(99, Recipients::All, later, at("2027-03-02T00:00:00Z")).await.unwrap();
        assert_eq!(left.len(), former + new - dropped);
        let to: Vec<_> = left.iter().filter_map(to_person).map(|letter| letter.recipient.as_str()).collect();
        assert!(to.contains(&"c@exemple.fr") && to.contains(&"a@exemple.fr") != drop_former, "{to:?}");
        let sent = left.iter().map(|letter| (letter.key, Attempt::Sent)).collect();
        store.settle_messages(sent, later).await.unwrap();
    }
}

pub(crate) async fn what_is_looked_at_from_outside_is_counted(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 9), record("s2", 9)]).await;
    submit(&*store, &[("courriel", "a@exemple.fr")]).await;
    let seen = store.inspect(now()).await.unwrap();
    assert!(seen.damage.is_empty() && seen.orphans == 0, "{seen:?}");
    assert!(["UTF8", "UTF-8"].contains(&seen.encoding.as_str()), "{seen:?}");
    assert_eq!((seen.waiting, seen.undeliverable, seen.latest), ((1, Some(now())), 0, Some(now())));
    let asked: Vec<_> = seen.asked.iter().map(|(session, orphaned)| (session.id.as_str(), *orphaned)).collect();
    assert_eq!(asked, [("s1", false)], "where somebody is enrolled");
    assert_eq!((seen.counts["demands"], seen.counts["sessions"]), (1, 2));
    sync(&*store, vec![record("s2", 9)]).await;
    assert!(store.inspect(now()).await.unwrap().asked[0].1, "it left the content");
}
