//! Refuses what review would refuse: a wrong arrow, a file without its paragraph, a file that is two ideas, a path of
//! somebody's machine, a half-done marker.

use crate::layers;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Longest file that is still one idea.
const MAX_LINES: usize = 600;

/// Prints every problem; true where there is none.
pub(crate) fn run(root: &Path) -> bool {
    let mut problems = match layers::problems(root) {
        Ok(problems) => problems,
        Err(error) => vec![error],
    };
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "benches", "data-fixtures", "docs", ".ci"] {
        collect(&root.join(folder), &mut files);
    }
    for name in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Cargo.toml", "clippy.toml"] {
        files.push(root.join(name));
    }
    files.sort();
    let mut n_checked = 0;
    for file in &files {
        if let Ok(text) = fs::read_to_string(file) {
            n_checked += 1;
            let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
            problems.extend(of_file(&name, &text));
        }
    }
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    println!("tidy: {n_checked} files, {} problems", problems.len());
    problems.is_empty()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, files);
            }
        } else if is_searched(&path) {
            files.push(path);
        }
    }
}

/// Text that people or programs of ours write: all of it may hold a path by mistake.
fn is_searched(path: &Path) -> bool {
    const KINDS: [&str; 16] = [
        "rs", "md", "toml", "sh", "py", "js", "json", "jsonl", "csv", "txt", "html", "css", "yaml", "yml", "snap",
        "stderr",
    ];
    path.extension().is_some_and(|e| KINDS.iter().any(|kind| e == *kind))
}

fn of_file(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if name.ends_with(".rs") {
        // A test of the compiler's refusals is an input, not a module.
        let is_input = name.contains("/compile_fail/");
        let paragraph = opens_with_a_paragraph(text);
        if !is_input && !paragraph {
            problems.push(format!("{name}: does not open with a paragraph (`//!`) that says what it is"));
        }
        for (marker, why) in half_done() {
            if text.contains(&marker) {
                problems.push(format!("{name}: `{marker}` {why}"));
            }
        }
    }
    let n_lines = text.lines().count();
    if n_lines > MAX_LINES && is_written_by_hand(name) {
        problems.push(format!("{name}: {n_lines} lines; above {MAX_LINES} it is two ideas"));
    }
    if let Some(path) = path_of_a_machine(text) {
        problems.push(format!("{name}: holds a path of somebody's machine (`{path}…`)"));
    }
    problems
}

/// Code, scripts and pages: what people read from top to bottom. Data may be as long as it is.
fn is_written_by_hand(name: &str) -> bool {
    [".rs", ".py", ".sh", ".md"].iter().any(|kind| name.ends_with(kind))
}

/// A first paragraph `//!` of three words or more; attributes of the whole file may stand before it.
fn opens_with_a_paragraph(text: &str) -> bool {
    let is_word = |word: &&str| word.chars().any(char::is_alphabetic);
    let lines = text.lines().map(str::trim).skip_while(|line| line.is_empty() || is_attribute(line));
    let paragraph = lines.map_while(|line| line.strip_prefix("//!")).take_while(|line| !line.trim().is_empty());
    text.trim_start().starts_with("#![doc = include_str!")
        || paragraph.flat_map(str::split_whitespace).filter(is_word).count() >= 3
}

fn is_attribute(line: &str) -> bool {
    line.starts_with("#![") && !line.starts_with("#![doc")
}

/// The beginning of the first absolute path that tells of somebody's machine.
fn path_of_a_machine(text: &str) -> Option<String> {
    let in_unix = ["work", "root", "home", "tmp", "Users"].map(|folder| format!("/{folder}/"));
    let in_unix = in_unix.into_iter().find(|path| {
        text.match_indices(path.as_str()).any(|(at, _)| {
            let before = &text[..at];
            let starts = before.chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !"./_-~*)".contains(c));
            (starts || before.ends_with("file://"))
                && text[at + path.len()..].starts_with(|c: char| c.is_ascii_alphabetic())
        })
    });
    let of_windows = ["/", "\\", "\\\\"].map(|bar| format!(":{bar}Users{bar}"));
    in_unix.or_else(|| of_windows.into_iter().find(|path| text.contains(path)))
}

/// Written apart, so that this file does not find itself.
fn half_done() -> [(String, &'static str); 4] {
    [
        (["todo", "!("].concat(), "is not done"),
        (["unimplemented", "!("].concat(), "is not done"),
        (["#[", "ignore"].concat(), "hides a test"),
        (["assert!(", "true"].concat(), "cannot fail"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_review_would() {
        assert!(of_file("crates/a/src/lib.rs", "//! What this file is.\nfn f() {}\n").is_empty());
        assert_eq!(of_file("crates/a/src/lib.rs", "fn f() {}\n").len(), 1);
        assert_eq!(of_file("crates/a/src/lib.rs", &format!("//! A rather long file.\n{}", "\n".repeat(600))).len(), 1);
        assert_eq!(
            of_file("crates/a/src/lib.rs", &format!("//! What this file is.\n{}\n", ["todo", "!()"].concat())).len(),
            1
        );
        assert_eq!(of_file("docs/a.md", &"A line.\n".repeat(601)).len(), 1);
        assert!(of_file("data-fixtures/a.csv", &"1,2\n".repeat(601)).is_empty());
        let path = ["see /ho", "me/somebody/x"].concat();
        assert_eq!(of_file("docs/a.md", &path).len(), 1);
        let relative = ["see crates/wo", "rk/x and ../ho", "me/x"].concat();
        assert!(of_file("docs/a.md", &relative).is_empty());
    }

    #[test]
    fn knows_a_paragraph() {
        assert!(opens_with_a_paragraph("#![allow(missing_docs)]\n\n//! What this file is.\n"));
        assert!(opens_with_a_paragraph("#![doc = include_str!(\"../README.md\")]\n"));
        for none in [
            "",
            "//!\n//! Later it says more.\n",
            "//! \n",
            "//! .\n",
            "//! A - b.\n",
            "/// Of an item.\n",
            "#![allow(missing_docs)]\nfn f() {}\n",
        ] {
            assert!(!opens_with_a_paragraph(none), "{none:?}");
        }
    }

    /// Each kind of file in a folder of its own, found and read as `run` does.
    #[test]
    fn searches_every_kind_of_text() {
        let folder = std::env::temp_dir().join(format!("dlr-tidy-{}", std::process::id()));
        let inner = folder.join("inner");
        fs::create_dir_all(&inner).unwrap();
        let names = ["a.txt", "a.html", "a.toml", "a.json", "a.csv", "a.md", "a.yaml", "a.snap"];
        let text = ["\"data\": \"/ho", "me/Jane/scans\""].concat();
        names.iter().for_each(|name| fs::write(inner.join(name), &text).unwrap());
        fs::write(inner.join("a.png"), &text).unwrap();
        let mut files = Vec::new();
        collect(&folder, &mut files);
        let mut found: Vec<_> = files
            .iter()
            .filter(|file| !of_file("x", &fs::read_to_string(file).unwrap()).is_empty())
            .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        fs::remove_dir_all(&folder).unwrap();
        found.sort();
        let mut expected = names.map(str::to_owned);
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn knows_a_path_of_a_machine() {
        for found in [
            ["/ho", "me/Jane/scans"].concat(),
            ["x=/Us", "ers/jane"].concat(),
            ["C:", "\\Users\\Jane"].concat(),
            ["\"D:", "\\\\Users\\\\Jane\""].concat(),
            ["c:/Us", "ers/jane"].concat(),
            ["file:///ho", "me/jane"].concat(),
        ] {
            assert!(path_of_a_machine(&found).is_some(), "{found}");
        }
        let page = ["https://example.org/ho", "me/page"].concat();
        for plain in [page.as_str(), "three kinds of Users", "and/or", "homes/tmp.rs"] {
            assert_eq!(path_of_a_machine(plain), None, "{plain}");
        }
    }
}
