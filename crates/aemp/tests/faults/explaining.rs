//! Why a port is considered dead, between nodes that lose sight of each other.

use std::time::Duration;

use aemp::{
    Node,
    explain::{Certificate, Happening, Subject, Verdict},
};

use crate::{
    common::{SECRET, collector, eventually, secs},
    proxy::hidden,
};

#[test]
fn the_end_of_a_session_is_told_from_the_first_contact_to_the_new_name() {
    let b = hidden("b");
    let a = Node::builder()
        .anonymous()
        .advertise("unix:/nobody/listens/here")
        .secret(SECRET)
        .heartbeat(Duration::from_millis(100))
        .session_timeout(Duration::from_millis(300))
        .start()
        .unwrap();
    let (port, received) = collector::<u64>(&b.node);
    a.send(&port, 1);
    assert_eq!(received.recv_timeout(secs(5)), Ok(1));
    let death = a.monitor(&port);
    assert!(matches!(a.explain(&port).wait().unwrap().verdict, Verdict::Alive));
    b.proxy.swallow();
    b.proxy.cut();
    assert_eq!(death.wait().code().as_str(), "unreachable");
    let dead = a.explain(&port).wait().unwrap();
    println!("{dead}");
    assert!(matches!(&dead.verdict, Verdict::Dead(reason) if reason.code().as_str() == "unreachable"), "{dead}");
    let place = |wanted: fn(&Happening) -> bool| dead.story.iter().position(|moment| wanted(&moment.what));
    let places = [
        place(|what| matches!(what, Happening::SessionBegan { .. })),
        place(|what| matches!(what, Happening::ConnectionLost { .. })),
        place(|what| matches!(what, Happening::SessionFailed { declared_dead: 1, .. })),
        place(|what| matches!(what, Happening::DeclaredDead { .. })),
    ];
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {dead}");

    b.proxy.forward();
    b.proxy.cut();
    let (other, _received) = collector::<u64>(&b.node);
    a.send(&other, 2);
    eventually("its node answers", || {
        let explanation = a.explain(&port).wait().unwrap();
        let Subject::There(there) = &explanation.subject else { panic!("{explanation}") };
        there.fence.as_ref().is_some_and(|fence| fence.certificate == Certificate::LivesOn)
    });
}
