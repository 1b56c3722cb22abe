//! Answers: a page in the site's own words for a browser, one JSON shape for a machine.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use entreparentaise::{
    site::Snapshot,
    views::{FieldError as FieldView, PageView},
};
use serde_json::{Map, Value, json};
use tera::Context;

use super::App;
use crate::{demand::FieldError, said::Said, store::StoreError};

/// The template of a request that went wrong as a whole.
const ERROR: &str = "inscription/erreur.html";

/// How long a client that was turned away waits, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("60");

/// Whether the client is a machine that asked for JSON.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

/// What went wrong for a request as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// A foreign or `null` origin.
    Foreign,
    /// No such page, session or demand.
    NotFound,
    /// No such session, told to whoever sent a form.
    UnknownSession,
    /// The body is too large.
    TooLarge,
    /// The body came too slowly.
    TooSlow,
    /// The body is no form.
    NotAForm,
    /// Too many sign-ups from one address.
    TooMany,
    /// Overloaded, or no database.
    Unavailable,
    /// The action is not one of ours.
    UnknownAction,
}

impl Problem {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::NotFound | Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnknownAction => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The `erreur` of the JSON shape, and the message's name in the locale.
    fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::Foreign => ("origine_refusee", "reponse-origine-refusee"),
            Self::NotFound => ("introuvable", "reponse-introuvable"),
            Self::UnknownSession => ("seance_inconnue", "reponse-seance-inconnue"),
            Self::TooLarge => ("trop_long", "reponse-trop-long"),
            Self::TooSlow => ("trop_lent", "reponse-trop-lent"),
            Self::NotAForm => ("mauvais_type", "reponse-mauvais-type"),
            Self::TooMany => ("trop_de_demandes", "reponse-trop-de-demandes"),
            Self::Unavailable => ("indisponible", "reponse-indisponible"),
            Self::UnknownAction => ("action_inconnue", "reponse-action-inconnue"),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        // Whoever runs the server needs the cause; the person needs the telephone.
        eprintln!("{error:?}");
        Self::Unavailable
    }
}

/// The answer to a request that went wrong as a whole.
pub(super) fn problem(app: &App, headers: &HeaderMap, problem: Problem) -> Response {
    let site = app.site.current();
    let (code, message) = problem.code();
    let message = phone_message(&site, message);
    let mut response = if wants_json(headers) {
        error_json(problem.status(), code, &message, &Map::new())
    } else {
        let mut context = page_context(&site, ERROR);
        context.insert("code", &problem.status().as_u16());
        context.insert("message", &message);
        page(&site, problem.status(), ERROR, &context)
    };
    if matches!(problem, Problem::TooMany | Problem::Unavailable) {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// A message that names the telephone to call, or where to find it when nobody gave it.
pub(super) fn phone_message(site: &Snapshot, id: &'static str) -> String {
    let lang = site.site().lang();
    let phone = site.site().contact.phone.known().cloned();
    let call = match phone {
        Some(phone) => Said::new("reponse-appelez").with("telephone", phone),
        None => Said::new("reponse-contactez"),
    };
    Said::new(id).with("appel", call.text(site.texts(), lang)).text(site.texts(), lang)
}

/// The contract's one shape for errors.
pub(super) fn error_json(status: StatusCode, code: &str, message: &str, fields: &Map<String, Value>) -> Response {
    let body = json!({ "erreur": code, "message": message, "champs": fields });
    no_store((status, Json(body)).into_response())
}

/// What is wrong with fields, in the site's words.
pub(super) fn told(site: &Snapshot, errors: &[FieldError]) -> Vec<FieldView> {
    let lang = site.site().lang();
    let told =
        |error: &FieldError| FieldView { field: error.field.to_owned(), message: error.said.text(site.texts(), lang) };
    errors.iter().map(told).collect()
}

/// 422, for a machine.
pub(super) fn fields_json(app: &App, errors: &[FieldError]) -> Response {
    let site = app.site.current();
    let fields: Map<String, Value> =
        told(&site, errors).into_iter().map(|error| (error.field, Value::String(error.message))).collect();
    let message = site.texts().get(site.site().lang(), "reponse-champs", &[]);
    error_json(StatusCode::UNPROCESSABLE_ENTITY, "champs_invalides", &message, &fields)
}

/// A page that must not be kept: it is about somebody.
pub(super) fn page(site: &Snapshot, status: StatusCode, template: &str, context: &Context) -> Response {
    match site.templates().render(template, context) {
        Ok(html) => no_store((status, Html(html)).into_response()),
        Err(problem) => {
            // Every page of the site was rendered before; only a page of the handler's own can still fail. What was recorded
            // is recorded: the status tells the truth without words.
            eprintln!("{problem:?}");
            no_store(status.into_response())
        }
    }
}

/// What a page of the handler receives of what it reads, under a discreet title.
pub(super) fn page_context(site: &Snapshot, template: &str) -> Context {
    let lang = site.site().lang();
    let title = site.texts().get(lang, "reponse-titre", &[]);
    let page: PageView = site.views().made_page("/inscription/", &title, &site.site().description, lang, false);
    let mut context = site.views().context_for(lang, &site.templates().reach(template));
    context.insert("page", &page);
    context
}

/// Nothing about a person stays in a cache or in a shared browser's history.
pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
