//! The rules, one by one and at random against a model.

use entreparentaise::model::Schedule;

use super::*;
use crate::{
    demand::{Contact, Trace},
    token::DemandId,
};
use entreparentaise::model::State;
use jiff::{SignedDuration, Timestamp};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    at("2027-03-01T12:00:00Z")
}

/// Less than a day before the session.
fn shortly() -> Timestamp {
    at("2027-03-17T07:00:00Z")
}

pub(super) fn book(places_max: u32, rows: Vec<BookEntry>) -> Book {
    Book {
        session: 1,
        group: "parents-solos".to_owned(),
        schedule: Schedule {
            starts: at("2027-03-17T17:00:00Z"),
            ends: at("2027-03-17T19:00:00Z"),
            opens: Some(at("2027-02-01T08:00:00Z")),
            closes: at("2027-03-17T11:00:00Z"),
            cancelled: false,
        },
        places_max,
        places_per_demand: 2,
        orphaned: false,
        decision: None,
        doubtful: None,
        rows,
    }
}

pub(super) fn contact(name: &str, email: &str, phone: &str) -> Contact {
    let some = |text: &str| (!text.is_empty()).then(|| Trace::of(text));
    Contact { name: Trace::of(name), email: some(email), phone: some(phone), ..Contact::default() }
}

pub(super) fn held(rank: Rank, contact: Contact) -> BookEntry {
    let id = DemandId([u8::try_from(rank).unwrap(); 16]);
    BookEntry {
        rank,
        id,
        standing: Standing::Enrolled,
        to_confirm: false,
        ghost: false,
        first: false,
        places: 1,
        contact,
    }
}

pub(super) fn waiting(rank: Rank, places: u32) -> BookEntry {
    BookEntry { standing: Standing::Waiting, places, ..held(rank, contact("zoe", &format!("z{rank}@exemple.fr"), "")) }
}

/// So many places taken by people who share no contact with anybody.
pub(super) fn strangers(count: u32) -> Vec<BookEntry> {
    (1..=count).map(|n| held(n.into(), contact("", &format!("x{n}@exemple.fr"), ""))).collect()
}

fn newcomer(contact: &Contact, places: u32) -> Newcomer {
    Newcomer { rank: 100, id: DemandId([100; 16]), contact: *contact, places, to_confirm: false, held: false }
}

/// What a command does, and what follows once its sender has their answer.
fn run(book: &mut Book, command: BookCommand) -> Result<Vec<Effect>, Refusal> {
    let mut contacts: Vec<_> = book.rows.iter().map(|row| (row.rank, row.contact)).collect();
    if let BookCommand::Submit(Newcomer { rank, contact, .. })
    | BookCommand::Rewrite(rank, contact)
    | BookCommand::Correct(rank, contact, _) = command
    {
        contacts.insert(0, (rank, contact));
    }
    let mut effects = decide(book, &Terms::default(), now(), command)?;
    for effect in effects.clone() {
        if let Effect::Compare { demand, how } = effect {
            let contact = contacts.iter().find(|(rank, _)| *rank == demand).unwrap().1;
            effects.extend(decide(book, &Terms::default(), now(), BookCommand::Compare(demand, contact, how))?);
        }
    }
    Ok(effects)
}

fn submit_to(rows: Vec<BookEntry>, places_max: u32, contact: &Contact) -> Vec<Effect> {
    run(&mut book(places_max, rows), BookCommand::Submit(newcomer(contact, 1))).unwrap()
}

pub(super) fn told(effects: &[Effect]) -> Vec<MessageKind> {
    let kind = |effect: &Effect| if let Effect::Tell { kind, .. } = effect { Some(*kind) } else { None };
    effects.iter().filter_map(kind).collect()
}

pub(super) fn notices(effects: &[Effect]) -> Vec<Notice> {
    effects.iter().filter_map(|e| if let Effect::Notify { notice, .. } = e { Some(*notice) } else { None }).collect()
}

pub(super) fn standing(effects: &[Effect]) -> Standing {
    effects.iter().find_map(|e| if let Effect::Enrol { standing, .. } = e { Some(*standing) } else { None }).unwrap()
}

/// Those who were given or offered a place.
fn promoted(effects: &[Effect]) -> Vec<Rank> {
    let rank = |effect: &Effect| match effect {
        Effect::Promote { demand } | Effect::Offer { demand, .. } => Some(*demand),
        _ => None,
    };
    effects.iter().filter_map(rank).collect()
}

#[test]
fn a_demand_gets_a_place_or_waits() {
    let marie = contact("marie", "m@exemple.fr", "");
    assert_eq!(standing(&submit_to(strangers(11), 12, &marie)), Standing::Enrolled);
    assert_eq!(standing(&submit_to(strangers(12), 12, &marie)), Standing::Waiting);
    assert_eq!(standing(&submit_to(strangers(13), 12, &marie)), Standing::Waiting, "capacity was lowered");
    let waited_for = [strangers(11), vec![waiting(50, 2)]].concat();
    assert_eq!(book(12, waited_for.clone()).state(now()), State::Full, "the page says what the answer says");
    assert_eq!(standing(&submit_to(waited_for, 12, &marie)), Standing::Waiting, "nobody overtakes");
    let offered = BookEntry { standing: Standing::Offered(shortly()), ..waiting(50, 1) };
    assert_eq!(book(1, vec![offered]).state(now()), State::Full, "a place on offer is taken");
}

#[test]
fn a_demand_is_refused_by_the_sessions_state_and_only_then() {
    let marie = contact("marie", "m@exemple.fr", "");
    let state = |now: &str, cancelled: bool| {
        let mut book = book(12, vec![]);
        book.schedule.cancelled = cancelled;
        decide(&mut book, &Terms::default(), at(now), BookCommand::Submit(newcomer(&marie, 1))).err()
    };
    assert_eq!(state("2027-03-01T12:00:00Z", false), None);
    assert_eq!(state("2027-01-01T12:00:00Z", false), Some(Refusal::State(State::NotYetOpen)));
    assert_eq!(state("2027-03-17T11:00:00Z", false), Some(Refusal::State(State::Closed)));
    assert_eq!(state("2027-03-17T19:00:00Z", false), Some(Refusal::State(State::Past)));
    assert_eq!(state("2027-03-01T12:00:00Z", true), Some(Refusal::State(State::Cancelled)));
    let mut book = book(12, vec![]);
    assert_eq!(run(&mut book, BookCommand::Submit(newcomer(&marie, 3))), Err(Refusal::TooManyPlaces { most: 2 }));
    assert_eq!(book.rows, [], "a refusal leaves the book as it was");
}

#[test]
fn whoever_knows_a_contact_learns_nothing_from_the_answer() {
    let victim = contact("marie", "m@exemple.fr", "+33612345678");
    let tries = [
        contact("marie", "m@exemple.fr", "+33612345678"),
        contact("marie", "ex@exemple.fr", "+33612345678"),
        contact("paul", "m@exemple.fr", ""),
        contact("marie", "m@exemple.fr", "+33699999999"),
    ];
    for (taken, typed) in [1, 11, 12].into_iter().flat_map(|taken| tries.iter().map(move |t| (taken, t))) {
        let mut rows = strangers(taken);
        let stranger = submit_to(rows.clone(), 12, typed);
        rows[0].contact = victim;
        let enrolled = submit_to(rows, 12, typed);
        assert_eq!(standing(&enrolled), standing(&stranger));
        // The ordinary message is the same; what is more goes to the team, or to the shared
        // address.
        assert_eq!(told(&enrolled)[0], told(&stranger)[0]);
        assert_eq!(notices(&enrolled), [Notice::Repeated]);
    }
}

#[test]
fn only_an_address_that_was_typed_and_recorded_is_asked_and_only_under_the_same_name() {
    let victim = contact("marie", "m@exemple.fr", "+33612345678");
    let asked = |typed: &Contact, first: &Contact| {
        told(&submit_to(vec![held(1, *first)], 12, typed)).contains(&MessageKind::AskIfSame)
    };
    assert!(asked(&contact("marie", "m@exemple.fr", ""), &victim));
    assert!(!asked(&contact("paul", "m@exemple.fr", ""), &victim), "another first name");
    assert!(!asked(&contact("marie", "ex@exemple.fr", "+33612345678"), &victim), "a shared number is for the team");
    assert!(!asked(&contact("marie", "m@exemple.fr", ""), &Contact { no_email: true, ..victim }));
    assert!(!asked(&Contact { no_email: true, ..victim }, &victim));
}

/// The former partner who reads the victim's mailbox, and sends demands of their own with her
/// address and name.
#[test]
fn a_careful_demand_is_as_good_as_absent_for_whoever_reads_its_mailbox() {
    let typed = contact("marie", "m@exemple.fr", "");
    let careful = held(1, Contact { no_email: true, ..typed });
    let stranger = held(1, contact("ida", "i@exemple.fr", ""));
    let own = held(2, typed);
    let mine = held(3, typed);
    for others in [vec![], vec![own]] {
        let world = |first: &BookEntry| [vec![*first], others.clone(), vec![mine]].concat();
        let see = |command: &BookCommand| {
            [&careful, &stranger].map(|first| {
                let effects = run(&mut book(12, world(first)), *command).unwrap();
                let released = effects.iter().filter(|effect| matches!(effect, Effect::Release { .. })).count();
                (told(&effects), released)
            })
        };
        for command in [
            BookCommand::Submit(newcomer(&typed, 1)),
            BookCommand::Cancel(3),
            BookCommand::CancelMatching(3, typed),
            BookCommand::Rewrite(3, contact("marie", "ailleurs@exemple.fr", "")),
        ] {
            let [with, without] = see(&command);
            assert_eq!(with, without, "{command:?}");
        }
    }
}

#[test]
fn the_other_parent_gets_one_answer_whatever_the_room() {
    let typed = contact("paul", "p@exemple.fr", "");
    for taken in [0, 12] {
        let newcomer = Newcomer { to_confirm: true, ..newcomer(&typed, 1) };
        let effects = run(&mut book(12, strangers(taken)), BookCommand::Submit(newcomer)).unwrap();
        assert_eq!(told(&effects), [MessageKind::ToConfirm]);
        assert_eq!(notices(&effects), [Notice::ToConfirm]);
    }
}

#[test]
fn cancelling_tells_only_the_shared_address_that_others_remain() {
    let mine = contact("paul", "m@exemple.fr", "+33611111111");
    let cancel = |others: &[BookEntry]| {
        let rows = [others.to_vec(), vec![held(2, mine)]].concat();
        run(&mut book(12, rows), BookCommand::Cancel(2)).unwrap()
    };
    assert_eq!(told(&cancel(&[])), [MessageKind::Cancelled]);
    let by_email = held(1, contact("marie", "m@exemple.fr", ""));
    assert_eq!(told(&cancel(std::slice::from_ref(&by_email))), [MessageKind::CancelledOthersRemain]);
    let by_phone = held(1, contact("marie", "other@exemple.fr", "+33611111111"));
    let effects = cancel(std::slice::from_ref(&by_phone));
    assert_eq!((told(&effects), notices(&effects)), (vec![MessageKind::Cancelled], vec![Notice::OthersRemain]));
    let mut silent = by_email;
    silent.contact.no_email = true;
    assert_eq!(told(&cancel(&[silent])), [MessageKind::Cancelled]);
}

#[test]
fn the_link_cancels_the_demands_of_its_address_and_no_other() {
    let mine = contact("paul", "m@exemple.fr", "+33611111111");
    let rows =
        vec![held(1, contact("marie", "m@exemple.fr", "")), held(2, contact("zoe", "z@exemple.fr", "+33611111111"))];
    let effects = run(&mut book(12, rows), BookCommand::CancelMatching(3, mine)).unwrap();
    assert_eq!(effects, [Effect::Release { demand: 1, how: Ended::Cancelled }]);
}

#[test]
fn merging_releases_the_later_and_never_the_first() {
    let marie = contact("marie", "m@exemple.fr", "+33611111111");
    let other_mailbox = contact("marie", "autre@exemple.fr", "+33611111111");
    let merge = |second: &Contact, rank, judge| {
        let rows = vec![held(1, marie), held(2, *second)];
        run(&mut book(12, rows), BookCommand::Merge(rank, judge)).unwrap()
    };
    let released = [Effect::Release { demand: 2, how: Ended::Merged }];
    assert_eq!(merge(&marie, 2, Judge::Mailbox), released);
    assert_eq!(merge(&marie, 1, Judge::Mailbox), []);
    assert_eq!(merge(&other_mailbox, 2, Judge::Mailbox), [], "a mailbox speaks of itself alone");
    assert_eq!(merge(&other_mailbox, 2, Judge::Team), released);
    let ghost = BookEntry { ghost: true, ..held(2, marie) };
    assert_eq!(run(&mut book(12, vec![held(1, marie), ghost]), BookCommand::Merge(2, Judge::Team)).unwrap(), []);
}

#[test]
fn freed_places_go_to_the_head_of_the_list_in_order() {
    let to_confirm = BookEntry { to_confirm: true, ..waiting(51, 1) };
    let queue = vec![waiting(50, 2), to_confirm, waiting(52, 1)];
    let settle = |taken, when| {
        let mut book = book(12, [strangers(taken), queue.clone()].concat());
        decide(&mut book, &Terms::default(), when, BookCommand::Settle).unwrap()
    };
    assert_eq!(promoted(&settle(12, now())), Vec::<Rank>::new());
    assert_eq!(promoted(&settle(11, now())), Vec::<Rank>::new(), "the head needs two: nobody overtakes");
    let effects = settle(9, now());
    assert_eq!(promoted(&effects), [50, 51]);
    assert_eq!(told(&effects), [MessageKind::PlaceFreed], "one to be confirmed hears nothing");
    assert_eq!(promoted(&settle(9, at("2027-03-17T17:00:00Z"))), Vec::<Rank>::new(), "the session has begun");
}

#[test]
fn a_ghost_takes_its_turn_and_no_place() {
    let repeated = BookEntry { ghost: true, contact: strangers(1)[0].contact, ..waiting(50, 2) };
    let queue = vec![repeated, waiting(51, 1), waiting(52, 1)];
    let settle = |taken| run(&mut book(12, [strangers(taken), queue.clone()].concat()), BookCommand::Settle).unwrap();
    assert_eq!(promoted(&settle(12)), Vec::<Rank>::new());
    let effects = settle(11);
    assert_eq!(promoted(&effects), [50, 51]);
    assert_eq!(told(&effects), [MessageKind::PlaceFreed], "whom a ghost repeats hears nothing of it");
}

#[test]
fn a_place_that_comes_free_shortly_before_is_offered_and_goes_on_unanswered() {
    let unwritten = BookEntry { contact: contact("ida", "", "+33611111111"), ..waiting(52, 1) };
    let rows = [strangers(2), vec![waiting(50, 1), waiting(51, 1), unwritten]].concat();
    let mut book = book(2, rows);
    let terms = Terms::default();
    let until = at("2027-03-17T11:00:00Z");
    let effects = decide(&mut book, &terms, shortly(), BookCommand::Cancel(1)).unwrap();
    assert!(effects.contains(&Effect::Offer { demand: 50, until }), "{effects:?}");
    assert_eq!(told(&effects), [MessageKind::Cancelled, MessageKind::PlaceOffered]);
    assert_eq!(book.occupied(), 2, "the place is held meanwhile");
    // Accepted once or twice, in time or not.
    let mut accepted = book.clone();
    for expected in [vec![MessageKind::Place], vec![]] {
        assert_eq!(told(&decide(&mut accepted, &terms, shortly(), BookCommand::Accept(50)).unwrap()), expected);
    }
    assert_eq!(decide(&mut accepted, &terms, until, BookCommand::Settle).unwrap(), [], "what was accepted stays");
    assert_eq!(decide(&mut book, &terms, until, BookCommand::Accept(50)), Err(Refusal::TooLate));
    assert_eq!(decide(&mut book, &terms, until, BookCommand::Accept(51)), Err(Refusal::TooLate), "it still waits");
    // Unanswered: the next, for half of the time that is left.
    let effects = decide(&mut book, &terms, until, BookCommand::Settle).unwrap();
    assert_eq!(effects[0], Effect::Release { demand: 50, how: Ended::Expired });
    assert!(effects.contains(&Effect::Offer { demand: 51, until: at("2027-03-17T14:00:00Z") }), "{effects:?}");
    // Declined at once: the next again, who can only be called, and has it.
    let effects = decide(&mut book, &terms, until, BookCommand::Cancel(51)).unwrap();
    assert!(effects.contains(&Effect::Promote { demand: 52 }), "{effects:?}");
    assert_eq!(notices(&effects), [Notice::ToCall(MessageKind::PlaceFreed)]);
    // Never: with no such term.
    let never = Terms { offer_within: SignedDuration::ZERO, ..terms };
    assert_eq!(never.offer_until(shortly(), book.schedule.starts), None);
}

/// Between its end and whoever comes by to write that down, an offer is over for everybody.
#[test]
fn an_offer_that_is_over_is_neither_accepted_nor_cancelled_nor_moved() {
    let until = at("2027-03-17T11:00:00Z");
    let offered = || BookEntry { standing: Standing::Offered(until), ..waiting(50, 1) };
    let terms = Terms::default();
    let mut one = book(1, vec![offered(), waiting(51, 1)]);
    let effects = decide(&mut one, &terms, until, BookCommand::Cancel(50)).unwrap();
    assert_eq!(effects[0], Effect::Release { demand: 50, how: Ended::Expired });
    assert_eq!(told(&effects), [MessageKind::OfferExpired, MessageKind::PlaceOffered]);
    let (mut from, mut to) = (book(1, vec![offered()]), book(2, vec![]));
    to.schedule.starts = at("2027-05-26T16:00:00Z");
    to.schedule.closes = to.schedule.starts;
    let target = Target { rank: 100, id: DemandId([100; 16]), to_confirm: false };
    assert_eq!(move_to((&mut from, &mut to), &terms, until, 50, target), Err(Refusal::TooLate));
    assert!(from.find(50).is_some() && to.rows.is_empty());
}

#[test]
fn what_is_not_held_or_over_is_neither_accepted_nor_confirmed() {
    let rows = || {
        let offered = BookEntry { standing: Standing::Offered(at("2027-12-01T00:00:00Z")), ..waiting(50, 1) };
        vec![offered, BookEntry { to_confirm: true, ..waiting(51, 1) }]
    };
    let mut off = book(3, rows());
    off.schedule.cancelled = true;
    let over = at("2027-03-17T19:00:00Z");
    for (mut book, now, state) in [(off, now(), State::Cancelled), (book(3, rows()), over, State::Past)] {
        for command in [BookCommand::Accept(50), BookCommand::Confirm(51)] {
            assert_eq!(decide(&mut book, &Terms::default(), now, command), Err(Refusal::State(state)), "{command:?}");
        }
    }
}

#[test]
fn confirming_tells_where_one_stands() {
    let confirm = |row: BookEntry| {
        let rank = row.rank;
        run(&mut book(1, [strangers(1), vec![row]].concat()), BookCommand::Confirm(rank)).unwrap()
    };
    let paul = held(50, contact("paul", "p@exemple.fr", ""));
    assert_eq!(told(&confirm(BookEntry { to_confirm: true, ..paul })), [MessageKind::Place]);
    assert_eq!(told(&confirm(BookEntry { to_confirm: true, ..waiting(50, 1) })), [MessageKind::WaitingList]);
    assert_eq!(confirm(paul), []);
}

#[test]
fn a_demand_is_moved_where_there_is_a_place_and_stays_otherwise() {
    let marie = contact("marie", "m@exemple.fr", "");
    let (mut from, mut to) = (book(1, vec![held(1, marie), waiting(2, 1)]), book(2, strangers(1)));
    to.session = 2;
    let target = Target { rank: 100, id: DemandId([100; 16]), to_confirm: false };
    let terms = Terms::default();
    let move_one = |from: &mut Book, to: &mut Book, rank| move_to((from, to), &terms, now(), rank, target);
    let full = book(1, strangers(1));
    assert_eq!(move_one(&mut from, &mut full.clone(), 1), Err(Refusal::State(State::Full)));
    let other = Book { group: "peres".to_owned(), ..to.clone() };
    assert_eq!(move_one(&mut from, &mut other.clone(), 1), Err(Refusal::OtherGroup));
    assert!(from.find(1).is_some(), "what was not moved is where it was");
    let (leaves, arrives) = move_one(&mut from, &mut to, 1).unwrap();
    assert_eq!(leaves[0], Effect::Release { demand: 1, how: Ended::Moved });
    assert_eq!(promoted(&leaves), [2], "what it left goes to the next");
    assert_eq!((standing(&arrives), told(&arrives)), (Standing::Enrolled, vec![MessageKind::Place]));
    assert_eq!((from.occupied(), to.occupied()), (1, 2));
    assert_eq!(move_one(&mut from, &mut to, 1), Err(Refusal::Ended));
}

#[test]
fn a_changed_contact_hears_where_it_stands_and_nothing_of_others() {
    let marie = contact("marie", "m@exemple.fr", "");
    let mut book = book(12, vec![held(1, marie), held(2, contact("marie", "ex@exemple.fr", ""))]);
    let effects = run(&mut book, BookCommand::Rewrite(2, marie)).unwrap();
    assert_eq!(effects[0], Effect::Rewrite { demand: 2, repeats: Some(1) });
    assert_eq!((told(&effects), notices(&effects)), (vec![MessageKind::Place], vec![Notice::Repeated]));
    assert_eq!(book.find(2).map(|row| &row.contact), Some(&marie));
    let phone = contact("marie", "", "+33611111111");
    let effects = run(&mut book, BookCommand::Rewrite(2, phone)).unwrap();
    assert_eq!(notices(&effects), [Notice::ToCall(MessageKind::Place)]);
    assert_eq!(run(&mut book, BookCommand::Rewrite(9, marie)), Err(Refusal::Ended));
}

/// A demand that came in a burst.
fn in_a_burst(rank: Rank, contact: Contact) -> BookEntry {
    BookEntry::held(rank, DemandId([100; 16]), contact, 1, false)
}

/// Their standings now, by rank.
fn standings(book: &Book) -> Vec<(Rank, Standing)> {
    book.rows.iter().map(|row| (row.rank, row.standing)).collect()
}

#[test]
fn what_comes_in_a_burst_takes_nothing_and_is_told_to_nobody_but_the_team() {
    let marie = contact("marie", "m@exemple.fr", "+33612345678");
    for taken in [1, 9, 12] {
        let mut rows = strangers(taken);
        rows[0].contact = marie;
        let mut book = book(12, rows);
        let before = (book.state(now()), book.occupied(), book.someone_waits());
        let sent = Newcomer { held: true, to_confirm: true, ..newcomer(&marie, 2) };
        let effects = run(&mut book, BookCommand::Submit(sent)).unwrap();
        let enrol =
            Effect::Enrol { demand: 100, standing: Standing::Held, to_confirm: true, first: false, repeats: None };
        assert_eq!(effects, [enrol, Effect::TellTeam { kind: TeamMessage::Burst }], "Marie is looked at by nobody");
        assert_eq!((book.state(now()), book.occupied(), book.someone_waits()), before);
        let next = Newcomer { rank: 101, ..sent };
        assert_eq!(run(&mut book, BookCommand::Submit(next)).unwrap().len(), 1, "the team has heard of it");
        // Whoever comes next has what they would have had.
        let after = run(&mut book, BookCommand::Submit(Newcomer { rank: 102, ..newcomer(&marie, 1) })).unwrap();
        assert_eq!(standing(&after), if taken < 12 { Standing::Enrolled } else { Standing::Waiting });
    }
    let mut closed = book(12, vec![]);
    closed.schedule.cancelled = true;
    let sent = Newcomer { held: true, ..newcomer(&marie, 1) };
    assert_eq!(run(&mut closed, BookCommand::Submit(sent)), Err(Refusal::State(State::Cancelled)), "like others");
}

#[test]
fn what_is_held_is_cancelled_in_silence_and_nothing_else() {
    let marie = contact("marie", "m@exemple.fr", "");
    let rows = || vec![held(1, marie), BookEntry { to_confirm: true, ..in_a_burst(50, marie) }];
    for command in [
        BookCommand::Accept(50),
        BookCommand::Confirm(50),
        BookCommand::Rewrite(50, contact("marie", "z@exemple.fr", "")),
    ] {
        let mut book = book(12, rows());
        assert_eq!(run(&mut book, command), Err(Refusal::TooLate), "{command:?}");
        assert_eq!(book.rows, rows());
    }
    let (mut from, mut to) = (book(12, rows()), book(12, vec![]));
    let target = Target { rank: 100, id: DemandId([100; 16]), to_confirm: false };
    let terms = Terms::default();
    assert_eq!(move_to((&mut from, &mut to), &terms, now(), 50, target), Err(Refusal::TooLate));
    assert_eq!(offer_next((&mut from, &mut to), &terms, now(), 50, target), Err(Refusal::TooLate));
    from.schedule.cancelled = true;
    assert!(!is_carried(&from, now(), &from.rows[1]) && is_carried(&from, now(), &from.rows[0]));
    // Others have nothing to do with it, nor it with others.
    let mut book = book(12, rows());
    for judge in [Judge::Mailbox, Judge::Team] {
        assert_eq!(run(&mut book, BookCommand::Merge(50, judge)).unwrap(), []);
    }
    assert_eq!(announce(&book, News::ToAll(MessageKind::SessionMoved)).len(), 1);
    assert_eq!(run(&mut book, BookCommand::CancelMatching(1, marie)).unwrap(), []);
    let gone = run(&mut book, BookCommand::Cancel(50)).unwrap();
    assert_eq!(gone, [Effect::Release { demand: 50, how: Ended::Cancelled }]);
    let mut book = self::book(12, rows());
    assert_eq!(told(&run(&mut book, BookCommand::Cancel(1)).unwrap()), [MessageKind::Cancelled], "no others remain");
}

#[test]
fn the_team_lets_in_what_was_held_in_the_order_of_arrival() {
    let person = |n: Rank| contact("x", &format!("h{n}@exemple.fr"), "");
    let rows = vec![
        held(1, person(1)),
        BookEntry { places: 2, ..in_a_burst(50, person(50)) },
        in_a_burst(51, person(51)),
        BookEntry { places: 2, ..waiting(60, 2) },
        BookEntry { to_confirm: true, ..in_a_burst(70, person(70)) },
        in_a_burst(71, person(71)),
    ];
    // Three places are free, or one: some were taken away. Who waits came later than the first two.
    let run_in = |places_max: u32, last: Rank| {
        let mut book = book(places_max, rows.clone());
        let effects = run(&mut book, BookCommand::Admit(last)).unwrap();
        assert!(book.occupied() <= places_max.max(1));
        (standings(&book).iter().filter(|row| row.1.occupies()).map(|row| row.0).collect::<Vec<_>>(), effects)
    };
    let (places, effects) = run_in(4, 70);
    assert_eq!(places, [1, 50, 51]);
    assert_eq!(told(&effects), [MessageKind::Place, MessageKind::Place, MessageKind::ToConfirm]);
    assert_eq!(notices(&effects), [Notice::ToConfirm]);
    assert!(effects.contains(&Effect::TellTeam { kind: TeamMessage::ToConfirm }));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Admit { demand: 71, .. })), "it came since");
    let (places, effects) = run_in(2, Rank::MAX);
    assert_eq!(places, [1], "the first needs two, and nobody overtakes it");
    let waits = [MessageKind::WaitingList, MessageKind::WaitingList, MessageKind::ToConfirm, MessageKind::WaitingList];
    assert_eq!(told(&effects), waits);
    // With room for all, nobody waits: not even who came later.
    let (places, _) = run_in(8, Rank::MAX);
    assert_eq!(places, [1, 50, 51, 60, 70, 71]);
}

/// A burst may be one person's, with somebody else's address in each form.
#[test]
fn an_address_is_written_to_once_whatever_is_let_in_with_it() {
    let stranger = contact("zoe", "z@exemple.fr", "");
    let phone = contact("zoe", "", "+33612345678");
    let careful = Contact { no_email: true, ..contact("zoe", "z@exemple.fr", "+33698765432") };
    let mut rows = strangers(1);
    rows.extend((50..60).map(|rank| in_a_burst(rank, stranger)));
    rows.extend((60..70).map(|rank| in_a_burst(rank, phone)));
    rows.push(in_a_burst(70, careful));
    let mut open = book(60, rows.clone());
    let effects = run(&mut open, BookCommand::Admit(Rank::MAX)).unwrap();
    assert_eq!(told(&effects), [MessageKind::Place]);
    let calls = notices(&effects).into_iter().filter(|notice| *notice == Notice::ToCall(MessageKind::Place)).count();
    assert_eq!(calls, 2, "each number is called once");
    assert_eq!(open.occupied(), 22, "each has its place");
    // "Is this you again?" is asked once, when she is enrolled already.
    rows[0].contact = stranger;
    let effects = run(&mut book(60, rows), BookCommand::Admit(Rank::MAX)).unwrap();
    assert_eq!(told(&effects), [MessageKind::Place, MessageKind::AskIfSame]);
}

#[test]
fn a_flood_is_answered_a_part_at_a_time() {
    let rows = || (1..=450).map(|rank| in_a_burst(rank, contact("x", &format!("h{rank}@exemple.fr"), ""))).collect();
    for command in [BookCommand::Admit(440), BookCommand::Drop(440)] {
        let mut book = book(1_000, rows());
        let answered = |effects: Vec<Effect>| {
            let settles = |effect: &&Effect| matches!(effect, Effect::Admit { .. } | Effect::Release { .. });
            effects.iter().filter(settles).count()
        };
        let parts: Vec<_> = (0..4).map(|_| answered(run(&mut book, command).unwrap())).collect();
        assert_eq!((parts, book.held().count()), (vec![200, 200, 40, 0], 10), "{command:?}");
    }
}

#[test]
fn what_was_held_is_compared_with_who_came_since_once_it_is_let_in() {
    let marie = contact("marie", "m@exemple.fr", "");
    let mut book = book(12, vec![in_a_burst(50, marie), held(60, marie)]);
    let effects = run(&mut book, BookCommand::Admit(Rank::MAX)).unwrap();
    assert!(effects.contains(&Effect::Admit { demand: 50, standing: Standing::Enrolled, repeats: None }));
    assert_eq!((told(&effects), notices(&effects)), (vec![MessageKind::Place], vec![Notice::Repeated]));
}

#[test]
fn the_team_drops_what_is_held_and_nothing_is_written() {
    let person = |n: Rank| contact("x", &format!("h{n}@exemple.fr"), "");
    let rows = || vec![held(1, person(1)), in_a_burst(50, person(1)), waiting(60, 1), in_a_burst(70, person(70))];
    let mut some = book(1, rows());
    let effects = run(&mut some, BookCommand::Drop(60)).unwrap();
    assert_eq!(effects, [Effect::Release { demand: 50, how: Ended::Dropped }]);
    assert_eq!(standings(&some), [(1, Standing::Enrolled), (60, Standing::Waiting), (70, Standing::Held)]);
    // There is nothing to be let into any more.
    for command in [BookCommand::Admit(Rank::MAX), BookCommand::Drop(Rank::MAX), BookCommand::Cancel(50)] {
        let mut begun = book(1, rows());
        let during = at("2027-03-17T18:00:00Z");
        let refused = decide(&mut begun, &Terms::default(), during, command);
        assert_eq!(refused, Err(Refusal::State(State::Closed)), "{command:?}");
        let mut off = book(1, rows());
        off.schedule.cancelled = true;
        assert_eq!(run(&mut off, command), Err(Refusal::State(State::Cancelled)), "{command:?}");
    }
}

/// Who holds a place, who waits and what is held, in a few lines: what the rules come to when
/// nobody is written to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Model {
    places_max: u32,
    /// Rank, places, whether it holds them.
    demands: Vec<(Rank, u32, bool)>,
    /// Rank and places of what is held.
    held: Vec<(Rank, u32)>,
}

impl Model {
    fn free(&self) -> u32 {
        self.places_max.saturating_sub(self.demands.iter().filter(|d| d.2).map(|d| d.1).sum())
    }

    fn admits(&self, places: u32) -> bool {
        self.demands.iter().all(|d| d.2) && places <= self.free()
    }

    fn settle(&mut self) {
        while let Some(head) = self.demands.iter().position(|d| !d.2).filter(|i| self.demands[*i].1 <= self.free()) {
            self.demands[head].2 = true;
        }
    }

    fn leave(&mut self, rank: Rank) {
        self.demands.retain(|d| d.0 != rank);
        self.held.retain(|d| d.0 != rank);
    }

    /// As if they came now, but that nobody who came later is before them.
    fn admit(&mut self) {
        for (rank, places) in std::mem::take(&mut self.held) {
            let at = self.demands.partition_point(|d| d.0 < rank);
            let holds = self.demands[..at].iter().all(|d| d.2) && places <= self.free();
            self.demands.insert(at, (rank, places, holds));
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Submit(usize, u32),
    Cancel(usize),
    Merge(usize),
    Move(usize),
    Accept(usize),
    Capacity(usize, u32),
    /// A demand that comes in a burst.
    Hold(usize, u32),
    /// The team lets in what is held, or drops it.
    LetIn(usize),
    DropHeld(usize),
    /// So many minutes go by.
    Wait(i64),
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    use proptest::prelude::*;
    prop_oneof![
        6 => (0..2_usize, 1..=2_u32).prop_map(|(session, places)| Step::Submit(session, places)),
        3 => (0..100_usize).prop_map(Step::Cancel),
        1 => (0..100_usize).prop_map(Step::Merge),
        2 => (0..100_usize).prop_map(Step::Move),
        1 => (0..100_usize).prop_map(Step::Accept),
        1 => (0..2_usize, 0..=9_u32).prop_map(|(session, places)| Step::Capacity(session, places)),
        3 => (0..2_usize, 1..=2_u32).prop_map(|(session, places)| Step::Hold(session, places)),
        1 => (0..2_usize).prop_map(Step::LetIn),
        1 => (0..2_usize).prop_map(Step::DropHeld),
        1 => (1..=90_i64).prop_map(Step::Wait),
    ]
}

/// Two sessions and their models.
struct World {
    books: [Book; 2],
    models: [Model; 2],
    now: Timestamp,
    last: Rank,
}

impl World {
    /// Some demand that has not ended, and its session.
    fn pick(&self, which: usize) -> Option<(usize, BookEntry)> {
        let all = (0..2).flat_map(|session| self.books[session].rows.iter().map(move |row| (session, *row)));
        let all: Vec<_> = all.collect();
        (!all.is_empty()).then(|| all[which % all.len()])
    }

    fn decide(&mut self, session: usize, command: BookCommand) -> Result<Vec<Effect>, Refusal> {
        decide(&mut self.books[session], &Terms::default(), self.now, command)
    }

    fn run(&mut self, step: Step) {
        // Two demands in three have an address of their own; the others share one, and may be
        // merged.
        let who = |rank: Rank| {
            contact("marie", &if rank % 3 == 0 { "m@exemple.fr".into() } else { format!("{rank}@exemple.fr") }, "")
        };
        self.last += 1;
        let rank = self.last;
        match step {
            Step::Submit(session, places) | Step::Hold(session, places) => {
                let (contact, to_confirm, held) = (who(rank), rank % 5 == 0, matches!(step, Step::Hold(..)));
                let newcomer = Newcomer { rank, id: DemandId([0; 16]), contact, places, to_confirm, held };
                let model = &mut self.models[session];
                let takes = model.admits(places);
                if decide(&mut self.books[session], &Terms::default(), self.now, BookCommand::Submit(newcomer)).is_ok()
                {
                    if held { model.held.push((rank, places)) } else { model.demands.push((rank, places, takes)) }
                }
            }
            Step::LetIn(session) => {
                self.decide(session, BookCommand::Admit(Rank::MAX)).unwrap();
                self.models[session].admit();
            }
            Step::DropHeld(session) => {
                self.decide(session, BookCommand::Drop(Rank::MAX)).unwrap();
                self.models[session].held.clear();
            }
            Step::Capacity(session, places_max) => {
                self.books[session].places_max = places_max;
                self.models[session].places_max = places_max;
            }
            Step::Wait(minutes) => self.now = self.now.checked_add(SignedDuration::from_mins(minutes)).unwrap(),
            Step::Cancel(which) | Step::Merge(which) | Step::Move(which) | Step::Accept(which) => {
                let Some((session, row)) = self.pick(which) else { return };
                match step {
                    Step::Cancel(_) if self.decide(session, BookCommand::Cancel(row.rank)).is_ok() => {
                        self.models[session].leave(row.rank);
                    }
                    Step::Merge(_) => {
                        let effects = self.decide(session, BookCommand::Merge(row.rank, Judge::Team)).unwrap();
                        if !effects.is_empty() {
                            self.models[session].leave(row.rank);
                        }
                    }
                    Step::Accept(_) => drop(self.decide(session, BookCommand::Accept(row.rank))),
                    Step::Move(_) => {
                        let [a, b] = &mut self.books;
                        let (from, to) = if session == 0 { (a, b) } else { (b, a) };
                        let fits = self.models[1 - session].admits(row.places);
                        let target = Target { rank, id: DemandId([0; 16]), to_confirm: false };
                        let moved = move_to((from, to), &Terms::default(), self.now, row.rank, target).is_ok();
                        assert!(!moved || fits, "moved only where there is a place");
                        if moved {
                            self.models[session].leave(row.rank);
                            self.models[1 - session].demands.push((rank, row.places, true));
                        }
                    }
                    _ => {}
                }
            }
        }
        for session in 0..2 {
            let effects = self.decide(session, BookCommand::Settle).unwrap();
            for effect in effects {
                if let Effect::Release { demand, how: Ended::Expired } = effect {
                    self.models[session].leave(demand);
                }
            }
            self.models[session].settle();
        }
    }

    fn seen(&self) -> [Model; 2] {
        std::array::from_fn(|session| {
            let book = &self.books[session];
            let live = || book.rows.iter().filter(|row| !row.ghost);
            let (held, rows): (Vec<&BookEntry>, Vec<_>) = live().partition(|row| row.standing == Standing::Held);
            let demands = rows.iter().map(|row| (row.rank, row.places, row.standing.occupies())).collect();
            let held = held.iter().map(|row| (row.rank, row.places)).collect();
            Model { places_max: book.places_max, demands, held }
        })
    }
}

proptest::proptest! {
    #[test]
    fn no_history_overfills_reorders_or_leaves_a_place_unused(steps in proptest::collection::vec(step(), 1..160)) {
        // Half of the histories reach the hours in which places are offered.
        let model = Model { places_max: 6, ..Model::default() };
        let mut world = World {
            books: [book(6, vec![]), book(6, vec![])],
            models: [model.clone(), model],
            now: at("2027-03-16T07:00:00Z"),
            last: 0,
        };
        for step in steps {
            if world.now >= at("2027-03-17T10:00:00Z") {
                break;
            }
            let before = world.seen();
            world.run(step);
            proptest::prop_assert_eq!(&world.seen(), &world.models, "after {:?}", step);
            for (was, is) in before.iter().zip(&world.models) {
                let taken = |model: &Model| model.demands.iter().filter(|d| d.2).map(|d| d.1).sum::<u32>();
                proptest::prop_assert!(taken(is) <= is.places_max || taken(is) <= taken(was), "above the limit in force");
            }
        }
    }
}

/// Rows are kept for years: no word of theirs changes because a variant is called otherwise.
#[test]
fn the_words_of_rows_stay() {
    let notices = [
        (Notice::Repeated, "repeated"),
        (Notice::OthersRemain, "others-remain"),
        (Notice::ToConfirm, "to-confirm"),
        (Notice::Undeliverable, "undeliverable"),
        (Notice::SessionRemoved, "session-removed"),
        (Notice::SessionMoved, "session-moved"),
        (Notice::SessionCancelled, "session-cancelled"),
        (Notice::SessionOverfull, "session-overfull"),
        (Notice::SessionConflict, "session-conflict"),
        (Notice::SessionDoubtful, "session-doubtful"),
        (Notice::ErasureNear, "erasure-near"),
        (Notice::Burst, "burst"),
    ];
    for (notice, word) in notices {
        assert_eq!((notice.name(), Notice::of_name(word, None)), (word, Some(notice)));
    }
    let call = Notice::ToCall(MessageKind::Place);
    assert_eq!((call.name(), Notice::of_name("to-call", Some(MessageKind::Place))), ("to-call", Some(call)));
    assert_eq!(Notice::of_name("to-call", None), None);
    let milestones: Vec<_> = Milestone::ALL.iter().map(|milestone| milestone.name()).collect();
    assert_eq!(milestones, ["minimum", "week", "days", "cancelled", "thanks"]);
    for (how, word) in [
        (Ended::Cancelled, "cancelled"),
        (Ended::Merged, "merged"),
        (Ended::Expired, "expired"),
        (Ended::Moved, "moved"),
        (Ended::Dropped, "dropped"),
    ] {
        assert_eq!((how.name(), Ended::of_name(word)), (word, Some(how)));
    }
    for (decision, word) in [(Decision::Hold, "held"), (Decision::Cancel, "cancelled")] {
        assert_eq!((decision.name(), Decision::of_name(word)), (word, Some(decision)));
    }
}

/// The room that the first of two leaves is the second's, where it was released as a repetition of
/// that one; and nobody has neither.
#[test]
fn of_two_demands_of_one_browser_the_second_is_never_lost() {
    let ana = contact("ana", "a@x.fr", "");
    let ghost = |places| BookEntry { ghost: true, places, ..held(2, ana) };
    let take_back = |max, rows: Vec<BookEntry>| {
        let mut book = book(max, rows);
        let effects = run(&mut book, BookCommand::CancelEarlier { earlier: 1, kept: 2 });
        (effects.map(|effects| effects.contains(&Effect::Revive { demand: 2 })), book.occupied())
    };
    assert_eq!(take_back(2, vec![held(1, ana), ghost(1)]), (Ok(true), 1));
    let full = vec![held(1, ana), ghost(1), held(3, contact("x", "x@x.fr", "")), waiting(4, 1)];
    assert_eq!(take_back(2, full.clone()), (Ok(true), 2));
    // An ordinary second one, or a repetition of somebody else's demand: the first is cancelled.
    assert_eq!(take_back(2, vec![held(1, ana), held(2, ana)]), (Ok(false), 1));
    assert_eq!(take_back(2, vec![held(1, contact("ana", "b@x.fr", "")), ghost(1)]), (Ok(true), 1), "corrected since");
    let others = vec![held(1, contact("ana", "b@x.fr", "")), ghost(1), held(3, ana)];
    assert_eq!(take_back(3, others), (Ok(false), 1));
    let third = [full[..2].to_vec(), vec![held(3, ana)]].concat();
    assert_eq!(take_back(3, third), (Ok(false), 1), "another of the same contact stays");
    // It would not fit: nothing is done.
    let large = [vec![held(1, ana), ghost(2)], full[2..].to_vec()].concat();
    assert_eq!(take_back(2, large), (Err(Refusal::TooLate), 2));
}

#[test]
fn a_mistyped_contact_is_corrected_by_the_rules_of_any_other() {
    let (ana, bea) = (contact("ana", "a@x.fr", ""), contact("bea", "b@x.fr", ""));
    let id = DemandId([9; 16]);
    let mut typo = book(12, vec![held(1, ana), held(2, bea)]);
    let effects = run(&mut typo, BookCommand::Correct(2, ana, id)).unwrap();
    let mut rewritten = book(12, vec![held(1, ana), held(2, bea)]);
    let mut same = run(&mut rewritten, BookCommand::Rewrite(2, ana)).unwrap();
    same.insert(1, Effect::Renew { demand: 2, id });
    assert_eq!(effects, same, "and its id is another before anything is written");
    assert_eq!(typo.find(2).unwrap().id, id);
    // What is held stays so, unseen by others.
    let row = BookEntry { standing: Standing::Held, ..held(2, bea) };
    let mut burst = book(12, vec![held(1, ana), row]);
    let effects = run(&mut burst, BookCommand::Correct(2, ana, id)).unwrap();
    assert_eq!(effects, [Effect::Rewrite { demand: 2, repeats: None }, Effect::Renew { demand: 2, id }]);
    assert_eq!(run(&mut burst, BookCommand::Correct(9, ana, id)), Err(Refusal::Ended));
}

/// By which channels a kind is told to somebody.
fn ways(contact: &Contact, kind: MessageKind) -> Vec<Channel> {
    let way = |effect: Effect| match effect {
        Effect::Tell { by, .. } => Some(by),
        _ => None,
    };
    decide::tell(1, contact, kind).into_iter().filter_map(way).collect()
}

/// Who hears what, and how: every kind, for every contact.
#[test]
fn text_messages_go_to_who_asked_for_them_and_tell_what_cannot_wait_or_go_otherwise() {
    use super::kinds::TextWhen::{Alone, Always};
    let mail = contact("marie", "m@exemple.fr", "+33612345678");
    let both = Contact { texts: true, ..mail };
    let text_alone = Contact { no_email: true, ..both };
    let phone_alone = Contact { email: None, ..both };
    let called = Contact { texts: false, ..phone_alone };
    for kind in MessageKind::ALL.iter().copied() {
        assert_eq!(ways(&mail, kind), [Channel::Mail], "{kind:?}: nobody who did not ask");
        let beside =
            if kind.as_text() == Some(Always) { vec![Channel::Mail, Channel::Text] } else { vec![Channel::Mail] };
        assert_eq!(ways(&both, kind), beside, "{kind:?}");
        for alone in [text_alone, phone_alone] {
            let told = if matches!(kind.as_text(), Some(Alone | Always)) { vec![Channel::Text] } else { vec![] };
            assert_eq!(ways(&alone, kind), told, "{kind:?}");
            assert_eq!(notices(&decide::tell(1, &alone, kind)), [], "{kind:?}: nor is a call made beside it");
        }
        assert_eq!(ways(&called, kind), [], "{kind:?}");
        assert_eq!(notices(&decide::tell(1, &called, kind)), [Notice::ToCall(kind)], "{kind:?}");
    }
}

#[test]
fn who_can_answer_a_text_message_is_offered_a_place_like_who_can_answer_a_letter() {
    let texted = Contact { texts: true, ..contact("ana", "", "+33612345678") };
    let first = held(1, contact("zoe", "z@exemple.fr", ""));
    let waits = BookEntry { standing: Standing::Waiting, ..held(2, texted) };
    let mut book = book(1, vec![first, waits]);
    let effects = decide(&mut book, &Terms::default(), shortly(), BookCommand::Cancel(1)).unwrap();
    let offered = effects.iter().any(|effect| matches!(effect, Effect::Offer { demand: 2, .. }));
    assert!(offered, "{effects:?}");
    let tells = Effect::Tell { demand: 2, kind: MessageKind::PlaceOffered, by: Channel::Text };
    assert!(effects.contains(&tells), "{effects:?}");
    assert_eq!(notices(&effects), []);
}

/// The telephone of a demand that was merged may be its sender's own, who must not notice.
#[test]
fn a_ghost_with_a_telephone_of_its_own_hears_by_text_what_it_would_have_heard() {
    let victim = contact("ana", "a@x.fr", "+33612345678");
    let typed = Contact { texts: true, ..contact("ana", "a@x.fr", "+33698765432") };
    let told = |ghost: bool, phone: &Contact, heard: fn(&mut Book) -> Vec<Effect>| {
        let repeated = BookEntry { ghost, standing: Standing::Waiting, ..held(3, *phone) };
        let mut book = book(2, vec![held(1, victim), held(2, contact("zoe", "z@x.fr", "")), repeated]);
        let texts = |effect: &Effect| matches!(effect, Effect::Tell { demand: 3, by: Channel::Text, .. });
        heard(&mut book).into_iter().filter(texts).collect::<Vec<_>>()
    };
    let freed = |book: &mut Book| decide(book, &Terms::default(), now(), BookCommand::Cancel(2)).unwrap();
    let moved = |book: &mut Book| announce(book, News::ToAll(MessageKind::SessionMoved));
    for heard in [freed as fn(&mut Book) -> Vec<Effect>, moved] {
        assert_eq!(told(true, &typed, heard), told(false, &typed, heard));
        assert_eq!(told(true, &typed, heard).len(), 1);
        let shared = Contact { phone: victim.phone, ..typed };
        assert_eq!(told(true, &shared, heard), [], "whoever has that telephone gets their own");
    }
}

#[test]
fn a_ghost_whose_address_was_corrected_hears_by_letter_what_it_would_have_heard() {
    let own = contact("ana", "e@x.fr", "");
    let heard = |ghost: bool, contact: Contact| {
        let repeated = BookEntry { ghost, standing: Standing::Waiting, ..held(3, contact) };
        let victim = self::contact("ana", "a@x.fr", "");
        let mut book = book(2, vec![held(1, victim), held(2, self::contact("zoe", "z@x.fr", "")), repeated]);
        let effects = decide(&mut book, &Terms::default(), now(), BookCommand::Cancel(2)).unwrap();
        effects.into_iter().filter(|effect| matches!(effect, Effect::Tell { demand: 3, .. })).collect::<Vec<_>>()
    };
    assert_eq!(heard(true, own), heard(false, own));
    assert_eq!(heard(true, own).len(), 1);
    assert_eq!(heard(true, contact("ana", "a@x.fr", "")), [], "whoever has that address gets their own");
}
