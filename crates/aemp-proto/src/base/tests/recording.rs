//! The recorded sessions: see transcripts/README.md.

use std::collections::BTreeMap;

use serde::Deserialize;

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("transcripts/", $name)))),*]
    };
}

macro_rules! with_tls {
    ($($name:literal)*) => {
        &[$((
            $name,
            include_str!(concat!("transcripts/", $name, ".jsonl")),
            include_str!(concat!("transcripts/", $name, ".plain-a")),
            include_str!(concat!("transcripts/", $name, ".plain-b")),
        )),*]
    };
}

/// What a proxy between the nodes saw.
const PROXIED: &[(&str, &str)] = files! {
    "cbor-text-strings.jsonl" "data-phase-cbor.jsonl" "data-phase-json.jsonl" "dataconn-2.02.jsonl" "global-gB-gA.jsonl"
    "global-sC-gA.jsonl" "guard-drop.jsonl" "half-open.jsonl" "half-open-2.jsonl" "handshake-cleartext.jsonl"
    "handshake-hmac-cbor.jsonl" "handshake-hmac-json.jsonl" "handshake-limits.jsonl" "handshake-refused.jsonl"
    "handshake-wrong-secret.jsonl" "holes-decode.jsonl" "no-auth-at-all.jsonl" "no-listener.jsonl" "restart.jsonl"
    "switched-connections.jsonl" "tls-cert-vs-secret.jsonl" "tls-one-side.jsonl" "v1-C-A.jsonl"
};

/// The same with TLS, and what the acceptor and the dialler wrote: in the clear, and inside TLS.
const WITH_TLS: &[(&str, &str, &str, &str)] = with_tls! { "tls-sha3" "tls-and-secret" "tls-other-cert" };

/// One connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) session: &'static str,
    /// Counted from 1 within the session.
    pub(super) number: u32,
    pub(super) from_dialler: Vec<u8>,
    pub(super) from_acceptor: Vec<u8>,
}

/// All connections on which anything was said, with the plain text of those with TLS.
pub(super) fn connections() -> Vec<Connection> {
    let proxied = PROXIED.iter().flat_map(|(file, text)| proxied(file.trim_end_matches(".jsonl"), text));
    let written =
        WITH_TLS.iter().flat_map(|(session, _, acceptor, dialler)| {
            written(acceptor).into_iter().zip(written(dialler)).zip(1..).map(
                |((from_acceptor, from_dialler), number)| Connection { session, number, from_dialler, from_acceptor },
            )
        });
    proxied.chain(written).collect()
}

/// The connections with TLS, as they looked from outside.
pub(super) fn outside_of_tls() -> Vec<Connection> {
    WITH_TLS.iter().flat_map(|(session, outside, ..)| proxied(session, outside)).collect()
}

pub(super) fn connection(session: &str, number: u32) -> Connection {
    let in_the_clear = PROXIED.iter().find(|(file, _)| file.trim_end_matches(".jsonl") == session);
    let all = in_the_clear.map_or_else(connections, |(file, text)| proxied(file.trim_end_matches(".jsonl"), text));
    let found = all.into_iter().find(|connection| connection.session == session && connection.number == number);
    found.unwrap_or_else(|| panic!("no connection {number} in {session}"))
}

/// What was said on a connection, chunk by chunk: whether by the dialler, and the octets.
pub(crate) fn chunks(session: &str, number: u32) -> Vec<(bool, Vec<u8>)> {
    let file = format!("{session}.jsonl");
    let (_, text) = PROXIED.iter().find(|(name, _)| **name == file).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Event>(line).unwrap());
    let said = events.filter(|event| event.conn == Some(number));
    said.filter_map(|event| Some((event.dir? == ">", octets(&event.hex?)))).collect()
}

/// One line of a recording; lines about other things than octets have no `hex`.
#[derive(Deserialize)]
struct Event {
    conn: Option<u32>,
    dir: Option<String>,
    hex: Option<String>,
}

fn proxied(session: &'static str, text: &str) -> Vec<Connection> {
    let mut all = BTreeMap::new();
    for line in text.lines() {
        let event: Event = serde_json::from_str(line).unwrap();
        let (Some(number), Some(dir), Some(hex)) = (event.conn, event.dir, event.hex) else { continue };
        let connection = all.entry(number).or_insert_with(|| Connection {
            session,
            number,
            from_dialler: Vec::new(),
            from_acceptor: Vec::new(),
        });
        let side = if dir == ">" { &mut connection.from_dialler } else { &mut connection.from_acceptor };
        side.extend(octets(&hex));
    }
    all.into_values().collect()
}

/// What a process wrote, one connection after the other.
fn written(text: &str) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for line in text.lines() {
        let [_time, direction, hex] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        if direction != ">" {
            continue;
        }
        let octets = octets(hex);
        if octets.starts_with(b"aemp;") {
            all.push(Vec::new());
        }
        all.last_mut().unwrap().extend(octets);
    }
    all
}

fn octets(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect()
}

/// The first two lines, the third one and what follows; fewer if there are fewer.
pub(super) fn parts(octets: &[u8]) -> (Vec<&[u8]>, Option<&[u8]>, &[u8]) {
    let mut lines = octets.splitn(4, |octet| *octet == b'\n');
    let greeting: Vec<_> = lines.by_ref().take(2).map(|line| line.trim_ascii_end()).collect();
    let auth = lines.next().filter(|line| !line.is_empty());
    (greeting, auth, lines.next().unwrap_or_default())
}
