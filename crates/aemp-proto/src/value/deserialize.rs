//! Any serde type out of a value.

use serde::{
    de::{
        DeserializeOwned, Deserializer, IntoDeserializer, Visitor,
        value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{Value, loose};
use crate::message::{DecodeError, DecodeFault};

/// Options directly within each other: a type of nested options could recurse forever over one value.
const MAX_OPTIONS: u8 = 16;

/// The typed form of a value.
///
/// Where the type wants a text, octets that are UTF-8 will do; where it wants an integer, so does a number
/// with a fraction of zero; where it wants a number or truth value as a map's key, its text does, because
/// JSON has no other keys.
///
/// # Errors
///
/// The value does not have the form of the type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, DecodeError> {
    T::deserialize(FromValue::from(value))
}

/// The typed form of a value that a Perl node may have made: its texts, octets, numbers and truth values stand for each other
/// where the type asks for one of them, as they do in Perl.
///
/// # Errors
///
/// The value does not have the form of the type.
pub fn from_value_loosely<T: DeserializeOwned>(value: Value) -> Result<T, DecodeError> {
    T::deserialize(FromValue::loosely(value))
}

/// Reads one value.
#[derive(Debug)]
pub(crate) struct FromValue {
    value: Value,
    is_key: bool,
    /// Options that were read around it.
    options: u8,
    /// As Perl reads values: see [`loose`].
    is_loose: bool,
}

impl From<Value> for FromValue {
    fn from(value: Value) -> Self {
        Self { value, is_key: false, options: 0, is_loose: false }
    }
}

impl IntoDeserializer<'_, DecodeError> for FromValue {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl FromValue {
    /// Reads the value as Perl does.
    pub(crate) fn loosely(value: Value) -> Self {
        Self { is_loose: true, ..value.into() }
    }

    /// An element of this value.
    fn inner(is_loose: bool, value: Value) -> Self {
        Self { is_loose, ..value.into() }
    }

    /// Converted, if that is how values are read.
    fn converted(self, convert: impl FnOnce(Value) -> Value) -> Self {
        if self.is_loose { Self { value: convert(self.value), ..self } } else { self }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.converted(loose::number).scalar(visitor)
    }

    fn truth<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.converted(loose::truth).scalar(visitor)
    }

    fn octets<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.converted(loose::octets).deserialize_any(visitor)
    }

    fn scalar<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let value = match self.value {
            Value::Text(text) if self.is_key => number_of(text),
            value => value,
        };
        match value {
            Value::Float(number) => visit_integral(number, visitor),
            value => Self::from(value).deserialize_any(visitor),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let this = self.converted(loose::text);
        match (&this.value, this.value.as_str()) {
            (Value::Bytes(_), Some(text)) => visitor.visit_str(text),
            _ => this.deserialize_any(visitor),
        }
    }
}

/// The number or truth value that a key's text stands for, or the text.
pub(super) fn number_of(text: String) -> Value {
    if let Ok(integer) = text.parse::<i128>() {
        integer.into()
    } else if let Ok(value) = text.parse::<bool>() {
        value.into()
    } else if let Ok(number) = text.parse::<f64>() {
        number.into()
    } else {
        text.into()
    }
}

/// Loose nodes send whole numbers as floating-point ones.
pub(crate) fn visit_integral<'de, V: Visitor<'de>>(number: f64, visitor: V) -> Result<V::Value, DecodeError> {
    /// Beyond it neighbouring integers are the same number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        visitor.visit_i64(number as i64)
    } else {
        visitor.visit_f64(number)
    }
}

fn visit_integer<'de, V: Visitor<'de>>(integer: i128, visitor: V) -> Result<V::Value, DecodeError> {
    if let Ok(integer) = u64::try_from(integer) {
        visitor.visit_u64(integer)
    } else if let Ok(integer) = i64::try_from(integer) {
        visitor.visit_i64(integer)
    } else {
        visitor.visit_i128(integer)
    }
}

fn pairs(entries: Vec<(Value, Value)>, is_loose: bool) -> impl Iterator<Item = (FromValue, FromValue)> {
    let inner = move |value| FromValue::inner(is_loose, value);
    entries.into_iter().map(move |(key, value)| (FromValue { is_key: true, ..inner(key) }, inner(value)))
}

macro_rules! deserialize_with {
    ($helper:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.$helper(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for FromValue {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let is_loose = self.is_loose;
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Integer(integer) => visit_integer(integer, visitor),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Bytes(octets) => visitor.visit_byte_buf(octets.into()),
            Value::Text(text) => visitor.visit_string(text),
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(|item| Self::inner(is_loose, item))))
            }
            Value::Map(entries) => visitor.visit_map(MapDeserializer::new(pairs(entries, is_loose))),
        }
    }

    deserialize_with! { number:
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    deserialize_with! { truth: deserialize_bool }

    deserialize_with! { octets: deserialize_bytes deserialize_byte_buf }

    deserialize_with! { text: deserialize_str deserialize_string deserialize_char deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ if self.options >= MAX_OPTIONS => Err(DecodeFault::TooDeep.into()),
            _ => visitor.visit_some(Self { options: self.options.saturating_add(1), ..self }),
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
        let is_loose = self.is_loose;
        match self.value {
            Value::Map(entries) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(pairs(entries, is_loose))))
            }
            value => match value.as_str() {
                Some(variant) => visitor.visit_enum(variant.into_deserializer()),
                None => Self::from(value).deserialize_any(visitor),
            },
        }
    }

    forward_to_deserialize_any! {
        unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}
