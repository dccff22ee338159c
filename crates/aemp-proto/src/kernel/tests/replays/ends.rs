//! All recorded connections that were established, with TLS or without, our node being the one or the other end of each.

use super::{super::perl::refused, stage::Stage};
use crate::base::tests::replay::{
    Part::{self, Acceptor, Dialler},
    recorded_ends,
};

/// Of whom our node refuses requests, and how many: relays, functions of programs, data connections, and malformed ones.
const REFUSED: &[(&str, u32, Part, usize)] = &[
    ("data-phase-cbor", 1, Acceptor, 8),
    ("data-phase-json", 1, Acceptor, 8),
    ("dataconn-2.02", 1, Acceptor, 2),
    ("holes-decode", 7, Acceptor, 1),
    ("holes-decode", 8, Acceptor, 1),
    ("holes-decode", 13, Acceptor, 1),
    ("holes-decode", 14, Acceptor, 1),
    ("holes-decode", 15, Acceptor, 1),
    ("holes-decode", 16, Acceptor, 1),
    ("holes-decode", 19, Acceptor, 1),
    ("holes-decode", 20, Acceptor, 1),
    ("holes-decode", 21, Acceptor, 1),
    ("holes-decode", 22, Acceptor, 1),
    ("holes-decode", 23, Acceptor, 1),
    ("holes-decode", 24, Acceptor, 1),
];

#[test]
fn our_node_hears_what_every_recorded_end_heard() {
    let (mut refusals, mut heard) = (Vec::new(), [0, 0]);
    for end in recorded_ends() {
        let place = (end.session, end.number, end.part);
        let seed = (end.part == Dialler).then_some("127.0.0.1:9");
        let mut stage = Stage::new(&end.node, None, seed, end.part == Acceptor || end.node == "gB");
        let connection = stage.attach(&end.established, end.part);
        stage.feed(connection, &end.heard);
        stage.world.outputs(0);
        // The octets that are no messages.
        assert_eq!(stage.closed, matches!(place, ("holes-decode", 1..=5, Acceptor)), "{place:?}");
        let refused = refused(&mut stage.world);
        if !refused.is_empty() {
            refusals.push((end.session, end.number, end.part, refused.len()));
        }
        heard[usize::from(end.part == Dialler)] += usize::from(!end.heard.is_empty());
    }
    assert_eq!(refusals, REFUSED);
    assert_eq!(heard, [50, 61], "as the acceptor, as the dialler");
}
