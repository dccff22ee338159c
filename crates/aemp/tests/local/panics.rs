//! Panics in the user's own `Serialize`, `Deserialize` and `Drop`: the node goes on.

use std::{
    cell::RefCell,
    env,
    process::{Command, Stdio},
    sync::mpsc::{RecvTimeoutError, Sender, TryRecvError, channel},
    thread,
    time::Duration,
};

use aemp::{Call, CallError, Limits, Monitor, Node, Port, Reply};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::common::{SOON, node, settle, sink};

/// It cannot be encoded or decoded without a panic.
struct Hostile;

impl Serialize for Hostile {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a panic in Serialize")
    }
}

impl<'de> Deserialize<'de> for Hostile {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a panic in Deserialize")
    }
}

/// It cannot be dropped without a panic.
#[derive(Serialize, Deserialize)]
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("a panic in Drop");
        }
    }
}

fn lives(node: &Node) {
    assert_eq!(node.run(|_| 1).timeout(SOON).wait(), Ok(1));
}

#[test]
fn a_panic_in_serialize_on_the_nodes_thread_leaves_the_node_alive() {
    let node = node();
    let (port, _seen) = sink::<u64>(&node);
    node.send(&port.cast(), Hostile);
    lives(&node);
}

#[test]
fn a_panic_in_deserialize_of_an_answer_fails_the_call_and_leaves_the_node_alive() {
    let node = node();
    let port = node.port(|cx, (reply,): (Reply<u64>,)| cx.reply(reply, 5));
    let call: Call<Hostile> = node.call(&port.cast(), |reply| (reply,));
    assert!(matches!(call.wait(), Err(CallError::Decode(_))));
    lives(&node);
}

#[test]
fn a_panic_in_the_destructor_of_a_message_to_a_dead_port_leaves_the_node_alive() {
    let node = node();
    let port: Port<Mine> = node.port(|_, mine: Mine| std::mem::forget(mine));
    node.kill(&port, aemp::Reason::normal());
    settle(&node);
    node.send(&port, Mine);
    lives(&node);
}

#[test]
fn guards_in_thread_locals_are_dropped_when_their_thread_ends() {
    thread_local!(static KEPT: RefCell<Option<Monitor>> = const { RefCell::new(None) });
    let node = node();
    let (port, _seen) = sink::<u64>(&node);
    let moved = node.clone();
    thread::spawn(move || KEPT.with(|kept| *kept.borrow_mut() = Some(moved.monitor(&port)))).join().unwrap();
    lives(&node);
}

#[test]
fn last_words_of_a_port_that_dies_of_overload_kill_nobody_else() {
    struct LastWords(Node, Port<u64>);
    impl Drop for LastWords {
        fn drop(&mut self) {
            self.0.send(&self.1, 1);
        }
    }
    let mut limits = Limits::default();
    limits.max_local = 100;
    let node = Node::builder().anonymous().limits(limits).start().unwrap();
    let (heir, seen) = sink::<u64>(&node);
    let words = LastWords(node.clone(), heir.clone());
    let greedy = node.port(move |_, _: u64| {
        let _ = &words;
    });
    node.run(move |cx| {
        cx.send(&heir, 0);
        (0..100).for_each(|n| cx.send(&greedy, n));
    })
    .wait()
    .unwrap();
    seen.is(0);
    seen.is(1);
}

#[test]
fn what_a_handler_begins_for_its_dead_port_is_dropped() {
    let node = node();
    let (kept, dropped) = channel::<()>();
    let (away, _seen) = sink::<u64>(&node);
    let port = node.port(move |cx, _: u64| {
        cx.send(&away.cast(), Failing);
        let (timer, watch) = (kept.clone(), kept.clone());
        cx.every(Duration::from_millis(1), move || {
            let _ = &timer;
            1
        });
        cx.monitor(&away, move |_| {
            let _ = &watch;
            1
        })
        .forever();
        let _ = cx.me();
    });
    node.send(&port, 1);
    assert_eq!(dropped.recv_timeout(SOON), Err(RecvTimeoutError::Disconnected));
    lives(&node);
}

#[test]
fn what_a_destructor_opens_during_the_stop_is_dropped_with_the_node() {
    struct Opens(Node, Sender<()>);
    impl Drop for Opens {
        fn drop(&mut self) {
            let kept = self.1.clone();
            self.0.port(move |_, _: u64| {
                let _ = &kept;
            });
        }
    }
    let node = node();
    let (kept, dropped) = channel();
    let opens = Opens(node.clone(), kept);
    node.port(move |_, _: u64| {
        let _ = &opens;
    });
    node.stop().wait().unwrap();
    assert_eq!(dropped.try_recv(), Err(TryRecvError::Disconnected));
}

/// Runs itself in a process whose stderr is a pipe that nobody reads.
#[test]
fn a_node_goes_on_when_nobody_reads_its_stderr() {
    const INSIDE: &str = "NOBODY_READS_STDERR";
    if env::var_os(INSIDE).is_some() {
        let node = node();
        let port: Port<u64> = node.port(|_, _: u64| {});
        node.kill(&port, aemp::Reason::new("killed", "nobody watches it"));
        settle(&node);
        return lives(&node);
    }
    let mut command = Command::new(env::current_exe().unwrap());
    let name = "panics::a_node_goes_on_when_nobody_reads_its_stderr";
    command.args(["--exact", name, "--nocapture"]).env(INSIDE, "1").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    drop(process.stderr.take());
    assert!(process.wait().unwrap().success());
}

struct Failing;

impl Serialize for Failing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("never"))
    }
}
