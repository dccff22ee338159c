//! A worker of the demo: a process that knows nothing but the coordinator's port ID.

use std::{collections::VecDeque, env, process, time::Duration};

use aemp::{Cx, Port, Secret};

use super::{
    messages::{News, Task},
    plan::Unit,
    text::count,
};
use crate::{exit::Failure, node::stop};

/// The variable with the secret of the demo: the environment of a process can be seen by its user alone.
pub(super) const SECRET: &str = "AEMP_SECRET";

/// Works for a coordinator (started by `aemp demo`).
#[derive(clap::Args, Debug)]
pub(crate) struct DemoWorker {
    /// The port ID of the coordinator
    coordinator: Port<News>,
    /// How long a unit takes at least
    #[arg(value_parser = aemp::config::parse_duration)]
    pace: Duration,
}

/// Works until the coordinator is gone.
pub(crate) fn work(worker: DemoWorker) -> Result<(), Failure> {
    let DemoWorker { coordinator, pace } = worker;
    let secret = env::var(SECRET).ok().and_then(|text| Secret::from_text(&text).ok());
    let secret = secret.ok_or_else(|| Failure::Usage(format!("{SECRET} has no secret")))?;
    let node = super::node("worker", secret)?;
    let watch = node.monitor(&coordinator);
    let me = process::id();
    let mut desk = Desk { coordinator: coordinator.clone(), pace, waiting: VecDeque::new() };
    let port = node.port(move |cx, task| desk.receive(cx, task));
    node.send(&coordinator, News::Ready(me, port));
    watch.wait();
    stop(&node);
    Ok(())
}

/// The units that wait for a worker.
struct Desk {
    coordinator: Port<News>,
    pace: Duration,
    waiting: VecDeque<(Unit, String)>,
}

impl Desk {
    fn receive(&mut self, cx: &mut Cx<Task>, task: Task) {
        match task {
            Task::Count(unit, text) => {
                self.waiting.push_back((unit, text));
                if self.waiting.len() == 1 {
                    cx.after(self.pace, Task::Finish);
                }
            }
            Task::Finish => {
                if let Some((unit, text)) = self.waiting.pop_front() {
                    cx.send(&self.coordinator, News::Counted(process::id(), unit, count(&text)));
                }
                if !self.waiting.is_empty() {
                    cx.after(self.pace, Task::Finish);
                }
            }
        }
    }
}
