//! Whatever comes: no panic, no memory beyond the limit, nothing given away.

use proptest::prelude::*;

use super::{
    ends::{End, dialler, identity, secret},
    script::{Lines, Script, frame},
};
use crate::{
    limits::Limits,
    link::{LinkError, PeerMisbehaved, Side, frame::FrameReader},
    wire::greeting::GreetingError,
};

#[test]
fn other_programs_are_refused_at_their_first_line() {
    let junk: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"*1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
        &[0; 4096],
        b"\n",
    ];
    for octets in junk {
        let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
        end.link.transmit();
        end.feed(octets, 4096);
        assert!(end.link.transmit().is_empty());
        assert!(matches!(end.error(), LinkError::PeerMisbehaved(PeerMisbehaved::Greeting(_))));
    }
}

#[test]
fn a_line_that_never_ends_is_refused_at_the_limit() {
    let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
    end.feed(&[b'a'; 4096], 1);
    assert_eq!(end.error(), PeerMisbehaved::from(GreetingError::LineTooLong).into());
}

#[test]
fn a_frame_is_refused_by_its_length_alone() {
    for length in [0, 8189, u32::MAX] {
        let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
        end.feed(&Lines::new("s", 3).octets(), 4096);
        end.feed(&length.to_le_bytes(), 1);
        assert_eq!(end.error(), PeerMisbehaved::FrameSize.into(), "{length}");
    }
}

#[test]
fn a_link_that_is_over_stays_over() {
    let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
    end.feed(b"junk\n", 4096);
    end.link.transmit();
    end.outcome = None;
    end.feed(&[Lines::new("s", 3).octets(), Script::dialler().frame()].concat(), 4096);
    assert!(end.outcome.is_none() && end.link.transmit().is_empty());
}

/// Octets of a handshake, with some of them exchanged for others.
fn nearly_a_handshake() -> impl Strategy<Value = Vec<u8>> {
    let good = [Lines::new("s", 3).octets(), Script::dialler().frame(), frame(2, b"\x01ax")].concat();
    let length = good.len();
    proptest::collection::vec((0..length, any::<u8>()), 0..4).prop_map(move |changes| {
        let mut octets = good.clone();
        changes.into_iter().for_each(|(index, octet)| octets[index] = octet);
        octets
    })
}

proptest! {
    #[test]
    fn arbitrary_octets_in_arbitrary_chunks_do_no_harm(octets: Vec<u8>, chunk in 1_usize..64, dials: bool) {
        let side = if dials { dialler() } else { Side::Acceptor };
        let mut end = End::new(identity("b", secret()), side, 2);
        end.feed(&octets, chunk);
        prop_assert!(!end.is_done());
    }

    #[test]
    fn a_damaged_handshake_does_no_harm(octets in nearly_a_handshake(), chunk in 1_usize..400) {
        let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
        end.feed(&octets, chunk);
        let good = [Lines::new("s", 3).octets(), Script::dialler().frame()].concat();
        prop_assert_eq!(end.is_done(), octets.starts_with(&good));
    }

    #[test]
    fn a_frame_reader_never_holds_more_than_its_limit(chunks: Vec<Vec<u8>>) {
        let limit = Limits::default().handshake_bytes / 2;
        let mut reader = FrameReader::new(limit);
        for chunk in &chunks {
            let mut input = &chunk[..];
            while let Ok(Some(_)) = reader.read(&mut input) {}
            prop_assert!(reader.buffer.len() <= limit);
        }
    }
}
