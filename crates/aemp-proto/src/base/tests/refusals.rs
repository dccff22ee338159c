//! The rows of the attack table that base connections have.

use std::collections::BTreeMap;

use super::end::{End, connect, dialler, member, secret};
use crate::{
    base::{Credentials, Framing, Method, Progress, Secret, Tolerated},
    link::{LinkError, Outstanding, PeerIncompatible, PeerMisbehaved, Side},
    wire::greeting::{Greeting, GreetingError},
};

/// `geheim`, as a peer sends it in clear text.
const CLEAR: &str = "67656865696d";

fn acceptor(credentials: Credentials, tolerated: Tolerated) -> End {
    End::new(&member("b", credentials, tolerated), Side::Acceptor, 2)
}

fn plain() -> End {
    acceptor(Credentials::Secret(secret()), Tolerated::default())
}

fn encrypted() -> End {
    acceptor(Credentials::CertificateOrSecret(secret()), Tolerated::default())
}

fn tolerant(credentials: Credentials) -> End {
    acceptor(credentials, Tolerated { cleartext: true, anonymous: true })
}

/// A greeting of a peer `s` and its line.
fn says(mut end: End, keys: &str, line: &str) -> End {
    end.feed(format!("aemp;1;s;tls_sha3_512,hmac_sha3_512;cbor,json{keys}\nnonce\n{line}\n").as_bytes(), 4096);
    end
}

#[track_caller]
fn refused(end: &End, error: impl Into<LinkError>) {
    assert_eq!(end.error(), Some(&error.into()));
}

#[test]
fn a_method_that_was_not_offered_is_refused() {
    for line in [
        &format!("cleartext;{CLEAR};json"),
        "tls_sha3_512;00;json",
        "tls_anon;;json",
        "hmac_md6_64_256;00;json",
        "eval;1;json",
        "HMAC_SHA3_512;00;json",
        ";;json",
    ] {
        refused(&says(plain(), "", line), PeerMisbehaved::MethodNotAccepted);
    }
    refused(&says(encrypted(), ";tls=1.0", "tls_anon;;json"), PeerMisbehaved::MethodNotAccepted);
}

#[test]
fn clear_text_is_accepted_where_it_is_allowed() {
    let end = says(tolerant(Credentials::Secret(secret())), "", &format!("cleartext;{CLEAR};json;x=y"));
    assert_eq!(end.established().unwrap().method(), Method::Cleartext);
    for wrong in ["66616c736368", "", "geheim", "67656865696D", "67656865696d00", "67656865"] {
        let end = says(tolerant(Credentials::Secret(secret())), "", &format!("cleartext;{wrong};json"));
        refused(&end, LinkError::AuthenticationFailed);
    }
}

#[test]
fn anonymous_members_are_accepted_where_they_are_allowed() {
    let end = says(tolerant(Credentials::Certificate), ";tls=1.0", "tls_anon;;json");
    assert_eq!(end.established().unwrap().method(), Method::TlsAnonymous);
    refused(&says(tolerant(Credentials::Certificate), ";tls=1.0", "tls_anon;x;json"), LinkError::AuthenticationFailed);
}

/// Within TLS the original accepts an HMAC with an empty key, and an empty secret.
#[test]
fn methods_belong_inside_tls_or_outside() {
    let both = || tolerant(Credentials::CertificateOrSecret(secret()));
    for line in ["hmac_sha3_512;00;json", "cleartext;;json", &format!("cleartext;{CLEAR};json")] {
        refused(&says(both(), ";tls=1.0", line), PeerMisbehaved::MethodOutOfPlace);
    }
    for line in ["tls_sha3_512;00;json", "tls_anon;;json"] {
        refused(&says(both(), "", line), PeerMisbehaved::MethodOutOfPlace);
    }
}

#[test]
fn with_a_certificate_only_nobody_comes_in_without_tls() {
    let end = acceptor(Credentials::Certificate, Tolerated { cleartext: true, anonymous: true });
    refused(&says(end, "", "cleartext;;json"), PeerIncompatible::NoCommonBaseMethod);
}

/// The hash of the greetings is known to everybody, so it proves nothing without a certificate.
#[test]
fn within_tls_nobody_comes_in_without_a_certificate() {
    let mut a = End::new(&member("a", Credentials::Certificate, Tolerated::default()), dialler(), 1);
    let mut b = acceptor(Credentials::Certificate, Tolerated { anonymous: true, ..Tolerated::default() });
    b.peer_verified = false;
    connect(&mut a, &mut b, |_, octets| octets);
    refused(&b, LinkError::AuthenticationFailed);
    assert!(a.established().is_none());
}

#[test]
fn a_framing_that_was_not_offered_is_refused() {
    for framing in ["storable", "line", "native", "", "JSON", "cbor,json"] {
        let end = says(tolerant(Credentials::Secret(secret())), "", &format!("cleartext;{CLEAR};{framing}"));
        refused(&end, PeerMisbehaved::FramingNotAccepted);
    }
}

/// A node that greeted with JSON only gets nothing else.
#[test]
fn a_framing_is_refused_that_this_greeting_does_not_offer() {
    for (framing, accepted) in [("json", true), ("cbor", false)] {
        let greeting = Greeting::parse(b"aemp;1;b;hmac_sha3_512,cleartext;json", b"other").unwrap();
        let end =
            says(End::recorded(greeting, Some(secret()), Side::Acceptor), "", &format!("cleartext;{CLEAR};{framing}"));
        assert_eq!(end.established().map(|established| established.sending()), accepted.then_some(Framing::Json));
        assert_eq!(end.error().is_none(), accepted);
    }
}

#[test]
fn a_line_that_is_none_is_refused() {
    for line in ["", "hmac_sha3_512", "hmac_sha3_512;00"] {
        refused(&says(plain(), "", line), PeerMisbehaved::MalformedProof);
    }
    let mut end = plain();
    end.feed(b"aemp;1;s;hmac_sha3_512;json\n\nhmac_sha3_512;\xff;json\n", 4096);
    refused(&end, PeerMisbehaved::MalformedProof);
    let mut end = plain();
    end.feed(b"aemp;1;s;hmac_sha3_512;json\n\n", 4096);
    end.feed(&[b'a'; 4096], 100);
    refused(&end, PeerMisbehaved::Greeting(GreetingError::LineTooLong));
}

/// Every way in which a token can be wrong has the same answer.
#[test]
fn a_wrong_token_is_refused_whatever_is_wrong_with_it() {
    let peer = |secret: &[u8]| {
        let mut peer = End::new(
            &member("s", Credentials::Secret(Secret::new(secret).unwrap()), Tolerated::default()),
            dialler(),
            3,
        );
        let greeting = std::mem::take(&mut peer.sent);
        peer.feed(&plain().sent, 4096);
        (greeting, String::from_utf8(peer.sent).unwrap())
    };
    let (greeting, line) = peer(b"geheim");
    let token = line.split(';').nth(1).unwrap();
    let other_direction = {
        let mut accepting = plain();
        accepting.sent.clear();
        accepting.feed(&[greeting.clone(), line.clone().into_bytes()].concat(), 4096);
        String::from_utf8(accepting.sent).unwrap()
    };
    let wrong = [
        peer(b"falsch").1,
        other_direction.clone(),
        line.replace(token, &token[1..]),
        line.replace(token, &token[..token.len() - 1]),
        line.replace(token, &format!("{token}0")),
        line.replace(token, &token.to_uppercase()),
        line.replace(token, ""),
        line.replace(token, &"g".repeat(128)),
        line.replace(token, &format!("0x{token}")),
    ];
    for wrong in wrong {
        let mut end = plain();
        end.feed(&[greeting.clone(), wrong.into_bytes()].concat(), 4096);
        refused(&end, LinkError::AuthenticationFailed);
    }
    assert_ne!(line, other_direction);
    let mut end = plain();
    end.feed(&[greeting, line.into_bytes()].concat(), 4096);
    assert!(end.established().is_some());
}

#[test]
fn a_side_that_refuses_says_nothing_more() {
    let mut dialling = End::new(&member("b", Credentials::Secret(secret()), Tolerated::default()), dialler(), 2);
    dialling.sent.clear();
    let dialling = says(dialling, "", "hmac_sha3_512;00;json");
    refused(&dialling, LinkError::AuthenticationFailed);
    assert!(dialling.sent.is_empty());
}

#[test]
fn a_handshake_that_is_over_stays_over() {
    let good = b"aemp;1;s;hmac_sha3_512;json\n\n";
    for bad in ["junk\n", "aemp;1;b;x;y\n\n", "aemp;1;s;x;y\n\n", "aemp;1;s;hmac_sha3_512;json\n\n;\n"] {
        let mut end = End::new(&member("b", Credentials::Secret(secret()), Tolerated::default()), dialler(), 2);
        end.feed(bad.as_bytes(), 4096);
        assert!(end.error().is_some());
        end.sent.clear();
        let mut rest = &good[..];
        assert_eq!(end.handshake.receive(&mut rest), Ok(Progress::Wait), "{bad:?}");
        assert!(end.handshake.transmit().is_empty() && rest.len() == good.len(), "{bad:?}");
    }
}

#[test]
fn an_echo_is_recognised() {
    for mut end in [plain(), encrypted()] {
        let own = std::mem::take(&mut end.sent);
        end.feed(&own, 4096);
        refused(&end, PeerMisbehaved::Echo);
        assert!(end.sent.is_empty());
    }
}

#[test]
fn nonces_of_our_own_are_refused() {
    let nonce = |octet: u8| format!("{octet:02x}").repeat(32);
    let greeting = |nonce: &str| format!("aemp;1;evil;hmac_sha3_512;json\n{nonce}\n");
    let all = Outstanding::default();
    let b = member("b", Credentials::Secret(secret()), Tolerated::default());
    let other = End::with(&b, dialler(), 7, &all);
    let mut same = End::with(&b, Side::Acceptor, 2, &all);
    same.feed(greeting(&nonce(2)).as_bytes(), 4096);
    refused(&same, PeerMisbehaved::SameNonce);
    let mut reflected = End::with(&b, Side::Acceptor, 3, &all);
    reflected.feed(greeting(&nonce(7)).as_bytes(), 4096);
    refused(&reflected, PeerMisbehaved::Reflection);
    drop(other);
    let mut later = End::with(&b, Side::Acceptor, 4, &all);
    later.feed(greeting(&nonce(7)).as_bytes(), 4096);
    assert!(later.outcome.is_none(), "the nonce of a handshake that is over is free");
}

#[test]
fn another_node_than_the_dialled_one_is_refused() {
    let side = Side::Dialler { expect: Some("c".parse().unwrap()) };
    let mut end = End::new(&member("b", Credentials::Secret(secret()), Tolerated::default()), side, 2);
    end.sent.clear();
    end.feed(b"aemp;1;s;hmac_sha3_512;json\n\n", 4096);
    refused(&end, LinkError::WrongNode { expected: "c".parse().unwrap(), found: "s".parse().unwrap() });
    assert!(end.sent.is_empty(), "it got no proof");
}

#[test]
fn a_native_node_has_no_framing_for_base_peers() {
    let mut end = plain();
    end.feed(b"aemp;1;s;hmac_sha3_512;native\n\n", 4096);
    refused(&end, PeerIncompatible::NoCommonFraming);
}

#[test]
fn a_recorded_handshake_is_worth_nothing() {
    let a = member("a", Credentials::Secret(secret()), Tolerated::default());
    let (mut dialling, mut accepting) = (End::new(&a, dialler(), 1), plain());
    let mut recorded = Vec::new();
    connect(&mut dialling, &mut accepting, |from_dialler, octets| {
        if from_dialler {
            recorded.extend_from_slice(&octets);
        }
        octets
    });
    assert!(accepting.established().is_some());
    let b = member("b", Credentials::Secret(secret()), Tolerated::default());
    for nonce in (0..=255).filter(|nonce| *nonce != 2 && *nonce != 1) {
        let mut end = End::new(&b, Side::Acceptor, nonce);
        end.feed(&recorded, 4096);
        refused(&end, LinkError::AuthenticationFailed);
    }
}

/// Among them everything that would take a method, a framing or TLS out of a greeting.
#[test]
fn every_changed_octet_of_a_greeting_ends_the_handshake() {
    let mut outcomes = BTreeMap::new();
    for credentials in [Credentials::Secret(secret()), Credentials::CertificateOrSecret(secret())] {
        let ends = || {
            let a = End::new(&member("a", credentials.clone(), Tolerated::default()), dialler(), 1);
            (a, acceptor(credentials.clone(), Tolerated::default()))
        };
        let lengths = [ends().0.sent.len(), ends().1.sent.len()];
        for (from_dialler, length) in [(true, lengths[0]), (false, lengths[1])] {
            for index in 0..length {
                for flip in [0x01, 0x07, 0x20, 0x80, 0xff] {
                    let (mut a, mut b) = ends();
                    let mut first = true;
                    connect(&mut a, &mut b, |of_dialler, mut octets| {
                        if of_dialler == from_dialler && std::mem::take(&mut first) {
                            octets[index] ^= flip;
                        } else if of_dialler == from_dialler {
                            first = false;
                        }
                        octets
                    });
                    *outcomes.entry((a.established().is_some(), b.established().is_some())).or_insert(0) += 1;
                }
            }
        }
    }
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), [&(false, false)]);
}

#[test]
fn a_secret_of_any_length_will_do() {
    for length in [1, 71, 72, 73, 180, 5000] {
        let credentials = Credentials::Secret(Secret::new(&vec![b'x'; length]).unwrap());
        let (mut a, mut b) = (
            End::new(&member("a", credentials.clone(), Tolerated::default()), dialler(), 1),
            acceptor(credentials, Tolerated::default()),
        );
        connect(&mut a, &mut b, |_, octets| octets);
        assert_eq!(a.established().unwrap().sending(), Framing::Cbor);
        assert!(b.established().is_some());
    }
}
