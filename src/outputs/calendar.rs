//! Every session to come, as a calendar.

use super::{
    output::{Output, OutputKind, Rendered},
    view::View,
};
use crate::{calendar, model::Venue, site::Snapshot, urls};

pub(super) fn plan(_: &Snapshot, outputs: &mut Vec<Output>) {
    outputs.push(Output::new("/calendrier.ics".to_owned(), SeasonCalendar));
}

#[derive(Debug)]
struct SeasonCalendar;

impl OutputKind for SeasonCalendar {
    fn name(&self) -> &'static str {
        "calendar"
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        let args = [("site", view.site().name.clone().into())];
        let (name, title) = (view.words().text("agenda-nom", &args), view.words().text("agenda-titre", &args));
        let entries = view.coming().into_iter().map(|index| entry(view, index, &title));
        Ok(calendar::render(Some(&name), entries).into())
    }
}

/// A session, as calendars show it.
pub(super) fn entry(view: &View<'_>, index: usize, title: &str) -> calendar::CalendarEntry {
    let (site, header) = (view.site(), view.header(index));
    let schedule = header.standing.schedule;
    let moved = view.session(index).0.moved.as_ref();
    let host = site.url.split_once("://").map_or("", |(_, host)| host);
    let title = if schedule.cancelled {
        view.words().text("agenda-annulee", &[("titre", title.to_owned().into())])
    } else {
        title.to_owned()
    };
    calendar::CalendarEntry {
        uid: format!("{}@{host}", header.id),
        sequence: header.revision,
        stamp: header.updated_at,
        starts: schedule.starts,
        ends: schedule.ends,
        zone: None,
        title,
        place: calendar::location(header.place, header.venue.and_then(Venue::address).as_deref()),
        position: header.venue.and_then(|venue| venue.position),
        note: moved.map(|moved| view.words().text("agenda-deplacee", &[("avant", moved.all.clone().into())])),
        url: Some(format!("{}{}", site.url, urls::session(header.id))),
        status: if schedule.cancelled { calendar::Status::Cancelled } else { calendar::Status::Confirmed },
    }
}
