use proptest::prelude::*;

use super::*;

const NONCE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn first(line: &str) -> Result<Greeting, GreetingError> {
    Greeting::parse(line.as_bytes(), NONCE.as_bytes())
}

fn read_all(mut octets: &[u8], chunk: usize) -> Result<Option<(Greeting, Vec<u8>)>, GreetingError> {
    let mut reader = GreetingReader::default();
    while !octets.is_empty() {
        let (mut now, later) = octets.split_at(chunk.min(octets.len()));
        octets = later;
        if let Some(greeting) = reader.read(&mut now)? {
            return Ok(Some((greeting, [now, later].concat())));
        }
    }
    Ok(None)
}

/// A greeting whose first line has `length` octets, its end included.
fn with_length(length: usize, end: &str) -> Vec<u8> {
    let head = "aemp;1;a;x;y;k=";
    format!("{head}{}{end}{NONCE}\n", "v".repeat(length - head.len() - end.len())).into_bytes()
}

#[test]
fn a_base_greeting_is_read() {
    let line = "aemp;1;seedA;tls_sha3_512,hmac_sha3_512,tls_anon,cleartext;cbor;gproto=1;provider=AE-2.02;x";
    let greeting = first(line).unwrap();
    assert_eq!(greeting.node().as_str(), "seedA");
    assert_eq!(greeting.auths().nth(1), Some("hmac_sha3_512"));
    assert_eq!(greeting.framings().collect::<Vec<_>>(), ["cbor"]);
    assert_eq!(greeting.key("provider"), Some("AE-2.02"));
    assert_eq!(greeting.key("x"), Some(""));
    assert_eq!(greeting.key("cbor"), None);
    assert_eq!(greeting.native_nonce().unwrap()[31], 0x1f);
}

#[test]
fn a_native_greeting_is_read_back() {
    let keys = NativeKeys {
        node: &"counter@127.0.0.1:4040".parse().unwrap(),
        auths: "native_secret",
        versions: Versions::new(1, 2).unwrap(),
        plain: true,
        base: None,
        peer_address: Some("127.0.0.1:5".parse().unwrap()),
        nonce: [0xab; 32],
    };
    let greeting = Greeting::native(&keys);
    assert_eq!(
        greeting.first_line(),
        "aemp;1;counter@127.0.0.1:4040;native_secret;native;provider=aemp-0.1;peeraddr=127.0.0.1:5;native=1-2;ntls=1.3;nplain=1"
    );
    let (read, rest) = read_all(&greeting.to_octets(), 4096).unwrap().unwrap();
    assert_eq!((&read, rest.len()), (&greeting, 0));
    assert_eq!(read.native_nonce(), Some([0xab; 32]));
}

#[test]
fn a_greeting_may_be_split_anywhere_and_keeps_what_follows() {
    let octets = format!("aemp;1;a;x;y\r\n{NONCE}\r\n\nrest").into_bytes();
    for chunk in 1..=octets.len() {
        let (greeting, rest) = read_all(&octets, chunk).unwrap().unwrap();
        assert_eq!((greeting.first_line(), greeting.nonce_line()), ("aemp;1;a;x;y", NONCE));
        assert_eq!(rest, b"\nrest");
    }
}

#[test]
fn a_line_of_4096_octets_is_accepted_and_one_more_is_not() {
    for end in ["\n", "\r\n"] {
        for chunk in [1, 7, 4095, 4096, 8192] {
            assert!(read_all(&with_length(4096, end), chunk).unwrap().is_some());
            assert_eq!(read_all(&with_length(4097, end), chunk), Err(GreetingError::LineTooLong));
        }
    }
}

#[test]
fn a_line_without_an_end_is_refused_at_the_limit() {
    let mut reader = GreetingReader::default();
    assert_eq!(reader.read(&mut &[b'a'; 4095][..]), Ok(None));
    assert_eq!(reader.read(&mut &b"a"[..]), Err(GreetingError::LineTooLong));
}

#[test]
fn only_version_1_is_spoken() {
    for version in ["0", "2", "1.0", "01", "", "100000000000000000000", "+1", " 1"] {
        assert_eq!(first(&format!("aemp;{version};a;x;y")), Err(GreetingError::Version), "{version}");
    }
}

#[test]
fn every_other_protocol_word_is_refused() {
    for word in ["", "AEMP", "aemp ", "aemp-dataconn", "aemp-x"] {
        assert_eq!(first(&format!("{word};1;a;x;y")), Err(GreetingError::Protocol), "{word}");
    }
}

#[test]
fn every_fault_of_a_line_has_its_name() {
    use GreetingError as E;
    let fields = |count: usize| (0..count).map(|n| format!(";k{n}")).collect::<String>();
    for (line, error) in [
        ("aemp;1;a;x".to_owned(), E::MissingField),
        ("aemp;1".to_owned(), E::MissingField),
        ("aemp;1;;x;y".to_owned(), E::Node(crate::id::NodeIdError::Empty)),
        ("aemp;1;a%3bb;x;y".to_owned(), E::Node(crate::id::NodeIdError::Octet)),
        ("aemp;1;a;x;y;k=1;k=2".to_owned(), E::DuplicateKey),
        ("aemp;1;a;x;y;native=1;native".to_owned(), E::DuplicateKey),
        ("aemp;1;a;x;y;k=\0".to_owned(), E::ControlCharacter),
        ("aemp;1;a;x;y;k=\rv".to_owned(), E::ControlCharacter),
        (format!("aemp;1;a;x;y{}", fields(60)), E::TooManyFields),
    ] {
        assert_eq!(first(&line), Err(error), "{line:?}");
    }
    assert!(first(&format!("aemp;1;a;x;y{}", fields(59))).is_ok());
    assert_eq!(Greeting::parse(b"aemp;1;a;x;\xff", b""), Err(E::NotUtf8));
    assert_eq!(Greeting::parse(b"aemp;1;a;x;y", b"\xc3\x28"), Err(E::NotUtf8));
    assert_eq!(Greeting::parse(b"aemp;1;a;x;y", b"a\rb"), Err(E::ControlCharacter));
}

#[test]
fn other_programs_are_refused_at_their_first_line() {
    let junk: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
        b"\x00\x01\x02\n",
    ];
    for octets in junk {
        for chunk in [1, octets.len()] {
            let error = read_all(octets, chunk).unwrap_err();
            assert!(matches!(error, GreetingError::Protocol | GreetingError::ControlCharacter), "{error}");
        }
    }
}

#[test]
fn the_nonce_of_a_native_node_is_64_digits_in_lower_case() {
    for nonce in ["", &NONCE[1..], &format!("{NONCE}0"), &NONCE.replace('a', "A"), &NONCE.replace("0001", "+1+2")] {
        assert_eq!(Greeting::parse(b"aemp;1;a;x;y", nonce.as_bytes()).unwrap().native_nonce(), None, "{nonce}");
    }
}

#[test]
fn the_highest_common_version_is_found() {
    let versions = |text: &str| text.parse::<Versions>().unwrap();
    for (a, b, common) in
        [("1", "1", Some(1)), ("1-3", "2-5", Some(3)), ("2-5", "1-3", Some(3)), ("1-2", "3", None), ("4", "3", None)]
    {
        assert_eq!(versions(a).highest_common(versions(b)), common, "{a} {b}");
    }
    for text in ["", "1-", "-1", "2-1", "01", "1-1", "+1", "65536", "1-2-3", "1.0"] {
        assert!(text.parse::<Versions>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic_and_never_fill_memory(chunks: Vec<Vec<u8>>) {
        let mut reader = GreetingReader::default();
        for chunk in &chunks {
            if !matches!(reader.read(&mut &chunk[..]), Ok(None)) {
                break;
            }
            prop_assert!(reader.line.held() + reader.first.as_ref().map_or(0, Vec::len) < 2 * MAX_LINE);
        }
    }

    #[test]
    fn what_is_read_prints_identically(line in "aemp;1;[a-z@:0-9]{1,9};[a-z,]{0,9};[a-z,]{0,9}(;[a-z]{1,3}=?[a-z=]{0,3}){0,3}") {
        if let Ok(greeting) = first(&line) {
            prop_assert_eq!(greeting.to_octets(), format!("{line}\n{NONCE}\n").into_bytes());
        }
    }

    #[test]
    fn chunks_make_no_difference(octets in "(aemp;1;a;x;y;k=[a-z\r]{0,9}\r?\n){0,3}", chunk in 1usize..9) {
        prop_assert_eq!(read_all(octets.as_bytes(), chunk), read_all(octets.as_bytes(), 4096));
    }
}
