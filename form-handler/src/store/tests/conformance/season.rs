//! What time and the team change for everybody of a session.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::*;
use crate::{
    enrolment::{Decision, TeamMessage},
    schedule::{Calendar, pass},
    store::{Operation, ToWrite},
};

/// The session after `s1`: 19 May 2027.
fn next(id: &str, places_max: u16) -> SessionRecord {
    SessionRecord {
        date: "2027-05-19".parse().unwrap(),
        schedule: Schedule {
            starts: at("2027-05-19T16:00:00Z"),
            ends: at("2027-05-19T18:00:00Z"),
            closes: at("2027-05-19T16:00:00Z"),
            ..record(id, places_max).schedule
        },
        ..record(id, places_max)
    }
}

fn cancelled(id: &str) -> SessionRecord {
    let mut record = record(id, 2);
    record.schedule.cancelled = true;
    record
}

async fn time_is(store: &dyn Store, now: &str) -> usize {
    let calendar = Calendar { zone: TimeZone::get("Europe/Paris").unwrap(), minimum_days: 3 };
    pass(store, &calendar, at(now)).await.unwrap()
}

/// The names of the letters that were written since the last call, and to whom; to the team when to
/// nobody. Without its digests.
async fn letters(store: &dyn Store) -> Vec<(&'static str, String)> {
    compare(store, now()).await.unwrap();
    let late = at("2027-12-01T00:00:00Z");
    let claimed = store.claim_messages(1000, Recipients::All, late, at("2027-12-02T00:00:00Z")).await.unwrap();
    let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
    store.settle_messages(sent, late).await.unwrap();
    let told = claimed.into_iter().map(|message| {
        let to = match &message.letter {
            ToWrite::Person(letter) => letter.recipient.clone(),
            ToWrite::Team(_) => String::new(),
        };
        (message.name(), to)
    });
    told.filter(|(name, _)| *name != TeamMessage::Digest.name()).collect()
}

fn to(name: &'static str, people: &[&str]) -> Vec<(&'static str, String)> {
    people.iter().map(|person| (name, (*person).to_owned())).collect()
}

async fn asks(store: &dyn Store, session: &str, email: &str) -> DemandId {
    submit(store, &[("seance", session), ("courriel", email)]).await.0
}

pub(crate) async fn everybody_of_a_cancelled_session_goes_on_at_the_next(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2), next("s2", 3)]).await;
    asks(store, "s2", "deja@x.fr").await;
    let first = asks(store, "s1", "a@x.fr").await;
    let confirmed = submit(store, &[("courriel", "b@x.fr"), ("autre_parent", "oui")]).await.0;
    let waiting = asks(store, "s1", "c@x.fr").await;
    letters(store).await;
    sync(store, vec![cancelled("s1"), next("s2", 3)]).await;
    assert_eq!(time_is(store, "2027-03-02T12:00:00Z").await, 3);
    assert_eq!(letters(store).await, to("prochaine-seance", &["a@x.fr", "b@x.fr", "c@x.fr"]));
    let until = at("2027-03-09T12:00:00Z");
    assert_eq!(shown(store, first).await, Shown::Live(Given::Offer(until)), "a week to answer");
    assert_eq!(shown(store, confirmed).await, Shown::Live(Given::ToConfirm));
    assert_eq!(shown(store, waiting).await, Shown::Live(Given::WaitingList), "no place was left");
    let session = store.follow_up(first, now()).await.unwrap().unwrap().session.record.id;
    assert_eq!(session, "s2", "the link that they have follows");
    // Somebody who came to the next session by themselves waits behind.
    let later = asks(store, "s2", "tard@x.fr").await;
    assert_eq!(time_is(store, "2027-03-02T12:00:01Z").await, 0, "once");
    assert_eq!(store.cancel(first, Actor::Person, at("2027-03-03T12:00:00Z")).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, waiting).await, Shown::Live(Given::Place));
    assert_eq!(shown(store, later).await, Shown::Live(Given::WaitingList));
}

pub(crate) async fn a_cancelled_session_without_a_next_one_is_told_and_its_people_are_kept(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2)]).await;
    let person = asks(store, "s1", "a@x.fr").await;
    letters(store).await;
    sync(store, vec![cancelled("s1")]).await;
    time_is(store, "2027-03-02T12:00:00Z").await;
    assert_eq!(time_is(store, "2027-03-02T12:00:30Z").await, 0, "once");
    assert_eq!(letters(store).await, to("seance-annulee", &["a@x.fr"]));
    // Weeks later, a date is found.
    sync(store, vec![cancelled("s1"), next("s2", 3)]).await;
    time_is(store, "2027-04-02T12:00:00Z").await;
    assert_eq!(letters(store).await, to("prochaine-seance", &["a@x.fr"]));
    assert!(matches!(shown(store, person).await, Shown::Live(Given::Offer(_))));
    // Nobody answers: the place goes on, and the person is told.
    time_is(store, "2027-04-09T12:00:00Z").await;
    assert_eq!(letters(store).await, to("place-passee", &["a@x.fr"]));
}

pub(crate) async fn whoever_waited_in_vain_goes_first_at_the_next_session(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 1), next("s2", 2)]).await;
    let comes = asks(store, "s1", "a@x.fr").await;
    let waited = asks(store, "s1", "b@x.fr").await;
    let silent = submit(store, &[("telephone", "06 12 34 56 78")]).await.0;
    letters(store).await;
    assert_eq!(time_is(store, "2027-03-17T16:59:00Z").await, 0);
    assert_eq!(time_is(store, "2027-03-17T17:00:00Z").await, 2, "the minimum is nobody's business any more");
    assert_eq!(letters(store).await, to("prochaine-seance", &["b@x.fr"]));
    assert!(matches!(shown(store, waited).await, Shown::Live(Given::Offer(_))));
    assert_eq!(shown(store, silent).await, Shown::Live(Given::Place), "who cannot be asked in writing is called");
    assert_eq!(shown(store, comes).await, Shown::Live(Given::Place));
    let later = at("2027-03-18T12:00:00Z");
    let calls = store.calls(later).await.unwrap();
    let about: Vec<_> = calls.iter().map(|call| (call.about, call.session.id.as_str())).collect();
    assert_eq!(about, [(Some(MessageKind::NextSession), "s2")], "what was to be said of the other is over");
    assert!(store.call_made(calls[0].key, now()).await.unwrap());
    assert!(!store.call_made(calls[0].key, now()).await.unwrap(), "once");
    assert_eq!(store.calls(later).await.unwrap(), []);
}

pub(crate) async fn reminders_are_written_once_and_to_those_who_come(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2)]).await;
    asks(store, "s1", "a@x.fr").await;
    submit(store, &[("courriel", "b@x.fr"), ("autre_parent", "oui")]).await;
    asks(store, "s1", "c@x.fr").await;
    letters(store).await;
    assert_eq!(time_is(store, "2027-03-10T08:00:00Z").await, 0);
    for (now, name) in [
        ("2027-03-10T09:00:00Z", "rappel-7-jours"),
        // The server was stopped for days: the first reminder is not sent late, nor the second
        // twice.
        ("2027-03-15T09:00:00Z", "rappel-2-jours"),
        ("2027-03-18T09:00:00Z", "merci"),
    ] {
        time_is(store, now).await;
        time_is(store, now).await;
        assert_eq!(letters(store).await, to(name, &["a@x.fr"]), "{now}");
    }
}

pub(crate) async fn the_team_decides_about_a_session_under_its_minimum(store: Arc<dyn Store>) {
    let store = &*store;
    let few = |id| SessionRecord { places_min: 3, ..record(id, 12) };
    sync(store, vec![few("s1"), next("s2", 12)]).await;
    let person = asks(store, "s1", "a@x.fr").await;
    letters(store).await;
    let friday = "2027-03-12T08:00:00Z";
    time_is(store, friday).await;
    let asked: Vec<_> = letters(store).await.into_iter().filter(|(_, to)| to.is_empty()).collect();
    assert_eq!(asked[0].0, TeamMessage::Minimum.name());
    let facts = store.scheduled(at("2027-03-01T00:00:00Z"), at("2027-04-01T00:00:00Z"), now()).await.unwrap();
    let (session, starts) = (facts[0].session, facts[0].starts);
    let counted = store.counted(session).await.unwrap().unwrap();
    assert_eq!((counted.occupied, counted.session.places_min), (1, 3));
    let decide =
        async |decision| store.change(Operation::Decide { session, starts, decision }, at(friday)).await.unwrap();
    // Another date is another question.
    let elsewhere = Operation::Decide { session, starts: at("2027-04-01T00:00:00Z"), decision: Decision::Cancel };
    assert_ne!(store.change(elsewhere, at(friday)).await.unwrap(), Changed::Done);
    assert_eq!(decide(Decision::Cancel).await, Changed::Done);
    assert_eq!(decide(Decision::Cancel).await, Changed::Done, "twice is once");
    assert_ne!(decide(Decision::Hold).await, Changed::Done, "people are told already");
    assert_eq!(state(store).await, State::Cancelled);
    let told = &store.availability(now()).await.unwrap().sessions["s1"];
    assert_eq!((told.state, told.revision), (State::Cancelled, 1), "a later revision than the content's");
    time_is(store, friday).await;
    assert_eq!(letters(store).await, to("prochaine-seance", &["a@x.fr"]));
    assert_eq!(store.follow_up(person, now()).await.unwrap().unwrap().session.record.id, "s2");
    // The content still announces it: the team's word stands until the revision is raised.
    sync(store, vec![SessionRecord { title: Some("Autre".to_owned()), ..few("s1") }, next("s2", 12)]).await;
    assert_eq!(state(store).await, State::Cancelled);
    sync(store, vec![SessionRecord { revision: 1, ..few("s1") }, next("s2", 12)]).await;
    assert_eq!(state(store).await, State::Open);
}

pub(crate) async fn a_session_that_is_held_all_the_same_is_told_to_those_who_come(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![SessionRecord { places_min: 3, ..record("s1", 12) }]).await;
    asks(store, "s1", "a@x.fr").await;
    letters(store).await;
    let facts = store.scheduled(at("2027-03-01T00:00:00Z"), at("2027-04-01T00:00:00Z"), now()).await.unwrap();
    let operation = Operation::Decide { session: facts[0].session, starts: facts[0].starts, decision: Decision::Hold };
    assert_eq!(store.change(operation, now()).await.unwrap(), Changed::Done);
    assert_eq!(letters(store).await, to("seance-maintenue", &["a@x.fr"]));
    assert_eq!(state(store).await, State::Open);
    time_is(store, "2027-03-12T08:00:00Z").await;
    assert!(letters(store).await.iter().all(|(_, to)| !to.is_empty()), "nothing is left to ask");
}

pub(crate) async fn a_moved_session_is_told_to_everybody_who_asked_for_it(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 1)]).await;
    asks(store, "s1", "a@x.fr").await;
    asks(store, "s1", "b@x.fr").await;
    letters(store).await;
    sync(store, vec![next("s1", 1)]).await;
    assert_eq!(letters(store).await, to("seance-deplacee", &["a@x.fr", "b@x.fr"]));
    sync(store, vec![next("s1", 1)]).await;
    assert_eq!(letters(store).await, []);
    // At its new date, it is reminded of again.
    time_is(store, "2027-05-12T08:00:00Z").await;
    assert_eq!(letters(store).await, to("rappel-7-jours", &["a@x.fr"]));
}

pub(crate) async fn the_digest_is_written_once_a_day_and_only_when_there_is_something_to_tell(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 1)]).await;
    let digests = async |now: &str| {
        time_is(store, now).await;
        let claimed = store.claim_messages(10, Recipients::All, at(now), at("2027-12-01T00:00:00Z")).await.unwrap();
        let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
        store.settle_messages(sent, at(now)).await.unwrap();
        claimed.iter().filter(|message| message.name() == TeamMessage::Digest.name()).count()
    };
    assert_eq!(digests("2027-03-01T08:00:00Z").await, 0, "nobody came");
    submit(store, &[("telephone", "06 12 34 56 78")]).await;
    assert_eq!(digests("2027-03-01T18:00:00Z").await, 0, "today's was written");
    assert_eq!(digests("2027-03-02T06:59:00Z").await, 0);
    assert_eq!(digests("2027-03-02T07:00:00Z").await, 1);
    assert_eq!(digests("2027-03-02T08:00:00Z").await, 0);
    assert_eq!(digests("2027-03-03T08:00:00Z").await, 0, "nothing is new, and the call is not late");
    assert_eq!(digests("2027-03-04T08:00:00Z").await, 1, "the call is late");
    let told = store.digest(at("2027-03-02T07:00:00Z")).await.unwrap();
    assert_eq!((told.calls, told.sessions[0].occupied, told.sessions[0].new), (1, 1, 1));
}

pub(crate) async fn a_long_list_is_told_to_the_team_as_it_doubles(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 1)]).await;
    for n in 0..8 {
        asks(store, "s1", &format!("p{n}@x.fr")).await;
    }
    let told = letters(store).await;
    assert_eq!(told.iter().filter(|(name, _)| *name == TeamMessage::WaitingListGrows.name()).count(), 2, "at 3 and 6");
}

pub(crate) async fn an_undelivered_letter_is_a_call_to_make_and_the_team_hears_of_it_once(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2)]).await;
    asks(store, "s1", "faux@x.fr").await;
    asks(store, "s1", "aussi@x.fr").await;
    let claimed = store.claim_messages(10, Recipients::All, now(), at("2027-03-02T00:00:00Z")).await.unwrap();
    let failed = claimed.iter().map(|message| (message.key, Attempt::Undeliverable)).collect();
    store.settle_messages(failed, now()).await.unwrap();
    assert_eq!(letters(store).await, to(TeamMessage::Undeliverable.name(), &[""]));
    let calls = store.calls(now()).await.unwrap();
    assert_eq!(
        calls.iter().map(|call| call.email.as_deref()).collect::<Vec<_>>(),
        [Some("faux@x.fr"), Some("aussi@x.fr")]
    );
}

pub(crate) async fn who_is_erased_hears_so_and_leaves_no_address(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2)]).await;
    let person = asks(store, "s1", "a@x.fr").await;
    letters(store).await;
    assert_eq!(store.erase(person, now()).await.unwrap(), Changed::Done);
    assert_eq!(letters(store).await, to("effacement", &["a@x.fr"]));
    assert_eq!(store.next_message(Recipients::All).await.unwrap(), None);
    // Its row went with it: nothing is left to claim, whatever became of the claim.
    assert_eq!(
        store
            .claim_messages(10, Recipients::All, at("2028-01-01T00:00:00Z"), at("2028-01-02T00:00:00Z"))
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn an_entry_in_a_calendar_keeps_its_name(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2), next("s2", 2)]).await;
    let person = asks(store, "s1", "a@x.fr").await;
    let name = async || store.follow_up(person, now()).await.unwrap().unwrap().calendar;
    assert_eq!(name().await, None, "nobody asked for one");
    assert_eq!(store.ask_calendar(person, now()).await.unwrap(), Changed::Done);
    let before = name().await;
    assert_eq!(before, Some(person.0));
    assert_eq!(store.move_to(person, "s2".to_owned(), now()).await.unwrap(), Changed::Done);
    assert_eq!(store.ask_calendar(person, now()).await.unwrap(), Changed::Done);
    assert_eq!(name().await, before);
}

pub(crate) async fn an_offer_that_is_over_shows_so_before_anybody_ends_it(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 1), next("s2", 3)]).await;
    let first = asks(store, "s1", "a@x.fr").await;
    let second = asks(store, "s1", "b@x.fr").await;
    store.cancel(first, Actor::Person, at("2027-03-17T07:00:00Z")).await.unwrap();
    let until = at("2027-03-17T11:00:00Z");
    let page = async |now: &str| store.follow_up(second, at(now)).await.unwrap().unwrap();
    let before = page("2027-03-17T10:59:59Z").await;
    assert_eq!((before.shown, before.can_accept()), (Shown::Live(Given::Offer(until)), Some(until)));
    let after = page("2027-03-17T11:00:00Z").await;
    assert_eq!((after.shown, after.can_accept(), after.can_cancel()), (Shown::Expired, None, false));
    // What it shows is what is answered.
    assert_eq!(store.accept(second, until).await.unwrap(), Changed::TooLate);
    assert_eq!(store.move_to(second, "s2".to_owned(), until).await.unwrap(), Changed::TooLate);
    assert_eq!(store.cancel(second, Actor::Person, until).await.unwrap(), Changed::Done);
    assert_eq!(
        page("2027-03-17T11:00:00Z").await.shown,
        Shown::Expired,
        "cancelling what is over ends it no other way"
    );
}

/// A demand whose other parent, of this name, wishes to come too.
async fn asks_in_turn(store: &dyn Store, fields: &[(&'static str, &str)]) -> DemandId {
    submit(store, &[&[("autre_parent", "oui")], fields].concat()).await.0
}

pub(crate) async fn the_team_sees_what_it_has_to_confirm(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2), next("s2", 3)]).await;
    let alone = asks_in_turn(store, &[("courriel", "a@x.fr"), ("autre_parent_prenom", "Zoé")]).await;
    submit(store, &[("courriel", "sam@x.fr"), ("prenom", "  SÂM ")]).await;
    let careful = [("telephone", "06 12 34 56 78"), ("contact_prudent", "soir"), ("autre_parent_prenom", "sam")];
    let waits = asks_in_turn(store, &careful).await;
    let last = asks_in_turn(store, &[("courriel", "c@x.fr"), ("seance", "s2")]).await;
    let seen = store.to_confirm(now()).await.unwrap();
    let told: Vec<_> = seen.iter().map(|row| (row.id, row.holds, row.other_parent_asked)).collect();
    assert_eq!(told, [(alone, true, false), (waits, false, true), (last, true, false)], "the oldest first");
    assert_eq!((seen[1].phone.as_deref(), seen[1].email.as_deref()), (Some("+33612345678"), None));
    assert_eq!(seen[1].cautions.names(), ["soir"]);
    let nexts: Vec<_> = seen.iter().map(|row| row.next.as_ref().map(|next| next.id.as_str())).collect();
    assert_eq!(nexts, [Some("s2"), Some("s2"), None]);
    // Answered, ended or over, it is no more to be confirmed.
    assert_eq!(store.confirm(alone, now()).await.unwrap(), Changed::Done);
    store.cancel(last, Actor::Person, now()).await.unwrap();
    let left = async |now: &str| store.to_confirm(at(now)).await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(left("2027-03-17T18:59:59Z").await, [waits]);
    assert_eq!(left("2027-03-17T19:00:00Z").await, []);
    let digest = store.digest(now()).await.unwrap();
    assert_eq!(digest.to_confirm(), 1);
    let counted = digest.notices.iter().find(|(kind, _)| *kind == "to-confirm").map(|(_, count)| *count);
    assert_eq!(counted, Some(1), "what is confirmed is no news any more");
}

pub(crate) async fn the_team_offers_the_next_session_once(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 1), next("s2", 3)]).await;
    let person = asks_in_turn(store, &[("courriel", "a@x.fr")]).await;
    let behind = asks(store, "s1", "b@x.fr").await;
    letters(store).await;
    let to_next = store.to_confirm(now()).await.unwrap()[0].next.as_ref().unwrap().key;
    assert_eq!(store.offer_next(behind, to_next, now()).await.unwrap(), Changed::TooLate, "nothing to confirm there");
    assert_eq!(store.offer_next(DemandId([9; 16]), to_next, now()).await.unwrap(), Changed::Unknown);
    for _ in 0..2 {
        assert_eq!(store.offer_next(person, to_next, now()).await.unwrap(), Changed::Done, "twice is once");
    }
    let until = at("2027-03-08T12:00:00Z");
    let page = store.follow_up(person, now()).await.unwrap().unwrap();
    assert_eq!(
        (page.session.record.id.as_str(), page.can_accept()),
        ("s2", Some(until)),
        "a week, and no mark is left"
    );
    assert_eq!(page.shown, Shown::Live(Given::Offer(until)));
    assert_eq!(shown(store, behind).await, Shown::Live(Given::Place), "what it left goes on");
    let written = letters(store).await;
    assert_eq!(written, [to("prochaine-seance", &["a@x.fr"]), to("place-liberee", &["b@x.fr"])].concat());
    assert_eq!(store.to_confirm(now()).await.unwrap(), []);
    assert_eq!(store.accept(person, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, person).await, Shown::Live(Given::Place));
}

pub(crate) async fn the_next_session_waits_when_it_is_full_and_is_called_when_nobody_can_be_written_to(
    store: Arc<dyn Store>,
) {
    let store = &*store;
    sync(store, vec![record("s1", 3), next("s2", 1)]).await;
    let silent = asks_in_turn(store, &[("telephone", "06 12 34 56 78")]).await;
    let second = asks_in_turn(store, &[("courriel", "b@x.fr")]).await;
    let gone = asks_in_turn(store, &[("courriel", "c@x.fr")]).await;
    store.cancel(gone, Actor::Person, now()).await.unwrap();
    let to_next = store.to_confirm(now()).await.unwrap()[0].next.as_ref().unwrap().key;
    assert_eq!(store.offer_next(gone, to_next, now()).await.unwrap(), Changed::Ended);
    assert_eq!(store.offer_next(silent, to_next, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, silent).await, Shown::Live(Given::Place));
    let calls = store.calls(now()).await.unwrap();
    let about = calls.iter().map(|call| (call.about, call.session.id.as_str())).collect::<Vec<_>>();
    assert_eq!(about, [(Some(MessageKind::NextSession), "s2")]);
    let later = asks(store, "s2", "tard@x.fr").await;
    assert_eq!(store.offer_next(second, to_next, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, second).await, Shown::Live(Given::WaitingList));
    store.cancel(silent, Actor::Person, now()).await.unwrap();
    assert_eq!(shown(store, second).await, Shown::Live(Given::Place), "before who came by themselves");
    assert_eq!(shown(store, later).await, Shown::Live(Given::WaitingList));
}

pub(crate) async fn the_team_hears_once_of_what_it_has_to_confirm(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2), next("s2", 3)]).await;
    let told = async || {
        let written = letters(store).await;
        written.iter().filter(|(name, _)| *name == TeamMessage::ToConfirm.name()).count()
    };
    asks(store, "s1", "a@x.fr").await;
    assert_eq!(told().await, 0);
    asks_in_turn(store, &[("courriel", "b@x.fr")]).await;
    asks_in_turn(store, &[("courriel", "c@x.fr"), ("seance", "s2")]).await;
    assert_eq!(told().await, 1, "the link of the first leads to both");
    asks_in_turn(store, &[("courriel", "d@x.fr")]).await;
    assert_eq!(told().await, 1);
}

pub(crate) async fn letters_to_the_team_wait_for_an_address_and_stay_useful(store: Arc<dyn Store>) {
    let store = &*store;
    let few = |id| SessionRecord { places_min: 3, ..record(id, 12) };
    sync(store, vec![few("s1"), next("s2", 12)]).await;
    asks(store, "s1", "a@x.fr").await;
    submit(store, &[("seance", "s2"), ("courriel", "b@x.fr"), ("autre_parent", "oui")]).await;
    let waiting = async || {
        let late = at("2027-12-01T00:00:00Z");
        let claimed = store.claim_messages(1000, Recipients::All, late, at("2027-12-02T00:00:00Z")).await.unwrap();
        let back = claimed.iter().map(|message| (message.key, Attempt::Untried)).collect();
        store.settle_messages(back, late).await.unwrap();
        let to_team = claimed.iter().filter(|message| matches!(message.letter, ToWrite::Team(_)));
        let mut names: Vec<_> = to_team.map(|message| (message.name(), message.written_at)).collect();
        names.sort_unstable();
        names
    };
    let names = async || waiting().await.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    // Nobody told where the team reads: people alone are written to.
    let friday = "2027-03-12T08:00:00Z";
    time_is(store, friday).await;
    let all = ["equipe-a-confirmer", "equipe-journal", "equipe-minimum"];
    assert_eq!(names().await, all);
    assert_eq!(store.letters_to_team().await.unwrap(), 3);
    let (late, until) = (at("2027-03-12T09:00:00Z"), at("2027-03-12T09:06:00Z"));
    let claimed = store.claim_messages(1000, Recipients::People, late, until).await.unwrap();
    assert!(!claimed.is_empty() && claimed.iter().all(|message| matches!(message.letter, ToWrite::Person(_))));
    store.settle_messages(claimed.iter().map(|one| (one.key, Attempt::Sent)).collect(), late).await.unwrap();
    assert_eq!(store.next_message(Recipients::People).await.unwrap(), None);
    assert!(store.next_message(Recipients::All).await.unwrap().is_some());
    store.tend_team_letters(at(friday)).await.unwrap();
    assert_eq!(names().await, all, "all of them are useful");
    // The session has begun, and the digest is a week old; what is to be confirmed still is, and
    // its link must open.
    let later = at("2027-03-20T08:00:00Z");
    store.tend_team_letters(later).await.unwrap();
    assert_eq!(waiting().await, [("equipe-a-confirmer", later)]);
    let [answered] = &store.to_confirm(later).await.unwrap()[..] else { panic!("one") };
    assert_eq!(store.confirm(answered.id, later).await.unwrap(), Changed::Done);
    store.tend_team_letters(later).await.unwrap();
    assert_eq!(names().await, [] as [&str; 0], "there is nothing to answer any more");
}
