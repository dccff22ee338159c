//! How long small messages take: `cargo bench -p aemp-proto --bench codec`.

#![expect(clippy::disallowed_methods, reason = "a program that measures times")]

use std::{hint::black_box, time::Instant};

use aemp_proto::{
    kernel::Body,
    limits::Limits,
    message::{Bytes, Message, cbor, json},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const REPEATS: u32 = 200_000;
const ROUNDS: u32 = 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Add(u64),
    Put(u64, Bytes),
}

fn main() {
    let limits = Limits::default();
    for (name, message) in
        [("[tag, u64]", Request::Add(500)), ("[tag, u64, 32 octets]", Request::Put(500, Bytes::from(&[7; 32])))]
    {
        let mut out = Vec::with_capacity(4096);
        measure(name, "CBOR, encode", || {
            out.clear();
            cbor::encode(black_box(&message), &mut out).unwrap();
        });
        decode::<Request>(name, "CBOR, decode", &out, &limits);
        decode::<Message>(name, "CBOR, decode to values", &out, &limits);
        measure(name, "JSON, encode", || {
            out.clear();
            json::encode(black_box(&message), &mut out).unwrap();
        });
        measure(name, "JSON, decode", || {
            black_box(json::decode::<Request>(black_box(&out), &limits).unwrap());
        });
    }
}

fn decode<M: DeserializeOwned>(name: &str, what: &str, octets: &[u8], limits: &Limits) {
    measure(name, what, || {
        black_box(cbor::decode::<M>(&Body::Borrowed(black_box(octets)), limits).unwrap());
    });
}

/// The best of several rounds: the others were disturbed.
fn measure(name: &str, what: &str, mut run: impl FnMut()) {
    let round = |_| {
        let start = Instant::now();
        (0..REPEATS).for_each(|_| run());
        start.elapsed()
    };
    let best = (0..ROUNDS).map(round).min().unwrap_or_default();
    println!("{name}: {what}: {:.1} ns", best.as_secs_f64() * 1e9 / f64::from(REPEATS));
}
