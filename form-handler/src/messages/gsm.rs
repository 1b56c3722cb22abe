//! The letters that a text message is made of (GSM 03.38): 160 of them are one message, any other
//! letter makes it 70. So what has a near likeness there is written with that: people read "etre"
//! for "être", and the town pays one message for two.

use unicode_normalization::UnicodeNormalization;

/// The alphabet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// What is written with two of its letters.
const EXTENDED: &str = "^{}\\[~]|€";

/// Letters of one message, and of each part of one that is longer.
#[cfg(test)]
const ALONE: usize = 160;
#[cfg(test)]
const PART: usize = 153;

/// The text in that alphabet, as near as it can be. What has no likeness there stays: it is another
/// language, and its message is longer.
pub(super) fn fit(text: &str) -> String {
    let mut fitted = String::with_capacity(text.len());
    for sign in text.nfc() {
        match sign {
            _ if is_known(sign) => fitted.push(sign),
            '’' | '‘' | 'ʼ' => fitted.push('\''),
            '«' | '»' | '“' | '”' => fitted.push('"'),
            '–' | '—' | '‑' | '‐' | '−' => fitted.push('-'),
            '…' => fitted.push_str("..."),
            'œ' => fitted.push_str("oe"),
            'Œ' => fitted.push_str("OE"),
            _ if sign.is_whitespace() => fitted.push(' '),
            _ => {
                let bare = std::iter::once(sign).nfd().find(|sign| is_known(*sign));
                fitted.push(bare.unwrap_or(sign));
            }
        }
    }
    fitted
}

fn is_known(sign: char) -> bool {
    BASIC.contains(sign) || EXTENDED.contains(sign)
}

/// How many messages a text is, as operators count them; `None`: it is not in this alphabet.
#[cfg(test)]
pub(super) fn messages(text: &str) -> Option<usize> {
    let letters = text.chars().map(|sign| is_known(sign).then_some(if EXTENDED.contains(sign) { 2 } else { 1 }));
    let letters: usize = letters.sum::<Option<usize>>()?;
    Some(if letters <= ALONE { 1 } else { letters.div_ceil(PART) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_with_the_letters_of_text_messages() {
        let fitted = fit("«\u{a0}Ça n’a pas lieu\u{202f}: où\u{a0}? »\nÀ bientôt… là-bas – l’équipe, cœur");
        assert_eq!(fitted, "\" Ça n'a pas lieu : où ? \"\nA bientot... là-bas - l'équipe, coeur");
        assert!(messages(&fitted).is_some());
        assert_eq!(fit("ليلى"), "ليلى");
        assert_eq!(messages("ليلى"), None);
    }

    #[test]
    fn messages_are_counted_as_operators_do() {
        for (text, count) in
            [(String::new(), 1), ("é".repeat(160), 1), ("é".repeat(161), 2), ("€".repeat(80), 1), ("€".repeat(81), 2)]
        {
            assert_eq!(messages(&text), Some(count), "{text}");
        }
        assert_eq!(messages(&"a".repeat(307)), Some(3));
        assert_eq!(BASIC.chars().count(), 127, "the 128th announces those of two letters");
    }
}
