//! What is noted of a session's changes, for calendars and feeds.

use std::sync::Arc;

use entreparentaise::model::{Former, Position, SessionAvailability};

use super::*;
use crate::{
    enrolment::{Decision, Departure},
    store::{Operation, Previous},
};

/// `s1` a week later.
fn later() -> SessionRecord {
    let record = record("s1", 12);
    SessionRecord {
        date: "2027-03-24".parse().unwrap(),
        schedule: Schedule {
            starts: at("2027-03-24T17:00:00Z"),
            ends: at("2027-03-24T19:00:00Z"),
            closes: at("2027-03-24T17:00:00Z"),
            ..record.schedule
        },
        ..record
    }
}

async fn told(store: &dyn Store) -> SessionAvailability {
    store.availability(at("2027-03-01T18:00:00Z")).await.unwrap().sessions["s1"].clone()
}

/// The content says so at this instant: what is told then of the changes of `s1`.
async fn says(store: &dyn Store, record: SessionRecord, when: &str) -> (u32, Option<Timestamp>, Option<String>) {
    store.sync_sessions(vec![record], at(when)).await.unwrap();
    let SessionAvailability { revision, changed_at, former, .. } = told(store).await;
    (revision, changed_at, former.map(|former| former.date.to_string()))
}

pub(crate) async fn what_changes_of_a_session_is_noted_with_its_instant(store: Arc<dyn Store>) {
    let store = &*store;
    let t = |hour: u8| format!("2027-03-01T{hour:02}:00:00Z");
    let former = Some("2027-03-17".to_owned());
    assert_eq!(says(store, record("s1", 12), &t(1)).await, (0, None, None), "nothing was told before");
    assert_eq!(says(store, later(), &t(2)).await, (1, Some(at(&t(2))), former.clone()));
    let place = "Salle d'animation".to_owned();
    let (start, end) = ("18:00".parse().unwrap(), "20:00".parse().unwrap());
    let before = Former { date: "2027-03-17".parse().unwrap(), start, end, place, until: at(&t(2)) };
    assert_eq!(told(store).await.former, Some(before));
    // The same again, and what no calendar shows.
    assert_eq!(says(store, later(), &t(3)).await, (1, Some(at(&t(2))), former.clone()));
    let titled = SessionRecord { title: Some("Autre".to_owned()), places_max: 8, ..later() };
    assert_eq!(says(store, titled, &t(4)).await, (1, Some(at(&t(2))), former.clone()));
    // Not held, and held again: the former date stays what it was.
    let mut cancelled = later();
    cancelled.schedule.cancelled = true;
    assert_eq!(says(store, cancelled, &t(5)).await, (2, Some(at(&t(5))), former.clone()));
    assert_eq!(says(store, later(), &t(6)).await, (3, Some(at(&t(6))), former.clone()));
    // The content's own word counts where it is higher; where it is lower, nothing goes back.
    assert_eq!(says(store, SessionRecord { revision: 7, ..later() }, &t(7)).await.0, 7);
    assert_eq!(says(store, later(), &t(8)).await.0, 8);
    let elsewhere = SessionRecord { place: "Salle du parc".to_owned(), revision: 1, ..later() };
    assert_eq!(says(store, elsewhere, &t(9)).await, (9, Some(at(&t(9))), Some("2027-03-24".to_owned())));
    assert_eq!(told(store).await.former.unwrap().place, "Salle d'animation");
    // The way there is kept as it was told. An address that was not known yet is no other.
    let venue = VenueRecord {
        street: Some("1 rue de l'Essai".to_owned()),
        town: Some("31700 Blagnac".to_owned()),
        door: Some("La porte verte.".to_owned()),
        position: Position::new(43.6345, -1.3931),
    };
    let found = SessionRecord { place: "Salle du parc".to_owned(), revision: 1, venue, ..later() };
    assert_eq!(says(store, found.clone(), &t(10)).await.0, 9);
    let kept = store.session("s1", at(&t(10))).await.unwrap().unwrap().record;
    assert_eq!(kept, found);
    let mut elsewhere = found;
    elsewhere.venue.street = Some("9 place Neuve".to_owned());
    assert_eq!(says(store, elsewhere, &t(11)).await.0, 10);
    // It goes with its session.
    store.sync_sessions(vec![], at(&t(10))).await.unwrap();
    assert_eq!(says(store, record("s1", 12), &t(11)).await, (0, None, None));
}

pub(crate) async fn what_the_team_decides_is_noted_like_an_edit(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 12)]).await;
    let (person, _) = submit(store, &[("courriel", "a@exemple.fr")]).await;
    assert_eq!(store.follow_up(person, now()).await.unwrap().unwrap().changed_at, None);
    // A date that is over, which the team says is right.
    let past = SessionRecord {
        date: "2027-02-17".parse().unwrap(),
        schedule: Schedule {
            starts: at("2027-02-17T17:00:00Z"),
            ends: at("2027-02-17T19:00:00Z"),
            closes: at("2027-02-17T17:00:00Z"),
            ..record("s1", 12).schedule
        },
        ..record("s1", 12)
    };
    assert_eq!(says(store, past.clone(), "2027-03-01T13:00:00Z").await, (0, None, None), "it keeps its former date");
    let facts = store.scheduled(at("2027-03-01T00:00:00Z"), at("2027-04-01T00:00:00Z"), now()).await.unwrap();
    let (session, starts) = (facts[0].session, past.schedule.starts);
    let accepted = at("2027-03-01T14:00:00Z");
    assert_eq!(store.change(Operation::AcceptDate { session, starts }, accepted).await.unwrap(), Changed::Done);
    let row = told(store).await;
    assert_eq!((row.revision, row.changed_at), (1, Some(accepted)));
    assert_eq!(
        row.former.map(|former| (former.date.to_string(), former.until)),
        Some(("2027-03-17".to_owned(), accepted))
    );
    // Back again by hand, then not held.
    says(store, record("s1", 12), "2027-03-01T15:00:00Z").await;
    let (starts, cancelled) = (record("s1", 12).schedule.starts, at("2027-03-01T16:00:00Z"));
    let cancel = Operation::Decide { session, starts, decision: Decision::Cancel };
    assert_eq!(store.change(cancel, cancelled).await.unwrap(), Changed::Done);
    let row = told(store).await;
    assert_eq!((row.state, row.revision, row.changed_at), (State::Cancelled, 3, Some(cancelled)));
    let followed = store.follow_up(person, now()).await.unwrap().unwrap();
    assert_eq!(followed.changed_at, Some(cancelled), "a person's own calendar knows it too");
}

/// `s1` on this day.
fn on(day: &str) -> SessionRecord {
    let starts = at(&format!("{day}T17:00:00Z"));
    let ends = at(&format!("{day}T19:00:00Z"));
    let schedule = Schedule { starts, ends, closes: starts, ..record("s1", 12).schedule };
    SessionRecord { date: day.parse().unwrap(), schedule, ..record("s1", 12) }
}

/// The letters about a move that leave at this instant: to whom, and from which day they tell.
async fn told_of_a_move(store: &dyn Store, when: &str) -> Vec<(String, Option<String>)> {
    let claimed = store.claim_messages(100, Recipients::All, at(when), at("2027-03-02T00:00:00Z")).await.unwrap();
    let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
    store.settle_messages(sent, at(when)).await.unwrap();
    let told = claimed.into_iter().filter_map(|message| match message.letter {
        ToWrite::Person(letter) if letter.kind == MessageKind::SessionMoved => {
            Some((letter.recipient, letter.former.map(|former| former.date.to_string())))
        }
        _ => None,
    });
    told.collect()
}

/// Of several moves, the date that each person was last told counts.
pub(crate) async fn who_is_told_of_a_move_hears_from_which_date_they_knew(store: Arc<dyn Store>) {
    let store = &*store;
    let t = |hour: u8| format!("2027-03-01T{hour:02}:00:00Z");
    let asks = async |email: &str, when: &str| {
        let asked = store.submit(form(&[("courriel", email)]), at(when)).await.unwrap();
        assert!(matches!(asked, Submitted::Recorded { .. }), "{asked:?}");
    };
    let to = |email: &str, day: &str| (email.to_owned(), Some(day.to_owned()));
    store.sync_sessions(vec![on("2027-03-17")], at(&t(1))).await.unwrap();
    asks("a@x.fr", &t(2)).await;
    assert_eq!(told_of_a_move(store, &t(3)).await, []);
    // Twice before any letter leaves: from the day that she knew, in both.
    store.sync_sessions(vec![on("2027-03-24")], at(&t(4))).await.unwrap();
    asks("b@x.fr", &t(5)).await;
    store.sync_sessions(vec![on("2027-03-31")], at(&t(6))).await.unwrap();
    let both = [to("a@x.fr", "2027-03-17"), to("a@x.fr", "2027-03-17"), to("b@x.fr", "2027-03-24")];
    assert_eq!(told_of_a_move(store, &t(7)).await, both);
    // Whoever heard of the last one hears of the next from there.
    store.sync_sessions(vec![on("2027-04-07")], at(&t(8))).await.unwrap();
    assert_eq!(told_of_a_move(store, &t(9)).await, [to("a@x.fr", "2027-03-31"), to("b@x.fr", "2027-03-31")]);
    // On a clock that stands still, from the last.
    store.sync_sessions(vec![on("2027-04-14")], at(&t(9))).await.unwrap();
    assert_eq!(told_of_a_move(store, &t(9)).await, [to("a@x.fr", "2027-04-07"), to("b@x.fr", "2027-04-07")]);
}

pub(crate) async fn a_demand_knows_where_it_comes_from_and_why_it_left(store: Arc<dyn Store>) {
    let store = &*store;
    let named = |id: &str, day: &str| {
        let record = on(day);
        SessionRecord { id: id.to_owned(), path: format!("/seances/{id}/"), ..record }
    };
    let all = || vec![named("s1", "2027-03-17"), named("s2", "2027-04-14"), named("s3", "2027-05-12")];
    let key = async |id: &str| {
        let facts = store.scheduled(at("2027-03-01T00:00:00Z"), at("2027-07-01T00:00:00Z"), now()).await.unwrap();
        let days = [("s1", "2027-03-17"), ("s2", "2027-04-14"), ("s3", "2027-05-12")];
        let day = days.iter().find(|(known, _)| *known == id).unwrap().1;
        facts.iter().find(|facts| facts.date.to_string() == day).unwrap().session
    };
    sync(store, all()).await;
    let asks = async |email: &str, more: &[(&'static str, &str)]| {
        submit(store, &[&[("courriel", email), ("seance", "s1")], more].concat()).await.0
    };
    let previous = async |id: DemandId| store.follow_up(id, now()).await.unwrap().unwrap().previous;
    let from = |day: &str, why| Some(Previous { date: day.parse().unwrap(), departure: Some(why) });
    let [chooses, called_off, waits] =
        [asks("a@x.fr", &[]).await, asks("b@x.fr", &[]).await, asks("c@x.fr", &[]).await];
    let team = asks("d@x.fr", &[("autre_parent", "oui")]).await;
    assert_eq!(previous(chooses).await, None);
    assert_eq!(store.move_to(chooses, "s2".to_owned(), now()).await.unwrap(), Changed::Done);
    assert_eq!(previous(chooses).await, from("2027-03-17", Departure::Person));
    assert_eq!(store.offer_next(team, key("s2").await, now()).await.unwrap(), Changed::Done);
    assert_eq!(previous(team).await, from("2027-03-17", Departure::Team));
    let mut off = all();
    off[0].schedule.cancelled = true;
    sync(store, off.clone()).await;
    let carry = |id, to| store.change(Operation::Carry { id, to }, now());
    assert_eq!(carry(called_off, key("s2").await).await.unwrap(), Changed::Done);
    assert_eq!(previous(called_off).await, from("2027-03-17", Departure::Cancelled));
    // Chosen by themselves, what was called off was called off all the same.
    assert_eq!(store.move_to(waits, "s3".to_owned(), now()).await.unwrap(), Changed::Done);
    assert_eq!(previous(waits).await, from("2027-03-17", Departure::Cancelled));
    // Whether that session is held after all, or left the content, changes nothing of it.
    sync(store, vec![named("s2", "2027-04-14"), named("s3", "2027-05-12")]).await;
    assert_eq!(previous(called_off).await, from("2027-03-17", Departure::Cancelled));
    let letters = store.claim_messages(100, Recipients::All, now(), at("2027-03-02T00:00:00Z")).await.unwrap();
    let told = letters.iter().find_map(|message| match &message.letter {
        ToWrite::Person(letter) if letter.recipient == "b@x.fr" && letter.kind == MessageKind::NextSession => {
            Some(letter.previous)
        }
        _ => None,
    });
    assert_eq!(told, Some(from("2027-03-17", Departure::Cancelled)), "{letters:?}");
}
