//! Every recorded session, our node taking either side's part.

use std::collections::BTreeMap;

use super::{
    end::{End, dialler},
    recording::{Connection, connection, connections, outside_of_tls, parts},
    verdicts::{NOT_OURS, VERDICTS},
};
use crate::{
    base::{Established, Framing, Method, Secret},
    link::Side,
    wire::greeting::Greeting,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Dialler,
    Acceptor,
}

impl Connection {
    /// What the played side said, and what it heard.
    pub(super) fn said_and_heard(&self, part: Part) -> (&[u8], &[u8]) {
        match part {
            Part::Dialler => (&self.from_dialler, &self.from_acceptor),
            Part::Acceptor => (&self.from_acceptor, &self.from_dialler),
        }
    }

    /// The secret that the played side had.
    fn secret(&self, part: Part) -> Option<Secret> {
        let octets: &[u8] = match (self.session, part) {
            ("no-auth-at-all" | "tls-sha3" | "tls-other-cert", _) | ("tls-cert-vs-secret", Part::Acceptor) => b"",
            ("handshake-wrong-secret", Part::Dialler) => b"falsch",
            _ => b"geheim",
        };
        Secret::new(octets)
    }

    /// One side with its recorded greeting; `None` if that is no greeting that we could send.
    fn end(&self, part: Part) -> Option<End> {
        let (greeting, _, _) = parts(self.said_and_heard(part).0);
        let greeting = Greeting::parse(greeting.first()?, greeting.get(1)?).ok()?;
        let side = if part == Part::Dialler { dialler() } else { Side::Acceptor };
        let mut end = End::recorded(greeting, self.secret(part), side);
        // In that session the nodes had certificates of different authorities.
        end.peer_verified = self.session != "tls-other-cert";
        Some(end)
    }

    /// The same, after it heard all that it heard.
    pub(super) fn play(&self, part: Part, chunk: usize) -> Option<End> {
        let mut end = self.end(part)?;
        end.feed(self.said_and_heard(part).1, chunk);
        Some(end)
    }
}

/// What our node has when it took a part in the handshake of a recorded connection.
pub(crate) fn established(session: &str, number: u32, part: Part) -> Established {
    connection(session, number).play(part, 4096).unwrap().outcome.unwrap().unwrap()
}

/// One end of a recorded connection that was established.
pub(crate) struct RecordedEnd {
    pub(crate) session: &'static str,
    pub(crate) number: u32,
    pub(crate) part: Part,
    /// The node ID of the played side.
    pub(crate) node: String,
    pub(crate) established: Established,
    /// All that it heard behind the handshake.
    pub(crate) heard: Vec<u8>,
}

/// All of them, with the plain text of those with TLS.
pub(crate) fn recorded_ends() -> Vec<RecordedEnd> {
    let one = |connection: &Connection, part| {
        let (said, heard) = connection.said_and_heard(part);
        let established = connection.play(part, usize::MAX)?.outcome?.ok()?;
        let node = String::from_utf8(parts(said).0[0].split(|octet| *octet == b';').nth(2)?.to_vec()).ok()?;
        let heard = parts(heard).2.to_vec();
        Some(RecordedEnd { session: connection.session, number: connection.number, part, node, established, heard })
    };
    connections()
        .iter()
        .flat_map(|connection| PARTS.into_iter().filter_map(move |part| one(connection, part)))
        .collect()
}

/// What became of a side, in words.
fn verdict(end: Option<&End>) -> String {
    let Some(end) = end else { return NOT_OURS.to_owned() };
    match (&end.outcome, &end.stream_error) {
        (None, _) => "waits".to_owned(),
        (Some(Err(error)), _) => format!("{error:?}"),
        (Some(Ok(_)), Some(error)) => format!("{error:?}"),
        (Some(Ok(_)), None) => "established".to_owned(),
    }
}

fn expected(connection: &Connection, part: Part) -> &'static str {
    let found = VERDICTS.iter().find(|row| (row.0, row.1) == (connection.session, connection.number));
    let (dialler, acceptor) = found.map_or(("established", "established"), |row| (row.2, row.3));
    if part == Part::Dialler { dialler } else { acceptor }
}

pub(super) const PARTS: [Part; 2] = [Part::Dialler, Part::Acceptor];

#[test]
fn every_recorded_connection_ends_as_it_should_for_either_side() {
    for connection in connections() {
        for part in PARTS {
            let end = connection.play(part, 4096);
            let verdict = verdict(end.as_ref());
            assert_eq!(verdict, expected(&connection, part), "{} {} {part:?}", connection.session, connection.number);
        }
    }
}

#[test]
fn every_verdict_is_about_a_recorded_connection() {
    let all = connections();
    for (session, number, ..) in VERDICTS {
        assert!(all.iter().any(|one| (one.session, one.number) == (*session, *number)), "{session} {number}");
    }
}

/// Our octets are those of the original: the greeting, and the line that proves us.
#[test]
fn what_we_say_is_what_the_original_said() {
    let mut proofs = 0;
    for connection in connections() {
        for part in PARTS {
            let Some(end) = connection.play(part, 4096) else { continue };
            let (greeting, auth, _) = parts(connection.said_and_heard(part).0);
            let greeting = [greeting[0], b"\n", greeting[1], b"\n"].concat();
            let said = end.sent.strip_prefix(&greeting[..]).expect("the greeting comes first");
            match auth {
                // Clients in Python, which do what our node never does.
                Some(auth) if !auth.starts_with(b"hmac") && !auth.starts_with(b"tls") => {}
                Some(auth) if end.established().is_some() => {
                    assert_eq!(said, [auth, b"\n"].concat(), "{} {}", connection.session, connection.number);
                    proofs += 1;
                }
                _ => {}
            }
            assert!(
                end.error().is_none() || part == Part::Dialler || said.is_empty(),
                "an acceptor proves nothing first"
            );
        }
    }
    assert!(proofs > 50, "{proofs}");
}

#[test]
fn the_secret_is_never_said() {
    for connection in connections() {
        for end in PARTS.iter().filter_map(|part| connection.play(*part, 4096)) {
            let said = String::from_utf8(end.sent).unwrap();
            assert!(!said.contains("67656865696d") && !said.contains("geheim"), "{}", connection.session);
        }
    }
}

#[test]
fn chunks_make_no_difference() {
    for connection in connections() {
        for part in PARTS {
            let Some(whole) = connection.play(part, usize::MAX) else { continue };
            for chunk in [1, 7, 150] {
                let end = connection.play(part, chunk).unwrap();
                assert_eq!(verdict(Some(&end)), verdict(Some(&whole)), "{} {chunk}", connection.session);
                // Printed, because not-a-number is not equal to itself.
                assert_eq!(
                    format!("{:?}", end.received),
                    format!("{:?}", whole.received),
                    "{} {chunk}",
                    connection.session
                );
            }
        }
    }
}

#[test]
fn a_session_may_be_split_in_two_anywhere() {
    for connection in [connection("handshake-hmac-cbor", 1), connection("tls-sha3", 1)] {
        let (_, heard) = connection.said_and_heard(Part::Acceptor);
        let whole = connection.play(Part::Acceptor, usize::MAX).unwrap();
        for place in 1..heard.len() {
            let mut end = connection.end(Part::Acceptor).unwrap();
            let (first, second) = heard.split_at(place);
            end.feed(first, usize::MAX);
            end.feed(second, usize::MAX);
            assert_eq!((end.received, end.sent), (whole.received.clone(), whole.sent.clone()), "{place}");
        }
    }
}

/// The octets of one handshake as a vector, for implementations in other languages.
#[test]
fn the_vector_is_met_by_both_sides() {
    let vector: BTreeMap<String, String> =
        serde_json::from_str(include_str!("transcripts/vector-hmac-sha3-512.json")).unwrap();
    let of = |side: &str, part: &str| &vector[&format!("{side}_{part}")][..];
    for (mine, other, side) in [("a", "b", dialler()), ("b", "a", Side::Acceptor)] {
        let greeting = Greeting::parse(of(mine, "line1").as_bytes(), of(mine, "line2").as_bytes()).unwrap();
        let mut end = End::recorded(greeting, Secret::new(vector["secret"].as_bytes()), side);
        let lines = |side| format!("{}\n{}\n{}\n", of(side, "line1"), of(side, "line2"), of(side, "auth"));
        end.feed(lines(other).as_bytes(), 4096);
        assert_eq!(String::from_utf8(end.sent.clone()).unwrap(), lines(mine));
        assert_eq!(end.established().unwrap().greeting().key("provider"), Some("AE-2.02"));
    }
}

#[test]
fn the_framings_of_both_directions_are_independent() {
    let framings = |session, part| {
        let end = connection(session, 1).play(part, 4096).unwrap();
        let established = end.established().unwrap();
        (established.sending(), established.receiving(), established.method())
    };
    // The dialler takes JSON only and the acceptor likes CBOR better, but the dialler cannot send that either.
    assert_eq!(framings("dataconn-2.02", Part::Acceptor), (Framing::Json, Framing::Json, Method::Hmac));
    assert_eq!(framings("cbor-text-strings", Part::Acceptor), (Framing::Cbor, Framing::Cbor, Method::Cleartext));
    assert_eq!(framings("tls-and-secret", Part::Dialler), (Framing::Json, Framing::Json, Method::TlsHash));
}

/// The side with the lower nonce is the client of TLS; the recorded one sent a `ClientHello` (RFC 8446, section 4).
#[test]
fn the_roles_in_tls_are_those_of_the_original() {
    let inside = connections();
    let outside = outside_of_tls();
    assert_eq!(outside.len(), 5);
    for connection in outside {
        let plain =
            inside.iter().find(|one| (one.session, one.number) == (connection.session, connection.number)).unwrap();
        for part in PARTS {
            let (said, _) = connection.said_and_heard(part);
            let record = said.splitn(3, |octet| *octet == b'\n').nth(2).unwrap();
            let is_client = match record[5] {
                1 => true,
                2 => false,
                other => panic!("a record of TLS begins with {other}"),
            };
            assert_eq!(plain.play(part, 4096).unwrap().tls_client, Some(is_client), "{} {part:?}", connection.session);
        }
    }
}
