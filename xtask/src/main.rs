//! Starts cargo with the right arguments. No heavy dependency: this compiles in seconds.
//!
//! What a command does is in the crate that it starts; here is only the order in which things are started.

mod layers;
mod tidy;
mod truth;

use std::{
    env,
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

const HELP: &str = "\
cargo xtask experiment [NAME] [-- ARGS]  run xtask/experiments/NAME.toml (default: sts-t1, the real sarcoma cohort)
cargo xtask test                         everything a newcomer and CI check: tidy, then all tests
cargo xtask truth [NAME] [--seeds 11,12] assertions on the phantom, whose truth is known (long; see xtask/src/truth/)
cargo xtask tidy                         crate layers, module paragraphs, file lengths, paths of machines
cargo xtask docs                         the API documentation, warnings refused, and docs/features.md
cargo xtask bench [CRATE]                criterion benches
cargo xtask ci                           formatting, clippy, docs, and test: before a change is proposed";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let ok = match args.first().map(String::as_str) {
        Some("experiment") => experiment(rest),
        Some("test") => tidy::run(&root()) && cargo(&["test", "--release", "--workspace"], rest),
        Some("tidy") => tidy::run(&root()),
        Some("truth") => cargo(&["build", "--release", "--package", "dlr"], &[]) && truth::run(&root(), rest),
        Some("docs") => docs(),
        Some("bench") => bench(rest),
        Some("ci") => ci(),
        Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            true
        }
        other => {
            if let Some(other) = other {
                eprintln!("unknown command `{other}`\n");
            }
            eprintln!("{HELP}");
            false
        }
    };
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The workspace folder: cargo says where this crate's manifest lies, and the workspace is one above.
fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR for `cargo run`");
    PathBuf::from(manifest).parent().expect("xtask lies in the workspace").to_owned()
}

fn cargo(args: &[&str], more: &[String]) -> bool {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).args(more).current_dir(root());
    // Reference data beside the checkout is used where it is there; tests say so where it is not.
    let shared = root().join("../shared");
    if env::var_os("DLR_SHARED").is_none() && shared.join("data").is_dir() {
        command.env("DLR_SHARED", shared);
    }
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("cargo could not be started: {error}");
            false
        }
    }
}

fn experiment(args: &[String]) -> bool {
    let (names, passed) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &[][..]),
    };
    let name = match names {
        [] => "sts-t1",
        [name] => name.trim_end_matches(".toml"),
        _ => {
            eprintln!(
                "one experiment at a time; arguments for it go behind `--`: cargo xtask experiment -- --set seed=3"
            );
            return false;
        }
    };
    let folder = root().join("xtask/experiments");
    if !folder.join(format!("{name}.toml")).is_file() {
        let mut known: Vec<_> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()))
            .collect();
        known.sort();
        eprintln!("no experiment `{name}` in xtask/experiments; there are: {}", known.join(", "));
        return false;
    }
    let file = format!("xtask/experiments/{name}.toml");
    cargo(&["run", "--release", "--quiet", "--package", "dlr", "--", "experiment", &file], passed)
}

fn docs() -> bool {
    features()
        && cargo(
            &["doc", "--release", "--workspace", "--no-deps", "--config", "build.rustdocflags=[\"-Dwarnings\"]"],
            &[],
        )
}

/// Writes docs/features.md from the constant tables of the code, so that it cannot fall behind.
fn features() -> bool {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let example = ["run", "--release", "--quiet", "--package", "dlr-radiomics", "--example", "features_page"];
    let table = match Command::new(cargo).args(example).current_dir(root()).stderr(Stdio::inherit()).output() {
        Ok(output) if output.status.success() => output.stdout,
        _ => return false,
    };
    match std::fs::write(root().join("docs/features.md"), table) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("docs/features.md cannot be written: {error}");
            false
        }
    }
}

fn bench(args: &[String]) -> bool {
    match args {
        [name, rest @ ..] => cargo(&["bench", "--package", "dlr-benches", "--bench", name], rest),
        [] => cargo(&["bench", "--package", "dlr-benches"], &[]),
    }
}

fn ci() -> bool {
    cargo(&["fmt", "--all", "--check"], &[])
        && cargo(&["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])
        && docs()
        && tidy::run(&root())
        && cargo(&["test", "--release", "--workspace"], &[])
}
