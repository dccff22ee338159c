//! The processes of the workers.

use std::{
    collections::BTreeMap,
    env, io,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use aemp::{Port, Secret};

use super::{WORKER, messages::News, plan::Worker, worker::SECRET};

/// The processes of the workers, which end with this value.
pub(super) struct Crew {
    secret: Secret,
    pace: Duration,
    members: BTreeMap<Worker, Member>,
}

struct Member {
    process: Child,
    killed: Option<Instant>,
}

impl Crew {
    /// No processes yet. They will share a secret, and take `pace` for each unit.
    pub(super) const fn new(secret: Secret, pace: Duration) -> Self {
        Self { secret, pace, members: BTreeMap::new() }
    }

    /// Starts a process that works for `coordinator`.
    pub(super) fn start(&mut self, coordinator: &Port<News>) -> io::Result<Worker> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(WORKER).arg(coordinator.to_string()).arg(aemp::config::print_duration(self.pace));
        // The user's own settings are for the user's own nodes.
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AEMP_")) {
            command.env_remove(name);
        }
        command.env(SECRET, &*self.secret.to_text());
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let worker = process.id();
        self.members.insert(worker, Member { process, killed: None });
        Ok(worker)
    }

    /// Whether a worker is one of these.
    pub(super) fn has(&self, worker: Worker) -> bool {
        self.members.contains_key(&worker)
    }

    /// Kills a process with SIGKILL, so that it cannot say goodbye.
    pub(super) fn kill(&mut self, worker: Worker) -> io::Result<()> {
        let Some(member) = self.members.get_mut(&worker) else { return Ok(()) };
        member.killed = Some(Instant::now());
        member.process.kill()
    }

    /// Takes leave of a dead worker. Gives the time since [`Self::kill`], if that was its end.
    pub(super) fn bury(&mut self, worker: Worker) -> Option<Duration> {
        let mut member = self.members.remove(&worker)?;
        let since = member.killed.map(|at| at.elapsed());
        member.end();
        since
    }
}

impl Member {
    /// Makes sure that the process is dead, and frees its place in the system's table.
    fn end(&mut self) {
        // It fails only for a process that has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.members.values_mut().for_each(Member::end);
    }
}
