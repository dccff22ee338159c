//! What can happen next.

use aemp_proto::time::Time;

use super::{
    config::{Config, Step},
    world::{Node, PROBE, Reach, SESSION, Wire, World},
};

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A program takes its next turn.
    Turn {
        script: usize,
    },
    /// A node connects: the place of its nonce among those of the connections between the two.
    Connect {
        from: usize,
        to: usize,
        asked: bool,
        place: usize,
    },
    /// Authentication ends at one end.
    Attach {
        wire: usize,
        end: usize,
    },
    /// Authentication fails, since the other end is gone.
    Fail {
        wire: usize,
        end: usize,
    },
    /// Nobody listens where a node dials.
    Refuse {
        from: usize,
        to: usize,
    },
    /// The next frame arrives.
    Deliver {
        wire: usize,
        end: usize,
    },
    /// The other end was closed; of what is on its way so many frames are read, and the rest is lost.
    Notice {
        wire: usize,
        end: usize,
        reads: usize,
    },
    /// Three heartbeats were missed.
    Silence {
        wire: usize,
        end: usize,
    },
    Acknowledge {
        node: usize,
    },
    /// A probe was not answered.
    Unanswered {
        node: usize,
    },
    Restart {
        node: usize,
    },
    /// An end sees the connection break, after it has read so many frames.
    Break {
        wire: usize,
        end: usize,
        reads: usize,
    },
    TimeOut {
        node: usize,
    },
    Crash {
        node: usize,
    },
}

impl World {
    /// All that can happen: first what the network does by itself, then programs, then faults. Says how many there are of
    /// the first kind.
    pub(crate) fn actions(&self, config: &Config, out: &mut Vec<Action>) -> usize {
        out.clear();
        for wire in 0..self.wires.len() {
            self.of_wire(config, wire, out);
        }
        for at in 0..self.nodes.len() {
            self.of_node(config, at, out);
        }
        let calm = out.len();
        out.extend(
            (0..config.scripts.len())
                .filter(|script| self.may_step(config, *script))
                .map(|script| Action::Turn { script }),
        );
        self.faults(config, out);
        calm
    }

    fn of_wire(&self, config: &Config, w: usize, out: &mut Vec<Action>) {
        let wire = &self.wires[w];
        for end in 0..2 {
            let other_closed = wire.ends[1 - end].reach == Reach::Closed;
            match wire.ends[end].reach {
                Reach::Closed => {}
                Reach::Greeted { .. } => {
                    if end == 1 || wire.proved {
                        out.push(Action::Attach { wire: w, end });
                    }
                    if other_closed {
                        out.push(Action::Fail { wire: w, end });
                    }
                }
                Reach::Open(connection) => {
                    if !wire.flow[1 - end].is_empty() {
                        out.push(Action::Deliver { wire: w, end });
                    }
                    if other_closed && wire.silent && self.nodes[wire.ends[end].node].kernel.carries(connection) {
                        out.push(Action::Silence { wire: w, end });
                    } else if other_closed {
                        out.extend(wire.parts(config, end).map(|reads| Action::Notice { wire: w, end, reads }));
                    }
                }
            }
        }
    }

    fn of_node(&self, config: &Config, at: usize, out: &mut Vec<Action>) {
        let node = &self.nodes[at];
        if !node.up {
            return out.push(Action::Restart { node: at });
        }
        for (_, to) in &node.dials {
            if self.nodes[*to].up {
                self.connects(config, at, *to, true, out);
            } else {
                out.push(Action::Refuse { from: at, to: *to });
            }
        }
        match node.waits_for() {
            Wait::Acknowledgement => out.push(Action::Acknowledge { node: at }),
            Wait::Answer => out.push(Action::Unanswered { node: at }),
            Wait::Session | Wait::Nothing => {}
        }
    }

    fn connects(&self, config: &Config, from: usize, to: usize, asked: bool, out: &mut Vec<Action>) {
        let between = self.wires.iter().filter(|wire| wire.pair() == pair(from, to)).count();
        if between < config.wires {
            out.extend((0..=between).map(|place| Action::Connect { from, to, asked, place }));
        }
    }

    fn may_step(&self, config: &Config, at: usize) -> bool {
        let script = &config.scripts[at];
        let node = &self.nodes[script.node];
        let Some(turn) = script.turns.get(usize::from(node.done[at])) else { return false };
        node.up && node.run == script.run && turn.iter().all(|step| self.is_possible(config, script.node, *step))
    }

    /// A node knows no port that has not been opened.
    fn is_possible(&self, config: &Config, at: usize, step: Step) -> bool {
        let port = step.needs();
        let owner = &self.nodes[config.ports[port].node];
        let exists = owner.run > config.ports[port].run || owner.run == config.ports[port].run && owner.up;
        let is_known = !config.secret.contains(&(at, port)) || self.nodes[at].handed.contains(&port);
        exists && is_known && (!matches!(step, Step::SendNew(_)) || self.newest(config, port).age > 0)
    }

    fn faults(&self, config: &Config, out: &mut Vec<Action>) {
        if self.left.breaks > 0 {
            for (w, wire) in self.wires.iter().enumerate() {
                if wire.ends.iter().all(|end| matches!(end.reach, Reach::Open(_))) {
                    let ends = (0..2).flat_map(|end| wire.parts(config, end).map(move |reads| (end, reads)));
                    out.extend(ends.map(|(end, reads)| Action::Break { wire: w, end, reads }));
                }
            }
        }
        let up = |at: &usize| self.nodes[*at].up;
        for from in (0..self.nodes.len()).filter(up) {
            if self.left.unasked > 0 {
                for to in (0..self.nodes.len()).filter(up).filter(|to| *to != from) {
                    self.connects(config, from, to, false, out);
                }
            }
            if self.left.time_outs > 0 && self.nodes[from].waits_for() == Wait::Session {
                out.push(Action::TimeOut { node: from });
            }
            if self.left.restarts[from] > 0 {
                out.push(Action::Crash { node: from });
            }
        }
    }
}

/// What a kernel waits for first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Acknowledgement,
    Answer,
    Session,
    Nothing,
}

impl Node {
    fn waits_for(&self) -> Wait {
        let until = |patience| Time::new(self.clock).after(patience);
        match self.kernel.deadline() {
            Some(due) if due <= self.now() => Wait::Acknowledgement,
            Some(due) if due <= until(PROBE) => Wait::Answer,
            Some(due) if due <= until(SESSION) => Wait::Session,
            _ => Wait::Nothing,
        }
    }
}

impl Wire {
    pub(crate) fn pair(&self) -> (usize, usize) {
        pair(self.ends[0].node, self.ends[1].node)
    }

    /// How many of the frames on their way an end may read before it sees that there will be no more.
    fn parts(&self, config: &Config, end: usize) -> impl Iterator<Item = usize> {
        let frames = self.flow[1 - end].len();
        let most = if config.batches { frames.max(1) } else { 1 };
        let is_coarse = config.coarse;
        (0..most).filter(move |reads| !is_coarse || *reads == 0 || reads + 1 == most)
    }
}

pub(crate) fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}
