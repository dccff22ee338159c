//! Taking back what was never given out: where too much waits, the ports with the most lose theirs.

use rustc_hash::FxHashMap;

use crate::id::{PortName, PortNumber};

use super::{
    Session,
    unsent::{Kept, Unsent, subject},
    waiting::Waiting,
};

/// What the peer does not get, because it is too large or behind such.
#[derive(Debug)]
pub(crate) enum TooLarge {
    /// A message to a port of the peer, or its spawn.
    For(PortName),
    /// A call, with its number.
    Call(PortName, PortNumber),
    /// The answer to this call of the peer.
    Answer(PortName),
}

impl TooLarge {
    fn new(to: PortName, frame: &Waiting) -> Self {
        if frame.is_answer() {
            return Self::Answer(to);
        }
        match Unsent::whole(to.clone(), frame, false).map(|unsent| unsent.what) {
            Some(Kept::Call(number)) => Self::Call(to, number),
            _ => Self::For(to),
        }
    }
}

impl Session {
    /// Keeps nothing of what was given out, as a session would that sends nothing again.
    pub(crate) fn forget_given(&mut self) {
        let given = self.outbox.given();
        let _: bool = self.acknowledge(given);
    }

    /// Octets of messages and calls to each port that were never given out.
    fn waiting(&self) -> FxHashMap<PortName, usize> {
        let mut waiting: FxHashMap<PortName, usize> = FxHashMap::default();
        let mut count = |to: PortName, octets: usize| {
            let sum = waiting.entry(to).or_default();
            *sum = sum.saturating_add(octets);
        };
        for frame in self.outbox.never_given() {
            if let Some((to, Kept::Message | Kept::Call(_), _)) = subject(frame, &self.interned) {
                count(to, frame.len());
            }
        }
        // Large messages to the node itself stay: it has no port that could die of their loss.
        let of_ports = self.lanes.waiting().filter(|(to, _)| **to != PortName::Node);
        of_ports.for_each(|(to, octets)| count(to.clone(), octets));
        waiting
    }

    /// The ports for which the most waits that was never given out, so many of them that without it `enough` octets
    /// are free.
    pub(crate) fn greediest(&self, enough: usize) -> Vec<PortName> {
        let mut waiting: Vec<_> = self.waiting().into_iter().filter(|(_, octets)| *octets > 0).collect();
        waiting.sort_unstable_by(|(a, most), (b, less)| less.cmp(most).then_with(|| a.cmp(b)));
        let mut free: usize = 0;
        let greedy = waiting.into_iter().take_while(|(_, octets)| {
            let goes_on = free < enough;
            free = free.saturating_add(*octets);
            goes_on
        });
        greedy.map(|(to, _)| to).collect()
    }

    /// The peer takes no larger messages than this: gives what was queued before it could say so, and is
    /// larger, or behind such to the same port.
    pub(crate) fn take_larger(&mut self, most: usize) -> Vec<TooLarge> {
        self.peer_max_message = most;
        let taken = self.lanes.take_larger(most);
        for (to, _) in taken.iter().filter(|(_, frame)| frame.is_message()) {
            self.interned.take_back(to, 1);
        }
        taken.into_iter().map(|(to, frame)| TooLarge::new(to, &frame)).collect()
    }

    /// Takes the messages and calls to some ports back that were never given out. All ports at once: it copies whatever
    /// else was never given out.
    pub(crate) fn take_back(&mut self, ports: &[PortName]) -> Vec<Kept> {
        let mut taken = Vec::new();
        let mut counts: FxHashMap<&PortName, u64> = ports.iter().map(|port| (port, 0)).collect();
        let interned = &self.interned;
        let numbers = self.outbox.take_back(|frame| {
            let Some((to, what @ (Kept::Message | Kept::Call(_)), _)) = subject(frame, interned) else { return false };
            let Some(count) = counts.get_mut(&to) else { return false };
            *count = count.saturating_add(1);
            taken.push(what);
            true
        });
        // What was behind that has moved up: the last pieces of large messages, and the last notice.
        for last in self.completed.iter_mut().map(|(last, ..)| last).chain([&mut self.last_notice]) {
            let before = numbers.partition_point(|number| number < last);
            *last = last.saturating_sub(u64::try_from(before).unwrap_or(u64::MAX));
        }
        for port in ports {
            let large = self.lanes.take_back(port, Waiting::is_message);
            let large = large.iter().filter_map(|frame| Unsent::whole(port.clone(), frame, false));
            let before = taken.len();
            taken.extend(large.map(|unsent| unsent.what));
            let large = u64::try_from(taken.len().saturating_sub(before)).unwrap_or(u64::MAX);
            let small = counts.get(port).copied().unwrap_or_default();
            self.interned.take_back(port, small.saturating_add(large));
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        limits::Limits,
        session::{Envelope, Naming, Sender},
        wire::frame::kind,
    };

    #[test]
    fn the_number_of_the_last_notice_moves_up_with_it() {
        let (mut session, port) = (Session::new(1), "a".parse().unwrap());
        let fields = |_: &mut Vec<u8>| {};
        let message =
            Envelope { kind: kind::MESSAGE, to: &port, naming: Naming::Interned, from: Sender::Nobody, fields };
        for _ in 0..3 {
            session.write(&message, &Limits::default(), |_| Ok::<(), std::fmt::Error>(())).unwrap();
        }
        session.notice(None, &Envelope { kind: kind::DEAD, naming: Naming::Absent, ..message });
        assert_eq!(session.last_notice(), 5);
        assert_eq!(session.take_back(std::slice::from_ref(&port)), [Kept::Message; 3]);
        assert_eq!(session.last_notice(), 2);
    }
}
