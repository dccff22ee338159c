//! What a handler may do.

mod context;

pub use context::Context;

use std::{fmt, future::Future, marker::PhantomData, mem, ops::Deref, time::Duration};

use aemp_proto::reason::Reason;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    call::{DEFAULT_TIMEOUT, PendingCall},
    codec::Message,
    database::{Change, FamilyWatch, read},
    error::CallError,
    port::Port,
    reply::Reply,
    task::{self, Task},
    timer::Timer,
    watch::Watch,
};

/// What a handler of messages of type `M` may do: all that a [`Context`] can, and what concerns its own port.
pub struct Cx<M = Message> {
    context: Context,
    messages: PhantomData<fn(M)>,
}

impl<M> Cx<M> {
    pub(crate) const fn new(context: Context) -> Self {
        Self { context, messages: PhantomData }
    }

    /// The handler's own port.
    pub fn me(&self) -> Port<M> {
        self.context.port_of_owner()
    }

    /// The port dies with whoever declares it dead, for want of a connection, instead of living on under another name for
    /// all others. So does a port that another node spawned, and one that is linked with a port of that node.
    pub fn make_private(&self) {
        self.context.make_owner_private();
    }

    /// Ends the handler's port, normally, when the handler returns. Its monitors get [`Reason::normal`].
    pub fn stop(&self) {
        self.context.stop_owner();
    }
}

impl<M: 'static> Cx<M> {
    /// Watches a port anywhere: its death arrives as the message that `message` makes of the reason, once.
    ///
    /// It arrives after everything that the port sent to this node before it died. It also arrives if there is no
    /// such port, or its node cannot be reached. To watch a node, give the port of the node's ID alone.
    ///
    /// ```
    /// # use aemp::{Node, Port, Reason};
    /// # use serde::{Serialize, Deserialize};
    /// #[derive(Serialize, Deserialize)]
    /// enum Msg { Watch(Port), #[serde(skip)] Gone(Reason) }
    ///
    /// # let node = Node::builder().anonymous().start()?;
    /// node.port(|cx, msg| match msg {
    ///     Msg::Watch(port) => cx.monitor(&port, Msg::Gone).forever(),
    ///     Msg::Gone(reason) => println!("{reason}"),
    /// });
    /// # Ok::<(), aemp::Error>(())
    /// ```
    pub fn monitor<N>(&self, port: &Port<N>, message: impl FnOnce(Reason) -> M + 'static) -> Watch {
        let me = self.context.owner();
        let engine = self.context.engine();
        let id = engine.watch(Some(me), port.id(), move |engine, reason| {
            engine.hand_over(me, || message(reason));
        });
        Watch::new(engine.shared.clone(), id)
    }

    /// Watches a family of the database: its content, and then what changes, arrive as the messages that `message` makes.
    ///
    /// The first is [`Change::Initial`]; it comes when the content is known, so not before the node has a master. After a time
    /// without a master come the changes that happened meanwhile. The watch ends when it is dropped, and with the port.
    ///
    /// ```
    /// # use aemp::{Change, Node};
    /// # use serde::{Serialize, Deserialize};
    /// #[derive(Serialize, Deserialize)]
    /// enum Msg { Begin, #[serde(skip)] Limits(Change<u32>) }
    ///
    /// # let node = Node::builder().anonymous().start()?;
    /// let port = node.port(|cx, msg| match msg {
    ///     Msg::Begin => cx.watch_family("limits", Msg::Limits).forever(),
    ///     Msg::Limits(change) => println!("{change:?}"),
    /// });
    /// node.send(&port, Msg::Begin);
    /// # Ok::<(), aemp::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the name of the family has more than 512 octets: the caller's mistake.
    #[doc(alias = "db_mon")]
    #[track_caller]
    pub fn watch_family<T>(&self, family: &str, mut message: impl FnMut(Change<T>) -> M + 'static) -> FamilyWatch
    where
        T: DeserializeOwned + 'static,
    {
        let (me, engine) = (self.context.owner(), self.context.engine());
        let mut is_first = true;
        let watch = engine.watch_family(Some(me), family, move |engine, change| {
            let is_initial = mem::replace(&mut is_first, false);
            let read = engine.guarded(Some(me), |_| Ok(read(is_initial, change)));
            for change in read.into_iter().flatten() {
                engine.hand_over(me, || message(change));
            }
        });
        match watch {
            Ok(watch) => FamilyWatch::new(engine.shared.clone(), watch),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends `message` to this port after `delay`, unless the timer is cancelled or the port dies.
    ///
    /// Dropping the timer does not cancel it. It is never early, and about a millisecond late.
    pub fn after(&self, delay: Duration, message: M) -> Timer {
        let me = self.context.owner();
        let engine = self.context.engine();
        let id = engine.after(Some(me), delay, move |engine| engine.hand_over(me, || message));
        Timer::new(engine.shared.clone(), id)
    }

    /// Sends a message to this port every `period`, which is at least a millisecond. Ticks that are missed, because
    /// the node was busy, are skipped.
    pub fn every(&self, period: Duration, mut message: impl FnMut() -> M + 'static) -> Timer {
        let me = self.context.owner();
        let engine = self.context.engine();
        let id = engine.every(Some(me), period, move |engine| engine.hand_over(me, &mut message));
        Timer::new(engine.shared.clone(), id)
    }

    /// Runs a future on the node's thread. Its output comes as a message to this port.
    ///
    /// It is dropped when the port dies; a panic kills the port. tokio's time and sockets can be used in it.
    pub fn task<F>(&self, future: F) -> Task
    where
        F: Future<Output: Into<M>> + 'static,
    {
        task::spawn(self.context.engine(), self.context.owner(), future)
    }

    /// Sends a request; the answer, or why there is none, comes as the message that `then` makes of it.
    ///
    /// It comes within 30 s unless [`PendingCall::timeout`] says otherwise, and not at all if this port dies.
    pub fn call<N, T>(
        &self,
        port: &Port<N>,
        request: impl FnOnce(Reply<T>) -> N,
        then: impl FnOnce(Result<T, CallError>) -> M + 'static,
    ) -> PendingCall
    where
        N: Serialize + 'static,
        T: DeserializeOwned + 'static,
    {
        let me = self.context.owner();
        let engine = self.context.engine();
        let shared = &engine.shared;
        let number = shared.reply_number();
        engine.expect(Some(me), number, DEFAULT_TIMEOUT, move |engine, result| {
            engine.hand_over(me, || then(result));
        });
        let message = request(Reply::new(shared.own(number), shared.clone()));
        let sent = engine.request(Some(me), port.id(), number, message);
        self.context.settle(sent);
        PendingCall::new(shared.clone(), number)
    }
}

impl<M> Deref for Cx<M> {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl<M> fmt::Debug for Cx<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.context.fmt(f)
    }
}
