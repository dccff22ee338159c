//! Many nodes in one process.

use aemp::{Node, Port, Secret};

use super::{
    message::{Flow, Tally},
    peer::builder,
};

/// Nodes of the other process, besides its own: a thread each.
pub(super) struct Crowd {
    secret: Secret,
    plain: bool,
    /// A node lives as long as this.
    nodes: Vec<Node>,
}

impl Crowd {
    pub(super) const fn new(secret: Secret, plain: bool) -> Self {
        Self { secret, plain, nodes: Vec::new() }
    }

    /// Starts nodes. Ports that count, one of each.
    pub(super) fn start(&mut self, number: usize) -> aemp::Result<Vec<Port<Flow>>> {
        (0..number).map(|_| self.start_one()).collect()
    }

    fn start_one(&mut self) -> aemp::Result<Port<Flow>> {
        let node = builder(&format!("crowd-{}", self.nodes.len()), &self.secret, self.plain).start()?;
        let mut tally = Tally::default();
        let port = node.port(move |cx, message| match message {
            Flow::Small(number, octets) => tally.count(number, &*octets),
            Flow::Echo(number, reply) => cx.reply(reply, number),
            Flow::Tally(reply) => cx.reply(reply, tally),
            _ => {}
        });
        self.nodes.push(node);
        Ok(port)
    }
}
