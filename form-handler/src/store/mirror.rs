//! Where the content and the database meet: what an edit of the content changes for people who had asked for its sessions. Nobody is
//! dropped; the team is told.

use std::collections::HashMap;

use entreparentaise::typography::french;
use jiff::Timestamp;

use super::{SessionRecord, Synced};
use crate::enrolment::Notice;

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
    /// Whether the team cancelled it. The record says what the content says.
    pub(super) cancelled_by_team: bool,
    /// Whether anything else hangs on it: demands that ended, topics.
    pub(super) remembered: bool,
}

/// What is to be done about it.
#[derive(Debug, Default)]
pub(super) struct Meeting<'a> {
    /// Sessions to write: new, or not as they were.
    pub(super) write: Vec<&'a SessionRecord>,
    /// Sessions that left and that nobody ever asked for.
    pub(super) forget: Vec<i64>,
    /// Sessions that left, kept for those who asked for them.
    pub(super) orphan: Vec<i64>,
    /// What the team is told.
    pub(super) notices: Vec<(i64, Notice)>,
    /// Sessions where a place may have come free.
    pub(super) settle: Vec<i64>,
    /// Sessions at another time or place, still to come: everybody who asked for them is told.
    pub(super) moved: Vec<i64>,
    pub(super) synced: Synced,
}

/// Compares what is mirrored with the content's sessions.
pub(super) fn meet<'a>(mirrored: &[Mirrored], records: &'a [SessionRecord], now: Timestamp) -> Meeting<'a> {
    let mut known: HashMap<&str, &Mirrored> = mirrored.iter().map(|one| (one.record.id.as_str(), one)).collect();
    let mut meeting = Meeting::default();
    for record in records {
        let Some(before) = known.remove(record.id.as_str()) else {
            meeting.write.push(record);
            continue;
        };
        if before.orphaned || before.record != *record {
            meeting.write.push(record);
            if before.live > 0 {
                meeting.settle.push(before.key);
                tell(&mut meeting, before, record, now);
            }
        }
        if before.occupied > u32::from(record.places_max) {
            meeting.synced.overfull.push(record.id.clone());
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
    meeting.synced.overfull.sort_unstable();
    meeting
}

/// Whether the team's word still stands above the content's: until the content's revision is raised.
fn stays_cancelled(before: &Mirrored, record: &SessionRecord) -> bool {
    before.cancelled_by_team && !record.schedule.cancelled && record.revision <= before.record.revision
}

/// What changes for those who asked for this session.
fn tell(meeting: &mut Meeting<'_>, before: &Mirrored, record: &SessionRecord, now: Timestamp) {
    let old = &before.record;
    // A place that is only printed otherwise has not moved.
    let appointment =
        |record: &SessionRecord| (record.schedule.starts, record.schedule.ends, french(&record.place).into_owned());
    if appointment(old) != appointment(record) {
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
    use super::*;
    use crate::store::conformance::{now, record};

    #[test]
    fn a_place_that_is_only_printed_otherwise_moves_nobody() {
        let before = record("s1", 12);
        let moved = |place: &str| {
            let mirrored = Mirrored {
                key: 1,
                record: before.clone(),
                orphaned: false,
                live: 1,
                occupied: 1,
                cancelled_by_team: false,
                remembered: true,
            };
            let records = [SessionRecord { place: place.to_owned(), ..before.clone() }];
            let meeting = meet(&[mirrored], &records, now());
            (meeting.write.len(), meeting.moved.len())
        };
        assert_eq!(moved(&before.place), (0, 0));
        assert_eq!(moved(&french(&before.place)), (1, 0));
        assert_eq!(moved("Ailleurs"), (1, 1));
    }
}
