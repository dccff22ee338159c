#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| (aemp_fuzz::BASE_PEER.read)(octets));
