//! Everything that reads octets from the network, as functions of octets that panic if a promise is broken.
//!
//! They are called by whoever makes octets up: `aemp-proof fuzz`, which changes those that mean something, and the programs in
//! `fuzz/`, which are guided by what the code does with them.

mod base_peer;
mod handshake;
mod native_peer;
mod node;
mod stream;
mod values;

/// Something that reads octets.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, in file names and on the command line.
    pub name: &'static str,
    /// Reads octets of a stranger.
    ///
    /// # Panics
    ///
    /// Panics if a promise is broken.
    pub read: fn(&[u8]),
    /// Octets that mean something, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All that comes before a connection is authenticated.
pub const HANDSHAKE: Target = Target { name: "handshake", read: handshake::read, seeds: handshake::seeds };
/// Messages in CBOR.
pub const CBOR: Target = Target { name: "cbor", read: values::read_cbor, seeds: values::cbor_seeds };
/// Messages in JSON.
pub const JSON: Target = Target { name: "json", read: values::read_json, seeds: values::json_seeds };
/// The framing of base peers.
pub const STREAM: Target = Target { name: "stream", read: stream::read, seeds: stream::seeds };
/// A node to which a base peer says anything.
pub const BASE_PEER: Target = Target { name: "base_peer", read: base_peer::read, seeds: base_peer::seeds };
/// A node to which a native node says anything.
pub const NATIVE_PEER: Target = Target { name: "native_peer", read: native_peer::read, seeds: native_peer::seeds };

/// All that reads octets.
pub const TARGETS: [Target; 6] = [HANDSHAKE, CBOR, JSON, STREAM, BASE_PEER, NATIVE_PEER];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_reads_its_seeds_whole_and_cut_off() {
        for target in TARGETS {
            let seeds = (target.seeds)();
            assert!(!seeds.is_empty(), "{}", target.name);
            for seed in seeds {
                for end in 0..=seed.len() {
                    (target.read)(&seed[..end]);
                }
            }
        }
    }
}
