//! Answers: a page in the site's own words for a browser, one JSON shape for a machine.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use entreparentaise::{
    model::Place,
    outputs,
    site::Snapshot,
    views::{FieldError as FieldView, PageView},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tera::Context;

use super::{app::App, error::RequestError, request::Format};
use crate::{demand::FieldError, log, phrase::Phrase};

/// The template of a request that went wrong as a whole.
const ERROR: &str = "inscription/erreur.html";

/// How long a client that was turned away waits, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("60");

/// The longest that an answer may take: longer than a body, and a database that is being looked
/// for.
const ANSWER_TIME: Duration = Duration::from_secs(25);

/// Says what was wrong with a request as a whole, in the site's words.
pub(crate) async fn explain(State(app): State<Arc<App>>, format: Format, request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(ANSWER_TIME, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| RequestError::Unsure.into_response());
    let Some(error) = response.extensions_mut().remove::<RequestError>() else { return response };
    let site = app.site.current();
    let (code, message) = error.code();
    let message = phone_message(&site, message);
    let status = error.status();
    let mut response = match format {
        Format::Json => error_json(status, code, &message, &Map::new()),
        Format::Html => Page::new(&site, ERROR)
            .with("code", &status.as_u16())
            .with("error", code)
            .with("message", &message)
            .answer(status),
    };
    if error.passes() {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// A message that names the telephone to call, or where to find it when nobody gave it.
pub(crate) fn phone_message(site: &Snapshot, id: &'static str) -> String {
    let lang = site.site().lang();
    let phone = site.site().contact.phone.known().cloned();
    let call = match phone {
        Some(phone) => Phrase::new("reponse-appelez").with("telephone", phone),
        None => Phrase::new("reponse-contactez"),
    };
    Phrase::new(id).with("appel", call.text(site.texts(), lang)).text(site.texts(), lang)
}

/// JSON for a machine.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    no_store((status, Json(body)).into_response())
}

/// The contract's one shape for errors.
pub(crate) fn error_json(status: StatusCode, code: &str, message: &str, fields: &Map<String, Value>) -> Response {
    json(status, &json!({ "erreur": code, "message": message, "champs": fields }))
}

/// What is wrong with fields, in the site's words.
pub(crate) fn field_errors(site: &Snapshot, errors: &[FieldError]) -> Vec<FieldView> {
    let lang = site.site().lang();
    let view = |error: &FieldError| FieldView {
        field: error.field.to_owned(),
        message: error.phrase.text(site.texts(), lang),
    };
    errors.iter().map(view).collect()
}

/// 422, for a machine.
pub(crate) fn fields_json(site: &Snapshot, errors: &[FieldError]) -> Response {
    let fields: Map<String, Value> =
        field_errors(site, errors).into_iter().map(|error| (error.field, Value::String(error.message))).collect();
    let message = site.texts().get(site.site().lang(), "reponse-champs", &[]);
    error_json(StatusCode::UNPROCESSABLE_ENTITY, "champs_invalides", &message, &fields)
}

/// A page of the handler's own, with what its template sees.
pub(crate) struct Page<'s> {
    site: &'s Snapshot,
    template: &'static str,
    context: Context,
}

impl<'s> Page<'s> {
    /// A page that is no page of the content, under a discreet title.
    pub(crate) fn new(site: &'s Snapshot, template: &'static str) -> Self {
        let lang = site.site().lang();
        let title = site.texts().get(lang, "reponse-titre", &[]);
        let page: PageView = site.views().made_page("/inscription/", &title, &site.site().description, lang, false);
        Self::bare(site, template).with("page", &page)
    }

    /// The page of the content that has this slug, to be completed.
    pub(crate) fn of_content(site: &'s Snapshot, template: &'static str, slug: &str) -> Self {
        let lang = site.site().lang();
        let index = site.model().pages.iter().position(|page| page.slug.as_str() == slug && page.lang == lang);
        let page = Self::bare(site, template);
        match index.map(|index| outputs::page_view(site, index)) {
            Some(Ok(view)) => page.with("page", &view),
            _ => page,
        }
    }

    fn bare(site: &'s Snapshot, template: &'static str) -> Self {
        let context = site.views().context_for(site.site().lang(), &site.templates().reach(template));
        Self { site, template, context }
    }

    /// With one more value.
    pub(crate) fn with(mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        self.context.insert(name, value);
        self
    }

    /// With the session as templates see it. One that left the content has no page any more, and
    /// nothing to show but that.
    pub(crate) fn with_session(mut self, id: &str) -> Self {
        let session = self.site.views().session_by_id(id).map_or_else(tera::Value::none, |(_, value)| value.clone());
        self.context.insert_value("session", session);
        self
    }

    /// A place in a template, for the log: what was to be shown there may be somebody's.
    fn line_of(&self, place: &Place) -> String {
        let text = self.site.sources().text(&place.file).unwrap_or_default();
        let line = text.get(..place.span.start).map_or(1, |before| before.matches('\n').count() + 1);
        format!("{}:{line}", place.file)
    }

    /// The answer, which must not be kept: it is about somebody.
    pub(crate) fn answer(self, status: StatusCode) -> Response {
        match self.site.templates().render(self.template, &self.context) {
            Ok(html) => no_store((status, Html(html)).into_response()),
            Err(problem) => {
                // Every page of the site was rendered before; only a page of the handler's own can
                // still fail. What was recorded is recorded: the status tells the truth without
                // words.
                log::error(&Phrase::new("reponse-impossible").with("ou", self.line_of(&problem.at)));
                no_store(status.into_response())
            }
        }
    }
}

/// Nothing about a person stays in a cache or in a shared browser's history.
pub(crate) fn no_store(response: Response) -> Response {
    with_header(response, header::CACHE_CONTROL, "no-store")
}

/// 303, so that reloading the next page sends nothing again.
pub(crate) fn see_other(path: &str) -> Response {
    no_store(redirect(StatusCode::SEE_OTHER, path))
}

/// To another address.
pub(crate) fn redirect(status: StatusCode, target: &str) -> Response {
    with_header(status.into_response(), header::LOCATION, target)
}

/// A file to keep, which no browser shows by itself.
pub(crate) fn attachment(name: &str, content: impl IntoResponse) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    no_store(with_header(content.into_response(), header::CONTENT_DISPOSITION, &disposition))
}

/// An answer with one more header. What no header can hold is left out.
pub(crate) fn with_header(mut response: Response, name: header::HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
    response
}
