//! [`Normal`]: seeded normal numbers for random weights. The same on every machine; not for anything secret.

/// A stream of standard normal numbers, fixed by a seed and a name.
///
/// SplitMix64 (Steele and others, 2014) for the bits, the Box-Muller transform for the shape.
pub(crate) struct Normal {
    state: u64,
    spare: Option<f64>,
}

impl Normal {
    /// The stream of `seed` for `name`; other names give unrelated streams.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a of the name, so that the stream does not depend on the order of layers.
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let mut normal = Normal { state: seed, spare: None };
        normal.state = normal.bits() ^ hash;
        normal
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// In (0, 1]: never 0, whose logarithm is infinite.
    fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
