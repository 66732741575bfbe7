//! A gzip file unpacked in one go, by libdeflate.

use libdeflater::{Decompressor, crc32};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The unpacked bytes of the one member that begins at place `from` of the file, if it is sound, unpacks to exactly
/// `total` bytes and ends where the file ends.
pub(crate) fn gunzip(path: &Path, from: u64, total: usize) -> Option<Vec<u8>> {
    let mut packed = Vec::new();
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    file.read_to_end(&mut packed).ok()?;
    let mut bytes = vec![0; total];
    let n = Decompressor::new().gzip_decompress(&packed, &mut bytes).ok()?;
    // The library checks the member, but does not say where it ended: its checksum and length are its last bytes.
    let end = [crc32(&bytes).to_le_bytes(), (total as u32).to_le_bytes()].concat();
    (n == total && packed.ends_with(&end)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_sound_member_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.gz");
        let bytes: Vec<u8> = (0..5000u32).map(|i| (i * i % 251) as u8).collect();
        let member = packed(&bytes);
        let gunzipped = |file: Vec<u8>, from, total| {
            std::fs::write(&path, file).unwrap();
            gunzip(&path, from, total)
        };
        let headed = [b"head".as_slice(), &member].concat();
        assert_eq!(gunzipped(headed.clone(), 4, 5000), Some(bytes.clone()));
        for (from, total) in [(4, 4999), (4, 5001), (0, 5000), (99_999, 5000)] {
            assert_eq!(gunzipped(headed.clone(), from, total), None, "{from} {total}");
        }
        let mut damaged = member.clone();
        let last = damaged.len() - 6;
        damaged[last] ^= 1;
        assert_eq!(gunzipped(damaged, 0, 5000), None, "a wrong checksum");
        assert_eq!(gunzipped([member.clone(), b"x".to_vec()].concat(), 0, 5000), None, "a byte too many");
        assert_eq!(gunzipped([member.clone(), packed(&[])].concat(), 0, 5000), None, "a second member");
        assert_eq!(gunzipped(member[..member.len() - 1].to_vec(), 0, 5000), None, "a byte too few");
    }
}
