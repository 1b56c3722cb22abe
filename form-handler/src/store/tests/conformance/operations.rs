//! Operations at random, many at once, on a few sessions whose limits and dates change, by a clock
//! that goes on and back: after each, what was promised is looked at.
//! `ENTREPARENTAISE_OPERATIONS` says how many, `ENTREPARENTAISE_GRAINE` which.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, civil::date};

use super::{year::Dice, *};
use crate::store::{BurstAnswer, DemandChange, Operation, OperationOutcome, Outdated};

/// Operations of a usual run.
const USUAL: u64 = 1_500;

/// Sessions, and the most operations in one batch.
const SESSIONS: u64 = 3;
const BATCH: u64 = 6;

/// What we were answered about a demand, which is what must be true of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It is somebody's, in this session.
    Lives(String),
    Cancelled,
    Erased,
}

struct Model {
    dice: Dice,
    places: Vec<u16>,
    /// The most places that a session had at any decision: nobody is dropped when it has fewer.
    most: Vec<u32>,
    fates: HashMap<DemandId, Fate>,
    ids: Vec<DemandId>,
    /// The same form, sent again, gets the first answer.
    forms: HashMap<u64, DemandId>,
    forgotten: HashSet<u64>,
    sent: u64,
}

fn session(n: u64) -> String {
    format!("s{n}")
}

pub(crate) async fn whatever_happens_nobody_is_lost_and_no_room_is_overfull(store: Arc<dyn Store>) {
    let told = |variable| std::env::var(variable).ok().and_then(|text| text.parse().ok());
    let (wanted, seed) = (told("ENTREPARENTAISE_OPERATIONS"), told("ENTREPARENTAISE_GRAINE"));
    let mut model = Model {
        dice: Dice::new(seed.unwrap_or(7)),
        places: vec![3; usize::try_from(SESSIONS).unwrap()],
        most: vec![3; usize::try_from(SESSIONS).unwrap()],
        fates: HashMap::new(),
        ids: Vec::new(),
        forms: HashMap::new(),
        forgotten: HashSet::new(),
        sent: 0,
    };
    let mut now = now();
    model.mirror(&*store, now).await;
    let mut done = 0;
    while done < wanted.unwrap_or(USUAL) {
        // The clock goes on, or back.
        let step = model.dice.signed(3_000) + 1_000;
        now = now.checked_add(SignedDuration::from_secs(step)).unwrap();
        if now.duration_since(super::now()) > SignedDuration::from_hours(24 * 14) || now < super::now() {
            now = super::now();
        }
        match model.dice.roll(12) {
            0 => model.mirror(&*store, now).await,
            1 => drop(store.expire(now).await.unwrap()),
            2 => drop(compare(&*store, now).await.unwrap()),
            _ => {}
        }
        let count = 1 + model.dice.roll(BATCH);
        let operations: Vec<Operation> = (0..count).map(|_| model.operation()).collect();
        let outcomes = store.operate_together(operations.clone(), now).await.unwrap();
        for (operation, outcome) in operations.iter().zip(outcomes) {
            model.note(operation, outcome);
        }
        done += count;
        model.check(&*store, now).await;
        // A world that only grows is read ever slower: most of it is erased now and then.
        if model.ids.len() > 60 {
            model.clear(&*store, now).await;
        }
    }
}

impl Model {
    /// The content, with other limits and now and then another day.
    async fn mirror(&mut self, store: &dyn Store, now: Timestamp) {
        let mut records = Vec::new();
        for n in 0..SESSIONS {
            let at = usize::try_from(n).unwrap();
            self.places[at] = u16::try_from(1 + self.dice.roll(6)).unwrap();
            self.most[at] = self.most[at].max(self.places[at].into());
            let mut one = SessionRecord { revision: 0, ..record(&session(n), self.places[at]) };
            if self.dice.roll(4) == 0 {
                // Over already, by its file.
                one.date = date(2026, 3, 17);
                let year = SignedDuration::from_hours(24 * 365);
                one.schedule.starts -= year;
                one.schedule.ends -= year;
                one.schedule.closes -= year;
                let asked = store.export(&session(n)).await.unwrap().is_some_and(|rows| !rows.is_empty());
                if !asked {
                    one = record(&session(n), self.places[at]);
                }
            }
            records.push(one);
        }
        store.sync_sessions(records, now).await.unwrap();
    }

    fn anybody(&mut self) -> DemandId {
        let count = u64::try_from(self.ids.len()).unwrap();
        if count == 0 { DemandId([0; 16]) } else { self.ids[usize::try_from(self.dice.roll(count)).unwrap()] }
    }

    fn submission(number: u64, session_number: u64) -> Submission {
        // A few people, so that contacts meet.
        let (who, places) = (number % 7, if number.is_multiple_of(5) { "2" } else { "1" });
        let (email, name, key) = (format!("p{who}@exemple.fr"), format!("P{}", number % 3), format!("k{number}"));
        let session = session(session_number);
        let other = if number.is_multiple_of(11) { "oui" } else { "non" };
        let fields = [
            ("courriel", email.as_str()),
            ("prenom", name.as_str()),
            ("envoi", key.as_str()),
            ("seance", session.as_str()),
            ("places", places),
            ("autre_parent", other),
        ];
        Submission { held: number.is_multiple_of(4), ..form(&fields) }
    }

    fn operation(&mut self) -> Operation {
        let id = self.anybody();
        let change = |change, actor| Operation::Change { id, change, actor };
        match self.dice.roll(17) {
            0..=4 => {
                self.sent += 1;
                let to = self.sent % SESSIONS;
                Operation::Submit(Box::new(Self::submission(self.sent, to)))
            }
            // Once more, as a browser that got no answer would.
            5 if self.sent > 0 => {
                let number = self.sent - self.dice.roll(self.sent.min(9));
                Operation::Submit(Box::new(Self::submission(number, number % SESSIONS)))
            }
            5 | 6 => change(DemandChange::Cancel, Actor::Person),
            7 => change(DemandChange::Merge, Actor::Link),
            8 => change(DemandChange::CancelOthers, Actor::Link),
            9 => change(DemandChange::Accept, Actor::Person),
            10 => change(DemandChange::Confirm, Actor::Team),
            11 | 12 => Operation::Move { id, session: session(self.dice.roll(SESSIONS)) },
            13 => Operation::Erase { id },
            14 => Operation::AskCalendar { id },
            15 => {
                let answer = if self.dice.roll(3) == 0 { BurstAnswer::Drop } else { BurstAnswer::Admit };
                let session = i64::try_from(1 + self.dice.roll(SESSIONS)).unwrap();
                Operation::AnswerBurst { session, last: i64::MAX, answer }
            }
            _ => {
                let email = format!("p{}@exemple.fr", self.dice.roll(7));
                let details = Box::new(read_contact(&Values::of([("courriel", email.as_str())]), true).unwrap());
                Operation::Rewrite { id, details }
            }
        }
    }

    fn note(&mut self, operation: &Operation, outcome: OperationOutcome) {
        match (operation, outcome) {
            (Operation::Submit(submission), OperationOutcome::Submitted(Submitted::Recorded { id, .. })) => {
                let key = submission.demand.submission.as_deref().unwrap_or_default();
                let number: u64 = key.trim_start_matches('k').parse().unwrap();
                match self.forms.get(&number) {
                    Some(first) if !self.forgotten.contains(&number) => assert_eq!(*first, id, "one form, one demand"),
                    _ => {
                        self.forgotten.remove(&number);
                        self.forms.insert(number, id);
                        self.fates.insert(id, Fate::Lives(submission.demand.session.clone()));
                        self.ids.push(id);
                    }
                }
            }
            (Operation::Change { id, change: DemandChange::Cancel, .. }, OperationOutcome::Changed(Changed::Done)) => {
                if let Some(fate) = self.fates.get_mut(id).filter(|fate| matches!(fate, Fate::Lives(_))) {
                    *fate = Fate::Cancelled;
                }
            }
            (Operation::Move { id, session }, OperationOutcome::Changed(Changed::Done)) => {
                if let Some(Fate::Lives(place)) = self.fates.get_mut(id) {
                    place.clone_from(session);
                }
            }
            (Operation::Erase { id }, OperationOutcome::Changed(Changed::Done)) => {
                self.fates.insert(*id, Fate::Erased);
                self.forgotten.extend(self.forms.iter().filter(|(_, known)| *known == id).map(|(number, _)| *number));
            }
            (Operation::Erase { id }, OperationOutcome::Changed(Changed::Unknown)) => {
                assert!(self.fates.get(id).is_none_or(|fate| *fate == Fate::Erased), "{id} cannot be erased");
            }
            _ => {}
        }
    }

    /// Each link says what its person was answered, and no session holds more than it ever had.
    async fn check(&mut self, store: &dyn Store, now: Timestamp) {
        for (id, fate) in &mut self.fates {
            let page = store.follow_up(*id, now).await.unwrap();
            match (&*fate, page) {
                (Fate::Erased, None) => {}
                (Fate::Cancelled, Some(page)) => assert_eq!(page.shown, Shown::Cancelled, "{id}"),
                (Fate::Lives(session), Some(page)) => {
                    assert_eq!(page.session.record.id, *session, "{id} is elsewhere");
                    // Somebody with the same address cancelled it by a link, or the offer ended.
                    if page.shown == Shown::Cancelled {
                        *fate = Fate::Cancelled;
                    }
                }
                (fate, page) => panic!("{id}: {fate:?}, and its page is {page:?}"),
            }
        }
        for n in 0..SESSIONS {
            let rows = store.export(&session(n)).await.unwrap().unwrap();
            let taken: u32 = rows.iter().filter(|row| row.standing.occupies()).map(|row| u32::from(row.places)).sum();
            let most = self.most[usize::try_from(n).unwrap()];
            assert!(taken <= most, "{taken} of {most} places are taken");
            // A limit that was lowered drops nobody, but gives nothing either: once it is met
            // again, it is the limit.
            if taken <= u32::from(self.places[usize::try_from(n).unwrap()]) {
                self.most[usize::try_from(n).unwrap()] = self.places[usize::try_from(n).unwrap()].into();
            }
        }
    }

    async fn clear(&mut self, store: &dyn Store, now: Timestamp) {
        for id in std::mem::take(&mut self.ids) {
            store.erase(id, now).await.unwrap();
            assert_eq!(store.follow_up(id, now).await.unwrap(), None);
        }
        (self.fates, self.forms) = (HashMap::new(), HashMap::new());
        self.forgotten.clear();
        for n in 0..SESSIONS {
            assert_eq!(store.export(&session(n)).await.unwrap(), Some(vec![]), "nobody is left whom nobody knows");
        }
        // Nor is anything kept that was only said of them.
        let late = at("2100-01-01T00:00:00Z");
        loop {
            let claimed = store.claim_messages(1_000, Recipients::All, late, late).await.unwrap();
            if claimed.is_empty() {
                break;
            }
            let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
            store.settle_messages(sent, late).await.unwrap();
        }
        for day in 1..=5 {
            store.write_digest(date(2028, 1, day), late).await.unwrap();
        }
        let outdated = Outdated { team_letters: late, digests: late, audit: late, erased: late, ran: (late, late) };
        store.forget(outdated).await.unwrap();
    }
}
