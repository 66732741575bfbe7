//! Which texts may be a case ID: they become file names, table cells and HTML, so they are restricted at the door.

use dlr_core::{Code, Error, Result};

const MAX_CHARS: usize = 128;

/// Names that Windows reserves, with any extension.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Refuses an ID that is not letters, digits, space and `. _ - + @ # ( ) , ^` or that could act as something else: a
/// path (`../x`), a formula (`=1+1`), a device (`CON`), a hidden file.
///
/// # Errors
/// [`Code::Manifest`], with the reason.
pub fn check_id(id: &str) -> Result<()> {
    let refuse = |why: &str| {
        let shown: String = id.chars().take(40).collect();
        Err(Error::new(Code::Manifest, format!("`{shown}` is no ID: {why}"))
            .expected("letters, digits, space and . _ - + @ # ( ) , ^ beginning with a letter or digit")
            .found(if id.is_empty() { "nothing".to_owned() } else { format!("`{shown}`") })
            .hint("an ID becomes the name of files and of a row in every table"))
    };
    let Some(first) = id.chars().next() else { return refuse("it is empty") };
    if id.chars().count() > MAX_CHARS {
        return refuse("it is longer than 128 characters");
    }
    if let Some(bad) = id.chars().find(|c| !(c.is_alphanumeric() || " ._-+@#(),^".contains(*c))) {
        let why =
            if bad.is_control() { "it holds a control character".to_owned() } else { format!("it holds `{bad}`") };
        return refuse(&why);
    }
    if !(first.is_alphanumeric() || first == '_') {
        return refuse("it does not begin with a letter or digit");
    }
    if id.ends_with(['.', ' ']) || id.contains("..") {
        return refuse("it ends in a dot or space, or holds two dots");
    }
    let stem = id.split('.').next().unwrap_or(id).to_ascii_lowercase();
    let is_port =
        |prefix: &str| stem.strip_prefix(prefix).is_some_and(|n| n.len() == 1 && n.chars().all(|c| c.is_ascii_digit()));
    if RESERVED.contains(&stem.as_str()) || is_port("com") || is_port("lpt") {
        return refuse("it is a reserved device name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_ids_pass() {
        for id in ["STS_001", "P 17", "näme", "患者1", "a.b", "1-2", "TCGA-02-0001", "sub-01_ses-2", "x@site(2)"] {
            check_id(id).unwrap();
        }
    }

    #[test]
    fn ids_that_could_act_are_refused() {
        let long = "x".repeat(300);
        let bad = [
            "",
            "../../x",
            "/etc/x",
            "a/b",
            "a\\b",
            "a\0b",
            "a\nb",
            "CON",
            "nul.txt",
            "com1",
            "=HYPERLINK(1)",
            "+1",
            "-1",
            "@x",
            ".hidden",
            "..",
            "a..b",
            "x.",
            "x ",
            "<script>",
            "a\u{202e}b",
            "C:x",
            "a|b",
            "\"x\"",
            &long,
        ];
        let passed: Vec<_> = bad.iter().filter(|id| check_id(id).is_ok()).collect();
        assert!(passed.is_empty(), "{passed:?}");
    }
}
