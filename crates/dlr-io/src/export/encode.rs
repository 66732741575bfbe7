//! Elements, sequences and whole files in little endian, with or without value representations.

use super::About;

/// Group and element.
type Tag = (u16, u16);

/// Elements of one data set, sorted by tag when it is written.
#[derive(Debug, Clone, Default)]
pub(super) struct DataSet {
    elements: Vec<(Tag, [u8; 2], Value)>,
}

#[derive(Debug, Clone)]
enum Value {
    Bytes(Vec<u8>),
    Items(Vec<DataSet>),
}

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Each says its value representation.
    Explicit,
    /// None does, and every length has 32 bits: a contour may have more than 64 kB of points.
    Implicit,
}

impl Syntax {
    fn uid(self) -> &'static str {
        match self {
            Syntax::Explicit => "1.2.840.10008.1.2.1",
            Syntax::Implicit => "1.2.840.10008.1.2",
        }
    }
}

impl DataSet {
    fn put(&mut self, tag: Tag, vr: &[u8; 2], value: Vec<u8>) {
        self.elements.push((tag, *vr, Value::Bytes(value)));
    }

    /// Text of any kind, padded to an even length.
    pub(super) fn text(&mut self, tag: Tag, vr: &[u8; 2], text: &str) {
        let mut value = text.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(if vr == b"UI" { 0 } else { b' ' });
        }
        self.put(tag, vr, value);
    }

    /// 16 bit numbers.
    pub(super) fn whole(&mut self, tag: Tag, number: u16) {
        self.put(tag, b"US", number.to_le_bytes().to_vec());
    }

    /// Numbers as text, as exact as 16 characters allow.
    pub(super) fn decimals(&mut self, tag: Tag, numbers: &[f64]) {
        let text = numbers.iter().map(|n| decimal(*n)).collect::<Vec<_>>().join("\\");
        self.text(tag, b"DS", &text);
    }

    /// A whole number as text.
    pub(super) fn integer(&mut self, tag: Tag, number: usize) {
        self.text(tag, b"IS", &number.to_string());
    }

    /// 16 bit pixels.
    pub(super) fn pixels(&mut self, tag: Tag, pixels: &[u16]) {
        self.put(tag, b"OW", pixels.iter().flat_map(|p| p.to_le_bytes()).collect());
    }

    /// Points in millimetres as text, to a millionth.
    pub(super) fn points(&mut self, tag: Tag, numbers: &[f64]) {
        let text = numbers.iter().map(|n| decimal((n * 1e6).round() / 1e6)).collect::<Vec<_>>().join("\\");
        self.text(tag, b"DS", &text);
    }

    /// Data sets in a data set.
    pub(super) fn sequence(&mut self, tag: Tag, items: Vec<DataSet>) {
        self.elements.push((tag, *b"SQ", Value::Items(items)));
    }

    /// Patient and study: the part that all files of a patient share.
    pub(super) fn about(&mut self, about: &About, study_uid: &str) {
        self.text((0x0008, 0x0020), b"DA", "");
        self.text((0x0008, 0x0030), b"TM", "");
        self.text((0x0008, 0x0050), b"SH", "");
        self.text((0x0008, 0x0070), b"LO", "synthetic");
        self.text((0x0008, 0x0090), b"PN", "");
        self.text((0x0008, 0x1030), b"LO", &about.study);
        self.text((0x0008, 0x103e), b"LO", &about.series);
        self.text((0x0010, 0x0010), b"PN", &about.patient);
        self.text((0x0010, 0x0020), b"LO", &about.patient);
        self.text((0x0010, 0x0030), b"DA", "");
        self.text((0x0010, 0x0040), b"CS", &about.sex);
        self.text((0x0020, 0x000d), b"UI", study_uid);
        self.text((0x0020, 0x0010), b"SH", "");
        self.integer((0x0020, 0x0011), about.number as usize);
    }

    fn encode(mut self, syntax: Syntax) -> Vec<u8> {
        self.elements.sort_by_key(|(tag, _, _)| *tag);
        let mut bytes = Vec::new();
        for ((group, element), vr, value) in self.elements {
            let value = match value {
                Value::Bytes(value) => value,
                Value::Items(items) => items.into_iter().flat_map(|item| item.into_item(syntax)).collect(),
            };
            bytes.extend(group.to_le_bytes());
            bytes.extend(element.to_le_bytes());
            match syntax {
                Syntax::Implicit => bytes.extend(length(value.len())),
                Syntax::Explicit if matches!(&vr, b"OB" | b"OW" | b"SQ") => {
                    bytes.extend([vr[0], vr[1], 0, 0]);
                    bytes.extend(length(value.len()));
                }
                Syntax::Explicit => {
                    bytes.extend(vr);
                    bytes.extend(u16::try_from(value.len()).expect("long values are written implicit").to_le_bytes());
                }
            }
            bytes.extend(value);
        }
        bytes
    }

    fn into_item(self, syntax: Syntax) -> Vec<u8> {
        let inner = self.encode(syntax);
        let mut bytes = vec![0xfe, 0xff, 0x00, 0xe0];
        bytes.extend(length(inner.len()));
        bytes.extend(inner);
        bytes
    }

    /// The whole file: preamble, meta group (always explicit), data set.
    pub(super) fn file(mut self, class_uid: &str, instance_uid: &str, syntax: Syntax) -> Vec<u8> {
        self.text((0x0008, 0x0016), b"UI", class_uid);
        self.text((0x0008, 0x0018), b"UI", instance_uid);
        let mut meta = DataSet::default();
        meta.put((0x0002, 0x0001), b"OB", vec![0, 1]);
        meta.text((0x0002, 0x0002), b"UI", class_uid);
        meta.text((0x0002, 0x0003), b"UI", instance_uid);
        meta.text((0x0002, 0x0010), b"UI", syntax.uid());
        meta.text((0x0002, 0x0012), b"UI", &uid("dlr"));
        let meta = meta.encode(Syntax::Explicit);
        let mut bytes = vec![0; 128];
        bytes.extend(b"DICM");
        let mut group = DataSet::default();
        group.put((0x0002, 0x0000), b"UL", length(meta.len()).to_vec());
        bytes.extend(group.encode(Syntax::Explicit));
        bytes.extend(meta);
        bytes.extend(self.encode(syntax));
        bytes
    }
}

fn length(n: usize) -> [u8; 4] {
    u32::try_from(n).expect("a slice or a structure set is far below 4 GB").to_le_bytes()
}

/// A UID of the branch for UUIDs (2.25), from a hash of what it names.
pub(super) fn uid(what: &str) -> String {
    let hash = blake3::hash(what.as_bytes());
    let bytes: [u8; 16] = *hash.as_bytes().first_chunk().expect("a hash has 32 bytes");
    format!("2.25.{}", u128::from_le_bytes(bytes))
}

/// At most 16 characters, with as many decimals as they hold.
fn decimal(number: f64) -> String {
    let text = (0..=14).rev().map(|digits| format!("{number:.digits$}")).find(|text| text.len() <= 16);
    let text = text.unwrap_or_else(|| format!("{number:.8e}"));
    if !text.contains('.') || text.contains('e') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_fit_and_keep_their_digits() {
        let table = [(0.0, "0"), (-102.4, "-102.4"), (1.0 / 3.0, "0.33333333333333"), (-1e-20, "0"), (1500.0, "1500")];
        for (number, text) in table {
            assert_eq!(decimal(number), text);
        }
        assert!(decimal(-123.456_789_012_345_68).len() <= 16);
    }

    #[test]
    fn identifiers_are_legal() {
        let uid = uid("anything");
        assert!(uid.len() <= 64 && uid.bytes().all(|b| b.is_ascii_digit() || b == b'.'), "{uid}");
    }
}
