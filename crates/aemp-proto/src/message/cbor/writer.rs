//! One value as CBOR.

use std::fmt::{self, Write as _};

use serde::{Serialize, Serializer, ser::Error as _};

use super::{compound::Compound, major};
use crate::{
    message::{EncodeError, spread::Sink},
    value::lend_or_copy,
};

/// Appends CBOR to a buffer.
#[derive(Debug)]
pub(super) struct Writer<'v>(&'v mut Vec<u8>);

/// Takes text.
struct Text<'v>(&'v mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// What stands for a length that is not known.
const INDEFINITE: u8 = 31;
/// The end of what has no known length.
const BREAK: u8 = 0xff;

impl<'v> Writer<'v> {
    pub(super) const fn new(out: &'v mut Vec<u8>) -> Self {
        Self(out)
    }

    /// The shortest head.
    #[inline]
    fn head(&mut self, major: u8, argument: u64) {
        if let Ok(short) = u8::try_from(argument) {
            match short {
                0..24 => self.0.push(major | short),
                _ => self.0.extend_from_slice(&[major | 24, short]),
            }
        } else if let Ok(short) = u16::try_from(argument) {
            self.long_head(major | 25, short.to_be_bytes());
        } else if let Ok(short) = u32::try_from(argument) {
            self.long_head(major | 26, short.to_be_bytes());
        } else {
            self.long_head(major | 27, argument.to_be_bytes());
        }
    }

    #[inline]
    fn long_head<const N: usize>(&mut self, initial: u8, argument: [u8; N]) {
        self.0.push(initial);
        self.0.extend_from_slice(&argument);
    }

    /// The head of an array or map.
    pub(super) fn begin(&mut self, major: u8, length: Option<usize>) {
        match length {
            Some(length) => self.head(major, length as u64),
            None => self.0.push(major | INDEFINITE),
        }
    }

    /// The end of an array or map whose length was not known.
    pub(super) fn end(&mut self) {
        self.0.push(BREAK);
    }

    /// A variant with content is a map of one entry.
    fn variant(&mut self, variant: &str) -> Result<(), EncodeError> {
        self.head(major::MAP, 1);
        self.serialize_str(variant)
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

macro_rules! serialize_integers {
    ($($method:ident $type:ty as $wide:ident $wide_type:ty,)*) => {
        $(#[inline]
        fn $method(self, integer: $type) -> Result<(), EncodeError> {
            self.$wide(<$wide_type>::from(integer))
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

    serialize_integers! {
        serialize_i8 i8 as serialize_i64 i64,
        serialize_i16 i16 as serialize_i64 i64,
        serialize_i32 i32 as serialize_i64 i64,
        serialize_u8 u8 as serialize_u64 u64,
        serialize_u16 u16 as serialize_u64 u64,
        serialize_u32 u32 as serialize_u64 u64,
    }

    #[inline]
    fn serialize_u64(self, integer: u64) -> Result<(), EncodeError> {
        self.head(major::UNSIGNED, integer);
        Ok(())
    }

    #[inline]
    fn serialize_i64(self, integer: i64) -> Result<(), EncodeError> {
        match u64::try_from(integer) {
            Ok(integer) => self.head(major::UNSIGNED, integer),
            Err(_) => self.head(major::NEGATIVE, (!integer).unsigned_abs()),
        }
        Ok(())
    }

    /// Names are written as texts: without a copy of them, and with room for the head that they have as a rule.
    fn collect_str<T: fmt::Display + ?Sized>(self, text: &T) -> Result<(), EncodeError> {
        let start = self.0.len();
        self.0.extend_from_slice(&[major::TEXT | 24, 0]);
        write!(Text(self.0), "{text}").map_err(EncodeError::custom)?;
        let text_start = start.saturating_add(2);
        let length = self.0.len().saturating_sub(text_start);
        match (u8::try_from(length), self.0.get_mut(start.saturating_add(1))) {
            (Ok(length @ 24..), Some(place)) => *place = length,
            _ => {
                let text = self.0.split_off(text_start);
                self.0.truncate(start);
                self.head(major::TEXT, text.len() as u64);
                self.0.extend_from_slice(&text);
            }
        }
        Ok(())
    }

    fn serialize_i128(self, integer: i128) -> Result<(), EncodeError> {
        let (major, argument) = if integer < 0 { (major::NEGATIVE, !integer) } else { (major::UNSIGNED, integer) };
        self.head(major, u64::try_from(argument).map_err(|_| EncodeError::IntegerTooLarge)?);
        Ok(())
    }

    fn serialize_u128(self, integer: u128) -> Result<(), EncodeError> {
        self.serialize_u64(u64::try_from(integer).map_err(|_| EncodeError::IntegerTooLarge)?)
    }

    fn serialize_bool(self, truth: bool) -> Result<(), EncodeError> {
        self.0.push(major::SIMPLE | if truth { 21 } else { 20 });
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<(), EncodeError> {
        self.long_head(major::SIMPLE | 26, number.to_be_bytes());
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result<(), EncodeError> {
        self.long_head(major::SIMPLE | 27, number.to_be_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), EncodeError> {
        self.head(major::TEXT, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_bytes(self, octets: &[u8]) -> Result<(), EncodeError> {
        self.head(major::OCTETS, octets.len() as u64);
        lend_or_copy(octets, self.0);
        Ok(())
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
        self.0.push(major::SIMPLE | 22);
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
