//! The right to answer a call.

pub(crate) mod scope;

use std::{fmt, marker::PhantomData, sync::Arc};

use aemp_proto::id::PortId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::{
    node::{Engine, Shared},
    port::PortIdText,
};

/// The right to answer a call, once, with a `T`.
///
/// It travels in a message, to other nodes too, and whoever has it answers: with [`Context::reply`](crate::Context::reply)
/// in a handler, with [`Reply::send`] anywhere else, at once or later. If it is dropped instead, or the message
/// that carries it is refused, or its port dies, the call fails at once.
///
/// It can be serialised only within a message that is sent, and deserialised only from one that is received.
///
/// ```
/// use aemp::{Node, Reply};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// enum Greeter {
///     Greet(String, Reply<String>),
/// }
///
/// let node = Node::builder().anonymous().start()?;
/// let greeter = node.port(|cx, Greeter::Greet(name, reply)| cx.reply(reply, format!("hello, {name}")));
/// let text = node.call(&greeter, |reply| Greeter::Greet("bob".into(), reply)).wait()?;
/// assert_eq!(text, "hello, bob");
/// # Ok::<(), aemp::Error>(())
/// ```
#[must_use = "a reply that is dropped makes the call fail"]
pub struct Reply<T> {
    /// Absent once it was answered.
    armed: Option<Armed>,
    answers: PhantomData<fn(T)>,
}

struct Armed {
    to: PortId,
    node: Arc<Shared>,
}

impl<T> Reply<T> {
    pub(crate) const fn new(to: PortId, node: Arc<Shared>) -> Self {
        Self { armed: Some(Armed { to, node }), answers: PhantomData }
    }

    /// Whom to answer. From now on nothing happens when it is dropped.
    pub(crate) fn disarm(mut self) -> Option<PortId> {
        self.armed.take().map(|armed| armed.to)
    }

    /// Answers, from any thread. Never blocks. If the caller or the own node is gone, nothing happens.
    ///
    /// A value that cannot be encoded or is too large makes the call fail as if the reply had been dropped.
    pub fn send(mut self, value: T)
    where
        T: Serialize + Send + 'static,
    {
        if let Some(Armed { to, node }) = self.armed.take() {
            let _ = node.act(move |engine| drop(engine.answer(None, &to, value)));
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if let Some(Armed { to, node }) = self.armed.take()
            && !scope::is_handed_on()
        {
            let _ = node.act(move |engine| engine.no_answer(&to));
        }
    }
}

impl<T> Serialize for Reply<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let outside =
            || ser::Error::custom("a reply can be serialised only within a message that is sent and may not be lost");
        let armed = self.armed.as_ref().ok_or_else(outside)?;
        if !scope::note_reply(&armed.to, &armed.node) {
            return Err(outside());
        }
        serializer.collect_str(&armed.to)
    }
}

impl<'de, T> Deserialize<'de> for Reply<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let to = deserializer.deserialize_str(PortIdText)?;
        match Engine::current() {
            Some(engine) if scope::is_decoding() => Ok(Self::new(to, Arc::clone(&engine.shared))),
            _ => Err(de::Error::custom("a reply can be deserialised only from a message that is received")),
        }
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reply").field(&self.armed.as_ref().map(|armed| &armed.to)).finish()
    }
}
