//! The page behind the link that stands for a person: what they asked for, and all that they may
//! change. A GET never changes anything.
//!
//! The link alone shows nothing that is not masked, and cancels. What is recorded is shown, and a
//! contact changed, with a fresh code besides, sent to the address on record: a link may lie in a
//! shared browser's history.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequestParts, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use entreparentaise::{
    calendar::Status,
    model::{SessionStatus, State as SessionState},
    site::Snapshot,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    App,
    answer::{self, Problem},
    form::{insert_session, see_other},
    personal,
    posted::read_pairs,
};
use crate::{
    demand::{self, Values},
    messages::{Appointment, CALENDAR_TYPE, instant, status_of},
    store::{Actor, Changed, CodeAsked, FollowUp, Given, Shown},
    token::{DemandId, Purpose},
};

/// The templates of this page, and of the last answer of a link that opens nothing any more.
const OWN: &str = "inscription/suivi.html";
const ERASED: &str = "inscription/effacee.html";

/// What stands at the end of a link. What is no text opens nothing, and is answered like any other
/// unknown link.
#[derive(Debug)]
pub(super) struct Token(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Token {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(path.map(|Path(token)| token).unwrap_or_default()))
    }
}

/// Sessions that a list can hold before it is too long to choose from.
const MOST_OTHERS: usize = 24;

/// One's own demand.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    match find(&app, Purpose::FollowUp, &token).await {
        Ok(demand) if answer::wants_json(&headers) => answer::no_store(
            Json(json!({ "resultat": word(demand.shown), "seance": demand.session.record.id })).into_response(),
        ),
        Ok(demand) => own_page(&app, &demand, &token, StatusCode::OK, None),
        Err(problem) => answer::problem(&app, &headers, problem),
    }
}

/// The entry for the calendar of somebody who asked for it.
pub(super) async fn calendar(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    let found = async {
        let demand = find(&app, Purpose::FollowUp, &token).await?;
        let name = demand.calendar.ok_or(Problem::NotFound)?;
        let site = app.site.current();
        let settings = site.site();
        let about = Appointment {
            name,
            session: &demand.session.record,
            status: match demand.shown {
                Shown::Live(given) => status_of(given),
                Shown::Cancelled | Shown::Expired => Status::Cancelled,
            },
            at: app.clock.now(),
        };
        Ok(about.file(&app.key, &settings.organiser, &settings.url, &settings.time_zone))
    };
    match found.await {
        Ok(entry) => {
            let mut response = answer::no_store(entry.into_response());
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CALENDAR_TYPE));
            headers.insert(
                header::CONTENT_DISPOSITION,
                HeaderValue::from_static("attachment; filename=\"rendez-vous.ics\""),
            );
            response
        }
        Err(problem) => answer::problem(&app, &headers, problem),
    }
}

/// A change of one's demand.
pub(super) async fn act(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Token(token): Token,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let visit = Visit { app: &app, headers: &parts.headers, token: &token };
    let done = async {
        let pairs = read_pairs(&app, visit.headers, body).await;
        app.gate.same_site(visit.headers)?;
        let posted = Posted(pairs?);
        let id = app.key.open(Purpose::FollowUp, &token).ok_or(Problem::NotFound)?;
        visit.act(id, &posted, peer).await
    };
    done.await.unwrap_or_else(|problem| answer::problem(&app, &parts.headers, problem))
}

/// What was posted to this page.
struct Posted(Vec<(String, String)>);

impl Posted {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.trim())
    }
}

/// Somebody with a follow-up link.
struct Visit<'a> {
    app: &'a App,
    headers: &'a HeaderMap,
    token: &'a str,
}

impl Visit<'_> {
    async fn act(&self, id: DemandId, posted: &Posted, peer: SocketAddr) -> Result<Response, Problem> {
        let (store, now) = (&self.app.store, self.app.clock.now());
        match posted.get("action") {
            "annuler" => self.answer(store.cancel(id, Actor::Person, now).await?, "annulee").await,
            "accepter" => self.answer(store.accept(id, now).await?, Given::Place.key()).await,
            "agenda" => {
                let demand = find(self.app, Purpose::FollowUp, self.token).await?;
                let noted = if demand.can_note() { store.ask_calendar(id, now).await? } else { Changed::Ended };
                match noted {
                    Changed::Done => Ok(see_other(&format!("/inscription/suivi/{}/agenda.ics", self.token))),
                    other => self.answer(other, "agenda").await,
                }
            }
            "deplacer" => {
                let session = posted.get("seance").to_owned();
                if session.is_empty() {
                    return self.again(StatusCode::UNPROCESSABLE_ENTITY, "suivi-seance-absente").await;
                }
                self.answer(store.move_to(id, session, now).await?, "deplacee").await
            }
            "effacer" if posted.get("confirmation") != "oui" => {
                self.again(StatusCode::UNPROCESSABLE_ENTITY, "suivi-effacer-confirmer").await
            }
            "effacer" => match store.erase(id, now).await? {
                Changed::Done => Ok(self.erased()),
                other => self.answer(other, "effacee").await,
            },
            "code" => {
                self.app.gate.admit(self.headers, peer)?;
                match store.send_code(id, now).await? {
                    CodeAsked::Sent => self.again(StatusCode::OK, "suivi-code-envoye").await,
                    CodeAsked::NoAddress => self.again(StatusCode::CONFLICT, "suivi-code-impossible").await,
                    CodeAsked::Unknown => Err(Problem::NotFound),
                }
            }
            action @ ("donnees" | "telecharger" | "contact") => {
                self.app.gate.admit(self.headers, peer)?;
                let demand = find(self.app, Purpose::FollowUp, self.token).await?;
                if !self.app.key.opens(demand.current, posted.get("code"), now) {
                    return self.again(StatusCode::UNPROCESSABLE_ENTITY, "suivi-code-faux").await;
                }
                if action == "contact" {
                    return self.rewrite(&demand, posted).await;
                }
                let record = store.personal(id).await?.ok_or(Problem::NotFound)?;
                if action == "telecharger" || answer::wants_json(self.headers) {
                    return Ok(personal::file(self.app, &record));
                }
                Ok(personal::page(self.app, &record, self.token, posted.get("code"), None))
            }
            _ => Err(Problem::UnknownAction),
        }
    }

    /// Another contact, from whoever has the code.
    async fn rewrite(&self, demand: &FollowUp, posted: &Posted) -> Result<Response, Problem> {
        let values = Values::of(posted.0.iter().map(|(name, value)| (name, value.as_str())));
        match demand::read_contact(&values) {
            Ok(details) => {
                let changed = self.app.store.rewrite(demand.id, details, self.app.clock.now()).await?;
                self.answer(changed, "modifiee").await
            }
            Err(errors) if answer::wants_json(self.headers) => Ok(answer::fields_json(self.app, &errors)),
            Err(errors) => {
                let record = self.app.store.personal(demand.id).await?.ok_or(Problem::NotFound)?;
                let typed = Some((&values, errors.as_slice()));
                Ok(personal::page(self.app, &record, self.token, posted.get("code"), typed))
            }
        }
    }

    /// The answer to a change: the page as it is now, or why nothing was changed.
    async fn answer(&self, changed: Changed, done: &str) -> Result<Response, Problem> {
        let path = format!("/inscription/suivi/{}", self.token);
        match changed {
            Changed::Done if answer::wants_json(self.headers) => {
                Ok(answer::no_store(Json(json!({ "resultat": done, "suivi": path })).into_response()))
            }
            Changed::Done => Ok(see_other(&path)),
            Changed::Refused(state) if answer::wants_json(self.headers) => {
                let message = answer::phone_message(&self.app.site.current(), "reponse-seance-fermee");
                Ok(answer::error_json(StatusCode::CONFLICT, state.key(), &message, &Map::new()))
            }
            Changed::Refused(_) => self.again(StatusCode::CONFLICT, "suivi-refus").await,
            Changed::TooLate | Changed::Ended => self.again(StatusCode::CONFLICT, "suivi-trop-tard").await,
            Changed::UnknownSession => self.again(StatusCode::NOT_FOUND, "reponse-seance-inconnue").await,
            Changed::Unknown => Err(Problem::NotFound),
        }
    }

    /// The page again, with a message.
    async fn again(&self, status: StatusCode, message: &'static str) -> Result<Response, Problem> {
        let text = answer::phone_message(&self.app.site.current(), message);
        if answer::wants_json(self.headers) {
            if status.is_success() {
                return Ok(answer::no_store(
                    Json(json!({ "resultat": "code_envoye", "message": text })).into_response(),
                ));
            }
            let code = message.strip_prefix("suivi-").unwrap_or("seance_inconnue").replace('-', "_");
            return Ok(answer::error_json(status, &code, &text, &Map::new()));
        }
        let demand = find(self.app, Purpose::FollowUp, self.token).await?;
        Ok(own_page(
            self.app,
            &demand,
            self.token,
            status,
            Some(Told { text, code: message.starts_with("suivi-code") }),
        ))
    }

    /// The last answer of a link that opens nothing any more.
    fn erased(&self) -> Response {
        if answer::wants_json(self.headers) {
            return answer::no_store(Json(json!({ "resultat": "effacee" })).into_response());
        }
        let site = self.app.site.current();
        let context = answer::page_context(&site, ERASED);
        answer::page(&site, StatusCode::OK, ERASED, &context)
    }
}

/// Unknown, expired and erased links give one same 404.
pub(super) async fn find(app: &App, purpose: Purpose, token: &str) -> Result<FollowUp, Problem> {
    let id: DemandId = app.key.open(purpose, token).ok_or(Problem::NotFound)?;
    app.store.follow_up(id, app.clock.now()).await?.ok_or(Problem::NotFound)
}

fn word(shown: Shown) -> &'static str {
    match shown {
        Shown::Live(given) => given.key(),
        Shown::Cancelled => "annulee",
        Shown::Expired => "expiree",
    }
}

/// What is said on top of the page.
struct Told {
    text: String,
    /// Whether it is about the code.
    code: bool,
}

fn own_page(app: &App, demand: &FollowUp, token: &str, status: StatusCode, told: Option<Told>) -> Response {
    let site = app.site.current();
    let mut context = answer::page_context(&site, OWN);
    // A session that left the content has no page any more; whoever asked for it still sees their
    // demand, and may cancel it.
    insert_session(&mut context, &site, &demand.session.record.id);
    let contacts: Vec<&str> = [&demand.email, &demand.phone].into_iter().flatten().map(String::as_str).collect();
    let until = demand.can_accept();
    let words = site.views().words(site.site().lang());
    context.insert("status", word(demand.shown));
    context.insert("contact_masked", &(!contacts.is_empty()).then(|| contacts.join(", ")));
    context.insert("places", &demand.places);
    context.insert("token", token);
    context.insert("can_cancel", &demand.can_cancel());
    context.insert("can_note", &demand.can_note());
    context.insert("others", &others(&site, demand));
    context.insert("can_send_code", &demand.may_be_written_to);
    context.insert("until", &until.map(|until| instant(words, until, &site.site().time_zone)));
    context.insert("shared_device", &demand.shared_device);
    context.insert("about_code", &told.as_ref().is_some_and(|told| told.code));
    context.insert("told", &told.map(|told| told.text));
    context.insert("refused", &!status.is_success());
    answer::page(&site, status, OWN, &context)
}

/// A session that a demand may be moved to.
#[derive(Serialize)]
struct Other<'a> {
    id: &'a str,
    date: &'a str,
    hours: &'a str,
}

/// The next sessions of the same group with a place left, as they are published.
fn others<'a>(site: &'a Snapshot, demand: &FollowUp) -> Vec<Other<'a>> {
    if !demand.can_move() {
        return Vec::new();
    }
    let record = &demand.session.record;
    let same_group = site
        .model()
        .sessions
        .iter()
        .filter(|session| session.group.as_str() == record.group && session.status != SessionStatus::Draft);
    let elsewhere = same_group.filter(|session| session.id.as_str() != record.id);
    let views = elsewhere.filter_map(|session| site.views().session_by_id(session.id.as_str()).map(|(view, _)| view));
    let open = views
        .filter(|view| view.state.as_ref().is_some_and(|state| state.accepts && state.key != SessionState::Full.key()));
    open.map(|view| Other { id: &view.id, date: &view.date.long, hours: &view.hours }).take(MOST_OTHERS).collect()
}

pub(super) fn with_status(mut response: Response, status: StatusCode) -> Response {
    *response.status_mut() = status;
    response
}

/// A file to keep, which no browser shows by itself.
pub(super) fn attachment(name: &'static str, value: &Value) -> Response {
    let mut response = answer::no_store(Json(value).into_response());
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
