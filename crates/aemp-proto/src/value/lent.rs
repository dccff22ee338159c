//! Large octets that a message is encoded with are shared, not copied.

use std::cell::{Cell, RefCell};

/// Shorter octets are copied whoever borrows: where the length is known, nothing else is left to be done.
const LENT_FROM: usize = 1024;

/// Octets that stand in an encoded message without having been copied there.
#[derive(Debug)]
pub(crate) struct Lent {
    /// Where in the buffer they belong: in front of what has this place.
    pub(crate) at: usize,
    pub(crate) octets: bytes::Bytes,
}

/// The buffer into which this thread encodes, if octets may be lent to it.
#[derive(Clone, Copy)]
struct Borrower {
    /// Its address: a message that is encoded while another one is goes to another buffer, and is copied.
    buffer: usize,
    /// Shorter octets are copied.
    at_least: usize,
    lent: bool,
}

const NOBODY: Borrower = Borrower { buffer: 0, at_least: usize::MAX, lent: false };

thread_local! {
    static BORROWER: Cell<Borrower> = const { Cell::new(NOBODY) };
    static LENT: RefCell<Vec<Lent>> = const { RefCell::new(Vec::new()) };
    /// The octets that are being serialised.
    static OFFERED: RefCell<Option<bytes::Bytes>> = const { RefCell::new(None) };
}

/// While it lives, octets may be lent to a buffer. It brings the buffer back that was encoded into before, also after a panic.
#[must_use]
pub(crate) struct Borrowing(Borrower);

impl Borrowing {
    /// Octets of at least this length may be lent to `out`.
    #[inline]
    pub(crate) fn begin(out: &Vec<u8>, at_least: usize) -> Self {
        Self(BORROWER.replace(Borrower { buffer: address(out), at_least, lent: false }))
    }

    /// What was lent, in the order of its places.
    #[inline]
    pub(crate) fn end(self) -> Vec<Lent> {
        if BORROWER.get().lent { take_lent() } else { Vec::new() }
    }
}

impl Drop for Borrowing {
    #[inline]
    fn drop(&mut self) {
        if BORROWER.replace(self.0).lent {
            drop(take_lent());
        }
    }
}

#[cold]
fn take_lent() -> Vec<Lent> {
    LENT.take()
}

/// Lets octets be lent for as long as `serialize` runs.
pub(super) fn offering<R>(octets: &bytes::Bytes, serialize: impl FnOnce() -> R) -> R {
    if octets.len() < LENT_FROM || octets.len() < BORROWER.get().at_least {
        return serialize();
    }
    OFFERED.set(Some(octets.clone()));
    let result = serialize();
    OFFERED.take();
    result
}

/// Appends octets to a buffer, if they are not to be lent to it.
#[inline]
pub(crate) fn lend_or_copy(octets: &[u8], out: &mut Vec<u8>) {
    if octets.len() < LENT_FROM || !lend(octets, out) {
        out.extend_from_slice(octets);
    }
}

#[cold]
fn lend(octets: &[u8], out: &Vec<u8>) -> bool {
    let mut borrower = BORROWER.get();
    let offered = OFFERED.take().filter(|offered| std::ptr::eq(&**offered, octets));
    let Some(octets) = offered.filter(|_| borrower.buffer == address(out)) else { return false };
    LENT.with_borrow_mut(|lent| lent.push(Lent { at: out.len(), octets }));
    borrower.lent = true;
    BORROWER.set(borrower);
    true
}

#[inline]
fn address(buffer: &Vec<u8>) -> usize {
    std::ptr::from_ref(buffer).addr()
}

/// Appends the elements of a message that was encoded before; where they can be shared they are not copied.
pub fn append_encoded(octets: &bytes::Bytes, out: &mut Vec<u8>) {
    offering(octets, || lend_or_copy(octets, out));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn borrowing(out: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>)) -> Vec<Lent> {
        let borrowing = Borrowing::begin(out, LENT_FROM);
        encode(out);
        borrowing.end()
    }

    const LONG: &[u8] = &[1; LENT_FROM];
    const LONGER: &[u8] = &[2; LENT_FROM + 1];
    const SHORT: &[u8] = &[3; LENT_FROM - 1];

    fn append(octets: &'static [u8], out: &mut Vec<u8>) {
        append_encoded(&bytes::Bytes::from_static(octets), out);
    }

    #[test]
    fn long_octets_are_lent_in_their_places_and_short_ones_copied() {
        let mut out = b"before".to_vec();
        let lent = borrowing(&mut out, |out| {
            append(LONG, out);
            append(SHORT, out);
            append(LONGER, out);
        });
        assert_eq!(out, [b"before", SHORT].concat());
        let lent: Vec<_> = lent.iter().map(|lent| (lent.at, &*lent.octets)).collect();
        assert_eq!(lent, [(6, LONG), (6 + SHORT.len(), LONGER)]);
    }

    #[test]
    fn another_buffer_borrows_nothing() {
        let (mut out, mut other) = (Vec::new(), Vec::new());
        let lent = borrowing(&mut out, |_| append(LONG, &mut other));
        assert!(lent.is_empty());
        assert_eq!(other, LONG);
        append(LONGER, &mut other);
        assert_eq!(other, [LONG, LONGER].concat());
    }

    #[test]
    fn what_was_lent_before_a_panic_is_forgotten() {
        let panicked = std::panic::catch_unwind(|| {
            borrowing(&mut Vec::new(), |out| {
                append(LONG, out);
                std::panic::resume_unwind(Box::new(()));
            })
        });
        assert!(panicked.is_err());
        assert!(borrowing(&mut Vec::new(), |out| append(SHORT, out)).is_empty());
    }
}
