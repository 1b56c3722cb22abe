//! The page behind the link that stands for a person: what they asked for, and all that they may
//! change. A GET never changes anything.
//!
//! The link alone shows nothing that is not masked, and cancels. What is recorded is shown, and a
//! contact changed, with a fresh code besides, sent to the address on record: a link may lie in a
//! shared browser's history.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::Response,
};
use entreparentaise::{
    calendar::Status,
    model::{Session, SessionStatus, State as SessionState},
    site::Snapshot,
};
use serde::Serialize;
use serde_json::{Map, json};

use super::{
    moment::{self, MomentView},
    personal,
};
use crate::{
    demand::{self, Trace, Values},
    enrolment::Departure,
    messages::{Appointment, CALENDAR_TYPE, instant, status_of},
    store::{Actor, Changed, CodeAsked, FollowUp, Given, Shown},
    token::{DemandId, Purpose},
    web::{
        app::App,
        error::RequestError,
        reply::{self, Page, attachment, json, see_other, with_header},
        request::{self, Client, Format, Posted, Token},
    },
};

/// The templates of this page, and of the last answer of a link that opens nothing any more.
const OWN: &str = "inscription/suivi.html";
const ERASED: &str = "inscription/effacee.html";

/// Sessions that a list can hold before it is too long to choose from.
const MOST_OTHERS: usize = 24;

/// One's own demand.
pub(crate) async fn show(State(app): State<Arc<App>>, format: Format, token: Token) -> Result<Response, RequestError> {
    let visit = Visit { app: &app, format, token: &token };
    let demand = visit.demand().await?;
    Ok(match format {
        Format::Html => visit.page(&demand, StatusCode::OK, None),
        Format::Json => {
            json(StatusCode::OK, &json!({ "resultat": word(demand.shown), "seance": demand.session.record.id }))
        }
    })
}

/// The entry for the calendar of somebody who asked for it.
pub(crate) async fn calendar(State(app): State<Arc<App>>, token: Token) -> Result<Response, RequestError> {
    let demand = request::demand(&app, Purpose::FollowUp, &token).await?;
    let name = demand.calendar.ok_or(RequestError::NotFound)?;
    let (site, now) = (app.site.current(), app.clock.now());
    let settings = site.site();
    let appointment = Appointment {
        name,
        session: &demand.session.record,
        status: match demand.shown {
            Shown::Live(given) => status_of(given),
            Shown::Cancelled | Shown::Expired | Shown::Dropped => Status::Cancelled,
        },
        at: demand.changed_at.map_or(now, |changed| changed.max(now)),
    };
    let entry = appointment.file(&app.key, &settings.organiser, &settings.url, &settings.time_zone);
    Ok(with_header(attachment("rendez-vous.ics", entry), header::CONTENT_TYPE, CALENDAR_TYPE))
}

/// A change of one's demand.
pub(crate) async fn act(
    State(app): State<Arc<App>>,
    format: Format,
    Client(client): Client,
    token: Token,
    posted: Posted,
) -> Result<Response, RequestError> {
    let id = app.key.open(Purpose::FollowUp, &token.0).ok_or(RequestError::NotFound)?;
    Visit { app: &app, format, token: &token }.act(id, &posted, client).await
}

fn word(shown: Shown) -> &'static str {
    match shown {
        Shown::Live(given) => given.key(),
        Shown::Cancelled => "annulee",
        Shown::Expired => "expiree",
        Shown::Dropped => "non_gardee",
    }
}

/// What is said on top of the page.
struct Banner {
    text: String,
    /// Whether it is about the code.
    about_code: bool,
}

/// Somebody with a follow-up link.
struct Visit<'a> {
    app: &'a App,
    format: Format,
    token: &'a Token,
}

impl Visit<'_> {
    /// The demand, as it is now.
    async fn demand(&self) -> Result<FollowUp, RequestError> {
        request::demand(self.app, Purpose::FollowUp, self.token).await
    }

    /// The address of the page.
    fn path(&self) -> String {
        format!("/inscription/suivi/{}", self.token.0)
    }

    async fn act(&self, id: DemandId, posted: &Posted, client: IpAddr) -> Result<Response, RequestError> {
        let (store, now) = (&self.app.store, self.app.clock.now());
        match posted.get("action") {
            "annuler" => self.answer(store.cancel(id, Actor::Person, now).await?, "annulee").await,
            "accepter" => self.answer(store.accept(id, now).await?, Given::Place.key()).await,
            "agenda" => {
                let demand = self.demand().await?;
                let noted = if demand.can_note() { store.ask_calendar(id, now).await? } else { Changed::Ended };
                match noted {
                    Changed::Done => Ok(see_other(&format!("{}/agenda.ics", self.path()))),
                    other => self.answer(other, "agenda").await,
                }
            }
            "deplacer" => {
                let session = posted.get("seance").to_owned();
                if session.is_empty() {
                    return self.again(StatusCode::UNPROCESSABLE_ENTITY, "suivi-seance-absente").await;
                }
                self.app.guard.limit_letter(client, self.demand().await?.recipient)?;
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
                self.app.guard.limit(client)?;
                self.app.guard.limit_letter(client, self.demand().await?.recipient)?;
                match store.send_code(id, now).await? {
                    CodeAsked::Sent => self.again(StatusCode::OK, "suivi-code-envoye").await,
                    CodeAsked::NoAddress => self.again(StatusCode::CONFLICT, "suivi-code-impossible").await,
                    CodeAsked::Unknown => Err(RequestError::NotFound),
                }
            }
            action @ ("donnees" | "telecharger" | "contact") => {
                self.app.guard.limit(client)?;
                let demand = self.demand().await?;
                if !self.app.key.opens(demand.current, posted.get("code"), now) {
                    return self.again(StatusCode::UNPROCESSABLE_ENTITY, "suivi-code-faux").await;
                }
                if action == "contact" {
                    return self.rewrite(&demand, posted, client).await;
                }
                let record = store.personal(id).await?.ok_or(RequestError::NotFound)?;
                if action == "telecharger" || self.format == Format::Json {
                    return Ok(personal::file(self.app, &record));
                }
                Ok(personal::page(self.app, &record, &self.token.0, posted.get("code"), None))
            }
            _ => Err(RequestError::UnknownAction),
        }
    }

    /// Another contact, from whoever has the code.
    async fn rewrite(&self, demand: &FollowUp, posted: &Posted, client: IpAddr) -> Result<Response, RequestError> {
        let values = Values::of(posted.0.iter().map(|(name, value)| (name, value.as_str())));
        match demand::read_contact(&values) {
            Ok(details) => {
                // It may be anybody's: the code was written to the former one.
                let recipient = details.email.as_ref().map(|email| Trace::of(email.key()));
                self.app.guard.limit_letter(client, recipient)?;
                let changed = self.app.store.rewrite(demand.id, details, self.app.clock.now()).await?;
                self.answer(changed, "modifiee").await
            }
            Err(errors) if self.format == Format::Json => Ok(reply::fields_json(&self.app.site.current(), &errors)),
            Err(errors) => {
                let record = self.app.store.personal(demand.id).await?.ok_or(RequestError::NotFound)?;
                let typed = Some((&values, errors.as_slice()));
                Ok(personal::page(self.app, &record, &self.token.0, posted.get("code"), typed))
            }
        }
    }

    /// The answer to a change: the page as it is now, or why nothing was changed.
    async fn answer(&self, changed: Changed, done: &str) -> Result<Response, RequestError> {
        let path = self.path();
        match changed {
            Changed::Done if self.format == Format::Json => {
                Ok(json(StatusCode::OK, &json!({ "resultat": done, "suivi": path })))
            }
            Changed::Done => Ok(see_other(&path)),
            Changed::Refused(state) if self.format == Format::Json => {
                let message = reply::phone_message(&self.app.site.current(), "reponse-seance-fermee");
                Ok(reply::error_json(StatusCode::CONFLICT, state.key(), &message, &Map::new()))
            }
            Changed::Refused(_) => self.again(StatusCode::CONFLICT, "suivi-refus").await,
            Changed::TooLate | Changed::Ended => self.again(StatusCode::CONFLICT, "suivi-trop-tard").await,
            Changed::UnknownSession => self.again(StatusCode::NOT_FOUND, "reponse-seance-inconnue").await,
            Changed::Unknown => Err(RequestError::NotFound),
        }
    }

    /// The page again, with a message.
    async fn again(&self, status: StatusCode, message: &'static str) -> Result<Response, RequestError> {
        let text = reply::phone_message(&self.app.site.current(), message);
        if self.format == Format::Json {
            if status.is_success() {
                return Ok(json(status, &json!({ "resultat": "code_envoye", "message": text })));
            }
            let code = message.strip_prefix("suivi-").unwrap_or("seance_inconnue").replace('-', "_");
            return Ok(reply::error_json(status, &code, &text, &Map::new()));
        }
        let demand = self.demand().await?;
        Ok(self.page(&demand, status, Some(Banner { text, about_code: message.starts_with("suivi-code") })))
    }

    /// The last answer of a link that opens nothing any more.
    fn erased(&self) -> Response {
        if self.format == Format::Json {
            return json(StatusCode::OK, &json!({ "resultat": "effacee" }));
        }
        Page::new(&self.app.site.current(), ERASED).answer(StatusCode::OK)
    }

    fn page(&self, demand: &FollowUp, status: StatusCode, banner: Option<Banner>) -> Response {
        let site = self.app.site.current();
        let contacts: Vec<&str> = [&demand.email, &demand.phone].into_iter().flatten().map(String::as_str).collect();
        let words = site.views().words(site.site().lang());
        let now = self.app.clock.now();
        let record = &demand.session.record;
        let next = moment::next(&site, &record.group, None, &record.id);
        let until = demand.can_accept().map(|until| instant(words, until, &site.site().time_zone));
        // A session that left the content has no page any more; whoever asked for it still sees
        // their demand, and may cancel it.
        Page::new(&site, OWN)
            .with_session(&record.id)
            .with("status", word(demand.shown))
            .with_all(&MomentView::of(demand, &site, now))
            .with_value("next", next.map(|(_, value)| value))
            .with("contact_masked", &(!contacts.is_empty()).then(|| contacts.join(", ")))
            .with("places", &demand.places)
            .with("token", &self.token.0)
            .with("can_cancel", &demand.can_cancel())
            .with("can_note", &demand.can_note())
            .with("others", &others(&site, demand))
            .with("can_send_code", &demand.may_be_written_to)
            .with("until", &until)
            .with("shared_device", &demand.shared_device)
            .with("about_code", &banner.as_ref().is_some_and(|banner| banner.about_code))
            .with("told", &banner.map(|banner| banner.text))
            .with("refused", &!status.is_success())
            .answer(status)
    }
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
    // Nor the one in whose place the team offers this one: not to go there is its answer.
    let left = demand.previous.filter(|previous| previous.departure == Some(Departure::Team));
    let answered = |session: &&Session| left.is_none_or(|left| session.date != left.date);
    let elsewhere = same_group.filter(|session| session.id.as_str() != record.id).filter(answered);
    let views = elsewhere.filter_map(|session| site.views().session_by_id(session.id.as_str()).map(|(view, _)| view));
    let open = views
        .filter(|view| view.state.as_ref().is_some_and(|state| state.accepts && state.key != SessionState::Full.key()));
    open.map(|view| Other { id: &view.id, date: &view.date.long, hours: &view.hours }).take(MOST_OTHERS).collect()
}
