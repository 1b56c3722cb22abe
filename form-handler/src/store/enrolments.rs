//! Sign-ups and what follows them, for whoever answers people: operations to carry out, and what is
//! shown to a person of their own demand.

use entreparentaise::model::State;
use jiff::Timestamp;

use super::{
    backend::{Backend, Connection, Row, values},
    error::{Answer, DatabaseError},
    links,
    operation::{BurstAnswer, DemandChange, Operation, OperationOutcome},
    outcome::{Actor, Changed, CodeAsked, Given, Submitted},
    record::{Previous, SessionRecord, SessionStatus},
    rows::{self, CHANGED_AT, DEMAND, RECORD},
};
use crate::{
    demand::{Cautions, ContactDetails, Submission, Trace, mask_email, mask_phone},
    enrolment::{Ended, MessageKind, Rank, Standing},
    token::DemandId,
};

/// How the key of a demand begins that somebody who came makes by a button of a letter.
pub const COMES_BACK: &str = "retour-";

/// Enrolments, as people ask for them and see them.
pub trait EnrolmentStore: Send + Sync {
    /// Carries an operation out.
    fn operate(&self, operation: Operation, now: Timestamp) -> Answer<'_, OperationOutcome>;

    /// What a demand's own page shows.
    fn follow_up(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>>;

    /// The last demand that the same rendering of the form made before this one, no longer than a
    /// day before, if anything may still come of it. None where either came from a shared device.
    fn earlier(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>>;

    /// Everything that is recorded about a demand.
    fn personal(&self, id: DemandId) -> Answer<'_, Option<Personal>>;

    /// Carries these operations out in one transaction, in their order.
    #[cfg(test)]
    fn operate_together(&self, operations: Vec<Operation>, now: Timestamp) -> Answer<'_, Vec<OperationOutcome>>;

    /// Records a demand.
    fn submit(&self, submission: Submission, now: Timestamp) -> Answer<'_, Submitted> {
        let outcome = self.operate(Operation::Submit(Box::new(submission)), now);
        Box::pin(async move { outcome.await?.submitted() })
    }

    /// Has a demand that is there changed.
    fn change(&self, operation: Operation, now: Timestamp) -> Answer<'_, Changed> {
        let outcome = self.operate(operation, now);
        Box::pin(async move { outcome.await?.changed() })
    }

    /// Cancels a demand.
    fn cancel(&self, id: DemandId, actor: Actor, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Change { id, change: DemandChange::Cancel, actor }, now)
    }

    /// Cancels the other demands with this one's e-mail address, on its session.
    fn cancel_others(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Change { id, change: DemandChange::CancelOthers, actor: Actor::Link }, now)
    }

    /// Releases a demand as a repetition of the earliest one with its e-mail address (a link), or
    /// with either contact (the team, who can tell).
    fn merge(&self, id: DemandId, actor: Actor, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Change { id, change: DemandChange::Merge, actor }, now)
    }

    /// The person accepts the place on offer.
    fn accept(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Change { id, change: DemandChange::Accept, actor: Actor::Person }, now)
    }

    /// The team confirms a demand.
    fn confirm(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Change { id, change: DemandChange::Confirm, actor: Actor::Team }, now)
    }

    /// The team offers the next session, of this key, in place of the one that was asked for.
    fn offer_next(&self, id: DemandId, to: i64, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::OfferNext { id, to }, now)
    }

    /// Carries out the team's answer about what is held of a session, of this key, up to the last
    /// demand that it was told of: a part at a time, so that nobody waits for all of a flood.
    fn answer_burst(&self, session: i64, last: Rank, answer: BurstAnswer, now: Timestamp) -> Answer<'_, Changed> {
        Box::pin(async move {
            let mut first = None;
            loop {
                let changed = self.change(Operation::AnswerBurst { session, last, answer }, now).await?;
                if changed != Changed::Done {
                    return Ok(first.unwrap_or(changed));
                }
                first = Some(changed);
            }
        })
    }

    /// Moves a demand to another session, if there is a place for it.
    fn move_to(&self, id: DemandId, session: String, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Move { id, session }, now)
    }

    /// Puts another contact in the place of the recorded one.
    fn rewrite(&self, id: DemandId, details: ContactDetails, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Rewrite { id, details: Box::new(details) }, now)
    }

    /// Puts another contact in the place of one that was mistyped; the demand then has this other
    /// id, and no link that was given out before opens it any more.
    fn correct(&self, id: DemandId, renewed: DemandId, details: ContactDetails, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Correct { id, renewed, details: Box::new(details) }, now)
    }

    /// Cancels the first of two demands of one browser.
    fn cancel_earlier(&self, earlier: DemandId, kept: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::CancelEarlier { earlier, kept }, now)
    }

    /// Erases a demand and everything about it; what it held goes on as after a cancellation.
    fn erase(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::Erase { id }, now)
    }

    /// From now on, what changes of their session comes with an entry for their calendar.
    fn ask_calendar(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Operation::AskCalendar { id }, now)
    }

    /// Writes a code to the person, at most one in two minutes.
    fn send_code(&self, id: DemandId, now: Timestamp) -> Answer<'_, CodeAsked> {
        let outcome = self.operate(Operation::SendCode { id }, now);
        Box::pin(async move { outcome.await?.code() })
    }
}

/// What a demand's own page says of it. A demand released as a repetition looks as it did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It has a place, waits, or is to be confirmed.
    Live(Given),
    /// It was cancelled.
    Cancelled,
    /// The place on offer was not accepted in time.
    Expired,
    /// It came in a burst, and the team did not let it in, or not in time.
    Dropped,
}

impl Shown {
    /// What is shown at `now` of a demand that ended in this way, or not, with this standing. An
    /// offer that is over is shown as such before anybody came by to end it.
    fn of(ended: Option<Ended>, to_confirm: bool, standing: Standing, now: Timestamp) -> Self {
        match ended {
            Some(Ended::Cancelled | Ended::Moved) => Self::Cancelled,
            Some(Ended::Expired) => Self::Expired,
            Some(Ended::Dropped) => Self::Dropped,
            None | Some(Ended::Merged) if standing.is_over(now) => Self::Expired,
            // A repetition that was released looks as it did: its sender may not be who the first
            // one is.
            None | Some(Ended::Merged) => Self::Live(Given::of(to_confirm, standing)),
        }
    }
}

/// What the follow-up page shows: contacts masked already, no first name, no rank, no mark for the
/// team.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own about a demand")]
pub struct FollowUp {
    /// Its id, as it was asked for.
    pub id: DemandId,
    /// Its id now: another, once it was moved to another session.
    pub current: DemandId,
    /// The session, which may have left the content.
    pub session: SessionStatus,
    /// When its day, its hours, its place, or whether it is held last changed.
    pub changed_at: Option<Timestamp>,
    /// The demand's state.
    pub shown: Shown,
    /// When it was made, or came here from another session.
    pub asked_at: Timestamp,
    /// The session that it comes from.
    pub previous: Option<Previous>,
    /// Until when its place is on offer, whatever else is said of it.
    pub offered_until: Option<Timestamp>,
    /// Places asked for.
    pub places: u16,
    /// The other parent wishes to come too: another date would be confirmed anew.
    pub other_parent: bool,
    /// `m•••@exemple.fr`; `None` too when the person wants no letter: whoever looks over a shoulder
    /// learns nothing of an address that is not to be used.
    pub email: Option<String>,
    /// `•• •• •• •• 42`; `None` too when the person wants no call.
    pub phone: Option<String>,
    /// The device was said to be shared.
    pub shared_device: bool,
    /// The language to answer in.
    pub lang: String,
    /// Whether a letter may be written to the person: a code, among others.
    pub may_be_written_to: bool,
    /// Whether text messages may be, and are read.
    pub may_be_texted: bool,
    /// What stands for the address that letters about it go to.
    pub recipient: Option<Trace>,
    /// It came in a burst, and the team has yet to let it in.
    pub held: bool,
    /// The name of its entry in the person's calendar, once they asked for one.
    pub calendar: Option<[u8; 16]>,
}

impl FollowUp {
    /// Whether the page offers to cancel.
    #[must_use]
    pub fn can_cancel(&self) -> bool {
        self.is_live() && self.session.state != State::Cancelled
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
        self.is_live() && !self.held
    }

    /// Whether anything may still come of it.
    fn is_live(&self) -> bool {
        matches!(self.shown, Shown::Live(_)) && self.session.state != State::Past
    }
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
    pub texts: bool,
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

impl<D: Backend> EnrolmentStore for D {
    fn operate(&self, operation: Operation, now: Timestamp) -> Answer<'_, OperationOutcome> {
        Backend::operate(self, operation, now)
    }

    fn follow_up(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>> {
        self.read(move |db| Box::pin(follow_up(db, id, now)))
    }

    fn earlier(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>> {
        self.read(move |db| Box::pin(earlier(db, id, now)))
    }

    fn personal(&self, id: DemandId) -> Answer<'_, Option<Personal>> {
        self.read(move |db| Box::pin(personal(db, id)))
    }

    #[cfg(test)]
    fn operate_together(&self, operations: Vec<Operation>, now: Timestamp) -> Answer<'_, Vec<OperationOutcome>> {
        Backend::operate_together(self, operations, now)
    }
}

/// The demand that an id leads to, with its session.
fn current<C: Connection>() -> String {
    format!(
        "SELECT {DEMAND}, d.email_key, {RECORD}, {} AS occupied, {} AS waiting, {CHANGED_AT} FROM demands d \
         JOIN sessions s ON s.key = d.session WHERE d.rank = {}",
        C::OCCUPIED,
        C::WAITING,
        links::CURRENT
    )
}

async fn follow_up<C: Connection>(db: &mut C, id: DemandId, now: Timestamp) -> Result<Option<FollowUp>, DatabaseError> {
    let read = |row: &dyn Row| {
        let (email, phone, cautions) = (row.text("email")?, row.text("phone")?, rows::cautions(row)?);
        let (standing, texts) = (rows::standing(row)?, rows::flag(row, "sms")?);
        let (session, held) = (rows::status(row, now)?, standing == Standing::Held);
        let shown = Shown::of(rows::ended(row)?, rows::flag(row, "to_confirm")?, standing, now);
        // What nobody let in ends with what it could have been let into. Nothing has to be written
        // for that: a session that is held after all, or moved, has it again.
        let over = session.record.schedule.starts <= now || session.state == State::Cancelled;
        Ok(FollowUp {
            id,
            current: rows::demand_id(row, "demand_id")?,
            session,
            changed_at: rows::optional_instant(row, "changed_at")?,
            shown: if held && over && matches!(shown, Shown::Live(_)) { Shown::Dropped } else { shown },
            asked_at: rows::instant(row, "asked_at")?,
            previous: rows::previous(row)?,
            offered_until: rows::optional_instant(row, "offered_until")?,
            places: rows::number(row, "places")?,
            other_parent: rows::flag(row, "other_parent")?,
            email: email.filter(|_| !cautions.no_email).map(mask_email),
            phone: phone.filter(|_| !cautions.no_call || texts).map(mask_phone),
            shared_device: rows::flag(row, "shared_device")?,
            lang: rows::text(row, "lang")?,
            may_be_written_to: email.is_some() && !cautions.no_email && !held,
            may_be_texted: phone.is_some() && texts && !held,
            recipient: row.text("email_key")?.or(phone).map(Trace::of),
            held,
            calendar: rows::optional_id(row, "calendar")?.map(|id| id.0),
        })
    };
    Ok(db.query(&current::<C>(), values![&id], read).await?.pop())
}

/// How long the same rendering of a form is looked for.
const SAME_FORM: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

async fn earlier<C: Connection>(db: &mut C, id: DemandId, now: Timestamp) -> Result<Option<FollowUp>, DatabaseError> {
    let sql = "SELECT rank, envoi FROM demands WHERE id = $1 AND envoi IS NOT NULL AND NOT shared_device";
    let read = |row: &dyn Row| Ok((rows::number::<i64>(row, "rank")?, rows::text(row, "envoi")?));
    let Some((rank, envoi)) = db.query(sql, values![&id], read).await?.pop() else { return Ok(None) };
    // A key that no form was given: whoever holds a link of that demand could make one like it.
    if envoi.starts_with(COMES_BACK) {
        return Ok(None);
    }
    let Some(kept) = follow_up(db, id, now).await? else { return Ok(None) };
    // Ids begin with the instant at which they were given, and are an index: there is none of keys.
    let (first, last) = id.within(SAME_FORM);
    let sql = format!(
        "SELECT {} AS id FROM demands d WHERE d.id BETWEEN $1 AND $2 AND d.envoi = $3 AND d.rank < $4 \
         AND NOT d.shared_device ORDER BY d.rank DESC",
        links::OPEN_ID
    );
    let values = values![&first, &last, &envoi, rank];
    for other in db.query(&sql, values, |row| rows::demand_id(row, "id")).await? {
        let other = follow_up(db, other, now).await?;
        if let Some(other) = other.filter(|other| other.current != kept.current && other.can_cancel()) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

async fn personal<C: Connection>(db: &mut C, id: DemandId) -> Result<Option<Personal>, DatabaseError> {
    let read = |row: &dyn Row| {
        let (standing, to_confirm) = (rows::standing(row)?, rows::flag(row, "to_confirm")?);
        let record = Personal {
            session: rows::record(row)?,
            shown: Shown::of(rows::ended(row)?, to_confirm, standing, Timestamp::MIN),
            first_name: rows::text(row, "first_name")?,
            email: rows::optional_text(row, "email")?,
            phone: rows::optional_text(row, "phone")?,
            texts: rows::flag(row, "sms")?,
            cautions: rows::cautions(row)?,
            places: rows::number(row, "places")?,
            other_parent: rows::flag(row, "other_parent")?,
            other_parent_first_name: rows::optional_text(row, "other_parent_first_name")?,
            heard_from: rows::optional_text(row, "heard_from")?,
            shared_device: rows::flag(row, "shared_device")?,
            lang: rows::text(row, "lang")?,
            asked_at: rows::instant(row, "asked_at")?,
            ended_at: rows::optional_instant(row, "ended_at")?,
            messages: Vec::new(),
        };
        Ok((rows::number::<i64>(row, "rank")?, record))
    };
    let Some((rank, record)) = db.query(&current::<C>(), values![&id], read).await?.pop() else { return Ok(None) };
    let sql = "SELECT kind, recipient, written_at, sent_at FROM outbox WHERE demand = $1 ORDER BY key";
    let read = |row: &dyn Row| {
        Ok(Written {
            kind: rows::message_kind(&rows::text(row, "kind")?)?,
            recipient: rows::text(row, "recipient")?,
            at: rows::instant(row, "written_at")?,
            sent_at: rows::optional_instant(row, "sent_at")?,
        })
    };
    let mut record = Personal { messages: db.query(sql, values![rank], read).await?, ..record };
    // Its contact was replaced without a code: whoever reads this may not be who filled the form.
    let closed = |row: &dyn Row| rows::flag(row, "closed");
    let links = db.query("SELECT closed FROM links WHERE demand = $1", values![rank], closed).await?;
    if links.into_iter().any(|closed| closed) {
        record.other_parent_first_name = None;
        let own = [&record.email, &record.phone];
        record.messages.retain(|written| own.iter().any(|own| own.as_deref() == Some(written.recipient.as_str())));
    }
    Ok(Some(record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::conformance::{at, now, record};

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
                changed_at: None,
                shown,
                asked_at: now,
                previous: None,
                offered_until: Some(until),
                places: 1,
                other_parent: false,
                email: None,
                phone: None,
                shared_device: false,
                lang: "fr".to_owned(),
                may_be_written_to: true,
                may_be_texted: false,
                recipient: None,
                held: false,
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
