//! What was asked, and by whom: the language of the answer, the client's address, the link that
//! stands for a person or for a decision, and the body of a post.
//!
//! A body is read to its end whatever becomes of it: a browser that is still sending when the
//! answer comes, and the connection goes, shows an error of its own instead of our words.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request, rejection::ExtensionRejection},
    http::{HeaderMap, header, request::Parts},
};
use futures_util::StreamExt;

use super::{app::App, error::RequestError, form_text};
use crate::{
    store::{Counted, FollowUp},
    token::{DemandId, Purpose, TeamLink},
};

/// The longest that a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What is read, and forgotten, of a body that is too large. Beyond, nobody sends by mistake.
const MOST_FORGOTTEN: usize = 32 * 1024 * 1024;

/// What the client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A browser: a page.
    Html,
    /// A machine that asked for it.
    Json,
}

impl<S: Send + Sync> FromRequestParts<S> for Format {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let accept = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let json = accept.contains("application/json") && !accept.contains("text/html");
        Ok(if json { Self::Json } else { Self::Html })
    }
}

/// The client's address, as proxies of ours tell it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client(pub(crate) IpAddr);

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ExtensionRejection> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, app).await?;
        Ok(Self(app.guard.client(&parts.headers, peer.ip())))
    }
}

/// What stands at the end of a link. What is no text opens nothing, and is answered like any other
/// unknown link.
#[derive(Debug)]
pub(crate) struct Token(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Token {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(path.map(|Path(token)| token).unwrap_or_default()))
    }
}

/// The demand behind a person's link. Unknown, expired and erased links give one same 404.
pub(crate) async fn demand(app: &App, purpose: Purpose, Token(token): &Token) -> Result<FollowUp, RequestError> {
    let id: DemandId = app.key.open(purpose, token).ok_or(RequestError::DeadLink)?;
    app.store.follow_up(id, app.clock.now()).await?.ok_or(RequestError::DeadLink)
}

/// What a link of the team opens. Unknown links and those that have ended give one same 404.
pub(crate) fn team_link(app: &App, purpose: Purpose, Token(token): &Token) -> Result<TeamLink, RequestError> {
    app.key.open_team_link(purpose, token, app.clock.now()).ok_or(RequestError::NotFound)
}

/// The session behind a link of the team.
pub(crate) async fn team_session(
    app: &App,
    purpose: Purpose,
    token: &Token,
) -> Result<(TeamLink, Counted), RequestError> {
    let link = team_link(app, purpose, token)?;
    let session = app.store.counted(link.session).await?.ok_or(RequestError::NotFound)?;
    Ok((link, session))
}

/// The fields of a form that was posted from a page of ours, in their order.
#[derive(Debug)]
pub(crate) struct Posted(pub(crate) Vec<(String, String)>);

impl Posted {
    /// The first value of a field, trimmed; empty when it is absent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.trim())
    }
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = RequestError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, RequestError> {
        let (headers, bytes) = read(app, request).await?;
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(RequestError::NotAForm);
        }
        form_text::read(&bytes, kind).map(Self).ok_or(RequestError::NotText)
    }
}

/// A button of a page of ours was pressed, whose link says it all: nothing in the body matters.
#[derive(Debug)]
pub(crate) struct Pressed;

impl FromRequest<Arc<App>> for Pressed {
    type Rejection = RequestError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, RequestError> {
        read(app, request).await.map(|_| Self)
    }
}

/// The body of a post from a page of ours, within the limits of size and time.
async fn read(app: &App, request: Request) -> Result<(HeaderMap, Vec<u8>), RequestError> {
    let (parts, body) = request.into_parts();
    let bytes = read_body(&parts.headers, body, app.guard.max_body).await;
    app.guard.same_site(&parts.headers, app.site.current().origins())?;
    Ok((parts.headers, bytes?))
}

async fn read_body(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>, RequestError> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    // Who asks before sending sends nothing when told no.
    let asks = headers.contains_key(header::EXPECT);
    if length.is_some_and(|length| length > MOST_FORGOTTEN || (asks && length > most)) {
        return Err(RequestError::TooLarge);
    }
    tokio::time::timeout(BODY_TIME, gather(body, most)).await.map_err(|_| RequestError::TooSlow)?
}

async fn gather(body: Body, most: usize) -> Result<Vec<u8>, RequestError> {
    let mut body = body.into_data_stream();
    let mut kept = Vec::new();
    let mut length = 0;
    while let Some(bytes) = body.next().await {
        // A form that stops in the middle is none: half an address is somebody else's.
        let bytes = bytes.map_err(|_| RequestError::TooSlow)?;
        length += bytes.len();
        if length <= most {
            kept.extend_from_slice(&bytes);
        } else if length > MOST_FORGOTTEN {
            break;
        }
    }
    if length > most { Err(RequestError::TooLarge) } else { Ok(kept) }
}
