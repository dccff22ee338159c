//! What sessions cost: the same stream over loopback with and without acknowledgements, in turns.
//!
//! Without them nothing is kept for a repetition, and nothing is written back: what is left is a plain connection.

use std::{
    hint::black_box,
    process::ExitCode,
    sync::mpsc,
    time::{Duration, Instant},
};

use aemp::{Builder, Node, Port, Reply};
use aemp_proto::planted::{Bug, plant};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

/// Messages on their way at most, so that the sender's queue stays within its limit.
const WINDOW: u64 = 100_000;
const BATCH: u64 = 1_000;
const OCTET: u64 = 7;
/// What acknowledgements may cost, in parts of the work without them.
const ALLOWED: f64 = 0.05;

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each side is measured.
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// Messages in a round.
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Without encryption, where acknowledgements weigh more.
    #[arg(long)]
    plain: bool,
}

/// A tag, a number and 32 octets, as small messages often are.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    Add(u64, ByteArray<32>),
    Sum(Reply<u64>),
}

/// What one message cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// Seconds from the first to the last.
    time: f64,
    /// Seconds of work of all threads.
    work: f64,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    let mut pairs = Vec::new();
    for round in 0..options.rounds.max(1) {
        let mut order = [None, Some(Bug::WithoutAcknowledgements)];
        order.rotate_left(round % 2);
        let mut costs = order.map(|bug| measure(options, bug));
        costs.rotate_left(round % 2);
        pairs.push(costs);
    }
    let work = report("work of all threads", &pairs, |cost| cost.work);
    report("time on the clock", &pairs, |cost| cost.time);
    if work - 1.0 <= ALLOWED { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints the medians of both sides; gives the median ratio.
fn report(what: &str, pairs: &[[Cost; 2]], part: impl Fn(&Cost) -> f64) -> f64 {
    let nanoseconds = |side: usize| median(pairs.iter().map(|pair| part(&pair[side]) * 1e9).collect());
    let ratio = median(pairs.iter().map(|[with, without]| part(with) / part(without)).collect());
    println!(
        "{what:<20} {:>7.1} ns per message with acknowledgements, {:>7.1} without: {:+.1} %",
        nanoseconds(0),
        nanoseconds(1),
        (ratio - 1.0) * 100.0
    );
    ratio
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Two nodes of their own, so that no session has been without acknowledgements before.
fn measure(options: &Options, bug: Option<Bug>) -> Cost {
    plant(bug);
    let cost = stream(options);
    plant(None);
    cost
}

fn node(name: &str, options: &Options) -> Node {
    let builder =
        Node::builder().unconfigured().name(name).bind("127.0.0.1:0").secret("a secret for measurements only");
    let builder = if options.plain { Builder::dangerously_plain(builder) } else { builder };
    builder.start().expect("a node on loopback starts")
}

fn stream(options: &Options) -> Cost {
    let (sender, receiver) = (node("sender", options), node("receiver", options));
    let messages = options.messages.next_multiple_of(WINDOW);
    let (tell, counted) = mpsc::channel();
    let (mut count, mut sum) = (0u64, 0u64);
    let port = receiver.port(move |cx, message: Message| match message {
        Message::Add(number, octets) => {
            count += 1;
            sum += number + u64::from(black_box(octets)[31]);
            if count.is_multiple_of(WINDOW / 2) {
                let _ = tell.send(count);
            }
        }
        Message::Sum(reply) => cx.reply(reply, sum),
    });
    let sum = || sender.call(&port, Message::Sum).wait().expect("the receiver answers");
    assert_eq!(sum(), 0, "the nodes are connected");
    let (start, work) = (Instant::now(), work_so_far());
    flow(&sender, &port, &counted, messages);
    let each = |time: Duration| time.as_secs_f64() / messages as f64;
    let cost = Cost { time: each(start.elapsed()), work: each(work_so_far() - work) };
    assert_eq!(sum(), messages * (messages - 1) / 2 + messages * OCTET, "every message was counted");
    cost
}

/// Sends all messages, never more than the window ahead of those that were counted.
fn flow(sender: &Node, to: &Port<Message>, counted: &mpsc::Receiver<u64>, messages: u64) {
    let (mut sent, mut received) = (0, 0);
    while received < messages {
        while sent < messages && sent - received < WINDOW {
            let (to, first) = (to.clone(), sent);
            drop(sender.run(move |cx| {
                for number in first..first + BATCH {
                    cx.send(&to, Message::Add(number, ByteArray::new([OCTET as u8; 32])));
                }
            }));
            sent += BATCH;
        }
        received = counted.recv().expect("the receiver lives");
    }
}

/// What all threads of this process have worked.
fn work_so_far() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("work is not negative")
}
