//! The processes of the nodes.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use rustix::process::{Pid, Signal, kill_process};

use super::node::{Plan, READY};

/// A running node; it is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    is_ready: Arc<AtomicBool>,
}

impl Process {
    /// Starts this program again as a node. What it says on stderr goes to a file.
    pub(super) fn start(plan: &Plan, stderr: &Path) -> io::Result<Self> {
        let plan = serde_json::to_string(plan)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["torture-node", &plan])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(stderr)?)
            .spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let is_ready = Arc::new(AtomicBool::new(false));
        let ready = Arc::clone(&is_ready);
        thread::spawn(move || {
            let lines = stdout.map(|stdout| BufReader::new(stdout).lines().map_while(Result::ok));
            lines.into_iter().flatten().filter(|line| line == READY).for_each(|_| ready.store(true, Relaxed));
        });
        Ok(Self { child, stdin, is_ready })
    }

    /// Whether it listens.
    pub(super) fn is_ready(&self) -> bool {
        self.is_ready.load(Relaxed)
    }

    /// Whether it has ended, and not because it was asked to.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Tells it something, a line. A process that is gone hears nothing.
    pub(super) fn tell(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = writeln!(stdin, "{line}");
        }
    }

    /// As kill -9 does; its sockets are closed when this returns.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops it in the middle of whatever it does.
    pub(super) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub(super) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(id, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
