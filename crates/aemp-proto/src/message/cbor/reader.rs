//! One value out of CBOR.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
    forward_to_deserialize_any,
};

use super::{
    half,
    input::{Flaw, Head, Input, Length},
    items::{Entries, Items},
    major,
};
use crate::{
    limits::Limits,
    message::{
        DecodeError, DecodeFault,
        gather::{Left, Source},
    },
    value::visit_integral,
};

/// Reads CBOR within limits.
#[derive(Clone, Debug)]
pub(super) struct Reader<'de> {
    input: Input<'de>,
    depth: usize,
    elements: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(octets: &'de [u8], limits: &Limits) -> Self {
        Self { input: Input::new(octets), depth: limits.max_depth, elements: limits.max_elements }
    }

    #[inline]
    pub(super) fn octets_left(&self) -> usize {
        self.input.octets().len()
    }

    /// Whether an indefinite array or map ends here; if so, its end is taken.
    pub(super) fn take_break(&mut self) -> Result<bool, DecodeError> {
        Ok(self.input.take_break()?)
    }

    #[inline]
    fn count(&mut self) -> Result<(), Flaw> {
        self.elements = self.elements.checked_sub(1).ok_or(Flaw::TooMany)?;
        Ok(())
    }

    /// The next item's head; the item is counted.
    #[inline(always)]
    fn head(&mut self) -> Result<Head, Flaw> {
        let head = self.input.head()?;
        self.count()?;
        Ok(head)
    }

    /// One level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        self.depth = self.depth.checked_sub(1).ok_or(DecodeFault::TooDeep)?;
        let result = read(self);
        self.depth = self.depth.saturating_add(1);
        result
    }

    #[inline]
    fn octets(&mut self, length: Length) -> Result<Cow<'de, [u8]>, DecodeError> {
        match length {
            Some(length) => Ok(Cow::Borrowed(self.input.take(length)?)),
            None => self.parts(major::OCTETS).map(Cow::Owned),
        }
    }

    #[inline]
    fn text(&mut self, length: Length) -> Result<Cow<'de, str>, DecodeError> {
        match length {
            Some(length) => {
                let text = std::str::from_utf8(self.input.take(length)?).map_err(|_| Flaw::NotText)?;
                Ok(Cow::Borrowed(text))
            }
            None => self.text_of_parts().map(Cow::Owned),
        }
    }

    fn parts(&mut self, kind: u8) -> Result<Vec<u8>, DecodeError> {
        let mut whole = Vec::new();
        while let Some(part) = self.input.part(kind)? {
            whole.extend_from_slice(part);
        }
        Ok(whole)
    }

    /// Each part has to be a text by itself.
    fn text_of_parts(&mut self) -> Result<String, DecodeError> {
        let mut whole = String::new();
        while let Some(part) = self.input.part(major::TEXT)? {
            whole.push_str(std::str::from_utf8(part).map_err(|_| Flaw::NotText)?);
        }
        Ok(whole)
    }

    fn array<V: Visitor<'de>>(&mut self, length: Length, visitor: V) -> Result<V::Value, DecodeError> {
        self.nested(|reader| {
            let mut items = Items::new(reader, length);
            let value = visitor.visit_seq(&mut items)?;
            items.finish()?;
            Ok(value)
        })
    }

    fn map<V: Visitor<'de>>(&mut self, length: Length, visitor: V) -> Result<V::Value, DecodeError> {
        self.nested(|reader| {
            let mut entries = Entries::new(reader, length);
            let value = visitor.visit_map(&mut entries)?;
            entries.finish()?;
            Ok(value)
        })
    }

    /// The value that begins with `head`.
    fn value<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value, DecodeError> {
        match head {
            Head::Unsigned(number) => visitor.visit_u64(number),
            Head::Negative(number) => match i64::try_from(number) {
                Ok(number) => visitor.visit_i64(!number),
                Err(_) => visitor.visit_i128(!i128::from(number)),
            },
            Head::Text(length) => match self.text(length)? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            Head::Octets(length) => match self.octets(length)? {
                Cow::Borrowed(octets) => visitor.visit_borrowed_bytes(octets),
                Cow::Owned(octets) => visitor.visit_byte_buf(octets),
            },
            Head::Array(length) => self.array(length, visitor),
            Head::Map(length) => self.map(length, visitor),
            Head::Bool(truth) => visitor.visit_bool(truth),
            Head::Half(half) => visitor.visit_f64(half::to_f64(half)),
            Head::Single(number) => visitor.visit_f64(number.into()),
            Head::Double(number) => visitor.visit_f64(number),
            Head::Null => visitor.visit_unit(),
        }
    }

    /// A variant with its content.
    fn variant<V: Visitor<'de>>(&mut self, length: Length, visitor: V) -> Result<V::Value, DecodeError> {
        self.nested(|reader| {
            let mut entries = Entries::new(reader, length);
            let value = visitor.visit_enum(MapAccessDeserializer::new(&mut entries))?;
            match entries.next_key::<IgnoredAny>()? {
                None => Ok(value),
                Some(_) => Err(DecodeError::custom("a variant is a map of one entry")),
            }
        })
    }

    /// A whole number will do for an integer, however it was sent.
    #[inline]
    fn integer<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head()? {
            Head::Unsigned(number) => visitor.visit_u64(number),
            Head::Half(half) => visit_integral(half::to_f64(half), visitor),
            Head::Single(number) => visit_integral(number.into(), visitor),
            Head::Double(number) => visit_integral(number, visitor),
            head => self.value(head, visitor),
        }
    }

    /// Octets will do for a text, if they are UTF-8.
    #[inline]
    fn textual<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head()? {
            Head::Octets(length) => {
                let octets = self.octets(length)?;
                match std::str::from_utf8(&octets) {
                    Ok(text) => visitor.visit_str(text),
                    Err(_) => visitor.visit_bytes(&octets),
                }
            }
            head => self.value(head, visitor),
        }
    }
}

impl<'de> Source<'de> for Reader<'de> {
    type Element<'s>
        = &'s mut Self
    where
        Self: 's;

    fn element(&mut self) -> Option<&mut Self> {
        (self.octets_left() > 0).then_some(self)
    }

    fn left(&self) -> Result<Left, DecodeError> {
        if self.octets_left() == 0 {
            return Ok(Left::None);
        }
        let mut ahead = self.clone();
        IgnoredAny::deserialize(&mut ahead)?;
        Ok(if ahead.octets_left() == 0 { Left::One } else { Left::More })
    }
}

macro_rules! deserialize_with {
    ($helper:ident: $($method:ident)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.$helper(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = DecodeError;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let head = self.head()?;
        self.value(head, visitor)
    }

    deserialize_with! { integer:
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    deserialize_with! { textual: deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let mut ahead = self.input;
        if ahead.head()? == Head::Null {
            self.input = ahead;
            self.count()?;
            return visitor.visit_none();
        }
        // A level, because a type of nested options could recurse forever over one octet.
        self.nested(|reader| visitor.visit_some(reader))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.head()? {
            Head::Map(length) => self.variant(length, visitor),
            Head::Text(length) => visitor.visit_enum(self.text(length)?.into_deserializer()),
            Head::Octets(length) => {
                let octets = self.octets(length)?;
                visitor.visit_enum(String::from_utf8_lossy(&octets).into_deserializer())
            }
            head => self.value(head, visitor),
        }
    }

    forward_to_deserialize_any! {
        bool f32 f64 bytes byte_buf unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}
