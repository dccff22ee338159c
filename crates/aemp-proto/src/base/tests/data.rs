//! The messages of the recorded sessions, read and written again.

use super::{
    recording::{connection, connections, parts},
    replay::{PARTS, Part},
};
use crate::{
    base::{Destination, Framing, MessageReader, Received, encode},
    id::PortName,
    limits::Limits,
    message::EncodeError,
    value::{Bytes, Value},
};

/// The messages that one side sent, each with its octets.
fn messages(framing: Framing, mut octets: &[u8]) -> Vec<(Received, &[u8])> {
    let mut reader = MessageReader::new(framing, &Limits::default());
    let mut all = Vec::new();
    while !octets.is_empty() {
        let before = octets;
        match reader.read(&mut octets) {
            Ok(Some(message)) => all.push((message, &before[..before.len() - octets.len()])),
            Ok(None) | Err(_) => break,
        }
    }
    all
}

fn written(framing: Framing, received: &Received) -> Result<Vec<u8>, EncodeError> {
    let Destination::Port(port) = &received.destination else { panic!("nobody sends to {received:?}") };
    let mut out = Vec::new();
    encode(framing, port, &received.message, &Limits::default(), &mut out).map(|()| out)
}

fn any(values: &[Value], wanted: &impl Fn(&Value) -> bool) -> bool {
    values.iter().any(|value| {
        wanted(value)
            || match value {
                Value::Array(items) => any(items, wanted),
                Value::Map(entries) => entries.iter().any(|(key, value)| any(&[key.clone(), value.clone()], wanted)),
                _ => false,
            }
    })
}

/// Whether a message can be written in several ways.
fn is_open(session: &str, octets: &[u8], received: &Received) -> bool {
    // A number with a fraction has no fixed width or digits. An empty name may be missing where nothing follows it.
    any(&received.message.0, &|value| matches!(value, Value::Float(_))) || octets == b"[]" || octets == b"\x80"
        // A reference to a scalar, which only Perl has, is read as the scalar.
        || octets.windows(3).any(|tag| tag == [0xd9, 0x56, 0x52])
        // A name that Perl got as a text it sends as a text, and a name does not remember that.
        || session == "cbor-text-strings"
}

/// All that the protocol fixes is written by us as Perl nodes wrote it.
#[test]
fn what_perl_nodes_sent_is_written_octet_by_octet() {
    let (mut exact, mut inexact, mut refused) = (0, 0, 0);
    for connection in connections() {
        for part in PARTS {
            let (said, _) = connection.said_and_heard(part);
            let (greeting, Some(auth), data) = parts(said) else { continue };
            let framing = if auth.ends_with(b";cbor") { Framing::Cbor } else { Framing::Json };
            if !greeting[0].windows(7).any(|word| word == b"AE-2.02") {
                continue;
            }
            for (received, octets) in messages(framing, data) {
                let written = written(framing, &received);
                if any(&received.message.0, &|value| matches!(value, Value::Float(number) if !number.is_finite())) {
                    assert_eq!(written, Err(EncodeError::NotFinite));
                    refused += 1;
                } else if is_open(connection.session, octets, &received) {
                    assert_eq!(messages(framing, &written.unwrap())[0].0, received);
                    inexact += 1;
                } else {
                    assert_eq!(written.unwrap(), octets, "{}", String::from_utf8_lossy(octets));
                    exact += 1;
                }
            }
        }
    }
    assert!(exact > 200 && inexact > 5 && refused > 0, "{exact} {inexact} {refused}");
}

#[test]
fn a_session_in_cbor_keeps_texts_and_octets_apart() {
    let end = connection("handshake-hmac-cbor", 1).play(Part::Acceptor, 64).unwrap();
    let show = &end.received[4];
    assert_eq!(show.destination, Destination::Port("j8L0VtYfkb".parse::<PortName>().unwrap()));
    let octets = |text: &str| Value::from(Bytes::from(text.as_bytes()));
    assert_eq!(
        show.message.0,
        [
            octets("show"),
            octets("a string"),
            1.into(),
            (-5).into(),
            2.5.into(),
            1e300.into(),
            300.into(),
            70000.into(),
            1_099_511_627_776_i64.into(),
            Value::Null,
            true.into(),
            false.into(),
            Value::Array(vec![1.into(), Value::Array(vec![2.into()])]),
            Value::Map(vec![(octets("k"), octets("v"))]),
            "hé".into(),
            "€".into(),
            octets(""),
        ]
    );
}

/// To ports of impossible names nothing is sent by the original's nodes; a client did, and went on afterwards.
#[test]
fn an_impossible_destination_is_nowhere_and_the_session_goes_on() {
    for number in [7, 8] {
        let end = connection("holes-decode", number).play(Part::Acceptor, 64).unwrap();
        let nowhere: Vec<_> =
            end.received.iter().map(|received| received.destination == Destination::Nowhere).collect();
        assert_eq!(nowhere, [false, true, false, false], "{number}");
    }
}

#[test]
fn what_came_before_a_malformed_message_is_delivered() {
    for (number, count) in [(1, 3), (2, 1), (3, 1), (4, 1), (5, 1)] {
        let end = connection("holes-decode", number).play(Part::Acceptor, usize::MAX).unwrap();
        assert_eq!(end.received.len(), count, "{number}");
        assert!(end.stream_error.is_some());
    }
}
