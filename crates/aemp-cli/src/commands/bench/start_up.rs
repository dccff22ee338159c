//! How long it takes until a node is there.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::{Setting, failed, measure::percentile, message::Flow, peer::Pair};
use crate::{exit::Failure, output::Output};

/// Starts processes with a node each, and measures how long it takes until the node has started, and until its first message
/// was handled by another node.
#[derive(clap::Args, Debug)]
pub(super) struct StartUp {
    /// How many processes
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    #[command(flatten)]
    setting: Setting,
}

/// The time from the start of the process: the median, and the longest.
#[derive(Serialize)]
struct Times {
    until: &'static str,
    median_ms: f64,
    longest_ms: f64,
}

impl Times {
    fn new(until: &'static str, mut times: Vec<Duration>) -> Self {
        let mut at_most = |hundredths| percentile(&mut times, hundredths).as_secs_f64() * 1e3;
        Self { until, median_ms: at_most(50.0), longest_ms: at_most(100.0) }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { until, median_ms, longest_ms } = self;
        write!(
            f,
            "from the start of the process until {until:<44} median {median_ms:.2} ms, longest {longest_ms:.2} ms"
        )
    }
}

/// Carries out `aemp bench start-up`.
pub(super) fn run(start_up: &StartUp, output: Output) -> Result<(), Failure> {
    start_up.setting.bind()?;
    let (mut started, mut spoke) = (Vec::new(), Vec::new());
    for _ in 0..start_up.count {
        let pair = Pair::start(&start_up.setting)?;
        let nanoseconds = pair.node.call(&pair.peer, Flow::Started).wait().map_err(failed)?;
        started.push(Duration::from_nanos(nanoseconds));
        spoke.push(pair.spoke);
    }
    output.print(&Times::new("its node has started", started))?;
    output.print(&Times::new("another node has handled its first message", spoke))?;
    Ok(())
}
