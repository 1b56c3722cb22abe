//! When milestones are due, and the digest.

use super::*;
use crate::enrolment::Decision;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn calendar() -> Calendar {
    Calendar { zone: TimeZone::get("Europe/Paris").unwrap(), minimum_days: 3 }
}

/// Wednesday 17 March 2027, from 18:00 to 20:00 in Paris; four people of at least three.
fn facts() -> ScheduledSession {
    ScheduledSession {
        session: 1,
        date: jiff::civil::date(2027, 3, 17),
        starts: at("2027-03-17T17:00:00Z"),
        ends: at("2027-03-17T19:00:00Z"),
        cancelled: false,
        places_min: 3,
        occupied: 4,
        live: 4,
        waiting: 0,
        decision: None,
        done: Vec::new(),
        next: None,
    }
}

fn due(facts: &ScheduledSession, now: &str) -> Vec<Milestone> {
    let tasks = calendar().due(facts, at(now));
    let milestone = |task| if let DueTask::Reach { milestone, .. } = task { Some(milestone) } else { None };
    tasks.into_iter().filter_map(milestone).collect()
}

#[test]
fn reminders_come_in_the_morning_and_never_late() {
    for (now, expected) in [
        ("2027-03-10T08:59:59Z", None),
        ("2027-03-10T09:00:00Z", Some(Milestone::Week)),
        ("2027-03-14T08:59:59Z", Some(Milestone::Week)),
        ("2027-03-14T09:00:00Z", None),
        ("2027-03-15T08:59:59Z", None),
        ("2027-03-15T09:00:00Z", Some(Milestone::Days)),
        ("2027-03-17T13:59:59Z", Some(Milestone::Days)),
        ("2027-03-17T14:00:00Z", None),
        ("2027-03-17T20:00:00Z", None),
        ("2027-03-18T09:00:00Z", Some(Milestone::Thanks)),
        ("2027-03-25T09:00:00Z", None),
    ] {
        assert_eq!(due(&facts(), now), Vec::from_iter(expected), "{now}");
    }
}

#[test]
fn what_was_done_is_not_due_again_and_nobody_is_reminded_of_what_is_not_held() {
    let done = ScheduledSession { done: vec![Milestone::Week], ..facts() };
    assert_eq!(due(&done, "2027-03-11T09:00:00Z"), []);
    let cancelled = ScheduledSession { cancelled: true, ..facts() };
    assert_eq!(due(&cancelled, "2027-03-11T09:00:00Z"), [Milestone::Cancelled]);
    assert_eq!(due(&cancelled, "2027-03-18T09:00:00Z"), []);
    let nobody = ScheduledSession { occupied: 0, live: 0, places_min: 0, ..facts() };
    assert_eq!(due(&nobody, "2027-03-11T09:00:00Z"), [Milestone::Week], "lest the first to come be reminded at once");
}

#[test]
fn the_minimum_is_asked_on_the_friday_before_and_as_soon_as_it_is_missed_after_that() {
    let few = ScheduledSession { occupied: 2, live: 2, ..facts() };
    assert_eq!(due(&few, "2027-03-12T07:59:59Z"), [Milestone::Week]);
    assert_eq!(due(&few, "2027-03-12T08:00:00Z"), [Milestone::Minimum, Milestone::Week]);
    assert_eq!(due(&few, "2027-03-16T12:00:00Z"), [Milestone::Minimum, Milestone::Days]);
    assert_eq!(due(&few, "2027-03-17T13:00:00Z"), [Milestone::Days], "too late to tell everybody");
    let decided = ScheduledSession { decision: Some(Decision::Hold), ..few };
    assert_eq!(due(&decided, "2027-03-12T08:00:00Z"), [Milestone::Week]);
    let enough = ScheduledSession { occupied: 3, ..facts() };
    assert_eq!(due(&enough, "2027-03-12T08:00:00Z"), [Milestone::Week]);
}

#[test]
fn those_without_a_place_go_on_at_the_next_session() {
    let carries = |facts: &ScheduledSession, now: &str| {
        calendar().due(facts, at(now)).contains(&DueTask::Carry { from: 1, to: 2 })
    };
    let full = ScheduledSession { waiting: 2, next: Some(2), ..facts() };
    assert!(!carries(&full, "2027-03-17T16:59:59Z"));
    assert!(carries(&full, "2027-03-17T17:00:00Z"));
    assert!(!carries(&full, "2027-06-17T17:00:00Z"), "too long ago");
    let cancelled = ScheduledSession { cancelled: true, next: Some(2), ..facts() };
    assert!(carries(&cancelled, "2027-03-01T12:00:00Z"));
    assert_eq!(due(&cancelled, "2027-03-01T12:00:00Z"), [], "one letter tells both");
    assert!(!carries(&ScheduledSession { live: 0, ..cancelled }, "2027-03-01T12:00:00Z"));
}

#[test]
fn the_digest_is_for_worked_days() {
    let digest = |now: &str| calendar().digest(at(now));
    assert_eq!(digest("2027-03-12T06:59:59Z"), None);
    assert_eq!(digest("2027-03-12T07:00:00Z"), Some(jiff::civil::date(2027, 3, 12)));
    assert_eq!(digest("2027-03-12T19:00:00Z"), None);
    assert_eq!(digest("2027-03-13T09:00:00Z"), None, "a Saturday");
    assert_eq!(digest("2027-03-29T09:00:00Z"), None, "Easter Monday");
}
