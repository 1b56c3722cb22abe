//! Where the content and the database meet: what an edit of the content changes for people who had
//! asked for its sessions. Nobody is dropped; the team is told.

use std::{borrow::Cow, collections::HashMap};

use entreparentaise::model::Schedule;
use jiff::Timestamp;

use super::record::{SessionRecord, Synced};
use crate::enrolment::{Decision, Notice};

/// A session as it is mirrored so far.
#[derive(Debug, Clone)]
pub(super) struct Mirrored {
    pub(super) key: i64,
    pub(super) record: SessionRecord,
    pub(super) orphaned: bool,
    /// Live demands.
    pub(super) live: u32,
    /// Places that they hold.
    pub(super) occupied: u32,
    /// The team's word on it. The record says what the content says.
    pub(super) decision: Option<Decision>,
    /// Whether anything else hangs on it: demands that ended, topics.
    pub(super) remembered: bool,
    /// When it would begin by a date of the content's that is doubted already.
    pub(super) doubtful: Option<Timestamp>,
    /// When the last of its live demands was recorded.
    pub(super) asked: Option<Timestamp>,
    /// When it ended, if a running server saw that.
    pub(super) ended: Option<Timestamp>,
}

/// What is to be done about it.
#[derive(Debug, Default)]
pub(super) struct Meeting<'a> {
    /// Sessions to write: new, or not as they were.
    pub(super) write: Vec<SessionWrite<'a>>,
    /// Sessions that left and that nobody ever asked for.
    pub(super) forget: Vec<i64>,
    /// Sessions that left, kept for those who asked for them.
    pub(super) orphan: Vec<i64>,
    /// What the team is told.
    pub(super) notices: Vec<(i64, Notice)>,
    /// Sessions where a place may have come free.
    pub(super) settle: Vec<i64>,
    /// Sessions that keep their former date, as the content has them: from now on, or with another
    /// date than before.
    pub(super) doubt: Vec<(i64, &'a SessionRecord)>,
    /// Sessions whose date is doubted no longer.
    pub(super) trust: Vec<i64>,
    /// Sessions at another time or place, still to come: everybody who asked for them is told.
    pub(super) moved: Vec<i64>,
    /// What calendars and feeds are told of, whether or not anybody asked for these sessions.
    pub(super) changes: Vec<SessionChange>,
    pub(super) synced: Synced,
}

impl Meeting<'_> {
    /// Whether any session is to be written, or what hangs on it.
    pub(super) fn writes_anything(&self) -> bool {
        let sessions = self.write.len() + self.forget.len() + self.orphan.len();
        sessions + self.doubt.len() + self.trust.len() > 0
    }
}

/// A change of a session that is to be noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionChange {
    /// Its key in the database.
    pub(super) session: i64,
    /// Whether the day, the hours or the place are others.
    pub(super) moved: bool,
    /// The content's revision, from now on.
    pub(super) revision: u32,
}

/// A session to write.
#[derive(Debug)]
pub(super) struct SessionWrite<'a> {
    pub(super) record: Cow<'a, SessionRecord>,
    /// The team's word, as far as it stands.
    pub(super) decision: Option<Decision>,
}

impl SessionWrite<'_> {
    /// Whether the session is not held: by the content or by the team.
    pub(super) fn is_cancelled(&self) -> bool {
        self.record.schedule.cancelled || self.decision == Some(Decision::Cancel)
    }
}

/// Compares what is mirrored with the content's sessions.
pub(super) fn meet<'a>(mirrored: &[Mirrored], records: &'a [SessionRecord], now: Timestamp) -> Meeting<'a> {
    let mut known: HashMap<&str, &Mirrored> = mirrored.iter().map(|one| (one.record.id.as_str(), one)).collect();
    let mut meeting = Meeting::default();
    for record in records {
        let Some(before) = known.remove(record.id.as_str()) else {
            meeting.write.push(SessionWrite { record: Cow::Borrowed(record), decision: None });
            continue;
        };
        let doubtful = is_doubtful(before, record, now);
        if doubtful {
            meeting.synced.doubtful.push(record.id.clone());
            if before.doubtful != Some(record.schedule.starts) {
                meeting.notices.push((before.key, Notice::SessionDoubtful));
                meeting.doubt.push((before.key, record));
            }
        } else if before.doubtful.is_some() {
            meeting.trust.push(before.key);
        }
        let record = if doubtful { Cow::Owned(at_its_former_date(before, record)) } else { Cow::Borrowed(record) };
        if before.occupied > u32::from(record.places_max) {
            meeting.synced.overfull.push(record.id.clone());
        }
        if before.orphaned || before.record != *record {
            if before.live > 0 {
                meeting.settle.push(before.key);
                tell(&mut meeting, before, &record, now);
            }
            let decision = standing_decision(before, &record);
            let written = SessionWrite { record, decision };
            meeting.changes.extend(change(before, &written));
            meeting.write.push(written);
        }
    }
    for left in known.into_values() {
        if left.live == 0 && !left.remembered {
            meeting.forget.push(left.key);
            continue;
        }
        meeting.synced.orphaned.push(left.record.id.clone());
        if !left.orphaned {
            meeting.orphan.push(left.key);
            if left.live > 0 {
                meeting.notices.push((left.key, Notice::SessionRemoved));
            }
        }
    }
    meeting.synced.orphaned.sort_unstable();
    meeting.synced.doubtful.sort_unstable();
    meeting.synced.overfull.sort_unstable();
    meeting
}

/// What is noted of a session that is written: that its day, hours or place are others, that it is
/// held or not held any more, or that somebody says by the revision that it changed.
fn change(before: &Mirrored, written: &SessionWrite<'_>) -> Option<SessionChange> {
    let old = &before.record;
    let was_cancelled = old.schedule.cancelled || before.decision == Some(Decision::Cancel);
    let moved = is_moved(old, &written.record);
    let (revision, raised) = (written.record.revision, written.record.revision != old.revision);
    let changed = moved || raised || was_cancelled != written.is_cancelled();
    changed.then_some(SessionChange { session: before.key, moved, revision })
}

/// Whether a session is held at another time, or behind another door.
fn is_moved(old: &SessionRecord, new: &SessionRecord) -> bool {
    let hours = |record: &SessionRecord| (record.schedule.starts, record.schedule.ends);
    hours(old) != hours(new) || old.is_elsewhere(new)
}

/// Whether the content moves a session that people asked for to a day that is over, or further
/// back: a year that was mistyped would have them erased. It keeps its former date, until the
/// revision is raised or the team says that the new one is right. Nobody asks for a session that is
/// over: what was over when somebody asked, or when it was seen ended, is over, even by a clock
/// that went back since; and a date that was doubted once is so until it is answered.
fn is_doubtful(before: &Mirrored, record: &SessionRecord, now: Timestamp) -> bool {
    let known = [before.asked, before.ended].into_iter().flatten().fold(now, Timestamp::max);
    let back = record.date < before.record.date && record.schedule.ends <= known;
    let doubted = before.doubtful == Some(record.schedule.starts);
    before.live > 0 && (back || doubted) && record.revision <= before.record.revision
}

/// The content's session at the time at which it was before. Whether it is cancelled is the
/// content's to say in any case.
fn at_its_former_date(before: &Mirrored, record: &SessionRecord) -> SessionRecord {
    let SessionRecord { date, start, end, schedule, revision, .. } = before.record;
    let schedule = Schedule { cancelled: record.schedule.cancelled, ..schedule };
    SessionRecord { date, start, end, schedule, revision, ..record.clone() }
}

/// The team's word after this edit: it stands until the content's revision is raised; that the
/// session is held all the same, only while it begins at the same time.
fn standing_decision(before: &Mirrored, record: &SessionRecord) -> Option<Decision> {
    let same = record.schedule.starts == before.record.schedule.starts;
    let stands = |decision: &Decision| *decision == Decision::Cancel || same;
    before.decision.filter(|decision| record.revision <= before.record.revision && stands(decision))
}

/// Whether the team's cancellation stands above what the content says.
fn stays_cancelled(before: &Mirrored, record: &SessionRecord) -> bool {
    !record.schedule.cancelled && standing_decision(before, record) == Some(Decision::Cancel)
}

/// What changes for those who asked for this session.
fn tell(meeting: &mut Meeting<'_>, before: &Mirrored, record: &SessionRecord, now: Timestamp) {
    let old = &before.record;
    if is_moved(old, record) {
        meeting.notices.push((before.key, Notice::SessionMoved));
        meeting.synced.moved.push(record.id.clone());
        // What is over, or is not held, moves nobody.
        let held = !record.schedule.cancelled && !stays_cancelled(before, record);
        if held && now < record.schedule.starts.max(old.schedule.starts) {
            meeting.moved.push(before.key);
        }
    }
    if stays_cancelled(before, record) && old != record {
        meeting.notices.push((before.key, Notice::SessionConflict));
    }
    if record.schedule.cancelled && !old.schedule.cancelled {
        meeting.notices.push((before.key, Notice::SessionCancelled));
        meeting.synced.cancelled.push(record.id.clone());
    }
    let over = |record: &SessionRecord| before.occupied > u32::from(record.places_max);
    if over(record) && !over(old) {
        meeting.notices.push((before.key, Notice::SessionOverfull));
    }
}

#[cfg(test)]
mod tests {
    use entreparentaise::content::typography::french;

    use super::*;
    use crate::store::{
        record::VenueRecord,
        tests::conformance::{now, record},
    };

    #[test]
    fn a_place_that_is_only_printed_otherwise_moves_nobody() {
        let mut before = record("s1", 12);
        before.venue.street = Some("1 rue de l'Essai".to_owned());
        let moved = |record: SessionRecord| {
            let mirrored = Mirrored {
                key: 1,
                record: before.clone(),
                orphaned: false,
                live: 1,
                occupied: 1,
                decision: None,
                remembered: true,
                doubtful: None,
                asked: None,
                ended: None,
            };
            let records = [record];
            let meeting = meet(&[mirrored], &records, now());
            (meeting.write.len(), meeting.moved.len(), meeting.changes.len())
        };
        let called = |name: &str| SessionRecord { place: name.to_owned(), ..before.clone() };
        assert_eq!(moved(before.clone()), (0, 0, 0));
        assert_eq!(moved(called(&french(&before.place))), (1, 0, 0));
        assert_eq!(moved(called("Ailleurs")), (1, 1, 1));
        let at = |street: Option<&str>, door: &str| {
            let venue =
                VenueRecord { street: street.map(str::to_owned), door: Some(door.to_owned()), ..before.venue.clone() };
            SessionRecord { venue, ..before.clone() }
        };
        assert_eq!(moved(at(Some("9 place Neuve"), "La verte.")), (1, 1, 1), "the house is in another street");
        assert_eq!(moved(at(Some("1 rue de l’Essai"), "La bleue.")), (1, 0, 0), "the same house, printed otherwise");
        assert_eq!(moved(at(None, "La verte.")), (1, 0, 0), "nobody knows the street any more");
    }

    #[test]
    fn a_date_that_is_over_already_is_doubted_where_people_are_enrolled() {
        let before = record("s1", 12);
        let year_before = |record: &SessionRecord| {
            let back = jiff::SignedDuration::from_hours(24 * 365);
            let Schedule { starts, ends, closes, .. } = record.schedule;
            let (starts, ends, closes) = (starts - back, ends - back, closes - back);
            let schedule = Schedule { starts, ends, closes, ..record.schedule };
            SessionRecord { date: "2026-03-17".parse().unwrap(), schedule, ..record.clone() }
        };
        let meet_one = |live: u32, doubtful: Option<Timestamp>, record: &SessionRecord| {
            let mirrored = Mirrored {
                key: 1,
                record: before.clone(),
                orphaned: false,
                live,
                occupied: live,
                decision: None,
                remembered: true,
                doubtful,
                asked: None,
                ended: None,
            };
            let records = [record.clone()];
            let meeting = meet(&[mirrored], &records, now());
            let dates = meeting.write.iter().map(|session| session.record.date.to_string()).collect::<Vec<_>>();
            (dates, meeting.doubt.len(), meeting.trust.len(), meeting.moved.len(), meeting.synced.doubtful.len())
        };
        let mistyped = year_before(&before);
        let starts = Some(mistyped.schedule.starts);
        assert_eq!(meet_one(1, None, &mistyped), (vec![], 1, 0, 0, 1), "it stays where it was, and the team is told");
        assert_eq!(meet_one(1, starts, &mistyped), (vec![], 0, 0, 0, 1), "once");
        assert_eq!(meet_one(1, starts, &before), (vec![], 0, 1, 0, 0), "corrected");
        let renamed = SessionRecord { title: Some("Autre".to_owned()), ..mistyped.clone() };
        assert_eq!(meet_one(1, starts, &renamed).0, ["2027-03-17"], "what else changes passes");
        let raised = SessionRecord { revision: 1, ..mistyped.clone() };
        assert_eq!(meet_one(1, starts, &raised), (vec!["2026-03-17".to_owned()], 0, 1, 1, 0), "it is meant so");
        assert_eq!(meet_one(0, None, &mistyped).0, ["2026-03-17"], "nobody asked for it");
    }
}
