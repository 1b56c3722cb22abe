//! Demands of a session that came in a burst: let in or dropped together, behind a link that ends
//! when the session begins. The page names nobody. A GET never changes anything.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    messages::instant,
    store::{Burst, BurstAnswer, Changed, Counted},
    token::Purpose,
    web::{
        app::App,
        error::RequestError,
        reply::Page,
        request::{Posted, Token, team_session},
    },
};

const PAGE: &str = "equipe/rafale.html";

/// How many, since when, and the two buttons.
pub(crate) async fn show(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    let (link, counted) = team_session(&app, Purpose::Burst, &token).await?;
    let burst = find(&app, link.session).await?;
    Ok(page(&app, &counted, burst.as_ref(), StatusCode::OK, None))
}

/// Lets in, or drops, what the page told of: what came since is another question.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    token: Token,
    posted: Posted,
) -> Result<Response, RequestError> {
    let (answer, done) = match posted.get("action") {
        "accepter" => (BurstAnswer::Admit, "acceptees"),
        "ecarter" => (BurstAnswer::Drop, "ecartees"),
        _ => return Err(RequestError::UnknownAction),
    };
    let last = posted.get("derniere").parse().map_err(|_| RequestError::UnknownAction)?;
    let (link, _) = team_session(&app, Purpose::Burst, &token).await?;
    let changed = app.store.answer_burst(link.session, last, answer, app.clock.now()).await?;
    let (status, done) =
        if changed == Changed::Done { (StatusCode::OK, Some(done)) } else { (StatusCode::CONFLICT, None) };
    let (_, counted) = team_session(&app, Purpose::Burst, &token).await?;
    let burst = find(&app, link.session).await?;
    Ok(page(&app, &counted, burst.as_ref(), status, done))
}

/// What is held of this session.
async fn find(app: &App, session: i64) -> Result<Option<Burst>, RequestError> {
    Ok(app.store.bursts(app.clock.now()).await?.into_iter().find(|burst| burst.key == session))
}

fn page(app: &App, counted: &Counted, burst: Option<&Burst>, status: StatusCode, done: Option<&str>) -> Response {
    let site = app.site.current();
    let words = site.views().words(site.site().lang());
    let record = &counted.session;
    let at = |instant_of: fn(&Burst) -> jiff::Timestamp| {
        burst.map(|burst| instant(words, instant_of(burst), &site.site().time_zone))
    };
    Page::new(&site, PAGE)
        .with("date", &words.date(record.date).long)
        .with("hours", &words.hours(record.start, record.end))
        .with("occupied", &counted.occupied)
        .with("waiting", &counted.waiting)
        .with("places_max", &record.places_max)
        .with("cancelled", &record.schedule.cancelled)
        .with("count", &burst.map_or(0, |burst| burst.count))
        .with("first", &at(|burst| burst.first_at))
        .with("last", &at(|burst| burst.last_at))
        .with("asked", &burst.map(|burst| burst.last))
        .with("done", &done)
        .with("refused", &!status.is_success())
        .answer(status)
}
