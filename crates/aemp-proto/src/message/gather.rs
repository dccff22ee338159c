//! The elements of a message gather into its outermost value.

use serde::{
    Deserialize,
    de::{
        DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, IntoDeserializer, SeqAccess, VariantAccess, Visitor,
        value::MapDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{DecodeError, DecodeFault};

/// Where the elements of a message come from.
pub(crate) trait Source<'de> {
    /// Gives one element.
    type Element<'s>: Deserializer<'de, Error = DecodeError>
    where
        Self: 's;

    /// The next element; `None` behind the last one.
    fn element(&mut self) -> Option<Self::Element<'_>>;

    /// How many elements are left: none, one or more.
    fn left(&self) -> Result<Left, DecodeError>;
}

/// How many elements of a message are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    None,
    One,
    More,
}

/// The deserializer of a whole message.
#[derive(Debug)]
pub(crate) struct Gather<S> {
    source: S,
    taken: usize,
}

impl<'de, S: Source<'de>> Gather<S> {
    pub(crate) const fn new(source: S) -> Self {
        Self { source, taken: 0 }
    }

    /// Reads the message, and checks the elements that its type does not want.
    ///
    /// The message stays where it was made: to move it takes as long as to read it.
    pub(crate) fn message<M: Deserialize<'de>>(mut self) -> Result<M, DecodeError> {
        let mut message = M::deserialize(&mut self);
        if message.is_ok()
            && let Err(error) = self.finish()
        {
            message = Err(error);
        }
        if let Err(error) = &mut message {
            error.set_element(self.taken.saturating_sub(1));
        }
        message
    }

    fn finish(&mut self) -> Result<(), DecodeError> {
        while let Some(element) = self.next() {
            IgnoredAny::deserialize(element)?;
        }
        Ok(())
    }

    fn next(&mut self) -> Option<S::Element<'_>> {
        self.taken = self.taken.saturating_add(1);
        self.source.element()
    }

    fn required(&mut self) -> Result<S::Element<'_>, DecodeError> {
        Ok(self.next().ok_or(DecodeFault::Missing)?)
    }
}

macro_rules! deserialize_element {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.required()?.$method(visitor)
        })*
    };
}

impl<'de, S: Source<'de>> Deserializer<'de> for &mut Gather<S> {
    type Error = DecodeError;

    /// The number of elements decides, because the type does not: nothing, the one element, or a sequence of them.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.source.left()? {
            Left::None => visitor.visit_unit(),
            Left::One => self.required()?.deserialize_any(visitor),
            Left::More => visitor.visit_seq(self),
        }
    }

    deserialize_element! {
        deserialize_bool deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_seq deserialize_map deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.next() {
            Some(element) => element.deserialize_option(visitor),
            None => visitor.visit_none(),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(self)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.required()?.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_enum(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }
}

impl<'de, S: Source<'de>> SeqAccess<'de> for &mut Gather<S> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        match self.next() {
            Some(element) => seed.deserialize(element).map(Some),
            None => Ok(None),
        }
    }
}

impl<'de, S: Source<'de>> EnumAccess<'de> for &mut Gather<S> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), DecodeError> {
        let variant = seed.deserialize(self.required()?)?;
        Ok((variant, self))
    }
}

impl<'de, S: Source<'de>> VariantAccess<'de> for &mut Gather<S> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        match self.next() {
            Some(element) => seed.deserialize(element),
            None => seed.deserialize(Missing),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(self)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.next() {
            Some(element) => element.deserialize_struct("", fields, visitor),
            None => visitor.visit_map(MapDeserializer::new(std::iter::empty::<(Missing, Missing)>())),
        }
    }
}

/// The element of a newtype variant that its sender did not have: only an option can do without.
struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DecodeError> {
        Err(DecodeFault::Missing.into())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, DecodeError> for Missing {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
