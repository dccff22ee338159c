//! Messages that may be lost, over connections that are cut and stalled.

use std::{sync::mpsc::Receiver, thread, time::Duration};

use aemp::{Bytes, Node};

use crate::{
    common::{collector, secs},
    cuts::connections,
    kills::watch_all,
    proxy::{Hidden, hidden, outsider},
};

/// A number, and something to make it long.
type Numbered = (u64, Bytes);

/// A node, another one, and a port of that, which has received the number 0.
fn connected() -> (Node, Hidden, aemp::Port<Numbered>, Receiver<Numbered>) {
    let (a, b) = (outsider(), hidden("b"));
    let (port, received) = collector(&b.node);
    a.send(&port, numbered(0, 0));
    assert_eq!(next(&received), 0);
    (a, b, port, received)
}

fn numbered(number: u64, octets: usize) -> Numbered {
    (number, Bytes::from(vec![0; octets]))
}

fn next(received: &Receiver<Numbered>) -> u64 {
    received.recv_timeout(secs(10)).expect("a plain message").0
}

#[test]
fn a_cut_loses_lossy_messages_and_nothing_follows_from_that() {
    let (a, b, port, received) = connected();
    let deaths = watch_all(&a, std::slice::from_ref(&port));
    a.send(&port, numbered(1, 0));
    assert_eq!(next(&received), 1);
    b.proxy.stall();
    (2..10).for_each(|number| a.send_lossy(&port, numbered(number, 0)));
    // Let them be on their way.
    thread::sleep(Duration::from_millis(50));
    b.proxy.cut();
    b.proxy.forward();
    a.send(&port, numbered(10, 0));
    assert_eq!(next(&received), 10);
    a.send_lossy(&port, numbered(11, 0));
    a.send(&port, numbered(12, 0));
    assert_eq!((next(&received), next(&received)), (11, 12));
    assert_eq!(deaths.try_recv().ok(), None);
    assert!(connections(&a, &b.node.id()) > 1, "it was cut");
}

#[test]
fn while_connections_are_cut_only_lossy_messages_are_lost_and_all_stay_in_order() {
    const MESSAGES: u64 = 60_000;
    let (a, b, port, received) = connected();
    let deaths = watch_all(&a, std::slice::from_ref(&port));
    let sender = a.clone();
    let sending = thread::spawn(move || {
        for number in 1..=MESSAGES {
            if number.is_multiple_of(3) {
                sender.send(&port, numbered(number, 20));
            } else {
                sender.send_lossy(&port, numbered(number, 20));
            }
            if number.is_multiple_of(100) {
                thread::sleep(Duration::from_millis(1));
            }
        }
    });
    let (mut last, mut plain, mut lossy) = (0, 0, 0);
    while last < MESSAGES {
        let number = next(&received);
        assert!(number > last, "{number} after {last}");
        last = number;
        if number.is_multiple_of(3) {
            plain += 1;
            assert_eq!(number, 3 * plain, "a plain message is missing");
        } else {
            lossy += 1;
        }
        if number.is_multiple_of(6_000) {
            b.proxy.cut();
        }
    }
    sending.join().unwrap();
    println!(
        "{lossy} of {} lossy messages arrived over {} connections",
        MESSAGES * 2 / 3,
        connections(&a, &b.node.id())
    );
    assert_eq!((plain, deaths.try_recv().ok()), (MESSAGES / 3, None));
    assert!(lossy > 0, "most arrive");
}

#[test]
fn for_a_stalled_receiver_little_is_kept_and_the_rest_is_lost() {
    const MESSAGES: u64 = 100_000;
    /// What the sockets of the system and the proxy may hold, in messages of about 2,000 octets: 32 MiB.
    const MOST: usize = 16_000;
    let (a, b, port, received) = connected();
    b.proxy.stall();
    for number in 1..=MESSAGES {
        a.send_lossy(&port, numbered(number, 2_000));
        if number.is_multiple_of(1_000) {
            // What this thread hands over does not wait, so that only the network is slow.
            a.run(|_| ()).wait().unwrap();
        }
    }
    a.send(&port, numbered(MESSAGES + 1, 0));
    b.proxy.forward();
    let arrived: Vec<u64> =
        std::iter::repeat_with(|| next(&received)).take_while(|number| *number <= MESSAGES).collect();
    println!("{} of {MESSAGES} arrived", arrived.len());
    // What was kept anywhere arrives.
    assert!(!arrived.is_empty() && arrived.len() < MOST, "{} of {MESSAGES} were kept", arrived.len());
    assert!(arrived.is_sorted(), "in order");
}
