//! Octets that wait for the network, where they are.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

/// Parts that are given to the network at once.
const PARTS: usize = 16;

/// Octets that wait for the network, where they are: nothing is copied.
#[derive(Debug, Default)]
pub(super) struct Unsent(VecDeque<Bytes>);

impl Unsent {
    pub(super) fn push(&mut self, octets: Bytes) {
        if !octets.is_empty() {
            self.0.push_back(octets);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes once. How many octets the network took.
    pub(super) fn poll_write(
        &mut self,
        io: Pin<&mut (impl AsyncWrite + ?Sized)>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut parts = [IoSlice::new(&[]); PARTS];
        let count = parts.iter_mut().zip(&self.0).map(|(part, octets)| *part = IoSlice::new(octets)).count();
        io.poll_write_vectored(cx, &parts[..count]).map_ok(|written| self.taken(written))
    }

    fn taken(&mut self, written: usize) -> usize {
        let mut left = written;
        while let Some(first) = self.0.front_mut() {
            let part = left.min(first.len());
            first.advance(part);
            left -= part;
            if !first.is_empty() {
                break;
            }
            self.0.pop_front();
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes so many octets at a time.
    struct Slow(usize, Vec<u8>);

    impl AsyncWrite for Slow {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
            let taken = self.0.min(octets.len());
            self.1.extend(&octets[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            parts: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let together: Vec<u8> = parts.iter().flat_map(|part| part.to_vec()).collect();
            self.poll_write(cx, &together)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn all_parts_are_written_in_order_however_much_is_taken_at_a_time() {
        let parts: Vec<Vec<u8>> = (0..40_u8).map(|n| vec![n; usize::from(n) % 7]).collect();
        for at_a_time in [1, 2, 5, 64, 1000] {
            let (mut unsent, mut slow) = (Unsent::default(), Slow(at_a_time, Vec::new()));
            parts.iter().for_each(|part| unsent.push(part.clone().into()));
            while !unsent.is_empty() {
                let written = unsent.poll_write(Pin::new(&mut slow), &mut Context::from_waker(Waker::noop()));
                assert!(matches!(written, Poll::Ready(Ok(1..))), "{written:?}");
            }
            assert_eq!(slow.1, parts.concat());
        }
    }
}
