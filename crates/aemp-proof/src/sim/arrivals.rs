//! What programs do with what arrives.

use aemp_proto::{
    id::{PortId, PortName, PortNumber},
    kernel::{Body, LocalPort, Refused, WatchId},
    limits::Limits,
    message::cbor,
    reason::Reason,
};

use super::{
    actions::{LARGE, NO_NAME},
    census::Counted,
    facts::{Name, Port, Process},
    oracle::Stamp,
    violation::Guarantee,
    world::World,
};

impl World {
    pub(super) fn message_arrived(&mut self, process: Process, from: usize, to: LocalPort, body: &[u8]) {
        let now = self.now;
        let Some((port, [stream, number, handed])) = self.known_port(process, to).zip(numbers(body.get(1..))) else {
            return self
                .oracle
                .complain(Guarantee::Names, now, || "a message reached no port, or none was sent".to_owned());
        };
        let facts = &self.oracle.facts;
        self.story.note(u64::from(stream) << 32 | u64::from(number));
        self.story.tell(now, || format!("p{}@{} receives message {number} from n{from}", port.0, facts.show(process)));
        if self.random.chance(self.swarm.refused) && self.now < self.calm_from {
            return self.refuse(process, from, to, port, stream);
        }
        self.census.count(Counted::Delivered);
        if body.len() as u64 > LARGE {
            self.census.count(Counted::LargeArrived);
        }
        self.oracle.received(process, port, Stamp { stream, number }, now);
        self.check_certified(process, Stamp { stream, number });
        self.oracle.check_kills_before(process, Stamp { stream, number }, now);
        if handed != NO_NAME {
            self.census.count(Counted::HandedOn);
            self.learn(process, Name(handed as usize));
        }
    }

    /// What the sender of a message had declared dead before is dead, or has another name.
    fn check_certified(&mut self, process: Process, stamp: Stamp) {
        let runtime = &self.runtimes[process.0];
        let has_name = |name: &Name| {
            let facts = self.oracle.facts.name(*name);
            let port = runtime.ports.iter().find(|(_, port)| *port == facts.port);
            port.is_some_and(|(local, _)| runtime.kernel.port_id(*local) == facts.id)
        };
        if let Some(name) = self.oracle.declared_dead(process, stamp).into_iter().find(has_name) {
            self.oracle.uncertified(name, stamp, self.now);
        }
    }

    fn known_port(&self, process: Process, local: LocalPort) -> Option<Port> {
        self.runtimes[process.0].port(local)
    }

    /// A port does not take a message.
    fn refuse(&mut self, process: Process, from: usize, to: LocalPort, port: Port, stream: u32) {
        let now = self.now;
        self.census.count(Counted::Refusal);
        // Each refusal has a reason of its own: it may close a name for one node, and be the death of the port for another.
        let reason = Reason::new("bad_message", format!("refusal {}", self.census.of(Counted::Refusal)));
        self.story.tell(now, || format!("p{} refuses a message from n{from}", port.0));
        self.oracle.refused(port, stream);
        let refused = self.runtimes[process.0].kernel.refuse(to, &self.ids[from], &reason);
        if refused == Refused::Dies {
            self.close_port(process, to, reason);
        }
    }

    pub(super) fn call_arrived(&mut self, process: Process, from: usize, to: LocalPort, reply: PortId, body: &[u8]) {
        let now = self.now;
        let Some((port, [stream, after])) = self.known_port(process, to).zip(numbers(Some(body))) else {
            return self
                .oracle
                .complain(Guarantee::Names, now, || "a call reached no port, or none was made".to_owned());
        };
        self.story.tell(now, || format!("p{} is called from n{from}: {reply}", port.0));
        self.oracle.call_arrived(port, &reply, stream, after, now);
        if self.random.chance(self.swarm.refused) && self.now < self.calm_from {
            let runtime = &mut self.runtimes[process.0];
            let time = runtime.time(now);
            runtime.kernel.answer_failed(&reply, &Reason::new("no_reply", "the request was refused"), time);
            return self.refuse(process, from, to, port, stream);
        }
        self.runtimes[process.0].asked.push(reply);
    }

    pub(super) fn call_ended(&mut self, process: Process, number: PortNumber, result: Result<&[u8], Reason>) {
        let now = self.now;
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("the call {number:?} of {} ends: {:?}", facts.show(process), result.is_ok()));
        self.census.count(if result.is_ok() { Counted::CallAnswered } else { Counted::CallFailed });
        self.oracle.call_ended(process, number, now);
        let lookups = &mut self.runtimes[process.0].lookups;
        let Some(place) = lookups.iter().position(|other| *other == number) else { return };
        lookups.swap_remove(place);
        if let Ok(body) = result {
            let found = cbor::decode::<(PortId,)>(&Body::Borrowed(body), &Limits::default());
            match found.ok().and_then(|(id,)| self.oracle.facts.find(&id)) {
                Some(name) => {
                    self.census.count(Counted::LookUpFound);
                    self.learn(process, name);
                }
                None => self.oracle.complain(Guarantee::Names, now, || "a look-up found what is no port".to_owned()),
            }
        }
    }

    pub(super) fn kill_arrived(&mut self, process: Process, from: usize, to: LocalPort, reason: Reason) {
        let now = self.now;
        if let Some(port) = self.known_port(process, to) {
            if self.oracle.kill_arrived(from, port, &reason, now) {
                self.census.count(Counted::KillByCertificate);
            }
            self.close_port(process, to, reason);
        }
    }

    pub(super) fn spawn_arrived(&mut self, process: Process, name: PortName, service: &str) {
        let now = self.now;
        let runtime = &mut self.runtimes[process.0];
        let id = PortId::new(self.ids[runtime.node].clone(), name.clone());
        let Some(port) = self.oracle.spawn_arrived(process, &id, now) else { return };
        self.story.tell(now, || format!("p{} is spawned ({service})", port.0));
        let local = if service == "worker" { runtime.numbers.take() } else { None };
        let Some(local) = local else {
            self.census.count(Counted::SpawnFailed);
            let reason = Reason::new("no_such_service", service);
            runtime.kernel.spawn_failed(name, reason.clone());
            return self.oracle.port_died(port, &reason, now);
        };
        if !runtime.kernel.open_as(local, name) {
            self.oracle.complain(Guarantee::Names, now, || format!("the name of p{} is taken", port.0));
        }
        runtime.ports.push((local, port));
    }

    pub(super) fn fired(&mut self, process: Process, watch: WatchId, reason: &Reason) {
        let now = self.now;
        let runtime = &mut self.runtimes[process.0];
        let place = runtime.watches.iter().position(|held| held.watch == watch);
        let held = place.map(|place| runtime.watches.swap_remove(place));
        let facts = &self.oracle.facts;
        self.story.note(now ^ process.0 as u64);
        self.story.tell(now, || {
            let name = held.and_then(|held| held.name).map(|name| facts.show_name(name));
            format!("{watch:?} of {} on {} fires: {reason}", facts.show(process), name.unwrap_or_default())
        });
        self.census.count(Counted::Fired);
        self.oracle.fired(process, watch, reason, now);
        if let Some(local) = held.and_then(|held| held.linked) {
            self.close_port(process, local, Reason::new("linked", "the port that it is linked with died"));
        }
    }

    /// A port has a further name, which was told before, perhaps, and before the port died.
    pub(super) fn renamed(&mut self, old: PortName, id: PortId) {
        let now = self.now;
        self.census.count(Counted::Renaming);
        let facts = &self.oracle.facts;
        if let Some(port) = facts.find(&PortId::new(id.node.clone(), old)).map(|name| facts.name(name).port) {
            self.story.tell(now, || format!("p{} is {id} from now on", port.0));
            self.oracle.check_renaming(port, now);
            self.oracle.named(port, id, now);
        }
    }
}

/// The numbers at the beginning of a message.
pub(super) fn numbers<const N: usize>(body: Option<&[u8]>) -> Option<[u32; N]> {
    let (chunks, _) = body?.as_chunks::<4>();
    let mut numbers = [0; N];
    for (place, chunk) in numbers.iter_mut().zip(chunks.get(..N)?) {
        *place = u32::from_le_bytes(*chunk);
    }
    Some(numbers)
}
