//! A whole season on a clock that is moved: people come, wait, give up, forget; a session is under
//! its minimum, one moves, one is not held. All that is written, and every call that is to be made,
//! is one readable log.

use std::{collections::BTreeSet, fmt::Write, sync::Arc};

use entreparentaise::model::Schedule;
use form_handler::{
    demand::{Rules, Values, read},
    enrolment::{Decision, Milestone, Terms},
    schedule::{Calendar, pass},
    store::{
        Actor, Attempt, Operation, Recipients, SessionRecord, Store, Submitted, ToWrite, VenueRecord,
        sqlite::SqliteStore,
    },
    system::SeededEntropy,
    token::{DemandId, Key},
};
use jiff::{
    Timestamp,
    civil::{Date, DateTime, date},
    tz::TimeZone,
};

/// The hours of each day at which the clock stops.
const HOURS: &[i8] = &[8, 9, 10, 12, 18, 21];

/// A town, its sessions, and who takes part.
struct Season {
    store: Arc<dyn Store>,
    calendar: Calendar,
    sessions: Vec<SessionRecord>,
    now: Timestamp,
    calls: BTreeSet<i64>,
    log: String,
}

impl Season {
    fn new(folder: &std::path::Path) -> Self {
        let path = folder.join("inscriptions.db");
        let store = SqliteStore::open(&path, Terms::default(), Arc::new(SeededEntropy::new(1))).expect("a database");
        let zone = TimeZone::get("Europe/Paris").expect("a zone");
        Self {
            store: Arc::new(store),
            calendar: Calendar { zone, minimum_days: 3 },
            sessions: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            calls: BTreeSet::new(),
            log: String::new(),
        }
    }

    fn at(&self, day: Date, hour: i8) -> Timestamp {
        let local: DateTime = day.at(hour, 0, 0, 0);
        self.calendar.zone.to_ambiguous_timestamp(local).compatible().expect("an instant")
    }

    /// A session from 18:00 to 20:00, for three people at least.
    fn session(&self, id: &str, day: Date, places_max: u16) -> SessionRecord {
        let (starts, ends) = (self.at(day, 18), self.at(day, 20));
        SessionRecord {
            id: id.to_owned(),
            group: "parents-solos".to_owned(),
            title: None,
            date: day,
            start: "18:00".parse().expect("an hour"),
            end: "20:00".parse().expect("an hour"),
            place: "Salle d’animation".to_owned(),
            venue: VenueRecord::default(),
            path: format!("/seances/{id}/"),
            schedule: Schedule { starts, ends, opens: None, closes: starts, cancelled: false },
            places_min: 3,
            places_max,
            places_per_demand: 1,
            revision: 0,
        }
    }

    async fn publish(&mut self, sessions: Vec<SessionRecord>) {
        self.sessions = sessions;
        self.store.sync_sessions(self.sessions.clone(), self.now).await.expect("a store");
    }

    /// Lets time go by until that day's `hour`, and tells what it brings.
    async fn until(&mut self, day: Date, hour: i8) {
        let goal = self.at(day, hour);
        let mut today = self.now.to_zoned(self.calendar.zone.clone()).date().max(date(2027, 2, 1));
        while self.now < goal {
            for hour in HOURS {
                let at = self.at(today, *hour);
                if at > self.now && at <= goal {
                    self.now = at;
                    pass(self.store.as_ref(), &self.calendar, self.now).await.expect("a store");
                    self.tell().await;
                }
            }
            if today >= day && self.now < goal {
                self.now = goal;
            }
            today = today.tomorrow().expect("a day");
        }
    }

    fn say(&mut self, what: &str) {
        let local = self.now.to_zoned(self.calendar.zone.clone());
        let _ = writeln!(self.log, "{}  {what}", local.strftime("%Y-%m-%d %a %H:%M"));
    }

    /// Writes down the letters that leave, and the calls that are new.
    async fn tell(&mut self) {
        let claimed =
            self.store.claim_messages(1000, Recipients::All, self.now, Timestamp::MAX).await.expect("a store");
        let sent = claimed.iter().map(|message| (message.key, Attempt::Sent)).collect();
        self.store.settle_messages(sent, self.now).await.expect("a store");
        for message in claimed {
            let line = match &message.letter {
                ToWrite::Person(letter) => {
                    let to = letter.recipient.split('@').next().unwrap_or_default();
                    let until = letter.offered_until.map(|until| until.to_zoned(self.calendar.zone.clone()));
                    let until =
                        until.map_or(String::new(), |until| format!(", until {}", until.strftime("%m-%d %H:%M")));
                    format!("  → {to}: {} ({}{until})", message.name(), letter.session.id)
                }
                ToWrite::Team(letter) => match (&letter.session, &letter.digest) {
                    (Some(session), _) => format!("  → the team: {} ({})", message.name(), session.session.id),
                    (None, Some(digest)) => format!("  → the team: {}, {} call(s)", message.name(), digest.calls),
                    _ => format!("  → the team: {}", message.name()),
                },
            };
            self.say(&line);
        }
        for call in self.store.calls(self.now).await.expect("a store") {
            if self.calls.insert(call.key) {
                let about = call.about.map_or("letter came back", form_handler::enrolment::MessageKind::name);
                self.say(&format!("  ☎ {}: {about} ({})", call.first_name, call.session.id));
            }
        }
    }

    async fn asks(&mut self, who: &str, session: &str, more: &[(&str, &str)]) -> DemandId {
        self.say(&format!("{who} asks for {session}"));
        let address = format!("{who}@essai.example");
        let mut pairs = vec![("seance", session), ("prenom", who), ("conditions", "oui")];
        if !more.iter().any(|(field, _)| *field == "telephone") {
            pairs.push(("courriel", &address));
        }
        pairs.extend(more);
        let languages = ["fr".to_owned()];
        let rules = Rules { languages: &languages, most_places: 1, texts: true };
        let submission = read(&Values::of(pairs), &rules).expect("a form").seal(&Key::from_bytes([1; 32]));
        let submitted = self.store.submit(submission, self.now).await.expect("a store");
        self.tell().await;
        let Submitted::Recorded { id, .. } = submitted else { panic!("{submitted:?}") };
        id
    }

    async fn calls_everybody(&mut self) {
        self.say("the team makes its calls");
        for call in self.store.calls(self.now).await.expect("a store") {
            assert!(self.store.call_made(call.key, self.now).await.expect("a store"));
        }
    }

    async fn cancels(&mut self, who: &str, id: DemandId) {
        self.say(&format!("{who} can't come any more"));
        self.store.cancel(id, Actor::Person, self.now).await.expect("a store");
        self.tell().await;
    }

    async fn accepts(&mut self, who: &str, id: DemandId) {
        self.say(&format!("{who} accepts"));
        self.store.accept(id, self.now).await.expect("a store");
        self.tell().await;
    }

    async fn decides(&mut self, session: &str, decision: Decision) {
        self.say(&format!("the team decides about {session}: {decision:?}"));
        let starts = self.sessions.iter().find(|record| record.id == session).expect("a session").schedule.starts;
        let facts = self.store.scheduled(starts, starts, self.now).await.expect("a store");
        assert!(facts[0].done.contains(&Milestone::Minimum), "it was asked");
        let operation = Operation::Decide { session: facts[0].session, starts, decision };
        self.store.change(operation, self.now).await.expect("a store");
        pass(self.store.as_ref(), &self.calendar, self.now).await.expect("a store");
        self.tell().await;
    }
}

#[tokio::test]
async fn nobody_comes_for_nothing_and_nobody_is_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut season = Season::new(folder.path());
    let march = season.session("mars", date(2027, 3, 17), 3);
    let may = season.session("mai", date(2027, 5, 26), 4);
    let september = season.session("septembre", date(2027, 9, 22), 4);
    let november = season.session("novembre", date(2027, 11, 24), 4);
    season.until(date(2027, 2, 1), 8).await;
    season.publish(vec![march.clone(), may.clone()]).await;

    // March fills, and somebody waits; one gives up.
    season.until(date(2027, 2, 1), 12).await;
    season.asks("ana", "mars", &[]).await;
    let bea = season.asks("bea", "mars", &[]).await;
    season.asks("carl", "mars", &[("telephone", "06 12 34 56 78")]).await;
    season.until(date(2027, 2, 2), 12).await;
    season.calls_everybody().await;
    season.until(date(2027, 2, 3), 12).await;
    season.asks("dina", "mars", &[]).await;
    let eli = season.asks("eli", "mars", &[]).await;
    season.until(date(2027, 3, 1), 12).await;
    season.cancels("bea", bea).await;
    // It is held; Eli had no place there, and goes first at the next one.
    season.until(date(2027, 3, 20), 12).await;
    season.accepts("eli", eli).await;

    // May moves by a week.
    season.until(date(2027, 4, 10), 12).await;
    season.asks("fanny", "mai", &[]).await;
    season.asks("gael", "mai", &[]).await;
    season.say("the content: mai moves to 2 June");
    let moved = SessionRecord { id: "mai".to_owned(), ..season.session("mai", date(2027, 6, 2), 4) };
    season.publish(vec![march.clone(), moved.clone(), september.clone(), november.clone()]).await;
    season.tell().await;

    // September has too few people: the team proposes November instead.
    season.until(date(2027, 9, 1), 12).await;
    let hugo = season.asks("hugo", "septembre", &[]).await;
    season.asks("ines", "septembre", &[]).await;
    season.until(date(2027, 9, 17), 12).await;
    season.decides("septembre", Decision::Cancel).await;
    season.until(date(2027, 9, 20), 12).await;
    season.accepts("hugo", hugo).await;

    // November has few people too, and is held all the same.
    season.until(date(2027, 11, 19), 12).await;
    season.decides("novembre", Decision::Hold).await;
    season.until(date(2027, 12, 10), 12).await;
    insta::assert_snapshot!(season.log);
}
