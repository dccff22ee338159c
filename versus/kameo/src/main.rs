//! kameo in one process, and its remote actors between two.
//!
//! Between processes everything is encrypted (Noise over TCP, by libp2p); there is no other way. A message without an
//! acknowledgement is lost when many are under way, so each is acknowledged; their order is not kept then.

mod inside;
mod lives;
mod net;
mod sink;
mod swarm;

use std::process::ExitCode;

use versus::{Options, Record, Result, Work, runtime};

async fn measure(options: &Options) -> Result<Record> {
    match options.work {
        Work::Local => inside::local(options).await,
        Work::Outside => inside::outside(options).await,
        Work::PingPong => inside::ping_pong(options).await,
        Work::Open => lives::open(options).await,
        Work::Kill => lives::kill(options).await,
        Work::Stream => net::stream(options).await,
        Work::RoundTrip => net::round_trips(options).await,
        Work::Window => net::window(options).await,
    }
}

fn main() -> ExitCode {
    versus::main(
        |options| runtime(options)?.block_on(measure(options)),
        |options| runtime(options)?.block_on(net::serve()),
    )
}
