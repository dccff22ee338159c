//! Erlang-style message passing over the network, without silent loss.

mod call;
mod codec;
pub mod config;
mod cx;
mod error;
mod event;
mod handlers;
mod net;
mod node;
mod outcome;
mod port;
mod receive;
mod reply;
mod secret;
mod service;
mod task;
mod timer;
mod watch;

pub use aemp_proto::{
    id::{Address, Incarnation, NodeId, PortId},
    kernel::{PeerInfo, RefusedIsDeath, Timing},
    limits::Limits,
    reason::{Reason, ReasonCode},
    value::Value,
};

pub use self::{
    call::{Call, CallFuture, DEFAULT_TIMEOUT, PendingCall},
    codec::{Bytes, Message},
    cx::{Context, Cx},
    error::{CallError, Error, Result, Stopped, TrySendError},
    event::{Event, Events, describe},
    handlers::{Handlers, TagCx},
    net::{CertificateError, Certificates},
    node::{Builder, Node, PeerEvent},
    outcome::{BoxError, Outcome, done},
    port::{OnNode, Port},
    receive::Receive,
    reply::Reply,
    secret::{Mistyped, Secret, SecretError, Weakness},
    service::{Service, ServiceName, Start, Started},
    task::Task,
    timer::Timer,
    watch::{Monitor, Watch},
};
