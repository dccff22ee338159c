//! What kernels tell observers.

use aemp_proto::{id::NodeId, kernel::Event};

use super::{census::Counted, facts::Process, world::World};

impl World {
    /// What a kernel tells observers.
    pub(super) fn observe(&mut self, process: Process, event: Event) {
        let now = self.now;
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} tells {event:?}", facts.show(process)));
        let counted = match &event {
            Event::PeerUp { node, incarnation } => {
                self.connected(process, self.place_of(node));
                incarnation.map(|incarnation| self.peer_up(process, incarnation))
            }
            Event::SessionResumed { node, .. } => {
                self.connected(process, self.place_of(node));
                Some(Counted::Resumed)
            }
            Event::PeerDown { node, .. } => {
                let node = self.place_of(node);
                self.oracle.session_failed(process, node, now);
                self.census.add(Counted::KeptByGrace, self.oracle.kept_by_grace(process, node, now));
                Some(Counted::SessionFailed)
            }
            Event::Retired { node } => {
                let node = self.place_of(node);
                self.oracle.retired(process, node);
                Some(Counted::Retired)
            }
            Event::NodeIdInUse { .. } => Some(Counted::ChallengerRefused),
            Event::Fenced { port, reason } => {
                self.oracle.dropped(process, port);
                let overload = reason.code().as_str() == "overload";
                Some(if overload { Counted::Overload } else { Counted::Fenced })
            }
            Event::MessageDropped { to, .. } => {
                self.oracle.dropped(process, to);
                None
            }
            Event::Congested { .. } => Some(Counted::Congested),
            Event::Misbehaved { node, error } => {
                let text = format!("{} says of {node}: {error}", self.oracle.facts.show(process));
                let node = self.place_of(node);
                self.oracle.misbehaved(process, node, now, || text);
                None
            }
            Event::RequestRefused { node, error } => {
                let text = format!("{} refuses what {node} asks: {error}", self.oracle.facts.show(process));
                let node = self.place_of(node);
                self.oracle.misbehaved(process, node, now, || text);
                None
            }
            Event::MasterFound { node } => {
                self.oracle.master_found(process, self.place_of(node), now);
                Some(Counted::MasterFound)
            }
            Event::MasterLost { .. } => {
                self.oracle.master_lost(process, now);
                Some(Counted::MasterLost)
            }
            Event::BecameGlobal => {
                self.oracle.became_global(process, now);
                Some(Counted::BecameGlobal)
            }
            _ => None,
        };
        if let Some(counted) = counted {
            self.census.count(counted);
        }
    }

    /// The place of a node among all.
    fn place_of(&self, node: &NodeId) -> usize {
        self.ids.iter().position(|id| id == node).unwrap_or(0)
    }
}
