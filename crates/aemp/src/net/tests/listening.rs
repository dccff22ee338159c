use std::{fs, os::unix::net::UnixListener};

use super::ends::listen;
use crate::net::{Listeners, bind::Bind};

#[tokio::test]
async fn port_0_is_replaced_by_the_real_one() {
    let (listeners, address) = listen("127.0.0.1:0").await;
    assert!(!address.to_string().ends_with(":0"));
    assert!(!listeners.is_beyond_loopback());
}

#[tokio::test]
async fn a_star_is_everywhere_and_told_as_a_few_addresses_of_one_port() {
    for place in ["*", "0.0.0.0:0"] {
        let (listeners, _) = listen(place).await;
        assert!(listeners.is_beyond_loopback());
        let texts: Vec<_> = listeners.addresses().iter().map(ToString::to_string).collect();
        assert!((1..=4).contains(&texts.len()), "{texts:?}");
        let port = texts[0].rsplit(':').next().unwrap();
        assert!(texts.iter().all(|text| text.ends_with(port) && !text.contains("0.0.0.0")), "{texts:?}");
        let loopback = format!("127.0.0.1:{port}");
        assert!(tokio::net::TcpStream::connect(loopback).await.is_ok());
    }
}

#[tokio::test]
async fn a_place_that_is_taken_is_named() {
    let (_listeners, address) = listen("127.0.0.1:0").await;
    let bind: Bind = address.to_string().parse().unwrap();
    let error = Listeners::open(&[bind]).await.unwrap_err().to_string();
    assert!(error.contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn the_socket_of_a_dead_node_is_replaced_and_that_of_a_living_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let place: Bind = format!("unix:{}", path.display()).parse().unwrap();
    drop(UnixListener::bind(&path).unwrap());
    let living = Listeners::open(std::slice::from_ref(&place)).await.unwrap();
    assert!(Listeners::open(std::slice::from_ref(&place)).await.is_err());
    assert!(path.exists());
    drop(living);
    assert!(!path.exists(), "removed when the node stops");
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    fs::write(&path, "data").unwrap();
    assert!(Listeners::open(&[Bind::Unix(path.clone())]).await.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "data");
}
