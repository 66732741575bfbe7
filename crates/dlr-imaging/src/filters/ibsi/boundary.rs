//! [`Boundary`]: how an image goes on beyond its faces.

use crate::error::parameter;
use dlr_core::Result;

/// What lies beyond the faces of an image, as far as a kernel reaches.
///
/// A kernel may be larger than the image: periodic and mirrored images are repeated again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Boundary {
    /// 0 everywhere.
    Zero,
    /// The same value everywhere.
    Constant(f64),
    /// The nearest voxel of the image.
    Nearest,
    /// The image again: `b c | a b c | a b`.
    Periodic,
    /// The image mirrored at its faces, so that the outermost voxel comes twice: `b a | a b c | c b`.
    Mirror,
}

impl Boundary {
    /// The voxel of a line of `n` that stands for position `i`; `None` where a constant does.
    pub(super) fn index(self, i: isize, n: usize) -> Option<usize> {
        let length = n as isize;
        match self {
            _ if (0..length).contains(&i) => Some(i as usize),
            Boundary::Zero | Boundary::Constant(_) => None,
            Boundary::Nearest => Some(i.clamp(0, length - 1) as usize),
            Boundary::Periodic => Some(i.rem_euclid(length) as usize),
            Boundary::Mirror => {
                let folded = i.rem_euclid(2 * length);
                Some(folded.min(2 * length - 1 - folded) as usize)
            }
        }
    }

    /// The value beyond the faces, where it is one value.
    pub(super) fn constant(self) -> f64 {
        if let Boundary::Constant(value) = self { value } else { 0.0 }
    }

    pub(super) fn validate(self) -> Result<()> {
        let value = self.constant();
        if value.is_finite() { Ok(()) } else { Err(parameter("boundary", value, "a finite constant")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(boundary: Boundary) -> String {
        (-4..7).map(|i| boundary.index(i, 3).map_or('.', |k| char::from(b'a' + k as u8))).collect()
    }

    #[test]
    fn lines_go_on_as_the_manual_draws_them() {
        assert_eq!(line(Boundary::Zero), "....abc....");
        assert_eq!(line(Boundary::Constant(3.0)), "....abc....");
        assert_eq!(line(Boundary::Nearest), "aaaaabccccc");
        assert_eq!(line(Boundary::Periodic), "cabcabcabca");
        assert_eq!(line(Boundary::Mirror), "ccbaabccbaa");
        assert_eq!(Boundary::Mirror.index(-9, 1), Some(0));
    }
}
