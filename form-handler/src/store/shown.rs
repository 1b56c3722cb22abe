//! What a store shows: to a person of their own demand, to the team of everybody's, to whoever
//! writes letters.

use std::{collections::BTreeMap, ops::AddAssign};

use entreparentaise::model::State;
use jiff::{Timestamp, civil::Date};

use super::{Given, SessionRecord, SessionStatus, ledger::given};
use crate::{
    agenda::{Decision, call_by},
    demand::Cautions,
    enrolment::{Ended, MessageKind, Notice, Sightings, Standing, TeamMessage},
    token::DemandId,
};

/// What a demand's own page says of it. A demand released as a repetition looks as it did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It has a place, waits, or is to be confirmed.
    Live(Given),
    /// It was cancelled.
    Cancelled,
    /// The place on offer was not accepted in time.
    Expired,
}

impl Shown {
    /// What is shown at `now` of a demand that ended in this way, or not, with this standing. An
    /// offer that is over is shown as such before anybody came by to end it.
    pub(super) fn of(ended: Option<Ended>, to_confirm: bool, standing: Standing, now: Timestamp) -> Self {
        match ended {
            Some(Ended::Cancelled | Ended::Moved) => Self::Cancelled,
            Some(Ended::Expired) => Self::Expired,
            None | Some(Ended::Merged) if standing.is_over(now) => Self::Expired,
            // A repetition that was released looks as it did: its sender may not be who the first
            // one is.
            None | Some(Ended::Merged) => Self::Live(given(to_confirm, standing)),
        }
    }
}

/// What the follow-up page shows: contacts masked already, no first name, no rank, no mark for the
/// team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its id, as it was asked for.
    pub id: DemandId,
    /// Its id now: another, once it was moved to another session.
    pub current: DemandId,
    /// The session, which may have left the content.
    pub session: SessionStatus,
    /// The demand's state.
    pub shown: Shown,
    /// Until when its place is on offer, whatever else is said of it.
    pub offered_until: Option<Timestamp>,
    /// Places asked for.
    pub places: u16,
    /// `m•••@exemple.fr`.
    pub email: Option<String>,
    /// `•• •• •• •• 42`.
    pub phone: Option<String>,
    /// The device was said to be shared.
    pub shared_device: bool,
    /// The language to answer in.
    pub lang: String,
    /// Whether a code may be written to the person.
    pub may_be_written_to: bool,
    /// The name of its entry in the person's calendar, once they asked for one.
    pub calendar: Option<[u8; 16]>,
}

impl FollowUp {
    /// Whether the page offers to cancel.
    #[must_use]
    pub fn can_cancel(&self) -> bool {
        self.can_move() && self.session.state != State::Cancelled
    }

    /// Until when the page offers to accept the place; `None`: there is nothing to accept.
    #[must_use]
    pub fn can_accept(&self) -> Option<Timestamp> {
        self.offered_until.filter(|_| self.can_cancel())
    }

    /// Whether the page offers an entry for the person's calendar.
    #[must_use]
    pub fn can_note(&self) -> bool {
        self.shown == Shown::Live(Given::Place) && self.can_cancel()
    }

    /// Whether the page offers another session.
    #[must_use]
    pub fn can_move(&self) -> bool {
        matches!(self.shown, Shown::Live(_)) && self.session.state != State::Past
    }
}

/// A live demand, for the team alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // The fields are those of the form and of `FollowUp`.
pub struct TeamRow {
    pub id: DemandId,
    pub standing: Standing,
    pub to_confirm: bool,
    pub repeats: bool,
    pub first_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub cautions: Cautions,
    pub places: u16,
    pub other_parent_first_name: Option<String>,
    pub heard_from: Option<String>,
    pub asked_at: Timestamp,
}

/// Everything that is recorded about a demand, for the person alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // The fields are those of the form and of `FollowUp`.
pub struct Personal {
    pub session: SessionRecord,
    pub shown: Shown,
    pub first_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub cautions: Cautions,
    pub places: u16,
    pub other_parent: bool,
    pub other_parent_first_name: Option<String>,
    pub heard_from: Option<String>,
    pub shared_device: bool,
    pub lang: String,
    pub asked_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// What was written to the person: kind, address, when it was decided, when it left.
    pub messages: Vec<Written>,
}

/// A message that was written to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What it tells.
    pub kind: MessageKind,
    /// Where it went.
    pub recipient: String,
    /// When it was decided.
    pub at: Timestamp,
    /// When it left.
    pub sent_at: Option<Timestamp>,
}

/// What the team is to know or do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// [`crate::enrolment::Notice::name`].
    pub kind: String,
    /// The message that could not be written, for a call.
    pub about: Option<String>,
    /// The session's id.
    pub session: String,
    /// The demand that it is about, if it is about one.
    pub demand: Option<DemandId>,
    /// Since when.
    pub at: Timestamp,
}

/// What came of a session among those who had heard of it in one way. No person in it: it outlives
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The session's id.
    pub session: String,
    /// Its group's id.
    pub group: String,
    /// Its day.
    pub date: Date,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// What they answered to `connu_par`, if anything.
    pub heard_from: Option<String>,
    /// How many.
    pub counts: Counts,
}

/// How many demands, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Demands, repetitions apart.
    pub asked: u32,
    /// Places that they hold, or held when the session took place.
    pub seats: u32,
    /// Demands that were cancelled, or whose place on offer was not accepted.
    pub withdrawn: u32,
    /// Demands that wait, or waited in vain.
    pub unserved: u32,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.seats += other.seats;
        self.withdrawn += other.withdrawn;
        self.unserved += other.unserved;
    }
}

/// A session that has ended, of which something about people is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSession {
    /// Its key in the database.
    pub key: i64,
    /// Its id.
    pub id: String,
    /// Its day.
    pub date: Date,
    /// When it ended.
    pub ends: Timestamp,
    /// Demands that are kept, those that ended too.
    pub demands: usize,
    /// What is known of its end at that instant.
    pub sightings: Option<Sightings>,
}

/// What names nobody is forgotten when it is older than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outdated {
    /// Letters to the team that have left.
    pub team_letters: Timestamp,
    /// Days whose digest was written; the last one stays.
    pub digests: Timestamp,
    /// Lines of the audit.
    pub audit: Timestamp,
    /// A server that ran has noted a digest on so many days between these two instants; otherwise the
    /// clock may be wrong, and nothing is forgotten.
    pub ran: (Timestamp, Timestamp),
}

impl Outdated {
    /// Days with a digest between [`Outdated::ran`]'s instants: half of a fortnight's worked days.
    pub(super) const DAYS: u32 = 5;
}

/// A call that the team is to make: what happened cannot be written, or could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The notice's key: ticked when the call was made.
    pub key: i64,
    /// What the letter would have told; `None`: a letter came back, and what it told is in the
    /// person's own page.
    pub about: Option<MessageKind>,
    /// Since when.
    pub since: Timestamp,
    /// The session.
    pub session: SessionRecord,
    /// Whom to ask for.
    pub first_name: String,
    /// Where.
    pub phone: Option<String>,
    /// The address to which a letter came back.
    pub email: Option<String>,
    /// How to reach them safely.
    pub cautions: Cautions,
}

/// A demand that the team has yet to confirm, for the team alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToConfirm {
    /// Its id.
    pub id: DemandId,
    /// The session.
    pub session: SessionRecord,
    /// Whether it holds a place, or waits.
    pub holds: bool,
    /// Whom to ask for.
    pub first_name: String,
    /// Where.
    pub phone: Option<String>,
    /// Where.
    pub email: Option<String>,
    /// How to reach them safely.
    pub cautions: Cautions,
    /// The other parent, as far as they are named.
    pub other_parent_first_name: Option<String>,
    /// Whether another live demand of the session has that first name.
    pub other_parent_asked: bool,
    /// Since when.
    pub asked_at: Timestamp,
    /// The session that may be offered instead.
    pub next: Option<NextSession>,
}

/// The next session of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextSession {
    /// Its key in the database.
    pub key: i64,
    /// Its id.
    pub id: String,
    /// Its day.
    pub date: Date,
}

/// A session, counted: for the team alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its key in the database.
    pub key: i64,
    /// As the content describes it.
    pub session: SessionRecord,
    /// Places taken or on offer.
    pub occupied: u32,
    /// Demands that wait.
    pub waiting: u32,
    /// Demands that the team must confirm.
    pub to_confirm: u32,
    /// Demands since the last digest.
    pub new: u32,
    /// What the team decided about it.
    pub decision: Option<Decision>,
    /// The date that the content gives it, while it keeps its former one since that is over.
    pub doubtful: Option<DoubtfulDate>,
}

/// A date that the team is to say is right, or to correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoubtfulDate {
    /// The day.
    pub date: Date,
    /// When the session would have begun.
    pub starts: Timestamp,
}

/// What the team is told of, day by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// The sessions to come that somebody asked for, or that are soon.
    pub sessions: Vec<Counted>,
    /// Calls to make.
    pub calls: u32,
    /// The days of sessions of which everything about people is to be erased in some days.
    pub erasures: Vec<Date>,
    /// What else is to be looked at, by the names of [`crate::enrolment::Notice`].
    pub notices: Vec<(String, u32)>,
    /// Whether anything is new since the last one, or a call is late.
    pub presses: bool,
}

impl Digest {
    /// Demands that the team can confirm now.
    #[must_use]
    pub fn to_confirm(&self) -> u32 {
        let held = self.sessions.iter().filter(|counted| !counted.session.schedule.cancelled);
        held.map(|counted| counted.to_confirm).sum()
    }

    /// What the sessions, the calls and the notices (kind, since when) come to at `now`, the last
    /// digest being of `since`.
    pub(super) fn of(
        sessions: Vec<Counted>,
        calls: &[Call],
        notices: Vec<(String, Timestamp)>,
        erasures: Vec<Date>,
        since: Timestamp,
        now: Timestamp,
    ) -> Self {
        let late = |call: &Call| call_by(call.since, call.session.schedule.starts) <= now;
        let presses = sessions.iter().any(|session| session.new > 0)
            || calls.iter().any(|call| call.since > since || late(call))
            || notices.iter().any(|(_, at)| *at > since);
        let mut counts = BTreeMap::<_, u32>::new();
        for (kind, _) in notices {
            // Those are the calls, and the erasures.
            if ![Notice::Undeliverable.name(), Notice::TO_CALL, Notice::ErasureNear.name()].contains(&kind.as_str()) {
                *counts.entry(kind).or_default() += 1;
            }
        }
        let calls = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        Self { sessions, calls, erasures, notices: counts.into_iter().collect(), presses }
    }
}

/// A message to write, with what its words need as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The row's key.
    pub key: i64,
    /// To whom, and what.
    pub letter: ToWrite,
    /// How many times it was tried before.
    pub attempts: u32,
    /// When it was decided.
    pub written_at: Timestamp,
}

impl Outgoing {
    /// The name of its template.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.letter {
            ToWrite::Person(letter) => letter.kind.name(),
            ToWrite::Team(letter) => letter.kind.name(),
        }
    }
}

/// To whom, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToWrite {
    /// To somebody, about their own demand.
    Person(Box<ToPerson>),
    /// To the team, at whatever address it has by then.
    Team(Box<ToTeam>),
}

/// A letter to somebody, about their own demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToPerson {
    /// What it tells.
    pub kind: MessageKind,
    /// To whom.
    pub recipient: String,
    /// The demand; nothing is left of it once it is erased.
    pub demand: Option<DemandId>,
    /// Of the demand.
    pub lang: String,
    /// Of the demand.
    pub places: u16,
    /// Whether it waits for a place.
    pub waits: bool,
    /// Whether the team has yet to confirm it.
    pub to_confirm: bool,
    /// Until when its place is on offer.
    pub offered_until: Option<Timestamp>,
    /// The name of its entry in the person's calendar, once they asked for one.
    pub calendar: Option<[u8; 16]>,
    /// The session.
    pub session: SessionRecord,
    /// The session from which it was carried over or moved.
    pub previous: Option<Date>,
}

/// A letter to the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToTeam {
    /// What it tells.
    pub kind: TeamMessage,
    /// The session that it is about, if it is about one.
    pub session: Option<Counted>,
    /// What happened, for a digest.
    pub digest: Option<Digest>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The transport took it.
    Sent,
    /// Not now: again at this instant.
    Retry(Timestamp),
    /// Never: the team is told to call.
    Undeliverable,
    /// It was claimed, and not tried: as if it had not been claimed.
    Untried,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{at, now, record};

    /// A place on offer is accepted whatever else is said of the demand, and as long as there is
    /// something to come to.
    #[test]
    fn the_page_offers_to_accept_whenever_it_would_be_taken() {
        let until = at("2027-03-08T12:00:00Z");
        let page = |to_confirm, state, now| {
            let shown = Shown::of(None, to_confirm, Standing::Offered(until), now);
            let session = SessionStatus { record: record("s1", 1), state };
            let page = FollowUp {
                id: DemandId([1; 16]),
                current: DemandId([1; 16]),
                session,
                shown,
                offered_until: Some(until),
                places: 1,
                email: None,
                phone: None,
                shared_device: false,
                lang: "fr".to_owned(),
                may_be_written_to: true,
                calendar: None,
            };
            page.can_accept()
        };
        for to_confirm in [false, true] {
            for state in [State::Open, State::Full, State::Closed] {
                assert_eq!(page(to_confirm, state, now()), Some(until), "{to_confirm} {state:?}");
                assert_eq!(page(to_confirm, state, until), None, "it is over");
            }
            assert_eq!(page(to_confirm, State::Cancelled, now()), None);
            assert_eq!(page(to_confirm, State::Past, now()), None);
        }
    }
}
