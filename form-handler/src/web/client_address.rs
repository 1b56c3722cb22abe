//! Whose request it is: the peer's, or the client's for whom proxies of ours ask, as they tell it.
//!
//! `X-Forwarded-For` and `Forwarded` (RFC 7239) are chains: each proxy appends for whom it asks to
//! what it was told. So a chain is read from its end, for as long as what is met is a proxy of
//! ours. What stands before the first that is not is the client's own word, and is never looked at:
//! not even to split the header, since an open quotation mark there would swallow what a proxy
//! appended.
//!
//! A proxy often writes one of the two headers and hands the other on as the client sent it, and
//! nothing tells which. So when both name a client, and not the same, neither is believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::HeaderMap;

/// What a chain comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Somebody who is no proxy of ours.
    Client(IpAddr),
    /// Something that is no address: this proxy does not know for whom it asks, or does not tell.
    Hidden(IpAddr),
    /// This proxy of ours began it.
    Proxy(IpAddr),
}

/// The client's address. Where nobody else can be named, the last proxy of ours stands for the
/// client.
pub(super) fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted(peer) {
        return peer;
    }
    let common = lines(headers, "x-forwarded-for")
        .map(|lines| end(lines.flat_map(|line| line.rsplit(|byte| *byte == b',').map(address)), peer, &trusted));
    let standard = lines(headers, "forwarded")
        .map(|lines| end(lines.flat_map(|line| Parts::of(line, b',')).map(forwarded_for), peer, &trusted));
    match (common, standard) {
        (Some(one), None) | (None, Some(one)) => one.address(),
        (Some(one), Some(other)) if one == other => one.address(),
        // A proxy that writes one of the two, behind one that writes both.
        (Some(End::Client(client)), Some(End::Proxy(_))) | (Some(End::Proxy(_)), Some(End::Client(client))) => client,
        (None, None) | (Some(_), Some(_)) => peer,
    }
}

impl End {
    fn address(self) -> IpAddr {
        let (Self::Client(address) | Self::Hidden(address) | Self::Proxy(address)) = self;
        address
    }
}

/// The lines of a header, the last one first: together they are one chain. `None` when there are
/// none.
fn lines<'h>(headers: &'h HeaderMap, name: &'static str) -> Option<impl Iterator<Item = &'h [u8]>> {
    let lines = headers.contains_key(name).then(|| headers.get_all(name));
    lines.map(|lines| lines.iter().rev().map(axum::http::HeaderValue::as_bytes))
}

/// Walks a chain, its end first.
fn end(chain: impl Iterator<Item = Option<IpAddr>>, peer: IpAddr, trusted: impl Fn(IpAddr) -> bool) -> End {
    let mut proxy = peer;
    for element in chain {
        match element {
            None => return End::Hidden(proxy),
            Some(address) if trusted(address) => proxy = address,
            Some(client) => return End::Client(client),
        }
    }
    End::Proxy(proxy)
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`. A port may
/// be hidden (`_x`).
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let (address, port) = match text.strip_prefix('[') {
        Some(text) => {
            let (address, rest) = text.split_once(']')?;
            let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) };
            (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), port)
        }
        None => {
            let (address, port) = text.split_once(':')?;
            (IpAddr::V4(address.parse::<Ipv4Addr>().ok()?), Some(port))
        }
    };
    let is_port = |port: &str| match port.strip_prefix('_') {
        Some(hidden) => hidden.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)),
        None => port.parse::<u16>().is_ok(),
    };
    port.is_none_or(is_port).then(|| address.to_canonical())
}

/// The address of the `for` of an element, if it has one, and one only.
fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut told = Parts::of(element, b';').filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (pair.get(..at)?, pair.get(at + 1..)?);
        name.trim_ascii().eq_ignore_ascii_case(b"for").then_some(value.trim_ascii())
    });
    let value = told.next().filter(|_| told.next().is_none())?;
    // No address needs an escaped sign.
    let quoted = value.strip_prefix(b"\"").map(|value| value.strip_suffix(b"\""));
    address(quoted.unwrap_or(Some(value))?)
}

/// The parts of a text between separators that are not in quotation marks, the last one first.
struct Parts<'t> {
    rest: Option<&'t [u8]>,
    separator: u8,
}

impl<'t> Parts<'t> {
    fn of(text: &'t [u8], separator: u8) -> Self {
        Self { rest: Some(text), separator }
    }
}

impl<'t> Iterator for Parts<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let mut quoted = false;
        for (at, byte) in rest.iter().enumerate().rev() {
            let before = rest.get(..at).unwrap_or_default();
            if *byte == b'"' {
                // Inside, a mark behind a backslash that stands for itself is one of the text.
                let escaped = before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
                quoted = !quoted || escaped;
            } else if *byte == self.separator && !quoted {
                self.rest = Some(before);
                return rest.get(at + 1..);
            }
        }
        self.rest = None;
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    const CLIENT: &str = "198.51.100.7";

    fn trusted(address: IpAddr) -> bool {
        ["10.0.0.0/8", "2001:db8:ffff::/48"].iter().any(|net| {
            let net: ipnet::IpNet = net.parse().unwrap();
            net.contains(&address)
        })
    }

    fn client_of(peer: &str, pairs: &[(&'static str, &[u8])]) -> String {
        let pair = |(name, value): &(&'static str, &[u8])| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
        };
        client_address(&pairs.iter().map(pair).collect(), peer.parse().unwrap(), trusted).to_string()
    }

    fn common(lines: &[&str]) -> String {
        let pairs: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", line.as_bytes())).collect();
        client_of("10.0.0.1", &pairs)
    }

    fn standard(lines: &[&str]) -> String {
        let pairs: Vec<_> = lines.iter().map(|line| ("forwarded", line.as_bytes())).collect();
        client_of("10.0.0.1", &pairs)
    }

    #[test]
    fn nobody_but_a_proxy_of_ours_speaks_for_others() {
        assert_eq!(client_of("192.0.2.1", &[("x-forwarded-for", b"198.51.100.7")]), "192.0.2.1");
        assert_eq!(client_of("192.0.2.1", &[("forwarded", b"for=198.51.100.7")]), "192.0.2.1");
        assert_eq!(client_of("::ffff:10.0.0.1", &[("x-forwarded-for", b"198.51.100.7")]), CLIENT);
        assert_eq!(client_of("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_chain_is_read_from_its_end() {
        for chain in [
            "198.51.100.7",
            "203.0.113.9, 198.51.100.7",
            "203.0.113.9, 198.51.100.7, 10.0.0.2,10.0.0.3",
            "9.9.1.1, x, 198.51.100.7",
            "\"9.9.1.1, x, 198.51.100.7",
            ",,198.51.100.7",
            "::ffff:198.51.100.7",
            "2001:db8::1, 198.51.100.7, 2001:db8:ffff::1",
        ] {
            assert_eq!(common(&[chain]), CLIENT, "{chain}");
        }
        assert_eq!(common(&["203.0.113.9", "198.51.100.7", "10.0.0.2"]), CLIENT, "the lines are one chain");
        let garbage = [("x-forwarded-for", &b"\xff\xfe, 198.51.100.7"[..])];
        assert_eq!(client_of("10.0.0.1", &garbage), CLIENT, "what is no text hides nothing behind it");
    }

    #[test]
    fn where_no_address_is_told_the_last_proxy_stands_for_the_client() {
        for (chain, last) in [
            ("n'importe quoi", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("198.51.100.7,", "10.0.0.1"),
            ("198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("198.51.100.7:x", "10.0.0.1"),
            ("198.51.100.7:99999", "10.0.0.1"),
            ("[198.51.100.7]", "10.0.0.1"),
            ("[2001:db8::1", "10.0.0.1"),
            ("[2001:db8::1]4711", "10.0.0.1"),
            ("fe80::1%eth0", "10.0.0.1"),
        ] {
            assert_eq!(common(&[chain]), last, "{chain}");
        }
    }

    #[test]
    fn a_port_is_no_part_of_the_address() {
        assert_eq!(common(&["198.51.100.7:4711"]), CLIENT);
        for chain in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711"] {
            assert_eq!(common(&[chain]), "2001:db8::1", "{chain}");
        }
        assert_eq!(common(&["198.51.100.7:1, 10.0.0.2:443, [2001:db8:ffff::1]:443"]), CLIENT);
    }

    #[test]
    fn the_standard_header_is_read_as_the_standard_says() {
        for chain in [
            "for=198.51.100.7",
            "FOR=\"198.51.100.7:4711\";proto=https",
            "proto=http; by=10.0.0.1 ;For=198.51.100.7:_secret",
            "for=203.0.113.9, for=198.51.100.7;host=\"a, b; for=c\", for=10.0.0.2",
            "for=198.51.100.7;x=\"\\\", for=203.0.113.9;y=\\\\\"",
            "for=\"203.0.113.9, for=198.51.100.7",
            "for=\"203.0.113.9\\, for=\"198.51.100.7\"",
        ] {
            assert_eq!(standard(&[chain]), CLIENT, "{chain}");
        }
        for chain in ["for=\"[2001:db8::1]:4711\"", "for=\"[2001:db8::1]\"", "for=[2001:db8::1]"] {
            assert_eq!(standard(&[chain]), "2001:db8::1", "{chain}");
        }
        assert_eq!(standard(&["for=\"203.0.113.9", "for=198.51.100.7", "for=10.0.0.2"]), CLIENT);
        for chain in [
            "for=198.51.100.7, for=unknown",
            "for=198.51.100.7, for=_hidden",
            "for=198.51.100.7, for=\"_hidden:_port\"",
            "for=198.51.100.7, proto=https",
            "for=198.51.100.7;for=203.0.113.9",
            "for=\"198.51.100.7",
            "for=",
            "198.51.100.7",
        ] {
            assert_eq!(standard(&[chain]), "10.0.0.1", "{chain}");
        }
    }

    #[test]
    fn two_headers_are_believed_when_they_agree() {
        let both = |common: &'static str, standard: &'static str| {
            let pairs = [("x-forwarded-for", common.as_bytes()), ("forwarded", standard.as_bytes())];
            client_of("10.0.0.1", &pairs)
        };
        assert_eq!(both(CLIENT, "for=\"198.51.100.7:4711\""), CLIENT);
        assert_eq!(both("203.0.113.9", "for=198.51.100.7"), "10.0.0.1");
        assert_eq!(both("198.51.100.7, 10.0.0.2", "for=10.0.0.2"), CLIENT, "the second alone writes both");
        assert_eq!(both("10.0.0.2", "for=198.51.100.7, for=10.0.0.2"), CLIENT);
        // A proxy that tells nobody's address lets nobody else tell one.
        assert_eq!(both("203.0.113.9", "for=_hidden"), "10.0.0.1");
        assert_eq!(both("unknown", "for=203.0.113.9"), "10.0.0.1");
    }

    proptest! {
        /// Whatever a client writes, it is who the proxy says.
        #[test]
        fn what_a_client_writes_changes_nothing(forged in "[ -~]{0,40}", more in "[0-9.,;:=\"\\\\ for\\[\\]]{0,40}") {
            for line in [&forged, &more] {
                let told = format!("{line}, 198.51.100.7");
                prop_assert_eq!(common(&[&told]), CLIENT);
                prop_assert_eq!(common(&[line, CLIENT]), CLIENT);
                for element in ["for=198.51.100.7", "for=\"198.51.100.7:80\";host=\"a,\\\"b\\\\\""] {
                    let told = format!("{line}, {element}");
                    prop_assert_eq!(standard(&[&told]), CLIENT);
                    prop_assert_eq!(standard(&[line, element]), CLIENT);
                }
            }
        }
    }
}
