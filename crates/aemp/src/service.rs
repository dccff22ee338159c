//! Services: functions by name that other nodes may call to start a port.

use std::{fmt, marker::PhantomData, ops::Deref};

use serde::de::DeserializeOwned;

use crate::{
    cx::Context,
    outcome::Outcome,
    port::Port,
    receive::{Closure, Receive},
};

/// The name of a service with the types of its arguments and of the messages that its ports take.
///
/// ```
/// use aemp::{Node, Port, Service};
///
/// const ECHO: Service<(Port<String>,), String> = Service::new("echo");
///
/// let node = Node::builder().anonymous().start()?;
/// node.serve(ECHO, |start, (to,)| Ok(start.handler(move |cx, text: String| cx.send(&to, text))));
/// let out = node.port(|_, text: String| println!("{text}"));
/// let echo = node.spawn(&node.id(), ECHO, (out,));
/// node.send(&echo, "hello".into());
/// # Ok::<(), aemp::Error>(())
/// ```
pub struct Service<A, M> {
    name: &'static str,
    types: PhantomData<fn(A) -> M>,
}

impl<A, M> Service<A, M> {
    /// The service with this name.
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }
}

impl<A, M> Clone for Service<A, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, M> Copy for Service<A, M> {}

impl<A, M> fmt::Debug for Service<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.name).finish()
    }
}

/// What names a service: a text, with any types, or a [`Service`], which fixes them.
pub trait ServiceName<A, M> {
    /// The name.
    fn service_name(&self) -> &str;
}

impl<A, M> ServiceName<A, M> for &str {
    fn service_name(&self) -> &str {
        self
    }
}

impl<A, M> ServiceName<A, M> for Service<A, M> {
    fn service_name(&self) -> &str {
        self.name
    }
}

/// A port that is being started: give it a handler, or return an error.
///
/// It exists already: it can be sent, watched, and watch others, through the [`Context`] behind it.
pub struct Start<'a> {
    cx: &'a Context,
}

impl<'a> Start<'a> {
    pub(crate) const fn new(cx: &'a Context) -> Self {
        Self { cx }
    }

    /// The port that is being started.
    pub fn port<M>(&self) -> Port<M> {
        self.cx.port_of_owner()
    }

    /// Gives the port a handler.
    pub fn handler<M, R>(&self, handler: impl FnMut(&mut crate::Cx<M>, M) -> R + 'static) -> Started<M>
    where
        M: DeserializeOwned + 'static,
        R: Outcome + 'static,
    {
        self.open(Closure::new(handler))
    }

    /// Gives the port a receiver.
    pub fn open<H>(&self, receiver: H) -> Started<H::Message>
    where
        H: Receive + 'static,
        H::Message: DeserializeOwned + 'static,
    {
        self.cx.install(receiver);
        Started { messages: PhantomData }
    }
}

impl Deref for Start<'_> {
    type Target = Context;

    fn deref(&self) -> &Context {
        self.cx
    }
}

impl fmt::Debug for Start<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cx.fmt(f)
    }
}

/// The proof that a port was given a handler.
pub struct Started<M> {
    messages: PhantomData<fn(M)>,
}

impl<M> fmt::Debug for Started<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Started")
    }
}
