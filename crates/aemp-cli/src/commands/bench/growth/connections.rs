//! A node with many connections: the others are nodes of one other process.

use std::sync::mpsc;

use aemp::{Cx, Port, Reply};

use super::{
    super::{
        failed,
        measure::Meter,
        message::{Flow, Octets, SMALL, Tally},
        peer::Pair,
    },
    Found, Growth, Over, Point,
    ports::each,
};
use crate::exit::Failure;

/// Nodes that one message brings: they keep the other process busy for so long.
const AT_ONCE: u64 = 20;
/// Messages to a node in one round, the last of them a call.
const LONG_ROUND: u64 = 100;

pub(super) fn measure(growth: &Growth, found: &mut Found<'_>) -> Result<(), Failure> {
    for number in growth.steps(1_000) {
        let pair = Pair::start(&growth.setting)?;
        let nodes = nodes(&pair, number)?;
        let mut point = |curve, cost| found(Point::new(Over::Connections, number, curve, cost, "ns"));
        // It connects to all of them.
        rounds(&pair, &nodes, 1, 1)?;
        let times = growth.messages.div_ceil(number);
        point("a message, 100 to each at a time", rounds(&pair, &nodes, times.div_ceil(LONG_ROUND), LONG_ROUND)?)?;
        point("a call to each at a time", rounds(&pair, &nodes, times.div_ceil(10), 1)?)?;
        point("a message to one of them", rounds(&pair, &nodes[..1], growth.messages / LONG_ROUND, LONG_ROUND)?)?;
    }
    Ok(())
}

/// Ports of nodes of the other process.
pub(in super::super) fn nodes(pair: &Pair, number: u64) -> Result<Vec<Port<Flow>>, Failure> {
    let mut nodes = Vec::new();
    while (nodes.len() as u64) < number {
        let some = AT_ONCE.min(number - nodes.len() as u64) as usize;
        nodes.extend(pair.node.call(&pair.peer, |reply| Flow::Nodes(some, reply)).wait().map_err(failed)?);
    }
    Ok(nodes)
}

/// Sends to each node in every round, and waits for the answer of each. The work of this process for one message, in
/// nanoseconds.
fn rounds(pair: &Pair, nodes: &[Port<Flow>], times: u64, messages: u64) -> Result<f64, Failure> {
    let before = tallies(pair, nodes)?;
    let (done, ended) = mpsc::channel();
    let mut rounds = Rounds { nodes: nodes.to_vec(), left: times, messages, awaited: 0 };
    let driver = pair.node.port(move |cx, answer: Option<u64>| {
        rounds.awaited -= u64::from(answer.is_some());
        if rounds.awaited == 0 && !rounds.next(cx) {
            let _ = done.send(());
            cx.stop();
        }
    });
    let meter = Meter::start();
    pair.node.send(&driver, None);
    ended.recv().map_err(failed)?;
    let (_, work) = meter.read();
    for (before, after) in before.into_iter().zip(tallies(pair, nodes)?) {
        check(before, after, times, messages)?;
    }
    Ok(each(work, times * messages * nodes.len() as u64))
}

struct Rounds {
    nodes: Vec<Port<Flow>>,
    left: u64,
    messages: u64,
    /// Answers that are still to come in this round.
    awaited: u64,
}

impl Rounds {
    /// Begins the next round, if there is one.
    fn next(&mut self, cx: &Cx<Option<u64>>) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        for node in &self.nodes {
            for number in 1..self.messages {
                cx.send(node, Flow::Small(number, Octets::new([7; SMALL])));
            }
            cx.call(node, |reply| Flow::Echo(0, reply), Result::ok);
        }
        self.awaited = self.nodes.len() as u64;
        true
    }
}

/// What each node has counted.
fn tallies(pair: &Pair, nodes: &[Port<Flow>]) -> Result<Vec<Tally>, Failure> {
    let tally = |node| pair.node.call(node, |reply: Reply<Tally>| Flow::Tally(reply)).wait().map_err(failed);
    nodes.iter().map(tally).collect()
}

/// Whether in every round all numbers below `messages` arrived at a node.
fn check(before: Tally, after: Tally, rounds: u64, messages: u64) -> Result<(), Failure> {
    let counted = (0..rounds).fold(before, |tally, _| tally.and_small(1..messages));
    let expected = Tally { work: after.work, ..counted };
    if after == expected { Ok(()) } else { Err(failed(format_args!("{after:?} arrived, and not {expected:?}"))) }
}
