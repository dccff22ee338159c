//! The nonces that this node has sent in handshakes under way.

use std::{cell::RefCell, rc::Rc};

use rustc_hash::FxHashSet;

/// The nonces of all handshakes of a node. A peer that sends one of them reflects another handshake.
///
/// Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct Outstanding(Rc<RefCell<FxHashSet<[u8; 32]>>>);

impl Outstanding {
    /// Handshakes under way.
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Whether no handshake is under way.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    fn contains(&self, nonce: &[u8; 32]) -> bool {
        self.0.borrow().contains(nonce)
    }

    /// The nonce counts as outstanding until the result is dropped.
    pub(crate) fn enter(&self, nonce: [u8; 32]) -> OwnNonce {
        self.0.borrow_mut().insert(nonce);
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
}

impl Drop for OwnNonce {
    fn drop(&mut self) {
        self.all.0.borrow_mut().remove(&self.nonce);
    }
}
