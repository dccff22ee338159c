//! Connections of those who never authenticate. They come from addresses that only Linux has without being asked.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use aemp::{Node, Port, Reply};
use socket2::{Domain, Socket, Type};

use crate::common::{eventually, node, secs};

pub(crate) type Echo = (u64, Reply<u64>);

/// The places that one address has, and all of them together.
pub(crate) const PLACES: usize = 16;
pub(crate) const ALL_PLACES: usize = 256;
/// A handshake ends after this.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) fn echo(node: &Node) -> Port<Echo> {
    node.port(|cx, (number, reply): Echo| cx.reply(reply, number))
}

pub(crate) fn address(node: &Node) -> SocketAddr {
    node.id().recipe()[0].to_string().parse().unwrap()
}

/// Connects from 127.0.0.`last`.
///
/// The system drops what comes while too many wait to be accepted, and tries again after a second if there is time.
pub(crate) fn connect(last: u8, to: SocketAddr, patience: Duration) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)).into())?;
    socket.connect_timeout(&to.into(), patience)?;
    socket.set_read_timeout(Some(secs(5)))?;
    Ok(socket.into())
}

/// Connects, and keeps the connection if the node greets.
pub(crate) fn greeted(last: u8, to: SocketAddr) -> Option<TcpStream> {
    let mut stream = connect(last, to, secs(5)).unwrap();
    matches!(stream.read(&mut [0]), Ok(1)).then_some(stream)
}

/// Says one octet a second until all are closed; gives the time that took.
fn dawdle(mut strangers: Vec<TcpStream>) -> Duration {
    let start = Instant::now();
    while !strangers.is_empty() {
        assert!(start.elapsed() < 3 * DEADLINE, "{} are still there", strangers.len());
        thread::sleep(secs(1));
        strangers.retain_mut(|stream| stream.write_all(b"a").is_ok());
    }
    start.elapsed()
}

/// Calls again and again while `during` runs; gives how often, and the longest time that an answer took.
pub(crate) fn calls_during(a: &Node, echo: &Port<Echo>, during: impl FnOnce()) -> (u64, Duration) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let calling = scope.spawn(|| {
            let (mut count, mut longest) = (0, Duration::ZERO);
            while !is_over.load(Relaxed) {
                let start = Instant::now();
                assert_eq!(a.call(echo, |reply| (count, reply)).wait(), Ok(count));
                longest = longest.max(start.elapsed());
                count += 1;
                thread::sleep(Duration::from_millis(1));
            }
            (count, longest)
        });
        // However it ends, the calls do.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(during));
        is_over.store(true, Relaxed);
        let calls = calling.join().unwrap();
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        calls
    })
}

fn is_connected(a: &Node, b: &Node) -> bool {
    a.peers().wait().unwrap().iter().any(|peer| peer.node == b.id() && peer.connected)
}

#[test]
fn a_flood_from_one_address_troubles_neither_members_nor_newcomers() {
    let (a, b) = (node("a"), node("b"));
    let (echo, to) = (echo(&b), address(&b));
    assert_eq!(a.call(&echo, |reply| (7, reply)).wait(), Ok(7));
    let (count, longest) = calls_during(&a, &echo, || {
        let burst = Instant::now();
        let came = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| {
                    came.fetch_add(
                        (0..1_000).filter(|_| connect(2, to, Duration::from_millis(100)).is_ok()).count(),
                        Relaxed,
                    )
                });
            }
        });
        println!("{came:?} connections in {:?}", burst.elapsed());
        assert!(came.into_inner() > 5_000);
        let slow: Vec<TcpStream> = (0..200).filter_map(|_| greeted(3, to)).collect();
        assert_eq!(slow.len(), PLACES);
        let dawdling = thread::spawn(|| dawdle(slow));
        let newcomer = node("c");
        assert_eq!(newcomer.call(&echo, |reply| (8, reply)).timeout(secs(5)).wait(), Ok(8));
        assert!(!dawdling.is_finished(), "it came in beside the slow ones");
        let took = dawdling.join().unwrap();
        assert!(took > DEADLINE / 2, "{took:?}");
        assert!(greeted(3, to).is_some(), "their places are free again");
    });
    println!("{count} calls during the flood, the longest took {longest:?}");
    assert!(count > 500 && longest < secs(2), "{count} {longest:?}");
    let info = b.peers().wait().unwrap().into_iter().find(|peer| peer.node == a.id()).unwrap();
    assert_eq!(info.connections, 1, "the members' connection was never broken");
}

#[test]
fn when_every_place_is_taken_members_go_on_and_newcomers_come_in_after_the_deadline() {
    let (a, b) = (node("a"), node("b"));
    let (echo, to) = (echo(&b), address(&b));
    assert_eq!(a.call(&echo, |reply| (7, reply)).wait(), Ok(7));
    let (count, longest) = calls_during(&a, &echo, || {
        let hosts = 10..10 + u8::try_from(ALL_PLACES / PLACES).unwrap();
        let strangers: Vec<TcpStream> =
            hosts.flat_map(|last| (0..PLACES).filter_map(move |_| greeted(last, to))).collect();
        assert_eq!(strangers.len(), ALL_PLACES);
        assert!(greeted(100, to).is_none(), "there is no place left");
        let newcomer = node("c");
        let call = newcomer.call(&echo, |reply| (8, reply)).timeout(secs(60));
        assert!(!is_connected(&newcomer, &b));
        dawdle(strangers);
        assert_eq!(call.wait(), Ok(8));
        eventually("connected", || is_connected(&newcomer, &b));
    });
    println!("{count} calls beside {ALL_PLACES} strangers, the longest took {longest:?}");
    assert!(count > 500 && longest < secs(2), "{count} {longest:?}");
}
