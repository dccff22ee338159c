//! What a running node says of ports.

use tempfile::tempdir;

use crate::{
    nodes::Server,
    support::{run, stderr, stdout},
};

#[test]
fn a_living_port_is_explained_by_its_own_node() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["explain", &server.echo]);
    let shown = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", stderr(&output));
    assert!(shown.starts_with(&format!("{}\talive", server.echo)), "{shown}");
    assert!(shown.contains("it is published as echo") && shown.contains("the port was opened"), "{shown}");
    let named = stdout(&run(folder.path(), &["--json", "explain", &format!("@{}/echo", server.address())]));
    let value: serde_json::Value = serde_json::from_str(&named).unwrap();
    assert_eq!((value["port"].as_str(), value["verdict"].as_str()), (Some(&*server.echo), Some("alive")));
    assert!(value["story"][0]["seconds_ago"].as_f64().is_some(), "{named}");
}

#[test]
fn a_port_that_was_never_made_is_dead_with_exit_code_1() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let (node, name) = server.echo.split_once('#').unwrap();
    // The origin takes 16 digits; what follows is the number, of a port if it is a multiple of four.
    let never = format!("{node}#{}999E", &name[..16]);
    let output = run(folder.path(), &["explain", &never]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).contains("never made such a port"), "{}", stdout(&output));
}

#[test]
fn another_node_tells_what_it_knows_of_one_that_has_left() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let at = format!("@{}", server.address());
    let peers = stdout(&run(folder.path(), &["--name", "guest", "--bind", "127.0.0.1:0", "--json", "peers", &at]));
    let value: serde_json::Value = serde_json::from_str(peers.lines().next().unwrap_or_default()).unwrap();
    let guest = value["node"].as_str().unwrap();
    assert!(guest.starts_with("guest@"), "{guest}");
    let output = run(folder.path(), &["explain", "--at", &at, guest]);
    let shown = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", stderr(&output));
    let (contact, goodbye) = (shown.find("first contact"), shown.find("goodbye"));
    assert!(contact.is_some() && contact < goodbye, "in the order of time: {shown}");
}

#[test]
fn a_port_whose_id_does_not_say_where_its_node_is_needs_another_node_to_be_asked() {
    let folder = tempdir().unwrap();
    let output = run(folder.path(), &["explain", "somewhere#abc"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["explain", "--at", &server.echo, "somewhere#abc"]);
    assert!(stdout(&output).contains("nothing to do with somewhere"), "{}{}", stdout(&output), stderr(&output));
}
