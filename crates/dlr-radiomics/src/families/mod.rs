//! Formulae over counts that both profiles share. They know neither directions nor slices: who aggregates what is
//! the profile's affair.

pub mod cooccurrence;
pub mod correlation_coefficient;
pub mod emphasis;
pub mod statistics;
