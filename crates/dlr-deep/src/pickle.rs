//! A pickle read as data: the part of the format that PyTorch checkpoints use, never executing anything.
//!
//! Python's unpickler calls whatever a file names. This one calls nothing: a name of a class or function is kept as
//! text, a call of one becomes [`Pickled::Call`] with its arguments, and only the reader in `pth` gives the few that
//! make tensors a meaning. Containers live in lists of [`Pickle`] and are referred to by number, so that shared, cyclic
//! and deeply nested ones cost nothing. Instructions that checkpoints do not need are refused.

use dlr_core::{Code, Error, Result};
use std::collections::BTreeMap;

/// A value of a pickle. Containers are numbers into [`Pickle`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pickled {
    None,
    Bool(bool),
    Int(i64),
    /// Integers beyond 64 bit and floating point numbers: no tensor needs their value.
    Other,
    Text(String),
    Tuple(usize),
    List(usize),
    Dict(usize),
    /// `module.name`, as text.
    Global(String),
    /// A call that was not made.
    Call(usize),
    /// What a file keeps outside the pickle (a storage), by the tuple that describes it.
    Persistent(usize),
}

/// A whole pickle: its value, and the containers in it.
#[derive(Debug, Default)]
pub(crate) struct Pickle {
    pub(crate) tuples: Vec<Vec<Pickled>>,
    /// What was called, and the tuple of its arguments.
    pub(crate) calls: Vec<(Pickled, usize)>,
    /// The tuples that describe storages.
    pub(crate) storages: Vec<usize>,
    pub(crate) lists: Vec<Vec<Pickled>>,
    pub(crate) dicts: Vec<Vec<(Pickled, Pickled)>>,
}

/// No checkpoint has this many values; a file that makes more is not one.
const MAX_VALUES: usize = 4_000_000;

impl Pickle {
    /// Reads one pickle from the start of `bytes`: its value, and how many bytes it took.
    ///
    /// # Errors
    /// [`Code::FileTruncated`] for an early end, [`Code::FileFormat`] for anything that a checkpoint does not hold.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Pickle, Pickled, usize)> {
        let mut machine = Machine {
            bytes,
            at: 0,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
            out: Pickle::default(),
        };
        for _ in 0..MAX_VALUES {
            if machine.step()? {
                let value = machine.pop()?;
                return Ok((machine.out, value, machine.at));
            }
        }
        Err(bad("holds too many values"))
    }
}

fn bad(what: &str) -> Error {
    Error::new(Code::FileFormat, format!("the pickle of the checkpoint {what}"))
        .hint("save the bare state dict: torch.save(model.state_dict(), file)")
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Pickled>,
    marks: Vec<usize>,
    memo: BTreeMap<usize, Pickled>,
    out: Pickle,
}

impl Machine<'_> {
    /// One instruction; true at the end.
    fn step(&mut self) -> Result<bool> {
        match self.take(1)?[0] {
            b'.' => return Ok(true),
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'N' => self.stack.push(Pickled::None),
            0x88 => self.stack.push(Pickled::Bool(true)),
            0x89 => self.stack.push(Pickled::Bool(false)),
            b'K' => self.int(1, false)?,
            b'M' => self.int(2, false)?,
            b'J' => self.int(4, true)?,
            0x8a => {
                let n = self.take(1)?[0] as usize;
                if n <= 8 { self.int(n, true)? } else { self.skip_as_other(n)? }
            }
            b'G' => self.skip_as_other(8)?,
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            // Python 2 strings and byte strings hold names only where they are text.
            b'U' => self.text(1)?,
            b'T' => self.text(4)?,
            b'C' => self.bytes_as_other(1)?,
            b'B' => self.bytes_as_other(4)?,
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            0x94 => {
                let key = self.memo.len();
                self.keep(key)?;
            }
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            b')' => self.new_tuple(Vec::new()),
            b't' => {
                let items = self.since_mark()?;
                self.new_tuple(items);
            }
            n @ 0x85..=0x87 => {
                let from = self.below(usize::from(n - 0x84))?;
                let items = self.stack.split_off(from);
                self.new_tuple(items);
            }
            b']' => self.new_list(Vec::new()),
            b'l' => {
                let items = self.since_mark()?;
                self.new_list(items);
            }
            b'}' => self.new_dict(),
            b'd' => {
                let items = self.since_mark()?;
                self.new_dict();
                self.set_items(items)?;
            }
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])?;
            }
            b'e' => {
                let items = self.since_mark()?;
                self.extend(items)?;
            }
            b's' => {
                let from = self.below(2)?;
                let items = self.stack.split_off(from);
                self.set_items(items)?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set_items(items)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.stack.push(Pickled::Global(format!("{module}.{name}")));
            }
            0x93 => match (self.pop()?, self.pop()?) {
                (Pickled::Text(name), Pickled::Text(module)) => {
                    self.stack.push(Pickled::Global(format!("{module}.{name}")))
                }
                _ => return Err(bad("names a class by something that is no text")),
            },
            b'Q' => match self.pop()? {
                Pickled::Tuple(tuple) => {
                    self.out.storages.push(tuple);
                    self.stack.push(Pickled::Persistent(tuple));
                }
                _ => return Err(bad("describes a storage by something that is no tuple")),
            },
            // A call or a new object: kept, never made.
            b'R' | 0x81 => match (self.pop()?, self.pop()?) {
                (Pickled::Tuple(arguments), called) => self.call(called, arguments),
                _ => return Err(bad("calls something without a tuple of arguments")),
            },
            // The state of an object: what matters of it (a dict's items) came before.
            b'b' => drop(self.pop()?),
            other => return Err(bad(&format!("holds the instruction 0x{other:02x}, which no state dict needs"))),
        }
        Ok(false)
    }

    /// An ordered dict is a dict; everything else stays a description.
    fn call(&mut self, called: Pickled, arguments: usize) {
        let is_dict = matches!(&called, Pickled::Global(name) if name == "collections.OrderedDict");
        if is_dict && self.out.tuples[arguments].is_empty() {
            self.new_dict();
        } else {
            self.stack.push(Pickled::Call(self.out.calls.len()));
            self.out.calls.push((called, arguments));
        }
    }

    fn new_tuple(&mut self, items: Vec<Pickled>) {
        self.stack.push(Pickled::Tuple(self.out.tuples.len()));
        self.out.tuples.push(items);
    }

    fn new_list(&mut self, items: Vec<Pickled>) {
        self.stack.push(Pickled::List(self.out.lists.len()));
        self.out.lists.push(items);
    }

    fn new_dict(&mut self) {
        self.stack.push(Pickled::Dict(self.out.dicts.len()));
        self.out.dicts.push(Vec::new());
    }

    fn extend(&mut self, items: Vec<Pickled>) -> Result<()> {
        match self.stack.last() {
            Some(Pickled::List(list)) => self.out.lists[*list].extend(items),
            Some(Pickled::Call(_)) => {}
            _ => return Err(bad("appends to something that is no list")),
        }
        Ok(())
    }

    fn set_items(&mut self, items: Vec<Pickled>) -> Result<()> {
        match self.stack.last() {
            Some(Pickled::Dict(dict)) => {
                let dict = *dict;
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    self.out.dicts[dict].push((key, value));
                }
            }
            Some(Pickled::Call(_)) => {}
            _ => return Err(bad("sets items of something that is no dict")),
        }
        Ok(())
    }

    fn int(&mut self, n_bytes: usize, signed: bool) -> Result<()> {
        let bytes = self.take(n_bytes)?;
        let mut value = bytes.iter().rev().fold(0_i128, |v, b| v << 8 | i128::from(*b));
        if signed && bytes.last().is_some_and(|b| b & 0x80 != 0) {
            value -= 1 << (8 * n_bytes);
        }
        self.stack.push(i64::try_from(value).map_or(Pickled::Other, Pickled::Int));
        Ok(())
    }

    fn skip_as_other(&mut self, n: usize) -> Result<()> {
        self.take(n)?;
        self.stack.push(Pickled::Other);
        Ok(())
    }

    fn bytes_as_other(&mut self, n_bytes: usize) -> Result<()> {
        let n = self.unsigned(n_bytes)?;
        self.skip_as_other(n)
    }

    fn text(&mut self, n_bytes: usize) -> Result<()> {
        let n = self.unsigned(n_bytes)?;
        let text = String::from_utf8_lossy(self.take(n)?).into_owned();
        self.stack.push(Pickled::Text(text));
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|b| *b == b'\n').ok_or_else(truncated)?;
        self.at += end + 1;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn remember(&mut self, n_bytes: usize) -> Result<()> {
        let key = self.unsigned(n_bytes)?;
        self.keep(key)
    }

    fn keep(&mut self, key: usize) -> Result<()> {
        let value = self.stack.last().cloned().ok_or_else(|| bad("remembers a value that is not there"))?;
        self.memo.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, n_bytes: usize) -> Result<()> {
        let key = self.unsigned(n_bytes)?;
        let value = self.memo.get(&key).cloned().ok_or_else(|| bad("recalls a value that is not there"))?;
        self.stack.push(value);
        Ok(())
    }

    fn unsigned(&mut self, n_bytes: usize) -> Result<usize> {
        Ok(self.take(n_bytes)?.iter().rev().fold(0, |v, b| v << 8 | usize::from(*b)))
    }

    fn since_mark(&mut self) -> Result<Vec<Pickled>> {
        let mark = self.marks.pop().filter(|m| *m <= self.stack.len()).ok_or_else(|| bad("lacks a mark"))?;
        Ok(self.stack.split_off(mark))
    }

    fn below(&self, n: usize) -> Result<usize> {
        self.stack.len().checked_sub(n).ok_or_else(|| bad("takes a value that is not there"))
    }

    fn pop(&mut self) -> Result<Pickled> {
        self.stack.pop().ok_or_else(|| bad("takes a value that is not there"))
    }

    fn take(&mut self, n: usize) -> Result<&[u8]> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.bytes.len()).ok_or_else(truncated)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }
}

fn truncated() -> Error {
    Error::new(Code::FileTruncated, "the checkpoint ends within its pickle")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_kept_and_not_made() {
        // cos.system("echo 1"), as pickletools writes it: the classic attack.
        let bytes = b"\x80\x02cos\nsystem\nq\x00X\x06\x00\x00\x00echo 1q\x01\x85q\x02Rq\x03.";
        let (pickle, value, used) = Pickle::read(bytes).unwrap();
        assert_eq!((value, used), (Pickled::Call(0), bytes.len()));
        assert_eq!(pickle.calls[0], (Pickled::Global("os.system".into()), 0));
        assert_eq!(pickle.tuples[0], [Pickled::Text("echo 1".into())]);
    }

    #[test]
    fn nesting_and_sharing_cost_nothing() {
        // A tuple of the last tuple twice, 200,000 times: 2^200000 values if copied, a deep stack if dropped by recursion.
        let mut bytes = b")q\x00".to_vec();
        (0..200_000).for_each(|_| bytes.extend(b"h\x00h\x00\x86q\x00"));
        bytes.push(b'.');
        assert_eq!(Pickle::read(&bytes).unwrap().1, Pickled::Tuple(200_000));
    }

    #[test]
    fn containers_are_shared_by_number() {
        // d = {}; [d, d, {"a": -2}] with the first dict remembered before it is filled.
        let bytes = b"\x80\x02]q\x00(}q\x01X\x01\x00\x00\x00kK\x07sh\x01}X\x01\x00\x00\x00aJ\xfe\xff\xff\xffse.";
        let (pickle, value, _) = Pickle::read(bytes).unwrap();
        assert_eq!(value, Pickled::List(0));
        assert_eq!(pickle.lists[0], [Pickled::Dict(0), Pickled::Dict(0), Pickled::Dict(1)]);
        assert_eq!(pickle.dicts[0], [(Pickled::Text("k".into()), Pickled::Int(7))]);
        assert_eq!(pickle.dicts[1], [(Pickled::Text("a".into()), Pickled::Int(-2))]);
    }

    #[test]
    fn damaged_pickles_are_refused() {
        let cases: [&[u8]; 9] =
            [b"", b"\x80", b"X\xff\xff\xff\xffa", b"t.", b"h\x00.", b"0.", b".", b"\x82\x01.", b"(K\x01K\x02u."];
        for bytes in cases {
            assert!(Pickle::read(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Pickle::read(&bytes);
        }
    }
}
