//! What things cost inside one node, each beside a plain tokio program doing the same.
//!
//! `cargo bench -p aemp --bench local` prints the median of several runs, in nanoseconds per operation.

use std::{
    cell::Cell,
    hint::black_box,
    rc::Rc,
    sync::mpsc as std_mpsc,
    time::{Duration, Instant},
};

use aemp::{Context, Node, Port, Reason, Reply};
use serde::{Deserialize, Serialize};
use tokio::{
    runtime::{self, Runtime},
    sync::{mpsc, oneshot},
    task::LocalSet,
};

const RUNS: usize = 21;
const OPERATIONS: u32 = 100_000;
/// Messages that wait at a time.
const BATCH: u32 = 100;

#[derive(Serialize, Deserialize)]
enum Msg {
    Add(u64),
    Get(Reply<u64>),
}

fn main() {
    let node = Node::builder().anonymous().start().expect("a node without a network starts");
    println!("{:<26} {:>10} {:>10} {:>7}", "ns per operation", "aemp", "tokio", "ratio");
    row("send and handler", || send(&node), tokio_send);
    row("send, another thread", || send_from_outside(&node), tokio_send_from_outside);
    row("call, another thread", || call(&node), tokio_call);
    row("open and end", || open(&node), tokio_open);
    serve(&node);
    row("spawn by name and end", || spawn(&node), tokio_open);
    row("open, monitor, kill", || monitor(&node), tokio_monitor);
}

fn row(name: &str, ours: impl FnMut() -> Cost, theirs: impl FnMut() -> Cost) {
    let [ours, theirs] = [median(ours), median(theirs)];
    println!("{name:<26} {ours:>10.1} {theirs:>10.1} {:>7.2}", ours / theirs);
}

struct Cost {
    time: Duration,
    operations: u32,
}

/// The median time of one operation, in nanoseconds.
fn median(run: impl FnMut() -> Cost) -> f64 {
    let per_operation = |cost: Cost| cost.time.as_secs_f64() * 1e9 / f64::from(cost.operations);
    let mut times: Vec<_> = std::iter::repeat_with(run).take(RUNS).map(per_operation).collect();
    times.sort_unstable_by(f64::total_cmp);
    times[RUNS / 2]
}

/// A port sends batches of messages to another one.
fn send(node: &Node) -> Cost {
    let (out, done) = std_mpsc::channel();
    let mut total = 0;
    let counter = node.port(move |_, msg| {
        if let Msg::Add(number) = msg {
            total = black_box(total + number);
        }
    });
    let mut left = OPERATIONS / BATCH;
    let mut start = None;
    let driver = node.port(move |cx, (): ()| {
        let start = *start.get_or_insert_with(Instant::now);
        if left == 0 {
            out.send(start.elapsed()).expect("somebody waits");
            return cx.stop();
        }
        left -= 1;
        for number in 0..BATCH {
            cx.send(&counter, Msg::Add(number.into()));
        }
        cx.send(&cx.me(), ());
    });
    node.send(&driver, ());
    Cost { time: done.recv().expect("the driver ends"), operations: OPERATIONS }
}

/// A task sends batches of messages to another one on the same thread.
fn tokio_send() -> Cost {
    let time = LocalSet::new().block_on(&runtime(), async {
        let (sender, mut receiver) = mpsc::unbounded_channel::<u64>();
        let counter = tokio::task::spawn_local(async move {
            let mut total = 0;
            while let Some(number) = receiver.recv().await {
                total = black_box(total + number);
            }
        });
        let start = Instant::now();
        for _ in 0..OPERATIONS / BATCH {
            for number in 0..BATCH {
                sender.send(number.into()).expect("the receiver lives");
            }
            tokio::task::yield_now().await;
        }
        drop(sender);
        counter.await.expect("the receiver ends");
        start.elapsed()
    });
    Cost { time, operations: OPERATIONS }
}

fn counter(node: &Node) -> Port<Msg> {
    let mut total = 0;
    node.port(move |cx, msg| match msg {
        Msg::Add(number) => total += number,
        Msg::Get(reply) => cx.reply(reply, total),
    })
}

fn send_from_outside(node: &Node) -> Cost {
    let counter = counter(node);
    let start = Instant::now();
    for number in 0..OPERATIONS {
        node.send(&counter, Msg::Add(number.into()));
    }
    node.call(&counter, Msg::Get).wait().expect("the counter answers");
    Cost { time: start.elapsed(), operations: OPERATIONS }
}

fn tokio_send_from_outside() -> Cost {
    let (sender, mut receiver) = mpsc::unbounded_channel::<u64>();
    let counter = std::thread::spawn(move || {
        runtime().block_on(async {
            let mut total = 0;
            while let Some(number) = receiver.recv().await {
                total = black_box(total + number);
            }
        });
    });
    let start = Instant::now();
    for number in 0..OPERATIONS {
        sender.send(number.into()).expect("the receiver lives");
    }
    drop(sender);
    counter.join().expect("the receiver ends");
    Cost { time: start.elapsed(), operations: OPERATIONS }
}

const CALLS: u32 = 1_000;

fn call(node: &Node) -> Cost {
    let counter = counter(node);
    let start = Instant::now();
    for _ in 0..CALLS {
        node.call(&counter, Msg::Get).wait().expect("the counter answers");
    }
    Cost { time: start.elapsed(), operations: CALLS }
}

fn tokio_call() -> Cost {
    let (sender, mut receiver) = mpsc::unbounded_channel::<oneshot::Sender<u64>>();
    let counter = std::thread::spawn(move || {
        runtime().block_on(async {
            while let Some(reply) = receiver.recv().await {
                reply.send(1).expect("the caller waits");
            }
        });
    });
    let start = Instant::now();
    for _ in 0..CALLS {
        let (reply, answer) = oneshot::channel();
        sender.send(reply).expect("the receiver lives");
        answer.blocking_recv().expect("it answers");
    }
    let time = start.elapsed();
    drop(sender);
    counter.join().expect("the receiver ends");
    Cost { time, operations: CALLS }
}

const PORTS: u32 = 20_000;

fn open(node: &Node) -> Cost {
    let time = node.run(|cx| {
        let start = Instant::now();
        let ports: Vec<_> =
            (0..PORTS).map(|number| cx.port(move |_, msg: u32| assert!(black_box(msg + number) > 0))).collect();
        for port in &ports {
            cx.kill(port, Reason::normal());
        }
        start
    });
    let start = time.wait().expect("nothing panics");
    node.run(|_| ()).wait().expect("nothing panics");
    Cost { time: start.elapsed(), operations: PORTS }
}

/// Registers what [`spawn`] starts.
fn serve(node: &Node) {
    node.serve(
        "adder",
        |start, number: u32| Ok(start.handler(move |_, msg: u32| assert!(black_box(msg + number) > 0))),
    );
}

/// The same as [`open`] with ports that a service starts, as it would for another node.
fn spawn(node: &Node) -> Cost {
    let time = node.run(|cx| {
        let start = Instant::now();
        let home = cx.node();
        let ports: Vec<Port<u32>> = (0..PORTS).map(|number| cx.spawn(&home, "adder", number)).collect();
        for port in &ports {
            cx.kill(port, Reason::normal());
        }
        start
    });
    let start = time.wait().expect("nothing panics");
    node.run(|_| ()).wait().expect("nothing panics");
    Cost { time: start.elapsed(), operations: PORTS }
}

fn tokio_open() -> Cost {
    let time = LocalSet::new().block_on(&runtime(), async {
        let start = Instant::now();
        let tasks: Vec<_> = (0..PORTS)
            .map(|number| {
                let (sender, mut receiver) = mpsc::unbounded_channel::<u32>();
                let task = tokio::task::spawn_local(async move {
                    while let Some(msg) = receiver.recv().await {
                        black_box(msg + number);
                    }
                });
                (sender, task)
            })
            .collect();
        for (sender, task) in tasks {
            drop(sender);
            task.await.expect("it ends");
        }
        start.elapsed()
    });
    Cost { time, operations: PORTS }
}

fn monitor(node: &Node) -> Cost {
    let (out, done) = std_mpsc::channel();
    let start = Instant::now();
    let work = node.run(move |cx| {
        let left = Rc::new(Cell::new(PORTS));
        for _ in 0..PORTS {
            let port = cx.port(|_, (): ()| ());
            let (left, out) = (Rc::clone(&left), out.clone());
            let fired = move |_: &Context, _| {
                left.set(left.get() - 1);
                if left.get() == 0 {
                    out.send(()).expect("somebody waits");
                }
            };
            cx.monitor_with(&port, fired).forever();
            cx.kill(&port, Reason::normal());
        }
    });
    work.wait().expect("nothing panics");
    done.recv().expect("all monitors fire");
    Cost { time: start.elapsed(), operations: PORTS }
}

/// The nearest thing that tokio has: a task that is aborted, and another that awaits its end.
fn tokio_monitor() -> Cost {
    let start = Instant::now();
    LocalSet::new().block_on(&runtime(), async {
        let watchers: Vec<_> = (0..PORTS)
            .map(|_| {
                let watched = tokio::task::spawn_local(std::future::pending::<()>());
                watched.abort();
                tokio::task::spawn_local(async move { watched.await.is_err() })
            })
            .collect();
        for watcher in watchers {
            assert!(watcher.await.expect("it ends"));
        }
    });
    Cost { time: start.elapsed(), operations: PORTS }
}

fn runtime() -> Runtime {
    runtime::Builder::new_current_thread().build().expect("a runtime starts")
}
