//! What an array or map holds.

use serde::{
    Deserialize,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess},
};

use super::{input::Length, reader::Reader};
use crate::message::DecodeError;

/// The items of an array, or the entries of a map, that were not read yet.
#[derive(Debug)]
pub(super) struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: Left,
}

/// How much is left of an array or map.
#[derive(Clone, Copy, Debug)]
enum Left {
    Exactly(u64),
    UntilBreak,
}

impl<'r, 'de> Items<'r, 'de> {
    pub(super) fn new(reader: &'r mut Reader<'de>, length: Length) -> Self {
        Self { reader, left: length.map_or(Left::UntilBreak, Left::Exactly) }
    }

    /// Reads what the visitor did not want.
    pub(super) fn finish(&mut self) -> Result<(), DecodeError> {
        while self.take()? {
            IgnoredAny::deserialize(&mut *self.reader)?;
        }
        Ok(())
    }

    /// Whether there is another item.
    fn take(&mut self) -> Result<bool, DecodeError> {
        match &mut self.left {
            Left::Exactly(left) => match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => return Ok(false),
            },
            Left::UntilBreak => {
                if self.reader.take_break()? {
                    self.left = Left::Exactly(0);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// At most as many as there are octets: the announced length proves nothing.
    fn size(&self) -> Option<usize> {
        match self.left {
            Left::Exactly(left) => Some(usize::try_from(left).unwrap_or(usize::MAX).min(self.reader.octets_left())),
            Left::UntilBreak => None,
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        if !self.take()? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.size()
    }
}

/// The entries of a map that were not read yet.
#[derive(Debug)]
pub(super) struct Entries<'r, 'de> {
    items: Items<'r, 'de>,
    /// A key was read and its value was not.
    in_entry: bool,
}

impl<'r, 'de> Entries<'r, 'de> {
    pub(super) fn new(reader: &'r mut Reader<'de>, length: Length) -> Self {
        Self { items: Items::new(reader, length), in_entry: false }
    }

    /// Reads what the visitor did not want.
    pub(super) fn finish(&mut self) -> Result<(), DecodeError> {
        if self.in_entry {
            self.next_value::<IgnoredAny>()?;
        }
        while self.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        self.in_entry = self.items.take()?;
        if !self.in_entry {
            return Ok(None);
        }
        seed.deserialize(&mut *self.items.reader).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, DecodeError> {
        self.in_entry = false;
        seed.deserialize(&mut *self.items.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        self.items.size()
    }
}
