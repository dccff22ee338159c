//! Messages that may be lost.

use std::rc::Rc;

use aemp_proto::{
    id::PortId,
    kernel::{LocalPort, SendError},
};
use serde::Serialize;

use super::{
    Node,
    engine::Engine,
    send::{Place, finish},
};
use crate::{error::TrySendError, port::Port, reply::scope};

/// Messages that may be lost are, once this part of what may wait inside a node does: a quarter, as for peers.
const SHARE: usize = 4;

impl Node {
    /// Sends a message that may be lost: for metrics, positions and progress, where the next one makes up for it.
    ///
    /// As [`Node::send`], it returns at once and never blocks. The message is dropped where it cannot go now: no
    /// connection with the node exists, much waits for it already, a large message to the same port is on its
    /// way, or the port is dead. It is lost, too, if the connection breaks before it arrives. Nobody is told: no
    /// monitor fires, the port stays alive for this node, and the node is not dialled. What arrives, arrives once, and in
    /// order with everything that is sent to the port.
    ///
    /// ```
    /// let node = aemp::Node::builder().anonymous().start()?;
    /// let mut shown = 0;
    /// let progress = node.port(move |_, done: u64| shown = done);
    /// for done in 0..1000 {
    ///     node.send_lossy(&progress, done);
    /// }
    /// # Ok::<(), aemp::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the message is for another node and cannot be encoded, is larger than 64 KiB (`Limits::max_piece`), or
    /// holds a [`Reply`](crate::Reply), which would be lost without a word: the caller's mistake.
    #[track_caller]
    pub fn send_lossy<M: Serialize + Send + 'static>(&self, to: &Port<M>, message: M) {
        if self.shared.waiting() >= self.shared.limits.max_local / SHARE {
            return;
        }
        let to = to.id().clone();
        if to.node == self.shared.id {
            let _ = self.shared.act(move |engine| drop(engine.send_lossy(&to, message)));
            return;
        }
        if self.shared.check_running().is_err() {
            return;
        }
        let limits = &self.shared.limits;
        match scope::encode_lossy_checked(message, limits.max_piece.min(limits.max_message)) {
            Ok(octets) => drop(self.shared.act(move |engine| engine.send_lossy_encoded(&to, &octets))),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Engine {
    /// Sends a message that may be lost.
    pub(crate) fn send_lossy<M>(self: &Rc<Self>, to: &PortId, message: M) -> Result<(), TrySendError>
    where
        M: Serialize + 'static,
    {
        match self.locate(to) {
            Place::Here(port) => self.send_lossy_here(port, message),
            Place::Nowhere => Ok(()),
            Place::Away => {
                let sent = self.kernel(|kernel, _| kernel.send_lossy(to, |out| scope::encode_lossy(&message, out)));
                drop(message);
                finish(sent.map(drop), ())
            }
        }
    }

    fn send_lossy_here<M>(self: &Rc<Self>, port: LocalPort, message: M) -> Result<(), TrySendError>
    where
        M: Serialize + 'static,
    {
        let goes = self.waiting_messages() < self.shared.limits.max_local / SHARE && self.ports.borrow().is_alive(port);
        if goes { self.send_here(port, message) } else { Ok(()) }
    }

    /// Sends what was encoded on another thread. A peer that takes only smaller messages does not get it.
    fn send_lossy_encoded(&self, to: &PortId, octets: &[u8]) {
        let copy = |out: &mut Vec<u8>| {
            out.extend_from_slice(octets);
            Ok::<(), std::convert::Infallible>(())
        };
        let _: Result<bool, SendError<_>> = self.kernel(|kernel, _| kernel.send_lossy(to, copy));
    }
}
