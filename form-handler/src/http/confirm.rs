//! The demands that the team has yet to confirm, behind a link of its letters: each is confirmed,
//! or the next session is offered instead. The link ends by itself ([`crate::token::Pass`]). A GET
//! never changes anything.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use entreparentaise::views::Words;
use serde::Serialize;

use super::{
    App,
    answer::{self, Problem},
    follow_up::Token,
    posted::read_pairs,
    team::{cautions, open, value},
};
use crate::{
    store::{Changed, ToConfirm},
    token::Purpose,
};

const PAGE: &str = "equipe/a-confirmer.html";

/// The demands to confirm.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    let shown = async {
        open(&app, Purpose::Confirm, &token)?;
        page(&app, StatusCode::OK).await
    };
    shown.await.unwrap_or_else(|problem| answer::problem(&app, &headers, problem))
}

/// The team's answer to one of them.
pub(super) async fn settle(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Token(token): Token,
    body: Body,
) -> Response {
    let settled = async {
        let pairs = read_pairs(&app, &headers, body).await?;
        app.gate.same_site(&headers)?;
        open(&app, Purpose::Confirm, &token)?;
        let offers = match value(&pairs, "action") {
            "confirmer" => false,
            "suivante" => true,
            _ => return Err(Problem::UnknownAction),
        };
        let changed = answer(&app, value(&pairs, "demande"), offers, value(&pairs, "seance")).await?;
        page(&app, if changed == Changed::Done { StatusCode::OK } else { StatusCode::CONFLICT }).await
    };
    settled.await.unwrap_or_else(|problem| answer::problem(&app, &headers, problem))
}

/// What is not to be confirmed any more was answered by somebody else, or has ended. The session
/// that is offered is the one that was shown.
async fn answer(app: &App, demand: &str, offers: bool, session: &str) -> Result<Changed, Problem> {
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
struct View<'a> {
    id: String,
    date: String,
    first_name: &'a str,
    phone: Option<&'a str>,
    email: Option<&'a str>,
    cautions: Vec<String>,
    other_parent: Option<&'a str>,
    other_parent_asked: bool,
    holds: bool,
    next: Option<Next<'a>>,
}

#[derive(Serialize)]
struct Next<'a> {
    id: &'a str,
    date: String,
}

impl<'a> View<'a> {
    fn of(waiting: &'a ToConfirm, words: &Words) -> Self {
        let next = waiting.next.as_ref();
        Self {
            id: waiting.id.to_string(),
            date: words.date(waiting.session.date).long,
            first_name: &waiting.first_name,
            phone: waiting.phone.as_deref(),
            email: waiting.email.as_deref(),
            cautions: cautions(words, waiting.cautions),
            other_parent: waiting.other_parent_first_name.as_deref(),
            other_parent_asked: waiting.other_parent_asked,
            holds: waiting.holds,
            next: next.map(|next| Next { id: &next.id, date: words.date(next.date).without_year }),
        }
    }
}

async fn page(app: &App, status: StatusCode) -> Result<Response, Problem> {
    let waiting = app.store.to_confirm(app.clock.now()).await?;
    let site = app.site.current();
    let words = site.views().words(site.site().lang());
    let views: Vec<_> = waiting.iter().map(|waiting| View::of(waiting, words)).collect();
    let mut context = answer::page_context(&site, PAGE);
    context.insert("demands", &views);
    context.insert("refused", &!status.is_success());
    Ok(answer::page(&site, status, PAGE, &context))
}
