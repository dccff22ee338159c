//! Nodes in processes of their own: this test program, started again.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    process::{Child as Process, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use aemp::{Cx, Node, NodeId, Port, Reply};
use serde::{Deserialize, Serialize};

use crate::common::{SECRET, secs};

/// Says what the child is to do.
const PLAN: &str = "AEMP_TEST_CHILD";
/// Stands in front of the child's port ID.
const MARK: &str = "the port of the child is ";
/// Stands in front of the reason for which the port that it visits is dead for it.
const VISIT: &str = "the visit ended: ";
/// The service that every child offers: a port that takes numbers.
pub(crate) const SINK: &str = "sink";

/// What a child is started with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) bind: String,
    pub(crate) heartbeat: Duration,
    pub(crate) session_timeout: Duration,
    /// In place of one that is made of its name and where it listens.
    pub(crate) node_id: Option<NodeId>,
    /// It sends its process number there at once, and watches it.
    pub(crate) visits: Option<Port<u64>>,
    pub(crate) seeds: Vec<String>,
    pub(crate) is_global: bool,
}

impl Plan {
    pub(crate) fn new(name: &str) -> Self {
        let (heartbeat, session_timeout) = (secs(5), secs(30));
        Self {
            name: name.into(),
            bind: "127.0.0.1:0".into(),
            heartbeat,
            session_timeout,
            node_id: None,
            visits: None,
            seeds: Vec::new(),
            is_global: false,
        }
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
    /// Watches ports, and goes on when they die.
    Monitor(Vec<Port<u64>>, Reply<()>),
    /// Says which of them died, with the codes of the reasons, in order.
    Mourn(Reply<Vec<(Port<u64>, String)>>),
    /// Starts a port by the service [`SINK`] of a node.
    Spawn(NodeId, Reply<Port<u64>>),
    Publish(String, Port<u64>, Reply<()>),
    /// Looks a published name up at an address.
    Find(String, String, Reply<Option<Port<u64>>>),
    Send(Port<u64>, u64),
    /// Sets an entry of the database.
    Set(String, String, u64),
    /// Reads a family of the database.
    Read(String, Reply<BTreeMap<String, u64>>),
    Died(Port<u64>, String),
}

/// A node in a process of its own, killed when this is dropped.
pub(crate) struct Child {
    process: Process,
    /// Kept open: the child may still print.
    output: BufReader<ChildStdout>,
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
        let port = read_behind(MARK, &mut output).parse().unwrap();
        Self { process, output, port }
    }

    /// Waits until the port that it visits is dead for it; the reason.
    pub(crate) fn end_of_visit(&mut self) -> String {
        read_behind(VISIT, &mut self.output)
    }

    pub(crate) fn process_number(&self) -> u64 {
        self.process.id().into()
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

    pub(crate) fn monitor(&self, node: &Node, ports: &[Port<u64>]) {
        node.call(&self.port, |reply| Order::Monitor(ports.to_vec(), reply)).wait().unwrap();
    }

    /// What died of the ports that [`Self::monitor`] named.
    pub(crate) fn mourned(&self, node: &Node) -> Vec<(Port<u64>, String)> {
        node.call(&self.port, Order::Mourn).wait().unwrap()
    }
}

/// The rest of the next line that has `mark` in it.
fn read_behind(mark: &str, output: &mut BufReader<ChildStdout>) -> String {
    loop {
        let mut line = String::new();
        assert!(output.read_line(&mut line).unwrap() > 0, "the child ended and never said {mark:?}");
        if let Some((_, rest)) = line.split_once(mark) {
            return rest.trim().to_owned();
        }
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
    let mut builder = Node::builder().name(plan.name).bind(plan.bind).secret(SECRET);
    if let Some(id) = plan.node_id {
        builder = builder.node_id(id);
    }
    builder = plan.seeds.iter().fold(builder, |builder, seed| builder.seed(seed));
    if plan.is_global {
        builder = builder.global();
    }
    let node = builder.heartbeat(plan.heartbeat).session_timeout(plan.session_timeout).start().unwrap();
    node.serve(SINK, |start, (): ()| Ok(start.handler(|_, _: u64| {})));
    let mut dead = Vec::new();
    let port = node.port(move |cx, order: Order| obey(cx, order, &mut dead));
    println!("{MARK}{port}");
    if let Some(host) = plan.visits {
        node.send(&host, std::process::id().into());
        let monitor = node.monitor(&host);
        thread::spawn(move || println!("{VISIT}{}", monitor.wait()));
    }
    // It ends with the parent, however that ends.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn obey(cx: &Cx<Order>, order: Order, dead: &mut Vec<(Port<u64>, String)>) {
    match order {
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
        Order::Monitor(ports, reply) => {
            for port in ports {
                let dying = port.clone();
                cx.monitor(&port, move |reason| Order::Died(dying, reason.code().as_str().into())).forever();
            }
            cx.reply(reply, ());
        }
        Order::Died(port, code) => dead.push((port, code)),
        Order::Mourn(reply) => cx.reply(reply, dead.clone()),
        Order::Spawn(on, reply) => {
            let spawned = cx.spawn(&on, SINK, ());
            cx.reply(reply, spawned);
        }
        Order::Publish(name, port, reply) => {
            cx.publish(&name, &port);
            cx.reply(reply, ());
        }
        Order::Find(address, name, reply) => {
            let node = cx.node();
            thread::spawn(move || {
                let found = node.find(&address, &name).wait().ok();
                node.reply(reply, found);
            });
        }
        Order::Send(to, number) => cx.send(&to, number),
        Order::Set(family, key, value) => cx.database().set(&family, &key, &value).unwrap(),
        Order::Read(family, reply) => {
            let content = cx.database().family(&family);
            thread::spawn(move || content.wait().map(|content| reply.send(content)));
        }
    }
}
