//! Choices that need not be secret.

/// A sequence of numbers that its seed determines (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0.wrapping_shr(30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed.wrapping_shr(27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed.wrapping_shr(31)
    }

    /// Brings things into an order of chance.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let count = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
            let other = self.next().checked_rem(count).and_then(|other| usize::try_from(other).ok());
            things.swap(last, other.unwrap_or(last));
        }
    }

    /// A number from 600 to 1200, for spreading pauses: the thousandths of a pause.
    pub(crate) fn jitter(&mut self) -> u32 {
        u32::try_from(self.next() % 601).unwrap_or(0).saturating_add(600)
    }
}
