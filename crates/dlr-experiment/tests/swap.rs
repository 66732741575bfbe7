//! The example of a stage from outside runs as it stands; cargo has built it beside this test.

use std::{env, process::Command};

#[test]
fn the_example_runs() {
    let this = env::current_exe().unwrap();
    let example = this.parent().and_then(|deps| deps.parent()).unwrap().join("examples/swap_extractor");
    let output = Command::new(example).output().expect("`cargo test` builds the examples");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("32 patients, cross-validated AUC 0."), "{text}");
}

#[test]
fn the_page_shows_the_line_of_the_example() {
    let page = include_str!("../../../docs/swap-a-stage.md");
    let line = page.split('`').find(|code| code.starts_with("registry.extractors.add")).expect("step 3 has a line");
    assert!(include_str!("../examples/swap_extractor.rs").contains(line), "{line}");
}

#[test]
fn the_example_is_short() {
    let text = include_str!("../examples/swap_extractor.rs");
    assert!(text.lines().count() <= 100, "{} lines", text.lines().count());
}
