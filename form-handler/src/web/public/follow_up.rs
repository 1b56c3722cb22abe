//! The page behind the link that stands for a person: what they asked for, and all that they may
//! change. A GET never changes anything.
//!
//! The link alone shows nothing that is not masked, and cancels. What is recorded is shown, and a
//! contact changed, with a fresh code besides, sent to the address on record: a link may lie in a
//! shared browser's history.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::Response,
};
use entreparentaise::{
    calendar::Status,
    model::{Session, SessionStatus, State as SessionState},
    site::Snapshot,
    views::FieldError as FieldErrorView,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::{
    moment::{self, MomentView},
    personal,
    proof::{self, Proof, proved_path},
};
use crate::{
    demand::{self, ContactDetails, FieldError, Trace, Values},
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

/// What the browser that recorded the demand shows besides the link.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Proved {
    #[serde(default)]
    preuve: String,
    /// What it has just done.
    #[serde(default)]
    fait: String,
}

/// What the browser is told that comes from `corriger`, or from `annuler_precedente`.
const CORRECTED: (&str, &str) = ("corrige", "suivi-corrige");
const TAKEN_BACK: (&str, &str) = ("annule", "suivi-precedente-annulee");

/// One's own demand.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    format: Format,
    token: Token,
    proved: Result<Query<Proved>, QueryRejection>,
) -> Result<Response, RequestError> {
    let Proved { preuve, fait } = proved.map(|Query(proved)| proved).unwrap_or_default();
    let visit = Visit { app: &app, format, token: &token, proof: proof_of(&app, &token, &preuve) };
    let demand = visit.demand().await?;
    let done = [CORRECTED, TAKEN_BACK].into_iter().find(|(word, _)| visit.proof.is_some() && *word == fait);
    let banner = done.map(|(_, id)| Banner { text: reply::phone_message(&app.site.current(), id), about_code: false });
    Ok(match format {
        Format::Html => visit.page(&demand, StatusCode::OK, banner, &Typed::default()).await?,
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
    let entry = appointment.file(&app.key, &settings.organiser, &settings.time_zone);
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
    let id = app.key.open(Purpose::FollowUp, &token.0).ok_or(RequestError::DeadLink)?;
    let proof = proof_of(&app, &token, posted.get(proof::FIELD));
    Visit { app: &app, format, token: &token, proof }.act(id, &posted, client).await
}

/// To whom something would be written.
fn recipient(details: &ContactDetails) -> Option<Trace> {
    let email = details.email.as_ref().map(|email| Trace::of(email.key()));
    email.or(details.phone.as_ref().map(|phone| Trace::of(phone.as_str())))
}

fn proof_of(app: &App, token: &Token, shown: &str) -> Option<Proof> {
    Proof::read(app, app.key.open(Purpose::FollowUp, &token.0)?, shown)
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

/// A contact that was typed to correct the recorded one, and what is wrong with it.
#[derive(Default)]
struct Typed<'a> {
    email: &'a str,
    phone: &'a str,
    errors: Vec<FieldError>,
    /// The address that is asked about.
    asked: Option<String>,
}

/// Somebody with a follow-up link.
struct Visit<'a> {
    app: &'a App,
    format: Format,
    token: &'a Token,
    /// Who has it in the browser that recorded the demand.
    proof: Option<Proof>,
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

    /// The same, for the browser that it is.
    fn own_path(&self) -> String {
        self.proof
            .as_ref()
            .map_or_else(|| self.path(), |proof| format!("{}?{}={}", self.path(), proof::FIELD, proof.text))
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
                    CodeAsked::Sent => {
                        let demand = self.demand().await?;
                        let by_text = demand.may_be_texted && !demand.may_be_written_to;
                        self.again(StatusCode::OK, if by_text { "suivi-code-texto" } else { "suivi-code-envoye" }).await
                    }
                    CodeAsked::NoAddress => self.again(StatusCode::CONFLICT, "suivi-code-impossible").await,
                    CodeAsked::Unknown => Err(RequestError::DeadLink),
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
                let record = store.personal(id).await?.ok_or(RequestError::DeadLink)?;
                if action == "telecharger" || self.format == Format::Json {
                    return Ok(personal::file(self.app, &record));
                }
                Ok(personal::page(self.app, &record, &self.token.0, posted.get("code"), None))
            }
            "corriger" => self.correct(id, posted, client).await,
            "annuler_precedente" => self.cancel_earlier(id, posted.get("precedente")).await,
            _ => Err(RequestError::UnknownAction),
        }
    }

    /// Another contact in the place of one that was mistyped, from the browser that typed it. What
    /// was written to the mistyped one opens nothing any more.
    async fn correct(&self, id: DemandId, posted: &Posted, client: IpAddr) -> Result<Response, RequestError> {
        let (store, now) = (&self.app.store, self.app.clock.now());
        if self.proof.as_ref().and_then(|proof| proof.corrects_until(now)).is_none() {
            return self.again(StatusCode::CONFLICT, "suivi-corriger-trop-tard").await;
        }
        self.app.guard.limit(client)?;
        let (email, phone) = (posted.get("courriel"), posted.get("telephone"));
        let renewed = self.app.key.renewed(id, [email, phone]);
        let Some(record) = store.personal(id).await? else {
            // A button pressed twice: it was done, and its link is another.
            store.follow_up(renewed, now).await?.ok_or(RequestError::DeadLink)?;
            return Ok(self.corrected(renewed));
        };
        let cautions = record.cautions.names().into_iter().map(|name| ("contact_prudent", name));
        // Whoever accepted text messages did so for the number that they meant.
        let texts = (record.texts && demand::takes_texts(phone)).then_some(("sms", "oui"));
        let contact = [("courriel", email), ("telephone", phone)].into_iter().chain(texts);
        let values = Values::of(contact.chain(cautions));
        let posted = Values::of(posted.0.iter().map(|(name, value)| (name, value.as_str())));
        let details = match self.with_doubt(demand::read_contact(&values, true), &posted) {
            Ok(details) => details,
            Err(errors) if self.format == Format::Json => {
                return Ok(reply::fields_json(&self.app.site.current(), &errors));
            }
            Err(errors) => {
                let typed = Typed { email, phone, errors, asked: demand::doubtful_address(&posted) };
                return self.page(&self.demand().await?, StatusCode::UNPROCESSABLE_ENTITY, None, &typed).await;
            }
        };
        self.app.guard.limit_correction(client, recipient(&details))?;
        match store.correct(id, renewed, details, now).await? {
            Changed::Done => Ok(self.corrected(renewed)),
            other => self.answer(other, "modifiee").await,
        }
    }

    /// To the page of the demand under its new link.
    fn corrected(&self, renewed: DemandId) -> Response {
        if self.format == Format::Json {
            let path = format!("/inscription/suivi/{}", self.app.key.token(Purpose::FollowUp, renewed));
            return json(StatusCode::OK, &json!({ "resultat": "modifiee", "suivi": path }));
        }
        see_other(&format!("{}&fait={}", proved_path(&self.app.key, renewed), CORRECTED.0))
    }

    /// Takes back what this browser had sent just before, from the same rendering of the form.
    async fn cancel_earlier(&self, id: DemandId, named: &str) -> Result<Response, RequestError> {
        let (store, now) = (&self.app.store, self.app.clock.now());
        if self.proof.is_none() {
            return self.again(StatusCode::CONFLICT, "suivi-precedente-trop-tard").await;
        }
        // Pressed twice, the second press names one that is cancelled already: nothing is left to
        // do.
        let earlier = store.earlier(id, now).await?.filter(|earlier| earlier.current.to_string() == named);
        let changed = match earlier {
            Some(earlier) => store.cancel_earlier(earlier.current, id, now).await?,
            None => Changed::Done,
        };
        match changed {
            Changed::Done if self.format == Format::Html => {
                Ok(see_other(&format!("{}&fait={}", self.own_path(), TAKEN_BACK.0)))
            }
            changed => self.answer(changed, "annulee").await,
        }
    }

    /// Asks about an address that was likely mistyped, once, of somebody who sees the form again.
    fn with_doubt(
        &self,
        read: Result<ContactDetails, Vec<FieldError>>,
        typed: &Values,
    ) -> Result<ContactDetails, Vec<FieldError>> {
        match (read, demand::doubt(typed).filter(|_| self.format == Format::Html)) {
            (Ok(_), Some(doubt)) => Err(vec![doubt]),
            (Err(mut errors), Some(doubt)) => {
                errors.insert(0, doubt);
                Err(errors)
            }
            (read, None) => read,
        }
    }

    /// Another contact, from whoever has the code.
    async fn rewrite(&self, demand: &FollowUp, posted: &Posted, client: IpAddr) -> Result<Response, RequestError> {
        let values = Values::of(posted.0.iter().map(|(name, value)| (name, value.as_str())));
        let read = demand::read_contact(&values, self.app.site.current().site().offers_texts);
        match self.with_doubt(read, &values) {
            Ok(details) => {
                // It may be anybody's: the code was written to the former one.
                self.app.guard.limit_letter(client, recipient(&details))?;
                let changed = self.app.store.rewrite(demand.id, details, self.app.clock.now()).await?;
                self.answer(changed, "modifiee").await
            }
            Err(errors) if self.format == Format::Json => Ok(reply::fields_json(&self.app.site.current(), &errors)),
            Err(errors) => {
                let record = self.app.store.personal(demand.id).await?.ok_or(RequestError::DeadLink)?;
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
            Changed::Unknown => Err(RequestError::DeadLink),
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
        let banner = Banner { text, about_code: message.starts_with("suivi-code") };
        self.page(&demand, status, Some(banner), &Typed::default()).await
    }

    /// The last answer of a link that opens nothing any more.
    fn erased(&self) -> Response {
        if self.format == Format::Json {
            return json(StatusCode::OK, &json!({ "resultat": "effacee" }));
        }
        Page::new(&self.app.site.current(), ERASED).answer(StatusCode::OK)
    }

    async fn page(
        &self,
        demand: &FollowUp,
        status: StatusCode,
        banner: Option<Banner>,
        typed: &Typed<'_>,
    ) -> Result<Response, RequestError> {
        let site = self.app.site.current();
        let earlier = match &self.proof {
            Some(_) => self.app.store.earlier(demand.id, self.app.clock.now()).await?,
            None => None,
        };
        let contacts: Vec<&str> = [&demand.email, &demand.phone].into_iter().flatten().map(String::as_str).collect();
        let words = site.views().words(site.site().lang());
        let now = self.app.clock.now();
        let record = &demand.session.record;
        let next = moment::next(&site, &record.group, None, &record.id);
        let until = demand.can_accept().map(|until| instant(words, until, &site.site().time_zone));
        // A session that left the content has no page any more; whoever asked for it still sees
        // their demand, and may cancel it.
        let page = Page::new(&site, OWN)
            .with_session(&demand.session.record.id)
            .with("status", word(demand.shown))
            .with_all(&MomentView::of(demand, &site, now))
            .with_value("next", next.map(|(_, value)| value))
            .with("contact_masked", &(!contacts.is_empty()).then(|| contacts.join(", ")))
            .with("places", &demand.places)
            .with("confirms_anew", &demand.other_parent)
            .with("token", &self.token.0)
            .with("can_cancel", &demand.can_cancel())
            .with("can_note", &demand.can_note())
            .with("others", &others(&site, demand))
            .with("can_send_code", &(demand.may_be_written_to || demand.may_be_texted))
            .with("code_by_text", &(demand.may_be_texted && !demand.may_be_written_to))
            .with("letter_to", &demand.email.as_ref().filter(|_| demand.may_be_written_to))
            .with("text_to", &demand.phone.as_ref().filter(|_| demand.may_be_texted && !demand.may_be_written_to))
            .with("until", &until)
            .with("shared_device", &demand.shared_device)
            .with("about_code", &banner.as_ref().is_some_and(|banner| banner.about_code))
            .with("told", &banner.map(|banner| banner.text))
            .with("refused", &!status.is_success())
            .with("recent", &self.recent(&site, demand, earlier.as_ref(), typed));
        Ok(page.answer(status))
    }

    /// What is offered to the browser that recorded the demand, for a while.
    fn recent(
        &self,
        site: &Snapshot,
        demand: &FollowUp,
        earlier: Option<&FollowUp>,
        typed: &Typed<'_>,
    ) -> Option<Recent> {
        let proof = self.proof.as_ref()?;
        let words = site.views().words(site.site().lang());
        let hour = |at: jiff::Timestamp| words.time(at.to_zoned(site.site().time_zone.clone()).time());
        let correctable = matches!(demand.shown, Shown::Live(_)) && demand.session.state != SessionState::Past;
        let corrects_until = proof.corrects_until(self.app.clock.now()).filter(|_| correctable);
        Some(Recent {
            proof: proof.text.clone(),
            corrects_until: corrects_until.map(hour),
            offers_until: hour(proof.offers_until()),
            earlier: earlier.map(|earlier| {
                let record = &earlier.session.record;
                Earlier {
                    id: earlier.current.to_string(),
                    date: words.date(record.date).long.clone(),
                    hours: words.hours(record.start, record.end),
                }
            }),
            email: typed.email.to_owned(),
            phone: typed.phone.to_owned(),
            errors: reply::field_errors(site, &typed.errors),
            asked: typed.asked.clone(),
        })
    }
}

/// What the page offers to the browser that recorded the demand.
#[derive(Serialize)]
struct Recent {
    proof: String,
    /// Until which hour a contact may be corrected without a code.
    corrects_until: Option<String>,
    /// Until which hour an earlier demand may be taken back.
    offers_until: String,
    earlier: Option<Earlier>,
    /// What was typed to correct the contact, and what is wrong with it.
    email: String,
    phone: String,
    errors: Vec<FieldErrorView>,
    asked: Option<String>,
}

/// What this browser had sent before.
#[derive(Serialize)]
struct Earlier {
    id: String,
    date: String,
    hours: String,
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
