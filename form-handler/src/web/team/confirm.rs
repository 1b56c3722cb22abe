//! The demands that the team has yet to confirm, behind a link of its letters: each is confirmed,
//! or the next session is offered instead. A GET never changes anything.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use entreparentaise::views::Words;
use serde::Serialize;

use super::contact::ContactView;
use crate::{
    store::{Changed, ToConfirm},
    token::Purpose,
    web::{
        app::App,
        error::RequestError,
        reply::Page,
        request::{Posted, Token, team_link},
    },
};

const PAGE: &str = "equipe/a-confirmer.html";

/// The demands to confirm.
pub(crate) async fn show(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    team_link(&app, Purpose::Confirm, &token)?;
    page(&app, StatusCode::OK).await
}

/// The team's answer to one of them.
pub(crate) async fn settle(
    State(app): State<Arc<App>>,
    token: Token,
    posted: Posted,
) -> Result<Response, RequestError> {
    team_link(&app, Purpose::Confirm, &token)?;
    let offers = match posted.get("action") {
        "confirmer" => false,
        "suivante" => true,
        _ => return Err(RequestError::UnknownAction),
    };
    let changed = answer(&app, posted.get("demande"), offers, posted.get("seance")).await?;
    page(&app, if changed == Changed::Done { StatusCode::OK } else { StatusCode::CONFLICT }).await
}

/// What is not to be confirmed any more was answered by somebody else, or has ended. The session
/// that is offered is the one that was shown.
async fn answer(app: &App, demand: &str, offers: bool, session: &str) -> Result<Changed, RequestError> {
    let now = app.clock.now();
    let waiting = app.store.to_confirm(now).await?;
    let Some(found) = waiting.iter().find(|waiting| waiting.id.to_string() == demand) else {
        return Ok(Changed::Ended);
    };
    if !offers {
        return Ok(app.store.confirm(found.id, now).await?);
    }
    match found.next.as_ref().filter(|next| next.id == session) {
        Some(next) => Ok(app.store.offer_next(found.id, next.key, now).await?),
        None => Ok(Changed::UnknownSession),
    }
}

/// A demand to confirm, in words.
#[derive(Serialize)]
struct DemandView<'a> {
    id: String,
    date: String,
    #[serde(flatten)]
    contact: ContactView<'a>,
    other_parent: Option<&'a str>,
    other_parent_asked: bool,
    holds: bool,
    next: Option<NextView<'a>>,
}

/// The session that may be offered instead.
#[derive(Serialize)]
struct NextView<'a> {
    id: &'a str,
    date: String,
}

impl<'a> DemandView<'a> {
    fn of(waiting: &'a ToConfirm, words: &Words) -> Self {
        let (phone, email) = (waiting.phone.as_deref(), waiting.email.as_deref());
        let next = waiting.next.as_ref();
        Self {
            id: waiting.id.to_string(),
            date: words.date(waiting.session.date).long,
            contact: ContactView::new(&waiting.first_name, (phone, waiting.texts), email, waiting.cautions, words),
            other_parent: waiting.other_parent_first_name.as_deref(),
            other_parent_asked: waiting.other_parent_asked,
            holds: waiting.holds,
            next: next.map(|next| NextView { id: &next.id, date: words.date(next.date).without_year }),
        }
    }
}

async fn page(app: &App, status: StatusCode) -> Result<Response, RequestError> {
    let waiting = app.store.to_confirm(app.clock.now()).await?;
    let site = app.site.current();
    let words = site.views().words(site.site().lang());
    let views: Vec<_> = waiting.iter().map(|waiting| DemandView::of(waiting, words)).collect();
    Ok(Page::new(&site, PAGE).with("demands", &views).with("refused", &!status.is_success()).answer(status))
}
