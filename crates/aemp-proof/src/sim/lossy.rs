//! Messages that may be lost: what programs do with them.

use aemp_proto::kernel::LocalPort;

use super::{
    arrivals::numbers,
    census::Counted,
    facts::{Name, Process},
    violation::Guarantee,
    world::World,
};

impl World {
    /// A program sends a message that may be lost. It carries what has to hold if it arrives.
    pub(super) fn send_lossy(&mut self, process: Process) {
        if let Some(name) = self.target(process) {
            self.send_lossy_to(process, name);
        }
    }

    /// The same to this port.
    pub(super) fn send_lossy_to(&mut self, process: Process, name: Name) {
        let (now, to) = (self.now, self.oracle.facts.name(name).id.clone());
        let stamp = self.oracle.sending_lossy(process, name);
        let sent = self.runtimes[process.0].kernel.send_lossy(&to, |out| -> Result<(), std::convert::Infallible> {
            stamp.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
            Ok(())
        });
        self.census.count(Counted::LossySent);
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} sends {} what may be lost", facts.show(process), facts.show_name(name)));
        if let Err(error) = sent {
            self.oracle.complain(Guarantee::Loss, now, || format!("a message was refused at its sender: {error}"));
        }
    }

    pub(super) fn lossy_arrived(&mut self, process: Process, to: LocalPort, body: &[u8]) {
        let port = self.runtimes[process.0].port(to);
        match port.zip(numbers(Some(body))) {
            Some((port, stamp)) => {
                self.census.count(Counted::LossyArrived);
                self.oracle.lossy_received(process, port, stamp, self.now);
            }
            None => {
                let text = || "a lossy message reached no port, or none was sent".to_owned();
                self.oracle.complain(Guarantee::Names, self.now, text);
            }
        }
    }
}
