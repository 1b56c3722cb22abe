//! What time and the team change for everybody of a session at once: what is told to whom, and who
//! goes on at the next session.

use entreparentaise::model::State;
use jiff::Timestamp;

use super::{
    book::{Book, BookEntry},
    decide::{Target, find, hears, promote, refuse_when_over, tell},
    effect::{Effect, Refusal},
    kinds::{MessageKind, Notice},
    standing::{Comparison, Ended, Rank, Standing},
    terms::Terms,
};

/// Something to tell to everybody whom it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The session is soon, or is over, or will be held all the same: for those who have a place.
    ToThoseWhoCome(MessageKind),
    /// The session is elsewhere, or is not held: for everybody who asked for it.
    ToAll(MessageKind),
}

/// The letters of this news, or the calls. Nothing else changes.
#[must_use]
pub fn announce(book: &Book, news: News) -> Vec<Effect> {
    let (kind, comes_only) = match news {
        News::ToThoseWhoCome(kind) => (kind, true),
        News::ToAll(kind) => (kind, false),
    };
    let concerned = |row: &&BookEntry| !comes_only || (row.standing == Standing::Enrolled && !row.to_confirm);
    let heard = book.rows.iter().filter(concerned).filter(|row| row.standing != Standing::Held);
    heard.flat_map(|row| tell(row.rank, &row.contact, kind).into_iter().filter(hears(book, row))).collect()
}

/// Whether a demand goes on at the next session: the whole of a session that is cancelled, but for
/// what is held; those who still wait when it begins.
#[must_use]
pub fn is_carried(book: &Book, now: Timestamp, row: &BookEntry) -> bool {
    let held = row.standing == Standing::Held;
    (book.schedule.cancelled && !held) || (book.schedule.starts <= now && row.standing == Standing::Waiting)
}

/// Carries a demand over to the next session: a place there is held for its person to accept; when
/// none is free, it waits before those who came to that session. What is to be written in the
/// session it leaves, and in the other. Both books are kept true.
///
/// # Errors
/// A [`Refusal`]: nothing is to be written, and the demand is what it was.
pub fn carry(
    (from, to): (&mut Book, &mut Book),
    terms: &Terms,
    now: Timestamp,
    rank: Rank,
    target: Target,
) -> Result<(Vec<Effect>, Vec<Effect>), Refusal> {
    let demand = *find(from, rank)?;
    if !is_carried(from, now, &demand) {
        return Err(Refusal::State(from.state(now)));
    }
    receives(from, to, now)?;
    let heard = hears(from, &demand);
    let goes_on = BookEntry { to_confirm: demand.to_confirm || target.to_confirm, ..demand };
    let arrives = arrive(to, terms, now, goes_on, target, heard);
    let leaves = vec![Effect::Release { demand: rank, how: Ended::Moved }];
    from.apply(&leaves);
    Ok((leaves, arrives))
}

/// The team's other answer to a demand that it was to confirm: the next session, where it is to be
/// confirmed no longer. A place there is held for its person to accept, as for whoever is carried
/// over ([`carry`]); the one that it leaves goes on in the session that it leaves.
///
/// # Errors
/// A [`Refusal`]: nothing is to be written, and the demand is what it was.
pub fn offer_next(
    (from, to): (&mut Book, &mut Book),
    terms: &Terms,
    now: Timestamp,
    rank: Rank,
    target: Target,
) -> Result<(Vec<Effect>, Vec<Effect>), Refusal> {
    let demand = *find(from, rank)?;
    if demand.ghost || !demand.to_confirm || demand.standing == Standing::Held {
        return Err(Refusal::TooLate);
    }
    refuse_when_over(from, now)?;
    receives(from, to, now)?;
    let answered = BookEntry { to_confirm: false, ..demand };
    let mut arrives = arrive(to, terms, now, answered, target, |_| true);
    // The row is a copy of the one that it leaves, mark included.
    arrives.insert(1, Effect::Confirm { demand: target.rank });
    let mut leaves = vec![Effect::Release { demand: rank, how: Ended::Moved }];
    from.apply(&leaves);
    leaves.extend(promote(from, terms, now));
    Ok((leaves, arrives))
}

/// Refuses a session that nobody may go on at. Not open yet is no reason: they asked before.
fn receives(from: &Book, to: &Book, now: Timestamp) -> Result<(), Refusal> {
    if from.group != to.group {
        return Err(Refusal::OtherGroup);
    }
    if to.orphaned || to.schedule.cancelled || to.schedule.closes <= now {
        return Err(Refusal::State(if to.schedule.cancelled { State::Cancelled } else { State::Closed }));
    }
    Ok(())
}

/// Adds a demand of another session to this one, and says what is to be written here; `heard`: of
/// what is told to its person, what may be.
fn arrive(
    to: &mut Book,
    terms: &Terms,
    now: Timestamp,
    demand: BookEntry,
    target: Target,
    heard: impl Fn(&Effect) -> bool,
) -> Vec<Effect> {
    let fits = demand.places <= to.free();
    let held_until = terms.carried_until(now, to.schedule.starts);
    // One to be confirmed keeps its place until the team answers. Whoever cannot be asked in
    // writing is called by the team.
    let asked = !demand.to_confirm && (demand.ghost || demand.contact.may_be_asked());
    let standing = match held_until {
        _ if !fits => Standing::Waiting,
        Some(until) if asked => Standing::Offered(until),
        _ => Standing::Enrolled,
    };
    let repeats = to.matches(&demand.contact, target.rank).map(|first| first.rank).min().filter(|_| !demand.ghost);
    let row = BookEntry { rank: target.rank, id: target.id, standing, first: true, ..demand };
    let BookEntry { rank: new, to_confirm, ghost, .. } = row;
    let mut arrives = vec![Effect::Enrol { demand: new, standing, to_confirm, first: true, repeats }];
    if ghost {
        arrives.push(Effect::Release { demand: new, how: Ended::Merged });
    }
    arrives.extend(tell(new, &row.contact, MessageKind::NextSession).into_iter().filter(heard));
    if to_confirm && !ghost {
        arrives.push(Effect::Notify { notice: Notice::ToConfirm, demand: new });
    }
    if repeats.is_some() {
        arrives.push(Effect::Compare { demand: new, how: Comparison::ForTeam });
    }
    to.rows.push(row);
    arrives
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{at, book, contact, held, notices, now, standing, strangers, told, waiting},
        *,
    };
    use crate::{demand::Contact, token::DemandId};

    const TARGET: Target = Target { rank: 100, id: DemandId([100; 16]), to_confirm: false };

    /// The session after the one of the other tests, with so many places.
    fn later(places_max: u32, rows: Vec<BookEntry>) -> Book {
        let mut later = book(places_max, rows);
        later.session = 2;
        later.schedule.starts = at("2027-05-26T16:00:00Z");
        later.schedule.ends = at("2027-05-26T18:00:00Z");
        later.schedule.closes = later.schedule.starts;
        later
    }

    fn cancelled(rows: Vec<BookEntry>) -> Book {
        let mut book = book(12, rows);
        book.schedule.cancelled = true;
        book
    }

    fn carried(from: &mut Book, to: &mut Book, rank: Rank) -> Vec<Effect> {
        carry((from, to), &Terms::default(), now(), rank, TARGET).unwrap().1
    }

    fn whom(effects: &[Effect]) -> Vec<Rank> {
        let rank = |effect: &Effect| match effect {
            Effect::Tell { demand, .. } => Some(*demand),
            _ => None,
        };
        effects.iter().filter_map(rank).collect()
    }

    #[test]
    fn reminders_go_to_those_who_come_and_changes_to_everybody() {
        let rows = vec![
            held(1, contact("ana", "a@x.fr", "")),
            BookEntry { to_confirm: true, ..held(2, contact("bea", "b@x.fr", "")) },
            BookEntry { standing: Standing::Offered(now()), ..held(3, contact("carl", "c@x.fr", "")) },
            waiting(4, 1),
            held(5, contact("dina", "", "+33612345678")),
        ];
        let book = book(12, rows);
        let reminded = announce(&book, News::ToThoseWhoCome(MessageKind::WeekBefore));
        assert_eq!(whom(&reminded), [1]);
        assert_eq!(notices(&reminded), [Notice::ToCall(MessageKind::WeekBefore)], "who has no address is called");
        let moved = announce(&book, News::ToAll(MessageKind::SessionMoved));
        assert_eq!(whom(&moved), [1, 2, 3, 4]);
    }

    /// A ghost goes on as before for its sender, and nobody gets a letter twice.
    #[test]
    fn a_ghost_hears_what_everybody_hears_at_an_address_of_its_own() {
        let ghost = |email: &str, phone: &str| BookEntry { ghost: true, ..held(2, contact("ana", email, phone)) };
        let rows = |ghost: BookEntry| vec![held(1, contact("ana", "a@x.fr", "+33612345678")), ghost];
        let heard = |ghost: BookEntry| announce(&book(12, rows(ghost)), News::ToThoseWhoCome(MessageKind::DaysBefore));
        assert_eq!(whom(&heard(ghost("ex@x.fr", "+33612345678"))), [1, 2]);
        assert_eq!(whom(&heard(ghost("a@x.fr", ""))), [1]);
        assert_eq!(heard(ghost("", "+33612345678")).len(), 1, "nor is anybody called twice");
    }

    #[test]
    fn who_had_no_place_is_offered_one_or_waits_before_the_others() {
        let ana = contact("ana", "a@x.fr", "");
        let mut to = later(12, strangers(11));
        let arrives = carried(&mut cancelled(vec![held(50, ana)]), &mut to, 50);
        assert_eq!(standing(&arrives), Standing::Offered(at("2027-03-08T12:00:00Z")), "for a week");
        assert_eq!(told(&arrives), [MessageKind::NextSession]);
        assert_eq!(to.occupied(), 12, "it is held");
        let mut full = later(12, [strangers(12), vec![waiting(60, 1)]].concat());
        assert_eq!(standing(&carried(&mut cancelled(vec![held(50, ana)]), &mut full, 50)), Standing::Waiting);
        assert_eq!(full.queue().map(|row| row.rank).collect::<Vec<_>>(), [100, 60]);
        // Shortly before, half of the time that is left.
        let shortly = at("2027-05-26T12:00:00Z");
        let mut from = cancelled(vec![held(50, contact("ana", "a@x.fr", ""))]);
        let (_, arrives) = carry((&mut from, &mut later(12, vec![])), &Terms::default(), shortly, 50, TARGET).unwrap();
        assert_eq!(standing(&arrives), Standing::Offered(at("2027-05-26T14:00:00Z")));
    }

    #[test]
    fn who_cannot_be_asked_in_writing_has_the_place_and_one_to_be_confirmed_still_is() {
        let mut from = cancelled(vec![
            held(50, contact("ana", "", "+33612345678")),
            BookEntry { to_confirm: true, ..held(51, contact("bea", "b@x.fr", "")) },
        ]);
        let arrives = carried(&mut from, &mut later(12, vec![]), 50);
        assert_eq!(standing(&arrives), Standing::Enrolled);
        assert_eq!(notices(&arrives), [Notice::ToCall(MessageKind::NextSession)]);
        let arrives = carried(&mut from, &mut later(12, vec![]), 51);
        assert_eq!(standing(&arrives), Standing::Enrolled);
        assert_eq!(notices(&arrives), [Notice::ToConfirm]);
        assert_eq!(from.rows, [], "both have left");
    }

    /// Whoever watches their own page sees the same, whoever else asked for the next session, and
    /// whether or not theirs is a ghost.
    #[test]
    fn going_on_tells_nothing_of_who_else_is_there() {
        let typed = contact("ana", "ex@x.fr", "+33612345678");
        let victim = contact("ana", "a@x.fr", "+33612345678");
        for taken in [1, 11, 12] {
            let seen = |first: Contact, ghost: bool| {
                let mut rows = strangers(taken);
                rows[0].contact = first;
                let mut to = later(12, rows);
                let demand = BookEntry { ghost, ..held(50, typed) };
                let arrives = carried(&mut cancelled(vec![demand]), &mut to, 50);
                assert!(!ghost || to.occupied() == taken, "a ghost holds nothing");
                (standing(&arrives), told(&arrives))
            };
            let stranger = seen(contact("x", "x@x.fr", ""), false);
            assert_eq!(seen(victim, false), stranger);
            assert_eq!(seen(victim, true), stranger);
        }
    }

    #[test]
    fn only_who_had_no_place_goes_on_and_only_where_the_group_meets_again() {
        let go =
            |from: &mut Book, to: &mut Book, now: &str| carry((from, to), &Terms::default(), at(now), 50, TARGET).err();
        let ana = || vec![held(50, contact("ana", "a@x.fr", ""))];
        let before = "2027-03-01T12:00:00Z";
        assert!(go(&mut book(12, ana()), &mut later(12, vec![]), before).is_some(), "it is held");
        assert!(go(&mut book(12, ana()), &mut later(12, vec![]), "2027-03-17T17:00:00Z").is_some(), "she had a place");
        assert_eq!(go(&mut book(12, vec![waiting(50, 1)]), &mut later(12, vec![]), "2027-03-17T17:00:00Z"), None);
        assert_eq!(go(&mut cancelled(ana()), &mut later(12, vec![]), before), None);
        let mut fathers = later(12, vec![]);
        fathers.group = "papas".to_owned();
        assert_eq!(go(&mut cancelled(ana()), &mut fathers, before), Some(Refusal::OtherGroup));
        let mut off = later(12, vec![]);
        off.schedule.cancelled = true;
        assert_eq!(go(&mut cancelled(ana()), &mut off, before), Some(Refusal::State(State::Cancelled)));
        assert!(go(&mut cancelled(ana()), &mut later(12, vec![]), "2027-05-26T16:00:00Z").is_some(), "closed");
        // Not open yet is no reason.
        let mut soon = later(12, vec![]);
        soon.schedule.opens = Some(at("2027-05-01T00:00:00Z"));
        assert_eq!(go(&mut cancelled(ana()), &mut soon, before), None);
    }

    #[test]
    fn the_team_offers_the_next_session_and_the_place_that_is_left_goes_on() {
        let ana = BookEntry { to_confirm: true, ..held(50, contact("ana", "a@x.fr", "")) };
        let offer = |from: &mut Book, to: &mut Book, now| offer_next((from, to), &Terms::default(), now, 50, TARGET);
        let (mut from, mut to) = (book(1, vec![ana, waiting(60, 1)]), later(12, strangers(11)));
        let (leaves, arrives) = offer(&mut from, &mut to, now()).unwrap();
        assert_eq!(leaves[0], Effect::Release { demand: 50, how: Ended::Moved });
        assert!(leaves.contains(&Effect::Promote { demand: 60 }), "{leaves:?}");
        assert_eq!(from.rows.iter().map(|row| row.standing).collect::<Vec<_>>(), [Standing::Enrolled]);
        assert_eq!(standing(&arrives), Standing::Offered(at("2027-03-08T12:00:00Z")), "held for a week");
        assert!(arrives.contains(&Effect::Confirm { demand: 100 }), "the team has answered: {arrives:?}");
        assert_eq!((told(&arrives), notices(&arrives)), (vec![MessageKind::NextSession], vec![]));
        assert!(!to.find(100).unwrap().to_confirm);
        assert_eq!(offer(&mut from, &mut to, now()).unwrap_err(), Refusal::Ended, "it has gone on");
        // It waits before the others when nothing is free; who cannot be written to has the place,
        // and is called.
        let mut full = later(12, [strangers(12), vec![waiting(60, 1)]].concat());
        let (_, arrives) = offer(&mut book(1, vec![ana]), &mut full, now()).unwrap();
        assert_eq!(standing(&arrives), Standing::Waiting);
        assert_eq!(full.queue().map(|row| row.rank).collect::<Vec<_>>(), [100, 60]);
        let silent = BookEntry { to_confirm: true, ..held(50, contact("ana", "", "+33612345678")) };
        let (_, arrives) = offer(&mut book(1, vec![silent]), &mut later(12, vec![]), now()).unwrap();
        assert_eq!(standing(&arrives), Standing::Enrolled);
        assert_eq!(notices(&arrives), [Notice::ToCall(MessageKind::NextSession)]);
    }

    #[test]
    fn the_next_session_is_offered_to_one_to_be_confirmed_and_while_there_is_something_to_answer() {
        let ana = BookEntry { to_confirm: true, ..held(50, contact("ana", "a@x.fr", "")) };
        let refused = |row: BookEntry, to: &mut Book, when: &str| {
            let mut from = book(12, vec![row]);
            let refused = offer_next((&mut from, to), &Terms::default(), at(when), 50, TARGET).err();
            assert!(refused.is_none() || from.rows == [row], "it is what it was");
            refused
        };
        let before = "2027-03-01T12:00:00Z";
        assert_eq!(refused(ana, &mut later(12, vec![]), before), None);
        let to = &mut later(12, vec![]);
        assert_eq!(refused(BookEntry { to_confirm: false, ..ana }, to, before), Some(Refusal::TooLate));
        assert_eq!(refused(BookEntry { ghost: true, ..ana }, to, before), Some(Refusal::TooLate));
        assert_eq!(refused(ana, to, "2027-03-17T19:00:00Z"), Some(Refusal::State(State::Past)));
        to.group = "papas".to_owned();
        assert_eq!(refused(ana, to, before), Some(Refusal::OtherGroup));
        let mut off = later(12, vec![]);
        off.schedule.cancelled = true;
        assert_eq!(refused(ana, &mut off, before), Some(Refusal::State(State::Cancelled)));
        let mut gone = later(12, vec![]);
        gone.orphaned = true;
        assert_eq!(refused(ana, &mut gone, before), Some(Refusal::State(State::Closed)));
    }
}
