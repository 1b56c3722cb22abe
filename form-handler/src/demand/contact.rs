//! An e-mail address, in the one form in which it is compared.

use email_address::{EmailAddress, Options};

use super::{
    mistyped,
    text::{fold_case, nfc},
};

/// An e-mail address that can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    address: String,
    key: String,
}

impl Email {
    /// The longest address that mail servers carry (RFC 5321, 4.5.3.1.3).
    const MAX_LEN: usize = 254;

    /// Understands what was typed. The domain becomes ASCII (IDNA); nothing else is changed: dots
    /// and `+` may well tell two people apart, and nothing is looked up.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let (local, domain) = typed.trim().rsplit_once('@')?;
        let local = nfc(local);
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        let address = format!("{local}@{domain}");
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        EmailAddress::parse_with_options(&address, options).ok()?;
        // What is accepted here must never be found unwritable at sending.
        lettre::Address::new(&local, &domain).ok()?;
        let key = format!("{}@{domain}", fold_case(&local));
        (address.len() <= Self::MAX_LEN).then_some(Self { address, key })
    }

    /// Where to write.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address that was likely meant, when this one looks like a slip.
    #[must_use]
    pub fn likely(&self) -> Option<String> {
        let (local, domain) = self.address.rsplit_once('@')?;
        mistyped::likely(domain).map(|meant| format!("{local}@{meant}"))
    }

    /// Equal for two spellings of one address.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// An address of which only its owner recognises the rest: `m•••@exemple.fr`.
#[must_use]
pub fn mask_email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_case_folded_and_nothing_else() {
        let key = |typed: &str| Email::parse(typed).map(|email| email.key);
        assert_eq!(key(" Marie.Durand+parents@Exemple.FR "), key("marie.durand+parents@exemple.fr"));
        assert_ne!(key("mariedurand@exemple.fr"), key("marie.durand@exemple.fr"));
        assert_eq!(key("zoé@café.fr"), key("ZOE\u{301}@xn--caf-dma.fr"));
        assert_eq!(Email::parse("Marie@Exemple.fr").unwrap().address(), "Marie@exemple.fr");
    }

    #[test]
    fn what_cannot_be_written_to_is_no_address() {
        let long = format!("{}@exemple.fr", "a".repeat(65));
        let endless = format!("a@{}fr", "exemple.".repeat(40));
        for typed in [
            "",
            "@",
            "marie",
            "marie@",
            "@exemple.fr",
            "marie@exemple",
            "a b@exemple.fr",
            "a@b@exemple.fr",
            "a@[127.0.0.1]",
            "Marie <marie@exemple.fr>",
            "a@exemple..fr",
            "a@-exemple.fr",
            "a,b@exemple.fr",
            "a@ex_emple.fr",
            &long,
            &endless,
        ] {
            assert_eq!(Email::parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_likely_slip_keeps_what_stands_before_it() {
        let likely = |typed: &str| Email::parse(typed).unwrap().likely();
        assert_eq!(likely("Zoé.D+x@gmial.com").as_deref(), Some("Zoé.D+x@gmail.com"));
        assert_eq!(likely("camille@orange.f").as_deref(), Some("camille@orange.fr"));
        assert_eq!(likely("camille@exemple.fr"), None);
    }

    #[test]
    fn masks_give_nothing_away() {
        assert_eq!(mask_email("marie@exemple.fr"), "m•••@exemple.fr");
        assert_eq!(mask_email(""), "••••@");
    }
}
