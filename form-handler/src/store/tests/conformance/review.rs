//! What is erased in time, and what is still known of a year then.

use std::sync::Arc;

use jiff::{
    SignedDuration, ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

use super::*;
use crate::{
    enrolment::Notice,
    schedule::erasure::{ErasurePass, Retention, forget, look},
    store::{Counts, Operation},
};

fn retention() -> Retention {
    Retention { days: 90, zone: TimeZone::get("Europe/Paris").unwrap() }
}

fn noon(day: Date) -> Timestamp {
    day.at(12, 0, 0, 0).to_zoned(retention().zone).unwrap().timestamp()
}

/// Lets these days go by, with a server that runs. The day on which the team was told, and that on
/// which something was erased.
async fn go_by(store: &dyn Store, from: Date, count: i64) -> (Option<Date>, Option<(Date, usize)>) {
    let (mut told, mut erased) = (None, None);
    for n in 0..count {
        let day = from.checked_add(n.days()).unwrap();
        let looked = look(store, &retention(), noon(day), true).await.unwrap();
        // Once a day is enough, and more is not more.
        assert_eq!(look(store, &retention(), noon(day), true).await.unwrap(), ErasurePass::default(), "{day}");
        told = told.or((!looked.announced.is_empty()).then_some(day));
        erased = erased.or((looked.erased > 0).then_some((day, looked.erased)));
    }
    (told, erased)
}

pub(crate) async fn what_was_kept_long_enough_is_erased(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 1)]).await;
    let (id, _) = submit(store, &[("courriel", "a@exemple.fr"), ("envoi", "k"), ("theme", "le sommeil")]).await;
    submit(store, &[("courriel", "b@exemple.fr")]).await;
    // The session of 17 March is kept for 90 days; the team knows a week before, and nothing is
    // erased meanwhile.
    assert_eq!(go_by(store, date(2027, 3, 1), 107).await, (Some(date(2027, 6, 9)), None));
    let told = store.digest(noon(date(2027, 6, 15))).await.unwrap();
    assert_eq!(told.erasures, [date(2027, 3, 17)]);
    assert_eq!(store.export("s1").await.unwrap().unwrap().len(), 2);
    assert_eq!(go_by(store, date(2027, 6, 16), 1).await, (None, Some((date(2027, 6, 16), 2))));
    assert_eq!(store.follow_up(id, now()).await.unwrap(), None);
    assert_eq!(store.export("s1").await.unwrap(), Some(vec![]));
    assert_eq!(store.topics("s1").await.unwrap(), Vec::<String>::new());
    assert_eq!(store.notices().await.unwrap(), []);
    assert_eq!(outbox(store).await, []);
    assert_eq!(state(store).await, State::LastPlaces);
    assert_eq!(go_by(store, date(2027, 6, 17), 30).await, (None, None), "there is nothing left to erase");
}

pub(crate) async fn a_date_that_was_wrong_or_a_clock_that_was_erases_nobody(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 2)]).await;
    submit(store, &[("courriel", "a@exemple.fr")]).await;
    let mut mistyped = record("s1", 2);
    let year = SignedDuration::from_hours(24 * 365);
    mistyped.date = date(2026, 3, 17);
    mistyped.schedule.starts -= year;
    mistyped.schedule.ends -= year;
    mistyped.schedule.closes -= year;
    // Typed in the content: the session stays where it was, the team hears of it at once, and
    // however long it lasts nobody is erased.
    for _ in 0..2 {
        let synced = sync(store, vec![mistyped.clone()]).await;
        assert_eq!(synced.doubtful, ["s1"]);
        assert_eq!(synced.moved, Vec::<String>::new());
    }
    let told = store.claim_messages(9, Recipients::All, now(), at("2027-03-02T00:00:00Z")).await.unwrap();
    assert_eq!(told.iter().map(Outgoing::name).collect::<Vec<_>>(), ["place", "equipe-date-passee"], "once");
    let row = &store.availability(now()).await.unwrap().sessions["s1"];
    assert_eq!((row.state, row.date), (State::LastPlaces, Some(date(2027, 3, 17))), "pages and calendars agree");
    assert_eq!(go_by(store, date(2027, 3, 1), 15).await, (None, None));
    // What else changes passes, a cancellation above all.
    let mut cancelled = mistyped.clone();
    cancelled.schedule.cancelled = true;
    sync(store, vec![cancelled]).await;
    let row = &store.availability(now()).await.unwrap().sessions["s1"];
    assert_eq!((row.state, row.date), (State::Cancelled, Some(date(2027, 3, 17))));
    // Corrected: as if nothing had been.
    sync(store, vec![record("s1", 2)]).await;
    let row = &store.availability(now()).await.unwrap().sessions["s1"];
    assert_eq!((row.state, row.date), (State::LastPlaces, None));
    assert!(store.notices().await.unwrap().iter().all(|notice| notice.notice != Notice::SessionDoubtful));
    // A clock two years ahead, for a while, again and again; then for good.
    for start in [date(2029, 1, 1), date(2027, 3, 1), date(2030, 1, 1), date(2027, 3, 2)] {
        let (_, erased) = go_by(store, start, 6).await;
        assert_eq!(erased, None, "{start}");
    }
    assert_eq!(store.export("s1").await.unwrap().unwrap().len(), 1);
    let (told, erased) = go_by(store, date(2029, 1, 1), 12).await;
    assert_eq!((told, erased), (Some(date(2029, 1, 5)), Some((date(2029, 1, 7), 1))));
}

pub(crate) async fn what_names_nobody_is_forgotten_by_a_clock_that_was_right_for_days(store: Arc<dyn Store>) {
    let store = &*store;
    sync(store, vec![record("s1", 12)]).await;
    // Somebody comes each day, so that each day's digest has something to tell.
    let mut letters = Vec::new();
    for n in 1..=6 {
        let (day, email) = (date(2027, 2, n), format!("p{n}@exemple.fr"));
        let asked = form(&[("courriel", &email), ("envoi", "k")]);
        store.submit(asked, noon(day)).await.unwrap();
        store.write_digest(day, noon(day)).await.unwrap();
        let claimed = store.claim_messages(9, Recipients::All, noon(day), noon(date(2027, 2, 28))).await.unwrap();
        store.settle_messages(claimed.iter().map(|one| (one.key, Attempt::Sent)).collect(), noon(day)).await.unwrap();
        letters.extend(claimed.iter().filter(|one| matches!(one.letter, ToWrite::Team(_))).map(|one| one.key));
    }
    assert_eq!(letters.len(), 6);
    let known = async || store.known_letters(letters.clone()).await.unwrap().len();
    forget(store, noon(date(2027, 2, 7))).await.unwrap();
    assert_eq!(known().await, 6, "they are kept for a month");
    // Two years ahead, and the first days there.
    for n in 1..=4 {
        forget(store, noon(date(2029, 1, n))).await.unwrap();
        store.write_digest(date(2029, 1, n), noon(date(2029, 1, n))).await.unwrap();
    }
    forget(store, noon(date(2029, 1, 5))).await.unwrap();
    assert_eq!(known().await, 6, "nobody ran by that clock for long");
    store.write_digest(date(2029, 1, 5), noon(date(2029, 1, 5))).await.unwrap();
    forget(store, noon(date(2029, 1, 5))).await.unwrap();
    assert_eq!(known().await, 0);
}

pub(crate) async fn the_team_or_a_revision_says_that_a_date_which_is_over_is_right(store: Arc<dyn Store>) {
    let store = &*store;
    let back = |record: SessionRecord| {
        let week = SignedDuration::from_hours(24 * 7);
        let mut schedule = record.schedule;
        schedule.starts -= week;
        schedule.ends -= week;
        schedule.closes -= week;
        SessionRecord { date: date(2027, 3, 10), schedule, ..record }
    };
    let later = at("2027-03-12T12:00:00Z");
    let date_of = async |id: &str| store.session(id, later).await.unwrap().unwrap().record.date;
    sync(store, vec![record("s1", 2), record("s2", 2)]).await;
    for session in ["s1", "s2"] {
        submit(store, &[("courriel", "a@exemple.fr"), ("seance", session)]).await;
    }
    let content = vec![back(record("s1", 2)), back(record("s2", 2))];
    assert_eq!(store.sync_sessions(content.clone(), later).await.unwrap().doubtful, ["s1", "s2"]);
    assert_eq!(date_of("s1").await, date(2027, 3, 17));
    let facts = store.scheduled(at("2027-03-17T00:00:00Z"), at("2027-03-18T00:00:00Z"), later).await.unwrap();
    let session = facts[0].session;
    let counted = store.counted(session).await.unwrap().unwrap();
    let asked = counted.doubtful.unwrap();
    assert_eq!((asked.date, counted.session.date), (date(2027, 3, 10), date(2027, 3, 17)));
    let accept = async || store.change(Operation::AcceptDate { session, starts: asked.starts }, later).await.unwrap();
    let other = Operation::AcceptDate { session, starts: later };
    assert_eq!(store.change(other, later).await.unwrap(), Changed::Ended, "nobody was asked about that one");
    assert_eq!(accept().await, Changed::Done);
    assert_eq!(accept().await, Changed::Ended, "there is nothing to answer any more");
    let told = store.claim_messages(99, Recipients::All, later, at("2027-03-13T00:00:00Z")).await.unwrap();
    assert_eq!(told.last().map(Outgoing::name), Some("seance-deplacee"), "who would have come on the 17th knows");
    assert_eq!(date_of("s1").await, date(2027, 3, 10));
    assert_eq!(store.session("s1", later).await.unwrap().unwrap().state, State::Past);
    let content = vec![back(record("s1", 2)), SessionRecord { revision: 1, ..back(record("s2", 2)) }];
    assert_eq!(store.sync_sessions(content, later).await.unwrap().doubtful, Vec::<String>::new());
    assert_eq!((date_of("s1").await, date_of("s2").await), (date(2027, 3, 10), date(2027, 3, 10)));
}

/// What is known of 2027: session, `connu_par`, then demands, places, withdrawn, without a place.
async fn year(store: &dyn Store) -> Vec<(String, Option<String>, [u32; 4])> {
    let tallies = store.tallies(date(2027, 1, 1), date(2027, 12, 31)).await.unwrap();
    let row = |tally: crate::store::Tally| {
        let Counts { asked, seats, withdrawn, unserved } = tally.counts;
        assert_eq!(tally.group, "parents-solos");
        (tally.session, tally.heard_from, [asked, seats, withdrawn, unserved])
    };
    tallies.into_iter().map(row).collect()
}

pub(crate) async fn a_year_is_counted_whatever_was_erased_since(store: Arc<dyn Store>) {
    let other_year = SessionRecord { date: date(2026, 12, 16), ..record("s0", 12) };
    sync(&*store, vec![other_year, record("s1", 4), record("s2", 12)]).await;
    let ask = async |session: &str, email: &str, origin: &str, places: &str| {
        let fields = [("seance", session), ("courriel", email), ("connu_par", origin), ("places", places)];
        match store.submit(form(&fields), now()).await.unwrap() {
            Submitted::Recorded { id, .. } => id,
            refused => panic!("{refused:?}"),
        }
    };
    ask("s1", "a@exemple.fr", "flyer", "2").await;
    let withdrawn = ask("s1", "b@exemple.fr", "flyer", "1").await;
    let moved = ask("s1", "c@exemple.fr", "affiche-a4", "1").await;
    ask("s1", "d@exemple.fr", "", "2").await;
    let repeated = ask("s1", "a@exemple.fr", "flyer", "1").await;
    let erased = ask("s1", "e@exemple.fr", "flyer", "1").await;
    store.cancel(withdrawn, Actor::Person, now()).await.unwrap();
    store.merge(repeated, Actor::Team, now()).await.unwrap();
    store.erase(erased, now()).await.unwrap();
    assert_eq!(store.move_to(moved, "s2".to_owned(), now()).await.unwrap(), Changed::Done);

    // The two places that came free with `b` and `c` went to whoever waited.
    let told = |session: &str, origin: Option<&str>, counts| (session.to_owned(), origin.map(str::to_owned), counts);
    let known = [
        told("s1", None, [1, 2, 0, 0]),
        told("s1", Some("flyer"), [2, 2, 1, 0]),
        told("s2", None, [0, 0, 0, 0]),
        told("s2", Some("affiche-a4"), [1, 1, 0, 0]),
    ];
    assert_eq!(year(&*store).await, known);

    assert!(matches!(go_by(&*store, date(2027, 6, 1), 30).await, (Some(_), Some(_))));
    assert_eq!(store.export("s1").await.unwrap(), Some(vec![]));
    assert_eq!(year(&*store).await, known);

    // Once more: nothing is counted twice. And whatever leaves the content stays counted.
    assert_eq!(go_by(&*store, date(2027, 7, 1), 30).await, (None, None));
    sync(&*store, vec![]).await;
    let counted = known.into_iter().filter(|(_, _, counts)| counts[0] > 0).collect::<Vec<_>>();
    assert_eq!(year(&*store).await, counted);
}
