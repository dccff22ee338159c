//! Two kernels over real sockets and real TLS.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    rc::Rc,
    task::Poll,
    time::{Duration, Instant},
};

use aemp_proto::kernel::Event;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{LocalSet, spawn_local, yield_now},
};

use super::{
    ends::{listen, node},
    members::Member,
};
use crate::net::Host;

/// A node that listens, and one that does not.
async fn two() -> (Member, Member) {
    let (listeners, address) = listen("127.0.0.1:0").await;
    (Member::start(&node("a"), None), Member::start(&node(&format!("b@{address}")), Some(listeners)))
}

async fn run(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(Box::pin(test)).await;
}

#[tokio::test]
async fn messages_arrive_in_order_over_a_connection_that_makes_itself() {
    run(async {
        let (a, b) = two().await;
        for number in 0..100_000 {
            a.send(&b.port(), number, 0);
            if number % 1000 == 0 {
                yield_now().await;
            }
        }
        b.until(|b| b.received() == 100_000).await;
        for number in 0..1000 {
            b.send(&a.port(), number, 0);
        }
        a.until(|a| a.received() == 1000).await;
    })
    .await;
}

#[tokio::test]
async fn large_messages_pass_in_both_directions_at_once() {
    run(async {
        let (a, b) = two().await;
        for number in 0..2 {
            a.send(&b.port(), number, 1 << 20);
            b.send(&a.port(), number, 1 << 20);
        }
        a.until(|a| a.received() == 2).await;
        b.until(|b| b.received() == 2).await;
        assert_eq!((a.octets(), b.octets()), (2 * ((1 << 20) + 8), 2 * ((1 << 20) + 8)));
    })
    .await;
}

#[tokio::test]
async fn others_run_before_much_is_delivered_but_not_before_the_turn_that_follows() {
    const MESSAGES: u64 = 4_000;
    run(async {
        let (a, b) = two().await;
        for number in 0..MESSAGES {
            a.send(&b.port(), number, 8_000);
        }
        // A task that is always ready runs between any two others.
        let (other, ran_between, most_at_once) = (b.clone(), Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
        let (seen, most, mut before) = (Rc::clone(&ran_between), Rc::clone(&most_at_once), 0);
        let between = spawn_local(poll_fn(move |cx| {
            seen.set(seen.get() || other.owes_turn());
            most.set(most.get().max(other.octets() - std::mem::replace(&mut before, other.octets())));
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
        b.until(|b| b.received() == MESSAGES).await;
        between.abort();
        assert!(!ran_between.get());
        assert!(most_at_once.get() < 512 << 10, "{} octets at once", most_at_once.get());
    })
    .await;
}

/// Passes connections on, and cuts each after so many octets of either direction.
async fn cutter(listener: TcpListener, to: String, octets: u64, cuts: Rc<Cell<u32>>) {
    loop {
        let (near, _) = listener.accept().await.unwrap();
        let far = TcpStream::connect(&to).await.unwrap();
        let cuts = cuts.clone();
        spawn_local(async move {
            let ((near_read, mut near_write), (far_read, mut far_write)) = (near.into_split(), far.into_split());
            let (mut near_read, mut far_read) = (near_read.take(octets), far_read.take(octets));
            tokio::select! {
                _ = tokio::io::copy(&mut near_read, &mut far_write) => {}
                _ = tokio::io::copy(&mut far_read, &mut near_write) => {}
            }
            cuts.set(cuts.get() + 1);
        });
    }
}

#[tokio::test]
async fn nothing_is_lost_over_a_network_that_cuts_every_connection() {
    run(async {
        let (listeners, behind) = listen("127.0.0.1:0").await;
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let id = node(&format!("b@{}", front.local_addr().unwrap()));
        let cuts = Rc::new(Cell::new(0));
        spawn_local(cutter(front, behind.to_string(), 1_000_000, cuts.clone()));
        let (a, b) = (Member::start(&node("a"), None), Member::start(&id, Some(listeners)));
        for number in 0..100_000 {
            a.send(&b.port(), number, 20);
        }
        b.until(|b| b.received() == 100_000).await;
        assert!(cuts.get() >= 2, "{}", cuts.get());
        assert!(!b.has_seen(|event| matches!(event, Event::PeerDown { .. })));
    })
    .await;
}

#[tokio::test]
async fn last_words_are_written_before_the_connection_closes() {
    run(async {
        let (a, b) = two().await;
        a.send(&b.port(), 0, 0);
        b.until(|b| b.received() == 1).await;
        for number in 1..1000 {
            a.send(&b.port(), number, 1000);
        }
        a.until(|a| a.kernel(|kernel, _| kernel.unacknowledged()) == 0).await;
        let start = Instant::now();
        a.kernel(|kernel, _| kernel.goodbye());
        a.turn();
        a.network().all_closed().await;
        b.until(|b| b.has_seen(|event| matches!(event, Event::PeerDown { .. }))).await;
        assert_eq!(b.received(), 1000);
        assert!(start.elapsed() < Duration::from_secs(2), "told, not found out");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_who_is_let_in_by_nobody_disturbs_nobody() {
    run(async {
        let (listeners, behind) = listen("127.0.0.1:0").await;
        let b = Member::start(&node(&format!("b@{behind}")), Some(listeners));
        let a = Member::start(&node("a"), None);
        let mut stranger = TcpStream::connect(behind.to_string()).await.unwrap();
        for number in 0..1000 {
            a.send(&b.port(), number, 0);
            let _ = stranger.write_all(b"aemp;1;a;").await;
        }
        b.until(|b| b.received() == 1000).await;
        let _ = stranger.read(&mut [0; 512]).await;
    })
    .await;
}
