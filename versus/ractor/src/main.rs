//! ractor in one process, and ractor_cluster between two.

mod inside;
mod lives;
mod net;
mod sink;

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
