//! [`Setting`]: a parameter file as a tree, whatever format it was written in, and how values are taken from it with
//! refusals that name the setting, the range and what stood there.

use dlr_core::{Code, Error, Result};

/// A value of a parameter file, whatever format that was written in.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A number written without a point. Only names tell the difference: `log-sigma-2-mm-3D`, not `2-0-mm`.
    Whole(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Setting>),
    /// A mapping, in the order of the file.
    Map(Vec<(String, Setting)>),
}

impl Setting {
    fn found(&self) -> String {
        match self {
            Setting::Null => "nothing".into(),
            Setting::Bool(b) => b.to_string(),
            // Without an exponent 3e300 would be three hundred digits.
            Setting::Number(x) if x.abs() >= 1e15 => format!("{x:e}"),
            Setting::Number(x) => x.to_string(),
            Setting::Whole(n) => n.to_string(),
            Setting::Text(t) => format!("`{t}`"),
            Setting::List(l) if l.len() > 8 => format!("a list of {}", l.len()),
            Setting::List(l) => format!("[{}]", l.iter().map(Setting::found).collect::<Vec<_>>().join(", ")),
            Setting::Map(_) => "a mapping".into(),
        }
    }
}

/// The entries of a mapping; none where nothing stands.
///
/// # Errors
/// [`Code::ParameterFile`] for anything else.
pub(crate) fn entries<'a>(value: &'a Setting, what: &str) -> Result<&'a [(String, Setting)]> {
    match value {
        Setting::Map(entries) => Ok(entries),
        Setting::Null => Ok(&[]),
        _ => {
            Err(Error::new(Code::ParameterFile, format!("{what} is not a mapping"))
                .hint("each line must be `name: value`"))
        }
    }
}

/// As many names are listed; of more, the nearest alone is told.
const FEW: usize = 12;

/// An unknown name, with the nearest known one; where few are known, all of them.
pub(crate) fn unknown(kind: &str, name: &str, known: &[&str]) -> Error {
    let mut error = Error::new(Code::UnknownName, format!("unknown {kind} `{name}`"));
    let distance = |known: &str| edit_distance(&name.to_lowercase(), &known.to_lowercase());
    let nearest = known.iter().min_by_key(|known| distance(known));
    let is_few = known.len() <= FEW;
    if is_few {
        error = error.expected(format!("one of {}", known.join(", ")));
    }
    match nearest {
        // A word that is nothing like any of a few was not misspelt.
        Some(nearest) if !is_few || distance(nearest) <= 1 + nearest.len() / 3 => {
            error.hint(format!("did you mean `{nearest}`?"))
        }
        _ => error,
    }
}

/// Letters to insert, delete, replace or exchange with their neighbour: exchanged letters are one slip, not two.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, n) | (n, 0) => n,
                _ => {
                    let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let exchanged = (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                        .then(|| rows[i - 2][j - 2] + 1);
                    replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(exchanged.unwrap_or(usize::MAX))
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

/// A value that knows what it is called, so that a refusal can say so.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Setting,
}

impl<'a> Named<'a> {
    pub(crate) fn refuse(&self, expected: impl std::fmt::Display) -> Error {
        Error::new(Code::Parameter, format!("setting `{}` has a value outside its range", self.name))
            .expected(expected)
            .found(self.value.found())
    }

    pub(crate) fn option<T>(self, read: impl Fn(Self) -> Result<T>) -> Result<Option<T>> {
        if *self.value == Setting::Null { Ok(None) } else { read(self).map(Some) }
    }

    pub(crate) fn bool(self) -> Result<bool> {
        match self.value {
            Setting::Bool(b) => Ok(*b),
            _ => Err(self.refuse("true or false")),
        }
    }

    pub(crate) fn any_number(self) -> Result<f64> {
        match self.value {
            Setting::Number(x) => Ok(*x),
            Setting::Whole(n) => Ok(*n as f64),
            Setting::Text(t) if t.eq_ignore_ascii_case("nan") || t.eq_ignore_ascii_case(".nan") => Ok(f64::NAN),
            _ => Err(self.refuse("a number")),
        }
    }

    pub(crate) fn number(self) -> Result<f64> {
        self.any_number().ok().filter(|x| x.is_finite()).ok_or_else(|| self.refuse("a finite number"))
    }

    pub(crate) fn above_zero(self) -> Result<f64> {
        self.number().ok().filter(|x| *x > 0.0).ok_or_else(|| self.refuse("a number above 0"))
    }

    pub(crate) fn whole(self, low: usize, high: usize) -> Result<usize> {
        let fits = |x: &f64| x.fract() == 0.0 && *x >= low as f64 && *x <= high as f64;
        match self.number().ok().filter(fits) {
            Some(x) => Ok(x as usize),
            None if high >= u32::MAX as usize => Err(self.refuse(format!("a whole number of at least {low}"))),
            None => Err(self.refuse(format!("a whole number from {low} to {high}"))),
        }
    }

    pub(crate) fn text(self) -> Result<&'a str> {
        match self.value {
            Setting::Text(t) => Ok(t),
            _ => Err(self.refuse("a text")),
        }
    }

    pub(crate) fn list<T>(self, read: impl Fn(Named<'a>) -> Result<T>) -> Result<Vec<T>> {
        match self.value {
            Setting::List(items) if !items.is_empty() => {
                items.iter().map(|value| read(Named { name: self.name, value })).collect()
            }
            _ => Err(self.refuse("a list that is not empty")),
        }
    }

    pub(crate) fn spacing(self) -> Result<[f64; 3]> {
        let list = self.list(Named::number)?;
        <[f64; 3]>::try_from(list)
            .ok()
            .filter(|s| s.iter().all(|x| *x >= 0.0))
            .ok_or_else(|| self.refuse("three numbers (x, y, z) of at least 0, in millimetres"))
    }

    pub(crate) fn one_of<T: Copy>(self, known: &[(&str, T)]) -> Result<T> {
        let name = self.text()?;
        known.iter().find(|(n, _)| *n == name).map(|(_, value)| *value).ok_or_else(|| {
            unknown(
                &format!("value of setting `{}`:", self.name),
                name,
                &known.iter().map(|(n, _)| *n).collect::<Vec<_>>(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::edit_distance;

    #[test]
    fn distances() {
        for (a, b, n) in [("", "abc", 3), ("glmc", "glcm", 1), ("binwdth", "binwidth", 1), ("abc", "abc", 0)] {
            assert_eq!((edit_distance(a, b), edit_distance(b, a)), (n, n), "{a} {b}");
        }
    }
}
