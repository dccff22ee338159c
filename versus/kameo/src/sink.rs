//! The actor that counts and answers, in this process or in the other one.

use kameo::{
    Actor, RemoteActor,
    message::{Context, Message},
    remote_message,
};
use serde::{Deserialize, Serialize};
use versus::{SMALL, Tally};

/// It counts what it gets.
#[derive(Actor, RemoteActor, Default)]
pub(crate) struct Sink(Tally);

/// A message; kameo sends its name as a tag.
#[derive(Serialize, Deserialize)]
pub(crate) struct Small(pub(crate) u64, #[serde(with = "serde_bytes")] pub(crate) [u8; SMALL]);

/// A message with any number of octets.
#[derive(Serialize, Deserialize)]
pub(crate) struct Large(pub(crate) u64, #[serde(with = "serde_bytes")] pub(crate) Vec<u8>);

/// The question for what has arrived.
#[derive(Serialize, Deserialize)]
pub(crate) struct Arrived;

/// The question for the same number.
#[derive(Serialize, Deserialize)]
pub(crate) struct Echo(pub(crate) u64);

#[remote_message]
impl Message<Small> for Sink {
    type Reply = ();

    async fn handle(&mut self, Small(number, octets): Small, _: &mut Context<Self, ()>) {
        self.0.count(number, &octets);
    }
}

#[remote_message]
impl Message<Large> for Sink {
    type Reply = ();

    async fn handle(&mut self, Large(number, octets): Large, _: &mut Context<Self, ()>) {
        self.0.count(number, &octets);
    }
}

#[remote_message]
impl Message<Arrived> for Sink {
    type Reply = Vec<u8>;

    async fn handle(&mut self, _: Arrived, _: &mut Context<Self, Vec<u8>>) -> Vec<u8> {
        self.0.to_octets()
    }
}

#[remote_message]
impl Message<Echo> for Sink {
    type Reply = u64;

    async fn handle(&mut self, Echo(number): Echo, _: &mut Context<Self, u64>) -> u64 {
        number
    }
}
