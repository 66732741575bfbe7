//! PyTorch checkpoints (`.pth`, `.pt`) read as named tensors, without Python and without executing anything.
//!
//! Both forms that `torch.save` has written: the zip archive (since 1.6) and the older stream of pickles, in which
//! MedicalNet's files are. A checkpoint may hold the state dict itself or a dict that holds it. Compressed archives and
//! sparse or quantised tensors are refused.

use crate::pickle::{Pickle, Pickled};
use crate::weights::{WeightTensor, Weights, floats};
use dlr_core::{Code, Error, Result};
use safetensors::Dtype;
use std::collections::BTreeMap;

const LEGACY_MAGIC: [u8; 13] = *b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P";

/// Reads a checkpoint. Integer tensors (counters) are left out.
pub(crate) fn read(bytes: &[u8]) -> Result<Weights> {
    if bytes.starts_with(b"PK\x03\x04") {
        let entries = zip_entries(bytes)?;
        let (name, pickle) = entries
            .iter()
            .find(|(name, _)| name.ends_with("/data.pkl") || *name == "data.pkl")
            .ok_or_else(|| bad("is a zip archive without `data.pkl`"))?;
        let folder = name.strip_suffix("data.pkl").unwrap_or_default();
        if entries.get(&format!("{folder}byteorder")).is_some_and(|order| *order != b"little") {
            return Err(bad("was written on a big-endian machine"));
        }
        let (pickle, root, _) = Pickle::read(pickle)?;
        tensors(&pickle, &root, |key| entries.get(&format!("{folder}data/{key}")).copied())
    } else if bytes.starts_with(&LEGACY_MAGIC) {
        legacy(bytes)
    } else {
        Err(bad("is neither a zip archive nor an older PyTorch file"))
    }
}

fn bad(what: &str) -> Error {
    Error::new(Code::FileFormat, format!("the checkpoint {what}")).expected("a file that torch.save has written")
}

fn cut() -> Error {
    Error::new(Code::FileTruncated, "the checkpoint ends early")
}

/// Magic number, protocol, machine, the object, the keys of the storages, and then their bytes.
fn legacy(bytes: &[u8]) -> Result<Weights> {
    let mut at = 0;
    for _ in 0..3 {
        at += Pickle::read(&bytes[at..])?.2;
    }
    let (pickle, root, used) = Pickle::read(&bytes[at..])?;
    at += used;
    let (lists, keys, used) = Pickle::read(&bytes[at..])?;
    at += used;
    let Pickled::List(keys) = keys else { return Err(bad("does not list its storages")) };
    let sizes = storage_sizes(&pickle);
    let mut storages = BTreeMap::new();
    for key in &lists.lists[keys] {
        let Pickled::Text(key) = key else { return Err(bad("names a storage by something that is no text")) };
        let n = bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes).ok_or_else(cut)?;
        let size = sizes.get(key).ok_or_else(|| bad("holds a storage that no tensor uses"))?;
        let end = usize::try_from(n).ok().and_then(|n| n.checked_mul(*size)).and_then(|n| n.checked_add(at + 8));
        let storage = end.and_then(|end| bytes.get(at + 8..end)).ok_or_else(cut)?;
        at += 8 + storage.len();
        storages.insert(key.clone(), storage);
    }
    tensors(&pickle, &root, |key| storages.get(key).copied())
}

/// Bytes per value of every storage that the object mentions.
fn storage_sizes(pickle: &Pickle) -> BTreeMap<String, usize> {
    let described = pickle.storages.iter().filter_map(|tuple| Storage::parse(&pickle.tuples[*tuple]));
    described.map(|storage| (storage.key.to_owned(), storage.kind.size())).collect()
}

/// The floating point tensors of the state dict that `root` is or holds.
fn tensors<'a>(pickle: &Pickle, root: &Pickled, storage: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Weights> {
    let mut weights = Weights::default();
    for (name, arguments) in state_dict(pickle, root)? {
        if let Some(tensor) =
            tensor(pickle, arguments, &storage).map_err(|what| bad(&format!("tensor `{name}` {what}")))?
        {
            weights.tensors.insert(name.to_owned(), tensor);
        }
    }
    weights.must_be_finite()?;
    Ok(weights)
}

/// Names and the descriptions of tensors: of `root`, of its `state_dict`, or of its only dict with tensors.
fn state_dict<'a>(pickle: &'a Pickle, root: &'a Pickled) -> Result<Vec<(&'a str, &'a [Pickled])>> {
    let entries = |value: &'a Pickled| -> Vec<(&'a str, &'a [Pickled])> {
        let Pickled::Dict(dict) = value else { return Vec::new() };
        let named = pickle.dicts[*dict].iter().filter_map(|(key, value)| match key {
            Pickled::Text(key) => Some((key.as_str(), rebuilt(pickle, value)?)),
            _ => None,
        });
        named.collect()
    };
    let own = entries(root);
    if !own.is_empty() {
        return Ok(own);
    }
    let Pickled::Dict(dict) = root else { return Err(bad("holds no dict of tensors")) };
    let inner = pickle.dicts[*dict].iter().filter_map(|(key, value)| match key {
        Pickled::Text(key) => Some((key.as_str(), entries(value))).filter(|(_, list)| !list.is_empty()),
        _ => None,
    });
    let mut inner: Vec<_> = inner.collect();
    if let Some(place) = inner.iter().position(|(key, _)| *key == "state_dict") {
        return Ok(inner.swap_remove(place).1);
    }
    match inner.len() {
        1 => Ok(inner.swap_remove(0).1),
        0 => Err(bad("holds no dict of tensors")),
        _ => {
            let keys = inner.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
            Err(bad("holds several dicts of tensors and none is called `state_dict`").found(keys))
        }
    }
}

/// The arguments of the call that makes a tensor, also inside that of a parameter.
fn rebuilt<'a>(pickle: &'a Pickle, value: &Pickled) -> Option<&'a [Pickled]> {
    let called = |value: &Pickled| {
        let Pickled::Call(call) = value else { return None };
        let (Pickled::Global(name), arguments) = &pickle.calls[*call] else { return None };
        Some((name.as_str(), pickle.tuples[*arguments].as_slice()))
    };
    let is_tensor = |name: &str| matches!(name, "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor");
    match called(value)? {
        (name, arguments) if is_tensor(name) => Some(arguments),
        ("torch._utils._rebuild_parameter", [data, ..]) => {
            called(data).filter(|(name, _)| is_tensor(name)).map(|(_, arguments)| arguments)
        }
        _ => None,
    }
}

/// `(storage, offset, shape, stride, ...)` as a tensor; `None` for integers.
fn tensor<'a>(
    pickle: &Pickle,
    arguments: &[Pickled],
    storage: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<Option<WeightTensor>, &'static str> {
    let [Pickled::Persistent(described), offset, Pickled::Tuple(shape), Pickled::Tuple(stride), ..] = arguments else {
        return Err("is not described by storage, offset, shape and stride");
    };
    let described = Storage::parse(&pickle.tuples[*described]).ok_or("lies in a storage of an unknown kind")?;
    let Kind::Float(dtype) = described.kind else { return Ok(None) };
    let bytes = storage(described.key).ok_or("lies in a storage that the file does not hold")?;
    let values = floats(dtype, bytes).ok_or("is not of floating point numbers")?;
    let offset = size(offset).ok_or("has no usable offset")?;
    let sizes = |tuple: usize| pickle.tuples[tuple].iter().map(size).collect::<Option<Vec<usize>>>();
    let (shape, stride) = (sizes(*shape).ok_or("has no usable shape")?, sizes(*stride).ok_or("has no usable stride")?);
    let n = shape.iter().try_fold(1_usize, |n, s| n.checked_mul(*s)).filter(|n| *n <= values.len());
    let (Some(n), true) = (n, shape.len() == stride.len()) else { return Err("is larger than its storage") };
    let mut taken = Vec::with_capacity(n);
    let mut index = vec![0_usize; shape.len()];
    for _ in 0..n {
        let place = index.iter().zip(&stride).try_fold(offset, |sum, (i, s)| sum.checked_add(i.checked_mul(*s)?));
        taken.push(*place.and_then(|p| values.get(p)).ok_or("reaches beyond its storage")?);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Ok(Some(WeightTensor { shape, values: taken }))
}

fn size(value: &Pickled) -> Option<usize> {
    if let Pickled::Int(v) = value { usize::try_from(*v).ok() } else { None }
}

/// `("storage", class, key, device, length)`.
struct Storage<'a> {
    kind: Kind,
    key: &'a str,
}

enum Kind {
    Float(Dtype),
    /// Bytes per value.
    Integer(usize),
}

impl Kind {
    fn size(&self) -> usize {
        match self {
            Kind::Float(Dtype::F64) => 8,
            Kind::Float(Dtype::F16 | Dtype::BF16) => 2,
            Kind::Float(_) => 4,
            Kind::Integer(n) => *n,
        }
    }
}

impl<'a> Storage<'a> {
    fn parse(described: &'a [Pickled]) -> Option<Self> {
        let [Pickled::Text(word), Pickled::Global(class), Pickled::Text(key), ..] = described else { return None };
        if word != "storage" {
            return None;
        }
        let kind = match class.strip_prefix("torch.")? {
            "FloatStorage" => Kind::Float(Dtype::F32),
            "DoubleStorage" => Kind::Float(Dtype::F64),
            "HalfStorage" => Kind::Float(Dtype::F16),
            "BFloat16Storage" => Kind::Float(Dtype::BF16),
            "LongStorage" => Kind::Integer(8),
            "IntStorage" => Kind::Integer(4),
            "ShortStorage" => Kind::Integer(2),
            "CharStorage" | "ByteStorage" | "BoolStorage" => Kind::Integer(1),
            _ => return None,
        };
        Some(Storage { kind, key })
    }
}

/// The stored files of a zip archive by name, each checked against its CRC-32.
fn zip_entries(bytes: &[u8]) -> Result<BTreeMap<String, &[u8]>> {
    let u16_at = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let u32_at = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let start = bytes.len().saturating_sub(65_557);
    let end = bytes[start..].windows(4).rposition(|w| w == b"PK\x05\x06").ok_or_else(cut)? + start;
    let (count, mut at) = u16_at(end + 10).zip(u32_at(end + 16)).ok_or_else(cut)?;
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
            return Err(bad("is a zip archive with a damaged directory (or of more than 4 GB)"));
        }
        let header = |offset: usize| u32_at(at + offset).ok_or_else(cut);
        let short = |offset: usize| u16_at(at + offset).ok_or_else(cut);
        let (method, crc, size, local) = (short(10)?, header(16)?, header(20)?, header(42)?);
        let (n_name, n_extra, n_comment) = (short(28)?, short(30)?, short(32)?);
        let name = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + n_name).ok_or_else(cut)?).into_owned();
        if method != 0 {
            return Err(bad(&format!("is an archive with `{name}` compressed, which torch.save never does")));
        }
        let (n_name_local, n_extra_local) = u16_at(local + 26).zip(u16_at(local + 28)).ok_or_else(cut)?;
        let from = local + 30 + n_name_local + n_extra_local;
        let data = bytes.get(from..from + size).ok_or_else(cut)?;
        if crc32(data) as usize != crc {
            return Err(Error::new(
                Code::FileCorrupt,
                format!("the checksum of `{name}` in the checkpoint does not fit"),
            ));
        }
        entries.insert(name, data);
        at += 46 + n_name + n_extra + n_comment;
    }
    Ok(entries)
}

/// CRC-32 as zip uses it (polynomial 0xEDB88320).
fn crc32(bytes: &[u8]) -> u32 {
    let table: [u32; 256] =
        std::array::from_fn(|i| (0..8).fold(i as u32, |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 }));
    !bytes.iter().fold(!0, |c, b| table[((c ^ u32::from(*b)) & 0xff) as usize] ^ (c >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert;

    #[test]
    fn crc_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(data_fixtures::path("network/made").join(name)).unwrap()
    }

    #[test]
    fn both_forms_give_the_tensors_that_pytorch_wrote() {
        let expected = Weights::from_safetensors(&fixture("medicalnet18_w2.safetensors")).unwrap();
        let config = expected.config().unwrap();
        for form in ["zip", "legacy"] {
            let weights = Weights::from_bytes(&fixture(&format!("medicalnet18_w2_{form}.pth"))).unwrap();
            let (converted, dropped) = convert(&weights, &config).unwrap();
            assert_eq!(converted.tensors, expected.tensors, "{form}");
            assert_eq!(dropped, ["module.conv_seg.0.weight"]);
        }
    }

    #[test]
    fn a_damaged_checkpoint_is_refused_wherever_it_is_cut_or_changed() {
        for form in ["zip", "legacy"] {
            let bytes = fixture(&format!("medicalnet18_w2_{form}.pth"));
            for cut in (0..bytes.len()).step_by(997) {
                assert!(read(&bytes[..cut]).is_err(), "{form} cut at {cut}");
            }
        }
        let mut bytes = fixture("medicalnet18_w2_zip.pth");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        assert_eq!(read(&bytes).unwrap_err().code(), Code::FileCorrupt);
    }

    #[test]
    fn other_files_are_refused() {
        for bytes in [&b""[..], b"PK\x03\x04", b"\x80\x02}q\x00.", b"hello", &LEGACY_MAGIC] {
            assert!(read(bytes).is_err());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(start in 0..3_usize, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let start: &[u8] = [&b""[..], b"PK\x03\x04", &LEGACY_MAGIC][start];
            let _ = read(&[start, &bytes, b"PK\x05\x06", &bytes].concat());
        }
    }
}
