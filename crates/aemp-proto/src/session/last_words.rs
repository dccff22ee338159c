//! What a port still has to say comes before the notice of its death, and before the answer to anybody who asks for it.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::{
    id::PortName,
    kernel::LocalPort,
    planted::{Bug, planted},
};

use super::{Session, waiting::Waiting};

/// Who sent a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sender {
    /// The node, or code outside of ports.
    Nobody,
    Port(LocalPort),
    /// Perhaps a port: the frame was meant for an earlier incarnation, and is sent again.
    Forgotten,
}

impl From<Option<LocalPort>> for Sender {
    fn from(port: Option<LocalPort>) -> Self {
        port.map_or(Self::Nobody, Self::Port)
    }
}

/// The notices of deaths that wait for what their ports have sent.
#[derive(Clone, Debug, Default)]
pub(super) struct LastWords {
    /// How many frames that wait were sent by whom.
    waiting: FxHashMap<Sender, usize>,
    /// Notices of ports, by the sender whose frames they wait for.
    held: FxHashMap<Sender, Vec<(Option<LocalPort>, Waiting)>>,
    /// Notices that wait no longer.
    free: VecDeque<Waiting>,
    /// The names of dead ports whose frames wait, but for those that name a port by themselves.
    dead: FxHashMap<PortName, LocalPort>,
}

#[cfg(any(test, feature = "simulation"))]
impl crate::kernel::fingerprint::Feed for LastWords {
    fn feed<H: std::hash::Hasher>(&self, view: &mut crate::kernel::fingerprint::View<'_, H>) {
        let Self { waiting: _, held, free, dead } = self; // Who waits follows from the frames.
        view.sorted(held, |view, notices| {
            view.put(&notices.len());
            for (port, notice) in notices {
                view.put(port);
                notice.feed(view);
            }
        });
        view.put(&free.len());
        free.iter().for_each(|notice| notice.feed(view));
        view.sorted(dead, |view, port| view.put(port));
    }
}

impl LastWords {
    /// Whether no notice waits.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.free.is_empty()
    }

    /// One more frame of this sender waits.
    pub(super) fn begin(&mut self, sender: Sender) {
        if sender != Sender::Nobody {
            let count = self.waiting.entry(sender).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// One frame fewer of this sender waits.
    pub(super) fn end(&mut self, sender: Sender) {
        let Some(count) = self.waiting.get_mut(&sender) else { return };
        *count = count.saturating_sub(1);
        if *count > 0 {
            return;
        }
        self.waiting.remove(&sender);
        for (port, notice) in self.held.remove(&sender).unwrap_or_default() {
            let free = self.hold(port, notice);
            self.free.extend(free);
        }
        let mut dead = std::mem::take(&mut self.dead);
        dead.retain(|_, port| self.blocker(Some(*port)).is_some());
        self.dead = dead;
    }

    /// Keeps the notice of a port's death back while something waits that it sent, or may have sent; `None` if it was kept.
    pub(super) fn hold(&mut self, port: Option<LocalPort>, notice: Waiting) -> Option<Waiting> {
        match self.blocker(port).filter(|_| !planted(Bug::NoticeOvertakesLarge)) {
            Some(sender) => {
                self.held.entry(sender).or_default().push((port, notice));
                None
            }
            None => Some(notice),
        }
    }

    /// The next notice that waits no longer.
    pub(super) fn next(&mut self) -> Option<Waiting> {
        self.free.pop_front()
    }

    /// Whose frames the notice of a port's death has to wait for. Nobody knows any more which port it was if that died before
    /// its last words were meant for this incarnation.
    fn blocker(&self, port: Option<LocalPort>) -> Option<Sender> {
        [Sender::Forgotten, port.into()].into_iter().find(|sender| self.waiting.contains_key(sender))
    }

    fn keep_names(&mut self, port: LocalPort, names: &[PortName]) {
        if self.blocker(Some(port)).is_some() {
            self.dead.extend(names.iter().map(|name| (name.clone(), port)));
        }
    }

    /// The dead port with this name, if something that it sent waits.
    pub(super) fn dead(&self, name: &PortName) -> Option<LocalPort> {
        self.dead.get(name).copied()
    }
}

impl Session {
    /// A port died that had these names, besides the one that its number makes.
    pub(crate) fn keep_names(&mut self, port: LocalPort, names: &[PortName]) {
        self.lanes.last_words.keep_names(port, names);
    }

    /// Behind which frame of this side the peer knows of all deaths: no number yet if that has to wait for others.
    pub(crate) fn last_notice(&self) -> u64 {
        if self.lanes.last_words.is_empty() { self.last_notice } else { u64::MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::kind;

    const PORT: LocalPort = LocalPort { slot: 1, generation: 0 };

    #[test]
    fn a_notice_waits_for_all_that_its_port_may_have_sent() {
        let mut words = LastWords::default();
        let notice = Waiting { head: vec![kind::DEAD], body: bytes::Bytes::new().into(), from: Sender::Nobody };
        for sender in [Sender::Forgotten, Sender::Port(PORT)] {
            words.begin(sender);
        }
        assert!(words.hold(Some(PORT), notice).is_none());
        words.end(Sender::Forgotten);
        assert!(words.next().is_none());
        words.end(Sender::Port(PORT));
        assert!(words.next().is_some() && words.is_empty());
    }

    #[test]
    fn the_names_of_the_dead_are_kept_as_long_as_their_words_wait() {
        let mut words = LastWords::default();
        let name: PortName = "further".parse().unwrap();
        words.begin(Sender::Port(PORT));
        words.keep_names(PORT, std::slice::from_ref(&name));
        assert_eq!(words.dead(&name), Some(PORT));
        words.end(Sender::Port(PORT));
        assert_eq!(words.dead(&name), None);
    }
}
