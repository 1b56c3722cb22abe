//! "Retrouver ma demande": a link that was lost goes by letter to the address that was recorded,
//! and nowhere else. Whatever address is typed, the answer is one and the same page.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{Redirect, Response},
};
use serde_json::json;

use crate::{
    demand::{self, FieldError, Trace, Values},
    web::{
        app::App,
        error::RequestError,
        reply::{self, Page, json},
        request::{Client, Format, Posted},
    },
};

const PAGE: &str = "inscription/retrouver.html";

pub(crate) async fn without_slash() -> Redirect {
    Redirect::permanent("/inscription/retrouver/")
}

/// The question.
pub(crate) async fn show(State(app): State<Arc<App>>) -> Response {
    page(&app, false, "", &[])
}

/// The answer, which looks at nothing that is recorded.
pub(crate) async fn ask(
    State(app): State<Arc<App>>,
    format: Format,
    Client(client): Client,
    posted: Posted,
) -> Result<Response, RequestError> {
    app.guard.limit(client)?;
    let values = Values::of(posted.0);
    let email = match demand::read_email(&values) {
        Ok(email) => email,
        Err(errors) if format == Format::Json => return Ok(reply::fields_json(&app.site.current(), &errors)),
        Err(errors) => return Ok(page(&app, false, values.first("courriel"), &errors)),
    };
    let recipient = Trace::of(email.key());
    // A budget of its own: that of what is written to an address is spent by those who have a
    // demand, and would tell that somebody does.
    if app.guard.finds_again(recipient) {
        app.lost_links.look_for(email)?;
    }
    Ok(match format {
        Format::Html => page(&app, true, "", &[]),
        Format::Json => json(StatusCode::ACCEPTED, &json!({ "resultat": "recherche" })),
    })
}

fn page(app: &App, asked: bool, typed: &str, errors: &[FieldError]) -> Response {
    let site = app.site.current();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page::new(&site, PAGE).with("asked", &asked).with("typed", typed);
    page.with("errors", &reply::field_errors(&site, errors)).answer(status)
}
