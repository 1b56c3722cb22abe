//! The links that stand for a person: `id + HMAC-SHA-256(key, id)`, cut to 128 bits each, in
//! base64url.
//!
//! Nothing about a link is stored: the key alone makes and checks them, so a stolen database opens
//! no `suivi` page. A link says what it is for. A follow-up link signs the bare id, as the contract
//! words it; the links in messages sign `purpose ‖ 0 ‖ id`, which is never 16 bytes long, so that
//! no link of one kind passes for another.

use std::sync::LazyLock;

use data_encoding::{BASE64URL_NOPAD, Encoding, HEXLOWER_PERMISSIVE, Specification};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use crate::system::{Entropy, NoEntropy};

/// A demand's name outside the database: when it was made, in milliseconds, and 80 random bits.
/// Names that follow each other lie beside each other in an index; a name alone opens nothing (see
/// [`Key`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DemandId(pub [u8; 16]);

impl DemandId {
    /// A new name.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        let mut bytes = [0; 16];
        let (time, random) = bytes.split_at_mut(6);
        // The low 48 bits: enough for eight thousand years.
        time.copy_from_slice(&now.as_millisecond().to_be_bytes()[2..]);
        entropy.fill(random)?;
        Ok(Self(bytes))
    }

    /// When it was given.
    #[must_use]
    pub fn given_at(self) -> Timestamp {
        let mut ms = [0; 8];
        ms[2..].copy_from_slice(&self.0[..6]);
        Timestamp::from_millisecond(i64::from_be_bytes(ms)).unwrap_or(Timestamp::MAX)
    }

    /// The first and the last id that could have been given in so long before this one, or at its
    /// very instant.
    #[must_use]
    pub fn within(self, time: SignedDuration) -> (Self, Self) {
        let (mut first, mut last) = ([0; 16], [u8::MAX; 16]);
        let since = self.given_at().saturating_sub(time).unwrap_or(Timestamp::UNIX_EPOCH);
        first[..6].copy_from_slice(&since.as_millisecond().max(0).to_be_bytes()[2..]);
        last[..6].copy_from_slice(&self.0[..6]);
        (Self(first), Self(last))
    }
}

impl std::fmt::Display for DemandId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
    }
}

/// What a link lets its holder do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// See one's own demand, and cancel it.
    FollowUp,
    /// Cancel the other demands of the address to which this link was written.
    CancelOthers,
    /// Say "this is me again": release the repeated demand.
    Merge,
    /// Ask for a place at the next session, after one that was held.
    ComeBack,
    /// The team's: decide whether a session under its minimum is held.
    Decide,
    /// The team's: see the calls to make.
    Calls,
    /// The team's: say that a date which is over already is right.
    AcceptDate,
    /// The team's: answer the demands that it is to confirm.
    Confirm,
    /// The team's: let in, or drop, what is held of a session.
    Burst,
}

impl Purpose {
    fn domain(self) -> &'static [u8] {
        match self {
            Self::FollowUp => b"",
            Self::CancelOthers => b"annuler-autres\0",
            Self::Merge => b"fusion\0",
            Self::ComeBack => b"revenir\0",
            Self::Decide => b"decision\0",
            Self::Calls => b"appels\0",
            Self::AcceptDate => b"date\0",
            Self::Confirm => b"a-confirmer\0",
            Self::Burst => b"rafale\0",
        }
    }
}

/// What a link of the team opens, and until when: whoever reads the team's mailbox later opens
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamLink {
    /// The link opens nothing from then on.
    pub until: Timestamp,
    /// A session's key in the database, or 0.
    pub session: i64,
}

impl TeamLink {
    fn bytes(self) -> DemandId {
        let mut bytes = [0; 16];
        let (until, session) = bytes.split_at_mut(8);
        until.copy_from_slice(&self.until.as_millisecond().to_be_bytes());
        session.copy_from_slice(&self.session.to_be_bytes());
        DemandId(bytes)
    }

    fn of(DemandId(bytes): DemandId) -> Option<Self> {
        let (until, session) = bytes.split_first_chunk::<8>()?;
        let until = Timestamp::from_millisecond(i64::from_be_bytes(*until)).ok()?;
        Some(Self { until, session: i64::from_be_bytes(session.try_into().ok()?) })
    }
}

/// The secret of `var/cle`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

const MAC_LEN: usize = 16;

/// Enough to tell keys apart.
const FINGERPRINT_LEN: usize = 8;

/// Five bytes are eight signs.
const CODE_LEN: usize = 5;

/// How long a code is the same; it opens in this time and the next.
const CODE_SECONDS: i64 = 15 * 60;

/// The signs of a code: none looks like another.
static CODE_SIGNS: LazyLock<Encoding> = LazyLock::new(|| {
    let mut signs = Specification::new();
    signs.symbols.push_str("23456789ABCDEFGHJKLMNPQRSTUVWXYZ");
    // Thirty-two signs that differ: always an encoding.
    signs.encoding().unwrap_or(data_encoding::BASE32)
});

fn slot(at: Timestamp) -> i64 {
    at.as_second().div_euclid(CODE_SECONDS)
}

impl Key {
    /// A key from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for a backup.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// What tells it from another, and opens nothing: for the database, and for whoever looks for
    /// the right one among backups.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mac = self.keyed(b"empreinte\0").finalize().into_bytes();
        HEXLOWER_PERMISSIVE.encode(&mac[..FINGERPRINT_LEN])
    }

    /// The text that stands for `id` in an address.
    #[must_use]
    pub fn token(&self, purpose: Purpose, id: DemandId) -> String {
        let mac = self.mac(purpose, id).finalize().into_bytes();
        let mut bytes = id.0.to_vec();
        bytes.extend_from_slice(mac.get(..MAC_LEN).unwrap_or_default());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The demand of a link made for this purpose. Compared in constant time.
    #[must_use]
    pub fn open(&self, purpose: Purpose, token: &str) -> Option<DemandId> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (id, mac) = bytes.split_first_chunk::<16>()?;
        let mac: &[u8; MAC_LEN] = mac.try_into().ok()?;
        let id = DemandId(*id);
        self.mac(purpose, id).verify_truncated_left(mac).ok()?;
        Some(id)
    }

    /// The text of a link of the team.
    #[must_use]
    pub fn team_token(&self, purpose: Purpose, link: TeamLink) -> String {
        self.token(purpose, link.bytes())
    }

    /// What a link of the team made for this purpose opens at `now`.
    #[must_use]
    pub fn open_team_link(&self, purpose: Purpose, token: &str, now: Timestamp) -> Option<TeamLink> {
        TeamLink::of(self.open(purpose, token)?).filter(|link| now < link.until)
    }

    /// The stable half of the `Message-ID` of a demand's letter: the same at each attempt, and no
    /// other letter's, even after a backup was restored and keys are given again.
    #[must_use]
    pub fn letter(&self, id: DemandId, number: i64) -> String {
        let mac =
            self.keyed(b"courriel\0").chain_update(id.0).chain_update(number.to_be_bytes()).finalize().into_bytes();
        HEXLOWER_PERMISSIVE.encode(&mac[..MAC_LEN])
    }

    /// The name of an entry in a person's calendar. It opens nothing, and tells nobody of which
    /// demand it is.
    #[must_use]
    pub fn calendar(&self, name: [u8; 16]) -> String {
        let mac = self.keyed(b"agenda\0").chain_update(name).finalize().into_bytes();
        HEXLOWER_PERMISSIVE.encode(&mac[..MAC_LEN])
    }

    /// The code that opens what is recorded about a demand, for whoever reads the letter of that
    /// instant: eight signs, in two groups.
    #[must_use]
    pub fn code(&self, id: DemandId, at: Timestamp) -> String {
        let code = self.code_of(id, slot(at));
        let (first, second) = code.split_at(code.len() / 2);
        format!("{first}-{second}")
    }

    /// Whether this code is fresh: written a quarter of an hour to half an hour ago at most.
    /// Compared in constant time; 40 bits, against thirty minutes of guessing over HTTP.
    #[must_use]
    pub fn opens(&self, id: DemandId, code: &str, now: Timestamp) -> bool {
        let typed: Vec<u8> =
            code.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
        let slot = slot(now);
        [slot, slot - 1].into_iter().any(|slot| {
            let code = self.code_of(id, slot).into_bytes();
            code.len() == typed.len() && code.iter().zip(&typed).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
        })
    }

    fn code_of(&self, id: DemandId, slot: i64) -> String {
        let mac = self.keyed(b"code\0").chain_update(id.0).chain_update(slot.to_be_bytes()).finalize().into_bytes();
        CODE_SIGNS.encode(&mac[..CODE_LEN])
    }

    fn mac(&self, purpose: Purpose, id: DemandId) -> Hmac<Sha256> {
        self.keyed(purpose.domain()).chain_update(id.0)
    }

    fn keyed(&self, domain: &[u8]) -> Hmac<Sha256> {
        // `new` takes a whole block; a key shorter than a block is padded with zeros (RFC 2104), so
        // this is the same.
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        <Hmac<Sha256> as KeyInit>::new(&block.into()).chain_update(domain)
    }

    /// What the browser that sent a demand is given besides its link, and nobody else: no letter
    /// holds it.
    #[must_use]
    pub fn proof(&self, id: DemandId) -> String {
        BASE64URL_NOPAD.encode(&self.sender_mac(id).finalize().into_bytes()[..MAC_LEN])
    }

    /// Whether this is what that browser was given. Compared in constant time.
    #[must_use]
    pub fn proves(&self, id: DemandId, proof: &str) -> bool {
        let mac = BASE64URL_NOPAD.decode(proof.as_bytes()).unwrap_or_default();
        mac.len() == MAC_LEN && self.sender_mac(id).verify_truncated_left(&mac).is_ok()
    }

    fn sender_mac(&self, id: DemandId) -> Hmac<Sha256> {
        self.keyed(b"navigateur\0").chain_update(id.0)
    }

    /// The id that a demand has once its contact is corrected to this one. It was given at the same
    /// instant, and is the same whenever the same is asked.
    #[must_use]
    pub fn renewed(&self, id: DemandId, contact: [&str; 2]) -> DemandId {
        let mac = contact.into_iter().fold(self.keyed(b"corrigee\0").chain_update(id.0), |mac, typed| {
            mac.chain_update((typed.len() as u64).to_be_bytes()).chain_update(typed)
        });
        let mut renewed = id;
        let (_, random) = renewed.0.split_at_mut(6);
        random.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(byte, random)| *byte = random);
        renewed
    }

    /// A key of its own for fingerprints of forms.
    #[must_use]
    pub fn fingerprint_key(&self) -> [u8; 32] {
        blake3::derive_key("entreparentaise form-handler envoi v1", &self.0)
    }
}

/// Never shown, not even by a debug print.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SeededEntropy;

    const ID: DemandId = DemandId([5; 16]);

    #[test]
    fn a_link_opens_what_it_was_made_for_and_nothing_else() {
        let key = Key::from_bytes([1; 32]);
        let purposes = [
            Purpose::FollowUp,
            Purpose::CancelOthers,
            Purpose::Merge,
            Purpose::ComeBack,
            Purpose::Decide,
            Purpose::Calls,
            Purpose::AcceptDate,
            Purpose::Confirm,
            Purpose::Burst,
        ];
        for made in purposes {
            let token = key.token(made, ID);
            assert_eq!(token.len(), 43);
            for read in purposes {
                assert_eq!(key.open(read, &token), (made == read).then_some(ID));
            }
            assert_eq!(Key::from_bytes([2; 32]).open(made, &token), None);
        }
    }

    #[test]
    fn a_link_of_the_team_opens_its_session_and_not_for_ever() {
        let key = Key::from_bytes([1; 32]);
        let until: Timestamp = "2027-03-17T17:00:00Z".parse().unwrap();
        let link = TeamLink { until, session: 7 };
        let token = key.team_token(Purpose::Decide, link);
        let open = |purpose, at: &str| key.open_team_link(purpose, &token, at.parse().unwrap());
        assert_eq!(open(Purpose::Decide, "2027-03-17T16:59:59Z"), Some(link));
        assert_eq!(open(Purpose::Decide, "2027-03-17T17:00:00Z"), None);
        assert_eq!(open(Purpose::Calls, "2027-03-17T16:59:59Z"), None);
    }

    #[test]
    fn a_follow_up_link_is_the_contracts_hmac() {
        let key = [1_u8; 32];
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(&ID.0);
        let expect = [&ID.0[..], &mac.finalize().into_bytes()[..16]].concat();
        assert_eq!(Key::from_bytes(key).token(Purpose::FollowUp, ID), BASE64URL_NOPAD.encode(&expect));
    }

    #[test]
    fn a_code_opens_for_a_while_and_for_one_demand() {
        let key = Key::from_bytes([1; 32]);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let code = key.code(ID, at("2027-03-01T12:01:00Z"));
        assert_eq!(code.len(), 9);
        let open = |code: &str, now: &str| key.opens(ID, code, at(now));
        assert!(open(&code, "2027-03-01T12:01:00Z") && open(&code, "2027-03-01T12:29:59Z"));
        assert!(open(&format!(" {} ", code.to_lowercase().replace('-', " ")), "2027-03-01T12:10:00Z"));
        assert!(!open(&code, "2027-03-01T12:30:00Z"), "too late");
        assert!(!open(&code, "2027-03-01T11:59:00Z"), "not yet written");
        assert!(!open("", "2027-03-01T12:01:00Z") && !open(&code[..8], "2027-03-01T12:01:00Z"));
        assert!(!key.opens(DemandId([6; 16]), &code, at("2027-03-01T12:01:00Z")));
        assert_ne!(key.letter(ID, 1), key.letter(ID, 2));
    }

    #[test]
    fn names_follow_each_other_in_time_and_do_not_repeat() {
        let entropy = SeededEntropy::new(1);
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let made = [1_800_000_000_000, 1_800_000_000_000, 1_800_000_000_001]
            .map(|ms| DemandId::new(at(ms), &entropy).unwrap());
        assert_eq!(made[0].0[..6], made[1].0[..6]);
        assert_ne!(made[0], made[1]);
        assert!(made[2] > made[0] && made[2] > made[1]);
    }

    #[test]
    fn the_browser_that_sent_a_demand_proves_it_for_that_one_alone() {
        let key = Key::from_bytes([1; 32]);
        let proof = key.proof(ID);
        assert!(key.proves(ID, &proof) && proof.len() == 22);
        let shorter = &proof[..21];
        for wrong in ["", "A", shorter, &format!("{proof}A"), &key.proof(DemandId([6; 16]))] {
            assert!(!key.proves(ID, wrong), "{wrong:?}");
        }
        assert!(!Key::from_bytes([2; 32]).proves(ID, &proof));
        // No link is a proof, and none makes one.
        assert!(!key.proves(ID, &key.token(Purpose::FollowUp, ID)));
    }

    #[test]
    fn an_id_that_is_renewed_is_as_old_and_is_the_same_when_asked_twice() {
        let key = Key::from_bytes([1; 32]);
        let at: Timestamp = "2027-03-01T12:00:00.123Z".parse().unwrap();
        let id = DemandId::new(at, &SeededEntropy::new(1)).unwrap();
        assert_eq!(id.given_at(), at);
        let renewed = key.renewed(id, ["a@x.fr", ""]);
        assert_eq!((renewed.given_at(), renewed), (at, key.renewed(id, ["a@x.fr", ""])));
        let others = [id, key.renewed(id, ["", "a@x.fr"]), key.renewed(renewed, ["a@x.fr", ""])];
        assert!(!others.contains(&renewed));
        let (first, last) = id.within(SignedDuration::from_hours(1));
        assert!(first < id && id < last && last.given_at() == at);
        assert_eq!(at.duration_since(first.given_at()), SignedDuration::from_hours(1));
        assert_eq!(DemandId([0; 16]).within(SignedDuration::from_hours(1)).0, DemandId([0; 16]));
    }

    #[test]
    fn a_changed_link_opens_nothing() {
        let key = Key::from_bytes([1; 32]);
        let token = key.token(Purpose::FollowUp, ID);
        for at in 0..token.len() {
            for with in ['A', 'B', '_', '=', 'é'] {
                let changed: String = token.chars().enumerate().map(|(i, c)| if i == at { with } else { c }).collect();
                assert_eq!(key.open(Purpose::FollowUp, &changed), (changed == token).then_some(ID));
            }
        }
        for wrong in ["", "A", &token[..42], &format!("{token}A"), &format!("{token}=")] {
            assert_eq!(key.open(Purpose::FollowUp, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_fingerprint_tells_keys_apart_and_is_no_part_of_a_link() {
        let key = Key::from_bytes([1; 32]);
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[1; 32]).unwrap();
        mac.update(b"empreinte\0");
        let expect = HEXLOWER_PERMISSIVE.encode(&mac.finalize().into_bytes()[..8]);
        assert_eq!(key.fingerprint(), expect);
        assert_ne!(key.fingerprint(), Key::from_bytes([2; 32]).fingerprint());
    }
}
