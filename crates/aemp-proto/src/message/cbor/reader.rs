//! One value out of CBOR.

use std::borrow::Cow;

use minicbor::{Decoder, data::Type};
use serde::{
    Deserialize,
    de::{Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
    forward_to_deserialize_any,
};

use super::{
    half,
    items::{Entries, Items},
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
    pub(super) input: Decoder<'de>,
    depth: usize,
    elements: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(octets: &'de [u8], limits: &Limits) -> Self {
        Self { input: Decoder::new(octets), depth: limits.max_depth, elements: limits.max_elements }
    }

    #[inline]
    pub(super) fn octets_left(&self) -> usize {
        self.input.input().len().saturating_sub(self.input.position())
    }

    /// Whether an indefinite array or map ends here; if so, its end is taken.
    pub(super) fn take_break(&mut self) -> Result<bool, DecodeError> {
        let ends = self.input.datatype()? == Type::Break;
        if ends {
            self.input.set_position(self.input.position().saturating_add(1));
        }
        Ok(ends)
    }

    /// What comes next, behind its tags.
    #[inline]
    fn peek(&mut self) -> Result<Type, DecodeError> {
        loop {
            match self.input.datatype()? {
                Type::Tag => self.input.tag()?,
                other => return Ok(other),
            };
        }
    }

    #[inline]
    fn count(&mut self) -> Result<(), DecodeError> {
        self.elements = self.elements.checked_sub(1).ok_or(DecodeFault::TooManyElements)?;
        Ok(())
    }

    /// One level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        self.depth = self.depth.checked_sub(1).ok_or(DecodeFault::TooDeep)?;
        let result = read(self);
        self.depth = self.depth.saturating_add(1);
        result
    }

    #[inline]
    fn octets(&mut self, kind: Type) -> Result<Cow<'de, [u8]>, DecodeError> {
        if kind == Type::Bytes {
            return Ok(Cow::Borrowed(self.input.bytes()?));
        }
        let mut whole = Vec::new();
        for part in self.input.bytes_iter()? {
            whole.extend_from_slice(part?);
        }
        Ok(Cow::Owned(whole))
    }

    #[inline]
    fn text(&mut self, kind: Type) -> Result<Cow<'de, str>, DecodeError> {
        if kind == Type::String {
            return Ok(Cow::Borrowed(self.input.str()?));
        }
        let mut whole = String::new();
        for part in self.input.str_iter()? {
            whole.push_str(part?);
        }
        Ok(Cow::Owned(whole))
    }

    fn half(&mut self) -> Result<f64, DecodeError> {
        let end = self.input.position().saturating_add(3);
        let octets = self.input.input().get(self.input.position()..end);
        let &[_, high, low] = octets.ok_or(DecodeFault::Truncated)? else {
            return Err(DecodeFault::Truncated.into());
        };
        self.input.set_position(end);
        Ok(half::to_f64(u16::from_be_bytes([high, low])))
    }

    fn float(&mut self, kind: Type) -> Result<f64, DecodeError> {
        Ok(match kind {
            Type::F16 => self.half()?,
            Type::F32 => self.input.f32()?.into(),
            _ => self.input.f64()?,
        })
    }

    fn take_null(&mut self, kind: Type) -> Result<(), DecodeError> {
        match kind {
            Type::Null => self.input.null()?,
            _ => self.input.undefined()?,
        }
        Ok(())
    }

    fn array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let len = self.input.array()?;
        self.nested(|reader| {
            let mut items = Items::new(reader, len);
            let value = visitor.visit_seq(&mut items)?;
            items.finish()?;
            Ok(value)
        })
    }

    fn map<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let len = self.input.map()?;
        self.nested(|reader| {
            let mut entries = Entries::new(reader, len);
            let value = visitor.visit_map(&mut entries)?;
            entries.finish()?;
            Ok(value)
        })
    }

    /// The value of `kind` that comes next.
    fn value<V: Visitor<'de>>(&mut self, kind: Type, visitor: V) -> Result<V::Value, DecodeError> {
        self.count()?;
        match kind {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => visitor.visit_u64(self.input.u64()?),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => visitor.visit_i64(self.input.i64()?),
            Type::Int => visitor.visit_i128(self.input.int()?.into()),
            Type::String | Type::StringIndef => match self.text(kind)? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            Type::Bytes | Type::BytesIndef => match self.octets(kind)? {
                Cow::Borrowed(octets) => visitor.visit_borrowed_bytes(octets),
                Cow::Owned(octets) => visitor.visit_byte_buf(octets),
            },
            Type::Array | Type::ArrayIndef => self.array(visitor),
            Type::Map | Type::MapIndef => self.map(visitor),
            Type::Bool => visitor.visit_bool(self.input.bool()?),
            Type::F16 | Type::F32 | Type::F64 => visitor.visit_f64(self.float(kind)?),
            Type::Null | Type::Undefined => {
                self.take_null(kind)?;
                visitor.visit_unit()
            }
            other => Err(DecodeFault::Malformed(format!("{other} has no meaning here").into()).into()),
        }
    }

    /// A variant with its content.
    fn variant<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        self.count()?;
        let len = self.input.map()?;
        self.nested(|reader| {
            let mut entries = Entries::new(reader, len);
            let value = visitor.visit_enum(MapAccessDeserializer::new(&mut entries))?;
            match entries.next_key::<IgnoredAny>()? {
                None => Ok(value),
                Some(_) => Err(DecodeError::custom("a variant is a map of one entry")),
            }
        })
    }

    /// A whole number will do for an integer, however it was sent.
    fn integer<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.peek()? {
            kind @ (Type::F16 | Type::F32 | Type::F64) => {
                self.count()?;
                visit_integral(self.float(kind)?, visitor)
            }
            kind => self.value(kind, visitor),
        }
    }

    /// Octets will do for a text, if they are UTF-8.
    fn textual<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.peek()? {
            kind @ (Type::Bytes | Type::BytesIndef) => {
                self.count()?;
                let octets = self.octets(kind)?;
                match std::str::from_utf8(&octets) {
                    Ok(text) => visitor.visit_str(text),
                    Err(_) => visitor.visit_bytes(&octets),
                }
            }
            kind => self.value(kind, visitor),
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
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.$helper(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let kind = self.peek()?;
        self.value(kind, visitor)
    }

    deserialize_with! { integer:
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    deserialize_with! { textual: deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.peek()? {
            kind @ (Type::Null | Type::Undefined) => {
                self.count()?;
                self.take_null(kind)?;
                visitor.visit_none()
            }
            // A level, because a type of nested options could recurse forever over one octet.
            _ => self.nested(|reader| visitor.visit_some(reader)),
        }
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
        match self.peek()? {
            Type::Map | Type::MapIndef => self.variant(visitor),
            kind @ (Type::String | Type::StringIndef) => {
                self.count()?;
                visitor.visit_enum(self.text(kind)?.into_deserializer())
            }
            kind @ (Type::Bytes | Type::BytesIndef) => {
                self.count()?;
                let octets = self.octets(kind)?;
                visitor.visit_enum(String::from_utf8_lossy(&octets).into_deserializer())
            }
            kind => self.value(kind, visitor),
        }
    }

    forward_to_deserialize_any! {
        bool f32 f64 bytes byte_buf unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}
