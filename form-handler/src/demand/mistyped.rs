//! A likely typing mistake in an address: a well-known provider's domain, but for a slip.
//!
//! It is only ever a question, asked once: the address may be right. So it is put where a slip is
//! far likelier than a true domain. Nothing is looked up: whom somebody writes to is nobody's
//! business, and a domain without a mail server today may have one tomorrow.

use strsim::osa_distance;

/// The providers that most people in France write from, with each ending that is theirs.
const PROVIDERS: &[(&str, &[&str])] = &[
    ("gmail", &["com"]),
    ("orange", &["fr"]),
    ("hotmail", &["fr", "com"]),
    ("outlook", &["fr", "com"]),
    ("yahoo", &["fr", "com"]),
    ("free", &["fr"]),
    ("sfr", &["fr"]),
    ("wanadoo", &["fr"]),
    ("laposte", &["net"]),
    ("live", &["fr", "com"]),
    ("icloud", &["com"]),
    ("bbox", &["fr"]),
    ("neuf", &["fr"]),
    ("numericable", &["fr"]),
    ("club-internet", &["fr"]),
    ("protonmail", &["com"]),
    ("gmx", &["fr", "com"]),
    ("msn", &["com"]),
    ("aol", &["com"]),
];

/// What fingers make of an ending. None of them is the ending of a country in which one of those
/// providers has addresses (`hotmail.be` is as right as `hotmail.fr`).
const SLIPS: &[(&str, &[&str])] = &[
    ("com", &["con", "cm", "co", "om", "cmo", "ocm", "comm", "coom", "ccom", "cim", "cpm", "vom", "xom", "c0m", "cok"]),
    ("fr", &["f", "r", "rf", "fe", "ft", "frr", "ffr", "fer", "dr", "ff"]),
    ("net", &["nt", "ne", "et", "nte", "ent", "ner", "nett", "neet", "bet", "met"]),
];

/// Names shorter than this are too near to each other, and to true ones (`free`, `fred`).
const SHORTEST: usize = 5;

/// The domain that was likely meant; `None`: the one that was typed.
pub(super) fn likely(domain: &str) -> Option<String> {
    let (name, ending) = domain.rsplit_once('.')?;
    let (name, ending) = (name.to_ascii_lowercase(), ending.to_ascii_lowercase());
    let meant = |(provider, endings): &(&str, &[&str])| {
        let rightly = name == *provider;
        let nearly = !rightly && provider.len() >= SHORTEST && begins_alike(&name, provider);
        let nearly = nearly && osa_distance(&name, provider) == 1;
        let right = endings.iter().find(|right| **right == ending);
        let slipped = || endings.iter().find(|right| is_slip(&ending, right));
        match (rightly, nearly) {
            // Whatever else its ending may be, the name is known.
            (true, _) => slipped().filter(|_| right.is_none()),
            (_, true) => right.or_else(slipped),
            _ => None,
        }
        .map(|ending| format!("{provider}.{ending}"))
    };
    // A name that is known is nobody else's misspelt: `hotmail.be`.
    if PROVIDERS.iter().any(|(provider, endings)| *provider == name && endings.contains(&ending.as_str())) {
        return None;
    }
    PROVIDERS.iter().find_map(meant)
}

fn is_slip(ending: &str, right: &str) -> bool {
    SLIPS.iter().any(|(known, slips)| *known == right && slips.contains(&ending))
}

/// The first letter is seldom mistyped, and another one is another name: `ymail`, `email`, `mail`.
/// The first two may have changed places.
fn begins_alike(name: &str, provider: &str) -> bool {
    let (mut typed, mut meant) = (name.chars(), provider.chars());
    let (typed, meant) = ((typed.next(), typed.next()), (meant.next(), meant.next()));
    typed.0 == meant.0 || (typed.0 == meant.1 && typed.1 == meant.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_well_known_domain_is_seen() {
        for (typed, meant) in [
            ("gmial.com", "gmail.com"),
            ("gamil.com", "gmail.com"),
            ("mgail.com", "gmail.com"),
            ("gmaill.com", "gmail.com"),
            ("gmai.com", "gmail.com"),
            ("gmal.com", "gmail.com"),
            ("GMAIL.CON", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("gmial.con", "gmail.com"),
            ("orange.f", "orange.fr"),
            ("orange.rf", "orange.fr"),
            ("ornage.fr", "orange.fr"),
            ("orangr.fr", "orange.fr"),
            ("hotmial.fr", "hotmail.fr"),
            ("hotmal.com", "hotmail.com"),
            ("hotmail.f", "hotmail.fr"),
            ("hotmail.con", "hotmail.com"),
            ("outlok.fr", "outlook.fr"),
            ("yaho.fr", "yahoo.fr"),
            ("wandoo.fr", "wanadoo.fr"),
            ("wanadou.fr", "wanadoo.fr"),
            ("lapsote.net", "laposte.net"),
            ("laposte.nt", "laposte.net"),
            ("free.f", "free.fr"),
            ("sfr.fe", "sfr.fr"),
            ("icloud.con", "icloud.com"),
        ] {
            assert_eq!(likely(typed).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn a_true_domain_is_not_asked_about() {
        for typed in [
            "gmail.com",
            "gmail.fr",
            "googlemail.com",
            "ymail.com",
            "email.com",
            "mail.com",
            "mail.fr",
            "gmx.fr",
            "gmx.net",
            "gmx.de",
            "free.fr",
            "freesurf.fr",
            "fred.fr",
            "sfr.fr",
            "sfr.com",
            "sfr.net",
            "laposte.net",
            "laposte.fr",
            "neuf.fr",
            "neuf.com",
            "9online.fr",
            "orange.fr",
            "orange.com",
            "orange.be",
            "grange.fr",
            "hotmail.fr",
            "hotmail.be",
            "hotmail.ch",
            "hotmail.gr",
            "hotmail.co.uk",
            "outlook.es",
            "outlook.de",
            "live.be",
            "live.fr",
            "love.fr",
            "yahoo.fr",
            "yahoo.ca",
            "yahoo.co.uk",
            "proton.me",
            "pm.me",
            "protonmail.ch",
            "me.com",
            "mac.com",
            "icloud.com",
            "cloud.com",
            "tutanota.com",
            "posteo.net",
            "riseup.net",
            "zaclys.net",
            "ovh.fr",
            "cegetel.net",
            "aliceadsl.fr",
            "club-internet.fr",
            "numericable.fr",
            "bbox.fr",
            "mairie-blagnac.fr",
            "ac-toulouse.fr",
            "univ-tlse2.fr",
            "caf31.cnafmail.fr",
            "exemple.fr",
            "essai.example",
            "xn--caf-dma.fr",
            "",
            "com",
        ] {
            assert_eq!(likely(typed), None, "{typed}");
        }
    }

    #[test]
    fn no_provider_is_taken_for_another() {
        for (provider, endings) in PROVIDERS {
            for ending in *endings {
                assert_eq!(likely(&format!("{provider}.{ending}")), None, "{provider}.{ending}");
            }
        }
        for (right, slips) in SLIPS {
            assert!(!slips.contains(right) && !slips.iter().any(|slip| SLIPS.iter().any(|(known, _)| known == slip)));
        }
    }

    proptest::proptest! {
        /// One question is enough: what is proposed is not asked about.
        #[test]
        fn what_is_proposed_is_right(domain in "[a-z0-9-]{1,12}\\.[a-z]{1,4}") {
            if let Some(meant) = likely(&domain) {
                proptest::prop_assert_eq!(likely(&meant), None);
                proptest::prop_assert_ne!(meant, domain);
            }
        }
    }
}
