//! [`widest`]: work compiled once for each width of vector registers, and run in the widest that the processor has.
//!
//! A program must start on any processor of its architecture, so the compiler uses the narrowest registers unless it is
//! told otherwise: two 64 bit numbers at a time on x86-64, where most machines have room for four or eight. The
//! operations and their order are those of the source in every width, and no multiplication is fused with an addition:
//! results are the same to the bit on every machine.

/// Loops that gain from wide registers.
///
/// Mark `run` and all that its loops call `#[inline(always)]`: what is not compiled into it keeps the narrow registers.
pub trait Wide {
    /// What the work gives.
    type Output;

    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Runs `work` with the widest registers of this processor.
///
/// ```
/// use dlr_core::wide::{Wide, widest};
///
/// struct Scale<'a>(&'a mut [f64], f64);
///
/// impl Wide for Scale<'_> {
///     type Output = ();
///
///     #[inline(always)]
///     fn run(self) {
///         self.0.iter_mut().for_each(|v| *v *= self.1);
///     }
/// }
///
/// let mut values = [1.0, 2.0, 3.0];
/// widest(Scale(&mut values, 2.0));
/// assert_eq!(values, [2.0, 4.0, 6.0]);
/// ```
#[inline]
pub fn widest<W: Wide>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
            // SAFETY: the processor has what the function was compiled for.
            #[allow(unsafe_code)]
            return unsafe { with_512_bits(work) };
        }
        if has!("avx2") {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            return unsafe { with_256_bits(work) };
        }
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
fn with_512_bits<W: Wide>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_256_bits<W: Wide>(work: W) -> W::Output {
    work.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A recursion whose result changes in the last bits when a product is fused or terms change places.
    struct Recursion<'a>(&'a [[f64; 8]]);

    impl Wide for Recursion<'_> {
        type Output = [f64; 8];

        #[inline(always)]
        fn run(self) -> [f64; 8] {
            let mut sum = [0.1; 8];
            for x in self.0 {
                for lane in 0..8 {
                    sum[lane] = x[lane] * 0.3 + sum[lane] * 0.7 - x[lane] * sum[lane];
                }
            }
            sum
        }
    }

    #[test]
    fn every_width_gives_the_same_bits() {
        let mut rng = crate::Rng::new(1);
        let x: Vec<[f64; 8]> = (0..1000).map(|_| [0; 8].map(|_| rng.uniform())).collect();
        let found = widest(Recursion(&x)).map(f64::to_bits);
        assert_eq!(found, Recursion(&x).run().map(f64::to_bits));
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: asked just now.
            #[allow(unsafe_code)]
            let narrower = unsafe { with_256_bits(Recursion(&x)) };
            assert_eq!(found, narrower.map(f64::to_bits));
        }
    }
}
