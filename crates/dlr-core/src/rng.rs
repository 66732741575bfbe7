//! [`Rng`]: the one source of random numbers. Seeds are passed, never ambient.
//!
//! xoshiro256++ (Blackman and Vigna, 2019) seeded by splitmix64. Written here, because a library may change its stream
//! between versions, and then a published run could not be repeated.

/// A small fast generator whose stream will never change.
#[derive(Debug, Clone)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A stream for a seed.
    pub fn new(seed: u64) -> Self {
        let mut s = seed;
        Rng { state: [(); 4].map(|()| splitmix(&mut s)) }
    }

    /// An independent stream for a part of the work: the same for any order in which the parts are done.
    pub fn stream(seed: u64, part: u64) -> Self {
        Rng::new(derive_seed(seed, part))
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in `[0, 1)`, with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform integer in `0..n`, without bias. `n` must be above 0.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "a number below 0 was asked for");
        let n = n as u64;
        let limit = u64::MAX - (u64::MAX % n + 1) % n;
        loop {
            let bits = self.next_u64();
            if bits <= limit {
                return (bits % n) as usize;
            }
        }
    }

    /// Standard normal (Box and Muller; two uniforms a call, so that the stream does not depend on pairs).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Shuffles in place (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// A seed for a part of the work, far from the seed of any other part.
pub fn derive_seed(seed: u64, part: u64) -> u64 {
    let mut s = seed ^ part.wrapping_mul(0xA24B_AED4_963E_E407);
    splitmix(&mut s) ^ splitmix(&mut s).rotate_left(32)
}

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        // Computed from the published algorithm by hand-written Python; a change here breaks every published run.
        let mut rng = Rng { state: [1, 2, 3, 4] };
        let first: Vec<u64> = (0..4).map(|_| rng.next_u64()).collect();
        assert_eq!(first, [41943041, 58720359, 3588806011781223, 3591011842654386]);
    }

    #[test]
    fn moments_and_bounds() {
        let mut rng = Rng::new(7);
        let n = 200_000;
        let (mut sum, mut squares, mut counts) = (0.0, 0.0, [0usize; 5]);
        for _ in 0..n {
            let z = rng.normal();
            sum += z;
            squares += z * z;
            counts[rng.below(5)] += 1;
        }
        assert!((sum / n as f64).abs() < 0.01 && (squares / n as f64 - 1.0).abs() < 0.02);
        assert!(counts.iter().all(|c| (*c as f64 / n as f64 - 0.2).abs() < 0.01));
    }

    #[test]
    fn shuffle_is_a_permutation() {
        let mut items: Vec<_> = (0..50).collect();
        Rng::stream(1, 2).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
