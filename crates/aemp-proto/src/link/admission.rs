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
    /// [`Limits::handshakes_per_address`] is reached.
    #[error("too many connections from this address are in their handshake")]
    FullForAddress,
}

/// Counts the accepted connections that are not yet authenticated.
#[derive(Clone, Debug)]
pub struct Admission(Rc<RefCell<Counts>>);

#[derive(Debug)]
struct Counts {
    limit: usize,
    limit_per_source: usize,
    all: usize,
    by_source: FxHashMap<Source, usize>,
}

impl Admission {
    /// Nobody is there yet.
    pub fn new(limits: &Limits) -> Self {
        Self(Rc::new(RefCell::new(Counts {
            limit: limits.handshakes,
            limit_per_source: limits.handshakes_per_address,
            all: 0,
            by_source: FxHashMap::default(),
        })))
    }

    /// Gives a connection that was accepted at `now` a place.
    ///
    /// # Errors
    ///
    /// A limit is reached: close the connection at once. Nothing is counted.
    pub fn admit(&self, source: Source, now: Time) -> Result<Admitted, NotAdmitted> {
        let source = source.canonical();
        let mut counts = self.0.borrow_mut();
        if counts.all >= counts.limit {
            return Err(NotAdmitted::Full);
        }
        let of_source = counts.by_source.get(&source).copied().unwrap_or_default();
        if of_source >= counts.limit_per_source {
            return Err(NotAdmitted::FullForAddress);
        }
        counts.by_source.insert(source, of_source.saturating_add(1));
        counts.all = counts.all.saturating_add(1);
        Ok(Admitted { source, deadline: now.after(HANDSHAKE_DEADLINE), admission: self.clone() })
    }

    /// Connections in their handshake.
    pub fn count(&self) -> usize {
        self.0.borrow().all
    }
}

impl Source {
    /// One host has one address, written as IPv4 or as IPv6.
    fn canonical(self) -> Self {
        match self {
            Self::Ip(ip) => Self::Ip(ip.to_canonical()),
            Self::Local => Self::Local,
        }
    }
}

/// The place of one connection, free again when this is dropped.
#[derive(Debug)]
pub struct Admitted {
    source: Source,
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
        if let Entry::Occupied(mut of_source) = counts.by_source.entry(self.source) {
            *of_source.get_mut() = of_source.get().saturating_sub(1);
            if *of_source.get() == 0 {
                of_source.remove();
            }
        }
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
        assert!(admission.0.borrow().by_source.is_empty());
    }

    #[test]
    fn the_deadline_counts_from_the_accept() {
        let admission = Admission::new(&Limits::default());
        let now = Time::new(Duration::from_secs(5));
        assert_eq!(admission.admit(Source::Local, now).unwrap().deadline(), Time::new(Duration::from_secs(15)));
    }
}
