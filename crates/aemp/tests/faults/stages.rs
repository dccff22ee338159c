//! Strangers who give up, or do not, at every stage of the handshake.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use socket2::SockRef;

use crate::{
    common::{eventually, node, secs},
    proxy::{Direction, hidden, outsider},
    strangers::{ALL_PLACES, DEADLINE, PLACES, address, calls_during, connect, echo, greeted},
};

/// What a stranger does after it has said a part of what a member says.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Silence,
    Close,
    HalfClose,
    Reset,
}

/// What a member says in its handshake, up to the first octet of the session.
fn handshake() -> Vec<u8> {
    let (member, b) = (outsider(), hidden("b"));
    b.node.publish("here", &b.node.port(|_, _: u8| {}));
    b.proxy.record();
    member.find::<u8>(&b.proxy.address(), "here").wait().unwrap();
    b.proxy.recorded(Direction::ToNode)
}

/// Before the greeting, within it, behind it, within the first message of TLS, behind it, and all that follows.
fn stages(handshake: &[u8]) -> [usize; 6] {
    let ends = handshake.iter().enumerate().filter(|(_, octet)| **octet == b'\n');
    let greeting = ends.map(|(index, _)| index + 1).nth(1).unwrap();
    assert_eq!(handshake[greeting], 22, "the first record of TLS");
    let length = u16::from_be_bytes([handshake[greeting + 3], handshake[greeting + 4]]);
    let hello = greeting + 5 + usize::from(length);
    [0, greeting / 2, greeting, greeting + 50, hello, handshake.len()]
}

/// Says a part of a handshake, and does what it does then; an open connection is given back.
fn stranger(last: u8, to: SocketAddr, part: &[u8], fault: Fault) -> Option<TcpStream> {
    let mut stream = connect(last, to, secs(5)).unwrap();
    // A node that hangs up at once may do so before all is written.
    let _ = stream.write_all(part);
    match fault {
        Fault::Silence => return Some(stream),
        Fault::Close => {}
        Fault::HalfClose => {
            let _ = stream.shutdown(Shutdown::Write);
            return Some(stream);
        }
        Fault::Reset => SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap(),
    }
    None
}

/// Reads until the other side ends the connection.
fn read_to_end(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(secs(5))).unwrap();
    let start = Instant::now();
    // A reset is an end as well.
    while let Ok(1..) = stream.read(&mut [0; 4096]).or_else(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => Ok(1),
        _ => Err(error),
    }) {
        assert!(start.elapsed() < 3 * DEADLINE, "it is never ended");
    }
}

fn all_places_are_free(last: u8, to: SocketAddr) -> bool {
    let streams: Vec<_> = (0..PLACES).map_while(|_| greeted(last, to)).collect();
    streams.len() == PLACES
}

#[test]
fn at_every_stage_of_the_handshake_a_stranger_who_is_silent_closes_or_resets_leaves_its_place() {
    const GONE: u8 = 20;
    const SILENT: u8 = 21;
    let handshake = handshake();
    let (a, b) = (node("a"), node("b"));
    let (echo, to) = (echo(&b), address(&b));
    assert_eq!(a.call(&echo, |reply| (7, reply)).wait(), Ok(7));
    let (count, longest) = calls_during(&a, &echo, || {
        for stage in stages(&handshake) {
            let part = &handshake[..stage];
            for fault in [Fault::Close, Fault::HalfClose, Fault::Reset] {
                let start = Instant::now();
                stranger(GONE, to, part, fault).iter_mut().for_each(read_to_end);
                assert!(start.elapsed() < DEADLINE / 2, "{fault:?} after {stage} octets");
            }
        }
        eventually("the places of those who hung up are free", || all_places_are_free(GONE, to));
        let start = Instant::now();
        let silent: Vec<_> = stages(&handshake)
            .into_iter()
            .filter_map(|stage| stranger(SILENT, to, &handshake[..stage], Fault::Silence))
            .collect();
        thread::scope(|scope| {
            silent.into_iter().for_each(|mut stream| _ = scope.spawn(move || read_to_end(&mut stream)))
        });
        println!("the last silent stranger was sent away after {:?}", start.elapsed());
        assert!(start.elapsed() > DEADLINE / 2 && start.elapsed() < 2 * DEADLINE, "{:?}", start.elapsed());
        eventually("the places of those who were silent are free", || all_places_are_free(SILENT, to));
    });
    println!("{count} calls meanwhile, the longest took {longest:?}");
    assert!(count > 500 && longest < secs(2), "{count} {longest:?}");
}

#[test]
fn of_a_thousand_slow_strangers_256_are_let_in_and_members_go_on() {
    let (a, b) = (node("a"), node("b"));
    let (echo, to) = (echo(&b), address(&b));
    assert_eq!(a.call(&echo, |reply| (7, reply)).wait(), Ok(7));
    let (count, longest) = calls_during(&a, &echo, || {
        let came: Vec<_> = (0..1_008).map(|n| greeted(100 + (n / 16) as u8, to)).collect();
        let (in_all, let_in) = (came.len(), came.iter().flatten().count());
        println!("{let_in} of {in_all} were let in");
        assert!((ALL_PLACES..2 * ALL_PLACES).contains(&let_in), "{let_in}");
        thread::sleep(secs(1));
    });
    assert!(count > 100 && longest < secs(2), "{count} {longest:?}");
}
