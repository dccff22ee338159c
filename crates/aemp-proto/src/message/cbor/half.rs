//! Floating-point numbers of 16 bits: other encoders shorten to them.

pub(super) fn to_f64(bits: u16) -> f64 {
    let exponent = (bits >> 10) & 0x1f;
    let fraction = bits & 0x3ff;
    let magnitude = match exponent {
        0 => f64::from(fraction) * 2f64.powi(-24),
        31 if fraction == 0 => f64::INFINITY,
        31 => f64::NAN,
        _ => f64::from(fraction | 0x400) * 2f64.powi(i32::from(exponent).saturating_sub(25)),
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 8949, appendix A.
    #[test]
    fn half_numbers_are_those_of_the_standard() {
        for (bits, number) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0x3e00, 1.5),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x0400, 0.000_061_035_156_25),
            (0xc400, -4.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(to_f64(bits), number, "{bits:04x}");
        }
        assert!(to_f64(0x7e00).is_nan());
        assert!(to_f64(0x8000).is_sign_negative());
    }
}
