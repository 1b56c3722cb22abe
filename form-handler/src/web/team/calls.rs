//! The calls that the team has to make: listed behind a link of its letters, and ticked. Whoever
//! refuses calls is never among them: they are listed apart, as people who know nothing yet. A GET
//! never changes anything.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use entreparentaise::site::Snapshot;
use jiff::Timestamp;
use serde::Serialize;

use super::contact::ContactView;
use crate::{
    enrolment::{Departure, MessageKind, call_by},
    messages::instant,
    store::Call,
    token::Purpose,
    web::{
        app::App,
        error::RequestError,
        reply::Page,
        request::{Posted, Token, team_link},
    },
};

const PAGE: &str = "equipe/appels.html";

/// The calls to make.
pub(crate) async fn show(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    team_link(&app, Purpose::Calls, &token)?;
    page(&app).await
}

/// One of them was made.
pub(crate) async fn made(State(app): State<Arc<App>>, token: Token, posted: Posted) -> Result<Response, RequestError> {
    team_link(&app, Purpose::Calls, &token)?;
    let key = posted.get("appel").parse().map_err(|_| RequestError::UnknownAction)?;
    // Twice is once: two facilitators may have the same page before them.
    app.store.call_made(key, app.clock.now()).await?;
    page(&app).await
}

/// A call, in words.
#[derive(Serialize)]
struct CallView<'a> {
    key: i64,
    about: Option<&'static str>,
    #[serde(flatten)]
    contact: ContactView<'a>,
    date: String,
    /// The session that they come from, and why they left it.
    previous: Option<String>,
    departure: Option<&'static str>,
    /// How the session was before it last moved.
    moved: Option<String>,
    by: String,
    late: bool,
}

impl<'a> CallView<'a> {
    fn of(call: &'a Call, by: Timestamp, site: &Snapshot, now: Timestamp) -> Self {
        let (words, zone) = (site.views().words(site.site().lang()), &site.site().time_zone);
        let (phone, email) = (call.phone.as_deref(), call.email.as_deref());
        Self {
            key: call.key,
            about: call.about.map(MessageKind::name),
            contact: ContactView::new(&call.first_name, (phone, call.texts), email, call.cautions, words),
            date: words.date(call.session.date).long,
            previous: call.previous.map(|previous| words.date(previous.date).without_year),
            departure: call.previous.and_then(|previous| previous.departure).map(Departure::name),
            moved: site
                .views()
                .session_by_id(&call.session.id)
                .and_then(|(view, _)| Some(view.moved.as_ref()?.all.clone())),
            by: instant(words, by, zone),
            late: by <= now,
        }
    }
}

async fn page(app: &App) -> Result<Response, RequestError> {
    let now = app.clock.now();
    let by = |call: &Call| call_by(call.since, call.session.schedule.starts);
    let mut calls: Vec<_> = app.store.calls(now).await?.into_iter().map(|call| (by(&call), call)).collect();
    // The most pressing first.
    calls.sort_by_key(|(by, call)| (*by, call.key));
    let site = app.site.current();
    let views = |made| -> Vec<_> {
        let these = calls.iter().filter(|(_, call)| call.may_be_made() == made);
        these.map(|(by, call)| CallView::of(call, *by, &site, now)).collect()
    };
    let page = Page::new(&site, PAGE).with("calls", &views(true)).with("unreachable", &views(false));
    Ok(page.answer(StatusCode::OK))
}
