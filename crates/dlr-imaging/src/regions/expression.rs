//! Regions written as expressions: `edema - mass`, `ring(mass, 0, 10) & body`.
//!
//! Parsed once, when an experiment file is read, so that a typing error stops a run before its first case.

use super::{
    Connectivity, algebra, close, components_from, dilate, erode, fill_holes, largest_component, nth_component, open,
    ring, translate_mm,
};
use dlr_core::{Code, Error, Mask, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A parsed expression over named masks.
///
/// | form | meaning |
/// |---|---|
/// | `mass` | a mask by its name: a letter or `_`, then letters, digits, `_` and `.` |
/// | `a + b`, `a \| b` | union |
/// | `a - b` | `a` without `b` |
/// | `a & b` | intersection; binds tighter than the others, which go from left to right |
/// | `( … )` | grouping |
/// | `ring(a, from_mm, to_mm)` | [`ring`] |
/// | `dilate(a, mm)`, `erode(a, mm)`, `open(a, mm)`, `close(a, mm)` | [`dilate`], [`erode`], [`open`], [`close`] |
/// | `shift(a, z_mm, y_mm, x_mm)` | [`translate_mm`] |
/// | `largest(a)`, `component(a, k)`, `larger(a, mm3)` | [`largest_component`], [`nth_component`], [`components_from`], by faces |
/// | `fill(a)` | [`fill_holes`] |
///
/// ```
/// use dlr_imaging::regions::RegionExpression;
/// let peri = RegionExpression::parse("ring(mass, 0, 10) & body - edema")?;
/// assert_eq!(peri.masks().into_iter().collect::<Vec<_>>(), ["body", "edema", "mass"]);
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RegionExpression {
    source: String,
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Name(String),
    Union(Box<Node>, Box<Node>),
    Difference(Box<Node>, Box<Node>),
    Intersection(Box<Node>, Box<Node>),
    Ring(Box<Node>, f64, f64),
    Ball(Morphology, Box<Node>, f64),
    Shift(Box<Node>, [f64; 3]),
    Largest(Box<Node>),
    Component(Box<Node>, usize),
    Larger(Box<Node>, f64),
    Fill(Box<Node>),
}

/// What is done with a ball.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Morphology {
    Dilate,
    Erode,
    Open,
    Close,
}

impl RegionExpression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`Code::Parameter`] for what is no expression, [`Code::UnknownName`] for a function that is not known; both
    /// name the place.
    pub fn parse(source: &str) -> Result<Self> {
        let mut parser = Parser { source, tokens: tokens(source)?, next: 0, depth: 0 };
        let root = parser.sum()?;
        match parser.peek() {
            None => Ok(RegionExpression { source: source.trim().to_owned(), root }),
            Some(_) => Err(parser.refuse("an operator or the end")),
        }
    }

    /// The names of the masks it needs.
    pub fn masks(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.root.collect(&mut names);
        names
    }

    /// The region, from masks by name.
    ///
    /// # Errors
    /// [`Code::MissingMask`] for a name that is not there; those of the operations.
    pub fn evaluate(&self, masks: &BTreeMap<String, Mask>) -> Result<Mask> {
        self.root.evaluate(masks)
    }
}

impl fmt::Display for RegionExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl Node {
    fn collect<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        match self {
            Node::Name(name) => {
                names.insert(name);
            }
            Node::Union(a, b) | Node::Difference(a, b) | Node::Intersection(a, b) => {
                a.collect(names);
                b.collect(names);
            }
            Node::Ring(a, ..) | Node::Ball(_, a, _) | Node::Shift(a, _) => a.collect(names),
            Node::Largest(a) | Node::Component(a, _) | Node::Larger(a, _) | Node::Fill(a) => a.collect(names),
        }
    }

    fn evaluate(&self, masks: &BTreeMap<String, Mask>) -> Result<Mask> {
        match self {
            Node::Name(name) => masks.get(name).cloned().ok_or_else(|| {
                let known = masks.keys().cloned().collect::<Vec<_>>().join(", ");
                Error::new(Code::MissingMask, format!("mask `{name}` is missing")).found(if known.is_empty() {
                    "no masks".into()
                } else {
                    known
                })
            }),
            Node::Union(a, b) => algebra::union(&a.evaluate(masks)?, &b.evaluate(masks)?),
            Node::Difference(a, b) => algebra::difference(&a.evaluate(masks)?, &b.evaluate(masks)?),
            Node::Intersection(a, b) => algebra::intersection(&a.evaluate(masks)?, &b.evaluate(masks)?),
            Node::Ring(a, from_mm, to_mm) => ring(&a.evaluate(masks)?, *from_mm, *to_mm),
            Node::Ball(what, a, mm) => {
                let apply = match what {
                    Morphology::Dilate => dilate,
                    Morphology::Erode => erode,
                    Morphology::Open => open,
                    Morphology::Close => close,
                };
                apply(&a.evaluate(masks)?, *mm)
            }
            Node::Shift(a, by_mm) => translate_mm(&a.evaluate(masks)?, *by_mm),
            Node::Largest(a) => largest_component(&a.evaluate(masks)?, Connectivity::Faces),
            Node::Component(a, k) => nth_component(&a.evaluate(masks)?, Connectivity::Faces, *k),
            Node::Larger(a, mm3) => components_from(&a.evaluate(masks)?, Connectivity::Faces, *mm3),
            Node::Fill(a) => fill_holes(&a.evaluate(masks)?),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Number(f64),
    Sign(char),
}

/// Tokens with the column (from 1) where each begins.
fn tokens(source: &str) -> Result<Vec<(usize, Token)>> {
    let mut found = Vec::new();
    let chars: Vec<char> = source.chars().collect();
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        let take = |i: &mut usize, wanted: fn(char) -> bool| {
            while *i < chars.len() && wanted(chars[*i]) {
                *i += 1;
            }
            chars[start..*i].iter().collect::<String>()
        };
        let token = match chars[i] {
            c if c.is_whitespace() => {
                i += 1;
                continue;
            }
            c if c.is_alphabetic() || c == '_' => {
                Token::Name(take(&mut i, |c| c.is_alphanumeric() || c == '_' || c == '.'))
            }
            c if c.is_ascii_digit() || c == '.' => {
                let text = take(&mut i, |c| c.is_ascii_digit() || c == '.');
                let number = text.parse().map_err(|_| bad(source, start + 1, "a number", &text))?;
                Token::Number(number)
            }
            c if "+-|&(),".contains(c) => {
                i += 1;
                Token::Sign(c)
            }
            c => return Err(bad(source, start + 1, "a mask, a number or one of + - | & ( ) ,", &c.to_string())),
        };
        found.push((start + 1, token));
    }
    Ok(found)
}

fn bad(source: &str, column: usize, expected: &str, found: &str) -> Error {
    Error::new(Code::Parameter, format!("region expression `{source}` cannot be read at column {column}"))
        .expected(expected)
        .found(format!("`{found}`"))
}

/// Deeper nesting is a mistake or an attack on the stack.
const MAX_DEPTH: usize = 64;

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn take_sign(&mut self, wanted: &str) -> Option<char> {
        match self.peek() {
            Some(Token::Sign(c)) if wanted.contains(*c) => {
                let c = *c;
                self.next += 1;
                Some(c)
            }
            _ => None,
        }
    }

    fn need(&mut self, sign: &str) -> Result<()> {
        self.take_sign(sign).map(|_| ()).ok_or_else(|| self.refuse(&format!("`{sign}`")))
    }

    fn refuse(&self, expected: &str) -> Error {
        match self.tokens.get(self.next) {
            None => bad(self.source, self.source.chars().count() + 1, expected, "the end"),
            Some((column, Token::Name(name))) => bad(self.source, *column, expected, name),
            Some((column, Token::Number(number))) => bad(self.source, *column, expected, &number.to_string()),
            Some((column, Token::Sign(sign))) => bad(self.source, *column, expected, &sign.to_string()),
        }
    }

    fn sum(&mut self) -> Result<Node> {
        let mut left = self.product()?;
        while let Some(sign) = self.take_sign("+|-") {
            let right = Box::new(self.product()?);
            left = match sign {
                '-' => Node::Difference(Box::new(left), right),
                _ => Node::Union(Box::new(left), right),
            };
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node> {
        let mut left = self.atom()?;
        while self.take_sign("&").is_some() {
            left = Node::Intersection(Box::new(left), Box::new(self.atom()?));
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::new(Code::Parameter, format!("region expression is nested deeper than {MAX_DEPTH}")));
        }
        let node = if self.take_sign("(").is_some() {
            let inner = self.sum()?;
            self.need(")")?;
            inner
        } else if let Some(Token::Name(name)) = self.peek().cloned() {
            self.next += 1;
            if self.take_sign("(").is_some() { self.call(&name)? } else { Node::Name(name) }
        } else {
            return Err(self.refuse("a mask, a function or `(`"));
        };
        self.depth -= 1;
        Ok(node)
    }

    fn call(&mut self, function: &str) -> Result<Node> {
        const KNOWN: &str = "ring, dilate, erode, open, close, shift, largest, component, larger, fill";
        if !KNOWN.split(", ").any(|name| name == function) {
            return Err(Error::new(Code::UnknownName, format!("region function `{function}` is not known"))
                .expected(format!("one of {KNOWN}")));
        }
        let inner = Box::new(self.sum()?);
        let node = match function {
            "ring" => {
                let from_mm = self.number("a number of millimetres", |_| true)?;
                Node::Ring(
                    inner,
                    from_mm,
                    self.number("more millimetres than where the ring begins", |mm| mm > from_mm)?,
                )
            }
            "dilate" => Node::Ball(Morphology::Dilate, inner, self.radius_mm()?),
            "erode" => Node::Ball(Morphology::Erode, inner, self.radius_mm()?),
            "open" => Node::Ball(Morphology::Open, inner, self.radius_mm()?),
            "close" => Node::Ball(Morphology::Close, inner, self.radius_mm()?),
            "shift" => Node::Shift(inner, [self.shift_mm()?, self.shift_mm()?, self.shift_mm()?]),
            "largest" => Node::Largest(inner),
            "component" => {
                let k = self.number("1 for the largest, 2 for the next", |k| k >= 1.0 && k.fract() == 0.0)?;
                Node::Component(inner, k as usize)
            }
            "larger" => Node::Larger(inner, self.number("a volume of at least 0 mm3", |mm3| mm3 >= 0.0)?),
            _ => Node::Fill(inner),
        };
        self.need(")")?;
        Ok(node)
    }

    fn radius_mm(&mut self) -> Result<f64> {
        self.number("a radius of at least 0 mm", |mm| mm >= 0.0)
    }

    fn shift_mm(&mut self) -> Result<f64> {
        self.number("a number of millimetres", |_| true)
    }

    /// A comma and a finite number that `is_right`; otherwise a refusal that says what was `expected`.
    fn number(&mut self, expected: &str, is_right: impl Fn(f64) -> bool) -> Result<f64> {
        self.need(",")?;
        let sign = if self.take_sign("-").is_some() { -1.0 } else { 1.0 };
        let Some((column, Token::Number(number))) = self.tokens.get(self.next) else {
            return Err(self.refuse(expected));
        };
        let number = sign * number;
        if !(number.is_finite() && is_right(number)) {
            return Err(bad(self.source, *column, expected, &number.to_string()));
        }
        self.next += 1;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;
    use proptest::prelude::*;

    fn masks() -> BTreeMap<String, Mask> {
        let range = |from: usize, to: usize| {
            let voxels = Array3::from_shape_fn((1, 1, 12), |(_, _, x)| (from..to).contains(&x));
            Mask::from_array(voxels, [1.0; 3]).unwrap()
        };
        [("mass", range(4, 6)), ("edema", range(2, 9)), ("body", range(1, 11)), ("p.2_a", range(0, 12))]
            .map(|(name, mask)| (name.to_owned(), mask))
            .into()
    }

    fn inside(expression: &str) -> Vec<usize> {
        let mask = RegionExpression::parse(expression).unwrap().evaluate(&masks()).unwrap();
        mask.voxels().iter().enumerate().filter(|(_, v)| **v).map(|(i, _)| i).collect()
    }

    #[test]
    fn operators_precedence_and_functions() {
        assert_eq!(inside("edema - mass"), [2, 3, 6, 7, 8]);
        assert_eq!(inside("mass|ring ( mass, 0, 2)"), [2, 3, 4, 5, 6, 7]);
        assert_eq!(inside("p.2_a - body + mass & edema"), [0, 4, 5, 11]);
        assert_eq!(inside("p.2_a - (body + mass) & edema"), [0, 1, 9, 10, 11]);
        assert_eq!(inside("ring(mass, -1.5, 1)"), [3, 4, 5, 6]);
        assert_eq!(inside("erode(dilate(mass, 2), 2.)"), [4, 5]);
        assert_eq!(inside("shift(mass, 0, 0, -2)"), [2, 3]);
        assert_eq!(inside("close(edema - mass, 1)"), [2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(inside("open(edema - mass, 1)"), [6, 7, 8]);
        assert_eq!(inside("largest(edema - mass)"), [6, 7, 8]);
        assert_eq!(inside("component(edema - mass, 1)"), [6, 7, 8]);
        assert_eq!(inside("component(edema - mass, 2)"), [2, 3]);
        assert!(inside("component(edema - mass, 3)").is_empty());
        assert_eq!(inside("larger(edema - mass, 2)"), [2, 3, 6, 7, 8]);
        assert_eq!(inside("larger(edema - mass, 2.5)"), [6, 7, 8]);
        assert_eq!(inside("fill(edema - mass)"), [2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn refusals_name_the_place() {
        for (source, column) in [("", 1), ("mass -", 7), ("(mass", 6), ("mass mass", 6), ("ring(mass, 0)", 13)] {
            let error = RegionExpression::parse(source).unwrap_err();
            assert_eq!(error.code(), Code::Parameter);
            assert!(error.fact().ends_with(&format!("column {column}")), "{source}: {error}");
        }
        let columns = [
            ("erode(mass, -2)", 14),
            ("ring(mass, 5, 5)", 15),
            ("component(mass, 0)", 17),
            ("component(mass, 1.5)", 17),
            ("larger(mass, -1)", 15),
        ];
        for (source, column) in columns {
            let error = RegionExpression::parse(source).unwrap_err();
            assert!(error.fact().ends_with(&format!("column {column}")), "{source}: {error}");
        }
        let infinite = format!("shift(mass, {}, 0, 0)", "9".repeat(400));
        assert_eq!(RegionExpression::parse(&infinite).unwrap_err().code(), Code::Parameter);
        assert_eq!(RegionExpression::parse("grow(mass, 1)").unwrap_err().code(), Code::UnknownName);
        assert_eq!(RegionExpression::parse("mass; x").unwrap_err().code(), Code::Parameter);
        assert_eq!(RegionExpression::parse("1.2.3").unwrap_err().code(), Code::Parameter);
        assert_eq!(RegionExpression::parse(&"(".repeat(100_000)).unwrap_err().code(), Code::Parameter);
        let absent = RegionExpression::parse("mass - bone").unwrap().evaluate(&masks()).unwrap_err();
        assert_eq!(absent.code(), Code::MissingMask);
    }

    proptest! {
        #[test]
        fn no_text_panics(source in "[a-z0-9+&|(), .-]{0,40}") {
            let _ = RegionExpression::parse(&source);
        }
    }
}
