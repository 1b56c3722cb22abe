//! A session under its minimum: whether it is held, behind a link that ends when it begins. A GET
//! never changes anything.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    enrolment::Decision,
    store::{Changed, Counted, Operation},
    token::Purpose,
    web::{
        app::App,
        error::RequestError,
        reply::Page,
        request::{Posted, Token, team_session},
    },
};

const PAGE: &str = "equipe/seance.html";

/// The session, its counts, and the two buttons.
pub(crate) async fn show(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    let (_, counted) = team_session(&app, Purpose::Decide, &token).await?;
    Ok(page(&app, &counted, StatusCode::OK))
}

/// Hold it, or cancel it.
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    token: Token,
    posted: Posted,
) -> Result<Response, RequestError> {
    let decision = match posted.get("action") {
        "maintenir" => Decision::Hold,
        "annuler" => Decision::Cancel,
        _ => return Err(RequestError::UnknownAction),
    };
    let (link, _) = team_session(&app, Purpose::Decide, &token).await?;
    let operation = Operation::Decide { session: link.session, starts: link.until, decision };
    let changed = app.store.change(operation, app.clock.now()).await?;
    let status = if changed == Changed::Done { StatusCode::OK } else { StatusCode::CONFLICT };
    let (_, counted) = team_session(&app, Purpose::Decide, &token).await?;
    Ok(page(&app, &counted, status))
}

fn page(app: &App, counted: &Counted, status: StatusCode) -> Response {
    let site = app.site.current();
    let words = site.views().words(site.site().lang());
    let record = &counted.session;
    Page::new(&site, PAGE)
        .with("date", &words.date(record.date).long)
        .with("hours", &words.hours(record.start, record.end))
        .with("place", &record.place)
        .with("occupied", &counted.occupied)
        .with("waiting", &counted.waiting)
        .with("places_min", &record.places_min)
        .with("cancelled", &record.schedule.cancelled)
        .with("decision", &counted.decision.map(Decision::name))
        .with("refused", &!status.is_success())
        .answer(status)
}
