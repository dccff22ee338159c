//! Types that receive messages.

use std::marker::PhantomData;

use crate::{cx::Cx, outcome::Outcome};

/// A type that receives messages: the state of a port, where a closure would be too little.
///
/// ```
/// use aemp::{Cx, Node, Receive};
///
/// struct Sum(u64);
///
/// impl Receive for Sum {
///     type Message = u64;
///
///     fn receive(&mut self, _: &mut Cx<u64>, number: u64) {
///         self.0 += number;
///     }
/// }
///
/// let node = Node::builder().anonymous().start()?;
/// let sum = node.open(Sum(0));
/// node.send(&sum, 5);
/// # Ok::<(), aemp::Error>(())
/// ```
pub trait Receive {
    /// What it receives.
    type Message;

    /// Receives one message. An error or a panic kills the port, nothing else.
    fn receive(&mut self, cx: &mut Cx<Self::Message>, message: Self::Message) -> impl Outcome + 'static;
}

/// A closure as a receiver.
pub(crate) struct Closure<F, M, R> {
    closure: F,
    signature: PhantomData<fn(M) -> R>,
}

impl<F, M, R> Closure<F, M, R> {
    pub(crate) const fn new(closure: F) -> Self {
        Self { closure, signature: PhantomData }
    }
}

impl<M, R, F> Receive for Closure<F, M, R>
where
    F: FnMut(&mut Cx<M>, M) -> R,
    R: Outcome + 'static,
{
    type Message = M;

    fn receive(&mut self, cx: &mut Cx<M>, message: M) -> impl Outcome + 'static {
        (self.closure)(cx, message)
    }
}
