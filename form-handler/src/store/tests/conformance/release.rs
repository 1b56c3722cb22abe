//! What a database of the first release holds, in `tests/first_release.*.sql`.

use super::*;
use crate::{
    enrolment::{Decision, Milestone},
    store::{BurstAnswer, Operation, StoreError},
};

fn id(last: u8) -> DemandId {
    let mut id = [0; 16];
    id[15] = last;
    DemandId(id)
}

pub(crate) async fn what_the_first_release_left_is_there(store: &dyn Store) {
    // People, with their standings and what they asked for.
    let until = at("2027-03-17T16:00:00Z");
    let first = store.export("s1").await.unwrap().unwrap();
    let seen: Vec<_> = first.iter().map(|row| (row.id, row.first_name.as_str(), row.standing, row.repeats)).collect();
    assert_eq!(seen, [(id(2), "Marie", Standing::Enrolled, false), (id(3), "Zoé", Standing::Offered(until), true)]);
    assert!(first[0].cautions.no_email && first[0].cautions.evening && !first[0].cautions.no_call);
    let waits = store.to_confirm(now()).await.unwrap();
    assert_eq!((waits.len(), waits[0].id, waits[0].holds), (1, id(5), false));
    assert_eq!(waits[0].other_parent_first_name.as_deref(), Some("Sam"));
    // Each link leads to a demand as it is now.
    let moved = store.follow_up(id(4), now()).await.unwrap().unwrap();
    assert_eq!((moved.current, moved.session.record.id.as_str()), (id(5), "s2"));
    assert_eq!(store.follow_up(id(6), now()).await.unwrap().unwrap().shown, Shown::Cancelled);
    let mut calendar = [0; 16];
    calendar[15] = 12;
    assert_eq!(store.follow_up(id(2), now()).await.unwrap().unwrap().calendar, Some(calendar));
    let written = store.personal(id(3)).await.unwrap().unwrap().messages;
    let kinds: Vec<_> = written.iter().map(|one| (one.kind, one.sent_at.is_some())).collect();
    assert_eq!(kinds, [(MessageKind::WaitingList, true), (MessageKind::PlaceOffered, false)]);
    assert_eq!(store.topics("s1").await.unwrap(), ["le sommeil"]);
    assert!(store.personal(id(5)).await.unwrap().unwrap().other_parent);
    // Letters that wait.
    let letters = store.claim_messages(9, Recipients::All, now(), now()).await.unwrap();
    let names: Vec<_> = letters.iter().map(|letter| (letter.key, letter.name())).collect();
    assert_eq!(names, [(7, "place-proposee"), (8, "effacement"), (9, "equipe-a-confirmer")]);
    // What the team is to know, what was done, what was counted.
    assert_eq!(store.notices().await.unwrap().len(), 3);
    assert_eq!(store.calls(now()).await.unwrap().len(), 1);
    let facts = store.scheduled(now(), at("2027-05-01T00:00:00Z"), now()).await.unwrap();
    let held = facts.iter().find(|facts| facts.session == 2).unwrap();
    assert_eq!((held.done.as_slice(), held.decision), (&[Milestone::Minimum][..], Some(Decision::Hold)));
    assert!(store.counted(2).await.unwrap().unwrap().doubtful.is_some());
    assert!(!store.write_digest("2027-03-01".parse().unwrap(), now()).await.unwrap(), "it was written");
    // No session lost its number in calendars.
    let told = store.availability(now()).await.unwrap().sessions;
    assert!(told.values().all(|row| row.changed_at.is_none_or(|at| at <= now()) && row.former.is_none()), "{told:?}");
    let year = ("2027-01-01".parse().unwrap(), "2027-12-31".parse().unwrap());
    assert_eq!(store.tallies(year.0, year.1).await.unwrap()[0].counts.asked, 7);
    assert_eq!(store.key_fingerprint("another".to_owned()).await.unwrap(), "0123456789abcdef");
}

/// The tables of the first release, brought up to date, take what later ones write.
pub(crate) async fn it_knows_what_later_releases_do(store: &dyn Store) {
    let hold = async |email: &str| {
        let form = form(&[("seance", "s2"), ("courriel", email)]);
        match store.submit(Submission { held: true, ..form }, now()).await.unwrap() {
            Submitted::Recorded { id, given: Given::ToConfirm } => id,
            other => panic!("{other:?}"),
        }
    };
    let before = store.counted(2).await.unwrap().unwrap();
    let dropped = hold("h@exemple.fr").await;
    let burst = store.bursts(now()).await.unwrap().pop().unwrap();
    let later = hold("i@exemple.fr").await;
    let after = store.counted(2).await.unwrap().unwrap();
    assert_eq!((after.occupied, after.waiting, after.held), (before.occupied, before.waiting, 2));
    let answer = |last, answer| Operation::AnswerBurst { session: 2, last, answer };
    assert_eq!(store.change(answer(burst.last, BurstAnswer::Drop), now()).await.unwrap(), Changed::Done);
    assert_eq!(store.change(answer(i64::MAX, BurstAnswer::Admit), now()).await.unwrap(), Changed::Done);
    assert_eq!(shown(store, dropped).await, Shown::Dropped);
    assert_eq!(shown(store, later).await, Shown::Live(Given::Place));
}

/// The database holds a letter of a kind, and a milestone of a name, that this version does not
/// know.
pub(crate) async fn unknown_words_are_named(store: &dyn Store) {
    let cause = |error: StoreError| std::error::Error::source(&error).unwrap().to_string();
    let letter = store.claim_messages(9, Recipients::All, now(), now()).await.unwrap_err();
    assert_eq!(cause(letter), "unknown word in outbox.kind: \"pigeon\"");
    let milestone = store.scheduled(now(), at("2027-05-01T00:00:00Z"), now()).await.unwrap_err();
    assert_eq!(cause(milestone), "unknown word in milestones.what: \"pigeon\"");
    let caution = store.export("s1").await.unwrap_err();
    assert_eq!(cause(caution), "unknown word in demands.cautions: \"pigeon\"");
    let notice = store.notices().await.unwrap_err();
    assert_eq!(cause(notice), "unknown word in notices.kind: \"pigeon\"");
}

/// The rows of [`unknown_words_are_named`], once those of the first release are there.
pub(crate) const UNKNOWN_WORDS: &str = "UPDATE outbox SET kind = 'pigeon' WHERE key = 7; \
    UPDATE milestones SET what = 'pigeon'; UPDATE demands SET cautions = 'pigeon' WHERE rank = 2; \
    UPDATE notices SET kind = 'pigeon' WHERE key = 5";
