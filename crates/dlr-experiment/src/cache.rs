//! [`Cache`]: features that were computed before, found by the content they were computed from.
//!
//! A key is a hash of everything that the value depends on; there is no index, no row number and no date, so nothing
//! can be stale. A file is written beside its place and then renamed, so a killed run leaves none half-written.

use dlr_core::{Code, Error, FeatureName, FeatureVector, Result, Undefined};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// A folder of computed features.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// Hashes its parts, each with its length in front, so that no two lists of parts run into one another.
pub fn key(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[derive(Serialize, Deserialize)]
struct Entry {
    names: Vec<FeatureName>,
    // Bits, not decimals: what comes out is what went in, NaN included.
    bits: Vec<u64>,
    undefined: BTreeMap<FeatureName, (String, String)>,
    notes: Vec<String>,
    check: String,
}

/// Features of a case, and what was noted of it when they were computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Cached {
    /// The features.
    pub vector: FeatureVector,
    /// [`dlr_core::Case::notes`].
    pub notes: Vec<String>,
}

impl Entry {
    fn check_of(names: &[FeatureName], bits: &[u64]) -> String {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let bits: Vec<String> = bits.iter().map(u64::to_string).collect();
        key(&names.iter().chain(&bits).map(String::as_str).collect::<Vec<_>>())
    }
}

impl Cache {
    /// A cache in a folder, which is made when something is stored.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Cache { folder: folder.into() }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(&key[..2]).join(format!("{key}.json"))
    }

    /// What was stored under a key. A damaged or foreign file counts as not there: it will be computed again.
    pub fn load(&self, key: &str) -> Option<Cached> {
        let bytes = fs::read(self.path(key)).ok()?;
        let entry: Entry = serde_json::from_slice(&bytes).ok()?;
        if entry.names.len() != entry.bits.len() || entry.check != Entry::check_of(&entry.names, &entry.bits) {
            return None;
        }
        let mut vector = FeatureVector::new();
        for (name, bits) in entry.names.into_iter().zip(entry.bits) {
            match entry.undefined.get(&name) {
                Some((code, reason)) => vector.push_undefined(name, Undefined::new(code.clone(), reason.clone())),
                None => vector.push(name, f64::from_bits(bits)),
            }
        }
        Some(Cached { vector, notes: entry.notes })
    }

    /// Stores features, and the notes of their case, under their key.
    ///
    /// # Errors
    /// [`Code::FileWrite`].
    pub fn store(&self, key: &str, vector: &FeatureVector, notes: &[String]) -> Result<()> {
        let bits: Vec<u64> = vector.values().iter().map(|v| v.to_bits()).collect();
        let undefined = vector.undefined().iter();
        let entry = Entry {
            check: Entry::check_of(vector.names(), &bits),
            names: vector.names().to_vec(),
            bits,
            notes: notes.to_vec(),
            undefined: undefined.map(|(n, u)| (n.clone(), (u.code.to_string(), u.reason.clone()))).collect(),
        };
        let bytes = serde_json::to_vec(&entry)
            .map_err(|e| Error::new(Code::FileWrite, format!("features cannot be cached: {e}")))?;
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(|e| dlr_io::not_written("the cache folder cannot be written", &e))?;
        dlr_io::atomic::write(&path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector() -> FeatureVector {
        let name = |f: &str| FeatureName::new("intra", "original", "glcm", f).unwrap();
        let mut vector = FeatureVector::new();
        vector.push(name("Contrast"), 0.1 + 0.2);
        vector.push_undefined(name("MCC"), Undefined::new("flat-region", "one grey level"));
        vector
    }

    #[test]
    fn gives_back_the_same_bits() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        let key = key(&["a", "b"]);
        assert!(cache.load(&key).is_none());
        let notes = ["cut".to_owned()];
        cache.store(&key, &vector(), &notes).unwrap();
        let Cached { vector: back, notes: told } = cache.load(&key).unwrap();
        assert_eq!(told, notes);
        assert_eq!(back.names(), vector().names());
        assert_eq!(back.values()[0].to_bits(), vector().values()[0].to_bits());
        assert!(back.values()[1].is_nan());
        assert_eq!(back.undefined(), vector().undefined());
    }

    #[test]
    fn damage_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        let key = key(&["a"]);
        cache.store(&key, &vector(), &[]).unwrap();
        let text = fs::read_to_string(cache.path(&key)).unwrap();
        for damaged in [String::new(), text[..text.len() / 2].to_owned(), text.replacen("459", "458", 1)] {
            assert_ne!(damaged, text);
            fs::write(cache.path(&key), damaged).unwrap();
            assert!(cache.load(&key).is_none());
        }
    }

    /// A file where a folder should be: refused by the system for every user, also for root in a container.
    #[test]
    fn a_cache_that_cannot_be_written_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("cache");
        fs::write(&place, "").unwrap();
        let error = Cache::new(&place).store(&key(&["a"]), &vector(), &[]).unwrap_err();
        assert_eq!(error.code(), Code::FileWrite);
        let text = error.to_string();
        let reason = fs::create_dir_all(place.join("x")).unwrap_err().to_string();
        assert!(text.contains(&format!("found {reason}")) && text.contains("hint: "), "{text}");
        assert!(!text.contains(&folder.path().display().to_string()), "{text}");
    }

    #[test]
    fn parts_do_not_run_into_one_another() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["a", ""]), key(&["a"]));
    }
}
