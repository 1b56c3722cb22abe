//! The rules of enrolment, pure: who holds a place, who waits, what is told to whom. No clock, no database, no HTTP.
//!
//! A demand has a [`Standing`] (a place, or a rank on the waiting list), and beside it, independent of it, a mark "the
//! team must confirm". [`decide`] turns a [`Command`] into [`Effect`]s; [`promote`] is the one way by which a freed
//! place finds its next holder, whatever freed it. Occupied places are counted from rows, never from a counter.
//!
//! # Who must learn nothing
//!
//! Read this module as a former partner would who knows somebody's first name, telephone number and e-mail address, may
//! send any demand, watches every public page and their own `suivi`, and has patience. The contract's promises 3 and 4
//! are kept by these decisions:
//!
//! 1. **The answer looks at places only.** [`Command::Submit`] answers from occupied places, the waiting list and
//!    `autre_parent`. Demands that match the contact are looked up in every case, change nothing in the answer, and
//!    leave only a mark for the team and perhaps a message to somebody else.
//! 2. **A repeated demand is a real one.** It holds a real place or rank and is promoted like any other. Were it refused,
//!    dropped or uncounted, its sender would see it in the words "dernières places" or in not being promoted.
//! 3. **"Is this you again?" goes only to an address typed in this demand *and* recorded in the first**, and only when
//!    the first names agree. With the victim's telephone number and an address of one's own, nothing is ever written: not to the
//!    typed address (its owner would learn that the number is enrolled), not to the recorded one (it was not typed, so
//!    nothing says that its owner sent this demand). A shared telephone number alone is for the team, who may call.
//!    `pas_de_courriel` on either side silences the question between those two: somebody else may read that mailbox.
//!    It does so match by match: were one careful demand to silence the others too, whoever reads the mailbox could
//!    send two demands of their own and take the missing question for an answer. For the same reason the links in messages
//!    never touch a careful demand: such a link proves the mailbox, which that person said is not theirs alone.
//! 4. **The ordinary confirmation is never withheld because of somebody else.** It goes to the typed address even when
//!    that address's owner asked, in a demand of their own, for no e-mail: a confirmation that fails to arrive would tell
//!    whoever reads that mailbox that there is another demand.
//! 5. **Cancelling tells only the shared e-mail address** that others match, and the link in that message cancels only
//!    demands with that address: it proves the mailbox, not the telephone. The message is about the session, never
//!    about who else; the sender of the cancelled demand sees an ordinary cancellation.
//! 6. **A merged demand leaves a ghost.** When the recorded contact says "that was me", the repeated demand is released
//!    as by an ordinary cancellation, and its own `suivi` goes on as before: a former partner who sent it must not see
//!    it end, since that would say that somebody with that contact answered. A ghost that was waiting is even
//!    promoted when its turn comes, holding no place, lest a second demand of theirs overtake it visibly. A ghost can be
//!    cancelled by its sender like any demand.
//! 7. **`autre_parent` is answered the same whether the other parent is enrolled, waiting or unknown**, and whether the
//!    demand got a place or a rank: "to be confirmed", until the team, who alone see both, confirm it. A promotion
//!    meanwhile is silent.
//! 8. **A session with somebody waiting is full**, in the state that is shown and in the answer given, even when the head
//!    of the list needs more places than are free: order is kept, and the page does not contradict the answer.
//!
//! What remains visible, and why it is accepted: that *somebody* cancelled (a place comes free). The contract gives words
//! instead of numbers for that reason, and nothing tells whose place it was. Whoever reads a person's mailbox reads
//! what is written there; `pas_de_courriel` is the answer to that, asked before anything is sent.
//!
//! Timing: the same queries run for every demand, and the rows that a match adds share the batch's one `fsync`.

use entreparentaise::model::{Fill, Schedule, State};
use jiff::Timestamp;

/// A demand's key inside one database: its rank among all demands, which is also the order of arrival.
pub type Rank = i64;

/// What a demand holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Places.
    Enrolled,
    /// A rank on the waiting list.
    Waiting,
}

/// A session as a decision sees it.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Its instants.
    pub schedule: Schedule,
    /// Never more occupied places than this by any decision.
    pub places_max: u32,
    /// The most that one demand may take.
    pub places_per_demand: u32,
    /// Places of live enrolled demands: confirmed, to be confirmed and repeated alike.
    pub occupied: u32,
    /// Whether a live demand waits.
    pub someone_waits: bool,
}

impl Room {
    /// The contract's `etat` at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        let fill = if self.someone_waits { Fill::Full } else { Fill::of(self.occupied, self.places_max) };
        // `at` gives nothing only when it is not told how full the session is.
        State::at(now, &self.schedule, Some(fill)).unwrap_or(State::Full)
    }

    fn free(&self) -> u32 {
        self.places_max.saturating_sub(self.occupied)
    }

    /// Whether a freed place still finds a new holder: until the session begins, closed sign-up included.
    #[must_use]
    pub fn promotes(&self, now: Timestamp) -> bool {
        !self.schedule.cancelled && now < self.schedule.starts
    }
}

/// A demand that is in the database, as far as the rules look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its rank.
    pub rank: Rank,
    /// A place or a wait.
    pub standing: Standing,
    /// The team has yet to confirm it.
    pub to_confirm: bool,
    /// Its contact.
    pub contact: Contact,
    /// How it ended, when it has.
    pub ended: Option<Ended>,
}

/// How a demand ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Cancelled; its `suivi` says so.
    Cancelled,
    /// Released as a repetition; its `suivi` goes on as before.
    Merged,
}

/// A person's contact in the form in which it is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// [`crate::demand::name_key`].
    pub name_key: String,
    /// [`crate::demand::Email::key`].
    pub email_key: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// `pas_de_courriel`.
    pub no_email: bool,
}

impl Contact {
    fn shares_email(&self, other: &Self) -> bool {
        self.email_key.is_some() && self.email_key == other.email_key
    }

    fn shares_phone(&self, other: &Self) -> bool {
        self.phone.is_some() && self.phone == other.phone
    }

    /// Whether `other`'s address is recorded here, by somebody who may be written to. A demand marked
    /// `pas_de_courriel` is as good as absent for every message and for every link that a message carries.
    #[must_use]
    pub fn answers_at_the_address_of(&self, other: &Self) -> bool {
        self.shares_email(other) && !self.no_email
    }

    fn may_be_written_to(&self) -> bool {
        self.email_key.is_some() && !self.no_email
    }
}

/// What somebody wants done. The demands that share a contact with the one concerned, live and on the same session, come
/// along: the store looks them up in every case.
#[derive(Debug, Clone, Copy)]
pub enum Command<'a> {
    /// A new demand.
    Submit {
        /// Its contact.
        contact: &'a Contact,
        /// Places asked for.
        places: u32,
        /// `autre_parent=oui`.
        other_parent: bool,
        /// Live demands with the same e-mail address or telephone number, first come first.
        matches: &'a [Held],
    },
    /// The person (or the team) cancels a demand.
    Cancel {
        /// The demand.
        demand: &'a Held,
        /// Live demands with the same e-mail address or telephone number, this one not among them.
        matches: &'a [Held],
    },
    /// By the link written to a shared address: cancel the others of that address.
    CancelMatching {
        /// The demand that was cancelled first.
        demand: &'a Held,
        /// As for `Cancel`.
        matches: &'a [Held],
    },
    /// The recorded contact, by a link, or the team says that a demand repeats an earlier one: the later is released.
    MergeRepeated {
        /// The later demand.
        demand: &'a Held,
        /// The earlier one, still live.
        first: Option<&'a Held>,
    },
    /// The team confirms a demand.
    Confirm {
        /// The demand.
        demand: &'a Held,
    },
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The session's state does not allow it: cancelled, past, closed or not open yet.
    State(State),
    /// More places than this group gives to one demand.
    TooManyPlaces {
        /// The most it gives.
        most: u32,
    },
}

/// The kinds of messages to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageKind {
    /// A place is theirs.
    Place,
    /// They are on the waiting list.
    WaitingList,
    /// The team will confirm.
    ToConfirm,
    /// A place came free and is theirs.
    PlaceFreed,
    /// "You are already enrolled: is this you again?"
    AskIfSame,
    /// Their demand is cancelled.
    Cancelled,
    /// Their demand is cancelled, and others have the same address.
    CancelledOthersRemain,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Place,
        Self::WaitingList,
        Self::ToConfirm,
        Self::PlaceFreed,
        Self::AskIfSame,
        Self::Cancelled,
        Self::CancelledOthersRemain,
    ];

    /// The name of its template, and of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::WaitingList => "liste-attente",
            Self::ToConfirm => "a-confirmer",
            Self::PlaceFreed => "place-liberee",
            Self::AskIfSame => "deja-inscrit",
            Self::Cancelled => "annulation",
            Self::CancelledOthersRemain => "annulation-autres",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// What the team is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// This demand shares a contact with an earlier one.
    Repeated,
    /// A demand was cancelled, and others share its contact.
    OthersRemain,
    /// The other parent wishes to come too: confirm, or offer the next session.
    ToConfirm,
    /// What happened cannot be written to this person: call, as safely as they asked.
    ToCall(MessageKind),
    /// A message could not be delivered: call.
    Undeliverable,
}

impl Notice {
    /// The name of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::OthersRemain => "others-remain",
            Self::ToConfirm => "to-confirm",
            Self::ToCall(_) => "to-call",
            Self::Undeliverable => "undeliverable",
        }
    }
}

/// Which demand an effect is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The one that the command has just recorded.
    New,
    /// One that was there.
    Demand(Rank),
}

/// One thing to write down. All the effects of a decision are written, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Record the new demand.
    Enrol {
        /// A place or a rank.
        standing: Standing,
        /// The team must confirm it.
        to_confirm: bool,
        /// The earliest demand with the same contact, for the team.
        repeats: Option<Rank>,
    },
    /// End a demand; what it occupied is free.
    Release {
        /// The demand.
        demand: Rank,
        /// How.
        how: Ended,
    },
    /// Give places to a waiting demand.
    Promote {
        /// The demand.
        demand: Rank,
    },
    /// Take the mark off.
    Confirm {
        /// The demand.
        demand: Rank,
    },
    /// Write to the demand's own e-mail address.
    Tell {
        /// Whose.
        demand: About,
        /// What.
        kind: MessageKind,
    },
    /// Tell the team.
    Notify {
        /// What.
        notice: Notice,
        /// About which demand.
        demand: About,
    },
}

/// What is to be written down for a command, at `now`.
pub fn decide(room: &Room, now: Timestamp, command: Command<'_>) -> Result<Vec<Effect>, Refusal> {
    match command {
        Command::Submit { contact, places, other_parent, matches } => {
            submit(room, now, contact, places, other_parent, matches)
        }
        Command::Cancel { demand, matches } => cancel(room, now, demand, matches),
        Command::CancelMatching { demand, matches } => {
            refuse_when_over(room, now)?;
            let others = matches.iter().filter(|other| other.contact.answers_at_the_address_of(&demand.contact));
            Ok(others.map(|other| Effect::Release { demand: other.rank, how: Ended::Cancelled }).collect())
        }
        Command::MergeRepeated { demand, first } => {
            // Already ended, or the first is gone: there is nothing left to merge, and the answer is the same.
            let merges = demand.ended.is_none() && first.is_some_and(|first| first.rank < demand.rank);
            Ok(merges.then_some(Effect::Release { demand: demand.rank, how: Ended::Merged }).into_iter().collect())
        }
        Command::Confirm { demand } => Ok(confirm(demand)),
    }
}

fn submit(
    room: &Room,
    now: Timestamp,
    contact: &Contact,
    places: u32,
    other_parent: bool,
    matches: &[Held],
) -> Result<Vec<Effect>, Refusal> {
    let state = room.state(now);
    if !state.accepts_demands() {
        return Err(Refusal::State(state));
    }
    // More than the room holds would wait for ever, and hold up everybody behind.
    let most = room.places_per_demand.min(room.places_max).max(1);
    if places > most {
        return Err(Refusal::TooManyPlaces { most });
    }
    let standing = if room.someone_waits || places > room.free() { Standing::Waiting } else { Standing::Enrolled };
    let repeats = matches.iter().map(|first| first.rank).min();
    let mut effects = vec![Effect::Enrol { standing, to_confirm: other_parent, repeats }];
    effects.push(tell(
        About::New,
        contact,
        match standing {
            _ if other_parent => MessageKind::ToConfirm,
            Standing::Enrolled => MessageKind::Place,
            Standing::Waiting => MessageKind::WaitingList,
        },
    ));
    if other_parent {
        effects.push(Effect::Notify { notice: Notice::ToConfirm, demand: About::New });
    }
    if repeats.is_some() {
        effects.push(Effect::Notify { notice: Notice::Repeated, demand: About::New });
    }
    if !contact.no_email && matches.iter().any(|first| is_surely_the_same(contact, &first.contact)) {
        effects.push(Effect::Tell { demand: About::New, kind: MessageKind::AskIfSame });
    }
    Ok(effects)
}

/// Whether the address typed in this demand is the one recorded in the first, under the same first name.
fn is_surely_the_same(contact: &Contact, first: &Contact) -> bool {
    first.answers_at_the_address_of(contact) && contact.name_key == first.name_key
}

fn cancel(room: &Room, now: Timestamp, demand: &Held, matches: &[Held]) -> Result<Vec<Effect>, Refusal> {
    // Done already: the same answer, and nobody is told twice.
    if demand.ended == Some(Ended::Cancelled) {
        return Ok(Vec::new());
    }
    refuse_when_over(room, now)?;
    let mut effects = vec![Effect::Release { demand: demand.rank, how: Ended::Cancelled }];
    let shared = matches.iter().any(|other| other.contact.answers_at_the_address_of(&demand.contact));
    let kind = if shared { MessageKind::CancelledOthersRemain } else { MessageKind::Cancelled };
    if demand.contact.may_be_written_to() {
        effects.push(Effect::Tell { demand: About::Demand(demand.rank), kind });
    }
    let others =
        matches.iter().any(|o| o.contact.shares_email(&demand.contact) || o.contact.shares_phone(&demand.contact));
    if others {
        effects.push(Effect::Notify { notice: Notice::OthersRemain, demand: About::Demand(demand.rank) });
    }
    Ok(effects)
}

fn refuse_when_over(room: &Room, now: Timestamp) -> Result<(), Refusal> {
    match room.state(now) {
        state @ (State::Past | State::Cancelled) => Err(Refusal::State(state)),
        _ => Ok(()),
    }
}

fn confirm(demand: &Held) -> Vec<Effect> {
    if demand.ended.is_some() || !demand.to_confirm {
        return Vec::new();
    }
    let kind = match demand.standing {
        Standing::Enrolled => MessageKind::Place,
        Standing::Waiting => MessageKind::WaitingList,
    };
    vec![Effect::Confirm { demand: demand.rank }, tell(About::Demand(demand.rank), &demand.contact, kind)]
}

/// A message, or a call for the team to make.
fn tell(demand: About, contact: &Contact, kind: MessageKind) -> Effect {
    if contact.may_be_written_to() {
        Effect::Tell { demand, kind }
    } else {
        Effect::Notify { notice: Notice::ToCall(kind), demand }
    }
}

/// A waiting demand, in the order of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The demand.
    pub demand: Held,
    /// Places it needs.
    pub places: u32,
}

/// The next holders of the places that are free: the one way out of the waiting list, whatever freed the places.
///
/// Strictly first come, first served: a head that does not fit yet holds up everybody behind, or a family of two would
/// wait for ever while single places go by. A ghost (see the module's sixth point) takes its turn and no place.
#[must_use]
pub fn promote(room: &Room, now: Timestamp, queue: &[Queued]) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut free = if room.promotes(now) { room.free() } else { 0 };
    for Queued { demand, places } in queue {
        let ghost = demand.ended == Some(Ended::Merged);
        let needs = if ghost { 0 } else { *places };
        if free == 0 || needs > free {
            break;
        }
        free -= needs;
        effects.push(Effect::Promote { demand: demand.rank });
        // One to be confirmed was told "the team will confirm", and hears no more until it does.
        if !ghost && !demand.to_confirm {
            effects.push(tell(About::Demand(demand.rank), &demand.contact, MessageKind::PlaceFreed));
        }
    }
    effects
}

#[cfg(test)]
mod tests;
