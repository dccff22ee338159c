//! Erlang-style message passing over the network, without silent loss.
//!
//! A [`Node`] holds ports; a [`Port`] is all that one needs to send to, call and watch the port behind it, from the same
//! node or from another host. Messages are any types with serde's `Serialize` and `Deserialize`.
//!
//! ```no_run
//! use aemp::{Node, Reply};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Count {
//!     Add(u64),
//!     Get(Reply<u64>),
//! }
//!
//! fn main() -> aemp::Result<()> {
//!     let node = Node::builder().name("counter").bind("127.0.0.1:4040").start()?;
//!     let mut total = 0;
//!     let counter = node.port(move |cx, message: Count| match message {
//!         Count::Add(number) => total += number,
//!         Count::Get(reply) => cx.reply(reply, total),
//!     });
//!     node.publish("counter", &counter); // @127.0.0.1:4040/counter
//!     println!("{counter}"); // all one needs to reach it
//!     node.wait()
//! }
//! ```
//!
//! Another program, which was given what the first one printed:
//!
//! ```no_run
//! # use aemp::{Node, Port, Reply};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize)]
//! # enum Count { Add(u64), Get(Reply<u64>) }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let node = Node::builder().anonymous().start()?;
//! let counter: Port<Count> = std::env::args().nth(1).expect("a port ID").parse()?;
//! node.send(&counter, Count::Add(5)); // returns at once; connects behind the scenes
//! println!("{}", node.call(&counter, Count::Get).wait()?);
//! # Ok(())
//! # }
//! ```

mod call;
mod codec;
pub mod config;
mod cx;
mod database;
mod error;
mod event;
mod group;
mod handlers;
mod net;
mod node;
mod outcome;
mod port;
mod published;
mod receive;
mod reply;
mod secret;
mod service;
mod task;
mod timer;
mod watch;

/// What a node knows of a port: [`Node::explain`].
pub mod explain {
    pub use aemp_proto::kernel::{
        Absence, Certificate, Explanation, Fenced, Happening, Link, Meeting, Moment, PortHere, PortThere, Subject,
        Verdict,
    };
}

pub use aemp_proto::{
    id::{Address, Incarnation, NodeId, PortId},
    kernel::{Contract, PeerInfo, RefusedIsDeath, Timing},
    limits::Limits,
    reason::{Reason, ReasonCode},
    value::Value,
};

pub use self::{
    call::{Call, CallFuture, DEFAULT_TIMEOUT, PendingCall},
    codec::{Bytes, Message},
    cx::{Context, Cx},
    database::{Change, Changes, Database, DatabaseError, EntryError, FamilyWatch, Registration},
    error::{CallError, Error, Result, Stopped, TrySendError},
    event::{Event, Events, describe},
    group::{Group, NoMember},
    handlers::{Handlers, TagCx},
    net::{CertificateError, Certificates},
    node::{Builder, Node, PeerEvent},
    outcome::{BoxError, Outcome, done},
    port::{OnNode, Port},
    published::{Published, PublishedError},
    receive::Receive,
    reply::Reply,
    secret::{Mistyped, Secret, SecretError, Weakness},
    service::{Service, ServiceName, Start, Started},
    task::Task,
    timer::Timer,
    watch::{Monitor, Watch},
};
