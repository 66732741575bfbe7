//! [`Change`]: one cause of the image changed and everything else kept, which is what a counterfactual is.

use crate::{latent::Latent, subject::Subject};
use dlr_core::{Code, Error};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a counterfactual may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A latent, in its own units.
    Latent(Latent),
    /// Brightness of the tumour, which no grade moves; in standard deviations of its logarithm.
    Base,
    /// Brightness of the oedema, which no grade moves; in standard deviations of its logarithm.
    Ae,
}

impl Cause {
    /// Every cause.
    pub fn all() -> impl Iterator<Item = Cause> {
        Latent::ALL.into_iter().map(Cause::Latent).chain([Cause::Base, Cause::Ae])
    }

    /// The word: that of the latent, `base` or `ae`.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Latent(latent) => latent.as_str(),
            Cause::Base => "base",
            Cause::Ae => "ae",
        }
    }
}

impl From<Latent> for Cause {
    fn from(latent: Latent) -> Self {
        Cause::Latent(latent)
    }
}

/// One cause, and by how much. As text: `edh=2`.
///
/// ```
/// use dlr_phantom::{Change, Latent};
/// let change: Change = "edh=2".parse()?;
/// assert_eq!((change.cause, change.by), (Latent::Edh.into(), 2.0));
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Change {
    /// What is changed.
    pub cause: Cause,
    /// By how much.
    pub by: f64,
}

impl Change {
    /// The same examination with this changed and everything else kept, down to the noise.
    pub fn of(self, subject: &Subject) -> Subject {
        let mut changed = subject.clone();
        match self.cause {
            Cause::Latent(latent) => changed.latents = changed.latents.shifted(latent, self.by),
            Cause::Base => changed.base_offset += self.by,
            Cause::Ae => changed.ae_offset += self.by,
        }
        changed
    }
}

impl FromStr for Change {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let odd = || {
            let causes: Vec<&str> = Cause::all().map(Cause::as_str).collect();
            Error::new(Code::Parameter, "parameter `change` of the phantom is no change")
                .expected(format!("a cause, `=` and a finite number, as edh=2; causes are {}", causes.join(", ")))
                .found(format!("`{text}`"))
        };
        let (word, by) = text.split_once('=').ok_or_else(odd)?;
        let cause = Cause::all().find(|cause| cause.as_str() == word.trim()).ok_or_else(odd)?;
        let by = by.trim().parse().ok().filter(|by: &f64| by.is_finite()).ok_or_else(odd)?;
        Ok(Change { cause, by })
    }
}

impl TryFrom<String> for Change {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Change> for String {
    fn from(change: Change) -> String {
        change.to_string()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.cause.as_str(), self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_and_nonsense_is_refused() {
        for cause in Cause::all() {
            let change = Change { cause, by: -1.5 };
            assert_eq!(change.to_string().parse::<Change>().unwrap(), change);
        }
        for odd in ["", "edh", "edh=", "edh=nan", "edh=inf", "oedema=2", "=2", "edh=2=3"] {
            assert_eq!(odd.parse::<Change>().unwrap_err().code(), Code::Parameter, "{odd}");
        }
    }
}
