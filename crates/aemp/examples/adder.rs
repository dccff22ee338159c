//! A port that programs in other languages can use, as those in `examples/clients` do.
//!
//! ```sh
//! export AEMP_SECRET="$(aemp secret generate)"
//! cargo run -p aemp --example adder                       # prints its port ID
//! examples/clients/client.py PORT                         # or client.pl
//! ```
//!
//! They speak as Perl nodes do, so nothing is encrypted unless `AEMP_LEGACY_CERTIFICATE` names a file with a certificate and
//! its key that both sides share.

use aemp::{BoxError, Node, Port, Reason};
use serde::{Deserialize, Serialize};

/// On the wire: `["add", 2, 3, "client#sums"]` and `["watch", "client#sums"]`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    /// The sum of both numbers goes to the port.
    Add(i64, i64, Port<Answer>),
    /// The adder ends with this port.
    Watch(Port<Answer>),
    #[serde(skip)]
    Gone(Port<Answer>, Reason),
}

/// On the wire: `["sum", 5]`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Sum(i64),
}

fn main() -> aemp::Result<()> {
    let node = Node::builder().name("adder").legacy_bind("127.0.0.1:0").start()?;
    let adder = node.port(|cx, request: Request| -> Result<(), BoxError> {
        match request {
            Request::Add(one, other, to) => {
                cx.send(&to, Answer::Sum(one.checked_add(other).ok_or("the sum is too large")?))
            }
            Request::Watch(port) => {
                let watched = port.clone();
                cx.monitor(&port, move |reason| Request::Gone(watched, reason)).forever();
            }
            Request::Gone(port, reason) => {
                println!("{port} died: {reason}");
                return Err("its client is gone".into());
            }
        }
        Ok(())
    });
    println!("{adder}");
    node.monitor(&adder).wait();
    // What is still to be told is told before the node ends.
    node.stop().wait()?;
    Ok(())
}
