//! What the team does from the links in its letters: decide whether a session under its minimum is
//! held, and tick the calls that were made. The links end by themselves ([`Pass`]). A GET never
//! changes anything.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use entreparentaise::views::Words;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{
    App,
    answer::{self, Problem},
    follow_up::Token,
    posted::read_pairs,
};
use crate::{
    demand::Cautions,
    enrolment::{Decision, MessageKind, call_by},
    messages::instant,
    store::{Call, Changed, Counted, Operation},
    token::{Pass, Purpose},
};

const SESSION: &str = "equipe/seance.html";
const CALLS: &str = "equipe/appels.html";

/// The session, its counts, and the two buttons.
pub(super) async fn show_session(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    let shown = async {
        let counted = session(&app, &token).await?.1;
        Ok(session_page(&app, &counted, StatusCode::OK))
    };
    shown.await.unwrap_or_else(|problem| answer::problem(&app, &headers, problem))
}

/// Hold it, or cancel it.
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Token(token): Token,
    body: Body,
) -> Response {
    let decided = async {
        let pairs = read_pairs(&app, &headers, body).await?;
        app.gate.same_site(&headers)?;
        let decision = match value(&pairs, "action") {
            "maintenir" => Decision::Hold,
            "annuler" => Decision::Cancel,
            _ => return Err(Problem::UnknownAction),
        };
        let (pass, _) = session(&app, &token).await?;
        let operation = Operation::Decide { session: pass.session, starts: pass.until, decision };
        let changed = app.store.change(operation, app.clock.now()).await?;
        let status = if changed == Changed::Done { StatusCode::OK } else { StatusCode::CONFLICT };
        let (_, counted) = session(&app, &token).await?;
        Ok(session_page(&app, &counted, status))
    };
    decided.await.unwrap_or_else(|problem| answer::problem(&app, &headers, problem))
}

/// The calls to make.
pub(super) async fn show_calls(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    let shown = async {
        open(&app, Purpose::Calls, &token)?;
        calls_page(&app).await
    };
    shown.await.unwrap_or_else(|problem| answer::problem(&app, &headers, problem))
}

/// One of them was made.
pub(super) async fn call_made(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Token(token): Token,
    body: Body,
) -> Response {
    let ticked = async {
        let pairs = read_pairs(&app, &headers, body).await?;
        app.gate.same_site(&headers)?;
        open(&app, Purpose::Calls, &token)?;
        let key = value(&pairs, "appel").parse().map_err(|_| Problem::UnknownAction)?;
        // Twice is once: two facilitators may have the same page before them.
        app.store.call_made(key, app.clock.now()).await?;
        calls_page(&app).await
    };
    ticked.await.unwrap_or_else(|problem| answer::problem(&app, &headers, problem))
}

pub(super) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.trim())
}

/// Unknown links and those that have ended give one same 404.
pub(super) fn open(app: &App, purpose: Purpose, token: &str) -> Result<Pass, Problem> {
    app.key.open_pass(purpose, token, app.clock.now()).ok_or(Problem::NotFound)
}

async fn session(app: &App, token: &str) -> Result<(Pass, Counted), Problem> {
    let pass = open(app, Purpose::Decide, token)?;
    let counted = app.store.counted(pass.session).await?.ok_or(Problem::NotFound)?;
    Ok((pass, counted))
}

fn session_page(app: &App, counted: &Counted, status: StatusCode) -> Response {
    let site = app.site.current();
    let words = site.views().words(site.site().lang());
    let record = &counted.session;
    let mut context = answer::page_context(&site, SESSION);
    context.insert("date", &words.date(record.date).long);
    context.insert("hours", &words.hours(record.start, record.end));
    context.insert("place", &record.place);
    context.insert("occupied", &counted.occupied);
    context.insert("waiting", &counted.waiting);
    context.insert("places_min", &record.places_min);
    context.insert("cancelled", &record.schedule.cancelled);
    context.insert("decision", &counted.decision.map(Decision::name));
    context.insert("refused", &!status.is_success());
    answer::page(&site, status, SESSION, &context)
}

/// A call, in words.
#[derive(Serialize)]
struct CallView<'a> {
    key: i64,
    about: Option<&'static str>,
    first_name: &'a str,
    phone: Option<&'a str>,
    email: Option<&'a str>,
    cautions: Vec<String>,
    date: String,
    by: String,
    late: bool,
}

impl<'a> CallView<'a> {
    fn of(call: &'a Call, by: Timestamp, words: &Words, zone: &TimeZone, now: Timestamp) -> Self {
        Self {
            key: call.key,
            about: call.about.map(MessageKind::name),
            first_name: &call.first_name,
            phone: call.phone.as_deref(),
            email: call.email.as_deref(),
            cautions: cautions(words, call.cautions),
            date: words.date(call.session.date).long,
            by: instant(words, by, zone),
            late: by <= now,
        }
    }
}

async fn calls_page(app: &App) -> Result<Response, Problem> {
    let now = app.clock.now();
    let mut calls: Vec<_> = app.store.calls(now).await?.into_iter().map(|call| (by(&call), call)).collect();
    // The most pressing first.
    calls.sort_by_key(|(by, call)| (*by, call.key));
    let site = app.site.current();
    let (words, zone) = (site.views().words(site.site().lang()), &site.site().time_zone);
    let views: Vec<_> = calls.iter().map(|(by, call)| CallView::of(call, *by, words, zone, now)).collect();
    let mut context = answer::page_context(&site, CALLS);
    context.insert("calls", &views);
    Ok(answer::page(&site, StatusCode::OK, CALLS, &context))
}

fn by(call: &Call) -> Timestamp {
    call_by(call.since, call.session.schedule.starts)
}

/// How to reach them safely, in words.
pub(super) fn cautions(words: &Words, cautions: Cautions) -> Vec<String> {
    cautions.names().into_iter().map(|name| words.text(&format!("prudence-{name}"), &[])).collect()
}
