//! The secret that the members of a network share.

mod kept;
mod source;
mod stretch;

pub use source::SecretError;
pub(crate) use source::find;

use std::fmt;

use aemp_proto::link::SecretKey;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha3::{Digest, Sha3_256};
use zeroize::Zeroizing;

/// What the text form of a drawn secret begins with.
const PREFIX: &str = "aemp1:";
/// A shorter passphrase is refused beyond loopback.
const MIN_LEN: usize = 16;
/// Secrets that stand in documentation: everybody knows them.
const DOCUMENTED: [&str; 4] = [
    "a secret of at least 16 octets",
    "correct horse battery staple",
    "replace-me-with-a-secret",
    "change me before use",
];

/// The secret of a network: whoever has it is a member.
///
/// Best are 32 random octets ([`Secret::generate`], `aemp secret generate`). Any other text is a passphrase
/// and is stretched with Argon2id when the secret is made, which takes a tenth of a second. The memory is
/// cleared when the secret is dropped; `Debug` shows the fingerprint only.
#[derive(Clone)]
pub struct Secret {
    key: Zeroizing<[u8; 32]>,
    weakness: Option<Weakness>,
}

/// Why a secret protects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Weakness {
    /// It stands in documentation.
    #[error("the secret is an example from the documentation: draw one with `aemp secret generate`")]
    Documented,
    /// It is empty.
    #[error("the secret is empty: draw one with `aemp secret generate`")]
    Empty,
    /// It has less than 16 octets.
    #[error("the secret has less than {MIN_LEN} octets: draw one with `aemp secret generate`")]
    Short,
}

/// A text that begins like a drawn secret and is none: mistyped, or cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a secret that begins with {PREFIX} has 43 more characters of A-Z, a-z, 0-9, - and _: this one was cut off or mistyped"
)]
pub struct Mistyped;

impl Secret {
    /// Draws a secret: 32 octets from the system's random generator.
    ///
    /// # Errors
    ///
    /// The system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *key)?;
        Ok(Self { key, weakness: None })
    }

    /// A secret from text: the text form of a drawn secret, or a passphrase. White space around it is not part of it.
    ///
    /// # Errors
    ///
    /// [`Mistyped`] if the text begins like a drawn secret and is none.
    pub fn from_text(text: &str) -> Result<Self, Mistyped> {
        let text = text.trim();
        match text.strip_prefix(PREFIX) {
            Some(encoded) => Ok(Self { key: decode(encoded).ok_or(Mistyped)?, weakness: None }),
            None => Ok(Self::from_passphrase(text.as_bytes())),
        }
    }

    /// A secret from octets, all of which count: exactly 32 are taken as random ones, others as a passphrase.
    pub fn from_octets(octets: &[u8]) -> Self {
        match octets.try_into() {
            Ok(key) => Self { key: Zeroizing::new(key), weakness: None },
            Err(_) => Self::from_passphrase(octets),
        }
    }

    fn from_passphrase(octets: &[u8]) -> Self {
        Self { key: stretch::stretch(octets), weakness: weakness(octets) }
    }

    /// The text form, for a file or another member. Of a passphrase it is the stretched key, which serves as well.
    pub fn to_text(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.key));
        Zeroizing::new(format!("{PREFIX}{}", *encoded))
    }

    /// Eight hexadecimal digits by which people compare secrets. They are harmless in logs: they are made
    /// from the stretched key, and too few to find it.
    pub fn fingerprint(&self) -> String {
        let hash = Sha3_256::new().chain_update(b"aemp fingerprint").chain_update(*self.key).finalize();
        hash.iter().take(4).map(|octet| format!("{octet:02x}")).collect()
    }

    /// Why the secret must not be used beyond loopback, if it must not.
    pub const fn weakness(&self) -> Option<Weakness> {
        self.weakness
    }

    /// The key of the proofs.
    #[must_use]
    pub fn key(&self) -> SecretKey {
        SecretKey::new(*self.key)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.fingerprint())
    }
}

fn decode(encoded: &str) -> Option<Zeroizing<[u8; 32]>> {
    let octets = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
    Some(Zeroizing::new(octets.as_slice().try_into().ok()?))
}

/// Why octets protect nothing as a secret.
pub(crate) fn weakness(octets: &[u8]) -> Option<Weakness> {
    if octets.is_empty() {
        Some(Weakness::Empty)
    } else if octets.len() < MIN_LEN {
        Some(Weakness::Short)
    } else if DOCUMENTED.iter().any(|known| known.as_bytes() == octets) {
        Some(Weakness::Documented)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_secret_survives_its_text() {
        let secret = Secret::generate().unwrap();
        let text = secret.to_text();
        assert_eq!((text.len(), text.starts_with("aemp1:")), (49, true));
        let read = Secret::from_text(&format!(" {}\n", *text)).unwrap();
        assert_eq!((&*read.key, read.weakness()), (&*secret.key, None));
        assert_ne!(*Secret::generate().unwrap().key, *secret.key);
    }

    #[test]
    fn a_secret_that_was_cut_off_is_not_taken_for_a_passphrase() {
        let text = Secret::generate().unwrap().to_text();
        for wrong in [&text[..48], &format!("{}A", *text), "aemp1:", &text.replace("aemp1:", "aemp1:!")] {
            assert_eq!(Secret::from_text(wrong).unwrap_err(), Mistyped);
        }
    }

    #[test]
    fn what_everybody_knows_or_guesses_is_weak() {
        for (text, weak) in [
            ("", Some(Weakness::Empty)),
            (" \n", Some(Weakness::Empty)),
            ("123456789012345", Some(Weakness::Short)),
            ("1234567890123456", None),
            ("correct horse battery staple", Some(Weakness::Documented)),
        ] {
            assert_eq!(Secret::from_text(text).unwrap().weakness(), weak, "{text:?}");
        }
    }

    #[test]
    fn debug_shows_the_fingerprint_only() {
        let secret = Secret::from_octets(&[7; 32]);
        assert_eq!(format!("{secret:?}"), format!("Secret({})", secret.fingerprint()));
        assert_eq!(secret.fingerprint().len(), 8);
        assert_ne!(secret.fingerprint(), Secret::from_octets(&[8; 32]).fingerprint());
    }

    #[test]
    fn a_passphrase_of_32_characters_is_not_taken_for_random_octets() {
        let text = "a passphrase of 32 characters...";
        assert_ne!(Secret::from_text(text).unwrap().fingerprint(), Secret::from_octets(text.as_bytes()).fingerprint());
    }

    #[test]
    fn every_documented_secret_is_weak() {
        for known in DOCUMENTED {
            assert_eq!(Secret::from_text(known).unwrap().weakness(), Some(Weakness::Documented), "{known}");
        }
    }
}
