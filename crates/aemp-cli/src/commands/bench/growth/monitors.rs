//! Monitors, and the notices of the deaths that they wait for.

use std::time::Duration;

use aemp::{Node, Port, Reason};

use super::{
    super::{failed, measure::Meter, message::Flow, peer::Pair, start, storms},
    Found, Growth, Over, Point,
    ports::each,
};
use crate::exit::Failure;

/// Few monitors are set again and again, until they were so many.
const AT_LEAST: u64 = 2_000;

pub(super) fn measure(growth: &Growth, found: &mut Found<'_>) -> Result<(), Failure> {
    let pair = Pair::start(&growth.setting)?;
    let alone = start(Node::builder().unconfigured().anonymous().secret("of a node without peers"))?;
    for number in growth.steps(100_000) {
        let (mut same, mut other) = (Costs::default(), Costs::default());
        let times = AT_LEAST.div_ceil(number);
        for _ in 0..times {
            same.add(inside(&alone, number)?);
            other.add(away(&pair, number)?);
        }
        let mut point =
            |curve, work| found(Point::new(Over::Monitors, number, curve, each(work, number * times), "ns"));
        point("a monitor, same node", same.set)?;
        point("a notice, same node", same.told)?;
        point("a monitor, another node", other.set)?;
        point("a notice, another node", other.told)?;
    }
    Ok(())
}

/// The work of all threads.
#[derive(Default)]
struct Costs {
    /// Until all monitors were set.
    set: Duration,
    /// From then until all deaths were told.
    told: Duration,
}

impl Costs {
    fn add(&mut self, more: Self) {
        self.set += more.set;
        self.told += more.told;
    }
}

fn inside(node: &Node, number: u64) -> Result<Costs, Failure> {
    let open = node.run(move |cx| (0..number).map(|_| cx.port(|_, (): ()| {})).collect::<Vec<Port<()>>>());
    let ports = open.wait().map_err(failed)?;
    let meter = Meter::start();
    let deaths = storms::watch(node, ports.clone())?;
    let (_, set) = meter.read();
    drop(node.run(move |cx| ports.iter().for_each(|port| cx.kill(port, Reason::normal()))));
    deaths.all()?;
    let (_, both) = meter.read();
    Ok(Costs { set, told: both - set })
}

fn away(pair: &Pair, number: u64) -> Result<Costs, Failure> {
    let ports = storms::ports_of(pair, number)?;
    let before = pair.tally()?;
    let meter = Meter::start();
    let deaths = storms::watch(&pair.node, ports)?;
    // It is answered after the monitors have arrived.
    let between = pair.tally()?;
    let (_, set) = meter.read();
    pair.node.send(&pair.peer, Flow::Close);
    deaths.all()?;
    let (_, both) = meter.read();
    let after = pair.tally()?;
    Ok(Costs {
        set: set + Duration::from_nanos(between.work - before.work),
        told: both - set + Duration::from_nanos(after.work - between.work),
    })
}
