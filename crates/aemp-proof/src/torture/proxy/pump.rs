//! Carries octets from one socket to the other.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    thread,
};

use super::{
    link::{Fate, Link},
    pair::Pair,
};

/// The octets that are read at once; a slow link holds them up as a whole.
const BATCH: usize = 8 << 10;
/// At most so many octets of a batch are written one by one.
const SLICES: usize = 512;

/// Starts both directions; `first` was read from the dialler already.
pub(super) fn start(link: &Arc<Link>, pair: &Arc<Pair>, first: Vec<u8>) {
    let (there, back) = ((Arc::clone(link), Arc::clone(pair)), (Arc::clone(link), Arc::clone(pair)));
    thread::spawn(move || {
        let (link, pair) = there;
        run(&link, &pair, true, first);
    });
    thread::spawn(move || {
        let (link, pair) = back;
        run(&link, &pair, false, Vec::new());
    });
}

fn run(link: &Arc<Link>, pair: &Arc<Pair>, from_dialler: bool, first: Vec<u8>) {
    let (from, to) = if from_dialler { (&pair.outside, &pair.inside) } else { (&pair.inside, &pair.outside) };
    let ended = pump(link, pair, from_dialler, from, to, first);
    if ended.is_err() {
        pair.cut();
    } else if !pair.is_cut() {
        let _ = to.shutdown(Shutdown::Write);
    }
    // The last one to end has nobody beside itself but the link.
    if Arc::strong_count(pair) <= 2 || pair.is_cut() {
        link.forget(pair);
    }
}

fn pump(
    link: &Link,
    pair: &Pair,
    from_dialler: bool,
    mut from: &TcpStream,
    to: &TcpStream,
    mut octets: Vec<u8>,
) -> io::Result<()> {
    let direction = pair.direction(from_dialler);
    let mut buffer = vec![0; BATCH];
    loop {
        if !octets.is_empty() {
            if from_dialler {
                pair.recording.add(&octets);
            }
            match link.treat(pair, direction, &mut octets) {
                Fate::Write => write(to, &octets)?,
                Fate::WriteAfter(pause) => {
                    thread::sleep(pause);
                    write(to, &octets)?;
                }
                Fate::WriteSliced => write_sliced(to, &octets)?,
                Fate::Lose => {}
                Fate::Cut => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
        }
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            length => octets = buffer[..length].to_vec(),
        }
    }
}

fn write(mut to: &TcpStream, octets: &[u8]) -> io::Result<()> {
    to.write_all(octets)
}

fn write_sliced(to: &TcpStream, octets: &[u8]) -> io::Result<()> {
    let (sliced, rest) = octets.split_at(octets.len().min(SLICES));
    for octet in sliced {
        write(to, std::slice::from_ref(octet))?;
    }
    write(to, rest)
}
