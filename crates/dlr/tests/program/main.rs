//! The program from outside: commands, files, exit status, messages.
#![allow(clippy::unwrap_used)] // helpers of tests

mod bad_inputs;
mod extract;
mod predict;
mod runs;
mod support;
mod survives;
