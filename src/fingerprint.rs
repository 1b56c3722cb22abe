//! What decides whether something changed: 128 bits of BLAKE3.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// The generator itself: another program may make other pages.
pub(crate) const PROGRAM: &str = env!("SOURCES_FINGERPRINT");

/// The fingerprint of some bytes, or of several fingerprints in an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Fingerprint([u8; 16]);

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // At once: byte by byte, hundreds of thousands of them take a while.
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        bytes.try_into().map(Self).map_err(D::Error::custom)
    }
}

impl Fingerprint {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::short(&blake3::hash(bytes))
    }

    /// Of a value, by its serialised form.
    #[must_use]
    pub fn of_value(value: &impl Serialize) -> Self {
        // The values are the project's own plain types: they always serialise.
        Self::of(&postcard::to_allocvec(value).unwrap_or_default())
    }

    /// Of these parts, in this order.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut bytes = Vec::new();
        parts.into_iter().for_each(|part| bytes.extend_from_slice(&part.0));
        Self::of(&bytes)
    }

    /// As it is stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// From its stored form.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// From its hexadecimal form.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 16];
        if digits.len() != 32 || !text.is_ascii() {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    fn short(hash: &blake3::Hash) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        Self(bytes)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_count_in_their_order() {
        let (a, b) = (Fingerprint::of(b"a"), Fingerprint::of(b"b"));
        assert_eq!(Fingerprint::all([a, b]), Fingerprint::all([a, b]));
        assert_ne!(Fingerprint::all([a, b]), Fingerprint::all([b, a]));
        assert_eq!(a.to_string().len(), 32);
        assert_eq!(Fingerprint::from_hex(&a.to_string()), Some(a));
        assert_eq!(Fingerprint::from_hex("é"), None);
    }
}
