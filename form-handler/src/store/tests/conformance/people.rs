//! What people change of their own demands.

use std::sync::Arc;

use super::*;
use crate::store::Operation;

/// Less than a day before the session of [`record`].
fn shortly() -> Timestamp {
    at("2027-03-17T07:00:00Z")
}

fn details(fields: &[(&'static str, &str)]) -> ContactDetails {
    read_contact(&Values::of(fields.iter().copied()), true).unwrap()
}

pub(crate) async fn a_place_freed_shortly_before_is_offered_accepted_or_passed_on(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 1)]).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(submit(&*store, &[("courriel", &format!("{name}@exemple.fr"))]).await.0);
    }
    outbox(&*store).await;
    let shown_at = async |id, when| store.follow_up(id, when).await.unwrap().unwrap().shown;
    store.cancel(ids[0], Actor::Person, shortly()).await.unwrap();
    let until = at("2027-03-17T11:00:00Z");
    assert_eq!(shown_at(ids[1], shortly()).await, Shown::Live(Given::Offer(until)));
    assert_eq!(store.next_expiry().await.unwrap(), Some(until));
    assert_eq!(store.expire(shortly()).await.unwrap(), 0, "not yet");
    let told = store.claim_messages(9, Recipients::All, shortly(), until).await.unwrap();
    assert_eq!(
        told.iter().filter_map(to_person).map(|m| (m.kind, m.offered_until)).collect::<Vec<_>>(),
        [(MessageKind::Cancelled, None), (MessageKind::PlaceOffered, Some(until)),]
    );
    // Nobody answers: it goes on.
    assert_eq!(store.expire(until).await.unwrap(), 1);
    assert_eq!(shown_at(ids[1], until).await, Shown::Expired);
    assert_eq!(store.accept(ids[1], until).await.unwrap(), Changed::TooLate);
    assert_eq!(store.cancel(ids[1], Actor::Person, until).await.unwrap(), Changed::Done, "there is nothing to cancel");
    // The next accepts, once or twice.
    let later = at("2027-03-17T14:00:00Z");
    assert_eq!(shown_at(ids[2], until).await, Shown::Live(Given::Offer(later)));
    for _ in 0..2 {
        assert_eq!(store.accept(ids[2], until).await.unwrap(), Changed::Done);
    }
    assert_eq!(store.expire(later).await.unwrap(), 0);
    assert_eq!(store.next_expiry().await.unwrap(), None);
    assert_eq!(shown_at(ids[2], later).await, Shown::Live(Given::Place));
    assert_eq!(shown_at(ids[3], later).await, Shown::Live(Given::WaitingList));
    assert_eq!(store.accept(ids[3], later).await.unwrap(), Changed::TooLate, "nothing is offered to them");
    assert_eq!(store.accept(DemandId([0; 16]), later).await.unwrap(), Changed::Unknown);
}

pub(crate) async fn a_demand_moves_where_there_is_a_place_and_its_link_follows(store: Arc<dyn Store>) {
    let mut elsewhere = record("s4", 9);
    elsewhere.group = "peres".to_owned();
    sync(&*store, vec![record("s1", 1), record("s2", 1), record("s3", 9), elsewhere]).await;
    let (first, _) = submit(&*store, &[("courriel", "a@exemple.fr"), ("envoi", "k1")]).await;
    let (waits, _) = submit(&*store, &[("courriel", "b@exemple.fr")]).await;
    let (there, _) = submit(&*store, &[("courriel", "c@exemple.fr"), ("seance", "s2")]).await;
    outbox(&*store).await;
    let go = async |id, to: &str| store.move_to(id, to.to_owned(), now()).await.unwrap();
    assert_eq!(go(first, "s2").await, Changed::Refused(State::Full));
    assert_eq!(go(first, "s4").await, Changed::UnknownSession, "another group has conditions of its own");
    assert_eq!(go(first, "nulle-part").await, Changed::UnknownSession);
    assert_eq!(go(first, "s1").await, Changed::Done, "it is there");
    assert_eq!(shown(&*store, first).await, Shown::Live(Given::Place), "what was refused changed nothing");
    assert_eq!(go(first, "s3").await, Changed::Done);
    let page = store.follow_up(first, now()).await.unwrap().unwrap();
    assert_eq!((page.session.record.id.as_str(), page.shown), ("s3", Shown::Live(Given::Place)));
    assert_ne!(page.current, first);
    assert_eq!(shown(&*store, waits).await, Shown::Live(Given::Place), "the place that it left went on");
    assert_eq!(
        outbox(&*store).await.into_iter().map(|(kind, to)| (kind, to.replace("@exemple.fr", ""))).collect::<Vec<_>>(),
        [(MessageKind::Place, "a".to_owned()), (MessageKind::PlaceFreed, "b".to_owned()),]
    );
    // Both links are the person's: the old form still answers as it did, and the old link cancels.
    assert_eq!(submit(&*store, &[("courriel", "a@exemple.fr"), ("envoi", "k1")]).await.0, first);
    store.cancel(there, Actor::Person, now()).await.unwrap();
    assert_eq!(go(first, "s2").await, Changed::Done, "moved twice");
    assert_eq!(store.follow_up(first, now()).await.unwrap().unwrap().session.record.id, "s2");
    assert_eq!(store.cancel(first, Actor::Person, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(&*store, page.current).await, Shown::Cancelled);
    for session in ["s2", "s3"] {
        assert_eq!(go(first, session).await, Changed::Ended);
    }
    for session in ["s2", "s3"] {
        assert_eq!(store.export(session).await.unwrap(), Some(vec![]));
    }
}

pub(crate) async fn a_contact_changes_and_letters_follow_it(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 1)]).await;
    let (id, _) = submit(&*store, &[("courriel", "ancien@exemple.fr")]).await;
    let fields = [("courriel", "neuf@exemple.fr"), ("telephone", "0612345678"), ("contact_prudent", "soir")];
    assert_eq!(store.rewrite(id, details(&fields), now()).await.unwrap(), Changed::Done);
    assert_eq!(
        outbox(&*store).await,
        [(MessageKind::Place, "neuf@exemple.fr".to_owned())],
        "nothing goes to the former one"
    );
    let recorded = store.personal(id).await.unwrap().unwrap();
    assert_eq!((recorded.email.as_deref(), recorded.phone.as_deref()), (Some("neuf@exemple.fr"), Some("+33612345678")));
    assert_eq!((recorded.cautions.names(), recorded.first_name.as_str()), (vec!["soir"], "Marie"));
    // The new contact is the one that is compared.
    submit(&*store, &[("courriel", "neuf@exemple.fr"), ("prenom", "Zoé")]).await;
    assert!(store.export("s1").await.unwrap().unwrap()[1].repeats);
    store.rewrite(id, details(&[("telephone", "0612345678")]), now()).await.unwrap();
    assert_eq!(store.personal(id).await.unwrap().unwrap().email, None);
    store.cancel(id, Actor::Person, now()).await.unwrap();
    assert_eq!(store.rewrite(id, details(&fields), now()).await.unwrap(), Changed::Ended);
}

pub(crate) async fn a_code_goes_to_the_person_and_not_too_often(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 9)]).await;
    let (id, _) = submit(&*store, &[("courriel", "a@exemple.fr")]).await;
    let careful = [("courriel", "b@exemple.fr"), ("telephone", "0612345678"), ("contact_prudent", "pas_de_courriel")];
    let (silent, _) = submit(&*store, &careful).await;
    outbox(&*store).await;
    for _ in 0..3 {
        assert_eq!(store.send_code(id, now()).await.unwrap(), CodeAsked::Sent);
    }
    assert_eq!(outbox(&*store).await, [(MessageKind::Code, "a@exemple.fr".to_owned())]);
    assert_eq!(store.send_code(id, at("2027-03-01T12:02:00Z")).await.unwrap(), CodeAsked::Sent);
    let again = store.claim_messages(9, Recipients::All, at("2027-03-01T12:02:00Z"), shortly()).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(store.send_code(silent, now()).await.unwrap(), CodeAsked::NoAddress);
    assert!(!store.follow_up(silent, now()).await.unwrap().unwrap().may_be_written_to);
    assert_eq!(store.send_code(DemandId([0; 16]), now()).await.unwrap(), CodeAsked::Unknown);
}

pub(crate) async fn what_a_person_has_erased_is_gone_and_its_place_goes_on(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 1), record("s2", 9)]).await;
    let (first, _) = submit(&*store, &[("courriel", "a@exemple.fr"), ("seance", "s2"), ("envoi", "k")]).await;
    store.move_to(first, "s1".to_owned(), now()).await.unwrap();
    let (waits, _) = submit(&*store, &[("courriel", "b@exemple.fr")]).await;
    let moved = store.follow_up(first, now()).await.unwrap().unwrap().current;
    assert_eq!(store.erase(first, now()).await.unwrap(), Changed::Done);
    for id in [first, moved] {
        assert_eq!(store.follow_up(id, now()).await.unwrap(), None, "as if it never was");
        assert_eq!(store.personal(id).await.unwrap(), None);
        assert_eq!(store.erase(id, now()).await.unwrap(), Changed::Unknown);
    }
    assert_eq!(shown(&*store, waits).await, Shown::Live(Given::Place));
    assert_eq!(store.export("s2").await.unwrap(), Some(vec![]));
    let told: Vec<_> = outbox(&*store).await.into_iter().filter(|(_, to)| to.starts_with("a@")).collect();
    assert_eq!(told, [(MessageKind::Erased, "a@exemple.fr".to_owned())], "what waited to be written is not, but this");
    let (again, _) = submit(&*store, &[("courriel", "a@exemple.fr"), ("seance", "s2"), ("envoi", "k")]).await;
    assert_ne!(again, first, "the form is forgotten too");
    // Over or cancelled, what is recorded can still be erased.
    assert_eq!(store.erase(waits, at("2027-04-01T00:00:00Z")).await.unwrap(), Changed::Done);
}

pub(crate) async fn what_was_typed_of_the_other_parent_stays_so(store: Arc<dyn Store>) {
    let mut next = record("s2", 4);
    next.date = "2027-03-24".parse().unwrap();
    sync(&*store, vec![record("s1", 4), next]).await;
    let (typed, _) = submit(&*store, &[("courriel", "a@exemple.fr"), ("autre_parent", "oui")]).await;
    let (other, _) = submit(&*store, &[("courriel", "b@exemple.fr"), ("autre_parent", "non")]).await;
    store.confirm(typed, now()).await.unwrap();
    store.confirm(other, now()).await.unwrap();
    let list = store.export("s1").await.unwrap().unwrap();
    let seen: Vec<_> = list.iter().map(|row| (row.to_confirm, row.other_parent)).collect();
    assert_eq!(seen, [(false, true), (false, false)], "the team's mark is apart");
    let own = async |id| store.personal(id).await.unwrap().unwrap().other_parent;
    assert!(own(typed).await && !own(other).await);
    // It goes on with the demand.
    assert_eq!(store.move_to(typed, "s2".to_owned(), now()).await.unwrap(), Changed::Done);
    assert!(own(typed).await);
    assert!(store.export("s2").await.unwrap().unwrap()[0].other_parent);
}

/// What the team said of one date says nothing of another, where the other parent may come.
pub(crate) async fn another_date_is_confirmed_anew_where_the_other_parent_may_come(store: Arc<dyn Store>) {
    let store = &*store;
    let on = |id: &str, day: &str| SessionRecord { date: day.parse().unwrap(), ..record(id, 4) };
    let all = || vec![record("s1", 4), on("s2", "2027-03-24"), on("s3", "2027-03-31")];
    sync(store, all()).await;
    let with = [("courriel", "a@exemple.fr"), ("autre_parent", "oui")];
    let (with, without) = (submit(store, &with).await.0, submit(store, &[("courriel", "b@exemple.fr")]).await.0);
    let to_confirm = async |session: &str| {
        let rows = store.export(session).await.unwrap().unwrap();
        rows.into_iter().map(|row| (row.other_parent, row.to_confirm)).collect::<BTreeMap<_, _>>()
    };
    store.confirm(with, now()).await.unwrap();
    for id in [with, without] {
        assert_eq!(store.move_to(id, "s2".to_owned(), now()).await.unwrap(), Changed::Done);
    }
    assert_eq!(to_confirm("s2").await, [(false, false), (true, true)].into());
    // The team chooses a date: nothing is left to confirm. Going back is another matter.
    let facts = store.scheduled(at("2027-03-01T00:00:00Z"), at("2027-07-01T00:00:00Z"), now()).await.unwrap();
    let key = |day: &str| facts.iter().find(|facts| facts.date.to_string() == day).unwrap().session;
    assert_eq!(store.offer_next(with, key("2027-03-31"), now()).await.unwrap(), Changed::Done);
    assert_eq!(to_confirm("s3").await, [(true, false)].into());
    assert_eq!(store.move_to(with, "s2".to_owned(), now()).await.unwrap(), Changed::Done);
    assert_eq!(to_confirm("s2").await, [(false, false), (true, true)].into());
    // Nor does a session that is not held choose for the team.
    store.confirm(with, now()).await.unwrap();
    let mut off = all();
    off[1].schedule.cancelled = true;
    sync(store, off).await;
    for id in [with, without] {
        let carried = store.change(Operation::Carry { id, to: key("2027-03-31") }, now()).await.unwrap();
        assert_eq!(carried, Changed::Done);
    }
    assert_eq!(to_confirm("s3").await, [(false, false), (true, true)].into());
}

/// The id that a demand has once its contact is corrected, in these tests.
fn renewed(id: DemandId) -> DemandId {
    Key::from_bytes([1; 32]).renewed(id, ["x", "y"])
}

pub(crate) async fn a_mistyped_contact_is_corrected_and_its_links_open_nothing_any_more(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 9), record("s2", 9)]).await;
    let fields = [("courriel", "ana@gmial.example"), ("envoi", "k"), ("contact_prudent", "soir")];
    let (first, _) = submit(store, &fields).await;
    store.move_to(first, "s2".to_owned(), now()).await.unwrap();
    let moved = store.follow_up(first, now()).await.unwrap().unwrap().current;
    let right = [("courriel", "ana@gmail.example"), ("contact_prudent", "soir")];
    let new = renewed(first);
    for _ in 0..2 {
        let done = store.correct(first, new, details(&right), now()).await.unwrap();
        assert_eq!(done, Changed::Done, "once or twice");
    }
    for dead in [first, moved] {
        assert_eq!(store.follow_up(dead, now()).await.unwrap(), None, "as if it never was");
        assert_eq!(store.personal(dead).await.unwrap(), None);
        assert_eq!(store.cancel(dead, Actor::Person, now()).await.unwrap(), Changed::Unknown);
        assert_eq!(store.send_code(dead, now()).await.unwrap(), CodeAsked::Unknown);
        assert_eq!(store.correct(dead, renewed(moved), details(&right), now()).await.unwrap(), Changed::Unknown);
    }
    assert_eq!(outbox(store).await, [(MessageKind::Place, "ana@gmail.example".to_owned())], "and it is confirmed anew");
    let page = store.follow_up(new, now()).await.unwrap().unwrap();
    assert_eq!((page.current, page.shown, page.session.record.id.as_str()), (new, Shown::Live(Given::Place), "s2"));
    assert_eq!(store.personal(new).await.unwrap().unwrap().cautions.names(), ["soir"]);
    // The form that made it still has its answer: to whoever has the form, the link that opens.
    assert_eq!(submit(store, &fields).await.0, new);
    // It goes on like any other.
    store.move_to(new, "s1".to_owned(), now()).await.unwrap();
    assert_eq!(store.follow_up(new, now()).await.unwrap().unwrap().session.record.id, "s1");
    assert_eq!(store.follow_up(first, now()).await.unwrap(), None);
    assert_eq!(store.cancel(new, Actor::Person, now()).await.unwrap(), Changed::Done);
    assert_eq!(store.correct(new, renewed(new), details(&right), now()).await.unwrap(), Changed::Ended);
    // The same rules of repetition as for any other contact: the team alone hears of it.
    submit(store, &[("courriel", "bea@exemple.fr")]).await;
    let (typo, _) = submit(store, &[("courriel", "bea@example.fr")]).await;
    outbox(store).await;
    store.correct(typo, renewed(typo), details(&[("courriel", "bea@exemple.fr")]), now()).await.unwrap();
    assert_eq!(outbox(store).await, [(MessageKind::Place, "bea@exemple.fr".to_owned())], "nobody is asked anything");
    assert!(store.export("s1").await.unwrap().unwrap()[1].repeats);
    // Whoever corrected it without a code is shown nothing that was typed before.
    let more = [("courriel", "dora@gmial.example"), ("autre_parent", "oui"), ("autre_parent_prenom", "Marc")];
    let (typo, _) = submit(store, &more).await;
    outbox(store).await;
    store.correct(typo, renewed(typo), details(&[("courriel", "dora@gmail.example")]), now()).await.unwrap();
    outbox(store).await;
    let own = store.personal(renewed(typo)).await.unwrap().unwrap();
    assert_eq!((own.other_parent, own.other_parent_first_name), (true, None));
    let written: Vec<_> = own.messages.iter().map(|written| written.recipient.as_str()).collect();
    assert_eq!(written, ["dora@gmail.example"]);
    // What is held is corrected too, and nobody is written to.
    let held = Submission { held: true, ..form(&[("courriel", "carl@gmial.example")]) };
    let Submitted::Recorded { id: held, .. } = store.submit(held, now()).await.unwrap() else { panic!("it is held") };
    let done = store.correct(held, renewed(held), details(&[("courriel", "carl@gmail.example")]), now()).await.unwrap();
    assert_eq!((done, outbox(store).await), (Changed::Done, vec![]));
    assert_eq!(store.personal(renewed(held)).await.unwrap().unwrap().email.as_deref(), Some("carl@gmail.example"));
    let burst = store.bursts(now()).await.unwrap().pop().unwrap();
    store.answer_burst(burst.key, burst.last, crate::store::BurstAnswer::Admit, now()).await.unwrap();
    assert_eq!(outbox(store).await, [(MessageKind::Place, "carl@gmail.example".to_owned())]);
}

pub(crate) async fn a_link_that_was_closed_is_still_erased_and_noted(store: Arc<dyn Store>) {
    use crate::store::Mark;
    let store = &*store;
    sync(store, vec![record("s1", 9), record("s2", 9)]).await;
    let (first, _) = submit(store, &[("courriel", "ana@gmial.example")]).await;
    store.move_to(first, "s2".to_owned(), now()).await.unwrap();
    let moved = store.follow_up(first, now()).await.unwrap().unwrap().current;
    let new = renewed(first);
    store.correct(first, new, details(&[("courriel", "ana@gmail.example")]), now()).await.unwrap();
    assert_eq!(store.erase(new, now()).await.unwrap(), Changed::Done);
    let mut noted: Vec<_> = store.erased().await.unwrap().into_iter().map(|erased| erased.what).collect();
    noted.sort();
    let mut expected = [first, moved, new].map(Mark::Demand);
    expected.sort();
    assert_eq!(noted, expected, "a backup from before knows it by its former ids");
    let sessions = [store.export("s1").await.unwrap(), store.export("s2").await.unwrap()];
    assert_eq!(sessions, [Some(vec![]), Some(vec![])]);
    assert_eq!(store.inspect(now()).await.unwrap().counts["demands"], 0, "the row that was moved went with it");
}

pub(crate) async fn what_the_same_form_had_made_before_is_taken_back(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 9), record("s2", 9)]).await;
    let earlier = async |id| store.earlier(id, now()).await.unwrap().map(|page| page.current);
    let (first, _) = submit(store, &[("courriel", "ana@exemple.fr"), ("envoi", "k")]).await;
    let (second, _) = submit(store, &[("courriel", "ana@exemple.fr"), ("envoi", "k"), ("seance", "s2")]).await;
    let (third, _) = submit(store, &[("courriel", "ana@exemple.fr"), ("envoi", "k"), ("prenom", "Zoé")]).await;
    assert_eq!((earlier(first).await, earlier(second).await, earlier(third).await), (None, Some(first), Some(second)));
    // Other forms, and those without a key, know nothing of each other.
    let (other, _) = submit(store, &[("courriel", "ana@exemple.fr"), ("envoi", "autre")]).await;
    let (none, _) = submit(store, &[("courriel", "ana@exemple.fr")]).await;
    assert_eq!((earlier(other).await, earlier(none).await), (None, None));
    // Nor does what a button of a letter made: its key can be made by whoever holds the link.
    let key = format!("{}{first}", crate::store::COMES_BACK);
    submit(store, &[("courriel", "bea@exemple.fr"), ("envoi", &key)]).await;
    let (guessed, _) = submit(store, &[("courriel", "ex@exemple.fr"), ("envoi", &key)]).await;
    assert_eq!(earlier(guessed).await, None);
    // Never if either came from a shared device.
    for (first, second) in [("oui", ""), ("", "oui"), ("oui", "oui")] {
        let (key, shared) = (format!("p{first}{second}"), "appareil_partage");
        submit(store, &[("courriel", "c@exemple.fr"), ("envoi", &key), (shared, first)]).await;
        let (id, _) = submit(store, &[("courriel", "d@exemple.fr"), ("envoi", &key), (shared, second)]).await;
        assert_eq!(earlier(id).await, None, "{key}");
    }
    // It is found where it was moved to, and under another link; not once it is over.
    store.move_to(second, "s1".to_owned(), now()).await.unwrap();
    let moved = store.follow_up(second, now()).await.unwrap().unwrap().current;
    assert_eq!(earlier(third).await, Some(moved));
    store.correct(second, renewed(second), details(&[("courriel", "e@exemple.fr")]), now()).await.unwrap();
    assert_eq!(earlier(third).await, Some(renewed(second)));
    assert_eq!(store.cancel_earlier(renewed(second), third, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, renewed(second)).await, Shown::Cancelled);
    assert_eq!((shown(store, third).await, earlier(third).await), (Shown::Live(Given::Place), Some(first)));
    assert_eq!(store.earlier(third, at("2027-03-18T00:00:00Z")).await.unwrap(), None, "there is nothing to cancel");
}

/// Somebody sends the form twice, says by letter that it was them, then cancels the first of the
/// two from the second one's page: they are enrolled once, under the second.
pub(crate) async fn whoever_took_back_the_first_of_two_keeps_the_second(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2)]).await;
    let (first, _) = submit(store, &[("courriel", "ana@exemple.fr"), ("envoi", "k")]).await;
    let (second, _) = submit(store, &[("courriel", "ana@exemple.fr"), ("envoi", "k"), ("theme", "le sommeil")]).await;
    let (waits, _) = submit(store, &[("courriel", "bea@exemple.fr")]).await;
    let (other, _) = submit(store, &[("courriel", "carl@exemple.fr")]).await;
    assert_eq!(store.merge(second, Actor::Link, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, waits).await, Shown::Live(Given::Place), "its place went on");
    assert_eq!(store.cancel_earlier(first, second, now()).await.unwrap(), Changed::Done);
    assert_eq!(store.cancel_earlier(first, second, now()).await.unwrap(), Changed::Done, "twice is once");
    assert_eq!((shown(store, first).await, shown(store, second).await), (Shown::Cancelled, Shown::Live(Given::Place)));
    assert_eq!(shown(store, other).await, Shown::Live(Given::WaitingList), "the room is hers again");
    let list = store.export("s1").await.unwrap().unwrap();
    let enrolled = list.iter().filter(|row| row.standing == Standing::Enrolled).count();
    assert_eq!((list.len(), enrolled), (3, 2));
    // It is a real one: cancelled, it frees a place.
    store.cancel(second, Actor::Person, now()).await.unwrap();
    assert_eq!(shown(store, other).await, Shown::Live(Given::Place));
}
