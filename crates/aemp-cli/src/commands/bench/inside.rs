//! Work inside one node.

use std::sync::mpsc;

use aemp::{Context, Node, Port, Reply};
use serde::{Deserialize, Serialize};

use super::{
    Work, failed,
    measure::Meter,
    memory::resident,
    message::{Flow, Octets, Tally},
    record::Record,
    start,
};
use crate::exit::Failure;

/// Messages that wait at a time.
const BATCH: u64 = 100;
/// Messages of another thread before it waits for those that it sent: a node takes no more than its limit.
const AT_ONCE: u64 = 100_000;

fn node() -> Result<Node, Failure> {
    start(Node::builder().unconfigured().anonymous().secret("of a node without peers"))
}

/// A port that counts what it gets.
fn sink(node: &Node) -> Port<Flow> {
    let mut tally = Tally::default();
    node.port(move |cx, message| match message {
        Flow::Small(number, octets) => tally.count(number, &*octets),
        Flow::Tally(reply) => cx.reply(reply, tally),
        _ => {}
    })
}

fn expect(node: &Node, sink: &Port<Flow>, count: u64) -> Result<(), Failure> {
    let tally: Tally = node.call(sink, Flow::Tally).wait().map_err(failed)?;
    let mut expected = Tally::default();
    (0..count).for_each(|number| expected.count(number, &[7; 32]));
    if tally == expected { Ok(()) } else { Err(failed(format_args!("{tally:?} arrived, and not {expected:?}"))) }
}

/// One port sends batches to another one.
pub(super) fn stream(count: u64) -> Result<Record, Failure> {
    let node = node()?;
    let to = sink(&node);
    let target = to.clone();
    let (done, ended) = mpsc::channel();
    let mut sent = 0;
    let driver = node.port(move |cx, (): ()| {
        let end = count.min(sent + BATCH);
        for number in sent..end {
            cx.send(&target, Flow::Small(number, Octets::new([7; 32])));
        }
        sent = end;
        if sent < count {
            return cx.send(&cx.me(), ());
        }
        let _ = done.send(());
        cx.stop();
    });
    let meter = Meter::start();
    node.send(&driver, ());
    ended.recv().map_err(failed)?;
    let measured = meter.read();
    expect(&node, &to, count)?;
    Ok(Record::new(Work::Local, count, measured))
}

/// A message that goes to and fro.
#[derive(Serialize, Deserialize)]
struct Ball(u64, Option<Port<Self>>);

/// Two ports send one message to and fro.
pub(super) fn ping_pong(count: u64) -> Result<Record, Failure> {
    let node = node()?;
    let (done, ended) = mpsc::channel();
    let other = node.port(|cx, Ball(number, from)| {
        if let Some(from) = from {
            cx.send(&from, Ball(number, None));
        }
    });
    let first = node.port(move |cx, Ball(number, _)| {
        if number == count {
            let _ = done.send(());
        } else {
            cx.send(&other, Ball(number + 1, Some(cx.me())));
        }
    });
    let meter = Meter::start();
    node.send(&first, Ball(0, None));
    ended.recv().map_err(failed)?;
    Ok(Record::new(Work::PingPong, count, meter.read()))
}

/// This thread sends to a port.
pub(super) fn from_outside(count: u64) -> Result<Record, Failure> {
    let node = node()?;
    let to = sink(&node);
    let meter = Meter::start();
    for number in 0..count {
        node.send(&to, Flow::Small(number, Octets::new([7; 32])));
        if number % AT_ONCE == AT_ONCE - 1 {
            let _: Tally = node.call(&to, Flow::Tally).wait().map_err(failed)?;
        }
    }
    expect(&node, &to, count)?;
    Ok(Record::new(Work::Outside, count, meter.read()))
}

/// Ports that do nothing are opened.
pub(super) fn open(count: u64) -> Result<Record, Failure> {
    let node = node()?;
    let before = resident();
    let meter = Meter::start();
    let ports = node.run(move |cx| (0..count).map(|_| idle(cx)).collect::<Vec<_>>()).wait().map_err(failed)?;
    let measured = meter.read();
    let each = resident().saturating_sub(before) / count;
    drop(ports);
    Ok(Record::new(Work::Open, count, measured).with_octets(each))
}

fn idle(cx: &Context) -> Port<Reply<()>> {
    cx.port(|cx, reply: Reply<()>| cx.reply(reply, ()))
}
