//! Hashes the source of every crate that a feature's value depends on into `DLR_FEATURE_CODE`, which goes into each
//! cache key: whoever changes how a feature is computed never meets values of before, without raising a number by hand.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
};

/// Crates whose code changes feature values. Where their folders are not beside this one, the version stands for them.
const CRATES: [&str; 6] = ["dlr-core", "dlr-io", "dlr-imaging", "dlr-radiomics", "dlr-deep", "dlr-phantom"];

fn main() {
    let mut hasher = DefaultHasher::new();
    for name in CRATES {
        let source = Path::new("..").join(name).join("src");
        println!("cargo::rerun-if-changed={}", source.display());
        for file in files(&source) {
            let inside = file.strip_prefix(&source).unwrap_or(&file);
            (name, inside.to_string_lossy().replace('\\', "/")).hash(&mut hasher);
            fs::read(&file).unwrap_or_default().hash(&mut hasher);
        }
    }
    // The versions of what these crates are built on.
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    fs::read("../../Cargo.lock").unwrap_or_default().hash(&mut hasher);
    println!("cargo::rustc-env=DLR_FEATURE_CODE={:016x}", hasher.finish());
}

/// All files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
