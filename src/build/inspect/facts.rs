//! What is kept of a page for the check of the whole site: hashes, since thousands of pages have
//! the same menu.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What a published file holds that others count on, and what it counts on. Addresses and anchors
/// are kept by their [`hash`], sorted, once each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFacts {
    /// The anchors that links may aim at.
    #[serde(with = "packed")]
    pub ids: Vec<u64>,
    /// The addresses of the site that it leads to, or loads.
    #[serde(with = "packed")]
    pub links: Vec<u64>,
    /// The anchors that it aims at: an address, then an anchor there.
    #[serde(with = "packed")]
    pub anchors: Vec<u64>,
    /// The addresses of the site that it loads.
    #[serde(with = "packed")]
    pub loads: Vec<u64>,
    /// Its own bytes.
    pub size: u64,
    /// What is wrong in it alone: a message's id, and its value.
    pub flaws: Vec<(Cow<'static, str>, String)>,
}

/// FNV-1a, 64 bits: the same on every machine, and with every compiler.
#[must_use]
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// Numbers as one string of bytes: read and written at once.
mod packed {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(numbers: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        serializer.serialize_bytes(&bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        let numbers =
            bytes.chunks_exact(8).map(|chunk| chunk.iter().rev().fold(0, |n, byte| (n << 8) | u64::from(*byte)));
        Ok(numbers.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_survive_a_round_trip() {
        let facts =
            OutputFacts { ids: vec![1, u64::MAX], links: vec![hash("/charte/")], size: 7, ..OutputFacts::default() };
        let bytes = postcard::to_allocvec(&facts).unwrap();
        assert_eq!(postcard::from_bytes::<OutputFacts>(&bytes).unwrap(), facts);
    }
}
