//! The headers that every answer carries: what it may load, who may show it, what is told to whom a
//! link leads.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use entreparentaise::urls;

use super::app::App;

/// Which sites may show what is answered.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The same for every answer.
static FIXED: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), interest-cohort=()"),
    ),
];

/// The policy of the block that other sites may frame. In a sandbox, it has an origin of its own:
/// its style sheet and its icon are then another site's.
const FRAMED_POLICY: &str =
    "default-src 'none'; style-src *; img-src *; base-uri 'none'; form-action 'none'; frame-ancestors *";

/// Adds them.
pub(crate) async fn add(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let framed = path.trim_end_matches('/') == urls::KIT_BLOCK.trim_end_matches('/');
    let shared = framed || path.starts_with("/assets/bloc.") || path.starts_with("/assets/favicon.");
    let personal = path.strip_prefix("/inscription/").is_some_and(|rest| !rest.is_empty());
    let proved = personal && request.uri().query().is_some();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.reserve(FIXED.len() + 2);
    for (name, value) in &FIXED {
        headers.insert(name, value.clone());
    }
    // `no-referrer` would make browsers send `Origin: null` with the form, which is refused. A link
    // that stands for a person is told to nobody else in any case.
    // What proves that a browser recorded a demand stands behind the path: not even pages of ours
    // are told, nor whatever notes from where their readers come.
    let referrer = match (personal, proved) {
        (true, true) => "strict-origin",
        (true, false) => "same-origin",
        (false, _) => "strict-origin-when-cross-origin",
    };
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    if let Some(policy) = app.site.current().policy() {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    if framed {
        headers.remove(header::X_FRAME_OPTIONS);
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FRAMED_POLICY));
    }
    if shared {
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    response
}
