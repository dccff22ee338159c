//! An explanation for people.

use std::fmt;

use super::{
    Absence, Certificate, Explanation, Fenced, Happening, Link, Meeting, Moment, PortHere, PortThere, Subject, Verdict,
    history::span,
};
use crate::id::PortName;

/// Names in a list; of the others the number is told.
const MAX_LISTED: usize = 8;

impl Explanation {
    /// The answer in a line.
    pub fn summary(&self) -> String {
        match &self.subject {
            Subject::ThisNode => "alive: it is the node that answers".to_owned(),
            Subject::Here(_) => "alive: a port of the node that answers".to_owned(),
            Subject::Nowhere(absence) => self.why_nowhere(*absence),
            Subject::There(there) => self.why_there(there),
            Subject::Stranger => match &self.verdict {
                Verdict::Dead(reason) => format!("dead, as its node has told: {reason}"),
                _ if self.story.is_empty() => format!("unknown: this node has nothing to do with {}", self.port.node),
                _ => format!("not known to be dead: this node has nothing to do with {} any more", self.port.node),
            },
        }
    }

    fn why_nowhere(&self, absence: Absence) -> String {
        let ago = self.story.last().map(|moment| span(moment.ago)).unwrap_or_default();
        match (absence, &self.verdict) {
            (Absence::Remembered, Verdict::Dead(reason)) => format!("dead for {ago}: {reason}"),
            (Absence::Forgotten | Absence::Remembered, _) => {
                "dead; it died longer ago than this node remembers".to_owned()
            }
            (Absence::NeverMade, _) => "dead: this node never made such a port".to_owned(),
            (Absence::NotStarted, Verdict::Dead(reason)) if reason.code().as_str() != "no_such_port" => {
                format!("dead: it could not be started, or is dead: {reason}")
            }
            (Absence::NotStarted, _) => {
                "dead: no port was started under this name, or it died longer ago than this node remembers".to_owned()
            }
            (Absence::OtherRun, _) => "dead: another run of this node made it".to_owned(),
        }
    }

    fn why_there(&self, there: &PortThere) -> String {
        if let Some(fence) = &there.fence {
            return format!("dead here for {}: {}; {}", span(fence.ago), fence.reason, fate(fence));
        }
        let link = link(&there.link);
        match &self.verdict {
            Verdict::Dead(reason) if there.retired => format!("dead here, with the whole run of its node: {reason}"),
            Verdict::Dead(reason) => format!("dead, as its node has told: {reason}"),
            Verdict::Alive if self.port.name == PortName::Node => format!("alive: {link}"),
            Verdict::Alive => format!("alive: {link}, and would tell its death"),
            Verdict::Unknown if there.watches > 0 => format!("not known to be dead: {link}"),
            Verdict::Unknown => format!("not known to be dead, and not watched from here: {link}"),
        }
    }

    /// What is known at this moment, a sentence each.
    pub fn facts(&self) -> Vec<String> {
        match &self.subject {
            Subject::ThisNode | Subject::Nowhere(_) | Subject::Stranger => Vec::new(),
            Subject::Here(here) => facts_here(here),
            Subject::There(there) => facts_there(there),
        }
    }
}

fn fate(fence: &Fenced) -> &'static str {
    match fence.certificate {
        Certificate::Owed => "its node does not know that yet",
        Certificate::OwedKill => "its node does not know that yet, and will kill it",
        Certificate::LivesOn => "there, it lives on under another name",
    }
}

fn link(link: &Link) -> String {
    match link {
        Link::Connected => "its node is connected".to_owned(),
        Link::Missing { since, error: None } => format!("its node has not been connected for {}", span(*since)),
        Link::Missing { since, error: Some(error) } => {
            format!("its node has not been connected for {} (last attempt: {error})", span(*since))
        }
        Link::Absent => "its node is not connected, and nobody needs it to be".to_owned(),
    }
}

fn facts_here(here: &PortHere) -> Vec<String> {
    let mut facts = Vec::new();
    if here.names.len() > 1 {
        facts.push(format!("it has {} names: {}", here.names.len(), list(&here.names)));
    }
    if !here.published.is_empty() {
        facts.push(format!("it is published as {}", list(&here.published)));
    }
    if here.private {
        facts.push("it is private: it dies with whoever declares it dead".to_owned());
    }
    if here.watches > 0 {
        facts.push(format!("watches of this node on it: {}", here.watches));
    }
    if !here.watchers.is_empty() {
        facts.push(format!("other nodes that watch it: {}", list(&here.watchers)));
    }
    for (node, reason) in here.closed_for.iter().take(MAX_LISTED) {
        facts.push(format!("its older names are closed for {node}, of which it refused a message: {reason}"));
    }
    facts
}

fn facts_there(there: &PortThere) -> Vec<String> {
    let run = there.incarnation.map_or_else(|| "no run of it is known".to_owned(), |run| format!("run {run}"));
    let mut facts = vec![format!("its node: {run}, session {}; {}", there.session, link(&there.link))];
    if there.other_run {
        facts.push("its name was made by another run of its node".to_owned());
    }
    facts.push(format!("watches of this node on it: {}", there.watches));
    if there.unacknowledged > 0 {
        facts.push(format!("octets that wait for its node, or that it has not acknowledged: {}", there.unacknowledged));
    }
    facts
}

fn list<T: fmt::Display>(all: &[T]) -> String {
    let named: Vec<String> = all.iter().take(MAX_LISTED).map(ToString::to_string).collect();
    let more = all.len().saturating_sub(named.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", named.join(", "))
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.port, self.summary())?;
        self.facts().iter().try_for_each(|fact| write!(f, "\n  {fact}"))?;
        self.story.iter().try_for_each(|moment| write!(f, "\n  {moment}"))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ago: {}", span(self.ago), self.what)
    }
}

/// How many ports were declared dead with a session, if any.
struct Declared(usize);

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            1 => f.write_str("; with it, a port was declared dead"),
            ports => write!(f, "; with it, {ports} ports were declared dead"),
        }
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("the port was opened"),
            Self::Died { reason } => write!(f, "the port died: {reason}"),
            Self::DeclaredDead { reason, session } => {
                write!(f, "this node declared the port dead in session {session}: {reason}")
            }
            Self::BasePeerConnected => f.write_str("its node connected as a base peer"),
            Self::SessionBegan { incarnation, session, meeting } => {
                let meeting = match meeting {
                    Meeting::First => "first contact",
                    Meeting::Again => "contact again",
                    Meeting::Successor => "another run took the node's place",
                };
                write!(f, "{meeting}: session {session} with run {incarnation} began")
            }
            Self::ConnectionLost { error } => write!(f, "the connection broke: {error}"),
            Self::Resumed { connections } => write!(f, "connection {connections} carried the session on"),
            Self::SessionFailed { reason, declared_dead } => {
                write!(f, "the session failed: {reason}{}", Declared(*declared_dead))
            }
            Self::NotReached { reason, declared_dead } => {
                write!(f, "the node was not reached: {reason}{}", Declared(*declared_dead))
            }
            Self::ImpostorRefused => f.write_str("another process with the same node ID was refused"),
            Self::Misbehaved { error } => write!(f, "the node broke the protocol: {error}"),
            Self::PortsDeclaredDead { ports: 1, reason } => write!(f, "a port was declared dead: {reason}"),
            Self::PortsDeclaredDead { ports, reason } => {
                write!(f, "{ports} ports were declared dead, the first because: {reason}")
            }
            Self::Retired => f.write_str("so many ports of the node were dead that its whole run was declared dead"),
            Self::Congested { octets } => write!(f, "much waited for the node: {octets} octets"),
        }
    }
}
