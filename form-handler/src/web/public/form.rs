//! The sign-up form: shown, read, answered.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Query, RawQuery, State, rejection::QueryRejection},
    http::StatusCode,
    response::{Redirect, Response},
};
use data_encoding::BASE64URL_NOPAD;
use entreparentaise::{
    model::{Id, State as SessionState},
    site::Snapshot,
    views::{FormValues, FormView, RefusalView, SessionView},
};
use serde::Deserialize;
use serde_json::{Map, json};

use super::{moment, proof::proved_path};
use crate::{
    demand::{self, FieldError, Rules, Values},
    store::{Given, Submitted},
    token::Purpose,
    web::{
        app::App,
        error::RequestError,
        reply::{self, Page, json, see_other},
        request::{Client, Format, Posted},
    },
};

/// The templates of the form and of its answers.
const FORM: &str = "pages/inscription.html";
const CONFIRMED: &str = "inscription/confirmation.html";
const REFUSED: &str = "inscription/refus.html";

/// What a link may choose in the form beforehand.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Chosen {
    #[serde(default)]
    seance: String,
    #[serde(default)]
    connu_par: String,
}

pub(crate) async fn without_slash(RawQuery(query): RawQuery) -> Redirect {
    Redirect::permanent(&query.map_or_else(|| "/inscription/".to_owned(), |query| format!("/inscription/?{query}")))
}

/// The form, with its own `envoi` key.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    chosen: Result<Query<Chosen>, QueryRejection>,
) -> Result<Response, RequestError> {
    // A query that is not understood chooses nothing.
    let chosen = chosen.map(|Query(chosen)| chosen).unwrap_or_default();
    let known = |text: String| if Id::new(&text).is_some() { text } else { String::new() };
    let mut values =
        FormValues { seance: known(chosen.seance), connu_par: known(chosen.connu_par), ..FormValues::default() };
    let site = app.site.current();
    let refusal = if values.seance.is_empty() { None } else { instead(&site, &mut values, None) };
    let form = FormView { key: fresh_key(&app)?, values, refusal, ..FormView::default() };
    Ok(form_page(&site, StatusCode::OK, &form))
}

/// A demand.
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    format: Format,
    Client(client): Client,
    posted: Result<Posted, RequestError>,
) -> Result<Response, RequestError> {
    // Another site that has somebody's browser send forms uses up nothing of theirs.
    if !matches!(posted, Err(RequestError::Foreign)) {
        app.guard.limit(client)?;
    }
    decide(&app, format, client, &Values::of(posted?.0), Sender::Browser).await
}

/// Who sends a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The browser in which it was filled in.
    Browser,
    /// Whoever pressed the button of a letter.
    Letter,
}

/// The answer to a form: what was decided, or what is wrong with it.
pub(crate) async fn decide(
    app: &App,
    format: Format,
    client: IpAddr,
    values: &Values,
    sender: Sender,
) -> Result<Response, RequestError> {
    let site = app.site.current();
    let now = app.clock.now();
    // The store knows the session's own limits, and looks at them when it decides; before, nothing
    // needs to be read.
    let Ok(demand) = demand::read(values, &rules(&site, u16::MAX)) else {
        return refuse(app, &site, format, values).await;
    };
    // Once, and only of somebody who sees the form again.
    if format == Format::Html && demand::doubt(values).is_some() {
        return refuse(app, &site, format, values).await;
    }
    let shared_device = demand.shared_device;
    let writes = demand.email.is_some() && !demand.cautions.no_email;
    let texts = demand.texts && !writes;
    let mut demand = demand.seal(&app.key);
    demand.held = app.guard.holds(client, &demand);
    let held = demand.held;
    // What is held is written to nobody.
    let (writes, texts) = (writes && !held, texts && !held);
    let again = app.site.is_awaited().then(|| demand.clone());
    let mut submitted = app.store.submit(demand, now).await?;
    // The session may have been written while the server was not there to see it.
    if let (Submitted::UnknownSession, Some(demand)) = (&submitted, again) {
        app.site.meeting().await;
        submitted = app.store.submit(demand, now).await?;
    }
    match submitted {
        Submitted::Recorded { id, given } => {
            // One that was sent again was answered before, and is held or not as it was then.
            if held && given == Given::ToConfirm {
                app.guard.tell_of_burst(values.first("seance"));
            }
            let path = format!("/inscription/suivi/{}", app.key.token(Purpose::FollowUp, id));
            if format == Format::Json {
                let status = if given.key() == "inscrit" { StatusCode::CREATED } else { StatusCode::ACCEPTED };
                let mut body = json!({ "resultat": given.key() });
                if !shared_device {
                    body["suivi"] = path.into();
                }
                return Ok(json(status, &body));
            }
            if shared_device {
                // No address to come back to: it would stay in this device's history.
                let page = Page::new(&site, CONFIRMED).with("status", given.key());
                let page = page.with("letter", &writes).with("text", &texts);
                return Ok(page.with_session(values.first("seance")).answer(StatusCode::OK));
            }
            Ok(see_other(&if sender == Sender::Browser { proved_path(&app.key, id) } else { path }))
        }
        Submitted::UnknownSession => refuse_session(app, &site, format, values, None, &[]),
        Submitted::Refused(state) => refuse_session(app, &site, format, values, Some(state), &[]),
        Submitted::TooManyPlaces(most) => {
            refuse_fields(app, &site, format, values, &[FieldError::too_many_places(most)])
        }
    }
}

fn rules(site: &Snapshot, most_places: u16) -> Rules<'_> {
    Rules { languages: &site.site().languages, most_places, texts: site.site().offers_texts }
}

/// A form that is wrong: everything at once, with what its session says.
async fn refuse(app: &App, site: &Snapshot, format: Format, values: &Values) -> Result<Response, RequestError> {
    let session = app.store.session(values.first("seance"), app.clock.now()).await?;
    let most_places = session.as_ref().map_or(u16::MAX, |session| session.record.places_per_demand);
    let mut errors = demand::read(values, &rules(site, most_places)).err().unwrap_or_default();
    if format == Format::Html
        && let Some(doubt) = demand::doubt(values)
    {
        let at = errors.partition_point(|error| demand::comes_before(error.field, doubt.field));
        errors.insert(at, doubt);
    }
    // That its session takes no demand is said first: it cannot be corrected.
    let asked = !errors.iter().any(|error| error.field == "seance");
    match session {
        None if asked => refuse_session(app, site, format, values, None, &errors),
        Some(session) if asked && !session.state.accepts_demands() => {
            refuse_session(app, site, format, values, Some(session.state), &errors)
        }
        _ => refuse_fields(app, site, format, values, &errors),
    }
}

/// 422: the form again, values kept, what is wrong listed.
fn refuse_fields(
    app: &App,
    site: &Snapshot,
    format: Format,
    values: &Values,
    errors: &[FieldError],
) -> Result<Response, RequestError> {
    if format == Format::Json {
        return Ok(reply::fields_json(site, errors));
    }
    let errors = reply::field_errors(site, errors);
    let form = FormView { key: fresh_key(app)?, values: typed(values), errors, ..FormView::default() };
    Ok(form_page(site, StatusCode::UNPROCESSABLE_ENTITY, &form))
}

/// 409, or 404 of a session that is not known (any more): what can be done instead. While another
/// date is open, that is the form again, with what was typed and the next date chosen.
fn refuse_session(
    app: &App,
    site: &Snapshot,
    format: Format,
    values: &Values,
    state: Option<SessionState>,
    errors: &[FieldError],
) -> Result<Response, RequestError> {
    if format == Format::Json {
        let Some(state) = state else { return Err(RequestError::UnknownSession) };
        let message = reply::phone_message(site, "reponse-seance-fermee");
        return Ok(reply::error_json(StatusCode::CONFLICT, state.key(), &message, &Map::new()));
    }
    let mut typed = typed(values);
    let open = site.model().sessions.iter().filter_map(|session| site.views().session_by_id(session.id.as_str()));
    if open.into_iter().any(|(view, _)| view.accepts) {
        let status = if state.is_some() { StatusCode::CONFLICT } else { StatusCode::NOT_FOUND };
        let refusal = instead(site, &mut typed, Some(Answered(state)));
        let errors = reply::field_errors(site, errors);
        let form = FormView { key: fresh_key(app)?, values: typed, errors, refusal, notice: None };
        return Ok(form_page(site, status, &form));
    }
    let Some(state) = state else { return Err(RequestError::UnknownSession) };
    let page = Page::new(site, REFUSED).with("reason", state.key());
    Ok(page.with_session(&typed.seance).answer(StatusCode::CONFLICT))
}

/// Why a demand that was sent is not recorded; `None`: nobody knows that session.
#[derive(Clone, Copy)]
struct Answered(Option<SessionState>);

/// What is said of the session that is asked for and takes no demand, and the next one of its group
/// chosen in its place. Of a form that was not sent, as far as the site knows; `None`: it takes
/// demands.
fn instead(site: &Snapshot, values: &mut FormValues, answered: Option<Answered>) -> Option<RefusalView> {
    let asked = site.views().session_by_id(&values.seance).map(|(view, _)| view);
    if answered.is_none() && asked.is_some_and(|view| view.accepts) {
        return None;
    }
    let known = asked.and_then(|view| view.state.as_ref()).map_or("retiree", |state| state.key);
    let reason = answered.map_or(known, |Answered(state)| state.map_or("retiree", SessionState::key));
    // Conditions were accepted for one group.
    let only = || site.model().groups.first().filter(|_| site.model().groups.len() == 1);
    let group = asked.map(|view| view.group.id.clone()).or_else(|| only().map(|group| group.id.to_string()));
    // Whoever waits for a date that opens later has not given it up.
    let wanted = group.filter(|_| reason != SessionState::NotYetOpen.key());
    let next = wanted.and_then(|group| moment::next(site, &group, None, &values.seance)).map(|(view, _)| view);
    values.seance = next.map_or_else(String::new, |view| view.id.clone());
    let say = |view: &SessionView| format!("{}, {}", view.date.long, view.hours);
    Some(RefusalView {
        reason: reason.to_owned(),
        date: asked.map(say),
        opens: asked.and_then(|view| view.opens.clone()),
        chosen: next.map(say),
        waits: next.and_then(|view| view.state.as_ref()).is_some_and(|state| state.key == SessionState::Full.key()),
        sent: answered.is_some(),
    })
}

fn form_page(site: &Snapshot, status: StatusCode, form: &FormView) -> Response {
    Page::of_content(site, FORM, "inscription").with("form", form).answer(status)
}

fn typed(values: &Values) -> FormValues {
    let first = |field: &str| values.first(field).to_owned();
    FormValues {
        seance: first("seance"),
        prenom: first("prenom"),
        courriel: first("courriel"),
        courriel_demande: demand::doubtful_address(values).unwrap_or_default(),
        courriel_confirme: values.has("courriel_confirme", "oui"),
        telephone: first("telephone"),
        sms: values.has("sms", "oui"),
        contact_prudent: values.all("contact_prudent").to_vec(),
        conditions: values.has("conditions", "oui"),
        places: first("places"),
        autre_parent: values.has("autre_parent", "oui"),
        autre_parent_prenom: first("autre_parent_prenom"),
        theme: first("theme"),
        connu_par: first("connu_par"),
        appareil_partage: values.has("appareil_partage", "oui"),
        langue: first("langue"),
        ne_pas_remplir: first("ne_pas_remplir"),
    }
}

/// The key of one rendering.
fn fresh_key(app: &App) -> Result<String, RequestError> {
    let mut bytes = [0; 16];
    app.entropy.fill(&mut bytes).map_err(|_| RequestError::Unavailable)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}
