//! The course of a run: first faults; then none, and everything has to come to rest.

use super::{
    census::Counted,
    facts::{Port, Process},
    process::State,
    queue::Happening,
    swarm::{SECOND, Swarm},
    violation::Guarantee,
    world::World,
};

/// The end of the run.
pub(super) const LAST: usize = 6;

/// For how long nothing of what was sent may get through when the faults are over.
const PATIENCE: u64 = 600 * SECOND;

/// How much has yet to get through, and since when that has not become less.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remainder {
    octets: usize,
    since: u64,
}

/// How long each part takes, from the end of the faults on.
fn parts(swarm: &Swarm) -> [u64; LAST] {
    let told = swarm.patience() + 3 * swarm.recovery() + 5 * SECOND;
    [swarm.settling(), told, told, told, told, 100 * SECOND]
}

/// All of them.
pub(super) fn length(swarm: &Swarm) -> u64 {
    parts(swarm).iter().sum()
}

impl World {
    pub(super) fn plan_phases(&mut self) {
        let first = parts(&self.swarm)[0];
        self.queue.plan(self.calm_from + first, Happening::Phase(1));
        // Whoever was to come back has done so by then.
        self.queue.plan(self.calm_from + 10 * SECOND, Happening::Desert);
    }

    /// The next part begins, unless what was sent before is still under way: slow links take their time.
    pub(super) fn begin_phase(&mut self, phase: usize) {
        let now = self.now;
        if self.has_to_wait(phase) {
            self.is_idle = true;
            return self.queue.plan(now + 5 * SECOND, Happening::Phase(phase));
        }
        if let Some(part) = parts(&self.swarm).get(phase) {
            self.queue.plan(now + part, Happening::Phase(phase + 1));
        }
        self.story.tell(now, || format!("part {phase} of the end begins"));
        match phase {
            2 => {
                if let Some(networks) = self.topology.networks_before_others_meet() {
                    self.check_networks(networks);
                }
                self.return_absent();
            }
            5 => self.check_networks(self.topology.networks()),
            _ => {}
        }
        for process in self.living() {
            match phase {
                1 => {
                    self.is_idle = true;
                    self.watch_everything(process);
                }
                2 => self.meet_everybody(process),
                3 => self.try_every_name(process),
                _ => {}
            }
            self.answer_all(process);
            self.settle(process);
        }
        if phase == 5 {
            self.oracle.check_end(now);
            self.wires_at_rest = self.wires.len();
        }
    }

    /// Whether much of what was sent is still under way; if so, there has to be less of it every now and then.
    fn has_to_wait(&mut self, phase: usize) -> bool {
        let running = self.runtimes.iter().filter(|runtime| runtime.state == State::Running);
        let waiting: Vec<usize> = running.map(|runtime| runtime.kernel.unacknowledged()).collect();
        let few = if phase == 1 { 4096 } else { 0 };
        if waiting.iter().all(|octets| *octets <= few) {
            self.remainder = None;
            return false;
        }
        let (now, octets) = (self.now, waiting.iter().sum());
        let before = self.remainder.filter(|before| before.octets <= octets);
        let remainder = before.unwrap_or(Remainder { octets, since: now });
        if now > remainder.since + PATIENCE {
            self.oracle.complain(Guarantee::Rest, now, || format!("{octets} octets do not get through"));
        }
        self.remainder = Some(remainder);
        true
    }

    fn living(&self) -> Vec<Process> {
        (0..self.runtimes.len())
            .map(Process)
            .filter(|process| self.runtimes[process.0].state == State::Running)
            .collect()
    }

    /// Every pair of nodes gets a session, so that certificates get through.
    fn meet_everybody(&mut self, process: Process) {
        for node in 0..self.swarm.nodes {
            if node != self.runtimes[process.0].node {
                self.monitor_whole_node(process, node);
            }
        }
    }

    /// Monitors everything that was ever sent to, and sends to the newest name of every port.
    fn try_every_name(&mut self, process: Process) {
        for name in self.oracle.names_used_by(process) {
            if self.oracle.facts.port_of(name).node != self.runtimes[process.0].node {
                self.monitor_name(process, name, None);
            }
        }
        for port in 0..self.oracle.facts.ports.len() {
            let facts = self.oracle.facts.port(Port(port));
            if self.oracle.facts.is_alive(Port(port))
                && facts.node != self.runtimes[process.0].node
                && let Some(name) = self.oracle.facts.newest(Port(port))
            {
                self.monitor_name(process, name, None);
                self.send_octets(process, name, None, 1);
                self.oracle.expect(process, name);
            }
        }
    }

    /// Nothing is left behind, and nothing goes on without need.
    pub(super) fn finish(&mut self) {
        let now = self.now;
        self.census.count_rest(Counted::LossyLost, Counted::LossySent, Counted::LossyArrived);
        // A node goes on looking for a seed that will never have to do with it again.
        let seeks = self.topology.has_seeds() && self.is_anybody_estranged();
        if self.wires.len() != self.wires_at_rest && !seeks {
            let more = self.wires.len() - self.wires_at_rest;
            self.oracle.complain(Guarantee::Rest, now, || format!("{more} connections were made without need"));
        }
        for a in 0..self.swarm.nodes {
            for b in a + 1..self.swarm.nodes {
                let count = self.wires.iter().filter(|wire| wire.is_between(a, b) && wire.is_open()).count();
                if count != 1 && !self.oracle.is_estranged(a, b) {
                    let open: Vec<_> = self
                        .wires
                        .iter()
                        .enumerate()
                        .filter(|(_, wire)| wire.is_between(a, b) && wire.is_open())
                        .map(|(w, wire)| {
                            (
                                w,
                                wire.ends[0].connection,
                                wire.ends[1].connection,
                                wire.ends[0].process,
                                wire.ends[1].process,
                                wire.flows[0].is_hole,
                                wire.flows[1].is_hole,
                            )
                        })
                        .collect();
                    self.oracle
                        .complain(Guarantee::Rest, now, || format!("n{a} and n{b} have {count} connections {open:?}"));
                }
            }
        }
        for process in self.living() {
            let census = self.runtimes[process.0].kernel.census();
            let own = self.runtimes[process.0].node;
            let peers =
                (0..self.swarm.nodes).filter(|node| *node != own && !self.oracle.is_estranged(own, *node)).count();
            let is_clean = (peers..self.swarm.nodes).contains(&census.connections)
                && (census.dials == 0 || seeks)
                && census.calls == 0
                && census.unacknowledged == 0
                && census.missed == 0
                && census.watches == self.runtimes[process.0].watches.len();
            if !is_clean {
                let shown = self.oracle.facts.show(process);
                self.oracle.complain(Guarantee::Rest, now, || format!("{shown} has left behind: {census:?}"));
            }
        }
    }
}
