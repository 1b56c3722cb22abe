//! The pages behind links that stand for a person: one's own demand, and the links written in messages. A GET never changes anything.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{FromRequestParts, Path, Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Map, json};

use super::{
    App,
    answer::{self, Problem},
    form::{insert_session, see_other},
    posted::{read_body, read_pairs},
};
use crate::{
    store::{Actor, Changed, FollowUp, Shown},
    token::{DemandId, Purpose},
};

/// What stands at the end of a link. What is no text opens nothing, and is answered like any other unknown link.
#[derive(Debug)]
pub(super) struct Token(String);

impl<S: Send + Sync> FromRequestParts<S> for Token {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(path.map(|Path(token)| token).unwrap_or_default()))
    }
}

/// One's own demand.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    match find(&app, Purpose::FollowUp, &token).await {
        Ok(demand) if answer::wants_json(&headers) => answer::no_store(
            Json(json!({ "resultat": word(demand.shown), "seance": demand.session.record.id })).into_response(),
        ),
        Ok(demand) => own_page(&app, &demand, &token),
        Err(problem) => answer::problem(&app, &headers, problem),
    }
}

/// `action=annuler`.
pub(super) async fn act(State(app): State<Arc<App>>, Token(token): Token, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers;
    let done = async {
        let pairs = read_pairs(&app, &headers, body).await;
        app.gate.same_site(&headers)?;
        let pairs = pairs?;
        let id = app.key.open(Purpose::FollowUp, &token).ok_or(Problem::NotFound)?;
        if !pairs.iter().any(|(name, value)| name == "action" && value == "annuler") {
            return Err(Problem::UnknownAction);
        }
        Ok(app.store.cancel(id, Actor::Person, app.clock.now()).await?)
    };
    match done.await {
        Ok(Changed::Done) if answer::wants_json(&headers) => {
            let body = json!({ "resultat": "annulee", "suivi": format!("/inscription/suivi/{token}") });
            answer::no_store(Json(body).into_response())
        }
        Ok(Changed::Done) => see_other(&format!("/inscription/suivi/{token}")),
        Ok(Changed::Refused(state)) if answer::wants_json(&headers) => {
            let message = answer::phone_message(&app.site.current(), "reponse-seance-fermee");
            answer::error_json(StatusCode::CONFLICT, state.key(), &message, &Map::new())
        }
        Ok(Changed::Refused(_)) => match find(&app, Purpose::FollowUp, &token).await {
            Ok(demand) => with_status(own_page(&app, &demand, &token), StatusCode::CONFLICT),
            Err(problem) => answer::problem(&app, &headers, problem),
        },
        Ok(Changed::Unknown) => answer::problem(&app, &headers, Problem::NotFound),
        Err(problem) => answer::problem(&app, &headers, problem),
    }
}

/// The link "cancel my other demands too".
pub(super) async fn show_others(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    show_link(&app, &headers, Link::CancelOthers, &token).await
}

/// Cancels them.
pub(super) async fn cancel_others(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Token(token): Token,
    body: Body,
) -> Response {
    follow_link(&app, &headers, Link::CancelOthers, &token, body).await
}

/// The link "it is me again".
pub(super) async fn show_merge(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    show_link(&app, &headers, Link::Merge, &token).await
}

/// Merges the two demands.
pub(super) async fn merge(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Token(token): Token,
    body: Body,
) -> Response {
    follow_link(&app, &headers, Link::Merge, &token, body).await
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

async fn show_link(app: &App, headers: &HeaderMap, link: Link, token: &str) -> Response {
    match find(app, link.purpose(), token).await {
        Ok(demand) => link_page(app, &demand, link, token, false),
        Err(problem) => answer::problem(app, headers, problem),
    }
}

async fn follow_link(app: &App, headers: &HeaderMap, link: Link, token: &str, body: Body) -> Response {
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
        Ok((demand, Changed::Done)) => link_page(app, &demand, link, token, true),
        Ok((demand, Changed::Refused(_))) => {
            with_status(link_page(app, &demand, link, token, false), StatusCode::CONFLICT)
        }
        Ok((_, Changed::Unknown)) => answer::problem(app, headers, Problem::NotFound),
        Err(problem) => answer::problem(app, headers, problem),
    }
}

/// Unknown, expired and erased links give one same 404.
async fn find(app: &App, purpose: Purpose, token: &str) -> Result<FollowUp, Problem> {
    let id: DemandId = app.key.open(purpose, token).ok_or(Problem::NotFound)?;
    app.store.follow_up(id, app.clock.now()).await?.ok_or(Problem::NotFound)
}

fn word(shown: Shown) -> &'static str {
    match shown {
        Shown::Live(given) => given.key(),
        Shown::Cancelled => "annulee",
    }
}

fn own_page(app: &App, demand: &FollowUp, token: &str) -> Response {
    let site = app.site.current();
    let mut context = answer::page_context(&site, "reponse-titre");
    // A session that left the content has no page any more; whoever asked for it still sees their demand, and may cancel it.
    insert_session(&mut context, &site, &demand.session.record.id);
    let contacts: Vec<&str> = [&demand.email, &demand.phone].into_iter().flatten().map(String::as_str).collect();
    context.insert("status", word(demand.shown));
    context.insert("contact_masked", &(!contacts.is_empty()).then(|| contacts.join(", ")));
    context.insert("places", &demand.places);
    context.insert("token", token);
    context.insert("can_cancel", &demand.can_cancel());
    context.insert("shared_device", &demand.shared_device);
    answer::page(&site, StatusCode::OK, "inscription/suivi.html", &context)
}

fn link_page(app: &App, demand: &FollowUp, link: Link, token: &str, done: bool) -> Response {
    let site = app.site.current();
    let mut context = answer::page_context(&site, "reponse-titre");
    insert_session(&mut context, &site, &demand.session.record.id);
    context.insert("kind", link.kind());
    context.insert("token", token);
    context.insert("done", &done);
    answer::page(&site, StatusCode::OK, "inscription/autres.html", &context)
}

fn with_status(mut response: Response, status: StatusCode) -> Response {
    *response.status_mut() = status;
    response
}
