//! Handlers by tag, which may come and go at run time.

use std::{collections::HashMap, fmt, ops::Deref};

use aemp_proto::{
    message::Message,
    reason::{Reason, ReasonCode},
    value::Value,
};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::{
    cx::Cx,
    outcome::{BoxError, Outcome},
    receive::Receive,
    reply::scope,
};

type Handler = Box<dyn FnMut(&mut TagCx<'_>, Message) -> Result<(), BoxError> + Send>;

/// A receiver of messages of any type, with a handler per tag: the first element, if it is text.
///
/// A handler takes the elements behind the tag as any type that they decode to, mostly a tuple. What no handler
/// takes goes to [`Handlers::otherwise`], the whole message as it is; without one it is refused.
///
/// ```
/// use aemp::{Handlers, Message, Node, Port};
///
/// let node = Node::builder().anonymous().start()?;
/// let port = node.open(
///     Handlers::new()
///         .on("ping", |cx, (from,): (Port,)| cx.send(&from.cast(), "pong"))
///         .otherwise(|_, message: Message| println!("{message:?}")),
/// );
/// node.send(&port.cast(), ("hello", 5));
/// # Ok::<(), aemp::Error>(())
/// ```
#[derive(Default)]
pub struct Handlers {
    by_tag: HashMap<Box<str>, Handler>,
    otherwise: Option<Handler>,
}

/// A message that a handler did not take; its port lives on.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) Reason);

impl Handlers {
    /// Takes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes messages with this tag; an earlier handler for it is replaced.
    #[must_use]
    pub fn on<A, R>(mut self, tag: &str, handler: impl FnMut(&mut TagCx<'_>, A) -> R + Send + 'static) -> Self
    where
        A: DeserializeOwned,
        R: Outcome,
    {
        self.by_tag.insert(tag.into(), with_arguments(handler));
        self
    }

    /// Takes all other messages.
    #[must_use]
    pub fn otherwise<R>(mut self, mut handler: impl FnMut(&mut TagCx<'_>, Message) -> R + Send + 'static) -> Self
    where
        R: Outcome,
    {
        self.otherwise = Some(Box::new(move |cx, message| handler(cx, message).into_result()));
        self
    }

    /// The handler for a message, and what it gets of it.
    fn choose(&mut self, mut message: Message) -> Result<(&mut Handler, Message), Refused> {
        // Base peers send texts as octets.
        let tag = message.0.first().and_then(Value::as_str);
        if let Some(handler) = tag.and_then(|tag| self.by_tag.get_mut(tag)) {
            message.0.remove(0);
            return Ok((handler, message));
        }
        let text = tag.map_or_else(|| "a message without a tag".into(), |tag| format!("the tag {tag:?}"));
        match &mut self.otherwise {
            Some(handler) => Ok((handler, message)),
            None => Err(Refused(Reason::new(ReasonCode::UnhandledMessage, format!("nothing handles {text}")))),
        }
    }
}

impl Receive for Handlers {
    type Message = Message;

    fn receive(&mut self, cx: &mut Cx<Message>, message: Message) -> impl Outcome + 'static {
        let mut cx = TagCx { cx, changes: Vec::new() };
        let (handler, message) = self.choose(message)?;
        let result = handler(&mut cx, message);
        for (tag, handler) in cx.changes {
            match handler {
                Some(handler) => self.by_tag.insert(tag, handler),
                None => self.by_tag.remove(&tag),
            };
        }
        result
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_tag.keys()).finish()
    }
}

/// What a handler of [`Handlers`] may do: all that a [`Cx`] can, and change the handlers.
pub struct TagCx<'a> {
    cx: &'a Cx<Message>,
    changes: Vec<(Box<str>, Option<Handler>)>,
}

impl TagCx<'_> {
    /// Takes messages with this tag from the next message on; an earlier handler for it is replaced.
    pub fn on<A, R>(&mut self, tag: &str, handler: impl FnMut(&mut TagCx<'_>, A) -> R + Send + 'static)
    where
        A: DeserializeOwned,
        R: Outcome,
    {
        self.changes.push((tag.into(), Some(with_arguments(handler))));
    }

    /// Takes messages with this tag no longer, from the next message on.
    pub fn off(&mut self, tag: &str) {
        self.changes.push((tag.into(), None));
    }
}

impl Deref for TagCx<'_> {
    type Target = Cx<Message>;

    fn deref(&self) -> &Cx<Message> {
        self.cx
    }
}

impl fmt::Debug for TagCx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cx.fmt(f)
    }
}

/// A handler that decodes what it gets.
fn with_arguments<A, R>(mut handler: impl FnMut(&mut TagCx<'_>, A) -> R + Send + 'static) -> Handler
where
    A: DeserializeOwned,
    R: Outcome,
{
    Box::new(move |cx, message| {
        // What base peers send is read as Perl reads it.
        let is_loose = cx.hears_base_peer();
        let decode = || if is_loose { message.into_typed_loosely() } else { message.into_typed() };
        let arguments = scope::decoding(decode);
        let arguments = arguments.map_err(|error| Refused(Reason::new(ReasonCode::BadMessage, error.to_string())))?;
        handler(cx, arguments).into_result()
    })
}
