//! [`Header`]: the fields of a NRRD header that matter here, checked. Key/value pairs and comments are passed over.

use super::Packing;
use crate::failure;
use crate::sample::SampleType;
use crate::source::Source;
use dlr_core::{Error, Geometry, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// How the data are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Packed(Packing),
    Ascii,
}

/// A header whose numbers can be relied on.
pub(super) struct Header {
    /// Array order `[z, y, x]`.
    pub(super) shape: [u64; 3],
    pub(super) sample: SampleType,
    pub(super) big_endian: bool,
    pub(super) encoding: Encoding,
    pub(super) data_file: Option<String>,
    pub(super) line_skip: u64,
    pub(super) byte_skip: Option<i64>,
    pub(super) notes: Vec<String>,
    /// Steps along the axes of the file (x first) in LPS, where the file gives them.
    steps: Option<[[f64; 3]; 3]>,
    /// Spacing along the axes of the file, where only that is given.
    spacings: [f64; 3],
    origin: [f64; 3],
}

const MAX_LINE: u64 = 64 << 10;
const MAX_LINES: usize = 10_000;

impl Header {
    /// Takes the header and the empty line after it from the front of `source`.
    pub(super) fn read(source: &mut Source) -> Result<Header> {
        let path = source.path().to_owned();
        let magic = source.line(MAX_LINE)?;
        if !matches!(magic.strip_prefix(b"NRRD000"), Some([b'1'..=b'6', ..])) {
            return Err(failure::format(&path, "not a version of NRRD that is known").expected("NRRD0001 to NRRD0006"));
        }
        Header::from_fields(&path, &fields(source, &path)?)
    }

    fn from_fields(path: &Path, fields: &BTreeMap<String, String>) -> Result<Header> {
        let required = |key: &str| {
            fields.get(key).ok_or_else(|| failure::format(path, format!("the header has no field `{key}`")))
        };
        let axes = Axes::new(path, fields, required("dimension")?, required("sizes")?)?;
        let sample = sample_type(path, required("type")?)?;
        let encoding = encoding(path, required("encoding")?)?;
        let big_endian = match fields.get("endian").map(String::as_str) {
            Some("little") => false,
            Some("big") => true,
            None if sample.n_bytes() == 1 || encoding == Encoding::Ascii => false,
            None => return Err(failure::format(path, "the header has no field `endian`")),
            Some(other) => return Err(failure::format(path, format!("endian is `{other}`")).expected("little or big")),
        };
        let data_file = fields.get("data file").cloned();
        if let Some(name) = &data_file
            && (name.starts_with("LIST") || name.contains('%'))
        {
            return Err(failure::format(path, "several data files").expected("one data file"));
        }
        let whole = |key: &str| match fields.get(key) {
            None => Ok(None),
            Some(text) => match text.parse::<i64>() {
                Ok(n) => Ok(Some(n)),
                Err(_) => Err(failure::format(path, format!("{key} is `{text}`")).expected("a whole number")),
            },
        };
        let line_skip = whole("line skip")?.unwrap_or(0);
        let line_skip = u64::try_from(line_skip)
            .map_err(|_| failure::format(path, format!("line skip is {line_skip}")).expected("0 or more"))?;
        let mut notes = Vec::new();
        let (steps, spacings, origin) = axes.placement(path, fields, &mut notes)?;
        Ok(Header {
            shape: axes.shape(),
            sample,
            big_endian,
            encoding,
            data_file,
            line_skip,
            byte_skip: whole("byte skip")?,
            notes,
            steps,
            spacings,
            origin,
        })
    }

    pub(super) fn is_placed(&self) -> bool {
        self.steps.is_some()
    }

    /// The grid in LPS.
    pub(super) fn geometry(&self, path: &Path, shape: [usize; 3]) -> Result<Geometry> {
        let steps = self.steps.unwrap_or_else(|| {
            let [x, y, z] = self.spacings;
            [[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]]
        });
        let [x, y, z] = steps;
        let length = |v: [f64; 3]| v.iter().map(|c| c * c).sum::<f64>().sqrt();
        let array_order = [z, y, x];
        let spacing = array_order.map(length);
        // A step of length 0 gives NaN here and is refused as such.
        let direction = array_order.map(|v| v.map(|c| c / length(v) + 0.0));
        Geometry::new(shape, spacing, self.origin, direction)
            .map_err(|e| Error::new(e.code(), format!("file `{}`: {}", failure::base_name(path), e.fact())))
    }
}

/// All `field: value` lines up to the empty line (or the end of a detached header), keys in lower case.
fn fields(source: &mut Source, path: &Path) -> Result<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for _ in 0..MAX_LINES {
        if source.peek()?.is_empty() {
            return Ok(fields);
        }
        let line = source.line(MAX_LINE)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let line = String::from_utf8_lossy(&line);
        if line.starts_with('#') || line.contains(":=") {
            continue;
        }
        let Some((key, value)) = line.split_once(": ").or_else(|| line.split_once(':')) else {
            return Err(failure::format(path, "a header line is neither a field, a key nor a comment"));
        };
        let key = match key.trim().to_ascii_lowercase().as_str() {
            "datafile" => "data file".to_owned(),
            "lineskip" => "line skip".to_owned(),
            "byteskip" => "byte skip".to_owned(),
            key => key.to_owned(),
        };
        let value = value.trim().to_owned();
        let value = if key == "data file" { value } else { value.to_ascii_lowercase() };
        if fields.insert(key.clone(), value).is_some() {
            return Err(failure::format(path, format!("field `{key}` is given twice")));
        }
    }
    Err(failure::format(path, "the header has no end"))
}

fn sample_type(path: &Path, name: &str) -> Result<SampleType> {
    Ok(match name {
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => SampleType::U8,
        "signed char" | "int8" | "int8_t" => SampleType::I8,
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => SampleType::U16,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => SampleType::I16,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => SampleType::U32,
        "int" | "signed int" | "int32" | "int32_t" => SampleType::I32,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => SampleType::U64,
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => SampleType::I64,
        "float" => SampleType::F32,
        "double" => SampleType::F64,
        other => return Err(failure::format(path, format!("voxel type `{other}` is not supported"))),
    })
}

fn encoding(path: &Path, name: &str) -> Result<Encoding> {
    Ok(match name {
        "raw" => Encoding::Packed(Packing::Plain),
        "gzip" | "gz" => Encoding::Packed(Packing::Gzip),
        "bzip2" | "bz2" => Encoding::Packed(Packing::Bzip2),
        "ascii" | "text" | "txt" => Encoding::Ascii,
        other => {
            return Err(failure::format(path, format!("encoding `{other}` is not supported"))
                .expected("raw, gzip, bzip2 or ascii"));
        }
    })
}

/// The sizes of the file's axes, and which of them are spatial.
struct Axes {
    sizes: Vec<u64>,
    /// Indices of the spatial axes, x first. At most three.
    spatial: Vec<usize>,
}

/// Steps, spacings and origin.
type Placement = (Option<[[f64; 3]; 3]>, [f64; 3], [f64; 3]);

impl Axes {
    fn new(path: &Path, fields: &BTreeMap<String, String>, dimension: &str, sizes: &str) -> Result<Axes> {
        let bad = || failure::format(path, format!("dimension is `{dimension}`, sizes are `{sizes}`"));
        let n: usize = dimension.parse().map_err(|_| bad())?;
        let sizes: Vec<u64> =
            sizes.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
        if !(1..=16).contains(&n) || sizes.len() != n || sizes.contains(&0) {
            return Err(bad().expected("as many sizes above 0 as there are dimensions"));
        }
        // An axis with direction `none` is not spatial. Without that word the first three are.
        let vectors = fields.get("space directions").map(|text| vectors(text)).unwrap_or_default();
        let is_none = |axis: usize| vectors.get(axis).is_some_and(Option::is_none);
        let spatial: Vec<usize> = (0..n).filter(|axis| !is_none(*axis)).take(3).collect();
        let others = (0..n).filter(|axis| !spatial.contains(axis));
        if let Some(axis) = others.into_iter().find(|axis| sizes[*axis] != 1) {
            let size = sizes[axis];
            return Err(failure::format(path, format!("the file holds {size} volumes or components"))
                .expected("one scalar volume"));
        }
        if spatial.is_empty() {
            return Err(failure::format(path, "no axis is spatial"));
        }
        Ok(Axes { sizes, spatial })
    }

    fn shape(&self) -> [u64; 3] {
        let side = |i: usize| self.spatial.get(i).map_or(1, |axis| self.sizes[*axis]);
        [side(2), side(1), side(0)]
    }

    fn placement(&self, path: &Path, f: &BTreeMap<String, String>, notes: &mut Vec<String>) -> Result<Placement> {
        let sign = space_signs(path, f.get("space").map(String::as_str), notes)?;
        if self.spatial.len() < 3 {
            notes.push(format!("the image has {} of three dimensions: the others taken as 1 mm", self.spatial.len()));
        }
        let origin = match f.get("space origin") {
            None => [0.0; 3],
            Some(text) => match vectors(text).as_slice() {
                [Some(point)] => three(point).ok_or_else(|| bad_vector(path, "space origin", text))?,
                _ => return Err(bad_vector(path, "space origin", text)),
            },
        };
        let origin = [0, 1, 2].map(|i| sign[i] * origin[i] + 0.0);
        let Some(text) = f.get("space directions") else {
            return Ok((None, self.spacings(path, f, notes)?, origin));
        };
        let given = vectors(text);
        if given.len() != self.sizes.len() {
            return Err(bad_vector(path, "space directions", text));
        }
        let mut steps = Vec::new();
        for axis in &self.spatial {
            let step = given[*axis].as_deref().and_then(three);
            let step = step.ok_or_else(|| bad_vector(path, "space directions", text))?;
            steps.push([0, 1, 2].map(|i| sign[i] * step[i]));
        }
        match steps.as_slice() {
            [x, y, z] => Ok((Some([*x, *y, *z]), [1.0; 3], origin)),
            // The axes that a flat image lacks stand at right angles to those it has.
            [x, y] => Ok((Some([*x, *y, normal(*x, *y)]), [1.0; 3], origin)),
            _ => Err(bad_vector(path, "space directions", text)),
        }
    }

    fn spacings(&self, path: &Path, f: &BTreeMap<String, String>, notes: &mut Vec<String>) -> Result<[f64; 3]> {
        let Some(text) = f.get("spacings") else {
            notes.push("the file gives neither spacing nor position: 1 mm taken".to_owned());
            return Ok([1.0; 3]);
        };
        notes.push("the file gives a spacing but no position: orientation unknown".to_owned());
        let all: Vec<f64> = text.split_ascii_whitespace().filter_map(|t| t.parse().ok()).collect();
        if all.len() != self.sizes.len() {
            return Err(failure::format(path, format!("spacings are `{text}`")).expected("one number per dimension"));
        }
        Ok([0, 1, 2].map(|i| self.spatial.get(i).map_or(1.0, |axis| all[*axis])))
    }
}

/// Factors that bring the file's space to LPS.
fn space_signs(path: &Path, space: Option<&str>, notes: &mut Vec<String>) -> Result<[f64; 3]> {
    Ok(match space {
        Some("left-posterior-superior" | "lps") => [1.0; 3],
        Some("right-anterior-superior" | "ras") => [-1.0, -1.0, 1.0],
        Some("left-anterior-superior" | "las") => [1.0, -1.0, 1.0],
        None => [1.0; 3],
        Some(other @ ("scanner-xyz" | "3d-right-handed" | "3d-left-handed")) => {
            notes.push(format!("space `{other}` says nothing about the patient: taken as left-posterior-superior"));
            [1.0; 3]
        }
        Some(other) => return Err(failure::format(path, format!("space `{other}` is not supported"))),
    })
}

/// `(1,0,0) none (0,0,1)`: each vector, `None` for `none`. Text that is no number becomes NaN, refused later.
fn vectors(text: &str) -> Vec<Option<Vec<f64>>> {
    let mut vectors = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('(') {
            let (vector, after) = inner.split_once(')').unwrap_or((inner, ""));
            vectors.push(Some(vector.split(',').map(|n| n.trim().parse().unwrap_or(f64::NAN)).collect()));
            rest = after.trim_start();
        } else {
            let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            vectors.push(if word == "none" { None } else { Some(vec![f64::NAN]) });
            rest = after.trim_start();
        }
    }
    vectors
}

/// Two or three finite numbers as a point in space.
fn three(vector: &[f64]) -> Option<[f64; 3]> {
    let point = match vector {
        [x, y, z] => [*x, *y, *z],
        [x, y] => [*x, *y, 0.0],
        _ => return None,
    };
    point.iter().all(|v| v.is_finite()).then_some(point)
}

fn normal(x: [f64; 3], y: [f64; 3]) -> [f64; 3] {
    let n = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
    let length = n.iter().map(|v| v * v).sum::<f64>().sqrt();
    n.map(|v| v / length)
}

fn bad_vector(path: &Path, field: &str, text: &str) -> Error {
    failure::format(path, format!("{field} is `{text}`")).expected("vectors of finite numbers, one per axis")
}
