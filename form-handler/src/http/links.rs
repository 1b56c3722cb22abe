//! The pages behind the links of messages: cancel the others of this address, "it is me again". A GET never changes anything.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    App,
    answer::{self, Problem},
    follow_up::{Token, find, with_status},
    form::insert_session,
    posted::read_body,
};
use crate::{
    store::{Actor, Changed, FollowUp},
    token::Purpose,
};

/// The template of what a link asks before it does anything.
const OTHERS: &str = "inscription/autres.html";

/// The link "cancel my other demands too".
pub(super) async fn show_others(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    show(&app, &headers, Link::CancelOthers, &token).await
}

/// Cancels them.
pub(super) async fn cancel_others(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Token(token): Token,
    body: Body,
) -> Response {
    follow(&app, &headers, Link::CancelOthers, &token, body).await
}

/// The link "it is me again".
pub(super) async fn show_merge(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    show(&app, &headers, Link::Merge, &token).await
}

/// Merges the two demands.
pub(super) async fn merge(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Token(token): Token,
    body: Body,
) -> Response {
    follow(&app, &headers, Link::Merge, &token, body).await
}

/// A link of a message.
#[derive(Debug, Clone, Copy)]
enum Link {
    CancelOthers,
    Merge,
}

impl Link {
    fn purpose(self) -> Purpose {
        match self {
            Self::CancelOthers => Purpose::CancelOthers,
            Self::Merge => Purpose::Merge,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::CancelOthers => "annuler-autres",
            Self::Merge => "fusion",
        }
    }
}

async fn show(app: &App, headers: &HeaderMap, link: Link, token: &str) -> Response {
    match find(app, link.purpose(), token).await {
        Ok(demand) => page(app, &demand, link, token, false),
        Err(problem) => answer::problem(app, headers, problem),
    }
}

async fn follow(app: &App, headers: &HeaderMap, link: Link, token: &str, body: Body) -> Response {
    let followed = async {
        // Nothing in the body matters: the link says it all.
        read_body(app, headers, body).await?;
        app.gate.same_site(headers)?;
        let demand = find(app, link.purpose(), token).await?;
        let now = app.clock.now();
        let changed = match link {
            Link::CancelOthers => app.store.cancel_others(demand.id, now).await?,
            Link::Merge => app.store.merge(demand.id, Actor::Link, now).await?,
        };
        Ok((demand, changed))
    };
    match followed.await {
        Ok((demand, Changed::Done)) => page(app, &demand, link, token, true),
        Ok((_, Changed::Unknown)) => answer::problem(app, headers, Problem::NotFound),
        Ok((demand, _)) => with_status(page(app, &demand, link, token, false), StatusCode::CONFLICT),
        Err(problem) => answer::problem(app, headers, problem),
    }
}

fn page(app: &App, demand: &FollowUp, link: Link, token: &str, done: bool) -> Response {
    let site = app.site.current();
    let mut context = answer::page_context(&site, OTHERS);
    insert_session(&mut context, &site, &demand.session.record.id);
    context.insert("kind", link.kind());
    context.insert("token", token);
    context.insert("done", &done);
    answer::page(&site, StatusCode::OK, OTHERS, &context)
}
