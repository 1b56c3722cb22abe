//! What is recorded about a person, for whoever has the link and the code: to read, to keep, to
//! correct.

use axum::{Json, http::StatusCode, response::Response};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::{
    demand::{self, FieldError, Values},
    store::{Personal, Shown},
    web::{
        app::App,
        reply::{Page, attachment, field_errors},
    },
};

/// The template of what is recorded.
const RECORDED: &str = "inscription/informations.html";

/// The same as a file.
pub(super) fn file(app: &App, record: &Personal) -> Response {
    attachment("mes-informations.json", Json(value(record, &app.site.current().site().time_zone)))
}

/// The page, perhaps with a form that is to be corrected.
pub(super) fn page(
    app: &App,
    record: &Personal,
    token: &str,
    code: &str,
    typed: Option<(&Values, &[FieldError])>,
) -> Response {
    let site = app.site.current();
    let recorded = value(record, &site.site().time_zone);
    let written = |field: &str| match typed {
        Some((values, _)) => values.first(field).to_owned(),
        None => recorded[field].as_str().unwrap_or_default().to_owned(),
    };
    let cautions: Vec<String> = match typed {
        Some((values, _)) => values.all("contact_prudent").to_vec(),
        None => record.cautions.names().into_iter().map(str::to_owned).collect(),
    };
    let texts = match typed {
        Some((values, _)) => values.has("sms", "oui"),
        None => record.texts,
    };
    let (asked, confirmed) = match typed {
        Some((values, _)) => (demand::doubtful_address(values), values.has("courriel_confirme", "oui")),
        None => (None, false),
    };
    let form = json!({
        "courriel": written("courriel"), "telephone": written("telephone"), "contact_prudent": cautions,
        "sms": texts, "courriel_demande": asked.unwrap_or_default(), "courriel_confirme": confirmed,
    });
    let errors = typed.map(|(_, errors)| field_errors(&site, errors)).unwrap_or_default();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let asked_on = record.asked_at.to_zoned(site.site().time_zone.clone()).date();
    Page::new(&site, RECORDED)
        .with_session(&record.session.id)
        .with("asked_on", &site.views().words(site.site().lang()).date(asked_on).long)
        .with("data", &recorded)
        .with("form", &form)
        .with("errors", &errors)
        .with("live", &matches!(record.shown, Shown::Live(_)))
        .with("token", token)
        .with("code", code)
        .answer(status)
}

/// Under the contract's names, with instants in the site's zone.
fn value(record: &Personal, zone: &TimeZone) -> Value {
    let local = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let messages: Vec<Value> = record
        .messages
        .iter()
        .filter_map(|message| {
            let what = message.kind.name_for_its_sender()?;
            let (decided, sent) = (local(message.at), message.sent_at.map(local));
            Some(json!({ "quoi": what, "a": message.recipient, "decide_le": decided, "envoye_le": sent }))
        })
        .collect();
    json!({
        "seance": record.session.id,
        "prenom": record.first_name,
        "courriel": record.email,
        "telephone": record.phone,
        "sms": record.texts,
        "contact_prudent": record.cautions.names(),
        "places": record.places,
        "autre_parent": record.other_parent,
        "autre_parent_prenom": record.other_parent_first_name,
        "connu_par": record.heard_from,
        "appareil_partage": record.shared_device,
        "langue": record.lang,
        "demande_le": local(record.asked_at),
        // One that was released as a repetition goes on as before for its sender.
        "terminee_le": record.ended_at.filter(|_| !matches!(record.shown, Shown::Live(_))).map(local),
        "messages": messages,
    })
}
