//! Formulae over counts that both profiles share. They know neither directions nor slices: who aggregates what is
//! the profile's affair.

pub mod emphasis;
