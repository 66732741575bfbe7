//! Prints `docs/features.md`: every feature with its formula, unit, degenerate case and IBSI code. `cargo xtask docs`
//! writes it to its place.

fn main() {
    print!("{}", dlr_radiomics::docs::features_markdown());
}
