//! Puts the pieces of large frames together again.

use std::collections::BTreeMap;

use bytes::Bytes;
use thiserror::Error;

use crate::{limits::Limits, wire::frame::Piece};

use super::spare::Spare;

/// How a peer broke the rules for pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PieceError {
    #[error("a piece belongs to no transfer")]
    Orphan,
    #[error("a transfer began twice")]
    Twice,
    #[error("a transfer is longer than it was said to be, or than allowed")]
    Long,
}

/// What a transfer costs at least, however little it promises.
const MIN_CHARGE: usize = 1024;
/// When so much of a transfer has arrived, there shall be room for all of it: what is not written to takes no memory, and
/// nothing has to be copied again.
const BEGINNING: usize = 1 << 20;
const ROUNDED: usize = 64 << 10;

/// Transfers that are not complete.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reassembly {
    transfers: BTreeMap<u64, Transfer>,
    /// What all of them will have when complete.
    promised: usize,
    spare: Spare,
}

#[derive(Clone, Debug)]
struct Transfer {
    total: usize,
    octets: Vec<u8>,
}

#[cfg(any(test, feature = "simulation"))]
impl crate::kernel::fingerprint::Feed for Reassembly {
    fn feed<H: std::hash::Hasher>(&self, view: &mut crate::kernel::fingerprint::View<'_, H>) {
        let Self { transfers, promised, spare: _ } = self;
        view.put(promised);
        view.sorted(transfers, |view, Transfer { total, octets }| view.put(&(total, octets)));
    }
}

impl Reassembly {
    /// Takes a piece; gives the frame, from its type on, if it was the last. Memory grows with what arrived only.
    pub(crate) fn take(&mut self, piece: &Piece<'_>, limits: &Limits) -> Result<Option<Bytes>, PieceError> {
        if let Some(total) = piece.total {
            self.begin(piece.transfer, total, limits)?;
        }
        let transfer = self.transfers.get_mut(&piece.transfer).ok_or(PieceError::Orphan)?;
        if transfer.octets.len() >= BEGINNING {
            // So that a frame which is a little longer finds room in the same memory.
            let room = transfer.total.checked_next_multiple_of(ROUNDED).unwrap_or(transfer.total);
            transfer.octets.reserve_exact(room.saturating_sub(transfer.octets.len()));
        }
        transfer.octets.extend_from_slice(piece.octets);
        if transfer.octets.len() > transfer.total {
            return Err(PieceError::Long);
        }
        if transfer.octets.len() < transfer.total {
            return Ok(None);
        }
        self.promised = self.promised.saturating_sub(transfer.total.max(MIN_CHARGE));
        Ok(self.transfers.remove(&piece.transfer).map(|transfer| self.spare.lend(transfer.octets)))
    }

    fn begin(&mut self, transfer: u64, total: usize, limits: &Limits) -> Result<(), PieceError> {
        let promised = self.promised.saturating_add(total.max(MIN_CHARGE));
        let room = limits.max_message.saturating_add(limits.max_piece);
        if total > room || promised > room.saturating_mul(2) {
            return Err(PieceError::Long);
        }
        if self.transfers.insert(transfer, Transfer { total, octets: self.spare.take(total) }).is_some() {
            return Err(PieceError::Twice);
        }
        self.promised = promised;
        Ok(())
    }
}

impl Reassembly {
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.spare.kept()
    }

    /// Gives back memory that is kept for the next large frame.
    pub(crate) fn rest(&self) {
        self.spare.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(transfer: u64, total: Option<usize>, octets: &[u8]) -> Piece<'_> {
        Piece { transfer, total, octets }
    }

    #[test]
    fn pieces_of_several_transfers_may_alternate() {
        let (mut reassembly, limits) = (Reassembly::default(), Limits::default());
        assert_eq!(reassembly.take(&piece(1, Some(4), b"ab"), &limits), Ok(None));
        assert_eq!(reassembly.take(&piece(2, Some(3), b"xy"), &limits), Ok(None));
        assert_eq!(reassembly.take(&piece(1, None, b"cd"), &limits), Ok(Some("abcd".into())));
        assert_eq!(reassembly.take(&piece(2, None, b"z"), &limits), Ok(Some("xyz".into())));
        assert_eq!(reassembly.promised, 0);
    }

    #[test]
    fn orphans_doubles_and_excess_are_told_apart() {
        let (mut reassembly, limits) = (Reassembly::default(), Limits::default());
        assert_eq!(reassembly.take(&piece(1, None, b"ab"), &limits), Err(PieceError::Orphan));
        assert_eq!(reassembly.take(&piece(1, Some(4), b"ab"), &limits), Ok(None));
        assert_eq!(reassembly.take(&piece(1, Some(4), b"ab"), &limits), Err(PieceError::Twice));
        assert_eq!(reassembly.take(&piece(2, Some(1), b"ab"), &limits), Err(PieceError::Long));
    }

    #[test]
    fn promises_are_bounded_and_reserve_nothing() {
        let (mut reassembly, limits) = (Reassembly::default(), Limits::default());
        assert_eq!(reassembly.take(&piece(0, Some(usize::MAX), b""), &limits), Err(PieceError::Long));
        assert_eq!(reassembly.promised, 0);
        for transfer in 1..=2 {
            assert_eq!(reassembly.take(&piece(transfer, Some(limits.max_message), b""), &limits), Ok(None));
        }
        assert_eq!(reassembly.take(&piece(3, Some(limits.max_message), b""), &limits), Err(PieceError::Long));
    }
}
