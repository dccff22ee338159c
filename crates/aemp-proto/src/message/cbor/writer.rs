//! One value as CBOR.

use minicbor::{Encoder, data::Int};
use serde::{Serialize, Serializer};

use super::compound::Compound;
use crate::message::{EncodeError, spread::Sink};

/// Appends CBOR to a buffer.
#[derive(Debug)]
pub(super) struct Writer<'v>(pub(super) Encoder<&'v mut Vec<u8>>);

impl<'v> Writer<'v> {
    pub(super) fn new(out: &'v mut Vec<u8>) -> Self {
        Self(Encoder::new(out))
    }

    fn integer(&mut self, integer: Option<Int>) -> Result<(), EncodeError> {
        self.0.int(integer.ok_or(EncodeError::IntegerTooLarge)?)?;
        Ok(())
    }

    /// A variant with content is a map of one entry.
    fn variant(&mut self, variant: &str) -> Result<(), EncodeError> {
        self.0.map(1)?.str(variant)?;
        Ok(())
    }
}

impl<'v> Sink for Writer<'v> {
    type Element<'s>
        = &'s mut Self
    where
        Self: 's;

    fn element(&mut self) -> &mut Self {
        self
    }
}

macro_rules! serialize_with {
    ($($method:ident $encode:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.0.$encode(value)?;
            Ok(())
        })*
    };
}

impl<'w, 'v> Serializer for &'w mut Writer<'v> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Compound<'w, 'v>;
    type SerializeTuple = Compound<'w, 'v>;
    type SerializeTupleStruct = Compound<'w, 'v>;
    type SerializeTupleVariant = Compound<'w, 'v>;
    type SerializeMap = Compound<'w, 'v>;
    type SerializeStruct = Compound<'w, 'v>;
    type SerializeStructVariant = Compound<'w, 'v>;

    serialize_with! {
        serialize_bool bool: bool,
        serialize_i8 i8: i8,
        serialize_i16 i16: i16,
        serialize_i32 i32: i32,
        serialize_i64 i64: i64,
        serialize_u8 u8: u8,
        serialize_u16 u16: u16,
        serialize_u32 u32: u32,
        serialize_u64 u64: u64,
        serialize_f32 f32: f32,
        serialize_f64 f64: f64,
        serialize_str str: &str,
        serialize_bytes bytes: &[u8],
    }

    fn serialize_i128(self, integer: i128) -> Result<(), EncodeError> {
        self.integer(integer.try_into().ok())
    }

    fn serialize_u128(self, integer: u128) -> Result<(), EncodeError> {
        self.integer(u64::try_from(integer).ok().map(Int::from))
    }

    fn serialize_char(self, char: char) -> Result<(), EncodeError> {
        self.serialize_str(char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.0.null()?;
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), EncodeError> {
        self.serialize_str(variant)
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
        self.variant(variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Compound<'w, 'v>, EncodeError> {
        Compound::array(self, len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Compound<'w, 'v>, EncodeError> {
        Compound::array(self, Some(len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Compound<'w, 'v>, EncodeError> {
        Compound::array(self, Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'w, 'v>, EncodeError> {
        self.variant(variant)?;
        Compound::array(self, Some(len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Compound<'w, 'v>, EncodeError> {
        Compound::map(self, len)
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<Compound<'w, 'v>, EncodeError> {
        Compound::map(self, Some(len))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'w, 'v>, EncodeError> {
        self.variant(variant)?;
        Compound::map(self, Some(len))
    }
}
