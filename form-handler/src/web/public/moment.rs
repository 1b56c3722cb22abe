//! When somebody looks at their demand: before its session, while it takes place, or afterwards;
//! where the demand comes from, and what comes next. The database and the clock say so: a page that
//! was published a moment ago may be a moment behind.

use entreparentaise::{
    model::{Schedule, State},
    site::Snapshot,
    views::{DateView, SessionView, Words},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use tera::Value;

use crate::{
    enrolment::Departure,
    store::{FollowUp, SessionRecord},
};

/// What the page of a demand is told of time.
#[derive(Serialize)]
pub(super) struct MomentView {
    /// `before`, `during` or `after` the hours of the session, whether or not it is held.
    moment: &'static str,
    /// Whether the session is not held.
    off: bool,
    /// When and where it is, as far as the database knows: of one that left the content, too.
    when: WhenView,
    /// The day of the session that the demand comes from, without its year.
    previous: Option<String>,
    /// Why it left that one.
    departure: Option<&'static str>,
    /// Whether that day is past.
    previous_over: bool,
    /// Whether the session moved since the demand was made.
    changed: bool,
}

/// When and where a session is held.
#[derive(Serialize)]
struct WhenView {
    date: DateView,
    start: String,
    hours: String,
    place: String,
}

impl MomentView {
    pub(super) fn of(demand: &FollowUp, site: &Snapshot, now: Timestamp) -> Self {
        let (words, record) = (site.views().words(site.site().lang()), &demand.session.record);
        let today = now.to_zoned(site.site().time_zone.clone()).date();
        let former = site.views().index_of(&record.id).and_then(|at| site.model().sessions[at].former.as_ref());
        Self {
            moment: moment(&record.schedule, now),
            off: demand.session.state == State::Cancelled,
            when: WhenView::of(record, words),
            previous: demand.previous.map(|previous| words.date(previous.date).without_year),
            departure: demand.previous.and_then(|previous| previous.departure).map(Departure::name),
            previous_over: demand.previous.is_some_and(|previous| previous.date < today),
            // Whoever asked, or came here, afterwards knows no other date. On a clock that stands
            // still, who asked did so first, and who came did so last.
            changed: former.is_some_and(|former| match demand.previous {
                None => former.until >= demand.asked_at,
                Some(_) => former.until > demand.asked_at,
            }),
        }
    }
}

impl WhenView {
    fn of(record: &SessionRecord, words: &Words) -> Self {
        Self {
            date: words.date(record.date),
            start: words.time(record.start),
            hours: words.hours(record.start, record.end),
            place: record.place.clone(),
        }
    }
}

fn moment(schedule: &Schedule, now: Timestamp) -> &'static str {
    match now {
        now if now < schedule.starts => "before",
        now if now < schedule.ends => "during",
        _ => "after",
    }
}

/// The next session of a group that takes demands, as it is published: one with a place left first.
/// After `day`, when that matters; never `except`.
pub(super) fn next<'s>(
    site: &'s Snapshot,
    group: &str,
    after: Option<Date>,
    except: &str,
) -> Option<(&'s SessionView, &'s Value)> {
    let of_group = site.model().sessions.iter().filter(|session| session.group.as_str() == group);
    let later = of_group.filter(|session| after.is_none_or(|day| session.date > day) && session.id.as_str() != except);
    let views = later.filter_map(|session| site.views().session_by_id(session.id.as_str()));
    let open: Vec<_> = views.filter(|(view, _)| view.accepts).collect();
    let free =
        |(view, _): &&(&SessionView, &Value)| view.state.as_ref().is_none_or(|state| state.key != State::Full.key());
    open.iter().find(free).or(open.first()).copied()
}
