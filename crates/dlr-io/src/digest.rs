//! Content hashes (BLAKE3), the keys of the cache: two files are the same input if and only if their bytes are.

use crate::failure;
use dlr_core::Result;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// BLAKE3 of a file's bytes, as 64 hexadecimal digits. Name, folder and dates do not enter.
///
/// # Errors
/// [`dlr_core::Code::FileMissing`] for a file that cannot be read.
pub fn digest_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|e| failure::reading(path, &e))?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 17];
    loop {
        match file.read(&mut buffer).map_err(|e| failure::reading(path, &e))? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            n => hasher.update(&buffer[..n]),
        };
    }
}

/// BLAKE3 of bytes, as 64 hexadecimal digits.
pub fn digest_bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
