//! Prints `docs/features.md`.

fn main() {
    print!("{}", dlr_radiomics::docs::features_markdown());
}
