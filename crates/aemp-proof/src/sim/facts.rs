//! What is true of a run, whatever the kernels believe: its processes, ports and names.

use std::collections::HashMap;

use aemp_proto::{
    id::{Incarnation, PortId},
    reason::Reason,
};

/// A process, that is, an incarnation of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Process(pub(super) usize);

/// A port, under all its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Port(pub(super) usize);

/// A port name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name(pub(super) usize);

#[derive(Debug)]
pub(super) struct ProcessFacts {
    pub(super) node: usize,
    pub(super) run: usize,
    pub(super) incarnation: Incarnation,
    pub(super) ended: Option<u64>,
    /// It began while another process had its node ID.
    pub(super) is_twin: bool,
    /// It does nothing at present.
    pub(super) is_stopped: bool,
}

/// How far a port has come.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Life {
    /// Its spawner has made its name.
    Promised,
    Alive,
    Dead(u64, Reason),
}

#[derive(Debug)]
pub(super) struct PortFacts {
    pub(super) node: usize,
    /// Where it lives or lived.
    pub(super) home: Option<Process>,
    /// The last one is the newest.
    pub(super) names: Vec<Name>,
    pub(super) life: Life,
    pub(super) spawner: Option<Process>,
    /// It dies with whoever declares it dead.
    pub(super) private: bool,
    /// Nodes of whose ports it shares the death, or once did.
    pub(super) linked: Vec<usize>,
    pub(super) born: u64,
}

#[derive(Debug)]
pub(super) struct NameFacts {
    pub(super) id: PortId,
    pub(super) port: Port,
    pub(super) born: u64,
}

#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) processes: Vec<ProcessFacts>,
    pub(super) ports: Vec<PortFacts>,
    pub(super) names: Vec<NameFacts>,
    /// Only looked up, never iterated over.
    by_id: HashMap<PortId, Name>,
}

impl Facts {
    pub(super) fn process(&self, process: Process) -> &ProcessFacts {
        &self.processes[process.0]
    }

    pub(super) fn port(&self, port: Port) -> &PortFacts {
        &self.ports[port.0]
    }

    pub(super) fn port_mut(&mut self, port: Port) -> &mut PortFacts {
        &mut self.ports[port.0]
    }

    pub(super) fn name(&self, name: Name) -> &NameFacts {
        &self.names[name.0]
    }

    /// The port that a name belongs to.
    pub(super) fn port_of(&self, name: Name) -> &PortFacts {
        self.port(self.name(name).port)
    }

    pub(super) fn find(&self, id: &PortId) -> Option<Name> {
        self.by_id.get(id).copied()
    }

    pub(super) fn is_alive(&self, port: Port) -> bool {
        self.port(port).life == Life::Alive
    }

    pub(super) fn is_running(&self, process: Process) -> bool {
        self.process(process).ended.is_none()
    }

    pub(super) fn newest(&self, port: Port) -> Option<Name> {
        self.port(port).names.last().copied()
    }

    pub(super) fn add_process(&mut self, node: usize, incarnation: Incarnation) -> Process {
        let run = self.processes.iter().filter(|process| process.node == node).count();
        let facts = ProcessFacts { node, run, incarnation, ended: None, is_twin: false, is_stopped: false };
        self.processes.push(facts);
        Process(self.processes.len() - 1)
    }

    pub(super) fn add_port(&mut self, node: usize, home: Option<Process>, spawner: Option<Process>, now: u64) -> Port {
        let life = if home.is_some() { Life::Alive } else { Life::Promised };
        let (names, linked) = (Vec::new(), Vec::new());
        self.ports.push(PortFacts { node, home, names, life, spawner, private: false, linked, born: now });
        Port(self.ports.len() - 1)
    }

    /// Gives a port a name; `None` if another port, or this one, has it already.
    pub(super) fn add_name(&mut self, port: Port, id: PortId, now: u64) -> Option<Name> {
        if self.by_id.contains_key(&id) {
            return None;
        }
        let name = Name(self.names.len());
        self.by_id.insert(id.clone(), name);
        self.names.push(NameFacts { id, port, born: now });
        self.port_mut(port).names.push(name);
        Some(name)
    }

    /// `n1.0`: the first process of node 1.
    pub(super) fn show(&self, process: Process) -> String {
        let ProcessFacts { node, run, .. } = *self.process(process);
        format!("n{node}.{run}")
    }

    /// `p7/1@n2`: the second name of a port of node 2.
    pub(super) fn show_name(&self, name: Name) -> String {
        let port = self.name(name).port;
        let facts = self.port(port);
        let place = facts.names.iter().position(|other| *other == name).unwrap_or(0);
        format!("p{}/{place}@n{}", port.0, facts.node)
    }
}
