//! Names the request in whatever is logged while it is answered, and answers when that fails.

use std::panic::AssertUnwindSafe;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tracing::Instrument;

use super::error::RequestError;

/// A line that is logged names the request by its method and its route: an address may hold the
/// token of a person's page. A panic was logged with them: the person gets the telephone to call
/// instead of a connection that breaks.
pub(super) async fn name(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("/…", MatchedPath::as_str);
    let method = [Method::GET, Method::HEAD, Method::POST].into_iter().find(|method| method == request.method());
    let method = method.as_ref().map_or("…", Method::as_str);
    let span = tracing::error_span!("requete", methode = method, route);
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span).await;
    // How far it had come is not known.
    answered.unwrap_or_else(|_| RequestError::Unsure.into_response())
}
