//! How messages become octets, and back.

pub use aemp_proto::message::{Bytes, Message};
pub(crate) use aemp_proto::message::{
    EncodeError,
    cbor::{decode, encode},
};
