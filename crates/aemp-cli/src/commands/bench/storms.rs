//! Many deaths at once.

use std::{cell::Cell, rc::Rc, sync::mpsc, time::Duration};

use aemp::{Node, Port, Reason, Watch};

use super::{Bench, Work, failed, measure::Meter, message::Flow, peer::Pair, record::Record, start};
use crate::exit::Failure;

/// Ports that one message brings.
const AT_ONCE: u64 = 10_000;

/// Monitored ports of one node are killed, all together.
pub(super) fn kill(count: u64) -> Result<Record, Failure> {
    let node = start(Node::builder().unconfigured().anonymous().secret("of a node without peers"))?;
    let ports = node.run(move |cx| (0..count).map(|_| cx.port(|_, (): ()| {})).collect::<Vec<Port<()>>>());
    let ports = ports.wait().map_err(failed)?;
    let deaths = watch(&node, ports.clone())?;
    let meter = Meter::start();
    drop(node.run(move |cx| ports.iter().for_each(|port| cx.kill(port, Reason::normal()))));
    deaths.all()?;
    Ok(Record::new(Work::Kill, count, meter.read()))
}

/// Ports of the other process are killed by it, all together.
pub(super) fn kill_away(bench: &Bench, count: u64) -> Result<Record, Failure> {
    let pair = Pair::start(&bench.setting)?;
    let deaths = watch(&pair.node, ports_of(&pair, count)?)?;
    let before = pair.tally()?;
    let meter = Meter::start();
    pair.node.send(&pair.peer, Flow::Close);
    deaths.all()?;
    let (time, work) = meter.read();
    let work = work + Duration::from_nanos(pair.tally()?.work - before.work);
    Ok(Record::new(Work::KillAway, count, (time, work)))
}

/// The other process ends without a word. The time is that from the first notice to the last: the death is established then.
pub(super) fn node_death(bench: &Bench, count: u64) -> Result<Record, Failure> {
    let pair = Pair::start(&bench.setting)?;
    let deaths = watch(&pair.node, ports_of(&pair, count)?)?;
    pair.node.send(&pair.peer, Flow::Die);
    let (left, meter) = deaths.first()?;
    if left > 0 {
        deaths.all()?;
    }
    Ok(Record::new(Work::NodeDeath, count, meter.read()))
}

/// Ports that the other process opened.
pub(super) fn ports_of(pair: &Pair, count: u64) -> Result<Vec<Port<()>>, Failure> {
    let mut ports = Vec::new();
    while (ports.len() as u64) < count {
        let some = (count - ports.len() as u64).min(AT_ONCE) as usize;
        ports.extend(pair.node.call(&pair.peer, |reply| Flow::Open(some, reply)).wait().map_err(failed)?);
    }
    Ok(ports)
}

/// Monitors that were set.
pub(super) struct Deaths {
    /// How many are left, and a stopwatch that started then, after the first and after the last that fired.
    left: mpsc::Receiver<(usize, Meter)>,
    /// Without them the monitors would be taken back.
    _watches: Vec<Watch>,
}

impl Deaths {
    /// Waits until the first has fired. How many were left, and a stopwatch that started then.
    fn first(&self) -> Result<(usize, Meter), Failure> {
        self.left.recv().map_err(failed)
    }

    /// Waits until all have fired.
    pub(super) fn all(&self) -> Result<(), Failure> {
        while self.left.recv().map_err(|_| failed("a monitor was dropped before it fired"))?.0 > 0 {}
        Ok(())
    }
}

/// Monitors all these ports.
pub(super) fn watch(node: &Node, ports: Vec<Port<()>>) -> Result<Deaths, Failure> {
    let (tell, told) = mpsc::channel();
    let set = node.run(move |cx| {
        let (total, left) = (ports.len(), Rc::new(Cell::new(ports.len())));
        let watch = |port| {
            let (left, tell) = (Rc::clone(&left), tell.clone());
            cx.monitor_with(port, move |_, _| {
                left.set(left.get() - 1);
                if left.get() + 1 == total || left.get() == 0 {
                    let _ = tell.send((left.get(), Meter::start()));
                }
            })
        };
        ports.iter().map(watch).collect()
    });
    Ok(Deaths { left: told, _watches: set.wait().map_err(failed)? })
}
