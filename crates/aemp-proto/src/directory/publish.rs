//! What follows from a change: watchers are told.

use super::{
    Action, Directory, Message, Role,
    entry::Encoded,
    local::{GLOBALS, too_large},
    name::Name,
    union::Changed,
    wire::{name_size, pieces, size_of_pair},
};

impl Directory {
    /// Tells watchers here and elsewhere what has changed, if this node knows enough to say so.
    pub(super) fn settle(&mut self) {
        if let Role::Global { settling_until: Some(until) } = self.role
            && until <= self.now
        {
            self.settled();
        }
        if self.replica.union.has_changed() {
            let changed = self.replica.union.take_changed();
            if self.answers() {
                self.publish(&changed);
            }
            if changed.contains_key(GLOBALS) {
                self.seek();
            }
        }
        let notices = self.watches.take_notices();
        self.actions.extend(notices.into_iter().map(|(watch, change)| Action::Changed { watch, change }));
    }

    /// This node knows enough: all who waited are answered.
    pub(super) fn settled(&mut self) {
        let Role::Global { settling_until: settling_until @ Some(_) } = &mut self.role else { return };
        *settling_until = None;
        self.replica.union.take_changed();
        let families: Vec<_> = self.watches.families().cloned().collect();
        for family in families {
            let content = self.replica.union.content(&family);
            self.watches.tell_content(&family, content);
        }
        for node in std::mem::take(&mut self.wanted) {
            self.find(&node, self.now);
        }
        for (number, (facet, family)) in std::mem::take(&mut self.queries) {
            let answer = facet.read(&self.replica.union, &family, self.limits.max_message);
            self.actions.push_back(Action::Answer { number, result: answer.ok_or_else(too_large) });
        }
        let waiting = self.neighbours.iter_mut();
        let waiting: Vec<_> =
            waiting.map(|(node, neighbour)| (node.clone(), std::mem::take(&mut neighbour.waiting))).collect();
        for (node, requests) in waiting {
            for request in requests {
                // Those that ask for too much were refused already, but for watches, which are silently no more.
                let _ = self.answer(&node, request);
            }
        }
    }

    fn publish(&mut self, changed: &Changed) {
        for (family, keys) in changed {
            let union = &self.replica.union;
            let all = keys.iter().map(|(key, before)| (key, before, union.get(family, key)));
            let new = all.filter(|(_, before, after)| before.as_ref() != *after);
            let new: Vec<_> = new.map(|(key, _, after)| (key.clone(), after.cloned())).collect();
            if new.is_empty() {
                continue;
            }
            let watchers: Vec<_> = self.readers.of(family).cloned().collect();
            let clock = self.clock.last();
            let pieces = if watchers.is_empty() { Vec::new() } else { pieces(new.clone(), size_of_new) };
            for (_, piece) in pieces {
                let (set, removed) = set_and_removed(piece);
                for watcher in &watchers {
                    self.send(watcher, Message::Changed(clock, family.clone(), set.clone(), removed.clone()));
                }
            }
            let (set, removed) = set_and_removed(new);
            self.watches.tell_changes(family, set, &removed);
        }
    }
}

/// A key, and what it has from now on.
type New = (Name, Option<Encoded>);

fn size_of_new((key, value): &New) -> usize {
    value.as_ref().map_or_else(|| name_size(key), |value| size_of_pair((key, value)))
}

fn set_and_removed(new: Vec<New>) -> (Vec<(Name, Encoded)>, Vec<Name>) {
    let (mut set, mut removed) = (Vec::new(), Vec::new());
    for (key, value) in new {
        match value {
            Some(value) => set.push((key, value)),
            None => removed.push(key),
        }
    }
    (set, removed)
}
