//! A telephone number, as people write it.

/// A telephone number in E.164 (`+33561000000`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

/// What keeps a text from being a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneFault {
    /// Figures are missing.
    TooShort,
    /// There are too many.
    TooLong,
    /// There are letters in it, or other signs that no number has.
    Letters,
    /// Another country's, without what says which.
    NoPrefix,
    /// Two numbers.
    Two,
    /// As long as a number, and none.
    Unknown,
}

impl PhoneFault {
    /// The message that says what to do.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::TooShort => "champ-telephone-trop-court",
            Self::TooLong => "champ-telephone-trop-long",
            Self::Letters => "champ-telephone-lettres",
            Self::NoPrefix => "champ-telephone-sans-indicatif",
            Self::Two => "champ-telephone-deux",
            Self::Unknown => "champ-telephone-invalide",
        }
    }
}

/// Figures of a French number, its first 0 included.
const FRENCH: usize = 10;
/// Figures of the shortest number of any country, its prefix included, and of the longest (E.164).
const SHORTEST: usize = 8;
const LONGEST: usize = 15;
/// Nobody means a number by more than this, two numbers included.
const MOST_TYPED: usize = 64;

impl Phone {
    /// Understands what was typed; without a country code the number is French.
    ///
    /// A French number is judged by its shape alone (nine digits after the 0): numbering plans grow
    /// faster than the tables of a library, and to refuse a parent's real number is worse than to
    /// keep a wrong one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(typed: &str) -> Result<Self, PhoneFault> {
        if typed.chars().count() > MOST_TYPED {
            return Err(PhoneFault::TooLong);
        }
        one(typed).map_err(|fault| if is_two(typed) { PhoneFault::Two } else { fault })
    }

    /// The number in E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it takes no text message for sure: a French number that is no mobile's. Some
    /// operators read a text aloud to whoever answers there.
    #[must_use]
    pub fn is_french_landline(&self) -> bool {
        self.0.strip_prefix("+33").is_some_and(|national| !national.starts_with(['6', '7']))
    }
}

/// Reads one number.
fn one(typed: &str) -> Result<Phone, PhoneFault> {
    let bare = compact(typed)?;
    let digits = bare.trim_start_matches('+');
    let international = match bare.strip_prefix("00") {
        Some(rest) if !rest.is_empty() && !rest.starts_with('0') => Some(rest),
        _ => bare.strip_prefix('+'),
    };
    let (national, country) = match international {
        Some(rest) => match rest.strip_prefix("33") {
            // `+33 06 …`: the trunk zero left in by mistake.
            Some(national) => (Some(national.strip_prefix('0').unwrap_or(national)), rest),
            None => (None, rest),
        },
        None if digits.starts_with('0') => (digits.strip_prefix('0'), digits),
        None => (None, digits),
    };
    if let Some(national) = national {
        return match national.len() + 1 {
            length if length < FRENCH => Err(PhoneFault::TooShort),
            length if length > FRENCH => Err(PhoneFault::TooLong),
            _ if national.starts_with('0') => Err(PhoneFault::Unknown),
            _ => Ok(Phone(format!("+33{national}"))),
        };
    }
    let written = if international.is_some() { format!("+{country}") } else { country.to_owned() };
    let known = phonenumber::parse(Some(phonenumber::country::FR), &written).ok().filter(phonenumber::is_valid);
    if let Some(number) = known {
        return Ok(Phone(number.format().mode(phonenumber::Mode::E164).to_string()));
    }
    Err(match country.len() {
        length if length < SHORTEST => PhoneFault::TooShort,
        length if length > LONGEST => PhoneFault::TooLong,
        _ if international.is_some() => PhoneFault::Unknown,
        // Nine figures are a French number's without its 0.
        length if length < FRENCH => PhoneFault::TooShort,
        _ => PhoneFault::NoPrefix,
    })
}

/// The figures alone, behind a `+` if there is one.
fn compact(typed: &str) -> Result<String, PhoneFault> {
    let mut bare = String::new();
    for sign in typed.trim().chars() {
        match figure(sign) {
            Some(figure) => bare.push(figure),
            None if matches!(sign, '+' | '＋') && bare.is_empty() => bare.push('+'),
            None if separates(sign) => {}
            None => return Err(PhoneFault::Letters),
        }
    }
    // `+33 (0)6 …`: said for those who call from here.
    let bare = if typed.contains("(0)") { bare.replacen("330", "33", 1) } else { bare };
    if bare.trim_start_matches('+').is_empty() { Err(PhoneFault::TooShort) } else { Ok(bare) }
}

/// A figure, as the keyboards of the people who live here write it: ours, the two of Arabic and of
/// Persian, and the wide ones of Asian keyboards.
fn figure(sign: char) -> Option<char> {
    let zero = match sign {
        '0'..='9' => return Some(sign),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6F0}'..='\u{6F9}' => 0x6F0,
        '\u{FF10}'..='\u{FF19}' => 0xFF10,
        _ => return None,
    };
    char::from_digit(u32::from(sign) - zero, 10)
}

/// What people put between figures.
fn separates(sign: char) -> bool {
    sign.is_whitespace() || ".,;:·•_/\\()[]-‐‑‒–—−'’،．，－（）／".contains(sign)
}

/// Whether it is one number after the other.
fn is_two(typed: &str) -> bool {
    // Between words or separators, wherever both sides are numbers.
    let mut cuts = typed.char_indices().filter(|(_, sign)| figure(*sign).is_none());
    let parts = |at: usize| {
        let (first, second) = typed.split_at(at);
        let second = second.trim_start_matches(|sign| figure(sign).is_none() && sign != '+');
        one(first).is_ok() && one(second).is_ok()
    };
    // Or run together.
    let digits: String = typed.chars().filter_map(figure).collect();
    let halves = digits.len() == 2 * FRENCH && digits.split_at(FRENCH).1.starts_with('0') && digits.starts_with('0');
    halves || cuts.any(|(at, _)| parts(at))
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
    fn a_number_is_french_unless_it_says_otherwise() {
        let check = |typed: &str, expect: &str| {
            assert_eq!(Phone::parse(typed).as_ref().map(Phone::as_str), Ok(expect), "{typed:?}");
        };
        for typed in [
            "06 12 34 56 78",
            "06.12.34.56.78",
            "06,12,34,56,78",
            "06, 12, 34, 56, 78",
            "06_12_34_56_78",
            "06·12·34·56·78",
            "06'12'34'56'78",
            "06—12—34—56—78",
            "06\u{a0}12\u{202f}34\u{2009}56\u{3000}78",
            "0612345678",
            "612345678",
            "+33 6 12 34 56 78",
            "+33 (0)6 12 34 56 78",
            "+33(0)612345678",
            "0033612345678",
            "0033 (0) 6 12 34 56 78",
            "+33 06-12-34-56-78",
            "٠٦ ١٢ ٣٤ ٥٦ ٧٨",
            "۰۶۱۲۳۴۵۶۷۸",
            "０６－１２－３４－５６－７８",
            "＋３３６１２３４５６７８",
        ] {
            check(typed, "+33612345678");
        }
        check("05 61 00 00 00", "+33561000000");
        check("06 33 03 30 33", "+33633033033");
        check("+32 470 12 34 56", "+32470123456");
        check("0034 612 34 56 78", "+34612345678");
        check("+213 551 23 45 67", "+213551234567");
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        use PhoneFault::{Letters, NoPrefix, TooLong, TooShort, Two, Unknown};
        let long = "1".repeat(200);
        for (typed, fault) in [
            ("+", TooShort),
            ("12", TooShort),
            ("06 12 34 56", TooShort),
            ("06 12 34 56 7", TooShort),
            ("+33", TooShort),
            ("+33 6 12 34 56", TooShort),
            ("3919", TooShort),
            ("61234567", TooShort),
            ("06 12 34 56 78 9", TooLong),
            ("+33 6 12 34 56 78 9", TooLong),
            ("+49 1234 567890 1234567", TooLong),
            (long.as_str(), TooLong),
            ("abc", Letters),
            ("ana@exemple.fr", Letters),
            ("06 12 34 56 7O", Letters),
            ("06 12 34 56 78 poste 3", Letters),
            ("#31#0612345678", Letters),
            ("32 470 12 34 56", NoPrefix),
            ("213 551 23 45 67", NoPrefix),
            ("06 12 34 56 78 / 05 61 00 00 00", Two),
            ("06 12 34 56 78 ou 05 61 00 00 00", Two),
            ("06 12 34 56 78, +32 470 12 34 56", Two),
            ("0612345678 0561000000", Two),
            ("06123456780561000000", Two),
            ("00 00", TooShort),
            ("0000000000", Unknown),
            ("+999123456789", Unknown),
        ] {
            assert_eq!(Phone::parse(typed), Err(fault), "{typed:?}");
        }
    }

    #[test]
    fn a_landline_takes_no_text() {
        let is = |typed: &str| Phone::parse(typed).unwrap().is_french_landline();
        assert!(is("05 61 00 00 00") && is("09 61 00 00 00"));
        assert!(!is("06 12 34 56 78") && !is("07 12 34 56 78") && !is("+32 470 12 34 56"));
    }

    #[test]
    fn a_mask_gives_nothing_away() {
        assert_eq!(mask_phone("+33612345678"), "•• •• •• •• 78");
        assert_eq!(mask_phone(""), "•• •• •• •• ");
    }

    proptest::proptest! {
        /// However it is written, it is the same number.
        #[test]
        fn separators_and_scripts_change_nothing(
            national in "[1-9][0-9]{8}",
            between in proptest::collection::vec("[ .,;_/·•’-]{0,2}", 10),
            script in 0_usize..4,
        ) {
            let scripts = ['0', '\u{660}', '\u{6F0}', '\u{FF10}'];
            let mut written = String::new();
            for (digit, between) in format!("0{national}").chars().zip(&between) {
                written.extend(char::from_u32(u32::from(scripts[script]) + digit.to_digit(10).unwrap()));
                written.push_str(between);
            }
            let parsed = Phone::parse(&written);
            proptest::prop_assert_eq!(parsed.map(|phone| phone.as_str().to_owned()), Ok(format!("+33{national}")), "{}", written);
        }

        #[test]
        fn anything_is_a_number_or_a_fault(typed in "\\PC{0,70}") {
            if let Ok(phone) = Phone::parse(&typed) {
                proptest::prop_assert!(phone.as_str().starts_with('+') && phone.as_str().len() <= 16);
            }
        }
    }
}
