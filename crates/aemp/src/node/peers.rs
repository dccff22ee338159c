//! Peers that come and go, and those who wait for that.

use std::{cell::RefCell, rc::Rc};

use aemp_proto::{
    id::{Incarnation, NodeId, PortId},
    kernel::{Event, WatchId},
    reason::Reason,
};

use super::engine::Engine;
use crate::{call::Completer, error::CallError};

/// A peer came or went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PeerEvent {
    /// A session with it began, or another run of it took over.
    Up {
        /// The peer.
        node: NodeId,
        /// Its run; base peers do not tell theirs.
        incarnation: Option<Incarnation>,
    },
    /// The session with it failed or ended.
    Down {
        /// The peer.
        node: NodeId,
        /// Why.
        reason: Reason,
    },
}

type Hook = Box<dyn FnMut(PeerEvent)>;

#[derive(Default)]
pub(super) struct Peers {
    hooks: RefCell<Vec<Hook>>,
    waiting: RefCell<Vec<Waiting>>,
}

/// Somebody who waits until a peer is ready.
struct Waiting {
    node: NodeId,
    watch: WatchId,
    completer: Completer<()>,
}

impl Peers {
    /// Looks for events that the hooks want.
    pub(super) fn notice(&self, engine: &Engine, event: &Event) {
        if self.hooks.borrow().is_empty() {
            return;
        }
        let event = match event {
            Event::PeerUp { node, incarnation } => PeerEvent::Up { node: node.clone(), incarnation: *incarnation },
            Event::PeerDown { node, reason } => PeerEvent::Down { node: node.clone(), reason: reason.clone() },
            _ => return,
        };
        engine.later(move |engine| engine.run_hooks(&event));
    }
}

impl Engine {
    pub(crate) fn on_peer(&self, hook: impl FnMut(PeerEvent) + 'static) {
        self.peers.hooks.borrow_mut().push(Box::new(hook));
    }

    fn run_hooks(self: &Rc<Self>, event: &PeerEvent) {
        let mut hooks = self.peers.hooks.take();
        for hook in &mut hooks {
            let _ = self.guarded(None, |_| {
                hook(event.clone());
                Ok(())
            });
        }
        hooks.append(&mut self.peers.hooks.borrow_mut());
        self.peers.hooks.replace(hooks);
    }

    /// Completes when a session with the node is connected and little waits for it. Watching it makes the kernel dial.
    pub(crate) fn when_ready(self: &Rc<Self>, node: NodeId, completer: Completer<()>) {
        let target = PortId::of_node(node.clone());
        let waited = node.clone();
        let watch = self.watch(None, &target, move |engine, reason| engine.not_ready(&waited, &reason));
        self.peers.waiting.borrow_mut().push(Waiting { node, watch, completer });
    }

    /// The watches on the node are fired one by one, so the first tells all who wait.
    fn not_ready(self: &Rc<Self>, node: &NodeId, reason: &Reason) {
        let told = self.peers.waiting.borrow_mut().extract_if(.., |waiting| waiting.node == *node).collect::<Vec<_>>();
        for waiting in told {
            waiting.completer.complete(Err(CallError::Lost(reason.clone())));
        }
    }

    /// Tells those whose peer is ready by now.
    pub(super) fn check_ready(self: &Rc<Self>) {
        if self.peers.waiting.borrow().is_empty() {
            return;
        }
        let limit = (self.shared.limits.max_unacknowledged / 4).max(1);
        let is_ready = |node: &NodeId| {
            let peer = if *node == self.shared.id { return true } else { self.kernel(|kernel, _| kernel.peer(node)) };
            peer.is_some_and(|peer| peer.connected && peer.unacknowledged < limit)
        };
        let done = |waiting: &mut Waiting| waiting.completer.is_abandoned() || is_ready(&waiting.node);
        let ready: Vec<_> = self.peers.waiting.borrow_mut().extract_if(.., done).collect();
        for Waiting { watch, completer, .. } in ready {
            self.unwatch(watch);
            completer.complete(Ok(()));
        }
    }

    /// Whether somebody waits for what only the kernel knows, so that its changes matter.
    pub(super) fn is_waiting_for_kernel(&self) -> bool {
        !self.peers.waiting.borrow().is_empty() || self.stopping.is_begun()
    }

    pub(super) fn drop_peers(&self) {
        super::dispatch::drop_quietly((self.peers.hooks.take(), self.peers.waiting.take()));
    }
}
