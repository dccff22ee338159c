//! Nodes in processes of their own: this test program, started again.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child as Process, ChildStdout, Command, Stdio},
    time::Duration,
};

use aemp::{Node, Port, Reply};
use serde::{Deserialize, Serialize};

use crate::common::{SECRET, secs};

/// Says what the child is to do.
const PLAN: &str = "AEMP_TEST_CHILD";
/// Stands in front of the child's port ID.
const MARK: &str = "the port of the child is ";

/// What a child is started with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) bind: String,
    pub(crate) heartbeat: Duration,
    pub(crate) session_timeout: Duration,
}

impl Plan {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), bind: "127.0.0.1:0".into(), heartbeat: secs(5), session_timeout: secs(30) }
    }
}

/// What a child does for its parent.
#[derive(Serialize, Deserialize)]
pub(crate) enum Order {
    /// Opens this many ports.
    Open(usize, Reply<Vec<Port<u64>>>),
    /// Links itself to ports: it takes no more orders once one of them dies.
    Watch(Vec<Port<u64>>, Reply<()>),
    /// Opens a port that passes everything on.
    Relay(Port<u64>, Reply<Port<u64>>),
}

/// A node in a process of its own, killed when this is dropped.
pub(crate) struct Child {
    process: Process,
    /// Kept open: the child may still print.
    _output: BufReader<ChildStdout>,
    pub(crate) port: Port<Order>,
}

impl Child {
    pub(crate) fn start(plan: &Plan) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::the_program_of_a_child", "--ignored", "--nocapture", "--test-threads=1"])
            .env(PLAN, serde_json::to_string(plan).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "the child ended before it was ready");
            if let Some((_, port)) = line.split_once(MARK) {
                break port.trim().parse().unwrap();
            }
        };
        Self { process, _output: output, port }
    }

    /// As kill -9 does; its sockets are closed when this returns.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Stops it (`STOP`) or lets it go on (`CONT`).
    pub(crate) fn signal(&self, name: &str) {
        let result = Command::new("kill").arg(format!("-{name}")).arg(self.process.id().to_string()).status();
        assert!(result.unwrap().success());
    }

    pub(crate) fn open(&self, node: &Node, count: usize) -> Vec<Port<u64>> {
        node.call(&self.port, |reply| Order::Open(count, reply)).wait().unwrap()
    }

    pub(crate) fn watch(&self, node: &Node, ports: &[Port<u64>]) {
        node.call(&self.port, |reply| Order::Watch(ports.to_vec(), reply)).wait().unwrap();
    }

    pub(crate) fn relay(&self, node: &Node, to: &Port<u64>) -> Port<u64> {
        node.call(&self.port, |reply| Order::Relay(to.clone(), reply)).wait().unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "other tests start it, in processes of its own"]
fn the_program_of_a_child() {
    let Ok(plan) = std::env::var(PLAN) else { return };
    let plan: Plan = serde_json::from_str(&plan).unwrap();
    let builder = Node::builder().name(plan.name).bind(plan.bind).secret(SECRET);
    let node = builder.heartbeat(plan.heartbeat).session_timeout(plan.session_timeout).start().unwrap();
    let port = node.port(|cx, order: Order| match order {
        Order::Open(count, reply) => {
            let ports = (0..count).map(|_| cx.port(|_, _: u64| {})).collect();
            cx.reply(reply, ports);
        }
        Order::Watch(ports, reply) => {
            ports.iter().for_each(|port| cx.link(port).forever());
            cx.reply(reply, ());
        }
        Order::Relay(to, reply) => {
            let relay = cx.port(move |cx, number: u64| cx.send(&to, number));
            cx.reply(reply, relay);
        }
    });
    println!("{MARK}{port}");
    // It ends with the parent, however that ends.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
