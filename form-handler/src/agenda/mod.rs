//! What time brings: reminders, the minimum's decision, thanks, who goes on at the next session,
//! the team's digest.
//!
//! Everything here is computed from the instant that is passed in and from what is recorded as
//! done, never from what happened to run: a server that was stopped for days finds what is still
//! useful, and leaves what is stale. Each [`Milestone`] has a time from which it is due and one
//! from which it is too late; in between, the store carries it out once, whoever asks first.
//!
//! | milestone | from | until |
//! |---|---|---|
//! | the minimum is asked | so many worked days before (three: a Wednesday's is asked the Friday before), at 9 | 4 hours before the session |
//! | a week before | 7 days before, at 10 | 3 days before, at 10 |
//! | two days before | 2 days before, at 10 | 3 hours before |
//! | it is not held, and no other is known | at once | the session's hour |
//! | thanks | the day after, at 10 | a week later |
//! | carried over to the next session | at once when it is cancelled; for those who still wait, when it begins | 60 days after |
//! | the team's digest | each worked day, at 8 | the same day, at 20 |
//! | everything about people of a session, erased | [`erasure`] | |

pub mod erasure;
mod keep;
pub mod working_days;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time, time},
    tz::TimeZone,
};

pub use self::keep::{Agenda, pass};
use crate::enrolment::{MessageKind, News};

/// What is done once for a session, as long as it is held at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Milestone {
    /// The team was asked whether to hold it.
    Minimum,
    /// Those who come were reminded a week before.
    Week,
    /// Those who come were reminded two days before.
    Days,
    /// Those who asked for it were told that it is not held.
    Cancelled,
    /// Those who came were thanked.
    Thanks,
}

impl Milestone {
    /// Every milestone.
    pub const ALL: &[Self] = &[Self::Minimum, Self::Week, Self::Days, Self::Cancelled, Self::Thanks];

    /// The name of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Week => "week",
            Self::Days => "days",
            Self::Cancelled => "cancelled",
            Self::Thanks => "thanks",
        }
    }

    /// The milestone of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|milestone| milestone.name() == name)
    }

    /// What people are told; nothing when it is the team that is asked.
    #[must_use]
    pub fn news(self) -> Option<News> {
        match self {
            Self::Minimum => None,
            Self::Week => Some(News::ToThoseWhoCome(MessageKind::WeekBefore)),
            Self::Days => Some(News::ToThoseWhoCome(MessageKind::DaysBefore)),
            Self::Cancelled => Some(News::ToAll(MessageKind::SessionCancelled)),
            Self::Thanks => Some(News::ToThoseWhoCome(MessageKind::Thanks)),
        }
    }
}

/// What the team decided about a session under its minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is held all the same.
    Hold,
    /// It is not; whoever asked for it goes on at the next one.
    Cancel,
}

impl Decision {
    /// The name in rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "held",
            Self::Cancel => "cancelled",
        }
    }

    /// The decision of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Hold, Self::Cancel].into_iter().find(|decision| decision.name() == name)
    }
}

/// A session, as far as time matters to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its key in the database.
    pub session: i64,
    /// The day.
    pub date: Date,
    /// When it begins.
    pub starts: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// Whether it is not held.
    pub cancelled: bool,
    /// Under this number of places taken, the team is asked.
    pub places_min: u32,
    /// Places taken.
    pub occupied: u32,
    /// Demands that are live, or that go on as before for their senders.
    pub live: u32,
    /// Of these, those that wait.
    pub waiting: u32,
    /// What the team decided.
    pub decision: Option<Decision>,
    /// What was done for it at this time.
    pub done: Vec<Milestone>,
    /// The next session of its group that somebody may be carried over to.
    pub next: Option<i64>,
}

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
pub enum Task {
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
pub const CARRIED_FOR: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The longest before a session that anything is due for it, but for what is due at once: enough
/// for any number of worked days in a setting.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(45 * 24);

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
    fn window(&self, facts: &Facts, milestone: Milestone) -> (Timestamp, Timestamp) {
        let before = |hours: i64| facts.starts.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(facts.starts);
        match milestone {
            Milestone::Minimum => (self.at(working_days::before(facts.date, self.minimum_days), ASK), before(4)),
            Milestone::Week => (self.days(facts.date, -7, MORNING), self.days(facts.date, -3, MORNING)),
            Milestone::Days => (self.days(facts.date, -2, MORNING), before(3)),
            Milestone::Cancelled => (Timestamp::MIN, facts.starts),
            Milestone::Thanks => (self.days(facts.date, 1, MORNING), self.days(facts.date, 8, MORNING)),
        }
    }

    /// Whether the session is one for which this milestone is ever to be reached.
    fn concerns(facts: &Facts, milestone: Milestone) -> bool {
        match milestone {
            Milestone::Minimum => !facts.cancelled && facts.decision.is_none() && facts.occupied < facts.places_min,
            // Whoever can be carried over hears of the next session in the same letter.
            Milestone::Cancelled => facts.cancelled && facts.live > 0 && facts.next.is_none(),
            // Whether or not anybody comes yet: whoever asks for it afterwards needs no reminder.
            Milestone::Week | Milestone::Days | Milestone::Thanks => !facts.cancelled,
        }
    }

    /// Everything that is due for a session at `now`.
    #[must_use]
    pub fn due(&self, facts: &Facts, now: Timestamp) -> Vec<Task> {
        let milestones = Milestone::ALL.iter().copied().filter(|milestone| {
            let (from, until) = self.window(facts, *milestone);
            Self::concerns(facts, *milestone) && from <= now && now < until && !facts.done.contains(milestone)
        });
        let (session, starts) = (facts.session, facts.starts);
        let mut tasks: Vec<Task> = milestones.map(|milestone| Task::Reach { session, starts, milestone }).collect();
        let left_over = (facts.cancelled && facts.live > 0) || (facts.starts <= now && facts.waiting > 0);
        let still = now.duration_since(facts.starts) < CARRIED_FOR;
        if let Some(to) = facts.next.filter(|_| left_over && still) {
            tasks.push(Task::Carry { from: session, to });
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

/// By when somebody is to be called: two days after it happened, and the day before the session at
/// the latest.
#[must_use]
pub fn call_by(since: Timestamp, starts: Timestamp) -> Timestamp {
    let in_time = starts.checked_sub(SignedDuration::from_hours(12)).unwrap_or(starts);
    let soon = since.checked_add(SignedDuration::from_hours(48)).unwrap_or(since);
    if in_time > since { soon.min(in_time) } else { soon }
}

/// Whether a call is still worth making: what was to be said of a session that has begun is over,
/// but for what follows it.
#[must_use]
pub fn is_pressing(about: Option<MessageKind>, starts: Timestamp, now: Timestamp) -> bool {
    let after = match about {
        Some(MessageKind::Thanks) => SignedDuration::from_hours(8 * 24),
        Some(about) if about.tells_of_an_end() => SignedDuration::from_hours(7 * 24),
        _ => SignedDuration::ZERO,
    };
    now.duration_since(starts) < after
}

#[cfg(test)]
mod tests;
