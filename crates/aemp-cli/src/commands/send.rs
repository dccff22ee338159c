//! `aemp send`: sends one message.

use crate::{
    commands::Message,
    confirm::confirm,
    exit::Failure,
    message::Words,
    node::{resolve, start_client, stop},
    options::Global,
};

/// Carries out `aemp send`: done when the peer has the message, failed when the port is known to be dead.
pub(crate) fn run(message: &Message, global: &Global) -> Result<(), Failure> {
    let words = Words::parse(&message.words)?;
    let node = start_client(global)?;
    let port = resolve(&node, &message.to, global)?;
    node.send(&port, aemp::Message(words.0));
    confirm(&node, &port, global.patience())?;
    stop(&node);
    Ok(())
}
