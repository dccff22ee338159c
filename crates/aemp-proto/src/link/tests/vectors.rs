//! The octets of one handshake, pinned: docs/protocol.md shows them too.

use super::ends::{End, connect};

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn a_handshake_is_what_it_was_in_the_first_release() {
    let (mut a, mut b) = End::pair();
    let (mut from_a, mut from_b) = (Vec::new(), Vec::new());
    connect(&mut a, &mut b, 4096, |of_a, octets| {
        if of_a { &mut from_a } else { &mut from_b }.extend_from_slice(&octets);
        octets
    });
    let greeting = |node: &str, nonce: &str| {
        format!("aemp;1;{node};native_secret;native;provider=aemp-0.1;native=1;ntls=1.3\n{}\n", nonce.repeat(32))
    };
    assert_eq!(
        hex(&from_a),
        hex(greeting("a", "01").as_bytes())
            + "a20000000101f0ec71e38ddb93b3c071baccb1bf1b5bffde09b7b87d4d845a8cdaa7495eb3591125f5ad1933d1cfd3db1a4a59cd5342ecb87f1a3e0402329da3806f60a114c3af06a3e3291714e4f356c19c9b15cd1951ec6e6662aa77be07547f289383341d548313daa22306d8d37041cb056eec9ef23be0e1813860e6ee47357d765557cf1d477a48fb52a2011bd0ad9300aec09a0c854e9029970da7567da507a26b590a"
    );
    assert_eq!(
        hex(&from_b),
        hex(greeting("b", "02").as_bytes())
            + "a200000001016a686dfb1635c73478c1080f9f40c4745b857590b2f9133a3ec7c49c534fbdac2879db03694e7bd0eb555b719a397e24d344640a52e93d1946f27c810c22490b2df04125f0015afb47ce853aef8772094ff9498c14cb1b9e12973c2927da0fa677c382abd907ad84066f04eaa0dc2faa8367a99450237d34b2fbebf6f00a2b13e6ab535d97e5860837e0f650cabc38a1176cd5b893f25a17a41499d9d2271601"
    );
    assert_eq!(b.outcome.unwrap().unwrap().incarnation().to_string(), "57e231c5c2436a8715991d4ef5522f57");
}
