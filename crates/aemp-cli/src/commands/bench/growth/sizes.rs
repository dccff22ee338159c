//! Messages of all sizes.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use aemp::Bytes;

use super::{
    super::{Setting, failed, measure::percentile, message::Flow, peer::Pair, remote},
    Found, Growth, Over, Point,
};
use crate::exit::Failure;

/// The largest message: its tag and its number are part of the 64 MiB that a node takes.
const LARGEST: u64 = (64 << 20) - 64;
/// Octets that are sent for a point at least, if they are not too many messages.
const OCTETS: u64 = 256 << 20;
/// What takes so many octets is called often.
const OFTEN: u64 = 64 << 20;

pub(super) fn measure(growth: &Growth, found: &mut Found<'_>) -> Result<(), Failure> {
    let most = growth.most.unwrap_or(LARGEST).min(LARGEST);
    let sizes = (0..=26).step_by(2).map(|power| 1 << power).take_while(move |size| *size < most);
    let sizes: Vec<u64> = sizes.chain([most]).collect();
    for (plain, how) in [(false, "TLS"), (true, "plain")] {
        let pair = Pair::start(&Setting { plain, ..growth.setting })?;
        for size in &sizes {
            let mut point = |curve: &str, value, unit| {
                found(Point::new(Over::Octets, *size, &format!("{curve}, {how}"), value, unit))
            };
            let count = (OCTETS / size).min(growth.messages).max(3);
            let (time, _) = remote::flow(&pair, *size as usize, count)?;
            point("messages one way", (size * count) as f64 / time.as_secs_f64() / 1e6, "MB/s")?;
            let count = (OFTEN / size).min(growth.messages / 100).max(5);
            let mut times = calls(&pair, *size as usize, count)?;
            point("a message and a small answer", percentile(&mut times, 50.0).as_secs_f64() * 1e6, "us")?;
        }
    }
    Ok(())
}

/// Calls one after the other, with so many octets each. How long they took.
fn calls(pair: &Pair, size: usize, count: u64) -> Result<Vec<Duration>, Failure> {
    let (done, ended) = mpsc::channel();
    let (to, octets) = (pair.peer.clone(), Bytes::from(vec![7; size]));
    let (mut times, mut began) = (Vec::new(), Instant::now());
    let caller = pair.node.port(move |cx, answer: Option<u64>| {
        if let Some(taken) = answer {
            times.push(began.elapsed());
            if taken != octets.len() as u64 || times.len() as u64 == count {
                let _ = done.send((taken, std::mem::take(&mut times)));
                return cx.stop();
            }
        }
        began = Instant::now();
        cx.call(&to, |reply| Flow::Take(octets.clone(), reply), Result::ok);
    });
    pair.node.send(&caller, None);
    match ended.recv().map_err(failed)? {
        (taken, times) if taken == size as u64 => Ok(times),
        (taken, _) => Err(failed(format_args!("{taken} octets arrived, and not {size}"))),
    }
}
