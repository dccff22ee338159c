//! Somebody between two nodes who changes their greetings.

use std::{
    io::{Write, copy},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

use aemp_proto::id::Address;
use tokio::task::LocalSet;

use super::{
    base_peer::Lines,
    ends::{Accepting, Dialling, doorway, listen},
};
use crate::net::TransportSettings;

/// Lets one node dial another through a proxy that changes the first line of either greeting.
pub(super) async fn meet_through(
    dialler: TransportSettings,
    acceptor: TransportSettings,
    change: impl Fn(&str) -> String + Send + 'static,
) -> (Dialling, Accepting) {
    let (listeners, there) = listen("127.0.0.1:0").await;
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = Address::ip(socket.local_addr().unwrap().ip(), socket.local_addr().unwrap().port());
    thread::spawn(move || stand_between(&socket, &there.to_string(), change));
    let expect = acceptor.identity.node().clone();
    let (dialler, acceptor) = (doorway(dialler), doorway(acceptor));
    let accept = async {
        let accepted = listeners.sockets[0].accept().await.unwrap();
        let admitted = acceptor.admit(&accepted).unwrap();
        acceptor.accept(accepted, admitted).await
    };
    let both = Box::pin(async { tokio::join!(dialler.dial(Some(expect), &here), accept) });
    LocalSet::new().run_until(both).await
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
