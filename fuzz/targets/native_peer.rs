#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| (aemp_fuzz::NATIVE_PEER.read)(octets));
