//! The messages of base peers: in whatever parts they come, they are the same, and what was read can be written.

use aemp_proto::{
    base::{Destination, Framing, MessageReader, encode},
    limits::Limits,
};

/// The first octet says which framing it is, and how long the parts are.
pub(crate) fn read(octets: &[u8]) {
    let Some((first, octets)) = octets.split_first() else { return };
    let framing = if first % 2 == 0 { Framing::Json } else { Framing::Cbor };
    let whole = messages(framing, octets, usize::MAX);
    let parts = messages(framing, octets, usize::from(first / 2).max(1));
    assert_eq!(whole, parts, "parts make no difference");
}

/// What was read, as it is printed and as it is written again; and the error at the end, if there is one.
fn messages(framing: Framing, octets: &[u8], part: usize) -> (Vec<String>, Option<String>) {
    let limits = Limits::default();
    let mut reader = MessageReader::new(framing, &limits);
    let mut found = Vec::new();
    for mut part in octets.chunks(part) {
        while !part.is_empty() {
            match reader.read(&mut part) {
                Ok(Some(received)) => {
                    let mut written = Vec::new();
                    if let Destination::Port(name) = &received.destination {
                        // Values that Perl cannot read are refused.
                        let _ = encode(framing, name, &received.message, &limits, &mut written);
                    }
                    found.push(format!("{received:?} {written:?}"));
                }
                Ok(None) => {}
                Err(error) => return (found, Some(error.to_string())),
            }
        }
    }
    (found, None)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let json = br#"["","mon1","x"] ["x","a",1,[2,{"k":null}]][]["",{}]"#;
    let cbor = b"\x83\x40\x44mon1\x41x\x9f\x41x\x18\x2a\xa1\x41k\xf6\xff\x80\xd9\xd9\xf7\x81\x60";
    vec![[b"\x08".as_slice(), json].concat(), [b"\x07".as_slice(), cbor].concat()]
}
