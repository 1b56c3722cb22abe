//! What is erased in time, and what is still known of a year then.

use std::sync::Arc;

use jiff::{SignedDuration, civil::date};

use super::*;
use crate::store::Counts;

pub(crate) async fn what_was_kept_long_enough_is_erased(store: Arc<dyn Store>) {
    sync(&*store, vec![record("s1", 1)]).await;
    let (id, _) = submit(&*store, &[("courriel", "a@exemple.fr"), ("envoi", "k")]).await;
    submit(&*store, &[("courriel", "b@exemple.fr")]).await;
    let ends = record("s1", 1).schedule.ends;
    assert_eq!(store.purge(ends, now()).await.unwrap(), 0);
    assert_eq!(store.purge(ends.saturating_add(jiff::SignedDuration::from_secs(1)).unwrap(), now()).await.unwrap(), 2);
    assert_eq!(store.follow_up(id, now()).await.unwrap(), None);
    assert_eq!(store.export("s1").await.unwrap(), Some(vec![]));
    assert_eq!(outbox(&*store).await, []);
    assert_eq!(state(&*store).await, State::LastPlaces);
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

    let after = record("s1", 4).schedule.ends.saturating_add(SignedDuration::from_secs(1)).unwrap();
    assert!(store.purge(after, now()).await.unwrap() > 0);
    assert_eq!(store.export("s1").await.unwrap(), Some(vec![]));
    assert_eq!(year(&*store).await, known);

    // Once more: nothing is counted twice. And whatever leaves the content stays counted.
    store.purge(after, now()).await.unwrap();
    sync(&*store, vec![]).await;
    let counted = known.into_iter().filter(|(_, _, counts)| counts[0] > 0).collect::<Vec<_>>();
    assert_eq!(year(&*store).await, counted);
}
