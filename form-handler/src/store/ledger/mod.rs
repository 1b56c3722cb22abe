//! What every store does with a command, whatever its database: finds the books that the rules look
//! at, asks the rules, and names the entries to write. The store brings [`Rows`]: it reads, locks,
//! writes and commits.

mod entries;
mod season;

use std::collections::HashMap;

use entreparentaise::model::State;
use jiff::Timestamp;

pub(in crate::store) use self::entries::{Audited, Entry, Known, NewDemand, Rows};
use super::{
    Actor, Change, Changed, CodeAsked, Given, Order, Outcome, Submitted,
    binder::{Binder, MOST_ROWS},
};
use crate::{
    demand::{ContactDetails, Email, Submission},
    enrolment::{
        Book, Command, Comparison, Effect, Ended, Judge, MessageKind, Newcomer, News, Rank, Refusal, Standing, Target,
        Terms, decide, move_to,
    },
    token::DemandId,
};

/// Two letters with a code are this far apart: nobody's mailbox is to be flooded by whoever holds a
/// link.
pub(in crate::store) const CODE_PAUSE: jiff::SignedDuration = jiff::SignedDuration::from_mins(2);

/// Books: read once, kept true. One is enough for a transaction; for as long as nobody else writes,
/// it serves the next one too.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each answers a question of its own after a transaction")]
pub(in crate::store) struct Ledger {
    terms: Terms,
    binders: HashMap<i64, Binder>,
    /// The keys of sessions that were asked for by their ids.
    keys: HashMap<String, i64>,
    /// Whether what the site shows of a session changed.
    pub(in crate::store) states_changed: bool,
    /// Whether anything was written.
    pub(in crate::store) written: bool,
    /// Whether anything about people was erased: it may still stand in the database's files.
    pub(in crate::store) erased: bool,
    /// Whether anything was left to be compared.
    pub(in crate::store) to_compare: bool,
}

type Done<T, R> = Result<Result<T, Refusal>, <R as Rows>::Error>;

impl Ledger {
    pub(in crate::store) fn new(terms: Terms) -> Self {
        Self {
            terms,
            binders: HashMap::new(),
            keys: HashMap::new(),
            states_changed: false,
            written: false,
            erased: false,
            to_compare: false,
        }
    }

    /// Takes note of nothing yet: another transaction begins.
    pub(in crate::store) fn begin(&mut self) {
        (self.states_changed, self.written, self.erased, self.to_compare) = (false, false, false, false);
        if self.binders.values().map(Binder::weight).sum::<usize>() > MOST_ROWS {
            self.forget();
        }
    }

    /// Gives it what a transaction found: the sessions' keys by their ids, and their binders.
    pub(in crate::store) fn stock(&mut self, keys: HashMap<String, i64>, binders: HashMap<i64, Binder>) {
        self.keys.extend(keys);
        self.binders.extend(binders);
    }

    /// The binders, as the decisions left them.
    pub(in crate::store) fn into_binders(self) -> HashMap<i64, Binder> {
        self.binders
    }

    /// Forgets the books: something else wrote, or what they say was not kept.
    pub(in crate::store) fn forget(&mut self) {
        self.binders.clear();
        self.keys.clear();
    }

    /// The session of this id.
    fn session<R: Rows>(&mut self, rows: &mut R, id: &str) -> Result<Option<&Binder>, R::Error> {
        let key = match self.keys.get(id) {
            Some(key) => *key,
            None => {
                let Some(binder) = rows.session(id)? else { return Ok(None) };
                let key = binder.book.session;
                self.keys.insert(id.to_owned(), key);
                // What this transaction decided already is not in the database in the same words:
                // its own book is the true one.
                self.binders.entry(key).or_insert(binder);
                key
            }
        };
        Ok(self.binders.get(&key))
    }

    /// Carries an order out.
    pub(in crate::store) fn carry_out<R: Rows>(
        &mut self,
        rows: &mut R,
        order: &Order,
        now: Timestamp,
    ) -> Result<Outcome, R::Error> {
        Ok(match order {
            Order::Submit(submission) => Outcome::Submitted(self.submit(rows, submission, now)?),
            Order::SendCode { id } => Outcome::Code(self.send_code(rows, *id, now)?),
            Order::Settle { session } => {
                let _ = self.decide(rows, *session, Actor::Rule, now, Command::Settle, &Payload::Nothing)?;
                Outcome::Changed(Changed::Done)
            }
            Order::Change { id, change, actor } => {
                let Some(known) = rows.demand(*id)? else { return Ok(Outcome::Changed(Changed::Unknown)) };
                Outcome::Changed(self.change(rows, &known, *change, *actor, now)?)
            }
            Order::Move { id, session } => {
                let Some(known) = rows.demand(*id)? else { return Ok(Outcome::Changed(Changed::Unknown)) };
                Outcome::Changed(self.move_to(rows, &known, session, now)?)
            }
            Order::Rewrite { id, details } => {
                let Some(known) = rows.demand(*id)? else { return Ok(Outcome::Changed(Changed::Unknown)) };
                let command = Command::Rewrite(known.rank, details.contact(known.contact.name));
                let payload = Payload::Contact { details };
                Outcome::Changed(changed(self.decide(rows, known.session, Actor::Person, now, command, &payload)?))
            }
            Order::Erase { id } => {
                let Some(known) = rows.demand(*id)? else { return Ok(Outcome::Changed(Changed::Unknown)) };
                Outcome::Changed(self.erase(rows, &known, now)?)
            }
            Order::Moved { session } => {
                Outcome::Changed(self.announce(rows, *session, News::ToAll(MessageKind::SessionMoved), now)?)
            }
            Order::Reach { session, starts, milestone } => {
                Outcome::Changed(self.reach(rows, (*session, *starts), *milestone, now)?)
            }
            Order::Carry { id, to } => {
                let Some(known) = rows.demand(*id)? else { return Ok(Outcome::Changed(Changed::Unknown)) };
                Outcome::Changed(self.carry(rows, &known, *to, now)?)
            }
            Order::OfferNext { id, to } => {
                let Some(known) = rows.demand(*id)? else { return Ok(Outcome::Changed(Changed::Unknown)) };
                Outcome::Changed(self.offer_next(rows, &known, *to, now)?)
            }
            Order::Compare { id } => {
                let Some(known) = rows.row(*id)? else { return Ok(Outcome::Changed(Changed::Unknown)) };
                Outcome::Changed(self.compare(rows, &known, now)?)
            }
            Order::Sight { session, ends, sightings } => {
                Outcome::Changed(self.sight(rows, (*session, *ends), *sightings, now)?)
            }
            Order::EraseSession { session, ends } => {
                Outcome::Changed(self.erase_session(rows, (*session, *ends), now)?)
            }
            Order::AcceptDate { session, starts } => {
                Outcome::Changed(self.accept_date(rows, (*session, *starts), now)?)
            }
            Order::Decide { session, starts, decision } => {
                Outcome::Changed(self.settle_minimum(rows, (*session, *starts), *decision, now)?)
            }
            Order::AskCalendar { id } => {
                let Some(known) = rows.demand(*id)? else { return Ok(Outcome::Changed(Changed::Unknown)) };
                self.written = true;
                rows.write(now, &Entry::Calendar { rank: known.rank })?;
                Outcome::Changed(Changed::Done)
            }
        })
    }

    fn submit<R: Rows>(
        &mut self,
        rows: &mut R,
        submission: &Submission,
        now: Timestamp,
    ) -> Result<Submitted, R::Error> {
        let demand = &submission.demand;
        let Some(binder) = self.session(rows, &demand.session)? else { return Ok(Submitted::UnknownSession) };
        let (session, orphaned) = (binder.book.session, binder.book.orphaned);
        if let Some(envoi) = &demand.submission
            && binder.forms.may_have(envoi, &submission.fingerprint)
            && let Some((id, given)) = rows.answered(session, envoi, &submission.fingerprint)?
        {
            return Ok(Submitted::Recorded { id, given });
        }
        if orphaned {
            return Ok(Submitted::UnknownSession);
        }
        let (rank, id) = rows.newcomer(now)?;
        let newcomer = Newcomer {
            rank,
            id,
            contact: submission.contact,
            places: u32::from(demand.places),
            other_parent: demand.other_parent,
        };
        let payload = Payload::Demand { submission, id };
        let effects = match self.decide(rows, session, Actor::Person, now, Command::Submit(newcomer), &payload)? {
            Ok(effects) => effects,
            Err(Refusal::TooManyPlaces { most }) => {
                return Ok(Submitted::TooManyPlaces(u16::try_from(most).unwrap_or(u16::MAX)));
            }
            Err(refusal) => return Ok(Submitted::Refused(state_of(refusal))),
        };
        if let (Some(envoi), Some(binder)) = (&demand.submission, self.binders.get_mut(&session)) {
            binder.forms.add(envoi, &submission.fingerprint);
        }
        if let Some(topic) = &demand.topic {
            rows.write(now, &Entry::Topic { session, topic })?;
        }
        let given = effects.iter().find_map(|effect| match effect {
            Effect::Enrol { to_confirm, standing, .. } => Some(given(*to_confirm, *standing)),
            _ => None,
        });
        Ok(Submitted::Recorded { id, given: given.unwrap_or(Given::ToConfirm) })
    }

    fn change<R: Rows>(
        &mut self,
        rows: &mut R,
        known: &Known,
        change: Change,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        let command = match (change, known.ended) {
            // What is done already, or came to the same end, is done.
            (Change::Cancel, Some(Ended::Cancelled | Ended::Expired)) | (Change::Merge | Change::Confirm, Some(_)) => {
                return Ok(Changed::Done);
            }
            (Change::Accept, Some(Ended::Cancelled | Ended::Expired)) => return Ok(Changed::TooLate),
            (Change::Cancel, _) => Command::Cancel(known.rank),
            (Change::CancelOthers, _) => Command::CancelMatching(known.rank, known.contact),
            (Change::Merge, _) if actor == Actor::Team => Command::Merge(known.rank, Judge::Team),
            (Change::Merge, _) => Command::Merge(known.rank, Judge::Mailbox),
            (Change::Confirm, _) => Command::Confirm(known.rank),
            (Change::Accept, _) => Command::Accept(known.rank),
        };
        Ok(changed(self.decide(rows, known.session, actor, now, command, &Payload::Nothing)?))
    }

    /// Looks at what others have to do with a demand. Nobody waits for it, and it is done once.
    fn compare<R: Rows>(&mut self, rows: &mut R, known: &Known, now: Timestamp) -> Result<Changed, R::Error> {
        let Some(how) = known.to_compare else { return Ok(Changed::Done) };
        let command = Command::Compare(known.rank, known.contact, how);
        Ok(changed(self.decide(rows, known.session, Actor::Rule, now, command, &Payload::Nothing)?))
    }

    fn move_to<R: Rows>(
        &mut self,
        rows: &mut R,
        known: &Known,
        session: &str,
        now: Timestamp,
    ) -> Result<Changed, R::Error> {
        let target = self.session(rows, session)?.map(|binder| &binder.book).filter(|book| !book.orphaned);
        let Some(to) = target.map(|book| book.session) else { return Ok(Changed::UnknownSession) };
        if known.ended.is_some_and(|ended| ended != Ended::Merged) {
            return Ok(Changed::Ended);
        }
        if to == known.session {
            return Ok(Changed::Done);
        }
        self.go_on(rows, known, to, (Actor::Person, now), move_to)
    }

    /// On to another session, as `rule` says.
    fn go_on<R: Rows>(
        &mut self,
        rows: &mut R,
        known: &Known,
        to: i64,
        (actor, now): (Actor, Timestamp),
        rule: Rule,
    ) -> Result<Changed, R::Error> {
        let (rank, id) = rows.newcomer(now)?;
        let (mut source, mut target) = (self.take(rows, known.session)?, self.take(rows, to)?);
        let before = [source.book.state(now), target.book.state(now)];
        let books = (&mut source.book, &mut target.book);
        let moved = rule(books, &self.terms, now, known.rank, Target { rank, id });
        self.states_changed |= before != [source.book.state(now), target.book.state(now)];
        self.binders.insert(known.session, source);
        self.binders.insert(to, target);
        let (left, come) = match moved {
            Ok(effects) => effects,
            Err(refusal) => return Ok(refused(refusal)),
        };
        // The new row first: the one that is left leads to it.
        self.write(rows, (to, actor, now), &come, &Payload::Moved { from: known.rank, id })?;
        self.write(rows, (known.session, actor, now), &left, &Payload::Nothing)?;
        Ok(Changed::Done)
    }

    fn send_code<R: Rows>(&mut self, rows: &mut R, id: DemandId, now: Timestamp) -> Result<CodeAsked, R::Error> {
        let Some(known) = rows.demand(id)? else { return Ok(CodeAsked::Unknown) };
        if !known.contact.may_be_written_to() {
            return Ok(CodeAsked::NoAddress);
        }
        // One that was written at an instant still to come was written by a clock that was wrong.
        if known.coded_at.is_some_and(|at| at <= now && now.duration_since(at) < CODE_PAUSE) {
            return Ok(CodeAsked::Sent);
        }
        self.written = true;
        rows.write(now, &Entry::Message { rank: known.rank, kind: MessageKind::Code, to: None })?;
        let (demand, session) = (Audited::Known(known.rank), known.session);
        rows.write(now, &Entry::Audit { actor: Actor::Person, action: "code", demand, session })?;
        Ok(CodeAsked::Sent)
    }

    fn erase<R: Rows>(&mut self, rows: &mut R, known: &Known, now: Timestamp) -> Result<Changed, R::Error> {
        // Whatever it held goes on first. A session that is over has nothing to give on.
        let _ = self.decide(rows, known.session, Actor::Person, now, Command::Cancel(known.rank), &Payload::Nothing)?;
        if let Some(binder) = self.binders.get_mut(&known.session) {
            binder.book.rows.retain(|row| row.rank != known.rank);
        }
        (self.written, self.erased) = (true, true);
        rows.write(now, &Entry::Erased { rank: known.rank, told: known.contact.may_be_written_to() })?;
        let session = known.session;
        rows.write(now, &Entry::Audit { actor: Actor::Person, action: "erase", demand: Audited::Nobody, session })?;
        Ok(Changed::Done)
    }

    /// The session's binder, taken out to be decided about.
    fn take<R: Rows>(&mut self, rows: &mut R, session: i64) -> Result<Binder, R::Error> {
        match self.binders.remove(&session) {
            Some(binder) => Ok(binder),
            None => rows.binder(session),
        }
    }

    /// Asks the rules about one session, and writes what they say.
    fn decide<R: Rows>(
        &mut self,
        rows: &mut R,
        session: i64,
        actor: Actor,
        now: Timestamp,
        command: Command,
        payload: &Payload<'_>,
    ) -> Done<Vec<Effect>, R> {
        let mut binder = self.take(rows, session)?;
        let before = binder.book.state(now);
        let decided = decide(&mut binder.book, &self.terms, now, command);
        self.states_changed |= before != binder.book.state(now);
        self.binders.insert(session, binder);
        if let Ok(effects) = &decided {
            self.write(rows, (session, actor, now), effects, payload)?;
        }
        Ok(decided)
    }

    fn write<R: Rows>(
        &mut self,
        rows: &mut R,
        (session, actor, now): (i64, Actor, Timestamp),
        effects: &[Effect],
        payload: &Payload<'_>,
    ) -> Result<(), R::Error> {
        self.written |= !effects.is_empty();
        // A mark in the row that is written anyway.
        let compared = |rank: Rank| -> Option<Comparison> {
            effects.iter().find_map(|effect| match effect {
                Effect::Compare { demand, how } if *demand == rank => Some(*how),
                _ => None,
            })
        };
        for effect in effects {
            let audit = |rows: &mut R, actor, action, rank| {
                rows.write(now, &Entry::Audit { actor, action, demand: Audited::Known(rank), session })
            };
            match *effect {
                Effect::Enrol { demand: rank, standing, to_confirm, first, repeats } => match payload {
                    Payload::Demand { submission, id } => {
                        let answer = given(to_confirm, standing);
                        let (id, submission) = (*id, *submission);
                        let to_compare = compared(rank);
                        let new = NewDemand {
                            rank,
                            id,
                            session,
                            submission,
                            standing,
                            to_confirm,
                            repeats,
                            to_compare,
                            answer,
                        };
                        rows.write(now, &Entry::Demand(new))?;
                        let demand = Audited::New(id);
                        rows.write(now, &Entry::Audit { actor, action: "submit", demand, session })?;
                    }
                    Payload::Moved { from, id } => {
                        let (from, id) = (*from, *id);
                        let to_compare = compared(rank);
                        let entry =
                            Entry::Moved { from, rank, id, session, standing, to_confirm, first, repeats, to_compare };
                        rows.write(now, &entry)?;
                        audit(rows, actor, "move", rank)?;
                    }
                    Payload::Nothing | Payload::Contact { .. } => {}
                },
                Effect::Release { demand: rank, how } => {
                    rows.write(now, &Entry::Ended { rank, how, to_compare: compared(rank) })?;
                    audit(rows, if how == Ended::Expired { Actor::Rule } else { actor }, how.name(), rank)?;
                }
                Effect::Promote { demand: rank } => {
                    rows.write(now, &Entry::Standing { rank, standing: Standing::Enrolled })?;
                    audit(rows, Actor::Rule, "promote", rank)?;
                }
                Effect::Offer { demand: rank, until } => {
                    rows.write(now, &Entry::Standing { rank, standing: Standing::Offered(until) })?;
                    audit(rows, Actor::Rule, "offer", rank)?;
                }
                Effect::Accept { demand: rank } => {
                    rows.write(now, &Entry::Standing { rank, standing: Standing::Enrolled })?;
                    audit(rows, actor, "accept", rank)?;
                }
                Effect::Confirm { demand: rank } => {
                    rows.write(now, &Entry::Confirmed { rank })?;
                    audit(rows, actor, "confirm", rank)?;
                }
                Effect::Rewrite { demand: rank, repeats } => {
                    if let Payload::Contact { details } = payload {
                        // The former contact is erased, too.
                        self.erased = true;
                        rows.write(now, &Entry::Contact { rank, details, repeats, to_compare: compared(rank) })?;
                        audit(rows, actor, "contact", rank)?;
                    }
                }
                // In the row that it marks.
                Effect::Compare { .. } => self.to_compare = true,
                Effect::Compared { demand: rank } => rows.write(now, &Entry::Compared { rank })?,
                Effect::Tell { demand: rank, kind } => {
                    rows.write(now, &Entry::Message { rank, kind, to: payload.address_of_new() })?;
                }
                Effect::Notify { notice, demand: rank } => rows.write(now, &Entry::Notice { rank, notice })?,
                Effect::TellTeam { kind } => rows.write(now, &Entry::ToTeam { session, kind })?,
            }
        }
        Ok(())
    }
}

/// How a demand goes on at another session: [`move_to`], [`carry`], [`offer_next`].
type Rule = fn((&mut Book, &mut Book), &Terms, Timestamp, Rank, Target) -> Result<(Vec<Effect>, Vec<Effect>), Refusal>;

/// What the effects of a decision are about, beyond what the rules look at.
enum Payload<'a> {
    Nothing,
    Demand { submission: &'a Submission, id: DemandId },
    Moved { from: Rank, id: DemandId },
    Contact { details: &'a ContactDetails },
}

impl<'a> Payload<'a> {
    /// The address of a demand that is being recorded: every message of that decision goes there.
    fn address_of_new(&self) -> Option<&'a str> {
        if let Self::Demand { submission, .. } = self {
            submission.demand.email.as_ref().map(Email::address)
        } else {
            None
        }
    }
}

/// What a demand was given, as its sender is told.
pub(in crate::store) fn given(to_confirm: bool, standing: Standing) -> Given {
    match standing {
        _ if to_confirm => Given::ToConfirm,
        Standing::Enrolled => Given::Place,
        Standing::Offered(until) => Given::Offer(until),
        Standing::Waiting => Given::WaitingList,
    }
}

fn changed<T>(decided: Result<T, Refusal>) -> Changed {
    decided.map_or_else(refused, |_| Changed::Done)
}

fn refused(refusal: Refusal) -> Changed {
    match refusal {
        Refusal::State(state) => Changed::Refused(state),
        Refusal::TooLate => Changed::TooLate,
        Refusal::OtherGroup => Changed::UnknownSession,
        Refusal::TooManyPlaces { .. } => Changed::Refused(State::Full),
        Refusal::Ended => Changed::Ended,
    }
}

fn state_of(refusal: Refusal) -> State {
    if let Refusal::State(state) = refusal { state } else { State::Closed }
}
