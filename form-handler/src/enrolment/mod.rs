//! The rules of enrolment, pure: who holds a place, who waits, what is told to whom. No clock, no
//! database, no HTTP.
//!
//! A demand has a [`Standing`] (a place, a place on offer, a rank on the waiting list, or nothing
//! while it is held), and beside it, independent of it, a mark "the team must confirm". A [`Book`]
//! holds the demands of one session; [`decide()`] turns a [`BookCommand`] into [`Effect`]s and
//! keeps the book true. One function, private to [`decide()`], gives freed places on, whatever
//! freed them. Occupied places are counted from the book's rows, never from a counter.
//!
//! A place that comes free shortly before the session is only *offered* ([`Terms`]): it is held for
//! the person until they accept by their link; unanswered, it goes to the next. Whoever cannot be
//! written to gets it outright, and the team calls.
//!
//! # Who must learn nothing
//!
//! Read this module as a former partner would who knows somebody's first name, telephone number and
//! e-mail address, may send any demand, watches every public page and their own `suivi`, and has
//! patience. The contract's promises 3 and 4 are kept by these decisions:
//!
//! 1. **The answer looks at places only.** [`BookCommand::Submit`] answers from occupied places,
//!    the waiting list and `autre_parent`. Demands that match the contact are looked up in every
//!    case, change nothing in the answer, and leave only a mark for the team and perhaps a message
//!    to somebody else.
//! 2. **A repeated demand is a real one.** It holds a real place or rank and is promoted like any
//!    other. Were it refused, dropped or uncounted, its sender would see it in the words "dernières
//!    places" or in not being promoted.
//! 3. **"Is this you again?" goes only to an address typed in this demand *and* recorded in the
//!    first**, and only when the first names agree. With the victim's telephone number and an
//!    address of one's own, nothing is ever written: not to the typed address (its owner would
//!    learn that the number is enrolled), not to the recorded one (it was not typed, so nothing
//!    says that its owner sent this demand). A shared telephone number alone is for the team, who
//!    may call. `pas_de_courriel` on either side silences the question between those two: somebody
//!    else may read that mailbox. It does so match by match: were one careful demand to silence the
//!    others too, whoever reads the mailbox could send two demands of their own and take the
//!    missing question for an answer. For the same reason the links in messages never touch a
//!    careful demand: such a link proves the mailbox, which that person said is not theirs alone.
//! 4. **The ordinary confirmation is never withheld because of somebody else.** It goes to the
//!    typed address even when that address's owner asked, in a demand of their own, for no e-mail:
//!    a confirmation that fails to arrive would tell whoever reads that mailbox that there is
//!    another demand.
//! 5. **Cancelling tells only the shared e-mail address** that others match, and the link in that
//!    message cancels only demands with that address: it proves the mailbox, not the telephone. The
//!    message is about the session, never about who else; the sender of the cancelled demand sees
//!    an ordinary cancellation.
//! 6. **A merged demand leaves a ghost.** When the recorded contact says "that was me", the
//!    repeated demand is released as by an ordinary cancellation, and its own `suivi` goes on as
//!    before: a former partner who sent it must not see it end, since that would say that somebody
//!    with that contact answered. A ghost that was waiting is even promoted when its turn comes,
//!    holding no place, lest a second demand of theirs overtake it visibly; it hears of that by
//!    whatever is its sender's own, as a demand would. A ghost can be cancelled by its sender like
//!    any demand.
//! 7. **`autre_parent` is answered the same whether the other parent is enrolled, waiting or
//!    unknown**, and whether the demand got a place or a rank: "to be confirmed", until the team,
//!    who alone see both, confirm it or offer the next session ([`offer_next`]). A promotion
//!    meanwhile is silent. The letter that offers the next session says that the team offers
//!    it instead, in the words that everybody gets to whom it does, and tells no reason.
//! 8. **A demand is moved only where there is a place for it**, which the session's public state
//!    tells; otherwise it stays what it was. A ghost that is moved becomes a real demand there: its
//!    sender could as well cancel it and send another.
//! 9. **A changed contact is asked nothing about others**: it was not typed in the demand that
//!    others match. The team is told. Letters that wait for the former address are not written any
//!    more.
//! 10. **What is written to everybody of a session is written to ghosts too**, at their own
//!     address, unless it is that of a live demand, which gets the same letter, and in text
//!     messages to their own telephone on the same terms; and a ghost is
//!     carried to the next session like a waiting demand ([`carry`]), where it holds nothing.
//! 11. **A session with somebody waiting is full**, in the state that is shown and in the answer
//!     given, even when the head of the list needs more places than are free: order is kept, and
//!     the page does not contradict the answer.
//! 12. **A demand that comes in a burst is held** ([`Standing::Held`]) until the team lets it in
//!     ([`BookCommand::Admit`]) or drops it ([`BookCommand::Drop`]). It takes no place, makes
//!     nobody wait, moves no state, and is answered "to be confirmed". *Whether* it is
//!     held is decided before these rules, from what one visitor sent in the last hours, and to
//!     whom, and from how many demands came for one session: never from who is enrolled, so a held
//!     demand is held in both of an observer's worlds. While it is held nothing is compared with it
//!     and nothing written for it, to anybody: the addresses of a burst are strangers', and a real
//!     person who is enrolled must not be asked about, nor merged with, what somebody else sent in
//!     their name. Let in, it is compared as if it came then, and each address is written to once.
//! 13. **What is held ends with its session**, when that begins or is cancelled, and goes to no
//!     other: to carry it on would write "here is the next one" to strangers, and give places there
//!     to what nobody vouched for. Its page says that it was not kept and whom to call, as when the
//!     team drops it. It says so by itself, with no row written: a session that takes place after
//!     all, or later, has it again.
//!
//! 14. **A lost link goes by letter to the address as it was recorded, and nowhere else**
//!     ([`MessageKind::FoundAgain`]). Whoever types an address is answered one and the same page,
//!     before anything is looked for. The letter tells whoever reads that mailbox what the
//!     confirmation told them. So it holds only what such a letter may hold: no demand with
//!     `pas_de_courriel` (who deleted the trace of a demand must not find it brought back by
//!     whoever else reads that mailbox); nothing that is held (nothing is written about it, to
//!     anybody); a ghost as its tenth point says, at an address of its own, lest its sender see
//!     that it holds nothing; a repetition like any demand, since its confirmation went there too.
//!     Where nothing matches, **nobody is written to**: "we found nothing" would make a tool of us
//!     to write to strangers, and be the town's word, in any mailbox, that its owner may be a lone
//!     parent. The missing letter tells whoever reads the mailbox that it has no demand, which the
//!     missing confirmation told. One address is written to once in ten minutes, whoever asks.
//!
//! 15. **A mistyped contact is corrected by the browser that typed it** ([`BookCommand::Correct`]),
//!     without a code, for half an hour: a code would go to the mistyped address, whose owner holds
//!     the link. What lets it is in no letter. The demand then has another id, and no link that was
//!     given out opens it any more. Otherwise it is a changed contact like any other (the ninth
//!     point): whoever corrects theirs to somebody's learns nothing, and nobody is asked anything.
//! 16. **The browser that sent a form twice may take back the first demand**
//!     ([`BookCommand::CancelEarlier`]), whatever else became of either. Where a letter's "it is
//!     me" released the second as a repetition of the first alone, the second takes the room that
//!     the first leaves, as its page has said all along: else whoever keeps it would come to
//!     nothing. It may be refused for want of room, and then tells its sender that the second was
//!     released, and that no third demand has its contact: they sent both themselves, and the
//!     owner of that address pressed the button.
//!
//! What a held demand reveals, and why it is accepted. Its sender sees that it is held (the answer,
//! no letter, no code). So they know that many asked for that session within the hour, or that
//! others on their own line asked at all: numbers, nobody's name, as with the words for a room that
//! fills. Whoever shares a line with somebody, in a household or a library, may find out by a few
//! demands with that person's address that it was typed on that line within the hour. They share
//! the roof or the device, and its history tells them more; and to count by recipient alone would
//! tell it to the whole world. Nothing of it outlives the day in which it is counted, nor the
//! process, and none of it says whether anybody is enrolled.
//!
//! What remains visible, and why it is accepted: that *somebody* cancelled (a place comes free).
//! The contract gives words instead of numbers for that reason, and nothing tells whose place it
//! was. Whoever reads a person's mailbox reads what is written there; `pas_de_courriel` is the
//! answer to that, asked before anything is sent.
//!
//! Timing: an answer takes the same work whoever else is there. Matches are looked up among what is
//! at hand, and leave a mark in the row that is written in any case ([`Effect::Compare`]); what
//! follows from it for the team and for the shared address is decided afterwards
//! ([`BookCommand::Compare`]), when nobody waits for an answer any more.

mod book;
mod calls;
mod decide;
mod decision;
mod effect;
mod kinds;
mod milestone;
mod news;
mod retention;
mod standing;
mod terms;

pub(crate) use self::book::state;
pub use self::{
    book::{Book, BookEntry},
    calls::{call_by, is_pressing},
    decide::{BookCommand, Judge, Newcomer, Target, decide, move_to},
    decision::Decision,
    effect::{Effect, Refusal},
    kinds::{Channel, MessageKind, Notice, TeamMessage, TextWhen},
    milestone::Milestone,
    news::{News, announce, carry, is_carried, offer_next},
    retention::{Due, Sightings, due},
    standing::{Comparison, Departure, Ended, Rank, Standing},
    terms::Terms,
};

#[cfg(test)]
mod tests;
