//! `aemp explain`: why a running node considers a port dead or alive.

use std::fmt;

use aemp::{
    Port, Reply,
    explain::{Explanation, Moment, Verdict},
};
use serde::{Deserialize, Serialize};

use crate::{
    exit::Failure,
    node::{self, resolve, service, start_client, stop},
    options::Global,
    output::Output,
    target::{NodeTarget, Target},
};

/// Asks a node that runs `aemp run` why it considers a port dead or alive, and what happened before. The exit code is 1 if the
/// port is dead for that node, 0 if it is alive or nothing is known against it.
#[derive(clap::Args, Debug)]
pub(crate) struct Explain {
    /// Ask this node, as `aemp peers` does [default: the port's own node]
    #[arg(long, value_name = "NODE")]
    at: Option<NodeTarget>,
    /// The port: its ID, or @host:port/NAME for one that is published there
    #[arg(value_parser = subject)]
    port: Target,
}

/// A port at any node, since another one is asked about it.
fn subject(text: &str) -> Result<Target, String> {
    match text.parse::<Port>() {
        Ok(port) if !text.starts_with('@') => Ok(Target::Port(port)),
        _ => text.parse(),
    }
}

/// What `aemp run` answers.
#[derive(Deserialize, Serialize)]
pub(crate) struct Answer {
    port: Port,
    /// `alive`, `dead` or `unknown`.
    verdict: String,
    summary: String,
    facts: Vec<String>,
    story: Vec<Told>,
}

/// A part of the story.
#[derive(Deserialize, Serialize)]
struct Told {
    seconds_ago: f64,
    text: String,
}

/// The question, answered by the port that is published as `explain`.
pub(crate) type Question = (Port, Reply<Answer>);

impl From<Explanation> for Answer {
    fn from(explanation: Explanation) -> Self {
        let verdict = match explanation.verdict {
            Verdict::Alive => "alive",
            Verdict::Dead(_) => "dead",
            Verdict::Unknown => "unknown",
        };
        let told = |moment: &Moment| Told { seconds_ago: moment.ago.as_secs_f64(), text: moment.to_string() };
        Self {
            verdict: verdict.to_owned(),
            summary: explanation.summary(),
            facts: explanation.facts(),
            story: explanation.story.iter().map(told).collect(),
            port: explanation.port.into(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}", self.port, self.summary)?;
        self.facts.iter().try_for_each(|fact| write!(f, "\n  {fact}"))?;
        self.story.iter().try_for_each(|told| write!(f, "\n  {}", told.text))
    }
}

/// Carries out `aemp explain`.
pub(crate) fn run(explain: &Explain, global: &Global, output: Output) -> Result<(), Failure> {
    let at = match (&explain.at, &explain.port) {
        (Some(at), _) => at.clone(),
        (None, Target::Published(published)) => NodeTarget::At(published.address.clone()),
        (None, Target::Port(port)) => NodeTarget::Id(port.node_id().clone()),
    };
    let node = start_client(global)?;
    let port = resolve(&node, &explain.port, global)?;
    let service = service(&node, &at, node::EXPLAIN, global)?.cast::<Question>();
    let answer = node.call(&service, |reply| (port, reply)).timeout(global.patience()).wait();
    stop(&node);
    let answer = answer.map_err(|error| node::explain(error, &service.to_string()))?;
    output.print(&answer)?;
    if answer.verdict == "dead" { Err(Failure::Failed(format!("{}: {}", answer.port, answer.summary))) } else { Ok(()) }
}
