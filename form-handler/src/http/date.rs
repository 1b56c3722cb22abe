//! A session that people asked for keeps its former date when the content gives it one that is over
//! already. The team says, by a link of its letter, that the new one is right; otherwise it
//! corrects the content, and there is nothing to say. A GET never changes anything.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jiff::Timestamp;

use super::{
    App,
    answer::{self, Problem},
    follow_up::Token,
    posted::read_pairs,
};
use crate::{
    store::{Changed, Counted, Operation},
    token::Purpose,
};

const PAGE: &str = "equipe/date.html";

/// Both dates, and the button.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap, Token(token): Token) -> Response {
    let shown = async {
        let counted = session(&app, &token).await?;
        Ok(page(&app, &counted, StatusCode::OK, false))
    };
    shown.await.unwrap_or_else(|problem| answer::problem(&app, &headers, problem))
}

/// The new one is right.
pub(super) async fn accept(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Token(token): Token,
    body: Body,
) -> Response {
    let accepted = async {
        let pairs = read_pairs(&app, &headers, body).await?;
        app.gate.same_site(&headers)?;
        let asked = pairs.iter().find(|(name, _)| name == "date").and_then(|(_, value)| value.parse().ok());
        let starts = asked.and_then(|asked| Timestamp::from_millisecond(asked).ok()).ok_or(Problem::UnknownAction)?;
        let key = session(&app, &token).await?.key;
        let changed = app.store.change(Operation::AcceptDate { session: key, starts }, app.clock.now()).await?;
        let done = changed == Changed::Done;
        let status = if done { StatusCode::OK } else { StatusCode::CONFLICT };
        Ok(page(&app, &session(&app, &token).await?, status, done))
    };
    accepted.await.unwrap_or_else(|problem| answer::problem(&app, &headers, problem))
}

/// Unknown links and those that have ended give one same 404.
async fn session(app: &App, token: &str) -> Result<Counted, Problem> {
    let pass = app.key.open_pass(Purpose::AcceptDate, token, app.clock.now()).ok_or(Problem::NotFound)?;
    app.store.counted(pass.session).await?.ok_or(Problem::NotFound)
}

fn page(app: &App, counted: &Counted, status: StatusCode, done: bool) -> Response {
    let site = app.site.current();
    let words = site.views().words(site.site().lang());
    let mut context = answer::page_context(&site, PAGE);
    context.insert("date", &words.date(counted.session.date).long);
    context.insert("doubtful_date", &counted.doubtful.map(|doubtful| words.date(doubtful.date).long));
    context.insert("asked", &counted.doubtful.map(|doubtful| doubtful.starts.as_millisecond()));
    context.insert("done", &done);
    context.insert("refused", &!status.is_success());
    answer::page(&site, status, PAGE, &context)
}
