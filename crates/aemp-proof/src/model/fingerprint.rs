//! States as numbers: two states with the same number have the same future, but for a chance of one in 2^64 for a pair.

use std::hash::{Hash, Hasher};

use super::{
    config::Faults,
    history::History,
    world::{End, Node, Reach, Wire, World},
};

/// Two lanes of multiplications, folded.
pub(crate) struct Mixer {
    one: u64,
    other: u64,
}

impl Default for Mixer {
    fn default() -> Self {
        Self { one: 0x9e37_79b9_7f4a_7c15, other: 0xd1b5_4a32_d192_ed03 }
    }
}

impl Hasher for Mixer {
    fn write(&mut self, octets: &[u8]) {
        let (words, rest) = octets.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(word) ^ (rest.len() as u64) << 56);
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        let product = u128::from(self.one ^ value)
            .wrapping_mul(u128::from(self.other | 1) ^ 0xa24b_aed4_963e_e407 << 64 ^ 0x9fb2_1c65_1e98_df25);
        self.one = (product >> 64) as u64 ^ product as u64 ^ self.one.rotate_left(23);
        self.other = self.other.rotate_left(29).wrapping_add(value ^ self.one).wrapping_mul(0x2545_f491_4f6c_dd1d);
    }

    fn finish(&self) -> u64 {
        self.one ^ self.other.rotate_left(32)
    }
}

impl World {
    /// The fingerprint of a kernel, its connections named by the order of their nonces.
    pub(crate) fn of_kernel(&self, at: usize) -> u64 {
        let mut mixer = Mixer::default();
        let label = |nonce: &[u8; 32]| {
            let nonce = nonce.first_chunk().map(|first| u64::from_be_bytes(*first));
            self.wires
                .iter()
                .position(|wire| Some(wire.nonce) == nonce && wire.ends.iter().any(|end| end.node == at))
                .unwrap_or(usize::MAX) as u64
        };
        let node = &self.nodes[at];
        node.kernel.fingerprint(node.now(), label, &mut mixer);
        mixer.finish()
    }

    /// The fingerprint of everything.
    pub(crate) fn fingerprint(&mut self) -> u64 {
        for at in 0..self.nodes.len() {
            if self.known[at].is_none() {
                self.known[at] = Some(self.of_kernel(at));
            }
        }
        let Self { nodes, wires, left, history, known, story: _ } = self;
        let mut mixer = Mixer::default();
        for (node, kernel) in nodes.iter().zip(known) {
            of_node(node, *kernel, &mut mixer);
        }
        for wire in wires.iter() {
            of_wire(wire, nodes, &mut mixer);
        }
        let Faults { breaks, unasked, time_outs, restarts } = left;
        (breaks, unasked, time_outs, restarts).hash(&mut mixer);
        let History { streams, failed, killed } = history;
        (streams, failed, killed).hash(&mut mixer);
        mixer.finish()
    }
}

fn of_node(node: &Node, of_kernel: Option<u64>, mixer: &mut Mixer) {
    let Node { kernel: _, id: _, up, run, clock: _, dials, watches, done, further: _, handed } = node;
    (up, run).hash(mixer);
    if !*up {
        return;
    }
    // Further names, and which attempt and watch is which, stand in the kernel.
    (of_kernel, dials.len(), done, handed).hash(mixer);
    dials.iter().for_each(|(_, to)| to.hash(mixer));
    let mut names: Vec<_> = watches.iter().map(|(_, name)| name).collect();
    names.sort_unstable();
    names.hash(mixer);
}

fn of_wire(wire: &Wire, nodes: &[std::rc::Rc<Node>], mixer: &mut Mixer) {
    let Wire { nonce: _, ends, flow, proved, silent } = wire;
    (proved, silent).hash(mixer);
    for (at, End { node, run, reach }) in ends.iter().enumerate() {
        (node, run).hash(mixer);
        match reach {
            Reach::Greeted { at: greeted, dial } => {
                let other = &nodes[ends[1 - at].node].id;
                (0, nodes[*node].kernel.is_fresh(other, *greeted), dial.is_some()).hash(mixer);
            }
            Reach::Open(_) => 1.hash(mixer),
            Reach::Closed => 2.hash(mixer),
        }
    }
    for frames in flow {
        frames.len().hash(mixer);
        frames.iter().for_each(|frame| frame.hash(mixer));
    }
}
