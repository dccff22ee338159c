//! Events for observers, and what is printed where nobody observes.

mod failures;

use std::{
    fmt,
    io::{self, Write as _},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

pub use aemp_proto::kernel::Event;
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::{
    call::block_on,
    node::{Shared, lock},
};

use failures::Failures;

/// Events that wait for one observer; more are lost to it.
const WAITING: usize = 1_024;
/// Lines on stderr in one period, where nobody observes.
const LINES: u32 = 10;
const PERIOD: Duration = Duration::from_secs(1);

/// The events of a node, from the moment of the subscription on.
///
/// While at least one subscription exists, nothing is printed on stderr. (What is printed else is a selection: connections that
/// come and go are not told, and the same failure to reach a place is told once in ten minutes.) Up to 1,024 events wait for each
/// subscriber; what comes while they wait is lost to it.
#[derive(Debug)]
pub struct Events {
    waiting: mpsc::Receiver<Event>,
    node: Arc<Shared>,
}

impl Events {
    pub(crate) const fn new(node: Arc<Shared>, waiting: mpsc::Receiver<Event>) -> Self {
        Self { waiting, node }
    }

    /// The next event; `None` when the node is stopped.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no event is lost if the future is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Event> {
        self.waiting.recv().await
    }

    /// Blocks the thread until there is an event; `None` when the node is stopped.
    ///
    /// # Panics
    ///
    /// Panics on the node's own thread (in handlers and tasks), which would wait for itself.
    #[track_caller]
    pub fn wait(&mut self) -> Option<Event> {
        self.node.check_may_wait();
        block_on(self.waiting.recv())
    }

    /// An event that is there already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.waiting.try_recv().ok()
    }
}

/// Those who observe a node.
#[derive(Debug, Default)]
pub(crate) struct Observers {
    all: Mutex<Vec<mpsc::Sender<Event>>>,
    printed: Mutex<Printed>,
}

impl Observers {
    pub(crate) fn subscribe(&self) -> mpsc::Receiver<Event> {
        let (sender, receiver) = mpsc::channel(WAITING);
        lock(&self.all).push(sender);
        receiver
    }

    /// Tells everybody, or stderr if there is nobody.
    pub(crate) fn tell(&self, event: Event) {
        let mut all = lock(&self.all);
        all.retain(|observer| !matches!(observer.try_send(event.clone()), Err(TrySendError::Closed(_))));
        if all.is_empty() && is_for_people(&event) {
            lock(&self.printed).print(&event);
        }
    }

    /// Ends all subscriptions.
    pub(crate) fn close(&self) {
        lock(&self.all).clear();
    }
}

/// What was printed lately.
#[derive(Debug, Default)]
struct Printed {
    since: Option<Instant>,
    lines: u32,
    suppressed: u64,
    failures: Failures,
}

impl Printed {
    fn print(&mut self, event: &Event) {
        // Dials are repeated for ever.
        if matches!(event, Event::DialFailed { .. }) && !self.failures.is_news(&describe(event), Instant::now()) {
            return;
        }
        if self.since.is_none_or(|since| since.elapsed() >= PERIOD) {
            if self.suppressed > 0 {
                say(format_args!("{} more events were not printed", self.suppressed));
            }
            (self.since, self.lines, self.suppressed) = (Some(Instant::now()), 0, 0);
        }
        if self.lines < LINES {
            self.lines += 1;
            say(format_args!("{}", describe(event)));
        } else {
            self.suppressed += 1;
        }
    }
}

/// Prints a line, if anybody reads: the end of a log's reader must not end the node, as `eprintln` would.
fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "aemp: {line}");
}

/// Whether an event tells of something that somebody has to look at. Connections come and go.
const fn is_for_people(event: &Event) -> bool {
    !matches!(
        event,
        Event::PeerUp { .. } | Event::SessionResumed { .. } | Event::ConnectionLost { .. } | Event::PeerDown { .. }
    )
}

/// An event as a line for people.
pub fn describe(event: &Event) -> String {
    match event {
        Event::DialFailed { node: Some(node), address, error } => format!("cannot reach {node} at {address}: {error}"),
        Event::DialFailed { node: None, address, error } => format!("cannot reach {address}: {error}"),
        Event::HandshakeRefused { remote, error } => format!("refused a connection from {remote}: {error}"),
        Event::PeerUp { node, incarnation: Some(run) } => format!("connected with {node} (run {run})"),
        Event::PeerUp { node, incarnation: None } => format!("connected with the base peer {node}"),
        Event::RequestRefused { node, error } => format!("refused what {node} asked for: {error}"),
        Event::SessionResumed { node, connections } => {
            format!("connected again with {node} (connection {connections})")
        }
        Event::ConnectionLost { node, error } => format!("the connection with {node} broke: {error}"),
        Event::PeerDown { node, reason } => format!("{node} is down: {reason}"),
        Event::NodeIdInUse { node } => format!("two living processes call themselves {node}; the second was refused"),
        Event::Misbehaved { node, error } => format!("{node} broke the protocol and was disconnected: {error}"),
        Event::UnwatchedDeath { port, reason } => format!("{port} died and nobody watched it: {reason}"),
        Event::MessageDropped { to, reason } => format!("a message to {to} was dropped: {reason}"),
        Event::Retired { node } => format!("too many ports of {node} are dead for this node: start it anew"),
        Event::Fenced { port, reason } => format!("{port} is dead for this node from now on: {reason}"),
        Event::MasterFound { node } => format!("{node} is the master of this node"),
        Event::MasterLost { node } => format!("the master {node} is lost; another one is looked for"),
        Event::BecameGlobal => "this node holds the database from now on".to_owned(),
        Event::Congested { node, octets } => format!("{octets} octets wait for {node}"),
        other => format!("{other:?}"),
    }
}
