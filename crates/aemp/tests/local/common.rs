//! What the tests share.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use aemp::{Node, Port};
use serde::{Serialize, de::DeserializeOwned};

/// Long enough for anything that shall happen.
pub(crate) const SOON: Duration = Duration::from_secs(5);
/// Long enough to see that something does not happen.
pub(crate) const QUIET: Duration = Duration::from_millis(60);

pub(crate) fn node() -> Node {
    Node::builder().anonymous().start().unwrap()
}

/// What a port received.
pub(crate) struct Seen<M>(Receiver<M>);

impl<M: PartialEq + std::fmt::Debug> Seen<M> {
    pub(crate) fn next(&self) -> M {
        self.0.recv_timeout(SOON).expect("a message within five seconds")
    }

    pub(crate) fn is(&self, expected: M) {
        assert_eq!(self.next(), expected);
    }

    pub(crate) fn nothing_more(&self) {
        assert_eq!(self.0.recv_timeout(QUIET).ok(), None);
    }
}

pub(crate) fn seen<M>() -> (Sender<M>, Seen<M>) {
    let (sender, receiver) = channel();
    (sender, Seen(receiver))
}

/// A port that shows what it receives.
pub(crate) fn sink<M: DeserializeOwned + Serialize + Send + 'static>(node: &Node) -> (Port<M>, Seen<M>) {
    let (sender, seen) = seen();
    let port = node.port(move |_, message: M| sender.send(message).unwrap_or(()));
    (port, seen)
}

/// Waits until everything that was sent before has been handled.
pub(crate) fn settle(node: &Node) {
    for _ in 0..3 {
        node.run(|_| ()).wait().unwrap();
    }
}
