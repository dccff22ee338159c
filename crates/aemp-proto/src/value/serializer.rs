//! Any serde type into a value.

use serde::{Serialize, Serializer, ser};

use super::{Bytes, Value};
use crate::message::EncodeError;

/// The value of anything that serde can serialise.
///
/// # Errors
///
/// What the type itself refuses, and integers that no `i128` holds.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, EncodeError> {
    let mut built = Vec::with_capacity(1);
    value.serialize(ToValue(&mut built))?;
    Ok(built.pop().unwrap_or(Value::Null))
}

/// Appends the value of what it serialises.
#[derive(Debug)]
pub(crate) struct ToValue<'v>(pub(crate) &'v mut Vec<Value>);

impl<'v> ToValue<'v> {
    fn push(self, value: impl Into<Value>) -> Result<(), EncodeError> {
        self.0.push(value.into());
        Ok(())
    }

    fn items(self, variant: Option<&'static str>, len: Option<usize>) -> Items<'v> {
        Items { out: self.0, variant, items: Vec::with_capacity(len.unwrap_or_default()) }
    }

    fn entries(self, variant: Option<&'static str>, len: Option<usize>) -> Entries<'v> {
        Entries { out: self.0, variant, key: None, entries: Vec::with_capacity(len.unwrap_or_default()) }
    }
}

/// A variant with content is a map of one entry.
fn wrap(variant: Option<&'static str>, content: Value) -> Value {
    match variant {
        Some(variant) => Value::Map(vec![(variant.into(), content)]),
        None => content,
    }
}

macro_rules! serialize_as_is {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.push(value)
        })*
    };
}

impl<'v> Serializer for ToValue<'v> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Items<'v>;
    type SerializeTuple = Items<'v>;
    type SerializeTupleStruct = Items<'v>;
    type SerializeTupleVariant = Items<'v>;
    type SerializeMap = Entries<'v>;
    type SerializeStruct = Entries<'v>;
    type SerializeStructVariant = Entries<'v>;

    serialize_as_is! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_str: &str,
    }

    fn serialize_u128(self, integer: u128) -> Result<(), EncodeError> {
        self.push(i128::try_from(integer).map_err(|_| EncodeError::IntegerTooLarge)?)
    }

    fn serialize_char(self, char: char) -> Result<(), EncodeError> {
        self.push(char.to_string())
    }

    fn serialize_bytes(self, octets: &[u8]) -> Result<(), EncodeError> {
        self.push(Bytes::from(octets))
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.push(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.push(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        self.push(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), EncodeError> {
        self.push(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.push(wrap(Some(variant), to_value(value)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items<'v>, EncodeError> {
        Ok(self.items(None, len))
    }

    fn serialize_tuple(self, len: usize) -> Result<Items<'v>, EncodeError> {
        Ok(self.items(None, Some(len)))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Items<'v>, EncodeError> {
        Ok(self.items(None, Some(len)))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Items<'v>, EncodeError> {
        Ok(self.items(Some(variant), Some(len)))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Entries<'v>, EncodeError> {
        Ok(self.entries(None, len))
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<Entries<'v>, EncodeError> {
        Ok(self.entries(None, Some(len)))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Entries<'v>, EncodeError> {
        Ok(self.entries(Some(variant), Some(len)))
    }
}

/// An array that is being built.
#[derive(Debug)]
pub(crate) struct Items<'v> {
    out: &'v mut Vec<Value>,
    variant: Option<&'static str>,
    items: Vec<Value>,
}

macro_rules! serialize_items {
    ($($trait:ident $method:ident,)*) => {
        $(impl ser::$trait for Items<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                value.serialize(ToValue(&mut self.items))
            }

            fn end(self) -> Result<(), EncodeError> {
                self.out.push(wrap(self.variant, Value::Array(self.items)));
                Ok(())
            }
        })*
    };
}

serialize_items! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

/// A map that is being built.
#[derive(Debug)]
pub(crate) struct Entries<'v> {
    out: &'v mut Vec<Value>,
    variant: Option<&'static str>,
    key: Option<Value>,
    entries: Vec<(Value, Value)>,
}

impl ser::SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key = Some(to_value(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = self.key.take().ok_or(EncodeError::WrongLength)?;
        self.entries.push((key, to_value(value)?));
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        if self.key.is_some() {
            return Err(EncodeError::WrongLength);
        }
        self.out.push(wrap(self.variant, Value::Map(self.entries)));
        Ok(())
    }
}

macro_rules! serialize_fields {
    ($($trait:ident)*) => {
        $(impl ser::$trait for Entries<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeError> {
                ser::SerializeMap::serialize_entry(self, key, value)
            }

            fn end(self) -> Result<(), EncodeError> {
                ser::SerializeMap::end(self)
            }
        })*
    };
}

serialize_fields!(SerializeStruct SerializeStructVariant);
