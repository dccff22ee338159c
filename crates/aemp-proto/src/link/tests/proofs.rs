//! Proofs that a scripted peer sends to a link.

use super::{
    ends::{End, dialler, identity, secret},
    script::{Lines, Script, frame, proof_frame},
};
use crate::link::{LinkError, PeerMisbehaved, Role, Side};

/// An acceptor that has got the greeting of "s" and these octets behind it.
fn acceptor_after(greeting: &Lines, octets: &[u8]) -> End {
    let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
    assert_eq!(end.link.transmit(), Lines::new("b", 2).octets());
    end.feed(&greeting.octets(), 4096);
    end.feed(octets, 4096);
    end
}

/// A dialler that has got the greeting of "s" and these octets behind it.
fn dialler_after(octets: &[u8]) -> End {
    let mut end = End::new(identity("a", secret()), dialler(), 1);
    assert_eq!(end.link.transmit(), Lines::new("a", 1).octets());
    end.feed(&Lines::new("s", 3).octets(), 4096);
    assert!(!end.link.transmit().is_empty());
    end.feed(octets, 4096);
    end
}

fn refused(frame: &[u8]) -> LinkError {
    let mut end = acceptor_after(&Lines::new("s", 3), frame);
    let told = String::from_utf8_lossy(&end.link.transmit()[5..]).into_owned();
    assert_eq!(told, format!("\x0bauth_failed{}", LinkError::AuthenticationFailed), "the same words for every cause");
    end.error()
}

#[test]
fn a_scripted_dialler_is_accepted_and_answered_byte_by_byte() {
    let mut end = acceptor_after(&Lines::new("s", 3), &Script::dialler().frame());
    let answer = Script { role: "acceptor", seed: [b'b'; 32], ..Script::dialler() };
    assert_eq!(end.link.transmit(), answer.frame());
    assert_eq!(end.outcome.unwrap().unwrap().role(), Role::Acceptor);
}

#[test]
fn a_scripted_acceptor_is_accepted() {
    let mut end = End::new(identity("a", secret()), dialler(), 1);
    end.link.transmit();
    end.feed(&Lines::new("s", 3).octets(), 4096);
    let proof = Script { role: "dialler", seed: [b'a'; 32], ..Script::acceptor() };
    assert_eq!(end.link.transmit(), proof.frame(), "the dialler proves itself first");
    end.feed(&Script::acceptor().frame(), 4096);
    assert!(end.is_done());
}

#[test]
fn the_acceptor_says_nothing_before_it_has_verified() {
    let frame = Script::dialler().frame();
    for length in 0..frame.len() {
        let mut end = acceptor_after(&Lines::new("s", 3), &frame[..length]);
        assert!(end.outcome.is_none() && end.link.transmit().is_empty(), "{length}");
    }
}

#[test]
fn octets_behind_the_proof_belong_to_the_session() {
    let proof = Script::dialler().frame();
    let octets = [&Lines::new("s", 3).octets()[..], &proof, b"session"].concat();
    for split in 0..octets.len() {
        let mut end = End::new(identity("b", secret()), Side::Acceptor, 2);
        end.feed(&octets[..split], 4096);
        end.feed(&octets[split..], 4096);
        assert!(end.is_done());
        assert_eq!(end.rest, b"session", "{split}");
    }
}

#[test]
fn every_changed_bit_of_a_proof_is_noticed() {
    let proof = Script::dialler().frame();
    for index in 5..proof.len() {
        let mut changed = proof.clone();
        changed[index] ^= 1 << (index % 8);
        refused(&changed);
    }
}

#[test]
fn a_proof_from_elsewhere_is_refused() {
    let good = Script::dialler;
    for (what, script) in [
        ("another secret", Script { secret: vec![8; 32], ..good() }),
        ("an empty secret", Script { secret: vec![], ..good() }),
        ("the other direction", Script { role: "acceptor", ..good() }),
        ("greetings exchanged", Script { dialler: good().acceptor, acceptor: good().dialler, ..good() }),
        ("another exporter", Script { exporter: vec![1; 64], ..good() }),
        ("no exporter", Script { exporter: vec![], ..good() }),
        ("another version", Script { version: 2, ..good() }),
        ("another node", Script { dialler: Lines::new("t", 3), ..good() }),
        ("another nonce", Script { dialler: Lines::new("s", 4), ..good() }),
        ("our other nonce", Script { acceptor: Lines::new("b", 4), ..good() }),
    ] {
        assert_eq!(refused(&script.frame()), LinkError::AuthenticationFailed, "{what}");
    }
}

#[test]
fn a_method_that_was_not_agreed_on_is_refused() {
    for method in [0, 2, 3, 255] {
        let error = refused(&Script { method, ..Script::dialler() }.frame());
        assert_eq!(error, PeerMisbehaved::MethodNotAccepted.into());
    }
}

#[test]
fn a_proof_of_another_size_is_refused() {
    let proof = Script::dialler().frame();
    for body in [&[][..], &proof[5..6], &proof[5..proof.len() - 1], &[&proof[5..], &[0]].concat()] {
        assert_eq!(refused(&frame(1, body)), PeerMisbehaved::MalformedProof.into());
    }
}

#[test]
fn no_member_can_claim_the_incarnation_of_another() {
    let victim = Script { seed: [6; 32], ..Script::dialler() };
    let thief = Script::dialler();
    let stolen = proof_frame(1, &victim.mac(), &victim.public_key(), &thief.signature());
    assert_eq!(refused(&stolen), LinkError::AuthenticationFailed);
}

#[test]
fn a_public_key_of_small_order_is_refused() {
    // With the neutral element as key, R = 1 and s = 0 would verify for every text under the lax rules.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let error = refused(&proof_frame(1, &Script::dialler().mac(), &neutral, &signature));
    assert_eq!(error, LinkError::AuthenticationFailed);
}

#[test]
fn a_dialler_does_not_believe_its_own_proof() {
    let own = Script { role: "dialler", seed: [b'a'; 32], ..Script::acceptor() };
    assert_eq!(dialler_after(&own.frame()).error(), LinkError::AuthenticationFailed);
}

#[test]
fn a_man_in_the_middle_has_two_exporters() {
    let (mut a, mut b) = End::pair();
    b.exporter = [1; 64];
    super::ends::connect(&mut a, &mut b, 4096, super::ends::unchanged);
    assert!(!a.is_done() && !b.is_done());
}

#[test]
fn a_frame_of_the_session_before_the_proof_is_refused() {
    for kind in [0, 3, 0x10, 0xff] {
        let mut end = acceptor_after(&Lines::new("s", 3), &frame(kind, b"hello"));
        assert!(end.link.transmit().is_empty());
        assert_eq!(end.error(), PeerMisbehaved::UnexpectedFrame(kind).into());
    }
}

#[test]
fn a_refusal_is_read_and_cleaned() {
    let read = |body: &[u8]| dialler_after(&frame(2, body)).error();
    let LinkError::Refused(refusal) = read(b"\x0enode_id_in_usetaken") else { panic!("not a refusal") };
    assert_eq!(refusal.to_string(), "node_id_in_use: taken");
    assert!(matches!(read(b"\x03newof a later release"), LinkError::Refused(_)));
    for body in
        [&b""[..], b"\x00text", b"\x05abc", b"\x01a\x1b[2J", b"\x01a\xff", &[b"\x01a", &[b'x'; 1001][..]].concat()]
    {
        assert_eq!(read(body), PeerMisbehaved::MalformedRefusal.into());
    }
}
