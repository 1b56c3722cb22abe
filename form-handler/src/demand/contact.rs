//! The two ways of reaching somebody, in the one form in which they are compared.

use email_address::{EmailAddress, Options};

use super::text::{fold_case, nfc};

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

    /// Equal for two spellings of one address.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// A telephone number in E.164 (`+33561000000`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// The most characters that a number with its blanks, dots and brackets may take.
    const MAX_TYPED: usize = 32;

    /// Understands what was typed; without a country code the number is French.
    ///
    /// A French number is judged by its shape alone (nine digits after the 0): numbering plans grow
    /// faster than the tables of a library, and to refuse a parent's real number is worse than to
    /// keep a wrong one.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let compact: String =
            typed.trim().replace("(0)", "").chars().filter(|c| !c.is_whitespace() && !".-/()‑–".contains(*c)).collect();
        let digits = compact.strip_prefix('+').unwrap_or(&compact);
        if typed.chars().count() > Self::MAX_TYPED || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let international = compact.strip_prefix("00").map(|rest| format!("+{rest}")).unwrap_or(compact);
        let french = international
            .strip_prefix("+33")
            .or_else(|| international.strip_prefix('0').filter(|_| international.len() == 10));
        if let Some(national) = french {
            // `+33 06 …`: the trunk zero left in by mistake.
            let national = national.strip_prefix('0').unwrap_or(national);
            let fits = national.len() == 9 && !national.starts_with('0');
            return fits.then(|| Self(format!("+33{national}")));
        }
        let number = phonenumber::parse(Some(phonenumber::country::FR), &international).ok()?;
        phonenumber::is_valid(&number).then(|| Self(number.format().mode(phonenumber::Mode::E164).to_string()))
    }

    /// The number in E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address of which only its owner recognises the rest: `m•••@exemple.fr`.
#[must_use]
pub fn mask_email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
}

/// A number of which only the last two digits show: `•• •• •• •• 42`. As long for every number: a
/// length tells a country.
#[must_use]
pub fn mask_phone(number: &str) -> String {
    let last = number.char_indices().rev().nth(1).map_or("", |(at, _)| number.get(at..).unwrap_or_default());
    format!("•• •• •• •• {last}")
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
    fn a_number_is_french_unless_it_says_otherwise() {
        let check = |typed: &str, expect: &str| {
            assert_eq!(Phone::parse(typed).as_ref().map(Phone::as_str), Some(expect), "{typed:?}");
        };
        for typed in [
            "06 12 34 56 78",
            "06.12.34.56.78",
            "0612345678",
            "+33 6 12 34 56 78",
            "+33 (0)6 12 34 56 78",
            "0033612345678",
            "+33 06-12-34-56-78",
        ] {
            check(typed, "+33612345678");
        }
        check("05 61 00 00 00", "+33561000000");
        check("+32 470 12 34 56", "+32470123456");
        check("0034 612 34 56 78", "+34612345678");
    }

    #[test]
    fn what_cannot_be_called_is_no_number() {
        let long = "1".repeat(200);
        for typed in [
            "",
            "+",
            "06 12 34 56",
            "abc",
            "06 12 34 56 78 poste 3",
            "00 00",
            "0000000000",
            "+33",
            "+999123456789",
            "3919",
            "٠٦١٢٣٤٥٦٧٨",
            &long,
        ] {
            assert_eq!(Phone::parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn masks_give_nothing_away() {
        assert_eq!(mask_email("marie@exemple.fr"), "m•••@exemple.fr");
        assert_eq!(mask_phone("+33612345678"), "•• •• •• •• 78");
        assert_eq!(mask_email(""), "••••@");
        assert_eq!(mask_phone(""), "•• •• •• •• ");
    }
}
