//! The sign-up form: shown, read, answered.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{ConnectInfo, Query, RawQuery, Request, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use data_encoding::BASE64URL_NOPAD;
use entreparentaise::{
    model::{Id, State as SessionState},
    outputs,
    site::Snapshot,
    views::{FormValues, FormView},
};
use serde::Deserialize;
use serde_json::{Map, json};

use super::{
    App,
    answer::{self, Problem},
    posted::read_pairs,
};
use crate::{
    demand::{self, FieldError, Rules, Values},
    store::Submitted,
    token::Purpose,
};

/// The templates of the form and of its answers.
const FORM: &str = "pages/inscription.html";
const CONFIRMED: &str = "inscription/confirmation.html";
const REFUSED: &str = "inscription/refus.html";

/// What a link may choose in the form beforehand.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    seance: String,
    #[serde(default)]
    connu_par: String,
}

pub(super) async fn without_slash(RawQuery(query): RawQuery) -> Redirect {
    Redirect::permanent(&query.map_or_else(|| "/inscription/".to_owned(), |query| format!("/inscription/?{query}")))
}

/// The form, with its own `envoi` key.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    chosen: Result<Query<Chosen>, QueryRejection>,
) -> Response {
    // A query that is not understood chooses nothing.
    let chosen = chosen.map(|Query(chosen)| chosen).unwrap_or_default();
    let known = |text: String| if Id::new(&text).is_some() { text } else { String::new() };
    let values =
        FormValues { seance: known(chosen.seance), connu_par: known(chosen.connu_par), ..FormValues::default() };
    let site = app.site.current();
    match fresh_key(&app) {
        Some(key) => form_page(&site, StatusCode::OK, &FormView { key, values, ..FormView::default() }),
        None => answer::problem(&app, &headers, Problem::Unavailable),
    }
}

/// A demand.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers;
    match read(&app, &headers, peer, body).await {
        Ok(values) => match decide(&app, &headers, &values).await {
            Ok(response) => response,
            Err(problem) => answer::problem(&app, &headers, problem),
        },
        Err(problem) => answer::problem(&app, &headers, problem),
    }
}

/// The fields of a posted form, once its sender and its shape are accepted.
async fn read(app: &App, headers: &HeaderMap, peer: SocketAddr, body: Body) -> Result<Values, Problem> {
    let admitted = app.gate.admit(headers, peer);
    let pairs = read_pairs(app, headers, body).await;
    admitted.and(pairs).map(Values::of)
}

pub(super) async fn decide(app: &App, headers: &HeaderMap, values: &Values) -> Result<Response, Problem> {
    let site = app.site.current();
    let now = app.clock.now();
    // The store knows the session's own limits, and looks at them when it decides; before, nothing needs to be read.
    let Ok(demand) = demand::read_values(values, &rules(&site, u16::MAX)) else {
        return refuse(app, &site, headers, values).await;
    };
    let shared_device = demand.shared_device;
    let demand = demand.seal(&app.key);
    let again = app.site.is_awaited().then(|| demand.clone());
    let mut submitted = app.store.submit(demand, now).await?;
    // The session may have been written while the server was not there to see it.
    if let (Submitted::UnknownSession, Some(demand)) = (&submitted, again) {
        app.site.meeting().await;
        submitted = app.store.submit(demand, now).await?;
    }
    match submitted {
        Submitted::Recorded { id, given } => {
            let token = app.key.token(Purpose::FollowUp, id);
            let path = format!("/inscription/suivi/{token}");
            if answer::wants_json(headers) {
                let status = if given.key() == "inscrit" { StatusCode::CREATED } else { StatusCode::ACCEPTED };
                let mut body = json!({ "resultat": given.key() });
                if !shared_device {
                    body["suivi"] = path.into();
                }
                return Ok(answer::no_store((status, Json(body)).into_response()));
            }
            if shared_device {
                // No address to come back to: it would stay in this device's history.
                let mut context = answer::page_context(&site, CONFIRMED);
                context.insert("status", given.key());
                insert_session(&mut context, &site, values.first("seance"));
                return Ok(answer::page(&site, StatusCode::OK, CONFIRMED, &context));
            }
            Ok(see_other(&path))
        }
        Submitted::UnknownSession => Err(Problem::UnknownSession),
        Submitted::Refused(state) => Ok(refuse_session(&site, headers, values.first("seance"), state)),
        Submitted::TooManyPlaces(most) => {
            Ok(refuse_fields(app, &site, headers, values, &[FieldError::too_many_places(most)]))
        }
    }
}

fn rules(site: &Snapshot, most_places: u16) -> Rules<'_> {
    Rules { languages: &site.site().languages, most_places }
}

/// A form that is wrong: everything at once, with what its session says.
async fn refuse(app: &App, site: &Snapshot, headers: &HeaderMap, values: &Values) -> Result<Response, Problem> {
    let session = app.store.session(values.first("seance"), app.clock.now()).await?;
    let most_places = session.as_ref().map_or(u16::MAX, |session| session.record.places_per_demand);
    let errors = demand::read_values(values, &rules(site, most_places)).err().unwrap_or_default();
    // A form for a session that takes no demand cannot be corrected: that is said first.
    let asked = !errors.iter().any(|error| error.field == "seance");
    match session {
        None if asked => Err(Problem::UnknownSession),
        Some(session) if asked && !session.state.accepts_demands() => {
            Ok(refuse_session(site, headers, &session.record.id, session.state))
        }
        _ => Ok(refuse_fields(app, site, headers, values, &errors)),
    }
}

/// 422: the form again, values kept, what is wrong listed.
fn refuse_fields(app: &App, site: &Snapshot, headers: &HeaderMap, values: &Values, errors: &[FieldError]) -> Response {
    if answer::wants_json(headers) {
        return answer::fields_json(app, errors);
    }
    let Some(key) = fresh_key(app) else { return answer::problem(app, headers, Problem::Unavailable) };
    let form = FormView { key, values: typed(values), errors: answer::told(site, errors), notice: None };
    answer::no_store(form_page(site, StatusCode::UNPROCESSABLE_ENTITY, &form))
}

/// 409: what can be done instead.
fn refuse_session(site: &Snapshot, headers: &HeaderMap, session: &str, state: SessionState) -> Response {
    if answer::wants_json(headers) {
        let message = answer::phone_message(site, "reponse-seance-fermee");
        return answer::error_json(StatusCode::CONFLICT, state.key(), &message, &Map::new());
    }
    let mut context = answer::page_context(site, REFUSED);
    context.insert("reason", state.key());
    insert_session(&mut context, site, session);
    answer::page(site, StatusCode::CONFLICT, REFUSED, &context)
}

fn form_page(site: &Snapshot, status: StatusCode, form: &FormView) -> Response {
    let lang = site.site().lang();
    let index = site.model().pages.iter().position(|page| page.slug.as_str() == "inscription" && page.lang == lang);
    let mut context = site.views().context_for(lang, &site.templates().reach(FORM));
    if let Some(Ok(page)) = index.map(|index| outputs::page_view(site, index)) {
        context.insert("page", &page);
    }
    context.insert("form", form);
    answer::page(site, status, FORM, &context)
}

/// The session as templates see it. One that left the content has no page any more, and nothing to show but that.
pub(super) fn insert_session(context: &mut tera::Context, site: &Snapshot, id: &str) {
    let session = site.views().session_by_id(id).map_or_else(tera::Value::none, |(_, value)| value.clone());
    context.insert_value("session", session);
}

fn typed(values: &Values) -> FormValues {
    let first = |field: &str| values.first(field).to_owned();
    FormValues {
        seance: first("seance"),
        prenom: first("prenom"),
        courriel: first("courriel"),
        telephone: first("telephone"),
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

/// The key of one rendering; `None` when the system gives no randomness.
fn fresh_key(app: &App) -> Option<String> {
    let mut bytes = [0; 16];
    app.entropy.fill(&mut bytes).ok()?;
    Some(BASE64URL_NOPAD.encode(&bytes))
}

/// 303, so that reloading the next page sends nothing again.
pub(super) fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(location) = HeaderValue::try_from(path) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    answer::no_store(response)
}
