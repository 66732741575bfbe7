//! Headers as ITK, Slicer and pynrrd write them, and those that must not pass.

use crate::{read_volume, read_volume_noted};
use dlr_core::{Code, Result, Volume};
use std::io::Write;

const HEAD: &str = "NRRD0004\n# comment\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 4 3 2\n\
                    space directions: (0.5,0,0) (0,0.75,0) (0,0,2.5)\nkinds: domain domain domain\nendian: little\n\
                    encoding: raw\nspace origin: (1,2,3)\n";

fn data() -> Vec<u8> {
    (0..24_i16).flat_map(i16::to_le_bytes).collect()
}

fn read(head: &str, data: &[u8]) -> Result<crate::Noted<Volume>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.nrrd");
    std::fs::write(&path, [head.as_bytes(), b"\n", data].concat()).unwrap();
    read_volume_noted(&path)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    crate::nifti::gzip(bytes).unwrap()
}

#[test]
fn every_encoding_is_the_same_volume() {
    let expected = read(HEAD, &data()).unwrap().value;
    assert_eq!(expected.geometry().shape(), [2, 3, 4]);
    assert_eq!(expected.geometry().spacing_mm(), [2.5, 0.75, 0.5]);
    assert_eq!(expected.geometry().origin_mm(), [1.0, 2.0, 3.0]);
    assert_eq!(expected.get([1, 2, 3]), 23.0);
    let text: String = (0..24).map(|v| format!("{v} ")).collect();
    let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    bz.write_all(&data()).unwrap();
    let big: Vec<u8> = (0..24_i16).flat_map(i16::to_be_bytes).collect();
    let prefixed = [b"junk".as_slice(), &data()].concat();
    let variants = [
        (HEAD.replace("raw", "gzip"), gzip(&data())),
        (HEAD.replace("raw", "bzip2"), bz.finish().unwrap()),
        (HEAD.replace("raw", "ASCII"), text.into_bytes()),
        (HEAD.replace("little", "big"), big),
        (HEAD.replace('\n', "\r\n"), data()),
        (format!("{HEAD}byte skip: 4\n"), prefixed.clone()),
        (format!("{HEAD}byte skip: -1\n"), prefixed.clone()),
        (format!("{}byte skip: -1\n", HEAD.replace("raw", "gzip")), gzip(&prefixed)),
        (format!("{HEAD}line skip: 2\n"), [b"one\ntwo\n".as_slice(), &data()].concat()),
        (format!("{HEAD}key:=value\n"), data()),
    ];
    let misses: Vec<_> = variants
        .iter()
        .enumerate()
        .filter(|(_, (head, bytes))| read(head, bytes).map(|n| n.value).ok().as_ref() != Some(&expected))
        .map(|(i, (head, bytes))| (i, read(head, bytes).map(|n| n.notes)))
        .collect();
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn other_spaces_come_to_lps() {
    let ras = read(&HEAD.replace("left-posterior-superior", "RAS"), &data()).unwrap().value;
    assert_eq!(ras.geometry().origin_mm(), [-1.0, -2.0, 3.0]);
    assert_eq!(ras.geometry().direction()[2], [-1.0, 0.0, 0.0]);
    let las = read(&HEAD.replace("left-posterior-superior", "left-anterior-superior"), &data()).unwrap().value;
    assert_eq!(las.geometry().origin_mm(), [1.0, -2.0, 3.0]);
}

#[test]
fn detached_data_stay_in_the_folder_of_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(folder.path().join("outside.raw"), data()).unwrap();
    std::fs::write(inner.join("data.raw"), data()).unwrap();
    let header = |name: &str| {
        let path = inner.join("h.nhdr");
        std::fs::write(&path, format!("{HEAD}data file: {name}")).unwrap();
        read_volume(&path)
    };
    assert_eq!(header("data.raw").unwrap().get([1, 2, 3]), 23.0);
    assert_eq!(header("./data.raw").unwrap().get([1, 2, 3]), 23.0);
    let absolute = folder.path().join("outside.raw");
    for name in ["../outside.raw", absolute.to_str().unwrap(), "LIST", "d%02d.raw 0 1 1"] {
        assert_eq!(header(name).unwrap_err().code(), Code::FileFormat, "{name}");
    }
    assert_eq!(header("none.raw").unwrap_err().code(), Code::FileMissing);
}

#[test]
fn what_does_not_fit_is_refused_with_its_code() {
    let cut = data()[..40].to_vec();
    let long = [data(), vec![0]].concat();
    let packed = gzip(&data());
    let cases = [
        ("short", HEAD.to_owned(), cut.clone(), Code::FileTruncated),
        ("long", HEAD.to_owned(), long.clone(), Code::FileTruncated),
        ("gzip short", HEAD.replace("raw", "gzip"), gzip(&cut), Code::FileTruncated),
        ("gzip long", HEAD.replace("raw", "gzip"), gzip(&long), Code::FileTruncated),
        ("gzip cut", HEAD.replace("raw", "gzip"), packed[..packed.len() - 3].to_vec(), Code::FileTruncated),
        ("not gzip", HEAD.replace("raw", "gzip"), data(), Code::FileCorrupt),
        (
            "ascii short",
            HEAD.replace("raw", "ascii"),
            b"1 2 3                                              ".to_vec(),
            Code::FileTruncated,
        ),
        ("huge", HEAD.replace("4 3 2", "30000 30000 30000"), data(), Code::FileTooLarge),
        ("overflow", HEAD.replace("4 3 2", "18446744073709551615 3 2"), data(), Code::FileTooLarge),
        ("lying gzip", HEAD.replace("4 3 2", "1000 1000 1000").replace("raw", "gzip"), packed, Code::FileTooLarge),
        ("zero side", HEAD.replace("4 3 2", "4 0 2"), data(), Code::FileFormat),
        ("sheared", HEAD.replace("(0,0.75,0)", "(0.3,0.75,0)"), data(), Code::Geometry),
        ("no step", HEAD.replace("(0,0.75,0)", "(0,0,0)"), data(), Code::Geometry),
        ("nan step", HEAD.replace("(0,0.75,0)", "(0,nan,0)"), data(), Code::FileFormat),
        ("byte skip -5", format!("{HEAD}byte skip: -5\n"), data(), Code::FileFormat),
        ("no endian", HEAD.replace("endian: little\n", ""), data(), Code::FileFormat),
        ("block", HEAD.replace("short", "block"), data(), Code::FileFormat),
        ("hex", HEAD.replace("raw", "hex"), data(), Code::FileFormat),
        ("version", HEAD.replace("0004", "0009"), data(), Code::FileFormat),
        ("twice", format!("{HEAD}type: float\n"), data(), Code::FileFormat),
    ];
    let misses: Vec<_> = cases
        .iter()
        .filter_map(|(name, head, bytes, code)| match read(head, bytes) {
            Err(error) if error.code() == *code => None,
            other => Some(format!("{name}: {:?}", other.map(|n| n.notes))),
        })
        .collect();
    assert!(misses.is_empty(), "{misses:#?}");
}
