//! What happened with a peer lately, for people who ask why.

use std::{collections::VecDeque, time::Duration};

use super::Moment;
use crate::{
    id::{Incarnation, NodeId, PortId, PortName},
    kernel::{Event, Kernel, arena::Key},
    reason::Reason,
    time::Time,
};

/// Happenings that are remembered of one peer.
const MAX_ENTRIES: usize = 64;
/// Deaths of its ports that are remembered.
const MAX_DEATHS: usize = 64;
/// Peers that are no longer known, and still remembered.
const MAX_FORGOTTEN: usize = 64;
/// Characters of a reason or an error that are remembered.
const MAX_TEXT: usize = 256;

/// Something that happened to a port, or with the node that it is at.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Happening {
    /// The port began to live.
    Opened,
    /// The port died; if it is a peer's, the peer has told it.
    Died {
        /// Why.
        reason: Reason,
    },
    /// The node that explains declared the port dead.
    DeclaredDead {
        /// Why.
        reason: Reason,
        /// The number of the session in which it did.
        session: u64,
    },
    /// A session with the peer began.
    SessionBegan {
        /// The run of the peer.
        incarnation: Incarnation,
        /// The number of the session.
        session: u64,
        /// Whether that run was known.
        meeting: Meeting,
    },
    /// A base peer was connected.
    BasePeerConnected,
    /// The connection broke; the session went on.
    ConnectionLost {
        /// What happened.
        error: Box<str>,
    },
    /// Another connection carried the session on.
    Resumed {
        /// How many connections the session has had.
        connections: u64,
    },
    /// The session failed.
    SessionFailed {
        /// Why.
        reason: Reason,
        /// How many ports of the peer were declared dead.
        declared_dead: usize,
    },
    /// No session came about.
    NotReached {
        /// Why.
        reason: Reason,
        /// How many ports of the peer were declared dead.
        declared_dead: usize,
    },
    /// Another living process with the peer's node ID was refused.
    ImpostorRefused,
    /// The peer broke the rules of the protocol.
    Misbehaved {
        /// Which.
        error: Box<str>,
    },
    /// Ports of the peer were declared dead in a running session.
    PortsDeclaredDead {
        /// How many.
        ports: usize,
        /// Why, of the first.
        reason: Reason,
    },
    /// So many ports of the peer were dead that its whole run is.
    Retired,
    /// Much was queued for the peer.
    Congested {
        /// Octets.
        octets: usize,
    },
}

/// What was known before of the run of a peer with which a session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing was known of the peer.
    First,
    /// It was known.
    Again,
    /// Another run was known: this one took its place.
    Successor,
}

/// What happened with a peer lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    entries: VecDeque<(Time, Happening)>,
    deaths: VecDeque<(Time, PortName, Reason)>,
    met: Option<Incarnation>,
}

impl History {
    fn note(&mut self, at: Time, what: Happening) {
        if let (Some((last, Happening::PortsDeclaredDead { ports, .. })), Happening::PortsDeclaredDead { .. }) =
            (self.entries.back_mut(), &what)
        {
            *last = at;
            *ports = ports.saturating_add(1);
            return;
        }
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back((at, what));
    }

    fn note_session(&mut self, at: Time, incarnation: Option<Incarnation>, session: u64) {
        let Some(incarnation) = incarnation else { return self.note(at, Happening::BasePeerConnected) };
        let meeting = match self.met.replace(incarnation) {
            None => Meeting::First,
            Some(known) if known == incarnation => Meeting::Again,
            Some(_) => Meeting::Successor,
        };
        self.note(at, Happening::SessionBegan { incarnation, session, meeting });
    }

    /// The session was given up, or none came about.
    pub(crate) fn note_failure(&mut self, at: Time, was_used: bool, reason: &Reason, declared_dead: usize) {
        let reason = brief(reason);
        self.note(
            at,
            if was_used {
                Happening::SessionFailed { reason, declared_dead }
            } else {
                Happening::NotReached { reason, declared_dead }
            },
        );
    }

    fn note_death(&mut self, at: Time, name: &PortName, reason: &Reason) {
        if self.deaths.len() >= MAX_DEATHS {
            self.deaths.pop_front();
        }
        self.deaths.push_back((at, name.clone(), brief(reason)));
    }

    /// The death of a port, if the peer has told it.
    pub(super) fn death(&self, name: &PortName) -> Option<&Reason> {
        self.deaths.iter().rev().find(|(_, dead, _)| dead == name).map(|(.., reason)| reason)
    }

    /// What happened with the peer and to one of its ports, the oldest first.
    pub(super) fn story(&self, name: &PortName, now: Time) -> Vec<Moment> {
        let moment = |at: &Time, what: &Happening| Moment { ago: now.since(*at), what: what.clone() };
        let deaths = self.deaths.iter().filter(|(_, dead, _)| dead == name);
        let deaths = deaths.map(|(at, _, reason)| moment(at, &Happening::Died { reason: reason.clone() }));
        let mut story: Vec<Moment> = self.entries.iter().map(|(at, what)| moment(at, what)).chain(deaths).collect();
        story.sort_by_key(|moment| std::cmp::Reverse(moment.ago));
        story
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.deaths.is_empty()
    }
}

/// The histories of peers that are no longer known, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forgotten(VecDeque<(NodeId, History)>);

impl Forgotten {
    pub(crate) fn keep(&mut self, node: NodeId, history: History) {
        if history.is_empty() {
            return;
        }
        if self.0.len() >= MAX_FORGOTTEN {
            self.0.pop_front();
        }
        self.0.push_back((node, history));
    }

    /// The history of a peer that becomes known again.
    pub(crate) fn take(&mut self, node: &NodeId) -> History {
        let at = self.0.iter().position(|(other, _)| other == node);
        at.and_then(|at| self.0.remove(at)).map(|(_, history)| history).unwrap_or_default()
    }

    fn get(&self, node: &NodeId) -> Option<&History> {
        self.0.iter().find(|(other, _)| other == node).map(|(_, history)| history)
    }

    pub(super) fn death(&self, port: &PortId) -> Option<Reason> {
        self.get(&port.node)?.death(&port.name).cloned()
    }

    pub(super) fn story(&self, port: &PortId, now: Time) -> Vec<Moment> {
        self.get(&port.node).map(|history| history.story(&port.name, now)).unwrap_or_default()
    }
}

impl Kernel {
    /// The time, where nothing else tells it: what happens from now on is remembered to have happened now.
    pub const fn tell_time(&mut self, now: Time) {
        self.now = now;
    }

    /// Remembers what an event says of a peer.
    pub(crate) fn remember(&mut self, event: &Event) {
        let at = self.now;
        match event {
            Event::PeerUp { node, incarnation } => {
                if let Some((session, history)) = self.history(node) {
                    history.note_session(at, *incarnation, session);
                }
            }
            Event::SessionResumed { node, connections } => {
                self.note(node, Happening::Resumed { connections: *connections });
            }
            Event::ConnectionLost { node, error } => self.note(node, Happening::ConnectionLost { error: cut(error) }),
            Event::NodeIdInUse { node } => self.note(node, Happening::ImpostorRefused),
            Event::Misbehaved { node, error } => self.note(node, Happening::Misbehaved { error: cut(error) }),
            Event::Fenced { port, reason } => {
                self.note(&port.node, Happening::PortsDeclaredDead { ports: 1, reason: brief(reason) });
            }
            Event::Retired { node } => self.note(node, Happening::Retired),
            Event::Congested { node, octets } => self.note(node, Happening::Congested { octets: *octets }),
            // What a session's failure means is remembered where it fails; the others are not about a peer.
            _ => {}
        }
    }

    fn history(&mut self, node: &NodeId) -> Option<(u64, &mut History)> {
        let peer = self.peers.get_mut(*self.by_node.get(node)?)?;
        Some((peer.session.epoch, &mut peer.history))
    }

    fn note(&mut self, node: &NodeId, what: Happening) {
        let at = self.now;
        if let Some((_, history)) = self.history(node) {
            history.note(at, what);
        }
    }

    /// A peer tells that a port of its is dead.
    pub(crate) fn handle_dead(&mut self, key: Key, name: &PortName, reason: &Reason) {
        let now = self.now;
        // Of what nobody here has asked for nothing is remembered.
        if self.fire(key, name, reason)
            && let Some(peer) = self.peers.get_mut(key)
        {
            peer.history.note_death(now, name, reason);
        }
    }
}

/// A reason as it is remembered.
pub(super) fn brief(reason: &Reason) -> Reason {
    let is_brief = reason.details().is_empty() && reason.text().len().max(reason.code().as_str().len()) <= MAX_TEXT;
    if is_brief { reason.clone() } else { reason.shortened(MAX_TEXT) }
}

fn cut(text: &str) -> Box<str> {
    text.chars().take(MAX_TEXT).collect::<String>().into()
}

/// A time span for people: two parts at most.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0 => format!("{} ms", span.as_millis()),
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{minutes} min"),
        7_200..172_800 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} days {} h", hours % 24),
    }
}
