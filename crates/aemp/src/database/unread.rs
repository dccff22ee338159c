//! Changes that wait for their reader, merged so that they never take more room than the family itself.

use std::{collections::BTreeMap, mem};

use aemp_proto::{directory::Change, value::Value};

/// What the reader of a watch does not know yet.
#[derive(Debug, Default)]
pub(super) struct Unread {
    content: Content,
    /// Keys that changed since, each once, in the order in which they did first.
    order: BTreeMap<u64, String>,
    changed: BTreeMap<String, Unseen>,
    /// How many have had a place in the order.
    placed: u64,
}

#[derive(Debug, Default)]
enum Content {
    #[default]
    Unknown,
    Waits(BTreeMap<String, Value>),
    Seen,
}

/// What became of a key.
#[derive(Debug)]
struct Unseen {
    place: u64,
    /// Whether it was there when the reader looked last.
    was_there: bool,
    value: Option<Value>,
}

/// What the reader is told next.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    All(BTreeMap<String, Value>),
    Added(String, Value),
    Changed(String, Value),
    Removed(String),
}

impl Unread {
    pub(super) fn add(&mut self, change: Change) {
        match &mut self.content {
            Content::Unknown => self.content = Content::Waits(change.added.into_iter().collect()),
            Content::Waits(content) => {
                content.extend(change.added.into_iter().chain(change.changed));
                change.removed.iter().for_each(|key| drop(content.remove(key)));
            }
            Content::Seen => {
                change.added.into_iter().for_each(|(key, value)| self.note(key, false, Some(value)));
                change.changed.into_iter().for_each(|(key, value)| self.note(key, true, Some(value)));
                change.removed.into_iter().for_each(|key| self.note(key, true, None));
            }
        }
    }

    fn note(&mut self, key: String, was_there: bool, value: Option<Value>) {
        let Some(unseen) = self.changed.get_mut(&key) else {
            self.placed += 1;
            self.order.insert(self.placed, key.clone());
            self.changed.insert(key, Unseen { place: self.placed, was_there, value });
            return;
        };
        unseen.value = value;
        if !unseen.was_there && unseen.value.is_none() {
            // It came and went meanwhile.
            self.order.remove(&unseen.place);
            self.changed.remove(&key);
        }
    }

    pub(super) fn next(&mut self) -> Option<News> {
        if let Content::Waits(content) = &mut self.content {
            let content = mem::take(content);
            self.content = Content::Seen;
            return Some(News::All(content));
        }
        let (_, key) = self.order.pop_first()?;
        let Unseen { was_there, value, .. } = self.changed.remove(&key)?;
        Some(match (was_there, value) {
            (false, Some(value)) => News::Added(key, value),
            (true, Some(value)) => News::Changed(key, value),
            (_, None) => News::Removed(key),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(keys: &[(&str, i32)]) -> Vec<(String, Value)> {
        keys.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect()
    }

    fn added(keys: &[(&str, i32)]) -> Change {
        Change { added: entries(keys), ..Change::default() }
    }

    fn changed(keys: &[(&str, i32)]) -> Change {
        Change { changed: entries(keys), ..Change::default() }
    }

    fn removed(key: &str) -> Change {
        Change { removed: vec![key.to_owned()], ..Change::default() }
    }

    fn all(unread: &mut Unread) -> Vec<News> {
        std::iter::from_fn(|| unread.next()).collect()
    }

    fn seen(keys: &[(&str, i32)]) -> Unread {
        let mut unread = Unread::default();
        unread.add(added(keys));
        assert_eq!(all(&mut unread), [News::All(entries(keys).into_iter().collect())]);
        unread
    }

    #[test]
    fn what_changes_before_the_content_is_read_is_part_of_it() {
        let mut unread = Unread::default();
        assert_eq!(unread.next(), None);
        unread.add(added(&[("a", 1), ("b", 2), ("c", 3)]));
        unread.add(changed(&[("b", 4)]));
        unread.add(removed("c"));
        assert_eq!(all(&mut unread), [News::All(entries(&[("a", 1), ("b", 4)]).into_iter().collect())]);
    }

    #[test]
    fn changes_come_in_the_order_of_the_keys_that_changed_first() {
        let mut unread = seen(&[("a", 1), ("b", 2)]);
        unread.add(removed("b"));
        unread.add(added(&[("c", 3)]));
        unread.add(changed(&[("a", 4)]));
        let expected =
            [News::Removed("b".into()), News::Added("c".into(), 3.into()), News::Changed("a".into(), 4.into())];
        assert_eq!(all(&mut unread), expected);
    }

    #[test]
    fn a_slow_reader_sees_what_holds_at_last() {
        let mut unread = seen(&[("a", 1), ("b", 2)]);
        unread.add(removed("a"));
        unread.add(added(&[("a", 5)]));
        unread.add(changed(&[("b", 3)]));
        unread.add(removed("b"));
        assert_eq!(all(&mut unread), [News::Changed("a".into(), 5.into()), News::Removed("b".into())]);
    }

    #[test]
    fn what_comes_and_goes_unseen_takes_no_room() {
        let mut unread = seen(&[]);
        for n in 0..1_000 {
            let key = n.to_string();
            unread.add(added(&[(&key, 1)]));
            unread.add(removed(&key));
        }
        assert_eq!((unread.order.len(), unread.changed.len()), (0, 0));
        assert_eq!(all(&mut unread), []);
    }
}
