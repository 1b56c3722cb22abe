//! A session's calendar entry.

use super::{
    calendar::entry,
    output::{Output, OutputKind, Rendered},
    view::View,
};
use crate::{calendar, site::Snapshot, urls};

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let sessions = snapshot.model().sessions.iter().enumerate();
    outputs.extend(
        sessions.map(|(index, session)| Output::new(urls::session_calendar(&session.id), SessionCalendar(index))),
    );
}

#[derive(Debug)]
struct SessionCalendar(usize);

impl OutputKind for SessionCalendar {
    fn name(&self) -> &'static str {
        "session-calendar"
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        Some(&snapshot.model().sessions[self.0].at.file)
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        Ok(bytes(view, self.0).into())
    }
}

/// The entry, discreet: a calendar is seen by others.
pub(super) fn bytes(view: &View<'_>, index: usize) -> Vec<u8> {
    let title = view.words().text("agenda-titre-discret", &[]);
    calendar::render(None, [entry(view, index, &title)])
}
