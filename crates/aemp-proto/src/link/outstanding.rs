//! The nonces that this node has sent in handshakes under way.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use rustc_hash::FxHashSet;

/// Handshakes that ended last, whose nonces are still known.
const ENDED: usize = 64;

/// The nonces of all handshakes of a node. A peer that sends one of them reflects another handshake.
///
/// Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct Outstanding(Rc<RefCell<Nonces>>);

#[derive(Debug, Default)]
struct Nonces {
    under_way: FxHashSet<[u8; 32]>,
    /// The oldest first.
    ended: VecDeque<[u8; 32]>,
}

impl Outstanding {
    /// Handshakes under way.
    pub fn len(&self) -> usize {
        self.0.borrow().under_way.len()
    }

    /// Whether no handshake is under way.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().under_way.is_empty()
    }

    fn contains(&self, nonce: &[u8; 32]) -> bool {
        self.0.borrow().under_way.contains(nonce)
    }

    /// The nonce counts as outstanding until the result is dropped.
    pub(crate) fn enter(&self, nonce: [u8; 32]) -> OwnNonce {
        self.0.borrow_mut().under_way.insert(nonce);
        OwnNonce { nonce, all: self.clone() }
    }
}

/// The nonce of one handshake.
#[derive(Debug)]
pub(crate) struct OwnNonce {
    nonce: [u8; 32],
    all: Outstanding,
}

impl OwnNonce {
    pub(crate) fn is_reflected_in(&self, nonce: &[u8; 32]) -> bool {
        self.all.contains(nonce)
    }

    /// Whether this node drew the nonce: the other side is this node itself, even if its side of the handshake ended just now.
    pub(crate) fn is_of_same_node(&self, nonce: &[u8; 32]) -> bool {
        self.all.contains(nonce) || self.all.0.borrow().ended.contains(nonce)
    }
}

impl Drop for OwnNonce {
    fn drop(&mut self) {
        let mut all = self.all.0.borrow_mut();
        all.under_way.remove(&self.nonce);
        if all.ended.len() >= ENDED {
            all.ended.pop_front();
        }
        all.ended.push_back(self.nonce);
    }
}
