//! What other threads hand to the loop of a node.

use std::{any::Any, rc::Rc};

use aemp_proto::kernel::LocalPort;
use serde::Serialize;

use super::{dispatch::contained, engine::Engine};

/// Messages that share an allocation at most.
const BATCH: usize = 1_024;

/// Work for the loop.
pub(super) type Command = Box<dyn FnOnce(&Rc<Engine>) + Send>;

/// Something for the loop to do.
pub(super) enum Posted {
    Command(Command),
    /// Messages of one type that came one after another.
    Messages(Box<dyn Batch>),
}

/// Messages whose type is forgotten.
pub(super) trait Batch: Any + Send {
    /// Gives the messages to their ports.
    fn post(self: Box<Self>, engine: &Rc<Engine>);
}

struct MessagesOf<M>(Vec<(LocalPort, M)>);

impl<M: Serialize + Send + 'static> Batch for MessagesOf<M> {
    fn post(self: Box<Self>, engine: &Rc<Engine>) {
        for (port, message) in self.0 {
            contained(|| engine.post_here(port, message));
        }
    }
}

impl Posted {
    pub(super) fn carry_out(self, engine: &Rc<Engine>) {
        match self {
            Self::Command(command) => contained(|| command(engine)),
            Self::Messages(batch) => batch.post(engine),
        }
    }
}

/// What waits for the loop, in order.
#[derive(Default)]
pub(super) struct Inbox {
    posted: Vec<Posted>,
    count: usize,
}

impl Inbox {
    /// Commands and messages.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) fn push_command(&mut self, command: Command) {
        self.count += 1;
        self.posted.push(Posted::Command(command));
    }

    /// Adds a message for a port of the node, without an allocation of its own if it follows others of its type.
    pub(super) fn push_message<M: Serialize + Send + 'static>(&mut self, port: LocalPort, message: M) {
        self.count += 1;
        if let Some(Posted::Messages(batch)) = self.posted.last_mut() {
            let batch: &mut dyn Any = &mut **batch;
            if let Some(MessagesOf(messages)) = batch.downcast_mut::<MessagesOf<M>>()
                && messages.len() < BATCH
            {
                return messages.push((port, message));
            }
        }
        self.posted.push(Posted::Messages(Box::new(MessagesOf(vec![(port, message)]))));
    }

    /// Swaps what waits with `empty`.
    pub(super) fn take(&mut self, empty: &mut Vec<Posted>) {
        self.count = 0;
        std::mem::swap(&mut self.posted, empty);
    }
}
