//! What programs send to node ports.

use super::{Event, Kernel, SendError, arena::Key};
use crate::{
    base,
    id::{PortId, PortName},
    message::cbor,
    reason::Reason,
    session::Envelope,
    time::Time,
};

impl Kernel {
    /// Queues what a program sends to a node port, unless it is what only nodes say: the port may have been given to the program by
    /// somebody who wants it said in this node's name. False if it was dropped.
    pub(super) fn write_to_node_port<E>(
        &mut self,
        key: Key,
        envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>,
        now: Time,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<bool, SendError<E>> {
        let mut elements = Vec::new();
        encode(&mut elements).map_err(SendError::Encode)?;
        if cbor::tag(&elements).is_some_and(base::is_said_by_nodes) {
            let Some(node) = self.peers.get(key).map(|peer| peer.node.clone()) else { return Ok(false) };
            let reason = Reason::new("refused", "only nodes themselves say this to node ports");
            self.event(Event::MessageDropped { to: PortId::new(node, PortName::Node), reason });
            return Ok(false);
        }
        self.write_frame(key, envelope, now, |out| {
            out.extend_from_slice(&elements);
            Ok(())
        })
    }
}
