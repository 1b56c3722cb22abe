//! A year in which dates are mistyped and the clock is wrong now and then: nobody's enrolment is
//! lost, and everything is erased at last.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{
    SignedDuration, ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

use super::*;
use crate::schedule::{
    Calendar,
    erasure::{Retention, look},
    pass,
};

/// Small numbers that follow each other at random, the same for a seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1))
    }

    /// From 0 to below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        // xorshift64 (Marsaglia, 2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    pub(crate) fn signed(&mut self, most: i64) -> i64 {
        i64::try_from(self.roll(2 * most.unsigned_abs() + 1)).unwrap() - most
    }
}

/// Years of a usual run; `ENTREPARENTAISE_ANNEES` says how many others.
const USUAL: u64 = 2;

const DAYS_KEPT: u16 = 90;

fn zone() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn instant(day: Date, hour: i8) -> Timestamp {
    day.at(hour, 0, 0, 0).to_zoned(zone()).unwrap().timestamp()
}

fn on(id: &str, day: Date, revision: u32) -> SessionRecord {
    let (starts, ends) = (instant(day, 18), instant(day, 20));
    let schedule = Schedule { starts, ends, opens: None, closes: starts, cancelled: false };
    SessionRecord { date: day, schedule, revision, ..record(id, 12) }
}

/// A session as it is, and as its file says for now.
struct Held {
    day: Date,
    typed: Date,
    /// Days until somebody sees that it was mistyped.
    wrong_for: u64,
    revision: u32,
    people: Vec<DemandId>,
    erased: bool,
}

pub(crate) async fn a_year_of_wrong_dates_and_clocks_loses_nobody(store: Arc<dyn Store>) {
    let years = std::env::var("ENTREPARENTAISE_ANNEES").ok().and_then(|years| years.parse().ok());
    for seed in 1..=years.unwrap_or(USUAL) {
        a_year(&*store, seed).await;
    }
}

async fn a_year(store: &dyn Store, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut sessions: BTreeMap<String, Held> = BTreeMap::new();
    for (n, day) in [date(2027, 3, 17), date(2027, 5, 26), date(2027, 6, 30), date(2027, 9, 22)].into_iter().enumerate()
    {
        let held = Held { day, typed: day, wrong_for: 0, revision: 0, people: Vec::new(), erased: false };
        sessions.insert(format!("y{seed}-{n}"), held);
    }
    let retention = Retention { days: DAYS_KEPT, zone: zone() };
    let calendar = Calendar { zone: zone(), minimum_days: 3 };
    let (mut ahead, mut wrong_clock_for) = (0, 0);
    let mut today = date(2027, 1, 4);
    while today < date(2028, 3, 1) {
        // A clock is wrong for some days, by days or by years; then it is right for a while.
        if wrong_clock_for == 0 {
            ahead = if dice.roll(12) == 0 { dice.signed(800) } else { 0 };
            wrong_clock_for = if ahead == 0 { 1 } else { 1 + dice.roll(4) };
        }
        wrong_clock_for -= 1;
        let shown = today.checked_add(ahead.days()).unwrap();
        for held in sessions.values_mut() {
            if held.wrong_for > 0 {
                held.wrong_for -= 1;
                if held.wrong_for == 0 {
                    held.typed = held.day;
                    held.revision += 1;
                }
            } else if dice.roll(25) == 0 {
                // A year, a month or a day that somebody mistypes; the revision is raised as the
                // guide says, or not.
                held.typed = held
                    .day
                    .checked_add([-365, -31, 30, 365, -2, -700][usize::try_from(dice.roll(6)).unwrap()].days())
                    .unwrap();
                let raised = dice.roll(3) == 0;
                held.revision += u32::from(raised);
                held.wrong_for = if raised { 1 + dice.roll(5) } else { 1 + dice.roll(40) };
            }
        }
        let records = sessions.iter().map(|(id, held)| on(id, held.typed, held.revision)).collect::<Vec<_>>();
        for hour in [0, 9, 15] {
            let now = instant(shown, hour);
            store.sync_sessions(records.clone(), now).await.unwrap();
            look(store, &retention, now, true).await.unwrap();
            pass(store, &calendar, now).await.unwrap();
            for (id, held) in &mut sessions {
                if held.people.len() < 4 && today < held.day && dice.roll(20) == 0 {
                    let email = format!("p{}@{id}.example", held.people.len());
                    let asked = form(&[("seance", id), ("courriel", &email)]);
                    if let Submitted::Recorded { id, .. } = store.submit(asked, now).await.unwrap() {
                        held.people.push(id);
                    }
                }
            }
        }
        for (id, held) in &mut sessions {
            let mut there = 0;
            for person in &held.people {
                there += usize::from(store.follow_up(*person, instant(shown, 16)).await.unwrap().is_some());
            }
            let over = instant(today, 23).duration_since(instant(held.day, 20));
            let may_go = over >= SignedDuration::from_hours(24 * i64::from(DAYS_KEPT));
            held.erased |= may_go && there < held.people.len();
            assert!(
                held.erased || there == held.people.len(),
                "{id} lost somebody on {today}, shown as {shown} (seed {seed})"
            );
        }
        today = today.tomorrow().unwrap();
    }
    // The clock is right and the dates are too, for two weeks: nothing is kept any more.
    for held in sessions.values_mut() {
        (held.typed, held.revision) = (held.day, held.revision + 1);
    }
    let records = sessions.iter().map(|(id, held)| on(id, held.typed, held.revision)).collect::<Vec<_>>();
    for n in 0..14 {
        let now = instant(today.checked_add(i64::from(n).days()).unwrap(), 9);
        store.sync_sessions(records.clone(), now).await.unwrap();
        look(store, &retention, now, true).await.unwrap();
    }
    for (id, held) in &sessions {
        assert!(!held.people.is_empty(), "{id}: nobody came, and nothing was tried");
        for person in &held.people {
            assert_eq!(store.follow_up(*person, now()).await.unwrap(), None, "{id} is kept for ever (seed {seed})");
        }
    }
}
