//! Much at once between nodes, guards that are dropped elsewhere, and last moments.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use aemp::{Bytes, CallError, Node, Port, Reply};

use crate::common::{SECRET, builder, collector, eventually, node, secs};

#[test]
fn what_each_of_eight_threads_sends_to_another_node_arrives_in_its_order() {
    let (a, b) = (node("a"), node("b"));
    let (done, all) = mpsc::channel();
    let mut next = [0u64; 8];
    let port = b.port(move |_, (thread, number): (usize, u64)| {
        assert_eq!(next[thread], number);
        next[thread] += 1;
        if next == [20_000; 8] {
            done.send(()).unwrap();
        }
    });
    thread::scope(|scope| {
        for thread in 0..8 {
            let (a, port) = (&a, &port);
            scope.spawn(move || (0..20_000).for_each(|number| a.send(port, (thread, number))));
        }
    });
    assert_eq!(all.recv_timeout(secs(60)), Ok(()));
}

#[test]
fn huge_messages_cross_without_waiting_for_each_other() {
    let (a, b) = (node("a"), node("b"));
    let ((at_a, got_a), (at_b, got_b)) = (collector::<Bytes>(&a), collector::<Bytes>(&b));
    for _ in 0..4 {
        a.send(&at_b, Bytes::from(vec![1; 12 << 20]));
        b.send(&at_a, Bytes::from(vec![2; 12 << 20]));
    }
    for _ in 0..4 {
        assert_eq!(got_a.recv_timeout(secs(60)).unwrap().len(), 12 << 20);
        assert_eq!(got_b.recv_timeout(secs(60)).unwrap().len(), 12 << 20);
    }
}

#[test]
fn a_handler_that_blocks_keeps_messages_waiting_and_loses_none() {
    let (a, b) = (node("a"), builder("b").heartbeat(Duration::from_millis(200)).start().unwrap());
    let slow = b.port(|_, wait: Duration| thread::sleep(wait));
    let (port, received) = collector::<u64>(&b);
    a.send(&slow, secs(2));
    (0..100_000).for_each(|n| a.send(&port, n));
    for n in 0..100_000 {
        assert_eq!(received.recv_timeout(secs(20)), Ok(n));
    }
}

#[test]
fn a_stop_sends_what_was_sent_to_a_peer_that_is_not_connected_yet() {
    for _ in 0..10 {
        let (a, b) = (node("a"), node("b"));
        let (port, received) = collector::<u64>(&b);
        let forward = a.port(move |cx, n: u64| cx.send(&port, n));
        (0..2000).for_each(|n| a.send(&forward, n));
        assert_eq!(a.stop().wait(), Ok(0));
        for n in 0..2000 {
            assert_eq!(received.recv_timeout(secs(5)), Ok(n));
        }
    }
}

#[test]
fn guards_and_replies_may_be_dropped_on_any_thread() {
    let (a, b) = (node("a"), node("b"));
    let (keep, kept) = mpsc::channel();
    let port = b.port(move |_, (reply,): (Reply<u64>,)| keep.send(reply).unwrap());
    let call = a.call(&port, |reply| (reply,));
    let reply = kept.recv_timeout(secs(5)).unwrap();
    thread::spawn(move || drop(reply)).join().unwrap();
    assert_eq!(call.timeout(secs(5)).wait(), Err(CallError::Dropped));
    let monitors: Vec<_> = (0..1000).map(|_| a.monitor(&port)).collect();
    thread::spawn(move || drop(monitors)).join().unwrap();
    let last = a.monitor(&port);
    b.kill(&port, aemp::Reason::normal());
    last.wait();
}

#[tokio::test]
async fn calls_that_are_given_up_half_way_leave_the_others_alone() {
    let (a, b) = (node("a"), node("b"));
    let echo = b.port(|cx, (n, reply): (u64, Reply<u64>)| cx.reply(reply, n));
    for n in 0..500 {
        let given_up = tokio::time::timeout(Duration::from_micros(n % 7 * 50), a.call(&echo, |reply| (0, reply)));
        let _ = given_up.await;
        assert_eq!(a.call(&echo, |reply| (n, reply)).await, Ok(n));
    }
}

#[test]
fn strangers_who_hang_up_in_the_middle_of_the_handshake_hinder_nobody() {
    let (a, b) = (node("a"), node("b"));
    let address = b.id().as_str().split_once('@').unwrap().1.to_owned();
    let mut greeting = vec![0; 4096];
    let length = TcpStream::connect(&address).unwrap().read(&mut greeting).unwrap();
    for cut in 0..200 {
        let mut stream = TcpStream::connect(&address).unwrap();
        let _ = stream.write_all(&greeting[..cut * length / 200]);
        if cut % 2 == 0 {
            let _ = stream.write_all(&[22, 3, 1, 1, 0, 1, 0]);
        }
    }
    let echo = b.port(|cx, (n, reply): (u64, Reply<u64>)| cx.reply(reply, n));
    let start = Instant::now();
    eventually("a reaches b", || a.call(&echo, |reply| (1, reply)).timeout(secs(5)).wait() == Ok(1));
    assert!(start.elapsed() < secs(2));
}

#[test]
fn a_message_that_a_destructor_sends_during_the_stop_harms_nothing() {
    struct LastWords(Node, Port<u64>);
    impl Drop for LastWords {
        fn drop(&mut self) {
            self.0.send(&self.1, 1);
            drop(self.0.monitor(&self.1));
            drop(self.0.port(|_, _: u64| {}));
        }
    }
    let (a, b) = (Node::builder().anonymous().secret(SECRET).start().unwrap(), node("b"));
    let (port, _received) = collector::<u64>(&b);
    let words = LastWords(a.clone(), port.clone());
    let task_words = LastWords(a.clone(), port);
    let keeper = a.port(move |cx, start: bool| {
        let _ = &words;
        if start {
            let words = LastWords(task_words.0.clone(), task_words.1.clone());
            cx.task(async move {
                std::future::pending::<()>().await;
                drop(words);
                false
            });
        }
    });
    a.send(&keeper, true);
    assert!(a.stop().wait().is_ok());
    a.wait().unwrap();
}
