//! Demands that came in a burst, until the team lets them in or drops them.

use std::sync::Arc;

use jiff::civil::date;

use super::*;
use crate::{
    enrolment::TeamMessage,
    schedule::{Calendar, pass},
    store::{Burst, BurstAnswer, Operation, Recipients},
};

/// Records a demand that came in a burst.
async fn hold(store: &dyn Store, fields: &[(&'static str, &str)]) -> DemandId {
    let submission = Submission { held: true, ..form(fields) };
    match store.submit(submission, now()).await.unwrap() {
        Submitted::Recorded { id, given: Given::ToConfirm } => id,
        other => panic!("{other:?}"),
    }
}

async fn burst(store: &dyn Store) -> Burst {
    store.bursts(now()).await.unwrap().pop().expect("something is held")
}

async fn answer(store: &dyn Store, burst: &Burst, answer: BurstAnswer, when: Timestamp) -> Changed {
    store.answer_burst(burst.key, burst.last, answer, when).await.unwrap()
}

/// The letters to the team since the last call, by name.
async fn to_team(store: &dyn Store, now: Timestamp) -> Vec<&'static str> {
    let claimed = store.claim_messages(1000, Recipients::All, now, now).await.unwrap();
    let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
    store.settle_messages(sent, now).await.unwrap();
    claimed.iter().filter(|message| to_person(message).is_none()).map(Outgoing::name).collect()
}

pub(crate) async fn what_is_held_takes_nothing_until_the_team_lets_it_in(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2)]).await;
    let first = submit(store, &[("courriel", "a@x.fr")]).await.0;
    let early = hold(store, &[("courriel", "b@x.fr"), ("envoi", "k")]).await;
    let late = hold(store, &[("courriel", "c@x.fr"), ("autre_parent", "oui")]).await;
    assert_eq!(state(store).await, State::LastPlaces, "one place is left");
    let counted = store.counted(burst(store).await.key).await.unwrap().unwrap();
    assert_eq!((counted.occupied, counted.waiting, counted.to_confirm, counted.held), (1, 0, 0, 2));
    assert_eq!(store.to_confirm(now()).await.unwrap(), []);
    let rows = store.export("s1").await.unwrap().unwrap();
    assert_eq!(rows.iter().map(|row| row.standing).collect::<Vec<_>>()[1..], [Standing::Held, Standing::Held]);
    // The same form, sent again when the burst is over, has its first answer.
    assert_eq!(submit(store, &[("courriel", "b@x.fr"), ("envoi", "k")]).await, (early, Given::ToConfirm));
    // Whoever came since waits for nobody who is held.
    let since = submit(store, &[("courriel", "d@x.fr")]).await;
    assert_eq!(since.1, Given::Place);
    assert_eq!(outbox(store).await.len(), 2, "to those who have a place");
    // The team lets them in: in the order of arrival, and each hears of it.
    let burst = burst(store).await;
    assert_eq!((burst.count, burst.session.id.as_str()), (2, "s1"));
    store.cancel(first, Actor::Person, now()).await.unwrap();
    outbox(store).await;
    assert_eq!(answer(store, &burst, BurstAnswer::Admit, now()).await, Changed::Done);
    assert_eq!(shown(store, early).await, Shown::Live(Given::Place));
    assert_eq!(shown(store, late).await, Shown::Live(Given::ToConfirm));
    let told = [(MessageKind::Place, "b@x.fr".to_owned()), (MessageKind::ToConfirm, "c@x.fr".to_owned())];
    assert_eq!(outbox(store).await, told);
    assert_eq!(store.to_confirm(now()).await.unwrap().len(), 1);
    assert_eq!(state(store).await, State::Full);
    assert_eq!(answer(store, &burst, BurstAnswer::Drop, now()).await, Changed::Ended, "it is answered");
    assert_eq!(store.bursts(now()).await.unwrap(), []);
    // From now on they are as others are.
    store.send_code(early, now()).await.unwrap();
    store.cancel(early, Actor::Person, now()).await.unwrap();
    assert_eq!(outbox(store).await.len(), 2);
    assert_eq!(store.confirm(late, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, late).await, Shown::Live(Given::Place), "the place went on");
}

pub(crate) async fn a_flood_is_answered_whole_and_not_at_once(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 12)]).await;
    let email = |n: usize| format!("p{n}@x.fr");
    let submit = |n: usize| Submission { held: true, ..form(&[("courriel", &email(n))]) };
    for batch in 0..5 {
        let operations = (0..50).map(|n| Operation::Submit(Box::new(submit(50 * batch + n)))).collect();
        store.operate_together(operations, now()).await.unwrap();
    }
    let burst = burst(store).await;
    assert_eq!(burst.count, 250);
    assert_eq!(answer(store, &burst, BurstAnswer::Admit, now()).await, Changed::Done);
    let rows = store.export("s1").await.unwrap().unwrap();
    let places: Vec<_> = rows.iter().take_while(|row| row.standing == Standing::Enrolled).collect();
    let waiting = rows.iter().filter(|row| row.standing == Standing::Waiting).count();
    assert_eq!((places.len(), waiting), (12, 238), "in the order of arrival");
    assert_eq!(outbox(store).await.len(), 250);
}

pub(crate) async fn what_is_dropped_says_so_and_is_counted_nowhere(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2)]).await;
    submit(store, &[("courriel", "a@x.fr"), ("connu_par", "flyer")]).await;
    outbox(store).await;
    let id = hold(store, &[("courriel", "b@x.fr"), ("connu_par", "flyer")]).await;
    let gone = hold(store, &[("courriel", "c@x.fr"), ("connu_par", "flyer")]).await;
    store.cancel(gone, Actor::Person, now()).await.unwrap();
    assert_eq!(shown(store, gone).await, Shown::Cancelled);
    let burst = burst(store).await;
    let since = hold(store, &[("courriel", "d@x.fr")]).await;
    assert_eq!(answer(store, &burst, BurstAnswer::Drop, now()).await, Changed::Done);
    assert_eq!(shown(store, id).await, Shown::Dropped);
    assert_eq!(shown(store, since).await, Shown::Live(Given::ToConfirm), "the team had not seen it");
    assert_eq!(outbox(store).await, [], "nothing is written to anybody");
    assert_eq!(store.cancel(id, Actor::Person, now()).await.unwrap(), Changed::Ended);
    assert_eq!(answer(store, &burst, BurstAnswer::Admit, now()).await, Changed::Ended);
    let year = store.tallies(date(2027, 1, 1), date(2027, 12, 31)).await.unwrap();
    let asked: u32 = year.iter().map(|tally| tally.counts.asked).sum();
    assert_eq!(asked, 1, "what was never let in asked for nothing: {year:?}");
    // Its person may have it erased, and hears nothing of that either.
    assert_eq!(store.erase(id, now()).await.unwrap(), Changed::Done);
    assert_eq!(store.follow_up(id, now()).await.unwrap(), None);
    assert_eq!(outbox(store).await, []);
}

pub(crate) async fn what_is_held_is_written_to_nobody_whatever_is_asked(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 3), SessionRecord { date: date(2027, 4, 14), ..record("s2", 3) }]).await;
    let marie = submit(store, &[("courriel", "m@x.fr"), ("telephone", "0612345678")]).await.0;
    outbox(store).await;
    let fields = [("courriel", "m@x.fr"), ("telephone", "0612345678")];
    let (held, erased) = (hold(store, &fields).await, hold(store, &fields).await);
    assert!(!store.export("s1").await.unwrap().unwrap()[1].repeats, "nobody has compared it");
    assert_eq!(store.send_code(held, now()).await.unwrap(), CodeAsked::NoAddress);
    assert!(!store.follow_up(held, now()).await.unwrap().unwrap().may_be_written_to);
    let details = read_contact(&Values::of([("courriel", "z@x.fr")]), true).unwrap();
    assert_eq!(store.rewrite(held, details, now()).await.unwrap(), Changed::TooLate);
    assert_eq!(store.move_to(held, "s2".to_owned(), now()).await.unwrap(), Changed::TooLate);
    assert_eq!(store.accept(held, now()).await.unwrap(), Changed::TooLate);
    assert_eq!(store.confirm(held, now()).await.unwrap(), Changed::Done);
    assert_eq!(store.merge(held, Actor::Team, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, held).await, Shown::Live(Given::ToConfirm), "none of which changed anything");
    store.erase(erased, now()).await.unwrap();
    // Nor is anybody told of it who has the same address.
    store.cancel(marie, Actor::Person, now()).await.unwrap();
    assert_eq!(outbox(store).await, [(MessageKind::Cancelled, "m@x.fr".to_owned())]);
    store.cancel_others(marie, now()).await.unwrap();
    assert_eq!(shown(store, held).await, Shown::Live(Given::ToConfirm));
    assert_eq!(store.calls(now()).await.unwrap(), []);
    // The session moves: whoever is held reads it on their page.
    let mut moved = record("s1", 3);
    moved.schedule.starts = at("2027-03-17T17:30:00Z");
    sync(store, vec![moved]).await;
    assert_eq!(outbox(store).await, []);
}

pub(crate) async fn what_is_held_ends_with_its_session_and_goes_nowhere(store: Arc<dyn Store>) {
    let store = &*store;
    let later = |id: &str| {
        let mut later = record(id, 3);
        later.date = date(2027, 4, 14);
        later.schedule.starts = at("2027-04-14T16:00:00Z");
        later.schedule.ends = at("2027-04-14T18:00:00Z");
        later.schedule.closes = later.schedule.starts;
        later
    };
    sync(store, vec![record("s1", 3), later("s2")]).await;
    let held = hold(store, &[("courriel", "b@x.fr")]).await;
    let burst = burst(store).await;
    let begun = at("2027-03-17T17:00:00Z");
    let page = async |when| store.follow_up(held, when).await.unwrap().unwrap();
    assert!(page(now()).await.can_cancel() && !page(now()).await.can_move());
    assert_eq!(page(begun).await.shown, Shown::Dropped, "with its session");
    assert!(!page(begun).await.can_cancel());
    let cancelled = store.cancel(held, Actor::Person, begun).await.unwrap();
    assert!(matches!(cancelled, Changed::Refused(_)), "{cancelled:?}");
    for one in [BurstAnswer::Admit, BurstAnswer::Drop] {
        let refused = answer(store, &burst, one, begun).await;
        assert!(matches!(refused, Changed::Refused(_)), "{refused:?}");
    }
    assert_eq!(store.bursts(begun).await.unwrap(), []);
    let calendar = Calendar { zone: jiff::tz::TimeZone::UTC, minimum_days: 3 };
    assert_eq!(pass(store, &calendar, begun).await.unwrap(), 0, "it is not carried");
    assert_eq!(page(begun).await.session.record.id, "s1");
    // A session that is not held carries the others only, and one that is held after all has it
    // again.
    let mut off = record("s1", 3);
    off.schedule.cancelled = true;
    sync(store, vec![off, later("s2")]).await;
    assert_eq!(page(now()).await.shown, Shown::Dropped);
    pass(store, &calendar, now()).await.unwrap();
    assert_eq!(page(now()).await.session.record.id, "s1");
    assert_eq!(outbox(store).await, []);
    sync(store, vec![record("s1", 3), later("s2")]).await;
    assert_eq!(page(now()).await.shown, Shown::Live(Given::ToConfirm));
    assert_eq!(answer(store, &burst, BurstAnswer::Admit, now()).await, Changed::Done);
}

pub(crate) async fn the_team_hears_of_a_burst_once_until_it_answers(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 3)]).await;
    let first = hold(store, &[("courriel", "b@x.fr")]).await;
    let second = hold(store, &[("courriel", "c@x.fr")]).await;
    assert_eq!(to_team(store, now()).await, [TeamMessage::Burst.name()]);
    // Whoever cancels and sends again writes it no more.
    for id in [first, second] {
        store.cancel(id, Actor::Person, now()).await.unwrap();
    }
    hold(store, &[("courriel", "d@x.fr")]).await;
    assert_eq!(to_team(store, now()).await, [""; 0]);
    // It is told of it each day until it answers.
    for day in [2, 3] {
        let morning = at(&format!("2027-03-0{day}T08:00:00Z"));
        assert!(store.write_digest(date(2027, 3, day), morning).await.unwrap());
        let digest = store.digest(morning).await.unwrap();
        assert_eq!((digest.sessions[0].held, digest.notices), (1, vec![]));
    }
    let told = burst(store).await;
    assert_eq!(answer(store, &told, BurstAnswer::Drop, now()).await, Changed::Done);
    to_team(store, at("2027-03-04T08:00:00Z")).await;
    // A new burst is another question; one that is answered before its letter left needs none.
    hold(store, &[("courriel", "e@x.fr")]).await;
    assert_eq!(to_team(store, now()).await, [TeamMessage::Burst.name()]);
    answer(store, &burst(store).await, BurstAnswer::Drop, now()).await;
    hold(store, &[("courriel", "f@x.fr")]).await;
    answer(store, &burst(store).await, BurstAnswer::Admit, now()).await;
    assert_eq!(to_team(store, now()).await, [""; 0]);
}
