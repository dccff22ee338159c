//! The work on one authenticated connection.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    io,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use aemp_proto::{
    id::NodeId,
    kernel::{ConnectionId, Received},
};
use tokio::time::timeout;

use super::{
    Host,
    channel::{Channel, LINGER, Read},
    doorway::Doorway,
    inbox::Inbox,
};

/// Octets that are gathered for one write.
const GATHER: usize = 128 << 10;
/// Steps, of a read or some frames each, after which other tasks have their turn.
const STEPS_PER_TURN: usize = 32;
/// The same for octets: large messages take long for each step.
const OCTETS_PER_TURN: usize = 256 << 10;
/// Frames that are handled before the local messages that they made.
const FRAMES_PER_STEP: usize = 256;

/// What the node tells the task of a connection.
#[derive(Debug, Default)]
pub(super) struct Signal {
    waker: RefCell<Option<Waker>>,
    to_write: Cell<bool>,
    to_close: Cell<bool>,
}

impl Signal {
    /// There is something to transmit.
    pub(super) fn wake(&self) {
        self.to_write.set(true);
        self.notify();
    }

    /// What can still be transmitted is the last.
    pub(super) fn close(&self) {
        self.to_close.set(true);
        self.notify();
    }

    fn notify(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// How the work on a connection ends.
enum End {
    /// By the other side, or by the network.
    Broken(String),
    /// By the kernel.
    Closed,
}

/// One connection that the kernel has taken over.
pub(super) struct Connection<H> {
    pub(super) host: H,
    pub(super) id: ConnectionId,
    pub(super) node: NodeId,
    pub(super) channel: Channel,
    /// Received, and not yet a whole frame.
    pub(super) received: Inbox,
    pub(super) signal: Rc<Signal>,
    /// Whether every whole frame that was received is handled.
    pub(super) is_handled: bool,
    /// How many local messages the node shall have handled before it reads again; not known right after it has read.
    pub(super) reads_at: Option<u64>,
    /// Why nothing more will be received.
    pub(super) over: Option<String>,
    /// Octets that were read and gathered in this turn.
    pub(super) moved: usize,
}

impl<H: Host> Connection<H> {
    /// Works until the connection ends, and closes it.
    pub(super) async fn run(mut self, doorway: &Doorway) {
        // What came in behind the handshake is complete already, and the kernel has a first frame to send.
        let end = self.handle();
        self.host.turn();
        self.signal.to_write.set(true);
        let end = match end {
            Some(end) => end,
            None => poll_fn(|cx| self.poll(cx, doorway)).await,
        };
        let error = match &end {
            End::Broken(error) => error,
            End::Closed => "closed by this node",
        };
        let has_said_all = matches!(end, End::Closed) && self.say_last_words().await;
        self.host.kernel(|kernel, now| kernel.closed(self.id, error, now));
        self.host.turn();
        if has_said_all {
            self.channel.close().await;
        }
    }

    async fn say_last_words(&mut self) -> bool {
        let last_words = async { while self.gather() && self.channel.flush().await.is_ok() {} };
        // Whoever does not read any more will not read the rest either.
        timeout(LINGER, last_words).await.is_ok()
    }

    fn poll(&mut self, cx: &mut Context<'_>, doorway: &Doorway) -> Poll<End> {
        // Whoever signals while this task runs need not wake it.
        self.signal.waker.take();
        let result = self.work(cx, doorway);
        if result.is_pending() {
            *self.signal.waker.borrow_mut() = Some(cx.waker().clone());
        }
        result
    }

    /// Writes, reads and handles as much as there is, up to the share of one turn.
    fn work(&mut self, cx: &mut Context<'_>, doorway: &Doorway) -> Poll<End> {
        self.moved = 0;
        // The kernel may have left whole messages of a base peer until another connection of that had ended.
        if self.signal.to_write.get() && !self.received.octets().is_empty() {
            self.is_handled = false;
        }
        let mut steps = 0..STEPS_PER_TURN;
        loop {
            // Behind what was handed in, whatever comes next: others find a node that is up to date.
            let local = self.host.turn();
            if steps.next().is_none() || self.moved >= OCTETS_PER_TURN {
                break;
            }
            let written = self.poll_write(cx);
            if self.signal.to_close.get() {
                return Poll::Ready(End::Closed);
            }
            // What was read last may have made more local messages than the node could handle so far: they come first,
            // but not those that are made meanwhile, which may never end.
            if local.handled < *self.reads_at.get_or_insert(local.handled + local.waiting) {
                break;
            }
            self.reads_at = None;
            if self.is_handled {
                if let Some(error) = self.over.take() {
                    return Poll::Ready(End::Broken(error));
                }
                self.over = match (self.poll_read(cx, doorway), written) {
                    (Poll::Ready(Ok(Read::Octets(octets))), _) => {
                        self.moved += octets;
                        None
                    }
                    (Poll::Ready(Ok(Read::End)), _) => Some("the other side closed the connection".to_owned()),
                    (Poll::Ready(Err(error)), _) => Some(error.to_string()),
                    // What arrived before the other side hung up has been read.
                    (Poll::Pending, Poll::Ready(Err(error))) => return Poll::Ready(End::Broken(error.to_string())),
                    (Poll::Pending, _) => return Poll::Pending,
                };
            }
            if let Some(end) = self.handle() {
                self.host.turn();
                return Poll::Ready(end);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, doorway: &Doorway) -> Poll<io::Result<Read>> {
        let mut scratch = doorway.scratch.borrow_mut();
        let read = self.channel.poll_read(cx, &mut scratch, self.received.more());
        if read.is_pending() {
            self.received.rest();
        }
        read
    }

    /// Writes until the kernel has nothing more or the network takes nothing more. What the kernel has meanwhile
    /// stays there, and so does the signal.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.channel.poll_flush(cx))?;
            if !self.signal.to_write.replace(false) || !self.gather() {
                return Poll::Ready(Ok(()));
            }
            // Perhaps there is more than one write takes.
            self.signal.to_write.set(true);
        }
    }

    /// Takes octets from the kernel for one write. False if it has none.
    fn gather(&mut self) -> bool {
        let Self { host, id, channel, moved, .. } = self;
        host.kernel(|kernel, now| {
            let mut gathered = 0;
            while gathered < GATHER
                && let Some(octets) = kernel.transmit(*id, GATHER - gathered, now)
            {
                gathered += octets.len();
                // Encrypting into memory fails only on a connection that is over; the next write says so.
                if channel.queue(octets).is_err() {
                    return false;
                }
            }
            *moved += gathered;
            gathered > 0
        })
    }

    /// Handles whole frames that were received, so many that the node's local messages keep up.
    fn handle(&mut self) -> Option<End> {
        self.host.delivers_from(Some(&self.node));
        let end = self.handle_frames();
        self.host.delivers_from(None);
        end
    }

    fn handle_frames(&mut self) -> Option<End> {
        for _ in 0..FRAMES_PER_STEP {
            let length = match self.host.kernel(|kernel, now| kernel.receive(self.id, self.received.octets(), now)) {
                Received::More => {
                    self.is_handled = true;
                    return None;
                }
                Received::Closed => return Some(End::Closed),
                Received::Frame { length, delivery } => {
                    if let Some(delivery) = delivery {
                        self.host.deliver(delivery);
                    }
                    length
                }
            };
            self.received.handle(length);
        }
        self.is_handled = false;
        None
    }
}
