//! `aemp call`: sends a message with a reply behind it, and prints the answer.

use crate::{
    commands::Message,
    exit::Failure,
    message::Words,
    node::{explain, resolve, start_client, stop},
    options::Global,
    output::Output,
    request::Request,
};

/// Carries out `aemp call`.
pub(crate) fn run(message: &Message, global: &Global, output: Output) -> Result<(), Failure> {
    let elements = Words::parse(&message.words)?.0;
    let node = start_client(global)?;
    let port = resolve(&node, &message.to, global)?.cast::<Request>();
    let call = node.call(&port, |reply| Request { elements, reply });
    let answer = call.timeout(global.patience()).wait();
    stop(&node);
    output.print(&Words(answer.map_err(|error| explain(error, &port.to_string()))?.0))?;
    Ok(())
}
