//! What the ports of the nodes say to each other.

use aemp::{Bytes, CallError, Port, Reason, Reply};
use serde::{Deserialize, Serialize};

/// Stands in front of all that is counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// The run that sends it.
    pub(super) run: String,
    /// The port that sends it, as that run counts its ports.
    pub(super) sender: u64,
    /// The name under which the receiver is addressed.
    pub(super) name: String,
    /// Its place among all that this run has sent to this name, from 1.
    pub(super) number: u64,
}

/// What a port takes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// Octets that are all the same: the last one of the number.
    Data(Head, Bytes),
    /// The same, and may be lost.
    Lossy(Head, Bytes),
    Call(Head, Reply<u64>),
    /// A port that the receiver may not know.
    Hand(Head, Port<Self>),
    /// Asks only whether the node is there.
    Greet(Reply<()>),
    #[serde(skip)]
    Tick,
    #[serde(skip)]
    Fired(u64, Reason),
    #[serde(skip)]
    Answered(u64, Result<u64, CallError>),
    #[serde(skip)]
    Found(Option<Port<Self>>),
    /// Nobody is published under the name of this number any more.
    #[serde(skip)]
    Vacant(usize),
    #[serde(skip)]
    Order(Order),
    #[serde(skip)]
    FoundKeeper(usize, Option<Port<Self>>),
    #[serde(skip)]
    Reached(usize, bool),
}

/// What no port takes.
#[derive(Debug, Serialize)]
pub(super) enum Nonsense {
    Nonsense(u64),
}

/// What the parent tells a node, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing new is begun from now on.
    Rest,
    /// Every port that was ever sent to or watched is watched once more, and every node is called.
    Audit,
    /// What the log says up to here is final.
    Settle,
}

impl Order {
    pub(super) fn parse(line: &str) -> Option<Self> {
        match line {
            "rest" => Some(Self::Rest),
            "audit" => Some(Self::Audit),
            "settle" => Some(Self::Settle),
            _ => None,
        }
    }
}
