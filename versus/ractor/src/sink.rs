//! The actor that counts and answers, in this process or in the other one.

use ractor::{Actor, ActorProcessingErr, ActorRef, BytesConvertable, RpcReplyPort};
use ractor_cluster::RactorClusterMessage;
use versus::{SMALL, Tally};

/// The octets of a small message.
pub(crate) struct Octets(pub(crate) [u8; SMALL]);

impl BytesConvertable for Octets {
    fn into_bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }

    fn from_bytes(octets: Vec<u8>) -> Self {
        Self(octets.try_into().expect("a small message has its octets"))
    }
}

/// What the actor takes.
#[derive(RactorClusterMessage)]
pub(crate) enum Flow {
    Small(u64, Octets),
    Large(u64, Vec<u8>),
    #[rpc]
    Tally(RpcReplyPort<Vec<u8>>),
    #[rpc]
    Echo(u64, RpcReplyPort<u64>),
}

/// It has its tally as state.
pub(crate) struct Sink;

impl Actor for Sink {
    type Msg = Flow;
    type State = Tally;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Flow>, (): ()) -> Result<Tally, ActorProcessingErr> {
        Ok(Tally::default())
    }

    async fn handle(&self, _: ActorRef<Flow>, message: Flow, tally: &mut Tally) -> Result<(), ActorProcessingErr> {
        match message {
            Flow::Small(number, octets) => tally.count(number, &octets.0),
            Flow::Large(number, octets) => tally.count(number, &octets),
            Flow::Tally(reply) => reply.send(tally.to_octets())?,
            Flow::Echo(number, reply) => reply.send(number)?,
        }
        Ok(())
    }
}

/// A message of any size.
pub(crate) fn message(number: u64, octets: &[u8]) -> Flow {
    octets.try_into().map_or_else(|_| Flow::Large(number, octets.to_vec()), |small| Flow::Small(number, Octets(small)))
}
