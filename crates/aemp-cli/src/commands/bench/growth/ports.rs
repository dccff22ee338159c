//! Messages that are spread over many ports.

use std::{
    cell::Cell,
    ops::Range,
    rc::Rc,
    sync::{Arc, mpsc},
    time::Duration,
};

use aemp::{Node, Port};

use super::{
    super::{
        failed,
        measure::Meter,
        message::{Flow, Octets, SMALL, Tally},
        peer::{Pair, counters},
        start,
    },
    Found, Growth, Over, Point,
};
use crate::exit::Failure;

/// Ports that one message brings.
const AT_ONCE: u64 = 10_000;
/// Messages before the queue is looked at again.
const BATCH: u64 = 10_000;
/// Neighbours in time are no neighbours in memory: it has no factor in common with a power of ten.
const STRIDE: u64 = 7_919;

type Ports = Arc<[Port<Flow>]>;

pub(super) fn measure(growth: &Growth, found: &mut Found<'_>) -> Result<(), Failure> {
    for number in growth.steps(1_000_000) {
        let cost = inside(number, growth.messages.max(number))?;
        found(Point::new(Over::Ports, number, "a message in the same node", cost, "ns"))?;
    }
    for number in growth.steps(1_000_000) {
        let cost = away(growth, number, growth.messages.max(number))?;
        found(Point::new(Over::Ports, number, "a message to another node", cost, "ns"))?;
    }
    Ok(())
}

fn pick(ports: &[Port<Flow>], number: u64) -> &Port<Flow> {
    let place = number.wrapping_mul(STRIDE) % ports.len() as u64;
    &ports[place as usize]
}

/// Work for one message, in nanoseconds.
fn inside(number: u64, count: u64) -> Result<f64, Failure> {
    let node = start(Node::builder().unconfigured().anonymous().secret("of a node without peers"))?;
    let opened = node.run(move |cx| {
        let tally = Rc::new(Cell::new(Tally::default()));
        let ports = counters(cx, &tally, number as usize);
        let teller = cx.port(move |cx, reply| cx.reply(reply, tally.get()));
        (ports, teller)
    });
    let (ports, teller) = opened.wait().map_err(failed)?;
    let ports = Ports::from(ports);
    spread_inside(&node, &ports, 0..number)?;
    let before: Tally = node.call(&teller, |reply| reply).wait().map_err(failed)?;
    let meter = Meter::start();
    spread_inside(&node, &ports, 0..count)?;
    let after: Tally = node.call(&teller, |reply| reply).wait().map_err(failed)?;
    let (_, work) = meter.read();
    check(before, after, count)?;
    Ok(each(work, count))
}

/// A port sends in batches, so small that a queue stays in the cache.
fn spread_inside(node: &Node, ports: &Ports, numbers: Range<u64>) -> Result<(), Failure> {
    let (ports, mut numbers) = (Arc::clone(ports), numbers);
    let (done, ended) = mpsc::channel();
    let driver = node.port(move |cx, (): ()| {
        for number in numbers.by_ref().take(100) {
            cx.send(pick(&ports, number), Flow::Small(number, Octets::new([7; SMALL])));
        }
        if !numbers.is_empty() {
            return cx.send(&cx.me(), ());
        }
        let _ = done.send(());
        cx.stop();
    });
    node.send(&driver, ());
    ended.recv().map_err(failed)
}

/// Work of both processes for one message, in nanoseconds.
fn away(growth: &Growth, number: u64, count: u64) -> Result<f64, Failure> {
    let pair = Pair::start(&growth.setting)?;
    let mut ports = Vec::new();
    while (ports.len() as u64) < number {
        let some = AT_ONCE.min(number - ports.len() as u64) as usize;
        ports.extend(pair.node.call(&pair.peer, |reply| Flow::Counters(some, reply)).wait().map_err(failed)?);
    }
    let ports = Ports::from(ports);
    spread_away(&pair, &ports, 0..number)?;
    let before = pair.tally()?;
    let meter = Meter::start();
    spread_away(&pair, &ports, 0..count)?;
    let after = pair.tally()?;
    let (_, work) = meter.read();
    check(before, after, count)?;
    Ok(each(work + Duration::from_nanos(after.work - before.work), count))
}

fn spread_away(pair: &Pair, ports: &Ports, numbers: Range<u64>) -> Result<(), Failure> {
    for first in numbers.clone().step_by(BATCH as usize) {
        let (ports, some) = (Arc::clone(ports), first..numbers.end.min(first + BATCH));
        let sending = pair.node.run(move |cx| {
            for number in some {
                cx.send(pick(&ports, number), Flow::Small(number, Octets::new([7; SMALL])));
            }
        });
        sending.wait().map_err(failed)?;
        pair.node.ready(&pair.peer).wait().map_err(failed)?;
    }
    Ok(())
}

fn check(before: Tally, after: Tally, count: u64) -> Result<(), Failure> {
    let expected = Tally { work: after.work, ..before.and_small(0..count) };
    if after == expected { Ok(()) } else { Err(failed(format_args!("{after:?} arrived, and not {expected:?}"))) }
}

pub(super) fn each(work: Duration, count: u64) -> f64 {
    work.as_secs_f64() * 1e9 / count as f64
}
