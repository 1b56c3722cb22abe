//! When things are due: each milestone's window, and the day's digest.

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time, time},
    tz::TimeZone,
};

use super::working_days;
use crate::{enrolment::Milestone, store::ScheduledSession};

/// When things are to be done.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The site's time zone.
    pub zone: TimeZone,
    /// How many worked days before a session its minimum is asked.
    pub minimum_days: u8,
}

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueTask {
    /// For the session that begins then.
    Reach {
        /// Its key.
        session: i64,
        /// When it begins: a session that moved meanwhile has other milestones.
        starts: Timestamp,
        /// Which.
        milestone: Milestone,
    },
    /// Those who had no place at a session go on at the next.
    Carry {
        /// The session that they leave.
        from: i64,
        /// The next.
        to: i64,
    },
}

/// How long those who had no place are still offered the next session.
pub(super) const CARRIED_FOR: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The longest before a session that anything is due for it, but for what is due at once: enough
/// for any number of worked days in a setting.
pub(super) const AHEAD: SignedDuration = SignedDuration::from_hours(45 * 24);

const MORNING: Time = time(10, 0, 0, 0);
const ASK: Time = time(9, 0, 0, 0);

impl Calendar {
    fn at(&self, day: Date, hour: Time) -> Timestamp {
        let local = day.to_datetime(hour);
        self.zone.to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::MAX)
    }

    fn days(&self, date: Date, days: i64, hour: Time) -> Timestamp {
        date.checked_add(days.days()).map_or(Timestamp::MAX, |day| self.at(day, hour))
    }

    /// From when a milestone is due, and from when it is too late.
    fn window(&self, session: &ScheduledSession, milestone: Milestone) -> (Timestamp, Timestamp) {
        let before =
            |hours: i64| session.starts.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(session.starts);
        match milestone {
            Milestone::Minimum => (self.at(working_days::before(session.date, self.minimum_days), ASK), before(4)),
            Milestone::Week => (self.days(session.date, -7, MORNING), self.days(session.date, -3, MORNING)),
            Milestone::Days => (self.days(session.date, -2, MORNING), before(3)),
            Milestone::Cancelled => (Timestamp::MIN, session.starts),
            Milestone::Thanks => (self.days(session.date, 1, MORNING), self.days(session.date, 8, MORNING)),
        }
    }

    /// Whether the session is one for which this milestone is ever to be reached.
    fn concerns(session: &ScheduledSession, milestone: Milestone) -> bool {
        match milestone {
            Milestone::Minimum => {
                !session.cancelled && session.decision.is_none() && session.occupied < session.places_min
            }
            // Whoever can be carried over hears of the next session in the same letter.
            Milestone::Cancelled => session.cancelled && session.live > 0 && session.next.is_none(),
            // Whether or not anybody comes yet: whoever asks for it afterwards needs no reminder.
            Milestone::Week | Milestone::Days | Milestone::Thanks => !session.cancelled,
        }
    }

    /// Everything that is due for a session at `now`.
    #[must_use]
    pub fn due(&self, session: &ScheduledSession, now: Timestamp) -> Vec<DueTask> {
        let milestones = Milestone::ALL.iter().copied().filter(|milestone| {
            let (from, until) = self.window(session, *milestone);
            Self::concerns(session, *milestone) && from <= now && now < until && !session.done.contains(milestone)
        });
        let (key, starts) = (session.session, session.starts);
        let mut tasks: Vec<DueTask> =
            milestones.map(|milestone| DueTask::Reach { session: key, starts, milestone }).collect();
        let left_over = (session.cancelled && session.live > 0) || (session.starts <= now && session.waiting > 0);
        let still = now.duration_since(session.starts) < CARRIED_FOR;
        if let Some(to) = session.next.filter(|_| left_over && still) {
            tasks.push(DueTask::Carry { from: key, to });
        }
        tasks
    }

    /// The day whose digest is due at `now`.
    #[must_use]
    pub fn digest(&self, now: Timestamp) -> Option<Date> {
        let local = now.to_zoned(self.zone.clone());
        let hour = local.time();
        (working_days::is_worked(local.date()) && hour >= time(8, 0, 0, 0) && hour < time(20, 0, 0, 0))
            .then(|| local.date())
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
