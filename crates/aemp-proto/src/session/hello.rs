//! The first frame of each side, and what follows from a pair of them.
//!
//! Both ends evaluate the same pair with the same function, so that they come to the same choice.

use crate::{
    id::{Address, Incarnation, NodeId},
    planted::{Bug, planted},
    wire::{
        reader::{FrameError, Reader},
        write,
    },
};

/// Numbers of sessions beyond this are not believed: they could not be counted on.
const MAX_EPOCH: u64 = 1 << 62;
/// Addresses that a node may tell.
const MAX_ADDRESSES: usize = 16;

/// What a side states about the session when it makes a connection its own: frozen when sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hello {
    /// The incarnation that it believes to talk to.
    pub(crate) peer: Option<Incarnation>,
    /// The number of its session.
    pub(crate) epoch: u64,
    /// Numbered frames that it has received in it.
    pub(crate) received: u64,
    /// Connections that the session had, this one included.
    pub(crate) count: u64,
    /// Abilities beyond the version; none so far.
    pub(crate) features: u64,
    /// The largest message that it takes.
    pub(crate) max_message: u64,
    /// It writes to an idle connection at least this often, in milliseconds.
    pub(crate) heartbeat: u64,
    /// Where it listens now.
    pub(crate) addresses: Vec<Address>,
}

impl Hello {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self.peer {
            None => out.push(0),
            Some(Incarnation(octets)) => {
                out.push(1);
                out.extend_from_slice(&octets);
            }
        }
        for number in [self.epoch, self.received, self.count, self.features, self.max_message, self.heartbeat] {
            write::number(out, number);
        }
        write::size(out, self.addresses.len().min(MAX_ADDRESSES));
        for address in self.addresses.iter().take(MAX_ADDRESSES) {
            write::text(out, &address.to_string());
        }
    }

    /// Reads the fields; what a later version may have put behind them is left.
    pub(crate) fn read(mut reader: Reader<'_>) -> Result<Self, FrameError> {
        let r = &mut reader;
        let peer = match r.octet()? {
            0 => None,
            _ => Some(Incarnation(r.array()?)),
        };
        let (epoch, received, count) = (r.number()?, r.number()?, r.number()?);
        if epoch > MAX_EPOCH || count > MAX_EPOCH {
            return Err(FrameError::Number);
        }
        let (features, max_message, heartbeat, told) = (r.number()?, r.number()?, r.number()?, r.size()?);
        if told > MAX_ADDRESSES {
            return Err(FrameError::Number);
        }
        let addresses = (0..told).map(|_| r.text()?.parse().map_err(|_| FrameError::Name)).collect::<Result<_, _>>()?;
        Ok(Self { peer, epoch, received, count, features, max_message, heartbeat, addresses })
    }
}

/// Which of two connections survives: the later one, and of crossing ones that with the greater nonce.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) count: u64,
    pub(crate) nonce: [u8; 32],
    pub(crate) initiator: NodeId,
}

/// What follows from a pair of first frames, the same at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// The session that the connection belongs to.
    pub(crate) epoch: u64,
    /// How many connections it has had.
    pub(crate) count: u64,
    /// What the other side has received of mine.
    pub(crate) peer_received: u64,
}

/// Evaluates my frame and its frame. What was stated for another session or incarnation is void.
pub(crate) fn agree(mine: (&Hello, Incarnation), its: (&Hello, Incarnation)) -> Agreement {
    let epoch = mine.0.epoch.max(its.0.epoch);
    let valid = |hello: &Hello, other: Incarnation| {
        hello.epoch == epoch && hello.peer == Some(other) || planted(Bug::HelloOfAnotherSession)
    };
    let (mine_valid, its_valid) = (valid(mine.0, its.1), valid(its.0, mine.1));
    let count = |hello: &Hello, valid: bool| if valid { hello.count } else { 1 };
    Agreement {
        epoch,
        count: count(mine.0, mine_valid).max(count(its.0, its_valid)).max(1),
        peer_received: if its_valid { its.0.received } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Incarnation = Incarnation([1; 16]);
    const B: Incarnation = Incarnation([2; 16]);

    fn hello(peer: Option<Incarnation>, epoch: u64, received: u64, count: u64) -> Hello {
        Hello {
            peer,
            epoch,
            received,
            count,
            features: 0,
            max_message: 1,
            heartbeat: 5000,
            addresses: vec!["[::1]:7".parse().unwrap()],
        }
    }

    #[test]
    fn a_hello_survives_the_wire() {
        for hello in [hello(None, 0, 0, 1), hello(Some(A), 7, u64::MAX, 9)] {
            let mut octets = Vec::new();
            hello.write(&mut octets);
            assert_eq!(Hello::read(Reader::new(&octets)), Ok(hello));
            for length in 0..octets.len() {
                assert!(Hello::read(Reader::new(&octets[..length])).is_err());
            }
        }
    }

    #[test]
    fn the_counts_of_one_session_are_believed() {
        let agreed = agree((&hello(Some(B), 3, 5, 2), A), (&hello(Some(A), 3, 9, 4), B));
        assert_eq!(agreed, Agreement { epoch: 3, count: 4, peer_received: 9 });
    }

    #[test]
    fn what_was_stated_for_another_session_is_void() {
        let agreed = agree((&hello(Some(B), 4, 5, 2), A), (&hello(Some(A), 3, 9, 4), B));
        assert_eq!(agreed, Agreement { epoch: 4, count: 2, peer_received: 0 });
        let agreed = agree((&hello(Some(B), 3, 5, 2), A), (&hello(None, 3, 9, 4), B));
        assert_eq!(agreed, Agreement { epoch: 3, count: 2, peer_received: 0 });
    }

    #[test]
    fn both_ends_agree() {
        let (mine, its) = (hello(Some(B), 4, 5, 2), hello(None, 9, 9, 4));
        let (here, there) = (agree((&mine, A), (&its, B)), agree((&its, B), (&mine, A)));
        assert_eq!((here.epoch, here.count), (there.epoch, there.count));
    }
}
