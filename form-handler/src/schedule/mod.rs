//! What time brings: reminders, the minimum's decision, thanks, who goes on at the next session,
//! the team's digest.
//!
//! Everything here is computed from the instant that is passed in and from what is recorded as
//! done, never from what happened to run: a server that was stopped for days finds what is still
//! useful, and leaves what is stale. Each [`crate::enrolment::Milestone`] has a time from which it
//! is due and one from which it is too late; in between, the store carries it out once, whoever
//! asks first.
//!
//! | milestone | from | until |
//! |---|---|---|
//! | the minimum is asked | so many worked days before, at 9 | 4 hours before the session |
//! | a week before | 7 days before, at 10 | 3 days before, at 10 |
//! | two days before | 2 days before, at 10 | 3 hours before |
//! | it is not held, and no other is known | at once | the session's hour |
//! | thanks | the day after, at 10 | a week later |
//! | carried over to the next session | at once when cancelled; else at its start | 60 days after |
//! | the team's digest | each worked day, at 8 | the same day, at 20 |
//! | everything about people of a session, erased | [`erasure`] | |
//!
//! Three worked days before a Wednesday is the Friday before. Only those who still wait are carried
//! over from a session that begins.

mod calendar;
pub mod erasure;
mod scheduler;
pub mod working_days;

pub use self::{
    calendar::{Calendar, DueTask},
    scheduler::{Scheduler, pass},
};
