//! How messages become octets, and back.

pub(crate) use aemp_proto::message::{
    EncodeError,
    cbor::{decode, encode},
};
pub use aemp_proto::message::{Bytes, Message};
