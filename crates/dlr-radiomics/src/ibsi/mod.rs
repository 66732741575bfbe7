//! The `ibsi` profile: every family, feature and aggregation of the IBSI reference manual.
