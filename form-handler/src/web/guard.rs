//! Who is let in: forms from pages of ours alone, and so many sign-ups a minute from one address.
//! What comes in a burst is let in, and held ([`super::bursts`]).

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;

use super::{
    budget::{Budget, Verdict},
    bursts::Bursts,
    client_address::client_address,
    error::RequestError,
    refused_origins::RefusedOrigins,
};
use crate::{
    demand::{Submission, Trace},
    log,
    phrase::Phrase,
};

const MINUTE: Duration = Duration::from_mins(1);

/// How a browser says where the page is from that posts.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who is let in.
#[derive(Debug)]
pub struct Guard {
    /// Proxies whose word on the client's address is believed.
    trusted_proxies: Vec<IpNet>,
    /// The longest body, in bytes.
    pub(super) max_body: usize,
    /// Sign-ups by address; `None`: any number.
    minute: Option<Budget<IpAddr>>,
    /// What is held; `None`: nothing ever is.
    bursts: Option<Bursts>,
    /// Whose forms were refused.
    refused: RefusedOrigins,
}

impl Guard {
    /// `limit`: sign-ups a minute from one client address, 0 for any number, and for nothing ever
    /// held; `hourly`: sign-ups an hour from one client address before they are held, 0 for any
    /// number.
    #[must_use]
    pub fn new(trusted_proxies: Vec<IpNet>, max_body: usize, limit: u32, hourly: u32) -> Self {
        let bursts = (limit > 0).then(|| Bursts::new(hourly));
        let (minute, refused) = (Budget::new(limit, MINUTE), RefusedOrigins::default());
        Self { trusted_proxies, max_body, minute, bursts, refused }
    }

    /// Refuses a flood from one address.
    pub(super) fn limit(&self, client: IpAddr) -> Result<(), RequestError> {
        let Some(minute) = &self.minute else { return Ok(()) };
        // When nobody knows any more who sends how many, what comes is held, not refused.
        if minute.take(&subscriber(client)) == Verdict::Beyond { Err(RequestError::TooMany) } else { Ok(()) }
    }

    /// Whether this demand comes in a burst: the team is to let it in first.
    pub(super) fn holds(&self, client: IpAddr, submission: &Submission) -> bool {
        self.bursts.as_ref().is_some_and(|bursts| bursts.holds(subscriber(client), submission))
    }

    /// Refuses one more letter to this recipient, asked for from the page of a demand.
    pub(super) fn limit_letter(&self, client: IpAddr, recipient: Option<Trace>) -> Result<(), RequestError> {
        let (Some(bursts), Some(recipient)) = (&self.bursts, recipient) else { return Ok(()) };
        if bursts.allows_letter(subscriber(client), recipient) { Ok(()) } else { Err(RequestError::TooMany) }
    }

    /// Refuses to correct a contact to this address once more: so many letters would go there that
    /// a demand would be held.
    pub(super) fn limit_correction(&self, client: IpAddr, recipient: Option<Trace>) -> Result<(), RequestError> {
        let (Some(bursts), Some(recipient)) = (&self.bursts, recipient) else { return Ok(()) };
        if bursts.allows_correction(subscriber(client), recipient) { Ok(()) } else { Err(RequestError::TooMany) }
    }

    /// Whether lost links are looked for at this address now, or were a moment ago.
    pub(super) fn finds_again(&self, recipient: Trace) -> bool {
        self.bursts.as_ref().is_none_or(|bursts| bursts.finds_again(recipient))
    }

    /// Has whoever runs the server hear that demands of this session are held: the team may have no
    /// address.
    pub(super) fn tell_of_burst(&self, session: &str) {
        if self.bursts.as_ref().is_some_and(|bursts| bursts.is_told(session)) {
            log::warn(&Phrase::new("rafale-retenue").with("seance", session));
        }
    }

    /// Only our own two `origins` (e.g. `https://exemple.fr`) may post, and the page that is shown
    /// at the very address to which it posts, whatever name that has: a browser alone writes
    /// `Sec-Fetch-Site`. One that tells nothing (both headers absent) is no browser that could be
    /// tricked into it.
    pub(super) fn same_site(&self, headers: &HeaderMap, origins: &[String]) -> Result<(), RequestError> {
        let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
        let origin = headers.get(header::ORIGIN);
        let ours =
            |origin: &HeaderValue| origins.iter().any(|ours| ours.as_bytes().eq_ignore_ascii_case(origin.as_bytes()));
        let admitted = site == Some(b"same-origin") || origin.map_or(site != Some(b"cross-site"), ours);
        if admitted {
            return Ok(());
        }
        if let Some(phrase) = self.refused.first(origin) {
            log::warn(&phrase);
        }
        Err(RequestError::Foreign)
    }

    /// Whose request it is.
    pub(super) fn client(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        client_address(headers, peer, |address| self.trusted_proxies.iter().any(|net| net.contains(&address)))
    }
}

/// The address that stands for a subscriber: an IPv6 line has a /64 to itself.
pub(crate) fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(vec!["10.0.0.0/8".parse().unwrap()], 1_000, 2, 6)
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_our_origins_post() {
        let ask = |pairs: &[(&'static str, &'static str)]| {
            guard().same_site(&headers(pairs), &["https://exemple.fr".to_owned()])
        };
        assert_eq!(ask(&[]), Ok(()));
        assert_eq!(ask(&[("origin", "https://exemple.fr")]), Ok(()));
        assert_eq!(ask(&[("origin", "https://exemple.fr"), ("sec-fetch-site", "cross-site")]), Ok(()));
        assert_eq!(ask(&[("origin", "HTTPS://Exemple.fr")]), Ok(()));
        assert_eq!(ask(&[("origin", "null")]), Err(RequestError::Foreign));
        assert_eq!(ask(&[("origin", "")]), Err(RequestError::Foreign));
        assert_eq!(ask(&[("origin", "https://exemple.fr.autre.fr")]), Err(RequestError::Foreign));
        assert_eq!(ask(&[("sec-fetch-site", "cross-site")]), Err(RequestError::Foreign));
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
        let guard = guard();
        let admit = |address: &str| guard.limit(address.parse().unwrap()).is_ok();
        assert!(admit("2001:db8:0:1::1"));
        assert!(admit("2001:db8:0:1::2"));
        assert!(!admit("2001:db8:0:1:ffff::3"));
        assert!(admit("2001:db8:0:2::1"));
        assert!(admit("::ffff:192.0.2.1") && admit("192.0.2.1") && !admit("192.0.2.1"));
    }
}
