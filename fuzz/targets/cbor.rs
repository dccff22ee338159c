#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| (aemp_fuzz::CBOR.read)(octets));
