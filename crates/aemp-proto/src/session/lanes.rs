//! Large frames on their way: cut into pieces, so that frames to other ports can pass them.
//!
//! A lane holds what is to be sent to one port from its first large frame on, so that the order to that
//! port is kept. The lanes take turns, a piece each.

#[cfg(any(test, feature = "simulation"))]
mod fingerprint;

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::{
    id::PortName,
    kernel::LocalPort,
    planted::{Bug, planted},
    wire::write,
};

use super::{last_words::LastWords, waiting::Waiting};

#[derive(Clone, Debug)]
struct Lane {
    to: PortName,
    frames: VecDeque<Waiting>,
    /// The piece-wise transfer that its first frame has begun, and what of it is done.
    transfer: Option<(u64, usize)>,
}

/// All lanes of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes {
    lanes: VecDeque<Lane>,
    names: FxHashSet<PortName>,
    next_transfer: u64,
    octets: usize,
    /// What the transfers that have begun promise in all: the peer bounds it.
    promised: usize,
    /// Notices of death that come after everything their ports sent.
    pub(super) last_words: LastWords,
    /// The ports whose spawns wait: spawns keep their order, which tells the peer what it has missed.
    spawns: VecDeque<PortName>,
}

/// What a lane gives in its turn.
#[derive(Debug)]
pub(crate) enum Turn {
    /// A whole frame, from its type on.
    Whole(Waiting),
    /// The notice of a death.
    Notice(Waiting),
    /// The fields and octets of a piece, and the frame that it completes.
    Piece(Vec<u8>, Option<(PortName, Waiting)>),
}

impl Lanes {
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_empty() && self.last_words.is_empty()
    }

    /// Octets that wait.
    pub(crate) const fn octets(&self) -> usize {
        self.octets
    }

    /// Whether frames to `to` have to wait here.
    pub(crate) fn holds(&self, to: &PortName) -> bool {
        !self.lanes.is_empty() && self.names.contains(to)
    }

    /// Whether a spawn has to wait here.
    pub(crate) fn holds_spawns(&self) -> bool {
        !self.spawns.is_empty() || planted(Bug::MessageBeforeSpawn)
    }

    pub(crate) fn push(&mut self, to: &PortName, frame: Waiting) {
        let to = if planted(Bug::MessageBeforeSpawn) && frame.is_spawn() { &PortName::Node } else { to };
        if frame.is_spawn() {
            self.spawns.push_back(to.clone());
        }
        self.octets = self.octets.saturating_add(frame.octets());
        self.last_words.begin(frame.from);
        if self.names.insert(to.clone()) {
            self.lanes.push_back(Lane { to: to.clone(), frames: VecDeque::from([frame]), transfer: None });
        } else if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.to == *to) {
            lane.frames.push_back(frame);
        }
    }

    /// Keeps the notice of a port's death back while something waits that it sent, or may have sent; `None` if it was kept.
    pub(crate) fn hold_notice(&mut self, port: Option<LocalPort>, notice: Waiting) -> Option<Waiting> {
        let octets = notice.octets();
        let notice = self.last_words.hold(port, notice);
        if notice.is_none() {
            self.octets = self.octets.saturating_add(octets);
        }
        notice
    }

    /// The frames that wait for a port, the one under way among them.
    pub(crate) fn frames(&self, to: &PortName) -> impl Iterator<Item = &Waiting> {
        let lane = if self.holds(to) { self.lanes.iter().find(|lane| lane.to == *to) } else { None };
        lane.into_iter().flat_map(|lane| &lane.frames)
    }

    /// The first frame of a lane waits no longer.
    fn take_first(&mut self, lane: &mut Lane) -> Option<Waiting> {
        let frame = lane.frames.pop_front()?;
        if frame.is_spawn() {
            self.spawns.pop_front();
        }
        self.last_words.end(frame.from);
        Some(frame)
    }

    /// The next turn; `max_piece` is the most that a piece or a whole frame may have, `max_promised` the
    /// most that transfers may promise together.
    pub(crate) fn turn(&mut self, max_piece: usize, max_promised: usize) -> Option<Turn> {
        if let Some(notice) = self.last_words.next() {
            self.octets = self.octets.saturating_sub(notice.octets());
            return Some(Turn::Notice(notice));
        }
        let ready = |lane: &Lane| {
            if lane.frames.front().is_some_and(Waiting::is_spawn) && self.spawns.front() != Some(&lane.to) {
                return false;
            }
            let total = lane.frames.front().map_or(0, Waiting::octets);
            let fits = self.promised == 0 || self.promised.saturating_add(total) <= max_promised;
            fits || lane.transfer.is_some() || total <= max_piece
        };
        let at = self.lanes.iter().position(ready)?;
        let mut lane = self.lanes.remove(at)?;
        let turn = self.take(&mut lane, max_piece);
        if lane.frames.is_empty() {
            self.names.remove(&lane.to);
        } else {
            self.lanes.push_back(lane);
        }
        turn
    }

    fn take(&mut self, lane: &mut Lane, max_piece: usize) -> Option<Turn> {
        let frame = lane.frames.front()?;
        let total = frame.octets();
        if lane.transfer.is_none() && total <= max_piece {
            self.octets = self.octets.saturating_sub(total);
            return self.take_first(lane).map(Turn::Whole);
        }
        let (transfer, done) = lane.transfer.unwrap_or((self.next_transfer, 0));
        let mut piece = Vec::with_capacity(max_piece.saturating_add(32));
        write::number(&mut piece, transfer);
        piece.push(u8::from(done == 0));
        if done == 0 {
            self.next_transfer = self.next_transfer.saturating_add(1);
            self.promised = self.promised.saturating_add(total);
            write::size(&mut piece, total);
        }
        let taken = frame.copy_part(done, max_piece, &mut piece);
        self.octets = self.octets.saturating_sub(taken);
        let done = done.saturating_add(taken);
        lane.transfer = (done < total).then_some((transfer, done));
        let complete = if done >= total {
            self.promised = self.promised.saturating_sub(total);
            self.take_first(lane).map(|frame| (lane.to.clone(), frame))
        } else {
            None
        };
        Some(Turn::Piece(piece, complete))
    }

    /// Octets of the frames for each port whose transfer has not begun.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = (&PortName, usize)> {
        self.lanes.iter().map(|lane| {
            let begun = usize::from(lane.transfer.is_some());
            (&lane.to, lane.frames.iter().skip(begun).map(Waiting::octets).sum())
        })
    }

    /// Takes those frames to a port back that `unwanted` names and whose transfer has not begun.
    pub(crate) fn take_back(&mut self, to: &PortName, unwanted: impl FnMut(&Waiting) -> bool) -> Vec<Waiting> {
        let Some(at) = self.lanes.iter().position(|lane| lane.to == *to) else { return Vec::new() };
        self.take_from(at, unwanted).into_iter().map(|(_, frame)| frame).collect()
    }

    /// Takes all frames back whose elements have more than `most` octets, with the messages behind them to the same port.
    /// A kill still kills.
    pub(crate) fn take_larger(&mut self, most: usize) -> Vec<(PortName, Waiting)> {
        let mut taken = Vec::new();
        for at in (0..self.lanes.len()).rev() {
            let mut behind = false;
            taken.extend(self.take_from(at, |frame| {
                behind |= frame.body.len() > most;
                behind && frame.has_elements()
            }));
        }
        taken
    }

    fn take_from(&mut self, at: usize, mut unwanted: impl FnMut(&Waiting) -> bool) -> Vec<(PortName, Waiting)> {
        let Some(mut lane) = self.lanes.remove(at) else { return Vec::new() };
        let waiting = lane.frames.split_off(usize::from(lane.transfer.is_some()));
        let (taken, kept): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|frame| unwanted(frame));
        lane.frames.extend(kept);
        for frame in &taken {
            self.octets = self.octets.saturating_sub(frame.octets());
            self.last_words.end(frame.from);
            if frame.is_spawn() {
                self.spawns.retain(|name| *name != lane.to);
            }
        }
        let taken = taken.into_iter().map(|frame| (lane.to.clone(), frame)).collect();
        if lane.frames.is_empty() {
            self.names.remove(&lane.to);
        } else {
            self.lanes.insert(at, lane);
        }
        taken
    }

    /// All frames that wait, in an order that keeps that of each port; how far a transfer has come is forgotten.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (PortName, Waiting)> {
        self.names.clear();
        self.octets = 0;
        self.promised = 0;
        self.last_words = LastWords::default();
        self.spawns.clear();
        std::mem::take(&mut self.lanes)
            .into_iter()
            .flat_map(|lane| lane.frames.into_iter().map(move |frame| (lane.to.clone(), frame)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        session::Sender,
        wire::{frame::kind, reader::Reader},
    };

    fn frame(length: usize) -> Waiting {
        Waiting { head: vec![kind::MESSAGE], body: bytes::Bytes::from(vec![2; length]).into(), from: Sender::Nobody }
    }

    fn name(text: &str) -> PortName {
        text.parse().unwrap()
    }

    fn kinds(lanes: &mut Lanes) -> Vec<String> {
        std::iter::from_fn(|| lanes.turn(100, 1000))
            .map(|turn| match turn {
                Turn::Whole(frame) => format!("whole {}", frame.octets()),
                Turn::Notice(frame) => format!("notice {}", frame.octets()),
                Turn::Piece(piece, _) => {
                    let mut reader = Reader::new(&piece);
                    let (transfer, first) = (reader.number().unwrap(), reader.octet().unwrap());
                    format!("piece of {transfer}{}", if first == 1 { ", first" } else { "" })
                }
            })
            .collect()
    }

    #[test]
    fn lanes_take_turns_and_keep_the_order_to_a_port() {
        let mut lanes = Lanes::default();
        lanes.push(&name("a"), frame(199));
        lanes.push(&name("b"), frame(149));
        lanes.push(&name("a"), frame(9));
        assert!(lanes.holds(&name("a")) && !lanes.holds(&name("c")));
        let turns = ["piece of 0, first", "piece of 1, first", "piece of 0", "piece of 1", "whole 10"];
        assert_eq!(kinds(&mut lanes), turns);
        assert!(lanes.is_empty() && lanes.octets() == 0 && !lanes.holds(&name("a")));
    }

    #[test]
    fn spawns_keep_their_order() {
        let mut lanes = Lanes::default();
        let spawn = |length| Waiting { head: vec![kind::SPAWN], ..frame(length) };
        lanes.push(&name("a"), spawn(199));
        lanes.push(&name("b"), spawn(9));
        lanes.push(&name("c"), frame(9));
        assert!(lanes.holds_spawns());
        assert_eq!(kinds(&mut lanes), ["piece of 0, first", "whole 10", "piece of 0", "whole 10"]);
        assert!(!lanes.holds_spawns() && lanes.is_empty());
    }

    #[test]
    fn transfers_begin_only_while_the_peer_has_room() {
        let mut lanes = Lanes::default();
        for to in ["a", "b", "c"] {
            lanes.push(&name(to), frame(599));
        }
        let turns = kinds(&mut lanes);
        assert_eq!(turns.len(), 18);
        assert!(
            turns.iter().position(|turn| turn == "piece of 1, first")
                > turns.iter().rposition(|turn| turn == "piece of 0")
        );
    }

    #[test]
    fn what_has_not_begun_can_be_taken_back() {
        let mut lanes = Lanes::default();
        let port = LocalPort { slot: 1, generation: 0 };
        for _ in 0..3 {
            lanes.push(&name("a"), Waiting { from: Sender::Port(port), ..frame(199) });
        }
        lanes.turn(100, 1000);
        assert_eq!(lanes.waiting().collect::<Vec<_>>(), [(&name("a"), 400)]);
        assert_eq!(lanes.take_back(&name("a"), |_| true).len(), 2);
        assert!(lanes.hold_notice(Some(port), frame(4)).is_none(), "the transfer that has begun goes on");
        assert_eq!(kinds(&mut lanes), ["piece of 0", "notice 5"]);
        assert_eq!(lanes.octets(), 0);
    }

    #[test]
    fn what_is_too_large_can_be_taken_back() {
        let mut lanes = Lanes::default();
        for (to, length) in [("a", 199), ("a", 499), ("a", 9), ("b", 599), ("c", 99)] {
            lanes.push(&name(to), frame(length));
        }
        let mut taken: Vec<_> = lanes.take_larger(200).into_iter().map(|(to, frame)| (to, frame.body.len())).collect();
        taken.sort();
        assert_eq!(taken, [(name("a"), 9), (name("a"), 499), (name("b"), 599)]);
        assert!(lanes.holds(&name("a")) && !lanes.holds(&name("b")) && lanes.octets() == 300);
    }

    #[test]
    fn a_spawn_that_was_taken_back_keeps_no_other_waiting() {
        let mut lanes = Lanes::default();
        let spawn = |length| Waiting { head: vec![kind::SPAWN], ..frame(length) };
        lanes.push(&name("a"), spawn(499));
        lanes.push(&name("b"), spawn(9));
        assert_eq!(lanes.take_larger(200).len(), 1);
        assert_eq!(kinds(&mut lanes), ["whole 10"]);
        assert!(!lanes.holds_spawns() && lanes.is_empty() && lanes.octets() == 0);
    }

    #[test]
    fn a_notice_waits_for_what_its_port_sent() {
        let mut lanes = Lanes::default();
        let port = LocalPort { slot: 1, generation: 0 };
        lanes.push(&name("a"), Waiting { from: Sender::Port(port), ..frame(150) });
        assert!(lanes.hold_notice(Some(port), frame(4)).is_none());
        assert!(!lanes.last_words.is_empty());
        assert!(lanes.hold_notice(Some(LocalPort { slot: 2, generation: 0 }), frame(4)).is_some());
        assert_eq!(kinds(&mut lanes), ["piece of 0, first", "piece of 0", "notice 5"]);
        assert_eq!(lanes.octets(), 0);
    }
}
