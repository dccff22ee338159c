//! Makes guessing a passphrase expensive.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

/// KiB of memory that one guess takes; with [`PASSES`] the second choice of RFC 9106.
const MEMORY: u32 = 64 << 10;
/// Passes over the memory.
const PASSES: u32 = 3;
/// All members have to come to the same key, so the salt is fixed: it keeps tables made for other programs away.
const SALT: &[u8] = b"aemp secret v1";

/// The key for a passphrase: Argon2id version 1.3, 64 MiB, 3 passes, 1 lane, 32 octets.
pub(super) fn stretch(passphrase: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Params::new(MEMORY, PASSES, 1, Some(32))
        .and_then(|params| {
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(passphrase, SALT, &mut *key)
        })
        .expect("the parameters are constants within their limits, and so is every passphrase below 4 GiB");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with the reference implementation in C.
    #[test]
    fn the_key_is_that_of_other_implementations() {
        let hex: String = stretch(b"some passphrase of ours").iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, "0a42b44ed2cda77518117a07a30b978c4319275f51a046c07e4cf61ee4c0fc81");
    }
}
