//! Serde helpers: numbers that JSON has no word for. NaN is `null`; infinities are the strings `inf` and `-inf`.
//!
//! Used as `#[serde(with = "number::one")]`, `number::list` or `number::table`. Nothing else is converted.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Finite(f64),
    Infinite(Infinite),
    Undefined(()),
}

#[derive(Serialize, Deserialize)]
enum Infinite {
    #[serde(rename = "inf")]
    Positive,
    #[serde(rename = "-inf")]
    Negative,
}

impl From<f64> for Written {
    fn from(value: f64) -> Self {
        match value {
            _ if value.is_nan() => Written::Undefined(()),
            f64::INFINITY => Written::Infinite(Infinite::Positive),
            f64::NEG_INFINITY => Written::Infinite(Infinite::Negative),
            _ => Written::Finite(value),
        }
    }
}

impl From<Written> for f64 {
    fn from(written: Written) -> Self {
        match written {
            Written::Finite(value) => value,
            Written::Infinite(Infinite::Positive) => f64::INFINITY,
            Written::Infinite(Infinite::Negative) => f64::NEG_INFINITY,
            Written::Undefined(()) => f64::NAN,
        }
    }
}

/// A number that may be undefined.
pub mod one {
    use super::Written;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes one number.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        Written::from(*value).serialize(to)
    }

    /// Reads one number.
    ///
    /// # Errors
    /// Those of the deserializer, and anything that is not a number, `null`, `inf` or `-inf`.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        Written::deserialize(from).map(f64::from)
    }
}

/// A list of numbers that may be undefined.
pub mod list {
    use super::Written;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes a list.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|v| Written::from(*v)))
    }

    /// Reads a list.
    ///
    /// # Errors
    /// As [`super::one::deserialize`].
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Written>::deserialize(from)?.into_iter().map(f64::from).collect())
    }
}

/// Rows of numbers that may be undefined.
pub mod table {
    use super::Written;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes rows.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(rows: &[Vec<f64>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(rows.iter().map(|row| row.iter().map(|v| Written::from(*v)).collect::<Vec<_>>()))
    }

    /// Reads rows.
    ///
    /// # Errors
    /// As [`super::one::deserialize`].
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<f64>>, D::Error> {
        let rows = Vec::<Vec<Written>>::deserialize(from)?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(f64::from).collect()).collect())
    }
}
