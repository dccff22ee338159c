//! Somebody between two nodes who changes their greetings.

use std::{
    io::{Write, copy},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

use aemp_proto::id::Address;

use super::{
    base_peer::Lines,
    ends::{Accepting, Dialling, meet_by},
};
use crate::net::TransportSettings;

/// Lets one node dial another through a proxy that changes the first line of either greeting.
pub(super) async fn meet_through(
    dialler: TransportSettings,
    acceptor: TransportSettings,
    change: impl Fn(&str) -> String + Send + 'static,
) -> (Dialling, Accepting) {
    let way = |there: &Address| {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = Address::ip(socket.local_addr().unwrap().ip(), socket.local_addr().unwrap().port());
        let there = there.to_string();
        thread::spawn(move || stand_between(&socket, &there, change));
        here
    };
    meet_by("127.0.0.1:0", way, dialler, acceptor).await
}

fn stand_between(socket: &TcpListener, there: &str, change: impl Fn(&str) -> String) {
    let (near, far) = (socket.accept().unwrap().0, TcpStream::connect(there).unwrap());
    for (mut from, mut to) in [(&near, &far), (&far, &near)] {
        let greeting = Lines::read(&mut from);
        assert_ne!(change(&greeting.0), greeting.0);
        to.write_all(&Lines(change(&greeting.0), greeting.1).octets()).unwrap();
    }
    for (mut from, mut to) in
        [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far.try_clone().unwrap(), near.try_clone().unwrap())]
    {
        thread::spawn(move || {
            // Whichever end closes, the other learns it.
            let _ = copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}
