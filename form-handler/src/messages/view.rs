//! What the templates of letters see.
//!
//! To a person: `places`, `session` (`title`, `date`, `day`, `start`, `hours`, `place`, `street`,
//! `town`, `door`, and `address`, which is its page's), `previous` (the day of the session that
//! they come from), `departure` (why: `cancelled`, `full`, `team`, `person`), `previous_over`
//! (that day is past), `moved` (how the session was when they were last told: `date`, `hours`,
//! `place`, each `none` where it is as it was), `answer_by` and `read_by` (until when an answer
//! is awaited, and when it is to be read), the links `follow_up`, `cancel_others`, `merge` and
//! `come_back`, `until` (a place on offer), `waits`, `to_confirm`, `code`, the `questionnaire`'s
//! address, and `found`, the demands whose links were lost (`date`, `hours`, `cancelled`,
//! `until`, `follow_up`).
//!
//! To the team: `session` and its counts (`occupied`, `waiting`, `to_confirm`, `held`, `new`,
//! `places_min`, `places_max`, `doubtful_date`), with the link `burst` to what is held of it; the
//! links `decide`, `accept_date`, `calls` and `confirm`, `until` (by when to decide); for the
//! digest `sessions`, `calls_count`, `unreachable_count`, `confirm_count`, `erasures` (days of
//! sessions) and `notices` (`kind`, `count`).
//!
//! To both: `team` and `phone`, the team's name and number (absent when nobody gave it).

use entreparentaise::views::{Appointment, MovedView, Words};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

use super::sender::Sender;
use crate::{
    enrolment::{Departure, MessageKind},
    store::{Counted, Digest, FoundDemand, SessionRecord, ToPerson, ToTeam},
    token::{Key, Purpose, TeamLink},
};

/// How long the team's link to a date that is doubted opens it. Nothing is lost meanwhile, nor
/// afterwards: the content may still be corrected.
const DOUBTFUL_FOR: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How long the team's links to the calls and to the demands to confirm open them: until the next
/// digest brings others, weekends and holidays included.
const LISTS_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A day and an hour, as people say them.
pub(crate) fn instant(words: &Words, at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let (day, hour) = (words.date(local.date()).without_year.clone(), words.time(local.time()));
    words.text("instant", &[("jour", day.into()), ("heure", hour.into())])
}

/// What every view is made with.
pub(super) struct Viewer<'a> {
    pub(super) words: &'a Words,
    pub(super) sender: &'a Sender,
    pub(super) key: &'a Key,
}

#[derive(Serialize)]
pub(super) struct PersonView<'a> {
    places: u16,
    session: SessionView<'a>,
    previous: Option<String>,
    departure: Option<&'static str>,
    previous_over: bool,
    moved: Option<MovedView>,
    /// Until when an answer is awaited.
    answer_by: Option<String>,
    /// By when it is of use: `avant le mercredi 26 mai`, `aujourd’hui`.
    read_by: Option<String>,
    follow_up: Option<String>,
    cancel_others: Option<String>,
    merge: Option<String>,
    come_back: Option<String>,
    /// Until when a place is on offer, in the site's zone.
    until: Option<String>,
    waits: bool,
    to_confirm: bool,
    code: Option<String>,
    questionnaire: Option<&'a str>,
    found: Vec<FoundView>,
    team: &'a str,
    phone: Option<&'a str>,
}

/// A demand whose link was lost.
#[derive(Serialize)]
struct FoundView {
    date: String,
    hours: String,
    /// The session is not held.
    cancelled: bool,
    /// Until when its place is on offer.
    until: Option<String>,
    follow_up: String,
}

#[derive(Serialize)]
pub(super) struct SessionView<'a> {
    title: Option<&'a str>,
    date: String,
    /// The day, without its year.
    day: String,
    start: String,
    hours: String,
    place: &'a str,
    street: Option<&'a str>,
    town: Option<&'a str>,
    door: Option<&'a str>,
    address: String,
}

impl SessionView<'_> {
    /// For a letter after which nobody comes: it tells which session, and not how to find it.
    fn without_the_way(self) -> Self {
        Self { street: None, town: None, door: None, ..self }
    }
}

#[derive(Serialize)]
pub(super) struct TeamView<'a> {
    session: Option<CountedView<'a>>,
    /// By when to decide.
    until: Option<String>,
    decide: Option<String>,
    /// To say that the session's doubtful date is right.
    accept_date: Option<String>,
    /// The days of sessions of which everything about people is to be erased in some days.
    erasures: Vec<String>,
    calls: String,
    confirm: String,
    sessions: Vec<CountedView<'a>>,
    calls_count: u32,
    /// People who have something to know and whom nobody may call.
    unreachable_count: u32,
    confirm_count: u32,
    notices: Vec<NoticeView<'a>>,
    team: &'a str,
    phone: Option<&'a str>,
}

#[derive(Serialize)]
struct CountedView<'a> {
    #[serde(flatten)]
    session: SessionView<'a>,
    occupied: u32,
    waiting: u32,
    to_confirm: u32,
    held: u32,
    /// To let in what is held, or to drop it.
    burst: String,
    new: u32,
    places_min: u16,
    places_max: u16,
    cancelled: bool,
    /// The date that the content gives it, while it keeps its former one.
    doubtful_date: Option<String>,
}

#[derive(Serialize)]
struct NoticeView<'a> {
    kind: &'a str,
    count: u32,
}

impl ToPerson {
    /// The first day from `today` on which whoever has not read it would come for nothing, or miss
    /// what is theirs.
    fn day_that_it_changes(&self, today: Date) -> Option<Date> {
        let (now, former) = (Some(self.session.date), self.former.as_ref().map(|former| former.date));
        let left = self.previous.filter(|left| left.departure != Some(Departure::Full)).map(|left| left.date);
        let days = match self.kind {
            MessageKind::SessionMoved => [former, now],
            MessageKind::SessionCancelled | MessageKind::PlaceFreed => [now, None],
            MessageKind::NextSession => [left, None],
            _ => [None, None],
        };
        days.into_iter().flatten().filter(|day| *day >= today).min()
    }
}

impl<'a> Viewer<'a> {
    pub(super) fn person(&self, letter: &'a ToPerson, written_at: Timestamp) -> PersonView<'a> {
        let link = |path: &str, purpose| {
            let token = self.key.token(purpose, letter.demand?);
            Some(format!("{}/inscription/{path}/{token}", self.sender.public_url))
        };
        let code = |demand| self.key.code(demand, written_at);
        let session = self.session(&letter.session);
        let today = written_at.to_zoned(self.sender.zone.clone()).date();
        let until = letter.offered_until.map(|until| instant(self.words, until, &self.sender.zone));
        PersonView {
            places: letter.places,
            session: if letter.kind.leads_there() { session } else { session.without_the_way() },
            previous: letter.previous.map(|previous| self.words.date(previous.date).without_year),
            departure: letter.previous.and_then(|previous| previous.departure).map(Departure::name),
            previous_over: letter.previous.is_some_and(|previous| previous.date < today),
            moved: self.moved(letter),
            answer_by: until.clone().filter(|_| letter.kind.awaits_an_answer() && !letter.to_confirm),
            read_by: letter.day_that_it_changes(today).map(|day| self.by(day, today)),
            follow_up: link("suivi", Purpose::FollowUp),
            cancel_others: link("annuler-autres", Purpose::CancelOthers),
            merge: link("fusion", Purpose::Merge),
            come_back: link("revenir", Purpose::ComeBack),
            until,
            waits: letter.waits,
            to_confirm: letter.to_confirm,
            // Known to nobody but the letter: the code is made when it is written down.
            code: letter.demand.filter(|_| letter.kind == MessageKind::Code).map(code),
            questionnaire: self.sender.questionnaire.as_deref(),
            found: letter.found.iter().map(|found| self.found(found)).collect(),
            team: &self.sender.name,
            phone: self.sender.phone.as_deref(),
        }
    }

    pub(super) fn team(&self, letter: &'a ToTeam, written_at: Timestamp) -> TeamView<'a> {
        let link = |path: &str, purpose, until, session| self.team_link(path, purpose, TeamLink { until, session });
        let within = |time| written_at.saturating_add(time).unwrap_or(Timestamp::MAX);
        let list = |path, purpose| link(path, purpose, within(LISTS_FOR), 0);
        let (session, digest) = (letter.session.as_ref(), letter.digest.as_ref());
        let starts = |counted: &Counted| counted.session.schedule.starts;
        let doubtful = session.filter(|counted| counted.doubtful.is_some());
        TeamView {
            session: session.map(|counted| self.counted(counted)),
            until: session.map(|counted| instant(self.words, starts(counted), &self.sender.zone)),
            decide: session.map(|counted| link("seance", Purpose::Decide, starts(counted), counted.key)),
            accept_date: doubtful.map(|counted| link("date", Purpose::AcceptDate, within(DOUBTFUL_FOR), counted.key)),
            erasures: digest.iter().flat_map(|digest| &digest.erasures).map(|day| self.words.date(*day).long).collect(),
            calls: list("appels", Purpose::Calls),
            confirm: list("a-confirmer", Purpose::Confirm),
            sessions: digest.iter().flat_map(|digest| &digest.sessions).map(|counted| self.counted(counted)).collect(),
            calls_count: digest.map_or(0, |digest| digest.calls),
            unreachable_count: digest.map_or(0, |digest| digest.unreachable),
            confirm_count: digest.map_or(0, Digest::to_confirm),
            notices: digest
                .iter()
                .flat_map(|digest| &digest.notices)
                .map(|(kind, count)| NoticeView { kind, count: *count })
                .collect(),
            team: &self.sender.name,
            phone: self.sender.phone.as_deref(),
        }
    }

    fn team_link(&self, path: &str, purpose: Purpose, link: TeamLink) -> String {
        format!("{}/equipe/{path}/{}", self.sender.public_url, self.key.team_token(purpose, link))
    }

    /// By when something is to be read that changes what happens on that day.
    fn by(&self, day: Date, today: Date) -> String {
        if day == today {
            return self.words.text("lettre-aujourdhui", &[]);
        }
        self.words.text("lettre-avant", &[("jour", self.words.date(day).without_year.into())])
    }

    fn moved(&self, letter: &ToPerson) -> Option<MovedView> {
        let SessionRecord { date, start, end, place, .. } = &letter.session;
        let now = Appointment { date: *date, start: *start, end: *end, place };
        MovedView::of(letter.former.as_ref()?, &now, &self.sender.zone, self.words)
    }

    fn found(&self, FoundDemand { id, session, offered_until }: &FoundDemand) -> FoundView {
        let cancelled = session.schedule.cancelled;
        FoundView {
            date: self.words.date(session.date).long.clone(),
            hours: self.words.hours(session.start, session.end),
            cancelled,
            until: offered_until.filter(|_| !cancelled).map(|until| instant(self.words, until, &self.sender.zone)),
            follow_up: format!(
                "{}/inscription/suivi/{}",
                self.sender.public_url,
                self.key.token(Purpose::FollowUp, *id)
            ),
        }
    }

    fn session(&self, session: &'a SessionRecord) -> SessionView<'a> {
        SessionView {
            title: session.title.as_deref(),
            date: self.words.date(session.date).long,
            day: self.words.date(session.date).without_year,
            start: self.words.time(session.start),
            hours: self.words.hours(session.start, session.end),
            place: &session.place,
            street: session.venue.street.as_deref(),
            town: session.venue.town.as_deref(),
            door: session.venue.door.as_deref(),
            address: format!("{}{}", self.sender.site_url, session.path),
        }
    }

    fn counted(&self, counted: &'a Counted) -> CountedView<'a> {
        CountedView {
            session: self.session(&counted.session),
            occupied: counted.occupied,
            waiting: counted.waiting,
            to_confirm: counted.to_confirm,
            held: counted.held,
            burst: self.team_link(
                "rafale",
                Purpose::Burst,
                TeamLink { until: counted.session.schedule.starts, session: counted.key },
            ),
            new: counted.new,
            places_min: counted.session.places_min,
            places_max: counted.session.places_max,
            cancelled: counted.session.schedule.cancelled,
            doubtful_date: counted.doubtful.map(|doubtful| self.words.date(doubtful.date).long),
        }
    }
}
