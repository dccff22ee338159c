//! A connection through a proxy: two sockets.

use std::{
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use socket2::SockRef;

/// So many octets of a connection are kept, to be replayed.
const RECORDED: usize = 16 << 10;

/// Where octets go, by the indices of the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::torture) enum Direction {
    /// From the node with the lower index.
    Up,
    Down,
}

/// A connection: two sockets.
#[derive(Debug)]
pub(super) struct Pair {
    /// To the node that dialled.
    pub(super) outside: TcpStream,
    /// To the node that was dialled.
    pub(super) inside: TcpStream,
    /// Whether the node that dialled has the lower index.
    is_dialled_up: bool,
    /// The address of the node that was dialled.
    pub(super) target: SocketAddr,
    is_cut: AtomicBool,
    pub(super) recording: Recording,
}

/// What the dialler of a connection said first.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording(Arc<Mutex<Vec<u8>>>);

impl Recording {
    pub(super) fn add(&self, octets: &[u8]) {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = RECORDED.saturating_sub(recorded.len());
        recorded.extend_from_slice(&octets[..octets.len().min(room)]);
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Pair {
    pub(super) fn new(outside: TcpStream, inside: TcpStream, is_dialled_up: bool, target: SocketAddr) -> Self {
        let (is_cut, recording) = (AtomicBool::new(false), Recording::default());
        Self { outside, inside, is_dialled_up, target, is_cut, recording }
    }

    pub(super) const fn direction(&self, from_dialler: bool) -> Direction {
        if self.is_dialled_up == from_dialler { Direction::Up } else { Direction::Down }
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.load(SeqCst)
    }

    /// Ends it: both sides see an orderly end of the stream.
    pub(super) fn cut(&self) {
        self.is_cut.store(true, SeqCst);
        let _ = self.outside.shutdown(Shutdown::Both);
        let _ = self.inside.shutdown(Shutdown::Both);
    }

    /// Ends it: both sides see a reset, as soon as the threads have let go of the sockets.
    pub(super) fn reset(&self) {
        self.is_cut.store(true, SeqCst);
        for stream in [&self.outside, &self.inside] {
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            let _ = stream.shutdown(Shutdown::Read);
        }
    }

    /// Ends one direction: the receiver sees the end of the stream, the sender notices nothing.
    pub(super) fn half_close(&self, direction: Direction) {
        let to_target = self.direction(true) == direction;
        let _ = if to_target { &self.inside } else { &self.outside }.shutdown(Shutdown::Write);
    }
}
