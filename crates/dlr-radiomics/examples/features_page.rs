//! Prints the page `docs/features.md`, made from the tables of definitions.

fn main() {
    print!("{}", dlr_radiomics::docs::features_markdown());
}
