//! Messages from one process to another.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use aemp::{Bytes, Limits, Node, Port};

use super::{
    Bench, Work, failed,
    measure::{Meter, percentile},
    message::{Flow, Octets, SMALL, Tally},
    peer::Pair,
    record::Record,
};
use crate::exit::Failure;

/// The sender's limit. It waits for room from a quarter of it on, so that what is queued stays in the cache.
const QUEUE: usize = 8 << 20;
/// Octets that are sent before the queue is looked at again.
const BATCH: usize = 1 << 20;
/// Messages that are sent before the queue is looked at again.
const MOST_AT_ONCE: u64 = 10_000;
/// Calls that wait for an answer at a time.
const WINDOW: u64 = 100;
/// Round trips before those that count.
const WARM_UP: u64 = 1_000;

/// What one flow of messages is made of.
#[derive(Clone)]
enum Load {
    Small,
    Large(Bytes),
}

impl Load {
    fn of_size(size: usize) -> Self {
        if size == SMALL { Self::Small } else { Self::Large(vec![7; size].into()) }
    }

    fn message(&self, number: u64) -> Flow {
        match self {
            Self::Small => Flow::Small(number, Octets::new([7; SMALL])),
            Self::Large(octets) => Flow::Large(number, octets.clone()),
        }
    }

    fn count(&self, number: u64, tally: &mut Tally) {
        match self {
            Self::Small => tally.count(number, &[7; SMALL]),
            Self::Large(octets) => tally.count(number, octets),
        }
    }
}

/// One process sends, the other counts.
pub(super) fn stream(bench: &Bench, count: u64) -> Result<Record, Failure> {
    let mut limits = Limits::default();
    limits.max_unacknowledged = QUEUE.max(4 * bench.size);
    let pair = Pair::start_with(&bench.setting, limits)?;
    let measured = flow(&pair, bench.size, count)?;
    Ok(Record::new(Work::Stream, count, measured).of_size(bench.size))
}

/// The time until messages of one size have arrived, and the work of both processes.
pub(super) fn flow(pair: &Pair, size: usize, count: u64) -> Result<(Duration, Duration), Failure> {
    let load = Load::of_size(size);
    let before = pair.tally()?;
    let meter = Meter::start();
    send(&pair.node, &pair.peer, &load, count, (BATCH / size.max(1)) as u64)?;
    let after = pair.tally()?;
    let (time, work) = meter.read();
    let mut expected = Tally { work: after.work, ..before };
    (0..count).for_each(|number| load.count(number, &mut expected));
    if after != expected {
        return Err(failed(format_args!("{after:?} arrived, and not {expected:?}")));
    }
    Ok((time, work + Duration::from_nanos(after.work - before.work)))
}

/// Sends on the node's own thread, in batches; the next one when little of the last waits.
fn send(node: &Node, to: &Port<Flow>, load: &Load, count: u64, batch: u64) -> Result<(), Failure> {
    let batch = batch.clamp(1, MOST_AT_ONCE);
    let mut sent = 0;
    while sent < count {
        let end = count.min(sent + batch);
        let (target, load) = (to.clone(), load.clone());
        let sending = node.run(move |cx| (sent..end).for_each(|number| cx.send(&target, load.message(number))));
        sending.wait().map_err(failed)?;
        node.ready(to).wait().map_err(failed)?;
        sent = end;
    }
    Ok(())
}

/// One call at a time, from within a port.
pub(super) fn round_trips(bench: &Bench, count: u64) -> Result<Record, Failure> {
    let pair = Pair::start(&bench.setting)?;
    calls::<InOrder>(&pair, WARM_UP, 1)?;
    let (Times { mut taken, .. }, measured) = calls(&pair, count, 1)?;
    let (median, p99) = (percentile(&mut taken, 50.0), percentile(&mut taken, 99.0));
    Ok(Record::new(Work::RoundTrip, count, measured).with_times(median, p99))
}

/// Always 100 calls under way.
pub(super) fn window(bench: &Bench, count: u64) -> Result<Record, Failure> {
    let pair = Pair::start(&bench.setting)?;
    calls::<InOrder>(&pair, WARM_UP, WINDOW)?;
    let (InOrder { answered }, measured) = calls(&pair, count, WINDOW)?;
    Ok(Record::new(Work::Window, answered, measured))
}

/// What is noted of calls and their answers.
trait Notes: Default + Send + 'static {
    fn called(&mut self) {}
    fn answered(&mut self, answer: u64) -> Result<(), &'static str>;
}

/// How long calls took, one at a time.
#[derive(Default)]
struct Times {
    began: Option<Instant>,
    taken: Vec<Duration>,
}

impl Notes for Times {
    fn called(&mut self) {
        self.began = Some(Instant::now());
    }

    fn answered(&mut self, _answer: u64) -> Result<(), &'static str> {
        let began = self.began.take().ok_or("an answer without a call")?;
        self.taken.push(began.elapsed());
        Ok(())
    }
}

/// That answers come in the order of their calls.
#[derive(Default)]
struct InOrder {
    answered: u64,
}

impl Notes for InOrder {
    fn answered(&mut self, answer: u64) -> Result<(), &'static str> {
        if answer != self.answered {
            return Err("an answer was not that of its call");
        }
        self.answered += 1;
        Ok(())
    }
}

/// Calls the other process so often, with so many calls under way. What was noted, and what all cost.
fn calls<N: Notes>(pair: &Pair, count: u64, at_once: u64) -> Result<(N, (Duration, Duration)), Failure> {
    let before = pair.tally()?;
    let (done, ended) = mpsc::channel();
    let to = pair.peer.clone();
    let (mut called, mut answered) = (0, 0);
    let mut notes = N::default();
    let caller = pair.node.port(move |cx, answer: Option<u64>| {
        if let Some(answer) = answer {
            notes.answered(answer)?;
            answered += 1;
            if answered == count {
                let _ = done.send(std::mem::take(&mut notes));
            }
        }
        while called < count && called - answered < at_once {
            let number = called;
            notes.called();
            cx.call(&to, |reply| Flow::Echo(number, reply), Result::ok);
            called += 1;
        }
        aemp::done()
    });
    let meter = Meter::start();
    pair.node.send(&caller, None);
    let notes = ended.recv().map_err(failed)?;
    let after = pair.tally()?;
    let (time, work) = meter.read();
    Ok((notes, (time, work + Duration::from_nanos(after.work - before.work))))
}
