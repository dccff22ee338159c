//! HMAC with SHA3-512 (RFC 2104), as native proofs and those of base peers use it.

use hmac::{KeyInit, Mac, SimpleHmac};
use sha3::{Digest, Sha3_512};
use zeroize::Zeroizing;

/// Octets that the hash takes at once: the length to which a key is brought.
const BLOCK: usize = 72;

pub(crate) fn hmac(key: &[u8], octets: &[u8]) -> [u8; 64] {
    let mut mac = SimpleHmac::<Sha3_512>::new(&(*block_of(key)).into());
    mac.update(octets);
    mac.finalize().into_bytes().into()
}

/// A whole block is a key that always fits: a longer one is hashed, a shorter one padded with zeros.
fn block_of(key: &[u8]) -> Zeroizing<[u8; BLOCK]> {
    let mut block = Zeroizing::new([0; BLOCK]);
    let fill = |block: &mut [u8; BLOCK], key: &[u8]| block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    if key.len() > BLOCK {
        let hashed: Zeroizing<[u8; 64]> = Zeroizing::new(Sha3_512::digest(key).into());
        fill(&mut block, &*hashed);
    } else {
        fill(&mut block, key);
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: [u8; 64]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// The values are Python's `hmac.digest(key, b"text", "sha3_512")`.
    #[test]
    fn keys_of_all_lengths_are_those_of_the_rfc() {
        for (length, mac) in [
            (
                0,
                "58c2675069a04992324bfce5d7c597917e745eeb372ae2302b35356a3f4c28ac7f2d37d14f146d9ecbe404e55bdc375774cb7c990ef01c70c62f1c258ac2d13e",
            ),
            (
                1,
                "3a399f0eb48f904486ad7171dba59c5528f4af57bfcc1f0fc3d6f86618c1ea059a8a41d1949b290d1aa27cd7f6e37faf00d7ebfaf09a7d68dcd3190225007473",
            ),
            (
                71,
                "c66099390afdb48bef8fdc9dc384957e257efe4faf97eaa7fe1a7b188e2b44c6d716d5722f725f14714b01d0086249813e3cb21450a23eb4eafe839cd4333583",
            ),
            (
                72,
                "715740cacefedcd89b320649f4662aaad5722382bbf0cd1dbbf966557fcd75cb5b3476869817202627b3e49e3294673299aadef7936711188d4d113bbe5b9ef8",
            ),
            (
                73,
                "aa5f36adafde574e2c19ccaddfcf45cb2b9385c27c48f6ec3722f144be49dfefc9cd35e352d703be3bc1e1411f1ac1a67545a857c3ea5a1416bba7afeac0c488",
            ),
            (
                180,
                "8537f9e5cb8c1249017e623b11299be7146f344634172ee360c54c3a3b8e2eb42343de7a59d718ddc3de349a0028cdfd30ed81af0809ce009c6db05aceaea539",
            ),
        ] {
            assert_eq!(hex(hmac(&vec![b'k'; length], b"text")), mac, "{length}");
        }
    }
}
