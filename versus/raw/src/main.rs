//! The limit: frames over TCP, or over TLS 1.3, by nothing but tokio. One connection, one thread in each process.

mod frame;
mod measure;
mod reader;
mod serve;
mod tls;

use std::process::ExitCode;

use versus::runtime;

fn main() -> ExitCode {
    versus::main(
        |options| runtime(options)?.block_on(measure::measure(options)),
        |options| runtime(options)?.block_on(serve::serve(options)),
    )
}
