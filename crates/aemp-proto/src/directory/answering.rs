//! What a global node is asked, and its answers.

use super::{Directory, Message, Refusal, Role, name::Name, neighbour::Form, query::Facet, wire};
use crate::id::NodeId;

impl Directory {
    /// Handles a request that only global nodes answer.
    pub(super) fn take_request(&mut self, from: &NodeId, request: Message) -> Result<(), Refusal> {
        let limits = self.limits;
        match self.role {
            Role::Alone | Role::Slave(_) => Err(Refusal::NotAsked),
            Role::Global { settling_until: None } => self.answer(from, request),
            Role::Global { settling_until: Some(_) } => {
                let Some(neighbour) = self.neighbours.get_mut(from) else { return Ok(()) };
                // All that a slave asks of a new master: what it watches, looks up, and queries.
                let limit = limits.max_queries.saturating_mul(2).saturating_add(limits.max_database_watches);
                if neighbour.waiting.len() >= limit {
                    return Err(Refusal::TooManyQueries { limit });
                }
                neighbour.waiting.push(request);
                Ok(())
            }
        }
    }

    pub(super) fn answer(&mut self, from: &NodeId, request: Message) -> Result<(), Refusal> {
        match request {
            Message::Find(_, node) => {
                let (addresses, clock) = (self.listeners_of(&node), self.clock.last());
                self.send(from, Message::Found(clock, node, addresses));
            }
            Message::ReadFamily(_, family, number) => self.reply(from, Facet::Family, &family, number),
            Message::ReadKeys(_, family, number) => self.reply(from, Facet::Keys, &family, number),
            Message::ReadValues(_, family, number) => self.reply(from, Facet::Values, &family, number),
            Message::Watch(_, family) => return self.add_watcher(from, family),
            Message::Unwatch(_, family) => {
                self.readers.remove(from, &family);
            }
            _ => {}
        }
        Ok(())
    }

    fn reply(&mut self, to: &NodeId, facet: Facet, family: &Name, number: Name) {
        let most = self.limits.max_message.saturating_sub(1024);
        let answer = facet.read(&self.replica.union, family, most);
        let clock = self.clock.last();
        self.send(to, Message::Reply(clock, number, answer));
    }

    fn add_watcher(&mut self, from: &NodeId, family: Name) -> Result<(), Refusal> {
        let limit = self.limits.max_database_watches;
        let Some(form) = self.neighbours.get(from).map(|neighbour| neighbour.form) else { return Ok(()) };
        if !self.readers.add(from, &family, limit) {
            return Err(Refusal::TooManyWatches { limit });
        }
        let content = self.replica.union.content(&family);
        let pieces = wire::pieces(content, |(key, value)| wire::size_of_pair((key, value)));
        for (n, (left, piece)) in pieces.into_iter().enumerate() {
            let (clock, family) = (self.clock.last(), family.clone());
            let message = match form {
                // Base peers know no pieces: what follows the first is new to them.
                Form::Base if n > 0 => Message::Changed(clock, family, piece, Vec::new()),
                Form::Native | Form::Base => Message::Content(clock, family, left, piece),
            };
            self.send(from, message);
        }
        Ok(())
    }
}
