//! One truth inside a batch: whatever shares a transaction, each operation finds what those before
//! it left. Every pair of operations is carried out in one transaction, in both orders, and
//! everything that can be seen afterwards is what the same two come to one by one.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use super::*;
use crate::{
    enrolment::{Decision, Milestone, Sightings},
    store::{BurstAnswer, DemandChange, Operation, OperationOutcome},
};

/// How operations are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Together {
    /// In one transaction.
    Yes,
    /// One by one.
    No,
}

/// A small world of its own: three sessions, and people.
struct World {
    store: Arc<dyn Store>,
    prefix: String,
    keys: BTreeMap<char, i64>,
    people: BTreeMap<&'static str, DemandId>,
}

/// The operations, by name.
type NamedOperation = (&'static str, fn(&World) -> Operation);

const OPERATIONS: &[NamedOperation] = &[
    ("the same form", |world| world.submit("ana", 'a', &[("envoi", "k")])),
    ("a new form", |world| world.submit("nora", 'a', &[])),
    ("cancel", |world| world.change("ana", DemandChange::Cancel)),
    ("cancel the repeated", |world| world.change("ana again", DemandChange::Cancel)),
    ("cancel others", |world| world.change("ana again", DemandChange::CancelOthers)),
    ("merge", |world| world.change("ana again", DemandChange::Merge)),
    ("confirm", |world| world.change("bea", DemandChange::Confirm)),
    ("accept", |world| world.change("dina", DemandChange::Accept)),
    ("move to b", |world| Operation::Move { id: world.people["ana"], session: world.id('b') }),
    ("move to c", |world| Operation::Move { id: world.people["ana"], session: world.id('c') }),
    ("move another to b", |world| Operation::Move { id: world.people["bea"], session: world.id('b') }),
    ("another contact", |world| {
        let fields = [("courriel", "neuve@exemple.fr"), ("telephone", "0612345678")];
        let details = Box::new(read_contact(&Values::of(fields), true).unwrap());
        Operation::Rewrite { id: world.people["ana"], details }
    }),
    ("a contact that was mistyped", |world| {
        let details = Box::new(read_contact(&Values::of([("courriel", "juste@exemple.fr")]), true).unwrap());
        Operation::Correct { id: world.people["ana"], renewed: world.renewed("ana"), details }
    }),
    ("cancel what was sent before", |world| Operation::CancelEarlier {
        earlier: world.people["ana"],
        kept: world.people["ana again"],
    }),
    ("a code", |world| Operation::SendCode { id: world.people["ana"] }),
    ("a calendar", |world| Operation::AskCalendar { id: world.people["ana"] }),
    ("erase", |world| Operation::Erase { id: world.people["ana"] }),
    ("erase another", |world| Operation::Erase { id: world.people["bea"] }),
    ("compare", |world| Operation::Compare { id: world.people["ana again"] }),
    ("a held form", |world| world.held("hana")),
    ("cancel the held", |world| world.change("hugo", DemandChange::Cancel)),
    ("let in", |world| world.answer(BurstAnswer::Admit)),
    ("drop", |world| world.answer(BurstAnswer::Drop)),
    ("settle", |world| Operation::Settle { session: world.keys[&'a'] }),
    ("carry", |world| Operation::Carry { id: world.people["ana"], to: world.keys[&'c'] }),
    ("not held", |world| {
        let (session, starts) = (world.keys[&'a'], record("a", 1).schedule.starts);
        Operation::Decide { session, starts, decision: Decision::Cancel }
    }),
    ("a reminder", |world| {
        let (session, starts) = (world.keys[&'a'], record("a", 1).schedule.starts);
        Operation::Reach { session, starts, milestone: Milestone::Week }
    }),
    ("seen", |world| {
        let (session, ends, last) = (world.keys[&'a'], record("a", 1).schedule.ends, "2027-03-18".parse().unwrap());
        Operation::Sight { session, ends, sightings: Sightings { days: 1, last, announced: Some(last) } }
    }),
    ("erase the session", |world| Operation::EraseSession {
        session: world.keys[&'a'],
        ends: record("a", 1).schedule.ends,
    }),
];

impl World {
    /// Four places in the first session: two taken, one kept for Dina, one taken by a demand to be
    /// confirmed; a repeated demand waits, and one is held.
    async fn new(store: Arc<dyn Store>, prefix: String) -> Self {
        let mut world = Self { store, prefix, keys: BTreeMap::new(), people: BTreeMap::new() };
        let records: Vec<_> = ['a', 'b', 'c']
            .into_iter()
            .map(|letter| SessionRecord {
                group: world.prefix.clone(),
                places_max: if letter == 'b' { 1 } else { 4 },
                ..record(&world.id(letter), 4)
            })
            .collect();
        sync(&*world.store, records).await;
        let from = at("2027-03-17T00:00:00Z");
        let facts = world.store.scheduled(from, at("2027-03-18T00:00:00Z"), now()).await.unwrap();
        world.keys = ['a', 'b', 'c'].into_iter().zip(facts.iter().map(|facts| facts.session)).collect();
        for (who, fields) in [
            ("ana", &[("envoi", "k")][..]),
            ("bea", &[("autre_parent", "oui"), ("telephone", "0698765432")]),
            ("carl", &[("places", "2")]),
            ("dina", &[]),
            ("ana again", &[("theme", "le sommeil")]),
            ("hugo", &[]),
        ] {
            let operation = if who == "hugo" { world.held(who) } else { world.submit(who, 'a', fields) };
            let Operation::Submit(submission) = operation else { unreachable!() };
            let Submitted::Recorded { id, .. } = world.store.submit(*submission, now()).await.unwrap() else {
                panic!("{who}")
            };
            world.people.insert(who, id);
        }
        // A place comes free shortly before: it is on offer to Dina.
        let carl = world.people["carl"];
        world.store.cancel(carl, Actor::Person, at("2027-03-17T07:00:00Z")).await.unwrap();
        world.seen(&[]).await;
        world
    }

    /// The id that somebody's demand has once its contact is corrected.
    fn renewed(&self, who: &str) -> DemandId {
        let mut renewed = self.people[who];
        renewed.0[15] ^= 1;
        renewed
    }

    fn id(&self, letter: char) -> String {
        format!("{}-{letter}", self.prefix)
    }

    fn submit(&self, who: &str, letter: char, fields: &[(&'static str, &str)]) -> Operation {
        let (name, session) = (who.split(' ').next().unwrap(), self.id(letter));
        let email = format!("{name}@exemple.fr");
        let own = [("prenom", name), ("courriel", email.as_str()), ("seance", session.as_str())];
        Operation::Submit(Box::new(form(&[&own[..], fields].concat())))
    }

    /// A form that came in a burst.
    fn held(&self, who: &str) -> Operation {
        let Operation::Submit(mut submission) = self.submit(who, 'a', &[]) else { unreachable!() };
        submission.held = true;
        Operation::Submit(submission)
    }

    fn answer(&self, answer: BurstAnswer) -> Operation {
        Operation::AnswerBurst { session: self.keys[&'a'], last: i64::MAX, answer }
    }

    fn change(&self, who: &str, change: DemandChange) -> Operation {
        Operation::Change { id: self.people[who], change, actor: Actor::Person }
    }

    async fn carry_out(&self, operations: Vec<Operation>, together: Together) -> Vec<OperationOutcome> {
        if together == Together::Yes {
            return self.store.operate_together(operations, now()).await.unwrap();
        }
        let mut outcomes = Vec::new();
        for operation in operations {
            outcomes.push(self.store.operate(operation, now()).await.unwrap());
        }
        outcomes
    }

    /// Everything that can be seen of these outcomes and of this world, with the letters that were
    /// written since the last time.
    async fn seen(&self, outcomes: &[OperationOutcome]) -> String {
        let mut seen = String::new();
        for outcome in outcomes {
            let _ = match outcome {
                // A name of its own each time, which its page tells below.
                OperationOutcome::Submitted(Submitted::Recorded { given, .. }) => {
                    writeln!(seen, "  recorded {}", given.key())
                }
                outcome => writeln!(seen, "  {outcome:?}"),
            };
        }
        let new = outcomes.iter().filter_map(|outcome| match outcome {
            OperationOutcome::Submitted(Submitted::Recorded { id, .. }) => Some(("recorded", *id)),
            _ => None,
        });
        for (who, id) in self.people.iter().map(|(who, id)| (*who, *id)).chain(new) {
            let page = self.store.follow_up(id, now()).await.unwrap();
            let told = page.map(|page| (self.plain(&page.session.record.id), page.shown, page.calendar.is_some()));
            let own = self.store.personal(id).await.unwrap();
            let own = own.map(|own| (own.email, own.phone, own.other_parent, own.messages.len()));
            let _ = writeln!(seen, "  {who}: {told:?} {own:?}");
        }
        for letter in ['a', 'b', 'c'] {
            let list = self.store.export(&self.id(letter)).await.unwrap().unwrap();
            let rows: Vec<_> =
                list.iter().map(|row| (&row.first_name, row.standing, row.to_confirm, row.repeats)).collect();
            let state = self.store.session(&self.id(letter), now()).await.unwrap().unwrap().state;
            let topics = self.store.topics(&self.id(letter)).await.unwrap();
            let _ = writeln!(seen, "  {letter}: {} {rows:?} {topics:?}", state.key());
        }
        let mut notices: Vec<_> = self.store.notices().await.unwrap();
        notices.retain(|notice| notice.session.starts_with(&format!("{}-", self.prefix)));
        let mut notices: Vec<_> = notices
            .iter()
            .map(|notice| (notice.notice.name(), notice.notice.about(), notice.demand.is_some()))
            .collect();
        notices.sort();
        let _ = writeln!(seen, "  {notices:?}");
        let late = at("2027-12-01T00:00:00Z");
        let claimed = self.store.claim_messages(1000, Recipients::All, late, at("2027-12-02T00:00:00Z")).await.unwrap();
        let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
        self.store.settle_messages(sent, late).await.unwrap();
        let mut letters: Vec<_> = claimed.iter().map(|message| (message.name(), to_person(message))).collect();
        letters.retain(|(name, _)| *name != "equipe-journal");
        let mut letters: Vec<_> =
            letters.iter().map(|(name, letter)| (*name, letter.map(|letter| letter.recipient.clone()))).collect();
        letters.sort();
        let _ = writeln!(seen, "  {letters:?}");
        seen
    }

    fn plain(&self, session: &str) -> String {
        session.strip_prefix(&format!("{}-", self.prefix)).unwrap_or(session).to_owned()
    }
}

/// What every pair comes to, one after the other.
pub(crate) async fn every_pair(store: Arc<dyn Store>, together: Together) -> Vec<String> {
    let mut pairs = Vec::new();
    for (first, one) in OPERATIONS {
        for (second, other) in OPERATIONS {
            let world = World::new(Arc::clone(&store), format!("p{}", pairs.len())).await;
            let operations = vec![one(&world), other(&world)];
            let outcomes = world.carry_out(operations, together).await;
            pairs.push(format!("{first}, then {second}\n{}", world.seen(&outcomes).await));
            // What follows is another world's.
            compare(&*world.store, now()).await.unwrap();
            world.seen(&[]).await;
        }
    }
    pairs
}
