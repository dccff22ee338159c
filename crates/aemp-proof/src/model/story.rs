//! Tells a way to a violation so that people can follow it.

use super::{
    actions::Action,
    config::{Config, NODES, Step},
    hunt::Finding,
    world::World,
};

/// Where the network goes round in circles, so much of it is told.
const ENOUGH: usize = 24;
/// A way that was not found to be any shorter is told up to here.
const TOO_LONG: usize = 40;

impl Finding {
    /// One line for each action, and one for each thing that follows from it.
    pub(crate) fn story(&self) -> Vec<String> {
        let mut world = World::new(&self.config);
        let mut lines = Vec::new();
        for (number, action) in self.actions.iter().take(TOO_LONG).enumerate() {
            let told = world.describe(&self.config, *action);
            let (ended, events) = world.watch(&self.config, *action);
            lines.push(format!("{:4}. {told}", number + 1));
            lines.extend(events.into_iter().map(|event| format!("         {event}")));
            if ended {
                break;
            }
        }
        if self.actions.len() > TOO_LONG {
            lines.push("         and so on".to_owned());
        } else if self.violation.of == "liveness" {
            lines.push("      From here on without any fault:".to_owned());
            lines.extend(world.goes_on(&self.config));
        }
        lines.push(format!("      {}: {}", self.violation.of, self.violation.what));
        lines
    }
}

impl World {
    /// Lets an action happen: whether it broke a promise, and what was told on the way.
    fn watch(&mut self, config: &Config, action: Action) -> (bool, Vec<String>) {
        self.story = Some(Vec::new());
        let ended = self.apply(config, action).is_err();
        (ended, self.story.take().unwrap_or_default())
    }

    /// What the network does by itself.
    fn goes_on(&mut self, config: &Config) -> Vec<String> {
        let mut lines = Vec::new();
        let mut actions = Vec::new();
        while lines.len() < ENOUGH && self.actions(config, &mut actions) > 0 {
            lines.push(format!("         {}", self.describe(config, actions[0])));
            if self.watch(config, actions[0]).0 {
                break;
            }
        }
        lines.push("         and so on".to_owned());
        lines
    }

    /// An action, for people.
    fn describe(&self, config: &Config, action: Action) -> String {
        let at = |wire: usize, end: usize| NODES[self.wires[wire].ends[end].node];
        let part = |reads: usize| if reads == 0 { String::new() } else { format!(" after reading {reads} frames") };
        match action {
            Action::Turn { script } => {
                let of = &config.scripts[script];
                let turn = of.turns[usize::from(self.nodes[of.node].done[script])];
                let steps: Vec<_> = turn.iter().map(|step| config.step(*step)).collect();
                format!("{}: {}", NODES[of.node], steps.join(", "))
            }
            Action::Connect { from, to, asked, place } => {
                let why = if asked { "" } else { " without being asked" };
                format!("{} connects to {}{why} (nonce {place} from below)", NODES[from], NODES[to])
            }
            Action::Attach { wire, end } => format!("#{wire} is authenticated at {}", at(wire, end)),
            Action::Fail { wire, end } => {
                format!("{} fails to authenticate #{wire}, whose other end is gone", at(wire, end))
            }
            Action::Refuse { from, to } => format!("{} finds nobody at {}'s address", NODES[from], NODES[to]),
            Action::Deliver { wire, end } => format!("#{wire} carries to {}", at(wire, end)),
            Action::Notice { wire, end, reads } => {
                format!("{} sees{} that #{wire} is closed", at(wire, end), part(reads))
            }
            Action::Silence { wire, end } => format!("{} misses three heartbeats on #{wire}", at(wire, end)),
            Action::Acknowledge { node } => format!("{} acknowledges", NODES[node]),
            Action::Unanswered { node } => format!("{} gets no answer to its probe", NODES[node]),
            Action::Restart { node } => format!("{} starts again under its node ID", NODES[node]),
            Action::Break { wire, end, reads } => {
                format!("FAULT: {} sees{} that #{wire} broke", at(wire, end), part(reads))
            }
            Action::TimeOut { node } => format!("FAULT: {} has waited for the session time-out", NODES[node]),
            Action::Crash { node } => format!("FAULT: {} crashes", NODES[node]),
        }
    }
}

impl Config {
    fn step(&self, step: Step) -> String {
        let port = |at: usize| self.ports[at].name;
        match step {
            Step::Send(to) => format!("a message to {}", port(to)),
            Step::SendLarge(to) => format!("a large message to {}", port(to)),
            Step::SendFrom(from, to) => format!("a message from {} to {}", port(from), port(to)),
            Step::SendLargeFrom(from, to) => format!("a large message from {} to {}", port(from), port(to)),
            Step::SendRefused(to) => format!("a message that {} refuses", port(to)),
            Step::SendNew(to) => format!("a message to {} under its newest name", port(to)),
            Step::Hand(to, of) => format!("a message to {} with the ID of {}", port(to), port(of)),
            Step::Monitor(on) => format!("a monitor on {}", port(on)),
            Step::Demonitor(on) => format!("no monitor on {} any more", port(on)),
            Step::Kill(to) => format!("a kill of {}", port(to)),
            Step::Close(of) => format!("{} ends", port(of)),
        }
    }
}
