//! How long a session stands still when its connection is cut.

use std::{
    env, fmt, process,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use aemp::{Builder, Node, Port, RefusedIsDeath, Secret};
use serde::Serialize;

use super::{failed, measure::percentile, proxy::Proxy, start};
use crate::{exit::Failure, node::stop, output::Output};

/// Cuts the connection between two nodes of this process again and again, and measures how long it takes from the cut until
/// the next message arrives over the resumed session.
#[derive(clap::Args, Debug)]
pub(super) struct Resume {
    /// How often the connection is cut
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Without encryption
    #[arg(long)]
    plain: bool,
}

/// The connection is left alone for so long between two cuts.
const PAUSE: Duration = Duration::from_millis(50);
/// A session is resumed by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it took.
#[derive(Serialize)]
struct Resumed {
    cuts: u64,
    median_ms: f64,
    p99_ms: f64,
    longest_ms: f64,
}

impl fmt::Display for Resumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cuts, median_ms, p99_ms, longest_ms } = self;
        write!(f, "{cuts} cuts until the next message: median {median_ms:.2} ms, p99 {p99_ms:.2} ms")?;
        write!(f, ", longest {longest_ms:.2} ms")
    }
}

/// Carries out `aemp bench resume`.
pub(super) fn run(resume: &Resume, output: Output) -> Result<(), Failure> {
    let socket = env::temp_dir().join(format!("aemp-bench-{}.socket", process::id()));
    let proxy = Proxy::start(socket.clone())?;
    let secret = Secret::generate().map_err(failed)?;
    let builder = || {
        let builder =
            Node::builder().unconfigured().refused_is_death(RefusedIsDeath::Never).secret(&**secret.to_text());
        if resume.plain { Builder::dangerously_plain(builder) } else { builder }
    };
    let hidden = builder().name("hidden").bind(format!("unix:{}", socket.display()));
    let receiver = start(hidden.advertise(&proxy.address.to_string()))?;
    // Nobody can connect to this one: all connections are its own, and go through the proxy.
    let sender = start(builder().anonymous().advertise("unix:/nobody/listens/here"))?;
    let _events = (receiver.events(), sender.events());
    let times = cuts(&sender, &receiver, &proxy, resume.count);
    stop(&sender);
    stop(&receiver);
    let mut times = times?;
    let mut at_most = |hundredths| percentile(&mut times, hundredths).as_secs_f64() * 1e3;
    let (median_ms, p99_ms, longest_ms) = (at_most(50.0), at_most(99.0), at_most(100.0));
    Ok(output.print(&Resumed { cuts: resume.count, median_ms, p99_ms, longest_ms })?)
}

fn cuts(sender: &Node, receiver: &Node, proxy: &Proxy, count: u64) -> Result<Vec<Duration>, Failure> {
    let (tell, told) = mpsc::channel();
    let to: Port<u64> = receiver.port(move |_, number| {
        let _ = tell.send((number, Instant::now()));
    });
    let arrived = |expected| match told.recv_timeout(PATIENCE).map_err(failed)? {
        (number, at) if number == expected => Ok(at),
        (number, _) => Err(failed(format_args!("message {number} arrived, and not {expected}"))),
    };
    sender.send(&to, 0);
    arrived(0)?;
    let cut = |number| {
        thread::sleep(PAUSE);
        let begun = Instant::now();
        proxy.cut()?;
        sender.send(&to, number);
        Ok(arrived(number)?.saturating_duration_since(begun))
    };
    (1..=count).map(cut).collect()
}
