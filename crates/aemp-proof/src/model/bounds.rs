//! A configuration, for people: what may happen in it, and what may not.

use super::config::{Config, Step};

impl Config {
    /// Its bounds, on one line.
    pub(crate) fn bounds(&self) -> String {
        let faults = self.faults;
        let restarts: u8 = faults.restarts.iter().sum();
        let counts =
            [(self.nodes, "nodes"), (self.nodes + usize::from(restarts), "incarnations"), (self.targets(), "ports")];
        let mut parts: Vec<String> = counts.iter().map(|(count, what)| format!("{count} {what}")).collect();
        parts.push(format!("messages {}", self.messages()));
        let faults = [
            (faults.breaks, "breaks"),
            (faults.unasked, "crossing connections"),
            (faults.time_outs, "time-outs"),
            (restarts, "restarts"),
        ];
        parts.extend(faults.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
        parts.extend(self.manner().into_iter().map(str::to_owned));
        parts.join(", ")
    }

    fn steps(&self, of: usize) -> impl Iterator<Item = Step> {
        let scripts = self.scripts.iter().filter(move |script| script.node == of);
        scripts.flat_map(|script| script.turns.iter().flat_map(|turn| turn.iter().copied()))
    }

    /// Ports that programs use.
    fn targets(&self) -> usize {
        let is_used = |port: &usize| (0..self.nodes).any(|at| self.steps(at).any(|step| step.needs() == *port));
        (0..self.ports.len()).filter(is_used).count()
    }

    /// How many messages each node sends.
    fn messages(&self) -> String {
        let is_message =
            |step: &Step| !matches!(step, Step::Monitor(_) | Step::Demonitor(_) | Step::Kill(_) | Step::Close(_));
        let counts: Vec<_> = (0..self.nodes).map(|at| self.steps(at).filter(is_message).count().to_string()).collect();
        counts.join(" + ")
    }

    /// How the network behaves.
    fn manner(&self) -> Vec<&'static str> {
        let manners = [
            (self.batches, "frames read in batches"),
            (self.coarse, "cut behind none or all but one"),
            (self.prompt, "both ends of a connection close at once"),
            (self.slow, "authentication in steps"),
            (self.silent, "breaks that one end does not see"),
            (self.halves, "frames in halves"),
            (self.late_acknowledgements, "late acknowledgements"),
            (!self.secret.is_empty(), "a port ID handed on"),
            (self.narrow, "overload"),
            (self.max_fences.is_some(), "retirement"),
        ];
        manners.into_iter().filter(|(holds, _)| *holds).map(|(_, what)| what).collect()
    }
}
