//! Tasks and channels by nothing but tokio: what a user would write by hand.

mod lives;
mod messages;

use std::process::ExitCode;

use versus::{Options, Record, Result, Work, runtime, unable};

async fn measure(options: &Options) -> Result<Record> {
    match options.work {
        Work::Local => messages::local(options).await,
        Work::PingPong => messages::ping_pong(options).await,
        Work::Outside => messages::outside(options).await,
        Work::Open => lives::open(options).await,
        Work::Kill => lives::kill(options).await,
        other => unable(other),
    }
}

fn main() -> ExitCode {
    versus::main(|options| runtime(options)?.block_on(measure(options)), |options| unable(options.work))
}
