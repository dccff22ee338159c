//! Small messages while large ones flow on the same session.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use aemp::{Bytes, Port};
use serde::{Deserialize, Serialize};

use super::{Setting, failed, measure::percentile, message::Flow, peer::Pair};
use crate::{exit::Failure, output::Output};

/// Measures round trips of small messages: alone, and while large messages flow to another port of the same node.
#[derive(clap::Args, Debug)]
pub(super) struct BesideLarge {
    /// Octets in a large message
    #[arg(long, value_name = "OCTETS", default_value_t = (64 << 20) - 64)]
    size: usize,
    /// Round trips, alone and again beside large messages
    #[arg(long, value_name = "NUMBER", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// A round trip begins this often, whether the last has ended or not
    #[arg(long, value_name = "DURATION", default_value = "1ms", value_parser = aemp::config::parse_duration)]
    every: Duration,
    #[command(flatten)]
    setting: Setting,
}

/// Large messages that are under way at a time, so that one follows at once behind the other.
const AT_ONCE: usize = 2;

/// Carries out `aemp bench beside-large`.
pub(super) fn run(beside: &BesideLarge, output: Output) -> Result<(), Failure> {
    beside.setting.bind()?;
    let pair = Pair::start(&beside.setting)?;
    round_trips(&pair, beside)?;
    output.print(&Times::new("alone", round_trips(&pair, beside)?))?;
    let flood = Flood::start(&pair, beside.size)?;
    let begun = Instant::now();
    let times = round_trips(&pair, beside)?;
    let rate = flood.stop()? as f64 / begun.elapsed().as_secs_f64();
    output.print(&Times { large_mb_per_second: Some(rate / 1e6), ..Times::new("beside large messages", times) })?;
    Ok(())
}

/// How long round trips took.
#[derive(Serialize)]
struct Times {
    what: &'static str,
    count: usize,
    median_us: f64,
    p99_us: f64,
    p999_us: f64,
    longest_us: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    large_mb_per_second: Option<f64>,
}

impl Times {
    fn new(what: &'static str, mut times: Vec<Duration>) -> Self {
        let mut at_most = |share| percentile(&mut times, share).as_secs_f64() * 1e6;
        Self {
            what,
            median_us: at_most(50.0),
            p99_us: at_most(99.0),
            p999_us: at_most(99.9),
            longest_us: at_most(100.0),
            count: times.len(),
            large_mb_per_second: None,
        }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, count, median_us, p99_us, p999_us, longest_us, large_mb_per_second } = self;
        write!(f, "{what:<22} {count} round trips: median {median_us:.1} us, p99 {p99_us:.1} us")?;
        write!(f, ", 99.9 % {p999_us:.1} us, longest {longest_us:.1} us")?;
        large_mb_per_second.map_or(Ok(()), |rate| write!(f, ", beside {rate:.0} MB/s"))
    }
}

/// What the caller takes; the time is in nanoseconds since the beginning of the measurement.
#[derive(Serialize, Deserialize)]
enum Step {
    Call(u64),
    Answered { begun: u64, well: bool },
}

/// Round trips that begin at fixed times: one that is slow does not keep the next from being counted.
fn round_trips(pair: &Pair, beside: &BesideLarge) -> Result<Vec<Duration>, Failure> {
    let (tell, told) = mpsc::channel();
    let to = pair.peer.clone();
    let start = Instant::now();
    let caller = pair.node.port(move |cx, step| match step {
        Step::Call(begun) => {
            let answered = move |answer: Result<u64, _>| Step::Answered { begun, well: answer.is_ok() };
            cx.call(&to, |reply| Flow::Echo(0, reply), answered);
        }
        Step::Answered { begun, well } => {
            let took = well.then(|| start.elapsed().saturating_sub(Duration::from_nanos(begun)));
            // Nobody waits any longer where the measurement has failed.
            let _ = tell.send(took);
        }
    });
    for number in 0..beside.count {
        let due = start + beside.every.saturating_mul(number as u32);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        pair.node.send(&caller, Step::Call(start.elapsed().as_nanos() as u64));
    }
    let answered = |_| told.recv().map_err(failed)?.ok_or_else(|| failed("a call had no answer"));
    let times = (0..beside.count).map(answered).collect();
    pair.node.kill(&caller, aemp::Reason::normal());
    times
}

/// Large messages, one behind the other.
struct Flood {
    stop: Arc<AtomicBool>,
    arrived: Arc<AtomicU64>,
    ended: mpsc::Receiver<()>,
}

impl Flood {
    fn start(pair: &Pair, size: usize) -> Result<Self, Failure> {
        let to: Vec<Port<Flow>> =
            pair.node.call(&pair.peer, |reply| Flow::Counters(1, reply)).wait().map_err(failed)?;
        let (stop, arrived) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, counted, octets) = (Arc::clone(&stop), Arc::clone(&arrived), Bytes::from(vec![7; size]));
        let (done, ended) = mpsc::channel();
        let sender = pair.node.port(move |cx, taken: Option<u64>| {
            counted.fetch_add(taken.unwrap_or_default(), Relaxed);
            if stopped.load(Relaxed) {
                let _ = done.send(());
                return;
            }
            to.iter().for_each(|to| {
                cx.call(to, |reply| Flow::Take(octets.clone(), reply), Result::ok);
            });
        });
        (0..AT_ONCE).for_each(|_| pair.node.send(&sender, None));
        Ok(Self { stop, arrived, ended })
    }

    /// The octets that had arrived until now.
    fn stop(&self) -> Result<u64, Failure> {
        let arrived = self.arrived.load(Relaxed);
        self.stop.store(true, Relaxed);
        (0..AT_ONCE).try_for_each(|_| self.ended.recv()).map_err(failed)?;
        Ok(arrived)
    }
}
