//! The contract's promises as tests over the trait: what any store must pass. Each takes a store
//! that is empty and new.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::store::{
    Actor, Attempt, Changed, CodeAsked, Given, Outgoing, Recipients, SessionRecord, Shown, Store, Submitted, ToPerson,
    ToWrite, VenueRecord, compare,
};
use crate::{
    demand::{ContactDetails, Rules, Submission, Values, read, read_contact},
    enrolment::{MessageKind, Standing},
    token::{DemandId, Key},
};
use entreparentaise::model::{Schedule, State};

/// Hands the names of the promises that take one store to a macro: a promise that is added here is
/// kept by every store.
macro_rules! promises {
    ($($to:tt)*) => {
        $($to)*! {
            two_hundred_at_once_fill_twelve_places,
            the_same_form_gets_the_first_answer,
            a_form_is_known_whatever_became_of_its_demand_or_its_session,
            refusals_record_nothing,
            a_cancelled_place_goes_to_the_head_of_the_list,
            a_changed_limit_drops_nobody_and_serves_those_who_wait,
            only_a_shared_address_is_asked_and_may_merge,
            a_demand_to_confirm_holds_its_place_until_the_team_speaks,
            messages_are_claimed_once_and_retried_when_due,
            states_change_with_the_clock_and_say_when,
            whoever_publishes_is_woken_by_changed_states_alone,
            what_was_kept_long_enough_is_erased,
            a_date_that_was_wrong_or_a_clock_that_was_erases_nobody,
            what_names_nobody_is_forgotten_by_a_clock_that_was_right_for_days,
            the_team_or_a_revision_says_that_a_date_which_is_over_is_right,
            a_year_is_counted_whatever_was_erased_since,
            a_place_freed_shortly_before_is_offered_accepted_or_passed_on,
            a_demand_moves_where_there_is_a_place_and_its_link_follows,
            a_contact_changes_and_letters_follow_it,
            a_mistyped_contact_is_corrected_and_its_links_open_nothing_any_more,
            a_link_that_was_closed_is_still_erased_and_noted,
            what_the_same_form_had_made_before_is_taken_back,
            whoever_took_back_the_first_of_two_keeps_the_second,
            a_code_goes_to_the_person_and_not_too_often,
            what_a_person_has_erased_is_gone_and_its_place_goes_on,
            an_edit_of_the_content_drops_nobody_and_is_told,
            everybody_of_a_cancelled_session_goes_on_at_the_next,
            a_cancelled_session_without_a_next_one_is_told_and_its_people_are_kept,
            whoever_waited_in_vain_goes_first_at_the_next_session,
            reminders_are_written_once_and_to_those_who_come,
            the_team_decides_about_a_session_under_its_minimum,
            a_session_that_is_held_all_the_same_is_told_to_those_who_come,
            a_moved_session_is_told_to_everybody_who_asked_for_it,
            the_digest_is_written_once_a_day_and_only_when_there_is_something_to_tell,
            a_long_list_is_told_to_the_team_as_it_doubles,
            an_undelivered_letter_is_a_call_to_make_and_the_team_hears_of_it_once,
            who_is_erased_hears_so_and_leaves_no_address,
            an_entry_in_a_calendar_keeps_its_name,
            a_year_of_wrong_dates_and_clocks_loses_nobody,
            whatever_happens_nobody_is_lost_and_no_room_is_overfull,
            the_first_key_is_remembered_and_no_other,
            a_key_is_replaced_on_demand_alone,
            an_offer_that_is_over_shows_so_before_anybody_ends_it,
            the_team_sees_what_it_has_to_confirm,
            the_team_offers_the_next_session_once,
            the_next_session_waits_when_it_is_full_and_is_called_when_nobody_can_be_written_to,
            the_team_hears_once_of_what_it_has_to_confirm,
            what_was_typed_of_the_other_parent_stays_so,
            another_date_is_confirmed_anew_where_the_other_parent_may_come,
            what_is_held_takes_nothing_until_the_team_lets_it_in,
            a_flood_is_answered_whole_and_not_at_once,
            what_is_dropped_says_so_and_is_counted_nowhere,
            what_is_held_is_written_to_nobody_whatever_is_asked,
            what_is_held_ends_with_its_session_and_goes_nowhere,
            the_team_hears_of_a_burst_once_until_it_answers,
            what_changes_of_a_session_is_noted_with_its_instant,
            what_the_team_decides_is_noted_like_an_edit,
            who_is_told_of_a_move_hears_from_which_date_they_knew,
            a_demand_knows_where_it_comes_from_and_why_it_left,
            letters_to_the_team_wait_for_an_address_and_stay_useful,
            what_is_erased_is_noted_with_the_erasure_by_each_id_that_led_to_it,
            what_a_backup_brought_back_is_erased_without_a_letter_and_its_place_goes_on,
            letters_are_withheld_until_somebody_lets_them_go,
            what_is_looked_at_from_outside_is_counted,
            lost_links_go_to_the_address_as_it_was_recorded_and_hold_what_a_letter_may_hold,
            a_letter_with_lost_links_waits_once_and_never_outlives_what_it_tells,
            a_text_message_has_its_own_sender_and_what_is_lost_goes_otherwise,
        }
    };
}
pub(crate) use promises;

mod batches;
mod changes;
mod held;
mod key;
mod operations;
mod people;
mod recovery;
mod release;
mod retrieval;
mod review;
mod season;
mod texts;
mod year;
pub(crate) use self::{
    batches::{Together, every_pair},
    changes::*,
    held::*,
    key::*,
    operations::whatever_happens_nobody_is_lost_and_no_room_is_overfull,
    people::*,
    recovery::*,
    release::{
        UNKNOWN_WORDS, it_knows_what_later_releases_do, unknown_words_are_named, what_the_first_release_left_is_there,
    },
    retrieval::*,
    review::*,
    season::*,
    texts::*,
    year::a_year_of_wrong_dates_and_clocks_loses_nobody,
};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2027-03-01T12:00:00Z")
}

pub(crate) fn record(id: &str, places_max: u16) -> SessionRecord {
    SessionRecord {
        id: id.to_owned(),
        group: "parents-solos".to_owned(),
        title: None,
        date: "2027-03-17".parse().unwrap(),
        start: "18:00".parse().unwrap(),
        end: "20:00".parse().unwrap(),
        place: "Salle d'animation".to_owned(),
        venue: VenueRecord::default(),
        path: format!("/seances/{id}/"),
        schedule: Schedule {
            starts: at("2027-03-17T17:00:00Z"),
            ends: at("2027-03-17T19:00:00Z"),
            opens: None,
            closes: at("2027-03-17T17:00:00Z"),
            cancelled: false,
        },
        places_min: 0,
        places_max,
        places_per_demand: 2,
        revision: 0,
    }
}

/// A form with these fields over the least one.
pub(crate) fn form(fields: &[(&'static str, &str)]) -> Submission {
    let least = [("seance", "s1"), ("prenom", "Marie"), ("conditions", "oui")];
    let mut pairs: BTreeMap<_, _> = least.into_iter().collect();
    pairs.extend(fields.iter().copied());
    let languages = ["fr".to_owned()];
    let rules = Rules { languages: &languages, most_places: 2, texts: true };
    read(&Values::of(pairs), &rules).unwrap().seal(&Key::from_bytes([1; 32]))
}

pub(crate) async fn submit(store: &dyn Store, fields: &[(&'static str, &str)]) -> (DemandId, Given) {
    match store.submit(form(fields), now()).await.unwrap() {
        Submitted::Recorded { id, given } => (id, given),
        other => panic!("{other:?}"),
    }
}

async fn shown(store: &dyn Store, id: DemandId) -> Shown {
    store.follow_up(id, now()).await.unwrap().unwrap().shown
}

async fn state(store: &dyn Store) -> State {
    store.session("s1", now()).await.unwrap().unwrap().state
}

/// Every message that was written since the last call, as kind and recipient.
async fn outbox(store: &dyn Store) -> Vec<(MessageKind, String)> {
    compare(store, now()).await.unwrap();
    let claimed = store.claim_messages(1000, Recipients::All, now(), at("2027-03-02T00:00:00Z")).await.unwrap();
    let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
    store.settle_messages(sent, now()).await.unwrap();
    claimed.iter().filter_map(to_person).map(|letter| (letter.kind, letter.recipient.clone())).collect()
}

fn to_person(message: &Outgoing) -> Option<&ToPerson> {
    if let ToWrite::Person(letter) = &message.letter { Some(letter) } else { None }
}

async fn sync(store: &dyn Store, records: Vec<SessionRecord>) -> crate::store::Synced {
    store.sync_sessions(records, now()).await.unwrap()
}

pub(crate) async fn two_hundred_at_once_fill_twelve_places(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 12)]).await;
    let sent: Vec<_> = (0..200)
        .map(|i| {
            let store = Arc::clone(&store);
            let submission = form(&[("courriel", &format!("p{i}@exemple.fr"))]);
            tokio::spawn(async move { store.submit(submission, now()).await.unwrap() })
        })
        .collect();
    let mut given = BTreeMap::new();
    for task in sent {
        if let Submitted::Recorded { given: one, .. } = task.await.unwrap() {
            *given.entry(one.key()).or_insert(0) += 1;
        }
    }
    assert_eq!(given, BTreeMap::from([("inscrit", 12), ("liste_attente", 188)]));
    assert_eq!(state(&*store).await, State::Full);
    let list = store.export("s1").await.unwrap().unwrap();
    assert_eq!(
        list.iter().take_while(|row| row.standing == Standing::Enrolled).count(),
        12,
        "places went in the order of arrival"
    );
    assert_eq!(outbox(&*store).await.len(), 200);
}

pub(crate) async fn the_same_form_gets_the_first_answer(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 2)]).await;
    let fields = [("telephone", "06 12 34 56 78"), ("envoi", "k1"), ("theme", "le sommeil")];
    let twins: Vec<_> = (0..20)
        .map(|_| {
            let store = Arc::clone(&store);
            let submission = form(&fields);
            tokio::spawn(async move { store.submit(submission, now()).await.unwrap() })
        })
        .collect();
    let first = submit(&*store, &fields).await;
    for twin in twins {
        assert_eq!(twin.await.unwrap(), Submitted::Recorded { id: first.0, given: first.1 }, "in flight too");
    }
    assert_eq!(store.topics("s1").await.unwrap(), ["le sommeil"]);
    let other = submit(&*store, &[("telephone", "06 12 34 56 78"), ("envoi", "k1"), ("prenom", "Zoé")]).await;
    assert_ne!(other.0, first.0, "another body is a new demand");
    let third = submit(&*store, &[("telephone", "06 12 34 56 78"), ("prenom", "Zoé")]).await;
    assert_eq!(third.1, Given::WaitingList);
    let late = at("2028-01-01T00:00:00Z");
    let again = store.submit(form(&fields), late).await.unwrap();
    assert_eq!(again, Submitted::Recorded { id: first.0, given: first.1 }, "even after the session");
}

pub(crate) async fn a_form_is_known_whatever_became_of_its_demand_or_its_session(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 2), record("s2", 2), record("s3", 2)]).await;
    let fields = |session| [("courriel", "a@exemple.fr"), ("envoi", "k"), ("seance", session)];
    let mut first = Vec::new();
    for session in ["s1", "s2", "s3"] {
        first.push(submit(&*store, &fields(session)).await);
    }
    assert!(first[0].0 != first[1].0 && first[1].0 != first[2].0, "a form is one session's");
    store.cancel(first[0].0, Actor::Person, now()).await.unwrap();
    store.move_to(first[1].0, "s3".to_owned(), now()).await.unwrap();
    for (session, answer) in ["s1", "s2", "s3"].into_iter().zip(&first) {
        assert_eq!(submit(&*store, &fields(session)).await, *answer, "cancelled, moved, or as it was");
    }
    // The first session leaves the content, the second is cancelled: their forms still get the
    // answer that they had.
    let mut cancelled = record("s2", 2);
    cancelled.schedule.cancelled = true;
    sync(&*store, vec![cancelled, record("s3", 2)]).await;
    for (session, answer) in ["s1", "s2", "s3"].into_iter().zip(&first) {
        assert_eq!(submit(&*store, &fields(session)).await, *answer);
    }
    let late = |session| form(&[("courriel", "b@exemple.fr"), ("envoi", "k"), ("seance", session)]);
    assert_eq!(store.submit(late("s1"), now()).await.unwrap(), Submitted::UnknownSession);
    assert_eq!(store.submit(late("s2"), now()).await.unwrap(), Submitted::Refused(State::Cancelled));
    assert_eq!(store.move_to(first[2].0, "s1".to_owned(), now()).await.unwrap(), Changed::UnknownSession);
    store.erase(first[2].0, now()).await.unwrap();
    let again = submit(&*store, &fields("s3")).await;
    assert_ne!(again.0, first[2].0, "what was erased is forgotten");
    assert_eq!(submit(&*store, &fields("s3")).await, again);
}

pub(crate) async fn refusals_record_nothing(store: Arc<dyn Store>) {
    let mut cancelled = record("s2", 12);
    cancelled.schedule.cancelled = true;
    sync(&*store, vec![record("s1", 12), cancelled]).await;
    let contact = ("courriel", "m@exemple.fr");
    let try_one = async |fields: &[(&'static str, &str)], when| store.submit(form(fields), when).await.unwrap();
    assert_eq!(try_one(&[contact, ("seance", "nulle-part")], now()).await, Submitted::UnknownSession);
    assert_eq!(try_one(&[contact, ("seance", "s2")], now()).await, Submitted::Refused(State::Cancelled));
    let closed = at("2027-03-17T17:00:00Z");
    assert_eq!(try_one(&[contact], closed).await, Submitted::Refused(State::Closed));
    let mut single = record("s1", 12);
    single.places_per_demand = 1;
    sync(&*store, vec![single]).await;
    assert_eq!(try_one(&[contact, ("places", "2")], now()).await, Submitted::TooManyPlaces(1));
    assert_eq!(store.export("s1").await.unwrap().unwrap(), []);
    assert_eq!(outbox(&*store).await, []);
    assert_eq!(store.follow_up(DemandId([0; 16]), now()).await.unwrap(), None);
    assert_eq!(store.cancel(DemandId([0; 16]), Actor::Person, now()).await.unwrap(), Changed::Unknown);
}

pub(crate) async fn a_cancelled_place_goes_to_the_head_of_the_list(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 1)]).await;
    let (first, _) = submit(&*store, &[("courriel", "a@exemple.fr")]).await;
    let (second, _) = submit(&*store, &[("courriel", "b@exemple.fr")]).await;
    let (third, given) = submit(&*store, &[("courriel", "c@exemple.fr")]).await;
    assert_eq!(given, Given::WaitingList);
    outbox(&*store).await;
    for _ in 0..2 {
        assert_eq!(store.cancel(first, Actor::Person, now()).await.unwrap(), Changed::Done, "once or twice");
    }
    assert_eq!(shown(&*store, first).await, Shown::Cancelled);
    assert_eq!(shown(&*store, second).await, Shown::Live(Given::Place));
    assert_eq!(shown(&*store, third).await, Shown::Live(Given::WaitingList));
    assert_eq!(
        outbox(&*store).await,
        [(MessageKind::Cancelled, "a@exemple.fr".to_owned()), (MessageKind::PlaceFreed, "b@exemple.fr".to_owned()),]
    );
    let over = at("2027-03-18T00:00:00Z");
    assert_eq!(store.cancel(second, Actor::Person, over).await.unwrap(), Changed::Refused(State::Past));
}

pub(crate) async fn a_changed_limit_drops_nobody_and_serves_those_who_wait(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 2)]).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(submit(&*store, &[("courriel", &format!("{name}@exemple.fr"))]).await.0);
    }
    let synced = sync(&*store, vec![record("s1", 1)]).await;
    assert_eq!(synced.overfull, ["s1"]);
    assert_eq!(shown(&*store, ids[1]).await, Shown::Live(Given::Place));
    store.cancel(ids[0], Actor::Person, now()).await.unwrap();
    assert_eq!(shown(&*store, ids[2]).await, Shown::Live(Given::WaitingList), "still full");
    sync(&*store, vec![record("s1", 2)]).await;
    assert_eq!(shown(&*store, ids[2]).await, Shown::Live(Given::Place));
    let synced = sync(&*store, vec![record("s2", 1)]).await;
    assert_eq!(synced.orphaned, ["s1"]);
    assert_eq!(shown(&*store, ids[2]).await, Shown::Live(Given::Place), "people are kept");
    let refused = store.submit(form(&[("courriel", "d@exemple.fr")]), now()).await.unwrap();
    assert_eq!(refused, Submitted::UnknownSession);
    let listed: Vec<_> = store.sessions(now()).await.unwrap().into_iter().map(|s| s.record.id).collect();
    assert_eq!(listed, ["s2"]);
}

/// Two worlds that differ only in *who* is enrolled; the same demand is sent to both, and
/// everything that its sender can see is compared.
pub(crate) async fn a_repeated_demand_is_outwardly_ordinary(with: Arc<dyn Store>, without: Arc<dyn Store>) {
    let victim = [("prenom", "Marie"), ("courriel", "m@exemple.fr"), ("telephone", "0612345678")];
    let stranger = [("prenom", "Ida"), ("courriel", "i@exemple.fr"), ("telephone", "0687654321")];
    let tries: [&[(&'static str, &str)]; 4] = [
        &[("prenom", "Marie"), ("courriel", "M@exemple.fr")],
        &[("prenom", "Marie"), ("courriel", "ex@exemple.fr"), ("telephone", "+33612345678")],
        &[("prenom", "Paul"), ("courriel", "m@exemple.fr")],
        &[("prenom", "Marie"), ("courriel", "m@exemple.fr"), ("autre_parent", "oui")],
    ];
    for (store, enrolled) in [(&with, victim), (&without, stranger)] {
        sync(&**store, vec![record("s1", 3)]).await;
        submit(&**store, &enrolled).await;
        outbox(&**store).await;
    }
    let mut repeated = Vec::new();
    for fields in tries {
        let mut seen = Vec::new();
        for store in [&with, &without] {
            let (id, given) = submit(&**store, fields).await;
            let page = store.follow_up(id, now()).await.unwrap().unwrap();
            // What reaches the sender's own address; the others are not theirs to read.
            let mail: Vec<_> = outbox(&**store).await.into_iter().filter(|(_, to)| to == "ex@exemple.fr").collect();
            seen.push((given, page.shown, page.email, page.phone, mail, state(&**store).await));
            repeated.push((Arc::clone(store), id));
        }
        assert_eq!(seen[0], seen[1], "{fields:?}");
    }
    // Whatever is merged behind their back, their own page goes on, and they may cancel like
    // anybody.
    for (store, id) in repeated {
        let before = shown(&*store, id).await;
        assert_eq!(store.merge(id, Actor::Team, now()).await.unwrap(), Changed::Done);
        assert_eq!(shown(&*store, id).await, before);
        assert_eq!(store.cancel(id, Actor::Person, now()).await.unwrap(), Changed::Done);
        assert_eq!(shown(&*store, id).await, Shown::Cancelled);
    }
}

pub(crate) async fn only_a_shared_address_is_asked_and_may_merge(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 2)]).await;
    let (first, _) = submit(&*store, &[("prenom", "Éloïse"), ("courriel", "e@exemple.fr")]).await;
    let (again, given) = submit(&*store, &[("prenom", "eloise"), ("courriel", "E@exemple.fr")]).await;
    assert_eq!(given, Given::Place);
    let (waits, _) = submit(&*store, &[("courriel", "w@exemple.fr")]).await;
    let kinds: Vec<_> = outbox(&*store).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [MessageKind::Place, MessageKind::Place, MessageKind::WaitingList, MessageKind::AskIfSame]);
    assert!(store.export("s1").await.unwrap().unwrap()[1].repeats, "the team sees it");
    assert_eq!(store.merge(again, Actor::Link, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(&*store, again).await, Shown::Live(Given::Place), "its own page goes on as before");
    assert_eq!(shown(&*store, waits).await, Shown::Live(Given::Place), "and its place was freed");
    assert_eq!(store.export("s1").await.unwrap().unwrap().len(), 2);
    outbox(&*store).await;
    // Its sender cancels it all the same, and the first is told; the link cancels the first.
    store.cancel(again, Actor::Person, now()).await.unwrap();
    assert_eq!(outbox(&*store).await, [(MessageKind::CancelledOthersRemain, "E@exemple.fr".to_owned())]);
    assert_eq!(shown(&*store, again).await, Shown::Cancelled);
    assert_eq!(store.cancel_others(again, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(&*store, first).await, Shown::Cancelled);
    assert_eq!(shown(&*store, waits).await, Shown::Live(Given::Place));
}

pub(crate) async fn a_demand_to_confirm_holds_its_place_until_the_team_speaks(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 1)]).await;
    let (first, given) = submit(&*store, &[("courriel", "a@exemple.fr"), ("autre_parent", "oui")]).await;
    assert_eq!(given, Given::ToConfirm);
    let (second, given) = submit(&*store, &[("courriel", "b@exemple.fr"), ("autre_parent", "oui")]).await;
    assert_eq!(given, Given::ToConfirm, "a rank is told in the same words");
    assert_eq!(state(&*store).await, State::Full);
    outbox(&*store).await;
    store.cancel(first, Actor::Person, now()).await.unwrap();
    assert_eq!(shown(&*store, second).await, Shown::Live(Given::ToConfirm), "a silent promotion");
    assert_eq!(outbox(&*store).await.len(), 1);
    assert_eq!(store.confirm(second, now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(&*store, second).await, Shown::Live(Given::Place));
    assert_eq!(outbox(&*store).await, [(MessageKind::Place, "b@exemple.fr".to_owned())]);
}

pub(crate) async fn messages_are_claimed_once_and_retried_when_due(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 12)]).await;
    submit(&*store, &[("courriel", "a@exemple.fr")]).await;
    let (claim, lease, later) = (now(), at("2027-03-01T12:05:00Z"), at("2027-03-01T13:00:00Z"));
    let one = store.claim_messages(10, Recipients::All, claim, lease).await.unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(store.claim_messages(10, Recipients::All, claim, lease).await.unwrap(), [], "somebody else has it");
    assert_eq!(store.next_message(Recipients::All).await.unwrap(), Some(lease));
    assert_eq!(store.claim_messages(10, Recipients::All, lease, later).await.unwrap().len(), 1, "unless they died");
    store.settle_messages(vec![(one[0].key, Attempt::Retry(later))], lease).await.unwrap();
    assert_eq!(store.claim_messages(10, Recipients::All, lease, later).await.unwrap(), []);
    let again = store.claim_messages(10, Recipients::All, later, at("2027-03-01T14:00:00Z")).await.unwrap();
    assert_eq!((again[0].key, &again[0].letter, again[0].attempts), (one[0].key, &one[0].letter, 1), "the same letter");
    store.settle_messages(vec![(one[0].key, Attempt::Untried)], later).await.unwrap();
    assert_eq!(store.claim_messages(10, Recipients::All, later, later).await.unwrap(), again, "given back as it was");
    store.settle_messages(vec![(one[0].key, Attempt::Undeliverable)], later).await.unwrap();
    assert_eq!(
        store.claim_messages(10, Recipients::All, later, lease).await.unwrap()[0].name(),
        "equipe-a-appeler",
        "the team is told"
    );
}

pub(crate) async fn states_change_with_the_clock_and_say_when(store: Arc<dyn Store>) {
    let mut later = record("s0", 3);
    later.schedule.opens = Some(at("2027-03-10T08:00:00Z"));
    sync(&*store, vec![record("s1", 12), later]).await;
    let states = |when| {
        let store = Arc::clone(&store);
        async move {
            let statuses = store.sessions(when).await.unwrap();
            let told = store.availability(when).await.unwrap().sessions;
            let rows = statuses.iter().map(|s| (s.record.id.clone(), (s.state, s.record.revision)));
            assert!(rows.eq(told.iter().map(|(id, row)| (id.clone(), (row.state, row.revision)))), "{told:?}");
            statuses.into_iter().map(|s| s.state).collect::<Vec<_>>()
        }
    };
    assert_eq!(states(now()).await, [State::NotYetOpen, State::Open]);
    assert_eq!(states(at("2027-03-10T08:00:00Z")).await, [State::LastPlaces, State::Open]);
    let over = at("2027-03-17T19:00:00Z");
    for address in ["a", "b", "c", "d"] {
        let form = form(&[("seance", "s0"), ("courriel", &format!("{address}@exemple.fr"))]);
        store.submit(form, at("2027-03-10T08:00:00Z")).await.unwrap();
    }
    assert_eq!(states(at("2027-03-10T08:00:00Z")).await, [State::Full, State::Open]);
    assert_eq!(states(over).await, [State::Past, State::Past]);
    store.prove_writable(now()).await.unwrap();
}

pub(crate) async fn whoever_publishes_is_woken_by_changed_states_alone(store: Arc<dyn Store>) {
    store.sync_sessions(vec![record("s1", 5)], now()).await.unwrap();
    let mut states = store.states();
    let mut woken = Vec::new();
    let mut ids = Vec::new();
    for n in 0..6 {
        states.mark_unchanged();
        ids.push(submit(&*store, &[("courriel", &format!("p{n}@exemple.fr"))]).await.0);
        woken.push(states.has_changed().unwrap());
    }
    // Open, last places at three left, full with the fifth; the sixth waits, and a full session
    // stays full.
    assert_eq!(woken, [false, true, false, false, true, false]);
    states.mark_unchanged();
    store.cancel(ids[0], Actor::Person, now()).await.unwrap();
    assert!(!states.has_changed().unwrap(), "the place went to whoever waited");
    store.cancel(ids[1], Actor::Person, now()).await.unwrap();
    assert!(states.has_changed().unwrap(), "a place is free again");
}

pub(crate) async fn an_edit_of_the_content_drops_nobody_and_is_told(store: Arc<dyn Store>) {
    let all = || vec![record("s1", 2), record("s2", 2), record("s3", 2), record("s4", 2), record("s5", 2)];
    sync(&*store, all()).await;
    for session in ["s1", "s2", "s3", "s4"] {
        for name in ["a", "b"] {
            submit(&*store, &[("courriel", &format!("{name}@exemple.fr")), ("seance", session)]).await;
        }
    }
    let mut edited = all();
    edited.remove(4);
    edited.remove(3);
    edited[0].schedule.starts = at("2027-03-18T17:00:00Z");
    edited[1].schedule.cancelled = true;
    edited[2].places_max = 1;
    let synced = sync(&*store, edited.clone()).await;
    let lists = [&synced.moved, &synced.cancelled, &synced.overfull, &synced.orphaned];
    assert_eq!(lists.map(|list| list.join(" ")), ["s1", "s2", "s3", "s4"]);
    let again = sync(&*store, edited).await;
    assert_eq!((again.moved.len(), again.cancelled.len()), (0, 0), "told once");
    assert_eq!((again.overfull.len(), again.orphaned.len()), (1, 1), "true for as long as it is");
    for session in ["s1", "s2", "s3", "s4"] {
        assert_eq!(store.export(session).await.unwrap().unwrap().len(), 2, "people are kept");
    }
    assert_eq!(store.export("s5").await.unwrap(), None, "nobody asked for it");
    let told = store.notices().await.unwrap();
    let told: Vec<_> = told.iter().map(|notice| (notice.notice.name(), notice.session.as_str())).collect();
    assert_eq!(
        told,
        [("session-moved", "s1"), ("session-cancelled", "s2"), ("session-overfull", "s3"), ("session-removed", "s4"),]
    );
}
