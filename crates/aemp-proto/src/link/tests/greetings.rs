//! Greetings as they come over a network: in pieces, and with TLS right behind them.

use super::{
    ends::{End, dialler, identity, secret},
    script::Lines,
};
use crate::link::{Progress, Side};

#[test]
fn a_client_hello_right_behind_the_greeting_is_left_for_tls() {
    for end in ["\n", "\r\n"] {
        let Lines(first, nonce) = Lines::new("s", 3);
        let octets = [format!("{first}{end}{nonce}{end}").as_bytes(), b"\x16\x03\x01\n\nhello"].concat();
        for split in 0..octets.len() - 10 {
            let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
            let (mut before, mut behind) = octets.split_at(split);
            assert!(matches!(end.link.receive(&mut before), Ok(Progress::Wait)));
            assert!(matches!(end.link.receive(&mut behind), Ok(Progress::StartTls { client: false, .. })));
            assert_eq!(behind, b"\x16\x03\x01\n\nhello", "{split}");
        }
    }
}

#[test]
fn the_dialler_is_the_client_whatever_the_nonces_are() {
    for nonce in [0, 2] {
        let mut end = End::new(identity("a", secret()), dialler(), 1);
        end.feed(&Lines::new("s", nonce).octets(), 4096);
        assert!(matches!(end.tls, Some((true, _))));
    }
}

#[test]
fn a_link_greets_without_waiting() {
    let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
    assert_eq!(end.link.transmit(), Lines::new("b", 2).octets());
    assert!(end.link.transmit().is_empty());
}
