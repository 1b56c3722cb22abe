//! What every store does with an operation, whatever its database: finds the books that the rules
//! look at, asks the rules, and names what is to be written. The store brings [`Tables`]: it reads,
//! locks, writes and commits.

mod season;
mod tables;

use std::collections::HashMap;

use entreparentaise::model::State;
use jiff::Timestamp;

pub(in crate::store) use self::tables::Tables;
use super::{
    cached_session::{CachedSession, MAX_ROWS},
    error::DatabaseError,
    mutation::{Audited, MovedDemand, Mutation, NewDemand, RareMutation},
    operation::{DemandChange, Operation, OperationOutcome},
    outcome::{Actor, Changed, CodeAsked, Given, Submitted},
    rows::KnownDemand,
    signals::Effects,
};
use crate::{
    demand::{ContactDetails, Email, Phone, Submission},
    enrolment::{
        Book, BookCommand, Channel, Comparison, Departure, Effect, Ended, Judge, MessageKind, Newcomer, News, Rank,
        Refusal, Standing, Target, Terms, decide, move_to,
    },
    token::DemandId,
};

/// Two letters with a code are this far apart: nobody's mailbox is to be flooded by whoever holds a
/// link.
pub(in crate::store) const CODE_PAUSE: jiff::SignedDuration = jiff::SignedDuration::from_mins(2);

/// Books: read once, kept true. One is enough for a transaction; for as long as nobody else writes,
/// it serves the next one too.
#[derive(Debug)]
pub(in crate::store) struct Engine {
    terms: Terms,
    sessions: HashMap<i64, CachedSession>,
    /// The keys of sessions that were asked for by their ids.
    keys: HashMap<String, i64>,
    /// What the transaction did so far.
    pub(in crate::store) effects: Effects,
}

type Decided<T> = Result<Result<T, Refusal>, DatabaseError>;

impl Engine {
    pub(in crate::store) fn new(terms: Terms) -> Self {
        Self { terms, sessions: HashMap::new(), keys: HashMap::new(), effects: Effects::default() }
    }

    /// Takes note of nothing yet: another transaction begins.
    pub(in crate::store) fn begin(&mut self) {
        self.effects = Effects::default();
        if self.sessions.values().map(CachedSession::weight).sum::<usize>() > MAX_ROWS {
            self.forget();
        }
    }

    /// Gives it what a transaction found: the sessions' keys by their ids, and their sessions.
    pub(in crate::store) fn stock(&mut self, keys: HashMap<String, i64>, sessions: HashMap<i64, CachedSession>) {
        self.keys.extend(keys);
        self.sessions.extend(sessions);
    }

    /// The sessions, as the decisions left them.
    pub(in crate::store) fn into_sessions(self) -> HashMap<i64, CachedSession> {
        self.sessions
    }

    /// Forgets the books: something else wrote, or what they say was not kept.
    pub(in crate::store) fn forget(&mut self) {
        self.sessions.clear();
        self.keys.clear();
    }

    /// The session of this id.
    fn session<T: Tables>(&mut self, tables: &mut T, id: &str) -> Result<Option<&CachedSession>, DatabaseError> {
        let key = match self.keys.get(id) {
            Some(key) => *key,
            None => {
                let Some(cached) = tables.session(id)? else { return Ok(None) };
                let key = cached.book.session;
                self.keys.insert(id.to_owned(), key);
                // What this transaction decided already is not in the database in the same words:
                // its own book is the true one.
                self.sessions.entry(key).or_insert(cached);
                key
            }
        };
        Ok(self.sessions.get(&key))
    }

    /// Carries an operation out.
    pub(in crate::store) fn carry_out<T: Tables>(
        &mut self,
        tables: &mut T,
        operation: &Operation,
        now: Timestamp,
    ) -> Result<OperationOutcome, DatabaseError> {
        let unknown = Ok(OperationOutcome::Changed(Changed::Unknown));
        let changed = match operation {
            Operation::Submit(submission) => {
                return Ok(OperationOutcome::Submitted(self.submit(tables, submission, now)?));
            }
            Operation::SendCode { id } => return Ok(OperationOutcome::Code(self.send_code(tables, *id, now)?)),
            Operation::Settle { session } => {
                let _ = self.decide(tables, *session, Actor::Rule, now, BookCommand::Settle, &Payload::Nothing)?;
                Changed::Done
            }
            Operation::Change { id, change, actor } => {
                let Some(known) = tables.demand(*id)? else { return unknown };
                self.change(tables, &known, *change, *actor, now)?
            }
            Operation::Move { id, session } => {
                let Some(known) = tables.demand(*id)? else { return unknown };
                self.move_to(tables, &known, session, now)?
            }
            Operation::Rewrite { id, details } => {
                let Some(known) = tables.demand(*id)? else { return unknown };
                let command = BookCommand::Rewrite(known.rank, details.contact(known.contact.name));
                let payload = Payload::Contact { details };
                changed(self.decide(tables, known.session, Actor::Person, now, command, &payload)?)
            }
            Operation::Correct { id, renewed, details } => {
                let Some(known) = tables.demand(*id)? else {
                    // Asked twice: it has its new id.
                    let done = tables.demand(*renewed)?.is_some();
                    return Ok(OperationOutcome::Changed(if done { Changed::Done } else { Changed::Unknown }));
                };
                let command = BookCommand::Correct(known.rank, details.contact(known.contact.name), *renewed);
                let payload = Payload::Contact { details };
                changed(self.decide(tables, known.session, Actor::Person, now, command, &payload)?)
            }
            Operation::CancelEarlier { earlier, kept } => {
                let (Some(earlier), Some(kept)) = (tables.demand(*earlier)?, tables.demand(*kept)?) else {
                    return unknown;
                };
                self.cancel_earlier(tables, &earlier, &kept, now)?
            }
            Operation::Erase { id } => {
                let Some(known) = tables.demand(*id)? else { return unknown };
                self.erase(tables, &known, known.contact.may_be_written_to(), now)?
            }
            Operation::EraseAgain { id } => {
                let Some(known) = tables.demand(*id)? else { return unknown };
                self.erase(tables, &known, false, now)?
            }
            Operation::Moved { session } => {
                self.announce(tables, *session, News::ToAll(MessageKind::SessionMoved), now)?
            }
            Operation::Reach { session, starts, milestone } => {
                self.reach(tables, (*session, *starts), *milestone, now)?
            }
            Operation::Carry { id, to } => {
                let Some(known) = tables.demand(*id)? else { return unknown };
                self.carry(tables, &known, *to, now)?
            }
            Operation::OfferNext { id, to } => {
                let Some(known) = tables.demand(*id)? else { return unknown };
                self.offer_next(tables, &known, *to, now)?
            }
            Operation::Compare { id } => {
                let Some(known) = tables.row(*id)? else { return unknown };
                self.compare(tables, &known, now)?
            }
            Operation::Sight { session, ends, sightings } => self.sight(tables, (*session, *ends), *sightings, now)?,
            Operation::EraseSession { session, ends } => self.erase_session(tables, (*session, *ends), now)?,
            Operation::AcceptDate { session, starts } => self.accept_date(tables, (*session, *starts), now)?,
            Operation::Decide { session, starts, decision } => {
                self.settle_minimum(tables, (*session, *starts), *decision, now)?
            }
            Operation::AnswerBurst { session, last, answer } => {
                self.answer_burst(tables, *session, (*last, *answer), now)?
            }
            Operation::AskCalendar { id } => {
                let Some(known) = tables.demand(*id)? else { return unknown };
                self.effects.written = true;
                tables.write(now, &RareMutation::Calendar { rank: known.rank }.into())?;
                Changed::Done
            }
        };
        Ok(OperationOutcome::Changed(changed))
    }

    fn submit<T: Tables>(
        &mut self,
        tables: &mut T,
        submission: &Submission,
        now: Timestamp,
    ) -> Result<Submitted, DatabaseError> {
        let demand = &submission.demand;
        let Some(cached) = self.session(tables, &demand.session)? else { return Ok(Submitted::UnknownSession) };
        let (session, orphaned) = (cached.book.session, cached.book.orphaned);
        if let Some(envoi) = &demand.submission
            && cached.forms.may_have(envoi, &submission.fingerprint)
            && let Some((id, given)) = tables.answered(session, envoi, &submission.fingerprint)?
        {
            return Ok(Submitted::Recorded { id, given });
        }
        if orphaned {
            return Ok(Submitted::UnknownSession);
        }
        let (rank, id) = tables.newcomer(now)?;
        let newcomer = Newcomer {
            rank,
            id,
            contact: submission.contact,
            places: u32::from(demand.places),
            to_confirm: demand.other_parent,
            held: submission.held,
        };
        let payload = Payload::Demand { submission, id };
        let effects = match self.decide(tables, session, Actor::Person, now, BookCommand::Submit(newcomer), &payload)? {
            Ok(effects) => effects,
            Err(Refusal::TooManyPlaces { most }) => {
                return Ok(Submitted::TooManyPlaces(u16::try_from(most).unwrap_or(u16::MAX)));
            }
            Err(refusal) => return Ok(Submitted::Refused(state_of(refusal))),
        };
        if let (Some(envoi), Some(cached)) = (&demand.submission, self.sessions.get_mut(&session)) {
            cached.forms.add(envoi, &submission.fingerprint);
        }
        if let Some(topic) = &demand.topic {
            tables.write(now, &Mutation::Topic { session, topic })?;
        }
        let given = effects.iter().find_map(|effect| match effect {
            Effect::Enrol { to_confirm, standing, .. } => Some(Given::of(*to_confirm, *standing)),
            _ => None,
        });
        Ok(Submitted::Recorded { id, given: given.unwrap_or(Given::ToConfirm) })
    }

    fn change<T: Tables>(
        &mut self,
        tables: &mut T,
        known: &KnownDemand,
        change: DemandChange,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        let command = match (change, known.ended) {
            // What is done already, or came to the same end, is done.
            (DemandChange::Cancel, Some(Ended::Cancelled | Ended::Expired))
            | (DemandChange::Merge | DemandChange::Confirm, Some(_)) => {
                return Ok(Changed::Done);
            }
            (DemandChange::Accept, Some(Ended::Cancelled | Ended::Expired)) => return Ok(Changed::TooLate),
            (DemandChange::Cancel, _) => BookCommand::Cancel(known.rank),
            (DemandChange::CancelOthers, _) => BookCommand::CancelMatching(known.rank, known.contact),
            (DemandChange::Merge, _) if actor == Actor::Team => BookCommand::Merge(known.rank, Judge::Team),
            (DemandChange::Merge, _) => BookCommand::Merge(known.rank, Judge::Mailbox),
            (DemandChange::Confirm, _) => BookCommand::Confirm(known.rank),
            (DemandChange::Accept, _) => BookCommand::Accept(known.rank),
        };
        Ok(changed(self.decide(tables, known.session, actor, now, command, &Payload::Nothing)?))
    }

    /// Of two demands of one browser, cancels the first.
    fn cancel_earlier<T: Tables>(
        &mut self,
        tables: &mut T,
        earlier: &KnownDemand,
        kept: &KnownDemand,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        let ended = matches!(earlier.ended, Some(Ended::Cancelled | Ended::Expired));
        if earlier.session != kept.session || ended {
            return self.change(tables, earlier, DemandChange::Cancel, Actor::Person, now);
        }
        let command = BookCommand::CancelEarlier { earlier: earlier.rank, kept: kept.rank };
        Ok(changed(self.decide(tables, earlier.session, Actor::Person, now, command, &Payload::Nothing)?))
    }

    /// Looks at what others have to do with a demand. Nobody waits for it, and it is done once.
    fn compare<T: Tables>(
        &mut self,
        tables: &mut T,
        known: &KnownDemand,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        let Some(how) = known.to_compare else { return Ok(Changed::Done) };
        let command = BookCommand::Compare(known.rank, known.contact, how);
        Ok(changed(self.decide(tables, known.session, Actor::Rule, now, command, &Payload::Nothing)?))
    }

    fn move_to<T: Tables>(
        &mut self,
        tables: &mut T,
        known: &KnownDemand,
        session: &str,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        let target = self.session(tables, session)?.map(|cached| &cached.book).filter(|book| !book.orphaned);
        let Some(to) = target.map(|book| book.session) else { return Ok(Changed::UnknownSession) };
        if known.ended.is_some_and(|ended| ended != Ended::Merged) {
            return Ok(Changed::Ended);
        }
        if to == known.session {
            return Ok(Changed::Done);
        }
        self.go_on(tables, known, to, (Actor::Person, now), move_to)
    }

    /// On to another session, as `rule` says.
    fn go_on<T: Tables>(
        &mut self,
        tables: &mut T,
        known: &KnownDemand,
        to: i64,
        (actor, now): (Actor, Timestamp),
        rule: Rule,
    ) -> Result<Changed, DatabaseError> {
        let (rank, id) = tables.newcomer(now)?;
        let (mut source, mut target) = (self.take(tables, known.session)?, self.take(tables, to)?);
        let before = [source.book.state(now), target.book.state(now)];
        let departure = match actor {
            _ if source.book.schedule.cancelled => Departure::Cancelled,
            Actor::Team => Departure::Team,
            Actor::Rule => Departure::Full,
            Actor::Person | Actor::Link | Actor::Content => Departure::Person,
        };
        let books = (&mut source.book, &mut target.book);
        let moved = rule(books, &self.terms, now, known.rank, Target { rank, id, to_confirm: known.other_parent });
        self.effects.states_changed |= before != [source.book.state(now), target.book.state(now)];
        self.sessions.insert(known.session, source);
        self.sessions.insert(to, target);
        let (left, come) = match moved {
            Ok(effects) => effects,
            Err(refusal) => return Ok(refused(refusal)),
        };
        // The new row first: the one that is left leads to it.
        self.write(tables, (to, actor, now), &come, &Payload::Moved { from: known.rank, id, departure })?;
        self.write(tables, (known.session, actor, now), &left, &Payload::Nothing)?;
        Ok(Changed::Done)
    }

    fn send_code<T: Tables>(
        &mut self,
        tables: &mut T,
        id: DemandId,
        now: Timestamp,
    ) -> Result<CodeAsked, DatabaseError> {
        let Some(known) = tables.demand(id)? else { return Ok(CodeAsked::Unknown) };
        let by = if known.contact.may_be_written_to() { Channel::Mail } else { Channel::Text };
        if known.held || !known.contact.may_be_asked() {
            return Ok(CodeAsked::NoAddress);
        }
        // One that was written at an instant still to come was written by a clock that was wrong.
        if known.coded_at.is_some_and(|at| at <= now && now.duration_since(at) < CODE_PAUSE) {
            return Ok(CodeAsked::Sent);
        }
        self.effects.written = true;
        tables.write(now, &Mutation::Message { rank: known.rank, kind: MessageKind::Code, by, to: None })?;
        let (demand, session) = (Audited::Known(known.rank), known.session);
        tables.write(now, &Mutation::Audit { actor: Actor::Person, action: "code", demand, session })?;
        Ok(CodeAsked::Sent)
    }

    fn erase<T: Tables>(
        &mut self,
        tables: &mut T,
        known: &KnownDemand,
        told: bool,
        now: Timestamp,
    ) -> Result<Changed, DatabaseError> {
        // Whatever it held goes on first. A session that is over has nothing to give on.
        let _ =
            self.decide(tables, known.session, Actor::Person, now, BookCommand::Cancel(known.rank), &Payload::Nothing)?;
        if let Some(cached) = self.sessions.get_mut(&known.session) {
            cached.book.rows.retain(|row| row.rank != known.rank);
        }
        (self.effects.written, self.effects.erased) = (true, true);
        tables.write(now, &RareMutation::Erased { rank: known.rank, told }.into())?;
        let session = known.session;
        tables
            .write(now, &Mutation::Audit { actor: Actor::Person, action: "erase", demand: Audited::Nobody, session })?;
        Ok(Changed::Done)
    }

    /// The session's cached, taken out to be decided about.
    fn take<T: Tables>(&mut self, tables: &mut T, session: i64) -> Result<CachedSession, DatabaseError> {
        match self.sessions.remove(&session) {
            Some(cached) => Ok(cached),
            None => tables.session_of_key(session),
        }
    }

    /// Asks the rules about one session, and writes what they say.
    fn decide<T: Tables>(
        &mut self,
        tables: &mut T,
        session: i64,
        actor: Actor,
        now: Timestamp,
        command: BookCommand,
        payload: &Payload<'_>,
    ) -> Decided<Vec<Effect>> {
        let mut cached = self.take(tables, session)?;
        let before = cached.book.state(now);
        let decided = decide(&mut cached.book, &self.terms, now, command);
        self.effects.states_changed |= before != cached.book.state(now);
        self.sessions.insert(session, cached);
        if let Ok(effects) = &decided {
            self.write(tables, (session, actor, now), effects, payload)?;
        }
        Ok(decided)
    }

    fn write<T: Tables>(
        &mut self,
        tables: &mut T,
        (session, actor, now): (i64, Actor, Timestamp),
        effects: &[Effect],
        payload: &Payload<'_>,
    ) -> Result<(), DatabaseError> {
        self.effects.written |= !effects.is_empty();
        let compared = |rank| comparison_of(effects, rank);
        for effect in effects {
            let audit = |tables: &mut T, actor, action, rank| {
                tables.write(now, &Mutation::Audit { actor, action, demand: Audited::Known(rank), session })
            };
            match *effect {
                Effect::Enrol { demand: rank, standing, to_confirm, first, repeats } => match *payload {
                    Payload::Demand { submission, id } => {
                        let (answer, to_compare) = (Given::of(to_confirm, standing), compared(rank));
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
                        tables.write(now, &Mutation::Demand(new))?;
                        tables.write(
                            now,
                            &Mutation::Audit { actor, action: "submit", demand: Audited::New(id), session },
                        )?;
                    }
                    Payload::Moved { from, id, departure } => {
                        let to_compare = compared(rank);
                        let moved = MovedDemand {
                            from,
                            rank,
                            id,
                            session,
                            standing,
                            to_confirm,
                            first,
                            repeats,
                            to_compare,
                            departure,
                        };
                        tables.write(now, &RareMutation::Moved(moved).into())?;
                        audit(tables, actor, "move", rank)?;
                    }
                    Payload::Nothing | Payload::Contact { .. } => {}
                },
                Effect::Release { demand: rank, how } => {
                    tables.write(now, &Mutation::Ended { rank, how, to_compare: compared(rank) })?;
                    audit(tables, if how == Ended::Expired { Actor::Rule } else { actor }, how.name(), rank)?;
                }
                Effect::Admit { demand: rank, standing, repeats } => {
                    let admitted = RareMutation::Admitted { rank, standing, repeats, to_compare: compared(rank) };
                    tables.write(now, &admitted.into())?;
                    audit(tables, actor, "admit", rank)?;
                }
                Effect::Promote { demand: rank } => {
                    tables.write(now, &Mutation::Standing { rank, standing: Standing::Enrolled })?;
                    audit(tables, Actor::Rule, "promote", rank)?;
                }
                Effect::Offer { demand: rank, until } => {
                    tables.write(now, &Mutation::Standing { rank, standing: Standing::Offered(until) })?;
                    audit(tables, Actor::Rule, "offer", rank)?;
                }
                Effect::Accept { demand: rank } => {
                    tables.write(now, &Mutation::Standing { rank, standing: Standing::Enrolled })?;
                    audit(tables, actor, "accept", rank)?;
                }
                Effect::Confirm { demand: rank } => {
                    tables.write(now, &Mutation::Confirmed { rank })?;
                    audit(tables, actor, "confirm", rank)?;
                }
                Effect::Rewrite { demand: rank, repeats } => {
                    if let Payload::Contact { details } = payload {
                        // The former contact is erased, too.
                        self.effects.erased = true;
                        let (details, to_compare) = (Box::new((*details).clone()), compared(rank));
                        let contact = RareMutation::Contact { rank, details, repeats, to_compare };
                        tables.write(now, &contact.into())?;
                        audit(tables, actor, "contact", rank)?;
                    }
                }
                Effect::Renew { demand: rank, id } => {
                    tables.write(now, &RareMutation::Renewed { rank, id }.into())?;
                    audit(tables, actor, "renew", rank)?;
                }
                Effect::Revive { demand: rank } => {
                    tables.write(now, &RareMutation::Revived { rank }.into())?;
                    audit(tables, Actor::Rule, "revive", rank)?;
                }
                // In the row that it marks.
                Effect::Compare { .. } => self.effects.to_compare = true,
                Effect::Compared { demand: rank } => tables.write(now, &Mutation::Compared { rank })?,
                Effect::Tell { demand: rank, kind, by } => {
                    tables.write(now, &Mutation::Message { rank, kind, by, to: payload.contact_of_new(by) })?;
                }
                Effect::Notify { notice, demand: rank } => tables.write(now, &Mutation::Notice { rank, notice })?,
                Effect::TellTeam { kind } => tables.write(now, &RareMutation::ToTeam { session, kind }.into())?,
            }
        }
        Ok(())
    }
}

/// What `rank` is to be compared for: a mark in the row that is written anyway.
fn comparison_of(effects: &[Effect], rank: Rank) -> Option<Comparison> {
    effects.iter().find_map(|effect| match effect {
        Effect::Compare { demand, how } if *demand == rank => Some(*how),
        _ => None,
    })
}

/// How a demand goes on at another session: `move_to`, `carry`, `offer_next`.
type Rule = fn((&mut Book, &mut Book), &Terms, Timestamp, Rank, Target) -> Result<(Vec<Effect>, Vec<Effect>), Refusal>;

/// What the effects of a decision are about, beyond what the rules look at.
enum Payload<'a> {
    Nothing,
    Demand { submission: &'a Submission, id: DemandId },
    Moved { from: Rank, id: DemandId, departure: Departure },
    Contact { details: &'a ContactDetails },
}

impl<'a> Payload<'a> {
    /// The contact of a demand that is being recorded: every message of that decision goes there.
    fn contact_of_new(&self, by: Channel) -> Option<&'a str> {
        let Self::Demand { submission, .. } = self else { return None };
        match by {
            Channel::Mail => submission.demand.email.as_ref().map(Email::address),
            Channel::Text => submission.demand.phone.as_ref().map(Phone::as_str),
        }
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
