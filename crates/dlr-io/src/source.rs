//! [`Source`]: the bytes of a file, unpacked, with every checksum verified when the last byte has been read.
//!
//! Gzip is recognised by its first two bytes, not by the name. All members of a gzip file are read (pigz and bgzip
//! write several); the CRC-32 and the length of each are checked, and anything after the last is refused. Peers
//! check less: a damaged checksum goes unnoticed in nibabel and in the nifti crate.

use crate::failure;
use crate::limits::Packing;
use crate::whole;
use dlr_core::Result;
use flate2::bufread::GzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

const BUFFER: usize = 1 << 17;

/// Larger files are unpacked piece by piece: they are not held twice, and fresh memory costs what speed would gain.
const MOST_AT_ONCE: u64 = 16 << 20;

/// How far behind the last voxel a checksum is looked for.
const MAX_DRAINED: u64 = 8 << 20;

/// An open file, read from front to back.
pub(crate) struct Source {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    /// Size of the file on disk.
    pub(crate) file_len: u64,
    pub(crate) packing: Packing,
    /// Bytes taken since the start of the file, or of its packed part.
    taken: u64,
    /// Where in the file the packed part begins.
    packed_from: u64,
}

impl Source {
    /// Opens a file and unpacks it if it is gzip.
    pub(crate) fn open(path: &Path) -> Result<Source> {
        let mut plain = Source::open_plain(path)?;
        if plain.peek()?.starts_with(&[0x1f, 0x8b]) { plain.unpack(Packing::Gzip) } else { Ok(plain) }
    }

    /// Opens a file as it is.
    pub(crate) fn open_plain(path: &Path) -> Result<Source> {
        let file = File::open(path).map_err(|e| failure::reading(path, &e))?;
        let meta = file.metadata().map_err(|e| failure::reading(path, &e))?;
        if meta.is_dir() {
            return Err(failure::reading(path, &io::ErrorKind::IsADirectory.into()));
        }
        let reader = Box::new(BufReader::with_capacity(BUFFER, file));
        let (packing, taken, packed_from) = (Packing::Plain, 0, 0);
        Ok(Source { path: path.to_owned(), reader, file_len: meta.len(), packing, taken, packed_from })
    }

    /// Unpacks the rest of a plain source.
    pub(crate) fn unpack(self, packing: Packing) -> Result<Source> {
        let reader: Box<dyn BufRead> = match packing {
            Packing::Plain => return Ok(self),
            Packing::Gzip => Box::new(BufReader::with_capacity(BUFFER, Members::new(self.reader))),
            Packing::Bzip2 => {
                Box::new(BufReader::with_capacity(BUFFER, bzip2::bufread::MultiBzDecoder::new(self.reader)))
            }
        };
        Ok(Source { reader, packing, taken: 0, packed_from: self.taken, ..self })
    }

    /// The same source, of which `needed` more bytes will be read and no more follow. They are unpacked in one go where
    /// that is possible and everything is as it should be: nearly twice as fast. A file with any flaw is left to be
    /// read piece by piece, which tells what is wrong with it.
    pub(crate) fn at_once(self, needed: u64) -> Source {
        let total = self.taken + needed;
        if self.packing != Packing::Gzip || total > MOST_AT_ONCE {
            return self;
        }
        match whole::gunzip(&self.path, self.packed_from, total as usize) {
            Some(bytes) => {
                let mut cursor = io::Cursor::new(bytes);
                cursor.set_position(self.taken);
                Source { reader: Box::new(cursor), ..self }
            }
            None => self,
        }
    }

    /// The next bytes, without taking them.
    pub(crate) fn peek(&mut self) -> Result<&[u8]> {
        self.reader.fill_buf().map_err(|e| failure::reading(&self.path, &e))
    }

    /// Fills `bytes` with the voxels that follow `before` bytes of `expected`, or refuses a file that ends early.
    pub(crate) fn read_voxels(&mut self, bytes: &mut [u8], before: u64, expected: u64) -> Result<()> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.reader.read(&mut bytes[filled..]) {
                Ok(0) => return Err(failure::truncated_after(&self.path, before + filled as u64, expected)),
                Ok(n) => {
                    filled += n;
                    self.taken += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(failure::truncated_after(&self.path, before + filled as u64, expected));
                }
                Err(e) => return Err(failure::reading(&self.path, &e)),
            }
        }
        Ok(())
    }

    /// The next `n` bytes, or fewer where the file ends.
    pub(crate) fn up_to(&mut self, n: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut self.reader).take(n).read_to_end(&mut bytes).map_err(|e| failure::reading(&self.path, &e))?;
        self.taken += bytes.len() as u64;
        Ok(bytes)
    }

    /// Drops `n` bytes.
    pub(crate) fn skip(&mut self, n: u64) -> Result<()> {
        let skipped = io::copy(&mut (&mut self.reader).take(n), &mut io::sink());
        match skipped.map_err(|e| failure::reading(&self.path, &e))? {
            found if found == n => {
                self.taken += n;
                Ok(())
            }
            _ => Err(failure::truncated(&self.path)),
        }
    }

    /// One line without its end, of fewer than `limit` bytes. The last line of a file may lack its line feed.
    pub(crate) fn line(&mut self, limit: u64) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        (&mut self.reader).take(limit).read_until(b'\n', &mut line).map_err(|e| failure::reading(&self.path, &e))?;
        self.taken += line.len() as u64;
        if line.len() as u64 >= limit {
            return Err(failure::format(&self.path, "the header has no end"));
        }
        for end in *b"\n\r" {
            line.pop_if(|last| *last == end);
        }
        Ok(line)
    }

    /// Everything that is left, refused above `limit` bytes.
    pub(crate) fn rest(&mut self, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut self.reader)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|e| failure::reading(&self.path, &e))?;
        if bytes.len() as u64 > limit { Err(failure::too_long(&self.path, limit)) } else { Ok(bytes) }
    }

    /// Refuses anything that follows. Reading to the end is also what verifies the checksums.
    pub(crate) fn finish(mut self, expected: u64) -> Result<()> {
        match self.reader.fill_buf() {
            Ok([]) => return Ok(()),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(failure::without_checksum(&self.path)),
            Err(e) => return Err(failure::reading(&self.path, &e)),
        }
        // A damaged stream often grows: its checksum, if it is near, tells damage from a header that does not fit.
        if self.packing != Packing::Plain {
            self.up_to(MAX_DRAINED)?;
        }
        Err(failure::too_long(&self.path, expected))
    }

    /// Other bytes under the same name.
    pub(crate) fn replaced(&self, bytes: impl BufRead + 'static) -> Source {
        let Source { file_len, packing, packed_from, .. } = *self;
        Source { path: self.path.clone(), reader: Box::new(bytes), file_len, packing, taken: 0, packed_from }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// All members of a gzip stream, one after the other.
struct Members {
    decoder: Option<GzDecoder<Box<dyn BufRead>>>,
    n_finished: usize,
}

impl Members {
    fn new(reader: Box<dyn BufRead>) -> Self {
        Members { decoder: Some(GzDecoder::new(reader)), n_finished: 0 }
    }
}

impl Read for Members {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            match decoder.read(out) {
                Ok(0) if !out.is_empty() => {
                    // The decoder has checked CRC-32 and length of this member. What follows must be another one.
                    self.n_finished += 1;
                    let Some(mut reader) = self.decoder.take().map(GzDecoder::into_inner) else { break };
                    let next = reader.fill_buf()?;
                    if next.is_empty() {
                        break;
                    }
                    if !next.starts_with(&[0x1f]) {
                        return Err(io::Error::new(
                            io::ErrorKind::InvalidData,
                            "bytes follow the end of the gzip data",
                        ));
                    }
                    self.decoder = Some(GzDecoder::new(reader));
                }
                // Damaged data can make the decoder run past the end of the file: only the code differs.
                other => return other,
            }
        }
        Ok(0)
    }
}
