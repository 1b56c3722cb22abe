//! Who is let in: origins, addresses, rates; and the headers that every answer carries.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use entreparentaise::{
    text::{REFERENCE, Texts},
    urls,
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::{App, Gate, answer::Problem, client_address::client_address};

/// Addresses remembered before those at rest are forgotten.
const REMEMBERED: usize = 10_000;

/// How a browser says where the page is from that posts.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Sign-ups a minute from one address.
#[derive(Debug)]
pub(super) struct Limiter(Option<DefaultKeyedRateLimiter<IpAddr>>);

impl Limiter {
    /// `0`: any number.
    pub(super) fn new(per_minute: u32) -> Self {
        Self(NonZeroU32::new(per_minute).map(|limit| RateLimiter::keyed(Quota::per_minute(limit))))
    }

    fn admits(&self, address: IpAddr) -> bool {
        let Some(limiter) = &self.0 else { return true };
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        limiter.check_key(&subscriber(address)).is_ok()
    }
}

/// The address that stands for a subscriber: an IPv6 line has a /64 to itself.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Gate {
    /// Refuses a post from another site, and a flood from one address.
    pub(super) fn admit(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<(), Problem> {
        self.same_site(headers)?;
        let client = self.client(headers, peer.ip());
        if self.limiter.admits(client) { Ok(()) } else { Err(Problem::TooMany) }
    }

    /// Only our own two origins may post, and the page that is shown at the very address to which
    /// it posts, whatever name that has: a browser alone writes `Sec-Fetch-Site`. One that tells
    /// nothing (both headers absent) is no browser that could be tricked into it.
    pub(super) fn same_site(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
        let origin = headers.get(header::ORIGIN);
        let ours = |origin: &HeaderValue| {
            self.origins.borrow().iter().any(|ours| ours.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
        };
        let admitted = site == Some(b"same-origin") || origin.map_or(site != Some(b"cross-site"), ours);
        if admitted {
            return Ok(());
        }
        if let Some(said) = self.refused.first(origin) {
            eprintln!("{}", said.text(&Texts::embedded(), REFERENCE));
        }
        Err(Problem::Foreign)
    }

    fn client(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        client_address(headers, peer, |address| self.trusted_proxies.iter().any(|net| net.contains(&address)))
    }
}

/// The headers of every answer. The policy forbids whatever the pages do not use: no inline style
/// or script, no other site.
pub(super) async fn headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let framed = path.trim_end_matches('/') == urls::KIT_BLOCK.trim_end_matches('/');
    let shared = framed || path.starts_with("/assets/bloc.") || path.starts_with("/assets/favicon.");
    let personal =
        request.uri().path().starts_with("/inscription/") && request.uri().path().len() > "/inscription/".len();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.reserve(FIXED.len() + 2);
    if let Some(policy) = app.gate.policy(app.site.current().site().handler_url.as_deref()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // `no-referrer` would make browsers send `Origin: null` with the form, which is refused. A link
    // that stands for a person is told to nobody else in any case.
    let referrer = if personal { "same-origin" } else { "strict-origin-when-cross-origin" };
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    for (name, value) in &FIXED {
        headers.insert(name, value.clone());
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

/// Which sites may show what is answered.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The policy of the block that other sites may frame. In a sandbox, it has an origin of its own:
/// its style sheet and its icon are then another site's.
const FRAMED_POLICY: &str =
    "default-src 'none'; style-src *; img-src *; base-uri 'none'; form-action 'none'; frame-ancestors *";

/// The policy last made, and for which address of the handler: it changes with the content alone.
#[derive(Debug, Default)]
pub(super) struct Policy(RwLock<Option<(String, HeaderValue)>>);

impl Gate {
    fn policy(&self, handler: Option<&str>) -> Option<HeaderValue> {
        let handler = handler.unwrap_or_default();
        let known = self.policy.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, policy)) = known.as_ref().filter(|(known, _)| known == handler) {
            return Some(policy.clone());
        }
        drop(known);
        let policy = HeaderValue::try_from(format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; manifest-src 'self'; \
             connect-src 'self'; form-action 'self' {handler}; base-uri 'none'; frame-ancestors 'none'"
        ))
        .ok()?;
        let made = (handler.to_owned(), policy.clone());
        *self.policy.0.write().unwrap_or_else(PoisonError::into_inner) = Some(made);
        Some(policy)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;

    fn gate() -> Gate {
        Gate::new(watch::channel(vec!["https://exemple.fr".into()]).1, vec!["10.0.0.0/8".parse().unwrap()], 1_000, 2)
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_our_origins_post() {
        let ask = |pairs: &[(&'static str, &'static str)]| gate().same_site(&headers(pairs));
        assert_eq!(ask(&[]), Ok(()));
        assert_eq!(ask(&[("origin", "https://exemple.fr")]), Ok(()));
        assert_eq!(ask(&[("origin", "https://exemple.fr"), ("sec-fetch-site", "cross-site")]), Ok(()));
        assert_eq!(ask(&[("origin", "HTTPS://Exemple.fr")]), Ok(()));
        assert_eq!(ask(&[("origin", "null")]), Err(Problem::Foreign));
        assert_eq!(ask(&[("origin", "")]), Err(Problem::Foreign));
        assert_eq!(ask(&[("origin", "https://exemple.fr.autre.fr")]), Err(Problem::Foreign));
        assert_eq!(ask(&[("sec-fetch-site", "cross-site")]), Err(Problem::Foreign));
        for site in ["same-origin", "same-site", "none"] {
            assert_eq!(ask(&[("sec-fetch-site", site)]), Ok(()));
            let ours = site == "same-origin";
            for origin in ["null", "https://www.exemple.fr", ""] {
                let asked = ask(&[("sec-fetch-site", site), ("origin", origin)]);
                assert_eq!(asked.is_ok(), ours, "{site}, {origin}");
            }
        }
    }

    #[test]
    fn a_line_of_ipv6_is_one_client() {
        let gate = gate();
        let admit = |address: &str| gate.limiter.admits(address.parse().unwrap());
        assert!(admit("2001:db8:0:1::1"));
        assert!(admit("2001:db8:0:1::2"));
        assert!(!admit("2001:db8:0:1:ffff::3"));
        assert!(admit("2001:db8:0:2::1"));
        assert!(admit("::ffff:192.0.2.1") && admit("192.0.2.1") && !admit("192.0.2.1"));
    }
}
