//! The links that stand for a person: `id + HMAC-SHA-256(key, id)`, cut to 128 bits each, in base64url.
//!
//! Nothing about a link is stored: the key alone makes and checks them, so a stolen database opens no `suivi` page. A
//! link says what it is for. A follow-up link signs the bare id, as the contract words it; the links in messages sign
//! `purpose ‖ 0 ‖ id`, which is never 16 bytes long, so that no link of one kind passes for another.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{said::Said, system::Entropy};

/// A demand's name outside the database: 128 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DemandId(pub [u8; 16]);

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
}

impl Purpose {
    fn domain(self) -> &'static [u8] {
        match self {
            Self::FollowUp => b"",
            Self::CancelOthers => b"annuler-autres\0",
            Self::Merge => b"fusion\0",
        }
    }
}

/// The secret of `var/cle`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

const MAC_LEN: usize = 16;

impl Key {
    /// A key from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of this file, made at the first start: 32 random bytes, readable by their owner alone.
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, Said> {
        let failed =
            |error: &io::Error| Said::new("cle-illisible").with("fichier", path.display()).with("cause", error);
        match fs::read(path) {
            Ok(bytes) => Self::of_file(&bytes, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = [0; 32];
                entropy.fill(&mut bytes).map_err(|_| Said::new("cle-sans-hasard"))?;
                if create(path, &bytes).map_err(|error| failed(&error))? {
                    Ok(Self(bytes))
                } else {
                    // Another process of ours was quicker: its key is the key.
                    fs::read(path).map_err(|error| failed(&error)).and_then(|bytes| Self::of_file(&bytes, path))
                }
            }
            Err(error) => Err(failed(&error)),
        }
    }

    fn of_file(bytes: &[u8], path: &Path) -> Result<Self, Said> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| Said::new("cle-mauvaise-taille").with("fichier", path.display()).with("octets", bytes.len()))
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

    fn mac(&self, purpose: Purpose, id: DemandId) -> Hmac<Sha256> {
        // `new` takes a whole block; a key shorter than a block is padded with zeros (RFC 2104), so this is the same.
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(purpose.domain());
        mac.update(&id.0);
        mac
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

/// Writes the whole key under a name of its own, then gives it the real name unless somebody else did: at no instant is
/// there half a key. Whether the name was free.
fn create(path: &Path, bytes: &[u8; 32]) -> io::Result<bool> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let draft = path.with_extension(format!("{}.nouveau", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    // The draft has done its service in every case; what matters was told by `linked`.
    let _ = fs::remove_file(&draft);
    match linked {
        Ok(()) => fs::File::open(folder)?.sync_all().map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
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
        let purposes = [Purpose::FollowUp, Purpose::CancelOthers, Purpose::Merge];
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
    fn a_follow_up_link_is_the_contracts_hmac() {
        let key = [1_u8; 32];
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(&ID.0);
        let expect = [&ID.0[..], &mac.finalize().into_bytes()[..16]].concat();
        assert_eq!(Key::from_bytes(key).token(Purpose::FollowUp, ID), BASE64URL_NOPAD.encode(&expect));
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
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("var/cle");
        let key = Key::load_or_create(&path, &SeededEntropy::new(1)).unwrap();
        assert_eq!(Key::load_or_create(&path, &SeededEntropy::new(2)).unwrap(), key);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        fs::write(&path, b"short").unwrap();
        assert_eq!(Key::load_or_create(&path, &SeededEntropy::new(1)).unwrap_err().id, "cle-mauvaise-taille");
    }
}
