//! A receiver that takes nothing: what that costs the sender. Alone in its process, whose memory it measures.

#![cfg(target_os = "linux")]

use std::{
    fs,
    sync::{Mutex, mpsc},
    time::Duration,
};

use aemp::{Bytes, CallError, Event, Events, Limits, Node, Port, Reply};

const SECRET: &str = "the secret of these tests, long enough";
const LIMIT: usize = 32 << 20;
const SIZE: usize = 10_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// The octets of this process that are in memory.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<usize>().unwrap() << 10
}

/// Sends in small parts, so that nothing piles up in front of the node; tells the most memory that was taken.
fn send(from: &Node, to: &Port<Bytes>, octets: usize) -> usize {
    let mut most = 0;
    for _ in 0..octets / SIZE / 100 {
        let to = to.clone();
        from.run(move |cx| (0..100).for_each(|_| cx.send(&to, Bytes::from(vec![1; SIZE])))).wait().unwrap();
        most = most.max(resident());
    }
    most
}

fn has(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> bool {
    std::iter::from_fn(|| events.try_next()).any(|event| wanted(&event))
}

fn is_congestion(event: &Event) -> bool {
    matches!(event, Event::Congested { .. })
}

fn is_fence(event: &Event) -> bool {
    matches!(event, Event::Fenced { reason, .. } if reason.code().as_str() == "overload")
}

#[test]
fn a_stalled_receiver_costs_its_sender_no_more_than_the_limit_and_congestion_is_told_before() {
    let mut limits = Limits::default();
    limits.max_unacknowledged = LIMIT;
    let b = Node::builder().name("b").bind("127.0.0.1:0").secret(SECRET).start().unwrap();
    let a = Node::builder().anonymous().secret(SECRET).limits(limits).start().unwrap();
    let (go_on, wait) = mpsc::channel::<()>();
    let (wait, (entered, is_stalled)) = (Mutex::new(wait), mpsc::channel());
    let stalled = b.port(move |_, _: Bytes| {
        let _ = entered.send(());
        let _ = wait.lock().unwrap().recv();
    });
    let echo = b.port(|cx, (number, reply): (u64, Reply<u64>)| cx.reply(reply, number));
    assert_eq!(a.call(&echo, |reply| (1, reply)).wait(), Ok(1));
    let mut events = a.events();
    a.send(&stalled, Bytes::from(vec![0; SIZE]));
    is_stalled.recv_timeout(PATIENCE).unwrap();

    let before = resident();
    // Beyond a quarter of the limit and what the system takes into its sockets, and far below the limit.
    let mut most = send(&a, &stalled, LIMIT * 3 / 4);
    assert!(has(&mut events, is_congestion), "nothing was said before the limit");
    let ready = a.ready(&b).timeout(Duration::from_millis(200)).wait();
    assert_eq!(ready, Err(CallError::TimedOut), "whoever waits for room is held back");
    // Sixteen times what may wait.
    most = most.max(send(&a, &stalled, 16 * LIMIT));
    assert!(has(&mut events, is_fence), "the stalled port is not dead for the sender");
    let grown = most - before;
    println!(
        "{} MiB were sent, and took {} MiB at most; the limit is {} MiB",
        (LIMIT * 67 / 4) >> 20,
        grown >> 20,
        LIMIT >> 20
    );
    assert!(grown < LIMIT + LIMIT / 5, "{} MiB", grown >> 20);

    drop(go_on);
    assert_eq!(a.ready(&b).timeout(PATIENCE).wait(), Ok(()));
    assert_eq!(a.call(&echo, |reply| (2, reply)).timeout(PATIENCE).wait(), Ok(2), "other ports go on");
}
