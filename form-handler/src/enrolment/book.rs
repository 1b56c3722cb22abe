//! A session and its demands as the rules look at them: who has a place, who waits, what is free.

use entreparentaise::model::{Fill, Schedule, State};
use jiff::Timestamp;

use super::{
    decision::Decision,
    effect::Effect,
    kinds::MessageKind,
    standing::{Ended, Rank, Standing},
};
use crate::{demand::Contact, token::DemandId};

/// A session as decisions see it: its limits, and its demands that are live, or that still take
/// their turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Its key in the database.
    pub session: i64,
    /// Its group's id.
    pub group: String,
    /// Its instants.
    pub schedule: Schedule,
    /// Never more occupied places than this by any decision.
    pub places_max: u32,
    /// The most that one demand may take.
    pub places_per_demand: u32,
    /// Whether it left the content: kept for those who asked for it, closed to others.
    pub orphaned: bool,
    /// What the team decided, when it had fewer people than it needs.
    pub decision: Option<Decision>,
    /// The instants of the date that the content gives it, when it keeps its former one.
    pub doubtful: Option<Schedule>,
    /// Live demands and ghosts, by rank.
    pub rows: Vec<BookEntry>,
}

/// A demand that is in the database, as far as the rules look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookEntry {
    /// Its rank.
    pub rank: Rank,
    /// Its name outside.
    pub id: DemandId,
    /// What it holds.
    pub standing: Standing,
    /// The team has yet to confirm it.
    pub to_confirm: bool,
    /// Released as a repetition: it holds nothing, and goes on as before for its sender.
    pub ghost: bool,
    /// It comes from a session that had no place for it: it waits before those who came to this
    /// one.
    pub first: bool,
    /// Places asked for.
    pub places: u32,
    /// Its contact.
    pub contact: Contact,
}

impl BookEntry {
    /// A demand that came in a burst.
    pub(super) fn held(rank: Rank, id: DemandId, contact: Contact, places: u32, to_confirm: bool) -> Self {
        Self { rank, id, standing: Standing::Held, to_confirm, ghost: false, first: false, places, contact }
    }

    /// What its sender is told of it at `now`.
    pub(super) fn news(&self) -> MessageKind {
        match self.standing {
            _ if self.to_confirm => MessageKind::ToConfirm,
            Standing::Enrolled => MessageKind::Place,
            Standing::Offered(_) => MessageKind::PlaceOffered,
            Standing::Waiting => MessageKind::WaitingList,
            Standing::Held => MessageKind::ToConfirm,
        }
    }
}

impl Book {
    /// The contract's `etat` at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        state(&self.schedule, self.occupied(), self.places_max, self.someone_waits(), now)
    }

    /// Places that live demands hold.
    #[must_use]
    pub fn occupied(&self) -> u32 {
        self.rows.iter().filter(|row| !row.ghost && row.standing.occupies()).map(|row| row.places).sum()
    }

    /// Places that nobody holds.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.places_max.saturating_sub(self.occupied())
    }

    /// Whether a live demand waits.
    #[must_use]
    pub fn someone_waits(&self) -> bool {
        self.rows.iter().any(|row| !row.ghost && row.standing == Standing::Waiting)
    }

    /// The demand of this rank, unless it has ended.
    #[must_use]
    pub fn find(&self, rank: Rank) -> Option<&BookEntry> {
        self.rows.binary_search_by_key(&rank, |row| row.rank).ok().map(|at| &self.rows[at])
    }

    /// The live demands with this e-mail address or telephone number, first come first, but for
    /// `except`. What is held has yet to come, as far as others are concerned: anybody may have
    /// sent it.
    pub(super) fn matches(&self, contact: &Contact, except: Rank) -> impl Iterator<Item = &BookEntry> {
        let live = self.rows.iter().filter(|row| !row.ghost && row.standing != Standing::Held);
        live.filter(move |row| row.rank != except && row.contact.shares_either(contact))
    }

    /// What is held, in the order of arrival.
    pub(super) fn held(&self) -> impl Iterator<Item = &BookEntry> {
        self.rows.iter().filter(|row| row.standing == Standing::Held)
    }

    /// Those who wait, in the order of the list, ghosts included: those who come from another
    /// session, then the others, each as they came.
    pub(super) fn queue(&self) -> impl Iterator<Item = &BookEntry> {
        let waiting =
            |first| self.rows.iter().filter(move |row| row.first == first && row.standing == Standing::Waiting);
        waiting(true).chain(waiting(false))
    }

    /// Whether a freed place still finds a new holder: until the session begins, closed sign-up
    /// included.
    pub(super) fn promotes(&self, now: Timestamp) -> bool {
        !self.schedule.cancelled && now < self.schedule.starts
    }

    /// Writes the effects on the rows that are there. New rows are added by who knows them.
    pub(super) fn apply(&mut self, effects: &[Effect]) {
        for effect in effects {
            match *effect {
                Effect::Release { demand, how: Ended::Merged } => self.change(demand, |row| row.ghost = true),
                Effect::Release { demand, .. } => self.rows.retain(|row| row.rank != demand),
                Effect::Promote { demand } | Effect::Accept { demand } => {
                    self.change(demand, |row| row.standing = Standing::Enrolled);
                }
                Effect::Admit { demand, standing, .. } => self.change(demand, |row| row.standing = standing),
                Effect::Offer { demand, until } => self.change(demand, |row| row.standing = Standing::Offered(until)),
                Effect::Renew { demand, id } => self.change(demand, |row| row.id = id),
                Effect::Revive { demand } => self.change(demand, |row| row.ghost = false),
                Effect::Confirm { demand } => self.change(demand, |row| row.to_confirm = false),
                Effect::Enrol { .. }
                | Effect::Rewrite { .. }
                | Effect::Compare { .. }
                | Effect::Compared { .. }
                | Effect::Tell { .. }
                | Effect::Notify { .. }
                | Effect::TellTeam { .. } => {}
            }
        }
    }

    /// Changes the row of this rank, if it is there.
    pub(super) fn change(&mut self, rank: Rank, change: impl FnOnce(&mut BookEntry)) {
        if let Ok(at) = self.rows.binary_search_by_key(&rank, |row| row.rank) {
            change(&mut self.rows[at]);
        }
    }
}

/// The contract's `etat`, from the counted rows. A session that somebody waits for is full,
/// whatever is free.
#[must_use]
pub(crate) fn state(schedule: &Schedule, occupied: u32, places_max: u32, someone_waits: bool, now: Timestamp) -> State {
    let fill = if someone_waits { Fill::Full } else { Fill::of(occupied, places_max) };
    // `at` gives nothing only when it is not told how full the session is.
    State::at(now, schedule, Some(fill)).unwrap_or(State::Full)
}
