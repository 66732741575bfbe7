//! The classic leaks do not compile. Each file in `compile_fail/` is one of them, with the compiler's refusal beside it.

#[test]
fn leaks_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
