//! The pages behind the links of messages: cancel the others of this address, "it is me again". A
//! GET never changes anything.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    store::{Actor, Changed, FollowUp},
    token::Purpose,
    web::{
        app::App,
        error::RequestError,
        reply::Page,
        request::{Pressed, Token, demand},
    },
};

/// The template of what a link asks before it does anything.
const OTHERS: &str = "inscription/autres.html";

/// The link "cancel my other demands too".
pub(crate) async fn show_others(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    show(&app, Purpose::CancelOthers, &token).await
}

/// Cancels them.
pub(crate) async fn cancel_others(
    State(app): State<Arc<App>>,
    token: Token,
    _: Pressed,
) -> Result<Response, RequestError> {
    let demand = demand(&app, Purpose::CancelOthers, &token).await?;
    let changed = app.store.cancel_others(demand.id, app.clock.now()).await?;
    answer(&app, &demand, Purpose::CancelOthers, &token, changed)
}

/// The link "it is me again".
pub(crate) async fn show_merge(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    show(&app, Purpose::Merge, &token).await
}

/// Merges the two demands.
pub(crate) async fn merge(State(app): State<Arc<App>>, token: Token, _: Pressed) -> Result<Response, RequestError> {
    let demand = demand(&app, Purpose::Merge, &token).await?;
    let changed = app.store.merge(demand.id, Actor::Link, app.clock.now()).await?;
    answer(&app, &demand, Purpose::Merge, &token, changed)
}

async fn show(app: &App, purpose: Purpose, token: &Token) -> Result<Response, RequestError> {
    Ok(page(app, &demand(app, purpose, token).await?, purpose, token, false, StatusCode::OK))
}

/// What became of it. What cannot be done any more is answered by the same page, with 409.
fn answer(
    app: &App,
    demand: &FollowUp,
    purpose: Purpose,
    token: &Token,
    changed: Changed,
) -> Result<Response, RequestError> {
    match changed {
        Changed::Done => Ok(page(app, demand, purpose, token, true, StatusCode::OK)),
        Changed::Unknown => Err(RequestError::DeadLink),
        _ => Ok(page(app, demand, purpose, token, false, StatusCode::CONFLICT)),
    }
}

fn page(
    app: &App,
    demand: &FollowUp,
    purpose: Purpose,
    Token(token): &Token,
    done: bool,
    status: StatusCode,
) -> Response {
    let site = app.site.current();
    let kind = if purpose == Purpose::Merge { "fusion" } else { "annuler-autres" };
    let page = Page::new(&site, OTHERS).with_session(&demand.session.record.id);
    page.with("kind", kind).with("token", token).with("done", &done).answer(status)
}
