//! How many connections may be in their handshake at once.

use std::{cell::RefCell, collections::hash_map::Entry, net::IpAddr, rc::Rc, time::Duration};

use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::{limits::Limits, time::Time};

/// An accepted connection has this long to become authenticated, however busily it sends.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Where an accepted connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// An address.
    Ip(IpAddr),
    /// A Unix socket, or this process.
    Local,
}

/// Why a connection is closed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// [`Limits::handshakes`] is reached.
    #[error("too many connections are in their handshake")]
    Full,
    /// [`Limits::handshakes_per_address`] is reached, or the fourfold of it by the network of an IPv6 address.
    #[error("too many connections from this address or its network are in their handshake")]
    FullForAddress,
}

/// Counts the accepted connections that are not yet authenticated.
#[derive(Clone, Debug)]
pub struct Admission(Rc<RefCell<Counts>>);

#[derive(Debug)]
struct Counts {
    limit: usize,
    limit_per_address: usize,
    all: usize,
    by_crowd: FxHashMap<Crowd, usize>,
}

/// Those who share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Crowd {
    /// All connections from one address.
    Source(Source),
    /// All from addresses with these first 64 bits: one host may have a whole such network of IPv6 addresses.
    Network(u64),
}

impl Admission {
    /// Nobody is there yet.
    pub fn new(limits: &Limits) -> Self {
        Self(Rc::new(RefCell::new(Counts {
            limit: limits.handshakes,
            limit_per_address: limits.handshakes_per_address,
            all: 0,
            by_crowd: FxHashMap::default(),
        })))
    }

    /// Gives a connection that was accepted at `now` a place.
    ///
    /// # Errors
    ///
    /// A limit is reached: close the connection at once. Nothing is counted.
    pub fn admit(&self, source: Source, now: Time) -> Result<Admitted, NotAdmitted> {
        let crowds = source.crowds();
        let mut counts = self.0.borrow_mut();
        if counts.all >= counts.limit {
            return Err(NotAdmitted::Full);
        }
        if crowds.iter().flatten().any(|crowd| counts.is_full(*crowd)) {
            return Err(NotAdmitted::FullForAddress);
        }
        for crowd in crowds.into_iter().flatten() {
            let of_crowd = counts.by_crowd.entry(crowd).or_default();
            *of_crowd = of_crowd.saturating_add(1);
        }
        counts.all = counts.all.saturating_add(1);
        Ok(Admitted { crowds, deadline: now.after(HANDSHAKE_DEADLINE), admission: self.clone() })
    }

    /// Connections in their handshake.
    pub fn count(&self) -> usize {
        self.0.borrow().all
    }
}

impl Counts {
    fn is_full(&self, crowd: Crowd) -> bool {
        let limit = match crowd {
            Crowd::Source(_) => self.limit_per_address,
            Crowd::Network(_) => self.limit_per_address.saturating_mul(4),
        };
        self.by_crowd.get(&crowd).is_some_and(|count| *count >= limit)
    }

    fn leave(&mut self, crowd: Crowd) {
        if let Entry::Occupied(mut of_crowd) = self.by_crowd.entry(crowd) {
            *of_crowd.get_mut() = of_crowd.get().saturating_sub(1);
            if *of_crowd.get() == 0 {
                of_crowd.remove();
            }
        }
    }
}

impl Source {
    /// The crowds that it is in. An address is the same, written as IPv4 or as IPv6.
    fn crowds(self) -> [Option<Crowd>; 2] {
        match self {
            Self::Ip(ip) => match ip.to_canonical() {
                IpAddr::V6(ip) => {
                    let network = ip.to_bits().checked_shr(64).and_then(|bits| u64::try_from(bits).ok());
                    [Some(Crowd::Source(Self::Ip(ip.into()))), network.map(Crowd::Network)]
                }
                ip => [Some(Crowd::Source(Self::Ip(ip))), None],
            },
            Self::Local => [Some(Crowd::Source(Self::Local)), None],
        }
    }
}

/// The place of one connection, free again when this is dropped.
#[derive(Debug)]
pub struct Admitted {
    crowds: [Option<Crowd>; 2],
    deadline: Time,
    admission: Admission,
}

impl Admitted {
    /// When the connection is to be closed if it is not authenticated.
    pub const fn deadline(&self) -> Time {
        self.deadline
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counts = self.admission.0.borrow_mut();
        counts.all = counts.all.saturating_sub(1);
        self.crowds.into_iter().flatten().for_each(|crowd| counts.leave(crowd));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u8) -> Source {
        Source::Ip(IpAddr::from([10, 0, 0, last]))
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let admission = Admission::new(&Limits::default());
        let places: Vec<_> = (0..16).map(|_| admission.admit(source(1), Time::ZERO).unwrap()).collect();
        assert_eq!(admission.admit(source(1), Time::ZERO).unwrap_err(), NotAdmitted::FullForAddress);
        let mapped = Source::Ip("::ffff:10.0.0.1".parse().unwrap());
        assert_eq!(admission.admit(mapped, Time::ZERO).unwrap_err(), NotAdmitted::FullForAddress);
        assert!(admission.admit(source(2), Time::ZERO).is_ok());
        assert!(admission.admit(Source::Local, Time::ZERO).is_ok());
        drop(places);
        assert!(admission.admit(source(1), Time::ZERO).is_ok());
    }

    #[test]
    fn one_host_with_a_network_of_addresses_cannot_take_all_places() {
        let admission = Admission::new(&Limits::default());
        let from = |address: String| admission.admit(Source::Ip(address.parse().unwrap()), Time::ZERO);
        let mut places: Vec<_> = (0..64).map(|host| from(format!("2001:db8::{host:x}")).unwrap()).collect();
        assert_eq!(from("2001:db8::ffff".into()).unwrap_err(), NotAdmitted::FullForAddress);
        assert!(from("2001:db8:0:1::".into()).is_ok(), "another network");
        places.pop();
        assert!(from("2001:db8::ffff".into()).is_ok());
    }

    #[test]
    fn all_addresses_together_have_256_places() {
        let admission = Admission::new(&Limits::default());
        let mut places: Vec<_> = (0..16)
            .flat_map(|last| (0..16).map(move |_| last))
            .map(|last| admission.admit(source(last), Time::ZERO).unwrap())
            .collect();
        assert_eq!(admission.admit(source(99), Time::ZERO).unwrap_err(), NotAdmitted::Full);
        places.pop();
        assert!(admission.admit(source(99), Time::ZERO).is_ok());
    }

    #[test]
    fn nothing_is_remembered_of_those_who_left() {
        let admission = Admission::new(&Limits::default());
        for last in 0..=255 {
            drop(admission.admit(source(last), Time::ZERO));
        }
        assert_eq!(admission.count(), 0);
        drop(admission.admit(Source::Ip("2001:db8::1".parse().unwrap()), Time::ZERO));
        assert!(admission.0.borrow().by_crowd.is_empty());
    }

    #[test]
    fn the_deadline_counts_from_the_accept() {
        let admission = Admission::new(&Limits::default());
        let now = Time::new(Duration::from_secs(5));
        assert_eq!(admission.admit(Source::Local, now).unwrap().deadline(), Time::new(Duration::from_secs(15)));
    }
}
