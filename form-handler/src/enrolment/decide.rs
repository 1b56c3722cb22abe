//! From a command about one session to what is to be written down: the rules themselves.

use std::collections::HashSet;

use entreparentaise::model::State;
use jiff::Timestamp;

use super::{
    book::{Book, BookEntry},
    effect::{Effect, Refusal},
    kinds::{Channel, MessageKind, Notice, TeamMessage, TextWhen},
    standing::{Comparison, Ended, Rank, Standing},
    terms::Terms,
};
use crate::{demand::Contact, token::DemandId};

/// A demand that is about to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newcomer {
    /// Its rank: higher than any other's.
    pub rank: Rank,
    /// Its name outside.
    pub id: DemandId,
    /// Its contact.
    pub contact: Contact,
    /// Places asked for.
    pub places: u32,
    /// The team has to confirm it: the other parent wishes to come too.
    pub to_confirm: bool,
    /// It came in a burst: the team is to let it in first.
    pub held: bool,
}

/// What somebody wants done in one session.
#[derive(Debug, Clone, Copy)]
pub enum BookCommand {
    /// A new demand.
    Submit(Newcomer),
    /// The person (or the team) cancels a demand, declines a place on offer, leaves the waiting
    /// list.
    Cancel(Rank),
    /// By the link written to a shared address: cancel the others of that address. The demand
    /// itself may have ended.
    CancelMatching(Rank, Contact),
    /// The recorded contact, by a link, or the team says that a demand repeats an earlier one: the
    /// later is released.
    Merge(Rank, Judge),
    /// The team confirms a demand.
    Confirm(Rank),
    /// The person accepts the place on offer.
    Accept(Rank),
    /// The person gives another contact.
    Rewrite(Rank, Contact),
    /// The browser that sent the demand corrects a contact that was mistyped: from now on it has
    /// this id.
    Correct(Rank, Contact, DemandId),
    /// Of two demands of one browser, the first is cancelled, and the second stays.
    CancelEarlier {
        /// The first.
        earlier: Rank,
        /// The second.
        kept: Rank,
    },
    /// Nobody waits for an answer any more: what this demand, which may have ended, means for the
    /// team and for whoever shares its address.
    Compare(Rank, Contact, Comparison),
    /// Time has gone by, or the session changed: ends the offers that nobody answered, gives on
    /// what is free.
    Settle,
    /// The team lets in what is held, up to the last one that it was told of: in the order of
    /// arrival, each as if it came now. Of many, the first ones.
    Admit(Rank),
    /// The team drops what is held, up to the last one that it was told of. Of many, the first
    /// ones.
    Drop(Rank),
}

/// Who says that two demands are one person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// Whoever reads the mailbox that both have: it may only speak of demands that answer there.
    Mailbox,
    /// The team, who see both, and may judge by the telephone.
    Team,
}

/// What is to be written down for a command, at `now`. The book is kept true; a refusal leaves it
/// as it was.
///
/// # Errors
/// A [`Refusal`]: nothing is to be written.
pub fn decide(book: &mut Book, terms: &Terms, now: Timestamp, command: BookCommand) -> Result<Vec<Effect>, Refusal> {
    let mut effects = match command {
        BookCommand::Submit(newcomer) => return submit(book, now, newcomer),
        BookCommand::Cancel(rank) => cancel(book, now, find(book, rank)?)?,
        BookCommand::CancelMatching(rank, contact) => {
            refuse_when_over(book, now)?;
            let others = book.matches(&contact, rank).filter(|other| other.contact.answers_at_the_address_of(&contact));
            others.map(|other| Effect::Release { demand: other.rank, how: Ended::Cancelled }).collect()
        }
        BookCommand::Merge(rank, judge) => merge(book, find(book, rank)?, judge),
        BookCommand::Confirm(rank) => confirm(book, now, find(book, rank)?)?,
        BookCommand::Accept(rank) => accept(book, now, find(book, rank)?)?,
        BookCommand::Rewrite(rank, contact) => return rewrite(book, rank, contact),
        BookCommand::Correct(rank, contact, id) => return correct(book, rank, contact, id),
        BookCommand::CancelEarlier { earlier, kept } => cancel_earlier(book, now, find(book, earlier)?, kept)?,
        BookCommand::Compare(rank, contact, how) => return Ok(compare(book, rank, &contact, how)),
        BookCommand::Settle => expire(book, now),
        BookCommand::Admit(last) => admit(book, now, last)?,
        BookCommand::Drop(last) => drop_held(book, now, last)?,
    };
    book.apply(&effects);
    effects.extend(promote(book, terms, now));
    Ok(effects)
}

/// Where a demand is to be moved.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The rank of the demand there.
    pub rank: Rank,
    /// Its name.
    pub id: DemandId,
    /// The other parent wishes to come too, and may come to that session: whatever the team said of
    /// the one that is left, it says again, unless it chose this one itself.
    pub to_confirm: bool,
}

/// Moves a demand to another session, where there is a place for it: what is to be written in the
/// one it leaves, and in the other. Both books are kept true.
///
/// # Errors
/// A [`Refusal`]: nothing is to be written, and the demand is what it was.
pub fn move_to(
    (from, to): (&mut Book, &mut Book),
    terms: &Terms,
    now: Timestamp,
    rank: Rank,
    target: Target,
) -> Result<(Vec<Effect>, Vec<Effect>), Refusal> {
    let demand = *find(from, rank)?;
    if from.state(now) == State::Past {
        return Err(Refusal::State(State::Past));
    }
    // Nobody came by to end it yet; its page says so already. And what is held holds nothing that
    // could go elsewhere.
    if demand.standing.is_over(now) || demand.standing == Standing::Held {
        return Err(Refusal::TooLate);
    }
    if from.group != to.group {
        return Err(Refusal::OtherGroup);
    }
    let state = to.state(now);
    if state == State::Full || (state.accepts_demands() && demand.places > to.free()) {
        return Err(Refusal::State(State::Full));
    }
    let others = from.matches(&demand.contact, rank).next().is_some();
    let newcomer = Newcomer {
        rank: target.rank,
        id: target.id,
        contact: demand.contact,
        places: demand.places,
        to_confirm: demand.to_confirm || target.to_confirm,
        held: false,
    };
    let mut arrives = submit(to, now, newcomer)?;
    for effect in &mut arrives {
        // What was typed was typed for the session that is left: nobody is asked anything about
        // others.
        if let Effect::Compare { how, .. } = effect {
            *how = Comparison::ForTeam;
        }
    }
    let mut leaves = vec![Effect::Release { demand: rank, how: Ended::Moved }];
    if others {
        leaves.push(Effect::Compare { demand: rank, how: Comparison::ForTeam });
    }
    from.apply(&leaves);
    leaves.extend(promote(from, terms, now));
    Ok((leaves, arrives))
}

pub(super) fn find(book: &Book, rank: Rank) -> Result<&BookEntry, Refusal> {
    book.find(rank).ok_or(Refusal::Ended)
}

fn submit(book: &mut Book, now: Timestamp, newcomer: Newcomer) -> Result<Vec<Effect>, Refusal> {
    let state = book.state(now);
    if !state.accepts_demands() {
        return Err(Refusal::State(state));
    }
    let Newcomer { rank, id, contact, places, to_confirm, held } = newcomer;
    // More than the room holds would wait for ever, and hold up everybody behind.
    let most = book.places_per_demand.min(book.places_max).max(1);
    if places > most {
        return Err(Refusal::TooManyPlaces { most });
    }
    if held {
        return Ok(hold(book, BookEntry::held(rank, id, contact, places, to_confirm)));
    }
    let waits = book.someone_waits() || places > book.free();
    let standing = if waits { Standing::Waiting } else { Standing::Enrolled };
    let repeats = book.matches(&contact, rank).map(|first| first.rank).min();
    let row = BookEntry { rank, id, standing, to_confirm, ghost: false, first: false, places, contact };
    let mut effects = vec![Effect::Enrol { demand: rank, standing, to_confirm, first: false, repeats }];
    effects.extend(tell(rank, &row.contact, row.news()));
    if to_confirm {
        effects.push(Effect::Notify { notice: Notice::ToConfirm, demand: rank });
        effects.push(Effect::TellTeam { kind: TeamMessage::ToConfirm });
    }
    if repeats.is_some() {
        effects.push(Effect::Compare { demand: rank, how: Comparison::WithQuestion });
    }
    book.rows.push(row);
    if waits && grows(book) {
        effects.push(Effect::TellTeam { kind: TeamMessage::WaitingListGrows });
    }
    Ok(effects)
}

/// Records a demand that came in a burst: nothing is written to its person, who may be anybody, and
/// nobody else is looked at. The team is told of the first of them.
fn hold(book: &mut Book, row: BookEntry) -> Vec<Effect> {
    let BookEntry { rank, standing, to_confirm, .. } = row;
    let mut effects = vec![Effect::Enrol { demand: rank, standing, to_confirm, first: false, repeats: None }];
    if book.held().next().is_none() {
        effects.push(Effect::TellTeam { kind: TeamMessage::Burst });
    }
    book.rows.push(row);
    effects
}

/// Held demands that are answered at once: whoever asks again finds the rest. A flood of them is
/// looked at one by one, and others wait for their answers meanwhile.
const ANSWERED_AT_ONCE: usize = 200;

/// What an answer of the team is about, of what is held up to `last`.
fn answered(book: &Book, last: Rank) -> impl Iterator<Item = &BookEntry> {
    book.held().take_while(move |row| row.rank <= last).take(ANSWERED_AT_ONCE)
}

/// Lets in what is held, each as if it came now, but for the order: it has the rank of its arrival,
/// and waits for nobody who came later.
///
/// A burst may be one person's, with somebody else's address in each form: an address is written to
/// once, and a number called once, whatever is let in with it. Whoever reads it finds the first
/// demand; each sender has the link to their own.
fn admit(book: &Book, now: Timestamp, last: Rank) -> Result<Vec<Effect>, Refusal> {
    refuse_when_begun(book, now)?;
    let mut effects = Vec::new();
    let mut free = book.free();
    let (mut admitted, mut reached) = (Vec::<BookEntry>::new(), HashSet::new());
    for row in answered(book, last) {
        let before = |other: &BookEntry| !other.ghost && (other.first || other.rank < row.rank);
        let behind = book.queue().any(before) || admitted.iter().any(|other| other.standing == Standing::Waiting);
        let standing = if behind || row.places > free { Standing::Waiting } else { Standing::Enrolled };
        if standing.occupies() {
            free -= row.places;
        }
        let row = BookEntry { standing, ..*row };
        let earlier = admitted.iter().filter(|other| other.contact.shares_either(&row.contact));
        let others: Vec<Rank> = book.matches(&row.contact, row.rank).chain(earlier).map(|other| other.rank).collect();
        let repeats = others.iter().copied().filter(|first| *first < row.rank).min();
        effects.push(Effect::Admit { demand: row.rank, standing, repeats });
        let new = reached.insert(row.contact.reached_at());
        if new {
            effects.extend(tell(row.rank, &row.contact, row.news()));
        }
        if row.to_confirm {
            effects.push(Effect::Notify { notice: Notice::ToConfirm, demand: row.rank });
        }
        if !others.is_empty() {
            let how = if new && repeats.is_some() { Comparison::WithQuestion } else { Comparison::ForTeam };
            effects.push(Effect::Compare { demand: row.rank, how });
        }
        admitted.push(row);
    }
    if admitted.iter().any(|row| row.to_confirm) {
        effects.push(Effect::TellTeam { kind: TeamMessage::ToConfirm });
    }
    Ok(effects)
}

/// Drops what is held. Nothing was written to anybody, and nothing is: their pages say it.
fn drop_held(book: &Book, now: Timestamp, last: Rank) -> Result<Vec<Effect>, Refusal> {
    refuse_when_begun(book, now)?;
    Ok(answered(book, last).map(|row| Effect::Release { demand: row.rank, how: Ended::Dropped }).collect())
}

/// Refuses what is asked about held demands once there is nothing to let them into: they are over,
/// as their pages say.
fn refuse_when_begun(book: &Book, now: Timestamp) -> Result<(), Refusal> {
    if book.promotes(now) { Ok(()) } else { Err(Refusal::State(book.state(now))) }
}

/// Demands that wait before the team hears of it, for the first time; then each time that they are
/// twice as many.
const LONG_LIST: usize = 3;

/// Whether the list has just become long, or twice as long as when the team last heard of it.
fn grows(book: &Book) -> bool {
    let waiting = book.queue().filter(|row| !row.ghost).count();
    waiting.is_multiple_of(LONG_LIST) && (waiting / LONG_LIST).is_power_of_two()
}

/// What a demand means for others: told to the team, and asked of whoever reads the address that it
/// shares.
fn compare(book: &Book, rank: Rank, contact: &Contact, how: Comparison) -> Vec<Effect> {
    let mut effects = vec![Effect::Compared { demand: rank }];
    let question = how == Comparison::WithQuestion;
    // Whoever came after a new demand is looked at in their turn.
    let mut others = book.matches(contact, rank).filter(|other| !question || other.rank < rank).peekable();
    // One that was merged meanwhile is known already.
    let known = book.find(rank).is_some_and(|row| row.ghost);
    if known || others.peek().is_none() {
        return effects;
    }
    let ended = book.find(rank).is_none();
    let notice = if ended { Notice::OthersRemain } else { Notice::Repeated };
    effects.push(Effect::Notify { notice, demand: rank });
    if question && !ended && !contact.no_email && others.any(|other| is_surely_the_same(contact, other)) {
        effects.push(Effect::Tell { demand: rank, kind: MessageKind::AskIfSame, by: Channel::Mail });
    }
    effects
}

/// Whether the address typed in this demand is the one recorded in the first, under the same first
/// name.
fn is_surely_the_same(contact: &Contact, first: &BookEntry) -> bool {
    first.contact.answers_at_the_address_of(contact) && contact.name == first.contact.name
}

fn cancel(book: &Book, now: Timestamp, demand: &BookEntry) -> Result<Vec<Effect>, Refusal> {
    refuse_when_over(book, now)?;
    // What is over has ended in its own way, and its page says so already.
    if demand.standing.is_over(now) {
        return Ok(expire(book, now));
    }
    let mut effects = vec![Effect::Release { demand: demand.rank, how: Ended::Cancelled }];
    // Nothing was written to anybody, and others have yet to do with it.
    if demand.standing == Standing::Held {
        return refuse_when_begun(book, now).map(|()| effects);
    }
    let mut others = book.matches(&demand.contact, demand.rank).peekable();
    let some = others.peek().is_some();
    let kind = if others.any(|other| other.contact.answers_at_the_address_of(&demand.contact)) {
        MessageKind::CancelledOthersRemain
    } else {
        MessageKind::Cancelled
    };
    if demand.contact.may_be_written_to() {
        effects.push(Effect::Tell { demand: demand.rank, kind, by: Channel::Mail });
    }
    if some {
        effects.push(Effect::Compare { demand: demand.rank, how: Comparison::ForTeam });
    }
    Ok(effects)
}

pub(super) fn refuse_when_over(book: &Book, now: Timestamp) -> Result<(), Refusal> {
    match book.state(now) {
        state @ (State::Past | State::Cancelled) => Err(Refusal::State(state)),
        _ => Ok(()),
    }
}

/// Merged already, or nothing earlier that is still live: there is nothing to merge, and the answer
/// is the same.
fn merge(book: &Book, demand: &BookEntry, judge: Judge) -> Vec<Effect> {
    let first = book
        .matches(&demand.contact, demand.rank)
        .find(|other| judge == Judge::Team || other.contact.answers_at_the_address_of(&demand.contact));
    let repeats = !demand.ghost && demand.standing != Standing::Held;
    let merges = repeats && first.is_some_and(|first| first.rank < demand.rank);
    merges.then_some(Effect::Release { demand: demand.rank, how: Ended::Merged }).into_iter().collect()
}

fn confirm(book: &Book, now: Timestamp, demand: &BookEntry) -> Result<Vec<Effect>, Refusal> {
    if demand.ghost || !demand.to_confirm {
        return Ok(Vec::new());
    }
    if demand.standing == Standing::Held {
        return Err(Refusal::TooLate);
    }
    // There is nothing to come to any more.
    refuse_when_over(book, now)?;
    let news = BookEntry { to_confirm: false, ..*demand }.news();
    let mut effects = vec![Effect::Confirm { demand: demand.rank }];
    effects.extend(tell(demand.rank, &demand.contact, news));
    Ok(effects)
}

fn accept(book: &Book, now: Timestamp, demand: &BookEntry) -> Result<Vec<Effect>, Refusal> {
    match demand.standing {
        Standing::Offered(until) if now < until => {
            refuse_when_over(book, now)?;
            let mut effects = vec![Effect::Accept { demand: demand.rank }];
            effects.extend(tell(demand.rank, &demand.contact, MessageKind::Place));
            Ok(effects)
        }
        // Twice is once.
        Standing::Enrolled => Ok(Vec::new()),
        Standing::Offered(_) | Standing::Waiting | Standing::Held => Err(Refusal::TooLate),
    }
}

fn rewrite(book: &mut Book, rank: Rank, contact: Contact) -> Result<Vec<Effect>, Refusal> {
    let demand = find(book, rank)?;
    // It would be a letter to whoever is typed now.
    if demand.standing == Standing::Held {
        return Err(Refusal::TooLate);
    }
    let before = book.matches(&demand.contact, rank).next().is_some();
    let repeats = book.matches(&contact, rank).map(|first| first.rank).filter(|first| *first < rank).min();
    let mut effects = vec![Effect::Rewrite { demand: rank, repeats }];
    effects.extend(tell(rank, &contact, demand.news()));
    if !before && book.matches(&contact, rank).next().is_some() {
        effects.push(Effect::Compare { demand: rank, how: Comparison::ForTeam });
    }
    book.change(rank, |row| row.contact = contact);
    Ok(effects)
}

/// Another contact, typed by the browser that sent the demand. What is held stays so: nothing is
/// written to whoever is typed now, and nobody is compared with it.
fn correct(book: &mut Book, rank: Rank, contact: Contact, id: DemandId) -> Result<Vec<Effect>, Refusal> {
    let held = find(book, rank)?.standing == Standing::Held;
    let mut effects = if held {
        book.change(rank, |row| row.contact = contact);
        vec![Effect::Rewrite { demand: rank, repeats: None }]
    } else {
        rewrite(book, rank, contact)?
    };
    // Before anything is written that holds a link.
    let renew = Effect::Renew { demand: rank, id };
    effects.insert(1, renew);
    book.apply(&[renew]);
    Ok(effects)
}

/// Cancels the first of two demands of one browser.
///
/// "It was me again", answered by letter, may have released the second as a repetition of the first
/// alone: it then takes the room that the first leaves, since its page says that it has one. Where
/// it does not fit, nothing is done: whoever sent both would have neither.
fn cancel_earlier(book: &Book, now: Timestamp, earlier: &BookEntry, kept: Rank) -> Result<Vec<Effect>, Refusal> {
    let mut effects = cancel(book, now, earlier)?;
    let Some(ghost) = book.find(kept).filter(|row| row.ghost && !earlier.ghost && !row.standing.is_over(now)) else {
        return Ok(effects);
    };
    // Nobody else has its contact: what it repeated is the first, or was, before one of them was
    // corrected.
    if book.matches(&ghost.contact, kept).all(|other| other.rank == earlier.rank) {
        let left = if earlier.standing.occupies() { earlier.places } else { 0 };
        if ghost.standing.occupies() && ghost.places > book.free() + left {
            return Err(Refusal::TooLate);
        }
        effects.push(Effect::Revive { demand: kept });
    }
    Ok(effects)
}

/// Ends the offers that nobody answered in time.
fn expire(book: &Book, now: Timestamp) -> Vec<Effect> {
    let mut effects = Vec::new();
    for row in &book.rows {
        if row.standing.is_over(now) {
            effects.push(Effect::Release { demand: row.rank, how: Ended::Expired });
            let told = tell(row.rank, &row.contact, MessageKind::OfferExpired);
            effects.extend(told.into_iter().filter(hears(book, row)));
        }
    }
    effects
}

/// Messages, or a call for the team to make. Whoever text messages alone may reach hears what they
/// tell, and nothing of the rest: nobody calls to say what can wait.
///
/// Somebody whom nothing may reach is the team's, too: a former release recorded some, and whether
/// a call may be made is looked at when the list is read.
pub(super) fn tell(demand: Rank, contact: &Contact, kind: MessageKind) -> Vec<Effect> {
    let letter = contact.may_be_written_to();
    let text = contact.texts
        && match kind.as_text() {
            Some(TextWhen::Always) => true,
            Some(TextWhen::Alone) => !letter,
            None => false,
        };
    if !letter && !contact.texts {
        return vec![Effect::Notify { notice: Notice::ToCall(kind), demand }];
    }
    let ways = [(letter, Channel::Mail), (text, Channel::Text)];
    ways.into_iter().filter(|(open, _)| *open).map(|(_, by)| Effect::Tell { demand, kind, by }).collect()
}

/// What of it a demand hears, of what everybody hears: all, unless it is a ghost. One goes on as
/// before for its sender, by each channel that nobody else here has: the demand that it repeats
/// gets its own letter at an address that both have, while a telephone may be the sender's own, who
/// would notice its silence. Nobody is called for it.
pub(super) fn hears(book: &Book, row: &BookEntry) -> impl Fn(&Effect) -> bool + use<> {
    let shared = |shares: fn(&Contact, &Contact) -> bool| {
        let mut live = book.rows.iter().filter(|other| !other.ghost && other.standing != Standing::Held);
        live.any(|other| shares(&other.contact, &row.contact))
    };
    let ghost = row.ghost;
    let (mail, text) = (ghost && shared(Contact::shares_email), ghost && shared(Contact::shares_phone));
    move |effect| match effect {
        _ if !ghost => true,
        Effect::Tell { by: Channel::Mail, .. } => !mail,
        Effect::Tell { by: Channel::Text, .. } => !text,
        _ => false,
    }
}

/// The next holders of the places that are free: the one way out of the waiting list, whatever
/// freed the places.
///
/// Strictly first come, first served, those first whom another session had no place for: a head
/// that does not fit yet holds up everybody behind, or a family of two would wait for ever while
/// single places go by. A ghost (see the module's sixth point) takes its turn and no place.
pub(super) fn promote(book: &mut Book, terms: &Terms, now: Timestamp) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut free = if book.promotes(now) { book.free() } else { 0 };
    let offer = terms.offer_until(now, book.schedule.starts);
    for row in book.queue() {
        let needs = if row.ghost { 0 } else { row.places };
        if free == 0 || needs > free {
            break;
        }
        free -= needs;
        // One to be confirmed was told "the team will confirm", and hears no more until it does.
        // Whoever cannot be asked in writing is called by the team.
        let offer = offer.filter(|_| !row.to_confirm && row.contact.may_be_asked());
        effects.push(match offer {
            Some(until) => Effect::Offer { demand: row.rank, until },
            None => Effect::Promote { demand: row.rank },
        });
        if !row.to_confirm {
            let kind = if offer.is_some() { MessageKind::PlaceOffered } else { MessageKind::PlaceFreed };
            effects.extend(tell(row.rank, &row.contact, kind).into_iter().filter(hears(book, row)));
        }
    }
    book.apply(&effects);
    effects
}
