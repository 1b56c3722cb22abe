//! The body of a post, read to its end whatever becomes of it: a browser that is still sending when the answer comes, and
//! the connection goes, shows an error of its own instead of our words.

use std::{future::poll_fn, pin::Pin, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header},
};

use super::{App, answer::Problem};

/// The longest that a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What is read, and forgotten, of a body that is too large. Beyond, nobody sends by mistake.
const MOST_FORGOTTEN: usize = 32 * 1024 * 1024;

/// The pairs of an urlencoded body, within the limits of size and time.
pub(super) async fn read_pairs(app: &App, headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, Problem> {
    let bytes = read_body(app, headers, body).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::NotAForm);
    }
    Ok(url::form_urlencoded::parse(&bytes).into_owned().collect())
}

/// The bytes of a body.
pub(super) async fn read_body(app: &App, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    // Who asks before sending sends nothing when told no.
    let asks = headers.contains_key(header::EXPECT);
    if length.is_some_and(|length| length > MOST_FORGOTTEN || (asks && length > app.gate.max_body)) {
        return Err(Problem::TooLarge);
    }
    tokio::time::timeout(BODY_TIME, gather(body, app.gate.max_body)).await.map_err(|_| Problem::TooSlow)?
}

async fn gather(mut body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let mut kept = Vec::new();
    let mut length = 0;
    while let Some(bytes) = next(&mut body).await {
        // A form that stops in the middle is none: half an address is somebody else's.
        let bytes = bytes.map_err(|_| Problem::TooSlow)?;
        length += bytes.len();
        if length <= most {
            kept.extend_from_slice(&bytes);
        } else if length > MOST_FORGOTTEN {
            break;
        }
    }
    if length > most { Err(Problem::TooLarge) } else { Ok(kept) }
}

/// The next bytes; `None` at the end.
async fn next(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}
