//! "Je reviens": a place at the next session for somebody who came, in one tap from the letter that
//! thanks them. A GET never changes anything.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use entreparentaise::site::Snapshot;

use super::{form, moment};
use crate::{
    demand::Values,
    store::{COMES_BACK, FollowUp, Personal},
    token::Purpose,
    web::{
        app::App,
        error::RequestError,
        reply::Page,
        request::{Client, Format, Pressed, Token, demand},
    },
};

const PAGE: &str = "inscription/revenir.html";

/// The next session, and the button.
pub(crate) async fn show(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    let demand = demand(&app, Purpose::ComeBack, &token).await?;
    Ok(page(&app, &demand, StatusCode::OK))
}

/// A demand for the next session, from the same person.
pub(crate) async fn come_back(
    State(app): State<Arc<App>>,
    format: Format,
    Client(client): Client,
    token: Token,
    _: Pressed,
) -> Result<Response, RequestError> {
    app.guard.limit(client)?;
    let demand = demand(&app, Purpose::ComeBack, &token).await?;
    let record = app.store.personal(demand.id).await?.ok_or(RequestError::DeadLink)?;
    let next = next(&app.site.current(), &demand).map(ToOwned::to_owned);
    let Some(next) = next else { return Ok(page(&app, &demand, StatusCode::CONFLICT)) };
    let texts = record.texts && app.site.current().site().offers_texts;
    let form = same_person(&record, &demand, &next, texts);
    let answer = form::decide(&app, format, client, &form, form::Sender::Letter).await?;
    // A form that is refused comes back with all that is recorded in it: a link alone shows none.
    if format == Format::Html && answer.status().is_client_error() {
        return Ok(page(&app, &demand, StatusCode::CONFLICT));
    }
    Ok(answer)
}

/// The form that they filled, for another session. Pressed twice, it is one form: its key is the
/// demand's. `texts`: whether text messages are written to them still.
fn same_person(record: &Personal, demand: &FollowUp, session: &str, texts: bool) -> Values {
    let mut pairs = vec![
        ("seance", session.to_owned()),
        ("prenom", record.first_name.clone()),
        ("courriel", record.email.clone().unwrap_or_default()),
        ("telephone", record.phone.clone().unwrap_or_default()),
        // As it was recorded: nothing is asked about it any more.
        ("courriel_confirme", "oui".to_owned()),
        ("conditions", "oui".to_owned()),
        ("places", record.places.to_string()),
        ("langue", record.lang.clone()),
        ("envoi", format!("{COMES_BACK}{}", demand.current)),
    ];
    pairs.extend(record.cautions.names().into_iter().map(|name| ("contact_prudent", name.to_owned())));
    if texts {
        pairs.push(("sms", "oui".to_owned()));
    }
    if record.other_parent {
        pairs.push(("autre_parent", "oui".to_owned()));
        pairs.extend(record.other_parent_first_name.clone().map(|name| ("autre_parent_prenom", name)));
    }
    Values::of(pairs)
}

/// The next session of the group that takes demands, as it is published.
fn next<'a>(site: &'a Snapshot, demand: &FollowUp) -> Option<&'a str> {
    let record = &demand.session.record;
    moment::next(site, &record.group, Some(record.date), &record.id).map(|(view, _)| view.id.as_str())
}

fn page(app: &App, demand: &FollowUp, status: StatusCode) -> Response {
    let site = app.site.current();
    Page::new(&site, PAGE).with_session(next(&site, demand).unwrap_or_default()).answer(status)
}
