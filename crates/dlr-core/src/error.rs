//! One error type for the whole system: a stable code, the fact, what was expected, what was found, and a hint.
//!
//! Its `Display` has at most three lines, so that a table of a hundred failed cases can be read.
//! Library code returns it; only binaries add context. It carries base names, never paths of the machine.

use std::fmt;

/// `Result` with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// The stable codes. A code never changes its meaning and is never used again for another.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* #[doc = concat!("`", $text, "`.")] $name),* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];
            /// The code as printed, for example `E0103`.
            pub fn as_str(self) -> &'static str { match self { $(Code::$name => $text),* } }
        }
    };
}

codes! {
    /// A geometry with a spacing, origin or direction that is not finite, not positive or not orthonormal.
    Geometry = "E0101",
    /// Array shape and geometry disagree.
    Shape = "E0102",
    /// Image and mask lie on different grids.
    GridMismatch = "E0103",
    /// A mask without a single voxel.
    EmptyMask = "E0104",
    /// NaN or infinity where a number is needed.
    NotFinite = "E0105",
    /// A label that the mask does not hold.
    LabelAbsent = "E0106",
    /// A named mask or image that the case does not have.
    MissingMask = "E0107",
    /// A region too small, or of the wrong shape, for what was asked.
    Region = "E0108",
    /// A file that is not there or cannot be opened.
    FileMissing = "E0201",
    /// A file that ends early or is longer than its header says.
    FileTruncated = "E0202",
    /// A checksum that does not fit: the file is damaged.
    FileCorrupt = "E0203",
    /// A file that is not of the format it should be, or uses a part of it that is not supported.
    FileFormat = "E0204",
    /// A header that asks for more than is sensible.
    FileTooLarge = "E0205",
    /// Writing failed.
    FileWrite = "E0206",
    /// A manifest or clinical table that cannot be read as such.
    Manifest = "E0301",
    /// The same case twice.
    DuplicateId = "E0302",
    /// A label that is not one of two classes.
    LabelValues = "E0303",
    /// A patient in two roles or in two parts of a split.
    PatientOverlap = "E0304",
    /// A parameter outside its range.
    Parameter = "E0401",
    /// A name that is not known.
    UnknownName = "E0402",
    /// A parameter or experiment file that cannot be parsed.
    ParameterFile = "E0403",
    /// A feature name that does not parse.
    FeatureName = "E0501",
    /// Tables, names or vectors that do not fit each other.
    TableMismatch = "E0502",
    /// A texture or histogram with more grey levels than is sensible.
    GreyLevels = "E0503",
    /// Rows or columns from which nothing can be learned.
    Learning = "E0601",
    /// An iteration that did not reach its tolerance.
    Convergence = "E0602",
    /// A threshold, metric or interval that cannot be had from these values.
    Evaluation = "E0603",
    /// External labels used out of turn.
    Sealed = "E0604",
    /// Weights that do not fit the network.
    Weights = "E0701",
    /// A stage that broke its contract (a conformance check failed).
    Contract = "E0801",
    /// A run in which cases failed.
    CasesFailed = "E0802",
}

/// What went wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone, PartialEq)]
struct Parts {
    code: Code,
    case: Option<String>,
    fact: String,
    expected: Option<String>,
    found: Option<String>,
    hint: Option<String>,
}

impl Error {
    /// A fact and the allowed range, lower case, no final dot: ``parameter `bin_width` is -5, but must be above 0``.
    pub fn new(code: Code, fact: impl Into<String>) -> Self {
        Error(Box::new(Parts { code, case: None, fact: fact.into(), expected: None, found: None, hint: None }))
    }

    /// What should have been there.
    pub fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.0.expected = Some(one_line(expected));
        self
    }

    /// What was there instead.
    pub fn found(mut self, found: impl fmt::Display) -> Self {
        self.0.found = Some(one_line(found));
        self
    }

    /// What the reader can do.
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.0.hint = Some(one_line(hint));
        self
    }

    /// Adds what to do where nothing has been said yet.
    pub fn or_hint(self, hint: impl fmt::Display) -> Self {
        if self.0.hint.is_some() { self } else { self.hint(hint) }
    }

    /// Names the case, unless an inner call has named it already.
    pub fn for_case(mut self, id: &str) -> Self {
        self.0.case.get_or_insert_with(|| one_line(id));
        self
    }

    /// Says on which line of a file it was, in front of the fact.
    pub fn on_line(mut self, line: u64) -> Self {
        self.0.fact = format!("line {line}: {}", self.0.fact);
        self
    }

    /// Says that `n` further cases failed in the same way.
    pub fn and_others(mut self, n: usize) -> Self {
        if let Some(case) = self.0.case.as_mut().filter(|_| n > 0) {
            *case = format!("{case} and {n} others");
        }
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The case, if one was named.
    pub fn case(&self) -> Option<&str> {
        self.0.case.as_deref()
    }

    /// The fact alone, without code, case or hint.
    pub fn fact(&self) -> &str {
        &self.0.fact
    }
}

/// Names and values come from files: a line break in one must not forge a line of our own.
fn one_line(text: impl fmt::Display) -> String {
    text.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { code, case, fact, expected, found, hint } = &*self.0;
        write!(f, "{}", code.as_str())?;
        if let Some(case) = case {
            write!(f, " case {case}")?;
        }
        write!(f, ": {}", one_line(fact))?;
        match (expected, found) {
            (Some(expected), Some(found)) => write!(f, "\n  expected {expected}, found {found}")?,
            (Some(expected), None) => write!(f, "\n  expected {expected}")?,
            (None, Some(found)) => write!(f, "\n  found {found}")?,
            (None, None) => {}
        }
        if let Some(hint) = hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct() {
        let texts: HashSet<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
    }

    #[test]
    fn display_has_three_lines_at_most_whatever_the_values_hold() {
        let error = Error::new(Code::GridMismatch, "mask grid differs\nfrom image grid")
            .expected("4x5x4")
            .found("4x4\r\nx5")
            .hint("resample the mask")
            .for_case("P0\n17");
        assert_eq!(error.to_string().lines().count(), 3);
        assert!(error.to_string().starts_with("E0103 case P0 17: mask grid differs from image grid\n"));
    }

    #[test]
    fn the_innermost_case_is_kept() {
        let error = Error::new(Code::EmptyMask, "mask is empty").for_case("a").for_case("b");
        assert_eq!(error.case(), Some("a"));
    }
}
