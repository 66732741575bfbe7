//! The input of a reference file, given as a formula of the voxel indices: read, and evaluated on its grid.
//!
//! It understands `+ - * / ( )`, numbers, the indices i, j, k (i slowest), sin, cos, exp, tanh and products without a
//! sign (`0.05 i`), and nothing else.

use dlr_core::{Code, Error, Result};

/// An arithmetic expression of the indices i, j, k.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    Number(f64),
    /// 0 is i, 1 is j, 2 is k.
    Index(usize),
    Call(fn(f64) -> f64, Box<Formula>),
    Binary(char, Box<Formula>, Box<Formula>),
}

impl Formula {
    /// Reads `... = FORMULA, ...`: what stands between the first `=` and the next comma outside brackets.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let bad = |what: &str| {
            Error::new(Code::FileFormat, format!("input `{text}` {what}"))
                .expected("`x[i,j,k] = FORMULA, i,j,k = 0..N, ...` with + - * / ( ) sin cos exp tanh")
        };
        let (_, right) = text.split_once('=').ok_or_else(|| bad("has no `=`"))?;
        let mut depth = 0;
        let is_end = |c: char| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ',' && depth == 0
        };
        let body = right.split(is_end).next().unwrap_or_default();
        let mut parser = Parser { rest: body.trim() };
        let formula = parser.sum().ok_or_else(|| bad("holds something that is no formula"))?;
        if parser.rest.is_empty() { Ok(formula) } else { Err(bad("holds something that is no formula")) }
    }

    fn at(&self, index: [f64; 3]) -> f64 {
        match self {
            Formula::Number(v) => *v,
            Formula::Index(axis) => index[*axis],
            Formula::Call(f, inner) => f(inner.at(index)),
            Formula::Binary(sign, a, b) => {
                let (a, b) = (a.at(index), b.at(index));
                match sign {
                    '+' => a + b,
                    '-' => a - b,
                    '/' => a / b,
                    _ => a * b,
                }
            }
        }
    }
}

/// Voxels along i, j, k.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid(pub(super) [usize; 3]);

impl Grid {
    /// Reads `tensor [1,1,A,B,C]`, or else `= 0..N` (that is, N + 1 voxels along each axis).
    pub(super) fn parse(text: &str) -> Result<Self> {
        let bracket = text.split("tensor [").nth(1).and_then(|t| t.split(']').next());
        let from_tensor = bracket.and_then(|list| {
            let n: Vec<usize> = list.split(',').map(|v| v.trim().parse().ok()).collect::<Option<_>>()?;
            <[usize; 3]>::try_from(&n[n.len().checked_sub(3)?..]).ok()
        });
        let from_range = || {
            let digits: String = text.split("0..").nth(1)?.chars().take_while(char::is_ascii_digit).collect();
            Some([digits.parse::<usize>().ok()? + 1; 3])
        };
        match from_tensor.or_else(from_range) {
            Some(shape) if shape.iter().all(|n| (1..=512).contains(n)) => Ok(Grid(shape)),
            _ => Err(Error::new(Code::FileFormat, format!("input `{text}` names no usable grid"))
                .expected("`tensor [1,1,A,B,C]` or `0..N`, at most 512 voxels along an axis")),
        }
    }

    /// The formula on every voxel, i slowest.
    pub(super) fn values(&self, formula: &Formula) -> Vec<f64> {
        let [ni, nj, nk] = self.0;
        let mut values = Vec::with_capacity(ni * nj * nk);
        for i in 0..ni {
            for j in 0..nj {
                values.extend((0..nk).map(|k| formula.at([i as f64, j as f64, k as f64])));
            }
        }
        values
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn sum(&mut self) -> Option<Formula> {
        let mut left = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            left = Formula::Binary(sign, Box::new(left), Box::new(self.product()?));
        }
        Some(left)
    }

    fn product(&mut self) -> Option<Formula> {
        let mut left = self.factor()?;
        loop {
            let sign = match self.take(&['*', '/']) {
                Some(sign) => sign,
                None if self.rest.starts_with(|c: char| c == '(' || c.is_ascii_alphanumeric()) => '*',
                None => return Some(left),
            };
            left = Formula::Binary(sign, Box::new(left), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Option<Formula> {
        if self.take(&['-']).is_some() {
            return Some(Formula::Binary('-', Box::new(Formula::Number(0.0)), Box::new(self.factor()?)));
        }
        if self.take(&['(']).is_some() {
            let inner = self.sum()?;
            self.take(&[')'])?;
            return Some(inner);
        }
        let number = self.word(|c| c.is_ascii_digit() || c == '.');
        if !number.is_empty() {
            return number.parse().ok().map(Formula::Number);
        }
        let call: fn(f64) -> f64 = match self.word(|c| c.is_ascii_alphabetic()) {
            "i" => return Some(Formula::Index(0)),
            "j" => return Some(Formula::Index(1)),
            "k" => return Some(Formula::Index(2)),
            "sin" => f64::sin,
            "cos" => f64::cos,
            "exp" => f64::exp,
            "tanh" => f64::tanh,
            _ => return None,
        };
        self.take(&['('])?;
        let inner = self.sum()?;
        self.take(&[')'])?;
        Some(Formula::Call(call, Box::new(inner)))
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> &str {
        let end = self.rest.find(|c: char| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    fn take(&mut self, signs: &[char]) -> Option<char> {
        let sign = self.rest.chars().next().filter(|c| signs.contains(c))?;
        self.rest = self.rest[1..].trim_start();
        Some(sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_formula_is_read_as_written() {
        let text = "x[i,j,k] = 0.449 + 0.226*(sin(0.37 i) + cos(0.23 j + 0.05 i) + sin(0.11 k (1 + 0.01 j))), i,j,k = 0..47, \
                    computed in f64 then cast to f32, tensor [1,1,48,40,32] with i the slowest axis";
        let formula = Formula::parse(text).unwrap();
        let grid = Grid::parse(text).unwrap();
        assert_eq!(grid.0, [48, 40, 32]);
        let values = grid.values(&formula);
        for (i, j, k) in [(0, 0, 0), (3, 17, 31), (47, 39, 5)] {
            let (x, y, z) = (i as f64, j as f64, k as f64);
            let direct =
                0.449 + 0.226 * ((0.37 * x).sin() + (0.23 * y + 0.05 * x).cos() + (0.11 * z * (1.0 + 0.01 * y)).sin());
            assert!((values[(i * 40 + j) * 32 + k] - direct).abs() < 1e-12);
        }
    }

    #[test]
    fn the_range_stands_in_for_a_missing_shape() {
        assert_eq!(Grid::parse("x = i, i,j,k = 0..31").unwrap(), Grid([32; 3]));
        assert!(Grid::parse("x = i").is_err());
        assert!(Grid::parse("x = i, tensor [1,1,0,4,4]").is_err());
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["x", "x = system(1)", "x = 1 +", "x = (1", "x = 1)", "x = 1 $ 2", "x = "] {
            assert_eq!(Formula::parse(text).unwrap_err().code(), Code::FileFormat, "{text}");
        }
        let minus = Formula::parse("x = -2 i + 3").unwrap();
        assert_eq!(minus.at([4.0, 0.0, 0.0]), -5.0);
    }
}
