use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2027-03-01T12:00:00Z")
}

fn room(occupied: u32, places_max: u32) -> Room {
    Room {
        schedule: Schedule {
            starts: at("2027-03-17T17:00:00Z"),
            ends: at("2027-03-17T19:00:00Z"),
            opens: Some(at("2027-02-01T08:00:00Z")),
            closes: at("2027-03-17T11:00:00Z"),
            cancelled: false,
        },
        places_max,
        places_per_demand: 2,
        occupied,
        someone_waits: false,
    }
}

fn contact(name: &str, email: &str, phone: &str) -> Contact {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Contact { name_key: name.to_owned(), email_key: some(email), phone: some(phone), no_email: false }
}

fn held(rank: Rank, contact: Contact) -> Held {
    Held { rank, standing: Standing::Enrolled, to_confirm: false, contact, ended: None }
}

fn submit_to(room: &Room, contact: &Contact, matches: &[Held]) -> Vec<Effect> {
    decide(room, now(), Command::Submit { contact, places: 1, other_parent: false, matches }).unwrap()
}

fn told(effects: &[Effect]) -> Vec<MessageKind> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Tell { kind, .. } = effect { Some(*kind) } else { None })
        .collect()
}

fn notices(effects: &[Effect]) -> Vec<Notice> {
    effects.iter().filter_map(|e| if let Effect::Notify { notice, .. } = e { Some(*notice) } else { None }).collect()
}

fn standing(effects: &[Effect]) -> Standing {
    effects.iter().find_map(|e| if let Effect::Enrol { standing, .. } = e { Some(*standing) } else { None }).unwrap()
}

#[test]
fn a_demand_gets_a_place_or_waits() {
    let marie = contact("marie", "m@exemple.fr", "");
    assert_eq!(standing(&submit_to(&room(11, 12), &marie, &[])), Standing::Enrolled);
    assert_eq!(standing(&submit_to(&room(12, 12), &marie, &[])), Standing::Waiting);
    assert_eq!(standing(&submit_to(&room(13, 12), &marie, &[])), Standing::Waiting, "capacity was lowered");
    let waited_for = Room { someone_waits: true, ..room(11, 12) };
    assert_eq!(standing(&submit_to(&waited_for, &marie, &[])), Standing::Waiting, "nobody overtakes");
    assert_eq!(waited_for.state(now()), State::Full, "the page says what the answer says");
}

#[test]
fn a_demand_is_refused_by_the_sessions_state_and_only_then() {
    let marie = contact("marie", "m@exemple.fr", "");
    let state = |now: &str, cancelled: bool| {
        let mut room = room(0, 12);
        room.schedule.cancelled = cancelled;
        decide(&room, at(now), Command::Submit { contact: &marie, places: 1, other_parent: false, matches: &[] }).err()
    };
    assert_eq!(state("2027-03-01T12:00:00Z", false), None);
    assert_eq!(state("2027-01-01T12:00:00Z", false), Some(Refusal::State(State::NotYetOpen)));
    assert_eq!(state("2027-03-17T11:00:00Z", false), Some(Refusal::State(State::Closed)));
    assert_eq!(state("2027-03-17T19:00:00Z", false), Some(Refusal::State(State::Past)));
    assert_eq!(state("2027-03-01T12:00:00Z", true), Some(Refusal::State(State::Cancelled)));
    let many = Command::Submit { contact: &marie, places: 3, other_parent: false, matches: &[] };
    assert_eq!(decide(&room(0, 12), now(), many), Err(Refusal::TooManyPlaces { most: 2 }));
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
    for (occupied, typed) in [0, 11, 12].into_iter().flat_map(|occupied| tries.iter().map(move |t| (occupied, t))) {
        let enrolled = submit_to(&room(occupied, 12), typed, &[held(1, victim.clone())]);
        let stranger = submit_to(&room(occupied, 12), typed, &[]);
        assert_eq!(standing(&enrolled), standing(&stranger));
        // The ordinary message is the same; what is more goes to the team, or to the shared address.
        assert_eq!(told(&enrolled)[0], told(&stranger)[0]);
        assert_eq!(notices(&enrolled), [Notice::Repeated]);
    }
}

#[test]
fn only_an_address_that_was_typed_and_recorded_is_asked_and_only_under_the_same_name() {
    let victim = contact("marie", "m@exemple.fr", "+33612345678");
    let asked = |typed: &Contact, first: &Contact| {
        told(&submit_to(&room(0, 12), typed, &[held(1, first.clone())])).contains(&MessageKind::AskIfSame)
    };
    assert!(asked(&contact("marie", "m@exemple.fr", ""), &victim));
    assert!(!asked(&contact("paul", "m@exemple.fr", ""), &victim), "another first name");
    assert!(!asked(&contact("marie", "ex@exemple.fr", "+33612345678"), &victim), "a shared number is for the team");
    assert!(!asked(&contact("marie", "m@exemple.fr", ""), &Contact { no_email: true, ..victim.clone() }));
    assert!(!asked(&Contact { no_email: true, ..victim.clone() }, &victim));
}

/// The former partner who reads the victim's mailbox, and sends demands of their own with her address and name.
#[test]
fn a_careful_demand_is_as_good_as_absent_for_whoever_reads_its_mailbox() {
    let typed = contact("marie", "m@exemple.fr", "");
    let careful = held(1, Contact { no_email: true, ..typed.clone() });
    let own = held(2, typed.clone());
    let mine = held(3, typed.clone());
    for others in [vec![], vec![own]] {
        let with: Vec<Held> = std::iter::once(careful.clone()).chain(others.clone()).collect();
        assert_eq!(told(&submit_to(&room(3, 12), &typed, &with)), told(&submit_to(&room(3, 12), &typed, &others)));
        let run = |command: Command<'_>| decide(&room(3, 12), now(), command).unwrap();
        let cancel = |matches: &[Held]| told(&run(Command::Cancel { demand: &mine, matches }));
        assert_eq!(cancel(&with), cancel(&others));
        let cancel_others = |matches: &[Held]| run(Command::CancelMatching { demand: &mine, matches });
        assert_eq!(cancel_others(&with), cancel_others(&others));
    }
}

#[test]
fn the_other_parent_gets_one_answer_whatever_the_room() {
    let typed = contact("paul", "p@exemple.fr", "");
    for occupied in [0, 12] {
        let command = Command::Submit { contact: &typed, places: 1, other_parent: true, matches: &[] };
        let effects = decide(&room(occupied, 12), now(), command).unwrap();
        assert_eq!(told(&effects), [MessageKind::ToConfirm]);
        assert_eq!(notices(&effects), [Notice::ToConfirm]);
    }
}

#[test]
fn cancelling_tells_only_the_shared_address_that_others_remain() {
    let mine = contact("paul", "m@exemple.fr", "+33611111111");
    let cancel = |matches: &[Held]| {
        decide(&room(2, 12), now(), Command::Cancel { demand: &held(2, mine.clone()), matches }).unwrap()
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
    let mine = held(3, contact("paul", "m@exemple.fr", "+33611111111"));
    let matches =
        [held(1, contact("marie", "m@exemple.fr", "")), held(2, contact("zoe", "z@exemple.fr", "+33611111111"))];
    let effects = decide(&room(2, 12), now(), Command::CancelMatching { demand: &mine, matches: &matches }).unwrap();
    assert_eq!(effects, [Effect::Release { demand: 1, how: Ended::Cancelled }]);
}

#[test]
fn merging_releases_the_later_and_never_the_first() {
    let (first, again) = (held(1, Contact::default()), held(2, Contact::default()));
    let merge = |demand, first| decide(&room(2, 12), now(), Command::MergeRepeated { demand, first }).unwrap();
    assert_eq!(merge(&again, Some(&first)), [Effect::Release { demand: 2, how: Ended::Merged }]);
    assert_eq!(merge(&first, Some(&again)), []);
    assert_eq!(merge(&again, None), []);
    let ended = Held { ended: Some(Ended::Cancelled), ..again.clone() };
    assert_eq!(merge(&ended, Some(&first)), []);
}

fn queued(rank: Rank, places: u32, ended: Option<Ended>, to_confirm: bool) -> Queued {
    let contact = contact("zoe", "z@exemple.fr", "");
    Queued { demand: Held { rank, standing: Standing::Waiting, to_confirm, contact, ended }, places }
}

fn promoted(effects: &[Effect]) -> Vec<Rank> {
    effects.iter().filter_map(|e| if let Effect::Promote { demand } = e { Some(*demand) } else { None }).collect()
}

#[test]
fn freed_places_go_to_the_head_of_the_list_in_order() {
    let queue = [queued(1, 2, None, false), queued(2, 1, None, true), queued(3, 1, None, false)];
    assert_eq!(promoted(&promote(&room(12, 12), now(), &queue)), Vec::<Rank>::new());
    assert_eq!(
        promoted(&promote(&room(11, 12), now(), &queue)),
        Vec::<Rank>::new(),
        "the head needs two: nobody overtakes"
    );
    let effects = promote(&room(9, 12), now(), &queue);
    assert_eq!(promoted(&effects), [1, 2]);
    assert_eq!(told(&effects), [MessageKind::PlaceFreed], "one to be confirmed hears nothing");
    assert_eq!(
        promoted(&promote(&room(9, 12), at("2027-03-17T17:00:00Z"), &queue)),
        Vec::<Rank>::new(),
        "the session has begun"
    );
}

#[test]
fn a_ghost_takes_its_turn_and_no_place() {
    let queue = [queued(1, 2, Some(Ended::Merged), false), queued(2, 1, None, false), queued(3, 1, None, false)];
    assert_eq!(promoted(&promote(&room(12, 12), now(), &queue)), Vec::<Rank>::new());
    let effects = promote(&room(11, 12), now(), &queue);
    assert_eq!(promoted(&effects), [1, 2]);
    assert_eq!(told(&effects), [MessageKind::PlaceFreed], "nothing is written to a ghost");
}

#[test]
fn confirming_tells_where_one_stands() {
    let confirm = |demand: &Held| decide(&room(1, 12), now(), Command::Confirm { demand }).unwrap();
    let mut demand = Held { to_confirm: true, ..held(1, contact("paul", "p@exemple.fr", "")) };
    assert_eq!(told(&confirm(&demand)), [MessageKind::Place]);
    demand.standing = Standing::Waiting;
    assert_eq!(told(&confirm(&demand)), [MessageKind::WaitingList]);
    demand.to_confirm = false;
    assert_eq!(confirm(&demand), []);
}

/// A whole session in memory: what the store does with effects, in its least form.
#[derive(Debug, Clone)]
struct World {
    places_max: u32,
    demands: Vec<Queued>,
}

impl World {
    fn occupied(&self) -> u32 {
        let live = self.demands.iter().filter(|d| d.demand.ended.is_none() && d.demand.standing == Standing::Enrolled);
        live.map(|d| d.places).sum()
    }

    fn queue(&self) -> Vec<Queued> {
        let waits = |d: &&Queued| d.demand.standing == Standing::Waiting && d.demand.ended != Some(Ended::Cancelled);
        self.demands.iter().filter(waits).cloned().collect()
    }

    fn room(&self) -> Room {
        let someone_waits = self.queue().iter().any(|d| d.demand.ended.is_none());
        Room { someone_waits, ..room(self.occupied(), self.places_max) }
    }

    fn run(&mut self, step: Step) {
        let one =
            |demands: &[Queued], i: usize| (!demands.is_empty()).then(|| demands[i % demands.len()].demand.clone());
        let nobody = Contact::default();
        let (room, picked) = (self.room(), |i| one(&self.demands, i));
        let (effects, places) = match step {
            Step::Submit(places) => (
                decide(&room, now(), Command::Submit { contact: &nobody, places, other_parent: false, matches: &[] }),
                places,
            ),
            Step::Capacity(places_max) => {
                self.places_max = places_max;
                (Ok(Vec::new()), 0)
            }
            Step::Cancel(i) => match picked(i) {
                Some(demand) => (decide(&room, now(), Command::Cancel { demand: &demand, matches: &[] }), 0),
                None => return,
            },
            Step::Merge(i) => match (picked(i), picked(0)) {
                (Some(demand), Some(first)) => {
                    (decide(&room, now(), Command::MergeRepeated { demand: &demand, first: Some(&first) }), 0)
                }
                _ => return,
            },
        };
        self.apply(&effects.unwrap_or_default(), places);
        let room = self.room();
        self.apply(&promote(&room, now(), &self.queue()), 0);
    }

    fn apply(&mut self, effects: &[Effect], places: u32) {
        for effect in effects {
            match *effect {
                Effect::Enrol { standing, .. } => {
                    let rank = Rank::try_from(self.demands.len()).unwrap();
                    let demand = Held { standing, ..held(rank, Contact::default()) };
                    self.demands.push(Queued { demand, places });
                }
                Effect::Release { demand, how } => self.of(demand).ended = Some(how),
                Effect::Promote { demand } => self.of(demand).standing = Standing::Enrolled,
                _ => {}
            }
        }
    }

    fn of(&mut self, rank: Rank) -> &mut Held {
        &mut self.demands[usize::try_from(rank).unwrap()].demand
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Submit(u32),
    Cancel(usize),
    Merge(usize),
    Capacity(u32),
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    use proptest::prelude::*;
    prop_oneof![
        4 => (1..=2_u32).prop_map(Step::Submit),
        3 => (0..100_usize).prop_map(Step::Cancel),
        1 => (0..100_usize).prop_map(Step::Merge),
        1 => (1..=14_u32).prop_map(Step::Capacity),
    ]
}

proptest::proptest! {
    #[test]
    fn no_history_overfills_reorders_or_leaves_a_place_unused(steps in proptest::collection::vec(step(), 1..120)) {
        let mut world = World { places_max: 6, demands: Vec::new() };
        for step in steps {
            let before = world.clone();
            world.run(step);
            let (was, is) = (before.occupied(), world.occupied());
            proptest::prop_assert!(is <= world.places_max || is <= was, "never above the limit, but for a lowered one");
            for (old, new) in before.demands.iter().zip(&world.demands) {
                let dropped = old.demand.standing == Standing::Enrolled && new.demand.standing == Standing::Waiting;
                proptest::prop_assert!(!dropped, "nobody loses a place");
            }
            if let Some(head) = world.queue().iter().find(|d| d.demand.ended.is_none()) {
                proptest::prop_assert!(head.places > world.places_max.saturating_sub(is), "the head fits, and waits");
            }
            // Order, ghosts included: of the demands that waited, those promoted are the first ones.
            let waited: Vec<_> = before.queue().into_iter().filter(|d| world.demands[usize::try_from(d.demand.rank).unwrap()].demand.ended != Some(Ended::Cancelled)).collect();
            let now_in = |d: &Queued| world.demands[usize::try_from(d.demand.rank).unwrap()].demand.standing == Standing::Enrolled;
            proptest::prop_assert!(waited.iter().skip_while(|d| now_in(d)).all(|d| !now_in(d)), "first come, first served");
        }
    }
}
