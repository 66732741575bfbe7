//! The program `dlr`; see the library of this crate.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Volumes come and go by the hundred megabytes; this allocator asks for them in large pages and keeps them for the next.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    dlr::main()
}
