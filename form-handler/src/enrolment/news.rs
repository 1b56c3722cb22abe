//! What time and the team change for everybody of a session at once: what is told to whom, and who goes on at the next session.

use entreparentaise::model::State;
use jiff::Timestamp;

use super::{
    Book, Effect, Ended, Held, MessageKind, Notice, Rank, Refusal, Standing, Target, Terms,
    decide::{find, tell},
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
    let concerned = |row: &&Held| !comes_only || (row.standing == Standing::Enrolled && !row.to_confirm);
    let heard = book.rows.iter().filter(concerned).filter(|row| hears(book, row));
    heard.map(|row| tell(row.rank, &row.contact, kind)).collect()
}

/// Whether a demand gets the letters that everybody gets. A ghost does, at an address that nobody else here has: it goes on as before for its
/// sender, and the demand that it repeats gets its own letter.
fn hears(book: &Book, row: &Held) -> bool {
    let same_mailbox = |other: &Held| !other.ghost && other.contact.shares_email(&row.contact);
    !row.ghost || (row.contact.may_be_written_to() && !book.rows.iter().any(same_mailbox))
}

/// Whether a demand goes on at the next session: the whole of a session that is cancelled; those who still wait when it begins.
#[must_use]
pub fn is_carried(book: &Book, now: Timestamp, row: &Held) -> bool {
    book.schedule.cancelled || (book.schedule.starts <= now && row.standing == Standing::Waiting)
}

/// Carries a demand over to the next session: a place there is held for its person to accept; when none is free, it waits before those who
/// came to that session. What is to be written in the session it leaves, and in the other. Both books are kept true.
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
    let demand = find(from, rank)?.clone();
    if !is_carried(from, now, &demand) {
        return Err(Refusal::State(from.state(now)));
    }
    if from.group != to.group {
        return Err(Refusal::OtherGroup);
    }
    // Not open yet is no reason: they asked before.
    if to.orphaned || to.schedule.cancelled || to.schedule.closes <= now {
        return Err(Refusal::State(if to.schedule.cancelled { State::Cancelled } else { State::Closed }));
    }
    let heard = hears(from, &demand);
    let fits = demand.places <= to.free();
    let held_until = terms.carried_until(now, to.schedule.starts);
    // One to be confirmed keeps its place until the team answers. Whoever cannot be asked in writing is called by the team.
    let asked = !demand.to_confirm && (demand.ghost || demand.contact.may_be_written_to());
    let standing = match held_until {
        _ if !fits => Standing::Waiting,
        Some(until) if asked => Standing::Offered(until),
        _ => Standing::Enrolled,
    };
    let repeats = to.matches(&demand.contact, target.rank).map(|first| first.rank).min().filter(|_| !demand.ghost);
    let row = Held { rank: target.rank, id: target.id, standing, first: true, ..demand };
    let Held { rank: new, to_confirm, ghost, .. } = row;
    let mut arrives = vec![Effect::Enrol { demand: new, standing, to_confirm, first: true, repeats }];
    if ghost {
        arrives.push(Effect::Release { demand: new, how: Ended::Merged });
    }
    if heard {
        arrives.push(tell(new, &row.contact, MessageKind::NextSession));
    }
    if to_confirm && !ghost {
        arrives.push(Effect::Notify { notice: Notice::ToConfirm, demand: new });
    }
    if repeats.is_some() {
        arrives.push(Effect::Notify { notice: Notice::Repeated, demand: new });
    }
    let leaves = vec![Effect::Release { demand: rank, how: Ended::Moved }];
    from.apply(&leaves);
    to.rows.push(row);
    Ok((leaves, arrives))
}
