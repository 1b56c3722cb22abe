//! A session that people asked for keeps its former date when the content gives it one that is over
//! already. The team says, by a link of its letter, that the new one is right; otherwise it
//! corrects the content, and there is nothing to say. A GET never changes anything.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use jiff::Timestamp;

use crate::{
    store::{Changed, Counted, Operation},
    token::Purpose,
    web::{
        app::App,
        error::RequestError,
        reply::Page,
        request::{Posted, Token, team_session},
    },
};

const PAGE: &str = "equipe/date.html";

/// Both dates, and the button.
pub(crate) async fn show(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    let (_, counted) = team_session(&app, Purpose::AcceptDate, &token).await?;
    Ok(page(&app, &counted, StatusCode::OK, false))
}

/// The new one is right.
pub(crate) async fn accept(
    State(app): State<Arc<App>>,
    token: Token,
    posted: Posted,
) -> Result<Response, RequestError> {
    let asked = posted.get("date").parse().ok().and_then(|asked| Timestamp::from_millisecond(asked).ok());
    let starts = asked.ok_or(RequestError::UnknownAction)?;
    let (link, _) = team_session(&app, Purpose::AcceptDate, &token).await?;
    let operation = Operation::AcceptDate { session: link.session, starts };
    let done = app.store.change(operation, app.clock.now()).await? == Changed::Done;
    let status = if done { StatusCode::OK } else { StatusCode::CONFLICT };
    let (_, counted) = team_session(&app, Purpose::AcceptDate, &token).await?;
    Ok(page(&app, &counted, status, done))
}

fn page(app: &App, counted: &Counted, status: StatusCode, done: bool) -> Response {
    let site = app.site.current();
    let words = site.views().words(site.site().lang());
    Page::new(&site, PAGE)
        .with("date", &words.date(counted.session.date).long)
        .with("doubtful_date", &counted.doubtful.map(|doubtful| words.date(doubtful.date).long))
        .with("asked", &counted.doubtful.map(|doubtful| doubtful.starts.as_millisecond()))
        .with("done", &done)
        .with("refused", &!status.is_success())
        .answer(status)
}
