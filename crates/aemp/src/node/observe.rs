//! What a handle tells of its node and peers, and the node's end.

use std::sync::Arc;

use aemp_proto::kernel::{Explanation, PeerInfo};

use super::{Node, PeerEvent};
use crate::{
    call::Call,
    codec::Message,
    cx::Context,
    error::{Result, Stopped},
    event::Events,
    port::{OnNode, Port},
};

impl Node {
    /// The peers that the node knows.
    pub fn peers(&self) -> Call<Vec<PeerInfo>> {
        self.run(Context::peers)
    }

    /// Why this node considers a port, anywhere, dead or alive: what it knows of the port and of its node, and what
    /// happened between them lately. Printed, it is a story for people. See [`Context::explain`].
    ///
    /// Nobody is asked, so a death that nobody has told this node is not known to it.
    ///
    /// ```
    /// use aemp::{Node, Reason, explain::Verdict};
    ///
    /// let node = Node::builder().anonymous().start()?;
    /// let port = node.port(|_, _: u64| ());
    /// assert_eq!(node.explain(&port).wait()?.verdict, Verdict::Alive);
    /// node.kill(&port, Reason::new("killed", "no longer needed"));
    /// let explanation = node.explain(&port).wait()?;
    /// assert!(matches!(explanation.verdict, Verdict::Dead(_)), "{explanation}");
    /// # Ok::<(), aemp::Error>(())
    /// ```
    pub fn explain<M>(&self, port: &Port<M>) -> Call<Explanation> {
        let port = port.clone().cast::<Message>();
        self.run(move |cx| cx.explain(&port))
    }

    /// Calls a closure on the node's thread whenever a peer comes or goes, until the node is stopped.
    pub fn on_peer(&self, hook: impl FnMut(PeerEvent) + Send + 'static) {
        let _ = self.shared.act(move |engine| engine.on_peer(hook));
    }

    /// Completes when the peer is connected and little waits to be sent to it (a quarter of the limit at most).
    ///
    /// It has no time-out of its own; it fails when the peer cannot be reached within the session time-out.
    pub fn ready(&self, peer: &impl OnNode) -> Call<()> {
        let (call, completer) = Call::without_number(Arc::clone(&self.shared));
        let peer = peer.on_node();
        let _ = self.shared.act(move |engine| engine.when_ready(peer, completer));
        call
    }

    /// Subscribes to the node's events. While a subscription exists, nothing is printed on stderr.
    pub fn events(&self) -> Events {
        Events::new(Arc::clone(&self.shared), self.shared.observers.subscribe())
    }

    /// Stops the node: does and sends what waits, waits for acknowledgement (5 s unless configured), and says goodbye
    /// to all peers, whose monitors fire at once. The answer is how many octets were not acknowledged.
    ///
    /// It goes on even if the [`Call`] is dropped.
    pub fn stop(&self) -> Call<usize> {
        let (call, completer) = Call::without_number(Arc::clone(&self.shared));
        if self.shared.check_process().is_ok() {
            self.shared.end.when_stopped(completer);
            let _ = self.shared.act(|engine| engine.stop());
        }
        call
    }

    /// Blocks the thread until the node is stopped.
    ///
    /// # Errors
    ///
    /// [`Stopped`] in a forked child, where there is nothing to wait for.
    ///
    /// # Panics
    ///
    /// Panics on the node's own thread (in handlers and tasks), which would wait for itself.
    #[track_caller]
    pub fn wait(&self) -> Result<()> {
        self.shared.check_may_wait();
        self.shared.check_process()?;
        self.shared.end.wait();
        Ok(())
    }

    /// Whether the node runs.
    ///
    /// # Errors
    ///
    /// [`Stopped`] after a stop and in a forked child.
    pub fn check(&self) -> Result<(), Stopped> {
        self.shared.check_running()
    }
}
