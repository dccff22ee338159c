//! Somebody between two nodes who listens, and who changes what they say.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::Duration,
};

use aemp::{Builder, CallError, Event, Node, Timing};

use crate::{
    common::{SECRET, collector, eventually, secs},
    proxy::{Direction, Flip, Hidden, Proxy, hidden, hidden_with, outsider},
};

const TEXT: &str = "sixty-four octets that nobody but the receiver is ever to see...";
const PUBLISHED: &str = "a-published-name-of-some-length";

/// A connection is given up after this.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// Dialling at the same time: fewer than the places of one address.
const AT_ONCE: usize = 6;

/// The first makes another character, which is likely to be allowed; the second changes the case of letters.
const MASKS: [u8; 2] = [0x01, 0x20];

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_recorded_connection_shows_nothing_but_the_greetings() {
    assert_eq!(TEXT.len(), 64);
    let (a, b) = (outsider(), hidden("b"));
    b.proxy.record();
    let (port, received) = collector::<String>(&b.node);
    b.node.publish(PUBLISHED, &port);
    let found = a.find::<String>(&b.proxy.address(), PUBLISHED).wait().unwrap();
    assert_eq!(found, port);
    let (back, answers) = collector::<String>(&a);
    a.send(&port, TEXT.into());
    assert_eq!(received.recv_timeout(secs(5)).as_deref(), Ok(TEXT));
    b.node.send(&back, TEXT.into());
    assert_eq!(answers.recv_timeout(secs(5)).as_deref(), Ok(TEXT));
    for (direction, node) in [(Direction::ToNode, &a), (Direction::FromNode, &b.node)] {
        let octets = b.proxy.recorded(direction);
        assert!(contains(&octets, node.id().as_str().as_bytes()), "the greeting is recorded, in the clear");
        assert!(octets.len() > 500, "and more");
        let names = [port.id().name.to_string(), back.id().name.to_string()];
        let hidden = [TEXT, PUBLISHED, SECRET, &names[0], &names[1]];
        for part in hidden.iter().flat_map(|text| [&text[..], &text[..12]]) {
            assert!(!contains(&octets, part.as_bytes()), "{part:?} {direction:?}");
        }
    }
}

/// A node that gives up soon, and connects to nobody unless asked.
fn impatient(builder: Builder) -> Builder {
    let mut timing = Timing::default();
    timing.handshake = PATIENCE;
    builder.secret(SECRET).timing(timing)
}

fn visitor() -> Node {
    impatient(Node::builder().anonymous()).start().unwrap()
}

/// Looks a name up over a new connection; true if the node that has it was reached.
fn reaches(visitor: &Node, proxy: &Proxy) -> bool {
    let found = visitor.find::<u8>(&proxy.address(), PUBLISHED).wait();
    assert!(matches!(found, Ok(_) | Err(CallError::Lost(_))), "{found:?}");
    found.is_ok()
}

/// The lengths of the greetings: to the node and from it.
fn lengths(b: &Hidden) -> [usize; 2] {
    b.proxy.record();
    let visitor = visitor();
    assert!(reaches(&visitor, &b.proxy));
    visitor.stop().wait().unwrap();
    [Direction::ToNode, Direction::FromNode].map(|direction| {
        let octets = b.proxy.recorded(direction);
        let mut ends = octets.iter().enumerate().filter(|(_, octet)| **octet == b'\n').map(|(index, _)| index + 1);
        ends.nth(1).expect("a greeting has two lines")
    })
}

#[test]
fn no_session_comes_up_when_any_octet_of_a_greeting_is_changed() {
    let b = hidden_with("b", impatient);
    b.node.publish(PUBLISHED, &b.node.port(|_, _: u8| {}));
    let [to, from] = lengths(&b);
    eventually("the first visitor is gone", || b.node.peers().wait().unwrap().iter().all(|peer| !peer.connected));
    let mut flips: Vec<Flip> = Vec::new();
    for (direction, length) in [(Direction::ToNode, to), (Direction::FromNode, from)] {
        let flip = |offset| MASKS.map(|mask| Flip { direction, offset, mask });
        flips.extend((0..length).flat_map(flip));
    }
    let (next, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut events = b.node.events();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let (visitor, proxy) = (visitor(), b.another_proxy());
                while let Some(flip) = flips.get(next.fetch_add(1, Relaxed)) {
                    proxy.flip_next(*flip);
                    assert!(!reaches(&visitor, &proxy), "{flip:?}");
                    refused.fetch_add(1, Relaxed);
                }
            });
        }
    });
    println!("{} of {} changed greetings were refused", refused.load(Relaxed), flips.len());
    assert_eq!(refused.load(Relaxed), flips.len());
    let came_up = std::iter::from_fn(|| events.try_next()).find(|event| matches!(event, Event::PeerUp { .. }));
    assert_eq!(came_up, None);
    assert!(reaches(&visitor(), &b.proxy), "an unchanged one is not");
}

#[test]
fn only_two_nodes_that_both_ask_for_it_speak_in_the_clear() {
    for (ours, theirs, shown) in [(true, true, true), (true, false, false), (false, true, false)] {
        let clear = |wanted: bool| move |builder: Builder| if wanted { builder.dangerously_plain() } else { builder };
        let a = clear(ours)(Node::builder().anonymous().secret(SECRET)).start().unwrap();
        let b = hidden_with("b", |builder| clear(theirs)(builder.secret(SECRET)));
        b.proxy.record();
        let (port, received) = collector::<String>(&b.node);
        b.node.publish(PUBLISHED, &port);
        let found = a.find::<String>(&b.proxy.address(), PUBLISHED).wait().unwrap();
        a.send(&found, TEXT.into());
        assert_eq!(received.recv_timeout(secs(5)).as_deref(), Ok(TEXT));
        let octets = b.proxy.recorded(Direction::ToNode);
        assert_eq!(
            contains(&octets, TEXT.as_bytes()),
            shown,
            "asked for by the dialler: {ours}, by the other: {theirs}"
        );
        assert!(!contains(&octets, SECRET.as_bytes()), "the secret is never shown");
    }
}
