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
    for name in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"] {
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
        } else if path
            .extension()
            .is_some_and(|e| ["rs", "md", "toml", "sh", "py", "json", "csv"].iter().any(|k| e == *k))
        {
            files.push(path);
        }
    }
}

fn of_file(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if name.ends_with(".rs") {
        // A test of the compiler's refusals is an input, not a module.
        let is_input = name.contains("/compile_fail/");
        let paragraph = text.starts_with("//!") || text.starts_with("#![doc = include_str!");
        if !is_input && !paragraph {
            problems.push(format!("{name}: does not open with a paragraph (`//!`) that says what it is"));
        }
        let n_lines = text.lines().count();
        if n_lines > MAX_LINES {
            problems.push(format!("{name}: {n_lines} lines; above {MAX_LINES} it is two ideas"));
        }
        for (marker, why) in half_done() {
            if text.contains(&marker) {
                problems.push(format!("{name}: `{marker}` {why}"));
            }
        }
    }
    for folder in ["work", "root", "home", "tmp"] {
        let path = format!("/{folder}/");
        let found = text.match_indices(&path).any(|(at, _)| {
            let starts = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !"./_-~*)".contains(c));
            starts && text[at + path.len()..].starts_with(|c: char| c.is_ascii_lowercase())
        });
        if found {
            problems.push(format!("{name}: holds a path of somebody's machine (`{path}…`)"));
        }
    }
    problems
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
        assert!(of_file("crates/a/src/lib.rs", "//! What it is.\nfn f() {}\n").is_empty());
        assert_eq!(of_file("crates/a/src/lib.rs", "fn f() {}\n").len(), 1);
        assert_eq!(of_file("crates/a/src/lib.rs", &format!("//! Long.\n{}", "\n".repeat(600))).len(), 1);
        assert_eq!(of_file("crates/a/src/lib.rs", &format!("//! A.\n{}\n", ["todo", "!()"].concat())).len(), 1);
        let path = ["see /ho", "me/somebody/x"].concat();
        assert_eq!(of_file("docs/a.md", &path).len(), 1);
        let relative = ["see crates/wo", "rk/x and ../ho", "me/x"].concat();
        assert!(of_file("docs/a.md", &relative).is_empty());
    }
}
