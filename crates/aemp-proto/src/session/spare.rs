//! The memory of the largest frame, kept for the next one: to get and to give back that of many megabytes takes
//! milliseconds, in which nothing else happens.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;

/// Memory of smaller frames is not kept.
const LARGE: usize = 1 << 20;

type Place = Mutex<Vec<u8>>;

/// Memory that is not in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Spare(Arc<Place>);

impl Spare {
    /// Memory for so many octets: what is kept, if it fits, or none as yet.
    pub(super) fn take(&self, octets: usize) -> Vec<u8> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = octets <= kept.capacity() && kept.capacity() / 2 <= octets;
        if fits { std::mem::take(&mut *kept) } else { Vec::new() }
    }

    /// The octets of a frame, whose memory comes back when nobody needs them any more.
    pub(super) fn lend(&self, octets: Vec<u8>) -> Bytes {
        if octets.capacity() < LARGE {
            return octets.into();
        }
        Bytes::from_owner(Borrowed { octets, home: Arc::downgrade(&self.0) })
    }

    /// Octets that are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.0.lock().unwrap().capacity()
    }

    /// Keeps nothing.
    pub(super) fn release(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Vec::new();
    }
}

struct Borrowed {
    octets: Vec<u8>,
    home: Weak<Place>,
}

impl AsRef<[u8]> for Borrowed {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // Whoever drops it may not wait long.
        if let Some(home) = self.home.upgrade()
            && let Ok(mut kept) = home.try_lock()
            && kept.capacity() < self.octets.capacity()
        {
            self.octets.clear();
            std::mem::swap(&mut *kept, &mut self.octets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_and_is_used_again() {
        let spare = Spare::default();
        let frame = spare.lend(vec![7; LARGE]);
        assert_eq!(spare.take(LARGE).capacity(), 0, "it is in use");
        let part = frame.slice(3..5);
        drop(frame);
        assert_eq!(spare.take(LARGE).capacity(), 0, "a part of it is in use");
        drop(part);
        assert_eq!(spare.take(LARGE / 4).capacity(), 0, "it is too large to be held by a small frame");
        assert_eq!(spare.take(LARGE + 1).capacity(), 0, "it is too small");
        let again = spare.take(LARGE);
        assert!(again.is_empty() && again.capacity() == LARGE);
    }

    #[test]
    fn the_larger_memory_is_kept() {
        let spare = Spare::default();
        let (small, large) = (spare.lend(vec![7; LARGE]), spare.lend(vec![7; 2 * LARGE]));
        drop(small);
        assert_eq!(spare.take(2 * LARGE).capacity(), 0);
        drop(large);
        drop(spare.lend(vec![7; LARGE]));
        assert_eq!(spare.take(2 * LARGE).capacity(), 2 * LARGE);
    }

    #[test]
    fn memory_is_given_up_where_it_is_not_needed() {
        let spare = Spare::default();
        drop(spare.lend(vec![7; LARGE]));
        spare.release();
        assert_eq!(spare.take(LARGE).capacity(), 0);
        let frame = spare.lend(vec![7; LARGE]);
        drop(spare);
        assert_eq!(frame.len(), LARGE, "it outlives the session");
    }
}
