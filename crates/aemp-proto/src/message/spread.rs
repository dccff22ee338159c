//! The outermost value of a message spreads over its elements.

use serde::{Serialize, Serializer, ser};

use super::EncodeError;

/// Where the elements of a message go.
pub(crate) trait Sink {
    /// Takes one element.
    type Element<'s>: Serializer<Ok = (), Error = EncodeError>
    where
        Self: 's;

    /// Where the next element goes.
    fn element(&mut self) -> Self::Element<'_>;
}

/// The serializer of a whole message.
#[derive(Debug)]
pub(crate) struct Spread<'s, S>(pub(crate) &'s mut S);

macro_rules! serialize_element {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.0.element().$method(value)
        })*
    };
}

impl<'s, S: Sink> Serializer for Spread<'s, S> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = <S::Element<'s> as Serializer>::SerializeSeq;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = <S::Element<'s> as Serializer>::SerializeMap;
    type SerializeStruct = <S::Element<'s> as Serializer>::SerializeStruct;
    type SerializeStructVariant = Fields<<S::Element<'s> as Serializer>::SerializeStruct>;

    serialize_element! {
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
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.0.element().serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.0.element().serialize_some(value)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), EncodeError> {
        self.0.element().serialize_str(variant)
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
        self.0.element().serialize_str(variant)?;
        value.serialize(self.0.element())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, EncodeError> {
        self.0.element().serialize_seq(len)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self, EncodeError> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Self, EncodeError> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self, EncodeError> {
        self.0.element().serialize_str(variant)?;
        Ok(self)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, EncodeError> {
        self.0.element().serialize_map(len)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, EncodeError> {
        self.0.element().serialize_struct(name, len)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        self.0.element().serialize_str(variant)?;
        Ok(Fields(self.0.element().serialize_struct(name, len)?))
    }
}

macro_rules! serialize_elements {
    ($($trait:ident $method:ident,)*) => {
        $(impl<S: Sink> ser::$trait for Spread<'_, S> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                value.serialize(self.0.element())
            }

            fn end(self) -> Result<(), EncodeError> {
                Ok(())
            }
        })*
    };
}

serialize_elements! {
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

/// The one map behind the tag of a struct variant.
#[derive(Debug)]
pub(crate) struct Fields<S>(S);

impl<S: ser::SerializeStruct> ser::SerializeStructVariant for Fields<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}
